import {
  beginAgreement,
  endAgreement,
  extendAgreement,
  fireAgreementClock,
  followAgreedRegistration,
  followAgreementHolds,
  followRevision,
} from './special-pricing/agreement.ts';
import {
  firePriceClock,
  followPriceHolds,
  followRegistration,
  undeliveredMessages,
} from './special-pricing/clocks.ts';
import {
  reassignPricingTask,
  recordPricingDecision,
  retractPricingDecision,
  takePricingEffect,
} from './special-pricing/decisions.ts';
import {
  answerCounterOffer,
  recallRequest,
  resubmitRequest,
  writePriceNote,
} from './special-pricing/partner-verbs.ts';
import { routeRound } from './special-pricing/routing.ts';
import { recordRequest } from './special-pricing/submission.ts';
import type { PricingDeps } from './special-pricing/request-work.ts';

/**
 * The effects of special pricing: requests and the agreements that come of them. Each is one step of one case in one transaction, safe
 * to run again: the key is (case, sequence), and a repeat gives the first run's result.
 */
export function createSpecialPricingActivities(deps: PricingDeps) {
  const bound =
    <Input, Output>(activity: (deps: PricingDeps, input: Input) => Promise<Output>) =>
    (input: Input): Promise<Output> =>
      activity(deps, input);
  return {
    recordRequest: bound(recordRequest),
    routeRound: bound(routeRound),
    recordPricingDecision: bound(recordPricingDecision),
    takePricingEffect: bound(takePricingEffect),
    retractPricingDecision: bound(retractPricingDecision),
    reassignPricingTask: bound(reassignPricingTask),
    recallRequest: bound(recallRequest),
    resubmitRequest: bound(resubmitRequest),
    answerCounterOffer: bound(answerCounterOffer),
    writePriceNote: bound(writePriceNote),
    undeliveredMessages: bound(undeliveredMessages),
    firePriceClock: bound(firePriceClock),
    followPriceHolds: bound(followPriceHolds),
    followRegistration: bound(followRegistration),
    beginAgreement: bound(beginAgreement),
    followRevision: bound(followRevision),
    fireAgreementClock: bound(fireAgreementClock),
    followAgreementHolds: bound(followAgreementHolds),
    followAgreedRegistration: bound(followAgreedRegistration),
    extendAgreement: bound(extendAgreement),
    endAgreement: bound(endAgreement),
  };
}

export type SpecialPricingActivities = ReturnType<typeof createSpecialPricingActivities>;
