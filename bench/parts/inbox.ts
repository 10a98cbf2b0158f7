import { countTasks, listTasks } from '../../adapters/store/task-reads.ts';
import type { TaskFilter } from '../../adapters/store/task-reads.ts';
import { createPool } from '../../adapters/store/pool.ts';
import { authorityOrder, hasAuthority } from '../../domain/task.ts';
import { copyCase } from '../house/copies.ts';
import { openDealDesk } from '../house/deals.ts';
import { installFairlead } from '../house/installation.ts';
import { openGround } from '../house/servers.ts';
import { table } from '../measure/results.ts';
import { figure, generator, percentile, withSpread } from '../measure/statistics.ts';
import type { PartOptions, PartOutcome } from './part.ts';

/** The inbox page of an approver, 50 of 10,000 open tasks, against the SQL that it stands on. */

const PATH = '/api/tasks?show=mine&limit=50';
const PAGE = 50;
const NEAR_MS = 7_200_000;

const measured = ['page over HTTP', 'its SQL: page and counts', 'its SQL: the page alone'] as const;
interface Row {
  readonly round: number;
  readonly what: (typeof measured)[number];
  readonly ms: readonly number[];
}

export const measureInbox = async (options: PartOptions): Promise<PartOutcome> => {
  const { quick, rounds, seed, say } = options;
  const tasks = quick ? 500 : 10_000;
  const times = quick ? 30 : 300;
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
    await copyCase(fairlead.arrange, { registrationId: submitted.id, copies: tasks - 1 });
    const [approver] = fairlead.cast.approvers;
    if (approver === undefined) throw new RangeError('there is nobody to decide');

    // As superuser, whom no row-level security filters: bare.
    const pool = createPool({
      url: fairlead.databaseUrl('postgres'),
      max: 1,
      applicationName: 'bench-bare-inbox',
    });
    const sql = {
      rows: async <Result>(text: string, values?: readonly unknown[]) =>
        (await pool.query(text, values === undefined ? [] : [...values])).rows as Result[],
    };
    const filter = (): TaskFilter => ({
      personId: approver.personId,
      places: [
        {
          personId: approver.personId,
          coveredRoles: authorityOrder.filter((role) => hasAuthority(['approver'], role)),
          limitMinor: 25_000_000,
          limitCurrency: null,
        },
      ],
      queue: null,
      kind: null,
      band: null,
      show: 'mine',
      tone: null,
      search: null,
      at: new Date().toISOString(),
      near: { programIds: [], untils: [], otherwise: new Date(Date.now() + NEAR_MS).toISOString() },
    });
    const work: Record<Row['what'], () => Promise<number>> = {
      'page over HTTP': async () => {
        const reply = await desk.get(approver, PATH);
        return (reply.body as { items: unknown[] }).items.length;
      },
      'its SQL: page and counts': async () => {
        const page = await listTasks(sql, filter(), { after: null, limit: PAGE + 1 });
        await countTasks(sql, filter());
        return page.length - 1;
      },
      'its SQL: the page alone': async () =>
        (await listTasks(sql, filter(), { after: null, limit: PAGE + 1 })).length - 1,
    };
    for (const what of measured) {
      const seen = await work[what]();
      if (seen !== PAGE) throw new Error(`${what} answered ${seen} tasks instead of ${PAGE}`);
    }
    for (let round = 1; round <= rounds; round += 1) {
      const ms: Record<string, number[]> = Object.fromEntries(measured.map((what) => [what, []]));
      for (let time = -10; time < times; time += 1) {
        for (const what of measured) {
          const beganMs = performance.now();
          await work[what]();
          if (time >= 0) ms[what]?.push(Math.round((performance.now() - beganMs) * 1000) / 1000);
        }
      }
      for (const what of measured) rows.push({ round, what, ms: ms[what] ?? [] });
      say(`round ${round} done`);
    }
    await pool.end();
    desk.close();
    await open.close();
  } finally {
    await ground.close();
  }
  const each = (what: Row['what'], share: number): number[] =>
    rows.filter((row) => row.what === what).map((row) => percentile(row.ms, share));
  const times_ = (what: Row['what']): number =>
    percentile(each('page over HTTP', 0.5), 0.5) / percentile(each(what, 0.5), 0.5);
  return {
    options: { tasks, times, rounds, seed, quick },
    rows,
    goals: [
      {
        what: `inbox page of ${PAGE} of ${tasks} open tasks, p50, against its bare SQL (page and counts)`,
        measured: `${figure(times_('its SQL: page and counts'))} ×`,
        goal: 'at most 5 ×',
        met: times_('its SQL: page and counts') <= 5,
      },
      {
        what: 'the same against the SQL of the page alone',
        measured: `${figure(times_('its SQL: the page alone'))} ×`,
        goal: 'noted',
        met: null,
      },
    ],
    details: [
      `\`GET ${PATH}\` one at a time from the same machine, with session, scope and the answer checked against its contract;`,
      'the SQL by the same functions on one connection, without row-level conditions.',
      '',
      table(
        ['', 'p50 ms', 'p99 ms'],
        measured.map((what) => [what, withSpread(each(what, 0.5)), withSpread(each(what, 0.99))]),
      ),
    ].join('\n'),
  };
};
