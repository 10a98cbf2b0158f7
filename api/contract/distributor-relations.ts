import { z } from 'zod';
import { routeTable } from './route.ts';
import { calendarDate, cursor, page, pageSize, search } from './values.ts';

const id = z.string().max(40);
const named = z.strictObject({ id: z.string(), name: z.string() });

/** Which distributor a reseller buys through; both days are included. */
const relation = z.strictObject({
  id: z.string(),
  distributor: named,
  reseller: named,
  fromDate: z.string(),
  /** Null: until further notice. */
  toDate: z.string().nullable(),
  /** Whether it holds today (UTC). */
  holds: z.boolean(),
});
export type DistributorRelation = z.infer<typeof relation>;

export const distributorRelationRoutes = routeTable({
  'GET /api/distributor-relations': {
    summary: 'Which distributors resellers buy through, by reseller; a partner sees his own distributors.',
    permission: 'distributor.read',
    query: z.strictObject({
      search: search.optional(),
      distributorId: id.optional(),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(relation),
  },
  'POST /api/distributor-relations': {
    summary: 'Say that a reseller buys through a distributor from a day on.',
    permission: 'distributor.write',
    body: z.strictObject({
      distributorId: id,
      resellerId: id,
      fromDate: calendarDate,
      toDate: calendarDate.nullable(),
    }),
    response: z.strictObject({ id: z.string() }),
    status: 201,
    writes: 'own',
  },
  'PUT /api/distributor-relations/:id': {
    summary: 'Say on which day a relation ends, or that it goes on until further notice.',
    permission: 'distributor.write',
    params: z.strictObject({ id }),
    body: z.strictObject({ toDate: calendarDate.nullable() }),
    response: z.strictObject({ id: z.string(), toDate: z.string().nullable() }),
    writes: 'own',
  },
});
