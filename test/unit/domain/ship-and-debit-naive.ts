import type { ClaimLine } from '../../../domain/ship-and-debit/line.ts';

/*
 * The rules of ship and debit written a second time, the slow and obvious way: nothing is kept between lines but the list of
 * what was answered, and everything a line needs is counted from that list anew. Money is in big integers.
 */

export interface NaiveWorld {
  readonly receivedOn: string;
  readonly agreements: readonly NaiveAgreement[];
  /** List price by product, from a day on; in order of days. */
  readonly lists: readonly { readonly from: string; readonly prices: Readonly<Record<string, number>> }[];
  readonly customer: (line: ClaimLine) => 'same' | 'unclear' | 'different';
  readonly sellIn: Readonly<Record<string, number>>;
}

export interface NaiveAgreement {
  readonly reference: string;
  readonly currency: string;
  readonly suppliedFrom: string;
  readonly suppliedTo: string;
  /** In order of days. */
  readonly terms: readonly {
    readonly from: string;
    readonly to: string;
    readonly agreedOn: string;
    readonly lines: Readonly<Record<string, { net: number; cost: number }>>;
  }[];
  readonly caps: Readonly<Record<string, number>>;
  readonly discountPpm: number;
  readonly at: 'sale' | 'approval' | 'claim';
  readonly windowDays: number;
}

export interface NaiveAnswer {
  readonly line: ClaimLine;
  readonly reason: string | null;
  readonly units: number;
  readonly unit: bigint;
  readonly reference: string;
}

export function answerNaively(lines: readonly ClaimLine[], world: NaiveWorld): NaiveAnswer[] {
  const answers: NaiveAnswer[] = [];
  for (const line of lines) answers.push(answerOne(line, answers, world));
  return answers;
}

function answerOne(line: ClaimLine, before: readonly NaiveAnswer[], world: NaiveWorld): NaiveAnswer {
  const no = (reason: string): NaiveAnswer => ({ line, reason, units: 0, unit: 0n, reference: '' });
  const ofThisSale = before.filter(
    (one) =>
      one.reference !== '' && one.line.invoice === line.invoice && one.line.invoiceLine === line.invoiceLine,
  );
  const [first] = ofThisSale;
  const sum = (some: readonly NaiveAnswer[], count: (one: NaiveAnswer) => number): number =>
    some.reduce((total, one) => total + count(one), 0);
  const takenBack = ofThisSale.filter((one) => one.line.action === 'reversal');
  const net = sum(ofThisSale, (one) => one.units);
  const reversed = sum(takenBack, (one) => one.line.quantity);
  if (line.action === 'reversal') {
    if (first === undefined || first.line.sku !== line.sku) return no('nothing_claimed');
    if (reversed + line.quantity > first.line.quantity) return no('more_than_sold');
    const units = Math.min(line.quantity, net);
    return { line, reason: null, units: -units, unit: first.unit, reference: first.reference };
  }
  const agreement = world.agreements.find((one) => one.reference === line.agreement);
  if (agreement === undefined) return no('agreement_unknown');
  const day = line.saleDate;
  if (day < agreement.suppliedFrom || day > agreement.suppliedTo) return no('not_supplied_then');
  const terms = agreement.terms.filter((one) => one.from <= day && day <= one.to)[0];
  if (terms === undefined)
    return no(
      agreement.terms.some((one) => one.from <= day) ? 'sale_after_validity' : 'sale_before_validity',
    );
  const customer = world.customer(line);
  if (customer === 'different') return no('customer_differs');
  if (customer === 'unclear') return no('customer_unclear');
  const agreed = terms.lines[line.sku];
  if (agreed === undefined) return no('product_not_covered');
  if (agreement.currency !== line.currency) return no('currency_differs');
  if (day > world.receivedOn) return no('sale_in_future');
  if (daysBetween(endOfMonth(day), world.receivedOn) > agreement.windowDays) return no('claimed_too_late');
  if (line.unitMinor > agreed.net) return no('price_above');
  const priceDay = { sale: day, approval: terms.agreedOn, claim: world.receivedOn }[agreement.at];
  const list = world.lists.filter((one) => one.from <= priceDay).at(-1)?.prices[line.sku];
  if (first === undefined && list === undefined) return no('no_list_price');
  if (first !== undefined) {
    if (line.action === 'sale' || first.reference !== agreement.reference || first.line.sku !== line.sku)
      return no('claimed_before');
    // What was sold, is still with the customer, and is not supported.
    if (line.quantity > first.line.quantity - reversed - net) return no('more_than_refused');
  }
  const stocked = world.sellIn[line.sku];
  const gone = sum(
    before.filter((one) => one.line.sku === line.sku),
    (one) => one.units,
  );
  if (stocked !== undefined && gone + line.quantity > stocked) return no('stock_implausible');
  const cap = agreement.caps[line.sku];
  const drawn = sum(
    before.filter((one) => one.reference === agreement.reference && one.line.sku === line.sku),
    (one) => one.units,
  );
  // Unit by unit: the one past the cap is ineligible.
  let units = 0;
  while (units < line.quantity && (cap === undefined || drawn + units < cap)) units += 1;
  if (units === 0) return no('cap_reached');
  const unit = first?.unit ?? supportNaively(BigInt(list ?? 0), agreement.discountPpm, BigInt(agreed.cost));
  const reason = units < line.quantity ? 'cap_cut' : unit === 0n ? 'nothing_to_support' : null;
  return { line, reason, units, unit, reference: agreement.reference };
}

function supportNaively(list: bigint, discountPpm: number, cost: bigint): bigint {
  const millionths = list * BigInt(discountPpm);
  const whole = millionths / 1_000_000n;
  const discount = (millionths % 1_000_000n) * 2n >= 1_000_000n ? whole + 1n : whole;
  const difference = list - discount - cost;
  return difference > 0n ? difference : 0n;
}

function endOfMonth(day: string): string {
  let last = new Date(`${day}T00:00:00Z`);
  for (;;) {
    const next = new Date(last.getTime() + 86_400_000);
    if (next.getUTCDate() === 1) return last.toISOString().slice(0, 10);
    last = next;
  }
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000;
}
