import { oneRow } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/* Receipts as the steps of a case see them. */

export interface StepAnswer {
  readonly statusCode: number;
  readonly body: unknown;
}

/** What a receipt asked for, with the words that never enter a history. */
export interface ReceiptRow {
  readonly number: number;
  readonly personId: string;
  readonly partnerId: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  /** Null until it is settled. */
  readonly answer: StepAnswer | null;
}

export async function readReceipt(tx: Transaction, number: number): Promise<ReceiptRow> {
  const { statusCode, answer, ...row } = await oneRow<
    Omit<ReceiptRow, 'answer'> & { statusCode: number | null; answer: unknown }
  >(
    tx,
    `receipt ${number}`,
    `select number, person_id as "personId", partner_id as "partnerId", body, status_code as "statusCode", answer
       from receipt where number = $1`,
    [number],
  );
  return { ...row, answer: statusCode === null ? null : { statusCode, body: answer } };
}

/** How many messages of people to this case were received until an instant and are not settled: a clock waits for them. */
export async function countUnsettled(tx: Transaction, caseId: string, untilMs: number): Promise<number> {
  const { rows } = await tx.query<{ open: number }>(
    `select count(*)::int as open from receipt where case_id = $1 and settled_at is null and parked_at is null and received_at < $2`,
    [caseId, new Date(untilMs).toISOString()],
  );
  return rows[0]?.open ?? 0;
}
