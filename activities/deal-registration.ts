import { fireDueClock, undeliveredReceipts } from './deal-registration/clocks.ts';
import { reassignTask, recordDecision, retractDecision, takeEffect } from './deal-registration/decisions.ts';
import { judgePair, matchRivals } from './deal-registration/matching.ts';
import {
  amend,
  answerInformation,
  appeal,
  reportActivity,
  reportOutcome,
  requestExtension,
  transfer,
  withdraw,
  writeNote,
} from './deal-registration/partner-verbs.ts';
import { recordSubmission } from './deal-registration/submission.ts';
import { followHolds } from './deal-registration/holds.ts';
import { followWindow } from './deal-registration/windows.ts';
import type { CaseDeps } from './deal-registration/case-work.ts';

/**
 * The effects of deal registration. Each is one step of one case in one transaction, safe to run again: the
 * key is (case, sequence), and a repeat gives the first run's result.
 */
export function createDealRegistrationActivities(deps: CaseDeps) {
  const bound =
    <Input, Output>(activity: (deps: CaseDeps, input: Input) => Promise<Output>) =>
    (input: Input): Promise<Output> =>
      activity(deps, input);
  return {
    recordSubmission: bound(recordSubmission),
    matchRivals: bound(matchRivals),
    judgePair: bound(judgePair),
    recordDecision: bound(recordDecision),
    takeEffect: bound(takeEffect),
    retractDecision: bound(retractDecision),
    reassignTask: bound(reassignTask),
    answerInformation: bound(answerInformation),
    withdraw: bound(withdraw),
    requestExtension: bound(requestExtension),
    reportActivity: bound(reportActivity),
    amend: bound(amend),
    reportOutcome: bound(reportOutcome),
    appeal: bound(appeal),
    transfer: bound(transfer),
    writeNote: bound(writeNote),
    undeliveredReceipts: bound(undeliveredReceipts),
    fireDueClock: bound(fireDueClock),
    followWindow: bound(followWindow),
    followHolds: bound(followHolds),
  };
}

export type DealRegistrationActivities = ReturnType<typeof createDealRegistrationActivities>;
