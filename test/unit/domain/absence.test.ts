import fc from 'fast-check';
import { standsInFor, whyNotAbsent } from '../../../domain/absence.ts';
import type { Absence } from '../../../domain/absence.ts';
import { authorityOrder, mayDecide, whyNotDecide, whyNotDecideAs } from '../../../domain/task.ts';
import type { AtTheTask, DecidableTask, Decider, StandIn } from '../../../domain/task.ts';

const people = ['ann', 'ben', 'cleo', 'dan'];
const person = fc.constantFrom(...people);
const absence: fc.Arbitrary<Absence> = fc
  .record({
    personId: person,
    deputyId: person,
    fromMs: fc.integer({ min: 0, max: 50 }),
    lasts: fc.integer({ min: 1, max: 30 }),
    capMinor: fc.option(fc.integer({ min: 0, max: 100 })),
  })
  .map(({ lasts, ...rest }) => ({ ...rest, untilMs: rest.fromMs + lasts }));

describe('who stands in', () => {
  test('from the first moment on, until the return, for that person only', () => {
    const away: Absence = { personId: 'ann', deputyId: 'ben', fromMs: 10, untilMs: 20, capMinor: null };
    const at = (atMs: number, deputyId = 'ben') => standsInFor([away], { deputyId, atMs }).length;
    expect([at(9), at(10), at(19), at(20), at(15, 'cleo')]).toEqual([0, 1, 1, 0, 0]);
  });

  test('what may be entered one after the other leaves one deputy at a time, who is there himself', () => {
    fc.assert(
      fc.property(fc.array(absence, { maxLength: 12 }), fc.integer({ min: 0, max: 80 }), (planned, atMs) => {
        const entered: Absence[] = [];
        for (const one of planned) if (whyNotAbsent(one, entered, 0).length === 0) entered.push(one);
        const now = entered.filter(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
        const away = now.map(({ personId }) => personId);
        expect(new Set(away).size).toBe(away.length);
        for (const { deputyId } of now) expect(away).not.toContain(deputyId);
      }),
    );
  });

  test('each thing that stands against an absence is named', () => {
    const known: Absence[] = [{ personId: 'ann', deputyId: 'ben', fromMs: 10, untilMs: 20, capMinor: null }];
    const why = (change: Partial<Absence>, nowMs = 0) =>
      whyNotAbsent(
        { personId: 'cleo', deputyId: 'dan', fromMs: 15, untilMs: 25, capMinor: null, ...change },
        known,
        nowMs,
      );
    expect(why({})).toEqual([]);
    expect(why({ deputyId: 'cleo' })).toEqual(['own_deputy']);
    expect(why({ untilMs: 15 })).toEqual(['ends_before_it_begins']);
    expect(why({}, 25)).toEqual(['over_already']);
    expect(why({ personId: 'ann' })).toEqual(['absent_already']);
    expect(why({ deputyId: 'ann' })).toEqual(['deputy_is_away']);
    expect(why({ personId: 'ben' })).toEqual(['is_a_deputy_then']);
    expect(why({ personId: 'ann', fromMs: 20 })).toEqual([]);
  });
});

const deciderOf = (personId: string): fc.Arbitrary<Decider> =>
  fc.record({
    personId: fc.constant(personId),
    side: fc.constantFrom('vendor', 'partner'),
    roles: fc.subarray([...authorityOrder]),
    limitMinor: fc.option(fc.integer({ min: 0, max: 100 })),
    limitCurrency: fc.option(fc.constantFrom('EUR', 'USD')),
  });
const standIns: fc.Arbitrary<StandIn[]> = fc
  .subarray(['ben', 'cleo', 'dan'])
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc.record({ absent: deciderOf(id), capMinor: fc.option(fc.integer({ min: 0, max: 100 })) }),
      ),
    ),
  );
const task: fc.Arbitrary<DecidableTask> = fc.record({
  role: fc.constantFrom(...authorityOrder),
  namedId: fc.option(person),
  excludedIds: fc.subarray(people),
  amountMinor: fc.option(fc.integer({ min: 0, max: 100 })),
  currency: fc.option(fc.constantFrom('EUR', 'USD')),
  status: fc.constantFrom('open', 'paused', 'decided', 'cancelled'),
});
const atTheTask: fc.Arbitrary<AtTheTask> = fc.record({ decider: deciderOf('ann'), standsInFor: standIns });

describe('what a deputy may decide', () => {
  test('exactly what the absent person may, within the cap, and nobody had a part in it', () => {
    fc.assert(
      fc.property(task, atTheTask, (what, who) => {
        for (const { absent, capMinor } of who.standsInFor) {
          const allowed = whyNotDecideAs(what, who, absent.personId) === null;
          const involved = [who.decider.personId, ...who.standsInFor.map((one) => one.absent.personId)];
          const within = capMinor === null || what.amountMinor === null || what.amountMinor <= capMinor;
          expect(allowed).toBe(
            who.decider.side === 'vendor' &&
              whyNotDecide(what, absent) === null &&
              within &&
              !involved.some((id) => what.excludedIds.includes(id)),
          );
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('nobody decides his own case: not himself, not through a deputy, not as one', () => {
    fc.assert(
      fc.property(task, atTheTask, (what, who) => {
        const involved = [who.decider.personId, ...who.standsInFor.map(({ absent }) => absent.personId)];
        fc.pre(involved.some((id) => what.excludedIds.includes(id)));
        expect(mayDecide(what, who).may).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('whoever may decide himself decides in his own right; nobody acts for one he does not stand in for', () => {
    fc.assert(
      fc.property(task, atTheTask, (what, who) => {
        const verdict = mayDecide(what, who);
        if (!verdict.may) {
          for (const id of [null, ...people]) expect(whyNotDecideAs(what, who, id)).not.toBeNull();
          return;
        }
        expect(whyNotDecideAs(what, who, verdict.actingForId)).toBeNull();
        expect(verdict.actingForId === null).toBe(whyNotDecideAs(what, who, null) === null);
      }),
      { numRuns: 1_000 },
    );
  });

  test('without anybody to stand in for, it is as it was', () => {
    fc.assert(
      fc.property(task, deciderOf('ann'), (what, decider) => {
        const why = whyNotDecide(what, decider);
        expect(mayDecide(what, { decider, standsInFor: [] })).toEqual(
          why === null ? { may: true, actingForId: null } : { may: false, why },
        );
      }),
    );
  });
});
