import type { AccountName, LedgerTransaction, Obligation } from '../../domain/ledger.ts';
import { hashJson } from '../sha256.ts';
import type { Transaction } from './transaction.ts';

/* The books: written by steps and settlements in their own transaction, never changed. */

/** The same fact has the same id, so that writing it again is seen. */
export function transactionIdOf(key: string): string {
  return `ltx_${hashJson(key).slice(0, 26)}`;
}

function accountIdOf({ kind, subjectId, currency }: AccountName): string {
  return `lac_${hashJson([kind, subjectId, currency]).slice(0, 26)}`;
}

/**
 * Books transactions about a case. One whose key is booked already is left out, whatever it says: gives the keys that are new.
 */
export async function bookTransactions(
  tx: Transaction,
  input: { caseId: string; atMs: number; transactions: readonly LedgerTransaction[] },
): Promise<ReadonlySet<string>> {
  const { caseId, transactions } = input;
  if (transactions.length === 0) return new Set();
  const at = new Date(input.atMs).toISOString();
  const { rows } = await tx.query<{ key: string }>(
    `insert into ledger_transaction (id, key, kind, reason, case_id, booked_at)
     select id, key, kind, reason, $1, $2 from jsonb_to_recordset($3::jsonb) as t(id text, key text, kind text, reason text) order by key
     on conflict (key) do nothing returning key`,
    [
      caseId,
      at,
      JSON.stringify(
        transactions.map(({ key, kind, reason }) => ({ id: transactionIdOf(key), key, kind, reason })),
      ),
    ],
  );
  const booked = new Set(rows.map(({ key }) => key));
  const postings = transactions
    .filter(({ key }) => booked.has(key))
    .flatMap(({ key, postings }) =>
      postings.map(({ account, amountMinor }, place) => ({
        transaction_id: transactionIdOf(key),
        line_no: place + 1,
        account_id: accountIdOf(account),
        kind: account.kind,
        subject_id: account.subjectId,
        currency: account.currency,
        amount_minor: amountMinor,
      })),
    );
  await tx.query(
    `with posting as (
       select * from jsonb_to_recordset($2::jsonb)
         as p(transaction_id text, line_no int, account_id text, kind text, subject_id text, currency text, amount_minor bigint)
     ), account as (
       insert into ledger_account (id, kind, subject_id, currency, created_at)
       select distinct account_id, kind, subject_id, currency, $1::timestamptz from posting order by account_id
       on conflict do nothing
     )
     insert into ledger_posting (transaction_id, line_no, account_id, currency, amount_minor)
     select transaction_id, line_no, account_id, currency, amount_minor from posting`,
    [at, JSON.stringify(postings)],
  );
  return booked;
}

/** What is still expected to be claimed under each agreement, in minor units of its currency; those without are left out. */
export async function accruedOf(
  tx: Transaction,
  agreementIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ agreementId: string; accruedMinor: number }>(
    `select a.subject_id as "agreementId", (-sum(p.amount_minor))::bigint as "accruedMinor"
       from ledger_account a join ledger_posting p on p.account_id = a.id
      where a.kind = 'support_accrued' and a.subject_id = any ($1) group by a.subject_id`,
    [agreementIds],
  );
  return new Map(rows.map((row) => [row.agreementId, row.accruedMinor]));
}

/** Makes what is owed payable, with the transactions that it is booked in. Throws when it is owed already. */
export async function oweObligations(
  tx: Transaction,
  input: {
    atMs: number;
    obligations: readonly { readonly obligation: Obligation; readonly transactionKeys: readonly string[] }[];
  },
): Promise<void> {
  if (input.obligations.length === 0) return;
  const rows = input.obligations.map(({ obligation, transactionKeys }) => {
    const { programId, payeeId, period, currency, kind, sourceId, amountMinor } = obligation;
    return {
      id: `obl_${hashJson([programId, payeeId, period, currency, kind, sourceId]).slice(0, 26)}`,
      program_id: programId,
      partner_id: payeeId,
      period,
      currency,
      kind,
      source_id: sourceId,
      amount_minor: amountMinor,
      transactions: transactionKeys.map(transactionIdOf),
    };
  });
  await tx.query(
    `with owed as (
       select * from jsonb_to_recordset($2::jsonb) as o(id text, program_id text, partner_id text, period text, currency text, kind text,
         source_id text, amount_minor bigint, transactions text[])
     ), obligation as (
       insert into obligation (id, program_id, partner_id, period, currency, kind, source_id, amount_minor, created_at)
       select id, program_id, partner_id, period, currency, kind, source_id, amount_minor, $1 from owed
     )
     insert into obligation_booking (obligation_id, transaction_id) select id, unnest(transactions) from owed`,
    [new Date(input.atMs).toISOString(), JSON.stringify(rows)],
  );
}
