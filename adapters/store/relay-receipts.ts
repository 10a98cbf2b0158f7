import type { CaseState } from '../../domain/deal-registration/case.ts';
import { isOver } from '../../domain/deal-registration/case.ts';
import { isWindowOver } from '../../domain/deal-registration/review-window.ts';
import type { ReviewWindowState } from '../../domain/deal-registration/review-window.ts';
import type { Pool } from './pool.ts';

/** The relay's side of receipts: which are due, and what became of an attempt. Signs in as the worker role. */

/** A receipt as the relay delivers it: complete without any knowledge of the process. */
export interface DueReceipt {
  readonly number: number;
  readonly personId: string;
  readonly actingForId: string | null;
  readonly partnerId: string | null;
  readonly caseKind: string;
  readonly caseId: string;
  readonly workflowId: string;
  /** The workflow type when the delivery starts it, else null. */
  readonly startsWorkflow: string | null;
  readonly updateName: string;
  readonly updateId: string;
  readonly facts: object;
  readonly receivedAtMs: number;
  /** Counts the attempt for which it was claimed. */
  readonly attempts: number;
}

/**
 * Claims up to `limit` due receipts (open ones, and settled ones that the engine did not answer for) until `leaseUntilMs`: another relay leaves them alone till then, and takes them over
 * when this one has died. Of each case only the lowest open number, so that a case gets its messages in order; a parked
 * one holds nobody up.
 */
export const claimReceipts = async (input: {
  pool: Pool;
  nowMs: number;
  leaseUntilMs: number;
  limit: number;
}): Promise<DueReceipt[]> => {
  const { rows } = await input.pool.query<Omit<DueReceipt, 'receivedAtMs'> & { receivedAt: Date }>(
    `with due as (
       select r.number from receipt r
        where r.parked_at is null and r.next_attempt_at <= $1
          and not exists (select from receipt e where e.case_id = r.case_id and e.number < r.number
                             and (e.settled_at is null or e.next_attempt_at is not null) and e.parked_at is null)
        order by r.next_attempt_at, r.number
        limit $3 for update of r skip locked)
     update receipt r set attempts = r.attempts + 1, next_attempt_at = $2 from due where r.number = due.number
     returning r.number, r.person_id as "personId", r.acting_for as "actingForId", r.partner_id as "partnerId", r.case_kind as "caseKind",
       r.case_id as "caseId", r.workflow_id as "workflowId", r.starts_workflow as "startsWorkflow",
       r.update_name as "updateName", r.update_id as "updateId", r.facts, r.received_at as "receivedAt", r.attempts`,
    [instant(input.nowMs), instant(input.leaseUntilMs), input.limit],
  );
  return rows
    .map(({ receivedAt, ...row }) => ({ ...row, receivedAtMs: receivedAt.getTime() }))
    .toSorted((left, right) => left.number - right.number);
};

/** Settles a receipt with a refusal as its final answer; one that has an answer keeps it. */
export const settleRefused = async (input: {
  pool: Pool;
  number: number;
  statusCode: number;
  answer: unknown;
  atMs: number;
}): Promise<void> => {
  await input.pool.query(
    `update receipt set settled_at = $2, status_code = $3, answer = $4, next_attempt_at = null, last_error = null
      where number = $1 and settled_at is null`,
    [input.number, instant(input.atMs), input.statusCode, JSON.stringify(input.answer)],
  );
};

/** An attempt failed: when to try again, or (`parkedAtMs`) that only a person makes it go on. */
export const recordReceiptFault = async (input: {
  pool: Pool;
  number: number;
  cause: string;
  nextAttemptAtMs: number;
  parkedAtMs: number | null;
}): Promise<void> => {
  await input.pool.query(
    `update receipt set last_error = $2, next_attempt_at = $3, parked_at = $4
      where number = $1 and (settled_at is null or next_attempt_at is not null)`,
    [
      input.number,
      input.cause,
      instant(input.nextAttemptAtMs),
      input.parkedAtMs === null ? null : instant(input.parkedAtMs),
    ],
  );
};

/** True when the effect settled the receipt, as it does in its own transaction. */
export const isSettled = async (pool: Pool, number: number): Promise<boolean> => {
  const { rows } = await pool.query('select from receipt where number = $1 and settled_at is not null', [
    number,
  ]);
  return rows.length > 0;
};

/** The engine answered for a settled receipt: it is delivered no more. */
export const confirmReceipt = async (pool: Pool, number: number): Promise<void> => {
  await pool.query('update receipt set next_attempt_at = null where number = $1 and settled_at is not null', [
    number,
  ]);
};

/** How a case ended, for whoever comes too late. */
export interface CaseEnd {
  readonly reference: string;
  readonly status: string;
  /** The name of who did the last thing; null for the machine and for people of another organisation. */
  readonly by: string | null;
  readonly at: string;
  readonly what: string;
}

/**
 * Null while the record says that the case goes on: then a workflow that is not there is lost (rebuilt by `reconcile`)
 * and nothing may be answered in its place. A case the record does not have goes on as well.
 */
export const findCaseEnd = async (input: {
  pool: Pool;
  caseId: string;
  personId: string;
}): Promise<CaseEnd | null> => {
  const found = await findOver(input.pool, input.caseId);
  if (found === null) return null;
  const { last } = found;
  const who = await input.pool.query<{ name: string }>(
    `select d.display_name as name from person d join person reader on reader.id = $2
      where d.id = $1 and d.partner_id is not distinct from reader.partner_id`,
    [last.byId, input.personId],
  );
  return {
    reference: found.reference,
    status: found.status,
    by: who.rows[0]?.name ?? null,
    at: instant(last.atMs),
    what: last.what,
  };
};

type Over = Pick<CaseEnd, 'reference' | 'status'> & { readonly last: CaseState['last'] };

/** A case that is over: a registration, a review window, a special price request or an agreement. */
const findOver = async (pool: Pool, caseId: string): Promise<Over | null> => {
  const { rows: registrations } = await pool.query<{ reference: string; status: string; state: CaseState }>(
    'select reference, status, case_state as state from registration where id = $1',
    [caseId],
  );
  const registration = registrations[0];
  if (registration !== undefined) {
    const { reference, status, state } = registration;
    return isOver(state) ? { reference, status, last: state.last } : null;
  }
  const { rows: windows } = await pool.query<{ state: ReviewWindowState }>(
    'select case_state as state from review_window where id = $1',
    [caseId],
  );
  const state = windows[0]?.state;
  if (state === undefined) return pricingOver(pool, caseId);
  if (!isWindowOver(state)) return null;
  return { reference: 'The review window', status: state.decided ? 'decided' : 'closed', last: state.last };
};

/** A special price request or an agreement that is over. */
const pricingOver = async (pool: Pool, caseId: string): Promise<Over | null> => {
  const { rows } = await pool.query<{ reference: string; status: string; last: Over['last'] }>(
    `select reference, status, case_state -> 'last' as last from special_price_request
      where id = $1 and status in ('approved', 'rejected', 'withdrawn')
     union all
     select reference, status, case_state -> 'last' from pricing_agreement where id = $1 and status <> 'active'`,
    [caseId],
  );
  return rows[0] ?? null;
};

const instant = (ms: number): string => new Date(ms).toISOString();
