import type { OwnTransaction } from './app-database.ts';

/** What became of a claim: it is held until, somebody else holds it, or the task is not open. */
export type ClaimOutcome =
  | { readonly outcome: 'held'; readonly until: string }
  | { readonly outcome: 'taken'; readonly by: string; readonly until: string }
  | { readonly outcome: 'closed' }
  | { readonly outcome: 'absent' };

interface ClaimRow {
  status: string;
  claimed_by: string | null;
  claimed_by_name: string | null;
  claimed_until: Date | null;
}

/** Takes or renews the lease on a task. It is a courtesy among people, not a fact of the process: nothing depends on it. */
export async function claimTask(
  transaction: OwnTransaction,
  input: { taskId: string; personId: string; atMs: number; leaseMs: number },
): Promise<ClaimOutcome> {
  const at = new Date(input.atMs);
  const rows = await transaction.$queryRaw<ClaimRow[]>`
    select t.status, t.claimed_by, p.display_name as claimed_by_name, t.claimed_until
      from task t left join person p on p.id = t.claimed_by where t.id = ${input.taskId} for update of t`;
  const row = rows[0];
  if (row === undefined) return { outcome: 'absent' };
  if (row.status !== 'open' && row.status !== 'paused') return { outcome: 'closed' };
  if (
    row.claimed_by !== null &&
    row.claimed_by !== input.personId &&
    row.claimed_until !== null &&
    row.claimed_until > at
  ) {
    return {
      outcome: 'taken',
      by: row.claimed_by_name ?? row.claimed_by,
      until: row.claimed_until.toISOString(),
    };
  }
  const until = new Date(input.atMs + input.leaseMs).toISOString();
  await transaction.$executeRaw`update task set claimed_by = ${input.personId}, claimed_until = ${until}::timestamptz where id = ${input.taskId}`;
  return { outcome: 'held', until };
}

/** Gives one's own lease back; somebody else's stays. False when there is no such task. */
export async function releaseTask(
  transaction: OwnTransaction,
  input: { taskId: string; personId: string },
): Promise<boolean> {
  await transaction.$executeRaw`update task set claimed_by = null, claimed_until = null where id = ${input.taskId} and claimed_by = ${input.personId}`;
  const rows = await transaction.$queryRaw<{ id: string }[]>`select id from task where id = ${input.taskId}`;
  return rows.length > 0;
}
