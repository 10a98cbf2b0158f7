import type { Transaction } from './transaction.ts';

/* Which processes stand on which case (docs/pieces/followers.md): written by the follower, read by the case when it moves. */

/** From the step's commit on, this workflow is told what becomes of the case. Repeating it changes nothing. */
export async function followCase(
  tx: Transaction,
  of: { caseId: string; followerWorkflowId: string; atMs: number },
): Promise<void> {
  await tx.query(
    'insert into case_follower (case_id, follower_workflow_id, created_at) values ($1, $2, $3) on conflict do nothing',
    [of.caseId, of.followerWorkflowId, new Date(of.atMs).toISOString()],
  );
}

export async function readFollowers(tx: Transaction, caseId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    'select follower_workflow_id as id from case_follower where case_id = $1 order by created_at, follower_workflow_id',
    [caseId],
  );
  return rows.map(({ id }) => id);
}
