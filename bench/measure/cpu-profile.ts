import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Where a Node process spends its processor time, read from what `--cpu-prof` left of each of its threads. */
export interface ProfileSummary {
  readonly samples: number;
  /** Share of the busy time by where the code lives: a package, a folder of ours, or Node itself. */
  readonly places: readonly (readonly [string, number])[];
  /** The functions with the most time of their own. */
  readonly frames: readonly (readonly [string, number])[];
}

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Microseconds of the monotonic clock, which all processes of a machine share. */
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The monotonic clock in microseconds, as profiles count. */
export const profileClockUs = (): number => Number(process.hrtime.bigint() / 1_000n);

const ROOT = join(import.meta.dirname, '..', '..');
const AT_REST = new Set(['(idle)', '(root)']);

/**
 * What was done between two instants of `profileClockUs`, so that starting and stopping do not count. Throws when the
 * folder holds no profile: the process did not end in good order.
 */
export const readProfiles = (
  folder: string,
  between: { fromUs: number; untilUs: number },
): ProfileSummary => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  if (files.length === 0) throw new Error(`${folder} holds no profile`);
  const places = new Map<string, number>();
  const frames = new Map<string, number>();
  const add = (sums: Map<string, number>, key: string, us: number): void => {
    sums.set(key, (sums.get(key) ?? 0) + us);
  };
  let busyUs = 0;
  let samples = 0;
  for (const file of files) {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile;
    const byId = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
    let atUs = profile.startTime;
    for (const [place, id] of profile.samples.entries()) {
      const us = profile.timeDeltas[place] ?? 0;
      atUs += us;
      const frame = byId.get(id);
      if (frame === undefined || AT_REST.has(frame.functionName)) continue;
      if (atUs < between.fromUs || atUs > between.untilUs) continue;
      busyUs += us;
      samples += 1;
      add(places, placeOf(frame), us);
      add(frames, `${frame.functionName === '' ? '(anonymous)' : frame.functionName} · ${fileOf(frame)}`, us);
    }
  }
  const shares = (sums: Map<string, number>, most: number): (readonly [string, number])[] =>
    [...sums]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([key, us]) => [key, us / busyUs] as const);
  return { samples, places: shares(places, 14), frames: shares(frames, 16) };
};

const fileOf = (frame: { url: string; lineNumber: number }): string => {
  if (frame.url === '') return 'engine';
  const path = frame.url.startsWith('file://') ? relative(ROOT, new URL(frame.url).pathname) : frame.url;
  return `${path.replace(/^.*node_modules\//u, '')}:${frame.lineNumber + 1}`;
};

const placeOf = (frame: { functionName: string; url: string }): string => {
  if (frame.functionName === '(garbage collector)') return 'garbage collection';
  if (frame.functionName === '(program)') return 'native code outside of JavaScript';
  if (frame.url === '' || frame.url.startsWith('node:')) return 'Node itself';
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/u.exec(frame.url);
  if (inPackage?.[1] !== undefined) return inPackage[1];
  if (frame.url.startsWith('file://'))
    return `ours: ${relative(ROOT, new URL(frame.url).pathname).split('/').slice(0, 2).join('/')}`;
  return 'workflow bundle';
};
