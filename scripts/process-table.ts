import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** The command line of a process; empty when there is none (or only a zombie, which has ended). */
export const commandOf = (pid: number): string => {
  try {
    return existsSync('/proc/self/cmdline')
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    // No such process: that is the answer.
    return '';
  }
};

/** The number in the first line of a pid file, or undefined when there is no usable one. */
export const readPid = (pidFile: string): number | undefined => {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
};

/** The processes that this one started and that still run. */
export const childrenOf = (pid: number): number[] => {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
      .map(Number);
  }
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
};

const parentOf = (name: string): number | undefined => {
  try {
    // The name of the program stands in brackets and may hold anything; state and parent follow it.
    const parent = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1];
    return parent === undefined ? undefined : Number(parent);
  } catch {
    // It ended since it was listed.
    return undefined;
  }
};

const PATIENCE_MS = 15_000;

/**
 * Ends the process a killed run left behind, and says so through `log` when there was one. A number may belong to
 * somebody else by now: only a process whose command line contains every one of `marks` is touched. The pid file stays.
 */
export const stopLeftover = async (input: {
  what: string;
  pidFile: string;
  marks: readonly string[];
  signal: NodeJS.Signals;
  log: (line: string) => void;
}): Promise<'stopped' | 'was-gone' | 'belongs-to-another'> => {
  const pid = readPid(input.pidFile);
  const command = pid === undefined ? '' : commandOf(pid);
  if (pid === undefined || command === '') return 'was-gone';
  const runs = (): boolean => {
    const current = commandOf(pid);
    return current !== '' && input.marks.every((mark) => current.includes(mark));
  };
  if (!runs()) return 'belongs-to-another';
  input.log(`stopping ${input.what} that an earlier run left behind (process ${pid})`);
  process.kill(pid, input.signal);
  const deadlineMs = Date.now() + PATIENCE_MS;
  while (runs()) {
    if (Date.now() > deadlineMs) process.kill(pid, 'SIGKILL');
    await pause(50);
  }
  return 'stopped';
};
