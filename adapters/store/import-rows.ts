import { createHash } from 'node:crypto';
import { hashJson } from '../sha256.ts';
import type { ImportKind } from './import-own.ts';
import type { Pool } from './pool.ts';
import type { Transaction } from './transaction.ts';

/* Imports that were committed and wait to be stored; read and settled by the worker. */

export interface WaitingImport {
  readonly id: string;
  readonly kind: ImportKind;
  readonly fileName: string;
  readonly committedBy: string;
  readonly committedAtMs: number;
  /** How often it was tried before, in vain. */
  readonly attempts: number;
  /** As the preview checked them. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** The import that waits longest of those whose time it is; null when none does. One that is set aside waits for a person. */
export async function readWaitingImport(pool: Pool, nowMs: number): Promise<WaitingImport | null> {
  const { rows } = await pool.query<WaitingImport>(
    `select id, kind, file_name as "fileName", committed_by as "committedBy", (extract(epoch from committed_at) * 1000)::bigint as "committedAtMs", attempts, rows
       from import_batch
      where status = 'committed' and stored_at is null and parked_at is null and coalesce(next_attempt_at <= $1, true)
      order by committed_at, id limit 1`,
    [new Date(nowMs).toISOString()],
  );
  return rows[0] ?? null;
}

/** An import could not be stored: when it is tried again, or (`parkedAtMs`) that only a person makes it go on. */
export async function recordImportFault(
  pool: Pool,
  input: { id: string; cause: string; nextAttemptAtMs: number; parkedAtMs: number | null },
): Promise<void> {
  await pool.query(
    `update import_batch set attempts = attempts + 1, last_error = $2, next_attempt_at = $3, parked_at = $4
      where id = $1 and stored_at is null`,
    [
      input.id,
      input.cause,
      new Date(input.nextAttemptAtMs).toISOString(),
      input.parkedAtMs === null ? null : new Date(input.parkedAtMs).toISOString(),
    ],
  );
}

/** The import is stored whole: said once, with its row in the audit chain. */
export async function settleImport(
  tx: Transaction,
  input: { id: string; kind: ImportKind; rows: number; storedBy: string; atMs: number },
): Promise<void> {
  const at = new Date(input.atMs).toISOString();
  await tx.query(
    `with settled as (update import_batch set stored_at = $2, last_error = null where id = $1 and stored_at is null returning id)
     insert into audit_row (at, actor_id, acting_for, action, subject, content)
     select $2, $3, null, 'import_stored', id, $4 from settled`,
    [input.id, at, input.storedBy, { kind: input.kind, rows: input.rows }],
  );
}

/** Sets the parents of imported accounts, once all of them are there. */
export async function setParents(
  tx: Transaction,
  parents: readonly { readonly accountId: string; readonly parentId: string }[],
): Promise<void> {
  await tx.query(
    `update account_standing s set parent_account_id = p."parentId"
       from jsonb_to_recordset($1::jsonb) as p("accountId" text, "parentId" text)
      where s.account_id = p."accountId" and p."parentId" <> p."accountId"`,
    [JSON.stringify(parents)],
  );
}

/** What the vendor's own records say of a customer; null where they do not. */
export interface ImportedHistory {
  readonly accountId: string;
  readonly hasBought: boolean | null;
  readonly ownedFamilies: readonly string[] | null;
  readonly managingPartnerId: string | null;
  readonly segment: string | null;
}

/** Sets what is known of customers, whole: a later import replaces what an earlier one said. */
export async function saveCustomerHistory(
  tx: Transaction,
  histories: readonly ImportedHistory[],
): Promise<void> {
  if (histories.length === 0) return;
  await tx.query(
    `insert into customer_history (account_id, has_bought, owned_families, managing_partner_id, segment)
     select "accountId", "hasBought", "ownedFamilies", "managingPartnerId", segment
       from jsonb_to_recordset($1::jsonb)
         as h("accountId" text, "hasBought" boolean, "ownedFamilies" text[], "managingPartnerId" text, segment text)
     on conflict (account_id) do update set has_bought = excluded.has_bought, owned_families = excluded.owned_families,
       managing_partner_id = excluded.managing_partner_id, segment = excluded.segment`,
    [JSON.stringify(histories)],
  );
}

/** Several deals of the vendor's own sales force at once; a known reference is brought up to date. */
export async function saveDirectDeals(
  tx: Transaction,
  importBatchId: string,
  deals: readonly {
    readonly directDealId: string;
    readonly accountId: string;
    readonly productFamily: string;
    readonly stage: string;
    readonly lastEngagedAt: string;
    readonly sourceRef: string;
  }[],
): Promise<void> {
  await tx.query(
    `insert into direct_deal (id, account_id, product_family, stage, last_engaged_at, source_ref, import_batch_id)
     select "directDealId", "accountId", "productFamily", stage, "lastEngagedAt", "sourceRef", $1
       from jsonb_to_recordset($2::jsonb)
         as d("directDealId" text, "accountId" text, "productFamily" text, stage text, "lastEngagedAt" timestamptz, "sourceRef" text)
     on conflict (source_ref) do update set account_id = excluded.account_id, product_family = excluded.product_family,
       stage = excluded.stage, last_engaged_at = excluded.last_engaged_at, import_batch_id = excluded.import_batch_id`,
    [importBatchId, JSON.stringify(deals)],
  );
}

/** What a registration of an import is received as. */
export interface ImportedReceipt {
  readonly caseId: string;
  readonly sourceRef: string;
  readonly row: Readonly<Record<string, unknown>>;
  /** The original date. */
  readonly receivedAtMs: number;
}

const ROUTE = 'POST /api/imports/:id/commit';

/**
 * A receipt for each registration of an import, under the person who committed it, numbered in the order of
 * their original dates. Repeating it finds the same ones. Gives the numbers by case.
 */
export async function addImportReceipts(
  tx: Transaction,
  input: { importId: string; personId: string; receipts: readonly ImportedReceipt[] },
): Promise<ReadonlyMap<string, number>> {
  const { importId, personId } = input;
  const keyOf = (sourceRef: string): string => `${importId}:${sha256(sourceRef)}`;
  const values = input.receipts
    .toSorted((left, right) => left.receivedAtMs - right.receivedAtMs)
    .map(({ caseId, sourceRef, row, receivedAtMs }, place) => ({
      place,
      key: keyOf(sourceRef),
      hash: hashJson(row),
      body: row,
      case_id: caseId,
      update_id: sha256([personId, ROUTE, keyOf(sourceRef)].join('\n')),
      at: new Date(receivedAtMs).toISOString(),
    }));
  await tx.query(
    `insert into receipt (person_id, partner_id, route, idempotency_key, body_hash, body, case_kind, case_id, workflow_id,
       starts_workflow, update_name, update_id, facts, received_at)
     select $1, null, $2, r.key, r.hash, r.body, 'deal-registration', r.case_id, 'deal-registration:' || r.case_id, null, 'import', r.update_id, '{}', r.at
       from jsonb_to_recordset($3::jsonb) as r(place int, key text, hash text, body jsonb, case_id text, update_id text, at timestamptz)
      order by r.place
     on conflict (person_id, route, idempotency_key) do nothing`,
    [personId, ROUTE, JSON.stringify(values)],
  );
  const { rows } = await tx.query<{ case_id: string; number: number }>(
    `select case_id, number from receipt where person_id = $1 and route = $2 and idempotency_key = any ($3)`,
    [personId, ROUTE, values.map(({ key }) => key)],
  );
  return new Map(rows.map((row) => [row.case_id, row.number]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
