import type { CaseState } from '../../domain/deal-registration/case.ts';
import type { ApprovedFacts } from '../../domain/deal-registration/facts.ts';
import type { ClosureCode, RegistrationStatus } from '../../domain/deal-registration/status.ts';
import type { Transaction } from './transaction.ts';

/* Registrations and what is registered: written by the process's own activities and by nobody else. */

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
    `with no_more as (delete from registration_line where registration_id = $1 and line_no >= $4)
     insert into registration_line (registration_id, line_no, partner_id, sku, family, quantity)
     select $1, n, $2, sku, family, quantity from jsonb_to_recordset($3::jsonb) as l(n int, sku text, family text, quantity int)
     on conflict (registration_id, line_no) do update set sku = excluded.sku, family = excluded.family, quantity = excluded.quantity`,
    [
      input.registrationId,
      input.partnerId,
      JSON.stringify(input.lines.map((line, n) => ({ n, ...line }))),
      input.lines.length,
    ],
  );
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
