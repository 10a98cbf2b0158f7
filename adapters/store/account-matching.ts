import type { AccountFacts, MatchingThresholds, RememberedVerdict } from '../../domain/matching/facts.ts';
import { KEYS_VERSION, matchKeys, nameParts } from '../../domain/matching/keys.ts';
import { representatives } from '../../domain/matching/same-company.ts';
import { similarNames } from '../../domain/matching/similarity.ts';
import type { ComparedName } from '../../domain/matching/similarity.ts';
import type { EvidenceRow, PairVerdict } from '../../domain/matching/verdict.ts';
import { judgePair, pairVerdicts } from '../../domain/matching/verdict.ts';
import { saveMatchKeys } from './accounts.ts';
import { likestNames } from './name-index.ts';
import type { SqlClient } from './transaction.ts';

/**
 * Finding the accounts that may be the same company, judging them, and remembering what people said. Runs as
 * the worker, after the reply to the partner: how long it takes and what it finds must not reach him.
 */

/**
 * How many accounts are looked at for each kind of key, and twice as many for likeness of names: of 800 names with two slips
 * among 1,000,000 accounts one was not among the likest 400.
 */
export const CANDIDATES = 400;

/** Another account that is, or may be, the same company, with the reasons. */
export interface AccountMatch {
  readonly account: AccountFacts;
  readonly verdict: Exclude<PairVerdict, 'different'>;
  readonly evidence: readonly EvidenceRow[];
}

/**
 * Every account that is not `different` from `facts`, strongest verdict first, then likest name, then id. The
 * account itself is left out; it need not be stored. Parent and subsidiaries of a duplicate are `related`, and
 * what a person called the same company as a duplicate is one. What a person told apart from a duplicate is told apart from this
 * one, and so are that one's duplicates: every registration enters its customer anew, and is not asked about anew.
 */
export async function matchAccount(
  client: SqlClient,
  input: {
    facts: AccountFacts;
    thresholds: MatchingThresholds;
    /** The most accounts that are looked at for each kind of key. */
    candidateLimit: number;
  },
): Promise<AccountMatch[]> {
  const { facts, thresholds } = input;
  const candidates = await findCandidates(client, { facts, limit: input.candidateLimit });
  const worthJudging = [
    ...candidates.filter(({ sharesKey }) => sharesKey),
    ...similarNames(
      matchKeys(facts),
      candidates.filter(({ sharesKey }) => !sharesKey),
      thresholds.similarNamePpm,
    ),
  ].map(({ accountId }) => accountId);
  // Most names meet nobody: two questions to the database, and no row of an account is read.
  if (worthJudging.length === 0) return [];
  const accounts = await loadFacts(client, worthJudging);
  const remembered = await rememberedVerdicts(client, [facts.accountId], worthJudging);
  const judged = accounts.map((account) => ({
    account,
    ...judgePair({
      left: facts,
      right: account,
      remembered: remembered.get(account.accountId) ?? null,
      thresholds,
    }),
  }));
  const found = judged.filter(isMatch);
  const duplicates = found
    .filter((match) => match.verdict === 'duplicate')
    .map((match) => match.account.accountId);
  const matches = await withoutToldApart(client, { found, duplicates, thresholds });
  const family = await familyOf(client, {
    facts,
    duplicates,
    known: judged
      .filter((one) => settledByItself(one.verdict, one.evidence))
      .map((one) => one.account.accountId),
  });
  const kin = new Set(family.map((match) => match.account.accountId));
  return [...matches.filter((match) => !kin.has(match.account.accountId)), ...family].sort(
    (a, b) =>
      pairVerdicts.indexOf(a.verdict) - pairVerdicts.indexOf(b.verdict) ||
      likeness(b) - likeness(a) ||
      (a.account.accountId < b.account.accountId ? -1 : 1),
  );
}

function isMatch<Judged extends { verdict: PairVerdict }>(
  one: Judged,
): one is Judged & { verdict: Exclude<PairVerdict, 'different'> } {
  return one.verdict !== 'different';
}

/** Leaves out what a person told apart from a duplicate, and the duplicates of that; evidence of its own outweighs it. */
async function withoutToldApart<Judged extends AccountMatch>(
  client: SqlClient,
  input: { found: readonly Judged[]; duplicates: readonly string[]; thresholds: MatchingThresholds },
): Promise<Judged[]> {
  const { found, duplicates, thresholds } = input;
  const open = found.filter((match) => !settledByItself(match.verdict, match.evidence));
  if (duplicates.length === 0 || open.length === 0) return [...found];
  const ids = open.map((match) => match.account.accountId);
  const remembered = await rememberedVerdicts(client, duplicates, ids);
  const apart = open.filter((match) => remembered.get(match.account.accountId) === 'different');
  if (apart.length === 0) return [...found];
  const isApart = ({ account }: Judged): boolean =>
    apart.some(
      (other) =>
        other.account.accountId === account.accountId ||
        judgePair({ left: other.account, right: account, remembered: null, thresholds }).verdict ===
          'duplicate',
    );
  return found.filter((match) => !open.includes(match) || !isApart(match));
}

// A stronger verdict, or a person's word on this very pair, is not replaced by what is known of a third account.
function settledByItself(verdict: PairVerdict, evidence: readonly EvidenceRow[]): boolean {
  return (
    verdict === 'duplicate' || verdict === 'related' || evidence.some((row) => row.kind === 'remembered')
  );
}

function likeness(match: AccountMatch): number {
  const rows = match.evidence;
  return rows.some((row) => row.kind === 'name_equal')
    ? 1_000_000
    : (rows.find((row) => row.kind === 'name_similar')?.similarityPpm ?? 0);
}

const FACTS_COLUMNS = `a.id as "accountId", a.legal_name as "legalName", a.country, m.registrable_domain as "registrableDomain",
  m.contact_domains as "contactDomains", a.address_line1 as "addressLine1", a.city, a.postal_code as "postalCode", a.phone,
  encode(m.tax_id_hash, 'hex') as "taxIdHash", a.tax_id_last2 as "taxIdLast2", s.parent_account_id as "parentAccountId"`;
const FACTS_TABLES = `account a join account_match m on m.account_id = a.id join account_standing s on s.account_id = a.id`;

/** An account that may be the same company, and what its name is compared by. */
export interface Candidate extends ComparedName {
  readonly accountId: string;
  /** It shares a key that is evidence by itself: tax id, registrable domain, name and country, parent, company. */
  readonly sharesKey: boolean;
}

/**
 * Accounts that share an exact key with `facts` (tax id, registrable domain, phone, name in three spellings,
 * a contact's domain, parent, or the company by a person's word), at most `limit` of each kind, and twice as many whose
 * names are likest: exact keys never compete with names for places. The account itself is left out.
 */
export async function findCandidates(
  client: SqlClient,
  input: { facts: AccountFacts; limit: number },
): Promise<Candidate[]> {
  const { facts, limit } = input;
  const keys = matchKeys(facts);
  const likest = await likestNames(client, { parts: nameParts(keys), limit: limit * 2 });
  const { rows } = await client.query(
    `select account_id as "accountId", core_name as "coreName", squashed_key as "squashedKey", bool_or(shares_key) as "sharesKey"
       from (
         select account_id, core_name, squashed_key, false as shares_key from account_match where match_no = any ($1)
         union all (select account_id, core_name, squashed_key, false from account_match where word_key = $3 limit $2)
         union all (select account_id, core_name, squashed_key, false from account_match where squashed_key = $4 limit $2)
         union all (select account_id, core_name, squashed_key, false from account_match where registrable_domain = any ($5)
                     order by similarity(core_name, $6) desc limit $2)
         union all (select account_id, core_name, squashed_key, false from account_match where phone_e164 = $7
                     order by similarity(core_name, $6) desc limit $2)
         union all (select account_id, core_name, squashed_key, true from account_match where name_key = $8 and country = $9 limit $2)
         union all (select account_id, core_name, squashed_key, true from account_match where registrable_domain = $10
                     order by similarity(core_name, $6) desc limit $2)
         union all (select account_id, core_name, squashed_key, true from account_match where tax_id_hash = decode($11, 'hex') limit $2)
         union all (select account_id, core_name, squashed_key, true from account_match where account_id = $12)
         union all (select s.account_id, m.core_name, m.squashed_key, true
                      from account_standing s join account_match m on m.account_id = s.account_id
                     where s.parent_account_id = $13 limit $2)
         union all (select s.account_id, m.core_name, m.squashed_key, true
                      from account_standing own join account_standing s on s.canonical_id = own.canonical_id
                      join account_match m on m.account_id = s.account_id
                     where own.account_id = $13 limit $2)) found
      where account_id <> $13
      group by account_id, core_name, squashed_key`,
    [
      likest,
      limit,
      keys.wordKey,
      keys.squashedKey,
      facts.contactDomains,
      keys.coreName,
      keys.phoneE164,
      keys.nameKey,
      facts.country,
      facts.registrableDomain,
      facts.taxIdHash,
      facts.parentAccountId,
      facts.accountId,
    ],
  );
  return rows as Candidate[];
}

/** The facts of stored accounts; ids that are unknown are missing from the answer. */
export async function loadFacts(client: SqlClient, accountIds: readonly string[]): Promise<AccountFacts[]> {
  const { rows } = await client.query(
    `select ${FACTS_COLUMNS} from ${FACTS_TABLES} where a.id = any ($1) order by a.id`,
    [accountIds],
  );
  return rows as AccountFacts[];
}

/**
 * Makes the keys of up to `limit` accounts anew that were made by other rules than today's; answers how many there were. Until
 * it answers zero such an account is found by an exact key only.
 */
export async function renewKeys(client: SqlClient, limit: number): Promise<number> {
  const { rows } = await client.query(
    `select account_id as "accountId" from account_match where keys_version <> $1
      order by account_id limit $2 for update skip locked`,
    [KEYS_VERSION, limit],
  );
  const accountIds = (rows as { accountId: string }[]).map(({ accountId }) => accountId);
  for (const facts of await loadFacts(client, accountIds)) await saveMatchKeys(client, facts);
  return accountIds.length;
}

/** The account that stands for its company: its own id, until a person says otherwise. Throws `UnknownAccount`. */
export async function canonicalOf(client: SqlClient, accountId: string): Promise<string> {
  const { rows } = await client.query(
    'select canonical_id as "canonicalId" from account_standing where account_id = $1',
    [accountId],
  );
  const [row] = rows as { canonicalId: string }[];
  if (row === undefined) throw new UnknownAccount(accountId);
  return row.canonicalId;
}

/** An id that no account has. */
export class UnknownAccount extends Error {
  readonly accountId: string;

  constructor(accountId: string) {
    super(`There is no account ${accountId}.`);
    this.name = 'UnknownAccount';
    this.accountId = accountId;
  }
}

// Verdicts hold between companies: what was said of one row of a company is said of all its rows. Of several rows that are one
// company by evidence "same" outweighs "different".
async function rememberedVerdicts(
  client: SqlClient,
  accountIds: readonly string[],
  otherIds: readonly string[],
): Promise<ReadonlyMap<string, RememberedVerdict>> {
  const { rows } = await client.query(
    `with own as (select distinct canonical_id from account_standing where account_id = any ($1)),
          own_row as (select s.account_id, s.canonical_id from account_standing s join own using (canonical_id))
     select other.account_id as "accountId",
            case when other.canonical_id = own.canonical_id then 'same' else 'different' end as verdict
       from account_standing other cross join own
      where other.account_id = any ($2)
        and (other.canonical_id = own.canonical_id or exists (
              select 1
                from account_standing twin
                join account_pair_verdict v
                  on (v.account_a = twin.account_id and v.account_b in (select o.account_id from own_row o where o.canonical_id = own.canonical_id))
                  or (v.account_b = twin.account_id and v.account_a in (select o.account_id from own_row o where o.canonical_id = own.canonical_id))
               where twin.canonical_id = other.canonical_id and v.verdict = 'different'
                 and not exists (select 1 from account_pair_verdict later
                                  where later.account_a = v.account_a and later.account_b = v.account_b and later.id > v.id)))
      order by 2`,
    [accountIds, otherIds],
  );
  return new Map(
    (rows as { accountId: string; verdict: RememberedVerdict }[]).map((row) => [row.accountId, row.verdict]),
  );
}

/** Rows of the same company as a duplicate (by a person's word), and parent and subsidiaries of any of them. */
async function familyOf(
  client: SqlClient,
  input: { facts: AccountFacts; duplicates: readonly string[]; known: readonly string[] },
): Promise<AccountMatch[]> {
  if (input.duplicates.length === 0) return [];
  const { rows } = await client.query(
    `with company as (
       select distinct s.account_id, s.parent_account_id from account_standing s
        where s.canonical_id in (select d.canonical_id from account_standing d where d.account_id = any ($1)))
     select ${FACTS_COLUMNS}, a.id in (select account_id from company) as same
       from ${FACTS_TABLES}
      where (a.id in (select account_id from company)
             or a.id in (select parent_account_id from company)
             or s.parent_account_id in (select account_id from company))
        and a.id <> $2 and not a.id = any ($3)`,
    [input.duplicates, input.facts.accountId, input.known],
  );
  const kin = rows as (AccountFacts & { same: boolean })[];
  if (kin.length === 0) return [];
  // A person's word on this very pair holds, also when nothing but the family brought it up.
  const remembered = await rememberedVerdicts(
    client,
    [input.facts.accountId],
    kin.map((account) => account.accountId),
  );
  const left = kin.filter((account) => remembered.get(account.accountId) !== 'different');
  return left.map(({ same, ...account }) => ({
    account,
    verdict: same ? 'duplicate' : 'related',
    evidence: [
      same
        ? { kind: 'remembered', agrees: true, left: null, right: null, similarityPpm: null }
        : {
            kind: 'parent',
            agrees: true,
            left: input.facts.legalName,
            right: account.legalName,
            similarityPpm: null,
          },
    ],
  }));
}

/** A person's word on two accounts. */
export interface PairMemory {
  /** Identifies the decision: repeating it changes nothing. */
  readonly decisionKey: string;
  readonly accountIds: readonly [string, string];
  readonly verdict: RememberedVerdict;
  readonly decidedByPersonId: string;
  readonly reason: string;
  /** ISO instant. */
  readonly decidedAt: string;
}

/**
 * `moved` lists accounts that another one stands for now: what refers to canonical accounts follows them.
 * `contradicted` names an earlier verdict that cannot hold together with this one; nothing was written.
 */
export type RememberOutcome =
  | {
      readonly outcome: 'remembered';
      readonly moved: readonly { readonly accountId: string; readonly canonicalId: string }[];
    }
  | {
      readonly outcome: 'contradicted';
      readonly by: { readonly accountA: string; readonly accountB: string };
    };

/**
 * Remembers that two accounts are, or are not, the same company; the latest word on a pair holds. "Same" joins
 * the two companies, "different" parts them again, unless other verdicts still tie what this one parts.
 * Throws `UnknownAccount`.
 */
export async function rememberPair(client: SqlClient, memory: PairMemory): Promise<RememberOutcome> {
  const [a, b] = [...memory.accountIds].sort() as [string, string];
  // People judge pairs rarely; one at a time spares every thought about two joins that meet.
  await client.query("select pg_advisory_xact_lock(hashtext('account_pair_verdict'))", []);
  const earlier = await client.query('select 1 from account_pair_verdict where decision_key = $1', [
    memory.decisionKey,
  ]);
  if (earlier.rows.length > 0) return { outcome: 'remembered', moved: [] };
  const groups = await membersOf(client, [await canonicalOf(client, a), await canonicalOf(client, b)]);
  const standing = (await latestVerdicts(client, [...groups.keys()])).filter(
    (pair) => pair.a !== a || pair.b !== b,
  );
  const verdicts = [...standing, { a, b, verdict: memory.verdict }];
  const companies = representatives(
    [...groups.keys()],
    verdicts.filter((pair) => pair.verdict === 'same').map((pair) => [pair.a, pair.b]),
  );
  const torn = verdicts.filter(
    (pair) => pair.verdict === 'different' && companies.get(pair.a) === companies.get(pair.b),
  );
  const by =
    memory.verdict === 'same'
      ? torn[0]
      : torn.length === 0
        ? undefined
        : standing.find((pair) => tie(pair, companies, a));
  if (by !== undefined) return { outcome: 'contradicted', by: { accountA: by.a, accountB: by.b } };
  await client.query(
    `insert into account_pair_verdict (decision_key, account_a, account_b, verdict, decided_by, reason, decided_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [memory.decisionKey, a, b, memory.verdict, memory.decidedByPersonId, memory.reason, memory.decidedAt],
  );
  const moved = [...companies]
    .filter(([accountId, canonicalId]) => groups.get(accountId) !== canonicalId)
    .map(([accountId, canonicalId]) => ({ accountId, canonicalId }));
  await client.query(
    `update account_standing s set canonical_id = m.canonical_id
       from unnest($1::text[], $2::text[]) as m (account_id, canonical_id) where s.account_id = m.account_id`,
    [moved.map((move) => move.accountId), moved.map((move) => move.canonicalId)],
  );
  return { outcome: 'remembered', moved };
}

interface StandingVerdict {
  readonly a: string;
  readonly b: string;
  readonly verdict: RememberedVerdict;
}

// One of the "same" verdicts through which the two are still one company.
function tie(pair: StandingVerdict, companies: ReadonlyMap<string, string>, accountId: string): boolean {
  return pair.verdict === 'same' && companies.get(pair.a) === companies.get(accountId);
}

async function membersOf(
  client: SqlClient,
  canonicalIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query(
    'select account_id as "accountId", canonical_id as "canonicalId" from account_standing where canonical_id = any ($1) order by account_id',
    [canonicalIds],
  );
  return new Map(
    (rows as { accountId: string; canonicalId: string }[]).map((row) => [row.accountId, row.canonicalId]),
  );
}

async function latestVerdicts(client: SqlClient, accountIds: readonly string[]): Promise<StandingVerdict[]> {
  const { rows } = await client.query(
    `select distinct on (account_a, account_b) account_a as a, account_b as b, verdict
       from account_pair_verdict where account_a = any ($1) and account_b = any ($1)
      order by account_a, account_b, id desc`,
    [accountIds],
  );
  return rows as StandingVerdict[];
}
