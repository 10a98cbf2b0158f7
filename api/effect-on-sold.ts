import type { z } from 'zod';
import type { Sql } from '../adapters/store/app-database.ts';
import { agreedUnder, correctionsOf, soldUnder } from '../adapters/store/sold-under-reads.ts';
import type { AgreedRow, SoldRow } from '../adapters/store/sold-under-reads.ts';
import type { LineRow } from '../adapters/store/special-price-reads.ts';
import { timesPpm, timesQuantity } from '../domain/money.ts';
import { supportNow } from '../domain/ship-and-debit/correction.ts';
import { termsByDay } from '../domain/ship-and-debit/terms.ts';
import type { SpecialPricingPolicy } from '../domain/special-pricing/policy.ts';
import type { effectOnSold } from './contract/special-prices.ts';

type Effect = z.input<typeof effectOnSold>;

/** What a change of an agreement asks for. */
export interface AskedChange {
  readonly requestId: string;
  readonly agreementId: string;
  readonly kind: 'new_version' | 'new_period';
  /** The first day that is asked for, an ISO date. */
  readonly validFrom: string;
  readonly validUntil: string;
  readonly policy: SpecialPricingPolicy;
  readonly lines: readonly LineRow[];
  readonly today: string;
}

/**
 * What a change of an agreement means for the units sold under it so far: as it was booked once the change is in force, until then as it
 * would be today, by the rules that it will be booked by. What becomes of support is the vendor's to know.
 */
export async function effectOf(sql: Sql, change: AskedChange): Promise<Effect | null> {
  const agreed = await agreedUnder(sql, change.agreementId);
  if (agreed === null) return null;
  const made = agreed.versions.find(({ requestId }) => requestId === change.requestId);
  if (made !== undefined) return booked(sql, { change, agreed, version: made.version });
  return projected(await soldUnder(sql, change.agreementId), { change, agreed });
}

/** The price of a unit of each product by a version, the first line of a product counting. */
function unitPrices(lines: readonly { sku: string; netUnitMinor: number }[]): Map<string, number> {
  return new Map(lines.toReversed().map(({ sku, netUnitMinor }) => [sku, netUnitMinor]));
}

async function booked(
  sql: Sql,
  of: { change: AskedChange; agreed: AgreedRow; version: number },
): Promise<Effect> {
  const { agreed, version } = of;
  const correction = (await correctionsOf(sql, of.change.agreementId)).find((one) => one.version === version);
  const place = agreed.versions.findIndex((one) => one.version === version);
  const before = unitPrices(agreed.versions[place - 1]?.lines ?? []);
  const after = unitPrices(agreed.versions[place]?.lines ?? []);
  return {
    isBooked: true,
    transactions: correction?.transactions ?? 0,
    units: correction?.units ?? 0,
    bySku: (correction?.bySku ?? []).map(({ sku, units }) => lineOf(sku, units, { before, after })),
    supportMinor: correction?.correctedMinor ?? null,
  };
}

function projected(sold: readonly SoldRow[], of: { change: AskedChange; agreed: AgreedRow }): Effect {
  const { change, agreed } = of;
  const { policy } = change;
  const lines = change.lines.map(({ sku, net_minor: netMinor, quantity, cap_quantity: capQuantity }) => {
    const netUnitMinor = Math.floor(netMinor / quantity);
    const approvedCostMinor = netUnitMinor - timesPpm(netUnitMinor, policy.distributorMarginPpm);
    return { sku, netUnitMinor, approvedCostMinor, capQuantity };
  });
  const fromDay = change.kind === 'new_version' ? agreed.firstDay : later(change.validFrom, agreed.firstDay);
  const agreement = {
    terms: termsByDay(
      [
        ...agreed.versions,
        {
          version: (agreed.versions.at(-1)?.version ?? 0) + 1,
          kind: change.kind,
          fromDay,
          agreedOn: change.today,
          lines,
        },
      ],
      { firstDay: agreed.firstDay, lastDay: later(change.validUntil, agreed.lastDay) },
    ),
    priceInForceAt: policy.priceInForceAt,
    distributorDiscountPpm: policy.distributorDiscountPpm,
    listMinorOn: (sku: string, day: string): number | null =>
      agreed.listPrices.findLast((one) => one.fromDay <= day)?.prices[sku] ?? null,
  };
  const touched = sold.filter(({ saleDate }) => saleDate >= fromDay);
  const units = new Map<string, number>();
  for (const one of touched) units.set(one.sku, (units.get(one.sku) ?? 0) + one.units);
  const before = unitPrices(agreed.versions.at(-1)?.lines ?? []);
  return {
    isBooked: false,
    transactions: touched.reduce((sum, one) => sum + one.transactions, 0),
    units: touched.reduce((sum, one) => sum + one.units, 0),
    bySku: [...units].map(([sku, count]) => lineOf(sku, count, { before, after: unitPrices(lines) })),
    supportMinor: supportDifference(touched, (sale) => supportNow(sale, agreement)),
  };
}

/** Null where the reader may not know what is supported. */
function supportDifference(
  sold: readonly SoldRow[],
  now: (sale: SoldRow & { unitMinor: number; supportUnitMinor: number }) => number,
): number | null {
  let sum = 0;
  for (const sale of sold) {
    const { unitMinor, supportUnitMinor, units } = sale;
    if (unitMinor === null || supportUnitMinor === null) return null;
    sum +=
      timesQuantity(now({ ...sale, unitMinor, supportUnitMinor }), units) -
      timesQuantity(supportUnitMinor, units);
  }
  return sum;
}

function lineOf(
  sku: string,
  units: number,
  of: { before: ReadonlyMap<string, number>; after: ReadonlyMap<string, number> },
): Effect['bySku'][number] {
  const oldUnitMinor = of.before.get(sku) ?? 0;
  // A product that the change no longer names keeps its price.
  const newUnitMinor = of.after.get(sku) ?? oldUnitMinor;
  const difference = Math.abs(newUnitMinor - oldUnitMinor);
  const differenceMinor = timesQuantity(difference, units) * (newUnitMinor < oldUnitMinor ? -1 : 1);
  return {
    sku,
    units,
    oldUnitMinor,
    newUnitMinor,
    differenceMinor: differenceMinor === 0 ? 0 : differenceMinor,
  };
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}
