import fc from 'fast-check';
import { may, roles } from '../../../domain/access.ts';
import type { Role } from '../../../domain/access.ts';
import {
  afterChange,
  keepsTask,
  roleChangeVerdicts,
  whyNotChange,
  whyNotGiveVerdict,
} from '../../../domain/role-change.ts';
import type { HeldRole, Holder, RoleChange } from '../../../domain/role-change.ts';
import { authorityOrder, whyNotDecide } from '../../../domain/task.ts';

const held = (role: Role, part: Partial<HeldRole> = {}): HeldRole => ({
  role,
  limitMinor: null,
  currency: null,
  stays: true,
  ...part,
});
const holder = (personId: string, ...roles_: HeldRole[]): Holder => ({
  personId,
  side: 'vendor',
  active: true,
  held: roles_,
});
const ann = holder('ann', held('admin'));
const ben = holder('ben', held('admin'));
const dan = holder('dan', held('director'));
const eve = holder('eve', held('approver', { limitMinor: 100, currency: 'EUR' }));
const limit = (amountMinor: number, currency = 'EUR') => ({ amountMinor, currency });
const why = (change: RoleChange, person: Holder, staff: Holder[] = [ann, ben, dan], byId = 'ann') =>
  whyNotChange(change, { person, byId, staff });

describe('what stands against a change', () => {
  test('nothing against a plain one', () => {
    expect(why({ kind: 'give_role', role: 'program_ops', limit: limit(50) }, eve)).toEqual([]);
    expect(why({ kind: 'change_limit', role: 'approver', limit: limit(200, 'USD') }, eve)).toEqual([]);
    expect(why({ kind: 'change_limit', role: 'approver', limit: null }, eve)).toEqual([]);
    expect(why({ kind: 'take_role', role: 'approver' }, eve)).toEqual([]);
    expect(why({ kind: 'suspend' }, eve)).toEqual([]);
    expect(why({ kind: 'reinstate' }, { ...eve, active: false })).toEqual([]);
  });

  test.each<[RoleChange, Holder, string[]]>([
    [{ kind: 'suspend' }, ann, ['own_roles']],
    [{ kind: 'give_role', role: 'partner_sales', limit: null }, eve, ['role_of_the_other_side']],
    [
      { kind: 'give_role', role: 'approver', limit: null },
      { ...holder('pat'), side: 'partner' },
      ['role_of_the_other_side'],
    ],
    [{ kind: 'give_role', role: 'approver', limit: null }, eve, ['role_held_already']],
    [{ kind: 'take_role', role: 'director' }, eve, ['role_not_held']],
    [{ kind: 'change_limit', role: 'director', limit: null }, eve, ['role_not_held']],
    [{ kind: 'give_role', role: 'admin', limit: null }, eve, ['duties_apart']],
    [{ kind: 'give_role', role: 'approver', limit: null }, ben, ['duties_apart']],
    [{ kind: 'give_role', role: 'auditor', limit: null }, eve, ['duties_apart']],
    [{ kind: 'give_role', role: 'auditor', limit: limit(1) }, holder('new'), ['role_without_limit']],
    [{ kind: 'change_limit', role: 'approver', limit: limit(100) }, eve, ['limit_as_it_is']],
    [{ kind: 'give_role', role: 'director', limit: limit(9, 'USD') }, eve, ['limit_in_another_currency']],
    [{ kind: 'give_role', role: 'approver', limit: limit(9) }, dan, ['limit_would_not_hold']],
    [{ kind: 'suspend' }, { ...eve, active: false }, ['suspended_already']],
    [{ kind: 'reinstate' }, eve, ['not_suspended']],
  ])('%j', (change, person, refusals) => {
    expect(why(change, person)).toEqual(refusals);
  });

  test('the last administrator stays, and so does somebody who confirms what he proposes', () => {
    const gone: RoleChange[] = [{ kind: 'suspend' }, { kind: 'take_role', role: 'admin' }];
    for (const change of gone) {
      expect(why(change, ben, [ann, ben, dan])).toEqual([]);
      expect(why(change, ben, [ben, dan], 'ann')).toEqual(['last_administrator']);
      expect(why(change, ben, [ann, ben], 'ann')).toEqual(['nobody_would_confirm']);
      // One who goes by himself is not left.
      expect(why(change, ben, [holder('ann', held('admin', { stays: false })), ben, dan])).toEqual([
        'last_administrator',
      ]);
    }
    expect(why({ kind: 'take_role', role: 'director' }, dan, [ann, dan])).toEqual(['nobody_would_confirm']);
    expect(why({ kind: 'take_role', role: 'director' }, dan, [ann, ben, dan])).toEqual([]);
    // What takes nothing of it away is not asked.
    expect(why({ kind: 'take_role', role: 'approver' }, eve, [ann, eve])).toEqual([]);
  });

  test('after any change that nothing stands against, two people can still change something', () => {
    const person = fc.constantFrom('ann', 'ben', 'dan', 'eve');
    const house = fc.array(
      fc.record({
        personId: person,
        role: fc.constantFrom<Role>('admin', 'director', 'approver'),
        active: fc.boolean(),
      }),
      { minLength: 2, maxLength: 6 },
    );
    const change = fc.oneof(
      fc.constant<RoleChange>({ kind: 'suspend' }),
      fc
        .constantFrom<Role>('admin', 'director', 'approver')
        .map((role): RoleChange => ({ kind: 'take_role', role })),
    );
    fc.assert(
      fc.property(house, change, person, (given, made, whom) => {
        const people = ['ann', 'ben', 'dan', 'eve'].map((personId) => ({
          ...holder(
            personId,
            ...[...new Set(given.filter((one) => one.personId === personId).map(({ role }) => role))].map(
              (role) => held(role),
            ),
          ),
          active: given.every((one) => one.personId !== personId || one.active),
        }));
        const canChange = (all: readonly Holder[]): boolean => {
          const with_ = (permission: 'people.write' | 'people.confirm') =>
            all.filter((one) => one.active && may({ roles: one.held.map(({ role }) => role) }, permission));
          return with_('people.write').some((one) =>
            with_('people.confirm').some(({ personId }) => personId !== one.personId),
          );
        };
        const one = people.find(({ personId }) => personId === whom) ?? ann;
        fc.pre(
          canChange(people) &&
            why(
              made,
              one,
              people.filter(({ active }) => active),
              'zoe',
            ).length === 0,
        );
        expect(canChange(people.map((each) => (each === one ? afterChange(made, one) : each)))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the second person', () => {
  const proposal = { personId: 'eve', proposedBy: 'ann' };
  const asked = (part: Partial<Parameters<typeof whyNotGiveVerdict>[1]> = {}) => ({
    proposal,
    personId: 'dan',
    mayConfirm: true,
    standsInFor: [],
    proposerStillMay: true,
    ...part,
  });

  test('is another than the one who proposed, and than the one it is about, and no deputy of them', () => {
    expect(whyNotGiveVerdict('confirm', asked())).toBeNull();
    expect(whyNotGiveVerdict('confirm', asked({ personId: 'ann' }))).toBe('proposed_by_you');
    expect(whyNotGiveVerdict('confirm', asked({ personId: 'eve' }))).toBe('about_you');
    expect(whyNotGiveVerdict('decline', asked({ personId: 'eve' }))).toBe('about_you');
    expect(whyNotGiveVerdict('confirm', asked({ standsInFor: ['eve'] }))).toBe('stands_in_for_one_of_them');
    expect(whyNotGiveVerdict('confirm', asked({ standsInFor: ['ann'] }))).toBe('stands_in_for_one_of_them');
    expect(whyNotGiveVerdict('confirm', asked({ mayConfirm: false }))).toBe('not_your_role');
    expect(whyNotGiveVerdict('confirm', asked({ proposerStillMay: false }))).toBe('proposer_may_no_longer');
  });

  test('whoever proposed it may take it back; what nobody may confirm can be declined', () => {
    expect(whyNotGiveVerdict('decline', asked({ personId: 'ann' }))).toBeNull();
    expect(whyNotGiveVerdict('decline', asked({ proposerStillMay: false }))).toBeNull();
  });

  test('nobody ever confirms alone', () => {
    const person = fc.constantFrom('ann', 'ben', 'dan', 'eve');
    fc.assert(
      fc.property(
        fc.constantFrom(...roleChangeVerdicts),
        fc.record({ personId: person, proposedBy: person }),
        person,
        fc.array(person),
        (verdict, about, personId, standsInFor) => {
          const refused = whyNotGiveVerdict(verdict, asked({ proposal: about, personId, standsInFor }));
          if (about.personId === personId) expect(refused).not.toBeNull();
          if (verdict === 'confirm' && about.proposedBy === personId) expect(refused).not.toBeNull();
        },
      ),
    );
  });
});

describe('a task that was given to somebody by name', () => {
  const task = {
    role: 'approver',
    amountMinor: 80,
    currency: 'EUR',
    status: 'open',
  } as const;

  test('stays his as long as he could take it from its queue, and goes back when he no longer could', () => {
    expect(keepsTask({ kind: 'change_limit', role: 'approver', limit: limit(80) }, eve, task)).toBe(true);
    expect(keepsTask({ kind: 'change_limit', role: 'approver', limit: limit(79) }, eve, task)).toBe(false);
    expect(keepsTask({ kind: 'change_limit', role: 'approver', limit: limit(80, 'USD') }, eve, task)).toBe(
      false,
    );
    expect(keepsTask({ kind: 'take_role', role: 'approver' }, eve, task)).toBe(false);
    const both = { ...eve, held: [...eve.held, held('director', { limitMinor: 90, currency: 'EUR' })] };
    expect(keepsTask({ kind: 'take_role', role: 'approver' }, both, task)).toBe(true);
    expect(keepsTask({ kind: 'suspend' }, both, task)).toBe(false);
  });
});

test('a limit counts in its currency: an amount of another is not compared with it', () => {
  const task = { role: 'approver', namedId: null, excludedIds: [], amountMinor: 80, status: 'open' } as const;
  const decider = { personId: 'eve', side: 'vendor', roles: ['approver'], limitMinor: 100 } as const;
  const decide = (currency: string, limitCurrency: string | null) =>
    whyNotDecide({ ...task, currency }, { ...decider, limitCurrency });
  expect(decide('EUR', 'EUR')).toBeNull();
  expect(decide('JPY', null)).toBeNull();
  expect(decide('JPY', 'EUR')).toBe('limit_in_another_currency');
});

test('every role can be held by somebody beside whom nothing is apart from it', () => {
  for (const role of roles) {
    const side = role.startsWith('partner_') ? 'partner' : 'vendor';
    const nobody: Holder = { ...holder('new'), side };
    expect(why({ kind: 'give_role', role, limit: null }, nobody)).toEqual([]);
  }
  expect(authorityOrder.every((role) => roles.includes(role))).toBe(true);
});
