import { permissions } from '../domain/access.ts';
import { absenceRoutes } from './contract/absences.ts';
import { dealDeskRoutes } from './contract/deal-desk.ts';
import { dealRegistrationRoutes, registrationDraftRoutes } from './contract/deal-registrations.ts';
import { calendarRoutes } from './contract/calendars.ts';
import { directoryRoutes } from './contract/directory.ts';
import { specialPriceDraftRoutes } from './contract/drafts.ts';
import { distributorRelationRoutes } from './contract/distributor-relations.ts';
import { exchangeRateRoutes } from './contract/exchange-rates.ts';
import { importRoutes } from './contract/imports.ts';
import { liveRoutes } from './contract/live.ts';
import { openRoutes } from './contract/open.ts';
import { openPermissions } from './contract/route.ts';
import { myPartnersRoutes } from './contract/my-partners.ts';
import { operationsRoutes } from './contract/operations.ts';
import { policyRoutes } from './contract/policies.ts';
import type { PolicyFile } from './contract/policy-kinds.ts';
import { priceBookRoutes } from './contract/price-books.ts';
import { pricingAnalyticsRoutes } from './contract/pricing-analytics.ts';
import { roleChangeRoutes } from './contract/role-changes.ts';
import type { RouteContract, RouteTable } from './contract/route.ts';
import { savedViewRoutes } from './contract/saved-views.ts';
import { sessionRoutes } from './contract/session.ts';
import { shipAndDebitRoutes } from './contract/ship-and-debit.ts';
import { specialPriceRoutes } from './contract/special-prices.ts';
import { taskRoutes } from './contract/tasks.ts';
import type { BusinessClock } from './business-clock.ts';
import type { Route } from './pipeline.ts';
import type { SealTaxId } from './sealed-body.ts';
import type { Handlers } from './route-handler.ts';
import { createAbsenceHandlers } from './routes/absences.ts';
import { createCalendarHandlers } from './routes/calendars.ts';
import type { CalendarKnowledge } from './routes/calendars.ts';
import { createDealDeskHandlers } from './routes/deal-desk.ts';
import { createDealRegistrationHandlers } from './routes/deal-registrations.ts';
import { createDirectoryHandlers } from './routes/directory.ts';
import { createDistributorRelationHandlers } from './routes/distributor-relations.ts';
import { createExchangeRateHandlers } from './routes/exchange-rates.ts';
import { createImportHandlers } from './routes/imports.ts';
import { createMyPartnersHandlers } from './routes/my-partners.ts';
import { createOperationsHandlers } from './routes/operations.ts';
import { createPriceBookHandlers } from './routes/price-books.ts';
import { createPricingAnalyticsHandlers } from './routes/pricing-analytics.ts';
import { createPolicyHandlers } from './routes/policies.ts';
import { createRegistrationDraftHandlers } from './routes/registration-drafts.ts';
import { createRoleChangeHandlers } from './routes/role-changes.ts';
import { createSavedViewHandlers } from './routes/saved-views.ts';
import { createSessionHandlers } from './routes/session.ts';
import { createSpecialPriceDraftHandlers } from './routes/special-price-drafts.ts';
import { createShipAndDebitHandlers } from './routes/ship-and-debit.ts';
import { createSpecialPriceHandlers } from './routes/special-prices.ts';
import { createTaskHandlers } from './routes/tasks.ts';

/** Every route of the API: what OpenAPI, the permission check and the tests read. */
export const routeTables = {
  ...openRoutes,
  ...sessionRoutes,
  ...savedViewRoutes,
  ...directoryRoutes,
  ...roleChangeRoutes,
  ...dealRegistrationRoutes,
  ...registrationDraftRoutes,
  ...taskRoutes,
  ...absenceRoutes,
  ...myPartnersRoutes,
  ...operationsRoutes,
  ...policyRoutes,
  ...calendarRoutes,
  ...importRoutes,
  ...priceBookRoutes,
  ...specialPriceDraftRoutes,
  ...shipAndDebitRoutes,
  ...specialPriceRoutes,
  ...dealDeskRoutes,
  ...pricingAnalyticsRoutes,
  ...exchangeRateRoutes,
  ...distributorRelationRoutes,
  ...liveRoutes,
} as const satisfies RouteTable;

/** Answered outside of the pipeline of requests by a person that end: the stream by `api/live.ts`, open routes by `api/open-routes.ts`. */
const ELSEWHERE: readonly string[] = [...Object.keys(liveRoutes), ...Object.keys(openRoutes)];

/** Booting stops here: a route nobody handles, a handler without a route, or a route that declares no permission. */
export class RegistryError extends Error {
  constructor(faults: readonly string[]) {
    super(`the routes are not complete:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'RegistryError';
  }
}

/** All routes with their handlers. Throws `RegistryError`. */
export function createRoutes(deps: {
  businessClock: BusinessClock;
  production: boolean;
  sealTaxId: SealTaxId;
  calendars: CalendarKnowledge;
  policyExamples: () => readonly PolicyFile[];
}): Route[] {
  const handlers: Handlers<Omit<typeof routeTables, keyof typeof liveRoutes | keyof typeof openRoutes>> = {
    ...createSessionHandlers(),
    ...createSavedViewHandlers(deps),
    ...createDirectoryHandlers(),
    ...createRoleChangeHandlers(),
    ...createDealRegistrationHandlers(deps),
    ...createRegistrationDraftHandlers(deps),
    ...createTaskHandlers(deps),
    ...createAbsenceHandlers(),
    ...createMyPartnersHandlers(),
    ...createOperationsHandlers(),
    ...createPolicyHandlers(deps),
    ...createCalendarHandlers(deps),
    ...createImportHandlers(deps),
    ...createPriceBookHandlers(),
    ...createSpecialPriceDraftHandlers(),
    ...createShipAndDebitHandlers(),
    ...createSpecialPriceHandlers(deps),
    ...createDealDeskHandlers(),
    ...createPricingAnalyticsHandlers(),
    ...createExchangeRateHandlers(),
    ...createDistributorRelationHandlers(),
  };
  return joinRoutes(routeTables, handlers, ELSEWHERE);
}

/** Joins contracts and handlers by name. Throws `RegistryError` naming everything that does not fit. */
export function joinRoutes(
  tables: Readonly<Record<string, RouteContract>>,
  handlers: Readonly<Record<string, unknown>>,
  elsewhere: readonly string[] = [],
): Route[] {
  const faults: string[] = [];
  for (const name of Object.keys(handlers))
    if (!Object.hasOwn(tables, name)) faults.push(`${name}: a handler, but no route`);
  const routes: Route[] = [];
  for (const [name, contract] of Object.entries(tables)) {
    if (!/^(?:GET|POST|PUT|DELETE) \/[a-z:/.-]+$/i.test(name)) faults.push(`${name}: not METHOD /path`);
    // Whatever keeps or shows something of the record lies under /api, and nothing there is open.
    const known: readonly string[] = name.includes(' /api/') ? permissions : openPermissions;
    if (!known.includes(contract.permission))
      faults.push(`${name}: declares no permission that exists there`);
    if (!name.startsWith('GET ') && contract.writes === undefined && contract.body === undefined)
      faults.push(`${name}: does not say what it writes`);
    if (elsewhere.includes(name)) continue;
    const handler = handlers[name];
    if (typeof handler !== 'function') faults.push(`${name}: a route, but no handler`);
    else routes.push({ name, contract, writes: contract.writes ?? null, handler } as Route);
  }
  if (faults.length > 0) throw new RegistryError(faults);
  return routes;
}
