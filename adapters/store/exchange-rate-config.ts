import type { RateChanges } from '../../api/contract/exchange-rates.ts';
import type { ExchangeRate } from '../../domain/exchange-rate.ts';
import { sqlIn } from './app-database.ts';
import type { OwnTransaction, Sql } from './app-database.ts';
import { latestRates } from './exchange-rate-reads.ts';

/** Files of exchange rates: one draft at most, and what was published from them. */

export interface RateFileRow {
  readonly id: string;
  readonly status: 'draft' | 'published';
  readonly note: string;
  readonly fileName: string;
  readonly entries: number;
  readonly changes: RateChanges;
  readonly createdById: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly publishedBy: string | null;
  readonly publishedAt: Date | null;
}

/** Files shown on one page; older ones are in the audit. */
const MOST_FILES = 50;

export async function rateFiles(sql: Sql): Promise<RateFileRow[]> {
  return await sql.rows<RateFileRow>(
    `select f.id, f.status, f.note, f.file_name as "fileName", f.entries, f.changes, f.created_by as "createdById",
            a.display_name as "createdBy", f.created_at as "createdAt", p.display_name as "publishedBy", f.published_at as "publishedAt"
       from exchange_rate_file f join person a on a.id = f.created_by left join person p on p.id = f.published_by
      order by f.status = 'published', f.published_at desc, f.id limit ${MOST_FILES}`,
  );
}

/**
 * The last published rate of each pair. Whoever brings or publishes rates waits here for whoever does so at the same time: what a
 * file is compared with stays until the transaction ends.
 */
export async function lockLatestRates(transaction: OwnTransaction): Promise<ExchangeRate[]> {
  await sqlIn(transaction).rows(`select pg_advisory_xact_lock(hashtext('fairlead.exchange-rates'))::text`);
  return await latestRates(sqlIn(transaction));
}

/** A file locked until the transaction ends; null when it is not there. */
export async function lockRateFile(
  transaction: OwnTransaction,
  id: string,
): Promise<{ status: 'draft' | 'published'; createdBy: string } | null> {
  const [row] = await sqlIn(transaction).rows<{ status: 'draft' | 'published'; createdBy: string }>(
    'select status, created_by as "createdBy" from exchange_rate_file where id = $1 for update',
    [id],
  );
  return row ?? null;
}

/** Writes the draft in the place of the one that there is. */
export async function keepRateDraft(
  transaction: OwnTransaction,
  draft: {
    id: string;
    note: string;
    fileName: string;
    fileSha256: string;
    changes: RateChanges;
    rates: readonly ExchangeRate[];
    createdBy: string;
    atMs: number;
  },
): Promise<void> {
  const { rates, atMs, ...data } = draft;
  await transaction.exchangeRateFile.deleteMany({ where: { status: 'draft' } });
  await transaction.exchangeRateFile.create({
    data: { ...data, status: 'draft', entries: rates.length, createdAt: new Date(atMs) },
    select: { id: true },
  });
  await sqlIn(transaction).rows(
    `insert into exchange_rate_draft (file_id, base, quote, valid_from, rate_e9, source)
     select $1, r.base, r.quote, r.valid_from::date, r.rate_e9, r.source
       from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[]) as r (base, quote, valid_from, rate_e9, source)`,
    [
      draft.id,
      rates.map(({ base }) => base),
      rates.map(({ quote }) => quote),
      rates.map(({ validFrom }) => validFrom),
      rates.map(({ rateE9 }) => rateE9),
      rates.map(({ source }) => source),
    ],
  );
}

/** The rates of a draft. */
export async function draftedRates(transaction: OwnTransaction, fileId: string): Promise<ExchangeRate[]> {
  const rows = await sqlIn(transaction).rows<Omit<ExchangeRate, 'rateE9'> & { rateE9: bigint }>(
    `select base, quote, to_char(valid_from, 'YYYY-MM-DD') as "validFrom", rate_e9 as "rateE9", source
       from exchange_rate_draft where file_id = $1 order by base, quote, valid_from`,
    [fileId],
  );
  return rows.map(({ rateE9, ...rate }) => ({ ...rate, rateE9: Number(rateE9) }));
}

export async function dropRateDraft(transaction: OwnTransaction, id: string): Promise<void> {
  await transaction.exchangeRateFile.delete({ where: { id }, select: { id: true } });
}

/** The rates of a draft become rates: from then on nothing changes them. */
export async function publishRates(
  transaction: OwnTransaction,
  input: { id: string; publishedBy: string; atMs: number },
): Promise<void> {
  await sqlIn(transaction).rows(
    `with gone as (delete from exchange_rate_draft where file_id = $1 returning base, quote, valid_from, rate_e9, source)
     insert into exchange_rate (base, quote, valid_from, rate_e9, source, file_id) select base, quote, valid_from, rate_e9, source, $1 from gone`,
    [input.id],
  );
  await transaction.exchangeRateFile.update({
    where: { id: input.id },
    data: { status: 'published', publishedBy: input.publishedBy, publishedAt: new Date(input.atMs) },
    select: { id: true },
  });
}
