import { FARTHEST_CLOSE_YEARS } from './deal-registration/dates.ts';

/*
 * How far around an instant calendars are compiled for the clocks of a case: every length of time that a policy may name, from
 * every date that a case may carry; and so how far a deadline may lie.
 */

const DAY_MS = 24 * 3_600_000;
const YEAR_MS = 366 * DAY_MS;
/** A length of time of a policy is ten years at most, walked back from now for what happened before. */
const YEARS_BEFORE = 11;
/** Ten years counted from the farthest close date, with a year to spare. */
const YEARS_AFTER = 10 + FARTHEST_CLOSE_YEARS + 1;
/** What may follow on a deadline (a reminder after it, a late extension) is placed inside the calendar as well. */
const AFTER_DEADLINE_MS = 90 * DAY_MS;

/** The cover that is asked for, epoch ms; it is rounded out to whole years. */
export function calendarCover(atMs: number): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: atMs - YEARS_BEFORE * YEAR_MS, toMs: atMs + YEARS_AFTER * YEAR_MS };
}

/** The latest deadline, epoch ms, that a clock may be given from outside at an instant. */
export function latestDeadlineMs(atMs: number): number {
  return calendarCover(atMs).toMs - AFTER_DEADLINE_MS;
}
