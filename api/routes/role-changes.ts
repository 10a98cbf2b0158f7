import { createHash, randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { atTheTask, standsInForOf } from '../../adapters/store/absence-own.ts';
import type { OwnTransaction } from '../../adapters/store/app-database.ts';
import {
  addRoleChange,
  changeOf,
  decideRoleChange,
  holdersAround,
  lockPeople,
  lockRoleChange,
  makeRoleChange,
  namedTasksOf,
  openRoleChange,
  roleChangesOf,
  sendBackToQueue,
} from '../../adapters/store/role-change-config.ts';
import type { NamedTask, RoleChangeRow } from '../../adapters/store/role-change-config.ts';
import { may } from '../../domain/access.ts';
import { formatId } from '../../domain/ids.ts';
import { keepsTask, whyNotChange, whyNotGiveVerdict } from '../../domain/role-change.ts';
import type { RoleChange, RoleChangeRefusal, RoleChangeVerdict } from '../../domain/role-change.ts';
import { roleChangeRefusalWords, roleVerdictRefusalWords } from '../../domain/words/role-changes.ts';
import type { roleChange, roleChangeRoutes } from '../contract/role-changes.ts';
import { updateIdOf } from '../process-write.ts';
import { notFound, Refused } from '../refused.ts';
import { iso } from '../registration-view.ts';
import type { Handlers, SignedIn } from '../route-handler.ts';

/** Who may do what is changed by two people: one proposes, another confirms or declines. */
export function createRoleChangeHandlers(): Handlers<typeof roleChangeRoutes> {
  return {
    'GET /api/role-changes': async ({ principal, atMs }, sql) => {
      const at = new Date(atMs).toISOString();
      const { person } = await atTheTask(sql, { personId: principal.personId, at });
      const standsInFor = (person?.standsInFor ?? []).map(({ absent }) => absent.personId);
      return {
        items: (await roleChangesOf(sql, at)).map((row) => viewOf(row, { principal, standsInFor })),
      };
    },
    'POST /api/role-changes': async ({ principal, body, atMs }, transaction) => {
      const { personId, words, ...change } = body;
      await lockPeople(transaction);
      const { person, staff } = await holdersAround(transaction, { personId, atMs });
      if (person === null)
        throw new Refused('invalid_request', {
          detail: 'The change cannot be proposed.',
          errors: [{ pointer: '/personId', reason: 'There is no such person.' }],
        });
      refuseUnlessMade(whyNotChange(change, { person, byId: principal.personId, staff }));
      const open = await openRoleChange(transaction, {
        personId,
        role: 'role' in change ? change.role : null,
      });
      if (open !== null)
        throw new Refused('conflict', {
          detail: 'A change of the same waits for its second person already.',
          conflict: {
            by: open.proposedByName,
            at: open.proposedAt.toISOString(),
            what: 'proposed',
            status: 'open',
          },
        });
      const id = formatId('roleChange', atMs, randomBytes(16));
      await addRoleChange(transaction, { id, personId, change, words, proposedBy: principal.personId, atMs });
      return {
        body: { id },
        audit: { action: 'role_change_proposed', subject: personId, content: { id, ...change, words } },
      };
    },
    'POST /api/role-changes/:id/decision': async ({ principal, params, body, atMs }, transaction) => {
      const { verdict, words } = body;
      await lockPeople(transaction);
      const row = await lockRoleChange(transaction, { id: params.id, atMs });
      if (row === null) throw notFound('role change', params.id);
      if (row.status !== 'open')
        throw new Refused('conflict', {
          detail: `The change ${row.id} is ${row.status} already.`,
          conflict: {
            by: row.decidedByName,
            at: (row.decidedAt ?? row.proposedAt).toISOString(),
            what: row.status,
            status: row.status,
          },
        });
      const why = whyNotGiveVerdict(verdict, {
        ...partsOf(row),
        personId: principal.personId,
        mayConfirm: may(principal, 'people.confirm'),
        standsInFor: await standsInForOf(transaction, { deputyId: principal.personId, atMs }),
      });
      if (why !== null)
        throw new Refused('forbidden', {
          detail: `You cannot ${verdict} the change ${row.id}.`,
          errors: [{ pointer: '/verdict', reason: roleVerdictRefusalWords[why] }],
        });
      const change = changeOf(row);
      const status = verdict === 'confirm' ? 'confirmed' : 'declined';
      const made =
        verdict === 'confirm'
          ? await carryOut(transaction, { row, change, principal, atMs })
          : { sessionsEnded: 0, tasksSentBack: 0 };
      await decideRoleChange(transaction, { id: row.id, status, decidedBy: principal.personId, words, atMs });
      return {
        body: { id: row.id, status, ...made },
        audit: {
          action: `role_change_${status}`,
          subject: row.personId,
          content: { id: row.id, ...change, proposedBy: row.proposedBy, words, ...made },
        },
      };
    },
  };
}

/** Looks once more whether it can be made, as things stand now, and makes it. */
async function carryOut(
  transaction: OwnTransaction,
  of: { row: RoleChangeRow; change: RoleChange; principal: SignedIn; atMs: number },
): Promise<{ sessionsEnded: number; tasksSentBack: number }> {
  const { row, change, principal, atMs } = of;
  const { personId } = row;
  const { person, staff } = await holdersAround(transaction, { personId, atMs });
  if (person === null) throw notFound('person', personId);
  refuseUnlessMade(whyNotChange(change, { person, byId: row.proposedBy, staff }));
  const { sessionsEnded } = await makeRoleChange(transaction, { personId, change, atMs });
  const lost = (await namedTasksOf(transaction, personId)).filter((task) => !keepsTask(change, person, task));
  for (const task of lost) await sendBack(transaction, { task, row, actorId: principal.personId });
  return { sessionsEnded, tasksSentBack: lost.length };
}

const ASSIGN_ROUTE = 'POST /api/tasks/:id/assignment';

/** The task is its process's: it is asked, with the confirmation, to put it back into its queue. */
async function sendBack(
  transaction: OwnTransaction,
  of: { task: NamedTask; row: RoleChangeRow; actorId: string },
): Promise<void> {
  const { task, row, actorId } = of;
  const idempotencyKey = `${row.id}:${task.id}`;
  const words = 'Whoever had it may not decide it any more.';
  await sendBackToQueue(transaction, {
    task,
    actorId,
    words,
    route: ASSIGN_ROUTE,
    updateName: 'assign',
    idempotencyKey,
    updateId: updateIdOf({ personId: actorId, route: ASSIGN_ROUTE, idempotencyKey }),
    bodyHash: createHash('sha256').update(idempotencyKey).digest('hex'),
  });
}

const pointers: Readonly<Record<RoleChangeRefusal, string>> = {
  own_roles: '/personId',
  role_of_the_other_side: '/role',
  role_held_already: '/role',
  role_not_held: '/role',
  duties_apart: '/role',
  role_without_limit: '/limit',
  limit_as_it_is: '/limit',
  limit_in_another_currency: '/limit/currency',
  limit_would_not_hold: '/limit',
  suspended_already: '/kind',
  not_suspended: '/kind',
  last_administrator: '/personId',
  nobody_would_confirm: '/personId',
};

function refuseUnlessMade(refusals: readonly RoleChangeRefusal[]): void {
  if (refusals.length === 0) return;
  throw new Refused('not_allowed_now', {
    detail: 'The change cannot be made.',
    errors: refusals.map((why) => ({ pointer: pointers[why], reason: roleChangeRefusalWords[why] })),
  });
}

function partsOf(row: RoleChangeRow): {
  proposal: { personId: string; proposedBy: string };
  proposerStillMay: boolean;
} {
  return {
    proposal: { personId: row.personId, proposedBy: row.proposedBy },
    proposerStillMay: row.proposerStillMay,
  };
}

function viewOf(
  row: RoleChangeRow,
  reader: { principal: SignedIn; standsInFor: readonly string[] },
): z.input<typeof roleChange> {
  const change = changeOf(row);
  const whyNot = (verdict: RoleChangeVerdict) =>
    whyNotGiveVerdict(verdict, {
      ...partsOf(row),
      personId: reader.principal.personId,
      mayConfirm: may(reader.principal, 'people.confirm'),
      standsInFor: reader.standsInFor,
    });
  return {
    id: row.id,
    person: { id: row.personId, displayName: row.personName, partnerName: row.partnerName },
    kind: row.kind,
    role: row.role,
    limit: 'limit' in change ? change.limit : null,
    words: row.words,
    proposedBy: { id: row.proposedBy, displayName: row.proposedByName },
    proposedAt: row.proposedAt.toISOString(),
    status: row.status,
    decidedBy: row.decidedByName,
    decidedAt: iso(row.decidedAt),
    decidedWords: row.decidedWords,
    whyNotConfirm: whyNot('confirm'),
    whyNotDecline: whyNot('decline'),
  };
}
