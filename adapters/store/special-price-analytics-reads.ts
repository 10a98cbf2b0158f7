import { discountClassBounds, endsWithoutWin } from '../../domain/special-pricing/outcome.ts';
import { pricingRoles } from '../../domain/special-pricing/policy.ts';
import type { PricingRole } from '../../domain/special-pricing/policy.ts';
import type { Sql } from './app-database.ts';

/*
 * Special prices in a period, added up in the database. Vendor scope only. Every share is of whole counts and is null without any; no
 * amount is converted: sums are given for each currency.
 */

export interface AnalyticsFilter {
  /** From this instant, and before `until`. */
  readonly since: string;
  readonly until: string;
  /** The instant of the reading: what is open is as old as this. */
  readonly at: string;
  readonly programId: string | null;
  readonly segment: string | null;
  readonly family: string | null;
}

const valuesOf = (of: AnalyticsFilter): unknown[] => [
  of.since,
  of.until,
  of.programId,
  of.segment,
  of.family,
];

/** Those that the API may read: the state of the case is the worker's. */
const COLUMNS =
  's.id, s.round, s.reference, s.partner_id, s.account_id, s.policy_id, s.status, s.currency, s.standard_minor, s.net_minor, s.submitted_at, s.decided_at';

/** $1 to $5 as in `valuesOf`; `at` is the column that the period is of. */
const REQUESTS = (at: string): string => `
  special_price_request s left join registration g on g.id = s.registration_id
   where s.${at} >= $1::timestamptz and s.${at} < $2::timestamptz and ($3::text is null or s.program_id = $3) and ($4::text is null or segment_of_registration(s.registration_id) = $4)
     and ($5::text is null or exists (select from special_price_line f where f.request_id = s.id and f.round = s.round and f.family = $5))`;

/** Segments of customers that a special price was asked for in the period, and every family. */
export async function analyticsChoices(
  sql: Sql,
  of: Pick<AnalyticsFilter, 'since' | 'until'>,
): Promise<{ segments: string[]; families: { key: string; name: string }[] }> {
  const segments = await sql.rows<{ segment: string }>(
    `select distinct segment from (select segment_of_registration(s.registration_id) as segment from special_price_request s
        where s.submitted_at >= $1::timestamptz and s.submitted_at < $2::timestamptz) x where segment is not null order by 1 limit 100`,
    [of.since, of.until],
  );
  return {
    segments: segments.map(({ segment }) => segment),
    families: await sql.rows('select key, name from product_family order by name, key limit 200'),
  };
}

export interface TimeRow {
  readonly name: string;
  readonly cases: number;
  readonly decided: number;
  readonly median: number | null;
  readonly p75: number | null;
}

/**
 * Median and third quartile by Kaplan–Meier over rows of `name`, `place` (in which order they are shown), `seconds`, `decided`: a case that is not decided was at risk as long as
 * it was open, and no longer. The survival is a product of shares, so a bound that it reaches exactly is looked for with a little room.
 */
const SURVIVAL = (cases: string): string => `
  with one as (${cases}),
  moment as (select name, seconds, min(place) as place, count(*) as all_of, count(*) filter (where decided) as decided from one group by 1, 2),
  risk as (select *, sum(all_of) over (partition by name order by seconds desc) as at_risk from moment),
  curve as (select *, case when decided = at_risk then 0
                           else exp(coalesce(sum(case when decided < at_risk then ln(1 - decided / at_risk::float8) end) over (partition by name order by seconds), 0)) end as open_share
              from risk)
  select name, sum(all_of)::int as cases, sum(decided)::int as decided,
         min(seconds) filter (where decided > 0 and open_share <= 0.5 + 1e-9)::int as median,
         min(seconds) filter (where decided > 0 and open_share <= 0.25 + 1e-9)::int as p75
    from curve group by name order by min(place) nulls last, name limit 200`;

/** From submission to the decision, by the band that a request was first routed to. */
export async function timeByBand(sql: Sql, of: AnalyticsFilter): Promise<TimeRow[]> {
  return sql.rows<TimeRow>(
    SURVIVAL(`
      select o.routing ->> 'bandKey' as name,
             (select b.place from jsonb_array_elements(y.body -> 'bands') with ordinality b (band, place) where b.band ->> 'key' = o.routing ->> 'bandKey') as place,
             greatest(extract(epoch from coalesce(x.decided_at, $6::timestamptz) - x.submitted_at), 0)::bigint as seconds,
             x.status in ('approved', 'rejected') as decided
        from (select ${COLUMNS} from ${REQUESTS('submitted_at')}) x join special_price_round o on o.request_id = x.id and o.round = 1
        join policy_document y on y.id = x.policy_id`),
    [...valuesOf(of), of.at],
  );
}

/** From the opening of a question to its decision, by the role that was asked first. */
export async function timeByTeam(sql: Sql, of: AnalyticsFilter): Promise<TimeRow[]> {
  return sql.rows<TimeRow>(
    SURVIVAL(`
      select t.facts ->> 'askedRole' as name, array_position($7::text[], t.facts ->> 'askedRole') as place,
             greatest(extract(epoch from coalesce(t.closed_at, $6::timestamptz) - t.opened_at), 0)::bigint as seconds,
             t.status = 'decided' as decided
        from task t join special_price_request s on s.id = t.case_id
       where t.kind = 'pricing_approval' and t.opened_at >= $1::timestamptz and t.opened_at < $2::timestamptz
         and ($3::text is null or s.program_id = $3) and ($4::text is null or segment_of_registration(s.registration_id) = $4)
         and ($5::text is null or exists (select from special_price_line f where f.request_id = s.id and f.round = s.round and f.family = $5))
         and t.facts ->> 'askedRole' is not null`),
    [...valuesOf(of), of.at, pricingRoles],
  );
}

/** By the week of submission: requests that were routed, and those that were approved without anybody being asked. */
export async function clearedByWeek(
  sql: Sql,
  of: AnalyticsFilter,
): Promise<{ weekStart: string; requests: number; cleared: number }[]> {
  return sql.rows(
    `select to_char(date_trunc('week', x.submitted_at at time zone 'UTC'), 'YYYY-MM-DD') as "weekStart", count(*)::int as requests,
            count(*) filter (where x.status = 'approved' and not exists (select from task t where t.case_id = x.id and t.kind = 'pricing_approval'))::int as cleared
       from (select ${COLUMNS} from ${REQUESTS('submitted_at')}) x
      where exists (select from special_price_round o where o.request_id = x.id) group by 1 order by 1`,
    valuesOf(of),
  );
}

/** Approved requests by class of discount (`discountClassBounds`, counted from 0), with what became of their deals. Compared exactly. */
export async function winsByDiscount(
  sql: Sql,
  of: AnalyticsFilter,
): Promise<{ place: number; approved: number; won: number; notWon: number }[]> {
  return sql.rows(
    `select (select count(*) from unnest($6::bigint[]) b where (x.standard_minor - x.net_minor)::numeric * 1000000 > x.standard_minor::numeric * b)::int as place,
            count(*)::int as approved, count(*) filter (where x.outcome = 'won')::int as won, count(*) filter (where x.outcome = any ($7))::int as "notWon"
       from (select s.standard_minor, s.net_minor, g.status as outcome from ${REQUESTS('decided_at')} and s.status = 'approved') x
      group by 1 order by 1`,
    [...valuesOf(of), discountClassBounds, endsWithoutWin],
  );
}

export interface CorridorRow {
  readonly sku: string;
  readonly productName: string;
  readonly segment: string | null;
  readonly lines: number;
  readonly lowPpm: number;
  readonly p10Ppm: number;
  readonly p50Ppm: number;
  readonly p90Ppm: number;
  readonly highPpm: number;
}

/** How far approved lines lie below list, by product and segment, by nearest rank; lines that list at nothing are left out. */
export async function corridors(sql: Sql, of: AnalyticsFilter, limit: number): Promise<CorridorRow[]> {
  return sql.rows<CorridorRow>(
    `with line as (
       select l.sku, x.segment, round((l.list_unit_minor::numeric * l.quantity - l.net_minor) * 1000000 / (l.list_unit_minor::numeric * l.quantity))::int as off
         from (select s.id, s.round, segment_of_registration(s.registration_id) as segment from ${REQUESTS('decided_at')} and s.status = 'approved') x
         join special_price_line l on l.request_id = x.id and l.round = x.round
        where l.list_unit_minor > 0 and ($5::text is null or l.family = $5))
     select c.*, coalesce(p.name, c.sku) as "productName" from (
       select sku, segment, count(*)::int as lines, min(off) as "lowPpm", percentile_disc(0.1) within group (order by off) as "p10Ppm",
              percentile_disc(0.5) within group (order by off) as "p50Ppm", percentile_disc(0.9) within group (order by off) as "p90Ppm", max(off) as "highPpm"
         from line group by 1, 2) c left join product p on p.sku = c.sku
      order by c.lines desc, c.sku, c.segment nulls last limit $6`,
    [...valuesOf(of), limit],
  );
}

/**
 * What each approved request was given beyond what its policy gives without asking: the discount off the standard net, less the part of
 * the standard net that the highest band which asks nobody allows (rounded down to a minor unit). By whose last word: the latest
 * approval of the round that was granted.
 */
const BEYOND = `
  select x.*, a.actor_id, a.role, h.display_name as by_name
    from (select s.id, s.round, s.reference, s.partner_id, s.account_id, s.decided_at, s.currency, s.standard_minor, s.net_minor,
                 s.standard_minor - s.net_minor - div(s.standard_minor::numeric * free.ppm, 1000000)::bigint as beyond_minor
            from (select ${COLUMNS} from ${REQUESTS('decided_at')} and s.status = 'approved') s join policy_document y on y.id = s.policy_id
            cross join lateral (select coalesce(max((b ->> 'toPpm')::int), 0) as ppm from jsonb_array_elements(y.body -> 'bands') b where b -> 'asks' = 'null') free) x
    left join lateral (select p.actor_id, p.role from special_price_approval p where p.request_id = x.id and p.round = x.round
                        order by p.at desc, p.step_no desc, p.role limit 1) a on true
    left join person h on h.id = a.actor_id
   where x.beyond_minor > 0`;

export async function leakageByPerson(
  sql: Sql,
  of: AnalyticsFilter,
): Promise<
  {
    personId: string | null;
    displayName: string | null;
    role: PricingRole | null;
    currency: string;
    requests: number;
    amountMinor: number;
  }[]
> {
  return sql.rows(
    `select actor_id as "personId", by_name as "displayName", role, currency, count(*)::int as requests, sum(beyond_minor)::bigint as "amountMinor"
       from (${BEYOND}) b group by 1, 2, 3, 4 order by 6 desc, 2, 4 limit 1000`,
    valuesOf(of),
  );
}

export interface BeyondRow {
  readonly requestId: string;
  readonly reference: string;
  readonly partnerName: string;
  readonly customerName: string;
  readonly decidedAt: Date;
  readonly bandKey: string;
  readonly currency: string;
  readonly standardMinor: number;
  readonly netMinor: number;
  readonly beyondMinor: number;
  readonly by: string | null;
  readonly role: PricingRole | null;
  readonly causes: readonly string[];
}

/** The largest ones, of each currency in turn: amounts of different currencies are not compared. */
export async function largestBeyond(sql: Sql, of: AnalyticsFilter, limit: number): Promise<BeyondRow[]> {
  return sql.rows<BeyondRow>(
    `select b.id as "requestId", b.reference, p.name as "partnerName", c.legal_name as "customerName", b.decided_at as "decidedAt",
            coalesce(o.routing ->> 'bandKey', '') as "bandKey", b.currency, b.standard_minor as "standardMinor", b.net_minor as "netMinor",
            b.beyond_minor as "beyondMinor", b.by_name as by, b.role,
            coalesce((select json_agg(distinct k ->> 'kind') from jsonb_array_elements(o.routing -> 'causes') k
                       where k ->> 'kind' not in ('discount_whole', 'discount_line')), '[]') as causes
       from (select *, row_number() over (partition by currency order by beyond_minor desc, id) as place from (${BEYOND}) z) b
       join partner p on p.id = b.partner_id join account c on c.id = b.account_id
       left join special_price_round o on o.request_id = b.id and o.round = b.round
      order by b.place, b.currency limit $6`,
    [...valuesOf(of), limit],
  );
}
