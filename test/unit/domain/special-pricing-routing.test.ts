import fc from 'fast-check';
import type { SpecialPricingPolicy } from '../../../domain/special-pricing/policy.ts';
import { routeRequest } from '../../../domain/special-pricing/routing.ts';
import { priceWaterfall } from '../../../domain/special-pricing/waterfall.ts';
import type { WaterfallLine } from '../../../domain/special-pricing/waterfall.ts';

const hours = (amount: number) => ({ unit: 'businessHour', amount }) as const;

const policy: Pick<SpecialPricingPolicy, 'bands' | 'approvalShape' | 'marginFloors' | 'termExceptions'> = {
  bands: [
    {
      key: 'automatic',
      toPpm: 100_000,
      asks: null,
      answerWithin: null,
      valueBump: { aboveMinor: 250_000_00, effect: 'one_level_up' },
    },
    {
      key: 'cam',
      toPpm: 200_000,
      asks: { roles: ['channel_account_manager'], quorum: null },
      answerWithin: hours(8),
      valueBump: { aboveMinor: 500_000_00, effect: 'one_level_up' },
    },
    {
      key: 'director',
      toPpm: 300_000,
      asks: { roles: ['director'], quorum: null },
      answerWithin: hours(8),
      valueBump: { aboveMinor: 1_000_000_00, effect: 'one_level_up' },
    },
    {
      key: 'cro',
      toPpm: 400_000,
      asks: { roles: ['cro'], quorum: null },
      answerWithin: hours(8),
      valueBump: { aboveMinor: 2_000_000_00, effect: 'add', roles: ['cfo'] },
    },
    {
      key: 'executives',
      toPpm: null,
      asks: { roles: ['cfo', 'ceo'], quorum: null },
      answerWithin: hours(16),
      valueBump: null,
    },
  ],
  approvalShape: 'owner',
  marginFloors: { byFamily: { hardware: 150_000 }, otherPpm: null },
  termExceptions: [{ key: 'net_90', label: 'Payment after 90 days', bandKey: 'director' }],
};

const line = (discountPpm: number, over: Partial<WaterfallLine> = {}): WaterfallLine => ({
  lineId: '1',
  quantity: 100,
  listUnitMinor: 10_000_00,
  costUnitMinor: 1_000_00,
  tierPpm: 0,
  registrationPpm: 0,
  special: { kind: 'discount', ratePpm: discountPpm },
  ...over,
});
const route = (
  lines: readonly WaterfallLine[],
  more: { dealMinor?: number; exceptionKeys?: string[]; shape?: 'owner' | 'chain' } = {},
) =>
  routeRequest({
    policy: { ...policy, approvalShape: more.shape ?? 'owner' },
    waterfall: priceWaterfall({ lines, lumpMinor: 0 }),
    familyOf: () => 'hardware',
    exceptionKeys: more.exceptionKeys ?? [],
    dealMinor: more.dealMinor ?? 0,
  });
const rolesOf = (routing: ReturnType<typeof route>): string[][] =>
  routing.steps.map(({ roles }) => [...roles]);

describe('the bands of the matrix', () => {
  test.each([
    [0, []],
    [100_000, []],
    [100_001, [['channel_account_manager']]],
    [200_000, [['channel_account_manager']]],
    [300_000, [['director']]],
    [300_001, [['cro']]],
    [400_000, [['cro']]],
    [400_001, [['cfo', 'ceo']]],
  ])('%d parts per million off are decided by %j', (ppm, asked) => {
    expect(rolesOf(route([line(ppm)]))).toEqual(asked);
  });

  test('a value above the limit asks one level up, at the limit it does not', () => {
    expect(rolesOf(route([line(150_000)], { dealMinor: 500_000_00 }))).toEqual([['channel_account_manager']]);
    expect(rolesOf(route([line(150_000)], { dealMinor: 500_000_01 }))).toEqual([['director']]);
    expect(rolesOf(route([line(50_000)], { dealMinor: 250_000_01 }))).toEqual([['channel_account_manager']]);
  });

  test('34 % on a deal above two million asks two, both of whom must agree', () => {
    expect(route([line(340_000)], { dealMinor: 2_000_000_01 })).toMatchObject({
      bandKey: 'cro',
      steps: [{ roles: ['cro', 'cfo'], quorum: 2 }],
    });
  });

  test('the worst line counts when the whole does not', () => {
    const small = line(450_000, { lineId: '2', quantity: 1 });
    const routing = route([line(50_000), small]);
    expect(rolesOf(routing)).toEqual([['cfo', 'ceo']]);
    expect(routing.causes).toContainEqual({ kind: 'discount_line', bandKey: 'executives', lineId: '2' });
  });

  test('a margin under the floor asks the last band, whatever the discount', () => {
    const thin = line(10_000, { costUnitMinor: 9_000_00 });
    expect(rolesOf(route([thin]))).toEqual([['cfo', 'ceo']]);
    expect(rolesOf(route([{ ...thin, special: null }]))).toEqual([]);
    expect(route([line(10_000, { costUnitMinor: null })]).causes).toContainEqual({
      kind: 'cost_unknown',
      bandKey: 'executives',
      lineId: '1',
    });
  });

  test('a departure from the usual terms asks for its band at least', () => {
    expect(rolesOf(route([line(0)], { exceptionKeys: ['net_90'] }))).toEqual([['director']]);
    expect(rolesOf(route([line(350_000)], { exceptionKeys: ['net_90'] }))).toEqual([['cro']]);
    expect(() => route([line(0)], { exceptionKeys: ['unknown'] })).toThrow('no term exception unknown');
  });

  test('a chain asks everybody below first', () => {
    expect(rolesOf(route([line(350_000)], { shape: 'chain' }))).toEqual([
      ['channel_account_manager'],
      ['director'],
      ['cro'],
    ]);
  });
});

test('whoever asks for more is never asked of fewer: the band does not fall as discount, value or thinness grow', () => {
  const place = (routing: ReturnType<typeof route>): number =>
    policy.bands.findIndex(({ key }) => key === routing.bandKey);
  const ppm = fc.integer({ min: 0, max: 1_000_000 });
  fc.assert(
    fc.property(
      ppm,
      ppm,
      fc.nat(300_000_000),
      fc.nat(300_000_000),
      fc.nat(9_000_00),
      (a, b, value, more, cost) => {
        const [less, most] = [Math.min(a, b), Math.max(a, b)];
        const costs = { costUnitMinor: cost };
        const base = place(route([line(less, costs)], { dealMinor: value }));
        expect(place(route([line(most, costs)], { dealMinor: value }))).toBeGreaterThanOrEqual(base);
        expect(place(route([line(less, costs)], { dealMinor: value + more }))).toBeGreaterThanOrEqual(base);
        expect(
          place(route([line(less, { costUnitMinor: cost + 500_00 })], { dealMinor: value })),
        ).toBeGreaterThanOrEqual(base);
      },
    ),
  );
});
