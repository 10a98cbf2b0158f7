import { may, roles } from './access.ts';
import type { Role } from './access.ts';
import { authorityOrder, whyNotDecide } from './task.ts';
import type { DecidableTask, Decider } from './task.ts';

/**
 * Changing who may do what. An administrator proposes; somebody else, who is neither he nor the person it is about (nor a
 * deputy of one of them), confirms or declines. Confirmed, it holds at once. People who may do this must remain: the last
 * administrator stays, and so does somebody who can confirm what he proposes.
 */

/** A limit of authority; null in its place: no limit. */
export interface Limit {
  readonly amountMinor: number;
  readonly currency: string;
}

export const roleChangeKinds = ['give_role', 'take_role', 'change_limit', 'suspend', 'reinstate'] as const;

export type RoleChange =
  | { readonly kind: 'give_role'; readonly role: Role; readonly limit: Limit | null }
  | { readonly kind: 'take_role'; readonly role: Role }
  | { readonly kind: 'change_limit'; readonly role: Role; readonly limit: Limit | null }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'reinstate' };

/** A role as somebody holds it now. `currency` null: the limit counts in the currency of each program. */
export interface HeldRole {
  readonly role: Role;
  readonly limitMinor: number | null;
  readonly currency: string | null;
  /** False for a role that ends by itself. */
  readonly stays: boolean;
}

/** A person with the roles in force. */
export interface Holder {
  readonly personId: string;
  readonly side: 'vendor' | 'partner';
  readonly active: boolean;
  readonly held: readonly HeldRole[];
}

export const roleChangeRefusals = [
  'own_roles',
  'role_of_the_other_side',
  'role_held_already',
  'role_not_held',
  'duties_apart',
  'role_without_limit',
  'limit_as_it_is',
  'limit_in_another_currency',
  'limit_would_not_hold',
  'suspended_already',
  'not_suspended',
  'last_administrator',
  'nobody_would_confirm',
] as const;
/** Why a change cannot be made, as a key of the word catalogue. */
export type RoleChangeRefusal = (typeof roleChangeRefusals)[number];

/**
 * Everything that stands against a change; empty when it can be made. `staff`: everybody whose roles let him propose or
 * confirm such changes.
 */
export function whyNotChange(
  change: RoleChange,
  of: { person: Holder; byId: string; staff: readonly Holder[] },
): RoleChangeRefusal[] {
  const { person } = of;
  const own: RoleChangeRefusal[] = person.personId === of.byId ? ['own_roles'] : [];
  switch (change.kind) {
    case 'give_role':
      return [...own, ...againstGiving(change, person), ...againstLimit(change, person)];
    case 'change_limit':
      return [
        ...own,
        ...(holds(person, change.role) ? againstSame(change, person) : ['role_not_held' as const]),
        ...againstLimit(change, person),
      ];
    case 'take_role':
      return [
        ...own,
        ...(holds(person, change.role) ? [] : ['role_not_held' as const]),
        ...againstLoss(change, person, of.staff),
      ];
    case 'suspend':
      return [
        ...own,
        ...(person.active ? [] : ['suspended_already' as const]),
        ...againstLoss(change, person, of.staff),
      ];
    case 'reinstate':
      return [...own, ...(person.active ? ['not_suspended' as const] : [])];
    default:
      return change satisfies never;
  }
}

/** The person as the change leaves him. */
export function afterChange(change: RoleChange, person: Holder): Holder {
  const others = person.held.filter(({ role }) => 'role' in change && role !== change.role);
  switch (change.kind) {
    case 'give_role':
    case 'change_limit': {
      const { role, limit } = change;
      const held: HeldRole = {
        role,
        limitMinor: limit?.amountMinor ?? null,
        currency: limit?.currency ?? null,
        stays: change.kind === 'give_role' || (person.held.find((one) => one.role === role)?.stays ?? true),
      };
      return { ...person, held: [...others, held] };
    }
    case 'take_role':
      return { ...person, held: others };
    case 'suspend':
      return { ...person, active: false };
    case 'reinstate':
      return { ...person, active: true };
    default:
      return change satisfies never;
  }
}

/**
 * Whether a task that was given to somebody by name stays his when a change is made. One that he could not take from its queue
 * himself any more does not.
 */
export function keepsTask(
  change: RoleChange,
  person: Holder,
  task: Omit<DecidableTask, 'namedId' | 'excludedIds'>,
): boolean {
  if (change.kind === 'give_role' || change.kind === 'reinstate') return true;
  const after = afterChange(change, person);
  return after.active && whyNotDecide({ ...task, namedId: null, excludedIds: [] }, deciderOf(after)) === null;
}

/** A person as tasks see him: no limit of one deciding role is no limit, otherwise the highest counts. */
function deciderOf({ personId, side, held }: Holder): Decider {
  const limits = held.filter(({ role }) => deciding.includes(role)).map(({ limitMinor }) => limitMinor);
  return {
    personId,
    side,
    roles: held.map(({ role }) => role),
    limitMinor: limits.includes(null) || limits.length === 0 ? null : Math.max(...limits.map(Number)),
    limitCurrency: held.find(({ currency }) => currency !== null)?.currency ?? null,
  };
}

const partnersRoles: readonly Role[] = ['partner_admin', 'partner_sales'];
const deciding: readonly Role[] = authorityOrder;
const paying: readonly Role[] = ['finance_preparer', 'finance_approver'];

/** Roles that one person does not hold together: who configures never decides or pays, who watches does nothing else. */
const apart: Readonly<Partial<Record<Role, readonly Role[]>>> = {
  admin: [...deciding, ...paying],
  auditor: roles.filter((role) => role !== 'auditor'),
  finance_preparer: ['finance_approver'],
};

function areApart(left: Role, right: Role): boolean {
  return (apart[left]?.includes(right) ?? false) || (apart[right]?.includes(left) ?? false);
}

function holds(person: Holder, role: Role): boolean {
  return person.held.some((one) => one.role === role);
}

function againstGiving({ role }: RoleChange & { kind: 'give_role' }, person: Holder): RoleChangeRefusal[] {
  const refusals: RoleChangeRefusal[] = [];
  if (partnersRoles.includes(role) !== (person.side === 'partner')) refusals.push('role_of_the_other_side');
  if (holds(person, role)) refusals.push('role_held_already');
  if (person.held.some((one) => areApart(one.role, role))) refusals.push('duties_apart');
  return refusals;
}

function againstSame(
  { role, limit }: RoleChange & { kind: 'change_limit' },
  person: Holder,
): RoleChangeRefusal[] {
  const now = person.held.find((one) => one.role === role);
  const same = now?.limitMinor === (limit?.amountMinor ?? null) && now.currency === (limit?.currency ?? null);
  return same ? ['limit_as_it_is'] : [];
}

/** Limits of one person are compared with one amount, so they are in one currency, and none of them is without effect. */
function againstLimit(
  { role, limit }: { readonly role: Role; readonly limit: Limit | null },
  person: Holder,
): RoleChangeRefusal[] {
  if (limit === null) return [];
  if (!deciding.includes(role)) return ['role_without_limit'];
  const others = person.held.filter((one) => one.role !== role && deciding.includes(one.role));
  if (others.some(({ limitMinor }) => limitMinor === null)) return ['limit_would_not_hold'];
  return others.some(({ currency }) => currency !== limit.currency) ? ['limit_in_another_currency'] : [];
}

/** That nobody could change anything any more: only asked where the change takes something of it away. */
function againstLoss(change: RoleChange, person: Holder, staff: readonly Holder[]): RoleChangeRefusal[] {
  const after = afterChange(change, person);
  if (canPropose(person) === canPropose(after) && canConfirm(person) === canConfirm(after)) return [];
  const left = [...staff.filter(({ personId }) => personId !== person.personId), after];
  const proposers = left.filter((one) => canPropose(one) && remains(one, 'people.write'));
  if (proposers.length === 0) return ['last_administrator'];
  const confirmers = left.filter((one) => canConfirm(one) && remains(one, 'people.confirm'));
  const pair = proposers.some(({ personId }) => confirmers.some((one) => one.personId !== personId));
  return pair ? [] : ['nobody_would_confirm'];
}

function canPropose(person: Holder): boolean {
  return person.active && may({ roles: person.held.map(({ role }) => role) }, 'people.write');
}

function canConfirm(person: Holder): boolean {
  return person.active && may({ roles: person.held.map(({ role }) => role) }, 'people.confirm');
}

/** Whether one of the roles that hold a permission stays: whoever goes by himself does not count as left. */
function remains(person: Holder, permission: 'people.write' | 'people.confirm'): boolean {
  return person.held.some(({ role, stays }) => stays && may({ roles: [role] }, permission));
}

export const roleChangeVerdicts = ['confirm', 'decline'] as const;
export type RoleChangeVerdict = (typeof roleChangeVerdicts)[number];

export const roleVerdictRefusals = [
  'not_your_role',
  'about_you',
  'proposed_by_you',
  'stands_in_for_one_of_them',
  'proposer_may_no_longer',
] as const;
/** Why somebody cannot confirm or decline, as a key of the word catalogue. */
export type RoleVerdictRefusal = (typeof roleVerdictRefusals)[number];

/**
 * Why a person cannot give this verdict on a proposal; null when he can. Two people, neither of them the one it is about;
 * people are compared, and a deputy stands for whom he stands in for. Whoever proposed may decline his own: it is taken back.
 */
export function whyNotGiveVerdict(
  verdict: RoleChangeVerdict,
  of: {
    readonly proposal: { readonly personId: string; readonly proposedBy: string };
    readonly personId: string;
    readonly mayConfirm: boolean;
    /** Those whom he stands in for now. */
    readonly standsInFor: readonly string[];
    /** Whether whoever proposed it may still propose. */
    readonly proposerStillMay: boolean;
  },
): RoleVerdictRefusal | null {
  const { proposal, personId } = of;
  if (!of.mayConfirm) return 'not_your_role';
  if (proposal.personId === personId) return 'about_you';
  if (
    of.standsInFor.some(
      (id) => id === proposal.personId || (verdict === 'confirm' && id === proposal.proposedBy),
    )
  )
    return 'stands_in_for_one_of_them';
  if (verdict === 'decline') return null;
  if (proposal.proposedBy === personId) return 'proposed_by_you';
  return of.proposerStillMay ? null : 'proposer_may_no_longer';
}
