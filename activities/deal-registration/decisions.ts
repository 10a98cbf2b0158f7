import {
  dropReservation,
  keepProtectionOf,
  moveProtectionEnd,
  readLines,
} from '../../adapters/store/deal-registration.ts';
import { closeTask, lockTask, readDecision, reopenTask } from '../../adapters/store/tasks.ts';
import type { TaskRow } from '../../adapters/store/tasks.ts';
import { waitsForWindow } from '../../domain/deal-registration/case.ts';
import type { PendingDecision, TaskKind } from '../../domain/deal-registration/case.ts';
import { informationClock, protectionClock } from '../../domain/deal-registration/clocks.ts';
import { extendedEndMs } from '../../domain/deal-registration/protection.ts';
import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import type { ClosureCode } from '../../domain/deal-registration/status.ts';
import { decisionNeeds } from '../../domain/deal-registration/task-outcomes.ts';
import { moveDeadline, resumeClock } from '../../domain/sla-clock.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import type { AssignFacts, DecideFacts, RetractFacts } from '../../workflows/contracts/deal-registration.ts';
import {
  Refused,
  cancelClocks,
  isoOrNull,
  meet,
  onClocks,
  pause,
  resume,
  start,
  tellPartner,
  writeDecision,
} from '../case-work.ts';
import type { StepEnd } from '../case-work.ts';
import { assignTask, decidableTask, retractable, wordsOf } from '../task-desk.ts';
import type { DecisionWords, TaskDesk } from '../task-desk.ts';
import { go, stepOnCase } from './case-work.ts';
import type { CaseDeps, CaseWork, StepOutcome, StepRequest } from './case-work.ts';
import {
  amendNow,
  approve,
  approvedFacts,
  lastOf,
  leftOutOf,
  openConflict,
  reject,
  reserveAmendment,
  reserveLateExtension,
  reserveSlot,
} from './outcomes.ts';
import type { Amendment } from './outcomes.ts';
import { familiesOf } from './submission.ts';
import { askToLook } from './windows.ts';

const SECOND_MS = 1_000;

/**
 * A person decides a task. The decision is committed with the instant from which it holds; what it grants is
 * reserved at once and nothing leaves before. Refused when the person may not decide it, when the facts
 * changed since he saw them, or when a pair is unjudged; when the slot turns out to be taken the decision
 * opens a conflict instead.
 */
export async function recordDecision(
  deps: CaseDeps,
  request: StepRequest & { command: Command<DecideFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const { facts } = request.command;
    const task = await decidableTask(deskOf(work), request.command);
    const words = wordsOf(work.receipt);
    const reasonCode = reasonFor(work.policy, facts, words);

    const effectiveAtMs = work.atMs + work.policy.undoWindowSeconds * SECOND_MS;
    const obstacle = await reserveGrant(work, task, { outcome: facts.outcome, effectiveAtMs });
    if (obstacle !== null) return obstacle;
    const decisionId = await writeDecision(work, task.id, {
      taskId: task.id,
      outcome: facts.outcome,
      reasonCode,
      ...words,
      actorId: request.command.actorId,
      actingForId: request.command.actingForId,
      factsHash: task.factsHash,
      effectiveAtMs,
    });
    await closeTask(work.tx, task.id, { decisionId, atMs: work.atMs });
    work.tasks = work.tasks.filter(({ id }) => id !== task.id);
    work.pending = {
      decisionId,
      taskId: task.id,
      taskKind: task.kind as TaskKind,
      outcome: facts.outcome,
      fields: facts.fields,
      byId: request.command.actorId,
      decidedAtMs: work.atMs,
      effectiveAtMs,
    };
    const leftOut = grantsProtection(task, facts.outcome)
      ? await leftOutOf(work, await readLines(work.tx, work.row.id))
      : [];
    const answer = (): unknown => ({
      decisionId,
      taskId: task.id,
      caseId: work.row.id,
      outcome: facts.outcome,
      decidedAt: isoOrNull(work.atMs),
      effectiveAt: isoOrNull(effectiveAtMs),
      status: work.status,
    });
    // Without an undo window and a review window the decision takes effect in its own step.
    if (effectiveAtMs === work.atMs && (work.windowIds.length === 0 || !waitsForWindow(work.pending))) {
      const end = await applyPending(work, work.pending);
      return { ...end, statusCode: 201, answer: answer() };
    }
    return {
      kind: 'decided',
      audience: 'vendor',
      statusCode: 201,
      facts: {
        outcome: facts.outcome,
        reasonCode,
        effectiveAt: isoOrNull(effectiveAtMs),
        ...(leftOut.length === 0 ? {} : { leftOut }),
      },
      answer: answer(),
    };
  });
}

/** The undo window (and the review window) is over: the decision holds from now, and is told. */
export async function takeEffect(deps: CaseDeps, request: StepRequest): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    if (work.pending === null)
      throw new RangeError(`Registration ${work.row.id} has no decision that waits to take effect.`);
    return applyPending(work, work.pending);
  });
}

/** The decider takes his decision back before it takes effect: a second row, never an edit. */
export async function retractDecision(
  deps: CaseDeps,
  request: StepRequest & { command: Command<RetractFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const pending = retractable(work.pending, { command: request.command, last: lastOf(work) });
    const { decisionId } = pending;
    await writeDecision(work, 'retraction', {
      outcome: 'retracted',
      actorId: request.command.actorId,
      actingForId: request.command.actingForId,
      retracts: decisionId,
    });
    await reopenTask(work.tx, pending.taskId);
    // What was reserved is given back; a protection already in force is not touched.
    if (work.status !== 'approved') await dropReservation(work.tx, work.row.id);
    else
      await keepProtectionOf(work.tx, {
        registrationId: work.row.id,
        families: familiesOf(await readLines(work.tx, work.row.id)),
        atMs: work.atMs,
      });
    work.tasks = [...work.tasks, { id: pending.taskId, kind: pending.taskKind }];
    work.pending = null;
    askToLook(work);
    return {
      kind: 'decision_retracted',
      audience: 'vendor',
      facts: { outcome: pending.outcome },
      answer: { decisionId, taskId: pending.taskId, status: work.status },
    };
  });
}

/** A task goes to a person, or back to its queue. */
export async function reassignTask(
  deps: CaseDeps,
  request: StepRequest & { command: Command<AssignFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const { taskId, personId } = request.command.facts;
    const task = await assignTask(deskOf(work), request.command.facts);
    return {
      kind: 'task_reassigned',
      audience: 'vendor',
      facts: { personId, taskKind: task.kind, words: work.receipt?.body['words'] ?? '' },
      answer: { taskId, assignedTo: personId },
    };
  });
}

// ---------------------------------------------------------------------------------------------------------

function deskOf(work: CaseWork): TaskDesk {
  return { tx: work.tx, caseId: work.row.id, atMs: work.atMs, last: lastOf(work) };
}

/**
 * The closure code that the reason stands for; null for an outcome that needs none. Refuses by field what the outcome needs
 * (`decisionNeeds`) and the decider did not give: one question for a single decision and a joint one.
 */
export function reasonFor(
  policy: Pick<DealRegistrationPolicy, 'reasons'>,
  facts: DecideFacts,
  { words }: DecisionWords,
): ClosureCode | null {
  const needs = decisionNeeds(facts.outcome);
  const errors: { pointer: string; reason: string }[] = [];
  const reason = policy.reasons.rejection.find(({ key }) => key === facts.reasonKey);
  if (needs.reason && reason === undefined)
    errors.push({ pointer: '/reasonKey', reason: 'Choose one of the reasons of the program.' });
  if (needs.words && words === '')
    errors.push({ pointer: '/words', reason: 'Say it in words that the partner will read.' });
  if (needs.fields && facts.fields.length === 0)
    errors.push({ pointer: '/fields', reason: 'Name what the partner should correct.' });
  if (errors.length > 0)
    throw new Refused('invalid_request', { detail: 'The decision is not complete.', errors });
  return needs.reason ? (reason?.closureCode ?? null) : null;
}

function grantsProtection(task: TaskRow, outcome: string): boolean {
  return (
    (task.kind === 'registration_review' && outcome === 'approve') ||
    (task.kind === 'conflict_resolution' && outcome === 'protect_partner') ||
    (task.kind === 'appeal' && outcome === 'overturn')
  );
}

/** Reserves at once what a decision grants; null when nothing stands against it. */
async function reserveGrant(
  work: CaseWork,
  task: TaskRow,
  decision: { outcome: string; effectiveAtMs: number },
): Promise<StepEnd | null> {
  if (grantsProtection(task, decision.outcome)) return reserveSlot(work, task);
  if (decision.outcome !== 'grant') return null;
  if (task.kind === 'amendment') return reserveAmendment(work, amendmentOf(task));
  if (work.status === 'expired') await reserveLateExtension(work, decision.effectiveAtMs);
  return null;
}

/** What a decision does once it holds. */
async function applyPending(work: CaseWork, pending: PendingDecision): Promise<StepEnd> {
  const decision = await readDecision(work.tx, pending.decisionId);
  const reasonCode = (decision?.reasonCode ?? null) as ClosureCode | null;
  work.pending = null;
  switch (pending.outcome) {
    case 'approve':
    case 'protect_partner':
    case 'overturn':
      return approve(work, pending.decidedAtMs, pending.benefitPpm);
    case 'deny':
      return reject(work, reasonCode ?? 'other', pending.decidedAtMs);
    case 'award_other':
      return reject(work, reasonCode ?? 'conflict_lost', pending.decidedAtMs);
    case 'uphold':
      return reject(work, work.closureCode ?? 'other', pending.decidedAtMs);
    case 'request_information':
      return requestInformation(work, pending);
    case 'no_conflict':
      return backToReview(work);
    case 'send_to_conflict':
      return openConflict(work, { cause: 'sent_by_reviewer', privateFacts: {} });
    case 'grant':
      return pending.taskKind === 'extension' ? grantExtension(work, pending) : applyAmendment(work, pending);
    case 'refuse':
      return pending.taskKind === 'extension' ? refuseExtension(work, pending) : refuseAmendment(work);
    default:
      throw new RangeError(`Outcome ${pending.outcome} has no effect defined.`);
  }
}

async function requestInformation(work: CaseWork, pending: PendingDecision): Promise<StepEnd> {
  const { fields } = pending;
  meet(work, ['first_response'], pending.decidedAtMs);
  pause(work, ['decision'], 'information');
  go(work, 'info_requested');
  const clock = start(work, informationClock(work.policy));
  tellPartner(work, 'information_requested', { fields, answerBy: isoOrNull(clock.clock.dueAtMs) });
  return {
    kind: 'information_requested',
    audience: 'everyone',
    facts: { fields, answerBy: isoOrNull(clock.clock.dueAtMs), decisionId: pending.decisionId },
  };
}

async function backToReview(work: CaseWork): Promise<StepEnd> {
  meet(work, ['conflict']);
  resume(work, ['decision', 'first_response', 'appeal'], 'conflict');
  go(work, 'under_review');
  work.matching = true;
  return { kind: 'conflict_resolved', audience: 'vendor', facts: { outcome: 'no_conflict' } };
}

async function grantExtension(work: CaseWork, pending: PendingDecision): Promise<StepEnd> {
  meet(work, ['extension'], pending.decidedAtMs);
  const step = work.policy.extension.steps[work.extensions];
  if (step === undefined) throw new RangeError('The policy has no further extension.');
  const oldEndMs = work.row.protectedUntilMs ?? work.atMs;
  const wasExpired = work.status === 'expired';
  const untilMs = extendedEndMs({
    calendar: work.calendar,
    length: step.length,
    protectionEndsAtMs: oldEndMs,
    beforeExpiry: !wasExpired,
    effectiveAtMs: pending.effectiveAtMs,
  });
  work.extensions += 1;
  work.extensionAsked = false;
  if (wasExpired) {
    go(work, 'approved');
    work.closureCode = null;
    cancelClocks(work, ['late_extension']);
    start(work, protectionClock(work.policy, step.length));
    work.change = { ...work.change, protectedFromMs: pending.effectiveAtMs };
  }
  await endProtectionAt(work, untilMs, 'extended');
  work.change = { ...work.change, protectedUntilMs: untilMs, closedAtMs: null, queue: null };
  tellPartner(work, 'extension_decided', { granted: true, protectedUntil: isoOrNull(untilMs) });
  return {
    kind: 'extension_decided',
    audience: 'everyone',
    facts: { granted: true, protectedUntil: isoOrNull(untilMs), extensions: work.extensions },
  };
}

/** Clock and range end together: the clock runs again first, because running again would move its deadline. */
async function endProtectionAt(work: CaseWork, endMs: number, reason: string): Promise<void> {
  const { calendar, atMs } = work;
  onClocks(work, ['protection'], ({ clock }) => resumeClock({ clock, calendar, atMs, cause: 'extension' }));
  onClocks(work, ['protection'], ({ clock }) =>
    moveDeadline({ clock, calendar, atMs, dueAtMs: endMs, reason }),
  );
  await moveProtectionEnd(work.tx, work.row.id, endMs);
}

async function refuseExtension(work: CaseWork, pending: PendingDecision): Promise<StepEnd> {
  meet(work, ['extension'], pending.decidedAtMs);
  work.extensionAsked = false;
  work.change = { ...work.change, queue: null };
  // The slot was held while it was decided: the range ends where it did, or now when that is over.
  if (work.status === 'approved') {
    await endProtectionAt(
      work,
      Math.max(work.row.protectedUntilMs ?? work.atMs, work.atMs),
      'extension_refused',
    );
  }
  tellPartner(work, 'extension_decided', { granted: false });
  return { kind: 'extension_decided', audience: 'everyone', facts: { granted: false } };
}

async function applyAmendment(work: CaseWork, pending: PendingDecision): Promise<StepEnd> {
  const task = await lockTask(work.tx, pending.taskId);
  if (task === null) throw new RangeError(`There is no task ${pending.taskId}.`);
  const amendment = amendmentOf(task);
  const { discounts } = await amendNow(work, amendment);
  const lines = await readLines(work.tx, work.row.id);
  const { leftOut } = work.change.approved ?? work.row.approved ?? {};
  work.change = { ...work.change, approved: approvedFacts(work, lines, leftOut), queue: null };
  tellPartner(work, 'amendment_decided', { granted: true });
  return {
    kind: 'amendment_decided',
    audience: 'everyone',
    facts: { granted: true, fields: Object.keys(amendment), discounts },
  };
}

function amendmentOf(task: TaskRow): Amendment {
  const amendment = task.facts['amendment'] as Amendment | undefined;
  if (amendment === undefined) throw new RangeError(`Task ${task.id} carries no amendment.`);
  return amendment;
}

async function refuseAmendment(work: CaseWork): Promise<StepEnd> {
  work.change = { ...work.change, queue: null };
  tellPartner(work, 'amendment_decided', { granted: false });
  return { kind: 'amendment_decided', audience: 'everyone', facts: { granted: false } };
}
