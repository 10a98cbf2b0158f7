import {
  countEnding,
  deskCells,
  deskPartners,
  deskPeople,
  listEnding,
} from '../../adapters/store/deal-desk-reads.ts';
import { pricingRoles } from '../../domain/special-pricing/policy.ts';
import type { dealDeskRoutes } from '../contract/deal-desk.ts';
import { cursorOf, isInstantPlace, placeOf } from '../cursor.ts';
import { iso } from '../registration-view.ts';
import type { Handlers } from '../route-handler.ts';

const DAY_MS = 24 * 3_600_000;
const NEAR_DAYS = 14;
const MOST_PEOPLE = 100;

/** The deal desk: who is asked what, how much each has, and what waits for others. The queue itself is the inbox's. */
export function createDealDeskHandlers(): Handlers<typeof dealDeskRoutes> {
  return {
    'GET /api/deal-desk': async ({ atMs }, sql) => {
      const at = new Date(atMs).toISOString();
      const cells = await deskCells(sql, { at, roles: pricingRoles });
      const people = await deskPeople(sql, { at, roles: pricingRoles, limit: MOST_PEOPLE });
      return {
        asOf: at,
        cells: cells.map(({ band_key, role, queue, open, paused, late, oldest, deals }) => ({
          bandKey: band_key,
          role,
          queue,
          open,
          paused,
          late,
          oldestOpenedAt: iso(oldest),
          deals: deals.filter(({ currency }) => currency !== ''),
        })),
        people: people.map(({ id, display_name, roles, holds, decided7, decided30 }) => ({
          id,
          displayName: display_name,
          roles: [...roles],
          holds,
          decidedLast7Days: decided7,
          decidedLast30Days: decided30,
        })),
        partners: await deskPartners(sql),
        ending: await countEnding(sql, { at, until: new Date(atMs + NEAR_DAYS * DAY_MS).toISOString() }),
      };
    },
    'GET /api/deal-desk/ending': async ({ query, atMs }, sql) => {
      const rows = await listEnding(sql, {
        at: new Date(atMs).toISOString(),
        until: new Date(atMs + query.withinDays * DAY_MS).toISOString(),
        after: placeOf(query.cursor, isInstantPlace),
        limit: query.limit + 1,
      });
      const shown = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? shown.at(-1) : undefined;
      return {
        items: shown.map(
          ({ what, id, reference, customerName, partnerName, status, endsAt, waitingFor }) => ({
            what,
            id,
            reference,
            customerName,
            partnerName,
            status,
            endsAt: endsAt.toISOString(),
            waitingFor,
          }),
        ),
        nextCursor: last === undefined ? null : cursorOf(last),
      };
    },
  };
}
