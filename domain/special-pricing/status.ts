import type { TransitionTable } from '../transition-table.ts';

/**
 * The states of a request for a special price. `submitted` waits for its price and for whom it must ask, `pending_approval` for
 * somebody with the authority, `counter_offered` for the partner's word on the vendor's own terms.
 */
export const specialPriceStatuses = [
  'submitted',
  'pending_approval',
  'info_requested',
  'counter_offered',
  'approved',
  'rejected',
  'withdrawn',
] as const;
export type SpecialPriceStatus = (typeof specialPriceStatuses)[number];

/** Which state may follow which. A counter-offer that is accepted, and an answer, are the next round: they are priced and routed anew. */
export const specialPriceTransitions: TransitionTable<SpecialPriceStatus> = {
  submitted: ['pending_approval', 'approved', 'rejected', 'withdrawn'],
  pending_approval: ['info_requested', 'counter_offered', 'approved', 'rejected', 'withdrawn'],
  info_requested: ['pending_approval', 'approved', 'rejected', 'withdrawn'],
  counter_offered: ['pending_approval', 'approved', 'rejected', 'withdrawn'],
  approved: [],
  rejected: [],
  withdrawn: [],
};

/** Why a request ended, apart from the state it ended in. */
export const specialPriceClosureCodes = [
  'price_too_low',
  'margin',
  'not_eligible',
  'incomplete',
  'counter_declined',
  'counter_lapsed',
  'withdrawn_by_partner',
  'registration_ended',
  'other',
] as const;
export type SpecialPriceClosureCode = (typeof specialPriceClosureCodes)[number];

/** Which closure codes an end may carry; an approval has none. */
export const specialPriceClosureCodesFor: Readonly<
  Record<'rejected' | 'withdrawn', readonly SpecialPriceClosureCode[]>
> = {
  rejected: ['price_too_low', 'margin', 'not_eligible', 'incomplete', 'registration_ended', 'other'],
  withdrawn: ['counter_declined', 'counter_lapsed', 'withdrawn_by_partner'],
};

/**
 * What is asked: a first agreement, or a change of one. A new version changes all transactions under the agreement, those
 * already made as well; a new period changes those from a date on.
 */
export const specialPriceKinds = ['new', 'new_version', 'new_period'] as const;
export type SpecialPriceKind = (typeof specialPriceKinds)[number];

/** The states of an agreement. Extended and revised are facts of its versions, not states. */
export const pricingAgreementStatuses = ['active', 'expired', 'ended'] as const;
export type PricingAgreementStatus = (typeof pricingAgreementStatuses)[number];

export const pricingAgreementTransitions: TransitionTable<PricingAgreementStatus> = {
  active: ['expired', 'ended'],
  expired: [],
  ended: [],
};

/** Why an agreement ended before its time. */
export const agreementEndCodes = [
  'registration_ended',
  'registration_transferred',
  'ended_by_vendor',
] as const;
export type AgreementEndCode = (typeof agreementEndCodes)[number];

/** What brought a version of an agreement about. */
export const agreementVersionKinds = ['first', 'new_version', 'new_period', 'extension'] as const;
export type AgreementVersionKind = (typeof agreementVersionKinds)[number];
