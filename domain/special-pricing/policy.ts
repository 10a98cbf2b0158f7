import type { Duration } from '../business-time.ts';
import type { SlaThresholdAt } from '../sla-clock.ts';

/*
 * What a program decides about special prices. Every number, length of time and switch is a field here; a rule that a
 * program does not have is `null` or an empty list, said on purpose. Money is in minor units of `currency`, rates are
 * parts per million, lengths of time are counted in the calendar named by `calendarName`.
 */

/** Roles that may be asked, from the least authority to the most. */
export const pricingRoles = ['channel_account_manager', 'director', 'cro', 'cfo', 'ceo'] as const;
export type PricingRole = (typeof pricingRoles)[number];

/** Who is asked together: all of them, or as many as the quorum says. */
export interface ApprovalGroup {
  readonly roles: readonly PricingRole[];
  /** How many of the roles must agree; null: all. */
  readonly quorum: number | null;
}

/** What a value beyond a limit changes: the next band's people are asked, or somebody in addition. */
export type ValueBump =
  | { readonly aboveMinor: number; readonly effect: 'one_level_up' }
  | { readonly aboveMinor: number; readonly effect: 'add'; readonly roles: readonly PricingRole[] };

/** One band of the matrix; the bands are in order, the first begins at nothing, each includes its upper bound. */
export interface ApprovalBand {
  readonly key: string;
  /** Upper bound of the extra discount off the standard net, included; null: the last band has none. */
  readonly toPpm: number | null;
  /** Null: nobody is asked, the request clears at once. */
  readonly asks: ApprovalGroup | null;
  /** How long whoever is asked has; null only where nobody is. */
  readonly answerWithin: Duration | null;
  readonly valueBump: ValueBump | null;
}

/** At which moment's price list a distributor's support is worked out. */
export const priceMoments = ['sale', 'approval', 'claim'] as const;
export type PriceMoment = (typeof priceMoments)[number];

/** Closure codes that a denial, or a question that nobody answered, may end a request with. */
export const denialClosureCodes = ['price_too_low', 'margin', 'not_eligible', 'incomplete', 'other'] as const;
export type DenialClosureCode = (typeof denialClosureCodes)[number];

/** A reminder on a clock; `key` is unique within the clock. */
export interface PricingReminder {
  readonly key: string;
  readonly at: SlaThresholdAt;
}

/** A reason that people choose from a list. */
export interface OfferedKey {
  readonly key: string;
  readonly label: string;
}

/** A reason for a denial, and the closure code it stands for. */
export interface OfferedDenial extends OfferedKey {
  readonly closureCode: DenialClosureCode;
}

/** A departure from the usual terms, chosen from a list, and the band whose people it needs at least. */
export interface TermException extends OfferedKey {
  readonly bandKey: string;
}

export interface SpecialPricingPolicy {
  /** Counts in minutes, so that a whole life can be watched; refused in production. */
  readonly demonstration: boolean;
  /** ISO 4217: every amount of this document is in its minor units, and requests are compared in it at the dated rate. */
  readonly currency: string;
  readonly calendarName: string;
  readonly bands: readonly ApprovalBand[];
  /** `owner`: the band's own people decide; `chain`: those of each band below decide first, one after the other. */
  readonly approvalShape: 'owner' | 'chain';
  /** Least margin by product family; `otherPpm` for those not named, null: none. Below it the last band is asked. */
  readonly marginFloors: {
    readonly byFamily: Readonly<Record<string, number>>;
    readonly otherPpm: number | null;
  };
  readonly termExceptions: readonly TermException[];
  /** Requests for one end customer within so many days count as one deal. */
  readonly sameDealWithinDays: number;
  readonly tierDiscounts: Readonly<Record<string, number>>;
  /** Without an approved registration: whether one may ask at all. */
  readonly registrationNeeded: boolean;
  readonly validity: { readonly leastDays: number; readonly mostDays: number };
  /** Why a special price is asked for; a request names one. */
  readonly justifications: readonly OfferedKey[];
  /** How long a decision may be taken back before anything leaves, in seconds (0 to 60). */
  readonly undoWindowSeconds: number;
  readonly reminders: readonly PricingReminder[];
  /** Each step goes to the manager of whoever had it: 100 %, 200 %. */
  readonly escalations: readonly {
    readonly key: string;
    readonly at: SlaThresholdAt;
    readonly levelsUp: number;
  }[];
  /** Clocks opened in the last days of a fiscal quarter run on a part of their length. */
  readonly quarterEnd: { readonly lastBusinessDays: number; readonly lengthPpm: number } | null;
  /** How long a partner has to accept a counter-offer. */
  readonly counterOfferWithin: Duration;
  /** The approvers' clocks pause while the partner is asked; without an answer in time the request ends with this code. */
  readonly information: {
    readonly answerWithin: Duration;
    readonly reminders: readonly PricingReminder[];
    readonly closureCode: DenialClosureCode;
  };
  readonly reasons: { readonly denial: readonly OfferedDenial[] };
  /** On the clock of an agreement's validity. */
  readonly expiryReminders: readonly PricingReminder[];
  /** What the distributor buys into stock for is the list price less this. */
  readonly distributorDiscountPpm: number;
  /** What the distributor keeps of an approved price: his effective cost is the net less this. */
  readonly distributorMarginPpm: number;
  readonly priceInForceAt: PriceMoment;
  /** A sale is claimed until so many days after the end of its month. */
  readonly claimWindow: { readonly daysAfterMonthEnd: number };
  /** How long a disputed claim may wait for its answer. */
  readonly disputeWithin: Duration;
}
