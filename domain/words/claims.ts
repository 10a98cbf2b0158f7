import type { VerdictReason } from '../ship-and-debit/line.ts';
import type { LineFault } from '../ship-and-debit/mapping.ts';
import type { InterchangeFault } from '../ship-and-debit/x12.ts';

/* What is said to a distributor about his claim: of each line, of each cell, of a file as a whole. */

const verdicts: Readonly<Record<VerdictReason, string>> = {
  agreement_unknown: 'You have no agreement of this reference. Check it against the agreement you were sent.',
  not_supplied_then: 'You did not supply this reseller on the day of the sale.',
  sale_before_validity: 'The sale was before the agreement began.',
  sale_after_validity: 'The sale was after the agreement ended.',
  customer_differs: 'The agreement is for another end customer.',
  customer_unclear: 'The end customer may be the agreement’s, but the name does not settle it.',
  product_not_covered: 'The agreement in force on the day of the sale does not name this product.',
  currency_differs: 'The agreement is in another currency.',
  sale_in_future: 'The sale is dated after the claim.',
  claimed_too_late: 'The time for claiming this sale is over.',
  price_above: 'The unit was sold above the agreed price, so there is nothing to support.',
  no_list_price: 'No list price was in force for this product on the day that counts.',
  claimed_before: 'This invoice and line was claimed before.',
  nothing_claimed: 'No supported sale of this invoice, line and product is known to take back.',
  more_than_sold: 'More units are taken back than were sold.',
  more_than_refused: 'More units are asked for again than were refused and are still sold.',
  stock_implausible: 'More units were sold than you can have had in stock.',
  cap_reached: 'The agreement’s cap for this product was used up before this line.',
  cap_cut: 'The agreement’s cap was reached within this line: the units past it are not supported.',
  nothing_to_support:
    'The price you paid into stock is not above the approved cost, so the support is nothing.',
  terms_changed:
    'The agreement was changed for what was sold before as well: the support of this line is another.',
};

/** Why a line did not get more than it did. */
export function describeVerdict(reason: VerdictReason): string {
  return verdicts[reason];
}

const faults: Readonly<Record<LineFault, string>> = {
  missing: 'Nothing is given here.',
  too_long: 'At most 200 characters.',
  not_text: 'This has characters that cannot be stored.',
  formula: 'This is a formula. Give the value that it comes to.',
  encoding: 'These bytes are not of the encoding that was agreed for your files.',
  not_an_amount: 'This is not an amount.',
  decimal_mark:
    'This mark may mean decimals or thousands. Write the decimal mark that was agreed, and nothing between thousands.',
  too_many_decimals: 'The currency has fewer decimals.',
  too_large: 'This is too large.',
  negative_price: 'A price is not below zero.',
  not_a_whole_number: 'Give whole units.',
  zero_quantity: 'A line of no units says nothing.',
  negative_without_reversal:
    'Units below zero are a reversal: say so, and name the invoice and line of the sale.',
  reversal_not_negative: 'A reversal has units below zero.',
  not_a_date: 'This is no date in the format that was agreed.',
  not_a_currency: 'Give the currency as three letters (ISO 4217).',
  not_a_country: 'Give the country as two letters (ISO 3166).',
  action_unknown: 'This is none of the words that were agreed for what a line does.',
  line_too_long: 'This line does not end within 64,000 characters.',
  quotation: 'A quotation mark is not closed or stands in the middle of a field.',
  cells: 'This line has more or fewer fields than the head.',
};

/** What is wrong with a cell or a line. */
export function describeLineFault(fault: LineFault): string {
  return faults[fault];
}

export type WholeFileFault =
  | 'empty'
  | 'encoding'
  | 'head'
  | 'column_missing'
  | 'column_twice'
  | InterchangeFault;

const files: Readonly<Record<WholeFileFault, string>> = {
  empty: 'The file has no lines.',
  encoding: 'The file is written in another encoding than was agreed.',
  head: 'The head of the file cannot be read.',
  column_missing: 'This column is missing.',
  column_twice: 'This column is there twice.',
  not_x12: 'The file is no X12 interchange.',
  segment_too_long: 'A segment does not end.',
  cut_off: 'The file breaks off: its last segments are missing.',
  control_number: 'The number at the end of an envelope is not the one it began with.',
  count: 'The count at the end of an envelope is not what is in it.',
  after_end: 'The file goes on after its end.',
  not_a_claim: 'The file holds a transaction set that is no claim: send 844 or 867.',
};

/** Why nothing of a file could be used. */
export function describeFileFault(fault: WholeFileFault): string {
  return files[fault];
}
