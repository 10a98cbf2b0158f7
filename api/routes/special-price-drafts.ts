import type { specialPriceDraftRoutes } from '../contract/drafts.ts';
import { draftVerbs } from '../draft-verbs.ts';
import type { Handlers } from '../route-handler.ts';

/** Drafts of requests for special prices. */
export function createSpecialPriceDraftHandlers(): Handlers<typeof specialPriceDraftRoutes> {
  const { list, begin, find, save, drop } = draftVerbs('special-pricing', (body) => ({ ...body }));
  return {
    'GET /api/special-price-drafts': list,
    'POST /api/special-price-drafts': begin,
    'GET /api/special-price-drafts/:id': find,
    'PUT /api/special-price-drafts/:id': save,
    'DELETE /api/special-price-drafts/:id': drop,
  };
}
