import fc from 'fast-check';
import {
  compareRates,
  convert,
  faultsOfRates,
  NoExchangeRate,
  rateInForce,
  RATE_UNIT,
} from '../../../domain/exchange-rate.ts';
import type { ExchangeRate } from '../../../domain/exchange-rate.ts';
import { MoneyError } from '../../../domain/money.ts';
import { decimalsOf, formatRate } from '../../../domain/words/reader.ts';

const rate = (base: string, quote: string, rateE9: number, validFrom = '2026-01-01'): ExchangeRate => ({
  base,
  quote,
  rateE9,
  validFrom,
  source: 'test',
});
const EUR = (amountMinor: number) => ({ amountMinor, currency: 'EUR' });
const ON = '2026-03-02';

describe('an amount in another currency', () => {
  test.each([
    // 100.00 EUR at 1.0945 are 109.45 USD; 0.01 EUR are 0.010945 and so one cent.
    ['two decimals to two', EUR(10_000), 'USD', 1_094_500_000, 10_945],
    ['the least of it', EUR(1), 'USD', 1_094_500_000, 1],
    // 100.00 EUR at 164.905 are 16,490.5 JPY: half away from zero.
    ['two decimals to none', EUR(10_000), 'JPY', 164_905_000_000, 16_491],
    ['a reversal is the mirror image', EUR(-10_000), 'JPY', 164_905_000_000, -16_491],
    // 100.00 EUR at 0.3361 are 33.610 KWD.
    ['two decimals to three', EUR(10_000), 'KWD', 336_100_000, 33_610],
    ['nothing stays nothing', EUR(0), 'KWD', 336_100_000, 0],
  ])('%s', (_, amount, to, rateE9, expected) => {
    const pair = rate('EUR', to, rateE9);
    expect(convert(amount, to, { rates: [pair], on: ON })).toEqual({
      amount: { amountMinor: expected, currency: to },
      by: { rate: pair, inverted: false },
    });
  });

  test('goes the other way by the inverse, and says so', () => {
    const pair = rate('EUR', 'JPY', 164_900_000_000);
    expect(convert({ amountMinor: 16_490, currency: 'JPY' }, 'EUR', { rates: [pair], on: ON })).toEqual({
      amount: EUR(10_000),
      by: { rate: pair, inverted: true },
    });
  });

  test('in its own currency needs no rate', () => {
    expect(convert(EUR(5), 'EUR', { rates: [], on: ON })).toEqual({ amount: EUR(5), by: null });
  });

  test('without a rate of the pair is refused by name, also where two others would do', () => {
    const rates = [rate('EUR', 'USD', RATE_UNIT), rate('EUR', 'JPY', RATE_UNIT)];
    const through = (): unknown =>
      convert({ amountMinor: 1, currency: 'USD' }, 'JPY', { rates, on: '2026-01-02' });
    expect(through).toThrow(NoExchangeRate);
    expect(through).toThrow('no exchange rate of USD and JPY is in force on 2026-01-02');
    expect(() => convert(EUR(1), 'USD', { rates, on: '2025-12-31' })).toThrow(NoExchangeRate);
  });

  test('that cannot be kept is refused', () => {
    const rates = [rate('EUR', 'JPY', 9_000_000_000_000_000)];
    expect(() => convert(EUR(Number.MAX_SAFE_INTEGER), 'JPY', { rates, on: ON })).toThrow(MoneyError);
  });

  test('is by the rate of its day, the latest that had begun', () => {
    const rates = [
      rate('EUR', 'USD', 1_100_000_000, '2026-02-01'),
      rate('EUR', 'USD', 1_000_000_000, '2026-01-01'),
      rate('EUR', 'USD', 1_200_000_000, '2026-03-03'),
    ];
    const on = (day: string): number | null =>
      rateInForce(rates, { base: 'EUR', quote: 'USD', on: day })?.rateE9 ?? null;
    expect([on('2025-12-31'), on('2026-01-31'), on('2026-02-01'), on(ON), on('2026-03-03')]).toEqual([
      null,
      1_000_000_000,
      1_100_000_000,
      1_100_000_000,
      1_200_000_000,
    ]);
  });

  const currency = fc.constantFrom('EUR', 'JPY', 'KWD', 'USD', 'CLP', 'TND');
  const pairs = fc
    .tuple(currency, currency, fc.integer({ min: 1_000_000, max: 1_000_000_000_000 }))
    .filter(([base, quote]) => base !== quote);
  const amounts = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });

  test('is the exact quotient to less than half a minor unit, either way', () => {
    fc.assert(
      fc.property(pairs, amounts, fc.boolean(), ([base, quote, rateE9], amountMinor, inverted) => {
        const [from, to] = inverted ? [quote, base] : [base, quote];
        const { amount } = convert({ amountMinor, currency: from }, to, {
          rates: [rate(base, quote, rateE9)],
          on: ON,
        });
        // |result × divisor − dividend| ≤ divisor / 2, all in whole numbers.
        const [times, by] = inverted
          ? [BigInt(RATE_UNIT), BigInt(rateE9)]
          : [BigInt(rateE9), BigInt(RATE_UNIT)];
        const dividend = BigInt(amountMinor) * times * 10n ** BigInt(decimalsOf(to));
        const divisor = by * 10n ** BigInt(decimalsOf(from));
        const off = BigInt(amount.amountMinor) * divisor - dividend;
        expect((off < 0n ? -off : off) * 2n <= divisor).toBe(true);
      }),
    );
  });

  test('never falls when the amount grows, and is the mirror image of its reversal', () => {
    fc.assert(
      fc.property(pairs, amounts, fc.nat(1_000_000), ([base, quote, rateE9], amountMinor, more) => {
        const rates = [rate(base, quote, rateE9)];
        const of = (minor: number): number =>
          convert({ amountMinor: minor, currency: base }, quote, { rates, on: ON }).amount.amountMinor;
        expect(of(amountMinor + more)).toBeGreaterThanOrEqual(of(amountMinor));
        expect(of(-amountMinor) + of(amountMinor)).toBe(0);
      }),
    );
  });

  test('there and back is the same to what one rounding of the other currency is worth', () => {
    fc.assert(
      fc.property(pairs, amounts, ([base, quote, rateE9], amountMinor) => {
        const at = { rates: [rate(base, quote, rateE9)], on: ON };
        const there = convert({ amountMinor, currency: base }, quote, at).amount;
        const back = convert(there, base, at).amount;
        // Half a minor unit of the quote, in minor units of the base, and half of one for the way back.
        const worth = (RATE_UNIT / rateE9) * 10 ** (decimalsOf(base) - decimalsOf(quote)) * 0.5 + 0.5 + 1e-6;
        expect(Math.abs(back.amountMinor - amountMinor)).toBeLessThanOrEqual(worth);
      }),
    );
  });
});

describe('a file of rates', () => {
  const latest = [rate('EUR', 'USD', 1_000_000_000, '2026-02-01')];
  const today = '2026-03-02';
  const faults = (...rates: ExchangeRate[]) => faultsOfRates(rates, { latest, today });

  test('grows a pair forwards, in one direction, and lets a first rate begin in the past', () => {
    expect(
      faults(
        rate('EUR', 'USD', 1, '2026-03-02'),
        rate('EUR', 'USD', 1, '2026-03-01'),
        rate('EUR', 'USD', 1, '2026-02-01'),
        rate('USD', 'EUR', 1, '2026-04-01'),
        rate('EUR', 'EUR', 1, '2026-04-01'),
        rate('EUR', 'JPY', 1, '2020-01-01'),
        rate('JPY', 'EUR', 1, '2026-04-01'),
        rate('EUR', 'JPY', 1, '2026-04-01'),
      ),
    ).toEqual([
      null,
      'in_the_past',
      'not_after_latest',
      'kept_inverted',
      'same_currency',
      null,
      'kept_inverted',
      null,
    ]);
  });

  test('shows first rates and the largest moves before the others', () => {
    const { pairsAdded, ratesAdded, changes } = compareRates(latest, [
      rate('EUR', 'USD', 1_010_000_000, '2026-03-10'),
      rate('EUR', 'USD', 10_100_000_000, '2026-03-20'),
      rate('EUR', 'JPY', 164_900_000_000, '2026-03-10'),
    ]);
    expect([pairsAdded, ratesAdded]).toEqual([1, 3]);
    expect(
      changes.map(({ quote, validFrom, beforeE9, changePpm }) => [quote, validFrom, beforeE9, changePpm]),
    ).toEqual([
      ['JPY', '2026-03-10', null, null],
      ['USD', '2026-03-20', 1_010_000_000, 9_000_000],
      ['USD', '2026-03-10', 1_000_000_000, 10_000],
    ]);
  });

  test('a rate is written with the decimals that say something', () => {
    expect([1_094_500_000, 164_900_000_000, 1].map((e9) => formatRate(e9))).toEqual([
      '1.0945',
      '164.9000',
      '0.000000001',
    ]);
  });
});
