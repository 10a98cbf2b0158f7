import type { PriceMoment } from '../special-pricing/policy.ts';
import { priceDay, supportOfOne, termsOn } from './terms.ts';
import type { TermsPeriod } from './terms.ts';

/*
 * What a change of an agreement means for units that were sold and supported before it. A new version changes all transactions, a new
 * period those from its first day on: the terms of the day of a sale are looked up anew, and where they give another support, the
 * difference is owed or owed back. What they no longer say anything of stays as it was decided.
 */

/** Units that are supported, all sold alike. */
export interface SupportedSale {
  readonly sku: string;
  /** ISO dates, UTC. */
  readonly saleDate: string;
  readonly receivedOn: string;
  /** What was paid for one, and the support of one, in minor units of the agreement's currency. */
  readonly unitMinor: number;
  readonly supportUnitMinor: number;
}

/** An agreement as it stands with the change. */
export interface ChangedAgreement {
  readonly terms: readonly TermsPeriod[];
  readonly priceInForceAt: PriceMoment;
  readonly distributorDiscountPpm: number;
  readonly listMinorOn: (sku: string, day: string) => number | null;
}

/**
 * The support of one by the terms as they are now. More than before is given only where the sale was at or below the price that is now
 * agreed: a lower price that was not passed on has nothing to support.
 */
export function supportNow(sale: SupportedSale, agreement: ChangedAgreement): number {
  const { saleDate, receivedOn, sku, supportUnitMinor: before } = sale;
  const terms = termsOn(agreement.terms, saleDate);
  const agreed = terms?.lines.get(sku);
  if (terms === undefined || agreed === undefined) return before;
  const listMinor = agreement.listMinorOn(
    sku,
    priceDay(agreement.priceInForceAt, { saleDate, agreedOn: terms.agreedOn, receivedOn }),
  );
  if (listMinor === null) return before;
  const now = supportOfOne({
    listMinor,
    distributorDiscountPpm: agreement.distributorDiscountPpm,
    approvedCostMinor: agreed.approvedCostMinor,
  });
  return now > before && sale.unitMinor > agreed.netUnitMinor ? before : now;
}
