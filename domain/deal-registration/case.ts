import type { RegistrationStatus } from './status.ts';
import { registrationStatuses } from './status.ts';

/*
 * The state of one registration as its workflow holds it, and what may be done in it. Plain JSON: it starts
 * the workflow, carries it over to a new run, and rebuilds it from the record after the engine lost it.
 */

export const taskKinds = [
  'registration_review',
  'joint_review',
  'conflict_resolution',
  'extension',
  'amendment',
  'appeal',
] as const;
export type TaskKind = (typeof taskKinds)[number];

export interface OpenTask {
  readonly id: string;
  readonly kind: TaskKind;
}

/** A decision in its undo window, or one that waits for the review window to close. */
export interface PendingDecision {
  readonly decisionId: string;
  readonly taskId: string;
  readonly taskKind: TaskKind;
  readonly outcome: string;
  /** What a request for information opens again for correction. */
  readonly fields: readonly string[];
  readonly byId: string | null;
  readonly decidedAtMs: number;
  readonly effectiveAtMs: number;
  /** Of a joint decision that several share: this one's part of the benefit in parts per million. Absent: all of it. */
  readonly benefitPpm?: number;
}

/** When one of the case's clocks wants to be looked at again. */
export interface Wake {
  readonly clockId: string;
  readonly kind: string;
  readonly atMs: number;
}

export interface CaseState {
  readonly registrationId: string;
  readonly partnerId: string;
  readonly programId: string;
  readonly policyId: string;
  readonly status: RegistrationStatus;
  /** The last step that was written. */
  readonly seq: number;
  /** True until rivals were looked for after a submission or a correction. */
  readonly matching: boolean;
  readonly tasks: readonly OpenTask[];
  readonly pending: PendingDecision | null;
  /** The review windows that must close before an approval takes effect. */
  readonly windowIds: readonly string[];
  /** The window in which it is decided together with its rivals; null: it is decided alone. */
  readonly jointWindowId: string | null;
  readonly wakes: readonly Wake[];
  readonly extensionAsked: boolean;
  readonly extensions: number;
  readonly appealed: boolean;
  /** Who did the last thing, when and what: what a click that came too late is told. */
  readonly last: { readonly byId: string | null; readonly atMs: number; readonly what: string };
}

/** What people can do with a registration. */
export const caseVerbs = [
  'answer_information',
  'withdraw',
  'request_extension',
  'report_activity',
  'amend',
  'report_won',
  'report_lost',
  'appeal',
  'transfer',
  'write_note',
] as const;
export type CaseVerb = (typeof caseVerbs)[number];

/** Those of them that are the partner's. */
export const partnersVerbs: readonly CaseVerb[] = caseVerbs.filter(
  (verb) => verb !== 'transfer' && verb !== 'write_note',
);

const openStatuses: readonly RegistrationStatus[] = [
  'submitted',
  'under_review',
  'info_requested',
  'pending_approval',
  'in_conflict',
];

const allowedIn: Readonly<Record<CaseVerb, readonly RegistrationStatus[]>> = {
  answer_information: ['info_requested'],
  withdraw: [...openStatuses, 'approved'],
  request_extension: ['approved', 'expired'],
  report_activity: ['approved'],
  amend: ['approved'],
  report_won: ['approved'],
  report_lost: ['approved'],
  appeal: ['rejected'],
  transfer: ['approved'],
  write_note: registrationStatuses,
};

/** Why a verb is not possible now, as a key of the word catalogue. */
export type VerbRefusal =
  | 'not_in_this_state'
  | 'decision_taking_effect'
  | 'extension_already_asked'
  | 'amendment_already_asked'
  | 'already_appealed'
  | 'case_is_closed';

/**
 * Why a person cannot do `verb` in this state of the case, or null when nothing stands against it. What the
 * policy says of time limits is asked where the policy is at hand.
 */
export function whyNotVerb(
  state: Pick<CaseState, 'status' | 'pending' | 'extensionAsked' | 'appealed' | 'tasks'>,
  verb: CaseVerb,
): VerbRefusal | null {
  if (!allowedIn[verb].includes(state.status))
    return isClosed(state) ? 'case_is_closed' : 'not_in_this_state';
  if (verb === 'write_note') return null;
  // An appeal is not withdrawn, and one that met a conflict is no different: the difference would tell of it.
  if (verb === 'withdraw' && state.appealed && openStatuses.includes(state.status))
    return 'not_in_this_state';
  if (verb === 'appeal' && state.appealed) return 'already_appealed';
  if (verb === 'request_extension' && state.extensionAsked) return 'extension_already_asked';
  if (verb === 'amend' && state.tasks.some((task) => task.kind === 'amendment'))
    return 'amendment_already_asked';
  // A partner may always withdraw; everything else waits until the decision is in effect or taken back.
  if (state.pending !== null && verb !== 'withdraw') return 'decision_taking_effect';
  return null;
}

/**
 * True while it is the vendor's turn: which of these states it is, and since when, tells of rivals, so that a partner
 * whose click was refused reads the same in all of them.
 */
export function isWithVendor(state: Pick<CaseState, 'status'>): boolean {
  return (
    state.status === 'appealed' || (openStatuses.includes(state.status) && state.status !== 'info_requested')
  );
}

/** True when a case is over for good or until an appeal or a late extension, within its time, reopens it. */
export function isClosed(state: Pick<CaseState, 'status'>): boolean {
  switch (state.status) {
    case 'submitted':
    case 'under_review':
    case 'info_requested':
    case 'pending_approval':
    case 'in_conflict':
    case 'approved':
    case 'appealed':
      return false;
    case 'rejected':
    case 'won':
    case 'lost':
    case 'expired':
    case 'withdrawn':
    case 'revoked':
      return true;
    default:
      return state.status satisfies never;
  }
}

/** True when nothing can happen any more: closed, and no clock keeps a way back open. */
export function isOver(state: Pick<CaseState, 'status' | 'wakes' | 'pending' | 'tasks'>): boolean {
  return isClosed(state) && state.wakes.length === 0 && state.pending === null && state.tasks.length === 0;
}

/**
 * When the workflow has something to do by itself; null when it only waits for people. A decision that was
 * made stops the clocks in fact: until it takes effect, or is taken back, none of them fires.
 */
export function nextWakeMs(state: Pick<CaseState, 'wakes' | 'pending' | 'windowIds'>): number | null {
  if (state.pending !== null) {
    return waitsForWindow(state.pending) && state.windowIds.length > 0 ? null : state.pending.effectiveAtMs;
  }
  return state.wakes.length === 0 ? null : Math.min(...state.wakes.map(({ atMs }) => atMs));
}

/**
 * Whether a decision takes effect only when the review window closes: an approval does, because a rival may
 * still join; a denial or a question to the partner has nothing to wait for beyond its undo window.
 */
export function waitsForWindow(pending: Pick<PendingDecision, 'outcome'>): boolean {
  return (
    pending.outcome === 'approve' || pending.outcome === 'protect_partner' || pending.outcome === 'overturn'
  );
}
