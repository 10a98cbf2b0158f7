import {
  partnersOf,
  peopleWith,
  peopleWithRoles,
  productsOf,
  programsOf,
} from '../../adapters/store/directory-reads.ts';
import type { Role } from '../../domain/access.ts';
import { authorityOrder } from '../../domain/task.ts';
import type { directoryRoutes } from '../contract/directory.ts';
import type { Handlers } from '../route-handler.ts';

/** Programs, products, partners and people, as forms and filters need them. */
export function createDirectoryHandlers(): Handlers<typeof directoryRoutes> {
  return {
    'GET /api/programs': async ({ principal, atMs }, sql) => {
      const rows = await programsOf(sql, {
        partnerId: principal.partnerId,
        at: new Date(atMs).toISOString(),
      });
      return {
        items: rows.map(({ id, key, name, currency, version, body }) => ({
          id,
          key,
          name,
          currency,
          registration:
            body === null || version === null
              ? null
              : {
                  policyVersion: version,
                  allowedTypes: body.eligibility.allowedTypes,
                  allowedSources: body.eligibility.allowedSources,
                  minimumValueMinor: body.eligibility.minimumValueMinor,
                  minimumUnitsPerSku: body.eligibility.minimumUnitsPerSku,
                  minimumEvidence: body.eligibility.minimumEvidence,
                  rfp: body.eligibility.rfp,
                  undoWindowSeconds: body.undoWindowSeconds,
                  reasons: body.reasons,
                },
        })),
      };
    },
    'GET /api/people-and-roles': async ({ atMs }, sql) => {
      const rows = await peopleWithRoles(sql, new Date(atMs).toISOString());
      return {
        items: rows.map((person) => ({
          ...person,
          roles: person.roles.map((one) => ({
            ...one,
            role: one.role as Role,
            validFrom: one.validFrom === null ? null : new Date(one.validFrom).toISOString(),
            validTo: one.validTo === null ? null : new Date(one.validTo).toISOString(),
          })),
        })),
      };
    },
    'GET /api/products': async (_call, sql) => ({ items: await productsOf(sql) }),
    'GET /api/partners': async (_call, sql) => ({ items: await partnersOf(sql) }),
    'GET /api/people': async ({ atMs }, sql) => ({
      items: await peopleWith(sql, { roles: authorityOrder, at: new Date(atMs).toISOString() }),
    }),
  };
}
