import { changePpm, divideHalfAwayFromZero, MoneyError } from './money.ts';
import type { Money } from './money.ts';
import { decimalsOf } from './words/reader.ts';

/*
 * Exchange rates are dated data: each holds for a pair from a day (UTC) until the pair's next one, comes from a file that a second
 * person published, and never changes. A pair is kept in one direction; the other way is the same rate inverted, and whoever
 * converts is told so. Nothing is converted through a third currency: without a rate of the pair it is refused by name.
 */

/** One whole unit, as rates are kept: thousand millionths of the quote for one of the base. */
export const RATE_UNIT = 1_000_000_000;

/** `rateE9` thousand millionths of one whole `quote` are paid for one whole `base` (not for a minor unit of it). */
export interface ExchangeRate {
  /** ISO 4217. */
  readonly base: string;
  readonly quote: string;
  /** The first day (UTC) on which it holds, YYYY-MM-DD. */
  readonly validFrom: string;
  /** A safe integer above zero. */
  readonly rateE9: number;
  /** Who says so. */
  readonly source: string;
}

/** Of no pair of these currencies is a rate in force on that day. */
export class NoExchangeRate extends Error {
  readonly from: string;
  readonly to: string;
  readonly on: string;

  constructor(input: { from: string; to: string; on: string }) {
    super(`no exchange rate of ${input.from} and ${input.to} is in force on ${input.on}`);
    this.name = 'NoExchangeRate';
    this.from = input.from;
    this.to = input.to;
    this.on = input.on;
  }
}

/** An amount in another currency, and by which rate; null where both are one currency. */
export interface Converted {
  readonly amount: Money;
  readonly by: { readonly rate: ExchangeRate; readonly inverted: boolean } | null;
}

/**
 * Converts minor units of a currency to those of another at the rate in force on a day, exactly, rounded once, half away from
 * zero. `rates` may hold several days of a pair: the latest that had begun counts. Throws `NoExchangeRate`, and `MoneyError` when the
 * result cannot be kept.
 */
export function convert(
  amount: Money,
  to: string,
  at: { readonly rates: readonly ExchangeRate[]; readonly on: string },
): Converted {
  if (amount.currency === to) return { amount, by: null };
  const direct = rateInForce(at.rates, { base: amount.currency, quote: to, on: at.on });
  const inverse =
    direct === null ? rateInForce(at.rates, { base: to, quote: amount.currency, on: at.on }) : null;
  const rate = direct ?? inverse;
  if (rate === null) throw new NoExchangeRate({ from: amount.currency, to, on: at.on });
  const inverted = direct === null;
  const [times, by] = inverted
    ? [BigInt(RATE_UNIT), BigInt(rate.rateE9)]
    : [BigInt(rate.rateE9), BigInt(RATE_UNIT)];
  const amountMinor = Number(
    divideHalfAwayFromZero(
      BigInt(amount.amountMinor) * times * 10n ** BigInt(decimalsOf(to)),
      by * 10n ** BigInt(decimalsOf(amount.currency)),
    ),
  );
  if (!Number.isSafeInteger(amountMinor))
    throw new MoneyError('not_a_safe_integer', `${amountMinor} ${to} cannot be kept exactly.`);
  return { amount: { amountMinor, currency: to }, by: { rate, inverted } };
}

/** The latest rate of a pair, in this direction, that had begun on a day; null before the first. */
export function rateInForce(
  rates: readonly ExchangeRate[],
  { base, quote, on }: { readonly base: string; readonly quote: string; readonly on: string },
): ExchangeRate | null {
  let found: ExchangeRate | null = null;
  for (const rate of rates) {
    if (rate.base !== base || rate.quote !== quote || rate.validFrom > on) continue;
    if (found === null || rate.validFrom > found.validFrom) found = rate;
  }
  return found;
}

/** Why a rate cannot be added, as a key of the words of the file's errors. */
export type RateFault = 'same_currency' | 'kept_inverted' | 'not_after_latest' | 'in_the_past';

/**
 * Why each rate of a file cannot be added to what is published, in the file's order; null: it can. A pair is kept in one direction
 * and grows forwards only. A pair's first rates may begin in the past, its later ones on the day of publication or after it: what was
 * converted stays converted. `latest` holds the last published rate of each pair.
 */
export function faultsOfRates(
  rates: readonly Pick<ExchangeRate, 'base' | 'quote' | 'validFrom'>[],
  to: { readonly latest: readonly ExchangeRate[]; readonly today: string },
): (RateFault | null)[] {
  const latestOf = new Map(to.latest.map((rate) => [pairOf(rate), rate]));
  const directions = new Set(latestOf.keys());
  return rates.map((rate) => {
    if (rate.base === rate.quote) return 'same_currency';
    if (directions.has(pairOf({ base: rate.quote, quote: rate.base }))) return 'kept_inverted';
    directions.add(pairOf(rate));
    const latest = latestOf.get(pairOf(rate));
    if (latest === undefined) return null;
    if (rate.validFrom <= latest.validFrom) return 'not_after_latest';
    return rate.validFrom < to.today ? 'in_the_past' : null;
  });
}

const pairOf = ({ base, quote }: Pick<ExchangeRate, 'base' | 'quote'>): string => `${base}/${quote}`;

export interface RateChange {
  readonly base: string;
  readonly quote: string;
  readonly validFrom: string;
  /** Of the pair's rate before it, in the file or published; null where it is the pair's first. */
  readonly beforeE9: number | null;
  readonly afterE9: number;
  readonly changePpm: number | null;
}

/** What a file of rates adds, the largest moves first, so that a slipped decimal point is seen before it holds. */
export function compareRates(
  latest: readonly ExchangeRate[],
  added: readonly ExchangeRate[],
): { readonly pairsAdded: number; readonly ratesAdded: number; readonly changes: readonly RateChange[] } {
  const before = new Map(latest.map((rate) => [pairOf(rate), rate.rateE9]));
  const known = new Set(before.keys());
  const inOrder = added.toSorted((a, b) => (a.validFrom < b.validFrom ? -1 : 1));
  const changes = inOrder.map((rate): RateChange => {
    const beforeE9 = before.get(pairOf(rate)) ?? null;
    before.set(pairOf(rate), rate.rateE9);
    const { base, quote, validFrom, rateE9: afterE9 } = rate;
    return { base, quote, validFrom, beforeE9, afterE9, changePpm: moveOf(beforeE9, afterE9) };
  });
  return {
    pairsAdded: [...before.keys()].filter((pair) => !known.has(pair)).length,
    ratesAdded: added.length,
    changes: changes.toSorted(byMove),
  };
}

function moveOf(beforeE9: number | null, afterE9: number): number | null {
  if (beforeE9 === null) return null;
  return changePpm({ amountMinor: beforeE9, currency: '' }, { amountMinor: afterE9, currency: '' });
}

/** By size, those without one before all others: nobody has looked at a first rate yet. */
function byMove(a: RateChange, b: RateChange): number {
  const [left, right] = [a, b].map(({ changePpm: move }) =>
    move === null ? Number.POSITIVE_INFINITY : Math.abs(move),
  );
  if (left !== right) return Number(right) > Number(left) ? 1 : -1;
  const [first, second] = [a, b].map(({ base, quote, validFrom }) => `${base} ${quote} ${validFrom}`);
  return String(first) < String(second) ? -1 : 1;
}
