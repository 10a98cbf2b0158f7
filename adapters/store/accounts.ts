import { historyOfRecords } from '../../domain/deal-registration/facts.ts';
import type { CustomerRecord } from '../../domain/deal-registration/facts.ts';
import type { AccountFacts } from '../../domain/matching/facts.ts';
import { KEYS_VERSION, matchKeys, nameParts } from '../../domain/matching/keys.ts';
import type { SealedTaxId } from '../../domain/sealed-tax-id.ts';
import { contactDomains, registrableDomain } from '../registrable-domain.ts';
import { forgetName, indexName } from './name-index.ts';
import type { SqlClient } from './transaction.ts';

/**
 * Customer accounts as they were entered, and the vendor's direct deals at work. Written by the worker, inside the
 * transaction of the process that brings them.
 */

/** What stays of a stored tax id while other facts of the customer are corrected; its cipher is not touched. */
export type KeptTaxId = Pick<SealedTaxId, 'hash' | 'last2'>;

/** A customer as a partner's registration or an import states it. */
export interface EnteredAccount {
  readonly accountId: string;
  /** Null for rows of the vendor's own import. */
  readonly enteredByPartnerId: string | null;
  readonly origin: 'registration' | 'import';
  readonly legalName: string;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  readonly webDomain: string | null;
  readonly industry: string | null;
  readonly addressLine1: string | null;
  readonly addressLine2: string | null;
  readonly city: string | null;
  readonly region: string | null;
  readonly postalCode: string | null;
  readonly phone: string | null;
  /** Addresses, or their domains alone: only these are kept here. */
  readonly contactEmails: readonly string[];
  /** Null removes a stored one. */
  readonly taxId: SealedTaxId | KeptTaxId | null;
  readonly parentAccountId: string | null;
  readonly engagement: 'direct' | 'channel' | 'shared' | null;
  /** ISO instant: when the customer was entered, or the original date of an import. */
  readonly createdAt: string;
}

/** An id was used again for another partner's account: never overwritten. */
export class AccountBelongsElsewhere extends Error {
  readonly accountId: string;

  constructor(accountId: string) {
    super(`Account ${accountId} was entered by somebody else and is not overwritten.`);
    this.name = 'AccountBelongsElsewhere';
    this.accountId = accountId;
  }
}

/**
 * Stores an account with its matching keys. Repeating it with the same id sets the same values again
 * (absolute, never a delta), so a correction is the same call; the canonical account stays as it is.
 * Throws `AccountBelongsElsewhere`.
 */
export async function saveAccount(client: SqlClient, entered: EnteredAccount): Promise<void> {
  const { taxId } = entered;
  const sealed = taxId !== null && 'cipher' in taxId ? taxId : null;
  const { rows } = await client.query(
    `with saved as (
       insert into account (id, entered_by_partner_id, origin, legal_name, country, web_domain, industry,
         address_line1, address_line2, city, region, postal_code, phone, tax_id_last2, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
       on conflict (id) do update set legal_name = excluded.legal_name, country = excluded.country,
         web_domain = excluded.web_domain, industry = excluded.industry, address_line1 = excluded.address_line1,
         address_line2 = excluded.address_line2, city = excluded.city, region = excluded.region,
         postal_code = excluded.postal_code, phone = excluded.phone, tax_id_last2 = excluded.tax_id_last2
         where account.entered_by_partner_id is not distinct from excluded.entered_by_partner_id
       returning id
     ), standing as (
       insert into account_standing (account_id, canonical_id, parent_account_id, engagement) select id, id, $16, $17 from saved
       on conflict (account_id) do update
         set parent_account_id = excluded.parent_account_id, engagement = excluded.engagement
     ), unsealed as (
       delete from account_tax_id t using saved where t.account_id = saved.id and $18
     ), sealed as (
       insert into account_tax_id (account_id, key_id, cipher) select id, $19, decode($20, 'base64') from saved where $19::text is not null
       on conflict (account_id) do update set key_id = excluded.key_id, cipher = excluded.cipher
     )
     select from saved`,
    [
      entered.accountId,
      entered.enteredByPartnerId,
      entered.origin,
      entered.legalName,
      entered.country,
      entered.webDomain,
      entered.industry,
      entered.addressLine1,
      entered.addressLine2,
      entered.city,
      entered.region,
      entered.postalCode,
      entered.phone,
      taxId?.last2 ?? null,
      entered.createdAt,
      entered.parentAccountId,
      entered.engagement,
      taxId === null,
      sealed?.keyId ?? null,
      sealed?.cipher ?? null,
    ],
  );
  if (rows.length === 0) throw new AccountBelongsElsewhere(entered.accountId);
  await saveMatchKeys(client, factsOf(entered));
}

/** What is stored of an account's tax id, to be kept through a correction; null when there is none. */
export async function keptTaxId(client: SqlClient, accountId: string): Promise<KeptTaxId | null> {
  const { rows } = await client.query(
    `select encode(m.tax_id_hash, 'hex') as hash, coalesce(a.tax_id_last2, '') as last2
       from account a join account_match m on m.account_id = a.id where a.id = $1 and m.tax_id_hash is not null`,
    [accountId],
  );
  return (rows as KeptTaxId[])[0] ?? null;
}

/**
 * Writes what an account is found by: its keys, and its name into the index. A repetition with the same name and the same
 * rules touches the keys alone.
 */
export async function saveMatchKeys(client: SqlClient, facts: AccountFacts): Promise<void> {
  const keys = matchKeys(facts);
  const { rows } = await client.query(
    `with known as (select core_name, whole_name, keys_version from account_match where account_id = $1)
     insert into account_match (account_id, country, name_key, core_name, word_key, squashed_key,
       registrable_domain, tax_id_hash, phone_e164, city_key, contact_domains, whole_name, keys_version)
     values ($1, $2, $3, $4, $5, $6, $7, decode($8, 'hex'), $9, $10, $11, $12, $13)
     on conflict (account_id) do update set country = excluded.country, name_key = excluded.name_key,
       core_name = excluded.core_name, word_key = excluded.word_key, squashed_key = excluded.squashed_key,
       registrable_domain = excluded.registrable_domain, tax_id_hash = excluded.tax_id_hash,
       phone_e164 = excluded.phone_e164, city_key = excluded.city_key, contact_domains = excluded.contact_domains,
       whole_name = excluded.whole_name, keys_version = excluded.keys_version
     returning match_no as "matchNo", (select core_name from known) as "coreName", (select whole_name from known) as "wholeName",
       (select keys_version from known) as "keysVersion"`,
    [
      facts.accountId,
      facts.country,
      keys.nameKey,
      keys.coreName,
      keys.wordKey,
      keys.squashedKey,
      facts.registrableDomain,
      facts.taxIdHash,
      keys.phoneE164,
      keys.cityKey,
      facts.contactDomains,
      keys.wholeName,
      KEYS_VERSION,
    ],
  );
  const [known] = rows as [WrittenKeys];
  const sameRules = known.keysVersion === KEYS_VERSION;
  if (sameRules && known.coreName === keys.coreName && known.wholeName === keys.wholeName) return;
  if (known.coreName !== null && known.wholeName !== null && sameRules)
    await forgetName(client, {
      matchNo: known.matchNo,
      parts: nameParts({ coreName: known.coreName, wholeName: known.wholeName }),
    });
  await indexName(client, { matchNo: known.matchNo, parts: nameParts(keys) });
}

/** The account's number, and what stood in its place before; null where nothing did. */
interface WrittenKeys {
  readonly matchNo: number;
  readonly coreName: string | null;
  readonly wholeName: string | null;
  readonly keysVersion: number | null;
}

/** The facts that matching compares, derived from what was entered. */
export function factsOf(entered: EnteredAccount): AccountFacts {
  return {
    accountId: entered.accountId,
    legalName: entered.legalName,
    country: entered.country,
    registrableDomain: entered.webDomain === null ? null : registrableDomain(entered.webDomain),
    contactDomains: contactDomains(entered.contactEmails),
    addressLine1: entered.addressLine1,
    city: entered.city,
    postalCode: entered.postalCode,
    phone: entered.phone,
    taxIdHash: entered.taxId?.hash ?? null,
    taxIdLast2: entered.taxId?.last2 ?? null,
    parentAccountId: entered.parentAccountId,
  };
}

/** A deal of the vendor's own sales force, as the CRM export states it. */
export interface DirectDeal {
  readonly directDealId: string;
  readonly accountId: string;
  readonly productFamily: string;
  readonly stage: string;
  /** ISO instant. */
  readonly lastEngagedAt: string;
  /** The deal's id in the system it came from: importing it again updates it. */
  readonly sourceRef: string;
  readonly importBatchId: string | null;
}

/**
 * Direct deals on any of the accounts (or on rows a person called the same company) in one of the product
 * families, engaged at or after `sinceAt`; latest first.
 */
export async function directDealsEngagedSince(
  client: SqlClient,
  input: { accountIds: readonly string[]; productFamilies: readonly string[]; sinceAt: string },
): Promise<DirectDeal[]> {
  const { rows } = await client.query(
    `select d.id as "directDealId", d.account_id as "accountId", d.product_family as "productFamily", d.stage,
            to_char(d.last_engaged_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "lastEngagedAt",
            d.source_ref as "sourceRef", d.import_batch_id as "importBatchId"
       from direct_deal d
      where d.account_id in (
              select s.account_id from account_standing s
               where s.canonical_id in (select own.canonical_id from account_standing own where own.account_id = any ($1)))
        and d.product_family = any ($2) and d.last_engaged_at >= $3
      order by d.last_engaged_at desc, d.id`,
    [input.accountIds, input.productFamilies, input.sinceAt],
  );
  return rows as DirectDeal[];
}

/** What the vendor's records say about any of these accounts, together; unknown where they say nothing. */
export async function readCustomerHistory(
  client: SqlClient,
  accountIds: readonly string[],
): Promise<CustomerRecord> {
  const { rows } = await client.query(
    `select h.has_bought as "hasBought", h.owned_families as "ownedFamilies", h.managing_partner_id as "managingPartnerId", h.segment
       from customer_history h
      where h.account_id in (select s.account_id from account_standing s where s.canonical_id in
              (select o.canonical_id from account_standing o where o.account_id = any ($1)))
      order by h.account_id`,
    [accountIds],
  );
  return historyOfRecords(rows as CustomerRecord[]);
}
