import { z } from 'zod';
import { broughtFile, fileVerdict, whyNotPublish } from './draft-file.ts';
import { routeTable } from './route.ts';
import { currencyCode, cursor, instant, page, pageSize, search, words } from './values.ts';

/** What a version changes against the one before: counts, and the changes that matter most. */
export const bookChanges = z.strictObject({
  added: z.int(),
  removed: z.int(),
  dearer: z.int(),
  cheaper: z.int(),
  costOnly: z.int(),
  unchanged: z.int(),
  /** At most 200: removed products first, then by how much the list price moves. */
  largest: z.array(
    z.strictObject({
      sku: z.string(),
      listBeforeMinor: z.int().nullable(),
      listAfterMinor: z.int().nullable(),
      listChangePpm: z.int().nullable(),
    }),
  ),
});
export type BookChanges = z.infer<typeof bookChanges>;

const version = z.strictObject({
  id: z.string(),
  status: z.enum(['draft', 'published']),
  version: z.int().nullable(),
  effectiveFrom: z.string().nullable(),
  /** The one that prices are taken from now. */
  inForce: z.boolean(),
  note: z.string(),
  fileName: z.string(),
  entries: z.int(),
  /** The number of the version that it was compared with; null: there was none. */
  comparedWith: z.int().nullable(),
  changes: bookChanges,
  createdBy: z.string(),
  createdAt: z.string(),
  publishedBy: z.string().nullable(),
  publishedAt: z.string().nullable(),
  whyNotPublish,
});
export type PriceBookVersionView = z.infer<typeof version>;

const book = z.strictObject({
  id: z.string(),
  name: z.string(),
  currency: z.string(),
  region: z.string(),
  /** The number of the version in force; null: none yet. */
  version: z.int().nullable(),
  hasDraft: z.boolean(),
});

const entry = z.strictObject({
  sku: z.string(),
  product: z.string(),
  family: z.string(),
  listMinor: z.int(),
  /** Null where it is not known, or not this reader's business. */
  costMinor: z.int().nullable(),
});

const id = z.string().max(40);

export const priceBookRoutes = routeTable({
  'GET /api/price-books': {
    summary: 'The price books: one for each currency and region.',
    permission: 'price_book.read',
    response: z.strictObject({ items: z.array(book) }),
  },
  'POST /api/price-books': {
    summary: 'Add a price book for a currency and region; its prices come with its first version.',
    permission: 'price_book.draft',
    body: z.strictObject({
      name: words({ min: 2, max: 80, label: 'The name' }),
      currency: currencyCode,
      region: words({ min: 2, max: 40, label: 'The region' }),
    }),
    response: z.strictObject({ id: z.string() }),
    status: 201,
    writes: 'own',
  },
  'GET /api/price-books/:id': {
    summary: 'One price book with its versions, newest first, and what each changed.',
    permission: 'price_book.read',
    params: z.strictObject({ id }),
    response: book.extend({ versions: z.array(version) }),
  },
  'POST /api/price-books/:id/draft': {
    summary:
      'Read a CSV file (sku, listPrice, standardCost) as the next version: every error at once, or a draft with what it changes.',
    permission: 'price_book.draft',
    params: z.strictObject({ id }),
    body: broughtFile,
    response: fileVerdict.extend({
      /** Null when the file has errors: nothing is kept of it. */
      versionId: z.string().nullable(),
      changes: bookChanges.nullable(),
    }),
    writes: 'own',
  },
  'DELETE /api/price-book-versions/:id': {
    summary: 'Throw the draft of a version away.',
    permission: 'price_book.draft',
    params: z.strictObject({ id }),
    response: z.undefined(),
    status: 204,
    writes: 'own',
  },
  'POST /api/price-book-versions/:id/publication': {
    summary: 'Put a draft in force from an instant; somebody else than its author.',
    permission: 'price_book.publish',
    params: z.strictObject({ id }),
    /** Null: at once. */
    body: z.strictObject({ effectiveFrom: instant.nullable() }),
    response: z.strictObject({ version: z.int(), effectiveFrom: z.string() }),
    writes: 'own',
  },
  'GET /api/price-book-versions/:id/entries': {
    summary: 'The prices of a version, by product; costs for those who may see them.',
    permission: 'price_book.read',
    params: z.strictObject({ id }),
    query: z.strictObject({ search: search.optional(), cursor: cursor.optional(), limit: pageSize }),
    response: page(entry),
  },
});
