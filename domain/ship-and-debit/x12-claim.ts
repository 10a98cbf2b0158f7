import { writeAmount } from '../amount-text.ts';
import type { ClaimLine, LineVerdict, VerdictReason } from './line.ts';
import type { ClaimField, RawLine, X12Profile } from './mapping.ts';
import { InterchangeError, writeInterchange } from './x12.ts';
import type { Segment } from './x12.ts';

/*
 * Claims in X12: 844 (product transfer account adjustment) groups lines by contract, 867 (product transfer and resale) by sale;
 * both say the same of a line. 849 answers an 844 line by line. Which qualifiers stand for what is the profile's.
 */

type Texts = Partial<Record<ClaimField, string>>;

/** How good the qualifier was that a text was taken by; a better one replaces it. */
interface Taken {
  readonly texts: Texts;
  readonly rank: Partial<Record<ClaimField, number>>;
}

export interface ClaimSegments {
  /** The lines that this segment completes. Throws `InterchangeError` for a transaction set that is no claim. */
  take(segment: Segment): RawLine[];
}

/** Which segment opens a group, and which a line in it. */
const shapes: Readonly<Record<string, { group: string; line: string }>> = {
  '844': { group: 'CON', line: 'PAD' },
  '867': { group: 'PTD', line: 'QTY' },
};

/** Reads lines from segments: what a set or a group says holds for the lines in it, unless they say otherwise. */
export function claimSegments(profile: X12Profile): ClaimSegments {
  let shape: { group: string; line: string } | null = null;
  let set: Taken = nothing();
  let group: Taken = nothing();
  let line: Taken | null = null;
  /** What is being said belongs here: to the set, a group in it, or a line in that. */
  let current: Taken = set;
  let opened = 0;
  /** The party that the segments after an N1 are about is the customer. */
  let atCustomer = false;

  const close = (): RawLine[] => {
    if (line === null) return [];
    const texts = { ...set.texts, ...group.texts, ...line.texts };
    line = null;
    current = group;
    return [{ row: opened, texts }];
  };
  const note = (field: ClaimField, text: string | undefined, rank: number): void => {
    if (text === undefined || text === '' || rank === -1) return;
    const { texts, rank: ranks } = current;
    if ((ranks[field] ?? Number.MAX_SAFE_INTEGER) <= rank) return;
    texts[field] = text;
    ranks[field] = rank;
  };
  const readInto = ({ name, elements }: Segment): void => {
    const [first = '', second] = elements;
    switch (name) {
      case 'CUR':
        note('currency', second, 0);
        break;
      case 'CON':
        note('agreement', second, 0);
        break;
      case 'PAD':
        note('action', elements[2], 1);
        break;
      case 'PTD':
        // The reference that a sale is reported under: PTD02 says which, PTD03 what.
        note('agreement', elements[2], profile.agreement.indexOf(second ?? ''));
        break;
      case 'REF':
        note('agreement', second, profile.agreement.indexOf(first));
        note('invoice', second, profile.invoice.indexOf(first));
        note('invoiceLine', second, profile.invoiceLine.indexOf(first));
        break;
      case 'DTM':
        note('saleDate', second, profile.saleDate.indexOf(first));
        break;
      case 'N1': {
        const rank = profile.customer.indexOf(first);
        atCustomer = rank !== -1 && rank < (current.rank.customer ?? Number.MAX_SAFE_INTEGER);
        // The address of whoever was taken for the customer until now is not his.
        if (atCustomer) delete current.texts.customerCountry;
        note('customer', second, rank);
        break;
      }
      case 'N4':
        if (atCustomer && elements[3] !== undefined) current.texts.customerCountry = elements[3];
        break;
      case 'LIN':
        for (let at = 1; at + 1 < elements.length; at += 2)
          note('sku', elements[at + 1], profile.product.indexOf(elements[at] ?? ''));
        break;
      case 'UIT':
        note('unitPrice', second, profile.price.indexOf(elements[2] ?? ''));
        break;
      case 'QTY':
        if (profile.sold.includes(first)) note('quantity', second, 0);
        else if (profile.returned.includes(first)) {
          note('quantity', second === undefined ? undefined : `-${second}`, 0);
          note('action', profile.actions.reversal[0], 0);
        }
        break;
    }
  };
  return {
    take(segment) {
      switch (segment.name) {
        case 'ST': {
          shape = shapes[segment.elements[0] ?? ''] ?? null;
          if (shape === null) throw new InterchangeError('not_a_claim', segment.place);
          set = nothing();
          group = nothing();
          current = set;
          return [];
        }
        case 'SE': {
          const lines = close();
          shape = null;
          return lines;
        }
      }
      if (shape === null) return [];
      const isGroup = segment.name === shape.group;
      const isLine = segment.name === shape.line && isCounted(segment, profile);
      if (segment.name === 'CTT') return close();
      const lines = isGroup || isLine ? close() : [];
      if (isGroup) {
        group = nothing();
        current = group;
        atCustomer = false;
      }
      if (isLine) {
        line = nothing();
        current = line;
        opened = segment.place;
      }
      readInto(segment);
      return lines;
    },
  };
}

/** A quantity that is neither sold nor returned opens no line of a report: stock on hand, say. */
function isCounted(segment: Segment, { sold, returned }: X12Profile): boolean {
  const [qualifier = ''] = segment.elements;
  return segment.name !== 'QTY' || sold.includes(qualifier) || returned.includes(qualifier);
}

function nothing(): Taken {
  return { texts: {}, rank: {} };
}

/** Which element of which segment a field is read from, as the standard numbers them. */
export const x12Columns: Readonly<Record<ClaimField, string>> = {
  agreement: 'CON02',
  customer: 'N102',
  customerCountry: 'N404',
  sku: 'LIN03',
  invoice: 'REF02 (invoice)',
  invoiceLine: 'REF02 (line)',
  saleDate: 'DTM02',
  quantity: 'QTY02',
  unitPrice: 'UIT02',
  currency: 'CUR02',
  action: 'PAD03',
};

/** AAA03 takes two characters: ours, said to be so by AAA02. */
const rejectCodes: Readonly<Record<VerdictReason, string>> = {
  agreement_unknown: 'AU',
  not_supplied_then: 'NS',
  sale_before_validity: 'SB',
  sale_after_validity: 'SA',
  customer_differs: 'CD',
  customer_unclear: 'CU',
  product_not_covered: 'PN',
  currency_differs: 'CR',
  sale_in_future: 'SF',
  claimed_too_late: 'CL',
  price_above: 'PA',
  no_list_price: 'NL',
  claimed_before: 'CB',
  nothing_claimed: 'NC',
  more_than_sold: 'MS',
  more_than_refused: 'MR',
  stock_implausible: 'SI',
  cap_reached: 'CP',
  cap_cut: 'CC',
  nothing_to_support: 'NT',
  terms_changed: 'TC',
};

export interface AnsweredLine {
  readonly line: ClaimLine;
  readonly verdict: LineVerdict;
  /** Of the amount. */
  readonly decimals: number;
}

/**
 * The answer to a claim (849): a line for each line, with the units claimed and granted, the amount, and why it is not more.
 * `reference` is the claim's.
 */
export function writeAnswer(input: {
  readonly reference: string;
  readonly control: number;
  readonly atMs: number;
  readonly lines: readonly AnsweredLine[];
  readonly profile: Pick<X12Profile, 'answer' | 'product' | 'invoice' | 'invoiceLine'>;
}): string {
  const { reference, lines, profile } = input;
  const { claimed, granted, ourId, theirId } = profile.answer;
  const day = new Date(input.atMs).toISOString().slice(0, 10).replaceAll('-', '');
  const signed = ({ line }: AnsweredLine): number =>
    line.action === 'reversal' ? -line.quantity : line.quantity;
  let contracts = 0;
  let agreement: string | null = null;
  const details = lines.flatMap((one) => {
    const { line, verdict } = one;
    const opens = line.agreement !== agreement;
    agreement = line.agreement;
    if (opens) contracts += 1;
    const rest = verdict.reason;
    return [
      ...(opens ? [['CON', 'CT', line.agreement]] : []),
      ['PAD', line.row],
      ['LIN', null, profile.product[0] ?? 'VP', line.sku],
      [
        'AAA',
        verdict.outcome === 'refused' ? 'N' : 'Y',
        rest === null ? null : 'ZZ',
        rest === null ? null : rejectCodes[rest],
      ],
      ['QTY', claimed, signed(one)],
      ['QTY', granted, verdict.units],
      ['AMT', '1', writeAmount(verdict.amountMinor, one.decimals)],
      ['REF', profile.invoice[0] ?? 'IV', line.invoice],
      ['REF', profile.invoiceLine[0] ?? 'LI', line.invoiceLine],
    ];
  });
  const hash = lines.reduce((sum, one) => sum + signed(one) + one.verdict.units, 0);
  return writeInterchange({
    parties: { senderId: ourId, receiverId: theirId },
    control: input.control,
    atMs: input.atMs,
    group: 'CF',
    set: '849',
    segments: [['BRC', '00', day, 'CL', reference], ...details, ['CTT', contracts, hash]],
  });
}
