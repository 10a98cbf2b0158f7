import pg from 'pg';
import { KEYS_VERSION, matchKeys, nameParts } from '../../domain/matching/keys.ts';
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

const INSERTS = {
  account: `insert into account (id, origin, legal_name, country, web_domain, city, postal_code, phone, created_at)
    select id, 'import', name, country, domain, city, postal, phone, '2026-01-01T00:00:00Z'
      from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) as a (id, name, country, domain, city, postal, phone)`,
  standing: `insert into account_standing (account_id, canonical_id) select id, id from unnest($1::text[]) as id`,
  match: `insert into account_match (account_id, match_no, country, name_key, core_name, word_key, squashed_key, registrable_domain, tax_id_hash, phone_e164, city_key, whole_name, keys_version)
    overriding system value
    select id, no, country, name_key, core, words, squashed, domain, decode(tax, 'hex'), phone, city, whole, $13
      from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
        as m (id, no, country, name_key, core, words, squashed, domain, tax, phone, city, whole)`,
  postings: `insert into account_name_posting (part, accounts, match_nos)
    select part, length(nos) / 4, nos from unnest($1::int[], $2::bytea[]) as p (part, nos)`,
};

/**
 * Loads accounts as an import would leave them with their names packed, in bulk, and prepares the tables for reading (statistics). `superuserUrl` because foreign keys are not checked row by row. Ids are `accountIdOf` of the place in the list.
 */
export const loadAccounts = async (input: {
  superuserUrl: string;
  accounts: readonly LoadedAccount[];
}): Promise<void> => {
  const client = new pg.Client({ connectionString: input.superuserUrl });
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    const postings = new Map<number, number[]>();
    for (let from = 0; from < input.accounts.length; from += ROWS_AT_ONCE) {
      await loadSome({ client, some: input.accounts.slice(from, from + ROWS_AT_ONCE), from, postings });
    }
    await loadPostings(client, [...postings]);
    await client.query('set session_replication_role = origin');
    await client.query(`select setval(pg_get_serial_sequence('account_match', 'match_no'), $1)`, [
      input.accounts.length + 1,
    ]);
    await client.query(
      'vacuum analyze account, account_standing, account_match, account_name_part, account_name_posting',
    );
  } finally {
    await client.end();
  }
};

const loadSome = async (input: {
  client: pg.Client;
  some: readonly LoadedAccount[];
  from: number;
  postings: Map<number, number[]>;
}): Promise<void> => {
  const { client, some, from, postings } = input;
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
    keys.map(({ wholeName }) => wholeName),
    KEYS_VERSION,
  ]);
  for (const [place, name] of keys.entries()) {
    for (const part of nameParts(name)) {
      const numbers = postings.get(part);
      if (numbers === undefined) postings.set(part, [from + place]);
      else numbers.push(from + place);
    }
  }
};

const loadPostings = async (
  client: pg.Client,
  postings: readonly (readonly [number, readonly number[]])[],
): Promise<void> => {
  for (let from = 0; from < postings.length; from += ROWS_AT_ONCE) {
    const some = postings.slice(from, from + ROWS_AT_ONCE);
    await client.query(INSERTS.postings, [
      some.map(([part]) => part),
      some.map(([, numbers]) => {
        const bytes = Buffer.alloc(numbers.length * 4);
        for (const [place, number] of numbers.entries()) bytes.writeInt32BE(number, place * 4);
        return bytes;
      }),
    ]);
  }
};
