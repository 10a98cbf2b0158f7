import type { z } from 'zod';
import { claimTask, releaseTask } from '../../adapters/store/claim-own.ts';
import { atTheTask } from '../../adapters/store/absence-own.ts';
import { programCalendars } from '../../adapters/store/directory-reads.ts';
import { findCase } from '../../adapters/store/registration-reads.ts';
import {
  countTasks,
  decidersAt,
  findDecision,
  findTask,
  listTasks,
  similarDecisions,
  taskEnd,
} from '../../adapters/store/task-reads.ts';
import type { TaskDetailRow, TaskFilter, TaskRow } from '../../adapters/store/task-reads.ts';
import type { Sql } from '../../adapters/store/app-database.ts';
import type { DurationUnit } from '../../domain/business-time.ts';
import { authorityOrder, hasAuthority, mayDecide, whyNobodyDecides } from '../../domain/task.ts';
import type { AtTheTask, DecidableTask, DecideVerdict, Decider } from '../../domain/task.ts';
import { dealRegistrationWorkflowId } from '../../workflows/contracts/deal-registration.ts';
import type {
  AssignFacts,
  DecideFacts,
  JudgePairFacts,
  RetractFacts,
} from '../../workflows/contracts/deal-registration.ts';
import type { BusinessClock, BusinessNow } from '../business-clock.ts';
import type { taskRoutes } from '../contract/tasks.ts';
import type { taskRow } from '../contract/tasks.ts';
import { cursorOf, isInstantPlace, placeOf } from '../cursor.ts';
import { notFound, Refused } from '../refused.ts';
import { badgeOf, nearSince, newsOf } from '../registration-view.ts';
import type { Handlers, ProcessRequest, SignedIn } from '../route-handler.ts';

const CLAIM_MS = 15 * 60_000;

type Row = z.input<typeof taskRow>;

/** The inbox and the verbs on tasks. */
export function createTaskHandlers(deps: { businessClock: BusinessClock }): Handlers<typeof taskRoutes> {
  const counted = keptForAMoment<Awaited<ReturnType<typeof countTasks>>>();
  return {
    'GET /api/tasks': async ({ principal, query, atMs }, sql) => {
      const now = await deps.businessClock.at(atMs);
      const reader = await readerOf(sql, principal, atMs);
      const filter = await filterOf({ reader, query, now, sql });
      const after = placeOf(query.cursor, isInstantPlace);
      const rows = await listTasks(sql, filter, { after, limit: query.limit + 1 });
      const { counts, sums } = await counted(filter, atMs, () => countTasks(sql, filter));
      const shown = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? shown.at(-1) : undefined;
      return {
        items: shown.map((row) => taskOf(row, reader, now)),
        nextCursor: last === undefined ? null : cursorOf(last),
        counts,
        sums,
      };
    },
    'GET /api/tasks/:id': async ({ principal, params, atMs }, sql) => {
      const row = await findTask(sql, { id: params.id, personId: principal.personId });
      if (row === null) throw notFound('task', params.id);
      const now = await deps.businessClock.at(atMs);
      const similar = await similarDecisions(sql, {
        id: row.id,
        kind: row.kind,
        programId: row.program_id,
        caseId: row.case_id,
      });
      return {
        ...taskOf(row, await readerOf(sql, principal, atMs), now),
        version: row.version,
        facts: { ...row.facts },
        factsHash: row.facts_hash,
        nobodyDecides:
          row.status === 'open' || row.status === 'paused'
            ? whyNobodyDecides(decidableOf(row), await decidersAt(sql, new Date(atMs).toISOString()))
            : null,
        similar: similar.map((one) => ({
          caseId: one.case_id,
          reference: one.reference,
          outcome: one.outcome,
          reasonCode: one.reason_code,
          decidedAt: one.decided_at.toISOString(),
        })),
      };
    },
    'POST /api/tasks/:id/claim': async ({ principal, params, atMs }, transaction) => {
      const claim = await claimTask(transaction, {
        taskId: params.id,
        personId: principal.personId,
        atMs,
        leaseMs: CLAIM_MS,
      });
      switch (claim.outcome) {
        case 'held':
          return { body: { until: claim.until }, audit: null };
        case 'taken':
          throw new Refused('conflict', {
            detail: `${claim.by} is working on this task.`,
            conflict: { by: claim.by, at: claim.until, what: 'claimed', status: 'open' },
          });
        case 'closed':
          throw new Refused('conflict', { detail: `The task ${params.id} is closed.` });
        case 'absent':
          throw notFound('task', params.id);
        default:
          return claim satisfies never;
      }
    },
    'DELETE /api/tasks/:id/claim': async ({ principal, params }, transaction) => {
      if (!(await releaseTask(transaction, { taskId: params.id, personId: principal.personId })))
        throw notFound('task', params.id);
      return { body: undefined, audit: null };
    },
    'POST /api/tasks/:id/decision': async ({ principal, params, body, atMs }, sql) => {
      const task = await openTask(sql, { id: params.id, personId: principal.personId });
      const verdict = verdictOn(task, await readerOf(sql, principal, atMs));
      if (!verdict.may)
        throw new Refused('forbidden', {
          detail: `You cannot decide the task ${task.id}: ${verdict.why.replaceAll('_', ' ')}.`,
        });
      const facts: DecideFacts = {
        taskId: task.id,
        outcome: body.outcome,
        reasonKey: body.reasonKey,
        fields: body.fields,
        winnerId: body.winnerId,
        sharerIds: body.sharerIds,
        factsHash: body.factsHash,
      };
      return { ...requestOf(task, 'decide', facts, body), actingForId: verdict.actingForId };
    },
    'POST /api/decisions/:id/retraction': async ({ params, body }, sql) => {
      const decision = await findDecision(sql, params.id);
      if (decision === null) throw notFound('decision', params.id);
      const facts: RetractFacts = { decisionId: params.id };
      // Taken back as it was made: in the place of the same person.
      return { ...requestOf(decision, 'retract', facts, body), actingForId: decision.acting_for };
    },
    'POST /api/tasks/:id/assignment': async ({ principal, params, body }, sql) => {
      const task = await openTask(sql, { id: params.id, personId: principal.personId });
      const facts: AssignFacts = { taskId: task.id, personId: body.personId };
      return requestOf(task, 'assign', facts, body);
    },
    'POST /api/account-pairs': async ({ body }, sql) => {
      const found = await findCase(sql, body.registrationId);
      if (found === null) throw notFound('registration', body.registrationId);
      const facts: JudgePairFacts = { otherAccountId: body.otherAccountId, verdict: body.verdict };
      return requestOf(
        {
          case_kind: 'deal-registration',
          case_id: found.id,
          workflow_id: dealRegistrationWorkflowId(found.id),
        },
        'judgePair',
        facts,
        body,
      );
    },
  };
}

const COUNTS_FRESH_MS = 1_000;
const COUNTS_KEPT = 500;

/**
 * Counts and sums read every open task, the page fifty: people who page and refresh share a count of the last second. The key
 * holds the person, so nobody is shown another's.
 */
function keptForAMoment<Value>(): (
  filter: TaskFilter,
  atMs: number,
  count: () => Promise<Value>,
) => Promise<Value> {
  const kept = new Map<string, { atMs: number; value: Value }>();
  return async (filter, atMs, count) => {
    const key = JSON.stringify({ ...filter, at: null, near: null });
    const found = kept.get(key);
    if (found !== undefined && Math.abs(atMs - found.atMs) < COUNTS_FRESH_MS) return found.value;
    const value = await count();
    if (kept.size >= COUNTS_KEPT) kept.clear();
    kept.set(key, { atMs, value });
    return value;
  };
}

function requestOf(
  of: { case_kind: string; case_id: string; workflow_id: string },
  updateName: string,
  facts: object,
  body: object,
): ProcessRequest {
  return {
    caseKind: of.case_kind,
    caseId: of.case_id,
    workflowId: of.workflow_id,
    starts: null,
    updateName,
    facts,
    body,
    actingForId: null,
  };
}

/** The task, still open. The workflow has the last word; this one is quick and says who was first. */
async function openTask(sql: Sql, of: { id: string; personId: string }): Promise<TaskDetailRow> {
  const { id } = of;
  const task = await findTask(sql, of);
  if (task === null) throw notFound('task', id);
  const end = task.status === 'open' || task.status === 'paused' ? null : await taskEnd(sql, id);
  if (end !== null) {
    throw new Refused('conflict', {
      detail: `The task ${id} is closed: ${end.what.replaceAll('_', ' ')}.`,
      conflict: end,
    });
  }
  return task;
}

/** What the inbox can be asked for. */
interface TaskQuery {
  readonly queue?: string | undefined;
  readonly band?: string | undefined;
  readonly kind?: string | undefined;
  readonly show: TaskFilter['show'];
  readonly tone?: NonNullable<TaskFilter['tone']> | undefined;
  readonly search?: string | undefined;
}

/** One reader's filters for any number of questions to the inbox. */
export async function taskFiltersFor(
  sql: Sql,
  of: { principal: SignedIn; now: BusinessNow },
): Promise<(query: TaskQuery) => TaskFilter> {
  const reader = await readerOf(sql, of.principal, of.now.atMs);
  const all = await filterOf({ reader, query: { show: 'all' }, now: of.now, sql });
  return (query) => ({ ...all, ...askedOf(query) });
}

function askedOf(query: TaskQuery): Pick<TaskFilter, 'queue' | 'band' | 'kind' | 'show' | 'tone' | 'search'> {
  return {
    queue: query.queue ?? null,
    band: query.band ?? null,
    kind: query.kind ?? null,
    show: query.show,
    tone: query.tone ?? null,
    search: query.search ?? null,
  };
}

async function filterOf(input: {
  reader: TaskReader;
  query: TaskQuery;
  now: BusinessNow;
  sql: Sql;
}): Promise<TaskFilter> {
  const { reader, query, now, sql } = input;
  const { decider, standsInFor } = reader.atTheTask;
  const programs = await programCalendars(sql);
  return {
    personId: decider.personId,
    places: [placeOfOne(decider, null), ...standsInFor.map((one) => placeOfOne(one.absent, one.capMinor))],
    ...askedOf(query),
    at: new Date(now.atMs).toISOString(),
    near: {
      programIds: programs.map(({ programId }) => programId),
      untils: programs.map(({ calendar }) => new Date(now.nearUntilMs(calendar)).toISOString()),
      otherwise: new Date(now.nearUntilMs('')).toISOString(),
    },
  };
}

/** What a person may decide, himself or as a deputy, in terms of the inbox. */
function placeOfOne(
  { personId, roles, limitMinor, limitCurrency }: Decider,
  capMinor: number | null,
): TaskFilter['places'][number] {
  const limits = [limitMinor, capMinor].filter((limit) => limit !== null);
  return {
    personId,
    coveredRoles: [...new Set([...authorityOrder.filter((role) => hasAuthority(roles, role)), ...roles])],
    limitMinor: limits.length === 0 ? null : Math.min(...limits),
    limitCurrency: limitMinor === null ? null : limitCurrency,
  };
}

/** Who reads: himself as his session knows him, and those he stands in for now. */
interface TaskReader {
  readonly atTheTask: AtTheTask;
  readonly names: ReadonlyMap<string, string>;
}

async function readerOf(sql: Sql, principal: SignedIn, atMs: number): Promise<TaskReader> {
  const { person, names } = await atTheTask(sql, {
    personId: principal.personId,
    at: new Date(atMs).toISOString(),
  });
  return { atTheTask: { decider: principal, standsInFor: person?.standsInFor ?? [] }, names };
}

function verdictOn(row: TaskRow, reader: TaskReader): DecideVerdict {
  return mayDecide(decidableOf(row), reader.atTheTask);
}

function decidableOf(row: TaskRow): DecidableTask {
  return {
    role: row.role,
    namedId: row.named_id,
    excludedIds: row.excluded_ids,
    amountMinor: row.amount_minor,
    currency: row.currency,
    status: row.status,
  };
}

function taskOf(row: TaskRow, reader: TaskReader, now: BusinessNow): Row {
  const verdict = verdictOn(row, reader);
  const actingForId = verdict.may ? verdict.actingForId : null;
  const claimed =
    row.claimed_by !== null && row.claimed_until !== null && row.claimed_until.getTime() > now.atMs;
  return {
    id: row.id,
    caseId: row.case_id,
    caseKind: row.case_kind,
    kind: row.kind as Row['kind'],
    subject: row.subject,
    partnerName: row.partner_name,
    reference: row.reference,
    programId: row.program_id,
    question: row.question,
    queue: row.queue,
    role: row.role,
    bandKey: row.band_key,
    outcomes: row.outcomes as Row['outcomes'],
    amount:
      row.amount_minor === null || row.currency === null
        ? null
        : { amountMinor: row.amount_minor, currency: row.currency },
    openedAt: row.opened_at.toISOString(),
    due: dueOf(row, now),
    claimedBy:
      claimed && row.claimed_by !== null && row.claimed_until !== null
        ? {
            id: row.claimed_by,
            displayName: row.claimed_by_name ?? '',
            until: row.claimed_until.toISOString(),
          }
        : null,
    mayDecide: verdict.may,
    whyNot: verdict.may ? null : verdict.why,
    actingFor:
      actingForId === null ? null : { id: actingForId, displayName: reader.names.get(actingForId) ?? '' },
    unjudged: row.unjudged,
    news: newsOf(row),
  };
}

function dueOf(row: TaskRow, now: BusinessNow): Row['due'] {
  if (row.due_at === null) return null;
  const dueMs = row.due_at.getTime();
  const phase = row.status === 'paused' ? 'paused' : 'running';
  const calendar = row.clock?.calendar ?? '';
  return badgeOf(
    {
      kind: row.clock?.kind ?? row.kind,
      phase,
      // A task whose clock is not its own (a joint one) counts business time.
      unit: (row.clock?.unit as DurationUnit | null | undefined) ?? 'businessHour',
      calendar,
      dueMs,
      dueSoonAtMs: nearSince(now, calendar, dueMs),
      breachedAtMs: row.breached_at?.getTime() ?? null,
      remainingMs: phase === 'paused' ? (row.clock?.remainingMs ?? null) : null,
    },
    now,
  );
}
