import type { Money } from '../money.ts';

/*
 * How amounts, instants and lengths of time are written for one reader. Words are English; money, dates and
 * zones follow the reader's locale and time zone through `Intl`. Time is passed in, never asked for.
 */

/** For whom words are written. `timeZone` is an IANA name, `locale` a BCP 47 tag. */
export interface Reader {
  readonly locale: string;
  readonly timeZone: string;
}

/** Used where nobody in particular reads: an export, a log, a test. */
export const neutralReader: Reader = { locale: 'en-GB', timeZone: 'UTC' };

/** "€48,000.00" by the currency's own number of decimals. `amountMinor` is in minor units. */
export function formatMoney(amount: Money, reader: Reader = neutralReader): string {
  const format = new Intl.NumberFormat(reader.locale, { style: 'currency', currency: amount.currency });
  return format.format(amount.amountMinor / 10 ** decimalsOf(amount.currency));
}

/** How many decimals an amount of a currency has: none, two or three. */
export function decimalsOf(currency: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}

/** "Tue 3 Mar 2026, 14:05 CET": exact to the minute, with its zone. Takes ISO 8601 in UTC. */
export function formatInstant(at: string, reader: Reader = neutralReader): string {
  return new Intl.DateTimeFormat(reader.locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: reader.timeZone,
    timeZoneName: 'short',
  }).format(new Date(at));
}

/** "3 Mar 2026" of an instant, or of a calendar date (which has no zone and is never moved by one). */
export function formatDay(at: string, reader: Reader = neutralReader): string {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(at);
  return new Intl.DateTimeFormat(reader.locale, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: isDate ? 'UTC' : reader.timeZone,
  }).format(new Date(isDate ? `${at}T00:00:00Z` : at));
}

/** Business time: hours and minutes without days, because a business day has no fixed length. */
export function formatBusinessMinutes(minutes: number): string {
  const whole = Math.abs(Math.trunc(minutes));
  const [hours, rest] = [Math.floor(whole / 60), whole % 60];
  if (hours === 0) return `${rest} m`;
  return rest > 0 && hours < 100 ? `${hours} h ${rest} m` : `${hours} h`;
}

/** Calendar time: "70 days", "5 h", "12 m"; days from two days on. */
export function formatPlainMinutes(minutes: number): string {
  const whole = Math.abs(Math.trunc(minutes));
  if (whole >= 2 * 24 * 60) return countWords(Math.floor(whole / (24 * 60)), 'day');
  if (whole >= 60) return `${Math.floor(whole / 60)} h`;
  return whole === 0 ? 'under 1 m' : `${whole} m`;
}

/** "in 3 h", "2 days ago": how far `atMs` lies from `nowMs`, in the unit that says enough. */
export function formatDistance(atMs: number, nowMs: number, reader: Reader = neutralReader): string {
  const format = new Intl.RelativeTimeFormat(reader.locale, { numeric: 'auto', style: 'short' });
  const seconds = Math.round((atMs - nowMs) / 1000);
  const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
    ['year', 31_557_600],
    ['month', 2_629_800],
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ];
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return Math.abs(seconds) < 45 ? 'now' : format.format(Math.sign(seconds), 'minute');
}

/** "62.5 %" of parts per million. */
export function formatPpm(ppm: number, reader: Reader = neutralReader): string {
  return new Intl.NumberFormat(reader.locale, { style: 'percent', maximumFractionDigits: 1 }).format(
    ppm / 1_000_000,
  );
}

/** "1.0945" of thousand millionths: as many of the nine decimals as say something, four at least. */
export function formatRate(rateE9: number, reader: Reader = neutralReader): string {
  return new Intl.NumberFormat(reader.locale, { minimumFractionDigits: 4, maximumFractionDigits: 9 }).format(
    rateE9 / 1_000_000_000,
  );
}

/** "a", "a and b", "a, b and c". */
export function listWords(items: readonly string[]): string {
  if (items.length <= 1) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

/** "1 row", "3 rows". */
export function countWords(count: number, one: string, many: string = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}
