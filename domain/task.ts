/**
 * Who may decide a task. The rule is one for every process: the right role (or one with more authority), a
 * limit that covers the amount, and nobody who took part: submitter, preparer, beneficiary, earlier decider, or a deputy
 * of one of them. A deputy decides in the place of somebody who is away, as far as that person could.
 */

/** Roles that decide, from the least authority to the most: one above may do what one below may. */
export const authorityOrder = [
  'program_ops',
  'channel_account_manager',
  'approver',
  'director',
  'cro',
  'cfo',
  'ceo',
] as const;

export interface DecidableTask {
  readonly role: string;
  readonly namedId: string | null;
  readonly excludedIds: readonly string[];
  readonly amountMinor: number | null;
  readonly currency: string | null;
  readonly status: 'open' | 'paused' | 'decided' | 'cancelled';
}

export interface Decider {
  readonly personId: string;
  readonly side: 'vendor' | 'partner';
  readonly roles: readonly string[];
  /** Null: no limit. */
  readonly limitMinor: number | null;
  /** In which currency the limit counts; null: in that of the task. */
  readonly limitCurrency: string | null;
}

/** Why this person cannot decide this task, as a key of the word catalogue. */
export const decideRefusals = [
  'task_closed',
  'not_the_vendor',
  'took_part',
  'assigned_to_another',
  'not_your_role',
  'over_your_limit',
  'limit_in_another_currency',
  'stands_in_for_one_who_took_part',
  'no_deputy_now',
  'over_your_cap',
] as const;
export type DecideRefusal = (typeof decideRefusals)[number];

/** Null when the person may decide; otherwise why not. People are compared, not accounts or keys. */
export function whyNotDecide(task: DecidableTask, decider: Decider): DecideRefusal | null {
  if (task.status === 'decided' || task.status === 'cancelled') return 'task_closed';
  if (decider.side !== 'vendor') return 'not_the_vendor';
  if (task.excludedIds.includes(decider.personId)) return 'took_part';
  if (task.namedId !== null && task.namedId !== decider.personId) return 'assigned_to_another';
  if (task.namedId === null && !hasAuthority(decider.roles, task.role)) return 'not_your_role';
  return whyOverLimit(task, decider);
}

/** What the limit of a person says of an amount; amounts of different currencies are not compared. */
function whyOverLimit(
  { amountMinor, currency }: Pick<DecidableTask, 'amountMinor' | 'currency'>,
  { limitMinor, limitCurrency }: Pick<Decider, 'limitMinor' | 'limitCurrency'>,
): DecideRefusal | null {
  if (amountMinor === null || limitMinor === null) return null;
  if (limitCurrency !== null && limitCurrency !== currency) return 'limit_in_another_currency';
  return amountMinor > limitMinor ? 'over_your_limit' : null;
}

/** Somebody who is away, for whom a person may act now, up to an amount (null: as much as himself). */
export interface StandIn {
  readonly absent: Decider;
  readonly capMinor: number | null;
}

/** A person at a task: in his own right, and for those he stands in for now. */
export interface AtTheTask {
  readonly decider: Decider;
  readonly standsInFor: readonly StandIn[];
}

/**
 * Null when the person may decide in his own right (`actingForId` null), or in the place of that absent person; otherwise
 * why not. Who took part is asked of both, and of everybody else the person stands in for.
 */
export function whyNotDecideAs(
  task: DecidableTask,
  { decider, standsInFor }: AtTheTask,
  actingForId: string | null,
): DecideRefusal | null {
  const own = whyNotDecide(task, decider);
  if (own === 'task_closed' || own === 'not_the_vendor' || own === 'took_part') return own;
  if (standsInFor.some(({ absent }) => task.excludedIds.includes(absent.personId)))
    return 'stands_in_for_one_who_took_part';
  if (actingForId === null) return own;
  const standIn = standsInFor.find(({ absent }) => absent.personId === actingForId);
  if (standIn === undefined) return 'no_deputy_now';
  const { absent, capMinor } = standIn;
  if (capMinor !== null && task.amountMinor !== null && task.amountMinor > capMinor) return 'over_your_cap';
  return whyNotDecide(task, absent);
}

export type DecideVerdict =
  | { readonly may: true; readonly actingForId: string | null }
  | { readonly may: false; readonly why: DecideRefusal };

/** Whether a person may decide a task and for whom: in his own right where he can, else for the first he stands in for. */
export function mayDecide(task: DecidableTask, who: AtTheTask): DecideVerdict {
  const own = whyNotDecideAs(task, who, null);
  if (own === null) return { may: true, actingForId: null };
  const refusals = who.standsInFor.map(({ absent }) => ({
    id: absent.personId,
    why: whyNotDecideAs(task, who, absent.personId),
  }));
  const first = refusals.find(({ why }) => why === null);
  if (first !== undefined) return { may: true, actingForId: first.id };
  // What only the amount stands against says more than the role that the deputy lacks himself.
  return { may: false, why: refusals.find(({ why }) => why === 'over_your_cap')?.why ?? own };
}

/** Why nobody at all may decide a task, as a key of the word catalogue. */
export const nobodyDecidesCauses = [
  'nobody_has_the_role',
  'everybody_took_part',
  'over_every_limit',
  'assigned_to_one_who_may_not',
] as const;
export type NobodyDecides = (typeof nobodyDecidesCauses)[number];

/** Null when one of the deciders of the house may decide the open task in his own right; otherwise why none of them may. */
export function whyNobodyDecides(task: DecidableTask, deciders: readonly Decider[]): NobodyDecides | null {
  if (deciders.some((decider) => whyNotDecide(task, decider) === null)) return null;
  if (task.namedId !== null) return 'assigned_to_one_who_may_not';
  const holders = deciders.filter(({ roles }) => hasAuthority(roles, task.role));
  if (holders.length === 0) return 'nobody_has_the_role';
  return holders.every(({ personId }) => task.excludedIds.includes(personId))
    ? 'everybody_took_part'
    : 'over_every_limit';
}

/** The roles that cover a task of a role: itself and those with more authority. */
export function rolesCovering(wanted: string): string[] {
  return [...new Set([wanted, ...authorityOrder.filter((role) => hasAuthority([role], wanted))])];
}

/** True when one of `roles` is the wanted one or stands above it. */
export function hasAuthority(roles: readonly string[], wanted: string): boolean {
  if (roles.includes(wanted)) return true;
  const level = authorityOrder.findIndex((role) => role === wanted);
  return level !== -1 && authorityOrder.some((role, place) => place > level && roles.includes(role));
}
