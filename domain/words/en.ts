import type { AbsenceRefusal } from '../absence.ts';
import type { Role } from '../access.ts';
import type { AttentionReason } from '../deal-registration/attention.ts';
import type { VerbRefusal } from '../deal-registration/case.ts';
import type {
  ClosureCode,
  OpportunityStage,
  RegistrationSource,
  RegistrationStatus,
  RegistrationType,
  RfpStatus,
  SalesActivity,
} from '../deal-registration/status.ts';
import type { TaskOutcome } from '../deal-registration/task-outcomes.ts';
import type { EvidenceKind, PairVerdict } from '../matching/verdict.ts';
import type { PolicyKind } from '../policy-document.ts';
import type { DecideRefusal, NobodyDecides } from '../task.ts';
import { formatPpm, listWords, neutralReader, type Reader } from './reader.ts';

/*
 * The word catalogue, English: one label an idea, used by screens and mails alike. Tables are complete over
 * their closed union; keys that come from a document (reasons, tiers, queues) go through `inWords`.
 */

export const statusWords: Readonly<Record<RegistrationStatus, string>> = {
  submitted: 'Submitted',
  under_review: 'Under review',
  info_requested: 'Information wanted',
  pending_approval: 'Waiting for approval',
  in_conflict: 'In conflict',
  approved: 'Approved',
  rejected: 'Rejected',
  appealed: 'Appealed',
  won: 'Won',
  lost: 'Lost',
  expired: 'Expired',
  withdrawn: 'Withdrawn',
  revoked: 'Revoked',
};

export const closureWords: Readonly<Record<ClosureCode | 'not_awarded', string>> = {
  duplicate: 'Registered before',
  not_eligible: 'Not eligible under the program',
  incomplete: 'Information was not given in time',
  conflict_lost: 'Another registration was preferred',
  no_activity: 'No sales activity was reported',
  customer_choice: 'The customer chose differently',
  superseded: 'Replaced by another registration',
  price: 'Lost on price',
  competitor: 'Lost to a competitor',
  no_decision: 'The customer did not decide',
  won: 'Won',
  withdrawn_by_partner: 'Withdrawn by the partner',
  protection_ended: 'Protection ended',
  other: 'Another reason',
  not_awarded: 'Not awarded',
};

export const typeWords: Readonly<Record<RegistrationType, string>> = {
  new_customer: 'New customer',
  new_solution: 'New solution',
  add_on: 'Add-on',
  renewal: 'Renewal',
};

export const sourceWords: Readonly<Record<RegistrationSource, string>> = {
  partner_sourced: 'We found it',
  vendor_assigned: 'The vendor passed it on',
};

export const stageWords: Readonly<Record<OpportunityStage, string>> = {
  identified: 'Identified',
  qualified: 'Qualified',
  proposal: 'Proposal',
  negotiation: 'Negotiation',
};

export const rfpWords: Readonly<Record<RfpStatus, string>> = {
  none: 'No public tender',
  expected: 'A tender is expected',
  published: 'A tender is published',
};

export const activityWords: Readonly<Record<SalesActivity, string>> = {
  customer_call: 'Call with the customer held',
  demo: 'Demonstration scheduled or held',
  intent_verified: 'Intent to buy verified',
  decision_maker_met: 'Decision maker met',
  proof_of_concept: 'Proof of concept run',
};

export const roleWords: Readonly<Record<Role, string>> = {
  program_ops: 'Program operations',
  channel_account_manager: 'Channel account manager',
  approver: 'Approver',
  director: 'Director',
  cro: 'Chief revenue officer',
  cfo: 'Chief financial officer',
  ceo: 'Chief executive officer',
  finance_preparer: 'Finance preparer',
  finance_approver: 'Finance approver',
  auditor: 'Auditor',
  admin: 'Administrator',
  partner_admin: 'Partner administrator',
  partner_sales: 'Partner sales',
};

export const policyKindWords: Readonly<Record<PolicyKind, string>> = {
  'deal-registration': 'Deal registration',
  'special-pricing': 'Special pricing',
};

export type TaskKindKey =
  | 'registration_review'
  | 'joint_review'
  | 'conflict_resolution'
  | 'extension'
  | 'amendment'
  | 'appeal'
  | 'pricing_approval';

export const taskKindWords: Readonly<Record<TaskKindKey, string>> = {
  registration_review: 'Registration',
  joint_review: 'Rival registrations',
  conflict_resolution: 'Conflict',
  extension: 'Extension',
  amendment: 'Amendment',
  appeal: 'Appeal',
  pricing_approval: 'Special price',
};

/** The one question of each kind of task. */
export const taskQuestionWords: Readonly<Record<TaskKindKey, string>> = {
  registration_review: 'Should this partner get protection for this deal?',
  joint_review: 'Several partners registered this opportunity. Which of them gets protection?',
  conflict_resolution: 'Who works this customer?',
  extension: 'Should the protection be extended?',
  amendment: 'Should the changed deal stay approved?',
  appeal: 'Does the denial stand?',
  pricing_approval: 'Should this partner get the special price?',
};

/** `verb` is on the button, `done` in the undo bar and the timeline. */
export const outcomeWords: Readonly<Record<TaskOutcome, { verb: string; done: string }>> = {
  approve: { verb: 'Approve', done: 'Approved' },
  deny: { verb: 'Deny', done: 'Denied' },
  request_information: { verb: 'Ask for information', done: 'Asked for information' },
  send_to_conflict: { verb: 'Send to conflict', done: 'Sent to conflict' },
  protect_partner: { verb: 'Protect this partner', done: 'Protected this partner' },
  share: { verb: 'Let them share', done: 'Shared among them' },
  award_other: { verb: 'Award the other side', done: 'Awarded the other side' },
  no_conflict: { verb: 'No conflict', done: 'Found no conflict' },
  grant: { verb: 'Grant', done: 'Granted' },
  refuse: { verb: 'Refuse', done: 'Refused' },
  uphold: { verb: 'Uphold the denial', done: 'Upheld the denial' },
  overturn: { verb: 'Overturn the denial', done: 'Overturned the denial' },
  counter_offer: { verb: 'Make a counter-offer', done: 'Made a counter-offer' },
};

/** What has been decided, by an outcome that may come from a record. */
export function outcomeDone(outcome: string): string {
  return lookUp(outcomeWords, outcome)?.done ?? inWords(outcome);
}

export type VerbKey =
  | 'answer_information'
  | 'withdraw'
  | 'request_extension'
  | 'report_activity'
  | 'amend'
  | 'report_won'
  | 'report_lost'
  | 'appeal'
  | 'transfer'
  | 'write_note';

export const verbWords: Readonly<Record<VerbKey, string>> = {
  answer_information: 'Answer',
  withdraw: 'Withdraw',
  request_extension: 'Ask for an extension',
  report_activity: 'Report activity',
  amend: 'Amend',
  report_won: 'Report won',
  report_lost: 'Report lost',
  appeal: 'Appeal',
  transfer: 'Transfer',
  write_note: 'Write a note',
};

/** Why an absence cannot be entered. */
export const absenceRefusalWords: Readonly<Record<AbsenceRefusal, string>> = {
  own_deputy: 'Nobody stands in for himself.',
  ends_before_it_begins: 'Choose an end after the beginning.',
  over_already: 'That time is over.',
  absent_already: 'There is an absence in that time already; end it first.',
  deputy_is_away: 'The deputy is away in that time.',
  is_a_deputy_then: 'In that time this person stands in for somebody who is away.',
};

/** Why a verb or a decision is not allowed, by the keys of the refusals in `domain/task.ts` and `domain/deal-registration/case.ts`. */
export const whyNotWords = {
  task_closed: 'It has been decided already.',
  not_the_vendor: 'Only the vendor decides this.',
  took_part: 'You took part in this case before; somebody else decides.',
  assigned_to_another: 'It was handed to another person.',
  not_your_role: 'Your role does not do this.',
  over_your_limit: 'The value is above your limit of authority.',
  limit_in_another_currency: 'Your limit of authority is in another currency than the value.',
  stands_in_for_one_who_took_part:
    'You stand in for somebody who took part in this case; somebody else decides.',
  no_deputy_now: 'You do not stand in for that person now.',
  over_your_cap: 'The value is above what you may decide as a deputy.',
  not_in_this_state: 'The state of the case does not allow this.',
  decision_taking_effect: 'A decision was just made and takes effect in a moment.',
  extension_already_asked: 'An extension has been asked for already and waits for a decision.',
  amendment_already_asked: 'An amendment has been asked for already and waits for a decision.',
  already_appealed: 'There has been an appeal already; its decision is final.',
  case_is_closed: 'The case is closed.',
  no_appeal_in_program: 'The program does not offer an appeal.',
  no_extension_left: 'Every extension of the program has been used.',
  no_activity_asked: 'The program does not ask for sales activity after approval.',
} as const satisfies Readonly<
  Record<
    DecideRefusal | VerbRefusal | 'no_appeal_in_program' | 'no_extension_left' | 'no_activity_asked',
    string
  >
>;

/** What has to be done where no button of the board can help. */
export const stuckRemedyWords = {
  workflow:
    'A lost process begins again from its record with npm run reconcile. When it fails since a new version came, go back to the version before; where nobody polls, start the workers.',
  unsealed: "Look for the sealer in the workers' log, and run npm run verify when it seals again.",
} as const;

/** Why nobody may decide a task, and the way out. */
export const nobodyDecidesWords: Readonly<Record<NobodyDecides, string>> = {
  nobody_has_the_role:
    'Nobody has the role that decides this. Hand it to somebody, or have an administrator propose the role for somebody.',
  everybody_took_part:
    'Everybody who has the role took part in this case. Hand it to somebody who took no part, or have an administrator propose the role for somebody.',
  over_every_limit:
    'The value is above the limit of everybody who took no part. Have an administrator propose a higher limit, or the role for somebody.',
  assigned_to_one_who_may_not:
    'It was handed to a person who may not decide it. Hand it to another, or back to its queue.',
};

/** Why a case needs the person who looks after its partner, and the next best thing to do. The time follows the title. */
export const attentionWords: Readonly<Record<AttentionReason, { title: string; action: string }>> = {
  promise_broken: { title: 'Our answer was due', action: 'See that it is decided, and tell the partner.' },
  at_risk: {
    title: 'At risk',
    action: 'Ask the partner to report what he did, before protection is revoked.',
  },
  protection_ending: {
    title: 'Protection ends',
    action: 'Ask for the outcome, or for an extension in time.',
  },
  partner_owes_answer: {
    title: "The partner's answer is due",
    action: 'Remind him: without it the case is closed.',
  },
  activity_due: { title: 'Sales activity is due', action: 'Remind the partner to report it.' },
  promise_due: { title: 'Our answer is due', action: 'Look who has it.' },
};

/** A key of `whyNotWords`, or of a newer version of the API, as a sentence. */
export function whyNot(key: string | null): string {
  return key === null
    ? 'This is not possible now.'
    : (lookUp(whyNotWords, key) ?? `${sentence(inWords(key))}.`);
}

/** What happens next in a case, as the words before its time. */
export const nextStepWords = {
  checked_for_conflicts: 'The check for conflicts ends',
  decided: 'An answer is due',
  takes_effect: 'The decision takes effect',
  window_closes: 'The review window closes',
  your_answer: 'Your answer is wanted',
  conflict_resolved: 'The conflict is decided',
  appeal_decided: 'The appeal is decided',
  extension_decided: 'The extension is decided',
  amendment_decided: 'The amendment is decided',
  report_activity: 'Sales activity is to be reported',
  protection_ends: 'Protection ends',
  appeal_possible_until: 'An appeal is possible until',
  extension_possible_until: 'An extension is possible until',
} as const;

/**
 * The next step for a reader: the vendor's people are told of the partner, the partner of himself. `over`: its time is past.
 */
export function nextStep(key: string, side: 'vendor' | 'partner', over = false): string {
  if (side === 'vendor' && key === 'your_answer') return 'The partner answers';
  if (key === 'decided')
    return `${side === 'vendor' ? 'A decision' : 'An answer'} ${over ? 'was' : 'is'} due`;
  return lookUp(nextStepWords, key) ?? sentence(inWords(key));
}

export const waitingForWords: Readonly<Record<'vendor' | 'partner' | 'customer' | 'nobody', string>> = {
  vendor: 'the vendor',
  partner: 'the partner',
  customer: 'the customer',
  nobody: 'nobody',
};

export const clockWords = {
  answer: 'Answer',
  first_response: 'First response',
  decision: 'Decision',
  information: 'Information wanted',
  protection: 'Protection',
  activity_check: 'Activity check',
  activity_grace: 'Activity, last chance',
  extension: 'Extension decision',
  late_extension: 'Late extension',
  appeal_window: 'Time to appeal',
  appeal: 'Appeal decision',
  conflict: 'Conflict decision',
  approval: 'Price approval',
  counter_offer: 'Counter-offer',
  validity: 'Special price',
} as const;

export function clockName(kind: string): string {
  return lookUp(clockWords, kind) ?? sentence(inWords(kind));
}

export const verdictWords: Readonly<Record<PairVerdict, string>> = {
  duplicate: 'Duplicate',
  related: 'Related companies',
  probable: 'Probably the same',
  possible: 'Possibly the same',
  different: 'Different',
};

export const evidenceWords: Readonly<Record<EvidenceKind, string>> = {
  remembered: 'Judged by a person before',
  parent: 'Parent and subsidiary',
  tax_id: 'Tax id (last two)',
  registrable_domain: 'Web domain',
  name_equal: 'Name (normalised)',
  name_similar: 'Name',
  country: 'Country',
  city: 'City',
  address: 'Address',
  phone: 'Phone',
  contact_domain: "Contact's mail domain",
};

/**
 * Where a rival stands by the program's rules: what put him behind the first, with both scores where they count something;
 * null for the first. The rule comes from a record.
 */
export function placeWords(
  behindBy: { readonly rule: string; readonly mine: number | null; readonly best: number | null } | null,
): string {
  if (behindBy === null) return "first by the program's rules.";
  const { mine, best } = behindBy;
  switch (behindBy.rule) {
    case 'sharedReduced':
      return 'level with the first; the program lets them share.';
    case 'firstCome':
    case 'lowerReceiptNumber':
      return 'came later.';
    case 'mostQualified':
      return mine === null || best === null
        ? 'less qualified.'
        : `less qualified, with ${mine} of the ${best} points of the first.`;
    case 'incumbent':
      return 'the first is the incumbent.';
    case 'customersChoice':
      return 'the customer chose the first in writing.';
    default:
      return `behind by “${inWords(behindBy.rule)}”.`;
  }
}

export const rivalKindWords: Readonly<Record<'registration' | 'account' | 'direct_deal', string>> = {
  registration: 'Registration',
  account: 'Customer record',
  direct_deal: 'Direct deal',
};

/** The fields of a submission, for errors and requests for information; last those of an absence. */
export const fieldWords = {
  programId: 'Program',
  type: 'Type',
  source: 'Source',
  customer: 'Customer',
  'customer.legalName': 'Legal name',
  'customer.webDomain': 'Web domain',
  'customer.country': 'Country',
  'customer.street': 'Street',
  'customer.postalCode': 'Postal code',
  'customer.city': 'City',
  'customer.industry': 'Industry',
  'customer.taxId': 'Tax id',
  'customer.phone': 'Phone',
  'customer.contacts': 'Contacts',
  opportunityName: 'Opportunity',
  lines: 'Products',
  value: 'Estimated value',
  expectedClose: 'Expected close',
  stage: 'Stage',
  competitors: 'Competitors',
  incumbentReseller: 'Incumbent reseller',
  rfp: 'Public tender',
  salesActivities: 'Sales activity',
  activitySummary: 'What was done so far',
  evidenceIds: 'Evidence',
  customersChoice: "The customer's written choice",
  distributor: 'Distributor',
  requestedDiscountPpm: 'Requested discount',
  vendorRep: 'Vendor representative',
  personId: 'Who is away',
  deputyId: 'Deputy',
  fromAt: 'Away from',
  untilAt: 'Back at',
  capMinor: 'The deputy decides up to',
} as const;

export function fieldName(key: string): string {
  return lookUp(fieldWords, key) ?? sentence(inWords(key));
}

export const importKindWords: Readonly<Record<'accounts' | 'direct_deals' | 'registrations', string>> = {
  accounts: 'Customer accounts',
  direct_deals: 'Direct deals',
  registrations: 'Registrations in flight',
};

/** That a protection is shared, and which part of the benefit is whose reader's; never with whom. */
export function shareSentence(benefitPpm: number, reader: Reader = neutralReader): string {
  return `The protection is shared: ${formatPpm(benefitPpm, reader)} of the program's benefit is yours. With whom it is shared is not told.`;
}

/** Which product families an approval left out, and why; never for whom they are protected. */
export function leftOutSentence(families: readonly string[]): string {
  const [are, they] = families.length === 1 ? ['is', 'it is'] : ['are', 'they are'];
  return `${sentence(listWords(families.map(inWords)))} ${are} not protected by this approval, because ${they} protected for another registration of this customer.`;
}

/** For whoever decides: which product families another registration has, and what an approval would do about it. */
export function takenSentence(taken: { families: readonly string[]; protects: readonly string[] }): string {
  const has = taken.families.length === 1 ? 'is' : 'are';
  const then =
    taken.protects.length === 0
      ? 'to approve opens a conflict'
      : `an approval protects ${listWords(taken.protects.map(inWords))} only, and the partner is told so`;
  return `${sentence(listWords(taken.families.map(inWords)))} ${has} protected for another registration of this customer: ${then}.`;
}

/** "channel_account_manager" → "channel account manager": for keys that come from documents. */
export function inWords(key: string): string {
  return key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]+/g, ' ')
    .trim()
    .toLowerCase();
}

/** With a capital at the front. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A table asked by a key that comes from elsewhere: nothing inherited may answer. */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
