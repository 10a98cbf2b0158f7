import { waitsForWindow } from './case.ts';
import type { CaseState, PendingDecision } from './case.ts';
import type { SharedPart } from './who-wins.ts';

/**
 * The state of one review window as its workflow holds it: rivals for one account and product family who are
 * judged together. Plain JSON; from it the workflow can be rebuilt.
 */
export interface ReviewWindowState {
  readonly windowId: string;
  readonly programId: string;
  readonly policyId: string;
  readonly family: string;
  readonly closesAtMs: number;
  readonly seq: number;
  readonly members: readonly string[];
  readonly closed: boolean;
  /** The joint task, once there is more than one member. */
  readonly taskId: string | null;
  readonly pending: PendingDecision | null;
  /** Of a pending decision that several share: their parts. Absent in windows from before there was sharing. */
  readonly sharing?: readonly SharedPart[];
  readonly decided: boolean;
  /** Of which thresholds of the members' clocks somebody was told by mail, as `task:clock:threshold`. Absent: of none. */
  readonly told?: readonly string[];
  readonly last: { readonly byId: string | null; readonly atMs: number; readonly what: string };
}

/** Where a member of a window stands, as the window sees it. */
export type MemberPlace =
  /** At the joint task: it has no task of its own, and is decided there. */
  | 'gathered'
  /** It waits for a decision and was not brought to the joint task yet. */
  | 'to_call'
  /** It is judged with its rivals of another window first. */
  | 'elsewhere'
  /** It cannot be decided now (asked for information, in conflict, on its way to a denial); it joins when it is back. */
  | 'away';

/**
 * A registration of several families is in a window for each, and is judged in one of them at a time: the first by id of
 * those in which it has rivals. The order is the same for all, so that two windows never wait for each other.
 */
export function placeOf(
  windowId: string,
  member: Pick<CaseState, 'status' | 'matching' | 'pending' | 'jointWindowId'>,
): MemberPlace {
  if (!canBeJudgedJointly(member)) return 'away';
  if (member.jointWindowId === windowId) return 'gathered';
  return member.jointWindowId !== null && member.jointWindowId < windowId ? 'elsewhere' : 'to_call';
}

/** Whether a joint decision can answer a registration as it stands; both sides of a window ask this. */
export function canBeJudgedJointly(state: Pick<CaseState, 'status' | 'matching' | 'pending'>): boolean {
  return (
    (state.status === 'under_review' || state.status === 'pending_approval') &&
    !state.matching &&
    (state.pending === null || waitsForWindow(state.pending))
  );
}

/** Which registrations a joint decision protects; the others it denies. */
export function protectedBy({
  pending,
  sharing = [],
}: Pick<ReviewWindowState, 'pending' | 'sharing'>): string[] {
  if (pending === null || pending.outcome === 'deny') return [];
  return sharing.length > 0 ? sharing.map(({ registrationId }) => registrationId) : [pending.outcome];
}

/**
 * True while a joint decision that waits answers everybody: nobody joined whom the decider did not see, and all whom it
 * protects are still at the task.
 */
export function stillAnswersAll(
  decision: Pick<ReviewWindowState, 'pending' | 'sharing'>,
  input: { seenIds: readonly string[]; waitingIds: readonly string[]; gatheredIds: readonly string[] },
): boolean {
  return (
    input.waitingIds.every((id) => input.seenIds.includes(id)) &&
    protectedBy(decision).every((id) => input.gatheredIds.includes(id))
  );
}

type Waiting = Pick<ReviewWindowState, 'pending' | 'closed' | 'closesAtMs'>;

/**
 * When the window has something to do by itself: a decision takes effect, or it closes. As for a single registration, what
 * protects takes effect only when nobody can join any more; a denial of all has nothing to wait for.
 */
export function nextWindowWakeMs(state: Waiting): number | null {
  const effectMs = effectMsOf(state);
  const closeMs = state.closed ? null : state.closesAtMs;
  if (effectMs === null || closeMs === null) return effectMs ?? closeMs;
  return Math.min(effectMs, closeMs);
}

/** What is due first; null while nothing is. Closing goes before a decision that waits for it. */
export function dueInWindow(state: Waiting, nowMs: number): 'close' | 'take_effect' | null {
  const effectMs = effectMsOf(state);
  if (effectMs !== null && effectMs <= nowMs) return 'take_effect';
  return !state.closed && state.closesAtMs <= nowMs ? 'close' : null;
}

function effectMsOf({ pending, closed }: Waiting): number | null {
  if (pending === null) return null;
  return closed || pending.outcome === 'deny' ? pending.effectiveAtMs : null;
}

/** True when it closed and nothing is left to decide. */
export function isWindowOver(state: Pick<ReviewWindowState, 'closed' | 'taskId' | 'pending'>): boolean {
  return state.closed && state.taskId === null && state.pending === null;
}
