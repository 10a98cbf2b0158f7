import { z } from 'zod';
import { partnerKinds } from '../../domain/deal-registration/policy.ts';
import { registrationSources, registrationTypes } from '../../domain/deal-registration/status.ts';
import { roles } from '../../domain/access.ts';
import { routeTable } from './route.ts';
import { countryCode, cursor, page, pageSize, search } from './values.ts';

const offeredReason = z.strictObject({ key: z.string(), closureCode: z.string(), words: z.string() });

/** What a form must know of a program. A partner sees the programs that he is enrolled in. */
export const program = z.strictObject({
  id: z.string(),
  key: z.string(),
  name: z.string(),
  currency: z.string(),
  /** Null while no policy is in effect: nothing can be registered. */
  registration: z
    .strictObject({
      policyVersion: z.int(),
      allowedTypes: z.array(z.enum(registrationTypes)),
      allowedSources: z.array(z.enum(registrationSources)),
      minimumValueMinor: z.int().nullable(),
      minimumUnitsPerSku: z.int().nullable(),
      minimumEvidence: z.int(),
      rfp: z.string(),
      undoWindowSeconds: z.int(),
      reasons: z.strictObject({
        rejection: z.array(offeredReason),
        loss: z.array(offeredReason),
        withdrawal: z.array(offeredReason),
      }),
    })
    .nullable(),
});
export type Program = z.infer<typeof program>;

export const product = z.strictObject({
  sku: z.string(),
  name: z.string(),
  family: z.string(),
  familyName: z.string(),
  core: z.boolean(),
});
export type Product = z.infer<typeof product>;

/** A person with what he may do, for those who watch over it. */
export const personWithRoles = z.strictObject({
  id: z.string(),
  displayName: z.string(),
  email: z.string(),
  side: z.enum(['vendor', 'partner']),
  partnerName: z.string().nullable(),
  active: z.boolean(),
  /** Roles with their time and limit; those that are over too, so that it can be seen who could do what. */
  roles: z.array(
    z.strictObject({
      role: z.enum(roles),
      limitMinor: z.int().nullable(),
      /** Null: the limit counts in the currency of each program. */
      limitCurrency: z.string().nullable(),
      /** Null: from the beginning, without an end. */
      validFrom: z.string().nullable(),
      validTo: z.string().nullable(),
      inForce: z.boolean(),
    }),
  ),
});
export type PersonWithRoles = z.infer<typeof personWithRoles>;

const partner = z.strictObject({
  id: z.string(),
  name: z.string(),
  tier: z.string(),
  country: z.string(),
  kind: z.enum(partnerKinds),
  standing: z.string(),
});

const colleague = z.strictObject({
  id: z.string(),
  displayName: z.string(),
  roles: z.array(z.string()),
  limitMinor: z.int().nullable(),
});

const sku = z.string().max(60);

export const directoryRoutes = routeTable({
  'GET /api/people-and-roles': {
    summary: 'Everybody with his roles, their times and limits of authority.',
    permission: 'people.read',
    response: z.strictObject({ items: z.array(personWithRoles) }),
  },
  'GET /api/programs': {
    summary: 'The programs you may register in, with what their forms need.',
    permission: 'directory.read',
    response: z.strictObject({ items: z.array(program) }),
  },
  'GET /api/products': {
    summary:
      'Products with their families, by name; those of a number, or that have the words of the search.',
    permission: 'directory.read',
    query: z.strictObject({
      search: search.optional(),
      family: z.string().max(60).optional(),
      /** These and no others, whatever their place in the list. */
      sku: z.union([sku, z.array(sku).max(200)]).optional(),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(product),
  },
  'GET /api/partners': {
    summary: 'Partners by name, for filters and for transfer.',
    permission: 'account.read',
    query: z.strictObject({
      search: search.optional(),
      tier: z.string().max(60).optional(),
      country: countryCode.optional(),
      standing: z.string().max(60).optional(),
      kind: z.enum(partnerKinds).optional(),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(partner),
  },
  'GET /api/people': {
    summary: "The vendor's people who can be given a task, by name.",
    permission: 'task.read',
    query: z.strictObject({
      search: search.optional(),
      role: z.enum(roles).optional(),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(colleague),
  },
});
