import type { Sql } from './app-database.ts';
import type { Pool } from './pool.ts';
import { countUndecidable } from './task-reads.ts';

/** Findings of the probe, so that screens read rows and never the engine. */

/**
 * `failing_workflow`: its task fails again and again; `stuck_workflow`: its task waits and nobody takes it;
 * `lost_workflow`: the record waits for it and it does not run; `no_workers`: nobody polls a task queue.
 */
export const findingKinds = ['failing_workflow', 'stuck_workflow', 'lost_workflow', 'no_workers'] as const;
export type FindingKind = (typeof findingKinds)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** A workflow id or the name of a task queue. */
  readonly subject: string;
  readonly cause: string;
  readonly facts: Readonly<Record<string, string | number | null>>;
}

/** Writes what was found and clears what was not found again, in one statement. */
export const recordFindings = async (input: {
  pool: Pool;
  findings: readonly Finding[];
  atMs: number;
}): Promise<void> => {
  await input.pool.query(
    `with found as (
       select * from jsonb_to_recordset($1::jsonb) as f(kind text, subject text, cause text, facts jsonb)
     ), cleared as (
       update probe_finding p set cleared_at = $2 where p.cleared_at is null
          and not exists (select from found f where f.kind = p.kind and f.subject = p.subject)
     )
     insert into probe_finding (kind, subject, cause, facts, first_seen_at, last_seen_at)
     select kind, subject, cause, facts, $2, $2 from found
     on conflict (kind, subject) do update set cause = excluded.cause, facts = excluded.facts, last_seen_at = excluded.last_seen_at,
       first_seen_at = case when probe_finding.cleared_at is null then probe_finding.first_seen_at else excluded.first_seen_at end,
       cleared_at = null`,
    [JSON.stringify(input.findings), new Date(input.atMs).toISOString()],
  );
};

/**
 * Workflows that the record waits for and that are worth a look: of receipts that should have arrived, of decisions and
 * clocks that should have acted. At most `limit`, oldest first.
 */
export const findSuspects = async (input: {
  pool: Pool;
  atMs: number;
  graceMs: number;
  limit: number;
}): Promise<{ workflowId: string; caseId: string }[]> => {
  const { rows } = await input.pool.query<{ workflowId: string; caseId: string }>(
    `select "workflowId", min("caseId") as "caseId" from (
       select r.workflow_id as "workflowId", r.case_id as "caseId", r.received_at as since from receipt r
        where r.settled_at is null and r.received_at < $1
       union all
       select coalesce(t.workflow_id, e.workflow_id), c.case_id, c.due_at from sla_clock c
         left join task t on t.id = c.task_id
         left join lateral (select x.workflow_id from receipt x where x.case_id = c.case_id and t.id is null limit 1) e on true
        where c.phase = 'running' and c.due_at < $1 and c.breached_at is null
     ) suspects where "workflowId" is not null group by "workflowId" order by min(since) limit $2`,
    [new Date(input.atMs - input.graceMs).toISOString(), input.limit],
  );
  return rows;
};

/** What operations is told about at a scrape. Ages in seconds; 0 when there is none. */
export interface Backlog {
  readonly receiptsOpen: number;
  readonly receiptsOldestSeconds: number;
  readonly receiptsParked: number;
  readonly outboundDue: number;
  readonly outboundOldestSeconds: number;
  readonly outboundParked: number;
  readonly importsParked: number;
  readonly unsealedRows: number;
  readonly unsealedOldestSeconds: number;
  readonly tasksUndecidable: number;
  readonly clocksLate: number;
  readonly workflowsFailing: number;
  readonly queuesWithoutWorkers: number;
}

/**
 * `graceMs` is how long a clock may be past due before it counts as late. Unsealed rows are looked for among the newest
 * 20,000 ids, which keeps the scrape cheap; `verify` looks at all of them.
 */
export const readBacklog = async (input: { pool: Pool; atMs: number; graceMs: number }): Promise<Backlog> => {
  const { rows } = await input.pool.query<Omit<Backlog, 'tasksUndecidable'>>(
    `with receipts as (
       select count(*) filter (where parked_at is null) as open, count(*) filter (where parked_at is not null) as parked,
              min(received_at) filter (where parked_at is null) as oldest
         from receipt where settled_at is null
     ), mails as (
       select count(*) filter (where parked_at is null and not_before <= $1) as due,
              count(*) filter (where parked_at is not null) as parked,
              min(not_before) filter (where parked_at is null and not_before <= $1) as oldest
         from outbound where delivered_at is null
     ), unsealed as (
       select count(*) as n, min(r.recorded_at) as oldest from audit_row r
        where r.id > (select coalesce(max(id), 0) - 20000 from audit_row)
          and not exists (select from audit_seal s where s.audit_id = r.id)
     )
     select receipts.open as "receiptsOpen", receipts.parked as "receiptsParked", ${ageOf('receipts.oldest')} as "receiptsOldestSeconds",
            mails.due as "outboundDue", mails.parked as "outboundParked", ${ageOf('mails.oldest')} as "outboundOldestSeconds",
            (select count(*) from import_batch where status = 'committed' and parked_at is not null) as "importsParked",
            unsealed.n as "unsealedRows", ${ageOf('unsealed.oldest')} as "unsealedOldestSeconds",
            (select count(*) from sla_clock where phase = 'running' and breached_at is null and due_at < $2) as "clocksLate",
            (select count(*) from probe_finding where cleared_at is null and kind <> 'no_workers') as "workflowsFailing",
            (select count(*) from probe_finding where cleared_at is null and kind = 'no_workers') as "queuesWithoutWorkers"
       from receipts, mails, unsealed`,
    [new Date(input.atMs).toISOString(), new Date(input.atMs - input.graceMs).toISOString()],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('the backlog query gave no row');
  const sql: Sql = {
    rows: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await input.pool.query(text, [...values])).rows as Row[],
  };
  return { ...row, tasksUndecidable: await countUndecidable(sql, new Date(input.atMs).toISOString()) };
};

const ageOf = (instant: string): string =>
  `coalesce(greatest(0, extract(epoch from $1::timestamptz - ${instant})), 0)::float8`;
