import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Processor time of processes with all their children, from `/proc` (Linux). Children that ended are counted by their
 * parent once it has waited for them, as Postgres does for its sessions.
 */

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

interface Entry {
  readonly parent: number;
  readonly ms: number;
}

/** Fields 14 to 17 of `/proc/<pid>/stat`: own and waited-for children's time, in user and system mode. */
const readEntries = (): Map<number, Entry> => {
  const entries = new Map<number, Entry>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let line: string;
    try {
      line = readFileSync(`/proc/${name}/stat`, 'utf8');
    } catch {
      // It ended between the listing and the reading: its parent counts it.
      continue;
    }
    // The command in brackets may contain anything, so fields are counted from its end.
    const fields = line
      .slice(line.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const ticks = [11, 12, 13, 14].reduce((sum, place) => sum + (fields[place] ?? 0), 0);
    entries.set(Number(name), { parent: fields[1] ?? 0, ms: (ticks * 1000) / ticksPerSecond });
  }
  return entries;
};

/** Milliseconds that each named process tree has used so far. */
export const processorMs = <Name extends string>(
  roots: Readonly<Record<Name, number>>,
): Record<Name, number> => {
  const entries = readEntries();
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of entries) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const sumOf = (pid: number): number =>
    (entries.get(pid)?.ms ?? 0) + (children.get(pid) ?? []).reduce((sum, child) => sum + sumOf(child), 0);
  return Object.fromEntries(Object.entries<number>(roots).map(([name, pid]) => [name, sumOf(pid)])) as Record<
    Name,
    number
  >;
};

/** What was used between two readings. */
export const processorMsSince = <Name extends string>(
  before: Readonly<Record<Name, number>>,
  after: Readonly<Record<Name, number>>,
): Record<Name, number> =>
  Object.fromEntries(
    Object.entries<number>(after).map(([name, ms]) => [name, ms - (before[name as Name] ?? 0)]),
  ) as Record<Name, number>;

export const total = (byName: Readonly<Record<string, number>>): number =>
  Object.values(byName).reduce((sum, ms) => sum + ms, 0);
