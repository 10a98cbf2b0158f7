import type { LineAction, LineOutcome, VerdictReason } from '../../domain/ship-and-debit/line.ts';
import type { MappingProfile } from '../../domain/ship-and-debit/mapping.ts';
import type { Sql } from './app-database.ts';
import { containing } from './text-search.ts';

/** Reads of claims, caps and the books. Row-level security limits each to what its reader may see. */

interface After {
  readonly place: string;
  readonly id: string;
}

export interface ClaimListRow {
  readonly id: string;
  readonly reference: string;
  readonly partnerId: string;
  readonly partnerName: string;
  readonly fileName: string;
  readonly profile: MappingProfile;
  readonly status: 'received' | 'judged' | 'refused';
  readonly receivedAt: Date;
  readonly place: string;
  readonly settledAt: Date | null;
  readonly parkedAt: Date | null;
  readonly granted: number;
  readonly cut: number;
  readonly refused: number;
  readonly faulty: number;
  readonly fault: { fault: string; row: number; column: string } | null;
  readonly totals: readonly { currency: string; units: number; amountMinor: number }[];
}

const CLAIM = `select c.id, c.reference, c.partner_id as "partnerId", p.name as "partnerName", c.file_name as "fileName", c.profile, c.status,
    c.received_at as "receivedAt", c.received_at::text as place, c.settled_at as "settledAt", c.parked_at as "parkedAt", c.lines_granted as granted,
    c.lines_cut as cut, c.lines_refused as refused, c.lines_faulty as faulty, c.fault,
    coalesce((select jsonb_agg(jsonb_build_object('currency', s.currency, 'units', s.units, 'amountMinor', s.amount) order by s.currency)
       from (select currency, sum(units) as units, sum(amount_minor) as amount from claim_settlement where claim_id = c.id group by currency) s), '[]') as totals
  from claim c join partner p on p.id = c.partner_id`;

export async function listClaims(
  sql: Sql,
  input: {
    status: string | null;
    partnerId: string | null;
    search: string | null;
    after: After | null;
    limit: number;
  },
): Promise<ClaimListRow[]> {
  return await sql.rows<ClaimListRow>(
    `${CLAIM}
      where ($1::text is null or c.status = $1) and ($2::text is null or c.partner_id = $2)
        and ($3::text is null or c.reference ilike $3 or c.file_name ilike $3 or p.name ilike $3)
        and ($4::timestamptz is null or (c.received_at, c.id) < ($4::timestamptz, $5))
      order by c.received_at desc, c.id desc limit $6`,
    [
      input.status,
      input.partnerId,
      input.search === null ? null : containing(input.search),
      input.after?.place ?? null,
      input.after?.id ?? null,
      input.limit,
    ],
  );
}

/** One claim; null when there is none, or it is another's. */
export async function findClaim(sql: Sql, id: string): Promise<ClaimListRow | null> {
  const rows = await sql.rows<ClaimListRow>(`${CLAIM} where c.id = $1`, [id]);
  return rows[0] ?? null;
}

const SHOWN_FAULTS = 200;

export async function faultsOf(
  sql: Sql,
  claimId: string,
): Promise<{ row: number; column: string; fault: string }[]> {
  return await sql.rows(
    `select row_no as row, column_name as "column", fault from claim_fault where claim_id = $1 order by row_no, column_name limit ${SHOWN_FAULTS}`,
    [claimId],
  );
}

/** What a claim comes to under each agreement; the reference is null where its reader may not look at the agreement. */
export async function settlementsOf(
  sql: Sql,
  claimId: string,
): Promise<{ reference: string | null; currency: string; units: number; amountMinor: number }[]> {
  return await sql.rows(
    `select max(a.reference) as reference, s.currency, sum(s.units)::bigint as units, sum(s.amount_minor)::bigint as "amountMinor"
       from claim_settlement s left join pricing_agreement a on a.id = s.agreement_id
      where s.claim_id = $1 group by s.agreement_id, s.currency order by s.agreement_id`,
    [claimId],
  );
}

export async function reasonsOf(
  sql: Sql,
  claimId: string,
): Promise<{ reason: VerdictReason; lines: number }[]> {
  return await sql.rows(
    `select reason, count(*)::int as lines from claim_verdict where claim_id = $1 and seq = 1 and reason is not null
      group by reason order by count(*) desc, reason`,
    [claimId],
  );
}

export interface ClaimLineRow {
  readonly row: number;
  readonly action: LineAction;
  readonly agreement: string;
  readonly customer: string;
  readonly customerCountry: string | null;
  readonly sku: string;
  readonly invoice: string;
  readonly invoiceLine: string;
  readonly saleDate: string;
  readonly quantity: number;
  readonly unitMinor: number;
  readonly currency: string;
  readonly outcome: LineOutcome;
  readonly reason: VerdictReason | null;
  readonly units: number;
  readonly supportUnitMinor: number | null;
  readonly amountMinor: number;
  readonly agreementCurrency: string | null;
}

/** Lines of a claim behind a row. A line's outcome is that of its latest verdict, its units and amount are the sum of all. */
export async function claimLines(
  sql: Sql,
  input: {
    claimId: string;
    outcome: string | null;
    reason: string | null;
    afterRow: number;
    limit: number;
  },
): Promise<ClaimLineRow[]> {
  return await sql.rows<ClaimLineRow>(
    `select l.row_no as row, l.action, l.agreement_ref as agreement, l.customer, l.customer_country as "customerCountry", l.sku, l.invoice,
            l.invoice_line as "invoiceLine", l.sale_date::text as "saleDate", l.quantity, l.unit_minor as "unitMinor", l.currency, v.outcome, v.reason,
            s.units, s."supportUnitMinor", s."amountMinor", c.currency as "agreementCurrency"
       from claim_line l
       join lateral (select outcome, reason, agreement_id from claim_verdict w where w.claim_id = l.claim_id and w.row_no = l.row_no order by seq desc limit 1) v on true
       join lateral (select sum(units)::int as units, (array_agg(support_unit_minor order by seq desc) filter (where support_unit_minor is not null))[1] as "supportUnitMinor",
                            sum(amount_minor)::bigint as "amountMinor"
                       from claim_verdict w where w.claim_id = l.claim_id and w.row_no = l.row_no) s on true
       left join claim_settlement c on c.claim_id = l.claim_id and c.agreement_id = v.agreement_id and c.seq = 1
      where l.claim_id = $1 and l.row_no > $2 and ($3::text is null or v.outcome = $3) and ($4::text is null or v.reason = $4)
      order by l.row_no limit $5`,
    [input.claimId, input.afterRow, input.outcome, input.reason, input.limit],
  );
}

export interface ClaimProfileRow {
  readonly partnerId: string;
  readonly partnerName: string;
  readonly format: 'csv' | 'x12';
  readonly version: number;
  readonly profile: MappingProfile;
  readonly createdAt: Date;
}

/** The newest profile of each distributor and format. */
export async function claimProfiles(sql: Sql, partnerId: string | null): Promise<ClaimProfileRow[]> {
  return await sql.rows<ClaimProfileRow>(
    `select distinct on (p.name, c.partner_id, c.format) c.partner_id as "partnerId", p.name as "partnerName", c.format, c.version, c.profile, c.created_at as "createdAt"
       from claim_profile c join partner p on p.id = c.partner_id
      where $1::text is null or c.partner_id = $1 order by p.name, c.partner_id, c.format, c.version desc`,
    [partnerId],
  );
}

export interface CapRow {
  readonly agreementId: string;
  readonly reference: string;
  readonly customer: string;
  readonly sku: string;
  readonly cap: number;
  readonly drawn: number;
  readonly validUntil: Date;
  readonly currency: string;
  readonly accruedMinor: number;
}

/** Caps of agreements that are active, by reference and product. */
export async function openCaps(
  sql: Sql,
  input: { search: string | null; after: After | null; limit: number },
): Promise<CapRow[]> {
  return await sql.rows<CapRow>(
    `select a.id as "agreementId", a.reference, a.customer_name as customer, l.sku, l.cap, coalesce(d.drawn, 0) as drawn, a.valid_until as "validUntil",
            a.currency, coalesce((select -sum(p.amount_minor) from ledger_account k join ledger_posting p on p.account_id = k.id
              where k.kind = 'support_accrued' and k.subject_id = a.id), 0)::bigint as "accruedMinor"
       from pricing_agreement a
       join lateral (select sku, sum(cap_quantity)::int as cap from pricing_agreement_line where agreement_id = a.id and version = a.version group by sku) l on true
       left join agreement_draw d on d.agreement_id = a.id and d.sku = l.sku
      where a.status = 'active' and ($1::text is null or a.reference ilike $1 or a.customer_name ilike $1 or l.sku ilike $1)
        and ($2::text is null or (a.reference, l.sku) > ($3, $2)) order by a.reference, l.sku limit $4`,
    [
      input.search === null ? null : containing(input.search),
      input.after?.place ?? null,
      input.after?.id ?? null,
      input.limit,
    ],
  );
}

export interface ObligationRow {
  readonly id: string;
  readonly partnerId: string;
  readonly partnerName: string;
  readonly program: string;
  readonly period: string;
  readonly kind: string;
  readonly currency: string;
  readonly amountMinor: number;
  readonly createdAt: Date;
  readonly place: string;
  readonly claimId: string | null;
  readonly claimReference: string | null;
}

export async function obligationsPage(
  sql: Sql,
  input: { partnerId: string | null; after: After | null; limit: number },
): Promise<ObligationRow[]> {
  return await sql.rows<ObligationRow>(
    `select o.id, o.partner_id as "partnerId", p.name as "partnerName", g.name as program, o.period, o.kind, o.currency, o.amount_minor as "amountMinor",
            o.created_at as "createdAt", o.created_at::text as place, c.id as "claimId", c.reference as "claimReference"
       from obligation o join partner p on p.id = o.partner_id join program g on g.id = o.program_id
       left join claim c on o.kind = 'ship_and_debit' and c.id = split_part(o.source_id, ':', 1)
      where ($1::text is null or o.partner_id = $1) and ($2::timestamptz is null or (o.created_at, o.id) < ($2::timestamptz, $3))
      order by o.created_at desc, o.id desc limit $4`,
    [input.partnerId, input.after?.place ?? null, input.after?.id ?? null, input.limit],
  );
}

export interface BalanceRow {
  readonly kind: string;
  readonly subjectId: string;
  readonly subject: string;
  readonly currency: string;
  readonly balanceMinor: number;
}

/** What accounts stand at before an instant; null: now. */
export async function balancesBefore(sql: Sql, before: string | null): Promise<BalanceRow[]> {
  return await sql.rows<BalanceRow>(
    `select k.kind, k.subject_id as "subjectId", coalesce(p.name, a.reference, g.name, k.subject_id) as subject, k.currency,
            sum(x.amount_minor)::bigint as "balanceMinor"
       from ledger_account k join ledger_posting x on x.account_id = k.id
       join ledger_transaction t on t.id = x.transaction_id and ($1::timestamptz is null or t.booked_at < $1)
       left join partner p on k.kind = 'partner_payable' and p.id = k.subject_id
       left join pricing_agreement a on k.kind = 'support_accrued' and a.id = k.subject_id
       left join program g on k.kind = 'support_expense' and g.id = k.subject_id
      group by 1, 2, 3, 4 order by 1, 3, 4`,
    [before],
  );
}
