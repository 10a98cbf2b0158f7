import { runCaseStep } from '../adapters/store/case-step.ts';
import type { StepAnswer, StepEffect, StepOutbound } from '../adapters/store/case-step.ts';
import { countUnjudged, readPolicy, readReceipt } from '../adapters/store/deal-registration.ts';
import type { StoredPolicy } from '../adapters/store/deal-registration.ts';
import type { Pool } from '../adapters/store/pool.ts';
import { lockWindow, readFirstDue, readMembers, saveWindow } from '../adapters/store/review-windows.ts';
import type { MemberRow } from '../adapters/store/review-windows.ts';
import {
  changeTask,
  closeTask,
  decidersOf,
  insertDecision,
  lockTask,
  openTask,
  reopenTask,
} from '../adapters/store/tasks.ts';
import type { NewDecision, TaskRow } from '../adapters/store/tasks.ts';
import { RowMissing } from '../adapters/store/transaction.ts';
import type { Transaction } from '../adapters/store/transaction.ts';
import { hashJson } from '../adapters/sha256.ts';
import type { PendingDecision } from '../domain/deal-registration/case.ts';
import { placeOf, protectedBy, stillAnswersAll } from '../domain/deal-registration/review-window.ts';
import type { MemberPlace, ReviewWindowState } from '../domain/deal-registration/review-window.ts';
import { risesTo, routeTask } from '../domain/deal-registration/routing.ts';
import type { TaskRoute } from '../domain/deal-registration/routing.ts';
import type { RegistrationType } from '../domain/deal-registration/status.ts';
import { maySharePlaces, partsOfSharers, whoWins } from '../domain/deal-registration/who-wins.ts';
import type { RivalPlace, SharedPart } from '../domain/deal-registration/who-wins.ts';
import { roleChoiceOf } from '../domain/mail-choice.ts';
import type { Command, Refusal, RefusalType } from '../workflows/contracts/command.ts';
import type { AssignFacts, DecideFacts, RetractFacts } from '../workflows/contracts/deal-registration.ts';
import { dealRegistrationWorkflowId } from '../workflows/contracts/deal-registration.ts';
import { reviewWindowWorkflowId, windowSignal } from '../workflows/contracts/review-window.ts';
import type { PressFacts, WindowNews } from '../workflows/contracts/review-window.ts';
import { Refused } from './case-work.ts';
import { reasonFor } from './deal-registration/decisions.ts';
import { assignTask, decidableTask, retractable, wordsOf } from './task-desk.ts';
import type { TaskDesk } from './task-desk.ts';

/** What a step of a window tells its workflow. */
export type WindowOutcome =
  | {
      readonly kind: 'done';
      readonly state: ReviewWindowState;
      readonly answer: StepAnswer | null;
      readonly adopted: boolean;
    }
  | { readonly kind: 'refused'; readonly type: RefusalType; readonly refusal: Refusal };

export interface WindowRequest {
  readonly state: ReviewWindowState;
  readonly command: Command<unknown> | null;
  readonly nowMs: number;
}

interface WindowWork {
  readonly tx: Transaction;
  readonly atMs: number;
  readonly policy: StoredPolicy;
  readonly members: readonly MemberRow[];
  state: ReviewWindowState;
  outbound: StepOutbound[];
}

interface WindowEnd {
  readonly kind: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly answer?: StepAnswer;
}

const SECOND_MS = 1_000;

/** The effects of a review window; each is one step of it in one transaction, safe to run again. */
export function createReviewWindowActivities(deps: { pool: Pool }) {
  const step = (
    request: WindowRequest,
    make: (work: WindowWork) => Promise<WindowEnd>,
  ): Promise<WindowOutcome> => stepOnWindow(deps.pool, request, make);
  return {
    /** A registration joined. With the second one the case becomes a joint one: one task, whose decision answers all. */
    admitMember: (request: WindowRequest & { registrationId: string }) =>
      step(request, async (work) => {
        if (work.state.members.includes(request.registrationId)) return { kind: 'member_known', facts: {} };
        work.state = { ...work.state, members: [...work.state.members, request.registrationId] };
        await gather(work);
        return { kind: 'member_joined', facts: { registrationId: request.registrationId } };
      }),
    /** A member came back, or left: who is judged together is looked at again. */
    lookAgain: (request: WindowRequest) =>
      step(request, async (work) => {
        await gather(work);
        return { kind: 'window_looked_at', facts: {} };
      }),
    /** A joint decision: who is protected; the others are denied. */
    recordJointDecision: (request: WindowRequest & { command: Command<DecideFacts> }) =>
      step(request, (work) => decideJointly(work, request.command)),
    /** The undo window is over: every member is told how it came out. */
    applyJointDecision: (request: WindowRequest) => step(request, applyDecision),
    retractJointDecision: (request: WindowRequest & { command: Command<RetractFacts> }) =>
      step(request, (work) => retract(work, request.command)),
    assignJointTask: (request: WindowRequest & { command: Command<AssignFacts> }) =>
      step(request, async (work) => {
        const { taskId, personId } = request.command.facts;
        const task = await assignTask(deskOf(work), request.command.facts);
        return {
          kind: 'task_reassigned',
          facts: { personId, taskKind: task.kind },
          answer: { statusCode: 200, body: { taskId, assignedTo: personId } },
        };
      }),
    /** A clock of a member fired: the joint task goes up to the role that the policy names, never down, or is late. */
    pressJointTask: (request: WindowRequest & { pressed: PressFacts }) =>
      step(request, (work) => press(work, request.pressed)),
    /** Nobody can join any more. Without rivals the waiting approvals take effect. */
    closeWindow: (request: WindowRequest) =>
      step(request, async (work) => {
        work.state = { ...work.state, closed: true };
        // A rival whose joining is still on its way counts: he was in before it closed.
        await gather(work);
        if (work.state.taskId === null && work.state.pending === null) releaseAll(work);
        return { kind: 'window_closed', facts: { members: work.members.length } };
      }),
  };
}

export type ReviewWindowActivities = ReturnType<typeof createReviewWindowActivities>;

async function stepOnWindow(
  pool: Pool,
  request: WindowRequest,
  make: (work: WindowWork) => Promise<WindowEnd>,
): Promise<WindowOutcome> {
  const { state, command } = request;
  const atMs = command?.receivedAtMs ?? request.nowMs;
  try {
    const result = await runCaseStep<ReviewWindowState>(
      pool,
      {
        caseKind: 'review-window',
        caseId: state.windowId,
        seq: state.seq + 1,
        atMs,
        actorId: command?.actorId ?? null,
        actingForId: command?.actingForId ?? null,
        receipt: command?.receipt ?? null,
        input: request,
      },
      (tx) => lockWindow(tx, state.windowId),
      async (tx, recorded) => {
        if (recorded === null) throw new RowMissing(`review window ${state.windowId}`);
        const work: WindowWork = {
          tx,
          atMs,
          policy: await readPolicy(tx, recorded.policyId),
          members: await readMembers(tx, state.windowId),
          state: recorded,
          outbound: [],
        };
        const end = await make(work);
        const next: ReviewWindowState = {
          ...work.state,
          seq: state.seq + 1,
          last: { byId: command?.actorId ?? null, atMs, what: end.kind },
        };
        await saveWindow(tx, next, atMs);
        return effectOf(work, next, end);
      },
    );
    return { kind: 'done', ...result };
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', type: error.refusalType, refusal: error.refusal };
    throw error;
  }
}

function effectOf(work: WindowWork, state: ReviewWindowState, end: WindowEnd): StepEffect<ReviewWindowState> {
  return {
    state,
    partnerId: null,
    event: { kind: end.kind, audience: 'vendor', facts: end.facts },
    audit: { ...end.facts, policyVersion: work.policy.version },
    answer: end.answer ?? null,
    outbound: work.outbound,
  };
}

function tell(work: WindowWork, member: Pick<MemberRow, 'registrationId'>, news: WindowNews): void {
  work.outbound.push({
    channel: 'signal',
    target: dealRegistrationWorkflowId(member.registrationId),
    template: windowSignal,
    payload: { workflowType: null, taskQueue: null, signal: windowSignal, args: [news], startArgs: [] },
    notBeforeMs: work.atMs,
  });
}

function placed(work: WindowWork, ...places: MemberPlace[]): MemberRow[] {
  return work.members.filter(({ state }) => places.includes(placeOf(work.state.windowId, state)));
}

/** Those who wait for a decision; who is away (asked for information, in conflict) joins when he is back. */
function waitingOf(work: WindowWork): MemberRow[] {
  return placed(work, 'gathered', 'to_call', 'elsewhere');
}

function idsOf(members: readonly MemberRow[]): string[] {
  return members.map(({ registrationId }) => registrationId);
}

/**
 * Brings together who waits for a decision: two or more have one joint task, fewer have none. A joint decision in its undo
 * window, or one that waits for the window to close, is superseded when it does not answer all of them any more.
 */
async function gather(work: WindowWork): Promise<void> {
  const { pending } = work.state;
  if (pending !== null) {
    if (await answersAll(work, pending)) return;
    await takeBack(work, pending, { outcome: 'superseded', actorId: null, actingForId: null });
  }
  const waiting = waitingOf(work);
  if (waiting.length > 1) await openJointTask(work, waiting);
  else await dropJointTask(work, waiting);
}

async function answersAll(work: WindowWork, pending: PendingDecision): Promise<boolean> {
  const task = await lockTask(work.tx, pending.taskId);
  if (task === null) throw new RowMissing(`task ${pending.taskId}`);
  return stillAnswersAll(work.state, {
    seenIds: rivalIdsOf(task),
    waitingIds: idsOf(waitingOf(work)),
    gatheredIds: idsOf(placed(work, 'gathered')),
  });
}

function rivalIdsOf({ facts }: Pick<TaskRow, 'facts'>): string[] {
  return (facts['rivals'] as { registrationId: string }[]).map(({ registrationId }) => registrationId);
}

/** One task for all: asked of whoever may decide the largest of them, with the ranking of the program's own rules. */
async function openJointTask(work: WindowWork, waiting: readonly MemberRow[]): Promise<void> {
  const { state, policy } = work;
  const largest = waiting.reduce((top, member) => (member.valueMinor > top.valueMinor ? member : top));
  const ranking = rankingOf(work);
  const outcomes = [
    'protect_partner',
    ...(maySharePlaces(policy.body, ranking).length > 1 ? ['share'] : []),
    'deny',
  ];
  const facts = {
    policyVersion: policy.version,
    family: state.family,
    rivals: waiting.map(
      ({ registrationId, reference, customerName, materialHash, signals, customersChoice }) => ({
        registrationId,
        reference,
        customerName,
        materialHash,
        signals,
        customersChoice,
      }),
    ),
    ranking,
  };
  const asked = {
    facts,
    factsHash: hashJson(facts),
    outcomes,
    amountMinor: largest.valueMinor,
    excludedIds: await tookPart(work.tx, waiting),
  };
  for (const member of placed(work, 'to_call'))
    tell(work, member, { news: 'rival_joined', windowId: state.windowId });
  const open = state.taskId === null ? null : await lockTask(work.tx, state.taskId);
  if (open !== null) {
    if (open.factsHash !== asked.factsHash) await changeTask(work.tx, open.id, asked);
    return;
  }
  const route = routeTask(policy.body, {
    type: largest.type as RegistrationType,
    valueMinor: largest.valueMinor,
  });
  const taskId = `tsk_${hashJson([state.windowId, state.seq + 1]).slice(0, 26)}`;
  await openTask(work.tx, {
    ...asked,
    id: taskId,
    caseKind: 'review-window',
    caseId: state.windowId,
    partnerId: null,
    workflowId: reviewWindowWorkflowId(state.windowId),
    kind: 'joint_review',
    subject: largest.customerName,
    question: 'choose_between_rivals',
    role: route.role,
    queue: route.queue,
    currency: largest.currency,
    programId: state.programId,
    openedAtMs: work.atMs,
    dueAtMs: await readFirstDue(work.tx, idsOf(waiting)),
  });
  work.state = { ...work.state, taskId };
  tellQueue(work, route, { taskId, registrationId: largest.registrationId });
}

/** Who may not decide: who submitted one of them, and after an appeal whoever decided about it before. */
async function tookPart(tx: Transaction, waiting: readonly MemberRow[]): Promise<string[]> {
  const ids = new Set(waiting.map(({ submittedBy }) => submittedBy));
  for (const { registrationId, state } of waiting)
    if (state.appealed) for (const id of await decidersOf(tx, registrationId)) ids.add(id);
  return [...ids];
}

/** A mail to those who can take the joint task, about the largest of its registrations, as for a task of its own. */
function tellQueue(
  work: WindowWork,
  route: TaskRoute,
  about: { taskId: string; registrationId: string },
): void {
  work.outbound.push({
    channel: 'mail',
    target: `role:${route.role}`,
    template: 'task_opened',
    choice: roleChoiceOf('task_opened'),
    payload: { ...about, kind: 'joint_review', queue: route.queue },
    notBeforeMs: work.atMs,
  });
}

/** There is nothing to choose between any more: who is left is decided alone, in a task of its own. */
async function dropJointTask(work: WindowWork, left: readonly MemberRow[]): Promise<void> {
  const { taskId, windowId, closed } = work.state;
  if (taskId === null) return;
  await closeTask(work.tx, taskId, { decisionId: null, atMs: work.atMs });
  work.state = { ...work.state, taskId: null };
  if (closed) releaseAll(work);
  else for (const member of left) tell(work, member, { news: 'rivals_gone', windowId });
}

/** The window has nothing more to say to its members: each is decided alone, or is decided. */
function releaseAll(work: WindowWork): void {
  for (const member of work.members) tell(work, member, { news: 'closed', windowId: work.state.windowId });
}

/** The members that still wait, in the order of the program's own rules. */
function rankingOf(work: WindowWork): RivalPlace[] {
  return whoWins(
    work.policy.body,
    waitingOf(work).map((member) => ({
      registrationId: member.registrationId,
      receiptNumber: member.receipt,
      signals: member.signals,
      customersChoice: member.customersChoice,
    })),
  );
}

async function press(work: WindowWork, pressed: PressFacts): Promise<WindowEnd> {
  const { taskId } = work.state;
  const task = taskId === null ? null : await lockTask(work.tx, taskId);
  if (task === null || task.status !== 'open') return { kind: 'window_looked_at', facts: {} };
  const to = risesTo(work.policy.body, { from: task.role, to: pressed.role });
  if (pressed.tell !== undefined) tellOnce(work, task.id, pressed.registrationId, pressed.tell);
  await changeTask(work.tx, task.id, {
    ...(to === null ? {} : { role: to.role, queue: to.queue, namedId: null }),
    ...(pressed.breachedAtMs === null ? {} : { breachedAtMs: pressed.breachedAtMs }),
  });
  return {
    kind: pressed.breachedAtMs !== null ? 'clock_breached' : pressed.role === null ? 'reminded' : 'escalated',
    facts: { registrationId: pressed.registrationId, to: pressed.role },
  };
}

function deskOf({ tx, atMs, state }: WindowWork): TaskDesk {
  const { windowId, last } = state;
  return {
    tx,
    caseId: windowId,
    atMs,
    last: { by: last.byId, at: iso(last.atMs), what: last.what, status: 'pending_approval' },
  };
}

/** One mail for the joint task: the members' clocks pass the same threshold one after the other, and it is one question. */
function tellOnce(
  work: WindowWork,
  taskId: string,
  registrationId: string,
  tell: NonNullable<PressFacts['tell']>,
): void {
  const key = [taskId, tell.clock, tell.threshold].join(':');
  const told = work.state.told ?? [];
  if (told.includes(key)) return;
  work.state = { ...work.state, told: [...told, key] };
  work.outbound.push({
    channel: 'mail',
    target: `role:${tell.role}`,
    template: tell.template,
    choice: roleChoiceOf(tell.template),
    payload: { registrationId, clock: tell.clock, dueAt: tell.dueAt, together: waitingOf(work).length },
    notBeforeMs: work.atMs,
  });
}

async function decideJointly(work: WindowWork, command: Command<DecideFacts>): Promise<WindowEnd> {
  const { facts } = command;
  const task = await decidableTask(deskOf(work), command);
  refuseUnlessGathered(work, task);
  const words = wordsOf(await readReceipt(work.tx, command.receipt));
  const reasonCode = reasonFor(work.policy.body, facts, words);
  const winner = facts.outcome === 'protect_partner' ? facts.winnerId : null;
  const sharing = facts.outcome === 'share' ? sharersOf(work, facts.sharerIds ?? []) : null;
  if (facts.outcome === 'protect_partner' && !rivalIdsOf(task).some((id) => id === winner)) {
    throw new Refused('invalid_request', {
      detail: 'Choose who is protected.',
      errors: [{ pointer: '/winnerId', reason: 'Name one of the rivals that wait for this decision.' }],
    });
  }
  const unjudged = await unjudgedOf(
    work,
    sharing === null ? [winner ?? ''] : sharing.map(({ registrationId }) => registrationId),
  );
  if (unjudged.length > 0) {
    throw new Refused('not_allowed_now', {
      detail: `A possible match of ${unjudged.join(', ')} is unjudged. Say whether it is the same company, then decide.`,
      errors: [{ pointer: sharing === null ? '/winnerId' : '/sharerIds', reason: 'unjudged_matches' }],
    });
  }
  const effectiveAtMs = work.atMs + work.policy.body.undoWindowSeconds * SECOND_MS;
  const decisionId = await writeJointDecision(work, 'joint', {
    taskId: task.id,
    outcome: facts.outcome,
    reasonCode,
    ...words,
    actorId: command.actorId,
    actingForId: command.actingForId,
    factsHash: task.factsHash,
    effectiveAtMs,
  });
  await closeTask(work.tx, task.id, { decisionId, atMs: work.atMs });
  work.state = {
    ...work.state,
    taskId: null,
    ...(sharing === null ? {} : { sharing }),
    pending: {
      decisionId,
      taskId: task.id,
      taskKind: 'joint_review',
      outcome: winner ?? (sharing === null ? 'deny' : 'share'),
      fields: [],
      byId: command.actorId,
      decidedAtMs: work.atMs,
      effectiveAtMs,
    },
  };
  const body = {
    decisionId,
    taskId: task.id,
    caseId: work.state.windowId,
    outcome: facts.outcome,
    decidedAt: iso(work.atMs),
    effectiveAt: iso(effectiveAtMs),
    status: 'pending_approval',
  };
  return {
    kind: 'decided',
    facts: { outcome: facts.outcome, winnerId: winner, ...(sharing === null ? {} : { sharing }) },
    answer: { statusCode: 201, body },
  };
}

/** All that the decider saw are at the task, and nobody else is: else he would decide about somebody who is decided elsewhere. */
function refuseUnlessGathered(work: WindowWork, task: TaskRow): void {
  const seen = rivalIdsOf(task);
  const waiting = waitingOf(work);
  const stranger = waiting.find(({ registrationId }) => !seen.includes(registrationId));
  if (stranger !== undefined || waiting.length < seen.length) {
    throw new Refused('conflict', {
      detail: 'A rival joined or left since you loaded it. Look at it again before you decide.',
      conflict: deskOf(work).last,
    });
  }
  const late = placed(work, 'to_call', 'elsewhere')[0];
  if (late !== undefined) {
    const elsewhere = placeOf(work.state.windowId, late.state) === 'elsewhere';
    throw new Refused('not_allowed_now', {
      detail: elsewhere
        ? `${late.reference} is judged together with rivals for another product family first. Decide that task before this one.`
        : `${late.reference} is just being brought to this task. Try again in a moment.`,
    });
  }
}

/** The references of those of these registrations that have a match that nobody judged. */
async function unjudgedOf(work: WindowWork, registrationIds: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const { registrationId, reference } of work.members)
    if (registrationIds.includes(registrationId) && (await countUnjudged(work.tx, registrationId)) > 0)
      found.push(reference);
  return found;
}

function sharersOf(work: WindowWork, chosenIds: readonly string[]): SharedPart[] {
  const parts = partsOfSharers(work.policy.body, rankingOf(work), chosenIds);
  if (parts !== null) return parts;
  throw new Refused('invalid_request', {
    detail: 'These cannot share.',
    errors: [
      {
        pointer: '/sharerIds',
        reason:
          "Name at least two of the rivals that the program's rules find level, and not more than it has parts for.",
      },
    ],
  });
}

/** Before anybody is denied it is asked again whether it can be carried out; when not, the task is open again. */
async function applyDecision(work: WindowWork): Promise<WindowEnd> {
  const { pending, windowId } = work.state;
  if (pending === null)
    throw new RangeError(`Review window ${windowId} has no decision that waits to take effect.`);
  const { decisionId } = pending;
  if (!(await answersAll(work, pending)) || (await unjudgedOf(work, protectedBy(work.state))).length > 0) {
    await takeBack(work, pending, { outcome: 'superseded', actorId: null, actingForId: null });
    await gather(work);
    return { kind: 'joint_decision_superseded', facts: { decisionId } };
  }
  const gathered = placed(work, 'gathered');
  for (const member of gathered) {
    tell(work, member, {
      news: 'decided',
      windowId,
      decisionId,
      ...outcomeFor(work.state, member.registrationId),
      decidedAtMs: pending.decidedAtMs,
      byId: pending.byId,
    });
  }
  const others = work.members.filter((member) => !gathered.includes(member));
  if (work.state.closed) for (const member of others) tell(work, member, { news: 'closed', windowId });
  work.state = { ...work.state, pending: null, sharing: [], decided: true };
  return { kind: 'joint_decision_applied', facts: { decisionId } };
}

/** How the pending decision leaves one member. */
function outcomeFor(
  { pending, sharing }: ReviewWindowState,
  registrationId: string,
): Pick<WindowNews & { news: 'decided' }, 'outcome' | 'share'> {
  const part = sharing?.find((one) => one.registrationId === registrationId);
  if (part !== undefined && pending !== null)
    return { outcome: 'protect', share: { group: pending.decisionId, benefitPpm: part.benefitPpm } };
  return { outcome: registrationId === pending?.outcome ? 'protect' : 'deny' };
}

async function retract(work: WindowWork, command: Command<RetractFacts>): Promise<WindowEnd> {
  const pending = retractable(work.state.pending, { command, last: deskOf(work).last });
  const { actorId, actingForId } = command;
  await takeBack(work, pending, { outcome: 'retracted', actorId, actingForId });
  await gather(work);
  return {
    kind: 'decision_retracted',
    facts: {},
    answer: {
      statusCode: 200,
      body: { decisionId: pending.decisionId, taskId: pending.taskId, status: 'pending_approval' },
    },
  };
}

/** Opens the joint task again, and says by a second row why its decision does not hold. */
async function takeBack(
  work: WindowWork,
  { decisionId, taskId }: PendingDecision,
  by: { outcome: 'retracted' | 'superseded'; actorId: string | null; actingForId: string | null },
): Promise<void> {
  await writeJointDecision(work, by.outcome, { ...by, factsHash: decisionId, retracts: decisionId });
  await reopenTask(work.tx, taskId);
  work.state = { ...work.state, taskId, pending: null, sharing: [] };
}

/** Writes a decision of the window's own case; `word` tells it from others of the same step. Gives its id. */
async function writeJointDecision(
  work: WindowWork,
  word: string,
  decision: Pick<NewDecision, 'outcome' | 'actorId' | 'actingForId' | 'factsHash'> &
    Partial<
      Pick<NewDecision, 'taskId' | 'reasonCode' | 'words' | 'privateNote' | 'effectiveAtMs' | 'retracts'>
    >,
): Promise<string> {
  const { windowId, seq } = work.state;
  const id = `dec_${hashJson([windowId, seq + 1, word]).slice(0, 26)}`;
  await insertDecision(work.tx, {
    taskId: null,
    reasonCode: null,
    words: '',
    privateNote: '',
    effectiveAtMs: work.atMs,
    retracts: null,
    ...decision,
    id,
    caseId: windowId,
    seq: seq + 1,
    partnerId: null,
    policyId: work.policy.id,
    policyVersion: work.policy.version,
    decidedAtMs: work.atMs,
  });
  return id;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
