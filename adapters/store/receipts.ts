import type { Sql } from './app-database.ts';

/**
 * Receipts: what makes "accepted" true (docs/pieces/receipts.md). A receipt is committed before the engine is asked; its
 * number says who was first, its time whether a deadline was kept.
 */

/** What a write to a process asks for; complete enough to be delivered by somebody who knows nothing of the process. */
export interface NewReceipt {
  readonly personId: string;
  /** The absent person for whom it is sent, else null. */
  readonly actingForId: string | null;
  /** The partner of the person, not of the case: whoever may see the case must not see this. */
  readonly partnerId: string | null;
  /** `METHOD /path/:param`. */
  readonly route: string;
  readonly idempotencyKey: string;
  readonly bodyHash: string;
  readonly body: object;
  readonly caseKind: string;
  readonly caseId: string;
  readonly workflowId: string;
  /** The workflow type when the delivery starts it, else null. */
  readonly startsWorkflow: string | null;
  readonly updateName: string;
  readonly updateId: string;
  /** Plain ids and codes; no words, names or money. */
  readonly facts: object;
  /** Epoch ms; null takes the database's clock, as it is outside of tests. */
  readonly receivedAtMs: number | null;
  /** How long the relay leaves it to the caller's own delivery. */
  readonly relayAfterMs: number;
}

export interface StoredReceipt {
  readonly number: number;
  readonly updateId: string;
  readonly caseId: string;
  readonly bodyHash: string;
  readonly receivedAt: string;
  /** Null until it is settled. */
  readonly answer: { readonly statusCode: number; readonly body: unknown } | null;
}

interface Row {
  number: number;
  update_id: string;
  case_id: string;
  body_hash: string;
  received_at: Date;
  status_code: number | null;
  answer: unknown;
}

const COLUMNS = 'number, update_id, case_id, body_hash, received_at, status_code, answer';

/** The receipt of an earlier request with the same key, if there was one. */
export async function findReceipt(
  sql: Sql,
  by: { personId: string; route: string; idempotencyKey: string },
): Promise<StoredReceipt | null> {
  const rows = await sql.rows<Row>(
    `select ${COLUMNS} from receipt where person_id = $1 and route = $2 and idempotency_key = $3`,
    [by.personId, by.route, by.idempotencyKey],
  );
  return rows[0] === undefined ? null : storedOf(rows[0]);
}

/** One of this person's receipts by the id under which it was accepted. */
export async function findReceiptByUpdate(
  sql: Sql,
  by: { personId: string; updateId: string },
): Promise<StoredReceipt | null> {
  const rows = await sql.rows<Row>(`select ${COLUMNS} from receipt where update_id = $2 and person_id = $1`, [
    by.personId,
    by.updateId,
  ]);
  return rows[0] === undefined ? null : storedOf(rows[0]);
}

/** Adds a receipt; null when one with the same key was added in the meantime. */
export async function addReceipt(
  sql: Sql,
  receipt: NewReceipt,
): Promise<{ number: number; receivedAtMs: number } | null> {
  const rows = await sql.rows<{ number: number; received_at: Date }>(
    `insert into receipt (person_id, partner_id, route, idempotency_key, body_hash, body, case_kind, case_id, workflow_id,
       starts_workflow, update_name, update_id, facts, received_at, next_attempt_at, acting_for)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, t.at, t.at + $15 * interval '1 millisecond', $16
       from (select coalesce($14::timestamptz, date_trunc('milliseconds', clock_timestamp())) as at) t
     on conflict (person_id, route, idempotency_key) do nothing
     returning number, received_at`,
    [
      receipt.personId,
      receipt.partnerId,
      receipt.route,
      receipt.idempotencyKey,
      receipt.bodyHash,
      JSON.stringify(receipt.body),
      receipt.caseKind,
      receipt.caseId,
      receipt.workflowId,
      receipt.startsWorkflow,
      receipt.updateName,
      receipt.updateId,
      JSON.stringify(receipt.facts),
      receipt.receivedAtMs === null ? null : new Date(receipt.receivedAtMs).toISOString(),
      receipt.relayAfterMs,
      receipt.actingForId,
    ],
  );
  const row = rows[0];
  return row === undefined ? null : { number: row.number, receivedAtMs: row.received_at.getTime() };
}

/**
 * Settles a receipt with a refusal of the engine; an answer that is there already stays, and is returned. (An acceptance
 * is settled by the effect itself, in its own transaction.)
 */
export async function settleReceipt(
  sql: Sql,
  settlement: { number: number; statusCode: number; answer: unknown; settledAt: string },
): Promise<{ statusCode: number; body: unknown }> {
  const rows = await sql.rows<{ status_code: number; answer: unknown }>(
    `with settled as (
       update receipt set settled_at = $2, status_code = $3, answer = $4, last_error = null, next_attempt_at = null where number = $1 and settled_at is null
       returning status_code, answer)
     select status_code, answer from settled
     union all select status_code, answer from receipt where number = $1 and settled_at is not null
     limit 1`,
    [settlement.number, settlement.settledAt, settlement.statusCode, JSON.stringify(settlement.answer)],
  );
  const row = rows[0];
  return row === undefined
    ? { statusCode: settlement.statusCode, body: settlement.answer }
    : { statusCode: row.status_code, body: row.answer };
}

function storedOf(row: Row): StoredReceipt {
  return {
    number: row.number,
    updateId: row.update_id,
    caseId: row.case_id,
    bodyHash: row.body_hash,
    receivedAt: row.received_at.toISOString(),
    answer: row.status_code === null ? null : { statusCode: row.status_code, body: row.answer },
  };
}

/** The engine answered for these receipts: what they caused is kept there as well, and nobody delivers them again. */
export async function confirmReceipts(sql: Sql, numbers: readonly number[]): Promise<void> {
  await sql.rows(
    'update receipt set next_attempt_at = null where number = any ($1) and settled_at is not null',
    [numbers],
  );
}

/**
 * Whether an earlier message of the case took effect in the record and the engine has not answered for it for
 * a second: then a workflow that refuses may merely be behind, and its refusal is not final.
 */
export async function isEngineBehind(
  sql: Sql,
  receipt: { number: number; caseId: string },
): Promise<boolean> {
  const rows = await sql.rows<{ number: number }>(
    `select number from receipt where case_id = $2 and number < $1 and next_attempt_at is not null
        and settled_at < clock_timestamp() - interval '1 second' limit 1`,
    [receipt.number, receipt.caseId],
  );
  return rows.length > 0;
}
