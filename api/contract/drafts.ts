import { z } from 'zod';
import { routeTable } from './route.ts';
import { nothing } from './values.ts';

/** What was typed so far: any part of what is to be sent, unchecked. */
const typed = z.record(z.string(), z.unknown());

export const draft = z.strictObject({
  id: z.string(),
  programId: z.string(),
  version: z.int(),
  body: typed,
  updatedAt: z.string(),
});
export const begunDraft = z.strictObject({ programId: z.string(), body: typed });
export const savedDraft = z.strictObject({ body: typed });

const byId = z.strictObject({ id: z.string().max(40) });

export const specialPriceDraftRoutes = routeTable({
  'GET /api/special-price-drafts': {
    summary: 'Your drafts of requests for special prices.',
    permission: 'special_price.request',
    response: z.strictObject({ items: z.array(draft) }),
  },
  'POST /api/special-price-drafts': {
    summary: 'Begin a draft.',
    permission: 'special_price.request',
    body: begunDraft,
    response: draft,
    status: 201,
    writes: 'own',
    versioned: true,
  },
  'GET /api/special-price-drafts/:id': {
    summary: 'One draft.',
    permission: 'special_price.request',
    params: byId,
    response: draft,
    versioned: true,
  },
  'PUT /api/special-price-drafts/:id': {
    summary: 'Save a draft.',
    permission: 'special_price.request',
    params: byId,
    body: savedDraft,
    response: draft,
    writes: 'own',
    versioned: true,
  },
  'DELETE /api/special-price-drafts/:id': {
    summary: 'Throw a draft away, or let it go once it was sent.',
    permission: 'special_price.request',
    params: byId,
    response: nothing,
    status: 204,
    writes: 'own',
  },
});
