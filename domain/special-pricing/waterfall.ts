import { allocate, MoneyError, PPM, timesPpm, timesQuantity } from '../money.ts';

/*
 * From list price to net: list → tier discount → registration discount → special price → lump discount → net, in this order,
 * each discount on what the one before left. One rounding rule: the price of one unit is rounded half away from zero to a minor
 * unit after each rate, because it is that price which documents, claims and caps name; a line is its unit price times its
 * quantity, exactly. A lump discount is on the whole request and is split over the lines by largest remainder, so that lines always
 * add up to the total. All amounts are minor units of one currency, all rates parts per million.
 */

/** The steps between list and net, in the order in which they apply. */
export const waterfallSteps = ['list', 'tier', 'registration', 'special', 'lump'] as const;
export type WaterfallStep = (typeof waterfallSteps)[number];

/** Where a step's figure comes from: a price book, a policy or a request, in which version. */
export interface StepSource {
  readonly kind: 'price_book' | 'policy' | 'registration' | 'request' | 'agreement';
  readonly id: string;
  readonly version: number;
}

/** What is asked for one line: a price of one unit, a rate off the standard net, or nothing. */
export type SpecialPrice =
  | { readonly kind: 'net'; readonly unitMinor: number }
  | { readonly kind: 'discount'; readonly ratePpm: number };

export interface WaterfallLine {
  /** Unique in the request; ties of the lump discount go to the lower one. */
  readonly lineId: string;
  /** A whole number above zero. */
  readonly quantity: number;
  readonly listUnitMinor: number;
  /** Null where standard cost is not known. */
  readonly costUnitMinor: number | null;
  readonly tierPpm: number;
  readonly registrationPpm: number;
  readonly special: SpecialPrice | null;
}

export interface PricedLine {
  readonly lineId: string;
  readonly quantity: number;
  readonly tierPpm: number;
  readonly registrationPpm: number;
  /** The price of one after each step. */
  readonly listUnitMinor: number;
  readonly tierUnitMinor: number;
  /** After tier and registration: what the partner pays without asking. */
  readonly standardUnitMinor: number;
  readonly specialUnitMinor: number;
  /** Of the whole line. */
  readonly listMinor: number;
  readonly standardMinor: number;
  readonly specialMinor: number;
  /** The line's part of the lump discount. */
  readonly lumpMinor: number;
  readonly netMinor: number;
  readonly costMinor: number | null;
}

export interface Waterfall {
  readonly lines: readonly PricedLine[];
  readonly listMinor: number;
  readonly standardMinor: number;
  readonly specialMinor: number;
  readonly netMinor: number;
  /** Null where the cost of a line is not known: a margin of a part would deceive. */
  readonly costMinor: number | null;
}

export const waterfallProblems = [
  'quantity_not_positive',
  'price_negative',
  'rate_out_of_range',
  'above_standard',
  'lump_above_total',
  'line_twice',
  'too_large',
] as const;
export type WaterfallProblem = (typeof waterfallProblems)[number];

/** A request that cannot be priced: which line (null: the whole) and why. */
export class NotPriced extends Error {
  readonly code: WaterfallProblem;
  readonly lineId: string | null;

  constructor(code: WaterfallProblem, lineId: string | null) {
    super(lineId === null ? code : `line ${lineId}: ${code}`);
    this.name = 'NotPriced';
    this.code = code;
    this.lineId = lineId;
  }
}

/** Prices a request. `lumpMinor`: a discount on the whole, zero or more. Throws `NotPriced`. */
export function priceWaterfall(input: {
  readonly lines: readonly WaterfallLine[];
  readonly lumpMinor: number;
}): Waterfall {
  const sums = { list: 0, standard: 0, special: 0, cost: 0 };
  let costKnown = true;
  const priced = input.lines.map((line) => {
    const one = priceLine(line);
    sums.list += one.listMinor;
    sums.standard += one.standardMinor;
    sums.special += one.specialMinor;
    if (one.costMinor === null) costKnown = false;
    else sums.cost += one.costMinor;
    return one;
  });
  for (const sum of [sums.list, sums.cost])
    if (!Number.isSafeInteger(sum)) throw new NotPriced('too_large', null);
  const lines = input.lumpMinor === 0 ? priced : withLump(priced, input.lumpMinor, sums.special);
  return {
    lines,
    listMinor: sums.list,
    standardMinor: sums.standard,
    specialMinor: sums.special,
    netMinor: sums.special - input.lumpMinor,
    costMinor: costKnown ? sums.cost : null,
  };
}

function priceLine(line: WaterfallLine): PricedLine {
  const { lineId, quantity, listUnitMinor, costUnitMinor } = line;
  if (!Number.isSafeInteger(quantity) || quantity <= 0) throw new NotPriced('quantity_not_positive', lineId);
  if (!isPrice(listUnitMinor) || (costUnitMinor !== null && !isPrice(costUnitMinor)))
    throw new NotPriced('price_negative', lineId);
  if (!isRate(line.tierPpm) || !isRate(line.registrationPpm))
    throw new NotPriced('rate_out_of_range', lineId);
  try {
    const tierUnitMinor = listUnitMinor - timesPpm(listUnitMinor, line.tierPpm);
    const standardUnitMinor = tierUnitMinor - timesPpm(tierUnitMinor, line.registrationPpm);
    const specialUnitMinor =
      line.special === null ? standardUnitMinor : specialUnit(line.special, standardUnitMinor, lineId);
    const specialMinor = timesQuantity(specialUnitMinor, quantity);
    return {
      lineId,
      quantity,
      tierPpm: line.tierPpm,
      registrationPpm: line.registrationPpm,
      listUnitMinor,
      tierUnitMinor,
      standardUnitMinor,
      specialUnitMinor,
      listMinor: timesQuantity(listUnitMinor, quantity),
      standardMinor: timesQuantity(standardUnitMinor, quantity),
      specialMinor,
      lumpMinor: 0,
      netMinor: specialMinor,
      costMinor: costUnitMinor === null ? null : timesQuantity(costUnitMinor, quantity),
    };
  } catch (cause) {
    if (cause instanceof MoneyError) throw new NotPriced('too_large', lineId);
    throw cause;
  }
}

function specialUnit(special: SpecialPrice, standardUnitMinor: number, lineId: string): number {
  if (special.kind === 'discount') {
    if (!isRate(special.ratePpm)) throw new NotPriced('rate_out_of_range', lineId);
    return standardUnitMinor - timesPpm(standardUnitMinor, special.ratePpm);
  }
  if (!isPrice(special.unitMinor)) throw new NotPriced('price_negative', lineId);
  if (special.unitMinor > standardUnitMinor) throw new NotPriced('above_standard', lineId);
  return special.unitMinor;
}

function withLump(lines: readonly PricedLine[], lumpMinor: number, totalMinor: number): PricedLine[] {
  if (!isPrice(lumpMinor)) throw new NotPriced('price_negative', null);
  if (lumpMinor > totalMinor) throw new NotPriced('lump_above_total', null);
  const seen = new Set<string>();
  for (const { lineId } of lines) {
    if (seen.has(lineId)) throw new NotPriced('line_twice', lineId);
    seen.add(lineId);
  }
  const parts = allocate(
    { amountMinor: lumpMinor, currency: '' },
    lines.map(({ lineId, specialMinor }) => ({ id: lineId, weight: specialMinor })),
  );
  return lines.map((line, place) => {
    const part = parts[place]?.amount.amountMinor ?? 0;
    return { ...line, lumpMinor: part, netMinor: line.specialMinor - part };
  });
}

const isPrice = (minor: number): boolean => Number.isSafeInteger(minor) && minor >= 0;
const isRate = (ppm: number): boolean => Number.isSafeInteger(ppm) && ppm >= 0 && ppm <= PPM;

/** True when `net` is more than `ppm` below `standard`: a band includes its upper bound. Exact; nothing is off zero. */
export function discountExceeds(standardMinor: number, netMinor: number, ppm: number): boolean {
  return (BigInt(standardMinor) - BigInt(netMinor)) * BigInt(PPM) > BigInt(standardMinor) * BigInt(ppm);
}

/** True when `(net − cost) / net` is below `floor`. A net of zero is below every floor unless it costs nothing. */
export function marginBelow(netMinor: number, costMinor: number, floorPpm: number): boolean {
  if (netMinor === 0) return costMinor > 0;
  return (BigInt(netMinor) - BigInt(costMinor)) * BigInt(PPM) < BigInt(netMinor) * BigInt(floorPpm);
}

/** For showing: how far `net` is below `standard`, rounded half away from zero; 0 where the standard is nothing. */
export function discountPpm(standardMinor: number, netMinor: number): number {
  return standardMinor === 0 ? 0 : ratio(standardMinor - netMinor, standardMinor);
}

/** For showing: the margin; null where nothing is paid. */
export function marginPpm(netMinor: number, costMinor: number): number | null {
  return netMinor === 0 ? null : ratio(netMinor - costMinor, netMinor);
}

function ratio(part: number, whole: number): number {
  const numerator = BigInt(part) * BigInt(PPM) * 2n + (part < 0 ? -BigInt(whole) : BigInt(whole));
  return Number(numerator / (2n * BigInt(whole)));
}
