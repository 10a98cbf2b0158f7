import type { AccountFacts, MatchingThresholds } from '../../domain/matching/facts.ts';
import type { EvidenceRow, PairVerdict } from '../../domain/matching/verdict.ts';
import type { SqlClient } from './accounts.ts';

/** Another account that is, or may be, the same company, with the reasons. */
export interface AccountMatch {
  readonly account: AccountFacts;
  readonly verdict: Exclude<PairVerdict, 'different'>;
  readonly evidence: readonly EvidenceRow[];
}

export interface MatchInput {
  readonly facts: AccountFacts;
  readonly thresholds: MatchingThresholds;
  /** How many accounts are looked at at most; a policy or configuration number. */
  readonly candidateLimit: number;
}

export type RememberOutcome =
  | { readonly outcome: 'remembered'; readonly moved: readonly { readonly accountId: string; readonly canonicalId: string }[] }
  | { readonly outcome: 'contradicted'; readonly by: { readonly accountA: string; readonly accountB: string } };

export interface PairMemory {
  /** Identifies the decision: repeating it with the same content changes nothing. */
  readonly decisionKey: string;
  readonly accountIds: readonly [string, string];
  readonly verdict: 'same' | 'different';
  readonly decidedByPersonId: string;
  readonly reason: string;
  /** ISO instant. */
  readonly decidedAt: string;
}

export declare function findCandidates(client: SqlClient, input: { facts: AccountFacts; limit: number }): Promise<AccountFacts[]>;
export declare function matchAccount(client: SqlClient, input: MatchInput): Promise<AccountMatch[]>;
export declare function rememberPair(client: SqlClient, memory: PairMemory): Promise<RememberOutcome>;
export declare function canonicalOf(client: SqlClient, accountId: string): Promise<string>;
export declare function loadFacts(client: SqlClient, accountIds: readonly string[]): Promise<AccountFacts[]>;
