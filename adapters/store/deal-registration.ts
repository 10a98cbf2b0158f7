import type { CaseState } from '../../domain/deal-registration/case.ts';
import { historyOfRecords } from '../../domain/deal-registration/facts.ts';
import type { ApprovedFacts, CustomerRecord, PartnerFacts } from '../../domain/deal-registration/facts.ts';
import type { DealRegistrationPolicy, PartnerKind } from '../../domain/deal-registration/policy.ts';
import type { ClosureCode, RegistrationStatus } from '../../domain/deal-registration/status.ts';
import type { EvidenceRow, PairVerdict } from '../../domain/matching/verdict.ts';
import { oneRow } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/* The record of deal registrations: written by this process's activities and by nobody else. */

/** A registration's row as its activities need it. */
export interface RegistrationRow {
  readonly id: string;
  readonly reference: string;
  readonly partnerId: string;
  readonly programId: string;
  readonly programName: string;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly submittedBy: string;
  /** Whom of the partner mails about it reach: who submitted it, or, when he is not there any more, somebody who is. */
  readonly contactId: string;
  readonly receipt: number;
  readonly status: RegistrationStatus;
  readonly closureCode: ClosureCode | null;
  readonly type: string;
  readonly accountId: string;
  readonly customerName: string;
  readonly opportunityName: string;
  readonly valueMinor: number;
  readonly currency: string;
  readonly expectedClose: string;
  readonly stage: string;
  readonly source: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly materialHash: string;
  readonly submittedAtMs: number;
  readonly answerBy: string | null;
  readonly queue: string | null;
  readonly protectedFromMs: number | null;
  readonly protectedUntilMs: number | null;
  readonly atRiskSinceMs: number | null;
  readonly extensions: number;
  /** The segment in which the vendor's records had the customer when his slot was reserved; null: unknown. */
  readonly segment: string | null;
  /** Null until it was approved. It is money, and so no part of the state. */
  readonly approved: ApprovedFacts | null;
  readonly state: CaseState;
}

const rowColumns = `r.id, r.reference, r.partner_id as "partnerId", r.program_id as "programId", g.name as "programName", r.policy_id as "policyId",
  r.policy_version as "policyVersion", r.submitted_by as "submittedBy",
  coalesce((select p.id from person p where p.partner_id = r.partner_id and p.active order by p.id = r.submitted_by desc, p.created_at, p.id limit 1), r.submitted_by) as "contactId", r.receipt, r.status, r.closure_code as "closureCode", r.type,
  r.account_id as "accountId", a.legal_name as "customerName", r.opportunity_name as "opportunityName", r.value_minor as "valueMinor",
  r.currency, to_char(r.expected_close, 'YYYY-MM-DD') as "expectedClose", r.stage, r.source, r.details, r.material_hash as "materialHash",
  (extract(epoch from r.submitted_at) * 1000)::bigint as "submittedAtMs",
  to_char(r.answer_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "answerBy", r.queue,
  (extract(epoch from r.protected_from) * 1000)::bigint as "protectedFromMs", (extract(epoch from r.protected_until) * 1000)::bigint as "protectedUntilMs",
  (extract(epoch from r.at_risk_since) * 1000)::bigint as "atRiskSinceMs", r.extensions, r.segment, r.approved, r.case_state as state`;

/** The registration, locked until the transaction ends; null when it was never recorded. */
export async function lockRegistration(
  tx: Transaction,
  registrationId: string,
): Promise<RegistrationRow | null> {
  const { rows } = await tx.query<RegistrationRow>(
    `select ${rowColumns} from registration r join program g on g.id = r.program_id join account a on a.id = r.account_id
      where r.id = $1 for update of r`,
    [registrationId],
  );
  return rows[0] ?? null;
}

export interface RegistrationLine {
  readonly sku: string;
  readonly family: string;
  readonly core: boolean;
  readonly quantity: number;
}

export async function readLines(tx: Transaction, registrationId: string): Promise<RegistrationLine[]> {
  const { rows } = await tx.query<RegistrationLine>(
    `select l.sku, l.family, f.core, l.quantity from registration_line l join product_family f on f.key = l.family
      where l.registration_id = $1 order by l.line_no`,
    [registrationId],
  );
  return rows;
}

/** The families of the products named, and the names that are no product. */
export async function readProducts(
  tx: Transaction,
  skus: readonly string[],
): Promise<{ sku: string; family: string; core: boolean }[]> {
  const { rows } = await tx.query<{ sku: string; family: string; core: boolean }>(
    `select p.sku, p.family, f.core from product p join product_family f on f.key = p.family where p.sku = any ($1)`,
    [skus],
  );
  return rows;
}

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

/** What a receipt asked for, with the words that never enter a history. */
export interface ReceiptRow {
  readonly number: number;
  readonly personId: string;
  readonly partnerId: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function readReceipt(tx: Transaction, number: number): Promise<ReceiptRow> {
  return oneRow<ReceiptRow>(
    tx,
    `receipt ${number}`,
    `select number, person_id as "personId", partner_id as "partnerId", body from receipt where number = $1`,
    [number],
  );
}

/** How many messages of people to this case were received until an instant and are not settled: a clock waits for them. */
export async function countUnsettled(tx: Transaction, caseId: string, untilMs: number): Promise<number> {
  const { rows } = await tx.query<{ open: number }>(
    `select count(*)::int as open from receipt where case_id = $1 and settled_at is null and parked_at is null and received_at < $2`,
    [caseId, new Date(untilMs).toISOString()],
  );
  return rows[0]?.open ?? 0;
}

export interface PartnerRow extends PartnerFacts {
  readonly name: string;
  readonly country: string;
  readonly managerId: string | null;
  readonly enrolled: boolean;
}

/** What the rules ask about a partner, and whether he is enrolled in the program. */
export async function readPartner(
  tx: Transaction,
  partnerId: string,
  programId: string,
): Promise<PartnerRow> {
  const row = await oneRow<{
    name: string;
    country: string;
    kind: PartnerKind;
    tier: string;
    standing: string;
    trainings: string[];
    manager_id: string | null;
    enrolled: boolean;
    certifications: { key: string; validUntilMs: number | null }[];
  }>(
    tx,
    `partner ${partnerId}`,
    `select p.name, p.country, p.kind, p.tier, p.standing, p.trainings, p.manager_id,
            exists (select 1 from partner_program pp where pp.partner_id = p.id and pp.program_id = $2) as enrolled,
            coalesce((select jsonb_agg(jsonb_build_object('key', c.code, 'validUntilMs', (extract(epoch from c.valid_until) * 1000)::bigint) order by c.code)
                        from partner_certification c where c.partner_id = p.id), '[]') as certifications
       from partner p where p.id = $1`,
    [partnerId, programId],
  );
  return {
    partnerId,
    name: row.name,
    country: row.country,
    kind: row.kind,
    tier: row.tier,
    inGoodStanding: row.standing === 'good',
    certifications: row.certifications,
    trainings: row.trainings,
    managerId: row.manager_id,
    enrolled: row.enrolled,
  };
}

/** A registration of the same partner that shares a product family with the one at hand. */
export interface OwnCase {
  readonly registrationId: string;
  readonly reference: string;
  readonly status: RegistrationStatus;
  readonly accountId: string;
  readonly families: string[];
  readonly endedAtMs: number | null;
}

const MAX_OWN_CASES = 2_000;

/**
 * The partner's own cases in these families, latest first; only these are judged before the reply. A family that an approval left
 * out is none of its case's: it may be registered anew.
 */
export async function readOwnCases(
  tx: Transaction,
  input: { partnerId: string; families: readonly string[]; except: string },
): Promise<OwnCase[]> {
  const { rows } = await tx.query<OwnCase>(
    `select r.id as "registrationId", r.reference, r.status, r.account_id as "accountId", array_agg(distinct l.family) as families,
            (extract(epoch from r.closed_at) * 1000)::bigint as "endedAtMs"
       from registration r join registration_line l on l.registration_id = r.id
      where r.partner_id = $1 and r.id <> $3 and l.family = any ($2) and not r.left_out ? l.family
      group by r.id order by r.submitted_at desc limit ${MAX_OWN_CASES}`,
    [input.partnerId, input.families, input.except],
  );
  return rows;
}

/** What the vendor's records say about any of these accounts, together; unknown where they say nothing. */
export async function readCustomerHistory(
  tx: Transaction,
  accountIds: readonly string[],
): Promise<CustomerRecord> {
  const { rows } = await tx.query<CustomerRecord>(
    `select h.has_bought as "hasBought", h.owned_families as "ownedFamilies", h.managing_partner_id as "managingPartnerId", h.segment
       from customer_history h
      where h.account_id in (select s.account_id from account_standing s where s.canonical_id in
              (select o.canonical_id from account_standing o where o.account_id = any ($1)))
      order by h.account_id`,
    [accountIds],
  );
  return historyOfRecords(rows);
}

/** What a new registration is stored with. */
export interface NewRegistration {
  readonly id: string;
  readonly reference: string;
  readonly partnerId: string;
  readonly programId: string;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly submittedBy: string;
  readonly receipt: number;
  readonly submittedAtMs: number;
  readonly imported: boolean;
}

/** The columns that change in a registration's life; absent fields stay as they are. */
export interface RegistrationChange {
  readonly status?: RegistrationStatus;
  readonly closureCode?: ClosureCode | null;
  readonly partnerId?: string;
  readonly type?: string;
  readonly accountId?: string;
  readonly opportunityName?: string;
  readonly valueMinor?: number;
  readonly currency?: string;
  readonly expectedClose?: string;
  readonly stage?: string;
  readonly source?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly materialHash?: string;
  readonly answerByMs?: number | null;
  readonly waitingFor?: string | null;
  readonly queue?: string | null;
  readonly nextStep?: string | null;
  readonly nextAtMs?: number | null;
  readonly protectedFromMs?: number | null;
  readonly protectedUntilMs?: number | null;
  readonly atRiskSinceMs?: number | null;
  readonly extensions?: number;
  readonly closedAtMs?: number | null;
  readonly segment?: string | null;
  readonly approved?: ApprovedFacts;
}

const changeColumns = {
  status: 'status',
  closureCode: 'closure_code',
  partnerId: 'partner_id',
  type: 'type',
  accountId: 'account_id',
  opportunityName: 'opportunity_name',
  valueMinor: 'value_minor',
  currency: 'currency',
  expectedClose: 'expected_close',
  stage: 'stage',
  source: 'source',
  details: 'details',
  materialHash: 'material_hash',
  answerByMs: 'answer_by',
  waitingFor: 'waiting_for',
  queue: 'queue',
  nextStep: 'next_step',
  nextAtMs: 'next_at',
  protectedFromMs: 'protected_from',
  protectedUntilMs: 'protected_until',
  atRiskSinceMs: 'at_risk_since',
  extensions: 'extensions',
  closedAtMs: 'closed_at',
  segment: 'segment',
  approved: 'approved',
} as const satisfies Record<keyof RegistrationChange, string>;

function changedColumns(change: RegistrationChange): { columns: string[]; values: unknown[] } {
  const columns: string[] = [];
  const values: unknown[] = [];
  for (const key of Object.keys(changeColumns) as (keyof RegistrationChange)[]) {
    const value = change[key];
    if (value === undefined) continue;
    columns.push(changeColumns[key]);
    values.push(key.endsWith('Ms') && typeof value === 'number' ? new Date(value).toISOString() : value);
  }
  return { columns, values };
}

/** Stores a registration for the first time, with everything of its first step. */
export async function insertRegistration(
  tx: Transaction,
  fresh: NewRegistration,
  change: RegistrationChange,
  state: CaseState,
): Promise<void> {
  const { columns, values } = changedColumns(change);
  const fixed = [
    fresh.id,
    fresh.reference,
    fresh.partnerId,
    fresh.programId,
    fresh.policyId,
    fresh.policyVersion,
    fresh.submittedBy,
    fresh.receipt,
    new Date(fresh.submittedAtMs).toISOString(),
    fresh.imported,
    state.seq,
    state,
  ];
  await tx.query(
    `insert into registration (id, reference, partner_id, program_id, policy_id, policy_version, submitted_by, receipt, submitted_at, imported, seq, case_state, ${columns.join(', ')})
     values (${[...fixed, ...values].map((_, place) => `$${place + 1}`).join(', ')})`,
    [...fixed, ...values],
  );
}

/** The row did not have the state this step began from: something else wrote it. */
export class RegistrationMoved extends Error {
  constructor(registrationId: string, from: RegistrationStatus) {
    super(`Registration ${registrationId} is no longer ${from}.`);
    this.name = 'RegistrationMoved';
  }
}

/** Changes a registration by compare-and-set on its state. Throws `RegistrationMoved`. */
export async function updateRegistration(
  tx: Transaction,
  registrationId: string,
  from: RegistrationStatus,
  change: RegistrationChange,
  state: CaseState,
): Promise<void> {
  const { columns, values } = changedColumns(change);
  const set = columns.map((column, place) => `${column} = $${place + 5}`);
  const { rowCount } = await tx.query(
    `update registration set ${['seq = $3', 'case_state = $4', ...set].join(', ')} where id = $1 and status = $2`,
    [registrationId, from, state.seq, state, ...values],
  );
  if (rowCount !== 1) throw new RegistrationMoved(registrationId, from);
}

/** Sets the product lines of a registration (absolute: repeating it sets the same). */
export async function writeLines(
  tx: Transaction,
  input: { registrationId: string; partnerId: string; lines: readonly RegistrationLine[] },
): Promise<void> {
  await tx.query(
    `insert into registration_line (registration_id, line_no, partner_id, sku, family, quantity)
     select $1, n, $2, sku, family, quantity from jsonb_to_recordset($3::jsonb) as l(n int, sku text, family text, quantity int)
     on conflict (registration_id, line_no) do update set sku = excluded.sku, family = excluded.family, quantity = excluded.quantity`,
    [input.registrationId, input.partnerId, JSON.stringify(input.lines.map((line, n) => ({ n, ...line })))],
  );
  await tx.query('delete from registration_line where registration_id = $1 and line_no >= $2', [
    input.registrationId,
    input.lines.length,
  ]);
}

/** The draft became this registration, and its files of evidence belong to it. */
export async function settleDraft(
  tx: Transaction,
  input: {
    draftId: string | null;
    registrationId: string;
    partnerId: string;
    evidenceIds: readonly string[];
  },
): Promise<number> {
  if (input.draftId !== null) {
    await tx.query('update registration_draft set submitted_as = $2 where id = $1 and partner_id = $3', [
      input.draftId,
      input.registrationId,
      input.partnerId,
    ]);
  }
  if (input.evidenceIds.length === 0) return 0;
  const { rowCount } = await tx.query(
    'update evidence_file set registration_id = $2 where id = any ($1) and partner_id = $3 and (registration_id is null or registration_id = $2)',
    [input.evidenceIds, input.registrationId, input.partnerId],
  );
  return rowCount ?? 0;
}

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

/**
 * Takes the lock of each family, in order, until the transaction ends: approvals in one family come one
 * after the other, so that the match repeated inside sees every protection granted before.
 */
export async function lockFamilies(tx: Transaction, families: readonly string[]): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended('protection:' || family, 0)) from (select unnest($1::text[]) as family order by 1) f`,
    [[...families].sort()],
  );
}

/** The newest committed grant of each family; a family without one is not in it. */
export async function readLastGrants(
  tx: Transaction,
  families: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ family: string; last: number }>(
    `select family, last from unnest($1::text[]) as family cross join lateral (
       select granted_no as last from protection p where p.family = family order by granted_no desc limit 1) newest`,
    [families],
  );
  return new Map(rows.map(({ family, last }) => [family, last]));
}

/** The customers, as they were entered, for whom something was granted in one of the families since; under its lock. */
export async function readGrantedSince(
  tx: Transaction,
  since: ReadonlyMap<string, number>,
  families: readonly string[],
): Promise<string[]> {
  const { rows } = await tx.query<{ accountId: string }>(
    `select distinct r.account_id as "accountId" from unnest($1::text[], $2::bigint[]) as seen(family, last)
       join protection p on p.family = seen.family and p.granted_no > seen.last join registration r on r.id = p.registration_id`,
    [families, families.map((family) => since.get(family) ?? 0)],
  );
  return rows.map(({ accountId }) => accountId);
}

/** A family was taken while it was being protected: somebody else's range overlaps. */
export class SlotTaken extends Error {
  constructor() {
    super('The account and product family are protected for somebody else.');
    this.name = 'SlotTaken';
  }
}

const EXCLUSION_VIOLATION = '23P01';

/**
 * Reserves the slot of each family, all or nothing, under the lock of each. The database's exclusion constraint is the last
 * word: throws `SlotTaken`, and leaves the transaction usable.
 */
export async function reserveProtection(
  tx: Transaction,
  input: {
    registrationId: string;
    partnerId: string;
    accountId: string;
    families: readonly string[];
    shareGroup: string;
    fromMs: number;
    toMs: number | null;
  },
): Promise<void> {
  await lockFamilies(tx, input.families);
  await tx.query('savepoint reserving');
  try {
    await tx.query(
      `insert into protection (registration_id, partner_id, account_id, family, share_group, period)
       select $1, $2, coalesce((select canonical_id from account_standing where account_id = $3), $3), family, $5, tstzrange($6::timestamptz, $7::timestamptz)
         from unnest($4::text[]) as family
       on conflict (registration_id, family) do update set account_id = excluded.account_id, share_group = excluded.share_group, period = excluded.period,
         granted_no = excluded.granted_no`,
      [
        input.registrationId,
        input.partnerId,
        input.accountId,
        input.families,
        input.shareGroup,
        new Date(input.fromMs).toISOString(),
        input.toMs === null ? null : new Date(input.toMs).toISOString(),
      ],
    );
    await tx.query('release savepoint reserving');
  } catch (error) {
    await tx.query('rollback to savepoint reserving');
    if (isExclusionViolation(error)) throw new SlotTaken();
    throw error;
  }
}

/** The group in which a registration was last protected; null when it never was. */
export async function readShareGroup(tx: Transaction, registrationId: string): Promise<string | null> {
  const { rows } = await tx.query<{ share_group: string }>(
    'select share_group from protection where registration_id = $1 order by family limit 1',
    [registrationId],
  );
  return rows[0]?.share_group ?? null;
}

/** The families that are, or will be, protected for a registration. */
export async function readProtectedFamilies(tx: Transaction, registrationId: string): Promise<string[]> {
  const { rows } = await tx.query<{ family: string }>(
    'select family from protection where registration_id = $1 order by family',
    [registrationId],
  );
  return rows.map(({ family }) => family);
}

/** The range in which a registration is, or will be, protected. */
export async function readProtection(
  tx: Transaction,
  registrationId: string,
): Promise<{ fromMs: number; untilMs: number }> {
  return oneRow<{ fromMs: number; untilMs: number }>(
    tx,
    `protection of ${registrationId}`,
    `select (extract(epoch from min(lower(period))) * 1000)::bigint as "fromMs", (extract(epoch from max(upper(period))) * 1000)::bigint as "untilMs"
       from protection where registration_id = $1 having count(*) > 0`,
    [registrationId],
  );
}

/**
 * Protections follow the accounts that a person's verdict joined into one company (or parted again). Two that
 * were granted before and now overlap both stand: what was promised is not taken back; gives how many.
 */
export async function moveProtections(
  tx: Transaction,
  moved: readonly { readonly accountId: string; readonly canonicalId: string }[],
): Promise<number> {
  let overlapping = 0;
  for (const { accountId, canonicalId } of moved) {
    await tx.query('savepoint moving');
    try {
      await tx.query(
        'update protection p set account_id = $2 from registration r where r.id = p.registration_id and r.account_id = $1',
        [accountId, canonicalId],
      );
      await tx.query('release savepoint moving');
    } catch (error) {
      await tx.query('rollback to savepoint moving');
      if (!isExclusionViolation(error)) throw error;
      overlapping += 1;
    }
  }
  return overlapping;
}

function isExclusionViolation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === EXCLUSION_VIOLATION;
}

/** Gives back a slot that was reserved and will not take effect: nothing was protected. */
export async function dropReservation(tx: Transaction, registrationId: string): Promise<void> {
  await tx.query('delete from protection where registration_id = $1', [registrationId]);
}

/** Ends protection at an instant by truncating its range; a range that had not begun goes. */
export async function endProtection(tx: Transaction, registrationId: string, atMs: number): Promise<void> {
  const at = new Date(atMs).toISOString();
  await tx.query('delete from protection where registration_id = $1 and lower(period) >= $2::timestamptz', [
    registrationId,
    at,
  ]);
  await tx.query(
    `update protection set period = tstzrange(lower(period), $2::timestamptz) where registration_id = $1 and (upper(period) is null or upper(period) > $2::timestamptz)`,
    [registrationId, at],
  );
}

/** Sets the end of a protection in force: moved by an extension, infinite (null) while it is frozen or an extension is asked. */
export async function moveProtectionEnd(
  tx: Transaction,
  registrationId: string,
  toMs: number | null,
): Promise<void> {
  await tx.query(
    'update protection set period = tstzrange(lower(period), $2::timestamptz) where registration_id = $1',
    [registrationId, toMs === null ? null : new Date(toMs).toISOString()],
  );
}

/** Ends the protection of every family but those named: what is no longer registered, or was reserved and not granted. */
export async function keepProtectionOf(
  tx: Transaction,
  input: { registrationId: string; families: readonly string[]; atMs: number },
): Promise<void> {
  const values = [input.registrationId, input.families, new Date(input.atMs).toISOString()];
  await tx.query(
    'delete from protection where registration_id = $1 and not family = any ($2) and lower(period) >= $3::timestamptz',
    values,
  );
  await tx.query(
    `update protection set period = tstzrange(lower(period), $3::timestamptz)
      where registration_id = $1 and not family = any ($2) and coalesce(upper(period) > $3::timestamptz, true)`,
    values,
  );
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

/** Hands a registration and what belongs to it to another partner. */
export async function handOver(tx: Transaction, registrationId: string, toPartnerId: string): Promise<void> {
  await tx.query('update protection set partner_id = $2 where registration_id = $1', [
    registrationId,
    toPartnerId,
  ]);
  await tx.query('update registration_line set partner_id = $2 where registration_id = $1', [
    registrationId,
    toPartnerId,
  ]);
  await tx.query('update evidence_file set partner_id = $2 where registration_id = $1', [
    registrationId,
    toPartnerId,
  ]);
  await tx.query('update sla_clock set partner_id = $2 where case_id = $1', [registrationId, toPartnerId]);
  await tx.query('update task set partner_id = $2 where case_id = $1', [registrationId, toPartnerId]);
  // The customer as he was entered for this registration goes along; one that others refer to stays.
  await tx.query(
    `update account a set entered_by_partner_id = $2 from registration r
      where r.id = $1 and a.id = r.account_id and a.entered_by_partner_id = r.partner_id
        and not exists (select 1 from registration other where other.account_id = a.id and other.id <> r.id)`,
    [registrationId, toPartnerId],
  );
}
