/**
 * Compiles a calendar definition to UTC: the one place that knows of time zones and holidays. A calendar is open at an
 * instant when the clocks of its zone then show a time within the hours of the date they show. So an hour that the
 * clocks skip is not worked and one they show twice is worked twice.
 */
import { createHash } from 'node:crypto';
import { DateTime, IANAZone } from 'luxon';
import { WEEKDAYS } from '../../api/contract/calendar.ts';
import type { CalendarDefinition, CalendarSpan } from '../../api/contract/calendar.ts';
import type { BusinessDay, CompiledCalendar, OpenInterval, ZoneOffset } from '../../domain/business-time.ts';
import { holidaySpans } from './holidays.ts';
import type { LocalSpan } from './holidays.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const FIRST_YEAR = 1970;
const LAST_YEAR = 2200;
const MAX_YEARS = 50;
const MAX_CACHED = 64;

export type CalendarCompileErrorCode =
  | 'cover_backwards'
  | 'cover_too_long'
  | 'cover_out_of_range'
  | 'zone_unknown';

/** The closed list of what cannot be compiled; `field` names the argument, `message` the reason. */
export class CalendarCompileError extends Error {
  readonly code: CalendarCompileErrorCode;
  readonly field: string;
  constructor(fault: { code: CalendarCompileErrorCode; field: string; message: string }) {
    super(fault.message);
    this.name = 'CalendarCompileError';
    this.code = fault.code;
    this.field = fault.field;
  }
}

// Keyed by the definition's hash and the years covered; the oldest entry goes first. What is in it is frozen.
const compiled = new Map<string, CompiledCalendar>();

/**
 * Compiles a definition (as parsed by `parseCalendarDefinition`) for at least `[fromMs, toMs]`, epoch ms; the cover is
 * rounded out to whole local years, so that calls near one another share one result. The result is frozen and cached.
 * Throws `CalendarCompileError`.
 */
export function compileCalendar(
  definition: CalendarDefinition,
  fromMs: number,
  toMs: number,
): CompiledCalendar {
  const zone = IANAZone.create(definition.zone);
  const { fromYear, toYear } = yearsOf({ zone, fromMs, toMs });
  const hash = calendarHash(definition);
  const key = `${hash} ${fromYear} ${toYear}`;
  const cached = compiled.get(key);
  if (cached !== undefined) return cached;

  const calendar = compileYears({ definition, zone, hash, fromYear, toYear });
  const oldest = compiled.keys().next();
  if (compiled.size >= MAX_CACHED && oldest.done !== true) compiled.delete(oldest.value);
  compiled.set(key, calendar);
  return calendar;
}

const hashes = new WeakMap<CalendarDefinition, string>();

/** Names a definition: SHA-256 (hex) of its JSON with sorted keys, so the order of keys does not matter. */
export function calendarHash(definition: CalendarDefinition): string {
  const known = hashes.get(definition);
  if (known !== undefined) return known;
  const sorted = JSON.stringify(definition, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
  const hash = createHash('sha256').update(sorted).digest('hex');
  hashes.set(definition, hash);
  return hash;
}

function yearsOf(input: { zone: IANAZone; fromMs: number; toMs: number }): {
  fromYear: number;
  toYear: number;
} {
  const { zone, fromMs, toMs } = input;
  if (!zone.isValid) {
    throw refused('zone_unknown', 'definition.zone', `the time zone ${zone.name} is not known here`);
  }
  if (!(fromMs <= toMs)) {
    throw refused('cover_backwards', 'toMs', `a calendar cannot be compiled from ${fromMs} back to ${toMs}`);
  }
  const fromYear = DateTime.fromMillis(fromMs, { zone }).year;
  const toYear = DateTime.fromMillis(toMs, { zone }).year;
  if (fromYear < FIRST_YEAR || toYear > LAST_YEAR) {
    const message = `calendars are compiled for ${FIRST_YEAR} to ${LAST_YEAR}, not ${fromYear} to ${toYear}`;
    throw refused('cover_out_of_range', fromYear < FIRST_YEAR ? 'fromMs' : 'toMs', message);
  }
  if (toYear - fromYear >= MAX_YEARS) {
    const message = `a calendar is compiled for at most ${MAX_YEARS} years, not ${fromYear} to ${toYear}`;
    throw refused('cover_too_long', 'toMs', message);
  }
  return { fromYear, toYear };
}

function compileYears(input: {
  definition: CalendarDefinition;
  zone: IANAZone;
  hash: string;
  fromYear: number;
  toYear: number;
}): CompiledCalendar {
  const { definition, zone, hash, fromYear, toYear } = input;
  const coversFromMs = DateTime.fromObject({ year: fromYear }, { zone }).toMillis();
  const coversToMs = DateTime.fromObject({ year: toYear + 1 }, { zone }).toMillis();
  const offsets = zoneOffsets(zone, coversFromMs - 2 * DAY_MS, coversToMs + 2 * DAY_MS);

  const openIntervals: OpenInterval[] = [];
  const businessDays: BusinessDay[] = [];
  for (const { dayNumber, spans } of openDates({ definition, fromYear, toYear })) {
    const intervals = spans.flatMap((span) => instantsOf(span, offsets)).sort((a, b) => a.fromMs - b.fromMs);
    const [first, last] = [intervals[0], intervals.at(-1)];
    if (first === undefined || last === undefined) continue;
    businessDays.push(Object.freeze({ dayNumber, openMs: first.fromMs, closeMs: last.toMs }));
    openIntervals.push(...joinTouching(intervals));
  }
  openIntervals.sort((a, b) => a.fromMs - b.fromMs);

  let openMs = 0;
  const openBeforeMs = openIntervals.map((interval) => {
    const beforeMs = openMs;
    openMs += interval.toMs - interval.fromMs;
    return beforeMs;
  });
  return Object.freeze({
    name: definition.name,
    zone: definition.zone,
    hash,
    coversFromMs,
    coversToMs,
    openIntervals: Object.freeze(openIntervals),
    openBeforeMs: Object.freeze(openBeforeMs),
    businessDays: Object.freeze(businessDays),
    offsets: Object.freeze(offsets),
  });
}

/** A date with its open hours in local time. */
export type OpenDate = { readonly dayNumber: number; readonly spans: readonly LocalSpan[] };

/** The hours of each date in local time, by the precedence that `api/contract/calendar.ts` states. */
export function openDates(input: {
  definition: CalendarDefinition;
  fromYear: number;
  toYear: number;
}): OpenDate[] {
  const { definition, fromYear, toYear } = input;
  const ownDays = new Map(definition.ownDays.map((day) => [day.date, day.hours]));
  const holidays = holidaysByDay(holidaySpans({ holidays: definition.holidays, fromYear, toYear }));
  const dates: OpenDate[] = [];
  const firstDay = Date.UTC(fromYear, 0, 1) / DAY_MS;
  const endDay = Date.UTC(toYear + 1, 0, 1) / DAY_MS;
  for (let dayNumber = firstDay; dayNumber < endDay; dayNumber += 1) {
    const midnight = new Date(dayNumber * DAY_MS);
    const date = midnight.toISOString().slice(0, 10);
    const own = ownDays.get(date) ?? ownDays.get(date.slice(5));
    // JavaScript's week begins on Sunday.
    const weekday = WEEKDAYS[(midnight.getUTCDay() + 6) % 7] ?? 'monday';
    const spans =
      own === undefined
        ? without(localSpans(dayNumber, definition.hours[weekday]), holidays.get(dayNumber) ?? [])
        : localSpans(dayNumber, own);
    dates.push({ dayNumber, spans });
  }
  return dates;
}

function holidaysByDay(spans: readonly LocalSpan[]): Map<number, LocalSpan[]> {
  const byDay = new Map<number, LocalSpan[]>();
  for (const span of spans) {
    for (let day = Math.floor(span.fromLocalMs / DAY_MS); day * DAY_MS < span.toLocalMs; day += 1) {
      byDay.set(day, [...(byDay.get(day) ?? []), span]);
    }
  }
  return byDay;
}

function localSpans(dayNumber: number, hours: readonly CalendarSpan[]): LocalSpan[] {
  return hours.map(({ from, to }) => ({
    fromLocalMs: dayNumber * DAY_MS + timeOfDayMs(from),
    toLocalMs: dayNumber * DAY_MS + timeOfDayMs(to),
  }));
}

function timeOfDayMs(time: string): number {
  const [hours, minutes] = time.split(':');
  return (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}

function without(spans: readonly LocalSpan[], closed: readonly LocalSpan[]): LocalSpan[] {
  return closed.reduce<LocalSpan[]>(
    (open, gap) =>
      open.flatMap((span) =>
        [
          { fromLocalMs: span.fromLocalMs, toLocalMs: Math.min(span.toLocalMs, gap.fromLocalMs) },
          { fromLocalMs: Math.max(span.fromLocalMs, gap.toLocalMs), toLocalMs: span.toLocalMs },
        ].filter((part) => part.fromLocalMs < part.toLocalMs),
      ),
    [...spans],
  );
}

/** The instants at which the clocks show a time within the span: none, one stretch, or two. */
function instantsOf(span: LocalSpan, offsets: readonly ZoneOffset[]): OpenInterval[] {
  return offsets.flatMap(({ fromMs, offsetMs }, index) => {
    const untilMs = offsets[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    const interval = {
      fromMs: Math.max(span.fromLocalMs - offsetMs, fromMs),
      toMs: Math.min(span.toLocalMs - offsetMs, untilMs),
    };
    return interval.fromMs < interval.toMs ? [Object.freeze(interval)] : [];
  });
}

function joinTouching(intervals: readonly OpenInterval[]): OpenInterval[] {
  const joined: OpenInterval[] = [];
  for (const interval of intervals) {
    const before = joined.at(-1);
    if (before !== undefined && before.toMs === interval.fromMs) {
      joined[joined.length - 1] = Object.freeze({ fromMs: before.fromMs, toMs: interval.toMs });
    } else {
      joined.push(interval);
    }
  }
  return joined;
}

/** The offsets in force from `fromMs` to `toMs`, each change found to the millisecond. */
function zoneOffsets(zone: IANAZone, fromMs: number, toMs: number): ZoneOffset[] {
  const offsetMs = (atMs: number): number => Math.round(zone.offset(atMs) * MINUTE_MS);
  const offsets: ZoneOffset[] = [Object.freeze({ fromMs, offsetMs: offsetMs(fromMs) })];
  // No zone has changed twice within a day, so every change shows from one day to the next.
  for (let stepMs = fromMs; stepMs < toMs; stepMs += DAY_MS) {
    let sameMs = stepMs;
    let changedMs = stepMs + DAY_MS;
    if (offsetMs(sameMs) === offsetMs(changedMs)) continue;
    while (changedMs - sameMs > 1) {
      const middleMs = Math.floor((sameMs + changedMs) / 2);
      if (offsetMs(middleMs) === offsetMs(stepMs)) sameMs = middleMs;
      else changedMs = middleMs;
    }
    offsets.push(Object.freeze({ fromMs: changedMs, offsetMs: offsetMs(changedMs) }));
  }
  return offsets;
}

function refused(code: CalendarCompileErrorCode, field: string, message: string): CalendarCompileError {
  return new CalendarCompileError({ code, field, message });
}
