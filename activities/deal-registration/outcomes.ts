import type { Submission } from '../../api/contract/deal-registrations.ts';
import {
  SlotTaken,
  countUnjudged,
  endProtection,
  lockFamilies,
  readCustomerHistory,
  readLines,
  reserveProtection,
  writeLines,
  writeMatches,
} from '../../adapters/store/deal-registration.ts';
import type { RegistrationLine } from '../../adapters/store/deal-registration.ts';
import { insertDecision } from '../../adapters/store/tasks.ts';
import type { TaskRow } from '../../adapters/store/tasks.ts';
import {
  activityCheckClock,
  appealWindowClock,
  conflictClock,
  protectionClock,
} from '../../domain/deal-registration/clocks.ts';
import { protectionLength, protectionPeriod } from '../../domain/deal-registration/protection.ts';
import { routeOfRole } from '../../domain/deal-registration/routing.ts';
import type { ClosureCode } from '../../domain/deal-registration/status.ts';
import { moveDeadline } from '../../domain/sla-clock.ts';
import {
  Refused,
  ask,
  cancelClocks,
  dropTasks,
  go,
  isoOrNull,
  meet,
  onClocks,
  pause,
  stableId,
  start,
  tellPartner,
} from './case-work.ts';
import type { CaseWork, StepEnd } from './case-work.ts';
import { findRivals } from './rivals.ts';
import { familiesOf, linesOf, registrationFacts } from './submission.ts';

/* What becomes of a case, whoever brought it about: a person, a clock, or the machine. */

const SECOND_MS = 1_000;

/** Protection takes effect at approval: its clock, its reminders, and the check of activity begin. */
export async function approve(work: CaseWork, decidedAtMs: number): Promise<StepEnd> {
  await meet(work, ['first_response', 'decision', 'conflict'], decidedAtMs);
  await cancelClocks(work, ['appeal_window', 'late_extension']);
  go(work, 'approved');
  work.closureCode = null;
  const fromMs = work.change.protectedFromMs ?? work.row.protectedFromMs ?? work.atMs;
  const untilMs = work.change.protectedUntilMs ?? work.row.protectedUntilMs ?? work.atMs;
  const lines = await readLines(work.tx, work.row.id);
  const length = protectionLength({
    policy: work.policy,
    registration: registrationFacts(work, lines),
    partner: work.partner,
  });
  const clock = await start(work, protectionClock(work.policy, length));
  // Where the length is counted from another day than approval the deadline is that of the reserved range.
  if (clock.clock.dueAtMs !== untilMs) {
    await onClocks(work, ['protection'], (row) =>
      moveDeadline({
        clock: row.clock,
        calendar: work.calendar,
        atMs: work.atMs,
        dueAtMs: untilMs,
        reason: 'counted_from_policy',
      }),
    );
  }
  const check = activityCheckClock(work.policy);
  if (check !== null) await start(work, check);
  work.approved = approvedFacts(work, lines);
  work.change = {
    ...work.change,
    queue: null,
    closedAtMs: null,
    answerByMs: null,
    protectedFromMs: fromMs,
    protectedUntilMs: untilMs,
  };
  tellPartner(work, 'decided', { outcome: 'approved', protectedUntil: isoOrNull(untilMs) });
  return {
    kind: 'approved',
    audience: 'everyone',
    facts: {
      protectedFrom: isoOrNull(fromMs),
      protectedUntil: isoOrNull(untilMs),
      policyVersion: work.policyVersion,
    },
  };
}

function approvedFacts(
  work: CaseWork,
  lines: readonly RegistrationLine[],
): NonNullable<CaseWork['approved']> {
  return {
    valueMinor: work.change.valueMinor ?? work.row.valueMinor,
    expectedClose: work.change.expectedClose ?? work.row.expectedClose,
    families: familiesOf(lines),
  };
}

/** A denial, with its closure code; the time for an appeal begins unless this was one. */
export async function reject(work: CaseWork, code: ClosureCode, decidedAtMs: number): Promise<StepEnd> {
  await meet(work, ['first_response', 'decision', 'conflict'], decidedAtMs);
  await cancelClocks(work, ['information']);
  await dropTasks(work, 'all');
  go(work, 'rejected');
  work.closureCode = code;
  const appeal = work.appealed ? null : appealWindowClock(work.policy);
  if (appeal !== null) await start(work, appeal);
  work.change = {
    ...work.change,
    queue: null,
    closedAtMs: work.atMs,
    answerByMs: null,
    protectedFromMs: null,
    protectedUntilMs: null,
  };
  tellPartner(work, 'decided', { outcome: 'denied', closureCode: code, final: appeal === null });
  return {
    kind: 'rejected',
    audience: 'everyone',
    facts: { final: appeal === null, policyVersion: work.policyVersion },
    privateFacts: { closureCode: code },
  };
}

/** A denial by machine, where policy allows one and the verdict is `duplicate`. */
export async function denyAtOnce(
  work: CaseWork,
  input: { closureCode: ClosureCode; privateFacts: Record<string, unknown> },
): Promise<StepEnd> {
  await insertDecision(work.tx, {
    id: stableId(work, 'dec', 'machine'),
    taskId: null,
    caseId: work.row.id,
    seq: work.seq,
    partnerId: work.row.partnerId,
    outcome: 'deny',
    reasonCode: input.closureCode,
    words: '',
    privateNote: '',
    actorId: null,
    actingForId: null,
    policyId: work.row.policyId,
    policyVersion: work.policyVersion,
    factsHash: work.row.materialHash,
    decidedAtMs: work.atMs,
    effectiveAtMs: work.atMs,
    retracts: null,
  });
  const end = await reject(work, input.closureCode, work.atMs);
  return { ...end, facts: { ...end.facts, byMachine: true }, privateFacts: input.privateFacts };
}

/** A conflict: clocks of the decision stand still, and somebody with the authority resolves it. */
export async function openConflict(
  work: CaseWork,
  input: { cause: string; privateFacts: Record<string, unknown> },
): Promise<StepEnd> {
  const { row, policy } = work;
  go(work, 'in_conflict');
  await pause(work, ['decision', 'first_response'], 'conflict');
  const clock = await start(work, conflictClock(policy), { vendorOnly: true });
  await ask(work, {
    kind: 'conflict_resolution',
    question: 'resolve_conflict',
    route: routeOfRole(policy, policy.conflict.resolvedBy),
    outcomes: ['protect_partner', 'award_other', 'no_conflict'],
    facts: {
      materialHash: work.change.materialHash ?? row.materialHash,
      policyVersion: work.policyVersion,
      cause: input.cause,
    },
    excludedIds: [row.submittedBy],
    dueAtMs: clock.clock.dueAtMs,
  });
  return {
    kind: 'conflict_opened',
    audience: 'vendor',
    facts: { cause: input.cause },
    privateFacts: input.privateFacts,
  };
}

/**
 * Matches again under the lock of each product family and reserves the slot. Gives null when it is reserved,
 * or how the step ends instead: back to review for a pair nobody judged, or into a conflict.
 */
export async function reserveSlot(work: CaseWork, task: Pick<TaskRow, 'kind'>): Promise<StepEnd | null> {
  const lines = await readLines(work.tx, work.row.id);
  const families = familiesOf(lines);
  await lockFamilies(work.tx, families);
  const found = await findRivals(work, families);
  const fresh = await writeMatches(work.tx, work.row.id, work.atMs, found.matches);
  const resolving = task.kind === 'conflict_resolution';
  if ((await countUnjudged(work.tx, work.row.id)) > 0) {
    if (fresh === 0)
      throw new Refused('not_allowed_now', {
        detail: 'A possible match is unjudged. Say whether it is the same company, then approve.',
      });
    if (work.status === 'pending_approval')
      return {
        kind: 'matched',
        audience: 'vendor',
        statusCode: 409,
        facts: {},
        answer: newMatchProblem(work),
      };
  }
  const taken = found.rivals.some((rival) => rival.protected);
  if (!resolving && found.directEngaged) return conflictInstead(work, 'direct_engaged');
  if (taken) return conflictInstead(work, 'slot_taken');
  const period = protectionPeriod({
    policy: work.policy,
    registration: registrationFacts(
      work,
      lines,
      (await readCustomerHistory(work.tx, [work.row.accountId])).segment,
    ),
    partner: work.partner,
    calendar: work.calendar,
    approvalEffectiveAtMs: work.atMs + work.policy.undoWindowSeconds * SECOND_MS,
  });
  if (period === null)
    throw new Refused('not_allowed_now', {
      detail: 'The protection would be over before the approval takes effect. Ask for a correction or deny.',
    });
  try {
    await reserveProtection(work.tx, {
      registrationId: work.row.id,
      partnerId: work.row.partnerId,
      accountId: work.row.accountId,
      families,
      shareGroup: work.row.id,
      fromMs: period.fromMs,
      toMs: period.toMs,
    });
  } catch (error) {
    if (error instanceof SlotTaken) return conflictInstead(work, 'slot_taken');
    throw error;
  }
  work.change = { ...work.change, protectedFromMs: period.fromMs, protectedUntilMs: period.toMs };
  return null;
}

async function conflictInstead(work: CaseWork, cause: string): Promise<StepEnd> {
  if (work.status === 'in_conflict')
    throw new Refused('conflict', {
      detail:
        'The account and product family are protected for another registration. End that protection first, or award the other.',
      conflict: lastOf(work),
    });
  await dropTasks(work, ['registration_review', 'appeal']);
  const conflict = await openConflict(work, { cause, privateFacts: {} });
  return {
    ...conflict,
    statusCode: 409,
    answer: {
      type: '/problems/conflict',
      title: 'Somebody or something was first',
      status: 409,
      detail:
        cause === 'slot_taken'
          ? 'The account and product family were protected for another registration meanwhile; a conflict was opened.'
          : 'The direct sales team works this customer; a conflict was opened.',
      instance: work.row.id,
      conflict: {
        by: null,
        at: new Date(work.atMs).toISOString(),
        what: 'conflict_opened',
        status: 'in_conflict',
      },
    },
  };
}

function newMatchProblem(work: CaseWork): unknown {
  return {
    type: '/problems/conflict',
    title: 'Somebody or something was first',
    status: 409,
    detail: 'A new possible match was found while approving. Judge it, then approve.',
    instance: work.row.id,
    conflict: { by: null, at: new Date(work.atMs).toISOString(), what: 'matched', status: work.status },
  };
}

/** Stops every clock, drops every task, gives the protection back: the case is over. */
export async function end(work: CaseWork): Promise<void> {
  await cancelClocks(work, 'all');
  await dropTasks(work, 'all');
  await endProtection(work.tx, work.row.id, work.atMs);
  work.pending = null;
  work.matching = false;
  work.extensionAsked = false;
  const untilMs = work.row.protectedUntilMs;
  work.change = {
    ...work.change,
    queue: null,
    answerByMs: null,
    closedAtMs: work.atMs,
    ...(untilMs !== null && untilMs > work.atMs ? { protectedUntilMs: work.atMs } : {}),
  };
}

/** What an amendment changes; absent parts stay. */
export interface Amendment {
  readonly value?: { readonly amountMinor: number; readonly currency: string };
  readonly lines?: Submission['lines'];
  readonly expectedClose?: string;
}

/** Writes an amendment into the registration; new families are protected for the rest of the range, all or nothing. */
export async function amendNow(work: CaseWork, amendment: Amendment): Promise<void> {
  const { row } = work;
  if (amendment.value !== undefined)
    work.change = { ...work.change, valueMinor: amendment.value.amountMinor };
  if (amendment.expectedClose !== undefined)
    work.change = { ...work.change, expectedClose: amendment.expectedClose };
  if (amendment.lines === undefined) return;
  const lines = await linesOf(work.tx, { lines: amendment.lines });
  const families = familiesOf(lines);
  await lockFamilies(work.tx, families);
  const found = await findRivals(work, families);
  if (found.rivals.some((rival) => rival.protected))
    throw new Refused('conflict', {
      detail: 'A product family of the amendment is protected for another registration.',
      conflict: lastOf(work),
    });
  await writeLines(work.tx, { registrationId: row.id, partnerId: row.partnerId, lines });
  await reserveProtection(work.tx, {
    registrationId: row.id,
    partnerId: row.partnerId,
    accountId: row.accountId,
    families,
    shareGroup: row.id,
    fromMs: row.protectedFromMs ?? work.atMs,
    toMs: row.protectedUntilMs,
  });
  work.change = { ...work.change, details: { ...row.details, lines: amendment.lines } };
}

/** Who did the last thing to the case: what a click that came too late is told. */
export function lastOf(work: CaseWork): { by: string | null; at: string; what: string; status: string } {
  const { last } = work.row.state;
  return { by: last.byId, at: new Date(last.atMs).toISOString(), what: last.what, status: work.row.status };
}
