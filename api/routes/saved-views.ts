import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { countRegistrationViews } from '../../adapters/store/registration-reads.ts';
import { dropView, keepView, savedViewsFor } from '../../adapters/store/saved-view-own.ts';
import type { SavedViewRow } from '../../adapters/store/saved-view-own.ts';
import { countTaskViews } from '../../adapters/store/task-reads.ts';
import type { ViewCount } from '../../adapters/store/task-reads.ts';
import type { OwnTransaction, Sql } from '../../adapters/store/app-database.ts';
import { may } from '../../domain/access.ts';
import type { Role } from '../../domain/access.ts';
import { formatId } from '../../domain/ids.ts';
import type { BusinessClock, BusinessNow } from '../business-clock.ts';
import { dealRegistrationRoutes } from '../contract/deal-registrations.ts';
import { taskRoutes } from '../contract/tasks.ts';
import type { savedViewRoutes, SavedView, ViewScreen } from '../contract/saved-views.ts';
import { notFound, Refused } from '../refused.ts';
import type { Handlers, OwnReply, SignedIn } from '../route-handler.ts';
import { registrationFilterOf } from './deal-registrations.ts';
import { taskFiltersFor } from './tasks.ts';

const VIEWS_OF_A_LIST = 50;
/** A view is counted up to here; whoever sees "99+" needs no exact number. */
const COUNTED_ROWS = 99;
/** Views beyond are shown without a number. */
const COUNTED_VIEWS = 60;

/** Saved views: one's own, and those shared with a role of one's own. */
export function createSavedViewHandlers(deps: {
  businessClock: BusinessClock;
}): Handlers<typeof savedViewRoutes> {
  return {
    'GET /api/saved-views/counts': async ({ principal, query, atMs }, sql) => {
      const views = (await savedViewsFor(sql, principal))
        .filter(({ screen }) => screen === query.screen)
        .slice(0, COUNTED_VIEWS);
      const counts = await countsOf(sql, {
        screen: query.screen,
        views,
        principal,
        now: await deps.businessClock.at(atMs),
      });
      return {
        items: counts.map(({ id, count }) => ({
          id,
          count: Math.min(count, COUNTED_ROWS),
          more: count > COUNTED_ROWS,
        })),
      };
    },
    'GET /api/saved-views': async ({ principal }, sql) => {
      const rows = await savedViewsFor(sql, principal);
      return {
        items: rows.map(({ personId, ...row }) => {
          const own = personId === principal.personId;
          return {
            ...row,
            query: { ...row.query },
            screen: row.screen as ViewScreen,
            sharedWith: row.sharedWith as Role | null,
            // What somebody else opens first is his own business.
            isDefault: own && row.isDefault,
            own,
          };
        }),
      };
    },
    'POST /api/saved-views': ({ principal, body, atMs }, transaction) =>
      keep(transaction, {
        principal,
        id: formatId('savedView', atMs, randomBytes(16)),
        ...body,
        atMs,
      }),
    'PUT /api/saved-views/:id': ({ principal, params, body, atMs }, transaction) =>
      keep(transaction, { principal, id: params.id, screen: null, ...body, atMs }),
    'DELETE /api/saved-views/:id': async ({ principal, params }, transaction) => {
      if (!(await dropView(transaction, { id: params.id, personId: principal.personId })))
        throw notFound('saved view', params.id);
      return {
        body: undefined,
        audit: { action: 'saved_view_deleted', subject: params.id, content: {} },
      };
    },
  };
}

/** Each view is asked as its list would ask it, so it counts what the reader would see and nothing else. */
async function countsOf(
  sql: Sql,
  of: { screen: ViewScreen; views: readonly SavedViewRow[]; principal: SignedIn; now: BusinessNow },
): Promise<ViewCount[]> {
  const { screen, views, principal, now } = of;
  const most = COUNTED_ROWS + 1;
  switch (screen) {
    case 'inbox': {
      if (!may(principal, 'task.read')) return [];
      const filterFor = await taskFiltersFor(sql, { principal, now });
      const asked = taskRoutes['GET /api/tasks'].query;
      return await countTaskViews(sql, {
        most,
        views: views.map(({ id, query }) => ({ id, filter: filterFor(understood(asked, query)) })),
      });
    }
    case 'registrations': {
      if (!may(principal, 'registration.read')) return [];
      const asked = dealRegistrationRoutes['GET /api/deal-registrations'].query;
      return await countRegistrationViews(sql, {
        most,
        views: views.map(({ id, query }) => ({
          id,
          filter: registrationFilterOf(understood(asked, query), principal),
        })),
      });
    }
    default:
      return screen satisfies never;
  }
}

/** The filters of a view that a list knows, as it reads them; what it does not know is left out, as on the screen. */
function understood<Shape extends z.ZodRawShape>(
  asked: z.ZodObject<Shape>,
  query: SavedViewRow['query'],
): z.output<z.ZodObject<Shape>> {
  const known = Object.entries(query).filter(
    ([name, value]) =>
      Object.hasOwn(asked.shape, name) && z.safeParse(asked.shape[name] as z.ZodType, value).success,
  );
  return asked.parse(Object.fromEntries(known));
}

async function keep(
  transaction: OwnTransaction,
  view: Pick<SavedView, 'id' | 'name' | 'query' | 'sharedWith' | 'isDefault'> & {
    principal: SignedIn;
    screen: ViewScreen | null;
    atMs: number;
  },
): Promise<OwnReply<SavedView>> {
  const { principal, screen, atMs, ...kept } = view;
  const { id, name, query, sharedWith, isDefault } = kept;
  if (sharedWith !== null && !principal.roles.includes(sharedWith)) {
    throw new Refused('invalid_request', {
      detail: 'A view is shared with a role of your own.',
      errors: [{ pointer: '/sharedWith', reason: 'You do not hold this role.' }],
    });
  }
  const { personId, partnerId } = principal;
  const done = await keepView(transaction, {
    ...kept,
    personId,
    partnerId,
    screen,
    atMs,
    most: VIEWS_OF_A_LIST,
  });
  switch (done.outcome) {
    case 'kept':
      return {
        body: {
          id,
          name,
          query,
          sharedWith,
          isDefault,
          screen: done.screen as ViewScreen,
          own: true,
          ownerName: done.ownerName,
        },
        audit: {
          action: 'saved_view_kept',
          subject: id,
          content: { screen: done.screen, sharedWith, isDefault },
        },
      };
    case 'absent':
      throw notFound('saved view', id);
    case 'name_taken':
      throw new Refused('invalid_request', {
        detail: 'You have a view of this name.',
        errors: [{ pointer: '/name', reason: 'Another view of this list has the name.' }],
      });
    case 'too_many':
      throw new Refused('not_allowed_now', {
        detail: `At most ${VIEWS_OF_A_LIST} views of a list: delete one first.`,
      });
    default:
      return done satisfies never;
  }
}
