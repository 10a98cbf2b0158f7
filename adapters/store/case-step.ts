import type pg from 'pg';
import { defaultMail, type MailChoice } from '../../domain/mail-choice.ts';
import { hashJson } from '../sha256.ts';
import { readReceipt } from './case-receipts.ts';
import type { ReceiptRow, StepAnswer } from './case-receipts.ts';
import { lookThenWrite, together } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/*
 * One step of a case: its change of state, its event, its audit row, what must leave the house and the
 * settled receipt, in one transaction, once. The key is (case, sequence): a repeat with the same input gives
 * the first run's result, and a workflow that fell behind its record (an engine restored from an older copy)
 * is told the record's state instead of writing over it.
 */

/** Which step this is, and on whose behalf. */
export interface StepKey {
  readonly caseKind: string;
  readonly caseId: string;
  readonly seq: number;
  /** Decided by time: the receipt's for a message of a person, the workflow's for a clock. */
  readonly atMs: number;
  readonly actorId: string | null;
  readonly actingForId: string | null;
  readonly receipt: number | null;
  /** Everything the step depends on beside the record; a repeat must bring the same. */
  readonly input: unknown;
}

/** A mail or a signal that leaves with this step, not before `notBeforeMs`. */
export interface StepOutbound {
  readonly channel: 'mail' | 'signal';
  /** A person's id, `role:<role>` of the vendor, or a workflow id. Never an address. */
  readonly target: string;
  readonly template: string;
  readonly payload: unknown;
  readonly notBeforeMs: number;
  /** For a role: the preference that it is subject to. Where nobody in the role wants it, that is all that is recorded. */
  readonly choice?: MailChoice | null;
}

/** What a step wrote, for the event, the audit row and the answer. */
export interface StepEffect<State> {
  readonly state: State;
  readonly partnerId: string | null;
  readonly event: {
    readonly kind: string;
    readonly audience: 'everyone' | 'vendor';
    readonly facts: Readonly<Record<string, unknown>>;
    readonly privateFacts?: Readonly<Record<string, unknown>>;
  };
  readonly audit: Readonly<Record<string, unknown>>;
  readonly answer: StepAnswer | null;
  readonly outbound: readonly StepOutbound[];
}

/** What the workflow is told. `adopted`: nothing was written, the record was ahead, go on from its state. */
export interface StepResult<State> {
  readonly state: State;
  readonly answer: StepAnswer | null;
  readonly adopted: boolean;
}

/**
 * The state in the record, locked until the transaction ends; null when the case is not there yet. It sends the statement that
 * locks before anything else: what is sent with it is then read under the lock.
 */
export type LockCase<State> = (tx: Transaction) => Promise<State | null>;

/**
 * Runs one step. `lock` locks the case's row, so that two steps of one case never interleave, and gives the
 * state the record holds; `effect` is given that and the receipt (null where no person asked), writes what changes and throws to
 * refuse, in which case nothing is written.
 */
export async function runCaseStep<State extends { readonly seq: number }>(
  pool: pg.Pool,
  key: StepKey,
  lock: LockCase<State>,
  effect: (tx: Transaction, state: State | null, receipt: ReceiptRow | null) => Promise<StepEffect<State>>,
): Promise<StepResult<State>> {
  const inputHash = hashJson(key.input);
  return lookThenWrite(pool, {
    look: (tx) =>
      together([lock(tx), key.receipt === null ? Promise.resolve(null) : readReceipt(tx, key.receipt)]),
    write: async (tx, [recorded, receipt]) => {
      const answered = receipt?.answer ?? null;
      if (recorded !== null && recorded.seq >= key.seq)
        return { result: await earlierResult(tx, { key, inputHash, recorded, answered }), last: null };
      // Delivered twice across runs of the workflow, where the engine no longer knows that it was answered.
      if (recorded !== null && answered !== null)
        return { result: { state: recorded, answer: answered, adopted: true }, last: null };
      const written = await effect(tx, recorded, receipt);
      return {
        result: { state: written.state, answer: written.answer, adopted: false },
        last: writeStep(tx, key, inputHash, written),
      };
    },
  });
}

async function earlierResult<State>(
  tx: Transaction,
  step: { key: StepKey; inputHash: string; recorded: State; answered: StepAnswer | null },
): Promise<StepResult<State>> {
  const { key, inputHash, recorded, answered } = step;
  const { rows } = await tx.query<{
    input_hash: string;
    result: { state: State; answer: StepAnswer | null };
  }>(
    `select e.input_hash, p.result from process_event e join process_event_private p using (case_id, seq)
      where e.case_id = $1 and e.seq = $2`,
    [key.caseId, key.seq],
  );
  const before = rows[0];
  if (before !== undefined && before.input_hash === inputHash) return { ...before.result, adopted: false };
  // The record is ahead of the engine. A message that was answered keeps its answer; anything else starts over.
  return { state: recorded, answer: answered, adopted: true };
}

/** Sends what ends a step; a fault in what is to be written is thrown before anything is sent. */
function writeStep<State>(
  tx: Transaction,
  key: StepKey,
  inputHash: string,
  written: StepEffect<State>,
): Promise<unknown> {
  const event = [
    key.caseId,
    key.seq,
    key.caseKind,
    written.partnerId,
    written.event.kind,
    new Date(key.atMs).toISOString(),
    key.actorId,
    key.actingForId,
    key.receipt,
    written.event.audience,
    JSON.stringify(written.event.facts),
    inputHash,
    JSON.stringify(written.event.privateFacts ?? {}),
    JSON.stringify({ state: written.state, answer: written.answer }),
    JSON.stringify({ ...written.audit, seq: key.seq, receipt: key.receipt }),
    written.answer?.statusCode ?? null,
    written.answer === null ? null : JSON.stringify(written.answer.body),
  ];
  const outbound = [
    key.caseId,
    key.seq,
    JSON.stringify(
      written.outbound.map((one, n) => ({
        n,
        channel: one.channel,
        target: one.target,
        template: one.template,
        payload: one.payload,
        not_before: new Date(one.notBeforeMs).toISOString(),
        choice: one.choice ?? null,
        standard: one.choice === undefined || one.choice === null ? null : defaultMail[one.choice],
      })),
    ),
  ];
  return together([
    tx.query(
      `with event as (
         insert into process_event (case_id, seq, case_kind, partner_id, kind, at, actor_id, acting_for, receipt, audience, facts, input_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       ), private as (
         insert into process_event_private (case_id, seq, facts, result) values ($1, $2, $13, $14)
       ), audit as (
         insert into audit_row (at, actor_id, acting_for, action, subject, content) values ($6, $7, $8, $3 || '.' || $5, $1, $15)
       )
       update receipt set settled_at = $6::timestamptz, status_code = $16, answer = $17,
              next_attempt_at = case when next_attempt_at is null then null else clock_timestamp() + interval '15 seconds' end, last_error = null, parked_at = null
        where number = $9 and settled_at is null and $16::int is not null`,
      event,
    ),
    ...(written.outbound.length === 0
      ? []
      : [
          tx.query(
            `insert into outbound (id, case_id, seq, n, channel, target, template, payload, not_before, delivered_at, skip_reason)
             select 'out_' || substr(encode(sha256(convert_to($1 || ':' || $2 || ':' || n, 'UTF8')), 'hex'), 1, 26), $1, $2::int, n::int, channel, target, template, payload, not_before,
                    case when unwanted then not_before end, case when unwanted then 'preference' end
               from jsonb_to_recordset($3::jsonb) as o(n int, channel text, target text, template text, payload jsonb, not_before timestamptz, choice text, standard boolean)
               left join lateral (select bool_and(not wants) as unwanted from role_readers(substr(target, 6), not_before, choice, standard)) r on choice is not null`,
            outbound,
          ),
        ]),
  ]);
}
