import type { Role } from '../access.ts';
import { authorityOrder } from '../task.ts';
import type { Duration } from '../business-time.ts';
import type { MatchingThresholds } from '../matching/facts.ts';
import type { SlaThresholdAt } from '../sla-clock.ts';
import type { ClosureCode, RegistrationSource, RegistrationType, SalesActivity } from './status.ts';

/*
 * What a program decides about deal registration. Every number, length of time and switch of the process is
 * a field here, so that a new program is a new document and never a change of code. Nothing is optional: a
 * rule a program does not have is `null` (or an empty list), said on purpose.
 *
 * Money is in minor units of `currency`, rates are integer parts per million, lengths of time are
 * `Duration`s of the calendar named by `calendarName`.
 */

/** Roles a policy may hand a decision to, from the least authority to the most. */
export const decidingRoles = authorityOrder satisfies readonly Role[];
export type DecidingRole = (typeof decidingRoles)[number];

/** What kind of business a partner does with the vendor. */
export const partnerKinds = [
  'reseller',
  'var',
  'distributor',
  'msp',
  'system_integrator',
  'referral',
  'agent',
  'affiliate',
] as const;
export type PartnerKind = (typeof partnerKinds)[number];

/** From what moment the length of protection is counted; the protected range itself begins at approval. */
export const countedFromOptions = ['submission', 'approval', 'forecastClose'] as const;
export type CountedFrom = (typeof countedFromOptions)[number];

/** Which tenders a program takes: all, all but published ones, or none that is even expected. */
export const rfpRules = ['allowed', 'publishedIneligible', 'ineligible'] as const;
export type RfpRule = (typeof rfpRules)[number];

/** What counts as the same subject when a program allows one registration per customer and subject. */
export const uniquenessRules = ['none', 'perProductFamily', 'perCoreProductFamily'] as const;
export type UniquenessRule = (typeof uniquenessRules)[number];

/** Signs of being the most qualified partner for a deal. */
export const qualificationSignals = [
  'decision_maker_met',
  'proof_of_concept',
  'incumbent',
  'certified_staff',
] as const;
export type QualificationSignal = (typeof qualificationSignals)[number];

/** What a denial may tell a partner about others. */
export const denialDisclosures = ['reasonOnly', 'anotherRegistrationExists'] as const;
export type DenialDisclosure = (typeof denialDisclosures)[number];

/** A reminder on a clock; `key` is unique within the clock. */
export interface Reminder {
  key: string;
  at: SlaThresholdAt;
}

/** Who is called when a clock passes a point, in the order of the list. */
export interface EscalationStep {
  to: DecidingRole;
  at: SlaThresholdAt;
}

/** One level of authority: where its tasks queue and up to what value (inclusive; `null`: any) it decides. */
export interface Authority {
  role: DecidingRole;
  queue: string;
  limitMinor: number | null;
}

/** A row of the approval matrix. The first row that fits decides; the value bound is inclusive. */
export interface RoutingRow {
  types: RegistrationType[] | null;
  upToMinor: number | null;
  role: DecidingRole;
}

/** Conditions of a length of protection. `null` fits everything; all that are given must hold. */
export interface ProtectionCondition {
  types: RegistrationType[] | null;
  sources: RegistrationSource[] | null;
  partnerKinds: PartnerKind[] | null;
  segments: string[] | null;
  valueAtLeastMinor: number | null;
}

/** One criterion of who wins. A criterion that does not tell the rivals apart passes on to the next. */
export type WinCriterion =
  | { rule: 'firstCome' }
  | { rule: 'mostQualified'; points: { signal: QualificationSignal; points: number }[] }
  | { rule: 'incumbent' }
  | { rule: 'customersChoice' }
  /** All who are still level share; the list gives each one's part of the benefit by order of receipt. */
  | { rule: 'sharedReduced'; benefitPpmByRank: number[] };

/** A registration discount for a number of units, both bounds inclusive. */
export interface DiscountBand {
  fromUnits: number;
  toUnits: number;
  ratePpm: number;
}

/** A reason people may choose, with the closure code it stands for and its words for the partner. */
export interface OfferedReason {
  key: string;
  closureCode: ClosureCode;
  words: string;
}

/** The whole of a program's rules of deal registration. */
export interface DealRegistrationPolicy {
  /** Counts in minutes, so that a whole life can be watched; refused in production. */
  demonstration: boolean;
  calendarName: string;
  /** ISO 4217; every amount of this document is in its minor units. */
  currency: string;

  /** What is said at once: which clock's end is given as "answer by". */
  acknowledgement: { answerBy: 'firstResponse' | 'decision' };

  /** Met by the first decision, information request or written note; a claim does not meet it. */
  firstResponse: {
    byTier: { tier: string; within: Duration }[];
    otherwise: Duration;
    reminders: Reminder[];
    escalation: EscalationStep[];
  };

  decision: {
    within: Duration;
    reminders: Reminder[];
    escalation: EscalationStep[];
    /** What happens when nobody decided at all; `null`: nothing beyond the escalation. */
    lastResort: {
      /** Counted from the end of the clock, in its calendar. */
      afterDue: Duration;
      /** `null`: the switch is off, and somebody is paged. */
      autoApprove: AutoApproveRule | null;
      page: DecidingRole;
    } | null;
  };

  /** The decision clock pauses while the partner is asked. */
  information: { answerWithin: Duration; reminders: Reminder[]; closureCode: ClosureCode };

  /** Rivals for the same account and product family are judged together when it closes; zero: there is none. */
  reviewWindow: Duration;
  /** How long a decision may be taken back before anything leaves, in seconds (0 to 60). */
  undoWindowSeconds: number;
  /** Which share of the promised times the program means to keep, in parts per million; null: it sets itself none. */
  attainmentTargetPpm: number | null;

  conflict: { decideWithin: Duration; resolvedBy: DecidingRole };

  protection: {
    /** The first rule whose condition fits gives the length. */
    lengths: { when: ProtectionCondition; length: Duration }[];
    otherwise: Duration;
    countedFrom: CountedFrom;
    reminders: Reminder[];
    /** Whether a part of the product families may be approved; otherwise all or nothing. Needs the disclosure of rivals. */
    partialFamilies: boolean;
  };

  /** `null`: the program does not ask what was done after approval. */
  activityCheck: {
    after: Duration;
    activities: SalesActivity[];
    reminders: Reminder[];
    /** At risk first; revoked after this long. `null`: never revoked for it. */
    revokeAfter: Duration | null;
    closureCode: ClosureCode;
  } | null;

  /** The n-th extension is the n-th step; no step left, no extension. */
  extension: {
    steps: { length: Duration; by: DecidingRole }[];
    mustAskBeforeExpiry: boolean;
    /** How long after expiry it may still be asked, where it need not be asked before; otherwise `null`. */
    askWithinAfterExpiry: Duration | null;
    decideWithin: Duration;
  };

  /** After expiry the same partner may not register the same opportunity again for so long; `null`: at once. */
  quietPeriod: Duration | null;

  /** `null`: a denial is final. */
  appeal: { within: Duration; decideWithin: Duration; by: DecidingRole } | null;

  routing: {
    /** From the least authority to the most. */
    authorities: Authority[];
    rows: RoutingRow[];
  };

  eligibility: {
    allowedTypes: RegistrationType[];
    allowedSources: RegistrationSource[];
    minimumValueMinor: number | null;
    minimumUnitsPerSku: number | null;
    leadTimeBeforeClose: Duration | null;
    rfp: RfpRule;
    /** How many pieces of evidence of sales activity a submission must carry. */
    minimumEvidence: number;
    goodStanding: boolean;
    certifications: string[];
    trainings: string[];
    /** `null`: the customer's history is not asked. */
    netNew: { addOnByManagingPartnerOnly: boolean } | null;
    oneRegistrationPerCustomer: UniquenessRule;
  };

  /** In this order; what none tells apart goes to the lower receipt number. */
  whoWins: { criteria: WinCriterion[] };

  /** Whether a rival's protection denies by machine. Only ever for the verdict `duplicate`. Needs the disclosure of rivals. */
  machineDenial: 'never' | 'onDuplicateOfProtected';
  /** A direct deal worked on in this time before leads to `in_conflict`. */
  directEngagedWithin: Duration;

  disclosure: {
    denial: DenialDisclosure;
    inConflictShownAs: 'under_review' | 'in_conflict';
    pendingApprovalShownAs: 'under_review' | 'pending_approval';
  };

  /** What an approved registration may change without being approved again. */
  amendment: {
    freeValueIncreasePpm: number;
    addedFamiliesNeedApproval: boolean;
    freeCloseDateMove: Duration;
  };
  transfer: { by: DecidingRole };

  /** `null`: the program gives no registration discount. */
  discount: { bands: DiscountBand[]; above: DecidingRole } | null;

  /** What counts as similar when accounts are compared. */
  matching: MatchingThresholds;

  reasons: { rejection: OfferedReason[]; loss: OfferedReason[]; withdrawal: OfferedReason[] };
}

/**
 * When the machine may approve what nobody decided. Beside these limits of the program the rules that hold
 * always are checked (a clean fresh match, eligibility, direct engagement, no open verdict, clock running,
 * review window closed): a program cannot switch those off.
 */
export interface AutoApproveRule {
  /** Exclusive. */
  valueBelowMinor: number;
  types: RegistrationType[] | null;
  tiers: string[] | null;
}
