import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createPool } from '../../adapters/store/pool.ts';
import { openDataFolder, readEnvironment } from '../data-folder.ts';
import { freePort } from '../ports.ts';
import { commandOf, readPid } from '../process-table.ts';

/**
 * An installation of its own in a temporary folder, run by the launcher that ships, so that its parts can be killed as they
 * would die: Postgres, the Temporal server, the workers, the API, the launcher itself.
 */

export const PARTS = ['workers', 'api', 'postgres', 'temporal'] as const;
export type Part = (typeof PARTS)[number];

export interface Installation {
  /** The folder as `--data` of other scripts. */
  readonly folder: string;
  /** Address of the API now. */
  publicUrl(): string;
  /** One of the variables that the launcher left for scripts. Throws when it left none. */
  variable(name: string): string;
  /** SIGKILL, at once. Throws when the part does not run. */
  kill(part: Part): void;
  /** Kills the launcher and every part, in one go. */
  killAll(): Promise<void>;
  /** Starts the launcher on the same folder and waits until everything answers. */
  start(): Promise<void>;
  /** Forgets all that the engine knew. Only while it does not run. */
  loseEngineState(): void;
  /** Freezes a part for a while, as a black hole would. */
  freeze(part: Part, forMs: number): Promise<void>;
  /** Waits until API and workers say that they are ready; answers how long that took. Throws after two minutes. */
  whenReady(): Promise<number>;
  /** Asks the record as the worker sees it, wherever it runs now. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs another script of this project on the installation. */
  run(script: string, scriptArguments?: readonly string[]): Promise<{ code: number | null; said: string }>;
  /** Ends everything in good order and keeps the data; the variables it ran with, as the launcher leaves them for scripts. */
  halt(): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');
const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 60_000;
const NODE = ['--disable-warning=ExperimentalWarning'];

export const openInstallation = async (): Promise<Installation> => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-prove-'));
  // As root, Postgres runs as another user, who must pass through here.
  chmodSync(folder, 0o711);
  const data = join(folder, 'data');
  const port = await freePort();
  const said: string[] = [];
  let launcher: ChildProcess | undefined;

  const variable = (name: string): string => {
    const value = readEnvironment(data)?.[name];
    if (value === undefined) throw new Error(`the launcher left no ${name} in ${data}`);
    return value;
  };
  const pidOf = (part: Part): number => {
    const places = openDataFolder(data);
    const file = {
      workers: join(places.run, 'workers.pid'),
      api: join(places.run, 'api.pid'),
      postgres: join(places.postgres, 'postmaster.pid'),
      temporal: `${places.temporalState}.pid`,
    }[part];
    const pid = readPid(file);
    if (pid === undefined || commandOf(pid) === '')
      throw new Error(`${part} does not run, so it cannot be killed`);
    return pid;
  };
  const whenReady = async (): Promise<number> => {
    const beganMs = Date.now();
    while (Date.now() - beganMs < READY_WITHIN_MS) {
      const environment = readEnvironment(data);
      const addresses = [
        environment?.['FAIRLEAD_PUBLIC_URL'],
        `http://127.0.0.1:${environment?.['FAIRLEAD_METRICS_PORT']}`,
      ];
      const answers = await Promise.all(addresses.map(isReady));
      if (answers.every(Boolean)) return Date.now() - beganMs;
      await pause(200);
    }
    throw new Error(
      `not ready within ${READY_WITHIN_MS / 1000} s. The launcher said:\n${said.join('').slice(-2_000)}`,
    );
  };
  const start = async (): Promise<void> => {
    const child = spawn(
      process.execPath,
      [
        ...NODE,
        join(ROOT, 'scripts', 'start.ts'),
        '--data',
        data,
        '--port',
        String(port),
        '--no-console',
        '--no-history',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CI: 'true' } },
    );
    launcher = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said.push(text);
        if (said.length > 2_000) said.splice(0, 1_000);
      });
    }
    const spoken = said.length;
    const ended = new Promise<'ended'>((settle) => child.once('exit', () => settle('ended')));
    const deadlineMs = Date.now() + READY_WITHIN_MS;
    while (!said.slice(spoken).join('').includes('\nready: ')) {
      const outcome = await Promise.race([ended, pause(100, 'waiting' as const)]);
      if (outcome === 'ended' || Date.now() > deadlineMs)
        throw new Error(`the launcher did not get ready:\n${said.join('').slice(-2_000)}`);
    }
    await whenReady();
  };
  const endLauncher = async (signal: NodeJS.Signals): Promise<void> => {
    const child = launcher;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((settle) => child.once('exit', settle));
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(late);
  };

  await start();
  return {
    folder: data,
    publicUrl: () => variable('FAIRLEAD_PUBLIC_URL'),
    variable,
    kill: (part) => process.kill(pidOf(part), 'SIGKILL'),
    killAll: async () => {
      const pids = PARTS.map(pidOf);
      // The launcher first: it would start again what dies under it.
      await endLauncher('SIGKILL');
      for (const pid of pids) process.kill(pid, 'SIGKILL');
    },
    start,
    loseEngineState: () => {
      const { temporalState } = openDataFolder(data);
      for (const end of ['', '-wal', '-shm']) rmSync(`${temporalState}${end}`, { force: true });
    },
    freeze: async (part, forMs) => {
      const pid = pidOf(part);
      process.kill(pid, 'SIGSTOP');
      await pause(forMs);
      process.kill(pid, 'SIGCONT');
    },
    whenReady,
    query: async <Row extends object>(text: string, queryValues: readonly unknown[] = []) => {
      const pool = createPool({
        url: variable('DATABASE_WORKER_URL'),
        max: 1,
        applicationName: 'fairlead-prove',
      });
      try {
        return (await pool.query<Row>(text, [...queryValues])).rows;
      } finally {
        await pool.end();
      }
    },
    run: (script, scriptArguments = []) =>
      runNode([join(ROOT, script), ...scriptArguments], { ...process.env, CI: 'true' }),
    halt: async () => {
      const environment = readEnvironment(data);
      if (environment === undefined) throw new Error(`the launcher left no variables in ${data}`);
      await endLauncher('SIGTERM');
      return environment;
    },
    stop: async () => {
      await endLauncher('SIGTERM');
      const { postgres, postgresMoved } = openDataFolder(data);
      if (postgresMoved) rmSync(postgres, { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const isReady = async (address: string | undefined): Promise<boolean> => {
  if (address === undefined) return false;
  try {
    const response = await fetch(new URL('/readyz', address), { signal: AbortSignal.timeout(3_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Nobody listens yet: it is asked again.
    return false;
  }
};

/** Runs Node with these arguments; both its streams, in the order in which they came. */
export const runNode = (
  nodeArguments: readonly string[],
  env: NodeJS.ProcessEnv,
  options: { cwd?: string; deadlineMs?: number } = {},
): Promise<{ code: number | null; said: string }> =>
  new Promise((settle, fail) => {
    const child = spawn(process.execPath, [...NODE, ...nodeArguments], {
      cwd: options.cwd ?? ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.deadlineMs ?? 300_000,
      killSignal: 'SIGKILL',
    });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
    child.once('error', fail);
    child.once('close', (code) => settle({ code, said: said.join('') }));
  });
