import { z } from 'zod';
import { roles } from '../../domain/access.ts';
import { routeTable } from './route.ts';
import { nothing, words } from './values.ts';

/** The lists whose filters can be saved. */
export const viewScreens = ['inbox', 'registrations'] as const;
export type ViewScreen = (typeof viewScreens)[number];

const query = z
  .record(z.string().regex(/^[a-zA-Z]{1,40}$/, 'The name of a filter is letters only.'), z.string().max(120))
  .refine((filters) => Object.keys(filters).length <= 12, 'At most 12 filters.');

const savedViewBody = z.strictObject({
  name: words({ min: 1, max: 60, label: 'The name of the view' }),
  /** Filters and order as the address of the list has them; what a list does not know it leaves out. */
  query,
  /** A role of one's own whose holders see it too; null: nobody else. */
  sharedWith: z.enum(roles).nullable(),
  /** Opened when the list is opened without a filter. At most one for each list. */
  isDefault: z.boolean(),
});

export const savedView = savedViewBody.extend({
  id: z.string(),
  screen: z.enum(viewScreens),
  /** False for a view that somebody else shares. */
  own: z.boolean(),
  ownerName: z.string(),
});
export type SavedView = z.infer<typeof savedView>;

const byId = z.strictObject({ id: z.string().max(40) });

export const savedViewRoutes = routeTable({
  'GET /api/saved-views': {
    summary: 'Your saved views, and those shared with a role of yours.',
    permission: 'preference.own',
    response: z.strictObject({ items: z.array(savedView) }),
  },
  'GET /api/saved-views/counts': {
    summary: 'How many rows each of your views of a list shows you, counted up to 99.',
    permission: 'preference.own',
    query: z.strictObject({ screen: z.enum(viewScreens) }),
    response: z.strictObject({
      items: z.array(
        z.strictObject({
          id: z.string(),
          count: z.int(),
          /** True when there are more than that. */
          more: z.boolean(),
        }),
      ),
    }),
  },
  'POST /api/saved-views': {
    summary: 'Save a view of a list under a name (at most 50 for each list).',
    permission: 'preference.own',
    body: savedViewBody.extend({ screen: z.enum(viewScreens) }),
    response: savedView,
    status: 201,
    writes: 'own',
  },
  'PUT /api/saved-views/:id': {
    summary: 'Change one of your saved views.',
    permission: 'preference.own',
    params: byId,
    body: savedViewBody,
    response: savedView,
    writes: 'own',
  },
  'DELETE /api/saved-views/:id': {
    summary: 'Delete one of your saved views.',
    permission: 'preference.own',
    params: byId,
    response: nothing,
    status: 204,
    writes: 'own',
  },
});
