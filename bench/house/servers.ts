import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startPostgres } from '../../scripts/postgres-server.ts';
import type { PostgresServer } from '../../scripts/postgres-server.ts';
import { findTemporal, startTemporal } from '../../scripts/temporal-server.ts';
import type { TemporalServer } from '../../scripts/temporal-server.ts';

/**
 * What every contestant stands on: one Postgres with its shipped settings, and Temporal servers that are all started by the
 * function that `npm start` uses, so with the same flags and state on disk.
 */
export interface Ground {
  readonly folder: string;
  readonly postgres: PostgresServer;
  /** A Temporal server with a state file of this name; the same name again goes on from that state. */
  startEngine(name: string): Promise<TemporalServer>;
  /** Has something ended before the servers are, last come first. */
  beforeClose(stop: () => Promise<void>): void;
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');

export const openGround = async (input: {
  /** Further settings for Postgres, `name=value`: only what a measurement itself needs. */
  postgresSettings?: readonly string[];
}): Promise<Ground> => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  // As root, Postgres runs as another user, who must pass through here.
  chmodSync(folder, 0o711);
  const executable = findTemporal({
    binary: 'development-server',
    env: process.env,
    cacheFolder: join(ROOT, '.cache'),
    log: () => undefined,
  });
  const postgres = await startPostgres({
    dataFolder: join(folder, 'postgres'),
    settings: ['max_connections=200', ...(input.postgresSettings ?? [])],
  });
  /** Also those that are still starting: an interruption then must not leave one behind. */
  const engines = new Set<Promise<TemporalServer>>();
  const stops: (() => Promise<void>)[] = [];
  closing = false;
  const close = async (): Promise<void> => {
    closing = true;
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
    // A part that failed half-way leaves its processes to this.
    await Promise.all([...alive].map(endChild));
    for (const engine of await Promise.allSettled(engines))
      if (engine.status === 'fulfilled') await engine.value.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  // The servers are in groups of their own and would outlive a Ctrl-C.
  const interrupted = (): void => {
    void close().finally(() => process.exit(130));
  };
  for (const signal of SIGNALS) process.once(signal, interrupted);
  return {
    folder,
    postgres,
    startEngine: (name) => {
      if (closing) throw new Error('the bench is being stopped: no further server is started');
      const engine = startTemporal({ executable, stateFile: join(folder, `temporal-${name}.db`) });
      engines.add(engine);
      return engine;
    },
    beforeClose: (stop) => {
      stops.push(stop);
    },
    close: async () => {
      for (const signal of SIGNALS) process.off(signal, interrupted);
      await close();
    },
  };
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Set while everything is being stopped; one ground is open at a time. */
let closing = false;

/** Processes started by the bench that have not ended. */
const alive = new Set<ChildProcess>();

/** A Node process of a contestant that talks to the bench over its channel. */
export interface Helper {
  readonly pid: number;
  /** Sends a question and waits for the answer. Throws what the process said when it dies or answers with a fault. */
  ask<Answer>(question: object): Promise<Answer>;
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 20_000;

/** Starts a script on this Node and waits until it says that it is ready. */
export const startHelper = async (input: {
  script: string;
  scriptArguments: readonly string[];
  nodeOptions?: readonly string[];
  env?: NodeJS.ProcessEnv;
}): Promise<Helper> => {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      ...(input.nodeOptions ?? []),
      input.script,
      ...input.scriptArguments,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production', ...input.env },
    },
  );
  const said = listenTo(child);
  const heard = (): Promise<unknown> =>
    new Promise((settle, fail) => {
      const onMessage = (message: unknown): void => {
        child.off('exit', onExit);
        settle(message);
      };
      const onExit = (code: number | null): void => {
        child.off('message', onMessage);
        fail(new Error(`${input.script} ended with ${code}:\n${said().slice(-2_000)}`));
      };
      child.once('message', onMessage);
      child.once('exit', onExit);
    });
  await heard();
  return {
    pid: child.pid ?? 0,
    ask: async <Answer>(question: object) => {
      const answer = heard();
      child.send(question);
      const message = (await answer) as { fault?: string };
      if (message.fault !== undefined) throw new Error(`${input.script}: ${message.fault}`);
      return message as Answer;
    },
    stop: () => endChild(child),
  };
};

/** Keeps the last of what a process says, and so keeps its pipes from filling; it is ended with the ground at the latest. */
export const listenTo = (child: ChildProcess): (() => string) => {
  alive.add(child);
  if (closing) child.kill('SIGKILL');
  child.once('exit', () => alive.delete(child));
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said.push(text);
      if (said.length > 400) said.splice(0, 200);
    });
  }
  return () => said.join('');
};

/** Asks a process to end in good order, then insists. */
export const endChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((settle) => child.once('exit', settle));
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(insist);
};

/** Waits until an address answers well. Throws after a minute. */
export const untilAnswers = async (address: string, words: () => string): Promise<void> => {
  const deadlineMs = Date.now() + 60_000;
  for (;;) {
    try {
      const response = await fetch(address, { signal: AbortSignal.timeout(2_000) });
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Nobody listens yet: it is asked again.
    }
    if (Date.now() > deadlineMs)
      throw new Error(`${address} does not answer. It said:\n${words().slice(-2_000)}`);
    await pause(50);
  }
};
