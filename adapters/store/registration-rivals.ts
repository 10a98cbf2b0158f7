import type { RegistrationStatus } from '../../domain/deal-registration/status.ts';
import type { EvidenceRow, PairVerdict } from '../../domain/matching/verdict.ts';
import type { Transaction } from './transaction.ts';

/* What may be the same customer as a registration's: rivals, direct deals, and what people said of them. */

/** Another registration for one of these accounts in one of these families. */
export interface RivalRow {
  readonly registrationId: string;
  readonly reference: string;
  readonly partnerId: string;
  readonly accountId: string;
  readonly status: RegistrationStatus;
  readonly receipt: number;
  readonly families: string[];
  /** Which of the families asked for are protected for it at this instant. */
  readonly protects: string[];
  /** The same with those that a decision reserved which is not in effect yet: nobody else can have their slots. */
  readonly holds: string[];
}

/**
 * Open or protected registrations of other partners for these accounts (or rows that a person called the
 * same company) that overlap in product family: without both there is no conflict.
 */
export async function readRivals(
  tx: Transaction,
  input: {
    registrationId: string;
    partnerId: string;
    accountIds: readonly string[];
    families: readonly string[];
    /** Those of this group may have the slot together. */
    shareGroup: string;
    atMs: number;
  },
): Promise<RivalRow[]> {
  const { rows } = await tx.query<RivalRow>(
    `select r.id as "registrationId", r.reference, r.partner_id as "partnerId", r.account_id as "accountId", r.status, r.receipt,
            array_agg(distinct l.family) as families,
            array(select p.family from protection p where p.registration_id = r.id and p.family = any ($4) and p.period @> $5::timestamptz) as protects,
            array(select p.family from protection p where p.registration_id = r.id and p.family = any ($4) and p.share_group <> $6 and coalesce(upper(p.period) > $5::timestamptz, true)) as holds
       from registration r join registration_line l on l.registration_id = r.id
      where r.id <> $1 and r.partner_id <> $2 and l.family = any ($4)
        and (r.status in ('submitted', 'under_review', 'info_requested', 'pending_approval', 'in_conflict', 'approved', 'appealed')
             or exists (select 1 from protection p where p.registration_id = r.id and p.family = any ($4) and coalesce(upper(p.period) > $5::timestamptz, true)))
        and r.account_id in (select s.account_id from account_standing s where s.canonical_id in
              (select o.canonical_id from account_standing o where o.account_id = any ($3)))
      group by r.id order by r.receipt`,
    [
      input.registrationId,
      input.partnerId,
      input.accountIds,
      input.families,
      new Date(input.atMs).toISOString(),
      input.shareGroup,
    ],
  );
  return rows;
}

/** The account that stands for all rows of one company, by account. */
export async function readCanonicalIds(
  tx: Transaction,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await tx.query<{ account_id: string; canonical_id: string }>(
    'select account_id, canonical_id from account_standing where account_id = any ($1)',
    [accountIds],
  );
  return new Map(rows.map((row) => [row.account_id, row.canonical_id]));
}

/** A rival, an account or a direct deal that may be the same customer, with the evidence. */
export interface NewMatch {
  readonly otherKind: 'registration' | 'account' | 'direct_deal';
  readonly otherId: string;
  readonly otherAccountId: string;
  readonly verdict: Exclude<PairVerdict, 'different'>;
  readonly evidence: readonly EvidenceRow[];
}

/** Stores what was found; what a person judged before stays judged. Gives the number of rows that were new. */
export async function writeMatches(
  tx: Transaction,
  registrationId: string,
  atMs: number,
  matches: readonly NewMatch[],
): Promise<number> {
  if (matches.length === 0) return 0;
  const { rows } = await tx.query<{ fresh: boolean }>(
    `insert into registration_match (registration_id, other_kind, other_id, other_account_id, verdict, evidence, found_at)
     select $1, kind, id, account, verdict, evidence, $2 from jsonb_to_recordset($3::jsonb) as m(kind text, id text, account text, verdict text, evidence jsonb)
     on conflict (registration_id, other_kind, other_id) do update set verdict = excluded.verdict, evidence = excluded.evidence
     returning xmax = 0 as fresh`,
    [
      registrationId,
      new Date(atMs).toISOString(),
      JSON.stringify(
        matches.map((match) => ({
          kind: match.otherKind,
          id: match.otherId,
          account: match.otherAccountId,
          verdict: match.verdict,
          evidence: match.evidence,
        })),
      ),
    ],
  );
  return rows.filter((row) => row.fresh).length;
}

/** Pairs that a person must judge before anybody approves. */
export async function countUnjudged(tx: Transaction, registrationId: string): Promise<number> {
  const { rows } = await tx.query<{ open: number }>(
    `select count(distinct other_account_id)::int as open from registration_match
      where registration_id = $1 and judged is null and verdict in ('probable', 'possible', 'related')`,
    [registrationId],
  );
  return rows[0]?.open ?? 0;
}

/** A person said what a pair is; gives how many rows that answered. */
export async function judgeMatches(
  tx: Transaction,
  input: {
    registrationId: string;
    otherAccountId: string;
    verdict: 'same' | 'different';
    personId: string;
    atMs: number;
  },
): Promise<number> {
  const { rowCount } = await tx.query(
    `update registration_match set judged = $3, judged_by = $4, judged_at = $5 where registration_id = $1 and other_account_id = $2`,
    [
      input.registrationId,
      input.otherAccountId,
      input.verdict,
      input.personId,
      new Date(input.atMs).toISOString(),
    ],
  );
  return rowCount ?? 0;
}

/** The direct deals that a person looked at and said were no conflict; a decision that was taken back says nothing. */
export async function readClearedDirectDeals(tx: Transaction, registrationId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select m.other_id as id from registration_match m
      where m.registration_id = $1 and m.other_kind = 'direct_deal'
        and exists (select 1 from decision d where d.case_id = $1 and d.outcome = 'no_conflict' and d.decided_at >= m.found_at
                       and not exists (select 1 from decision r where r.retracts = d.id))`,
    [registrationId],
  );
  return rows.map((row) => row.id);
}
