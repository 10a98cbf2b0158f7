import { randomUUID } from 'node:crypto';
import express from 'express';
import type { Application, ErrorRequestHandler, RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { AppDatabase } from '../adapters/store/app-database.ts';
import type { BusinessClock } from './business-clock.ts';
import { createConsoleFiles } from './console-files.ts';
import type { PolicyFile } from './contract/policy-kinds.ts';
import type { EmbeddedProvider } from './embedded-provider.ts';
import type { Live } from './live.ts';
import type { ApiMetrics } from './metrics.ts';
import { createOpenHandlers } from './open-routes.ts';
import { openApiDocument } from './openapi.ts';
import { routeHandler, sendProblem } from './pipeline.ts';
import type { ProcessClient } from './process-client.ts';
import { Refused } from './refused.ts';
import type { SealTaxId } from './sealed-body.ts';
import type { CaseNews } from './case-news.ts';
import { createConfirmations } from './confirmations.ts';
import { createRoutes, routeTables } from './registry.ts';
import type { CalendarKnowledge } from './routes/calendars.ts';
import { createSignIn } from './sign-in.ts';
import type { IdentityProvider } from './sign-in.ts';

/** Everything the API needs from the world; only `main.ts` (and a test) makes it. */
export interface AppDeps {
  readonly production: boolean;
  readonly publicUrl: string;
  readonly database: AppDatabase;
  readonly processes: ProcessClient;
  readonly businessClock: BusinessClock;
  readonly live: Live;
  readonly news: CaseNews;
  readonly metrics: ApiMetrics;
  /** What Prometheus brings as a bearer token; null: nobody reads the metrics. */
  readonly metricsToken: string | null;
  readonly identityProvider: IdentityProvider;
  /** Development only. */
  readonly embeddedProvider: EmbeddedProvider | null;
  /** Folder of the built console; null when this process does not serve it. */
  readonly consoleFolder: string | null;
  readonly log: Logger;
  /** Epoch ms. */
  readonly now: () => number;
  /** In place of the database's clock for receipts; null outside of tests. */
  readonly receiptClock: (() => number) | null;
  readonly engineDeadlineMs: number;
  readonly sealTaxId: SealTaxId;
  readonly calendars: CalendarKnowledge;
  /** The example documents that ship with the product. */
  readonly policyExamples: () => readonly PolicyFile[];
  /** 32 bytes. */
  readonly hashKey: Buffer;
  readonly limits: { readonly writesPerMinute: number; readonly signInsPerMinute: number };
  /** True once the process should get no new requests. */
  readonly stopping: () => boolean;
}

/** The HTTP application. Throws when a route is not complete. */
export function createApp(deps: AppDeps): Application {
  const { database, publicUrl, now, log, metrics } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  // One proxy of our own stands in front where the address is https; never "trust whoever says so".
  app.set('trust proxy', publicUrl.startsWith('https:') ? 1 : false);
  app.use(
    pinoHttp({
      logger: log,
      genReqId: () => randomUUID(),
      // What fails is logged with its cause where it is answered.
      customLogLevel: () => 'debug',
      serializers: {
        req: (request: { id: unknown; method: unknown; url: unknown }) => ({
          id: request.id,
          method: request.method,
          path: String(request.url).split('?')[0],
        }),
        res: (response: { statusCode: unknown }) => ({ statusCode: response.statusCode }),
      },
    }),
  );
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'none'"],
          'frame-ancestors': ["'none'"],
          'form-action': ["'self'"],
          'base-uri': ["'none'"],
        },
      },
      strictTransportSecurity: publicUrl.startsWith('https:') ? { maxAge: 31_536_000 } : false,
      crossOriginEmbedderPolicy: false,
      referrerPolicy: { policy: 'same-origin' },
    }),
  );
  if (deps.embeddedProvider !== null) {
    app.use('/oidc', deps.embeddedProvider.callback);
    app.use(...deps.embeddedProvider.accounts);
  }
  const signIn = createSignIn({
    database,
    provider: deps.identityProvider,
    publicUrl,
    now,
    limiter: new RateLimiterMemory({ points: deps.limits.signInsPerMinute, duration: 60 }),
  });
  const open = createOpenHandlers({ ...deps, signIn, document: openApiDocument(routeTables, publicUrl) });
  for (const [name, handler] of Object.entries(open)) app.get(name.slice('GET '.length), handler);

  const pipeline = {
    database,
    processes: deps.processes,
    news: deps.news,
    confirm: createConfirmations({ database, now, log }),
    publicUrl,
    now,
    receiptClock: deps.receiptClock,
    engineDeadlineMs: deps.engineDeadlineMs,
    sealTaxId: deps.sealTaxId,
    hashKey: deps.hashKey,
    writeLimiter: new RateLimiterMemory({ points: deps.limits.writesPerMinute, duration: 60 }),
    log,
    strictAnswers: !deps.production,
  };
  for (const route of createRoutes({
    businessClock: deps.businessClock,
    production: deps.production,
    sealTaxId: deps.sealTaxId,
    calendars: deps.calendars,
    policyExamples: deps.policyExamples,
  })) {
    const [method = '', path = ''] = route.name.split(' ');
    const handler = measured(metrics, { method, path }, routeHandler(route, pipeline));
    switch (method) {
      case 'GET':
        app.get(path, handler);
        break;
      case 'POST':
        app.post(path, handler);
        break;
      case 'PUT':
        app.put(path, handler);
        break;
      case 'DELETE':
        app.delete(path, handler);
        break;
      default:
        throw new RangeError(`${route.name} has a method that is not routed`);
    }
  }
  app.get('/api/live', deps.live.handler);
  app.use('/api', () => {
    throw new Refused('not_found', { detail: 'There is no such route.' });
  });
  if (deps.consoleFolder !== null) app.use(createConsoleFiles(deps.consoleFolder));
  app.use(() => {
    throw new Refused('not_found', { detail: 'There is no such page.' });
  });
  const failed: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    sendProblem({ error, request, response, log });
  };
  app.use(failed);
  return app;
}

function measured(
  metrics: ApiMetrics,
  route: { method: string; path: string },
  handler: RequestHandler,
): RequestHandler {
  return (request, response, next) => {
    const began = process.hrtime.bigint();
    response.on('close', () => {
      metrics.observe({
        route: route.path,
        method: route.method,
        status: response.statusCode,
        seconds: Number(process.hrtime.bigint() - began) / 1e9,
      });
    });
    return handler(request, response, next);
  };
}
