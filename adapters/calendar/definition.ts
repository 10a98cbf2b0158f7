import { calendarDefinitionSchema, calendarHolidaysSchema } from '../../api/contract/calendar.ts';
import type { CalendarDefinition } from '../../api/contract/calendar.ts';
import { jsonPointer } from '../../domain/json.ts';
import { unknownHolidayCode } from './holidays.ts';

/** What is wrong with one field: a JSON pointer (RFC 6901) into the definition, and a sentence for its author. */
export type CalendarFault = { readonly pointer: string; readonly reason: string };

/**
 * Reads a calendar definition of unknown origin. A bad one gives every fault at once: those of its shape, and the
 * countries, states and regions whose holidays nobody knows.
 */
export function parseCalendarDefinition(
  input: unknown,
): { readonly definition: CalendarDefinition } | { readonly faults: readonly CalendarFault[] } {
  const parsed = calendarDefinitionSchema.safeParse(input);
  const faults = [...(parsed.error?.issues ?? [])].map(({ path, message }) => ({
    pointer: jsonPointer(path.map((step) => (typeof step === 'number' ? step : String(step)))),
    reason: message,
  }));
  faults.push(...holidayFaults(input));
  return parsed.success && faults.length === 0 ? { definition: parsed.data } : { faults };
}

/** Looks at each list by itself, so that a fault elsewhere does not hide these. */
function holidayFaults(input: unknown): CalendarFault[] {
  if (typeof input !== 'object' || input === null || !('holidays' in input)) return [];
  if (!Array.isArray(input.holidays)) return [];
  return input.holidays.flatMap((raw: unknown, index) => {
    const list = calendarHolidaysSchema.safeParse(raw);
    const unknown = list.success ? unknownHolidayCode(list.data) : null;
    return unknown === null
      ? []
      : [{ pointer: jsonPointer(['holidays', index, unknown.field]), reason: unknown.reason }];
  });
}
