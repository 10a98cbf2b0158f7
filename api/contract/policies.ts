import { z } from 'zod';
import { policyKinds } from '../../domain/policy-document.ts';
import { routeTable } from './route.ts';
import { currencyCode, instant, words } from './values.ts';

const kind = z.enum(policyKinds);

export const policyVersion = z.strictObject({
  id: z.string(),
  kind,
  version: z.int().nullable(),
  status: z.enum(['draft', 'published']),
  effectiveFrom: z.string().nullable(),
  effectiveTo: z.string().nullable(),
  note: z.string(),
  createdBy: z.string(),
  createdById: z.string(),
  createdAt: z.string(),
  publishedBy: z.string().nullable(),
  publishedAt: z.string().nullable(),
  revision: z.int(),
  inEffect: z.boolean(),
  /** How many open cases began under it. */
  openCases: z.int(),
});
export type PolicyVersion = z.infer<typeof policyVersion>;

const detail = policyVersion.extend({ body: z.record(z.string(), z.unknown()) });
const byId = z.strictObject({ id: z.string().max(40) });
const byProgram = z.strictObject({ programId: z.string().max(40) });

/** A document that ships with the product, for a program that has none yet. */
export const policyExample = z.strictObject({
  kind,
  key: z.string(),
  name: z.string(),
  note: z.string(),
  body: z.record(z.string(), z.unknown()),
});

export const policyRoutes = routeTable({
  'POST /api/programs': {
    summary: 'Add a program. Nothing can be registered in it until a policy is in effect.',
    permission: 'program.add',
    body: z.strictObject({
      key: z
        .string()
        .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'A key is made of small letters, digits and single hyphens.')
        .max(60, 'At most 60 characters.'),
      name: words({ min: 1, max: 200, label: 'The name' }),
      currency: currencyCode,
    }),
    response: z.strictObject({ id: z.string() }),
    status: 201,
    writes: 'own',
  },
  'GET /api/policy-examples': {
    summary: 'Documents that a first draft can begin from.',
    permission: 'policy.draft',
    response: z.strictObject({ items: z.array(policyExample) }),
  },
  'GET /api/programs/:programId/policies': {
    summary: 'Every version of the policies of a program, of all kinds or of one.',
    permission: 'policy.read',
    params: byProgram,
    query: z.strictObject({ kind: kind.optional() }),
    response: z.strictObject({ items: z.array(policyVersion) }),
  },
  'POST /api/programs/:programId/policies': {
    summary: 'Begin a draft; a bad document answers every error at once and changes nothing.',
    permission: 'policy.draft',
    params: byProgram,
    body: z.strictObject({
      kind,
      note: words({ min: 0, max: 2000, label: 'The note' }),
      body: z.record(z.string(), z.unknown()),
    }),
    response: detail,
    status: 201,
    writes: 'own',
    versioned: true,
  },
  'GET /api/policies/:id': {
    summary: 'One version with its document.',
    permission: 'policy.read',
    params: byId,
    response: detail,
    versioned: true,
  },
  'PUT /api/policies/:id': {
    summary: 'Change a draft.',
    permission: 'policy.draft',
    params: byId,
    body: z.strictObject({
      note: words({ min: 0, max: 2000, label: 'The note' }),
      body: z.record(z.string(), z.unknown()),
    }),
    response: detail,
    writes: 'own',
    versioned: true,
  },
  'POST /api/policies/:id/publication': {
    summary: 'Publish a draft from a date on; its author cannot.',
    permission: 'policy.publish',
    params: byId,
    body: z.strictObject({ effectiveFrom: instant }),
    response: detail,
    writes: 'own',
  },
  'GET /api/policies/:id/changes': {
    summary: 'What differs from another version, in words.',
    permission: 'policy.read',
    params: byId,
    query: z.strictObject({ since: z.string().max(40) }),
    response: z.strictObject({ changes: z.array(z.string()) }),
  },
});
