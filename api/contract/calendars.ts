import { z } from 'zod';
import { calendarDefinitionSchema } from './calendar.ts';
import { routeTable } from './route.ts';
import { nothing, words } from './values.ts';

const particularDay = z.strictObject({
  date: z.string(),
  /** Without hours: closed. */
  hours: z.array(z.strictObject({ from: z.string(), to: z.string() })),
  words: z.string(),
});

const shown = z.strictObject({
  definition: calendarDefinitionSchema,
  /** The dates of the year asked for that are not like their weekday. */
  days: z.array(particularDay),
});

export const calendarDraftRefusals = ['author', 'role'] as const;

export const calendarHead = z.strictObject({
  name: z.string(),
  /** Null for a calendar that is only being written. */
  version: z.int().nullable(),
  updatedAt: z.string().nullable(),
  /** Programs whose latest policy counts in it. */
  programs: z.array(z.string()),
  hasDraft: z.boolean(),
});

export const calendarDetail = calendarHead.omit({ hasDraft: true }).extend({
  year: z.int(),
  /** Null when nothing is in force yet. */
  inForce: shown.nullable(),
  draft: shown
    .extend({
      note: z.string(),
      writtenBy: z.array(z.string()),
      writtenAt: z.string(),
      revision: z.int(),
      /** Why this reader cannot publish it; null: he can. */
      whyNotPublish: z.enum(calendarDraftRefusals).nullable(),
    })
    .nullable(),
});
export type CalendarDetail = z.infer<typeof calendarDetail>;

const byName = z.strictObject({ name: z.string().max(60) });
/** The revision that was looked at; null: there was no draft. */
const seen = z.int().min(1);

export const calendarRoutes = routeTable({
  'GET /api/calendars': {
    summary: 'The calendars in which deadlines are counted.',
    permission: 'policy.read',
    response: z.strictObject({ items: z.array(calendarHead) }),
  },
  'GET /api/calendars/:name': {
    summary: 'One calendar with its draft: hours, holidays, and the particular days of a year.',
    permission: 'policy.read',
    params: byName,
    query: z.strictObject({ year: z.coerce.number().int().min(1970).max(2200).optional() }),
    response: calendarDetail,
  },
  'PUT /api/calendars/:name/draft': {
    summary: 'Write a draft of a calendar, a new one or the next version of one; every error at once.',
    permission: 'calendar.draft',
    params: byName,
    body: z.strictObject({
      definition: z.record(z.string(), z.unknown()),
      note: words({ min: 3, max: 2000, label: 'The reason' }),
      revision: seen.nullable(),
    }),
    response: z.strictObject({ name: z.string(), revision: z.int() }),
    writes: 'own',
  },
  'DELETE /api/calendars/:name/draft': {
    summary: 'Throw a draft of a calendar away.',
    permission: 'calendar.draft',
    params: byName,
    response: nothing,
    status: 204,
    writes: 'own',
  },
  'POST /api/calendars/:name/publication': {
    summary: 'Publish the draft of a calendar; who wrote any of it cannot.',
    permission: 'calendar.publish',
    params: byName,
    body: z.strictObject({ revision: seen }),
    response: z.strictObject({ name: z.string(), version: z.int() }),
    status: 201,
    writes: 'own',
  },
});
