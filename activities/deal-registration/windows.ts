import {
  findOpenWindow,
  insertMember,
  insertWindow,
  lockWindow,
} from '../../adapters/store/review-windows.ts';
import { lockFamilies } from '../../adapters/store/deal-registration.ts';
import { addDuration } from '../../domain/business-time.ts';
import { waitsForWindow } from '../../domain/deal-registration/case.ts';
import type { ReviewWindowState } from '../../domain/deal-registration/review-window.ts';
import {
  joinSignal,
  reviewWindowType,
  reviewWindowWorkflowId,
} from '../../workflows/contracts/review-window.ts';
import type { WindowNews } from '../../workflows/contracts/review-window.ts';
import { dropTasks, go, meet, stableId, stepOnCase } from './case-work.ts';
import type { CaseDeps, CaseWork, StepEnd, StepOutcome, StepRequest } from './case-work.ts';
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
  if (policy.reviewWindow.amount === 0 || work.windowIds.length > 0) return;
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
      case 'closed':
        return windowClosed(work, news.windowId);
      case 'decided':
        return jointlyDecided(work, news);
      default:
        return news satisfies never;
    }
  });
}

const NO_NEWS: StepEnd = { kind: 'window_looked_at', audience: 'vendor' };

/** A rival joined: the open task, or the approval that waits, becomes part of the one joint task. */
async function rivalJoined(work: CaseWork, windowId: string): Promise<StepEnd> {
  if (!work.windowIds.includes(windowId) || work.jointWindowId !== null) return NO_NEWS;
  const { pending } = work;
  // A denial, or a question to the partner, stands: there is nothing left that a joint decision could give.
  if (pending !== null && !waitsForWindow(pending)) return NO_NEWS;
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

/** The window closed without a rival: an approval that waited for it takes effect. */
async function windowClosed(work: CaseWork, windowId: string): Promise<StepEnd> {
  if (!work.windowIds.includes(windowId)) return NO_NEWS;
  work.windowIds = work.windowIds.filter((id) => id !== windowId);
  if (work.jointWindowId === windowId) {
    work.jointWindowId = null;
    // The rivals are gone (withdrawn, denied): it is decided alone again.
    if (work.status === 'under_review' || work.status === 'pending_approval')
      return { ...(await openReview(work, {})), kind: 'window_closed', audience: 'vendor' };
  }
  return { kind: 'window_closed', audience: 'vendor', facts: { windowId } };
}

/** The joint decision: one is protected, or several share, the others are denied, each with the rules of its own policy. */
async function jointlyDecided(work: CaseWork, news: WindowNews & { news: 'decided' }): Promise<StepEnd> {
  if (work.jointWindowId !== news.windowId) return NO_NEWS;
  work.jointWindowId = null;
  work.windowIds = [];
  if (news.outcome === 'deny') return reject(work, 'conflict_lost', news.decidedAtMs);
  if (work.status === 'under_review') go(work, 'pending_approval');
  const obstacle = await reserveSlot(work, { kind: 'joint_review' }, news.share?.group);
  if (obstacle !== null) return obstacle;
  meet(work, ['first_response', 'decision'], news.decidedAtMs);
  return approve(work, news.decidedAtMs, news.share?.benefitPpm);
}
