import type { PricingRole } from './policy.ts';
import { specialPriceStatuses } from './status.ts';
import type { PricingAgreementStatus, SpecialPriceStatus } from './status.ts';

/*
 * The states of a request and of an agreement as their workflows hold them, and what may be done in them. Plain JSON without
 * words, names or money: it starts a workflow, carries it over to a new run, and rebuilds it after the engine lost it.
 */

/** A wait for one role of the open step. */
export interface PricingTask {
  readonly id: string;
  readonly kind: 'pricing_approval';
  /** The role of the step that it asks for; an escalation may have taken it further up. */
  readonly role: PricingRole;
}

/** What a person can decide about a request. */
export const pricingOutcomes = ['approve', 'deny', 'counter_offer', 'request_information'] as const;
export type PricingOutcome = (typeof pricingOutcomes)[number];

/** A decision in its undo window. Several may wait at once, because several people are asked at once. */
export interface PendingPricingDecision {
  readonly decisionId: string;
  readonly taskId: string;
  readonly role: PricingRole;
  readonly outcome: PricingOutcome;
  /** What a request for information asks about. */
  readonly fields: readonly string[];
  readonly byId: string;
  /** The absent person in whose place a deputy decided. */
  readonly actingForId: string | null;
  readonly decidedAtMs: number;
  readonly effectiveAtMs: number;
}

/** When one of a case's clocks wants to be looked at again. */
export interface PricingWake {
  readonly clockId: string;
  readonly kind: string;
  readonly atMs: number;
}

/** Who did the last thing, when and what: what a click that came too late is told. */
export interface LastDone {
  readonly byId: string | null;
  readonly atMs: number;
  readonly what: string;
}

export interface SpecialPriceState {
  readonly requestId: string;
  readonly partnerId: string;
  readonly programId: string;
  readonly policyId: string;
  readonly registrationId: string | null;
  readonly status: SpecialPriceStatus;
  /** The last step that was written. */
  readonly seq: number;
  /** Which terms are asked for, from 1. */
  readonly round: number;
  /** True until the round was priced against the whole deal and it is known who is asked. */
  readonly routing: boolean;
  /** The step of the round that is asked now, from 1; 0 while nobody is. */
  readonly stepNo: number;
  readonly tasks: readonly PricingTask[];
  readonly pending: readonly PendingPricingDecision[];
  readonly wakes: readonly PricingWake[];
  readonly last: LastDone;
}

/** What people can do with a request, decisions apart. */
export const specialPriceVerbs = ['recall', 'resubmit', 'answer_counter', 'write_note'] as const;
export type SpecialPriceVerb = (typeof specialPriceVerbs)[number];

/** Those of them that are the partner's. */
export const partnersPriceVerbs: readonly SpecialPriceVerb[] = ['recall', 'resubmit', 'answer_counter'];

const allowedIn: Readonly<Record<SpecialPriceVerb, readonly SpecialPriceStatus[]>> = {
  recall: ['submitted', 'pending_approval', 'info_requested', 'counter_offered'],
  resubmit: ['info_requested'],
  answer_counter: ['counter_offered'],
  write_note: specialPriceStatuses,
};

/** Why a verb is not possible now, as a key of the word catalogue. */
export type PriceVerbRefusal = 'not_in_this_state' | 'case_is_closed';

/**
 * Why a person cannot do `verb` now, or null. A recall is possible until the request is decided, also while a decision waits
 * for its undo window. Whether an offer lapsed is asked in the step, where its clock is at hand.
 */
export function whyNotPriceVerb(
  state: Pick<SpecialPriceState, 'status'>,
  verb: SpecialPriceVerb,
): PriceVerbRefusal | null {
  if (allowedIn[verb].includes(state.status)) return null;
  return isPriceRequestClosed(state) ? 'case_is_closed' : 'not_in_this_state';
}

/** True when a request is decided or taken back: nothing brings it back. */
export function isPriceRequestClosed(state: Pick<SpecialPriceState, 'status'>): boolean {
  switch (state.status) {
    case 'submitted':
    case 'pending_approval':
    case 'info_requested':
    case 'counter_offered':
      return false;
    case 'approved':
    case 'rejected':
    case 'withdrawn':
      return true;
    default:
      return state.status satisfies never;
  }
}

/**
 * When a request has something to do by itself; null when it only waits for people. A decision that was made stops the clocks
 * in fact: until it takes effect, or is taken back, none of them fires.
 */
export function nextPriceWakeMs(state: Pick<SpecialPriceState, 'wakes' | 'pending'>): number | null {
  const due =
    state.pending.length > 0
      ? state.pending.map(({ effectiveAtMs }) => effectiveAtMs)
      : state.wakes.map(({ atMs }) => atMs);
  return due.length === 0 ? null : Math.min(...due);
}

/** Whom a request waits for and what happens next, as keys of the word catalogue. */
export interface PriceOutlook {
  readonly waitingFor: 'vendor' | 'partner' | 'nobody';
  readonly nextStep: PriceNextStep | null;
}
export const priceNextSteps = ['priced', 'decided', 'your_answer', 'your_word_on_the_offer'] as const;
export type PriceNextStep = (typeof priceNextSteps)[number];

/** What comes next in this state of a request. A decision that is not in effect yet changes nothing here: the partner reads this. */
export function priceOutlookOf({ status }: Pick<SpecialPriceState, 'status'>): PriceOutlook {
  switch (status) {
    case 'submitted':
      return { waitingFor: 'vendor', nextStep: 'priced' };
    case 'pending_approval':
      return { waitingFor: 'vendor', nextStep: 'decided' };
    case 'info_requested':
      return { waitingFor: 'partner', nextStep: 'your_answer' };
    case 'counter_offered':
      return { waitingFor: 'partner', nextStep: 'your_word_on_the_offer' };
    case 'approved':
    case 'rejected':
    case 'withdrawn':
      return { waitingFor: 'nobody', nextStep: null };
    default:
      return status satisfies never;
  }
}

// ---------------------------------------------------------------------------------------------------------

export interface PricingAgreementState {
  readonly agreementId: string;
  readonly requestId: string;
  readonly partnerId: string;
  readonly programId: string;
  readonly policyId: string;
  readonly registrationId: string | null;
  readonly status: PricingAgreementStatus;
  readonly seq: number;
  /** The version that holds. */
  readonly version: number;
  readonly wakes: readonly PricingWake[];
  readonly last: LastDone;
}

/** What people can do with an agreement, all of it the vendor's. A partner asks for a change by a request of its own. */
export const agreementVerbs = ['extend', 'end'] as const;
export type AgreementVerb = (typeof agreementVerbs)[number];

/** Null when the agreement holds; otherwise why nothing can be done with it. */
export function whyNotAgreementVerb(
  state: Pick<PricingAgreementState, 'status'>,
  _verb: AgreementVerb,
): 'case_is_closed' | null {
  return state.status === 'active' ? null : 'case_is_closed';
}

/** When an agreement has something to do by itself; null when only people can move it. */
export function nextAgreementWakeMs(state: Pick<PricingAgreementState, 'wakes'>): number | null {
  return state.wakes.length === 0 ? null : Math.min(...state.wakes.map(({ atMs }) => atMs));
}
