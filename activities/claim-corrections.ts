import {
  lastSettlement,
  noteCorrection,
  supportedSales,
  writeCorrections,
} from '../adapters/store/ship-and-debit.ts';
import type { CorrectedSale, SaleUnder, StoredAgreement } from '../adapters/store/ship-and-debit.ts';
import type { Transaction } from '../adapters/store/transaction.ts';
import { timesQuantity } from '../domain/money.ts';
import { supportNow } from '../domain/ship-and-debit/correction.ts';
import { termsByDay } from '../domain/ship-and-debit/terms.ts';
import { settleClaim } from './claim-settlement.ts';

const SALES_AT_ONCE = 4_000;

/**
 * Brings the support of everything that was sold under an agreement to what its newest version says, with the claims of all who sold under
 * it locked: units stay, each line is taken back at the old support and granted at the new one, and every claim that this touches is
 * settled once more. Gives what it changed in all, in minor units of the agreement's currency.
 */
export async function correctSales(
  tx: Transaction,
  input: {
    stored: StoredAgreement;
    version: number;
    listMinorOn: (sku: string, day: string) => number | null;
    atMs: number;
  },
): Promise<number> {
  const { stored, version, listMinorOn, atMs } = input;
  const { policy } = stored;
  const agreement = {
    terms: termsByDay(stored.versions, stored),
    priceInForceAt: policy.priceInForceAt,
    distributorDiscountPpm: policy.distributorDiscountPpm,
    listMinorOn,
  };
  const bySku = new Map<string, { transactions: number; units: number }>();
  const byClaim = new Map<string, { sale: SaleUnder; sums: Map<string, number> }>();
  for (let after: SaleUnder | null = null; ;) {
    const sales: SaleUnder[] = await supportedSales(tx, {
      agreementId: stored.id,
      after,
      limit: SALES_AT_ONCE,
    });
    const changed = sales.flatMap((sale): CorrectedSale[] => {
      const supportUnitMinor = supportNow(sale, agreement);
      return supportUnitMinor === sale.supportUnitMinor ? [] : [{ ...sale, nowMinor: supportUnitMinor }];
    });
    await writeCorrections(tx, { agreementId: stored.id, sales: changed });
    for (const sale of changed) {
      const of = bySku.get(sale.sku) ?? { transactions: 0, units: 0 };
      bySku.set(sale.sku, { transactions: of.transactions + 1, units: of.units + sale.units });
      const claim = byClaim.get(sale.claimId) ?? { sale, sums: new Map<string, number>() };
      claim.sums.set(sale.sku, (claim.sums.get(sale.sku) ?? 0) + differenceOf(sale));
      byClaim.set(sale.claimId, claim);
    }
    after = sales.at(-1) ?? null;
    if (sales.length < SALES_AT_ONCE) break;
  }
  let corrected = 0;
  for (const { sale, sums } of byClaim.values()) {
    const settlements = await settleClaim(tx, {
      claim: { id: sale.claimId, partnerId: sale.partnerId, receivedAtMs: sale.receivedAtMs },
      seq: (await lastSettlement(tx, sale.claimId)) + 1,
      correction: 'agreement_changed',
      atMs,
      draws: [...sums].map(([sku, amountMinor]) => ({ agreementId: stored.id, sku, units: 0, amountMinor })),
    });
    for (const { amountMinor } of settlements) corrected += amountMinor;
  }
  if (bySku.size > 0)
    await noteCorrection(tx, {
      agreementId: stored.id,
      version,
      bySku: [...bySku].map(([sku, sums]) => ({ sku, ...sums })),
      atMs,
    });
  return corrected;
}

function differenceOf({ units, nowMinor, supportUnitMinor }: CorrectedSale): number {
  return timesQuantity(nowMinor, units) - timesQuantity(supportUnitMinor, units);
}
