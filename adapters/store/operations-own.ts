import { sqlIn } from './app-database.ts';
import type { OwnTransaction } from './app-database.ts';
import { mailRecipients, PARKED_MAIL } from './operations-reads.ts';

/** The safe actions on what is stuck, and the installation-wide hold. */

export type StuckKind = 'receipt' | 'mail' | 'signal' | 'import';

/** Asks for another attempt now; false when there is nothing open of that id. */
export async function retryStuck(
  transaction: OwnTransaction,
  input: { kind: StuckKind; id: string; atMs: number },
): Promise<boolean> {
  const at = new Date(input.atMs).toISOString();
  if (input.kind === 'receipt') {
    if (!/^\d{1,15}$/.test(input.id)) return false;
    return (
      (await transaction.$executeRaw`update receipt set next_attempt_at = ${at}::timestamptz, parked_at = null, last_error = null
        where number = ${Number(input.id)}::bigint and settled_at is null`) > 0
    );
  }
  if (input.kind === 'import') {
    return (
      (await transaction.$executeRaw`update import_batch set next_attempt_at = ${at}::timestamptz, parked_at = null, attempts = 0
        where id = ${input.id} and status = 'committed' and stored_at is null`) > 0
    );
  }
  return (
    (await transaction.$executeRaw`update outbound set next_attempt_at = ${at}::timestamptz, parked_at = null
      where id = ${input.id} and channel = ${input.kind} and delivered_at is null and skipped_by is null`) > 0
  );
}

/**
 * Gives a delivery up. A skipped receipt is settled with `answer`, so that whoever waits for it hears; a skipped mail or signal
 * counts as done; an import that was set aside counts as refused, so that its file may be brought again. False when there is nothing open of that id.
 */
export async function skipStuck(
  transaction: OwnTransaction,
  input: {
    kind: StuckKind;
    id: string;
    personId: string;
    reason: string;
    answer: { statusCode: number; body: object };
    atMs: number;
  },
): Promise<boolean> {
  const at = new Date(input.atMs).toISOString();
  if (input.kind === 'receipt') {
    if (!/^\d{1,15}$/.test(input.id)) return false;
    return (
      (await transaction.$executeRaw`update receipt set settled_at = ${at}::timestamptz, status_code = ${input.answer.statusCode},
          answer = ${JSON.stringify(input.answer.body)}::jsonb, skipped_by = ${input.personId}, skip_reason = ${input.reason}
        where number = ${Number(input.id)}::bigint and settled_at is null and parked_at is not null`) > 0
    );
  }
  if (input.kind === 'import') {
    return (
      (await transaction.$executeRaw`update import_batch set status = 'refused', parked_at = null, skipped_by = ${input.personId}, skip_reason = ${input.reason}
        where id = ${input.id} and status = 'committed' and stored_at is null and parked_at is not null`) > 0
    );
  }
  return (
    (await transaction.$executeRaw`update outbound set skipped_by = ${input.personId}, skip_reason = ${input.reason}, delivered_at = ${at}::timestamptz, parked_at = null
      where id = ${input.id} and channel = ${input.kind} and delivered_at is null`) > 0
  );
}

/**
 * Gives a parked mail to somebody else who may read it (`mailRecipients`), for whom it leaves at once. Answers whose it was;
 * `absent` when no mail of that id is parked, `not_theirs` when that person may not read it.
 */
export async function reassignMail(
  transaction: OwnTransaction,
  input: { id: string; personId: string; atMs: number },
): Promise<{ from: string } | 'absent' | 'not_theirs'> {
  const sql = sqlIn(transaction);
  const [mail] = await sql.rows<{ target: string }>(
    `select o.target from outbound o where o.id = $1 and ${PARKED_MAIL} for update of o`,
    [input.id],
  );
  if (mail === undefined) return 'absent';
  const at = new Date(input.atMs).toISOString();
  const [recipient] = await mailRecipients(sql, {
    id: input.id,
    at,
    personId: input.personId,
    search: null,
    after: null,
    limit: 1,
  });
  if (recipient === undefined) return 'not_theirs';
  await transaction.$executeRaw`update outbound set target = ${recipient.id}, next_attempt_at = ${at}::timestamptz, parked_at = null where id = ${input.id}`;
  return { from: mail.target };
}

/** Begins a hold; false when one is on. */
export async function beginHold(
  transaction: OwnTransaction,
  hold: { id: string; fromMs: number; toMs: number | null; reason: string; setBy: string },
): Promise<boolean> {
  await transaction.$executeRaw`select pg_advisory_xact_lock(hashtext('fairlead.hold'))`;
  const at = new Date(hold.fromMs);
  const current = await transaction.slaHold.findFirst({
    where: { OR: [{ toAt: null }, { toAt: { gt: at } }] },
    select: { id: true },
  });
  if (current !== null) return false;
  await transaction.slaHold.create({
    data: {
      id: hold.id,
      fromAt: at,
      toAt: hold.toMs === null ? null : new Date(hold.toMs),
      reason: hold.reason,
      setBy: hold.setBy,
    },
    select: { id: true },
  });
  return true;
}

/** Ends a hold now; false when there is none of that id that still holds. */
export async function endHold(
  transaction: OwnTransaction,
  input: { id: string; endedBy: string; atMs: number },
): Promise<boolean> {
  const at = new Date(input.atMs);
  const { count } = await transaction.slaHold.updateMany({
    where: { id: input.id, fromAt: { lt: at }, OR: [{ toAt: null }, { toAt: { gt: at } }] },
    data: { toAt: at, endedBy: input.endedBy },
  });
  return count > 0;
}
