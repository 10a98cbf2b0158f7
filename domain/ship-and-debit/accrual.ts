import { timesQuantity } from '../money.ts';
import { supportOfOne } from './terms.ts';
import type { AgreedLine } from './terms.ts';

/*
 * What is expected to be claimed under an agreement: of each product the units that are left under its cap, at the support of
 * one by its newest terms. Expected again with each version; released when nothing more can be claimed.
 */

/** In minor units of the agreement's currency. A product without a list price is expected to cost nothing. */
export function expectedSupport(
  lines: readonly AgreedLine[],
  of: {
    readonly distributorDiscountPpm: number;
    readonly listMinor: (sku: string) => number | null;
    readonly drawn: (sku: string) => number;
  },
): number {
  let sum = 0;
  for (const { sku, approvedCostMinor, capQuantity } of lines) {
    const listMinor = of.listMinor(sku);
    // Without a cap nobody can say how much it will be: it is an expense when it is claimed.
    if (listMinor === null || capQuantity === null) continue;
    const left = Math.max(0, capQuantity - of.drawn(sku));
    sum += timesQuantity(
      supportOfOne({ listMinor, distributorDiscountPpm: of.distributorDiscountPpm, approvedCostMinor }),
      left,
    );
  }
  return sum;
}
