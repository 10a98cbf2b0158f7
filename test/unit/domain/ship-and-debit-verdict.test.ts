import fc from 'fast-check';
import type { ClaimLine } from '../../../domain/ship-and-debit/line.ts';
import { lastClaimDay, supportOfOne, termsByDay } from '../../../domain/ship-and-debit/terms.ts';
import type { StoredVersion } from '../../../domain/ship-and-debit/terms.ts';
import { capKey, judgeLine, judgeNext } from '../../../domain/ship-and-debit/verdict.ts';
import type { ClaimedAgreement, LineFacts, Remaining } from '../../../domain/ship-and-debit/verdict.ts';
import { answerNaively } from './ship-and-debit-naive.ts';
import type { NaiveWorld } from './ship-and-debit-naive.ts';

const agreed = (sku: string, change: object = {}) => ({
  sku,
  netUnitMinor: 80_00,
  approvedCostMinor: 76_00,
  capQuantity: 100,
  ...change,
});
const version = (change: Partial<StoredVersion> = {}): StoredVersion => ({
  version: 1,
  kind: 'first',
  fromDay: '2026-03-01',
  agreedOn: '2026-02-27',
  lines: [agreed('SEN-1')],
  ...change,
});
const days = { firstDay: '2026-03-01', lastDay: '2026-05-29' };
const agreement = (change: Partial<ClaimedAgreement> = {}): ClaimedAgreement => ({
  agreementId: 'spa_1',
  currency: 'EUR',
  supplied: [{ fromDay: '2025-01-01', lastDay: null }],
  terms: termsByDay([version()], days),
  distributorDiscountPpm: 100_000,
  priceInForceAt: 'sale',
  claimDaysAfterMonthEnd: 60,
  ...change,
});
const line = (change: Partial<ClaimLine> = {}): ClaimLine => ({
  row: 2,
  action: 'sale',
  agreement: 'SA-1',
  customer: 'Contoso Shipyards',
  customerCountry: 'NL',
  sku: 'SEN-1',
  invoice: 'R-100',
  invoiceLine: '1',
  saleDate: '2026-03-15',
  quantity: 10,
  unitMinor: 80_00,
  currency: 'EUR',
  ...change,
});
const facts = (change: Partial<LineFacts> = {}): LineFacts => ({
  receivedOn: '2026-04-02',
  agreement: agreement(),
  customer: 'same',
  listMinorOn: () => 100_00,
  earlier: null,
  stockLeft: null,
  capLeft: 100,
  ...change,
});
const sale = {
  agreementId: 'spa_1',
  sku: 'SEN-1',
  supportUnitMinor: 14_00,
  sold: 10,
  supported: 6,
  reversed: 0,
  givenBack: 0,
};

describe('one line', () => {
  test('is paid what the distributor paid into stock less what he effectively pays, for each unit', () => {
    // List 100 less 10 % is 90; less the approved cost of 76 is 14.
    expect(judgeLine(line(), facts())).toEqual({
      outcome: 'granted',
      reason: null,
      agreementId: 'spa_1',
      units: 10,
      supportUnitMinor: 14_00,
      amountMinor: 140_00,
    });
  });

  test('that crosses the cap is cut at the unit past it', () => {
    expect(judgeLine(line(), facts({ capLeft: 4 }))).toMatchObject({
      outcome: 'cut',
      reason: 'cap_cut',
      units: 4,
      amountMinor: 56_00,
    });
    expect(judgeLine(line({ quantity: 4 }), facts({ capLeft: 4 }))).toMatchObject({
      outcome: 'granted',
      units: 4,
    });
    expect(judgeLine(line(), facts({ capLeft: null }))).toMatchObject({ outcome: 'granted', units: 10 });
  });

  test.each<[string, Partial<ClaimLine>, Partial<LineFacts>]>([
    ['agreement_unknown', {}, { agreement: null }],
    [
      'not_supplied_then',
      {},
      { agreement: agreement({ supplied: [{ fromDay: '2026-03-16', lastDay: null }] }) },
    ],
    ['sale_before_validity', { saleDate: '2026-02-28' }, {}],
    ['sale_after_validity', { saleDate: '2026-05-30' }, { receivedOn: '2026-06-01' }],
    ['customer_differs', {}, { customer: 'different' }],
    ['customer_unclear', {}, { customer: 'unclear' }],
    ['product_not_covered', { sku: 'SEN-2' }, {}],
    ['currency_differs', { currency: 'USD' }, {}],
    ['sale_in_future', { saleDate: '2026-04-03' }, {}],
    ['claimed_too_late', {}, { receivedOn: '2026-05-31' }],
    ['price_above', { unitMinor: 80_01 }, {}],
    ['no_list_price', {}, { listMinorOn: () => null }],
    ['claimed_before', {}, { earlier: sale }],
    ['claimed_before', { action: 'again', quantity: 4 }, { earlier: { ...sale, agreementId: 'spa_2' } }],
    ['more_than_refused', { action: 'again', quantity: 5 }, { earlier: sale }],
    ['nothing_claimed', { action: 'reversal' }, {}],
    ['more_than_sold', { action: 'reversal', quantity: 11 }, { earlier: sale }],
    ['stock_implausible', {}, { stockLeft: 9 }],
    ['cap_reached', {}, { capLeft: 0 }],
  ])('is refused: %s', (reason, changed, known) => {
    expect(judgeLine(line(changed), facts(known))).toMatchObject({
      outcome: 'refused',
      reason,
      units: 0,
      amountMinor: 0,
    });
  });

  test('is in time on the last day of the window, and in validity on both its ends', () => {
    expect(lastClaimDay('2026-03-15', 60)).toBe('2026-05-30');
    expect(lastClaimDay('2027-12-31', 60)).toBe('2028-02-29');
    expect(judgeLine(line(), facts({ receivedOn: '2026-05-30' })).outcome).toBe('granted');
    expect(judgeLine(line({ saleDate: '2026-03-01' }), facts()).outcome).toBe('granted');
    expect(judgeLine(line({ saleDate: '2026-05-29' }), facts({ receivedOn: '2026-05-30' })).outcome).toBe(
      'granted',
    );
  });

  test('a reversal gives supported units back first; what was refused stays refused unless it is asked for again', () => {
    expect(judgeLine(line({ action: 'reversal', quantity: 5 }), facts({ earlier: sale }))).toMatchObject({
      units: -5,
      amountMinor: -70_00,
    });
    // All ten taken back: only the six that were supported are given back.
    expect(judgeLine(line({ action: 'reversal', quantity: 10 }), facts({ earlier: sale })).units).toBe(-6);
    const after = { ...sale, reversed: 5, givenBack: 5 };
    // Of the supported units one is left to give back.
    expect(judgeLine(line({ action: 'reversal', quantity: 3 }), facts({ earlier: after })).units).toBe(-1);
    expect(judgeLine(line({ action: 'again', quantity: 4 }), facts({ earlier: after }))).toMatchObject({
      outcome: 'granted',
      units: 4,
    });
    expect(judgeLine(line({ action: 'again', quantity: 5 }), facts({ earlier: after })).reason).toBe(
      'more_than_refused',
    );
    // Asked for again it is supported as the sale was, whatever the list says today.
    expect(
      judgeLine(line({ action: 'again', quantity: 4 }), facts({ earlier: after, listMinorOn: () => 500_00 }))
        .supportUnitMinor,
    ).toBe(14_00);
  });

  test.each(['sale', 'approval', 'claim'] as const)(
    'takes the list price of the day that policy names: %s',
    (moment) => {
      const asked: string[] = [];
      judgeLine(
        line(),
        facts({
          agreement: agreement({ priceInForceAt: moment }),
          listMinorOn: (day) => {
            asked.push(day);
            return 100_00;
          },
        }),
      );
      expect(asked).toEqual([{ sale: '2026-03-15', approval: '2026-02-27', claim: '2026-04-02' }[moment]]);
    },
  );

  test('support is never below nothing, and rounds half away from zero', () => {
    expect(
      supportOfOne({ listMinor: 70_00, distributorDiscountPpm: 100_000, approvedCostMinor: 76_00 }),
    ).toBe(0);
    // 10 % of 105 is 10.5, and so 11.
    expect(supportOfOne({ listMinor: 105, distributorDiscountPpm: 100_000, approvedCostMinor: 0 })).toBe(94);
  });
});

describe('terms by day', () => {
  const netOn = (versions: readonly StoredVersion[], day: string): number | undefined =>
    termsByDay(versions, days)
      .find((one) => one.fromDay <= day && day <= one.lastDay)
      ?.lines.get('SEN-1')?.netUnitMinor;
  const at = (net: number, change: Partial<StoredVersion>): StoredVersion =>
    version({ lines: [agreed('SEN-1', { netUnitMinor: net })], ...change });

  test('a new version changes all transactions, a new period those from its first day on', () => {
    const first = at(80_00, {});
    const period = at(75_00, { version: 2, kind: 'new_period', fromDay: '2026-04-10' });
    const whole = at(70_00, { version: 3, kind: 'new_version', fromDay: '2026-04-20' });
    expect([
      netOn([first], '2026-03-01'),
      netOn([first], '2026-05-29'),
      netOn([first], '2026-05-30'),
    ]).toEqual([80_00, 80_00, undefined]);
    expect([netOn([first, period], '2026-04-09'), netOn([first, period], '2026-04-10')]).toEqual([
      80_00, 75_00,
    ]);
    expect([
      netOn([first, period, whole], '2026-03-01'),
      netOn([first, period, whole], '2026-05-01'),
    ]).toEqual([70_00, 70_00]);
  });

  test('an extension moves the end alone; a period begun before another replaces it from there on', () => {
    const first = at(80_00, {});
    const late = at(75_00, { version: 2, kind: 'new_period', fromDay: '2026-05-01' });
    const early = at(70_00, { version: 3, kind: 'new_period', fromDay: '2026-04-01' });
    const extension = at(1, { version: 4, kind: 'extension', fromDay: '2026-05-20' });
    const all = [first, late, early, extension];
    expect(['2026-03-31', '2026-04-01', '2026-05-10'].map((day) => netOn(all, day))).toEqual([
      80_00, 70_00, 70_00,
    ]);
    expect(
      netOn([first, at(75_00, { version: 2, kind: 'new_period', fromDay: '2026-07-01' })], '2026-05-29'),
    ).toBe(80_00);
  });
});

/** Mostly in order, so that most lines reach the rules that depend on one another: claimed before, stock and cap. */
const mostly = <Value>(usual: Value, ...others: Value[]): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 15, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(usual, ...others) },
  );
const anyLine = fc.record({
  action: fc.constantFrom('sale', 'sale', 'again', 'reversal'),
  agreement: mostly('SA-1', 'SA-2', 'SA-9'),
  customer: mostly('same', 'unclear', 'different'),
  sku: mostly('SEN-1', 'SEN-2', 'SEN-3', 'SEN-4'),
  invoice: fc.constantFrom('R-1', 'R-2', 'R-3'),
  invoiceLine: mostly('1', '2'),
  saleDate: fc
    .oneof(
      { weight: 9, arbitrary: fc.integer({ min: 28, max: 89 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 150 }) },
    )
    .map((day) => new Date(Date.UTC(2026, 1, 1 + day)).toISOString().slice(0, 10)),
  quantity: fc.integer({ min: 1, max: 12 }),
  unitMinor: fc.oneof(
    { weight: 9, arbitrary: fc.constant(30) },
    { weight: 1, arbitrary: fc.integer({ min: 10, max: 120 }) },
  ),
  currency: mostly('EUR', 'USD'),
});
const anyWorld = fc.record({
  receivedOn: mostly('2026-04-30', '2026-04-02', '2026-05-30', '2026-06-20'),
  at: fc.constantFrom('sale' as const, 'approval' as const, 'claim' as const),
  discountPpm: fc.integer({ min: 0, max: 400_000 }),
  cost: fc.integer({ min: 0, max: 120 }),
  net: fc.integer({ min: 40, max: 120 }),
  cap: fc.integer({ min: 1, max: 25 }),
  sellIn: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
  list: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 2, maxLength: 2 }),
});

test('a file of any lines has the verdicts of the rules written the obvious way', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 40 }), anyWorld, (drafts, world) => {
      const lines: ClaimLine[] = drafts.map((draft, place) => ({
        ...draft,
        row: place + 2,
        customerCountry: null,
        action: draft.action as ClaimLine['action'],
      }));
      const prices = (minor = 1): Record<string, number> => ({ 'SEN-1': minor, 'SEN-2': minor * 2 });
      const lists = [
        { from: '2026-01-01', prices: prices(world.list[0]) },
        { from: '2026-04-01', prices: { ...prices(world.list[1]), 'SEN-3': 50 } },
      ];
      const agreements = ['SA-1', 'SA-2'].map((reference, at) => ({
        reference,
        currency: 'EUR',
        suppliedFrom: '2026-02-15',
        suppliedTo: at === 0 ? '9999-12-31' : '2026-05-01',
        terms: [
          {
            from: '2026-03-01',
            to: '2026-03-31',
            agreedOn: '2026-02-27',
            lines: { 'SEN-1': { net: world.net, cost: world.cost }, 'SEN-2': { net: 90, cost: 30 } },
          },
          {
            from: '2026-04-01',
            to: '2026-05-20',
            agreedOn: '2026-03-30',
            lines: { 'SEN-1': { net: world.net + 5, cost: 10 }, 'SEN-3': { net: 100, cost: 20 } },
          },
        ],
        caps: { 'SEN-1': world.cap, 'SEN-2': 7, ...(at === 0 ? { 'SEN-3': 9 } : {}) },
        discountPpm: world.discountPpm,
        at: world.at,
        windowDays: 30,
      }));
      const naive: NaiveWorld = {
        receivedOn: world.receivedOn,
        agreements,
        lists,
        customer: ({ customer }) => customer as 'same',
        sellIn: world.sellIn === undefined ? {} : { 'SEN-1': world.sellIn },
      };
      const left: Remaining = {
        caps: new Map(
          agreements.flatMap((one) =>
            Object.entries(one.caps).map(([sku, cap]) => [capKey(one.reference, sku), cap]),
          ),
        ),
        stock: new Map(world.sellIn === undefined ? [] : [['SEN-1', world.sellIn]]),
        sales: new Map(),
      };
      const claimed = new Map(
        agreements.map((one) => [
          one.reference,
          agreement({
            agreementId: one.reference,
            supplied: [{ fromDay: one.suppliedFrom, lastDay: one.suppliedTo }],
            terms: one.terms.map((terms, at) => ({
              version: at + 1,
              fromDay: terms.from,
              lastDay: terms.to,
              agreedOn: terms.agreedOn,
              lines: new Map(
                Object.entries(terms.lines).map(([sku, { net, cost }]) => [
                  sku,
                  { sku, netUnitMinor: net, approvedCostMinor: cost, capQuantity: null },
                ]),
              ),
            })),
            distributorDiscountPpm: one.discountPpm,
            priceInForceAt: one.at,
            claimDaysAfterMonthEnd: one.windowDays,
          }),
        ]),
      );
      const ours = lines.map((one) =>
        judgeNext(one, left, {
          receivedOn: world.receivedOn,
          agreement: claimed.get(one.agreement) ?? null,
          customer: one.customer as 'same',
          listMinorOn: (day) => lists.findLast(({ from }) => from <= day)?.prices[one.sku] ?? null,
        }),
      );
      expect(
        ours.map(({ reason, units, amountMinor }) => ({ reason, units, amount: BigInt(amountMinor) })),
      ).toEqual(
        answerNaively(lines, naive).map(({ reason, units, unit }) => ({
          reason,
          units: units === 0 ? 0 : units,
          amount: unit * BigInt(units),
        })),
      );
      for (const [key, units] of left.caps) expect({ key, units: units >= 0 }).toEqual({ key, units: true });
    }),
    { numRuns: 1_000 },
  );
});
