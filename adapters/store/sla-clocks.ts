import type { CompiledCalendar } from '../../domain/business-time.ts';
import { calendarCover } from '../../domain/calendar-cover.ts';
import type { SlaClock, SlaClockStep } from '../../domain/sla-clock.ts';
import type { CalendarDefinition } from '../../api/contract/calendar.ts';
import { compileCalendar } from '../calendar/compile.ts';
import { parseCalendarDefinition } from '../calendar/definition.ts';
import { RowMissing } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/* Clocks of a case in the record: the row, its state, and a row for everything that ever happened to it. */

/** A clock's row. */
export interface ClockRow {
  readonly id: string;
  readonly taskId: string | null;
  readonly clock: SlaClock;
}

/** A stored calendar that cannot be read: its clocks wait until it is mended. */
export class CalendarUnusable extends Error {
  constructor(name: string, reason: string) {
    super(`Calendar ${name} cannot be used. ${reason}`);
    this.name = 'CalendarUnusable';
  }
}

/** Which case a clock belongs to, and the step that changes it. */
export interface ClockOwner {
  readonly caseKind: string;
  readonly caseId: string;
  /** Null for a clock that only the vendor may see. */
  readonly partnerId: string | null;
  readonly seq: number;
}

/** A cause of a pause that would tell a partner of a competitor: its rows are the vendor's alone. */
export const PRIVATE_CAUSE = 'conflict';

const MAX_KEPT_CALENDARS = 50;
/** Definitions by their stored text: what the text says never changes. */
const keptDefinitions = new Map<string, CalendarDefinition>();

/** A calendar as it is stored: its definition in JSON, null where there is none of that name. */
export interface StoredCalendar {
  readonly name: string;
  readonly definition: string | null;
}

/** SQL for the definition of the calendar whose name `name` is. */
export const calendarDefinition = (name: string): string =>
  `(select definition::text from calendar where name = ${name})`;

/** The calendar by its name, compiled around `atMs` far enough for every clock of a case. */
export async function loadCalendar(tx: Transaction, name: string, atMs: number): Promise<CompiledCalendar> {
  const { rows } = await tx.query<{ definition: string | null }>(
    `select ${calendarDefinition('$1')} as definition`,
    [name],
  );
  return calendarAround(atMs, { name, definition: rows[0]?.definition ?? null });
}

/** A stored calendar, compiled around `atMs` far enough for every clock of a case. Throws `RowMissing` and `CalendarUnusable`. */
export function calendarAround(atMs: number, { name, definition }: StoredCalendar): CompiledCalendar {
  if (definition === null) throw new RowMissing(`calendar ${name}`);
  const { fromMs, toMs } = calendarCover(atMs);
  return compileCalendar(definitionOf(name, definition), fromMs, toMs);
}

function definitionOf(name: string, text: string): CalendarDefinition {
  const kept = keptDefinitions.get(text);
  if (kept !== undefined) return kept;
  const parsed = parseCalendarDefinition(JSON.parse(text));
  if ('faults' in parsed)
    throw new CalendarUnusable(
      name,
      parsed.faults.map(({ pointer, reason }) => `${pointer}: ${reason}`).join(' '),
    );
  const oldest = keptDefinitions.keys().next();
  if (keptDefinitions.size >= MAX_KEPT_CALENDARS && oldest.done !== true)
    keptDefinitions.delete(oldest.value);
  keptDefinitions.set(text, parsed.definition);
  return parsed.definition;
}

/** A clock as an operation left it: new, or changed. */
export interface ChangedClock {
  readonly owner: ClockOwner;
  readonly id: string;
  readonly taskId: string | null;
  readonly step: SlaClockStep;
}

/**
 * Stores what operations made of clocks of one case, in one statement: their rows, and a row for everything that happened to
 * each. One to which nothing happened is left alone.
 */
export async function saveClocks(tx: Transaction, changed: readonly ChangedClock[]): Promise<void> {
  const happened = changed.filter(({ step }) => step.rows.length > 0);
  if (happened.length === 0) return;
  await tx.query(
    `with changed as (
       select * from jsonb_to_recordset($1::jsonb) as c(id text, case_id text, case_kind text, partner_id text, task_id text, kind text,
         phase text, calendar text, started_at timestamptz, due_at timestamptz, breached_at timestamptz, ended_at timestamptz, state jsonb,
         seq int, rows jsonb)
     ), saved as (
       insert into sla_clock (id, case_id, case_kind, partner_id, task_id, kind, phase, calendar, started_at, due_at, breached_at, ended_at, state)
       select id, case_id, case_kind, partner_id, task_id, kind, phase, calendar, started_at, due_at, breached_at, ended_at, state from changed
       on conflict (id) do update set phase = excluded.phase, due_at = excluded.due_at, breached_at = excluded.breached_at,
         ended_at = excluded.ended_at, state = excluded.state
       returning id, partner_id
     )
     insert into sla_clock_event (clock_id, n, case_id, partner_id, kind, at, seq, facts)
     select c.id, coalesce((select max(e.n) + 1 from sla_clock_event e where e.clock_id = c.id), 0) + r.place - 1, c.case_id,
            case when r.row -> 'facts' ->> 'cause' = $2 then null else s.partner_id end,
            r.row ->> 'kind', (r.row ->> 'at')::timestamptz, c.seq, r.row -> 'facts'
       from changed c join saved s on s.id = c.id
       cross join lateral jsonb_array_elements(c.rows) with ordinality as r(row, place)`,
    [
      JSON.stringify(
        happened.map(({ owner, id, taskId, step: { clock, rows } }) => ({
          id,
          case_id: owner.caseId,
          case_kind: owner.caseKind,
          partner_id: owner.partnerId,
          task_id: taskId,
          kind: clock.kind,
          phase: clock.phase,
          calendar: clock.calendarName,
          started_at: instant(clock.startedAtMs),
          due_at: instant(clock.dueAtMs),
          breached_at: instant(clock.breachedAtMs),
          ended_at: instant(clock.endedAtMs),
          state: clock,
          seq: owner.seq,
          rows: rows.map((row) => ({ kind: row.kind, at: instant(row.atMs), facts: row.facts })),
        })),
      ),
      PRIVATE_CAUSE,
    ],
  );
}

/** SQL for the clocks of the case `of` that have not ended, oldest first, as JSON of `ClockRow`s. */
export const openClocksOf = (of: string): string =>
  `coalesce((select jsonb_agg(jsonb_build_object('id', c.id, 'taskId', c.task_id, 'clock', c.state) order by c.started_at, c.id)
               from sla_clock c where c.case_id = ${of} and c.phase in ('running', 'paused')), '[]')`;

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** The calendar of a case, compiled around `atMs`, and its clocks that have not ended, oldest first; in one statement. */
export async function loadClocks(
  tx: Transaction,
  of: { caseId: string; calendarName: string; atMs: number },
): Promise<{ calendar: CompiledCalendar; clocks: ClockRow[] }> {
  const { rows } = await tx.query<{ clocks: ClockRow[]; definition: string | null }>(
    `select ${openClocksOf('$1')} as clocks, ${calendarDefinition('$2')} as definition`,
    [of.caseId, of.calendarName],
  );
  const stored = { name: of.calendarName, definition: rows[0]?.definition ?? null };
  return { calendar: calendarAround(of.atMs, stored), clocks: rows[0]?.clocks ?? [] };
}
