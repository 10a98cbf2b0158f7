import type { CompiledCalendar } from '../../domain/business-time.ts';
import type { SlaClock, SlaClockStep } from '../../domain/sla-clock.ts';
import { compileCalendar } from '../calendar/compile.ts';
import { parseCalendarDefinition } from '../calendar/definition.ts';
import { oneRow } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/* Clocks of a case in the record: the row, its state, and a row for everything that ever happened to it. */

const YEAR_MS = 365 * 24 * 3_600_000;

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

/** The calendar by its name, compiled around `atMs` far enough for every clock of a case. */
export async function loadCalendar(tx: Transaction, name: string, atMs: number): Promise<CompiledCalendar> {
  const { definition } = await oneRow<{ definition: unknown }>(
    tx,
    `calendar ${name}`,
    'select definition from calendar where name = $1',
    [name],
  );
  const parsed = parseCalendarDefinition(definition);
  if ('faults' in parsed)
    throw new CalendarUnusable(
      name,
      parsed.faults.map(({ pointer, reason }) => `${pointer}: ${reason}`).join(' '),
    );
  return compileCalendar(parsed.definition, atMs - YEAR_MS, atMs + 2 * YEAR_MS);
}

/** Opens a clock: its row and its first events. */
export async function openClock(
  tx: Transaction,
  owner: ClockOwner,
  input: { id: string; taskId: string | null; step: SlaClockStep },
): Promise<void> {
  const { clock, rows } = input.step;
  await tx.query(
    `insert into sla_clock (id, case_id, case_kind, partner_id, task_id, kind, phase, calendar, started_at, due_at, breached_at, ended_at, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      input.id,
      owner.caseId,
      owner.caseKind,
      owner.partnerId,
      input.taskId,
      clock.kind,
      clock.phase,
      clock.calendarName,
      instant(clock.startedAtMs),
      ...changing(clock),
    ],
  );
  await insertRows(tx, owner, input.id, 0, rows);
}

/** Stores what an operation made of a clock. Nothing happened: nothing is written. */
export async function saveClock(
  tx: Transaction,
  owner: ClockOwner,
  id: string,
  step: SlaClockStep,
): Promise<void> {
  if (step.rows.length === 0) return;
  const { clock } = step;
  await tx.query(
    'update sla_clock set phase = $2, due_at = $3, breached_at = $4, ended_at = $5, state = $6 where id = $1',
    [id, clock.phase, ...changing(clock)],
  );
  const { rows } = await tx.query<{ n: number }>(
    'select coalesce(max(n) + 1, 0)::int as n from sla_clock_event where clock_id = $1',
    [id],
  );
  await insertRows(tx, owner, id, rows[0]?.n ?? 0, step.rows);
}

/** The clocks of a case that have not ended, oldest first. */
export async function loadOpenClocks(tx: Transaction, caseId: string): Promise<ClockRow[]> {
  const { rows } = await tx.query<{ id: string; task_id: string | null; state: SlaClock }>(
    `select id, task_id, state from sla_clock where case_id = $1 and phase in ('running', 'paused') order by started_at, id`,
    [caseId],
  );
  return rows.map((row) => ({ id: row.id, taskId: row.task_id, clock: row.state }));
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function changing(clock: SlaClock): unknown[] {
  return [instant(clock.dueAtMs), instant(clock.breachedAtMs), instant(clock.endedAtMs), clock];
}

async function insertRows(
  tx: Transaction,
  owner: ClockOwner,
  clockId: string,
  from: number,
  rows: SlaClockStep['rows'],
): Promise<void> {
  await tx.query(
    `insert into sla_clock_event (clock_id, n, case_id, partner_id, kind, at, seq, facts)
     select $1, n, $2, case when facts ->> 'cause' = $3 then null else c.partner_id end, r.kind, r.at, $4, r.facts
       from jsonb_to_recordset($5::jsonb) as r(n int, kind text, at timestamptz, facts jsonb), sla_clock c where c.id = $1`,
    [
      clockId,
      owner.caseId,
      PRIVATE_CAUSE,
      owner.seq,
      JSON.stringify(
        rows.map((row, place) => ({
          n: from + place,
          kind: row.kind,
          at: instant(row.atMs),
          facts: row.facts,
        })),
      ),
    ],
  );
}
