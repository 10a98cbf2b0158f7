import pg from 'pg';
import { recountNameParts } from '../../adapters/store/account-matching.ts';
import { matchKeys, nameParts } from '../../domain/matching/keys.ts';
import type { Company } from './names.ts';

/** An account to be loaded; what is left out is unknown. */
export interface LoadedAccount extends Company {
  readonly webDomain?: string | null;
  readonly city?: string | null;
  readonly postalCode?: string | null;
  readonly phone?: string | null;
  /** Hexadecimal. */
  readonly taxIdHash?: string | null;
}

const ROWS_AT_ONCE = 10_000;

export const accountIdOf = (place: number): string => `acc_${String(place).padStart(26, '0')}`;

/** `unnest` takes no arrays of arrays, so the parts of a name travel as one text. */
const INSERTS = {
  account: `insert into account (id, origin, legal_name, country, web_domain, city, postal_code, phone, created_at)
    select id, 'import', name, country, domain, city, postal, phone, '2026-01-01T00:00:00Z'
      from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) as a (id, name, country, domain, city, postal, phone)`,
  standing: `insert into account_standing (account_id, canonical_id) select id, id from unnest($1::text[]) as id`,
  match: `insert into account_match (account_id, match_no, country, name_key, core_name, word_key, squashed_key, registrable_domain, tax_id_hash, phone_e164, city_key)
    overriding system value
    select id, no, country, name_key, core, words, squashed, domain, decode(tax, 'hex'), phone, city
      from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
        as m (id, no, country, name_key, core, words, squashed, domain, tax, phone, city)`,
  parts: `insert into account_name_part (part, match_no)
    select part, no from unnest($1::int[], $2::text[]) as n (no, parts), unnest(string_to_array(parts, ',')::int[]) as part`,
};

/**
 * Loads accounts as an import would leave them, in bulk, and prepares the tables for reading (statistics, counts of name
 * parts). `superuserUrl` because foreign keys are not checked row by row. Ids are `accountIdOf` of the place in the list.
 */
export const loadAccounts = async (input: {
  superuserUrl: string;
  accounts: readonly LoadedAccount[];
}): Promise<void> => {
  const client = new pg.Client({ connectionString: input.superuserUrl });
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    for (let from = 0; from < input.accounts.length; from += ROWS_AT_ONCE) {
      await loadSome(client, input.accounts.slice(from, from + ROWS_AT_ONCE), from);
    }
    await client.query('set session_replication_role = origin');
    await client.query(`select setval(pg_get_serial_sequence('account_match', 'match_no'), $1)`, [
      input.accounts.length + 1,
    ]);
    await client.query('begin');
    await recountNameParts(client);
    await client.query('commit');
    await client.query(
      'vacuum analyze account, account_standing, account_match, account_name_part, account_name_part_count',
    );
  } finally {
    await client.end();
  }
};

const loadSome = async (client: pg.Client, some: readonly LoadedAccount[], from: number): Promise<void> => {
  const ids = some.map((_, place) => accountIdOf(from + place));
  const numbers = some.map((_, place) => from + place);
  const keys = some.map((one) =>
    matchKeys({
      legalName: one.legalName,
      country: one.country,
      phone: one.phone ?? null,
      city: one.city ?? null,
    }),
  );
  const column = <Value>(pick: (one: LoadedAccount) => Value): Value[] => some.map(pick);
  await client.query(INSERTS.account, [
    ids,
    column(({ legalName }) => legalName),
    column(({ country }) => country),
    column(({ webDomain }) => webDomain ?? null),
    column(({ city }) => city ?? null),
    column(({ postalCode }) => postalCode ?? null),
    column(({ phone }) => phone ?? null),
  ]);
  await client.query(INSERTS.standing, [ids]);
  await client.query(INSERTS.match, [
    ids,
    numbers,
    column(({ country }) => country),
    keys.map(({ nameKey }) => nameKey),
    keys.map(({ coreName }) => coreName),
    keys.map(({ wordKey }) => wordKey),
    keys.map(({ squashedKey }) => squashedKey),
    column(({ webDomain }) => webDomain ?? null),
    column(({ taxIdHash }) => taxIdHash ?? null),
    keys.map(({ phoneE164 }) => phoneE164),
    keys.map(({ cityKey }) => cityKey),
  ]);
  await client.query(INSERTS.parts, [numbers, keys.map(({ coreName }) => nameParts(coreName).join(','))]);
};
