import { localDayNumber } from './business-time.ts';
import type { CompiledCalendar } from './business-time.ts';

/*
 * The end of a fiscal quarter, by the business days of a calendar. A fiscal year begins on the first of a month; its quarters
 * are three months each. Dates are those of the calendar's zone.
 */

const DAY_MS = 24 * 3_600_000;
const MONTHS_OF_QUARTER = 3;

/**
 * True when an instant lies in the last `lastBusinessDays` business days of a fiscal quarter, or on a closed date among or after
 * them. `yearStartsInMonth` is 1 (January) to 12. Throws `BusinessTimeError` outside of what the calendar knows.
 */
export function isQuarterEnd(input: {
  readonly calendar: CompiledCalendar;
  readonly atMs: number;
  readonly lastBusinessDays: number;
  readonly yearStartsInMonth: number;
}): boolean {
  if (input.lastBusinessDays === 0) return false;
  const today = localDayNumber(input.calendar, input.atMs);
  const next = nextQuarterDay(today, input.yearStartsInMonth);
  const before = input.calendar.businessDays.filter(({ dayNumber }) => dayNumber < next);
  const first = before.at(-input.lastBusinessDays) ?? before[0];
  return first !== undefined && today >= first.dayNumber;
}

/** The first date of the quarter after the one that a date is in, both counted in days since 1970-01-01. */
export function nextQuarterDay(dayNumber: number, yearStartsInMonth: number): number {
  const date = new Date(dayNumber * DAY_MS);
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth() - (yearStartsInMonth - 1);
  const next = (Math.floor(months / MONTHS_OF_QUARTER) + 1) * MONTHS_OF_QUARTER + (yearStartsInMonth - 1);
  return Date.UTC(Math.floor(next / 12), ((next % 12) + 12) % 12, 1) / DAY_MS;
}
