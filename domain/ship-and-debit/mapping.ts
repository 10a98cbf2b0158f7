import { readAmount } from '../amount-text.ts';
import type { AmountFault } from '../amount-text.ts';
import { decimalsOf } from '../words/reader.ts';
import { lineActions } from './line.ts';
import type { ClaimLine, LineAction } from './line.ts';

/*
 * How one distributor writes his files is data: a mapping profile. Whatever the format, a line comes here as texts by field, and
 * leaves as a `ClaimLine` or as every fault in it, named by the column of his file.
 */

export const claimFields = [
  'agreement',
  'customer',
  'customerCountry',
  'sku',
  'invoice',
  'invoiceLine',
  'saleDate',
  'quantity',
  'unitPrice',
  'currency',
  'action',
] as const;
export type ClaimField = (typeof claimFields)[number];

export const dateFormats = ['YYYY-MM-DD', 'YYYYMMDD', 'DD.MM.YYYY', 'DD/MM/YYYY', 'MM/DD/YYYY'] as const;
export type DateFormat = (typeof dateFormats)[number];

/** What holds for every format: how values are written. */
export interface ValueRules {
  readonly decimalMark: '.' | ',';
  readonly dateFormat: DateFormat;
  /** For lines that name no currency; null: every line names one. */
  readonly currency: string | null;
  /** How the file says what a line does (X12: PAD03); a line that says nothing is a sale. Compared without regard to case. */
  readonly actions: Readonly<Record<LineAction, readonly string[]>>;
}

export const fileEncodings = ['utf-8', 'utf-16le', 'windows-1252'] as const;

export interface CsvProfile extends ValueRules {
  readonly format: 'csv';
  readonly encoding: (typeof fileEncodings)[number];
  readonly delimiter: ',' | ';' | '\t' | '|';
  /** The head of the column that holds each field; null: the file does not have it. */
  readonly columns: Readonly<Record<ClaimField, string | null>>;
}

/** X12 004010, 844 or 867: which qualifiers stand for what. */
export interface X12Profile extends ValueRules {
  readonly format: 'x12';
  readonly encoding: (typeof fileEncodings)[number];
  /** LIN02 and following: of whose numbers for the product. In order of preference; so below. */
  readonly product: readonly string[];
  /** REF01. */
  readonly agreement: readonly string[];
  readonly invoice: readonly string[];
  readonly invoiceLine: readonly string[];
  /** N101: who the end customer is. */
  readonly customer: readonly string[];
  /** DTM01: the day of the sale. */
  readonly saleDate: readonly string[];
  /** QTY01. */
  readonly sold: readonly string[];
  readonly returned: readonly string[];
  /** UIT03: of the price that the end customer's side paid. An empty text: a price without a basis. */
  readonly price: readonly string[];
  /** What we answer with: QTY01 for units claimed and granted, and the ids of both sides in the envelope. */
  readonly answer: {
    readonly claimed: string;
    readonly granted: string;
    readonly ourId: string;
    readonly theirId: string;
  };
}

export type MappingProfile = CsvProfile | X12Profile;

/** Used where a distributor has agreed on nothing else: the heads are the fields' own names. */
export const plainCsvProfile: CsvProfile = {
  format: 'csv',
  encoding: 'utf-8',
  delimiter: ',',
  decimalMark: '.',
  dateFormat: 'YYYY-MM-DD',
  currency: null,
  actions: { sale: ['sale'], reversal: ['reversal'], again: ['again'] },
  columns: Object.fromEntries(claimFields.map((field) => [field, field])) as Record<ClaimField, string>,
};

export const plainX12Profile: X12Profile = {
  format: 'x12',
  encoding: 'utf-8',
  decimalMark: '.',
  dateFormat: 'YYYYMMDD',
  currency: null,
  actions: { sale: ['AI'], reversal: ['DI'], again: ['CA'] },
  product: ['VP', 'VN', 'SK', 'MG', 'BP'],
  agreement: ['CT'],
  invoice: ['IV'],
  invoiceLine: ['LI'],
  customer: ['EN', 'BY', 'ST'],
  saleDate: ['003', '011'],
  sold: ['32'],
  returned: ['76'],
  price: ['RS', 'RE', ''],
  answer: { claimed: '32', granted: '66', ourId: 'VENDOR', theirId: 'DISTRIBUTOR' },
};

/** Fields that a file may do without. */
const optionalFields: readonly ClaimField[] = ['customerCountry', 'currency', 'action'];

export const lineFaults = [
  'missing',
  'too_long',
  'not_text',
  'formula',
  'encoding',
  'not_an_amount',
  'decimal_mark',
  'too_many_decimals',
  'too_large',
  'negative_price',
  'not_a_whole_number',
  'zero_quantity',
  'negative_without_reversal',
  'reversal_not_negative',
  'not_a_date',
  'not_a_currency',
  'not_a_country',
  'action_unknown',
] as const;
/** What can be wrong with a record as a whole, before any field is read. */
export const recordFaults = ['line_too_long', 'quotation', 'cells'] as const;
export type LineFault = (typeof lineFaults)[number] | (typeof recordFaults)[number];

export interface FieldFault {
  readonly row: number;
  /** The column as the file calls it; empty: the whole record. */
  readonly column: string;
  readonly fault: LineFault;
}

/** One line as its file wrote it. */
export interface RawLine {
  readonly row: number;
  readonly texts: Readonly<Partial<Record<ClaimField, string>>>;
}

const MAX_TEXT = 200;
const MAX_QUANTITY = 1_000_000_000;

/** A line, or all that is wrong with it. `columnOf` says what the file calls a field. */
export function readLine(
  raw: RawLine,
  rules: ValueRules,
  columnOf: (field: ClaimField) => string,
): { line: ClaimLine } | { faults: FieldFault[] } {
  const faults: FieldFault[] = [];
  const complain = (field: ClaimField, fault: LineFault): null => {
    faults.push({ row: raw.row, column: columnOf(field), fault });
    return null;
  };
  const text = (field: ClaimField): string | null => {
    const written = raw.texts[field]?.trim() ?? '';
    if (written === '') return optionalFields.includes(field) ? null : complain(field, 'missing');
    if (written.length > MAX_TEXT) return complain(field, 'too_long');
    const fault = textFault(written);
    return fault === null ? written : complain(field, fault);
  };
  const agreement = text('agreement');
  const customer = text('customer');
  const country = text('customerCountry');
  const sku = text('sku');
  const invoice = text('invoice');
  const invoiceLine = text('invoiceLine');
  const dateText = text('saleDate');
  const quantityText = text('quantity');
  const priceText = text('unitPrice');
  const currency = (text('currency') ?? rules.currency)?.toUpperCase() ?? null;
  const actionText = text('action');
  if (country !== null && !/^[A-Za-z]{2}$/u.test(country)) complain('customerCountry', 'not_a_country');
  if (currency === null) complain('currency', 'missing');
  else if (!isCurrency(currency)) complain('currency', 'not_a_currency');
  const saleDate = dateText === null ? null : readDate(dateText, rules.dateFormat);
  if (dateText !== null && saleDate === null) complain('saleDate', 'not_a_date');
  const action = actionText === null ? 'sale' : actionOf(actionText, rules);
  if (action === null) complain('action', 'action_unknown');
  const quantity = quantityText === null ? null : quantityOf(quantityText, action, rules);
  if (typeof quantity === 'string') complain('quantity', quantity);
  const price =
    priceText === null || currency === null || !isCurrency(currency)
      ? null
      : priceOf(priceText, decimalsKept(currency), rules.decimalMark);
  if (typeof price === 'string') complain('unitPrice', price);
  if (
    faults.length > 0 ||
    agreement === null ||
    customer === null ||
    sku === null ||
    invoice === null ||
    invoiceLine === null ||
    saleDate === null ||
    typeof quantity !== 'number' ||
    typeof price !== 'number' ||
    currency === null ||
    action === null
  )
    return { faults };
  return {
    line: {
      row: raw.row,
      action,
      agreement: agreement.toUpperCase(),
      customer,
      customerCountry: country?.toUpperCase() ?? null,
      sku,
      invoice,
      invoiceLine,
      saleDate,
      quantity,
      unitMinor: price,
      currency,
    },
  };
}

/** Columns that the head of a file lacks, or has twice, by what the profile calls them. */
export function headFaults(
  head: readonly string[],
  profile: CsvProfile,
): { column: string; twice: boolean }[] {
  const places = new Map<string, number>();
  for (const name of head) places.set(name.trim(), (places.get(name.trim()) ?? 0) + 1);
  return claimFields.flatMap((field): { column: string; twice: boolean }[] => {
    const column = profile.columns[field];
    if (column === null) return [];
    const times = places.get(column) ?? 0;
    if (times > 1) return [{ column, twice: true }];
    return times === 0 && !optionalFields.includes(field) ? [{ column, twice: false }] : [];
  });
}

/** A cell that a spreadsheet would run, or that was not written in the encoding that was agreed. */
function textFault(text: string): LineFault | null {
  if (/^[=+@\t]/u.test(text) || /^-[^\d.,]/u.test(text)) return 'formula';
  if (text.includes('\uFFFD')) return 'encoding';
  return /[\u0000-\u001F\u007F]/u.test(text) ? 'not_text' : null;
}

function actionOf(text: string, { actions }: ValueRules): LineAction | null {
  const written = text.toLowerCase();
  return lineActions.find((action) => actions[action].some((word) => word.toLowerCase() === written)) ?? null;
}

/** Units, or what is wrong with them. A reversal is below zero in the file, and nothing else is. */
function quantityOf(
  text: string,
  action: LineAction | null,
  { decimalMark }: ValueRules,
): number | LineFault {
  const [, minus = '', digits = '', fraction = ''] = /^(-?)(\d{1,12})(?:[.,](0*))?$/u.exec(text) ?? [];
  if (digits === '') return 'not_a_whole_number';
  // "1.000" is a thousand to one reader and one to another.
  if (fraction.length === 3 || (fraction !== '' && !text.includes(decimalMark))) return 'decimal_mark';
  const units = Number(digits);
  if (units === 0) return 'zero_quantity';
  if (units > MAX_QUANTITY) return 'too_large';
  if (minus === '' && action === 'reversal') return 'reversal_not_negative';
  if (minus !== '' && action !== 'reversal') return 'negative_without_reversal';
  return units;
}

const amountFault: Readonly<Record<AmountFault, LineFault>> = {
  empty: 'missing',
  formula: 'formula',
  comma: 'decimal_mark',
  not_an_amount: 'not_an_amount',
  too_many_decimals: 'too_many_decimals',
  too_large: 'too_large',
};

function priceOf(text: string, decimals: number, mark: '.' | ','): number | LineFault {
  // With a decimal comma a point is as doubtful as a comma is with a point.
  if (mark === ',' && text.includes('.')) return 'decimal_mark';
  const read = readAmount(mark === ',' ? text.replace(',', '.') : text, decimals);
  if (!read.ok) return amountFault[read.fault];
  return read.amountMinor < 0 ? 'negative_price' : read.amountMinor;
}

const decimals = new Map<string, number>();

/** Asked for each line: what `Intl` answers once is kept. */
function decimalsKept(currency: string): number {
  const known = decimals.get(currency);
  if (known !== undefined) return known;
  const asked = decimalsOf(currency);
  decimals.set(currency, asked);
  return asked;
}

const isCurrency = (text: string): boolean => /^[A-Z]{3}$/u.test(text);

const DATES: Readonly<Record<DateFormat, RegExp>> = {
  'YYYY-MM-DD': /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})$/u,
  YYYYMMDD: /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})$/u,
  'DD.MM.YYYY': /^(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})$/u,
  'DD/MM/YYYY': /^(?<day>\d{1,2})\/(?<month>\d{1,2})\/(?<year>\d{4})$/u,
  'MM/DD/YYYY': /^(?<month>\d{1,2})\/(?<day>\d{1,2})\/(?<year>\d{4})$/u,
};
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** An ISO date, or null where the text is no date of this format. */
export function readDate(text: string, format: DateFormat): string | null {
  const { year = '', month = '', day = '' } = DATES[format].exec(text)?.groups ?? {};
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  const leap = y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
  const days = m === 2 && leap ? 29 : (MONTH_DAYS[m - 1] ?? 0);
  if (y < 2000 || y > 2199 || d < 1 || d > days) return null;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}
