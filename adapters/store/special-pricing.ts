import type { SpecialPriceState } from '../../domain/special-pricing/case.ts';
import type { PriceTerms, PricedTerms } from '../../domain/special-pricing/asked.ts';
import type { PricingRole, SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import type { Routing } from '../../domain/special-pricing/routing.ts';
import type { GivenApproval } from '../../domain/special-pricing/standing.ts';
import type {
  SpecialPriceClosureCode,
  SpecialPriceKind,
  SpecialPriceStatus,
} from '../../domain/special-pricing/status.ts';
import type { SpecialPrice } from '../../domain/special-pricing/waterfall.ts';
import type { AskedTerms } from '../../domain/special-pricing/worse.ts';
import type { Sql } from './app-database.ts';
import { oneRow } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/* The record of special price requests: written by this process's activities and by nobody else. */

/** Readers that steps and the API share ask through this. */
export function sqlOf(tx: Transaction): Sql {
  return {
    async rows<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
      return (await tx.query(text, [...values])).rows as Row[];
    },
  };
}

/** A request's row as its activities need it. */
export interface RequestRow {
  readonly id: string;
  readonly reference: string;
  readonly kind: SpecialPriceKind;
  readonly partnerId: string;
  readonly partnerName: string;
  readonly programId: string;
  readonly programName: string;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly registrationId: string | null;
  readonly accountId: string;
  readonly customerName: string;
  readonly agreementId: string | null;
  readonly agreementVersion: number | null;
  readonly submittedBy: string;
  /** Whom of the partner mails about it reach: who submitted it, or, when he is not there any more, somebody who is. */
  readonly contactId: string;
  readonly status: SpecialPriceStatus;
  readonly closureCode: SpecialPriceClosureCode | null;
  readonly round: number;
  readonly currency: string;
  readonly netMinor: number;
  readonly distributorId: string | null;
  readonly justificationCode: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly materialHash: string;
  readonly answerBy: string | null;
  readonly state: SpecialPriceState;
}

/** The request, locked until the transaction ends; null when it was never recorded. */
export async function lockRequest(tx: Transaction, id: string): Promise<RequestRow | null> {
  const { rows } = await tx.query<RequestRow>(
    `select s.id, s.reference, s.kind, s.partner_id as "partnerId", p.name as "partnerName", s.program_id as "programId", g.name as "programName",
            s.policy_id as "policyId", s.policy_version as "policyVersion", s.registration_id as "registrationId", s.account_id as "accountId",
            a.legal_name as "customerName", s.agreement_id as "agreementId", s.agreement_version as "agreementVersion", s.submitted_by as "submittedBy",
            ${contactOf('s.partner_id', 's.submitted_by')} as "contactId", s.status, s.closure_code as "closureCode", s.round, s.currency,
            s.net_minor as "netMinor", s.distributor_id as "distributorId", s.justification_code as "justificationCode", s.details,
            s.material_hash as "materialHash", to_char(s.answer_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "answerBy", s.case_state as state
       from special_price_request s join partner p on p.id = s.partner_id join program g on g.id = s.program_id join account a on a.id = s.account_id
      where s.id = $1 for update of s`,
    [id],
  );
  return rows[0] ?? null;
}

/** SQL for whom of a partner mails about a case reach. */
export function contactOf(partnerId: string, submittedBy: string): string {
  return `coalesce((select h.id from person h where h.partner_id = ${partnerId} and h.active order by h.id = ${submittedBy} desc, h.created_at, h.id limit 1), ${submittedBy})`;
}

const MAX_KEPT_POLICIES = 200;
const keptPolicies = new Map<string, SpecialPricingPolicy>();

/** A policy in the version that a case began under. Published ones never change, so they are kept. */
export async function readPricingPolicy(tx: Transaction, policyId: string): Promise<SpecialPricingPolicy> {
  const kept = keptPolicies.get(policyId);
  if (kept !== undefined) return kept;
  const { body } = await oneRow<{ body: SpecialPricingPolicy }>(
    tx,
    `policy ${policyId}`,
    `select body from policy_document where id = $1 and kind = 'special-pricing' and status = 'published'`,
    [policyId],
  );
  const oldest = keptPolicies.keys().next();
  if (keptPolicies.size >= MAX_KEPT_POLICIES && oldest.done !== true) keptPolicies.delete(oldest.value);
  keptPolicies.set(policyId, body);
  return body;
}

/** What a new request is stored with. */
export interface NewRequest {
  readonly id: string;
  readonly reference: string;
  readonly kind: SpecialPriceKind;
  readonly partnerId: string;
  readonly programId: string;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly registrationId: string | null;
  readonly accountId: string;
  readonly agreementId: string | null;
  readonly agreementVersion: number | null;
  readonly submittedBy: string;
  readonly receipt: number;
  readonly currency: string;
  readonly distributorId: string | null;
  readonly justificationCode: string;
  readonly competitor: { readonly name: string; readonly priceMinor: number | null } | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly submittedAtMs: number;
}

/** The columns that change in a request's life; absent fields stay as they are. */
export interface RequestChange {
  readonly status?: SpecialPriceStatus;
  readonly closureCode?: SpecialPriceClosureCode | null;
  readonly round?: number;
  readonly priceBookVersionId?: string;
  readonly listMinor?: number;
  readonly standardMinor?: number;
  readonly netMinor?: number;
  readonly validFrom?: string;
  readonly validUntil?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly materialHash?: string;
  readonly agreementId?: string;
  readonly answerByMs?: number | null;
  readonly decidedAtMs?: number | null;
  readonly waitingFor?: string;
  readonly queue?: string | null;
  readonly askedRoles?: readonly string[];
  readonly nextStep?: string | null;
  readonly nextAtMs?: number | null;
}

const changeColumns = {
  status: 'status',
  closureCode: 'closure_code',
  round: 'round',
  priceBookVersionId: 'price_book_version_id',
  listMinor: 'list_minor',
  standardMinor: 'standard_minor',
  netMinor: 'net_minor',
  validFrom: 'valid_from',
  validUntil: 'valid_until',
  details: 'details',
  materialHash: 'material_hash',
  agreementId: 'agreement_id',
  answerByMs: 'answer_by',
  decidedAtMs: 'decided_at',
  waitingFor: 'waiting_for',
  queue: 'queue',
  askedRoles: 'asked_roles',
  nextStep: 'next_step',
  nextAtMs: 'next_at',
} as const satisfies Record<keyof RequestChange, string>;

function changedColumns(change: RequestChange): { columns: string[]; values: unknown[] } {
  const columns: string[] = [];
  const values: unknown[] = [];
  for (const key of Object.keys(changeColumns) as (keyof RequestChange)[]) {
    const value = change[key];
    if (value === undefined) continue;
    columns.push(changeColumns[key]);
    values.push(key.endsWith('Ms') && typeof value === 'number' ? new Date(value).toISOString() : value);
  }
  return { columns, values };
}

/** Stores a request for the first time, with everything of its first step. */
export async function insertRequest(
  tx: Transaction,
  fresh: NewRequest,
  change: RequestChange & { details: Readonly<Record<string, unknown>> },
  state: SpecialPriceState,
): Promise<void> {
  const { columns, values } = changedColumns(change);
  const fixed = {
    id: fresh.id,
    reference: fresh.reference,
    kind: fresh.kind,
    partner_id: fresh.partnerId,
    program_id: fresh.programId,
    policy_id: fresh.policyId,
    policy_version: fresh.policyVersion,
    registration_id: fresh.registrationId,
    account_id: fresh.accountId,
    agreement_id: fresh.agreementId,
    agreement_version: fresh.agreementVersion,
    submitted_by: fresh.submittedBy,
    receipt: fresh.receipt,
    currency: fresh.currency,
    distributor_id: fresh.distributorId,
    justification_code: fresh.justificationCode,
    competitor_name: fresh.competitor?.name ?? null,
    competitor_price_minor: fresh.competitor?.priceMinor ?? null,
    submitted_at: new Date(fresh.submittedAtMs).toISOString(),
    seq: state.seq,
    case_state: state,
  };
  const all = [...Object.values(fixed), ...values];
  await tx.query(
    `insert into special_price_request (${[...Object.keys(fixed), ...columns].join(', ')})
     values (${all.map((_, place) => `$${place + 1}`).join(', ')})`,
    all,
  );
}

/** The row did not have the state this step began from: something else wrote it. */
export class RequestMoved extends Error {
  constructor(id: string, from: SpecialPriceStatus) {
    super(`The special price request ${id} is no longer ${from}.`);
    this.name = 'RequestMoved';
  }
}

/** Changes a request by compare-and-set on its state. Throws `RequestMoved`. */
export async function updateRequest(
  tx: Transaction,
  of: { id: string; from: SpecialPriceStatus },
  change: RequestChange,
  state: SpecialPriceState,
): Promise<void> {
  const { columns, values } = changedColumns(change);
  const set = columns.map((column, place) => `${column} = $${place + 5}`);
  const { rowCount } = await tx.query(
    `update special_price_request set ${['seq = $3', 'case_state = $4', ...set].join(', ')} where id = $1 and status = $2`,
    [of.id, of.from, state.seq, state, ...values],
  );
  if (rowCount !== 1) throw new RequestMoved(of.id, of.from);
}

/** The terms of a round with their price, and (the vendor's) what they cost. Never edited. */
export async function writeTerms(
  tx: Transaction,
  of: {
    requestId: string;
    round: number;
    partnerId: string;
    origin: 'asked' | 'answered' | 'counter_offer';
    atMs: number;
    termsHash: string;
  },
  terms: PriceTerms,
  {
    waterfall,
    sources,
    families,
    costs,
  }: PricedTerms & {
    families: readonly string[];
    costs: readonly (number | null)[];
  },
): Promise<void> {
  await tx.query(
    `with terms as (
       insert into special_price_terms (request_id, round, partner_id, origin, lump_minor, valid_from, valid_until, exception_keys,
         list_minor, standard_minor, net_minor, sources, terms_hash, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     ), line as (
       select * from jsonb_to_recordset($15::jsonb) as l(line_no int, sku text, family text, quantity int, cap_quantity int, special jsonb,
         list_unit_minor bigint, tier_ppm int, tier_unit_minor bigint, registration_ppm int, standard_unit_minor bigint, special_unit_minor bigint,
         lump_minor bigint, net_minor bigint, cost_unit_minor bigint)
     ), lines as (
       insert into special_price_line (request_id, round, line_no, partner_id, sku, family, quantity, cap_quantity, special, list_unit_minor, tier_ppm,
         tier_unit_minor, registration_ppm, standard_unit_minor, special_unit_minor, lump_minor, net_minor)
       select $1, $2, line_no, $3, sku, family, quantity, cap_quantity, special, list_unit_minor, tier_ppm, tier_unit_minor, registration_ppm,
              standard_unit_minor, special_unit_minor, lump_minor, net_minor from line
     )
     insert into special_price_line_cost (request_id, round, line_no, cost_unit_minor) select $1, $2, line_no, cost_unit_minor from line`,
    [
      of.requestId,
      of.round,
      of.partnerId,
      of.origin,
      terms.lumpMinor,
      terms.validFrom,
      terms.validUntil,
      terms.exceptionKeys,
      waterfall.listMinor,
      waterfall.standardMinor,
      waterfall.netMinor,
      JSON.stringify(sources),
      of.termsHash,
      new Date(of.atMs).toISOString(),
      JSON.stringify(
        waterfall.lines.map((line, place) => ({
          line_no: place + 1,
          sku: terms.lines[place]?.sku,
          family: families[place],
          quantity: line.quantity,
          cap_quantity: terms.lines[place]?.capQuantity ?? line.quantity,
          special: terms.lines[place]?.special ?? null,
          list_unit_minor: line.listUnitMinor,
          tier_ppm: line.tierPpm,
          tier_unit_minor: line.tierUnitMinor,
          registration_ppm: line.registrationPpm,
          standard_unit_minor: line.standardUnitMinor,
          special_unit_minor: line.specialUnitMinor,
          lump_minor: line.lumpMinor,
          net_minor: line.netMinor,
          cost_unit_minor: costs[place] ?? null,
        })),
      ),
    ],
  );
}

/** The terms of a round as they were asked; throws `RowMissing`. */
export async function readTerms(
  tx: Transaction,
  of: { requestId: string; round: number },
): Promise<PriceTerms & { termsHash: string }> {
  const row = await oneRow<{
    lumpMinor: number;
    validFrom: string;
    validUntil: string;
    exceptionKeys: string[];
    termsHash: string;
    lines: { sku: string; quantity: number; capQuantity: number | null; special: SpecialPrice | null }[];
  }>(
    tx,
    `round ${of.round} of ${of.requestId}`,
    `select t.lump_minor as "lumpMinor", t.valid_from::text as "validFrom", t.valid_until::text as "validUntil", t.exception_keys as "exceptionKeys",
            t.terms_hash as "termsHash",
            (select jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity, 'capQuantity', l.cap_quantity, 'special', l.special) order by l.line_no)
               from special_price_line l where l.request_id = t.request_id and l.round = t.round) as lines
       from special_price_terms t where t.request_id = $1 and t.round = $2`,
    [of.requestId, of.round],
  );
  return row;
}

/** Who is asked about a round, why, and with which earlier requests: the vendor's alone. */
export interface RoutedRound {
  readonly costMinor: number | null;
  readonly dealMinor: number;
  readonly dealCurrency: string;
  readonly routing: Routing;
  readonly earlier: readonly Readonly<Record<string, unknown>>[];
}

export async function writeRound(
  tx: Transaction,
  of: { requestId: string; round: number; atMs: number },
  routed: RoutedRound,
): Promise<void> {
  await tx.query(
    `insert into special_price_round (request_id, round, cost_minor, deal_minor, deal_currency, routing, earlier, routed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      of.requestId,
      of.round,
      routed.costMinor,
      routed.dealMinor,
      routed.dealCurrency,
      JSON.stringify(routed.routing),
      JSON.stringify(routed.earlier),
      new Date(of.atMs).toISOString(),
    ],
  );
}

export async function readRound(
  tx: Transaction,
  of: { requestId: string; round: number },
): Promise<{ dealMinor: number; dealCurrency: string; routing: Routing }> {
  return oneRow(
    tx,
    `routing of round ${of.round} of ${of.requestId}`,
    `select deal_minor as "dealMinor", deal_currency as "dealCurrency", routing from special_price_round where request_id = $1 and round = $2`,
    [of.requestId, of.round],
  );
}

export interface NewApproval {
  readonly requestId: string;
  readonly round: number;
  readonly stepNo: number;
  readonly role: PricingRole;
  readonly taskId: string;
  readonly decisionId: string;
  readonly actorId: string;
  readonly actingFor: string | null;
  readonly submittedBy: string;
  readonly byCounter: boolean;
  readonly terms: AskedTerms;
  readonly termsHash: string;
  readonly atMs: number;
}

export async function writeApproval(tx: Transaction, approval: NewApproval): Promise<void> {
  await tx.query(
    `insert into special_price_approval (request_id, round, step_no, role, task_id, decision_id, actor_id, acting_for, submitted_by, by_counter,
       terms, terms_hash, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      approval.requestId,
      approval.round,
      approval.stepNo,
      approval.role,
      approval.taskId,
      approval.decisionId,
      approval.actorId,
      approval.actingFor,
      approval.submittedBy,
      approval.byCounter,
      approval.terms,
      approval.termsHash,
      new Date(approval.atMs).toISOString(),
    ],
  );
}

/** Everything agreed to in a request, and in those that made the present version of the agreement it changes; the latest first. */
export async function readApprovals(
  tx: Transaction,
  of: { requestId: string; agreementId: string | null },
): Promise<(GivenApproval & { requestId: string; round: number })[]> {
  const { rows } = await tx.query<GivenApproval & { requestId: string; round: number }>(
    `select a.request_id as "requestId", a.round, a.role, a.actor_id as "actorId", a.decision_id as "decisionId", a.terms, a.terms_hash as "termsHash"
       from special_price_approval a
      where a.request_id = $1
         or a.request_id = (select v.request_id from pricing_agreement_version v
                             where v.agreement_id = $2 and v.request_id is not null order by v.version desc limit 1)
      order by a.request_id = $1 desc, a.round desc, a.at desc, a.role`,
    [of.requestId, of.agreementId],
  );
  return rows;
}

export async function writeOffer(
  tx: Transaction,
  offer: { decisionId: string; requestId: string; terms: unknown },
): Promise<void> {
  await tx.query('insert into special_price_offer (decision_id, request_id, terms) values ($1, $2, $3)', [
    offer.decisionId,
    offer.requestId,
    JSON.stringify(offer.terms),
  ]);
}

export async function readOffer<Terms>(tx: Transaction, decisionId: string): Promise<Terms> {
  const { terms } = await oneRow<{ terms: Terms }>(
    tx,
    `offer of ${decisionId}`,
    'select terms from special_price_offer where decision_id = $1',
    [decisionId],
  );
  return terms;
}

/** The highest round that was written: a counter-offer's is written before it is the one that is asked. */
export async function lastRound(tx: Transaction, requestId: string): Promise<number> {
  const { round } = await oneRow<{ round: number }>(
    tx,
    `terms of ${requestId}`,
    'select max(round) as round from special_price_terms where request_id = $1',
    [requestId],
  );
  return round;
}

/**
 * The registration that a request stands on, locked against a change until the transaction ends: one that ends it meanwhile waits,
 * and then finds the request among its followers. Null when there is none.
 */
export async function holdRegistration(
  tx: Transaction,
  id: string,
): Promise<{ partnerId: string; status: string; protectedUntilMs: number | null } | null> {
  const { rows } = await tx.query<{ partnerId: string; status: string; protectedUntilMs: number | null }>(
    `select partner_id as "partnerId", status,
            case when isfinite(protected_until) then (extract(epoch from protected_until) * 1000)::bigint end as "protectedUntilMs"
       from registration where id = $1 for share`,
    [id],
  );
  return rows[0] ?? null;
}

/** Ties files of the partner's own to a request; gives those that are not his, or are tied to something else. */
export async function keepEvidence(
  tx: Transaction,
  of: { requestId: string; partnerId: string; evidenceIds: readonly string[] },
): Promise<string[]> {
  if (of.evidenceIds.length === 0) return [];
  const { rows } = await tx.query<{ id: string }>(
    `update evidence_file set special_price_request_id = $1
      where id = any ($3) and partner_id = $2 and (special_price_request_id is null or special_price_request_id = $1) returning id`,
    [of.requestId, of.partnerId, of.evidenceIds],
  );
  return of.evidenceIds.filter((id) => !rows.some((row) => row.id === id));
}

/** How the program's registrations are matched: what counts as one customer; null where it has none. */
export async function readMatchingThresholds<Thresholds>(
  tx: Transaction,
  of: { programId: string; atMs: number },
): Promise<Thresholds | null> {
  const { rows } = await tx.query<{ matching: Thresholds | null }>(
    `select body -> 'matching' as matching from policy_document where program_id = $1 and kind = 'deal-registration' and status = 'published'
        and tstzrange(effective_from, effective_to) @> $2::timestamptz`,
    [of.programId, new Date(of.atMs).toISOString()],
  );
  return rows[0]?.matching ?? null;
}

/** All accounts that stand for the same companies as these, by the words of people. */
export async function sameCompanies(tx: Transaction, accountIds: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select s.account_id as id from account_standing s where s.canonical_id in
       (select o.canonical_id from account_standing o where o.account_id = any ($1))`,
    [accountIds],
  );
  return rows.map(({ id }) => id);
}

/** What each line of a round is priced by, in order. */
export async function readPricedLines(
  tx: Transaction,
  of: { requestId: string; round: number },
): Promise<
  {
    sku: string;
    family: string;
    quantity: number;
    capQuantity: number;
    listUnitMinor: number;
    costUnitMinor: number | null;
    tierPpm: number;
    registrationPpm: number;
    special: SpecialPrice | null;
  }[]
> {
  const { rows } = await tx.query(
    `select l.sku, l.family, l.quantity, l.cap_quantity as "capQuantity", l.list_unit_minor as "listUnitMinor", c.cost_unit_minor as "costUnitMinor",
            l.tier_ppm as "tierPpm", l.registration_ppm as "registrationPpm", l.special
       from special_price_line l left join special_price_line_cost c using (request_id, round, line_no)
      where l.request_id = $1 and l.round = $2 order by l.line_no`,
    [of.requestId, of.round],
  );
  return rows as Awaited<ReturnType<typeof readPricedLines>>;
}

/** The columns of a request that show a round that was written before: its figures are kept as they were offered. */
export async function readRoundShown(
  tx: Transaction,
  of: { requestId: string; round: number },
): Promise<RequestChange> {
  return oneRow<RequestChange>(
    tx,
    `round ${of.round} of ${of.requestId}`,
    `select list_minor as "listMinor", standard_minor as "standardMinor", net_minor as "netMinor", valid_from::text as "validFrom",
            valid_until::text as "validUntil", terms_hash as "materialHash" from special_price_terms where request_id = $1 and round = $2`,
    [of.requestId, of.round],
  );
}
