/*
 * Money is an integer number of minor units (cents) of one ISO 4217 currency, a safe integer in code and a
 * `bigint` in the database. Rates are integer parts per million. Products go through `bigint` inside the
 * function, and there is one rounding: half away from zero.
 */

export interface Money {
  /** A safe integer; negative for a reversal. */
  amountMinor: number;
  /** ISO 4217, three capital letters. */
  currency: string;
}

/** One whole, in parts per million. */
export const PPM = 1_000_000;

export type MoneyErrorCode = 'not_a_safe_integer' | 'currencies_differ' | 'no_positive_weight';

/** An amount that cannot be computed. `code` is closed; the message names the values. */
export class MoneyError extends Error {
  readonly code: MoneyErrorCode;

  constructor(code: MoneyErrorCode, message: string) {
    super(message);
    this.name = 'MoneyError';
    this.code = code;
  }
}

/** Makes a `Money` of minor units. Throws `not_a_safe_integer`. */
export function money(amountMinor: number, currency: string): Money {
  return { amountMinor: safeInteger(amountMinor), currency };
}

/** Sum of two amounts of one currency. Throws `currencies_differ`, `not_a_safe_integer`. */
export function addMoney(left: Money, right: Money): Money {
  return money(left.amountMinor + amountIn(left.currency, right), left.currency);
}

/** `left` less `right`. Throws as `addMoney`. */
export function subtractMoney(left: Money, right: Money): Money {
  return money(left.amountMinor - amountIn(left.currency, right), left.currency);
}

/** -1, 0 or 1, as `left` is less than, equal to or more than `right`. Throws `currencies_differ`. */
export function compareMoney(left: Money, right: Money): -1 | 0 | 1 {
  const other = amountIn(left.currency, right);
  if (left.amountMinor === other) return 0;
  return left.amountMinor < other ? -1 : 1;
}

/** `amount` times a rate in parts per million, rounded half away from zero. Throws `not_a_safe_integer`. */
export function multiplyPpm(amount: Money, ratePpm: number): Money {
  return money(timesPpm(amount.amountMinor, ratePpm), amount.currency);
}

/**
 * The same for minor units whose currency the caller keeps, as a price list of thousands of lines does: exact for all safe
 * integers. Throws `not_a_safe_integer`.
 */
export function timesPpm(amountMinor: number, ratePpm: number): number {
  const product = amountMinor * ratePpm;
  if (!Number.isSafeInteger(product) || !Number.isInteger(amountMinor) || !Number.isInteger(ratePpm)) {
    const exact = BigInt(safeInteger(amountMinor)) * BigInt(safeInteger(ratePpm));
    return narrow(divideHalfAwayFromZero(exact, BigInt(PPM)));
  }
  // A product that is a safe integer is exact, and so is what a guess of the quotient leaves: no float decides a cent.
  const size = Math.abs(product);
  let whole = Math.floor(size / PPM);
  const rest = size - whole * PPM;
  if (2 * rest >= PPM) whole += 1;
  return product < 0 && whole > 0 ? -whole : whole;
}

/** `quantity` times a price of one. Throws `not_a_safe_integer`. */
export function timesQuantity(unitMinor: number, quantity: number): number {
  return safeInteger(unitMinor * quantity);
}

/**
 * By how many parts per million `to` is more than `from` (negative: less), rounded half away from zero; null
 * when `from` is zero, because nothing grows from nothing by a rate. Throws `currencies_differ`,
 * `not_a_safe_integer`.
 */
export function changePpm(from: Money, to: Money): number | null {
  const target = amountIn(from.currency, to);
  if (from.amountMinor === 0) return null;
  const base = BigInt(safeInteger(from.amountMinor));
  const change = (BigInt(safeInteger(target)) - base) * BigInt(PPM);
  return narrow(divideHalfAwayFromZero(change, base < 0n ? -base : base));
}

/** One who gets a part: ties of the remainder go to the lower id. */
export interface Share {
  id: string;
  /** A safe integer of at least zero; only the proportion matters. */
  weight: number;
}

/**
 * Splits `total` in proportion to the weights, by largest remainder, ties to the lower id (by code unit). The
 * parts add up to the total exactly and are in the order given; weight zero gets nothing. A negative total
 * is split as its mirror image. Throws `no_positive_weight` when there is nobody to give it to.
 */
export function allocate(total: Money, shares: readonly Share[]): { id: string; amount: Money }[] {
  const weights = shares.map((share) => {
    if (share.weight < 0)
      throw new MoneyError('no_positive_weight', `The weight of ${share.id} is ${share.weight}, below zero.`);
    return BigInt(safeInteger(share.weight));
  });
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0n);
  if (weightSum === 0n) {
    throw new MoneyError(
      'no_positive_weight',
      `No weight is above zero, so ${total.amountMinor} cannot be split.`,
    );
  }
  const sign = total.amountMinor < 0 ? -1n : 1n;
  const whole = BigInt(safeInteger(total.amountMinor)) * sign;
  const parts = weights.map((weight, index) => ({
    id: shares[index]?.id ?? '',
    index,
    floor: (whole * weight) / weightSum,
    remainder: (whole * weight) % weightSum,
  }));
  let left = whole - parts.reduce((sum, part) => sum + part.floor, 0n);
  const byRemainder = parts.toSorted((a, b) => {
    if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1;
    if (a.id !== b.id) return a.id < b.id ? -1 : 1;
    return a.index - b.index;
  });
  for (const part of byRemainder) {
    if (left === 0n) break;
    part.floor += 1n;
    left -= 1n;
  }
  return parts.map((part) => ({ id: part.id, amount: money(narrow(part.floor * sign), total.currency) }));
}

/** The quotient of whole numbers, rounded half away from zero: the one rounding of all amounts. */
export function divideHalfAwayFromZero(numerator: bigint, positiveDenominator: bigint): bigint {
  const sign = numerator < 0n ? -1n : 1n;
  return sign * ((2n * numerator * sign + positiveDenominator) / (2n * positiveDenominator));
}

function amountIn(currency: string, amount: Money): number {
  if (amount.currency !== currency) {
    throw new MoneyError('currencies_differ', `${amount.currency} and ${currency} are not one currency.`);
  }
  return amount.amountMinor;
}

function narrow(amount: bigint): number {
  return safeInteger(Number(amount));
}

function safeInteger(amount: number): number {
  if (!Number.isSafeInteger(amount)) {
    throw new MoneyError('not_a_safe_integer', `${amount} is not an integer that can be kept exactly.`);
  }
  // Minus zero is not an amount.
  return amount === 0 ? 0 : amount;
}
