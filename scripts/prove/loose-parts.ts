import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openDataFolder, writeEnvironment } from '../data-folder.ts';
import { startMailCatcher } from '../mail-catcher.ts';
import { startPostgres } from '../postgres-server.ts';
import { API, WORKERS } from '../parts.ts';
import { childrenOf } from '../process-table.ts';
import { findTemporal, startTemporal } from '../temporal-server.ts';
import { openInstallation, type Installation } from './installation.ts';
import { openLink, type Link } from './link.ts';

/**
 * An installation whose parts are started one by one, so that what lies between them can be broken, and a process can be
 * made to die at a given place: the launcher that ships sets it up, then each part runs on the same data, ports and variables.
 */

export const LINKS = ['api–postgres', 'api–temporal', 'workers–postgres', 'workers–temporal'] as const;
export type LinkName = (typeof LINKS)[number];

export interface LooseParts {
  readonly installation: Installation;
  readonly links: Readonly<Record<LinkName, Link>>;
  /** Stops every process of Postgres for a while, as a disk or a machine that hangs would. */
  freezePostgres(forMs: number): Promise<void>;
  /** How each process of the workers ended that was not asked to: a signal, or `exit code N`. */
  workersEnded(): readonly string[];
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');
const AGAIN_AFTER_MS = 100;
const STOP_WITHIN_MS = 30_000;

export const openLooseParts = async (
  /** What the workers are started with in addition; none: as the launcher starts them. */
  workers: { nodeArguments?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<LooseParts> => {
  const installation = await openInstallation();
  const stops: (() => Promise<unknown>)[] = [() => installation.stop()];
  const stop = async (): Promise<void> => {
    for (let last = stops.pop(); last !== undefined; last = stops.pop()) await last();
  };
  try {
    const variables = await installation.halt();
    const places = openDataFolder(installation.folder);
    const given = (name: string): URL => new URL(variables[name] ?? '');
    const postgresPort = Number(given('DATABASE_WORKER_URL').port);
    const temporalPort = Number(variables['TEMPORAL_ADDRESS']?.split(':')[1]);
    const postgres = await startPostgres({ dataFolder: places.postgres, port: postgresPort });
    stops.push(postgres.stop);
    const executable = findTemporal({
      binary: 'development-server',
      env: process.env,
      cacheFolder: join(ROOT, '.cache'),
      log: () => undefined,
    });
    const temporal = await startTemporal({
      executable,
      stateFile: places.temporalState,
      namespace: variables['TEMPORAL_NAMESPACE'] ?? 'default',
      port: temporalPort,
    });
    stops.push(temporal.stop);
    const mail = await startMailCatcher({
      folder: places.mails,
      smtpPort: Number(given('SMTP_URL').port),
      pagePort: 0,
    });
    stops.push(mail.stop);
    writeEnvironment(places, variables);

    const links = {
      'api–postgres': await openLink(postgresPort),
      'api–temporal': await openLink(temporalPort),
      'workers–postgres': await openLink(postgresPort),
      'workers–temporal': await openLink(temporalPort),
    };
    stops.push(() => Promise.all(Object.values(links).map((link) => link.stop())));
    const environment = (toPostgres: Link, toTemporal: Link): NodeJS.ProcessEnv => ({
      ...process.env,
      ...variables,
      ...Object.fromEntries(
        ['DATABASE_OWNER_URL', 'DATABASE_APP_URL', 'DATABASE_WORKER_URL'].map((name) => {
          const url = given(name);
          url.port = String(toPostgres.port);
          return [name, url.href];
        }),
      ),
      TEMPORAL_ADDRESS: `127.0.0.1:${toTemporal.port}`,
      NODE_ENV: 'production',
    });
    const running = keepRunning({
      script: WORKERS.script,
      nodeArguments: [...WORKERS.nodeArguments, ...(workers.nodeArguments ?? [])],
      env: { ...environment(links['workers–postgres'], links['workers–temporal']), ...workers.env },
      logFile: join(places.logs, 'workers.log'),
    });
    stops.push(() => running.stop());
    const api = keepRunning({
      script: API.script,
      nodeArguments: API.nodeArguments,
      env: environment(links['api–postgres'], links['api–temporal']),
      logFile: join(places.logs, 'api.log'),
    });
    stops.push(() => api.stop());
    await installation.whenReady();
    return {
      installation,
      links,
      freezePostgres: async (forMs) => {
        // The parent first: a stopped one makes no new children.
        process.kill(postgres.pid, 'SIGSTOP');
        const children = childrenOf(postgres.pid);
        for (const pid of children) signalled(pid, 'SIGSTOP');
        await pause(forMs);
        for (const pid of children) signalled(pid, 'SIGCONT');
        process.kill(postgres.pid, 'SIGCONT');
      },
      workersEnded: () => running.endings(),
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
};

/** A child of Postgres may have ended by itself since it was listed. */
const signalled = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause;
  }
};

interface Running {
  endings(): readonly string[];
  stop(): Promise<void>;
}

/** Runs a script as the launcher does, but starts it again at once when it dies. */
const keepRunning = (input: {
  script: string;
  nodeArguments: readonly string[];
  env: NodeJS.ProcessEnv;
  logFile: string;
}): Running => {
  const endings: string[] = [];
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let end: () => Promise<void> = async () => undefined;
  const launch = (): void => {
    const output = openSync(input.logFile, 'a');
    const child = spawn(process.execPath, [...input.nodeArguments, input.script], {
      env: input.env,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const gone = new Promise<void>((settle) => {
      child.once('exit', (code, signal) => {
        settle();
        if (stopping) return;
        endings.push(
          signal ?? `exit code ${code}: ${readFileSync(input.logFile, 'utf8').trimEnd().slice(-600)}`,
        );
        timer = setTimeout(launch, AGAIN_AFTER_MS);
      });
    });
    end = async () => {
      child.kill('SIGTERM');
      const insist = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await gone;
      clearTimeout(insist);
    };
  };
  launch();
  return {
    endings: () => endings,
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await end();
    },
  };
};
