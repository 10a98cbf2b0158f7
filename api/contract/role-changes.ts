import { z } from 'zod';
import { roles } from '../../domain/access.ts';
import { roleChangeKinds, roleChangeVerdicts, roleVerdictRefusals } from '../../domain/role-change.ts';
import { routeTable } from './route.ts';
import { amountMinor, currencyCode, words } from './values.ts';

/** A limit of authority; null: without a limit. */
const limit = z.strictObject({ amountMinor, currency: currencyCode }).nullable();
const role = z.enum(roles);
const about = { personId: z.string().max(40), words: words({ min: 3, max: 2000, label: 'The reason' }) };

const proposal = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('give_role'), role, limit, ...about }),
  z.strictObject({ kind: z.literal('take_role'), role, ...about }),
  z.strictObject({ kind: z.literal('change_limit'), role, limit, ...about }),
  z.strictObject({ kind: z.literal('suspend'), ...about }),
  z.strictObject({ kind: z.literal('reinstate'), ...about }),
]);

const person = z.strictObject({ id: z.string(), displayName: z.string() });
const whyNot = z.enum(roleVerdictRefusals).nullable();

export const roleChange = z.strictObject({
  id: z.string(),
  person: person.extend({ partnerName: z.string().nullable() }),
  kind: z.enum(roleChangeKinds),
  /** Null for what concerns the whole person. */
  role: role.nullable(),
  limit,
  words: z.string(),
  proposedBy: person,
  proposedAt: z.string(),
  status: z.enum(['open', 'confirmed', 'declined']),
  decidedBy: z.string().nullable(),
  decidedAt: z.string().nullable(),
  decidedWords: z.string().nullable(),
  /** Why this reader cannot confirm or decline it, as keys of the word catalogue; null: he can. */
  whyNotConfirm: whyNot,
  whyNotDecline: whyNot,
});
export type RoleChangeView = z.infer<typeof roleChange>;

export const roleChangeRoutes = routeTable({
  'GET /api/role-changes': {
    summary: 'Proposed changes of who may do what: those that wait, then those decided last.',
    permission: 'people.read',
    response: z.strictObject({ items: z.array(roleChange) }),
  },
  'POST /api/role-changes': {
    summary: 'Propose a change of what somebody may do. It holds once a second person has confirmed it.',
    permission: 'people.write',
    body: proposal,
    response: z.strictObject({ id: z.string() }),
    status: 201,
    writes: 'own',
  },
  'POST /api/role-changes/:id/decision': {
    summary: 'Confirm a proposed change, which makes it at once, or decline it.',
    permission: 'people.confirm',
    params: z.strictObject({ id: z.string().max(40) }),
    body: z.strictObject({
      verdict: z.enum(roleChangeVerdicts),
      words: words({ min: 3, max: 2000, label: 'The words' }),
    }),
    response: z.strictObject({
      id: z.string(),
      status: z.enum(['confirmed', 'declined']),
      /** How many sessions of the person were ended. */
      sessionsEnded: z.int(),
      /** How many tasks that were given to the person go back to their queues. */
      tasksSentBack: z.int(),
    }),
    writes: 'own',
  },
});
