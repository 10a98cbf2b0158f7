import type { PastRequest } from '../../domain/special-pricing/dry-run.ts';
import type { Sql } from './app-database.ts';

/** Past requests as they were first asked, for comparing matrices. Vendor scope only: costs and deals are its own. */

/** A request of a page, and where the next one begins. */
export type PastRequestRow = PastRequest & { readonly place: string };

/**
 * Requests of a program that were routed, the newest first: `limit` of those behind `after`, with the lines of their first round. Routed
 * late or withdrawn before, a request asked nobody, and is not among them.
 */
export async function pastRequests(
  sql: Sql,
  of: {
    programId: string;
    since: string;
    after: { readonly place: string; readonly id: string } | null;
    limit: number;
  },
): Promise<PastRequestRow[]> {
  const rows = await sql.rows<Omit<PastRequestRow, 'submittedAt'> & { submittedAt: Date }>(
    // The page is cut first: only its requests are looked up elsewhere.
    `with page as materialized (
       select s.id, s.reference, s.partner_id, s.account_id, s.submitted_at, s.currency from special_price_request s
        where s.program_id = $1 and s.submitted_at >= $2::timestamptz ${of.after === null ? '' : 'and (s.submitted_at, s.id) < ($4::timestamptz, $5)'}
          and exists (select from special_price_round o where o.request_id = s.id and o.round = 1)
        order by s.submitted_at desc, s.id desc limit $3)
     select s.id as "requestId", s.reference, p.name as "partnerName", a.legal_name as "customerName", s.submitted_at as "submittedAt", s.currency,
            t.lump_minor as "lumpMinor", t.exception_keys as "exceptionKeys", o.deal_minor as "dealMinor", o.deal_currency as "dealCurrency",
            s.submitted_at::text as place,
            (select json_agg(json_build_object('family', l.family, 'quantity', l.quantity, 'listUnitMinor', l.list_unit_minor, 'costUnitMinor', c.cost_unit_minor,
               'tierPpm', l.tier_ppm, 'registrationPpm', l.registration_ppm, 'special', l.special) order by l.line_no)
               from special_price_line l left join special_price_line_cost c using (request_id, round, line_no)
              where l.request_id = s.id and l.round = 1) as lines
       from page s join special_price_round o on o.request_id = s.id and o.round = 1
       join special_price_terms t on t.request_id = s.id and t.round = 1
       join partner p on p.id = s.partner_id join account a on a.id = s.account_id
      order by s.submitted_at desc, s.id desc`,
    [of.programId, of.since, of.limit, ...(of.after === null ? [] : [of.after.place, of.after.id])],
  );
  return rows.map((row) => ({ ...row, submittedAt: row.submittedAt.toISOString() }));
}
