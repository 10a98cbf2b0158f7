import type { PricingOutcome } from '../../domain/special-pricing/case.ts';

/** The two workflow types of special pricing, their task queue, and the ids of a request's and an agreement's workflow. */
export const specialPricingType = 'specialPricing';
export const pricingAgreementType = 'pricingAgreement';
export const specialPricingQueue = 'special-pricing';
export function specialPricingWorkflowId(requestId: string): string {
  return `special-pricing:${requestId}`;
}
export function pricingAgreementWorkflowId(agreementId: string): string {
  return `pricing-agreement:${agreementId}`;
}

/** Names of the Updates to a request; each takes a `Command` of the facts beside it and answers an `Answer`. */
export const specialPricingUpdates = [
  'submit',
  'decide',
  'retract',
  'assign',
  'recall',
  'resubmit',
  'answerCounter',
  'writeNote',
] as const;
export type SpecialPricingUpdate = (typeof specialPricingUpdates)[number];

/** The words, terms and prices are in the receipt. */
export interface SubmitPriceFacts {
  readonly requestId: string;
  readonly partnerId: string;
  readonly programId: string;
}
export interface DecidePriceFacts {
  readonly taskId: string;
  readonly outcome: PricingOutcome;
  readonly reasonKey: string | null;
  readonly fields: readonly string[];
  readonly factsHash: string;
}
export interface AnswerCounterFacts {
  readonly answer: 'accept' | 'decline';
}

/** Tells an agreement that it holds, and starts its workflow. Repeating it changes nothing. */
export const beginSignal = 'begin';
/** Tells an agreement that a request gave it a new version. Repeating it changes nothing. */
export const revisedSignal = 'revised';

/** Names of the Updates to an agreement. */
export const pricingAgreementUpdates = ['extend', 'end'] as const;
export type PricingAgreementUpdate = (typeof pricingAgreementUpdates)[number];
export interface ExtendFacts {
  /** The last day, `YYYY-MM-DD`. */
  readonly validUntil: string;
}

/** The answer to the query `state`, for one case under investigation; never for lists. */
export interface StateView {
  readonly status: string;
  readonly seq: number;
  readonly waitingUntilMs: number | null;
}
