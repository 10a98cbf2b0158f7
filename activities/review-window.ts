import { runCaseStep } from '../adapters/store/case-step.ts';
import type { StepAnswer, StepEffect, StepOutbound } from '../adapters/store/case-step.ts';
import { readPolicy, readReceipt } from '../adapters/store/deal-registration.ts';
import type { StoredPolicy } from '../adapters/store/deal-registration.ts';
import type { Pool } from '../adapters/store/pool.ts';
import { lockWindow, readFirstDue, readMembers, saveWindow } from '../adapters/store/review-windows.ts';
import type { MemberRow } from '../adapters/store/review-windows.ts';
import {
  closeTask,
  insertDecision,
  lockTask,
  openTask,
  readAtTheTask,
  reopenTask,
  changeTask,
} from '../adapters/store/tasks.ts';
import { RowMissing } from '../adapters/store/transaction.ts';
import type { Transaction } from '../adapters/store/transaction.ts';
import { hashJson } from '../adapters/sha256.ts';
import { roleChoiceOf } from '../domain/mail-choice.ts';
import type { ReviewWindowState } from '../domain/deal-registration/review-window.ts';
import { risesTo, routeTask } from '../domain/deal-registration/routing.ts';
import type { RegistrationType } from '../domain/deal-registration/status.ts';
import { maySharePlaces, partsOfSharers, whoWins } from '../domain/deal-registration/who-wins.ts';
import type { RivalPlace, SharedPart } from '../domain/deal-registration/who-wins.ts';
import { whyNotDecideAs } from '../domain/task.ts';
import type { Command, Refusal, RefusalType } from '../workflows/contracts/command.ts';
import type { DecideFacts, RetractFacts } from '../workflows/contracts/deal-registration.ts';
import { dealRegistrationWorkflowId } from '../workflows/contracts/deal-registration.ts';
import { reviewWindowWorkflowId, windowSignal } from '../workflows/contracts/review-window.ts';
import type { PressFacts, WindowNews } from '../workflows/contracts/review-window.ts';
import { Refused } from './deal-registration/case-work.ts';

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
        if (work.members.length > 1) await openJointTask(work);
        return { kind: 'member_joined', facts: { registrationId: request.registrationId } };
      }),
    /** A joint decision: who is protected; the others are denied. */
    recordJointDecision: (request: WindowRequest & { command: Command<DecideFacts> }) =>
      step(request, (work) => decideJointly(work, request.command)),
    /** The undo window is over: every member is told how it came out. */
    applyJointDecision: (request: WindowRequest) => step(request, applyDecision),
    retractJointDecision: (request: WindowRequest & { command: Command<RetractFacts> }) =>
      step(request, (work) => retract(work, request.command)),
    assignJointTask: (
      request: WindowRequest & { command: Command<{ taskId: string; personId: string | null }> },
    ) =>
      step(request, async (work) => {
        await changeTask(work.tx, request.command.facts.taskId, { namedId: request.command.facts.personId });
        return {
          kind: 'task_reassigned',
          facts: {},
          answer: {
            statusCode: 200,
            body: { taskId: request.command.facts.taskId, assignedTo: request.command.facts.personId },
          },
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
        if (work.state.taskId === null && work.members.length > 1) await openJointTask(work);
        if (work.state.taskId === null)
          for (const member of work.members)
            tell(work, member, { news: 'closed', windowId: work.state.windowId });
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

/** One task for all: asked of whoever may decide the largest of them, with the ranking of the program's own rules. */
async function openJointTask(work: WindowWork): Promise<void> {
  const { state, members, policy } = work;
  const largest = members.reduce((top, member) => (member.valueMinor > top.valueMinor ? member : top));
  const ranking = rankingOf(work);
  const outcomes = [
    'protect_partner',
    ...(maySharePlaces(policy.body, ranking).length > 1 ? ['share'] : []),
    'deny',
  ];
  const facts = {
    policyVersion: policy.version,
    family: state.family,
    rivals: members.map(
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
  const excludedIds = members.map(({ submittedBy }) => submittedBy);
  for (const member of members) tell(work, member, { news: 'rival_joined', windowId: state.windowId });
  if (state.taskId !== null) {
    await changeTask(work.tx, state.taskId, {
      facts,
      factsHash: hashJson(facts),
      outcomes,
      amountMinor: largest.valueMinor,
      excludedIds,
    });
    return;
  }
  const route = routeTask(policy.body, {
    type: largest.type as RegistrationType,
    valueMinor: largest.valueMinor,
  });
  const taskId = `tsk_${hashJson([state.windowId, state.seq + 1]).slice(0, 26)}`;
  await openTask(work.tx, {
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
    excludedIds,
    outcomes,
    amountMinor: largest.valueMinor,
    currency: largest.currency,
    facts,
    factsHash: hashJson(facts),
    programId: state.programId,
    openedAtMs: work.atMs,
    dueAtMs: await readFirstDue(
      work.tx,
      members.map(({ registrationId }) => registrationId),
    ),
  });
  work.state = { ...work.state, taskId };
}

/** The members that still wait, in the order of the program's own rules. */
function rankingOf({ policy, members }: WindowWork): RivalPlace[] {
  return whoWins(
    policy.body,
    members.map((member) => ({
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
    payload: { registrationId, clock: tell.clock, dueAt: tell.dueAt, together: work.members.length },
    notBeforeMs: work.atMs,
  });
}

async function decideJointly(work: WindowWork, command: Command<DecideFacts>): Promise<WindowEnd> {
  const { facts } = command;
  const task = await lockTask(work.tx, facts.taskId);
  if (task === null || task.id !== work.state.taskId)
    throw new Refused('not_found', { detail: 'There is no such task.' });
  const who = await readAtTheTask(work.tx, command.actorId, work.atMs);
  const why = who === null ? 'not_the_vendor' : whyNotDecideAs(task, who, command.actingForId);
  if (why !== null)
    throw new Refused('forbidden', {
      detail: 'You cannot decide this task.',
      errors: [{ pointer: '', reason: why }],
    });
  if (task.factsHash !== facts.factsHash) {
    throw new Refused('conflict', {
      detail: 'Another rival joined since you loaded it. Look at it again before you decide.',
      conflict: {
        by: null,
        at: new Date(work.state.last.atMs).toISOString(),
        what: work.state.last.what,
        status: 'pending_approval',
      },
    });
  }
  if (!task.outcomes.includes(facts.outcome)) {
    throw new Refused('invalid_request', {
      detail: 'The task does not allow this outcome.',
      errors: [{ pointer: '/outcome', reason: `Choose one of: ${task.outcomes.join(', ')}.` }],
    });
  }
  const winner = facts.outcome === 'protect_partner' ? facts.winnerId : null;
  const sharing = facts.outcome === 'share' ? sharersOf(work, facts.sharerIds ?? []) : null;
  if (
    facts.outcome === 'protect_partner' &&
    !work.members.some(({ registrationId }) => registrationId === winner)
  ) {
    throw new Refused('invalid_request', {
      detail: 'Choose who is protected.',
      errors: [{ pointer: '/winnerId', reason: 'Name one of the rivals that wait for this decision.' }],
    });
  }
  const words = (await readReceipt(work.tx, command.receipt)).body;
  const effectiveAtMs = work.atMs + work.policy.body.undoWindowSeconds * SECOND_MS;
  const decisionId = `dec_${hashJson([work.state.windowId, work.state.seq + 1]).slice(0, 26)}`;
  await insertDecision(work.tx, {
    id: decisionId,
    taskId: task.id,
    caseId: work.state.windowId,
    seq: work.state.seq + 1,
    partnerId: null,
    outcome: facts.outcome,
    reasonCode: null,
    words: typeof words['words'] === 'string' ? words['words'] : '',
    privateNote: typeof words['privateNote'] === 'string' ? words['privateNote'] : '',
    actorId: command.actorId,
    actingForId: command.actingForId,
    policyId: work.policy.id,
    policyVersion: work.policy.version,
    factsHash: task.factsHash,
    decidedAtMs: work.atMs,
    effectiveAtMs,
    retracts: null,
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

async function applyDecision(work: WindowWork): Promise<WindowEnd> {
  const { pending, windowId } = work.state;
  if (pending === null)
    throw new RangeError(`Review window ${windowId} has no decision that waits to take effect.`);
  for (const member of work.members) {
    tell(work, member, {
      news: 'decided',
      windowId,
      decisionId: pending.decisionId,
      ...outcomeFor(work.state, member.registrationId),
      decidedAtMs: pending.decidedAtMs,
      byId: pending.byId,
    });
  }
  work.state = { ...work.state, pending: null, sharing: [], decided: true, closed: true };
  return { kind: 'joint_decision_applied', facts: { decisionId: pending.decisionId } };
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
  const { pending } = work.state;
  if (
    pending === null ||
    pending.decisionId !== command.facts.decisionId ||
    work.atMs >= pending.effectiveAtMs
  ) {
    throw new Refused('conflict', {
      detail: 'The decision is in effect and cannot be taken back.',
      conflict: {
        by: work.state.last.byId,
        at: iso(work.state.last.atMs),
        what: work.state.last.what,
        status: 'pending_approval',
      },
    });
  }
  if (pending.byId !== command.actorId)
    throw new Refused('forbidden', { detail: 'Only the person who decided can take the decision back.' });
  await insertDecision(work.tx, {
    id: `dec_${hashJson([work.state.windowId, work.state.seq + 1, 'retraction']).slice(0, 26)}`,
    taskId: null,
    caseId: work.state.windowId,
    seq: work.state.seq + 1,
    partnerId: null,
    outcome: 'retracted',
    reasonCode: null,
    words: '',
    privateNote: '',
    actorId: command.actorId,
    actingForId: command.actingForId,
    policyId: work.policy.id,
    policyVersion: work.policy.version,
    factsHash: pending.decisionId,
    decidedAtMs: work.atMs,
    effectiveAtMs: work.atMs,
    retracts: pending.decisionId,
  });
  await reopenTask(work.tx, pending.taskId);
  work.state = { ...work.state, taskId: pending.taskId, pending: null, sharing: [] };
  return {
    kind: 'decision_retracted',
    facts: {},
    answer: {
      statusCode: 200,
      body: { decisionId: pending.decisionId, taskId: pending.taskId, status: 'pending_approval' },
    },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
