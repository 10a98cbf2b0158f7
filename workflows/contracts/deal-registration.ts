import type { RegistrationStatus, SalesActivity } from '../../domain/deal-registration/status.ts';
import type { TaskOutcome } from '../../domain/deal-registration/task-outcomes.ts';

/** The workflow type, its task queue, and the id of one registration's workflow. */
export const dealRegistrationType = 'dealRegistration';
export const dealRegistrationQueue = 'deal-registration';
export function dealRegistrationWorkflowId(registrationId: string): string {
  return `deal-registration:${registrationId}`;
}

/** Names of the Updates; each takes a `Command` of the facts beside it and answers an `Answer`. */
export const dealRegistrationUpdates = [
  'submit',
  'decide',
  'retract',
  'assign',
  'judgePair',
  'answerInformation',
  'withdraw',
  'requestExtension',
  'reportActivity',
  'amend',
  'reportOutcome',
  'appeal',
  'transfer',
  'writeNote',
] as const;
export type DealRegistrationUpdate = (typeof dealRegistrationUpdates)[number];

export interface SubmitFacts {
  readonly registrationId: string;
  readonly partnerId: string;
  readonly programId: string;
}
export interface DecideFacts {
  readonly taskId: string;
  readonly outcome: TaskOutcome;
  readonly reasonKey: string | null;
  readonly fields: readonly string[];
  readonly winnerId: string | null;
  /** For the outcome `share`: who of the rivals. Absent in messages from before there was sharing. */
  readonly sharerIds?: readonly string[];
  readonly factsHash: string;
}
export interface RetractFacts {
  readonly decisionId: string;
}
export interface AssignFacts {
  readonly taskId: string;
  readonly personId: string | null;
}
export interface JudgePairFacts {
  readonly otherAccountId: string;
  readonly verdict: 'same' | 'different';
}
export interface AnswerInformationFacts {
  readonly fields: readonly string[];
}
export interface WithdrawFacts {
  readonly reasonKey: string;
}
/** The question is in the receipt. */
export type NoFacts = Readonly<Record<string, never>>;
export interface ReportActivityFacts {
  readonly activities: readonly SalesActivity[];
}
export interface AmendFacts {
  readonly fields: readonly string[];
}
export interface ReportOutcomeFacts {
  readonly outcome: 'won' | 'lost';
  readonly reasonKey: string | null;
}
export interface TransferFacts {
  readonly toPartnerId: string;
}
export interface WriteNoteFacts {
  readonly audience: 'partner' | 'vendor';
}

export type UpdateFacts = {
  submit: SubmitFacts;
  decide: DecideFacts;
  retract: RetractFacts;
  assign: AssignFacts;
  judgePair: JudgePairFacts;
  answerInformation: AnswerInformationFacts;
  withdraw: WithdrawFacts;
  requestExtension: NoFacts;
  reportActivity: ReportActivityFacts;
  amend: AmendFacts;
  reportOutcome: ReportOutcomeFacts;
  appeal: NoFacts;
  transfer: TransferFacts;
  writeNote: WriteNoteFacts;
};

/** The answer to the query `state`, for one case under investigation; never for lists. */
export interface DealRegistrationView {
  readonly status: RegistrationStatus | 'new';
  readonly seq: number;
  readonly waitingUntilMs: number | null;
  readonly openTaskIds: readonly string[];
}
