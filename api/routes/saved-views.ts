import { randomBytes } from 'node:crypto';
import { dropView, keepView, savedViewsFor } from '../../adapters/store/saved-view-own.ts';
import type { OwnTransaction } from '../../adapters/store/app-database.ts';
import type { Role } from '../../domain/access.ts';
import { formatId } from '../../domain/ids.ts';
import type { savedViewRoutes, SavedView, ViewScreen } from '../contract/saved-views.ts';
import { notFound, Refused } from '../refused.ts';
import type { Handlers, OwnReply, SignedIn } from '../route-handler.ts';

const VIEWS_OF_A_LIST = 50;

/** Saved views: one's own, and those shared with a role of one's own. */
export function createSavedViewHandlers(): Handlers<typeof savedViewRoutes> {
  return {
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
