import { z } from 'zod';
import { routeTable } from './route.ts';
import { amountMinor, instant, nothing } from './values.ts';

const person = z.strictObject({ id: z.string(), displayName: z.string() });

export const absence = z.strictObject({
  id: z.string(),
  person,
  deputy: person,
  fromAt: z.string(),
  /** Back at this instant. */
  untilAt: z.string(),
  /** The highest amount the deputy decides about; null: as much as the absent person. */
  capMinor: z.int().nullable(),
  /** Whether this reader may end it. */
  mayEnd: z.boolean(),
});
export type Absence = z.infer<typeof absence>;

export const absenceRoutes = routeTable({
  'GET /api/absences': {
    summary: 'Absences that are not over: your own, those in which you stand in, and all for administrators.',
    permission: 'absence.enter',
    response: z.strictObject({
      items: z.array(absence),
      /** Who can be a deputy, and whose absence this reader may enter. */
      deputies: z.array(person),
      people: z.array(person),
    }),
  },
  'POST /api/absences': {
    summary: 'Say that you, or for administrators somebody else, are away, and who stands in.',
    permission: 'absence.enter',
    writes: 'own',
    body: z.strictObject({
      /** Who is away; null: you. Somebody else needs the permission `people.write`. */
      personId: z.string().max(40).nullable(),
      deputyId: z.string().max(40),
      fromAt: instant,
      untilAt: instant,
      capMinor: amountMinor.nullable(),
    }),
    response: z.strictObject({ id: z.string() }),
    status: 201,
  },
  'DELETE /api/absences/:id': {
    summary: 'Back again: the absence ends now, or does not begin.',
    permission: 'absence.enter',
    writes: 'own',
    params: z.strictObject({ id: z.string().max(40) }),
    response: nothing,
    status: 204,
  },
});
