/**
 * Business time: pure walking of a calendar that was compiled beforehand.
 *
 * All knowledge of time zones and holidays sits in `adapters/calendar`, which compiles a named calendar to plain
 * UTC instants. Here is only arithmetic on numbers, so the same input gives the same answer on every machine and in
 * every build. Instants are epoch milliseconds (UTC), intervals are half-open `[from, to)`.
 *
 * What a **business day** is (`businessDay`; program terms promise an answer "within N business days"):
 * - A local date on which the calendar opens at all is one business day, a half day included. Other dates are none.
 * - What arrives outside hours counts as having arrived at the next opening.
 * - N business days are over when N full ones have passed: for something that arrived at an opening, at the close of
 *   the Nth day; for something that arrived later, at the same local time N business days on. So nobody is given less
 *   than a full day for a day promised, and work that waited overnight is not given the next morning on top.
 * - A local time that the Nth day does not have is moved into that day's hours: before opening to the opening, into a
 *   break to its end, after closing to the closing.
 * - Walking back is the mirror image: from outside hours it starts at the closing before, from a closing N days back
 *   is the opening of the Nth day, and a break is left by its beginning.
 *
 * A calendar **day** (`day`) is the same local time N dates later. A local time that the clocks skip is the instant of
 * the change, one they show twice is the first of the two.
 */

/** A span of time in epoch ms (UTC), half-open: `fromMs` belongs to it, `toMs` does not. */
export type OpenInterval = { readonly fromMs: number; readonly toMs: number };

/**
 * One local date on which the calendar opens.
 * `dayNumber` counts local dates since 1970-01-01; `openMs` is the first opening, `closeMs` the last closing.
 */
export type BusinessDay = { readonly dayNumber: number; readonly openMs: number; readonly closeMs: number };

/** From `fromMs` on (until the next entry) local time is UTC plus `offsetMs`. */
export type ZoneOffset = { readonly fromMs: number; readonly offsetMs: number };

/**
 * A calendar as plain JSON, ready to be walked. Made by `compileCalendar` in `adapters/calendar`, never by hand.
 *
 * `hash` names the definition it was compiled from (SHA-256, hex), so that a clock can say which calendar it ran on.
 * Everything is known for `[coversFromMs, coversToMs]` and nothing outside of it. `openIntervals` is sorted and
 * disjoint, `openBeforeMs[i]` is the open time of the cover before interval `i`, `businessDays` is sorted by date,
 * `offsets` by instant with its first entry at or before `coversFromMs`.
 */
export type CompiledCalendar = {
  readonly name: string;
  readonly zone: string;
  readonly hash: string;
  readonly coversFromMs: number;
  readonly coversToMs: number;
  readonly openIntervals: readonly OpenInterval[];
  readonly openBeforeMs: readonly number[];
  readonly businessDays: readonly BusinessDay[];
  readonly offsets: readonly ZoneOffset[];
};

/** The units a policy may count in. `minute` and `day` are calendar time, the other two business time. */
export const DURATION_UNITS = ['minute', 'businessHour', 'businessDay', 'day'] as const;
export type DurationUnit = (typeof DURATION_UNITS)[number];

/**
 * A length of time as policy data. `amount` is a whole number; negative walks back.
 * `minute`: 60 s of calendar time (demonstration programs). `businessHour`: 60 min of open time. `businessDay` and
 * `day`: see the head of this file.
 */
export type Duration = { readonly amount: number; readonly unit: DurationUnit };

export type BusinessTimeErrorCode = 'calendar_not_covered' | 'duration_not_whole' | 'instant_not_whole';

/** The closed list of what can go wrong here; `field` names the argument, `message` says the reason in a sentence. */
export class BusinessTimeError extends Error {
  readonly code: BusinessTimeErrorCode;
  readonly field: string;
  constructor(fault: { code: BusinessTimeErrorCode; field: string; message: string }) {
    super(fault.message);
    this.name = 'BusinessTimeError';
    this.code = fault.code;
    this.field = fault.field;
  }
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Whether `atMs` lies inside the calendar's hours. Throws `calendar_not_covered`. */
export function isOpen(calendar: CompiledCalendar, atMs: number): boolean {
  requireCovered(calendar, 'atMs', atMs);
  const interval = calendar.openIntervals[lastIntervalStartedBy(calendar, atMs)];
  return interval !== undefined && atMs < interval.toMs;
}

/**
 * The instant at which `durationMs` of open time after `fromMs` has passed: the earliest one, so an amount that is
 * used up exactly at a closing ends there and not at the next opening. A negative amount walks back, to the latest
 * instant with that much open time before `fromMs`. Zero is `fromMs` itself.
 * Throws `calendar_not_covered` when the walk leaves the compiled cover.
 */
export function addBusinessTime(calendar: CompiledCalendar, fromMs: number, durationMs: number): number {
  requireCovered(calendar, 'fromMs', fromMs);
  requireWhole('duration_not_whole', 'durationMs', durationMs);
  if (durationMs === 0) return fromMs;
  const target = openTimeBefore(calendar, fromMs) + durationMs;
  // Forward the interval in which the target is reached, back the one that begins at or before it: at a boundary
  // between two intervals this takes the closing when walking on and the opening when walking back.
  const index =
    durationMs > 0
      ? partitionPoint(calendar.openBeforeMs, (openBeforeMs) => openBeforeMs < target) - 1
      : partitionPoint(calendar.openBeforeMs, (openBeforeMs) => openBeforeMs <= target) - 1;
  const interval = calendar.openIntervals[index];
  if (interval === undefined) throw notCovered(calendar, 'durationMs');
  const atMs = interval.fromMs + target - (calendar.openBeforeMs[index] ?? 0);
  if (atMs > interval.toMs) throw notCovered(calendar, 'durationMs');
  return atMs;
}

/**
 * The open time in ms between two instants; negative when `toMs` lies before `fromMs`.
 * Throws `calendar_not_covered` when either lies outside the compiled cover.
 */
export function countBusinessTime(calendar: CompiledCalendar, fromMs: number, toMs: number): number {
  requireCovered(calendar, 'fromMs', fromMs);
  requireCovered(calendar, 'toMs', toMs);
  return openTimeBefore(calendar, toMs) - openTimeBefore(calendar, fromMs);
}

/**
 * The instant a duration after `fromMs` (before it, for a negative amount), in the duration's own unit as defined at
 * the head of this file. Zero is `fromMs` itself. Minutes need no cover; all else throws `calendar_not_covered`
 * outside of it, and `duration_not_whole` for an amount that is no whole number.
 */
export function addDuration(calendar: CompiledCalendar, fromMs: number, duration: Duration): number {
  requireWhole('duration_not_whole', 'duration.amount', duration.amount);
  requireWhole('instant_not_whole', 'fromMs', fromMs);
  if (duration.amount === 0) return fromMs;
  switch (duration.unit) {
    case 'minute':
      return fromMs + duration.amount * MINUTE_MS;
    case 'businessHour':
      return addBusinessTime(calendar, fromMs, duration.amount * HOUR_MS);
    case 'businessDay':
      requireCovered(calendar, 'fromMs', fromMs);
      return duration.amount > 0
        ? businessDaysOn(calendar, fromMs, duration.amount)
        : businessDaysBack(calendar, fromMs, -duration.amount);
    case 'day':
      return addCalendarDays(calendar, fromMs, duration.amount);
    default:
      return duration.unit satisfies never;
  }
}

/** Whether a duration is counted in the calendar's open time rather than in plain time. */
export function isBusinessUnit(unit: DurationUnit): boolean {
  switch (unit) {
    case 'businessHour':
    case 'businessDay':
      return true;
    case 'minute':
    case 'day':
      return false;
    default:
      return unit satisfies never;
  }
}

/** The local date of an instant, counted in days since 1970-01-01. Throws `calendar_not_covered`. */
export function localDayNumber(calendar: CompiledCalendar, atMs: number): number {
  requireCovered(calendar, 'atMs', atMs);
  return Math.floor(localMs(calendar, atMs) / DAY_MS);
}

function businessDaysOn(calendar: CompiledCalendar, fromMs: number, days: number): number {
  const startMs = openingAtOrAfter(calendar, fromMs);
  const index = businessDayIndex(calendar, localMs(calendar, startMs));
  const startDay = businessDay(calendar, index);
  if (startMs === startDay.openMs) return businessDay(calendar, index + days - 1).closeMs;
  const day = businessDay(calendar, index + days);
  const timeOfDayMs = localMs(calendar, startMs) - startDay.dayNumber * DAY_MS;
  const atMs = instantOfLocal(calendar, day.dayNumber * DAY_MS + timeOfDayMs);
  if (atMs >= day.closeMs) return day.closeMs;
  if (atMs <= day.openMs) return day.openMs;
  return openingAtOrAfter(calendar, atMs);
}

function businessDaysBack(calendar: CompiledCalendar, fromMs: number, days: number): number {
  const startMs = closingAtOrBefore(calendar, fromMs);
  const index = businessDayIndex(calendar, localMs(calendar, startMs - 1));
  const startDay = businessDay(calendar, index);
  if (startMs === startDay.closeMs) return businessDay(calendar, index - days + 1).openMs;
  const day = businessDay(calendar, index - days);
  const timeOfDayMs = localMs(calendar, startMs) - startDay.dayNumber * DAY_MS;
  const atMs = instantOfLocal(calendar, day.dayNumber * DAY_MS + timeOfDayMs);
  if (atMs <= day.openMs) return day.openMs;
  if (atMs >= day.closeMs) return day.closeMs;
  return closingAtOrBefore(calendar, atMs);
}

function addCalendarDays(calendar: CompiledCalendar, fromMs: number, days: number): number {
  requireCovered(calendar, 'fromMs', fromMs);
  const local = localMs(calendar, fromMs) + days * DAY_MS;
  // Refused before it is resolved: beyond the cover the last known offset would be a guess.
  const localEnd = localMs(calendar, calendar.coversToMs);
  if (local < localMs(calendar, calendar.coversFromMs) || local > localEnd) {
    throw notCovered(calendar, 'duration.amount');
  }
  return instantOfLocal(calendar, local);
}

/** `atMs` itself where the calendar is open, else the next opening. */
function openingAtOrAfter(calendar: CompiledCalendar, atMs: number): number {
  const index = lastIntervalStartedBy(calendar, atMs);
  const present = calendar.openIntervals[index];
  if (present !== undefined && atMs < present.toMs) return atMs;
  const next = calendar.openIntervals[index + 1];
  if (next === undefined) throw notCovered(calendar, 'fromMs');
  return next.fromMs;
}

/** `atMs` itself where the calendar was open just before it, else the closing before. */
function closingAtOrBefore(calendar: CompiledCalendar, atMs: number): number {
  const interval = calendar.openIntervals[lastIntervalStartedBy(calendar, atMs - 1)];
  if (interval === undefined) throw notCovered(calendar, 'fromMs');
  return Math.min(atMs, interval.toMs);
}

function openTimeBefore(calendar: CompiledCalendar, atMs: number): number {
  const index = lastIntervalStartedBy(calendar, atMs);
  const interval = calendar.openIntervals[index];
  if (interval === undefined) return 0;
  return (calendar.openBeforeMs[index] ?? 0) + Math.min(atMs, interval.toMs) - interval.fromMs;
}

function lastIntervalStartedBy(calendar: CompiledCalendar, atMs: number): number {
  return partitionPoint(calendar.openIntervals, (interval) => interval.fromMs <= atMs) - 1;
}

function businessDayIndex(calendar: CompiledCalendar, local: number): number {
  const dayNumber = Math.floor(local / DAY_MS);
  return partitionPoint(calendar.businessDays, (day) => day.dayNumber < dayNumber);
}

function businessDay(calendar: CompiledCalendar, index: number): BusinessDay {
  const day = calendar.businessDays[index];
  if (day === undefined) throw notCovered(calendar, 'duration.amount');
  return day;
}

/** What the clocks of the calendar's zone show, as ms since 1970-01-01T00:00 of that local time. */
function localMs(calendar: CompiledCalendar, atMs: number): number {
  const index = partitionPoint(calendar.offsets, (offset) => offset.fromMs <= atMs) - 1;
  return atMs + offsetAt(calendar, index).offsetMs;
}

/** The first instant at which the clocks show `local`; where they skip it, the instant of the change. */
function instantOfLocal(calendar: CompiledCalendar, local: number): number {
  // No zone is a whole day away from UTC, so the offsets in force from a day before to a day after are all there are.
  const first = partitionPoint(calendar.offsets, (offset) => offset.fromMs <= local - DAY_MS) - 1;
  for (let index = Math.max(first, 0); index < calendar.offsets.length; index += 1) {
    const { fromMs, offsetMs } = offsetAt(calendar, index);
    const untilMs = calendar.offsets[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    const atMs = local - offsetMs;
    if (atMs < untilMs) return Math.max(atMs, fromMs);
  }
  throw notCovered(calendar, 'fromMs');
}

function offsetAt(calendar: CompiledCalendar, index: number): ZoneOffset {
  const offset = calendar.offsets[index];
  if (offset === undefined) throw notCovered(calendar, 'fromMs');
  return offset;
}

/** How many items at the front satisfy `holds`, which is true up to some place and false from there on. */
function partitionPoint<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(items[middle] as Item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function requireCovered(calendar: CompiledCalendar, field: string, atMs: number): void {
  requireWhole('instant_not_whole', field, atMs);
  if (atMs < calendar.coversFromMs || atMs > calendar.coversToMs) throw notCovered(calendar, field);
}

function requireWhole(code: 'duration_not_whole' | 'instant_not_whole', field: string, value: number): void {
  if (Number.isSafeInteger(value)) return;
  throw new BusinessTimeError({ code, field, message: `${field} is ${value}, which is no whole number` });
}

function notCovered(calendar: CompiledCalendar, field: string): BusinessTimeError {
  const { name, coversFromMs, coversToMs } = calendar;
  return new BusinessTimeError({
    code: 'calendar_not_covered',
    field,
    message: `calendar ${name} is compiled for ${coversFromMs} to ${coversToMs} only, and ${field} leads out of that`,
  });
}
