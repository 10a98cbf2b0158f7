import fc from 'fast-check';
import type { MoneyError, Share } from '../../../domain/money.ts';
import {
  addMoney,
  allocate,
  changePpm,
  compareMoney,
  money,
  multiplyPpm,
  PPM,
  subtractMoney,
} from '../../../domain/money.ts';

const eur = (amountMinor: number) => money(amountMinor, 'EUR');
const anyAmount = fc.maxSafeInteger();
const amount = fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 });
const shares = fc.uniqueArray(
  fc.record({ id: fc.string({ minLength: 1, maxLength: 4 }), weight: fc.nat() }),
  {
    selector: (share: Share) => share.id,
    minLength: 1,
    maxLength: 12,
  },
);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as MoneyError).code;
  }
  return 'nothing thrown';
}

describe('amounts', () => {
  test('add and subtract undo one another', () => {
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        expect(subtractMoney(addMoney(eur(a), eur(b)), eur(b))).toEqual(eur(a));
      }),
    );
  });

  test('compare orders as the integers do', () => {
    fc.assert(
      fc.property(anyAmount, anyAmount, (a, b) => {
        expect(compareMoney(eur(a), eur(b))).toBe(Math.sign(Number(BigInt(a) - BigInt(b))));
      }),
    );
  });

  test('what is no safe integer, or leaves them, is refused', () => {
    expect(codeOf(() => eur(0.5))).toBe('not_a_safe_integer');
    expect(codeOf(() => eur(Number.NaN))).toBe('not_a_safe_integer');
    expect(codeOf(() => eur(2 ** 53))).toBe('not_a_safe_integer');
    expect(codeOf(() => addMoney(eur(Number.MAX_SAFE_INTEGER), eur(1)))).toBe('not_a_safe_integer');
    expect(codeOf(() => multiplyPpm(eur(Number.MAX_SAFE_INTEGER), 2 * PPM))).toBe('not_a_safe_integer');
  });

  test('two currencies never meet', () => {
    const usd = money(1, 'USD');
    for (const act of [
      () => addMoney(eur(1), usd),
      () => subtractMoney(eur(1), usd),
      () => compareMoney(eur(1), usd),
      () => changePpm(eur(1), usd),
    ]) {
      expect(codeOf(act)).toBe('currencies_differ');
    }
  });

  test('zero has no sign', () => {
    expect(Object.is(multiplyPpm(eur(-1), 0).amountMinor, 0)).toBe(true);
  });
});

describe('rates', () => {
  test.each([
    [1, 500_000, 1],
    [-1, 500_000, -1],
    [3, 500_000, 2],
    [-3, 500_000, -2],
    [1, 499_999, 0],
    [-1, 499_999, 0],
    [100, 50_000, 5],
    [Number.MAX_SAFE_INTEGER, PPM, Number.MAX_SAFE_INTEGER],
  ])('%i at %i ppm is %i: half away from zero', (amountMinor, ratePpm, expected) => {
    expect(multiplyPpm(eur(amountMinor), ratePpm)).toEqual(eur(expected));
  });

  test('the result is never off by more than half a minor unit, on either side of zero alike', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 0, max: PPM }), (a, ratePpm) => {
        const rounded = BigInt(multiplyPpm(eur(a), ratePpm).amountMinor);
        const error = rounded * BigInt(PPM) - BigInt(a) * BigInt(ratePpm);
        expect((error < 0n ? -error : error) * 2n <= BigInt(PPM)).toBe(true);
        expect(multiplyPpm(eur(-a), ratePpm)).toEqual(eur(Number(-rounded)));
      }),
    );
  });

  test('growth is told in parts per million; from nothing there is none', () => {
    expect(changePpm(eur(100), eur(120))).toBe(200_000);
    expect(changePpm(eur(100), eur(80))).toBe(-200_000);
    expect(changePpm(eur(-100), eur(-80))).toBe(200_000);
    expect(changePpm(eur(3), eur(4))).toBe(333_333);
    expect(changePpm(eur(0), eur(1))).toBeNull();
  });
});

describe('allocation', () => {
  test('the parts add up exactly, and each is within one unit of its exact part', () => {
    fc.assert(
      fc.property(amount, shares, (total, given) => {
        const weightSum = given.reduce((sum, share) => sum + BigInt(share.weight), 0n);
        fc.pre(weightSum > 0n);
        const parts = allocate(eur(total), given);
        expect(parts.map((part) => part.id)).toEqual(given.map((share) => share.id));
        expect(parts.reduce((sum, part) => sum + part.amount.amountMinor, 0)).toBe(total);
        parts.forEach((part, index) => {
          const exact = BigInt(total) * BigInt(given[index]?.weight ?? 0);
          const error = BigInt(part.amount.amountMinor) * weightSum - exact;
          expect(error < 0n ? -error < weightSum : error < weightSum).toBe(true);
        });
      }),
    );
  });

  test('who gets what does not depend on the order given', () => {
    fc.assert(
      fc.property(amount, shares, (total, given) => {
        fc.pre(given.some((share) => share.weight > 0));
        const byId = (parts: ReturnType<typeof allocate>) => parts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
        expect(byId(allocate(eur(total), given.toReversed()))).toEqual(byId(allocate(eur(total), given)));
      }),
    );
  });

  test('ties go to the lower id, whatever is over to the largest remainder', () => {
    const even = [
      { id: 'b', weight: 1 },
      { id: 'a', weight: 1 },
      { id: 'c', weight: 1 },
    ];
    expect(allocate(eur(2), even).map((part) => part.amount.amountMinor)).toEqual([1, 1, 0]);
    expect(allocate(eur(-1), even).map((part) => part.amount.amountMinor)).toEqual([0, -1, 0]);
    expect(
      allocate(eur(10), [
        { id: 'a', weight: 1 },
        { id: 'b', weight: 2 },
      ]).map((part) => part.amount.amountMinor),
    ).toEqual([3, 7]);
  });

  test('nobody to give it to is an error, and so is a weight below zero', () => {
    expect(codeOf(() => allocate(eur(1), []))).toBe('no_positive_weight');
    expect(codeOf(() => allocate(eur(1), [{ id: 'a', weight: 0 }]))).toBe('no_positive_weight');
    expect(codeOf(() => allocate(eur(1), [{ id: 'a', weight: -1 }]))).toBe('no_positive_weight');
  });
});
