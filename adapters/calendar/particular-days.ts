import { WEEKDAYS } from '../../api/contract/calendar.ts';
import type { CalendarDefinition, CalendarSpan } from '../../api/contract/calendar.ts';
import { openDates } from './compile.ts';
import { holidayNames } from './holidays.ts';
import type { LocalSpan } from './holidays.ts';

/** A date on which other hours hold than on its weekday; without hours it is closed. */
export interface ParticularDay {
  /** `YYYY-MM-DD`, in the calendar's own zone. */
  readonly date: string;
  readonly hours: CalendarSpan[];
  /** Why: the note of an own day, else the names of its holidays. */
  readonly words: string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The dates of a year (1970 to 2200) that are not like their weekday, in order: what a reader wants to see of a calendar. */
export function particularDays(definition: CalendarDefinition, year: number): ParticularDay[] {
  const notes = new Map(definition.ownDays.map(({ date, note }) => [date, note]));
  const names = holidayNames({ holidays: definition.holidays, year });
  return openDates({ definition, fromYear: year, toYear: year }).flatMap(({ dayNumber, spans }) => {
    const midnight = new Date(dayNumber * DAY_MS);
    const date = midnight.toISOString().slice(0, 10);
    const note = notes.get(date) ?? notes.get(date.slice(5));
    // JavaScript's week begins on Sunday.
    const weekday = WEEKDAYS[(midnight.getUTCDay() + 6) % 7] ?? 'monday';
    const hours = spans.map((span) => hoursOf(span, dayNumber));
    const isLikeItsWeekday = JSON.stringify(hours) === JSON.stringify(definition.hours[weekday]);
    return note === undefined && isLikeItsWeekday
      ? []
      : [{ date, hours, words: note ?? (names.get(date) ?? []).join(', ') }];
  });
}

function hoursOf({ fromLocalMs, toLocalMs }: LocalSpan, dayNumber: number): CalendarSpan {
  return {
    from: timeOf(fromLocalMs - dayNumber * DAY_MS),
    to: timeOf(toLocalMs - dayNumber * DAY_MS),
  };
}

function timeOf(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
