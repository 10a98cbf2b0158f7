import fc from 'fast-check';
import { authorityOrder, rolesCovering, whyNobodyDecides, whyNotDecide } from '../../../domain/task.ts';
import type { DecidableTask, Decider } from '../../../domain/task.ts';

const task: DecidableTask = {
  role: 'director',
  namedId: null,
  excludedIds: ['partner'],
  amountMinor: 80,
  currency: 'EUR',
  status: 'open',
};
const decider = (personId: string, role: string, limitMinor: number | null = null): Decider => ({
  personId,
  side: 'vendor',
  roles: [role],
  limitMinor,
  limitCurrency: null,
});
const house = [decider('dan', 'director'), decider('eve', 'approver', 100)];

describe('why nobody may decide', () => {
  test('null as long as one may', () => {
    expect(whyNobodyDecides(task, house)).toBeNull();
    expect(whyNobodyDecides({ ...task, role: 'approver', excludedIds: ['eve'] }, house)).toBeNull();
  });

  test.each<[string, Partial<DecidableTask>, Decider[]]>([
    ['nobody_has_the_role', {}, [decider('eve', 'approver')]],
    ['everybody_took_part', { excludedIds: ['dan'] }, house],
    ['over_every_limit', {}, [decider('dan', 'director', 79)]],
    ['over_every_limit', { excludedIds: ['dan'] }, [...house, decider('fay', 'director', 79)]],
    ['assigned_to_one_who_may_not', { namedId: 'gone' }, house],
    ['assigned_to_one_who_may_not', { namedId: 'eve', amountMinor: 101 }, house],
  ])('%s %j', (why, part, deciders) => {
    expect(whyNobodyDecides({ ...task, ...part }, deciders)).toBe(why);
  });

  test('a task that was handed to one who took no part may be decided again, whatever the role', () => {
    expect(whyNobodyDecides({ ...task, excludedIds: ['dan'], namedId: 'eve' }, house)).toBeNull();
  });

  test('exactly when none of them may', () => {
    const one = fc.record({
      personId: fc.constantFrom('dan', 'eve', 'fay'),
      side: fc.constant('vendor' as const),
      roles: fc.subarray([...authorityOrder]),
      limitMinor: fc.option(fc.integer({ min: 0, max: 100 })),
      limitCurrency: fc.option(fc.constantFrom('EUR', 'USD')),
    });
    const about = fc.record({
      role: fc.constantFrom(...authorityOrder),
      namedId: fc.option(fc.constantFrom('dan', 'eve', 'gone')),
      excludedIds: fc.subarray(['dan', 'eve', 'fay']),
      amountMinor: fc.option(fc.integer({ min: 0, max: 100 })),
      currency: fc.constantFrom('EUR', 'USD'),
      status: fc.constant('open' as const),
    });
    fc.assert(
      fc.property(about, fc.array(one), (what, deciders) => {
        expect(whyNobodyDecides(what, deciders) === null).toBe(
          deciders.some((each) => whyNotDecide(what, each) === null),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

test('a role is covered by itself and by those above it', () => {
  expect(rolesCovering('approver')).toEqual(['approver', 'director', 'cro', 'cfo', 'ceo']);
  expect(rolesCovering('ceo')).toEqual(['ceo']);
  expect(rolesCovering('somebody_else')).toEqual(['somebody_else']);
});
