import { z } from 'zod';
import { taskOutcomes } from '../../domain/deal-registration/task-outcomes.ts';
import { nobodyDecidesCauses } from '../../domain/task.ts';
import { correctableFields } from './deal-registrations.ts';
import { routeTable } from './route.ts';
import { counterTerms, priceFields } from './special-prices.ts';
import { cursor, due, news, nothing, page, pageSize, words } from './values.ts';

/** The kinds of task this product opens so far. */
export const taskKinds = [
  'registration_review',
  'joint_review',
  'conflict_resolution',
  'extension',
  'amendment',
  'appeal',
  'pricing_approval',
] as const;

export const taskRow = z.strictObject({
  id: z.string(),
  caseId: z.string(),
  caseKind: z.string(),
  kind: z.enum(taskKinds),
  subject: z.string(),
  partnerName: z.string().nullable(),
  reference: z.string().nullable(),
  /** Whose reasons a denial may name; null for a task of no program. */
  programId: z.string().nullable(),
  question: z.string(),
  queue: z.string(),
  role: z.string(),
  outcomes: z.array(z.enum(taskOutcomes)),
  amount: z.strictObject({ amountMinor: z.int(), currency: z.string() }).nullable(),
  openedAt: z.string(),
  due,
  claimedBy: z.strictObject({ id: z.string(), displayName: z.string(), until: z.string() }).nullable(),
  /** Whether this reader may decide; otherwise why not, as a key of the word catalogue. */
  mayDecide: z.boolean(),
  whyNot: z.string().nullable(),
  /** In whose place this reader decides it; null: in his own right, or not at all. */
  actingFor: z.strictObject({ id: z.string(), displayName: z.string() }).nullable(),
  /** Unjudged pairs: an approval is refused until each is judged. */
  unjudged: z.int(),
  news,
});
export type TaskRow = z.infer<typeof taskRow>;

export const taskDetail = taskRow.extend({
  version: z.int(),
  /** The facts it is decided on, and their hash, which the decision must name. */
  facts: z.record(z.string(), z.unknown()),
  factsHash: z.string(),
  /** Why nobody at all may decide it as things stand; null: somebody may, or it is closed. */
  nobodyDecides: z.enum(nobodyDecidesCauses).nullable(),
  /** Cases like this one, and how they were decided. */
  similar: z.array(
    z.strictObject({
      caseId: z.string(),
      reference: z.string(),
      outcome: z.string(),
      reasonCode: z.string().nullable(),
      decidedAt: z.string(),
    }),
  ),
});
export type TaskDetail = z.infer<typeof taskDetail>;

/** What a question to the partner can be about: fields of a registration, or of a special price request. */
const askableFields = [...new Set([...correctableFields, ...priceFields])];

/** A decision as the decider sends it. */
export const decisionBody = z.strictObject({
  outcome: z.enum(taskOutcomes),
  /** A key of the program's reasons; with which outcomes it, words and fields are needed: `decisionNeeds`. */
  reasonKey: z.string().max(60).nullable(),
  words: words({ min: 0, max: 4000, label: 'The words for the partner' }),
  privateNote: words({ min: 0, max: 4000, label: 'The private note' }),
  /** For `request_information`: what is opened again for correction. */
  fields: z.array(z.enum(askableFields)).max(20),
  /** For `counter_offer` about a special price: the vendor's own terms, else null. */
  counter: counterTerms.nullable().default(null),
  /** For a joint review: which registration wins (`protect`), else null. */
  winnerId: z.string().max(40).nullable(),
  /** For `share` in a joint review: who is protected together, at least two. */
  sharerIds: z.array(z.string().max(40)).max(20).default([]),
  /** The hash of the facts the decider saw; refused with 409 when they changed meanwhile. */
  factsHash: z.string().max(64),
});

export const decided = z.strictObject({
  decisionId: z.string(),
  taskId: z.string(),
  caseId: z.string(),
  outcome: z.string(),
  decidedAt: z.string(),
  /** Until then it can be taken back, and nothing leaves. */
  effectiveAt: z.string(),
  status: z.string(),
});
export type Decided = z.infer<typeof decided>;

const byId = z.strictObject({ id: z.string().max(40) });

export const taskRoutes = routeTable({
  'GET /api/tasks': {
    summary: 'The inbox: open tasks, most urgent first.',
    permission: 'task.read',
    query: z.strictObject({
      queue: z.string().max(60).optional(),
      kind: z.enum(taskKinds).optional(),
      /** `mine`: those I may decide; `claimed`: those I hold; `all`. */
      show: z.enum(['mine', 'claimed', 'all']).default('mine'),
      tone: z.enum(['breached', 'dueSoon', 'waiting', 'paused']).optional(),
      search: z.string().trim().max(120).optional(),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(taskRow).extend({
      counts: z.strictObject({ open: z.int(), breached: z.int(), dueSoon: z.int() }),
      sums: z.array(z.strictObject({ amountMinor: z.int(), currency: z.string() })),
    }),
  },
  'GET /api/tasks/:id': {
    summary: 'One task with the facts it is decided on.',
    permission: 'task.read',
    params: byId,
    response: taskDetail,
  },
  'POST /api/tasks/:id/claim': {
    summary: 'Claim a task for 15 minutes, or renew the claim.',
    permission: 'task.decide',
    params: byId,
    body: z.strictObject({}),
    response: z.strictObject({ until: z.string() }),
    writes: 'own',
  },
  'DELETE /api/tasks/:id/claim': {
    summary: 'Give a claim back.',
    permission: 'task.decide',
    params: byId,
    response: nothing,
    status: 204,
    writes: 'own',
  },
  'POST /api/tasks/:id/decision': {
    summary: 'Decide. It can be taken back until `effectiveAt`.',
    permission: 'task.decide',
    params: byId,
    body: decisionBody,
    response: decided,
    status: 201,
    writes: 'process',
  },
  'POST /api/decisions/:id/retraction': {
    summary: 'Take a decision back before it takes effect.',
    permission: 'task.decide',
    params: byId,
    body: z.strictObject({}),
    response: z.strictObject({ decisionId: z.string(), taskId: z.string(), status: z.string() }),
    writes: 'process',
  },
  'POST /api/tasks/:id/assignment': {
    summary: 'Hand a task to a person, or back to its queue.',
    permission: 'task.route',
    params: byId,
    body: z.strictObject({
      personId: z.string().max(40).nullable(),
      words: words({ min: 1, max: 2000, label: 'The reason' }),
    }),
    response: z.strictObject({ taskId: z.string(), assignedTo: z.string().nullable() }),
    writes: 'process',
  },
  'POST /api/account-pairs': {
    summary: 'Say whether two customers are the same company; it is remembered for every later match.',
    permission: 'account.judge',
    body: z.strictObject({
      registrationId: z.string().max(40),
      otherAccountId: z.string().max(40),
      verdict: z.enum(['same', 'different']),
      words: words({ min: 1, max: 2000, label: 'The reason' }),
    }),
    response: z.strictObject({ verdict: z.enum(['same', 'different']), unjudged: z.int() }),
    status: 201,
    writes: 'process',
  },
});
