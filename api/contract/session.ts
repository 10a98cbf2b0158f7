import { z } from 'zod';
import { permissions, roles } from '../../domain/access.ts';
import { routeTable } from './route.ts';
import { nothing } from './values.ts';

export const session = z.strictObject({
  person: z.strictObject({ id: z.string(), displayName: z.string(), email: z.string() }),
  side: z.enum(['vendor', 'partner']),
  partner: z.strictObject({ id: z.string(), name: z.string() }).nullable(),
  roles: z.array(z.enum(roles)),
  permissions: z.array(z.enum(permissions)),
  limitMinor: z.int().nullable(),
  locale: z.string(),
  timeZone: z.string(),
  vendorName: z.string(),
});
export type Session = z.infer<typeof session>;

const mail = z.strictObject({
  received: z.boolean(),
  /** Each task when it is opened. */
  tasks: z.boolean(),
  reminders: z.boolean(),
  digest: z.enum(['off', 'daily', 'weekly']),
});

export const preferences = z.strictObject({
  /** Which mails this person wants; what he must be told about his own decisions is always sent. */
  mail,
  timeZone: z.string().max(60),
  locale: z.string().max(20),
});
export type Preferences = z.infer<typeof preferences>;

/** Sign-in itself is navigation, not API: GET /sign-in, GET /sign-in/callback. */
export const sessionRoutes = routeTable({
  'GET /api/session': {
    summary: 'Who is signed in, and what they may do.',
    permission: 'session.read',
    response: session,
  },
  'DELETE /api/session': {
    summary: 'Sign out.',
    permission: 'session.read',
    writes: 'own',
    response: nothing,
    status: 204,
  },
  'GET /api/sessions': {
    summary: 'Your sessions, here and elsewhere.',
    permission: 'session.read',
    response: z.strictObject({
      items: z.array(
        z.strictObject({
          id: z.string(),
          createdAt: z.string(),
          lastSeenAt: z.string(),
          current: z.boolean(),
        }),
      ),
    }),
  },
  'DELETE /api/sessions/:id': {
    summary: 'End one of your sessions.',
    permission: 'session.read',
    writes: 'own',
    params: z.strictObject({ id: z.string() }),
    response: nothing,
    status: 204,
  },
  'GET /api/preferences': {
    summary: 'Your preferences.',
    permission: 'preference.own',
    response: preferences,
  },
  'PUT /api/preferences': {
    summary: 'Change your preferences.',
    permission: 'preference.own',
    writes: 'own',
    body: preferences,
    response: preferences,
  },
});
