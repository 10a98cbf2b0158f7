import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import {
  addPriceBook,
  dropDraft,
  entriesOf,
  entriesPage,
  keepDraft,
  knownSkus,
  lockBook,
  lockLatest,
  lockVersion,
  priceBooksOf,
  publishDraft,
  versionsOf,
} from '../../adapters/store/price-book-config.ts';
import type { VersionRow } from '../../adapters/store/price-book-config.ts';
import { may } from '../../domain/access.ts';
import { formatId } from '../../domain/ids.ts';
import { compareBooks } from '../../domain/price-book/price-book.ts';
import type { PriceEntry } from '../../domain/price-book/price-book.ts';
import type { BookChanges, priceBookRoutes, PriceBookVersionView } from '../contract/price-books.ts';
import { withFaults } from '../csv-file.ts';
import { behind, namedPage } from '../cursor.ts';
import { refuseUnlessSecond, verdictOf, whyNotPublishOf } from '../draft-file.ts';
import { readPriceFile } from '../price-file.ts';
import { notFound, Refused } from '../refused.ts';
import { iso } from '../registration-view.ts';
import type { Handlers, SignedIn } from '../route-handler.ts';

const SHOWN_CHANGES = 200;

type FileAnswer = z.input<(typeof priceBookRoutes)['POST /api/price-books/:id/draft']['response']>;

/** Price books: what products cost, in versions that one person brings as a file and another one puts in force. */
export function createPriceBookHandlers(): Handlers<typeof priceBookRoutes> {
  return {
    'GET /api/price-books': async ({ atMs }, sql) => ({ items: await priceBooksOf(sql, { atMs, id: null }) }),
    'POST /api/price-books': async ({ body, atMs }, transaction) => {
      const id = formatId('priceBook', atMs, randomBytes(16));
      if (!(await addPriceBook(transaction, { id, ...body, atMs })))
        throw new Refused('invalid_request', {
          detail: `There is a price book of ${body.currency} for ${body.region} already.`,
          errors: [{ pointer: '/region', reason: 'This region has a price book in this currency.' }],
        });
      return { body: { id }, audit: { action: 'price_book_added', subject: id, content: { ...body } } };
    },
    'GET /api/price-books/:id': async ({ principal, params, atMs }, sql) => {
      const [book] = await priceBooksOf(sql, { atMs, id: params.id });
      if (book === undefined) throw notFound('price book', params.id);
      const versions = await versionsOf(sql, { bookId: params.id, atMs });
      return { ...book, versions: versions.map((row) => viewOf(row, principal)) };
    },
    'POST /api/price-books/:id/draft': async ({ principal, params, body, atMs }, transaction) => {
      const book = await lockBook(transaction, params.id);
      if (book === null) throw notFound('price book', params.id);
      const read = readPriceFile({ csv: body.csv, currency: book.currency });
      const known = await knownSkus(
        transaction,
        read.rows.map(({ sku }) => sku),
      );
      const file = withFaults(
        read,
        read.rows.flatMap(({ sku }, place) =>
          known.has(sku)
            ? []
            : [{ row: read.places[place] ?? 0, column: 'sku', reason: 'There is no such product.' }],
        ),
      );
      const { verdict, audited } = verdictOf(file, body.csv);
      if (file.errors.length > 0) {
        const answer: FileAnswer = { ...verdict, versionId: null, changes: null };
        return {
          body: answer,
          audit: { action: 'price_file_refused', subject: params.id, content: audited },
        };
      }
      const latest = await lockLatest(transaction, params.id);
      const changes = changesOf(latest === null ? [] : await entriesOf(transaction, latest.id), file.rows);
      const id = formatId('priceBookVersion', atMs, randomBytes(16));
      await keepDraft(transaction, {
        id,
        bookId: params.id,
        note: body.note,
        fileName: body.fileName,
        fileSha256: audited.fileSha256,
        comparedWith: latest?.id ?? null,
        changes,
        entries: file.rows,
        createdBy: principal.personId,
        atMs,
      });
      const answer: FileAnswer = { ...verdict, versionId: id, changes };
      return {
        body: answer,
        audit: {
          action: 'price_book_drafted',
          subject: id,
          content: {
            priceBookId: params.id,
            fileSha256: audited.fileSha256,
            entries: file.rows.length,
            note: body.note,
          },
        },
      };
    },
    'DELETE /api/price-book-versions/:id': async ({ params }, transaction) => {
      const version = await lockVersion(transaction, params.id);
      if (version?.status !== 'draft') throw notFound('draft of prices', params.id);
      await dropDraft(transaction, params.id);
      return {
        body: undefined,
        audit: { action: 'price_book_draft_dropped', subject: params.id, content: {} },
      };
    },
    'POST /api/price-book-versions/:id/publication': async (
      { principal, params, body, atMs },
      transaction,
    ) => {
      const version = await lockVersion(transaction, params.id);
      if (version === null) throw notFound('version of a price book', params.id);
      refuseUnlessSecond(version, principal, 'prices');
      const latest = await lockLatest(transaction, version.bookId);
      const effectiveMs = body.effectiveFrom === null ? atMs : Date.parse(body.effectiveFrom);
      const effectiveFrom = new Date(effectiveMs).toISOString();
      refuseUnlessLater(effectiveMs, { atMs, latestMs: latest?.effectiveFrom.getTime() ?? null });
      const number = (latest?.version ?? 0) + 1;
      await publishDraft(transaction, {
        id: params.id,
        version: number,
        effectiveFrom,
        publishedBy: principal.personId,
        atMs,
      });
      return {
        body: { version: number, effectiveFrom },
        audit: {
          action: 'price_book_published',
          subject: params.id,
          content: { priceBookId: version.bookId, version: number, effectiveFrom },
        },
      };
    },
    'GET /api/price-book-versions/:id/entries': async ({ principal, params, query }, sql) => {
      const rows = await entriesPage(sql, {
        ...behind(query),
        versionId: params.id,
        withCosts: may(principal, 'cost.read'),
      });
      return namedPage(rows, query.limit, ({ product, sku }) => ({ place: product, id: sku }));
    },
  };
}

function changesOf(before: readonly PriceEntry[], after: readonly PriceEntry[]): BookChanges {
  const { changes, ...counts } = compareBooks(before, after);
  return {
    ...counts,
    largest: changes.slice(0, SHOWN_CHANGES).map((change) => ({
      sku: change.sku,
      listBeforeMinor: change.before?.listMinor ?? null,
      listAfterMinor: change.after?.listMinor ?? null,
      listChangePpm: change.listChangePpm,
    })),
  };
}

/** What was priced stays priced: a version begins after now, and after the one before it. */
function refuseUnlessLater(effectiveMs: number, input: { atMs: number; latestMs: number | null }): void {
  const reason =
    effectiveMs < input.atMs
      ? 'Prices begin now or later; what was quoted before keeps its prices.'
      : input.latestMs !== null && effectiveMs <= input.latestMs
        ? `The version before begins at ${new Date(input.latestMs).toISOString()}; this one begins after it.`
        : null;
  if (reason !== null)
    throw new Refused('invalid_request', {
      detail: 'The prices cannot begin then.',
      errors: [{ pointer: '/effectiveFrom', reason }],
    });
}

function viewOf(row: VersionRow, principal: SignedIn): PriceBookVersionView {
  const {
    id,
    status,
    version,
    inForce,
    note,
    fileName,
    entries,
    comparedWith,
    changes,
    createdBy,
    publishedBy,
  } = row;
  return {
    id,
    status,
    version,
    effectiveFrom: iso(row.effectiveFrom),
    inForce,
    note,
    fileName,
    entries,
    comparedWith,
    changes,
    createdBy,
    createdAt: row.createdAt.toISOString(),
    publishedBy,
    publishedAt: iso(row.publishedAt),
    whyNotPublish: whyNotPublishOf({ status, createdBy: row.createdById }, principal, 'price_book.publish'),
  };
}
