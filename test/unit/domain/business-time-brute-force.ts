import { DateTime } from 'luxon';
import type { CalendarDefinition } from '../../../api/contract/calendar.ts';
import type { Duration } from '../../../domain/business-time.ts';

/**
 * Business time once more, by walking single minutes with luxon: slow, and sharing no line with the real thing.
 * Instants are counted in minutes from the beginning of a window; null means that the window ends too early to tell.
 */

const MINUTE_MS = 60_000;

type Minute = { readonly date: string; readonly weekday: number; readonly minuteOfDay: number };

export type Window = {
  readonly zone: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly minutes: readonly Minute[];
};

export function windowOf(zone: string, from: string, days: number): Window {
  const start = DateTime.fromISO(from, { zone });
  const minutes: Minute[] = [];
  const fromMs = start.toMillis();
  const toMs = fromMs + days * 24 * 60 * MINUTE_MS;
  // The clocks are asked every quarter of an hour: every change in the windows lies on one.
  for (let atMs = fromMs; atMs < toMs; atMs += 15 * MINUTE_MS) {
    const local = DateTime.fromMillis(atMs, { zone });
    const { year, month, day, weekday } = local;
    const date = [year, String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-');
    for (let minute = 0; minute < 15; minute += 1) {
      minutes.push({ date, weekday, minuteOfDay: local.hour * 60 + local.minute + minute });
    }
  }
  return { zone, fromMs, toMs, minutes };
}

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

export function openMinutes(window: Window, definition: CalendarDefinition): boolean[] {
  const hoursOf = new Map<string, readonly { from: number; to: number }[]>();
  return window.minutes.map(({ date, weekday, minuteOfDay }) => {
    let hours = hoursOf.get(date);
    if (hours === undefined) {
      const own =
        definition.ownDays.find((day) => day.date === date) ??
        definition.ownDays.find((day) => day.date === date.slice(5));
      hours = (own?.hours ?? definition.hours[DAYS[weekday - 1] ?? 'monday']).map(({ from, to }) => ({
        from: minutesOf(from),
        to: minutesOf(to),
      }));
      hoursOf.set(date, hours);
    }
    return hours.some(({ from, to }) => from <= minuteOfDay && minuteOfDay < to);
  });
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

export function countMinutes(open: readonly boolean[], from: number, to: number): number {
  const passed = open.slice(Math.min(from, to), Math.max(from, to)).filter(Boolean).length;
  return from <= to ? passed : 0 - passed;
}

export function addMinutes(open: readonly boolean[], from: number, amount: number): number | null {
  let at = from;
  for (let left = Math.abs(amount); left > 0;) {
    const minute = amount > 0 ? at : at - 1;
    if (minute < 0 || minute >= open.length) return null;
    if (open[minute] === true) left -= 1;
    at += amount > 0 ? 1 : -1;
  }
  return at;
}

export function addBySteps(input: {
  window: Window;
  open: readonly boolean[];
  from: number;
  duration: Duration;
}): number | null {
  const { window, open, from, duration } = input;
  const { amount, unit } = duration;
  if (amount === 0) return from;
  switch (unit) {
    case 'minute':
      return from + amount;
    case 'businessHour':
      return addMinutes(open, from, amount * 60);
    case 'businessDay':
      return amount > 0
        ? businessDaysOn({ window, open, from, days: amount })
        : businessDaysBack({ window, open, from, days: -amount });
    case 'day':
      return daysOn(window, from, amount);
    default:
      return unit satisfies never;
  }
}

type DayWalk = { window: Window; open: readonly boolean[]; from: number; days: number };

function businessDaysOn({ window, open, from, days }: DayWalk): number | null {
  const start = open.indexOf(true, from);
  if (start < 0) return null;
  const { date, minuteOfDay } = at(window, start);
  const dates = openDates(window, open);
  const full = minutesOn(window, date).every((minute) => minute >= start || open[minute] === false);
  const target = dates[dates.indexOf(date) + (full ? days - 1 : days)];
  if (target === undefined || isCutOff(window, target)) return null;
  const minutes = minutesOn(window, target);
  const lastOpen = minutes.findLast((minute) => open[minute] === true) ?? 0;
  if (full) return lastOpen + 1;
  const reached = minutes.find((minute) => at(window, minute).minuteOfDay >= minuteOfDay) ?? Infinity;
  return minutes.find((minute) => minute >= reached && open[minute] === true) ?? lastOpen + 1;
}

function businessDaysBack({ window, open, from, days }: DayWalk): number | null {
  const last = open.lastIndexOf(true, from - 1);
  if (last < 0 || from < 1) return null;
  const start = last + 1;
  const { date } = at(window, last);
  const dates = openDates(window, open);
  const full = minutesOn(window, date).every((minute) => minute < start || open[minute] === false);
  const target = dates[dates.indexOf(date) - (full ? days - 1 : days)];
  if (target === undefined || isCutOff(window, target)) return null;
  const minutes = minutesOn(window, target);
  const firstOpen = minutes.find((minute) => open[minute] === true) ?? 0;
  if (full) return firstOpen;
  const { minuteOfDay } = at(window, start);
  const reached =
    minutes.find((minute) => at(window, minute).minuteOfDay >= minuteOfDay) ?? (minutes.at(-1) ?? 0) + 1;
  const before = minutes.findLast((minute) => minute < reached && open[minute] === true);
  return before === undefined ? firstOpen : before + 1;
}

function daysOn(window: Window, from: number, days: number): number | null {
  const { date, minuteOfDay } = at(window, from);
  const target = DateTime.fromISO(date, { zone: 'utc' }).plus({ days }).toISODate() ?? '';
  if (target < at(window, 0).date || target > at(window, window.minutes.length - 1).date) return null;
  const reached = window.minutes.findIndex(
    (minute) => minute.date > target || (minute.date === target && minute.minuteOfDay >= minuteOfDay),
  );
  // On the window's first date the first such minute may lie before the window.
  return reached < 0 || target === at(window, 0).date ? null : reached;
}

function openDates(window: Window, open: readonly boolean[]): string[] {
  return [...new Set(window.minutes.filter((_, minute) => open[minute] === true).map(({ date }) => date))];
}

function minutesOn(window: Window, date: string): number[] {
  return window.minutes.flatMap((minute, index) => (minute.date === date ? [index] : []));
}

/** The last date of a window may be there in part only. */
function isCutOff(window: Window, date: string): boolean {
  return date === window.minutes.at(-1)?.date;
}

function at(window: Window, minute: number): Minute {
  return window.minutes[minute] ?? { date: '', weekday: 0, minuteOfDay: 0 };
}
