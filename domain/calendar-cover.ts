/** How far around an instant calendars are compiled for the clocks of a case, and so how far a deadline may lie. */

const DAY_MS = 24 * 3_600_000;
const YEAR_MS = 365 * DAY_MS;
/** What may follow on a deadline (a reminder after it, a late extension) is placed inside the calendar as well. */
const AFTER_DEADLINE_MS = 90 * DAY_MS;

/** The cover that is asked for, epoch ms; it is rounded out to whole years. */
export function calendarCover(atMs: number): { fromMs: number; toMs: number } {
  return { fromMs: atMs - YEAR_MS, toMs: atMs + 2 * YEAR_MS };
}

/** The latest deadline, epoch ms, that a clock may be given from outside at an instant. */
export function latestDeadlineMs(atMs: number): number {
  return calendarCover(atMs).toMs - AFTER_DEADLINE_MS;
}
