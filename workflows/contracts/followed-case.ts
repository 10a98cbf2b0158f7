/**
 * Tells a process that stands on another case what became of that case (docs/pieces/followers.md). The followed case writes one
 * for each follower in the step that moved it. Repeating it changes nothing: it is told apart by case and sequence.
 */
export const followedCaseSignal = 'followedCase';
export interface FollowedCaseNews {
  readonly caseId: string;
  /** The step of the followed case that it tells of. */
  readonly seq: number;
  /** `ended`: nothing can be built on it any more; `moved`: the time in which it may be built on changed; `handed_over`: to another partner. */
  readonly what: 'ended' | 'moved' | 'handed_over';
  /** The state of the followed case after the step. */
  readonly status: string;
  readonly atMs: number;
}
