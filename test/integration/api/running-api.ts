import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import type { Application } from 'express';
import pg from 'pg';
import { compileCalendar } from '../../../adapters/calendar/compile.ts';
import { parseCalendarDefinition } from '../../../adapters/calendar/definition.ts';
import { particularDays } from '../../../adapters/calendar/particular-days.ts';
import { readPolicyExamples } from '../../../adapters/policy-examples.ts';
import { createLog } from '../../../adapters/log.ts';
import { createAppDatabase } from '../../../adapters/store/app-database.ts';
import { calendarDefinitions } from '../../../adapters/store/directory-reads.ts';
import { createPool } from '../../../adapters/store/pool.ts';
import { providerState } from '../../../adapters/store/session-own.ts';
import { fieldKeys, sealTaxId } from '../../../adapters/tax-id.ts';
import { createApp } from '../../../api/app.ts';
import { createBusinessClock } from '../../../api/business-clock.ts';
import { createEmbeddedProvider } from '../../../api/embedded-provider.ts';
import { createCaseNews } from '../../../api/case-news.ts';
import { createLive } from '../../../api/live.ts';
import { createSessions } from '../../../api/middleware/session.ts';
import { createApiMetrics } from '../../../api/metrics.ts';
import type { ProcessCall, ProcessClient, ProcessReply } from '../../../api/process-client.ts';
import { roleAccounts, seed } from '../../../prisma/seed.ts';
import { createTestDatabase } from '../../setup/database.ts';
import type { TestDatabase } from '../../setup/database.ts';

export const METRICS_TOKEN = 'a-token-of-the-tests-alone';

/** The API over real HTTP and a database of its own; the engine is what a test says it is. */
export interface RunningApi {
  readonly url: string;
  readonly database: TestDatabase;
  /** As superuser: what a test arranges, never what it examines. */
  readonly arrange: pg.Pool;
  signIn(email: string): Promise<Caller>;
  /** Every route that the application answers, as METHOD /path. */
  served(): string[];
  stop(): Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Bodies are checked by each test; here they are whatever came.
  readonly body: Record<string, unknown>;
}

export interface Caller {
  readonly cookie: string;
  get(path: string): Promise<Reply>;
  send(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply>;
}

export async function startApi(input: {
  processes: (arrange: pg.Pool) => ProcessClient;
  engineDeadlineMs?: number;
  databaseUrl?: (url: string) => string;
}): Promise<RunningApi> {
  const testDatabase = await createTestDatabase();
  await seed({ ownerUrl: testDatabase.ownerUrl, mode: 'development' });
  const arrange = new pg.Pool({ connectionString: testDatabase.superuserUrl, max: 3 });
  arrange.on('error', () => undefined);
  const pool = createPool({
    url: (input.databaseUrl ?? ((url) => url))(testDatabase.appUrl),
    max: 6,
    applicationName: 'test-api',
    statementTimeoutMs: 2_000,
    connectTimeoutMs: 1_000,
  });
  const database = createAppDatabase(pool);
  const server: Server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const now = Date.now;
  const log = createLog({ name: 'test', level: 'silent' });
  const news = createCaseNews(database);
  const sessions = createSessions({ database, publicUrl: url, log, writtenAfterMs: 3_000 });
  const live = createLive({ sessions, news, now });
  const embeddedProvider = await createEmbeddedProvider({
    publicUrl: url,
    state: providerState(database),
    sessionKey: Buffer.alloc(32, 7),
    roleAccounts,
    now,
  });
  const app = createApp({
    production: false,
    publicUrl: url,
    database,
    sessions,
    processes: input.processes(arrange),
    businessClock: createBusinessClock(async ({ fromMs, toMs }) => {
      const stored = await calendarDefinitions(database.unscoped);
      return new Map(stored.map(({ name, definition }) => [name, compileCalendar(definition, fromMs, toMs)]));
    }),
    live,
    news,
    metrics: createApiMetrics({ database, openStreams: () => live.open() }),
    metricsToken: METRICS_TOKEN,
    identityProvider: embeddedProvider.identity,
    embeddedProvider,
    consoleFolder: null,
    log,
    now,
    receiptClock: null,
    engineDeadlineMs: input.engineDeadlineMs ?? 2_000,
    calendars: { parse: parseCalendarDefinition, particularDays },
    policyExamples: readPolicyExamples,
    sealTaxId: (entered) => sealTaxId({ ...entered, keys: fieldKeys(Buffer.alloc(32, 8)) }),
    hashKey: Buffer.alloc(32, 9),
    limits: { writesPerMinute: 10_000, signInsPerMinute: 10_000 },
    stopping: () => false,
  });
  server.on('request', app);
  return {
    url,
    database: testDatabase,
    arrange,
    signIn: (email) => signIn(url, email),
    served: () => servedBy(app),
    async stop() {
      live.close();
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
      await news.stop();
      await pool.end();
      await arrange.end();
      await testDatabase.drop();
    },
  };
}

/** An engine that answers at once, as the workflow would: it settles the receipt and counts what it was sent. */
export function answeringEngine(log: ProcessCall[], delayMs = 0): (arrange: pg.Pool) => ProcessClient {
  return (arrange) => ({
    isUp: () => Promise.resolve(true),
    async deliver(call): Promise<ProcessReply> {
      log.push(call);
      if (delayMs > 0) {
        await new Promise((resolve) => {
          setTimeout(resolve, delayMs);
        });
      }
      const body = {
        id: 'reg_0',
        reference: `DR-TEST-${call.command.receipt}`,
        status: 'submitted',
        closureCode: null,
        queue: 'deal-desk',
        answerBy: null,
        nextStep: null,
        nextAt: null,
        protectedUntil: null,
        ownCase: null,
        findings: [],
      };
      await arrange.query(
        'update receipt set settled_at = now(), status_code = 201, answer = $2 where number = $1',
        [call.command.receipt, body],
      );
      return { kind: 'answered', answer: { statusCode: 201, body } };
    },
  });
}

/** A browser that follows redirects with its cookies, through the real provider. */
async function signIn(base: string, email: string): Promise<Caller> {
  const cookies = new Map<string, string>();
  let url = `${base}/sign-in`;
  let form: string | null = null;
  for (let step = 0; step < 12; step += 1) {
    const response: Response = await fetch(url, {
      redirect: 'manual',
      method: form === null ? 'GET' : 'POST',
      headers: {
        cookie: header(cookies),
        ...(form === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form === null ? {} : { body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const at = pair.indexOf('=');
      if (pair.slice(at + 1) === '' || /max-age=0/i.test(cookie)) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    form = null;
    const location = response.headers.get('location');
    if (location !== null) {
      url = new URL(location, url).href;
      if (url === `${base}/`) return callerWith(base, header(cookies));
      continue;
    }
    const page = await response.text();
    const action = /action="(\/oidc-sign-in\/[^"]+)"/.exec(page)?.[1];
    if (action === undefined)
      throw new Error(`sign-in stopped at ${url} with ${response.status}: ${page.slice(0, 300)}`);
    url = base + action;
    form = `email=${encodeURIComponent(email)}`;
  }
  throw new Error('sign-in goes in circles');
}

function header(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
}

/** Sends requests with these cookies; writes carry the header and a key of their own unless told otherwise (an empty header is left out). */
function servedBy(app: Application): string[] {
  return app.router.stack.flatMap(({ route }) =>
    route === undefined
      ? []
      : route.stack.map(({ method }) => `${(method ?? 'any').toUpperCase()} ${route.path}`),
  );
}

export function callerWith(base: string, cookie: string): Caller {
  const request = async (
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Reply> => {
    const sent: Record<string, string> = {
      cookie,
      ...(method === 'GET' ? {} : { 'x-fairlead': '1', 'idempotency-key': randomUUID() }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const response = await fetch(base + path, {
      method,
      headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== '')),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  };
  return {
    cookie,
    get: (path) => request('GET', path, undefined, {}),
    send: (method, path, body, headers = {}) => request(method, path, body, headers),
  };
}

/** A submission that the contract accepts. */
export function submissionFor(programId: string): Record<string, unknown> {
  return {
    programId,
    type: 'new_customer',
    source: 'partner_sourced',
    customer: {
      legalName: 'Ostrava Glass Works',
      webDomain: 'ostravaglass.example',
      country: 'CZ',
      street: null,
      postalCode: null,
      city: 'Ostrava',
      industry: null,
      taxId: null,
      phone: null,
      contacts: [],
    },
    opportunityName: 'Campus refresh',
    lines: [{ sku: 'HSW-48', quantity: 120 }],
    value: { amountMinor: 4_500_000, currency: 'EUR' },
    expectedClose: '2030-09-30',
    stage: 'qualified',
    competitors: [],
    incumbentReseller: null,
    rfp: { status: 'none', date: null },
    salesActivities: ['customer_call'],
    activitySummary: 'Met twice.',
    evidenceIds: [],
    distributor: null,
    requestedDiscountPpm: null,
    vendorRep: null,
    draftId: null,
  };
}
