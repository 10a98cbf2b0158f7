import { containing } from './text-search.ts';
import { authorityOrder, rolesCovering } from '../../domain/task.ts';
import type { Decider } from '../../domain/task.ts';
import type { Sql } from './app-database.ts';
import { newsColumn } from './seen-own.ts';
import type { NewsRow } from './seen-own.ts';

/** Reads of tasks: the inbox, one task, what a verb on a task must know. */

/** What the inbox can be narrowed to, and for whom. */
export interface TaskFilter {
  readonly personId: string;
  /** In whose place this person looks: first himself, then those he stands in for. */
  readonly places: readonly {
    readonly personId: string;
    /** Roles of tasks that the roles of that person cover. */
    readonly coveredRoles: readonly string[];
    /** Of that person, and of the deputy's cap, the lower; null: none. */
    readonly limitMinor: number | null;
    /** In which currency the limit counts; null: in that of each task. */
    readonly limitCurrency: string | null;
  }[];
  readonly queue: string | null;
  readonly kind: string | null;
  readonly show: 'mine' | 'claimed' | 'all';
  readonly tone: 'breached' | 'dueSoon' | 'waiting' | 'paused' | null;
  readonly search: string | null;
  readonly at: string;
  /** Up to when a deadline is near: for each program, and for tasks of none. */
  readonly near: {
    readonly programIds: readonly string[];
    readonly untils: readonly string[];
    readonly otherwise: string;
  };
}

export interface TaskRow extends NewsRow {
  readonly id: string;
  readonly case_id: string;
  readonly case_kind: string;
  readonly kind: string;
  readonly workflow_id: string;
  readonly subject: string;
  readonly partner_name: string | null;
  readonly reference: string | null;
  readonly question: string;
  readonly queue: string;
  readonly role: string;
  readonly named_id: string | null;
  readonly excluded_ids: readonly string[];
  readonly outcomes: readonly string[];
  readonly amount_minor: number | null;
  readonly currency: string | null;
  readonly status: 'open' | 'paused' | 'decided' | 'cancelled';
  readonly program_id: string | null;
  readonly opened_at: Date;
  readonly due_at: Date | null;
  readonly breached_at: Date | null;
  readonly claimed_by: string | null;
  readonly claimed_by_name: string | null;
  readonly claimed_until: Date | null;
  readonly unjudged: number;
  readonly clock: {
    readonly kind: string;
    readonly calendar: string;
    readonly phase: 'running' | 'paused';
    readonly unit: string | null;
    readonly remainingMs: number | null;
  } | null;
  /** The place in the list, for the cursor. */
  readonly place: string;
}

export interface TaskDetailRow extends TaskRow {
  readonly version: number;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly facts_hash: string;
}

// Names and clocks are looked up for the rows of the page only: the page is cut first.
const row = (person: string): string => `
  select t.id, t.case_id, t.case_kind, t.kind, t.workflow_id, t.subject, p.name as partner_name, coalesce(r.reference, sp.reference) as reference, t.question, t.queue, t.role, t.named_id,
         t.excluded_ids, t.outcomes, t.amount_minor, t.currency, t.status, t.program_id, t.opened_at, t.due_at, t.breached_at,
         t.claimed_by, c.display_name as claimed_by_name, t.claimed_until,
         (select count(*)::int from registration_match m where (m.registration_id = t.case_id or m.registration_id in (select x ->> 'registrationId' from jsonb_array_elements(t.facts -> 'rivals') x)) and m.verdict in ('probable', 'possible', 'related') and m.judged is null) as unjudged,
         ${newsColumn({ person, caseId: 't.case_id', submittedBy: 'coalesce(r.submitted_by, sp.submitted_by)' })}, k.clock, coalesce(t.due_at, 'infinity')::text as place`;
const ROW_JOINS = `
    left join registration r on r.id = t.case_id
    left join special_price_request sp on sp.id = t.case_id
    left join partner p on p.id = t.partner_id
    left join person c on c.id = t.claimed_by
    left join lateral (
      select json_build_object('kind', s.kind, 'calendar', s.calendar, 'phase', s.phase, 'unit', s.state->'durationSpec'->>'unit', 'remainingMs', s.state->'remainingMs') as clock
        from sla_clock s where s.case_id = any(case when t.case_kind = 'review-window'
          then array(select w.registration_id from review_window_member w where w.window_id = t.case_id) else array[t.case_id] end) and s.phase in ('running', 'paused')
       order by (s.task_id = t.id) desc nulls last, (s.due_at = t.due_at) desc nulls last, s.due_at limit 1) k on true`;

function conditions(filter: TaskFilter, parameter: (value: unknown) => string): string[] {
  const where = ["t.status in ('open', 'paused')"];
  if (filter.show === 'mine') {
    const inPlaceOf = filter.places.map(({ personId, coveredRoles, limitMinor, limitCurrency }) => {
      const whose = `(t.named_id = ${parameter(personId)} or (t.named_id is null and t.role = any(${parameter(coveredRoles)})))`;
      if (limitMinor === null) return whose;
      const comparable = limitCurrency === null ? '' : ` and t.currency = ${parameter(limitCurrency)}`;
      return `(${whose} and (t.amount_minor is null or (t.amount_minor <= ${parameter(limitMinor)}${comparable})))`;
    });
    const took = parameter(filter.places.map(({ personId }) => personId));
    where.push(`(${inPlaceOf.join(' or ')})`, `not t.excluded_ids && ${took}::text[]`);
  }
  if (filter.show === 'claimed')
    where.push(
      `t.claimed_by = ${parameter(filter.personId)} and t.claimed_until > ${parameter(filter.at)}::timestamptz`,
    );
  if (filter.queue !== null) where.push(`t.queue = ${parameter(filter.queue)}`);
  if (filter.kind !== null) where.push(`t.kind = ${parameter(filter.kind)}`);
  if (filter.search !== null && filter.search !== '') {
    const pattern = parameter(containing(filter.search));
    where.push(
      `(t.subject ilike ${pattern} or exists (select 1 from registration x where x.id = t.case_id and (x.reference ilike ${pattern} or x.opportunity_name ilike ${pattern}))
        or exists (select 1 from special_price_request x where x.id = t.case_id and x.reference ilike ${pattern})
        or exists (select 1 from partner y where y.id = t.partner_id and y.name ilike ${pattern}))`,
    );
  }
  return where;
}

/** The condition of a tone, alike for filter and count; it takes the parameters that it names and no others. */
function toneIs(
  tone: NonNullable<TaskFilter['tone']>,
  filter: TaskFilter,
  parameter: (value: unknown) => string,
): string {
  const at = (): string => `${parameter(filter.at)}::timestamptz`;
  const until = (): string => {
    const { programIds, untils, otherwise } = filter.near;
    return `coalesce((${parameter(untils)}::timestamptz[])[array_position(${parameter(programIds)}::text[], t.program_id)], ${parameter(otherwise)}::timestamptz)`;
  };
  switch (tone) {
    case 'paused':
      return "t.status = 'paused'";
    case 'breached':
      return `(t.status = 'open' and (t.breached_at is not null or t.due_at <= ${at()}))`;
    case 'dueSoon':
      return `(t.status = 'open' and t.breached_at is null and t.due_at > ${at()} and t.due_at <= ${until()})`;
    case 'waiting':
      return `(t.status = 'open' and t.breached_at is null and (t.due_at is null or t.due_at > ${until()}) and (t.due_at is null or t.due_at > ${at()}))`;
    default:
      return tone satisfies never;
  }
}

/** One page of the inbox, most urgent first. */
export async function listTasks(
  sql: Sql,
  filter: TaskFilter,
  page: { after: { place: string; id: string } | null; limit: number },
): Promise<TaskRow[]> {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const where = conditions(filter, parameter);
  if (filter.tone !== null) where.push(toneIs(filter.tone, filter, parameter));
  if (page.after !== null) {
    const id = parameter(page.after.id);
    // The index sorts tasks without a deadline last.
    if (page.after.place === 'infinity') where.push(`t.due_at is null and t.id > ${id}`);
    else
      where.push(
        `((t.due_at, t.id) > (${parameter(page.after.place)}::timestamptz, ${id}) or t.due_at is null)`,
      );
  }
  return await sql.rows<TaskRow>(
    `with t as (select * from task t where ${where.join(' and ')} order by t.due_at, t.id limit ${parameter(page.limit)})
     ${row(parameter(filter.personId))} from t ${ROW_JOINS} order by t.due_at, t.id`,
    values,
  );
}

/** How many there are by tone, and the sums at stake by currency. */
export async function countTasks(
  sql: Sql,
  filter: TaskFilter,
): Promise<{
  counts: { open: number; breached: number; dueSoon: number };
  sums: { amountMinor: number; currency: string }[];
}> {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const where = conditions(filter, parameter);
  const breached = toneIs('breached', filter, parameter);
  const dueSoon = toneIs('dueSoon', filter, parameter);
  const rows = await sql.rows<{
    open: number;
    breached: number;
    due_soon: number;
    amount_minor: number;
    currency: string | null;
  }>(
    `select count(*)::int as open, count(*) filter (where ${breached})::int as breached, count(*) filter (where ${dueSoon})::int as due_soon,
            coalesce(sum(t.amount_minor), 0)::bigint as amount_minor, t.currency
       from task t where ${where.join(' and ')} group by t.currency order by t.currency`,
    values,
  );
  const total = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((sum, row) => sum + pick(row), 0);
  return {
    counts: {
      open: total((row) => row.open),
      breached: total((row) => row.breached),
      dueSoon: total((row) => row.due_soon),
    },
    sums: rows.flatMap((row) =>
      row.currency === null ? [] : [{ amountMinor: row.amount_minor, currency: row.currency }],
    ),
  };
}

/** One task in any state, as one person sees it; null when there is none. */
export async function findTask(
  sql: Sql,
  of: { id: string; personId: string },
): Promise<TaskDetailRow | null> {
  const rows = await sql.rows<TaskDetailRow>(
    `${row('$2')}, t.version, t.facts, t.facts_hash from task t ${ROW_JOINS} where t.id = $1`,
    [of.id, of.personId],
  );
  return rows[0] ?? null;
}

/** Who ended a task, in the words of a conflict; null while it is open. */
export async function taskEnd(
  sql: Sql,
  id: string,
): Promise<{ by: string | null; at: string; what: string; status: string } | null> {
  const rows = await sql.rows<{
    status: string;
    at: Date;
    outcome: string | null;
    actor: string | null;
    case_status: string | null;
  }>(
    `select t.status, coalesce(d.decided_at, t.closed_at) as at, d.outcome, p.display_name as actor, coalesce(r.status, s.status) as case_status
       from task t left join decision d on d.id = t.decision_id left join person p on p.id = d.actor_id left join registration r on r.id = t.case_id
       left join special_price_request s on s.id = t.case_id
      where t.id = $1 and t.status in ('decided', 'cancelled')`,
    [id],
  );
  const row = rows[0];
  return row === undefined
    ? null
    : {
        by: row.actor,
        at: row.at.toISOString(),
        what: row.outcome ?? row.status,
        status: row.case_status ?? row.status,
      };
}

/** Everybody of the vendor's who may decide at all at `$1`: `$2` are the roles that decide. */
const DECIDERS = `
  select p.id as "personId", p.side, array_agg(r.role) as roles,
         case when bool_or(r.limit_minor is null) then null else max(r.limit_minor) end as "limitMinor", max(r.limit_currency) as "limitCurrency"
    from person p join person_role r on r.person_id = p.id and r.role = any($2) and $1::timestamptz >= r.valid_from and $1::timestamptz < r.valid_to
   where p.side = 'vendor' and p.active group by p.id, p.side`;

export async function decidersAt(sql: Sql, at: string): Promise<Decider[]> {
  return await sql.rows<Decider>(DECIDERS, [at, authorityOrder]);
}

/** An open task that none of the deciders may decide in his own right. */
export interface UndecidableRow {
  readonly id: string;
  readonly case_id: string | null;
  readonly reference: string | null;
  readonly subject: string;
  readonly opened_at: Date;
  readonly role: string;
  readonly named_id: string | null;
  readonly excluded_ids: readonly string[];
  readonly amount_minor: number | null;
  readonly currency: string | null;
}

/** The deciders at `$1`, and of a task `t` whether none of them may decide it; values as `undecidableValues`. */
const WITH_DECIDERS = `with decider as materialized (${DECIDERS})`;
const NOBODY_DECIDES = `t.status = 'open' and not exists (
        select from decider d where not d."personId" = any(t.excluded_ids)
           and case when t.named_id is null then $3::jsonb -> t.role ?| d.roles else t.named_id = d."personId" end
           and (t.amount_minor is null or d."limitMinor" is null
                or (t.amount_minor <= d."limitMinor" and (d."limitCurrency" is null or d."limitCurrency" = t.currency))))`;

function undecidableValues(at: string): unknown[] {
  const covering = Object.fromEntries(authorityOrder.map((role) => [role, rolesCovering(role)]));
  return [at, authorityOrder, JSON.stringify(covering)];
}

/** Open tasks that nobody may decide (`whyNobodyDecides` says why), the oldest first. */
export async function undecidableTasks(
  sql: Sql,
  input: { at: string; limit: number },
): Promise<UndecidableRow[]> {
  return await sql.rows<UndecidableRow>(
    `${WITH_DECIDERS}
     select t.id, case when t.case_kind = 'deal-registration' then t.case_id end as case_id, coalesce(g.reference, s.reference) as reference, t.subject, t.opened_at, t.role, t.named_id,
            t.excluded_ids, t.amount_minor, t.currency
       from task t left join registration g on g.id = t.case_id left join special_price_request s on s.id = t.case_id
      where ${NOBODY_DECIDES} order by t.opened_at, t.id limit $4`,
    [...undecidableValues(input.at), input.limit],
  );
}

/** How many there are of them. */
export async function countUndecidable(sql: Sql, at: string): Promise<number> {
  const [row] = await sql.rows<{ n: number }>(
    `${WITH_DECIDERS} select count(*)::int as n from task t where ${NOBODY_DECIDES}`,
    undecidableValues(at),
  );
  return row?.n ?? 0;
}

/** How many rows each view of the inbox shows, counted no further than `most`; in one statement. */
export async function countTaskViews(
  sql: Sql,
  input: { views: readonly { id: string; filter: TaskFilter }[]; most: number },
): Promise<ViewCount[]> {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const counts = input.views.map(({ id, filter }) => {
    const where = conditions(filter, parameter);
    if (filter.tone !== null) where.push(toneIs(filter.tone, filter, parameter));
    return `select ${parameter(id)}::text as id, (select count(*) from (select from task t where ${where.join(' and ')} limit ${parameter(input.most)}) v)::int as count`;
  });
  return counts.length === 0 ? [] : await sql.rows<ViewCount>(counts.join(' union all '), values);
}

/** A saved view with how many rows it shows. */
export interface ViewCount {
  readonly id: string;
  readonly count: number;
}

/** Cases with the same question that were decided, latest first. */
export async function similarDecisions(
  sql: Sql,
  task: { id: string; kind: string; programId: string | null; caseId: string },
): Promise<
  { case_id: string; reference: string; outcome: string; reason_code: string | null; decided_at: Date }[]
> {
  return await sql.rows(
    `select d.case_id, coalesce(r.reference, s.reference) as reference, d.outcome, d.reason_code, d.decided_at
       from task t join decision d on d.id = t.decision_id left join registration r on r.id = t.case_id
       left join special_price_request s on s.id = t.case_id
      where coalesce(r.reference, s.reference) is not null and t.status = 'decided' and t.kind = $1 and t.program_id is not distinct from $2 and t.case_id <> $3
      order by t.closed_at desc limit 5`,
    [task.kind, task.programId, task.caseId],
  );
}

/** Where a decision can be taken back; null when there is none of that id. */
export async function findDecision(
  sql: Sql,
  id: string,
): Promise<{ case_id: string; case_kind: string; workflow_id: string; acting_for: string | null } | null> {
  const rows = await sql.rows<{
    case_id: string;
    case_kind: string;
    workflow_id: string;
    acting_for: string | null;
  }>(
    'select t.case_id, t.case_kind, t.workflow_id, d.acting_for from decision d join task t on t.id = d.task_id where d.id = $1',
    [id],
  );
  return rows[0] ?? null;
}
