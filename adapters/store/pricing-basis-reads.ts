import type { AgreementBasis, PricingBasis, RegistrationBasis } from '../../domain/special-pricing/asked.ts';
import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import type { Sql } from './app-database.ts';

/*
 * What a request for a special price is held against, read for a step and for the preview alike. Row-level security decides what is
 * there: in a partner's scope costs are not, and other partners' registrations and agreements are not either.
 */

/** A special pricing policy in the version in force for a program at an instant; null when it has none. */
export async function pricingPolicyInForce(
  sql: Sql,
  input: { programId: string; at: string },
): Promise<{ id: string; version: number; body: SpecialPricingPolicy } | null> {
  const rows = await sql.rows<{ id: string; version: number; body: SpecialPricingPolicy }>(
    `select id, version, body from policy_document where program_id = $1 and kind = 'special-pricing' and status = 'published'
        and tstzrange(effective_from, effective_to) @> $2::timestamptz`,
    [input.programId, input.at],
  );
  return rows[0] ?? null;
}

/** What a request names, as far as prices depend on it. */
export interface BasisOf {
  readonly partnerId: string;
  readonly programId: string;
  readonly policy: { readonly id: string; readonly version: number; readonly body: SpecialPricingPolicy };
  /** Null: that of the program. */
  readonly currency: string | null;
  readonly registrationId: string | null;
  readonly agreementId: string | null;
  readonly distributorId: string | null;
  readonly skus: readonly string[];
  readonly at: string;
}

/**
 * The price book that is in force for a partner's country and a currency: one that is for his country, else one that is for all
 * that have none of their own. It is the version of the instant; a round that is priced later takes the version of then.
 */
const BOOK = `
  select v.id as "versionId", v.version from price_book b
    join price_book_version v on v.price_book_id = b.id and v.status = 'published' and v.effective_from <= $3::timestamptz
   where b.currency = $2 and (b.countries = '{}' or $1 = any (b.countries))
   order by b.countries = '{}', b.region, v.effective_from desc limit 1`;

export async function readPricingBasis(sql: Sql, of: BasisOf): Promise<PricingBasis> {
  const [partner] = await sql.rows<{
    country: string;
    tier: string;
    enrolled: boolean;
    in_good_standing: boolean;
    currency: string;
  }>(
    `select p.country, p.tier, p.standing = 'good' as in_good_standing, coalesce($3, g.currency) as currency,
            exists (select from partner_program pp where pp.partner_id = p.id and pp.program_id = g.id) as enrolled
       from partner p, program g where p.id = $1 and g.id = $2`,
    [of.partnerId, of.programId, of.currency],
  );
  const currency = partner?.currency ?? of.currency ?? '';
  const [book] = await sql.rows<{ versionId: string; version: number }>(BOOK, [
    partner?.country ?? '',
    currency,
    of.at,
  ]);
  const entries =
    book === undefined
      ? []
      : await sql.rows<{
          sku: string;
          name: string;
          family: string;
          listMinor: number;
          costMinor: number | null;
        }>(
          `select e.sku, p.name, p.family, e.list_minor as "listMinor", c.cost_minor as "costMinor"
             from price_entry e join product p on p.sku = e.sku
             left join price_cost c on c.version_id = e.version_id and c.sku = e.sku
            where e.version_id = $1 and e.sku = any ($2)`,
          [book.versionId, [...new Set(of.skus)]],
        );
  return {
    programId: of.programId,
    policyId: of.policy.id,
    policyVersion: of.policy.version,
    policy: of.policy.body,
    partner: {
      id: of.partnerId,
      tier: partner?.tier ?? '',
      enrolled: partner?.enrolled ?? false,
      inGoodStanding: partner?.in_good_standing ?? false,
    },
    currency,
    book: book ?? null,
    entries: new Map(entries.map(({ sku, ...entry }) => [sku, entry])),
    registration: of.registrationId === null ? null : await registrationBasis(sql, of.registrationId),
    agreement: of.agreementId === null ? null : await agreementBasis(sql, of.agreementId),
    distributor:
      of.distributorId === null
        ? null
        : { id: of.distributorId, related: await isRelated(sql, of, of.distributorId) },
  };
}

/** Rates as they were approved or amended last; a rate that nobody set (above the last band) is none. */
async function registrationBasis(sql: Sql, id: string): Promise<RegistrationBasis | null> {
  const [row] = await sql.rows<{
    partner_id: string;
    status: string;
    account_id: string;
    protected_until_ms: number | null;
    seq: number | null;
    discounts: { sku: string; ratePpm: number | null }[] | null;
  }>(
    `select r.partner_id, r.status, r.account_id, e.seq, e.discounts,
            case when isfinite(r.protected_until) then (extract(epoch from r.protected_until) * 1000)::bigint end as protected_until_ms
       from registration r left join lateral (
         select seq, facts -> 'discounts' as discounts from process_event
          where case_id = r.id and kind in ('approved', 'amended', 'amendment_decided') and facts ? 'discounts'
          order by seq desc limit 1) e on true
      where r.id = $1`,
    [id],
  );
  if (row === undefined) return null;
  return {
    id,
    partnerId: row.partner_id,
    approved: row.status === 'approved',
    accountId: row.account_id,
    protectedUntilMs: row.protected_until_ms,
    discounts: new Map(
      (row.discounts ?? []).flatMap(({ sku, ratePpm }): [string, number][] =>
        ratePpm === null ? [] : [[sku, ratePpm]],
      ),
    ),
    discountSeq: row.seq ?? 0,
  };
}

async function agreementBasis(sql: Sql, id: string): Promise<AgreementBasis | null> {
  const [row] = await sql.rows<AgreementBasis>(
    `select id, partner_id as "partnerId", status = 'active' as active, version, account_id as "accountId",
            registration_id as "registrationId", currency from pricing_agreement where id = $1`,
    [id],
  );
  return row ?? null;
}

async function isRelated(sql: Sql, of: BasisOf, distributorId: string): Promise<boolean> {
  const rows = await sql.rows(
    `select from distributor_relation where distributor_id = $1 and reseller_id = $2
        and daterange(from_date, to_date, '[]') @> ($3::timestamptz at time zone 'UTC')::date`,
    [distributorId, of.partnerId, of.at],
  );
  return rows.length > 0;
}

/** A request that counts as one deal with the one at hand. */
export interface SameDealRow {
  readonly requestId: string;
  readonly reference: string;
  readonly partnerName: string;
  readonly status: string;
  readonly netMinor: number;
  readonly currency: string;
  readonly submittedAt: string;
}

/**
 * Requests for these customers since an instant that are open or approved, oldest first; of an agreement that was changed the last
 * approved one. In a partner's scope they are his own. Left out is the request itself, and what it changes.
 */
export async function readSameDeal(
  sql: Sql,
  input: {
    accountIds: readonly string[];
    since: string;
    exceptRequestId: string | null;
    exceptAgreementId: string | null;
  },
): Promise<SameDealRow[]> {
  return sql.rows<SameDealRow>(
    `select s.id as "requestId", s.reference, coalesce(p.name, '') as "partnerName", s.status, s.net_minor as "netMinor", s.currency,
            to_char(s.submitted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "submittedAt"
       from special_price_request s left join partner p on p.id = s.partner_id
      where s.account_id = any ($1) and s.submitted_at >= $2::timestamptz and s.id is distinct from $3
        and (s.agreement_id is null or s.agreement_id is distinct from $4)
        and (s.status in ('submitted', 'pending_approval', 'info_requested', 'counter_offered')
             or (s.status = 'approved' and not exists (select from special_price_request n
                   where n.agreement_id = s.agreement_id and n.status = 'approved' and n.decided_at > s.decided_at)))
      order by s.submitted_at, s.id`,
    [input.accountIds, input.since, input.exceptRequestId, input.exceptAgreementId],
  );
}

/** Every published rate that had begun by a day (UTC) and is of one of these currencies to or from another one. */
export async function readRates(
  sql: Sql,
  input: { currencies: readonly string[]; other: string; on: string },
): Promise<{ base: string; quote: string; validFrom: string; rateE9: number; source: string }[]> {
  const currencies = input.currencies.filter((one) => one !== input.other);
  if (currencies.length === 0) return [];
  return sql.rows(
    `select base, quote, valid_from::text as "validFrom", rate_e9 as "rateE9", source from exchange_rate
      where valid_from <= $3::date and ((base = any ($1) and quote = $2) or (base = $2 and quote = any ($1)))`,
    [currencies, input.other, input.on],
  );
}
