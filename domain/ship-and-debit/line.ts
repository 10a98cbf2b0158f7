/*
 * One line of a claim: a distributor sold units of a product to an end customer under a special pricing agreement, took
 * some of them back, or asks again for units that were refused.
 */

export const lineActions = ['sale', 'reversal', 'again'] as const;
export type LineAction = (typeof lineActions)[number];

export interface ClaimLine {
  /** Record of the file, counted from 1 with the head; of an X12 file the segment that opens the line. */
  readonly row: number;
  readonly action: LineAction;
  /** The agreement's reference, in capitals. */
  readonly agreement: string;
  readonly customer: string;
  /** ISO 3166, two letters; null where the file does not say. */
  readonly customerCountry: string | null;
  readonly sku: string;
  readonly invoice: string;
  readonly invoiceLine: string;
  /** ISO date. */
  readonly saleDate: string;
  /** Units sold, taken back or asked for again: a whole number above zero. */
  readonly quantity: number;
  /** What the end customer's side paid for one, in minor units of `currency`. */
  readonly unitMinor: number;
  readonly currency: string;
}

/** The one sale that a line is about, among all lines of one distributor. */
export function saleKey(line: Pick<ClaimLine, 'invoice' | 'invoiceLine'>): string {
  return `${line.invoice}\n${line.invoiceLine}`;
}

/** What becomes of a line: all its units are supported, some, or none. */
export const lineOutcomes = ['granted', 'cut', 'refused'] as const;
export type LineOutcome = (typeof lineOutcomes)[number];

/** Why a line was refused, in the order in which it is asked; only the first that holds is told. */
export const refusalReasons = [
  'agreement_unknown',
  'not_supplied_then',
  'sale_before_validity',
  'sale_after_validity',
  'customer_differs',
  'customer_unclear',
  'product_not_covered',
  'currency_differs',
  'sale_in_future',
  'claimed_too_late',
  'price_above',
  'no_list_price',
  'claimed_before',
  'nothing_claimed',
  'more_than_sold',
  'more_than_refused',
  'stock_implausible',
  'cap_reached',
] as const;
/**
 * `cap_cut`: some units were beyond the cap. `nothing_to_support`: granted, and the difference is nothing. `terms_changed`: a later
 * version of the agreement supports what was sold before it otherwise.
 */
export const verdictReasons = [...refusalReasons, 'cap_cut', 'nothing_to_support', 'terms_changed'] as const;
export type VerdictReason = (typeof verdictReasons)[number];

export interface LineVerdict {
  readonly outcome: LineOutcome;
  readonly reason: VerdictReason | null;
  /** The agreement that it is judged under; null where there is none. */
  readonly agreementId: string | null;
  /** Supported units; of a reversal below zero, the units given back. */
  readonly units: number;
  /** Support for one unit, in minor units of the agreement's currency; null where nothing was worked out. */
  readonly supportUnitMinor: number | null;
  readonly amountMinor: number;
}
