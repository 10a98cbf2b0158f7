import { containing } from './text-search.ts';
import type { PartnerFacts } from '../../domain/deal-registration/facts.ts';
import type { NextStep } from '../../domain/deal-registration/outlook.ts';
import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import type { ClosureCode, RegistrationStatus } from '../../domain/deal-registration/status.ts';
import type { AccountFacts } from '../../domain/matching/facts.ts';
import { factsOf } from './accounts.ts';
import type { Sql } from './app-database.ts';
import { hasNews, newsColumn } from './seen-own.ts';
import type { NewsRow } from './seen-own.ts';
import type { ViewCount } from './task-reads.ts';

/** Reads of registrations. Row-level security decides which rows exist; these decide which are asked for. */

/** One registration as the record holds it, before it is shown to a side. */
export interface RegistrationRow {
  readonly id: string;
  readonly reference: string;
  readonly program_id: string;
  readonly program_name: string;
  readonly partner_id: string;
  readonly partner_name: string;
  readonly policy_id: string;
  readonly status: RegistrationStatus;
  readonly closure_code: ClosureCode | null;
  readonly type: string;
  readonly customer_name: string;
  readonly customer_country: string;
  readonly opportunity_name: string;
  readonly value_minor: number;
  readonly currency: string;
  readonly expected_close: string;
  readonly submitted_at: Date;
  readonly answer_by: Date | null;
  readonly waiting_for: string | null;
  readonly queue: string | null;
  readonly next_step: NextStep | null;
  readonly next_at: Date | null;
  readonly protected_from: Date | null;
  readonly protected_until: Date | null;
  readonly at_risk_since: Date | null;
  readonly extensions: number;
  readonly closed_at: Date | null;
  readonly own_case_id: string | null;
  readonly appealed: boolean;
  readonly disclosure: DealRegistrationPolicy['disclosure'];
  readonly policy_calendar: string;
  readonly clock: ClockRow | null;
  /** The place in the list, for the cursor. */
  readonly place: string;
}

/** The most urgent clock that runs or is paused. */
export interface ClockRow {
  readonly kind: string;
  readonly phase: 'running' | 'paused';
  readonly calendar: string;
  readonly dueAt: string | null;
  readonly breachedAt: string | null;
  readonly unit: string | null;
  readonly remainingMs: number | null;
  readonly dueSoonAtMs: number | null;
}

/** What the list can be narrowed to. */
export interface RegistrationFilter {
  /** Whose eyes: states and times are compared as they are shown to that side. */
  readonly shownTo: 'vendor' | 'partner';
  readonly personId: string;
  /** Only those in which something came since that person looked. */
  readonly changed: boolean;
  readonly statuses: readonly string[];
  readonly partnerId: string | null;
  readonly programId: string | null;
  readonly search: string | null;
  readonly waitingFor: string | null;
  readonly submittedFrom: string | null;
  readonly submittedTo: string | null;
  readonly sort: 'submitted' | 'due' | 'value';
  /** Where the page before ended: sort value and id. */
  readonly after: { readonly place: string; readonly id: string } | null;
  readonly limit: number;
}

const HEAD = `
  select r.id, r.reference, r.program_id, g.name as program_name, r.partner_id, coalesce(p.name, '') as partner_name, r.policy_id,
         r.status, r.closure_code, r.type,
         coalesce(a.legal_name, r.details->'customer'->>'legalName', '') as customer_name,
         coalesce(a.country, r.details->'customer'->>'country', '') as customer_country,
         r.opportunity_name, r.value_minor, r.currency, r.expected_close::text as expected_close, r.submitted_at, r.answer_by,
         r.waiting_for, r.queue, r.next_step, r.next_at, r.protected_from, r.protected_until, r.at_risk_since, r.extensions, r.closed_at,
         case when r.closure_code = 'duplicate' then (select e.facts->'ownCase'->>'id' from process_event e where e.case_id = r.id and e.seq = 1) end as own_case_id,
         r.status in ('under_review', 'pending_approval', 'in_conflict', 'rejected', 'appealed') and exists (select 1 from process_event e where e.case_id = r.id and e.kind = 'appealed') as appealed, d.body->'disclosure' as disclosure, d.body->>'calendarName' as policy_calendar,
         c.clock`;
const HEAD_FROM = `
  from registration r
  join program g on g.id = r.program_id
  join policy_document d on d.id = r.policy_id
  left join partner p on p.id = r.partner_id
  left join account a on a.id = r.account_id
  left join lateral (
    select json_build_object('kind', k.kind, 'phase', k.phase, 'calendar', k.calendar, 'dueAt', k.due_at, 'breachedAt', k.breached_at,
             'unit', k.state->'durationSpec'->>'unit', 'remainingMs', k.state->'remainingMs', 'dueSoonAtMs', k.state->'dueSoonAtMs') as clock
      from sla_clock k where k.case_id = r.id and k.phase in ('running', 'paused') and k.kind not like 'conflict%'
     order by k.due_at nulls last limit 1) c on true`;

const PLACES = {
  submitted: { place: 'r.submitted_at', cast: 'timestamptz', order: 'desc', beyond: '<' },
  due: { place: "coalesce(r.next_at, 'infinity')", cast: 'timestamptz', order: 'asc', beyond: '>' },
  value: { place: 'r.value_minor', cast: 'bigint', order: 'desc', beyond: '<' },
} as const;
// The vendor's clocks move in a conflict: a partner's list is ordered by what he was promised, and so is his cursor.
const PARTNER_DUE = {
  ...PLACES.due,
  place: "coalesce(case when r.waiting_for = 'vendor' then r.answer_by else r.next_at end, 'infinity')",
} as const;

/** The state as a partner sees it (domain/deal-registration/disclosure.ts), for a filter by state. */
const SHOWN_STATUS = `case
  when r.status in ('under_review', 'pending_approval', 'in_conflict') and d.body->'disclosure'->>'inConflictShownAs' <> 'in_conflict'
   and exists (select 1 from process_event e where e.case_id = r.id and e.kind = 'appealed') then 'appealed'
  when r.status = 'in_conflict' then d.body->'disclosure'->>'inConflictShownAs'
  when r.status = 'pending_approval' then d.body->'disclosure'->>'pendingApprovalShownAs'
  else r.status end`;

/** One page of the list, at most `limit` rows. */
export async function listRegistrations(
  sql: Sql,
  filter: RegistrationFilter,
): Promise<(RegistrationRow & NewsRow)[]> {
  const { place, cast, order, beyond } =
    filter.sort === 'due' && filter.shownTo === 'partner' ? PARTNER_DUE : PLACES[filter.sort];
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const newsFor = newsOfFilter(filter, parameter);
  const where = conditions(filter, parameter, () => newsFor);
  if (filter.after !== null)
    where.push(
      `(${place}, r.id) ${beyond} (${parameter(filter.after.place)}::${cast}, ${parameter(filter.after.id)})`,
    );
  return await sql.rows<RegistrationRow & NewsRow>(
    `${HEAD}, ${newsColumn(newsFor)}, (${place})::text as place ${HEAD_FROM} ${where.length > 0 ? `where ${where.join(' and ')}` : ''}
     order by ${place} ${order}, r.id ${order} limit ${parameter(filter.limit)}`,
    values,
  );
}

/** How many rows each view of the list shows, counted no further than `most`; in one statement. */
export async function countRegistrationViews(
  sql: Sql,
  input: {
    views: readonly { id: string; filter: Omit<RegistrationFilter, 'after' | 'limit'> }[];
    most: number;
  },
): Promise<ViewCount[]> {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const counts = input.views.map(({ id, filter }) => {
    const where = conditions(filter, parameter, () => newsOfFilter(filter, parameter));
    return `select ${parameter(id)}::text as id, (select count(*) from (select from registration r join policy_document d on d.id = r.policy_id
      left join account a on a.id = r.account_id ${where.length > 0 ? `where ${where.join(' and ')}` : ''} limit ${parameter(input.most)}) v)::int as count`;
  });
  return counts.length === 0 ? [] : await sql.rows<ViewCount>(counts.join(' union all '), values);
}

type NewsFor = Parameters<typeof hasNews>[0];

function newsOfFilter(
  filter: Pick<RegistrationFilter, 'personId'>,
  parameter: (value: unknown) => string,
): NewsFor {
  return { person: parameter(filter.personId), caseId: 'r.id', submittedBy: 'r.submitted_by' };
}

/** What narrows the list, beside the place where the page begins. */
function conditions(
  filter: Omit<RegistrationFilter, 'after' | 'limit'>,
  parameter: (value: unknown) => string,
  newsFor: () => NewsFor,
): string[] {
  const where: string[] = [];
  if (filter.changed) where.push(hasNews(newsFor()));
  if (filter.statuses.length > 0)
    where.push(
      `${filter.shownTo === 'partner' ? SHOWN_STATUS : 'r.status'} = any(${parameter(filter.statuses)})`,
    );
  if (filter.partnerId !== null) where.push(`r.partner_id = ${parameter(filter.partnerId)}`);
  if (filter.programId !== null) where.push(`r.program_id = ${parameter(filter.programId)}`);
  if (filter.waitingFor !== null) where.push(`r.waiting_for = ${parameter(filter.waitingFor)}`);
  if (filter.submittedFrom !== null) where.push(`r.submitted_at >= ${parameter(filter.submittedFrom)}::date`);
  if (filter.submittedTo !== null) where.push(`r.submitted_at < ${parameter(filter.submittedTo)}::date + 1`);
  if (filter.search !== null && filter.search !== '') {
    const pattern = parameter(containing(filter.search));
    where.push(
      `(r.reference ilike ${pattern} or r.opportunity_name ilike ${pattern} or a.legal_name ilike ${pattern})`,
    );
  }
  return where;
}

/** What only the page of one registration needs. */
export interface RegistrationDetailRow extends RegistrationRow {
  readonly details: Readonly<Record<string, unknown>>;
  readonly stage: string;
  readonly source: string;
  readonly tax_id_last2: string | null;
  readonly policy_version: number;
  readonly policy: DealRegistrationPolicy;
  readonly submitted_by_name: string;
  readonly account_id: string;
  /** The part of the benefit that is left to one who shares, as far as this reader may know; null: the whole, or not told. */
  readonly benefit_ppm: number | null;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
  readonly open_task_id: string | null;
  /** Its product families, and those of them that its approval left out. */
  readonly families: readonly string[];
  readonly left_out: readonly string[];
}

/** One registration; null when there is none or it is another partner's. */
export async function findRegistration(sql: Sql, id: string): Promise<RegistrationDetailRow | null> {
  const rows = await sql.rows<RegistrationDetailRow>(
    `${HEAD}, '' as place, r.details, r.stage, r.source, a.tax_id_last2, r.policy_version, d.body as policy, coalesce(s.display_name, '') as submitted_by_name,
       r.account_id,
       (select coalesce(x.facts->'benefitPpm', e.facts->'benefitPpm')::int from process_event e
          left join process_event_private x on x.case_id = e.case_id and x.seq = e.seq
         where e.case_id = r.id and e.kind = 'approved' order by e.seq desc limit 1) as benefit_ppm,
       (select coalesce(json_agg(json_build_object('sku', l.sku, 'quantity', l.quantity) order by l.line_no), '[]') from registration_line l where l.registration_id = r.id) as lines,
       array(select distinct l.family from registration_line l where l.registration_id = r.id order by 1) as families,
       r.left_out,
       (select t.id from task t where t.case_id = r.id and t.status in ('open', 'paused') order by t.opened_at desc limit 1) as open_task_id
     ${HEAD_FROM} left join person s on s.id = r.submitted_by where r.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** What a verb needs to know of a case before its receipt is written. */
export interface CaseRow {
  readonly id: string;
  readonly status: RegistrationStatus;
  readonly partner_id: string;
}

export async function findCase(sql: Sql, id: string): Promise<CaseRow | null> {
  const rows = await sql.rows<CaseRow>('select id, status, partner_id from registration where id = $1', [id]);
  return rows[0] ?? null;
}

/** How a case ended for good, in the words of a conflict; null while it is open, a clock keeps a way back open, or it is unknown. */
export async function caseEnd(
  sql: Sql,
  id: string,
): Promise<{ by: string | null; at: string; what: string; status: string } | null> {
  const rows = await sql.rows<{ status: string; closed_at: Date; kind: string | null; actor: string | null }>(
    `select r.status, r.closed_at, e.kind, p.display_name as actor from registration r
       left join lateral (select kind, actor_id from process_event where case_id = r.id order by seq desc limit 1) e on true
       left join person p on p.id = e.actor_id
      where r.id = $1 and r.closed_at is not null
        and not exists (select 1 from sla_clock k where k.case_id = r.id and k.phase in ('running', 'paused'))`,
    [id],
  );
  const row = rows[0] ?? (await pricingEnd(sql, id));
  return row === undefined
    ? null
    : { by: row.actor, at: row.closed_at.toISOString(), what: row.kind ?? row.status, status: row.status };
}

async function pricingEnd(
  sql: Sql,
  id: string,
): Promise<{ status: string; closed_at: Date; kind: string | null; actor: string | null } | undefined> {
  const rows = await sql.rows<{ status: string; closed_at: Date; kind: string | null; actor: string | null }>(
    `select c.status, e.at as closed_at, e.kind, p.display_name as actor
       from (select id, status from special_price_request where status in ('approved', 'rejected', 'withdrawn')
             union all select id, status from pricing_agreement where status <> 'active') c
       join lateral (select kind, actor_id, at from process_event where case_id = c.id order by seq desc limit 1) e on true
       left join person p on p.id = e.actor_id
      where c.id = $1`,
    [id],
  );
  return rows[0];
}

export interface DecisionRow {
  readonly id: string;
  readonly task_id: string | null;
  readonly outcome: string;
  readonly reason_code: string | null;
  readonly words: string;
  readonly note: string | null;
  readonly actor: string | null;
  readonly acting_for: string | null;
  readonly decided_at: Date;
  readonly effective_at: Date;
  readonly policy_version: number;
  readonly retracted: boolean;
}

/** Decisions of a case, oldest first; the partner's are those in effect, and without the private note. */
export async function decisionsOf(sql: Sql, caseId: string): Promise<DecisionRow[]> {
  return await sql.rows<DecisionRow>(
    `select d.id, d.task_id, d.outcome, d.reason_code, d.words, n.note, p.display_name as actor, f.display_name as acting_for, d.decided_at, d.effective_at, d.policy_version,
            exists (select 1 from decision r where r.retracts = d.id) as retracted
       from decision d left join decision_private n on n.decision_id = d.id left join person p on p.id = d.actor_id left join person f on f.id = d.acting_for
      where d.case_id = $1 and d.retracts is null order by d.seq`,
    [caseId],
  );
}

export interface MatchRow {
  readonly other_kind: 'registration' | 'account' | 'direct_deal';
  readonly other_id: string;
  readonly other_account_id: string;
  readonly other_reference: string | null;
  readonly other_name: string;
  readonly other_country: string;
  readonly other_partner_name: string | null;
  readonly other_status: string | null;
  readonly verdict: 'duplicate' | 'probable' | 'possible' | 'related';
  readonly evidence: readonly {
    readonly kind: string;
    readonly agrees: boolean;
    readonly left?: string | null;
    readonly right?: string | null;
    readonly similarityPpm?: number | null;
  }[];
  readonly judged: 'same' | 'different' | null;
  readonly judged_by: string | null;
  /** Families of this registration that are protected, or reserved, for the other one; those who share do not stand in the way. */
  readonly holds: readonly string[];
}

/** Rivals and why; row-level security leaves a partner none. */
export async function matchesOf(
  sql: Sql,
  { registrationId, at }: { registrationId: string; at: string },
): Promise<MatchRow[]> {
  return await sql.rows<MatchRow>(
    `select m.other_kind, m.other_id, m.other_account_id, o.reference as other_reference, a.legal_name as other_name, a.country as other_country,
            p.name as other_partner_name, coalesce(o.status, dd.stage) as other_status, m.verdict, m.evidence, m.judged, j.display_name as judged_by,
            array(select t.family from protection t join registration_line l on l.registration_id = m.registration_id and l.family = t.family
                   where t.registration_id = o.id and coalesce(upper(t.period) > $2::timestamptz, true)
                     and not exists (select from protection own where own.registration_id = m.registration_id and own.share_group = t.share_group)
                   group by t.family order by t.family) as holds
       from registration_match m
       join account a on a.id = m.other_account_id
       left join registration o on m.other_kind = 'registration' and o.id = m.other_id
       left join direct_deal dd on m.other_kind = 'direct_deal' and dd.id = m.other_id
       left join partner p on p.id = coalesce(o.partner_id, a.entered_by_partner_id)
       left join person j on j.id = m.judged_by
      where m.registration_id = $1
      order by array_position(array['duplicate', 'probable', 'possible', 'related'], m.verdict), m.found_at, m.other_id limit 200`,
    [registrationId, at],
  );
}

export interface EventRow {
  readonly seq: number;
  readonly kind: string;
  readonly at: Date;
  readonly actor: string | null;
  readonly acting_for: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly private_facts: Readonly<Record<string, unknown>> | null;
  readonly audience: 'everyone' | 'vendor';
}

/** The timeline's events; for a partner only those meant for everyone, and no private facts. */
export async function eventsOf(sql: Sql, caseId: string): Promise<EventRow[]> {
  return await sql.rows<EventRow>(
    `select e.seq, e.kind, e.at, p.display_name as actor, f.display_name as acting_for, e.facts, x.facts as private_facts, e.audience
       from process_event e left join process_event_private x on x.case_id = e.case_id and x.seq = e.seq left join person p on p.id = e.actor_id
         left join person f on f.id = e.acting_for
      where e.case_id = $1 order by e.seq`,
    [caseId],
  );
}

export interface MailRow {
  readonly seq: number;
  readonly template: string;
  readonly at: Date;
  readonly delivered: boolean;
  /** The name of whom it is for; null for one to everybody in a role. */
  readonly to: string | null;
  readonly role: string | null;
  /** Why it did not have to leave; null when it did, or is on its way. */
  readonly skipped: string | null;
}

/** Mails of a case, each to its reader rather than once more to his role; row-level security leaves a partner none. */
export async function mailsOf(sql: Sql, caseId: string): Promise<MailRow[]> {
  return await sql.rows<MailRow>(
    `select o.seq, o.template, coalesce(o.delivered_at, o.not_before) as at, o.delivered_at is not null as delivered, p.display_name as "to",
            substring(o.target from '^role:(.+)$') as role, o.skip_reason as skipped
       from outbound o left join person p on p.id = o.target
      where o.case_id = $1 and o.channel = 'mail' and o.skip_reason is distinct from 'fanned_out' order by o.seq, o.n`,
    [caseId],
  );
}

export interface ClockViewRow {
  readonly id: string;
  readonly kind: string;
  readonly phase: 'running' | 'paused' | 'met' | 'cancelled';
  readonly calendar: string;
  readonly started_at: Date;
  readonly due_at: Date | null;
  readonly breached_at: Date | null;
  readonly ended_at: Date | null;
  /** Why it stands, where it does. */
  readonly paused_for: readonly string[];
  readonly events: readonly {
    readonly n: number;
    readonly kind: string;
    readonly at: string;
    readonly recordedAt: string;
    readonly seq: number;
    readonly facts: Readonly<Record<string, unknown>>;
  }[];
}

/** Every clock of a case with every row that proves it. */
export async function clocksOf(sql: Sql, caseId: string): Promise<ClockViewRow[]> {
  return await sql.rows<ClockViewRow>(
    `select k.id, k.kind, k.phase, k.calendar, k.started_at, k.due_at, k.breached_at, k.ended_at, coalesce(k.state->'pausedFor', '[]') as paused_for,
            coalesce((select json_agg(json_build_object('n', e.n, 'kind', e.kind, 'at', e.at, 'recordedAt', e.recorded_at, 'seq', e.seq, 'facts', e.facts) order by e.n)
                        from sla_clock_event e where e.clock_id = k.id), '[]') as events
       from sla_clock k where k.case_id = $1 order by k.started_at, k.kind`,
    [caseId],
  );
}

/** A partner's own registration with its customer as entered, for the check of a draft. */
export interface OwnCaseRow {
  readonly registrationId: string;
  readonly reference: string;
  readonly status: RegistrationStatus;
  readonly families: string[];
  readonly endedAtMs: number | null;
  readonly customerName: string;
  readonly closure_code: ClosureCode | null;
  readonly own_case_id: string | null;
  readonly appealed: boolean;
  readonly disclosure: DealRegistrationPolicy['disclosure'];
  readonly customer: AccountFacts;
}

/** A customer as somebody typed him so far. */
export interface TypedCustomer {
  readonly legalName: string;
  readonly country: string;
  readonly webDomain: string | null;
  readonly street: string | null;
  readonly city: string | null;
  readonly postalCode: string | null;
  readonly phone: string | null;
  readonly contactEmails: readonly string[];
}

const MAX_OWN_CASES = 2_000;

/** A partner's own registrations, latest first. What was entered is all that a partner's eyes see: no tax id, no parent. */
export async function ownCasesOf(sql: Sql, partnerId: string): Promise<OwnCaseRow[]> {
  const rows = await sql.rows<Omit<OwnCaseRow, 'customer'> & TypedCustomer & { readonly accountId: string }>(
    `select r.id as "registrationId", r.reference, r.status, array(select distinct l.family from registration_line l where l.registration_id = r.id and not r.left_out ? l.family) as families,
            (extract(epoch from r.closed_at) * 1000)::bigint as "endedAtMs", a.legal_name as "customerName", r.closure_code,
            null as own_case_id, exists (select 1 from process_event e where e.case_id = r.id and e.kind = 'appealed') as appealed, d.body->'disclosure' as disclosure,
            a.id as "accountId", a.legal_name as "legalName", a.country, a.web_domain as "webDomain", a.address_line1 as street, a.city,
            a.postal_code as "postalCode", a.phone,
            array(select c->>'email' from jsonb_array_elements(coalesce(r.details->'customer'->'contacts', '[]')) c where c->>'email' is not null) as "contactEmails"
       from registration r join account a on a.id = r.account_id join policy_document d on d.id = r.policy_id
      where r.partner_id = $1 order by r.submitted_at desc limit ${MAX_OWN_CASES}`,
    [partnerId],
  );
  return rows.map(({ accountId, ...row }) => ({ ...row, customer: typedFacts(accountId, row) }));
}

/** What matching compares of a customer as he was typed. */
export function typedFacts(accountId: string, customer: TypedCustomer): AccountFacts {
  return factsOf({
    accountId,
    enteredByPartnerId: null,
    origin: 'registration',
    legalName: customer.legalName,
    country: customer.country,
    webDomain: customer.webDomain,
    industry: null,
    addressLine1: customer.street,
    addressLine2: null,
    city: customer.city,
    region: null,
    postalCode: customer.postalCode,
    phone: customer.phone,
    contactEmails: customer.contactEmails,
    taxId: null,
    parentAccountId: null,
    engagement: null,
    createdAt: '',
  });
}

/** What a program asks about a partner, by his own eyes. */
export async function partnerFactsOf(sql: Sql, partnerId: string): Promise<PartnerFacts | null> {
  const rows = await sql.rows<PartnerFacts>(
    `select p.id as "partnerId", p.kind, p.tier, p.standing = 'good' as "inGoodStanding", p.trainings,
            coalesce((select json_agg(json_build_object('key', c.code, 'validUntilMs', (extract(epoch from c.valid_until) * 1000)::bigint) order by c.code)
                        from partner_certification c where c.partner_id = p.id), '[]') as certifications
       from partner p where p.id = $1`,
    [partnerId],
  );
  return rows[0] ?? null;
}
