import { accruedOf, bookTransactions, oweObligations, transactionIdOf } from '../adapters/store/ledger.ts';
import { agreementFacts, writeSettlements } from '../adapters/store/ship-and-debit.ts';
import type { Settlement } from '../adapters/store/ship-and-debit.ts';
import type { Transaction } from '../adapters/store/transaction.ts';
import { supportClaimed } from '../domain/ledger.ts';
import type { CorrectionReason, LedgerTransaction, Obligation } from '../domain/ledger.ts';

/* What a claim comes to is booked and owed: when it is judged, and again when a later decision changes it. */

export interface SettledClaim {
  readonly id: string;
  readonly partnerId: string;
  readonly receivedAtMs: number;
}

/** Units and money by agreement and product. */
export interface Drawn {
  readonly agreementId: string;
  readonly sku: string;
  readonly units: number;
  readonly amountMinor: number;
}

/**
 * What lines of a claim come to becomes payable: a transaction under each agreement, and one obligation for each program and
 * currency. `seq` tells settlements of one claim apart.
 */
export async function settleClaim(
  tx: Transaction,
  input: {
    claim: SettledClaim;
    seq: number;
    /** Why it is settled once more; null: it is the first time. */
    correction: CorrectionReason | null;
    atMs: number;
    draws: readonly Drawn[];
  },
): Promise<Settlement[]> {
  const { claim, seq, correction, atMs } = input;
  const byAgreement = new Map<string, { units: number; amountMinor: number }>();
  for (const { agreementId, units, amountMinor } of input.draws) {
    const sum = byAgreement.get(agreementId) ?? { units: 0, amountMinor: 0 };
    byAgreement.set(agreementId, { units: sum.units + units, amountMinor: sum.amountMinor + amountMinor });
  }
  const ids = [...byAgreement.keys()];
  const [facts, accrued] = [await agreementFacts(tx, ids), await accruedOf(tx, ids)];
  const booked: LedgerTransaction[] = [];
  const settlements = ids.flatMap((agreementId): Settlement[] => {
    const fact = facts.get(agreementId);
    const sum = byAgreement.get(agreementId);
    if (fact === undefined || sum === undefined) return [];
    const transaction = supportClaimed(
      { ...fact, agreementId },
      {
        key: `claim:${claim.id}:${seq}:${agreementId}`,
        partnerId: claim.partnerId,
        amountMinor: sum.amountMinor,
        accruedMinor: accrued.get(agreementId) ?? 0,
        correction,
      },
    );
    if (transaction !== null) booked.push(transaction);
    const transactionId = transaction === null ? null : transactionIdOf(transaction.key);
    return [{ agreementId, ...fact, ...sum, transactionId }];
  });
  await bookTransactions(tx, { caseId: claim.id, atMs, transactions: booked });
  await writeSettlements(tx, { claimId: claim.id, partnerId: claim.partnerId, seq, atMs }, settlements);
  await oweObligations(tx, { atMs, obligations: obligationsOf(input, settlements) });
  return settlements;
}

function obligationsOf(
  of: { claim: SettledClaim; seq: number; correction: CorrectionReason | null; atMs: number },
  settlements: readonly Settlement[],
): { obligation: Obligation; transactionKeys: string[] }[] {
  const { claim, seq } = of;
  const aroseAtMs = of.correction === null ? claim.receivedAtMs : of.atMs;
  const owed = new Map<string, { obligation: Obligation; transactionKeys: string[] }>();
  for (const { agreementId, programId, currency, amountMinor } of settlements) {
    if (amountMinor === 0) continue;
    const key = `${programId}\n${currency}`;
    const before = owed.get(key);
    owed.set(key, {
      obligation: {
        programId,
        payeeId: claim.partnerId,
        period: new Date(aroseAtMs).toISOString().slice(0, 7),
        currency,
        kind: 'ship_and_debit',
        sourceId: `${claim.id}:${seq}`,
        amountMinor: (before?.obligation.amountMinor ?? 0) + amountMinor,
      },
      transactionKeys: [...(before?.transactionKeys ?? []), `claim:${claim.id}:${seq}:${agreementId}`],
    });
  }
  return [...owed.values()].filter(({ obligation }) => obligation.amountMinor !== 0);
}
