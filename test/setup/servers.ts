import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../adapters/store/migrate.ts';
import { startPostgres, stopPostgresLeftOn } from '../../scripts/postgres-server.ts';
import { findTemporal, startTemporal, stopTemporalLeftOn } from '../../scripts/temporal-server.ts';
import { bundleWorkflows } from '../../workers/bundle-workflows.ts';
import { TEMPLATE_DATABASE, TEST_VARIABLES } from './test-environment.ts';

/**
 * What the tests with servers share, started once a run: Postgres without fsync holding a migrated template, a Temporal
 * server, the workflow bundle, the path of the time-skipping server. Tests find them through the environment.
 */

const ROOT = join(import.meta.dirname, '..', '..');
const PREFIX = 'fairlead-test-';

/** Starts everything; when a part fails, what had started is stopped, because Jest runs no teardown then. */
export const startServers = async (): Promise<{ stop: () => Promise<void> }> => {
  await sweep();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // As root, Postgres runs as another user, who must pass through here.
  chmodSync(folder, 0o711);
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.toReversed()) await end();
    rmSync(folder, { recursive: true, force: true });
  };
  const parts = await Promise.allSettled([
    startDatabase(folder, stops),
    startEngine(folder, stops),
    writeBundle(folder),
  ]);
  const failed = parts.find((part) => part.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return { stop };
};

const startDatabase = async (folder: string, stops: (() => Promise<void>)[]): Promise<void> => {
  const server = await startPostgres({
    dataFolder: join(folder, 'postgres'),
    settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200'],
  });
  stops.push(server.stop);
  const client = new pg.Client({ connectionString: server.superuserUrl('postgres') });
  await client.connect();
  await client.query('create role fairlead_owner login createrole');
  await client.query(`create database ${TEMPLATE_DATABASE} owner fairlead_owner`);
  await client.end();
  await migrate({
    url: server.urlOf({ role: 'fairlead_owner', database: TEMPLATE_DATABASE }),
    folder: join(ROOT, 'prisma', 'migrations'),
    log: () => undefined,
  });
  process.env[TEST_VARIABLES.postgresPort] = String(server.port);
};

const startEngine = async (folder: string, stops: (() => Promise<void>)[]): Promise<void> => {
  const find = (binary: 'development-server' | 'test-server'): string =>
    findTemporal({
      binary,
      env: process.env,
      cacheFolder: join(ROOT, '.cache'),
      log: () => undefined,
    });
  const server = await startTemporal({
    executable: find('development-server'),
    stateFile: join(folder, 'temporal.db'),
  });
  stops.push(server.stop);
  process.env[TEST_VARIABLES.temporalAddress] = server.address;
  process.env[TEST_VARIABLES.testServer] = find('test-server');
};

/** The bundle that the workers ship, built once. */
const writeBundle = async (folder: string): Promise<void> => {
  const { code } = await bundleWorkflows();
  const path = join(folder, 'workflows.js');
  writeFileSync(path, code);
  process.env[TEST_VARIABLES.bundle] = path;
};

/** A run that was killed leaves servers and a folder behind; the folder's name says whose they were. */
const sweep = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (!Number.isSafeInteger(pid) || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    const silent = (): undefined => undefined;
    await stopPostgresLeftOn({ dataFolder: join(folder, 'postgres'), log: silent });
    await stopTemporalLeftOn({ stateFile: join(folder, 'temporal.db'), log: silent });
    rmSync(folder, { recursive: true, force: true });
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
};
