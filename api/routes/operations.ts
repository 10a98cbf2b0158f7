import { randomBytes } from 'node:crypto';
import { auditRows } from '../../adapters/store/audit-reads.ts';
import {
  beginHold,
  endHold,
  reassignMail,
  retryStuck,
  skipStuck,
} from '../../adapters/store/operations-own.ts';
import {
  attainmentOf,
  attainmentTargets,
  dueTasks,
  holdNow,
  mailRecipients,
  stagesOf,
  stuckItems,
  teamsOf,
} from '../../adapters/store/operations-reads.ts';
import type { DueRow, StuckRow } from '../../adapters/store/operations-reads.ts';
import type { Sql } from '../../adapters/store/app-database.ts';
import { decidersAt, undecidableTasks } from '../../adapters/store/task-reads.ts';
import type { UndecidableRow } from '../../adapters/store/task-reads.ts';
import { promiseClocks } from '../../domain/deal-registration/clocks.ts';
import { formatId } from '../../domain/ids.ts';
import { whyNobodyDecides } from '../../domain/task.ts';
import type { Decider } from '../../domain/task.ts';
import { nobodyDecidesWords, stuckRemedyWords } from '../../domain/words/en.ts';
import type { operationsRoutes, StuckItem } from '../contract/operations.ts';
import { behind, cursorOf, isNumberPlace, namedPage, placeOf } from '../cursor.ts';
import { notFound, problemOf, Refused } from '../refused.ts';
import { iso } from '../registration-view.ts';
import type { Handlers } from '../route-handler.ts';

const DAY_MS = 24 * 3_600_000;
const ATTAINMENT_WEEKS = 12;
const LIST_ROWS = 50;
const STUCK_ROWS = 200;
/** A delivery is retried by itself for this long before people are shown it. */
const STUCK_AFTER_MS = 30_000;
const UNSEALED_AFTER_MS = 15_000;

/** The operations board, what is stuck and what may be done about it, holds, and the audit chain. */
export function createOperationsHandlers(): Handlers<typeof operationsRoutes> {
  return {
    'GET /api/operations/board': async ({ atMs }, sql) => {
      const at = new Date(atMs).toISOString();
      const dayEnd = new Date(atMs + DAY_MS).toISOString();
      const teams = await teamsOf(sql, { at, dayEnd });
      const stuck = await allStuck(sql, atMs);
      const hold = await holdNow(sql, at);
      const count = (...kinds: StuckRow['kind'][]): number =>
        stuck.filter(({ kind }) => kinds.includes(kind)).length;
      const oldest = stuck.map(({ since }) => since.getTime());
      return {
        asOf: at,
        teams: teams.map((team) => ({
          queue: team.queue,
          open: team.open,
          dueToday: team.due_today,
          breached: team.breached,
          paused: team.paused,
          oldestOpenedAt: iso(team.oldest),
        })),
        stages: await stagesOf(sql),
        attainment: await attainmentOf(sql, {
          since: new Date(atMs - ATTAINMENT_WEEKS * 7 * DAY_MS).toISOString(),
          at,
          kinds: promiseClocks,
        }),
        attainmentTargets: await attainmentTargets(sql, { at }),
        due: (await dueTasks(sql, { which: 'due', at, dayEnd, limit: LIST_ROWS })).map(dueOf),
        breached: (await dueTasks(sql, { which: 'breached', at, dayEnd, limit: LIST_ROWS })).map(dueOf),
        stuck: {
          receipts: count('receipt'),
          outbound: count('mail', 'signal'),
          imports: count('import'),
          unsealed: count('unsealed'),
          workflows: count('workflow'),
          tasks: count('task'),
          oldestAt: oldest.length === 0 ? null : new Date(Math.min(...oldest)).toISOString(),
        },
        hold:
          hold === null
            ? null
            : { id: hold.id, fromAt: hold.from_at.toISOString(), toAt: iso(hold.to_at), reason: hold.reason },
      };
    },
    'GET /api/operations/stuck': async ({ atMs }, sql) => ({
      items: (await allStuck(sql, atMs)).map((row) => ({
        kind: row.kind,
        id: row.id,
        caseId: row.case_id,
        reference: row.reference,
        since: row.since.toISOString(),
        attempts: row.attempts,
        cause: row.cause,
        parked: row.parked,
        actions: actionsOn(row),
        remedy: row.kind === 'workflow' || row.kind === 'unsealed' ? stuckRemedyWords[row.kind] : null,
      })),
    }),
    'POST /api/operations/stuck/:kind/:id/retry': async ({ params, atMs }, transaction) => {
      if (!(await retryStuck(transaction, { ...params, atMs })))
        throw notFound(`open ${params.kind}`, params.id);
      return {
        body: { id: params.id },
        audit: { action: 'delivery_retried', subject: `${params.kind}:${params.id}`, content: {} },
      };
    },
    'POST /api/operations/stuck/:kind/:id/skip': async ({ principal, params, body, atMs }, transaction) => {
      const answer = problemOf(
        'not_allowed_now',
        { detail: 'This could not be delivered and was given up. Nothing was changed.' },
        `receipt:${params.id}`,
      );
      const skipped = await skipStuck(transaction, {
        ...params,
        personId: principal.personId,
        reason: body.reason,
        answer: { statusCode: answer.status, body: answer },
        atMs,
      });
      if (!skipped)
        throw notFound(
          params.kind === 'receipt' || params.kind === 'import'
            ? `parked ${params.kind}`
            : `open ${params.kind}`,
          params.id,
        );
      return {
        body: { id: params.id },
        audit: {
          action: 'delivery_skipped',
          subject: `${params.kind}:${params.id}`,
          content: { reason: body.reason },
        },
      };
    },
    'GET /api/operations/stuck/mail/:id/recipients': async ({ params, query, atMs }, sql) => {
      const rows = await mailRecipients(sql, {
        ...behind(query),
        id: params.id,
        at: new Date(atMs).toISOString(),
        personId: null,
      });
      return namedPage(rows, query.limit, ({ displayName, id }) => ({ place: displayName, id }));
    },
    'POST /api/operations/stuck/mail/:id/reassign': async ({ params, body, atMs }, transaction) => {
      const outcome = await reassignMail(transaction, { id: params.id, personId: body.personId, atMs });
      if (outcome === 'absent') throw notFound('mail that was set aside', params.id);
      if (outcome === 'not_theirs')
        throw new Refused('invalid_request', {
          detail: 'The mail cannot go to that person.',
          errors: [
            { pointer: '/personId', reason: 'Choose somebody of the same house who may read what it says.' },
          ],
        });
      return {
        body: { id: params.id },
        audit: {
          action: 'mail_reassigned',
          subject: `mail:${params.id}`,
          content: { from: outcome.from, to: body.personId, reason: body.reason },
        },
      };
    },
    'POST /api/holds': async ({ principal, body, atMs }, transaction) => {
      const toMs = body.toAt === null ? null : Date.parse(body.toAt);
      if (toMs !== null && toMs <= atMs)
        throw new Refused('invalid_request', {
          detail: 'One field is not valid.',
          errors: [{ pointer: '/toAt', reason: 'Give an instant that lies ahead, or none.' }],
        });
      const id = formatId('hold', atMs, randomBytes(16));
      if (
        !(await beginHold(transaction, {
          id,
          fromMs: atMs,
          toMs,
          reason: body.reason,
          setBy: principal.personId,
        }))
      ) {
        throw new Refused('conflict', { detail: 'The clocks are on hold already.' });
      }
      return {
        body: { id, fromAt: new Date(atMs).toISOString() },
        audit: { action: 'hold_begun', subject: id, content: { reason: body.reason, toAt: body.toAt } },
      };
    },
    'POST /api/holds/:id/end': async ({ principal, params, atMs }, transaction) => {
      if (!(await endHold(transaction, { id: params.id, endedBy: principal.personId, atMs })))
        throw notFound('hold that is on', params.id);
      const toAt = new Date(atMs).toISOString();
      return {
        body: { id: params.id, toAt },
        audit: { action: 'hold_ended', subject: params.id, content: { toAt } },
      };
    },
    'GET /api/audit': async ({ query }, sql) => {
      const after = placeOf(query.cursor, isNumberPlace);
      const rows = await auditRows(sql, {
        subject: query.subject ?? null,
        actorId: query.actorId ?? null,
        from: query.from ?? null,
        to: query.to ?? null,
        beforeId: after === null ? null : Number(after.place),
        limit: query.limit + 1,
      });
      const shown = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? shown.at(-1) : undefined;
      return {
        items: shown.map((row) => ({ ...row, at: row.at.toISOString() })),
        nextCursor: last === undefined ? null : cursorOf({ place: String(last.id), id: String(last.id) }),
      };
    },
  };
}

/** What cannot go on: deliveries, workflows, seals, and tasks that nobody may decide. */
async function allStuck(sql: Sql, atMs: number): Promise<StuckRow[]> {
  const at = new Date(atMs).toISOString();
  const items = await stuckItems(sql, { ...stuckSince(atMs), limit: STUCK_ROWS });
  const tasks = await undecidableTasks(sql, { at, limit: STUCK_ROWS });
  const deciders = tasks.length === 0 ? [] : await decidersAt(sql, at);
  return [...items, ...tasks.flatMap((task) => stuckTask(task, deciders))];
}

/** The record finds such tasks, the rule says why; none where the two would not agree. */
function stuckTask(row: UndecidableRow, deciders: readonly Decider[]): StuckRow[] {
  const why = whyNobodyDecides(
    {
      role: row.role,
      namedId: row.named_id,
      excludedIds: row.excluded_ids,
      amountMinor: row.amount_minor,
      currency: row.currency,
      status: 'open',
    },
    deciders,
  );
  if (why === null) return [];
  return [
    {
      kind: 'task',
      id: row.id,
      case_id: row.case_id,
      reference: row.reference ?? row.subject,
      since: row.opened_at,
      attempts: 0,
      cause: nobodyDecidesWords[why],
      parked: false,
      movable: false,
    },
  ];
}

function stuckSince(atMs: number): { openSince: string; unsealedSince: string } {
  return {
    openSince: new Date(atMs - STUCK_AFTER_MS).toISOString(),
    unsealedSince: new Date(atMs - UNSEALED_AFTER_MS).toISOString(),
  };
}

function dueOf(row: DueRow): {
  caseId: string;
  jointTaskId: string | null;
  reference: string;
  subject: string;
  queue: string;
  dueAt: string;
  breachedAt: string | null;
  partnerName: string;
} {
  return {
    caseId: row.case_id,
    jointTaskId: row.joint_task_id,
    reference: row.reference,
    subject: row.subject,
    queue: row.queue,
    dueAt: row.due_at.toISOString(),
    breachedAt: iso(row.breached_at),
    partnerName: row.partner_name,
  };
}

function actionsOn(row: StuckRow): StuckItem['actions'] {
  switch (row.kind) {
    case 'receipt':
    case 'import':
      // What may still be under way is not given up.
      return row.parked ? ['retry', 'skip'] : ['retry'];
    case 'mail':
      return row.movable ? ['retry', 'skip', 'reassign'] : ['retry', 'skip'];
    case 'signal':
      return ['retry', 'skip'];
    case 'task':
      return ['reassign'];
    case 'workflow':
    case 'unsealed':
      return [];
    default:
      return row.kind satisfies never;
  }
}
