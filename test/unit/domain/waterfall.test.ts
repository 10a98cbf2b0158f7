import fc from 'fast-check';
import { PPM, timesPpm } from '../../../domain/money.ts';
import {
  discountExceeds,
  discountPpm,
  marginBelow,
  marginPpm,
  NotPriced,
  priceWaterfall,
} from '../../../domain/special-pricing/waterfall.ts';
import type { WaterfallLine } from '../../../domain/special-pricing/waterfall.ts';

const rate = fc.integer({ min: 0, max: PPM });
const anyLine = fc.record({
  lineId: fc.string({ minLength: 1, maxLength: 3 }),
  quantity: fc.integer({ min: 1, max: 10_000 }),
  listUnitMinor: fc.integer({ min: 0, max: 10_000_000 }),
  costUnitMinor: fc.option(fc.integer({ min: 0, max: 10_000_000 })),
  tierPpm: rate,
  registrationPpm: rate,
  special: fc.option(fc.record({ kind: fc.constant('discount' as const), ratePpm: rate })),
});
const someLines = fc.uniqueArray(anyLine, { selector: ({ lineId }) => lineId, minLength: 1, maxLength: 12 });

const line = (over: Partial<WaterfallLine> = {}): WaterfallLine => ({
  lineId: '1',
  quantity: 10,
  listUnitMinor: 100_00,
  costUnitMinor: 40_00,
  tierPpm: 200_000,
  registrationPpm: 100_000,
  special: null,
  ...over,
});
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof NotPriced ? error.code : String(error);
  }
  return 'nothing thrown';
};

describe('from list to net', () => {
  test('each discount is on what the one before left', () => {
    const { lines, netMinor, standardMinor } = priceWaterfall({
      lines: [line({ special: { kind: 'discount', ratePpm: 250_000 } })],
      lumpMinor: 0,
    });
    expect(lines[0]).toMatchObject({
      tierUnitMinor: 80_00,
      standardUnitMinor: 72_00,
      specialUnitMinor: 54_00,
    });
    expect([standardMinor, netMinor]).toEqual([720_00, 540_00]);
  });

  test('a lump discount is split over the lines by largest remainder', () => {
    const three = ['a', 'b', 'c'].map((lineId) =>
      line({ lineId, quantity: 1, tierPpm: 0, registrationPpm: 0 }),
    );
    const { lines, netMinor } = priceWaterfall({ lines: three, lumpMinor: 100 });
    expect(lines.map(({ lumpMinor }) => lumpMinor)).toEqual([34, 33, 33]);
    expect(netMinor).toBe(299_00);
  });

  test('never below zero, never above the step before, lines add up to the total, in any currency', () => {
    fc.assert(
      fc.property(someLines, fc.double({ min: 0, max: 1, noNaN: true }), (lines, share) => {
        const before = priceWaterfall({ lines, lumpMinor: 0 });
        const lumpMinor = Math.floor(before.specialMinor * share);
        const after = priceWaterfall({ lines, lumpMinor });
        for (const one of after.lines) {
          expect(one.netMinor).toBeGreaterThanOrEqual(0);
          expect(one.specialUnitMinor).toBeLessThanOrEqual(one.standardUnitMinor);
          expect(one.standardUnitMinor).toBeLessThanOrEqual(one.tierUnitMinor);
          expect(one.tierUnitMinor).toBeLessThanOrEqual(one.listUnitMinor);
        }
        expect(after.lines.reduce((sum, one) => sum + one.netMinor, 0)).toBe(after.netMinor);
        expect(after.lines.reduce((sum, one) => sum + one.listMinor, 0)).toBe(after.listMinor);
        expect(after.netMinor).toBe(before.netMinor - lumpMinor);
      }),
    );
  });

  test('the order of lines does not matter', () => {
    fc.assert(
      fc.property(someLines, fc.infiniteStream(fc.nat()), fc.nat(1_000), (lines, chance, lump) => {
        const shuffled = lines
          .map((one) => ({ one, key: chance.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const lumpMinor = Math.min(lump, priceWaterfall({ lines, lumpMinor: 0 }).specialMinor);
        const byId = (some: readonly WaterfallLine[]) =>
          new Map(priceWaterfall({ lines: some, lumpMinor }).lines.map((one) => [one.lineId, one]));
        for (const [id, one] of byId(lines)) expect(byId(shuffled).get(id)).toEqual(one);
      }),
    );
  });

  test('a price that is asked for is kept to the minor unit', () => {
    const { lines } = priceWaterfall({
      lines: [line({ special: { kind: 'net', unitMinor: 71_99 } })],
      lumpMinor: 0,
    });
    expect(lines[0]?.specialUnitMinor).toBe(71_99);
  });

  test('what cannot be priced is refused with its line', () => {
    const price = (over: Partial<WaterfallLine>, lumpMinor = 0) =>
      codeOf(() => priceWaterfall({ lines: [line(over)], lumpMinor }));
    expect(price({ quantity: 0 })).toBe('quantity_not_positive');
    expect(price({ quantity: 1.5 })).toBe('quantity_not_positive');
    expect(price({ listUnitMinor: -1 })).toBe('price_negative');
    expect(price({ tierPpm: PPM + 1 })).toBe('rate_out_of_range');
    expect(price({ special: { kind: 'net', unitMinor: 72_01 } })).toBe('above_standard');
    expect(price({ special: { kind: 'net', unitMinor: -1 } })).toBe('price_negative');
    expect(price({ quantity: Number.MAX_SAFE_INTEGER })).toBe('too_large');
    expect(price({}, 720_01)).toBe('lump_above_total');
    expect(codeOf(() => priceWaterfall({ lines: [line(), line()], lumpMinor: 1 }))).toBe('line_twice');
  });

  test('a margin is only told of the whole when every cost is known', () => {
    const lines = [line(), line({ lineId: '2', costUnitMinor: null })];
    expect(priceWaterfall({ lines, lumpMinor: 0 }).costMinor).toBeNull();
    expect(priceWaterfall({ lines: [line()], lumpMinor: 0 }).costMinor).toBe(400_00);
  });
});

describe('rates of amounts', () => {
  test('a rate of an amount is exact for all safe integers', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), rate, (amount, ppm) => {
        const product = BigInt(amount) * BigInt(ppm) * 2n;
        const exact = (product + (amount < 0 ? -1n : 1n) * BigInt(PPM)) / (2n * BigInt(PPM));
        expect(timesPpm(amount, ppm)).toBe(Number(exact) + 0);
      }),
    );
  });

  test('a band includes its upper bound, to the last minor unit', () => {
    expect(discountExceeds(1_000, 900, 100_000)).toBe(false);
    expect(discountExceeds(1_000, 899, 100_000)).toBe(true);
    expect(discountExceeds(999, 899, 100_100)).toBe(true);
    expect(discountExceeds(0, 0, 0)).toBe(false);
  });

  test('a margin at the floor is not below it', () => {
    expect(marginBelow(1_000, 800, 200_000)).toBe(false);
    expect(marginBelow(1_000, 801, 200_000)).toBe(true);
    expect(marginBelow(0, 1, 0)).toBe(true);
    expect(marginBelow(0, 0, 500_000)).toBe(false);
  });

  test('what is shown is rounded, what decides is not', () => {
    expect(discountPpm(300, 200)).toBe(333_333);
    expect(discountPpm(0, 0)).toBe(0);
    expect(marginPpm(300, 400)).toBe(-333_333);
    expect(marginPpm(0, 5)).toBeNull();
  });
});
