import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startPostgres, type PostgresServer } from '../../../scripts/postgres-server.ts';
import { findTemporal, startTemporal } from '../../../scripts/temporal-server.ts';
import { stopProcessLeft, supervise } from '../../../scripts/supervised-process.ts';

/** What `npm start` relies on after a kill -9: each server comes back on its folder, and leftovers are found and stopped. */

const ROOT = join(import.meta.dirname, '..', '..', '..');
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-kill-'));
  chmodSync(folder, 0o711);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ask = async (server: PostgresServer, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: server.superuserUrl('postgres') });
  // A server killed under the client is what these tests do.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

test('Postgres: what was committed survives a kill -9, and a server left behind is stopped first', async () => {
  const dataFolder = join(folder, 'postgres');
  const said: string[] = [];
  const log = (line: string): void => void said.push(line);
  const first = await startPostgres({ dataFolder, log });
  await ask(first, 'create table ship as select 1 as id');
  process.kill(first.pid, 'SIGKILL');
  await first.exited;

  const second = await startPostgres({ dataFolder, log });
  expect(await ask(second, 'select id from ship')).toEqual([{ id: 1 }]);
  expect(said).toEqual([]);

  // As after a kill of the launcher alone: nobody holds `second` any more.
  const third = await startPostgres({ dataFolder, log });
  expect(said.join()).toContain(`process ${second.pid}`);
  await second.exited;
  expect(await ask(third, 'select id from ship')).toEqual([{ id: 1 }]);
  await third.stop();
}, 60_000);

test('Postgres: a pid file whose number now belongs to another program is no obstacle, and that program lives', async () => {
  const dataFolder = join(folder, 'postgres');
  const first = await startPostgres({ dataFolder });
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const pidFile = join(dataFolder, 'postmaster.pid');
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  writeFileSync(pidFile, [String(process.ppid), ...lines.slice(1)].join('\n'));
  const second = await startPostgres({ dataFolder });
  expect(process.kill(process.ppid, 0)).toBe(true);
  await second.stop();
}, 60_000);

test('Temporal: its state survives a kill -9, and a server left behind is stopped first', async () => {
  const executable = findTemporal({
    binary: 'development-server',
    env: process.env,
    cacheFolder: join(ROOT, '.cache'),
    log: () => undefined,
  });
  const stateFile = join(folder, 'temporal.db');
  const said: string[] = [];
  const start = () => startTemporal({ executable, stateFile, log: (line) => said.push(line) });
  const first = await start();
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const second = await start();
  expect(said).toEqual([]);
  const third = await start();
  expect(said.join()).toContain(`process ${second.pid}`);
  await second.exited;
  await third.stop();
}, 90_000);

test('a part that dies is started again, and one that a killed launcher left behind is found and stopped', async () => {
  const script = join(folder, 'part.mjs');
  writeFileSync(script, "console.log('hello from the part'); setInterval(() => {}, 1000);\n");
  const runFolder = join(folder, 'run');
  mkdirSync(runFolder);
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const part = supervise({
    name: 'part',
    script,
    nodeArguments: [],
    env: {},
    runFolder,
    logFolder: folder,
    say,
  });
  const first = part.pid();
  await until(() => readFileSync(join(folder, 'part.log'), 'utf8').includes('hello'));
  process.kill(first ?? 0, 'SIGKILL');
  await until(() => part.pid() !== first);
  expect(said.join('\n')).toContain('part ended (SIGKILL)');
  expect(said.join('\n')).toContain('hello from the part');

  const second = part.pid();
  const ended = stopProcessLeft({ name: 'part', script, runFolder, log: say });
  await ended;
  expect(said.join('\n')).toContain(`process ${second}`);
  await part.stop();
}, 30_000);

const until = async (holds: () => boolean): Promise<void> => {
  const deadlineMs = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadlineMs) throw new Error('it never came true');
    await pause(20);
  }
};
