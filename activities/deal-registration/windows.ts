import {
  findOpenWindow,
  insertMember,
  insertWindow,
  lockWindow,
} from '../../adapters/store/review-windows.ts';
import { lockFamilies } from '../../adapters/store/deal-registration.ts';
import { readDecision } from '../../adapters/store/tasks.ts';
import type { DecisionRow } from '../../adapters/store/tasks.ts';
import { BusinessTimeError, addDuration } from '../../domain/business-time.ts';
import { canBeJudgedJointly, placeOf } from '../../domain/deal-registration/review-window.ts';
import type { ReviewWindowState } from '../../domain/deal-registration/review-window.ts';
import type { ClosureCode } from '../../domain/deal-registration/status.ts';
import {
  joinSignal,
  lookSignal,
  reviewWindowType,
  reviewWindowWorkflowId,
} from '../../workflows/contracts/review-window.ts';
import type { JoinFacts, WindowNews } from '../../workflows/contracts/review-window.ts';
import { Refused, stableId, writeDecision } from '../case-work.ts';
import { dropTasks, go, stepOnCase } from './case-work.ts';
import type { StepEnd } from '../case-work.ts';
import type { CaseDeps, CaseWork, StepOutcome, StepRequest } from './case-work.ts';
import { approve, openReview, reject, releaseReservation, reserveSlot } from './outcomes.ts';

/**
 * Joins the open review window of each product family, or opens one; with a window of length zero there is
 * none. The window's own workflow learns of it, and is started when need be, through the relay.
 */
export async function joinWindows(
  work: CaseWork,
  families: readonly string[],
  sameAccountIds: readonly string[],
): Promise<void> {
  const { policy, row, tx } = work;
  // Back from a question to the partner, or from a conflict: it takes its place again where it has one.
  if (work.windowIds.length > 0) return askToLook(work);
  if (policy.reviewWindow.amount === 0) return;
  await lockFamilies(tx, families);
  const joined: string[] = [];
  for (const family of families) {
    const open = await findOpenWindow(tx, {
      family,
      accountIds: [row.accountId, ...sameAccountIds],
      atMs: work.atMs,
    });
    // Locked, so that it cannot close between being found and being joined.
    const known = open === null ? null : await lockWindow(tx, open.id);
    const state = known === null || known.closed ? await openWindow(work, family) : known;
    if (state === null) continue;
    await insertMember(tx, {
      windowId: state.windowId,
      registrationId: row.id,
      receipt: row.receipt,
      atMs: work.atMs,
    });
    tellWindow(work, state);
    joined.push(state.windowId);
  }
  work.windowIds = joined;
}

async function openWindow(work: CaseWork, family: string): Promise<ReviewWindowState | null> {
  const { row, policy } = work;
  // Matched late, the window would be over before it began: then it is decided alone.
  if (row.submittedAtMs < work.calendar.coversFromMs) return null;
  const closesAtMs = addDuration(work.calendar, row.submittedAtMs, policy.reviewWindow);
  if (closesAtMs <= work.atMs) return null;
  const windowId = stableId(work, 'rvw', family);
  const state: ReviewWindowState = {
    windowId,
    programId: row.programId,
    policyId: row.policyId,
    family,
    closesAtMs,
    seq: 0,
    members: [],
    closed: false,
    taskId: null,
    pending: null,
    decided: false,
    last: { byId: null, atMs: work.atMs, what: 'window_opened' },
  };
  await insertWindow(work.tx, {
    state,
    workflowId: reviewWindowWorkflowId(windowId),
    accountId: row.accountId,
    openedAtMs: work.atMs,
  });
  return state;
}

/** Tells a window that exists; it changes its own rows itself. */
export function signalWindow(work: CaseWork, windowId: string, signal: string, facts: object): void {
  work.outbound.push({
    channel: 'signal',
    target: reviewWindowWorkflowId(windowId),
    template: signal,
    payload: { workflowType: null, taskQueue: null, signal, args: [facts], startArgs: [] },
    notBeforeMs: work.atMs,
  });
}

/** Asks the windows of a case to look at their members again, because this one came back or left. */
export function askToLook(work: CaseWork, windowIds: readonly string[] = work.windowIds): void {
  for (const windowId of windowIds)
    signalWindow(work, windowId, lookSignal, { registrationId: work.row.id } satisfies JoinFacts);
}

function tellWindow(work: CaseWork, state: ReviewWindowState): void {
  work.outbound.push({
    channel: 'signal',
    target: reviewWindowWorkflowId(state.windowId),
    template: joinSignal,
    payload: {
      workflowType: reviewWindowType,
      taskQueue: work.deps.taskQueue,
      signal: joinSignal,
      args: [{ registrationId: work.row.id }],
      startArgs: [{ state }],
    },
    notBeforeMs: work.atMs,
  });
}

/** Acts on what happened in a window; what is no news any more changes nothing. */
export async function followWindow(
  deps: CaseDeps,
  request: StepRequest & { news: WindowNews },
): Promise<StepOutcome> {
  const { news } = request;
  return stepOnCase(deps, request, async (work) => {
    switch (news.news) {
      case 'rival_joined':
        return rivalJoined(work, news.windowId);
      case 'rivals_gone':
        return rivalsGone(work, news.windowId);
      case 'closed':
        return windowClosed(work, news.windowId);
      case 'decided':
        return jointlyDecided(work, news);
      default:
        return news satisfies never;
    }
  });
}

type Decided = WindowNews & { readonly news: 'decided' };

const NO_NEWS: StepEnd = { kind: 'window_looked_at', audience: 'vendor' };

/** A rival joined: the open task, or the approval that waits, becomes part of the one joint task. */
async function rivalJoined(work: CaseWork, windowId: string): Promise<StepEnd> {
  if (!work.windowIds.includes(windowId)) return NO_NEWS;
  if (placeOf(windowId, work) !== 'to_call') {
    // A denial, a question to the partner or a conflict came between: the window counted on it, and looks again.
    if (!canBeJudgedJointly(work)) askToLook(work, [windowId]);
    return NO_NEWS;
  }
  // A window that is judged later goes on without it until then.
  if (work.jointWindowId !== null) askToLook(work, [work.jointWindowId]);
  const { pending } = work;
  work.jointWindowId = windowId;
  await dropTasks(work, ['registration_review']);
  if (pending !== null) {
    work.pending = null;
    await releaseReservation(work, pending.decisionId);
  }
  return {
    kind: 'rival_joined',
    audience: 'vendor',
    facts: { windowId },
    privateFacts: { superseded: pending?.decisionId ?? null },
  };
}

/** Nobody is left to be judged together with: it is decided alone again. The window goes on, and somebody may join yet. */
async function rivalsGone(work: CaseWork, windowId: string): Promise<StepEnd> {
  if (work.jointWindowId !== windowId) return NO_NEWS;
  work.jointWindowId = null;
  askToLook(work);
  return decidedAlone(work, { kind: 'rivals_gone', windowId });
}

/** The window closed without a rival: an approval that waited for it takes effect. */
async function windowClosed(work: CaseWork, windowId: string): Promise<StepEnd> {
  if (!work.windowIds.includes(windowId)) return NO_NEWS;
  work.windowIds = work.windowIds.filter((id) => id !== windowId);
  if (work.jointWindowId !== windowId)
    return { kind: 'window_closed', audience: 'vendor', facts: { windowId } };
  work.jointWindowId = null;
  askToLook(work);
  return decidedAlone(work, { kind: 'window_closed', windowId });
}

/** From the joint task back to one of its own. */
async function decidedAlone(work: CaseWork, why: { kind: string; windowId: string }): Promise<StepEnd> {
  const { kind, windowId } = why;
  if (!canBeJudgedJointly(work)) return { kind, audience: 'vendor', facts: { windowId } };
  const review = await openReview(work, {});
  return { ...review, kind, audience: 'vendor', facts: { ...review.facts, windowId } };
}

/** The joint decision: one is protected, or several share, the others are denied, each with the rules of its own policy. */
async function jointlyDecided(work: CaseWork, news: Decided): Promise<StepEnd> {
  if (work.jointWindowId !== news.windowId) return windowClosed(work, news.windowId);
  work.jointWindowId = null;
  work.windowIds = work.windowIds.filter((id) => id !== news.windowId);
  // They counted on it, or did without it, while it was judged here.
  askToLook(work);
  if (!canBeJudgedJointly(work)) return NO_NEWS;
  const joint = await readDecision(work.tx, news.decisionId);
  if (joint === null) throw new RangeError(`There is no decision ${news.decisionId}.`);
  if (news.outcome === 'deny') {
    // Who loses to a rival is denied for that; where all are denied, for the reason that the decider gave.
    const reasonCode = (joint.reasonCode ?? 'conflict_lost') as ClosureCode;
    await writeJointDecision(work, joint, { outcome: 'deny', reasonCode });
    work.windowIds = [];
    return reject(work, reasonCode, news.decidedAtMs);
  }
  const obstacle = await reserveJointly(work, news.share?.group);
  if (obstacle === 'in_the_way') return decidedAlone(work, { kind: 'matched', windowId: news.windowId });
  if (obstacle !== null) return obstacle;
  const decisionId = await writeJointDecision(work, joint, { outcome: 'approve', reasonCode: null });
  return work.windowIds.length === 0
    ? approve(work, news.decidedAtMs, news.share?.benefitPpm)
    : waitForOtherWindows(work, news, { id: decisionId, taskId: joint.taskId ?? '' });
}

/**
 * Reserves what the joint decision grants. What is in the way of that (a match found only now, a protection that would be
 * over before it began) a person looks at in a task of this case's own: `in_the_way`. A slot that is taken is a conflict.
 */
async function reserveJointly(work: CaseWork, shareGroup?: string): Promise<StepEnd | 'in_the_way' | null> {
  try {
    const obstacle = await reserveSlot(work, {
      kind: 'joint_review',
      ...(shareGroup === undefined ? {} : { shareGroup }),
    });
    return obstacle !== null && work.status !== 'in_conflict' ? 'in_the_way' : obstacle;
  } catch (error) {
    if (error instanceof Refused || error instanceof BusinessTimeError) return 'in_the_way';
    throw error;
  }
}

/** What was decided for all, as a decision of this case: who decided, and the words that its partner reads. */
function writeJointDecision(
  work: CaseWork,
  { words, privateNote, actorId, actingForId }: DecisionRow,
  own: { outcome: string; reasonCode: ClosureCode | null },
): Promise<string> {
  return writeDecision(work, 'joint', { ...own, words, privateNote, actorId, actingForId });
}

/** Protected as far as this window goes. In another one a rival may still join: until then it is an approval that waits. */
function waitForOtherWindows(
  work: CaseWork,
  { share, byId, decidedAtMs, windowId }: Decided,
  decision: { id: string; taskId: string },
): StepEnd {
  if (work.status === 'under_review') go(work, 'pending_approval');
  work.pending = {
    decisionId: decision.id,
    taskId: decision.taskId,
    taskKind: 'joint_review',
    outcome: 'approve',
    fields: [],
    byId,
    decidedAtMs,
    effectiveAtMs: work.atMs,
    ...(share === undefined ? {} : { benefitPpm: share.benefitPpm }),
  };
  return {
    kind: 'decided',
    audience: 'vendor',
    facts: { outcome: 'approve', windowId, waitsFor: work.windowIds },
  };
}
