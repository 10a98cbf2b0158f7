import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import type { PolicyKind } from '../../domain/policy-document.ts';
import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import { oneRow } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/* The policy documents that cases are decided by. */

/** What a program decides, by kind of policy document. */
interface PolicyBodies {
  readonly 'deal-registration': DealRegistrationPolicy;
  readonly 'special-pricing': SpecialPricingPolicy;
}

/** A policy document in the version a case began under. */
export interface PolicyOf<Kind extends PolicyKind> {
  readonly id: string;
  readonly kind: Kind;
  readonly version: number;
  readonly programName: string;
  readonly body: PolicyBodies[Kind];
}
export type StoredPolicy = PolicyOf<'deal-registration'>;

const MAX_KEPT_POLICIES = 200;
/** Published ones never change, so they are kept. */
const keptPolicies = new Map<string, PolicyOf<PolicyKind>>();

/** A published policy of a kind, by its id. Throws `RowMissing`. */
export async function readPolicyOf<Kind extends PolicyKind>(
  tx: Transaction,
  kind: Kind,
  policyId: string,
): Promise<PolicyOf<Kind>> {
  const kept = keptPolicies.get(policyId);
  if (kept?.kind === kind) return kept as PolicyOf<Kind>;
  const policy = await oneRow<PolicyOf<Kind>>(
    tx,
    `${kind} policy ${policyId}`,
    `select d.id, d.kind, d.version, g.name as "programName", d.body from policy_document d join program g on g.id = d.program_id
      where d.id = $1 and d.kind = $2 and d.status = 'published'`,
    [policyId, kind],
  );
  const oldest = keptPolicies.keys().next();
  if (keptPolicies.size >= MAX_KEPT_POLICIES && oldest.done !== true) keptPolicies.delete(oldest.value);
  keptPolicies.set(policyId, policy);
  return policy;
}

/** A published policy of deal registration. Throws `RowMissing`. */
export function readPolicy(tx: Transaction, policyId: string): Promise<StoredPolicy> {
  return readPolicyOf(tx, 'deal-registration', policyId);
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
