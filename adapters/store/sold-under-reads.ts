import type { AgreementVersionKind } from '../../domain/special-pricing/status.ts';
import type { Sql } from './app-database.ts';

/* What was sold under an agreement, as those may know who see the agreement: row-level security and `sold_under` keep the rest back. */

/** Units drawn by accepted claims, by product. */
export async function drawnUnder(sql: Sql, agreementId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.rows<{ sku: string; drawn: number }>(
    'select sku, drawn from agreement_draw where agreement_id = $1',
    [agreementId],
  );
  return new Map(rows.map(({ sku, drawn }) => [sku, drawn]));
}

/** Units that are supported, by what they were sold and supported for; what was paid and supported is null for a partner. */
export interface SoldRow {
  readonly sku: string;
  readonly saleDate: string;
  readonly receivedOn: string;
  readonly unitMinor: number | null;
  readonly supportUnitMinor: number | null;
  readonly transactions: number;
  readonly units: number;
}

export async function soldUnder(sql: Sql, agreementId: string): Promise<SoldRow[]> {
  return await sql.rows<SoldRow>(
    `select sku, sale_date::text as "saleDate", received_on::text as "receivedOn", unit_minor as "unitMinor",
            support_unit_minor as "supportUnitMinor", transactions, units from sold_under($1) order by sku, sale_date`,
    [agreementId],
  );
}

/** What a version changed of what was sold before it, as it was booked. */
export interface CorrectionRow {
  readonly version: number;
  readonly transactions: number;
  readonly units: number;
  readonly bySku: readonly { readonly sku: string; readonly transactions: number; readonly units: number }[];
  /** In minor units of the agreement's currency; null for a partner. */
  readonly correctedMinor: number | null;
}

export async function correctionsOf(sql: Sql, agreementId: string): Promise<CorrectionRow[]> {
  return await sql.rows<CorrectionRow>(
    `select c.version, c.transactions, c.units, c.by_sku as "bySku", a.corrected_minor as "correctedMinor"
       from agreement_correction c left join agreement_accrual a on a.agreement_id = c.agreement_id and a.version = c.version and a.cause = 'version'
      where c.agreement_id = $1 order by c.version`,
    [agreementId],
  );
}

/** A version of an agreement as claims are judged by it, and list prices by product and the day from which they hold. */
export interface AgreedVersionRow {
  readonly version: number;
  readonly kind: AgreementVersionKind;
  readonly requestId: string | null;
  readonly fromDay: string;
  readonly agreedOn: string;
  readonly lines: readonly {
    readonly sku: string;
    readonly netUnitMinor: number;
    readonly approvedCostMinor: number;
    readonly capQuantity: number;
  }[];
}

export interface AgreedRow {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly versions: readonly AgreedVersionRow[];
  readonly listPrices: readonly {
    readonly fromDay: string;
    readonly prices: Readonly<Record<string, number>>;
  }[];
}

/** An agreement as the units sold under it are looked at; null where there is none that the reader sees. */
export async function agreedUnder(sql: Sql, agreementId: string): Promise<AgreedRow | null> {
  const rows = await sql.rows<AgreedRow>(
    `select to_char(a.valid_from at time zone 'UTC', 'YYYY-MM-DD') as "firstDay",
            to_char((a.valid_until - interval '1 millisecond') at time zone 'UTC', 'YYYY-MM-DD') as "lastDay",
            (select jsonb_agg(jsonb_build_object('version', w.version, 'kind', w.kind, 'requestId', w.request_id,
                      'fromDay', to_char(w.applies_from at time zone 'UTC', 'YYYY-MM-DD'),
                      'agreedOn', to_char(w.created_at at time zone 'UTC', 'YYYY-MM-DD'),
                      'lines', (select coalesce(jsonb_agg(jsonb_build_object('sku', l.sku, 'netUnitMinor', l.net_unit_minor,
                                  'approvedCostMinor', l.approved_cost_minor, 'capQuantity', l.cap_quantity) order by l.line_no), '[]')
                                  from pricing_agreement_line l where l.agreement_id = w.agreement_id and l.version = w.version)) order by w.version)
               from pricing_agreement_version w where w.agreement_id = a.id) as versions,
            coalesce((select jsonb_agg(jsonb_build_object('fromDay', to_char(v.effective_from at time zone 'UTC', 'YYYY-MM-DD'),
                      'prices', coalesce((select jsonb_object_agg(e.sku, e.list_minor) from price_entry e where e.version_id = v.id
                         and e.sku in (select sku from pricing_agreement_line where agreement_id = a.id)), '{}')) order by v.effective_from)
               from price_book_version v where v.status = 'published' and v.price_book_id = (select b.price_book_id from special_price_request r
                 join price_book_version b on b.id = r.price_book_version_id where r.id = a.request_id)), '[]') as "listPrices"
       from pricing_agreement a where a.id = $1`,
    [agreementId],
  );
  return rows[0] ?? null;
}
