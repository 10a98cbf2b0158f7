import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

/** On what, when and of which revision something was measured. */
export interface Circumstances {
  readonly machine: string;
  readonly node: string;
  readonly revision: string;
  readonly measuredAt: string;
  readonly command: string;
  /** Load average of the minute before: well above 0 means that somebody else was at work. */
  readonly loadBefore: number;
}

export const circumstances = (command: string): Circumstances => ({
  machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}`,
  node: process.version,
  revision: revision(),
  measuredAt: new Date().toISOString(),
  command,
  loadBefore: loadavg()[0] ?? 0,
});

const revision = (): string => {
  const git = (...words: string[]): string =>
    execFileSync('git', words, { cwd: join(import.meta.dirname, '..', '..'), encoding: 'utf8' }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    // A copy without its history can be measured as well.
    return 'unknown';
  }
};
