import { isBusinessUnit, type DurationUnit } from '../business-time.ts';
import type { SlaClockRowKind } from '../sla-clock.ts';
import { clockName, inWords, sentence } from './en.ts';
import { instantWords, textOf, textsOf, when, type Facts } from './facts.ts';
import {
  formatBusinessMinutes,
  formatInstant,
  formatPlainMinutes,
  neutralReader,
  type Reader,
} from './reader.ts';

/**
 * One sentence about one row of an SLA clock (`SlaClockRow`). `facts` are the row's own, with the kind of the clock
 * beside them as `clock`; what is absent is left out of the sentence.
 */
export function describeClockEvent(
  entry: { kind: string; facts: Facts },
  reader: Reader = neutralReader,
): string {
  const { facts } = entry;
  const clock = `“${clockName(textOf(facts, 'clock') ?? 'clock')}”`;
  const due = when(instantWords(facts, 'due', reader), ', due ');
  const kind = clockRowKinds.find((known) => known === entry.kind);
  switch (kind) {
    case 'started':
      return `The clock ${clock} started${due}${when(hoursOf(facts), ', in ')}.`;
    case 'paused':
      return `The clock ${clock} was paused${when(causeOf(facts), ': ')}.`;
    case 'resumed':
      return textsOf(facts, 'stillPausedFor').length > 0
        ? `The clock ${clock} stays paused for another reason${when(causeOf(facts), '; over is: ')}.`
        : `The clock ${clock} ran again${due}.`;
    case 'moved':
      return `The deadline of ${clock} moved${when(instantWords(facts, 'due', reader), ' to ')}${when(causeOf(facts), ': ')}.`;
    case 'held':
      return `The clock ${clock} got back the time of a hold${when(causeOf(facts), ' (', ')')}${due}.`;
    case 'fired':
      return `The clock ${clock} reached ${thresholdOf(facts)}${when(actionOf(facts), ': ')}.`;
    case 'collapsed':
      return `The clock ${clock} passed ${thresholdOf(facts)} together with a later one.`;
    case 'skipped':
      return `The clock ${clock} leaves ${thresholdOf(facts)} out: its time was over before the start.`;
    case 'breached':
      return `The clock ${clock} was breached.`;
    case 'ran_out':
      return `The time of ${clock} ran out.`;
    case 'met':
      return `The clock ${clock} was met${when(instantWords(facts, 'due', reader), '; it was due ')}.`;
    case 'cancelled':
      return `The clock ${clock} was stopped.`;
    case undefined:
      return `The clock ${clock}: ${inWords(entry.kind)}.`;
    default:
      return kind satisfies never;
  }
}

const clockRowKinds = [
  'started',
  'paused',
  'resumed',
  'moved',
  'held',
  'fired',
  'collapsed',
  'skipped',
  'breached',
  // A breach of a clock that is no promise is told as this.
  'ran_out',
  'met',
  'cancelled',
] as const satisfies readonly (SlaClockRowKind | 'ran_out')[];

/** "the reminder “half time”", by the key that the policy and the clock gave it; what is called otherwise keeps its name. */
function thresholdOf(facts: Facts): string {
  const key = textOf(facts, 'key') ?? 'a threshold';
  const [, reminder] = /^reminder-(.+)$/.exec(key) ?? [];
  if (reminder !== undefined) return `the reminder “${inWords(reminder)}”`;
  const [, role] = /^escalate-\d+-(.+)$/.exec(key) ?? [];
  if (role !== undefined) return `the escalation to the ${inWords(role)}`;
  return key === 'last-resort' ? 'the last resort' : `“${inWords(key)}”`;
}

/** What it set off, where its name does not say so. */
function actionOf(facts: Facts): string | null {
  const action = textOf(facts, 'action');
  if (action === null || /^(?:reminder-|escalate-\d+-|last-resort$)/.test(textOf(facts, 'key') ?? ''))
    return null;
  return inWords(action);
}

/** "Berlin hours", by how a clock was started; null when it counts calendar time, which is nobody's hours. */
export function hoursOf(started: Facts): string | null {
  const calendar = textOf(started, 'calendarName') ?? textOf(started, 'calendar');
  const duration = started['duration'];
  const unit = typeof duration === 'object' && duration !== null ? textOf(duration as Facts, 'unit') : null;
  if (calendar === null || (unit !== null && !isBusinessUnit(unit as DurationUnit))) return null;
  return `${calendarName(calendar)} hours`;
}

function causeOf(facts: Facts): string | null {
  const cause = textOf(facts, 'cause') ?? textOf(facts, 'reason');
  switch (cause) {
    case null:
      return null;
    case 'information':
    case 'information_requested':
      return 'waiting for the partner';
    case 'conflict':
      return 'a conflict is open';
    case 'extension':
      return 'an extension is being decided';
    default:
      return inWords(cause);
  }
}

/** A running, paused or breached deadline as the API tells it. */
export interface DueFacts {
  readonly at: string;
  readonly clock: string;
  /** Null when calendar time counts. */
  readonly calendar: string | null;
  readonly phase: 'running' | 'paused';
  readonly breachedAt: string | null;
  /** Minutes left in the time that counts; negative when over. */
  readonly leftMinutes: number;
  readonly tone: 'waiting' | 'dueSoon' | 'breached' | 'paused';
}

/**
 * "2 h 10 m left" and "Decision: 2 h 10 m left · Berlin hours" in business time; "Protection: 70 days left" in calendar time,
 * where the clock is named at once, because several such run beside each other.
 */
export function dueWords(due: DueFacts): { short: string; long: string } {
  if (due.phase === 'paused') return { short: 'Paused', long: 'Paused: waiting for the partner' };
  const over = due.leftMinutes < 0 || due.tone === 'breached';
  if (due.calendar === null) {
    const words = `${clockName(due.clock)}: ${formatPlainMinutes(due.leftMinutes)} ${over ? 'over' : 'left'}`;
    return { short: words, long: words };
  }
  const left = due.leftMinutes === 0 ? 'under 1 m' : formatBusinessMinutes(due.leftMinutes);
  const short = `${left} ${over ? 'over' : 'left'}`;
  return { short, long: `${clockName(due.clock)}: ${short} · ${calendarName(due.calendar)} hours` };
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
