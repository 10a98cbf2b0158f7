import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import { oneRow } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/* The policy documents that cases are decided by. */

/** A policy document in the version a case began under. Published ones never change, so they are kept. */
export interface StoredPolicy {
  readonly id: string;
  readonly version: number;
  readonly programName: string;
  readonly body: DealRegistrationPolicy;
}

const MAX_KEPT_POLICIES = 200;
const keptPolicies = new Map<string, StoredPolicy>();

export async function readPolicy(tx: Transaction, policyId: string): Promise<StoredPolicy> {
  const kept = keptPolicies.get(policyId);
  if (kept !== undefined) return kept;
  const policy = await oneRow<StoredPolicy>(
    tx,
    `policy ${policyId}`,
    `select d.id, d.version, g.name as "programName", d.body from policy_document d join program g on g.id = d.program_id where d.id = $1 and d.status = 'published'`,
    [policyId],
  );
  const oldest = keptPolicies.keys().next();
  if (keptPolicies.size >= MAX_KEPT_POLICIES && oldest.done !== true) keptPolicies.delete(oldest.value);
  keptPolicies.set(policyId, policy);
  return policy;
}

/** The id of the version in force for a program at an instant; null when there is none. */
export async function policyInForce(
  tx: Transaction,
  programId: string,
  atMs: number,
): Promise<string | null> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from policy_document where program_id = $1 and kind = 'deal-registration' and status = 'published'
        and tstzrange(effective_from, effective_to) @> $2::timestamptz`,
    [programId, new Date(atMs).toISOString()],
  );
  return rows[0]?.id ?? null;
}
