import { timesQuantity } from '../money.ts';
import type { PriceMoment } from '../special-pricing/policy.ts';
import { saleKey } from './line.ts';
import type { ClaimLine, LineVerdict, VerdictReason } from './line.ts';
import { lastClaimDay, priceDay, supportOfOne, termsOn } from './terms.ts';
import type { TermsPeriod } from './terms.ts';

/*
 * The verdict on each line of a claim. Lines are judged in the order of the file, one after the other, against what the record
 * held when the claim's turn came and what the lines before took: so the same file on the same record has one result. The
 * distributor claims `max(0, into-stock price − approved cost) × min(quantity, remaining cap)`; the unit past a cap is ineligible,
 * a line that crosses it is cut. A reversal gives the supported units of a sale back first; what was refused of it stays refused
 * unless it is asked for again, and is then supported as the sale was.
 */

/** What an agreement means to one distributor. */
export interface ClaimedAgreement {
  readonly agreementId: string;
  readonly currency: string;
  /** The days on which he may have sold under it. */
  readonly supplied: readonly { readonly fromDay: string; readonly lastDay: string | null }[];
  /** In order of their days. */
  readonly terms: readonly TermsPeriod[];
  readonly distributorDiscountPpm: number;
  readonly priceInForceAt: PriceMoment;
  readonly claimDaysAfterMonthEnd: number;
}

/** Whether a line's customer is the agreement's, as matching found. */
export const customerVerdicts = ['same', 'unclear', 'different'] as const;
export type CustomerVerdict = (typeof customerVerdicts)[number];

/** What the record holds of a sale of which units were supported. */
export interface ClaimedSale {
  readonly agreementId: string;
  readonly sku: string;
  readonly supportUnitMinor: number;
  /** Units sold, of them supported, taken back, and given back to the cap. */
  readonly sold: number;
  readonly supported: number;
  readonly reversed: number;
  readonly givenBack: number;
}

/** What a line is judged by. */
export interface LineFacts {
  /** The day on which the claim came in, in UTC. */
  readonly receivedOn: string;
  /** Null: none of this reference that the distributor may know of. */
  readonly agreement: ClaimedAgreement | null;
  readonly customer: CustomerVerdict;
  /** List price of one on a day; null where no price list has it. */
  readonly listMinorOn: (day: string) => number | null;
  /** Null: nothing of this invoice line was supported before. */
  readonly earlier: ClaimedSale | null;
  /** Units that can still be in the distributor's stock; null: not known. */
  readonly stockLeft: number | null;
  /** Units that may still be supported; null: no cap. */
  readonly capLeft: number | null;
}

/** The verdict on one line. */
export function judgeLine(line: ClaimLine, facts: LineFacts): LineVerdict {
  if (line.action === 'reversal') return judgeReversal(line, facts);
  const { agreement, earlier } = facts;
  if (agreement === null) return refused('agreement_unknown', null);
  const { agreementId } = agreement;
  const terms = termsOn(agreement.terms, line.saleDate);
  const agreed = terms?.lines.get(line.sku);
  const reason = whyNotUnder(line, agreement, facts, terms);
  if (reason !== null || terms === undefined || agreed === undefined)
    return refused(reason ?? 'product_not_covered', agreementId);
  if (line.unitMinor > agreed.netUnitMinor) return refused('price_above', agreementId);
  const listMinor = facts.listMinorOn(
    priceDay(agreement.priceInForceAt, {
      saleDate: line.saleDate,
      agreedOn: terms.agreedOn,
      receivedOn: facts.receivedOn,
    }),
  );
  if (earlier === null && listMinor === null) return refused('no_list_price', agreementId);
  if (earlier !== null) {
    const isIt = earlier.agreementId === agreementId && earlier.sku === line.sku;
    if (line.action === 'sale' || !isIt) return refused('claimed_before', agreementId);
    if (line.quantity > refusedBefore(earlier)) return refused('more_than_refused', agreementId);
  }
  if (facts.stockLeft !== null && line.quantity > facts.stockLeft)
    return refused('stock_implausible', agreementId);
  const units = facts.capLeft === null ? line.quantity : Math.min(line.quantity, Math.max(0, facts.capLeft));
  if (units === 0) return refused('cap_reached', agreementId);
  const supportUnitMinor =
    earlier?.supportUnitMinor ??
    supportOfOne({
      listMinor: listMinor ?? 0,
      distributorDiscountPpm: agreement.distributorDiscountPpm,
      approvedCostMinor: agreed.approvedCostMinor,
    });
  return {
    outcome: units < line.quantity ? 'cut' : 'granted',
    reason: units < line.quantity ? 'cap_cut' : supportUnitMinor === 0 ? 'nothing_to_support' : null,
    agreementId,
    units,
    supportUnitMinor,
    amountMinor: timesQuantity(supportUnitMinor, units),
  };
}

/** What the agreement and the days say, before any price. */
function whyNotUnder(
  line: ClaimLine,
  agreement: ClaimedAgreement,
  { customer, receivedOn }: LineFacts,
  terms: TermsPeriod | undefined,
): VerdictReason | null {
  const { saleDate } = line;
  const supplied = agreement.supplied.some(
    ({ fromDay, lastDay }) => fromDay <= saleDate && (lastDay === null || saleDate <= lastDay),
  );
  if (!supplied) return 'not_supplied_then';
  if (terms === undefined)
    return agreement.terms.every(({ fromDay }) => saleDate < fromDay)
      ? 'sale_before_validity'
      : 'sale_after_validity';
  if (customer !== 'same') return customer === 'different' ? 'customer_differs' : 'customer_unclear';
  if (!terms.lines.has(line.sku)) return 'product_not_covered';
  if (line.currency !== agreement.currency) return 'currency_differs';
  if (saleDate > receivedOn) return 'sale_in_future';
  if (receivedOn > lastClaimDay(saleDate, agreement.claimDaysAfterMonthEnd)) return 'claimed_too_late';
  return null;
}

function judgeReversal(line: ClaimLine, { earlier }: LineFacts): LineVerdict {
  if (earlier === null || earlier.sku !== line.sku) return refused('nothing_claimed', null);
  if (earlier.reversed + line.quantity > earlier.sold) return refused('more_than_sold', earlier.agreementId);
  const units = Math.min(line.quantity, earlier.supported - earlier.givenBack);
  return {
    outcome: 'granted',
    reason: null,
    agreementId: earlier.agreementId,
    units: units === 0 ? 0 : -units,
    supportUnitMinor: earlier.supportUnitMinor,
    amountMinor: units === 0 ? 0 : -timesQuantity(earlier.supportUnitMinor, units),
  };
}

/** Units of a sale that were refused, were not taken back, and so may be asked for again. */
function refusedBefore({ sold, supported, reversed, givenBack }: ClaimedSale): number {
  return sold - reversed - (supported - givenBack);
}

function refused(reason: VerdictReason, agreementId: string | null): LineVerdict {
  return { outcome: 'refused', reason, agreementId, units: 0, supportUnitMinor: null, amountMinor: 0 };
}

/** What is left as lines are judged; each line takes from it. */
export interface Remaining {
  /** Units left under each cap, by `capKey`; absent: no cap. */
  readonly caps: Map<string, number>;
  /** Units left in stock by product; absent: not known. */
  readonly stock: Map<string, number>;
  /** Sales of which units are supported, by `saleKey`. */
  readonly sales: Map<string, ClaimedSale>;
}

export function capKey(agreementId: string, sku: string): string {
  return `${agreementId}\n${sku}`;
}

/** Judges one line and takes what it was granted from what is left (a reversal: gives it back). */
export function judgeNext(
  line: ClaimLine,
  left: Remaining,
  facts: Pick<LineFacts, 'receivedOn' | 'agreement' | 'customer' | 'listMinorOn'>,
): LineVerdict {
  const sale = saleKey(line);
  const earlier = left.sales.get(sale) ?? null;
  const cap =
    facts.agreement === null ? undefined : left.caps.get(capKey(facts.agreement.agreementId, line.sku));
  const verdict = judgeLine(line, {
    ...facts,
    earlier,
    stockLeft: left.stock.get(line.sku) ?? null,
    capLeft: cap ?? null,
  });
  if (verdict.outcome === 'refused' || verdict.agreementId === null) return verdict;
  const { units, supportUnitMinor, agreementId } = verdict;
  take(left.caps, capKey(agreementId, line.sku), units);
  take(left.stock, line.sku, units);
  left.sales.set(
    sale,
    saleAfter(earlier, line, { units, agreementId, supportUnitMinor: supportUnitMinor ?? 0 }),
  );
  return verdict;
}

function saleAfter(
  earlier: ClaimedSale | null,
  line: ClaimLine,
  { units, agreementId, supportUnitMinor }: { units: number; agreementId: string; supportUnitMinor: number },
): ClaimedSale {
  if (earlier === null)
    return {
      agreementId,
      sku: line.sku,
      supportUnitMinor,
      sold: line.quantity,
      supported: units,
      reversed: 0,
      givenBack: 0,
    };
  return line.action === 'reversal'
    ? { ...earlier, reversed: earlier.reversed + line.quantity, givenBack: earlier.givenBack - units }
    : { ...earlier, supported: earlier.supported + units };
}

function take(left: Map<string, number>, key: string, units: number): void {
  const before = left.get(key);
  if (before !== undefined) left.set(key, before - units);
}
