import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import type { Routing } from '../../domain/special-pricing/routing.ts';
import type { GivenApproval } from '../../domain/special-pricing/standing.ts';
import type {
  AgreementEndCode,
  AgreementVersionKind,
  PricingAgreementStatus,
  SpecialPriceClosureCode,
  SpecialPriceKind,
  SpecialPriceStatus,
} from '../../domain/special-pricing/status.ts';
import type { SpecialPrice, StepSource } from '../../domain/special-pricing/waterfall.ts';
import type { Sql } from './app-database.ts';
import type { ClockRow } from './registration-reads.ts';
import { containing } from './text-search.ts';

/** Reads of special price requests and agreements. Row-level security decides which rows exist; these decide which are asked for. */

export interface SpecialPriceRow {
  readonly id: string;
  readonly reference: string;
  readonly kind: SpecialPriceKind;
  readonly program_id: string;
  readonly program_name: string;
  readonly partner_id: string;
  readonly partner_name: string;
  readonly registration_id: string | null;
  readonly registration_reference: string | null;
  readonly agreement_id: string | null;
  readonly agreement_reference: string | null;
  readonly customer_name: string;
  readonly status: SpecialPriceStatus;
  readonly closure_code: SpecialPriceClosureCode | null;
  readonly round: number;
  readonly currency: string;
  readonly list_minor: number;
  readonly standard_minor: number;
  readonly net_minor: number;
  readonly valid_from: string;
  readonly valid_until: string;
  readonly distributor_id: string | null;
  readonly distributor_name: string | null;
  readonly submitted_at: Date;
  readonly answer_by: Date | null;
  readonly decided_at: Date | null;
  readonly waiting_for: 'vendor' | 'partner' | 'nobody';
  readonly asked_roles: readonly string[];
  readonly next_step: string | null;
  readonly next_at: Date | null;
  readonly clock: ClockRow | null;
  /** The place in the list, for the cursor. */
  readonly place: string;
}

/** The most urgent clock of a case that runs or stands. */
const CLOCK = (caseId: string): string => `left join lateral (
    select json_build_object('kind', k.kind, 'phase', k.phase, 'calendar', k.calendar, 'dueAt', k.due_at, 'breachedAt', k.breached_at,
             'unit', k.state->'durationSpec'->>'unit', 'remainingMs', k.state->'remainingMs', 'dueSoonAtMs', k.state->'dueSoonAtMs') as clock
      from sla_clock k where k.case_id = ${caseId} and k.phase in ('running', 'paused') order by k.phase desc, k.due_at nulls last limit 1) c on true`;

// A reseller may know the name of a distributor that he buys through, and of no other partner.
const DISTRIBUTOR_NAME = (of: string): string =>
  `coalesce(d.name, (select distributor_name_of(dr.id) from distributor_relation dr where dr.distributor_id = ${of}.distributor_id and dr.reseller_id = ${of}.partner_id limit 1))`;

const HEAD = `
  select s.id, s.reference, s.kind, s.program_id, g.name as program_name, s.partner_id, coalesce(p.name, '') as partner_name, s.registration_id,
         r.reference as registration_reference, s.agreement_id, w.reference as agreement_reference, coalesce(a.legal_name, '') as customer_name,
         s.status, s.closure_code, s.round, s.currency, s.list_minor, s.standard_minor, s.net_minor, s.valid_from::text as valid_from,
         s.valid_until::text as valid_until, s.distributor_id, ${DISTRIBUTOR_NAME('s')} as distributor_name, s.submitted_at, s.answer_by,
         s.decided_at, s.waiting_for, s.asked_roles, s.next_step, s.next_at, c.clock`;
const HEAD_FROM = `
  from special_price_request s join program g on g.id = s.program_id
  left join partner p on p.id = s.partner_id left join account a on a.id = s.account_id left join registration r on r.id = s.registration_id
  left join pricing_agreement w on w.id = s.agreement_id left join partner d on d.id = s.distributor_id ${CLOCK('s.id')}`;

export interface SpecialPriceFilter {
  readonly statuses: readonly string[];
  readonly partnerId: string | null;
  readonly programId: string | null;
  readonly registrationId: string | null;
  readonly search: string | null;
  readonly waitingFor: string | null;
  readonly after: { readonly place: string; readonly id: string } | null;
  readonly limit: number;
}

/** One page of the list, newest first. */
export async function listSpecialPrices(sql: Sql, filter: SpecialPriceFilter): Promise<SpecialPriceRow[]> {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const where: string[] = [];
  if (filter.statuses.length > 0) where.push(`s.status = any(${parameter(filter.statuses)})`);
  if (filter.partnerId !== null) where.push(`s.partner_id = ${parameter(filter.partnerId)}`);
  if (filter.programId !== null) where.push(`s.program_id = ${parameter(filter.programId)}`);
  if (filter.registrationId !== null) where.push(`s.registration_id = ${parameter(filter.registrationId)}`);
  if (filter.waitingFor !== null) where.push(`s.waiting_for = ${parameter(filter.waitingFor)}`);
  if (filter.search !== null && filter.search !== '') {
    const pattern = parameter(containing(filter.search));
    where.push(`(s.reference ilike ${pattern} or a.legal_name ilike ${pattern})`);
  }
  if (filter.after !== null)
    where.push(
      `(s.submitted_at, s.id) < (${parameter(filter.after.place)}::timestamptz, ${parameter(filter.after.id)})`,
    );
  return sql.rows<SpecialPriceRow>(
    `${HEAD}, s.submitted_at::text as place ${HEAD_FROM} ${where.length > 0 ? `where ${where.join(' and ')}` : ''}
      order by s.submitted_at desc, s.id desc limit ${parameter(filter.limit)}`,
    values,
  );
}

export interface SpecialPriceDetailRow extends SpecialPriceRow {
  readonly submitted_by_name: string;
  readonly policy_id: string;
  readonly policy_version: number;
  readonly policy: SpecialPricingPolicy;
  readonly justification_code: string;
  readonly competitor_name: string | null;
  readonly competitor_price_minor: number | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly evidence: readonly { readonly id: string; readonly name: string }[];
}

/** One request; null when there is none or it is another partner's. */
export async function findSpecialPrice(sql: Sql, id: string): Promise<SpecialPriceDetailRow | null> {
  const rows = await sql.rows<SpecialPriceDetailRow>(
    `${HEAD}, '' as place, coalesce(h.display_name, '') as submitted_by_name, s.policy_id, s.policy_version, y.body as policy, s.justification_code,
       s.competitor_name, s.competitor_price_minor, s.details,
       (select coalesce(json_agg(json_build_object('id', f.id, 'name', f.name) order by f.uploaded_at, f.id), '[]') from evidence_file f
         where f.special_price_request_id = s.id) as evidence
     ${HEAD_FROM} left join person h on h.id = s.submitted_by join policy_document y on y.id = s.policy_id where s.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

export interface RoundRow {
  readonly round: number;
  readonly origin: 'asked' | 'answered' | 'counter_offer';
  readonly created_at: Date;
  readonly lump_minor: number;
  readonly list_minor: number;
  readonly standard_minor: number;
  readonly net_minor: number;
  readonly valid_from: string;
  readonly valid_until: string;
  readonly exception_keys: readonly string[];
  readonly sources: readonly (StepSource & {
    readonly step: 'list' | 'tier' | 'registration' | 'special' | 'lump';
  })[];
  readonly terms_hash: string;
}

export async function roundsOf(sql: Sql, id: string): Promise<RoundRow[]> {
  return sql.rows<RoundRow>(
    `select round, origin, created_at, lump_minor, list_minor, standard_minor, net_minor, valid_from::text as valid_from,
            valid_until::text as valid_until, exception_keys, sources, terms_hash from special_price_terms where request_id = $1 order by round`,
    [id],
  );
}

export interface LineRow {
  readonly line_no: number;
  readonly sku: string;
  readonly product_name: string;
  readonly family: string;
  readonly quantity: number;
  readonly cap_quantity: number;
  readonly special: SpecialPrice | null;
  readonly list_unit_minor: number;
  readonly tier_ppm: number;
  readonly tier_unit_minor: number;
  readonly registration_ppm: number;
  readonly standard_unit_minor: number;
  readonly special_unit_minor: number;
  readonly lump_minor: number;
  readonly net_minor: number;
  /** Null where it is not known, and for a partner. */
  readonly cost_unit_minor: number | null;
}

export async function linesOf(sql: Sql, of: { id: string; round: number }): Promise<LineRow[]> {
  return sql.rows<LineRow>(
    `select l.line_no, l.sku, coalesce(p.name, l.sku) as product_name, l.family, l.quantity, l.cap_quantity, l.special, l.list_unit_minor, l.tier_ppm,
            l.tier_unit_minor, l.registration_ppm, l.standard_unit_minor, l.special_unit_minor, l.lump_minor, l.net_minor, c.cost_unit_minor
       from special_price_line l left join product p on p.sku = l.sku left join special_price_line_cost c using (request_id, round, line_no)
      where l.request_id = $1 and l.round = $2 order by l.line_no`,
    [of.id, of.round],
  );
}

/** What the vendor alone may know of a round; null before it was routed, and for a partner. */
export interface RoutedRow {
  readonly deal_minor: number;
  readonly deal_currency: string;
  readonly routing: Routing;
  readonly earlier: readonly {
    readonly requestId: string;
    readonly reference: string;
    readonly partnerName: string;
    readonly status: SpecialPriceStatus;
    readonly netMinor: number;
    readonly currency: string;
    readonly inDealMinor: number | null;
    readonly submittedAt: string;
  }[];
}

export async function routedOf(sql: Sql, of: { id: string; round: number }): Promise<RoutedRow | null> {
  const rows = await sql.rows<RoutedRow>(
    'select deal_minor, deal_currency, routing, earlier from special_price_round where request_id = $1 and round = $2',
    [of.id, of.round],
  );
  return rows[0] ?? null;
}

export interface ApprovalRow extends GivenApproval {
  readonly requestId: string;
  readonly round: number;
  readonly stepNo: number;
  readonly byCounter: boolean;
  readonly actor: string | null;
  readonly actingFor: string | null;
  readonly at: Date;
}

/** Everything agreed to in a request, and in what made the present version of the agreement it changes, the latest first. */
export async function approvalsOf(
  sql: Sql,
  of: { id: string; changesAgreementId: string | null },
): Promise<ApprovalRow[]> {
  return sql.rows<ApprovalRow>(
    `select a.request_id as "requestId", a.round, a.step_no as "stepNo", a.role, a.actor_id as "actorId", a.decision_id as "decisionId", a.by_counter as "byCounter",
            a.terms, a.terms_hash as "termsHash", p.display_name as actor, f.display_name as "actingFor", a.at
       from special_price_approval a left join person p on p.id = a.actor_id left join person f on f.id = a.acting_for
      where a.request_id = $1
         or a.request_id = (select v.request_id from pricing_agreement_version v
                             where v.agreement_id = $2 and v.request_id is not null and v.request_id <> $1 order by v.version desc limit 1)
      order by a.request_id = $1 desc, a.round desc, a.at desc, a.role`,
    [of.id, of.changesAgreementId],
  );
}

/** Its open tasks, for the vendor. */
export async function openTasksOf(
  sql: Sql,
  id: string,
): Promise<{ id: string; role: string; asked_role: string; step_no: number }[]> {
  return sql.rows(
    `select id, role, facts ->> 'askedRole' as asked_role, (facts ->> 'stepNo')::int as step_no from task
      where case_id = $1 and status in ('open', 'paused') order by opened_at, id`,
    [id],
  );
}

/** What a verb needs to know of a request, or of an agreement, before its receipt is written. */
export async function findPricingCase(
  sql: Sql,
  of: { table: 'special_price_request' | 'pricing_agreement'; id: string },
): Promise<{ id: string } | null> {
  const rows = await sql.rows<{ id: string }>(`select id from ${of.table} where id = $1`, [of.id]);
  return rows[0] ?? null;
}

/** Approved lines of a product, and what became of their deals, the latest first. */
export async function corridorPoints(
  sql: Sql,
  of: { sku: string; segment: string | null; since: string; limit: number },
): Promise<
  {
    request_id: string;
    reference: string;
    at: Date;
    quantity: number;
    list_unit_minor: number;
    net_unit_minor: number;
    currency: string;
    registration_status: string | null;
  }[]
> {
  return sql.rows(
    `select s.id as request_id, s.reference, s.decided_at as at, l.quantity, l.list_unit_minor, l.net_minor / l.quantity as net_unit_minor,
            s.currency, r.status as registration_status
       from special_price_line l join special_price_request s on s.id = l.request_id and s.round = l.round and s.status = 'approved'
       left join registration r on r.id = s.registration_id
      where l.sku = $1 and s.decided_at >= $3::timestamptz and ($2::text is null or segment_of_registration(r.id) = $2)
      order by s.decided_at desc, s.id limit $4`,
    [of.sku, of.segment, of.since, of.limit],
  );
}

// ---------------------------------------------------------------------------------------------------------

export interface AgreementRow {
  readonly id: string;
  readonly reference: string;
  readonly request_id: string;
  readonly request_reference: string | null;
  readonly registration_id: string | null;
  readonly program_id: string;
  readonly program_name: string;
  readonly partner_id: string;
  readonly partner_name: string;
  readonly distributor_id: string | null;
  readonly distributor_name: string | null;
  readonly customer_name: string;
  readonly currency: string;
  readonly status: PricingAgreementStatus;
  readonly ended_code: AgreementEndCode | null;
  readonly version: number;
  readonly valid_from: Date;
  readonly valid_until: Date;
  readonly created_at: Date;
  readonly policy: SpecialPricingPolicy;
  readonly protected_until: Date | null;
  readonly clock: ClockRow | null;
  readonly place: string;
}

const AGREEMENT = `
  select a.id, a.reference, a.request_id, s.reference as request_reference, a.registration_id, a.program_id, g.name as program_name, a.partner_id,
         coalesce(p.name, '') as partner_name, a.distributor_id, ${DISTRIBUTOR_NAME('a')} as distributor_name, a.customer_name, a.currency, a.status,
         a.ended_code, a.version, a.valid_from, a.valid_until, a.created_at, y.body as policy,
         case when isfinite(r.protected_until) then r.protected_until end as protected_until, c.clock`;
const AGREEMENT_FROM = `
  from pricing_agreement a join program g on g.id = a.program_id join policy_document y on y.id = a.policy_id
  left join special_price_request s on s.id = a.request_id left join registration r on r.id = a.registration_id
  left join partner p on p.id = a.partner_id left join partner d on d.id = a.distributor_id ${CLOCK('a.id')}`;

export interface AgreementFilter {
  readonly status: string | null;
  readonly partnerId: string | null;
  readonly distributorId: string | null;
  readonly programId: string | null;
  readonly search: string | null;
  readonly after: { readonly place: string; readonly id: string } | null;
  readonly limit: number;
}

export async function listAgreements(sql: Sql, filter: AgreementFilter): Promise<AgreementRow[]> {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const where: string[] = [];
  if (filter.status !== null) where.push(`a.status = ${parameter(filter.status)}`);
  if (filter.partnerId !== null) where.push(`a.partner_id = ${parameter(filter.partnerId)}`);
  if (filter.distributorId !== null) where.push(`a.distributor_id = ${parameter(filter.distributorId)}`);
  if (filter.programId !== null) where.push(`a.program_id = ${parameter(filter.programId)}`);
  if (filter.search !== null && filter.search !== '') {
    const pattern = parameter(containing(filter.search));
    where.push(`(a.reference ilike ${pattern} or a.customer_name ilike ${pattern})`);
  }
  if (filter.after !== null)
    where.push(
      `(a.created_at, a.id) < (${parameter(filter.after.place)}::timestamptz, ${parameter(filter.after.id)})`,
    );
  return sql.rows<AgreementRow>(
    `${AGREEMENT}, a.created_at::text as place ${AGREEMENT_FROM} ${where.length > 0 ? `where ${where.join(' and ')}` : ''}
      order by a.created_at desc, a.id desc limit ${parameter(filter.limit)}`,
    values,
  );
}

export async function findAgreement(sql: Sql, id: string): Promise<AgreementRow | null> {
  const rows = await sql.rows<AgreementRow>(`${AGREEMENT}, '' as place ${AGREEMENT_FROM} where a.id = $1`, [
    id,
  ]);
  return rows[0] ?? null;
}

export interface VersionRow {
  readonly version: number;
  readonly kind: AgreementVersionKind;
  readonly request_id: string | null;
  readonly applies_from: Date;
  readonly valid_until: Date;
  readonly created_at: Date;
  readonly lines: readonly {
    readonly lineNo: number;
    readonly sku: string;
    readonly productName: string;
    readonly family: string;
    readonly netUnitMinor: number;
    readonly approvedCostMinor: number;
    readonly capQuantity: number;
  }[];
}

export async function versionsOf(sql: Sql, id: string): Promise<VersionRow[]> {
  return sql.rows<VersionRow>(
    `select v.version, v.kind, v.request_id, v.applies_from, v.valid_until, v.created_at,
            (select coalesce(json_agg(json_build_object('lineNo', l.line_no, 'sku', l.sku, 'productName', coalesce(p.name, l.sku), 'family', l.family,
               'netUnitMinor', l.net_unit_minor, 'approvedCostMinor', l.approved_cost_minor, 'capQuantity', l.cap_quantity) order by l.line_no), '[]')
               from pricing_agreement_line l left join product p on p.sku = l.sku where l.agreement_id = v.agreement_id and l.version = v.version) as lines
       from pricing_agreement_version v where v.agreement_id = $1 order by v.version`,
    [id],
  );
}

/** Requests that would change an agreement and are not decided. */
export async function openChangesOf(
  sql: Sql,
  agreementId: string,
): Promise<{ id: string; reference: string }[]> {
  return sql.rows(
    `select id, reference from special_price_request where agreement_id = $1 and status not in ('approved', 'rejected', 'withdrawn')
      order by submitted_at, id`,
    [agreementId],
  );
}
