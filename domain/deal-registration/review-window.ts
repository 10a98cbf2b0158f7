import type { PendingDecision } from './case.ts';
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

/** When the window has something to do by itself: a decision takes effect, or it closes. */
export function nextWindowWakeMs(
  state: Pick<ReviewWindowState, 'pending' | 'closed' | 'closesAtMs'>,
): number | null {
  if (state.pending !== null) return state.pending.effectiveAtMs;
  return state.closed ? null : state.closesAtMs;
}

/** True when it closed and nothing is left to decide. */
export function isWindowOver(state: Pick<ReviewWindowState, 'closed' | 'taskId' | 'pending'>): boolean {
  return state.closed && state.taskId === null && state.pending === null;
}
