import { join } from 'node:path';
import { copyCase } from '../house/copies.ts';
import { openDealDesk } from '../house/deals.ts';
import { createHttpClient } from '../house/http.ts';
import { installFairlead } from '../house/installation.ts';
import { openGround, startHelper } from '../house/servers.ts';
import { processorMs, processorMsSince } from '../measure/processor-time.ts';
import { table } from '../measure/results.ts';
import { figure, generator, spreadOf, withSpread } from '../measure/statistics.ts';
import type { PartOptions, PartOutcome } from './part.ts';

/** Processor time of the API's process per request, through all of its middleware, against bare Express with zod. */

const ROUTES = ['/api/products', '/api/deal-registrations?limit=50'] as const;
const AT_ONCE = 8;

interface Row {
  readonly round: number;
  readonly route: (typeof ROUTES)[number];
  readonly who: 'fairlead' | 'bare';
  readonly requests: number;
  readonly apiCpuMs: number;
  readonly postgresCpuMs: number;
}

export const measureHttp = async (options: PartOptions): Promise<PartOutcome> => {
  const { quick, rounds, seed, say } = options;
  const requests = quick ? 200 : 4_000;
  const ground = await openGround({});
  const rows: Row[] = [];
  try {
    const fairlead = await installFairlead(ground, { accounts: 1_000 });
    const open = await fairlead.open();
    const desk = openDealDesk({
      publicUrl: open.publicUrl,
      cast: fairlead.cast,
      arrange: fairlead.arrange,
      random: generator(seed),
    });
    const submitted = await desk.submit();
    await desk.openTask(submitted);
    await open.settled();
    desk.close();
    await copyCase(fairlead.arrange, { registrationId: submitted.id, copies: 500 });
    const bare = await startHelper({
      script: join(import.meta.dirname, '..', 'house', 'bare-api.ts'),
      scriptArguments: [fairlead.databaseUrl('postgres')],
      nodeOptions: ['--enable-source-maps'],
    });
    const { port } = await bare.ask<{ port: number }>({});
    const [approver] = fairlead.cast.approvers;
    const cookie = `fairlead=${approver?.token}`;
    const targets = {
      fairlead: { http: createHttpClient(open.publicUrl), pid: open.pids.api },
      bare: { http: createHttpClient(`http://127.0.0.1:${port}`), pid: bare.pid },
    };
    const ask = async (who: Row['who'], route: string, count: number): Promise<void> => {
      let left = count;
      const lane = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const reply = await targets[who].http.send({ method: 'GET', path: route, headers: { cookie } });
          if (reply.status !== 200)
            throw new Error(`${who} ${route}: ${reply.status} ${JSON.stringify(reply.body)}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
    };
    for (const route of ROUTES) {
      const bodies = await Promise.all(
        (['fairlead', 'bare'] as const).map(async (who) => {
          const { status, body } = await targets[who].http.send({
            method: 'GET',
            path: route,
            headers: { cookie },
          });
          if (status !== 200) throw new Error(`${who} ${route}: ${status} ${JSON.stringify(body)}`);
          return (body as { items: unknown[] }).items.length;
        }),
      );
      if (bodies[0] !== bodies[1] || bodies[0] === 0)
        throw new Error(`${route} answers ${bodies.join(' and ')} items`);
      for (const who of ['fairlead', 'bare'] as const) await ask(who, route, Math.ceil(requests / 4));
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const route of ROUTES) {
        for (const who of round % 2 === 1
          ? (['fairlead', 'bare'] as const)
          : (['bare', 'fairlead'] as const)) {
          const pids = { api: targets[who].pid, postgres: ground.postgres.pid };
          const before = processorMs(pids);
          await ask(who, route, requests);
          const used = processorMsSince(before, processorMs(pids));
          rows.push({
            round,
            route,
            who,
            requests,
            apiCpuMs: used.api / requests,
            postgresCpuMs: used.postgres / requests,
          });
        }
      }
      say(`round ${round} done`);
    }
    targets.fairlead.http.close();
    targets.bare.http.close();
    await bare.stop();
    await open.close();
  } finally {
    await ground.close();
  }
  const column = (route: string, who: Row['who'], pick: (row: Row) => number): number[] =>
    rows.filter((row) => row.route === route && row.who === who).map(pick);
  const times = (route: string): number =>
    spreadOf(column(route, 'fairlead', (row) => row.apiCpuMs)).median /
    spreadOf(column(route, 'bare', (row) => row.apiCpuMs)).median;
  return {
    options: { requests, atOnce: AT_ONCE, rounds, seed, quick },
    rows,
    goals: ROUTES.map((route) => ({
      what: `processor time per request of \`GET ${route}\` against bare Express with zod`,
      measured: `${figure(times(route))} ×`,
      goal: 'at most 3 ×',
      met: times(route) <= 3,
    })),
    details: [
      `${AT_ONCE} requests at once, ${requests} in each round. Bare: the same queries and answers by the same functions, in Express with zod and nothing else.`,
      '',
      table(
        ['', '', "API's process, ms per request", 'Postgres, ms per request'],
        ROUTES.flatMap((route) =>
          (['fairlead', 'bare'] as const).map((who) => [
            `\`GET ${route}\``,
            who,
            withSpread(column(route, who, (row) => row.apiCpuMs)),
            withSpread(column(route, who, (row) => row.postgresCpuMs)),
          ]),
        ),
      ),
    ].join('\n'),
  };
};
