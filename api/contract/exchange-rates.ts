import { z } from 'zod';
import { broughtFile, fileVerdict, whyNotPublish } from './draft-file.ts';
import { routeTable } from './route.ts';
import { calendarDate, currencyCode, nothing } from './values.ts';

/** What a file of rates adds: counts, and the moves that matter most. */
export const rateChanges = z.strictObject({
  pairsAdded: z.int(),
  ratesAdded: z.int(),
  /** At most 200: the first rates of pairs, then by how much the rate moves. */
  largest: z.array(
    z.strictObject({
      base: z.string(),
      quote: z.string(),
      validFrom: z.string(),
      /** Thousand millionths of the quote for one of the base; null: the pair has none before it. */
      beforeE9: z.int().nullable(),
      afterE9: z.int(),
      changePpm: z.int().nullable(),
    }),
  ),
});
export type RateChanges = z.infer<typeof rateChanges>;

const rate = z.strictObject({
  base: z.string(),
  quote: z.string(),
  validFrom: z.string(),
  /** Thousand millionths of one whole quote for one whole base. */
  rateE9: z.int(),
  source: z.string(),
});
export type ExchangeRateView = z.infer<typeof rate>;

const file = z.strictObject({
  id: z.string(),
  status: z.enum(['draft', 'published']),
  note: z.string(),
  fileName: z.string(),
  entries: z.int(),
  changes: rateChanges,
  createdBy: z.string(),
  createdAt: z.string(),
  publishedBy: z.string().nullable(),
  publishedAt: z.string().nullable(),
  whyNotPublish,
});
export type ExchangeRateFileView = z.infer<typeof file>;

const byId = z.strictObject({ id: z.string().max(40) });

export const exchangeRateRoutes = routeTable({
  'GET /api/exchange-rates': {
    summary: 'The exchange rates in force on a day (today, unless said), one for each pair.',
    permission: 'exchange_rate.read',
    query: z.strictObject({ on: calendarDate.optional() }),
    response: z.strictObject({ on: z.string(), items: z.array(rate) }),
  },
  'GET /api/exchange-rates/pair': {
    summary: 'Every rate of a pair, the newest first; at most 500.',
    permission: 'exchange_rate.read',
    query: z.strictObject({ base: currencyCode, quote: currencyCode }),
    response: z.strictObject({ items: z.array(rate) }),
  },
  'GET /api/exchange-rate-files': {
    summary: 'The files that rates came from: the draft first, then the newest; at most 50.',
    permission: 'exchange_rate.read',
    response: z.strictObject({ items: z.array(file) }),
  },
  'POST /api/exchange-rate-files': {
    summary:
      'Read a CSV file (base, quote, validFrom, rate, source): every error at once, or a draft with what it adds in the place of the one before.',
    permission: 'exchange_rate.draft',
    body: broughtFile,
    response: fileVerdict.extend({
      /** Null when the file has errors: nothing is kept of it. */
      fileId: z.string().nullable(),
      changes: rateChanges.nullable(),
    }),
    writes: 'own',
  },
  'DELETE /api/exchange-rate-files/:id': {
    summary: 'Throw a draft of rates away.',
    permission: 'exchange_rate.draft',
    params: byId,
    response: nothing,
    status: 204,
    writes: 'own',
  },
  'POST /api/exchange-rate-files/:id/publication': {
    summary: 'Publish a draft of rates; somebody else than whoever brought it.',
    permission: 'exchange_rate.publish',
    params: byId,
    response: z.strictObject({ id: z.string(), ratesAdded: z.int() }),
    writes: 'own',
  },
});
