import type { PricedLineView, WaterfallView } from '../../../api/contract/special-prices.ts';
import { timesQuantity } from '../../../domain/money.ts';

/** One bar of the plot: a total from nothing, or what a discount takes away from the one before. */
export interface PriceStep {
  readonly key: 'list' | 'tier' | 'registration' | 'standard' | 'special' | 'lump' | 'net';
  readonly label: string;
  readonly isTotal: boolean;
  /** In minor units; of a discount what it takes away. */
  readonly amountMinor: number;
  /** Where the bar lies, in parts of the list price from 0 to 1. */
  readonly from: number;
  readonly to: number;
}

/** The steps from list to net of the whole, those left out that take nothing away and are no total. */
export function priceSteps(view: WaterfallView): PriceStep[] {
  const tierMinor = view.lines.reduce(
    (sum, line) => sum + timesQuantity(line.listUnitMinor - line.tierUnitMinor, line.quantity),
    0,
  );
  const { listMinor, standardMinor, specialMinor, lumpMinor, netMinor } = view;
  const part = (minor: number): number => (listMinor === 0 ? 0 : Math.min(Math.max(minor / listMinor, 0), 1));
  const total = (key: PriceStep['key'], label: string, amountMinor: number): PriceStep => ({
    key,
    label,
    isTotal: true,
    amountMinor,
    from: 0,
    to: part(amountMinor),
  });
  const less = (
    key: PriceStep['key'],
    label: string,
    [before, after]: readonly [number, number],
  ): PriceStep => ({
    key,
    label,
    isTotal: false,
    amountMinor: before - after,
    from: part(after),
    to: part(before),
  });
  const afterTier = listMinor - tierMinor;
  return [
    total('list', 'List price', listMinor),
    less('tier', 'Tier discount', [listMinor, afterTier]),
    less('registration', 'Registration discount', [afterTier, standardMinor]),
    total('standard', 'Standard price', standardMinor),
    less('special', 'Special price', [standardMinor, specialMinor]),
    less('lump', 'Discount on the whole', [specialMinor, specialMinor - lumpMinor]),
    total('net', 'Net', netMinor),
  ].filter(({ isTotal, amountMinor }) => isTotal || amountMinor !== 0);
}

/** True where the margin of a line is below the least of its family; false where either is not known. */
export function isBelowFloor({
  marginPpm,
  floorPpm,
}: Pick<PricedLineView, 'marginPpm' | 'floorPpm'>): boolean {
  return marginPpm !== null && floorPpm !== null && marginPpm < floorPpm;
}

/** The line that is furthest below its standard price; null where there are no lines. */
export function worstLine(lines: readonly PricedLineView[]): PricedLineView | null {
  return lines.reduce<PricedLineView | null>(
    (worst, line) => (worst === null || line.discountPpm > worst.discountPpm ? line : worst),
    null,
  );
}

/** How far a line's net is below its list price, in parts per million. */
export function offListPpm({ listMinor, netMinor }: Pick<PricedLineView, 'listMinor' | 'netMinor'>): number {
  return listMinor === 0 ? 0 : Math.round(((listMinor - netMinor) / listMinor) * 1_000_000);
}
