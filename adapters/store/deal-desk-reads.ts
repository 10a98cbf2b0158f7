import type { PricingRole } from '../../domain/special-pricing/policy.ts';
import type { EndingRow } from '../../api/contract/deal-desk.ts';
import type { Sql } from './app-database.ts';

/** What the deal desk sees of special pricing. Vendor scope only. */

export interface DeskCellRow {
  readonly band_key: string;
  readonly role: PricingRole;
  readonly queue: string;
  readonly open: number;
  readonly paused: number;
  readonly late: number;
  readonly oldest: Date | null;
  readonly deals: readonly { readonly amountMinor: number; readonly currency: string }[];
}

/** The open questions by band and by the role that has them now, from the least authority: one that went to the manager is the manager's. */
export async function deskCells(
  sql: Sql,
  of: { at: string; roles: readonly PricingRole[] },
): Promise<DeskCellRow[]> {
  return sql.rows<DeskCellRow>(
    `with cell as (
       select facts ->> 'bandKey' as band_key, role, queue, coalesce(currency, '') as currency,
              count(*) filter (where status = 'open') as open, count(*) filter (where status = 'paused') as paused,
              count(*) filter (where status = 'open' and (breached_at is not null or due_at <= $1::timestamptz)) as late,
              min(opened_at) as oldest, coalesce(sum(amount_minor), 0)::bigint as deal
         from task where kind = 'pricing_approval' and status in ('open', 'paused') group by 1, 2, 3, 4)
     select band_key, role, queue, sum(open)::int as open, sum(paused)::int as paused, sum(late)::int as late, min(oldest) as oldest,
            json_agg(json_build_object('amountMinor', deal, 'currency', currency) order by currency) as deals
       from cell where band_key is not null group by 1, 2, 3
      order by array_position($2::text[], role), band_key, queue limit 500`,
    [of.at, of.roles],
  );
}

export interface DeskPersonRow {
  readonly id: string;
  readonly display_name: string;
  readonly roles: readonly PricingRole[];
  readonly holds: number;
  readonly decided7: number;
  readonly decided30: number;
}

/** Who may decide prices, or did so lately, the busiest first. Retracted decisions do not count. */
export async function deskPeople(
  sql: Sql,
  of: { at: string; roles: readonly PricingRole[]; limit: number },
): Promise<DeskPersonRow[]> {
  return sql.rows<DeskPersonRow>(
    `with held as (
       select coalesce(t.named_id, case when t.claimed_until > $1::timestamptz then t.claimed_by end) as person_id, count(*)::int as holds
         from task t where t.kind = 'pricing_approval' and t.status in ('open', 'paused') group by 1
     ), decided as (
       select d.actor_id as person_id, count(*)::int as decided30,
              count(*) filter (where d.decided_at > $1::timestamptz - interval '7 days')::int as decided7
         from decision d join task t on t.id = d.task_id and t.kind = 'pricing_approval'
        where d.decided_at > $1::timestamptz - interval '30 days' and d.decided_at <= $1::timestamptz and d.retracts is null
          and not exists (select from decision r where r.retracts = d.id)
        group by 1
     ), holder as (
       select r.person_id, array_agg(r.role order by array_position($2::text[], r.role)) as roles from person_role r
        where r.role = any ($2) and r.valid_from <= $1::timestamptz and r.valid_to > $1::timestamptz group by 1
     )
     select p.id, p.display_name, coalesce(o.roles, '{}') as roles, coalesce(h.holds, 0) as holds, coalesce(d.decided7, 0) as decided7,
            coalesce(d.decided30, 0) as decided30
       from person p left join holder o on o.person_id = p.id left join held h on h.person_id = p.id left join decided d on d.person_id = p.id
      where (o.person_id is not null and p.active) or h.person_id is not null or d.person_id is not null
      order by coalesce(h.holds, 0) desc, coalesce(d.decided30, 0) desc, p.display_name, p.id limit $3`,
    [of.at, of.roles, of.limit],
  );
}

/** How many requests wait for their partner, and for what. */
export async function deskPartners(sql: Sql): Promise<{ counterOffered: number; infoRequested: number }> {
  const [row] = await sql.rows<{ counterOffered: number; infoRequested: number }>(
    `select count(*) filter (where status = 'counter_offered')::int as "counterOffered",
            count(*) filter (where status = 'info_requested')::int as "infoRequested"
       from special_price_request where status in ('counter_offered', 'info_requested')`,
  );
  return row ?? { counterOffered: 0, infoRequested: 0 };
}

/** Requests that are not decided and agreements in force; the last day asked for is included. */
const ENDING = `
  select 'request' as what, s.id, s.reference, s.account_id, null as customer_name, s.partner_id, s.status,
         (s.valid_until + 1)::timestamp at time zone 'UTC' as ends_at, s.waiting_for
    from special_price_request s where s.status not in ('approved', 'rejected', 'withdrawn')
  union all
  select 'agreement', a.id, a.reference, a.account_id, a.customer_name, a.partner_id, a.status, a.valid_until, 'nobody'
    from pricing_agreement a where a.status = 'active'`;

export async function countEnding(
  sql: Sql,
  of: { at: string; until: string },
): Promise<{ requests: number; agreements: number }> {
  const [row] = await sql.rows<{ requests: number; agreements: number }>(
    `select count(*) filter (where what = 'request')::int as requests, count(*) filter (where what = 'agreement')::int as agreements
       from (${ENDING}) e where e.ends_at > $1::timestamptz and e.ends_at <= $2::timestamptz`,
    [of.at, of.until],
  );
  return row ?? { requests: 0, agreements: 0 };
}

export type EndingRecord = Omit<EndingRow, 'endsAt'> & { readonly endsAt: Date; readonly place: string };

/** What ends between two instants, the nearest first. */
export async function listEnding(
  sql: Sql,
  of: {
    at: string;
    until: string;
    after: { readonly place: string; readonly id: string } | null;
    limit: number;
  },
): Promise<EndingRecord[]> {
  return sql.rows<EndingRecord>(
    `select e.what, e.id, e.reference, coalesce(e.customer_name, c.legal_name) as "customerName", p.name as "partnerName", e.status, e.ends_at as "endsAt",
            e.waiting_for as "waitingFor", e.ends_at::text as place
       from (${ENDING}) e join partner p on p.id = e.partner_id join account c on c.id = e.account_id
      where e.ends_at > $1::timestamptz and e.ends_at <= $2::timestamptz and ($3::text is null or (e.ends_at, e.id) > ($3::timestamptz, $4))
      order by e.ends_at, e.id limit $5`,
    [of.at, of.until, of.after?.place ?? null, of.after?.id ?? null, of.limit],
  );
}
