import { join } from 'node:path';
import pg from 'pg';
import { runClosedLoop } from '../house/closed-loop.ts';
import { openDealDesk, wholeDeal } from '../house/deals.ts';
import { installFairlead } from '../house/installation.ts';
import { openGround } from '../house/servers.ts';
import { profileClockUs, readProfiles } from '../measure/cpu-profile.ts';
import { processorMs, processorMsSince } from '../measure/processor-time.ts';
import { table } from '../measure/results.ts';
import { figure, generator } from '../measure/statistics.ts';
import type { PartOptions, PartOutcome } from './part.ts';

/** Where the time of a deal goes: processor profiles of API and workers, statements and waits of the database. */

const LOOK_EVERY_MS = 40;

interface Statement {
  readonly statement: string;
  readonly callsPerDeal: number;
  readonly msPerDeal: number;
  readonly meanMs: number;
}

export const measureProfile = async (options: PartOptions): Promise<PartOutcome> => {
  const { quick, seed, say } = options;
  const accounts = quick ? 2_000 : 100_000;
  const load = { forMs: quick ? 3_000 : 30_000, atOnce: quick ? 8 : 32 };
  const ground = await openGround({
    postgresSettings: ['shared_preload_libraries=pg_stat_statements', 'pg_stat_statements.track=all'],
  });
  try {
    say(`loading ${accounts} accounts`);
    const fairlead = await installFairlead(ground, { accounts });
    await fairlead.arrange.query('create extension pg_stat_statements');
    const open = await fairlead.open({ nodeOptions: ['--cpu-prof', '--cpu-prof-dir=%PROFILES%'] });
    const desk = openDealDesk({
      publicUrl: open.publicUrl,
      cast: fairlead.cast,
      arrange: fairlead.arrange,
      random: generator(seed),
    });
    const deal = async (): Promise<void> => {
      await wholeDeal(desk);
    };
    await runClosedLoop({ ...load, forMs: load.forMs / 4 }, deal);
    await open.settled();
    const watching = await watchWaits(fairlead.databaseUrl('postgres'));
    await fairlead.arrange.query('select pg_stat_statements_reset()');
    const scannedBefore = await rowsScanned(fairlead.arrange);
    const before = processorMs(open.pids);
    const fromUs = profileClockUs();
    const seen = await runClosedLoop(load, deal);
    await open.settled();
    const untilUs = profileClockUs();
    const used = processorMsSince(before, processorMs(open.pids));
    const waits = await watching.stop();
    const statements = await topStatements(fairlead.arrange, seen.deals);
    const scannedAfter = await rowsScanned(fairlead.arrange);
    const scanned = [...scannedAfter]
      .map(([name, rows]) => ({ name, rowsPerDeal: (rows - (scannedBefore.get(name) ?? 0)) / seen.deals }))
      .filter(({ rowsPerDeal }) => rowsPerDeal >= 1)
      .toSorted((a, b) => b.rowsPerDeal - a.rowsPerDeal);
    desk.close();
    await open.close();
    const profiles = (['api', 'workers'] as const).map((name) => ({
      name,
      ...readProfiles(join(ground.folder, 'profiles', name), { fromUs, untilUs }),
    }));
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
    const details = [
      `${seen.deals} deals in ${figure(seen.wallMs / 1000)} s under profilers (which slow it down), ${load.atOnce} at once. Processor time per deal:`,
      `${Object.entries(used)
        .map(([name, ms]) => `${name} ${figure(ms / seen.deals)} ms`)
        .join(', ')}.`,
      ...profiles.flatMap(({ name, places, frames }) => [
        '',
        `### The ${name} process`,
        '',
        table(
          ['busy time', ''],
          places.map(([place, share]) => [percent(share), place]),
        ),
        '',
        table(
          ['own time', 'function'],
          frames.map(([frame, share]) => [percent(share), `\`${frame}\``]),
        ),
      ]),
      '',
      '### The database',
      '',
      table(
        ['ms per deal', 'calls per deal', 'mean ms', 'statement'],
        statements.map((one) => [
          figure(one.msPerDeal),
          figure(one.callsPerDeal),
          figure(one.meanMs),
          `\`${one.statement.replaceAll('|', '\\|').replaceAll('`', "'")}\``,
        ]),
      ),
      '',
      'Rows read by going through a whole table, where it was more than one a deal:',
      '',
      table(
        ['rows per deal', 'table'],
        scanned.map(({ name, rowsPerDeal }) => [figure(rowsPerDeal), name]),
      ),
      '',
      'What its sessions were found doing or waiting for, on average at any moment:',
      '',
      table(
        ['sessions', 'application', 'wait'],
        waits.map(({ sessions, application, wait }) => [figure(sessions), application, wait]),
      ),
    ].join('\n');
    return {
      options: { accounts, load, seed, quick },
      rows: [{ used, deals: seen.deals, wallMs: seen.wallMs, profiles, statements, scanned, waits }],
      goals: [],
      details,
    };
  } finally {
    await ground.close();
  }
};

const topStatements = async (arrange: pg.Client, deals: number): Promise<Statement[]> => {
  const { rows } = await arrange.query<{ query: string; calls: string; total: number; mean: number }>(
    `select query, calls, total_exec_time as total, mean_exec_time as mean from pg_stat_statements s
       join pg_database d on d.oid = s.dbid and d.datname = current_database()
      where toplevel order by total_exec_time desc limit 60`,
  );
  return rows.map((row) => ({
    statement: row.query.replaceAll(/\s+/gu, ' ').slice(0, 160),
    callsPerDeal: Number(row.calls) / deals,
    msPerDeal: row.total / deals,
    meanMs: row.mean,
  }));
};

/** Rows that sequential scans have read, by table. */
const rowsScanned = async (arrange: pg.Client): Promise<Map<string, number>> => {
  const { rows } = await arrange.query<{ name: string; read: string }>(
    'select relname as name, seq_tup_read as read from pg_stat_user_tables',
  );
  return new Map(rows.map(({ name, read }) => [name, Number(read)]));
};

/** Looks every few milliseconds at what the database's sessions wait for. */
const watchWaits = async (
  databaseUrl: string,
): Promise<{ stop(): Promise<{ sessions: number; application: string; wait: string }[]> }> => {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'bench-watch' });
  await client.connect();
  const seen = new Map<string, number>();
  let looks = 0;
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      const { rows } = await client.query<{ key: string }>(
        `select application_name || '|' || case when wait_event_type is null then 'running' else wait_event_type || ': ' || wait_event end || ' (' || state || ')' as key
           from pg_stat_activity where datname = current_database() and application_name like 'fairlead%' and state <> 'idle'`,
      );
      looks += 1;
      for (const { key } of rows) seen.set(key, (seen.get(key) ?? 0) + 1);
      await new Promise((settle) => setTimeout(settle, LOOK_EVERY_MS));
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await watching;
      await client.end();
      return [...seen]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, 12)
        .map(([key, count]) => {
          const [application = '', wait = ''] = key.split('|');
          return { sessions: count / looks, application, wait };
        });
    },
  };
};
