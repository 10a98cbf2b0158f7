import { addBusinessTime } from '../domain/business-time.ts';
import type { CompiledCalendar } from '../domain/business-time.ts';

/** Business time as screens show it: the calendars that it is counted in, and from when a deadline is near. */
export interface BusinessClock {
  /** Everything below as of `atMs`; calendars are read again when they are older than a minute. */
  at(atMs: number): Promise<BusinessNow>;
}

export interface BusinessNow {
  readonly atMs: number;
  /** Deadlines up to this instant are near: the next two business hours of the calendar. */
  nearUntilMs(calendar: string): number;
  /** The calendar itself; null when it is not known, or does not reach to `untilMs`. */
  calendar(name: string, untilMs?: number): CompiledCalendar | null;
}

const FRESH_MS = 60_000;
const YEAR_MS = 366 * 24 * 3_600_000;
const MINUTE_MS = 60_000;
const NEAR_MS = 120 * MINUTE_MS;

/** `load` reads every calendar compiled to cover the given instants. */
export function createBusinessClock(
  load: (input: { fromMs: number; toMs: number }) => Promise<ReadonlyMap<string, CompiledCalendar>>,
): BusinessClock {
  let kept: { calendars: Promise<ReadonlyMap<string, CompiledCalendar>>; atMs: number } | null = null;
  return {
    async at(atMs) {
      if (kept === null || Math.abs(atMs - kept.atMs) > FRESH_MS) {
        const calendars = load({ fromMs: atMs - YEAR_MS, toMs: atMs + 2 * YEAR_MS });
        const fresh = { calendars, atMs };
        kept = fresh;
        calendars.catch(() => {
          if (kept === fresh) kept = null;
        });
      }
      const calendars = await kept.calendars;
      const covered = (name: string, ms: number): CompiledCalendar | null => {
        const calendar = calendars.get(name);
        return calendar !== undefined && ms >= calendar.coversFromMs && ms < calendar.coversToMs
          ? calendar
          : null;
      };
      return {
        atMs,
        nearUntilMs(name) {
          const calendar = covered(name, atMs);
          return calendar === null ? atMs + NEAR_MS : addBusinessTime(calendar, atMs, NEAR_MS);
        },
        calendar: (name, untilMs = atMs) => covered(name, untilMs),
      };
    },
  };
}
