import fc from 'fast-check';
import type { Rival } from '../../../domain/deal-registration/facts.ts';
import type { WinCriterion } from '../../../domain/deal-registration/policy.ts';
import { qualificationSignals } from '../../../domain/deal-registration/policy.ts';
import { maySharePlaces, partsOfSharers, whoWins } from '../../../domain/deal-registration/who-wins.ts';
import { exampleKeys, examplePolicy } from './deal-registration-examples.ts';

const rival = (receiptNumber: number, changes: Partial<Rival> = {}): Rival => ({
  registrationId: `reg_${receiptNumber}`,
  receiptNumber,
  signals: [],
  customersChoice: false,
  ...changes,
});
const judge = (criteria: WinCriterion[], rivals: Rival[]) => whoWins({ whoWins: { criteria } }, rivals);
const qualified: WinCriterion = {
  rule: 'mostQualified',
  points: [
    { signal: 'decision_maker_met', points: 3 },
    { signal: 'certified_staff', points: 1 },
  ],
};

test('first come, first served: the lower receipt number', () => {
  expect(judge([{ rule: 'firstCome' }], [rival(9), rival(3)])).toEqual([
    { registrationId: 'reg_3', receiptNumber: 3, won: true, benefitPpm: 1_000_000, behindBy: null },
    {
      registrationId: 'reg_9',
      receiptNumber: 9,
      won: false,
      benefitPpm: 0,
      behindBy: { rule: 'firstCome', mine: 9, best: 3 },
    },
  ]);
});

test('most qualified: the sum of the policy’s points, whoever came first', () => {
  const places = judge(
    [qualified],
    [rival(1, { signals: ['certified_staff'] }), rival(2, { signals: ['decision_maker_met'] })],
  );
  expect(places.map((place) => place.receiptNumber)).toEqual([2, 1]);
  expect(places[1]?.behindBy).toEqual({ rule: 'mostQualified', mine: 1, best: 3 });
});

test('incumbent first', () => {
  const places = judge([{ rule: 'incumbent' }], [rival(1), rival(2, { signals: ['incumbent'] })]);
  expect(places[0]?.receiptNumber).toBe(2);
  expect(places[1]?.behindBy).toEqual({ rule: 'incumbent', mine: 0, best: 1 });
});

test('the customer’s written choice', () => {
  const places = judge([{ rule: 'customersChoice' }], [rival(1), rival(2, { customersChoice: true })]);
  expect(places[0]?.receiptNumber).toBe(2);
  expect(places[1]?.behindBy).toEqual({ rule: 'customersChoice', mine: 0, best: 1 });
});

test('shared with reduced benefit: by order of receipt, and no part beyond the list', () => {
  const places = judge(
    [{ rule: 'sharedReduced', benefitPpmByRank: [1_000_000, 500_000] }],
    [rival(3), rival(2), rival(1)],
  );
  expect(places.map(({ receiptNumber, won, benefitPpm }) => [receiptNumber, won, benefitPpm])).toEqual([
    [1, true, 1_000_000],
    [2, true, 500_000],
    [3, false, 0],
  ]);
  expect(places[1]?.behindBy?.rule).toBe('sharedReduced');
});

test('only those level with the winner share; one who is ahead of all gets the whole', () => {
  const criteria: WinCriterion[] = [
    { rule: 'incumbent' },
    { rule: 'sharedReduced', benefitPpmByRank: [600_000, 400_000] },
  ];
  const parts = (rivals: Rival[]) =>
    judge(criteria, rivals).map(({ receiptNumber, benefitPpm }) => [receiptNumber, benefitPpm]);
  const incumbent = rival(3, { signals: ['incumbent'] });
  expect(parts([rival(1), incumbent])).toEqual([
    [3, 1_000_000],
    [1, 0],
  ]);
  expect(parts([rival(1), incumbent, rival(2, { signals: ['incumbent'] })])).toEqual([
    [2, 600_000],
    [3, 400_000],
    [1, 0],
  ]);
  expect(parts([rival(1)])).toEqual([[1, 1_000_000]]);
});

test('criteria are taken in the policy’s order; the next one only among those still level', () => {
  const rivals = [
    rival(1, { signals: ['decision_maker_met'] }),
    rival(2, { customersChoice: true, signals: ['certified_staff'] }),
    rival(3, { customersChoice: true, signals: ['decision_maker_met'] }),
  ];
  const order = (criteria: WinCriterion[]) => judge(criteria, rivals).map((place) => place.receiptNumber);
  expect(order([{ rule: 'customersChoice' }, qualified])).toEqual([3, 2, 1]);
  expect(order([qualified, { rule: 'customersChoice' }])).toEqual([3, 1, 2]);
});

test('what nothing tells apart goes to the lower receipt number', () => {
  const places = judge([{ rule: 'incumbent' }], [rival(8), rival(5)]);
  expect(places[0]?.receiptNumber).toBe(5);
  expect(places[1]?.behindBy).toEqual({ rule: 'lowerReceiptNumber', mine: 8, best: 5 });
});

test('two registrations never carry one receipt number', () => {
  expect(() => judge([{ rule: 'firstCome' }], [rival(1), rival(1)])).toThrow('same receipt number');
  expect(judge([{ rule: 'firstCome' }], [])).toEqual([]);
});

test('neither the order of rivals nor a worse rival’s presence changes who is ahead, under every example', () => {
  const rivals = fc.uniqueArray(
    fc.record({
      receiptNumber: fc.integer({ min: 1, max: 50 }),
      signals: fc.subarray([...qualificationSignals]),
      customersChoice: fc.boolean(),
    }),
    { selector: (one) => one.receiptNumber, minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(
      rivals.chain((given) => {
        const named = given.map((one) => rival(one.receiptNumber, one));
        return fc.tuple(
          fc.constant(named),
          fc.shuffledSubarray(named, { minLength: named.length, maxLength: named.length }),
        );
      }),
      fc.constantFrom(...exampleKeys.map((key) => examplePolicy(key))),
      ([given, shuffled], policy) => {
        const places = whoWins(policy, given);
        expect(whoWins(policy, shuffled)).toEqual(places);
        expect(places.filter((place) => place.won).length).toBeGreaterThanOrEqual(1);
        expect(places[0]?.behindBy).toBeNull();
        if (given.length > 1) {
          const last = places.at(-1);
          const withoutLast = given.filter((one) => one.receiptNumber !== last?.receiptNumber);
          const order = (one: { receiptNumber: number }) => one.receiptNumber;
          expect(whoWins(policy, withoutLast).map(order)).toEqual(places.slice(0, -1).map(order));
        }
      },
    ),
  );
});

describe('who may share', () => {
  const shared = (parts: number[], ...before: WinCriterion[]) => ({
    whoWins: { criteria: [...before, { rule: 'sharedReduced' as const, benefitPpmByRank: parts }] },
  });
  const rivalsOf = (signals: Rival['signals'][]): Rival[] =>
    signals.map((one, place) => ({
      registrationId: `r${place}`,
      receiptNumber: place + 1,
      signals: one,
      customersChoice: false,
    }));

  test('those level with the first, in the order of their places, whatever order they are named in', () => {
    const policy = shared([1_000_000, 500_000]);
    const places = whoWins(policy, rivalsOf([[], [], []]));
    expect(partsOfSharers(policy, places, ['r1', 'r0'])).toEqual([
      { registrationId: 'r0', benefitPpm: 1_000_000 },
      { registrationId: 'r1', benefitPpm: 500_000 },
    ]);
    // Without the first, the next has his part.
    expect(partsOfSharers(policy, places, ['r1', 'r2'])?.map(({ benefitPpm }) => benefitPpm)).toEqual([
      1_000_000, 500_000,
    ]);
    for (const wrong of [[], ['r0'], ['r0', 'r0'], ['r0', 'r9'], ['r0', 'r1', 'r2']])
      expect(partsOfSharers(policy, places, wrong)).toBeNull();
  });

  test('not one who is behind, and nobody where the program does not share or one is ahead of all', () => {
    const policy = shared([600_000, 400_000], { rule: 'incumbent' });
    const places = whoWins(policy, rivalsOf([['incumbent'], [], ['incumbent']]));
    expect(maySharePlaces(policy, places).map(({ registrationId }) => registrationId)).toEqual(['r0', 'r2']);
    expect(partsOfSharers(policy, places, ['r0', 'r1'])).toBeNull();
    const ahead = whoWins(policy, rivalsOf([[], ['incumbent']]));
    expect(maySharePlaces(policy, ahead)).toEqual([]);
    const alone = { whoWins: { criteria: [{ rule: 'firstCome' as const }] } };
    expect(maySharePlaces(alone, whoWins(alone, rivalsOf([[], []])))).toEqual([]);
  });
});
