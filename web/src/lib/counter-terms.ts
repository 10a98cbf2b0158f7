import type {
  CounterTerms,
  SpecialPriceDetail,
  WaterfallView,
} from '../../../api/contract/special-prices.ts';
import { PPM, timesPpm } from '../../../domain/money.ts';
import {
  discountPpm,
  marginPpm,
  NotPriced,
  priceWaterfall,
} from '../../../domain/special-pricing/waterfall.ts';
import { majorTextOf, minorOf } from './amounts.ts';

/** The vendor's own terms as they are typed; a line that is not named stays as it was asked. */
export interface TypedCounter {
  /** The price of one unit by line number, as text. */
  readonly units: Readonly<Record<string, string>>;
  readonly lump: string;
  readonly validUntil: string;
}

type Asked = Pick<SpecialPriceDetail, 'waterfall' | 'validUntil' | 'currency'>;

/** The terms as asked: where typing begins. */
export function counterAsAsked({ waterfall, validUntil, currency }: Asked): TypedCounter {
  return {
    units: {},
    lump: waterfall.lumpMinor === 0 ? '' : majorTextOf({ amountMinor: waterfall.lumpMinor, currency }),
    validUntil,
  };
}

/** The price of one unit that stands in a line's field. */
export function unitText(asked: Asked, typed: TypedCounter, lineNo: number): string {
  const line = asked.waterfall.lines.find((one) => one.lineNo === lineNo);
  const amountMinor = line?.specialUnitMinor ?? 0;
  return typed.units[String(lineNo)] ?? majorTextOf({ amountMinor, currency: asked.currency });
}

/** The same rate off the standard net on every line; a text that is no rate changes nothing. */
export function sameDiscount(asked: Asked, typed: TypedCounter, percent: string): TypedCounter {
  const rate = rateOf(percent);
  if (rate === null) return typed;
  const { waterfall, currency } = asked;
  return {
    ...typed,
    units: Object.fromEntries(
      waterfall.lines.map(({ lineNo, standardUnitMinor }) => [
        String(lineNo),
        majorTextOf({ amountMinor: standardUnitMinor - timesPpm(standardUnitMinor, rate), currency }),
      ]),
    ),
  };
}

/** "34" or "12,5" as parts per million; null when it is no percentage from 0 to 100. */
export function rateOf(percent: string): number | null {
  const text = percent.trim().replace(',', '.');
  if (!/^\d{1,3}(?:\.\d{1,4})?$/.test(text)) return null;
  const rate = Math.round(Number(text) * 10_000);
  return rate > PPM ? null : rate;
}

/** What is typed, read; `problem` says in words what cannot be offered. */
export interface ReadCounter {
  readonly terms: CounterTerms;
  /** What the terms come to; null while there is a problem. */
  readonly waterfall: WaterfallView | null;
  readonly problem: string | null;
  /** Line numbers whose price cannot be offered. */
  readonly wrongLines: readonly number[];
}

/** Reads what is typed and prices it, by the same rules as the API does when it comes in. */
export function readCounter(asked: Asked, typed: TypedCounter): ReadCounter {
  const { waterfall, currency } = asked;
  const lumpMinor = typed.lump.trim() === '' ? 0 : minorOf(typed.lump, currency);
  const units = waterfall.lines.map((line) => {
    const text = typed.units[String(line.lineNo)];
    const unitMinor = text === undefined ? line.specialUnitMinor : minorOf(text, currency);
    return { line, unitMinor };
  });
  const wrongLines = units
    .filter(({ line, unitMinor }) => unitMinor === null || unitMinor > line.standardUnitMinor)
    .map(({ line }) => line.lineNo);
  const terms: CounterTerms = {
    lines: units
      .filter(({ line, unitMinor }) => unitMinor !== null && unitMinor !== line.specialUnitMinor)
      .map(({ line, unitMinor }) => ({ lineNo: line.lineNo, unitMinor: unitMinor ?? 0 })),
    lumpMinor: lumpMinor ?? 0,
    validUntil: typed.validUntil,
  };
  const without = (problem: string): ReadCounter => ({ terms, waterfall: null, problem, wrongLines });
  if (wrongLines.length > 0)
    return without('Each price is an amount, and not above what the partner pays without asking.');
  if (lumpMinor === null) return without('The discount on the whole is an amount.');
  if (!/^\d{4}-\d{2}-\d{2}$/.test(typed.validUntil)) return without('Say until which day it is valid.');
  try {
    return { terms, waterfall: priced(waterfall, terms), problem: null, wrongLines };
  } catch (error) {
    if (error instanceof NotPriced)
      return without('The discount on the whole is more than the whole comes to.');
    throw error;
  }
}

/** True when nothing is offered that was not asked for. */
export function sameAsAsked(asked: Asked, { terms }: ReadCounter): boolean {
  return (
    terms.lines.length === 0 &&
    terms.lumpMinor === asked.waterfall.lumpMinor &&
    terms.validUntil === asked.validUntil
  );
}

function priced(asked: WaterfallView, terms: CounterTerms): WaterfallView {
  const offered = new Map(terms.lines.map(({ lineNo, unitMinor }) => [lineNo, unitMinor]));
  const result = priceWaterfall({
    lumpMinor: terms.lumpMinor,
    lines: asked.lines.map((line) => ({
      lineId: String(line.lineNo),
      quantity: line.quantity,
      listUnitMinor: line.listUnitMinor,
      costUnitMinor: line.costUnitMinor,
      tierPpm: line.tierPpm,
      registrationPpm: line.registrationPpm,
      special: { kind: 'net', unitMinor: offered.get(line.lineNo) ?? line.specialUnitMinor },
    })),
  });
  return {
    currency: asked.currency,
    sources: asked.sources,
    listMinor: result.listMinor,
    standardMinor: result.standardMinor,
    specialMinor: result.specialMinor,
    lumpMinor: terms.lumpMinor,
    netMinor: result.netMinor,
    discountPpm: discountPpm(result.standardMinor, result.netMinor),
    costMinor: result.costMinor,
    marginPpm: result.costMinor === null ? null : marginPpm(result.netMinor, result.costMinor),
    lines: asked.lines.map((line, place) => {
      const one = result.lines[place];
      if (one === undefined) return line;
      return {
        ...line,
        special: { kind: 'net' as const, unitMinor: one.specialUnitMinor },
        specialUnitMinor: one.specialUnitMinor,
        lumpMinor: one.lumpMinor,
        netMinor: one.netMinor,
        discountPpm: discountPpm(one.standardMinor, one.netMinor),
        marginPpm: one.costMinor === null ? null : marginPpm(one.netMinor, one.costMinor),
      };
    }),
  };
}
