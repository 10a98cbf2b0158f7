/*
 * How far from the present a date of a deal may lie. No rule of a program: it is the reach of the calendars that are compiled
 * (`adapters/store/sla-clocks.ts`), said where the date is given and not where a clock would be counted from it.
 */

/** An expected close lies at most so many years after, or before, the day it is given on. */
export const FARTHEST_CLOSE_YEARS = 5;

/** The beginning of a calendar date (`YYYY-MM-DD`) in UTC, epoch ms: dates of a deal are compared by it. */
export function startOfDateMs(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

/** Why an expected close (`YYYY-MM-DD`) cannot be taken at `givenAtMs`, in words for its field; null when it can. */
export function whyNotCloseOn(date: string, givenAtMs: number): string | null {
  const closeMs = startOfDateMs(date);
  if (closeMs > yearsFrom(givenAtMs, FARTHEST_CLOSE_YEARS))
    return `Give a date within the next ${FARTHEST_CLOSE_YEARS} years.`;
  if (closeMs < yearsFrom(givenAtMs, -FARTHEST_CLOSE_YEARS))
    return `Give a date of the last ${FARTHEST_CLOSE_YEARS} years.`;
  return Number.isNaN(closeMs) ? 'Give a date as YYYY-MM-DD.' : null;
}

const YEAR_MS = 365.25 * 24 * 3_600_000;

function yearsFrom(atMs: number, years: number): number {
  return atMs + years * YEAR_MS;
}
