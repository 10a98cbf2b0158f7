import { z } from 'zod';
import { routeTable } from './route.ts';
import { cursor, instant, page, pageSize, search, words } from './values.ts';

const dueRow = z.strictObject({
  caseId: z.string(),
  jointTaskId: z
    .string()
    .nullable()
    .describe(
      'The task to open, when it is about several registrations at once and its case is none of them.',
    ),
  reference: z.string(),
  subject: z.string(),
  queue: z.string(),
  dueAt: z.string(),
  breachedAt: z.string().nullable(),
  partnerName: z.string(),
});

/** What operations sees first: what is due, breached and stuck, by team, and whether the word was kept. */
export const board = z.strictObject({
  asOf: z.string(),
  teams: z.array(
    z.strictObject({
      queue: z.string(),
      open: z.int(),
      dueToday: z.int(),
      breached: z.int(),
      paused: z.int(),
      oldestOpenedAt: z.string().nullable(),
    }),
  ),
  stages: z.array(
    z.strictObject({ status: z.string(), count: z.int(), valueMinor: z.int(), currency: z.string() }),
  ),
  /** The vendor's promises that were kept or broken in each week, and how many of them were kept. Weeks without any are left out. */
  attainment: z.array(
    z.strictObject({ weekStart: z.string(), kind: z.string(), promises: z.int(), inTime: z.int() }),
  ),
  /** Which share the programs want, in parts per million, strictest last. */
  attainmentTargets: z.array(z.strictObject({ targetPpm: z.int(), programs: z.array(z.string()) })),
  due: z.array(dueRow),
  breached: z.array(dueRow),
  stuck: z.strictObject({
    receipts: z.int(),
    outbound: z.int(),
    imports: z.int(),
    unsealed: z.int(),
    workflows: z.int(),
    /** Open tasks that nobody may decide. */
    tasks: z.int(),
    oldestAt: z.string().nullable(),
  }),
  hold: z
    .strictObject({ id: z.string(), fromAt: z.string(), toAt: z.string().nullable(), reason: z.string() })
    .nullable(),
});
export type Board = z.infer<typeof board>;

/** What may be tried again or given up. */
export const stuckKind = z.enum(['receipt', 'mail', 'signal', 'import']);
export type StuckKind = z.infer<typeof stuckKind>;

export const stuckItem = z.strictObject({
  kind: z.enum(['receipt', 'mail', 'signal', 'import', 'workflow', 'unsealed', 'task']),
  id: z.string(),
  caseId: z.string().nullable(),
  /** Of the case; of an import the name of its file. */
  reference: z.string().nullable(),
  since: z.string(),
  attempts: z.int(),
  cause: z.string(),
  parked: z.boolean(),
  /** What may safely be done here. */
  actions: z.array(z.enum(['retry', 'skip', 'reassign'])),
  /** What has to be done elsewhere, in a sentence; null where the actions suffice. */
  remedy: z.string().nullable(),
});
export type StuckItem = z.infer<typeof stuckItem>;

export const auditEntry = z.strictObject({
  id: z.int(),
  seq: z.int().nullable(),
  at: z.string(),
  actor: z.string().nullable(),
  action: z.string(),
  subject: z.string(),
  content: z.record(z.string(), z.unknown()),
  hash: z.string().nullable(),
});

export const operationsRoutes = routeTable({
  'GET /api/operations/board': {
    summary: 'Due, breached, stuck, by team, with SLA attainment by week.',
    permission: 'operations.read',
    response: board,
  },
  'GET /api/operations/stuck': {
    summary: 'What cannot go on, with its cause and the safe actions.',
    permission: 'operations.read',
    response: z.strictObject({ items: z.array(stuckItem) }),
  },
  'POST /api/operations/stuck/:kind/:id/retry': {
    summary: 'Try a stuck delivery again now.',
    permission: 'operations.act',
    params: z.strictObject({ kind: stuckKind, id: z.string().max(40) }),
    body: z.strictObject({}),
    response: z.strictObject({ id: z.string() }),
    writes: 'own',
  },
  'POST /api/operations/stuck/:kind/:id/skip': {
    summary: 'Give a stuck delivery up, with a reason.',
    permission: 'operations.act',
    params: z.strictObject({ kind: stuckKind, id: z.string().max(40) }),
    body: z.strictObject({ reason: words({ min: 3, max: 2000, label: 'The reason' }) }),
    response: z.strictObject({ id: z.string() }),
    writes: 'own',
  },
  'GET /api/operations/stuck/mail/:id/recipients': {
    summary: 'Who may be sent a mail that was set aside in place of its receiver, by name.',
    permission: 'operations.act',
    params: z.strictObject({ id: z.string().max(40) }),
    query: z.strictObject({ search: search.optional(), cursor: cursor.optional(), limit: pageSize }),
    response: page(z.strictObject({ id: z.string(), displayName: z.string() })),
  },
  'POST /api/operations/stuck/mail/:id/reassign': {
    summary: 'Send a mail that was set aside to somebody else, with a reason.',
    permission: 'operations.act',
    params: z.strictObject({ id: z.string().max(40) }),
    body: z.strictObject({
      personId: z.string().max(40),
      reason: words({ min: 3, max: 2000, label: 'The reason' }),
    }),
    response: z.strictObject({ id: z.string() }),
    writes: 'own',
  },
  'POST /api/holds': {
    summary: 'Pause every clock of the installation.',
    permission: 'clock.hold',
    body: z.strictObject({
      reason: words({ min: 3, max: 500, label: 'The reason' }),
      toAt: instant.nullable(),
    }),
    response: z.strictObject({ id: z.string(), fromAt: z.string() }),
    status: 201,
    writes: 'own',
  },
  'POST /api/holds/:id/end': {
    summary: 'Let the clocks run again.',
    permission: 'clock.hold',
    params: z.strictObject({ id: z.string().max(40) }),
    body: z.strictObject({}),
    response: z.strictObject({ id: z.string(), toAt: z.string() }),
    writes: 'own',
  },
  'GET /api/audit': {
    summary: 'Who did what, in the order of the seals.',
    permission: 'audit.read',
    query: z.strictObject({
      subject: z.string().max(80).optional(),
      actorId: z.string().max(40).optional(),
      from: instant.optional(),
      to: instant.optional(),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(auditEntry),
  },
});
