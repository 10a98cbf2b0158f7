import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { compileCalendar } from '../../adapters/calendar/compile.ts';
import { calendarDefinitions, productsPage } from '../../adapters/store/directory-reads.ts';
import { createPool } from '../../adapters/store/pool.ts';
import { listRegistrations } from '../../adapters/store/registration-reads.ts';
import type { Sql } from '../../adapters/store/app-database.ts';
import { createBusinessClock } from '../../api/business-clock.ts';
import { dealRegistrationRoutes } from '../../api/contract/deal-registrations.ts';
import { directoryRoutes } from '../../api/contract/directory.ts';
import { headOf, newsOf } from '../../api/registration-view.ts';
import { answerQuestions } from './helper-process.ts';

/**
 * Express with zod and nothing else: the same queries, the same answers, by the same functions, without session, permission,
 * scope, transaction, headers, log and metrics. Argument: the address of the database as its superuser, whom no policy filters.
 */

const pool = createPool({ url: process.argv[2] ?? '', max: 10, applicationName: 'bench-bare-api' });
const sql: Sql = {
  rows: async <Row>(text: string, values?: readonly unknown[]) =>
    (await pool.query(text, values === undefined ? [] : [...values])).rows as Row[],
};
const businessClock = createBusinessClock(
  async ({ fromMs, toMs }) =>
    new Map(
      (await calendarDefinitions(sql)).map(({ name, definition }) => [
        name,
        compileCalendar(definition, fromMs, toMs),
      ]),
    ),
);

const app = express();
app.get('/api/products', async (_request, response) => {
  response.json(
    directoryRoutes['GET /api/products'].response.parse({
      items: await productsPage(sql, { search: null, after: null, limit: 51, family: null }),
      nextCursor: null,
    }),
  );
});
app.get('/api/deal-registrations', async (request, response) => {
  const contract = dealRegistrationRoutes['GET /api/deal-registrations'];
  const query = contract.query.parse(request.query);
  const rows = await listRegistrations(sql, {
    shownTo: 'vendor',
    // Nobody in particular: who has looked at nothing.
    personId: '',
    changed: false,
    statuses: [],
    partnerId: null,
    programId: null,
    search: null,
    waitingFor: null,
    submittedFrom: null,
    submittedTo: null,
    sort: query.sort,
    after: null,
    limit: query.limit + 1,
  });
  const now = await businessClock.at(Date.now());
  const items = rows
    .slice(0, query.limit)
    .map((row) => ({ ...headOf(row, 'vendor', now), news: newsOf(row) }));
  response.json(contract.response.parse({ items, nextCursor: null }));
});

// What went wrong is an answer that the measuring side can read, not a page.
app.use(((cause, _request, response, _next) => {
  response.status(500).json({ cause: String(cause) });
}) satisfies ErrorRequestHandler);

const server = createServer(app);
await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
answerQuestions(
  async () => ({ port: (server.address() as AddressInfo).port }),
  async () => {
    server.closeAllConnections();
    server.close();
    await pool.end();
  },
);
