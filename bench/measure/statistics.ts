/** The few figures that a series of measurements is reduced to. */

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Nearest-rank percentile of `values`, `share` from 0 to 1. Throws `RangeError` on an empty series. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (found === undefined) throw new RangeError('a percentile of nothing was asked for');
  return found;
};

/** Median of an even count is the mean of the two in the middle. Throws `RangeError` on an empty series. */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  const least = sorted[0];
  const most = sorted.at(-1);
  if (low === undefined || high === undefined || least === undefined || most === undefined)
    throw new RangeError('the spread of nothing was asked for');
  return { median: (low + high) / 2, least, most };
};

/** Enough digits to compare by, and no more. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
};

/** "12.3 (11.9 – 12.8)": median and spread of the rounds. */
export const withSpread = (values: readonly number[]): string => {
  const { median, least, most } = spreadOf(values);
  return values.length === 1 ? figure(median) : `${figure(median)} (${figure(least)} – ${figure(most)})`;
};

/** Numbers by chance from a seed (mulberry32), so that a run can be repeated. */
export const generator = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};
