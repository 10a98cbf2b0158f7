/**
 * Who may decide a task. The rule is one for every process: the right role (or one with more authority), a
 * limit that covers the amount, and nobody who took part: submitter, preparer, beneficiary, earlier decider.
 */

/** Roles that decide, from the least authority to the most: one above may do what one below may. */
export const authorityOrder = ['program_ops', 'channel_account_manager', 'approver', 'director'] as const;

export interface DecidableTask {
  readonly role: string;
  readonly namedId: string | null;
  readonly excludedIds: readonly string[];
  readonly amountMinor: number | null;
  readonly status: 'open' | 'paused' | 'decided' | 'cancelled';
}

export interface Decider {
  readonly personId: string;
  readonly side: 'vendor' | 'partner';
  readonly roles: readonly string[];
  /** Null: no limit. */
  readonly limitMinor: number | null;
}

/** Why this person cannot decide this task, as a key of the word catalogue. */
export const decideRefusals = [
  'task_closed',
  'not_the_vendor',
  'took_part',
  'assigned_to_another',
  'not_your_role',
  'over_your_limit',
] as const;
export type DecideRefusal = (typeof decideRefusals)[number];

/** Null when the person may decide; otherwise why not. People are compared, not accounts or keys. */
export function whyNotDecide(task: DecidableTask, decider: Decider): DecideRefusal | null {
  if (task.status === 'decided' || task.status === 'cancelled') return 'task_closed';
  if (decider.side !== 'vendor') return 'not_the_vendor';
  if (task.excludedIds.includes(decider.personId)) return 'took_part';
  if (task.namedId !== null && task.namedId !== decider.personId) return 'assigned_to_another';
  if (task.namedId === null && !hasAuthority(decider.roles, task.role)) return 'not_your_role';
  if (task.amountMinor !== null && decider.limitMinor !== null && task.amountMinor > decider.limitMinor)
    return 'over_your_limit';
  return null;
}

/** True when one of `roles` is the wanted one or stands above it. */
export function hasAuthority(roles: readonly string[], wanted: string): boolean {
  if (roles.includes(wanted)) return true;
  const level = authorityOrder.findIndex((role) => role === wanted);
  return level !== -1 && authorityOrder.some((role, place) => place > level && roles.includes(role));
}
