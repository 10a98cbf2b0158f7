import { PART_NUMBERS } from '../../domain/matching/keys.ts';
import { rankNames } from '../../domain/matching/ranking.ts';
import type { Pool } from './pool.ts';
import { inTransaction } from './transaction.ts';
import type { SqlClient } from './transaction.ts';

/**
 * The index by which accounts with a similar name are found: for each part of a name (`nameParts`) the numbers of the
 * accounts that have it. New accounts write rows of their own and so never wait for one another; `packNames` moves them
 * into a few long rows a part. Read by the worker only.
 */

/**
 * Numbers read for one name at most, but for its three rarest parts: this many, and one more for so many accounts. The more
 * accounts there are the more share a part by chance; beyond the most, time counts for more than the last slip.
 */
const READ = { least: 1_000, oneMoreForAccounts: 20, most: 100_000 } as const;
/**
 * The least share of a name's parts, weighed by rarity, that a name with two slips has kept: of 800 such names none was below
 * it, neither of 100,000 accounts nor of 1,000,000, while most accounts that share less are like it in nothing.
 */
const LEAST_SHARE = 0.02;
/** Of numbers that are not packed yet, this many a part; which parts are the rarest the packed ones say, where there are any. */
const UNPACKED_READ_PER_PART = 6_000;
const BYTES_PER_NUMBER = 4;

interface PartRow {
  readonly accounts: number;
  readonly numbers: Buffer;
}

/**
 * The `match_no` of the accounts that have most of `parts`, rare parts weighing more, at most `limit`: the best first, and
 * the older of two that are alike.
 */
export async function likestNames(
  client: SqlClient,
  input: { parts: readonly number[]; limit: number },
): Promise<number[]> {
  const { rows } = await client.query(
    `with packed as materialized (
       select part, accounts, match_nos from account_name_posting where part = any ($1)),
     rarest as (
       select part, sum(sum(accounts)) over place as read, row_number() over place as place
         from packed group by part window place as (order by sum(accounts), part)),
     chosen as materialized (
       select part from rarest
        where read <= (select least(${READ.least} + coalesce(max(match_no), 0) / ${READ.oneMoreForAccounts}, ${READ.most}) from account_match)
           or place <= 3
       union all
       select part from unnest($1::integer[]) as wanted (part) where not exists (select from packed p where p.part = wanted.part)),
     found as (
       select part, accounts, match_nos from packed join chosen using (part)
       union all
       select chosen.part, n.accounts, n.match_nos
         from chosen cross join lateral (
                select count(*)::integer as accounts, string_agg(int4send(match_no), ''::bytea) as match_nos
                  from (select match_no from account_name_part p where p.part = chosen.part limit ${UNPACKED_READ_PER_PART}) p) n
        where n.accounts > 0)
     select sum(accounts)::float8 as accounts, string_agg(match_nos, ''::bytea) as numbers
       from found group by part order by sum(accounts), part`,
    [input.parts],
  );
  const lists = (rows as PartRow[]).map(({ accounts, numbers }) => ({
    accounts,
    numbers: numbersOf(numbers),
  }));
  return rankNames(lists, { limit: input.limit, leastShare: LEAST_SHARE });
}

function numbersOf(bytes: Buffer): Int32Array {
  const numbers = new Int32Array(bytes.length / BYTES_PER_NUMBER);
  for (let at = 0; at < numbers.length; at += 1) numbers[at] = bytes.readInt32BE(at * BYTES_PER_NUMBER);
  return numbers;
}

/** Puts an account into the index; parts that it has there already stay. */
export async function indexName(
  client: SqlClient,
  name: { matchNo: number; parts: readonly number[] },
): Promise<void> {
  await client.query(
    'insert into account_name_part (part, match_no) select part, $2 from unnest($1::integer[]) part on conflict do nothing',
    [name.parts, name.matchNo],
  );
}

/**
 * Takes an account's former parts out again. A packed one stays until somebody looks it up: a name that no longer has it is
 * compared and passed over.
 */
export async function forgetName(
  client: SqlClient,
  name: { matchNo: number; parts: readonly number[] },
): Promise<void> {
  await client.query('delete from account_name_part where part = any ($1) and match_no = $2', [
    name.parts,
    name.matchNo,
  ]);
}

/** So many transactions a packing, so that none is long. */
const PACKINGS = 32;

/** Packs all that is new, a share of the parts in each transaction. Breaking off in between loses nothing. */
export async function packNames(pool: Pool): Promise<void> {
  const share = PART_NUMBERS / PACKINGS;
  for (let from = 0; from < PART_NUMBERS; from += share) {
    await inTransaction(pool, (tx) => packParts(tx, { from, to: from + share }));
  }
}

/**
 * Packs what is new of the parts from `from` to below `to`. A part's new row takes up its rows that are not much longer, so that each number is
 * copied a few times in its life and a part keeps few rows (the logarithm of its accounts). One at a time: a second caller
 * waits and packs what came since. What a correction under way holds stays for the next time.
 */
export async function packParts(client: SqlClient, range: { from: number; to: number }): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtext('account_name_posting'))", []);
  await client.query(
    `with taken as materialized (
       select part, match_no, ctid from account_name_part where part >= $1 and part < $2 for update skip locked),
     moved as (
       delete from account_name_part n using taken where n.ctid = taken.ctid returning n.part, n.match_no),
     new_row as materialized (
       select part, count(*)::integer as accounts, string_agg(int4send(match_no), ''::bytea) as match_nos
         from moved group by part),
     ranked as (
       select p.part, p.batch, p.accounts,
              n.accounts + coalesce(sum(p.accounts) over (partition by p.part order by p.accounts, p.batch
                                                          rows between unbounded preceding and 1 preceding), 0) as before
         from account_name_posting p join new_row n on n.part = p.part),
     absorbed as (
       delete from account_name_posting p using ranked r
        where p.part = r.part and p.batch = r.batch and r.accounts <= 2 * r.before
        returning p.part, p.accounts, p.match_nos)
     insert into account_name_posting (part, accounts, match_nos)
     select part, sum(accounts), string_agg(match_nos, ''::bytea)
       from (select * from new_row union all select * from absorbed) a group by part`,
    [range.from, range.to],
  );
}

/** Whether more rows wait to be packed than `rows`; counts no further. */
export async function namesWait(client: SqlClient, rows: number): Promise<boolean> {
  const { rows: found } = await client.query('select from account_name_part offset $1 limit 1', [rows]);
  return found.length > 0;
}
