import Holidays from 'date-holidays';
import type { CalendarHolidays } from '../../api/contract/calendar.ts';

/** A stretch of local time, as ms since 1970-01-01T00:00 of that local time, half-open. */
export type LocalSpan = { readonly fromLocalMs: number; readonly toLocalMs: number };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * The holidays that touch the years `fromYear` to `toYear`, in local time. Most are whole dates; some begin in the
 * afternoon (24 December from 14:00 in Germany, type `bank`), and then close the rest of the day only.
 */
export function holidaySpans(input: {
  readonly holidays: readonly CalendarHolidays[];
  readonly fromYear: number;
  readonly toYear: number;
}): LocalSpan[] {
  return input.holidays.flatMap((list) => {
    const source = holidaysOf(list);
    const spans: LocalSpan[] = [];
    // A holiday of several days may begin in the year before.
    for (let year = input.fromYear - 1; year <= input.toYear; year += 1) {
      for (const holiday of source.getHolidays(year)) {
        if (list.types.some((type) => type === holiday.type)) spans.push(localSpan(holiday));
      }
    }
    return spans;
  });
}

/** What the holidays of a year are called in English where the country's list knows it, by date (`YYYY-MM-DD`), those that last several days under each of them. */
export function holidayNames(input: {
  readonly holidays: readonly CalendarHolidays[];
  readonly year: number;
}): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const list of input.holidays) {
    const source = holidaysOf(list);
    for (const year of [input.year - 1, input.year])
      for (const holiday of source.getHolidays(year, 'en')) {
        if (!list.types.some((type) => type === holiday.type)) continue;
        const { fromLocalMs, toLocalMs } = localSpan(holiday);
        for (let day = Math.floor(fromLocalMs / DAY_MS); day * DAY_MS < toLocalMs; day += 1) {
          const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
          names.set(date, [...new Set([...(names.get(date) ?? []), holiday.name])]);
        }
      }
  }
  return names;
}

/** Which of the codes of a holiday list is not known, with the reason; null when all are. */
export function unknownHolidayCode(
  list: CalendarHolidays,
): { readonly field: 'country' | 'state' | 'region'; readonly reason: string } | null {
  const known = new Holidays();
  const { country, state, region } = list;
  if (!Object.hasOwn(known.getCountries(), country)) {
    return { field: 'country', reason: `No holidays are known for the country ${country}.` };
  }
  if (state === null) {
    return region === null ? null : { field: 'region', reason: 'A region needs its state.' };
  }
  if (!Object.hasOwn(known.getStates(country) ?? {}, state)) {
    return { field: 'state', reason: `No holidays are known for the state ${state} of ${country}.` };
  }
  if (region !== null && !Object.hasOwn(known.getRegions(country, state) ?? {}, region)) {
    return {
      field: 'region',
      reason: `No holidays are known for the region ${region} of ${country}-${state}.`,
    };
  }
  return null;
}

function holidaysOf({ country, state, region }: CalendarHolidays): Holidays {
  if (state === null) return new Holidays(country);
  return region === null ? new Holidays(country, state) : new Holidays(country, state, region);
}

function localSpan(holiday: { date: string; start: Date; end: Date }): LocalSpan {
  // The package dates by the country's own wall clock, in words: `2026-12-24 14:00:00`. A trailing offset (lunar
  // dates, "-0600") says that the feast begins the evening before; offices close on the date itself.
  const midnightMs = Date.parse(`${holiday.date.slice(0, 10)}T00:00:00Z`);
  const timeOfDayMs = Date.parse(`${holiday.date.slice(0, 10)}T${holiday.date.slice(11, 19)}Z`) - midnightMs;
  // Lengths are elapsed time, so a day with a clock change is an hour off: two hours of slack, then whole dates.
  const lengthMs = holiday.end.getTime() - holiday.start.getTime();
  const days = Math.max(1, Math.floor((timeOfDayMs + lengthMs + 2 * HOUR_MS) / DAY_MS));
  return { fromLocalMs: midnightMs + timeOfDayMs, toLocalMs: midnightMs + days * DAY_MS };
}
