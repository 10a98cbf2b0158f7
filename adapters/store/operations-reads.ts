import { rolesWith } from '../../domain/access.ts';
import type { Sql } from './app-database.ts';
import { placesOf } from './directory-reads.ts';
import type { NamedPage } from './directory-reads.ts';
import { TASK_REFERENCE } from './tasks.ts';

/** What operations sees: due, breached, stuck, by team, and whether the word was kept. Vendor scope only. */

export interface TeamRow {
  readonly queue: string;
  readonly open: number;
  readonly due_today: number;
  readonly breached: number;
  readonly paused: number;
  readonly oldest: Date | null;
}

export async function teamsOf(sql: Sql, input: { at: string; dayEnd: string }): Promise<TeamRow[]> {
  return await sql.rows<TeamRow>(
    `select queue, count(*)::int as open,
            count(*) filter (where status = 'open' and due_at > $1::timestamptz and due_at <= $2::timestamptz)::int as due_today,
            count(*) filter (where status = 'open' and (breached_at is not null or due_at <= $1::timestamptz))::int as breached,
            count(*) filter (where status = 'paused')::int as paused, min(opened_at) as oldest
       from task where status in ('open', 'paused') group by queue order by queue`,
    [input.at, input.dayEnd],
  );
}

export async function stagesOf(
  sql: Sql,
): Promise<{ status: string; count: number; valueMinor: number; currency: string }[]> {
  return await sql.rows(
    `select status, count(*)::int as count, sum(value_minor)::bigint as "valueMinor", currency from registration
      where closed_at is null group by status, currency order by status, currency`,
  );
}

/** What share of its promises each program wants kept, by the policy in effect; programs that say nothing are left out. */
export async function attainmentTargets(
  sql: Sql,
  input: { at: string },
): Promise<{ targetPpm: number; programs: string[] }[]> {
  return await sql.rows(
    `select (d.body->>'attainmentTargetPpm')::int as "targetPpm", array_agg(g.name order by g.name) as programs
       from policy_document d join program g on g.id = d.program_id
      where d.status = 'published' and d.effective_from <= $1::timestamptz and (d.effective_to is null or d.effective_to > $1::timestamptz)
        and d.body->>'attainmentTargetPpm' is not null
      group by 1 order by 1`,
    [input.at],
  );
}

/**
 * Promises of these kinds by the week in which each was settled, and how many were kept. A promise is broken when its time is over,
 * whatever became of it afterwards (late, withdrawn, still open), and kept when it was met before; one that ended before
 * its time without an answer was neither.
 */
export async function attainmentOf(
  sql: Sql,
  input: { since: string; at: string; kinds: readonly string[] },
): Promise<{ weekStart: string; kind: string; promises: number; inTime: number }[]> {
  return await sql.rows(
    `select to_char(date_trunc('week', settled_at at time zone 'UTC'), 'YYYY-MM-DD') as "weekStart", kind, count(*)::int as promises,
            count(*) filter (where kept)::int as "inTime"
       from (select kind, breached_at is null and phase = 'met' as kept,
                    case when breached_at is not null then breached_at
                         when phase = 'met' then ended_at
                         when phase = 'running' and due_at <= $2::timestamptz then due_at end as settled_at
               from sla_clock where (ended_at >= $1::timestamptz or ended_at is null) and kind = any($3)) c
      where settled_at >= $1::timestamptz group by 1, 2 order by 1, 2`,
    [input.since, input.at, input.kinds],
  );
}

export interface DueRow {
  readonly case_id: string;
  /** The task, when it is about several registrations at once and its case is none of them. */
  readonly joint_task_id: string | null;
  readonly reference: string;
  readonly subject: string;
  readonly queue: string;
  readonly due_at: Date;
  readonly breached_at: Date | null;
  readonly partner_name: string;
}

/** Open tasks that are overdue, or due by the end of the day. */
export async function dueTasks(
  sql: Sql,
  input: { which: 'due' | 'breached'; at: string; dayEnd: string; limit: number },
): Promise<DueRow[]> {
  const condition =
    input.which === 'breached'
      ? '(t.breached_at is not null or t.due_at <= $1::timestamptz) and $2::timestamptz is not null'
      : 't.breached_at is null and t.due_at > $1::timestamptz and t.due_at <= $2::timestamptz';
  return await sql.rows<DueRow>(
    `select t.case_id, case when r.id is null then t.id end as joint_task_id, ${TASK_REFERENCE} as reference, t.subject, t.queue, t.due_at, t.breached_at, coalesce(p.name, '') as partner_name
       from task t left join registration r on r.id = t.case_id left join partner p on p.id = t.partner_id
      where t.status = 'open' and ${condition} order by t.due_at, t.id limit $3`,
    [input.at, input.dayEnd, input.limit],
  );
}

export interface StuckRow {
  readonly kind: 'receipt' | 'mail' | 'signal' | 'import' | 'workflow' | 'unsealed' | 'task';
  readonly id: string;
  readonly case_id: string | null;
  readonly reference: string | null;
  readonly since: Date;
  readonly attempts: number;
  readonly cause: string;
  readonly parked: boolean;
  /** A mail that may be handed to somebody else. */
  readonly movable: boolean;
}

/** What cannot go on: open for longer than a delivery takes, parked, or found by the probe. */
export async function stuckItems(
  sql: Sql,
  input: { openSince: string; unsealedSince: string; limit: number },
): Promise<StuckRow[]> {
  return await sql.rows<StuckRow>(
    `(select 'receipt' as kind, r.number::text as id, r.case_id, g.reference, r.received_at as since, r.attempts, coalesce(r.last_error, 'not delivered yet') as cause, r.parked_at is not null as parked, false as movable
        from receipt r left join registration g on g.id = r.case_id
       where r.settled_at is null and (r.parked_at is not null or r.received_at < $1::timestamptz) order by r.number limit $3)
     union all
     (select o.channel, o.id, o.case_id, g.reference, o.not_before, o.attempts, coalesce(o.last_error, 'not delivered yet'), o.parked_at is not null, ${PARKED_MAIL}
        from outbound o left join registration g on g.id = o.case_id
       where o.delivered_at is null and o.skipped_by is null and (o.parked_at is not null or o.not_before < $1::timestamptz) order by o.not_before limit $3)
     union all
     (select 'import', b.id, null, b.file_name, b.committed_at, b.attempts, coalesce(b.last_error, 'not stored yet'), b.parked_at is not null, false
        from import_batch b
       where b.status = 'committed' and b.stored_at is null and (b.parked_at is not null or (b.attempts > 0 and b.committed_at < $1::timestamptz)) order by b.committed_at limit $3)
     union all
     (select 'workflow', f.subject, f.facts->>'caseId', g.reference, f.first_seen_at, 0, f.cause, false, false
        from probe_finding f left join registration g on g.id = f.facts->>'caseId'
       where f.cleared_at is null order by f.first_seen_at limit $3)
     union all
     (select 'unsealed', a.id::text, null, null, a.recorded_at, 0, 'not sealed yet', false, false
        from audit_row a where a.recorded_at < $2::timestamptz and a.recorded_at > $2::timestamptz - interval '30 days'
         and not exists (select 1 from audit_seal s where s.audit_id = a.id) order by a.id limit $3)`,
    [input.openSince, input.unsealedSince, input.limit],
  );
}

/** Of a row `o` of `outbound`: a mail that waits for a person, and that is about a case: a digest is one reader's own. */
export const PARKED_MAIL = `o.channel = 'mail' and o.delivered_at is null and o.parked_at is not null and o.template <> 'digest'`;

/**
 * Who may be sent a parked mail in place of its receiver, by name: active people of his own side who hold a role now. A mail of a
 * partner's stays with people of that partner; one of the vendor's goes to those who may read the tasks of the house.
 */
export async function mailRecipients(
  sql: Sql,
  input: NamedPage & { id: string; at: string; personId: string | null },
): Promise<{ id: string; displayName: string }[]> {
  return await sql.rows(
    `select p.id, p.display_name as "displayName"
       from outbound o left join person t on t.id = o.target
       join person p on p.active and p.id <> o.target and p.side = coalesce(t.side, 'vendor') and p.partner_id is not distinct from t.partner_id
      where o.id = $5 and ${PARKED_MAIL} and ($7::text is null or p.id = $7)
        and exists (select from person_role r where r.person_id = p.id and $6::timestamptz >= r.valid_from and $6::timestamptz < r.valid_to
                       and (p.side = 'partner' or r.role = any($8)))
        and ($1::text is null or p.display_name ilike $1) and ($2::text is null or (p.display_name, p.id) > ($2, $3))
      order by p.display_name, p.id limit $4`,
    [...placesOf(input), input.id, input.at, input.personId, rolesWith(['task.read'])],
  );
}

/** The hold that pauses every clock now; null when none does. */
export async function holdNow(
  sql: Sql,
  at: string,
): Promise<{ id: string; from_at: Date; to_at: Date | null; reason: string } | null> {
  const rows = await sql.rows<{ id: string; from_at: Date; to_at: Date | null; reason: string }>(
    'select id, from_at, to_at, reason from sla_hold where from_at <= $1::timestamptz and (to_at is null or to_at > $1::timestamptz) order by from_at desc limit 1',
    [at],
  );
  return rows[0] ?? null;
}
