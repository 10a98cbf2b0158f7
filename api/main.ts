import { createServer } from 'node:http';
import { join } from 'node:path';
import { hkdfSync } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { compileCalendar } from '../adapters/calendar/compile.ts';
import { parseCalendarDefinition } from '../adapters/calendar/definition.ts';
import { particularDays } from '../adapters/calendar/particular-days.ts';
import { readPolicyExamples } from '../adapters/policy-examples.ts';
import { databaseUrl, readConfig } from '../adapters/config.ts';
import { engineConnectionOptions } from '../adapters/gateways/engine.ts';
import { createEngineMessages } from '../adapters/gateways/engine-messages.ts';
import { createLog } from '../adapters/log.ts';
import { createAppDatabase } from '../adapters/store/app-database.ts';
import { calendarDefinitions } from '../adapters/store/directory-reads.ts';
import { createPool } from '../adapters/store/pool.ts';
import { fieldKeys, sealTaxId } from '../adapters/tax-id.ts';
import { providerState } from '../adapters/store/session-own.ts';
import { roleAccounts } from '../prisma/seed.ts';
import { createApp } from './app.ts';
import { createBusinessClock } from './business-clock.ts';
import { createEmbeddedProvider } from './embedded-provider.ts';
import { createCaseNews } from './case-news.ts';
import { createLive } from './live.ts';
import { createSessions } from './middleware/session.ts';
import { createApiMetrics } from './metrics.ts';
import { createProcessClient } from './process-client.ts';
import { refusalIn } from '../workflows/contracts/command.ts';

/*
 * The API's process: reads the configuration, wires the parts, listens, and stops in order. The engine may be away when it
 * starts; the database may be too: both are asked again by each request.
 */

const ENGINE_DEADLINE_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 5_000;
const STOP_WITHIN_MS = 10_000;

const config = readConfig(process.env);
const log = createLog({ name: 'api', level: config.mode === 'production' ? 'info' : 'warn' });
const pool = createPool({
  url: databaseUrl(config, 'app'),
  max: config.poolSize,
  applicationName: 'fairlead-api',
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
});
const database = createAppDatabase(pool);
const { temporal } = config;
const connection = Connection.lazy(engineConnectionOptions(temporal));
const processes = createProcessClient(
  createEngineMessages({
    client: new Client({ connection, namespace: temporal.namespace }),
    namespace: temporal.namespace,
    deadlineMs: ENGINE_DEADLINE_MS,
    refusalIn,
  }),
);
const businessClock = createBusinessClock(async ({ fromMs, toMs }) => {
  const stored = await calendarDefinitions(database.unscoped);
  return new Map(
    stored.flatMap(({ name, definition }) => {
      const parsed = parseCalendarDefinition(definition);
      if ('definition' in parsed) return [[name, compileCalendar(parsed.definition, fromMs, toMs)] as const];
      log.error({ calendar: name, faults: parsed.faults }, 'a calendar cannot be used');
      return [];
    }),
  );
});
const now = Date.now;
const taxIdKeys = fieldKeys(config.keys.field);
const news = createCaseNews(database);
const sessions = createSessions({ database, publicUrl: config.publicUrl, log });
const live = createLive({ sessions, news, now });
const metrics = createApiMetrics({ database, openStreams: () => live.open() });
const embeddedProvider =
  config.signIn.kind === 'embedded' && config.mode === 'development'
    ? await createEmbeddedProvider({
        publicUrl: config.publicUrl,
        state: providerState(database),
        sessionKey: config.keys.session,
        roleAccounts,
        now,
      })
    : null;
const identityProvider = config.signIn.kind === 'external' ? config.signIn : embeddedProvider?.identity;
if (identityProvider === undefined)
  throw new Error('the embedded identity provider is refused in production: set OIDC_ISSUER');

let stopping = false;
const app = createApp({
  production: config.mode === 'production',
  publicUrl: config.publicUrl,
  database,
  sessions,
  processes,
  businessClock,
  live,
  news,
  metrics,
  metricsToken: config.metricsToken,
  identityProvider,
  embeddedProvider,
  consoleFolder: config.console ? join(import.meta.dirname, '..', 'web', 'dist') : null,
  log,
  now,
  receiptClock: null,
  engineDeadlineMs: ENGINE_DEADLINE_MS,
  calendars: { parse: parseCalendarDefinition, particularDays },
  policyExamples: readPolicyExamples,
  sealTaxId: (entered) => sealTaxId({ ...entered, keys: taxIdKeys }),
  hashKey: Buffer.from(hkdfSync('sha256', config.keys.session, '', 'hash of request bodies', 32)),
  limits: { writesPerMinute: 1_200, signInsPerMinute: 60 },
  stopping: () => stopping,
});
const server = createServer(app);
server.listen(config.port, () => {
  log.info({ address: config.publicUrl }, 'listening');
});
server.on('error', (cause) => {
  log.fatal({ err: cause }, 'cannot listen');
  process.exitCode = 1;
  process.kill(process.pid, 'SIGTERM');
});

/** No new requests; those under way end; streams, pool and engine last. A second signal changes nothing. */
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const late = setTimeout(() => {
    log.error('stopping takes too long: connections are cut');
    server.closeAllConnections();
  }, STOP_WITHIN_MS);
  const closed = new Promise((resolve) => {
    server.close(resolve);
  });
  server.closeIdleConnections();
  live.close();
  await closed;
  await news.stop();
  clearTimeout(late);
  await pool.end();
  await connection.close();
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
