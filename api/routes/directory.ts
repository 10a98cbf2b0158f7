import {
  partnersPage,
  peopleWith,
  peopleWithRoles,
  productsNamed,
  productsPage,
  programsOf,
} from '../../adapters/store/directory-reads.ts';
import type { Role } from '../../domain/access.ts';
import { authorityOrder } from '../../domain/task.ts';
import type { directoryRoutes } from '../contract/directory.ts';
import { behind, namedPage } from '../cursor.ts';
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
    'GET /api/products': async ({ query }, sql) => {
      if (query.sku !== undefined)
        return { items: await productsNamed(sql, [query.sku].flat()), nextCursor: null };
      const rows = await productsPage(sql, { ...behind(query), family: query.family ?? null });
      return namedPage(rows, query.limit, ({ name, sku }) => ({ place: name, id: sku }));
    },
    'GET /api/partners': async ({ query }, sql) => {
      const { tier = null, country = null, standing = null, kind = null } = query;
      const rows = await partnersPage(sql, { ...behind(query), tier, country, standing, kind });
      return namedPage(rows, query.limit, ({ name, id }) => ({ place: name, id }));
    },
    'GET /api/people': async ({ query, atMs }, sql) => {
      const rows = await peopleWith(sql, {
        ...behind(query),
        roles: authorityOrder.filter((role) => query.role === undefined || role === query.role),
        at: new Date(atMs).toISOString(),
      });
      return namedPage(rows, query.limit, ({ displayName, id }) => ({ place: displayName, id }));
    },
  };
}
