import type { ExchangeRate } from '../../domain/exchange-rate.ts';
import type { Sql } from './app-database.ts';

/** Exchange rates as they are published: what amounts are converted by. */

/** As `bigint` inside a Prisma transaction, as a number elsewhere. */
interface RateRow extends Omit<ExchangeRate, 'rateE9'> {
  readonly rateE9: bigint | number;
}

const RATE = `r.base, r.quote, to_char(r.valid_from, 'YYYY-MM-DD') as "validFrom", r.rate_e9 as "rateE9", r.source`;

/** The rate of each pair in force on a day (YYYY-MM-DD, UTC): its latest that had begun. */
export async function ratesInForce(sql: Sql, on: string): Promise<ExchangeRate[]> {
  const rows = await sql.rows<RateRow>(
    `select distinct on (r.base, r.quote) ${RATE} from exchange_rate r where r.valid_from <= $1::date
      order by r.base, r.quote, r.valid_from desc`,
    [on],
  );
  return rows.map(rateOf);
}

/** The last published rate of each pair, also one that has not begun. */
export async function latestRates(sql: Sql): Promise<ExchangeRate[]> {
  const rows = await sql.rows<RateRow>(
    `select distinct on (r.base, r.quote) ${RATE} from exchange_rate r order by r.base, r.quote, r.valid_from desc`,
  );
  return rows.map(rateOf);
}

const MOST_OF_A_PAIR = 500;

/** Every rate of a pair, the newest first. */
export async function ratesOfPair(
  sql: Sql,
  { base, quote }: { base: string; quote: string },
): Promise<ExchangeRate[]> {
  const rows = await sql.rows<RateRow>(
    `select ${RATE} from exchange_rate r where r.base = $1 and r.quote = $2 order by r.valid_from desc limit ${MOST_OF_A_PAIR}`,
    [base, quote],
  );
  return rows.map(rateOf);
}

function rateOf({ rateE9, ...rate }: RateRow): ExchangeRate {
  return { ...rate, rateE9: Number(rateE9) };
}
