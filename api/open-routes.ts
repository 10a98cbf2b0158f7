import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { AppDatabase } from '../adapters/store/app-database.ts';
import { consoleIsBuilt, newNonce } from './console-files.ts';
import { openRoutes } from './contract/open.ts';
import type { Readiness } from './contract/open.ts';
import type { OpenPermission } from './contract/route.ts';
import { documentationPage } from './documentation-page.ts';
import type { ApiMetrics } from './metrics.ts';
import type { openApiDocument } from './openapi.ts';
import type { ProcessClient } from './process-client.ts';
import { Refused } from './refused.ts';
import { routeTables } from './registry.ts';

/** What the open routes are answered with. */
interface OpenDeps {
  readonly database: AppDatabase;
  readonly processes: ProcessClient;
  readonly metrics: ApiMetrics;
  /** What Prometheus brings as a bearer token; null: nobody reads the metrics. */
  readonly metricsToken: string | null;
  readonly consoleFolder: string | null;
  readonly stopping: () => boolean;
  readonly signIn: { readonly begin: RequestHandler; readonly finish: RequestHandler };
  readonly document: ReturnType<typeof openApiDocument>;
}

/** The routes without a session: health, metrics, sign-in and the API's own description, each behind what its contract declares. */
export function createOpenHandlers(deps: OpenDeps): Record<keyof typeof openRoutes, RequestHandler> {
  const { metrics, document } = deps;
  const handlers: Record<keyof typeof openRoutes, RequestHandler> = {
    'GET /healthz': (_request, response) => {
      response.json({ status: 'ok' });
    },
    'GET /readyz': readinessOf(deps),
    'GET /metrics': async (_request, response) => {
      response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    },
    'GET /sign-in': deps.signIn.begin,
    'GET /sign-in/callback': deps.signIn.finish,
    'GET /openapi.json': (_request, response) => {
      response.json(document);
    },
    'GET /docs': (_request, response) => {
      const nonce = newNonce();
      response.setHeader(
        'content-security-policy',
        `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      );
      response.type('html').send(documentationPage(routeTables, document, nonce));
    },
  };
  const guarded = Object.entries(handlers).map(([name, handler]): [string, RequestHandler] => [
    name,
    admitting(openRoutes[name as keyof typeof openRoutes].permission, deps.metricsToken, handler),
  ]);
  return Object.fromEntries(guarded) as Record<keyof typeof openRoutes, RequestHandler>;
}

function admitting(
  permission: OpenPermission,
  token: string | null,
  handler: RequestHandler,
): RequestHandler {
  switch (permission) {
    case 'public':
      return handler;
    case 'metrics_token':
      // Counts by route and status are counts of what everybody does here: not for whoever happens to reach the port.
      return (request, response, next) => {
        if (!bringsToken(request.headers.authorization, token))
          throw new Refused('not_found', { detail: 'There is no such page.' });
        return handler(request, response, next);
      };
    default:
      return permission satisfies never;
  }
}

function bringsToken(header: string | undefined, token: string | null): boolean {
  if (token === null || header === undefined) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header), digest(`Bearer ${token}`));
}

/** Which part is down. Asked by whoever sends requests here; the process itself lives on. */
function readinessOf(deps: OpenDeps): RequestHandler {
  return async (_request, response) => {
    const asked = async (question: () => Promise<boolean>): Promise<boolean> => {
      const late = Promise.withResolvers<boolean>();
      const timer = setTimeout(() => late.resolve(false), 2_000);
      try {
        return await Promise.race([question().catch(() => false), late.promise]);
      } finally {
        clearTimeout(timer);
      }
    };
    const [database, migrated, engine] = await Promise.all([
      asked(async () => (await deps.database.unscoped.rows('select 1')).length === 1),
      asked(
        async () =>
          (
            await deps.database.unscoped.rows(
              "select 1 from pg_tables where schemaname = 'public' and tablename = 'own_write'",
            )
          ).length === 1,
      ),
      asked(() => deps.processes.isUp()),
    ]);
    const parts: Readiness['parts'] = {
      database: database ? 'up' : 'down',
      migrations: migrated ? 'up' : 'down',
      engine: engine ? 'up' : 'down',
      console: deps.consoleFolder === null ? 'off' : consoleIsBuilt(deps.consoleFolder) ? 'up' : 'down',
      process: deps.stopping() ? 'stopping' : 'up',
    };
    const ready = Object.values(parts).every((part) => part === 'up' || part === 'off');
    response.setHeader('cache-control', 'no-store');
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ready' : 'not ready', parts } satisfies Readiness);
  };
}
