import { z } from 'zod';
import { pricingRoles } from '../../domain/special-pricing/policy.ts';
import { routeTable } from './route.ts';
import { cursor, page, pageSize } from './values.ts';

const amounts = z.array(z.strictObject({ amountMinor: z.int(), currency: z.string() }));
const load = { open: z.int(), paused: z.int(), late: z.int(), oldestOpenedAt: z.string().nullable() };

/** What the deal desk sees first: open questions by band and role, who has how much, and what waits for partners. */
export const dealDesk = z.strictObject({
  asOf: z.string(),
  /** Open questions by the band that asks and the role that is asked, with the values of their deals. */
  cells: z.array(
    z.strictObject({
      bandKey: z.string(),
      role: z.enum(pricingRoles),
      queue: z.string(),
      ...load,
      deals: amounts,
    }),
  ),
  /** People who may decide prices now, or decided some in the last 30 days; at most 100. */
  people: z.array(
    z.strictObject({
      id: z.string(),
      displayName: z.string(),
      roles: z.array(z.enum(pricingRoles)),
      /** Questions that he holds, or that were put to him by name. */
      holds: z.int(),
      decidedLast7Days: z.int(),
      decidedLast30Days: z.int(),
    }),
  ),
  /** Requests that wait for their partner. */
  partners: z.strictObject({ counterOffered: z.int(), infoRequested: z.int() }),
  /** Within 14 days: requests whose asked validity ends undecided, and agreements that expire. */
  ending: z.strictObject({ requests: z.int(), agreements: z.int() }),
});
export type DealDesk = z.infer<typeof dealDesk>;

export const endingRow = z.strictObject({
  what: z.enum(['request', 'agreement']),
  id: z.string(),
  reference: z.string(),
  customerName: z.string(),
  partnerName: z.string(),
  /** Of the request or the agreement. */
  status: z.string(),
  /** When it is over: the end of the last day that was asked for, or of the agreement. */
  endsAt: z.string(),
  /** Whom it waits for; of an agreement nobody. */
  waitingFor: z.enum(['vendor', 'partner', 'nobody']),
});
export type EndingRow = z.infer<typeof endingRow>;

export const dealDeskRoutes = routeTable({
  'GET /api/deal-desk': {
    summary: 'Open questions of special pricing by band and role, workload, and what waits for partners.',
    permission: 'deal_desk.read',
    response: dealDesk,
  },
  'GET /api/deal-desk/ending': {
    summary: 'Requests that are not decided and agreements, by when they end, the nearest first.',
    permission: 'deal_desk.read',
    query: z.strictObject({
      withinDays: z.coerce.number().int().min(1).max(90).default(14),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(endingRow),
  },
});
