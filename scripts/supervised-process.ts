import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stopLeftover } from './process-table.ts';

/** A part of the product run as a process of its own, started again when it dies. */
export type SupervisedProcess = {
  /** Asks it to end in good order, then insists. It is not started again. */
  stop: () => Promise<void>;
  pid: () => number | undefined;
};

const STOP_DEADLINE_MS = 30_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** After this long a process counts as healthy, and its next death as the first. */
const HEALTHY_AFTER_MS = 60_000;
const LARGEST_LOG_BYTES = 20 * 1024 * 1024;

const pidFileOf = (runFolder: string, name: string): string => join(runFolder, `${name}.pid`);

/** Ends the process of this name that a killed launcher left behind. */
export const stopProcessLeft = async (input: {
  name: string;
  script: string;
  runFolder: string;
  log: (line: string) => void;
}): Promise<void> => {
  const pidFile = pidFileOf(input.runFolder, input.name);
  await stopLeftover({
    what: `the ${input.name} process`,
    pidFile,
    marks: [input.script],
    signal: 'SIGTERM',
    log: input.log,
  });
  rmSync(pidFile, { force: true });
};

/** Starts `script` on this Node. Its output goes to a file; when it dies, the last lines are shown and it starts again. */
export const supervise = (input: {
  name: string;
  /** Absolute path of the script. */
  script: string;
  /** Of Node, before the script. */
  nodeArguments: readonly string[];
  env: NodeJS.ProcessEnv;
  runFolder: string;
  logFolder: string;
  say: (line: string) => void;
}): SupervisedProcess => {
  const logFile = join(input.logFolder, `${input.name}.log`);
  let child: ChildProcess | undefined;
  let gone: Promise<void> = Promise.resolve();
  let stopping = false;
  const halt = new AbortController();
  let failures = 0;

  const launch = (): void => {
    if (existsSync(logFile) && statSync(logFile).size > LARGEST_LOG_BYTES)
      renameSync(logFile, `${logFile}.1`);
    const output = openSync(logFile, 'a');
    const startedMs = Date.now();
    const started = spawn(process.execPath, [...input.nodeArguments, input.script], {
      env: input.env,
      // The file itself, not a pipe: the process outlives a killed launcher without losing a line.
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    child = started;
    if (started.pid !== undefined) writeFileSync(pidFileOf(input.runFolder, input.name), `${started.pid}\n`);
    gone = new Promise((settle) => {
      const ended = (how: string): void => {
        settle();
        if (stopping) return;
        failures = Date.now() - startedMs > HEALTHY_AFTER_MS ? 0 : failures + 1;
        const waitMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);
        input.say(`${input.name} ended (${how}); starting it again in ${waitMs / 1000} s. It last said:`);
        for (const line of lastLines(logFile)) input.say(`  ${line}`);
        pause(waitMs, undefined, { signal: halt.signal }).then(launch, () => undefined);
      };
      started.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
      started.once('error', (cause) => ended(cause.message));
    });
  };
  launch();

  return {
    pid: () => child?.pid,
    stop: async () => {
      stopping = true;
      halt.abort();
      child?.kill('SIGTERM');
      const insist = setTimeout(() => child?.kill('SIGKILL'), STOP_DEADLINE_MS);
      await gone;
      clearTimeout(insist);
      rmSync(pidFileOf(input.runFolder, input.name), { force: true });
    },
  };
};

const lastLines = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8);
