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

/** A departure from the usual terms, chosen from a list, and the band whose people it needs at least. */
export interface TermException {
  readonly key: string;
  readonly label: string;
  readonly bandKey: string;
}

export interface SpecialPricingPolicy {
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
  readonly reminders: readonly { readonly key: string; readonly at: SlaThresholdAt }[];
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
}
