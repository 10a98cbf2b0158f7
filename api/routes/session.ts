import { partnerName, vendorName } from '../../adapters/store/directory-reads.ts';
import { preferencesOf, savePreferences } from '../../adapters/store/preference-own.ts';
import { endOwnSession, sessionsOf } from '../../adapters/store/session-own.ts';
import { permissions, may } from '../../domain/access.ts';
import type { sessionRoutes } from '../contract/session.ts';
import { SESSION_IDLE_MS } from '../middleware/session.ts';
import { notFound, Refused } from '../refused.ts';
import type { Handlers } from '../route-handler.ts';

/** Who is signed in, where, and what they prefer. */
export function createSessionHandlers(): Handlers<typeof sessionRoutes> {
  return {
    'GET /api/session': async ({ principal }, sql) => ({
      person: { id: principal.personId, displayName: principal.displayName, email: principal.email },
      side: principal.side,
      partner:
        principal.partnerId === null
          ? null
          : { id: principal.partnerId, name: await partnerName(sql, principal.partnerId) },
      roles: [...principal.roles],
      permissions: permissions.filter((permission) => may(principal, permission)),
      limitMinor: principal.limitMinor,
      locale: principal.locale,
      timeZone: principal.timeZone,
      vendorName: await vendorName(sql),
    }),
    'DELETE /api/session': async ({ principal, atMs }, transaction) => {
      await endOwnSession(transaction, {
        personId: principal.personId,
        session: { tokenHash: principal.sessionHash },
        atMs,
      });
      return {
        body: undefined,
        audit: { action: 'signed_out', subject: principal.personId, content: {} },
        clearsSession: true,
      };
    },
    'GET /api/sessions': async ({ principal, atMs }, sql) => ({
      items: await sessionsOf(sql, {
        personId: principal.personId,
        current: principal.sessionHash,
        atMs,
        idleMs: SESSION_IDLE_MS,
      }),
    }),
    'DELETE /api/sessions/:id': async ({ principal, params, atMs }, transaction) => {
      const ended = await endOwnSession(transaction, {
        personId: principal.personId,
        session: { id: params.id },
        atMs,
      });
      if (!ended) throw notFound('session', params.id);
      return {
        body: undefined,
        audit: { action: 'session_ended', subject: principal.personId, content: { session: params.id } },
      };
    },
    'GET /api/preferences': ({ principal }, sql) => preferencesOf(sql, principal.personId),
    'PUT /api/preferences': async ({ principal, body }, transaction) => {
      if (!isTimeZone(body.timeZone)) {
        throw new Refused('invalid_request', {
          detail: 'One field is not valid.',
          errors: [{ pointer: '/timeZone', reason: 'Write a time zone as in Europe/Berlin.' }],
        });
      }
      await savePreferences(transaction, { personId: principal.personId, preferences: body });
      return {
        body,
        audit: { action: 'preferences_changed', subject: principal.personId, content: { ...body } },
      };
    },
  };
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch (cause) {
    if (cause instanceof RangeError) return false;
    throw cause;
  }
}
