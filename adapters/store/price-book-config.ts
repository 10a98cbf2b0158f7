import type { PriceEntry } from '../../domain/price-book/price-book.ts';
import type { BookChanges } from '../../api/contract/price-books.ts';
import { sqlIn } from './app-database.ts';
import type { OwnTransaction, Sql } from './app-database.ts';
import { placesOf, productsNamed } from './directory-reads.ts';
import type { NamedPage } from './directory-reads.ts';

/** Price books: a book for each currency and region, versions of it, and what each product costs in them. */

export interface PriceBookRow {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly region: string;
  readonly version: number | null;
  readonly hasDraft: boolean;
}

/** The version of a book in force at `$1`: the latest that had begun. */
const IN_FORCE = `(select v.id from price_book_version v
    where v.price_book_id = b.id and v.status = 'published' and v.effective_from <= $1 order by v.effective_from desc limit 1)`;

/** All books by name, or the one of an id. */
export async function priceBooksOf(
  sql: Sql,
  input: { atMs: number; id: string | null },
): Promise<PriceBookRow[]> {
  return await sql.rows<PriceBookRow>(
    `select b.id, b.name, b.currency, b.region,
            (select v.version from price_book_version v where v.id = ${IN_FORCE}) as version,
            exists (select from price_book_version v where v.price_book_id = b.id and v.status = 'draft') as "hasDraft"
       from price_book b where $2::text is null or b.id = $2 order by b.name, b.id`,
    [new Date(input.atMs).toISOString(), input.id],
  );
}

/** Adds a book; false when its currency and region have one. */
export async function addPriceBook(
  transaction: OwnTransaction,
  book: { id: string; name: string; currency: string; region: string; atMs: number },
): Promise<boolean> {
  const { atMs, ...data } = book;
  const { count } = await transaction.priceBook.createMany({
    data: [{ ...data, createdAt: new Date(atMs) }],
    skipDuplicates: true,
  });
  return count === 1;
}

export interface VersionRow {
  readonly id: string;
  readonly priceBookId: string;
  readonly status: 'draft' | 'published';
  readonly version: number | null;
  readonly effectiveFrom: Date | null;
  readonly inForce: boolean;
  readonly note: string;
  readonly fileName: string;
  readonly entries: number;
  readonly comparedWith: number | null;
  readonly changes: BookChanges;
  readonly createdById: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly publishedBy: string | null;
  readonly publishedAt: Date | null;
}

/** Versions kept on one page; older ones are reached by their number in the audit. */
const MOST_VERSIONS = 200;

/** The versions of a book: the draft first, then the newest. */
export async function versionsOf(sql: Sql, input: { bookId: string; atMs: number }): Promise<VersionRow[]> {
  return await sql.rows<VersionRow>(
    `select v.id, v.price_book_id as "priceBookId", v.status, v.version, v.effective_from as "effectiveFrom", v.id = ${IN_FORCE} is true as "inForce",
            v.note, v.file_name as "fileName", v.entries, w.version as "comparedWith", v.changes,
            v.created_by as "createdById", a.display_name as "createdBy", v.created_at as "createdAt", p.display_name as "publishedBy",
            v.published_at as "publishedAt"
       from price_book b join price_book_version v on v.price_book_id = b.id
       join person a on a.id = v.created_by left join person p on p.id = v.published_by
       left join price_book_version w on w.id = v.compared_with
      where b.id = $2 order by v.version desc nulls first limit ${MOST_VERSIONS}`,
    [new Date(input.atMs).toISOString(), input.bookId],
  );
}

interface LockedVersion {
  readonly bookId: string;
  readonly status: 'draft' | 'published';
  readonly createdBy: string;
}

/** A version locked until the transaction ends; null when it is not there. */
export async function lockVersion(transaction: OwnTransaction, id: string): Promise<LockedVersion | null> {
  const [row] = await sqlIn(transaction).rows<LockedVersion>(
    `select v.price_book_id as "bookId", v.status, v.created_by as "createdBy"
       from price_book_version v join price_book b on b.id = v.price_book_id where v.id = $1 for update of v, b`,
    [id],
  );
  return row ?? null;
}

/** A book locked against a second file until the transaction ends; null when it is not there. */
export async function lockBook(
  transaction: OwnTransaction,
  id: string,
): Promise<{ readonly currency: string } | null> {
  const [row] = await sqlIn(transaction).rows<{ currency: string }>(
    'select currency from price_book where id = $1 for update',
    [id],
  );
  return row ?? null;
}

/** The latest published version of a book that is locked; null before the first. */
export async function lockLatest(
  transaction: OwnTransaction,
  bookId: string,
): Promise<{ id: string; version: number; effectiveFrom: Date } | null> {
  const [row] = await sqlIn(transaction).rows<{ id: string; version: number; effectiveFrom: Date }>(
    `select id, version, effective_from as "effectiveFrom" from price_book_version
      where price_book_id = $1 and status = 'published' order by version desc limit 1`,
    [bookId],
  );
  return row ?? null;
}

/** Every price of a version. */
export async function entriesOf(transaction: OwnTransaction, versionId: string): Promise<PriceEntry[]> {
  const rows = await sqlIn(transaction).rows<{ sku: string; list: bigint; cost: bigint | null }>(
    `select e.sku, e.list_minor as list, c.cost_minor as cost
       from price_entry e left join price_cost c using (version_id, sku) where e.version_id = $1`,
    [versionId],
  );
  return rows.map(({ sku, list, cost }) => ({
    sku,
    listMinor: Number(list),
    costMinor: cost === null ? null : Number(cost),
  }));
}

/** Writes the draft of a book's next version in the place of the one that it has. */
export async function keepDraft(
  transaction: OwnTransaction,
  draft: {
    id: string;
    bookId: string;
    note: string;
    fileName: string;
    fileSha256: string;
    comparedWith: string | null;
    changes: BookChanges;
    entries: readonly PriceEntry[];
    createdBy: string;
    atMs: number;
  },
): Promise<void> {
  const { entries } = draft;
  const priced = entries.flatMap(({ sku, costMinor }) => (costMinor === null ? [] : [{ sku, costMinor }]));
  await transaction.priceBookVersion.deleteMany({ where: { priceBookId: draft.bookId, status: 'draft' } });
  await transaction.priceBookVersion.create({
    data: {
      id: draft.id,
      priceBookId: draft.bookId,
      status: 'draft',
      note: draft.note,
      fileName: draft.fileName,
      fileSha256: draft.fileSha256,
      entries: entries.length,
      comparedWith: draft.comparedWith,
      changes: draft.changes,
      createdBy: draft.createdBy,
      createdAt: new Date(draft.atMs),
    },
    select: { id: true },
  });
  const sql = sqlIn(transaction);
  await sql.rows(
    `insert into price_entry (version_id, sku, list_minor) select $1, e.sku, e.list from unnest($2::text[], $3::bigint[]) as e (sku, list)`,
    [draft.id, entries.map(({ sku }) => sku), entries.map(({ listMinor }) => listMinor)],
  );
  await sql.rows(
    `insert into price_cost (version_id, sku, cost_minor) select $1, e.sku, e.cost from unnest($2::text[], $3::bigint[]) as e (sku, cost)`,
    [draft.id, priced.map(({ sku }) => sku), priced.map(({ costMinor }) => costMinor)],
  );
}

export async function dropDraft(transaction: OwnTransaction, id: string): Promise<void> {
  await transaction.priceBookVersion.delete({ where: { id }, select: { id: true } });
}

/** Numbers a draft and puts it in force from an instant; nothing changes it afterwards. */
export async function publishDraft(
  transaction: OwnTransaction,
  input: { id: string; version: number; effectiveFrom: string; publishedBy: string; atMs: number },
): Promise<void> {
  await transaction.priceBookVersion.update({
    where: { id: input.id },
    data: {
      status: 'published',
      version: input.version,
      effectiveFrom: new Date(input.effectiveFrom),
      publishedBy: input.publishedBy,
      publishedAt: new Date(input.atMs),
    },
    select: { id: true },
  });
}

/** The skus of these that are products. */
export async function knownSkus(transaction: OwnTransaction, skus: readonly string[]): Promise<Set<string>> {
  return new Set((await productsNamed(sqlIn(transaction), skus)).map(({ sku }) => sku));
}

export interface EntryRow {
  readonly sku: string;
  readonly product: string;
  readonly family: string;
  readonly listMinor: number;
  readonly costMinor: number | null;
}

/** The prices of a version in the order of its products' names. Costs are read for those who may see them only. */
export async function entriesPage(
  sql: Sql,
  input: NamedPage & { versionId: string; withCosts: boolean },
): Promise<EntryRow[]> {
  return await sql.rows<EntryRow>(
    `select e.sku, p.name as product, f.name as family, e.list_minor as "listMinor", c.cost_minor as "costMinor"
       from price_entry e join product p on p.sku = e.sku join product_family f on f.key = p.family
       left join price_cost c on $6 and c.version_id = e.version_id and c.sku = e.sku
      where e.version_id = $5 and ($1::text is null or p.name ilike $1 or p.sku ilike $1 or f.name ilike $1)
        and ($2::text is null or (p.name, p.sku) > ($2, $3))
      order by p.name, p.sku limit $4`,
    [...placesOf(input), input.versionId, input.withCosts],
  );
}
