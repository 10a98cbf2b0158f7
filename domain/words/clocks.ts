import { clockName, inWords, sentence } from './en.ts';
import { instantWords, textOf, when, type Facts } from './facts.ts';
import { formatBusinessMinutes, formatInstant, neutralReader, type Reader } from './reader.ts';

/** What is recorded of an SLA clock. */
export const clockEventKinds = [
  'started',
  'paused',
  'resumed',
  'moved',
  'fired',
  'breached',
  'met',
  'cancelled',
] as const;
export type ClockEventKind = (typeof clockEventKinds)[number];

/**
 * One sentence about one thing that happened to a clock. Facts used (all optional): clockKind, dueAt, reason,
 * threshold, action, calendar.
 */
export function describeClockEvent(
  entry: { kind: string; facts: Facts },
  reader: Reader = neutralReader,
): string {
  const { facts } = entry;
  const clock = `“${clockName(textOf(facts, 'clockKind') ?? textOf(facts, 'clock') ?? 'clock')}”`;
  const due = when(instantWords(facts, 'due', reader), ', due ');
  const reason = when(reasonWords(facts), ': ');
  const kind = clockEventKinds.find((known) => known === entry.kind);
  switch (kind) {
    case 'started':
      return `The clock ${clock} started${due}${when(textOf(facts, 'calendar'), ' by the calendar ')}.`;
    case 'paused':
      return `The clock ${clock} was paused${reason}.`;
    case 'resumed':
      return `The clock ${clock} ran again${due}.`;
    case 'moved':
      return `The deadline of ${clock} moved${when(instantWords(facts, 'due', reader), ' to ')}${reason}.`;
    case 'fired':
      return `The clock ${clock} reached ${textOf(facts, 'threshold') === null ? 'a threshold' : inWords(textOf(facts, 'threshold') ?? '')}${when(actionWords(facts), ': ')}.`;
    case 'breached':
      return `The clock ${clock} was breached.`;
    case 'met':
      return `The clock ${clock} was met.`;
    case 'cancelled':
      return `The clock ${clock} was stopped${reason}.`;
    case undefined:
      return `The clock ${clock}: ${inWords(entry.kind)}.`;
    default:
      return kind satisfies never;
  }
}

function actionWords(facts: Facts): string | null {
  const action = textOf(facts, 'action');
  return action === null ? null : inWords(action);
}

function reasonWords(facts: Facts): string | null {
  const reason = textOf(facts, 'reason') ?? textOf(facts, 'why');
  switch (reason) {
    case null:
      return null;
    case 'information_requested':
    case 'waiting_for_partner':
      return 'waiting for the partner';
    case 'hold':
      return 'every clock is on hold';
    case 'conflict':
      return 'a conflict is open';
    default:
      return inWords(reason);
  }
}

/** A running, paused or breached deadline as the API tells it. */
export interface DueFacts {
  readonly at: string;
  readonly calendar: string;
  readonly phase: 'running' | 'paused';
  readonly breachedAt: string | null;
  /** Business minutes left; negative when over. */
  readonly leftMinutes: number;
  readonly tone: 'waiting' | 'dueSoon' | 'breached' | 'paused';
}

/** "2 h 10 m left · Berlin hours", "3 h over · Berlin hours", "paused: waiting for the partner · Berlin hours". */
export function dueWords(due: DueFacts): { short: string; long: string } {
  const hours = `${calendarName(due.calendar)} hours`;
  if (due.phase === 'paused') return { short: 'Paused', long: 'Paused: waiting for the partner' };
  const left = formatBusinessMinutes(due.leftMinutes);
  const short = due.leftMinutes < 0 || due.tone === 'breached' ? `${left} over` : `${left} left`;
  return { short, long: `${short} · ${hours}` };
}

/** The exact end of a deadline, for the hover. */
export function dueExact(due: DueFacts, reader: Reader = neutralReader): string {
  const end = formatInstant(due.at, reader);
  return due.breachedAt === null ? `Due ${end}` : `Was due ${end}`;
}

/** "new-york" → "New York". */
export function calendarName(calendar: string): string {
  return calendar
    .split(/[-_\s]+/)
    .map((part) => sentence(part))
    .join(' ');
}
