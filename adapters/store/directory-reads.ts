import type { CalendarDefinition } from '../../api/contract/calendar.ts';
import type { DealRegistrationPolicy, PartnerKind } from '../../domain/deal-registration/policy.ts';
import type { Sql } from './app-database.ts';
import { containing } from './text-search.ts';

/** Reads of the directory: the vendor, programs with what is in force, products, partners, people, calendars. */

export async function vendorName(sql: Sql): Promise<string> {
  const rows = await sql.rows<{ vendor_name: string }>('select vendor_name from installation');
  return rows[0]?.vendor_name ?? 'The vendor';
}

export async function partnerName(sql: Sql, partnerId: string): Promise<string> {
  const rows = await sql.rows<{ name: string }>('select name from partner where id = $1', [partnerId]);
  return rows[0]?.name ?? '';
}

export interface ProgramRow {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly currency: string;
  readonly policy_id: string | null;
  readonly version: number | null;
  readonly body: DealRegistrationPolicy | null;
}

/** Programs with the policy in force; for a partner those he is enrolled in. */
export async function programsOf(
  sql: Sql,
  input: { partnerId: string | null; at: string },
): Promise<ProgramRow[]> {
  return await sql.rows<ProgramRow>(
    `select g.id, g.key, g.name, g.currency, d.id as policy_id, d.version, d.body
       from program g
       left join policy_document d on d.program_id = g.id and d.kind = 'deal-registration' and d.status = 'published'
            and tstzrange(d.effective_from, d.effective_to) @> $2::timestamptz
      where $1::text is null or exists (select 1 from partner_program e where e.program_id = g.id and e.partner_id = $1)
      order by g.name`,
    [input.partnerId, input.at],
  );
}

/** The calendar that each program's latest published policy counts in. */
export async function programCalendars(sql: Sql): Promise<{ programId: string; calendar: string }[]> {
  return await sql.rows(
    `select distinct on (program_id) program_id as "programId", body->>'calendarName' as calendar
       from policy_document where kind = 'deal-registration' and status = 'published' order by program_id, version desc`,
  );
}

/** A page of a list in the order of its names: at most `limit` rows behind the place where the page before ended. */
export interface NamedPage {
  /** Null: all. */
  readonly search: string | null;
  readonly after: { readonly place: string; readonly id: string } | null;
  readonly limit: number;
}

/** Its values: `$1` the pattern, `$2` and `$3` the place, `$4` the limit. */
export const placesOf = ({ search, after, limit }: NamedPage): unknown[] => [
  search === null || search === '' ? null : containing(search),
  after?.place ?? null,
  after?.id ?? null,
  limit,
];

export interface ProductRow {
  readonly sku: string;
  readonly name: string;
  readonly family: string;
  readonly familyName: string;
  readonly core: boolean;
}

const PRODUCT = `select p.sku, p.name, p.family, f.name as "familyName", f.core from product p join product_family f on f.key = p.family`;

/** Products by name, whose name, number or family has the words of the search. */
export async function productsPage(
  sql: Sql,
  input: NamedPage & { family: string | null },
): Promise<ProductRow[]> {
  return await sql.rows<ProductRow>(
    `${PRODUCT}
      where ($1::text is null or p.name ilike $1 or p.sku ilike $1 or f.name ilike $1)
        and ($2::text is null or (p.name, p.sku) > ($2, $3)) and ($5::text is null or p.family = $5)
      order by p.name, p.sku limit $4`,
    [...placesOf(input), input.family],
  );
}

/** The named products; those that are not there are left out. */
export async function productsNamed(sql: Sql, skus: readonly string[]): Promise<ProductRow[]> {
  return await sql.rows<ProductRow>(`${PRODUCT} where p.sku = any($1) order by p.name, p.sku`, [skus]);
}

export interface PartnerListRow {
  readonly id: string;
  readonly name: string;
  readonly tier: string;
  readonly country: string;
  readonly kind: PartnerKind;
  readonly standing: string;
}

/** Partners by name. Vendor scope. */
export async function partnersPage(
  sql: Sql,
  input: NamedPage & {
    tier: string | null;
    country: string | null;
    standing: string | null;
    kind: PartnerKind | null;
  },
): Promise<PartnerListRow[]> {
  return await sql.rows<PartnerListRow>(
    `select id, name, tier, country, kind, standing from partner
      where ($1::text is null or name ilike $1) and ($2::text is null or (name, id) > ($2, $3))
        and ($5::text is null or tier = $5) and ($6::text is null or country = $6) and ($7::text is null or standing = $7)
        and ($8::text is null or kind = $8)
      order by name, id limit $4`,
    [...placesOf(input), input.tier, input.country, input.standing, input.kind],
  );
}

export interface PersonListRow {
  readonly id: string;
  readonly displayName: string;
  readonly roles: string[];
  readonly limitMinor: number | null;
}

/** The vendor's active people who hold one of `roles` at an instant, by name. */
export async function peopleWith(
  sql: Sql,
  input: NamedPage & { roles: readonly string[]; at: string },
): Promise<PersonListRow[]> {
  return await sql.rows<PersonListRow>(
    `select p.id, p.display_name as "displayName", array_agg(r.role order by r.role) as roles,
            case when bool_or(r.limit_minor is null) then null else max(r.limit_minor) end as "limitMinor"
       from person p join person_role r on r.person_id = p.id and $6::timestamptz >= r.valid_from and $6::timestamptz < r.valid_to
      where p.side = 'vendor' and p.active and r.role = any($5)
        and ($1::text is null or p.display_name ilike $1) and ($2::text is null or (p.display_name, p.id) > ($2, $3))
      group by p.id, p.display_name order by p.display_name, p.id limit $4`,
    [...placesOf(input), input.roles, input.at],
  );
}

export async function calendarDefinitions(
  sql: Sql,
): Promise<{ name: string; definition: CalendarDefinition }[]> {
  return await sql.rows('select name, definition from calendar order by name');
}

export interface PersonRolesRow {
  readonly id: string;
  readonly displayName: string;
  readonly email: string;
  readonly side: 'vendor' | 'partner';
  readonly partnerName: string | null;
  readonly active: boolean;
  readonly roles: readonly {
    readonly role: string;
    readonly limitMinor: number | null;
    readonly limitCurrency: string | null;
    readonly validFrom: string | null;
    readonly validTo: string | null;
    readonly inForce: boolean;
  }[];
}

const MOST_PEOPLE = 5_000;

/** Everybody with his roles at an instant, the vendor's people first. Vendor scope only. */
export async function peopleWithRoles(sql: Sql, at: string): Promise<PersonRolesRow[]> {
  return await sql.rows<PersonRolesRow>(
    `select p.id, p.display_name as "displayName", p.email, p.side, t.name as "partnerName", p.active,
            coalesce((select json_agg(json_build_object('role', r.role, 'limitMinor', r.limit_minor, 'limitCurrency', r.limit_currency,
                        'validFrom', case when isfinite(r.valid_from) then r.valid_from end, 'validTo', case when isfinite(r.valid_to) then r.valid_to end,
                        'inForce', $1::timestamptz >= r.valid_from and $1::timestamptz < r.valid_to) order by r.role)
                        from person_role r where r.person_id = p.id), '[]') as roles
       from person p left join partner t on t.id = p.partner_id
      order by t.name nulls first, p.display_name, p.id limit ${MOST_PEOPLE}`,
    [at],
  );
}
