import type { Limit, RoleChange, RoleChangeRefusal, RoleVerdictRefusal } from '../role-change.ts';
import { roleWords } from './en.ts';
import { formatMoney, neutralReader, type Reader } from './reader.ts';

/* The words of changes of who may do what. */

/** What a change does, for a list to choose from. */
export const roleChangeKindWords: Readonly<Record<RoleChange['kind'], string>> = {
  give_role: 'Give a role',
  take_role: 'Take a role away',
  change_limit: 'Change the limit of a role',
  suspend: 'Suspend',
  reinstate: 'Reinstate',
};

/** Why a change cannot be made. */
export const roleChangeRefusalWords: Readonly<Record<RoleChangeRefusal, string>> = {
  own_roles: 'Nobody changes what he himself may do; another administrator proposes it.',
  role_of_the_other_side: "Partners' roles are for partners' people, the vendor's roles for the vendor's.",
  role_held_already: 'This person holds the role already.',
  role_not_held: 'This person does not hold the role.',
  duties_apart:
    'One person does not hold this role together with one that he has: these duties are kept apart.',
  role_without_limit: 'Only roles that decide have a limit of authority.',
  limit_as_it_is: 'That is the limit already.',
  limit_in_another_currency: "This person's other limits are in another currency; all are in one.",
  limit_would_not_hold: 'This person decides without a limit by another role: limit or take that one first.',
  suspended_already: 'This person is suspended already.',
  not_suspended: 'This person is not suspended.',
  last_administrator: 'This is the last administrator: make another one first.',
  nobody_would_confirm:
    'Nobody would be left to confirm what an administrator proposes: give somebody else that role first.',
};

/** Why somebody cannot confirm or decline a change. */
export const roleVerdictRefusalWords: Readonly<Record<RoleVerdictRefusal, string>> = {
  not_your_role: 'Your role does not confirm who may do what.',
  about_you: 'It is about you; somebody else decides it.',
  proposed_by_you: 'You proposed it; a second person confirms it.',
  stands_in_for_one_of_them: 'You stand in for somebody who has a part in it; somebody else decides it.',
  proposer_may_no_longer: 'Whoever proposed it is no administrator any more: decline it and propose it anew.',
};

/** What a proposal would do, as a sentence without its full stop. */
export function describeRoleChange(
  change: RoleChange,
  personName: string,
  reader: Reader = neutralReader,
): string {
  switch (change.kind) {
    case 'give_role':
      return `${personName} becomes ${roleWords[change.role].toLowerCase()}${limitWords(change, reader)}`;
    case 'take_role':
      return `${personName} is no longer ${roleWords[change.role].toLowerCase()}`;
    case 'change_limit':
      return change.limit === null
        ? `${personName} decides without a limit as ${roleWords[change.role].toLowerCase()}`
        : `${personName} decides up to ${formatMoney(change.limit, reader)} as ${roleWords[change.role].toLowerCase()}`;
    case 'suspend':
      return `${personName} is suspended and signed out`;
    case 'reinstate':
      return `${personName} is reinstated with the roles as they are`;
    default:
      return change satisfies never;
  }
}

function limitWords({ limit }: { limit: Limit | null }, reader: Reader): string {
  return limit === null ? '' : `, up to ${formatMoney(limit, reader)}`;
}
