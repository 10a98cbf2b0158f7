import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Circumstances } from './machine.ts';

/** Raw rows on disk, and the page that shows them: `docs/performance.md` is written by the bench itself. */

export interface Result {
  readonly part: string;
  readonly circumstances: Circumstances;
  readonly options: Readonly<Record<string, unknown>>;
  readonly rows: readonly object[];
}

/** A figure beside what it must be. */
export interface Goal {
  readonly what: string;
  readonly measured: string;
  readonly goal: string;
  /** Null where the goal is only noted. */
  readonly met: boolean | null;
}

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');

/** Writes the raw rows of a part, one row a line, so that a difference between two runs can be read. */
export const writeResult = (folder: string, result: Result): string => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${result.part}.json`);
  const { rows, ...head } = result;
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  writeFileSync(path, `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "rows": [\n${lines}\n  ]\n}\n`);
  return path;
};

export const goalTable = (goals: readonly Goal[]): string =>
  table(
    ['figure', 'measured', 'goal', ''],
    goals.map(({ what, measured, goal, met }) => [
      what,
      measured,
      goal,
      met === null ? '' : met ? 'met' : '**missed**',
    ]),
  );

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** What a part says on the page: how it was measured, then its tables. */
export const sectionOf = (result: Result, body: string): string => {
  const { circumstances } = result;
  return [
    `Measured ${circumstances.measuredAt.slice(0, 16).replace('T', ' ')} UTC at ${circumstances.revision} with \`${circumstances.command}\`,`,
    `Node ${circumstances.node}, on ${circumstances.machine}; load before: ${circumstances.loadBefore.toFixed(1)}.`,
    `Raw rows: \`bench/results/${result.part}.json\`.`,
    '',
    body,
  ].join('\n');
};

/** Puts a section between its marks on the page. Throws when the page has no such marks. */
export const writeSection = (part: string, section: string, page = PAGE): void => {
  const text = existsSync(page) ? readFileSync(page, 'utf8') : '';
  const begin = `<!-- bench:${part} -->`;
  const end = `<!-- /bench:${part} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} has no place for ${part}: ${begin} … ${end}`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${section}\n\n${text.slice(to)}`);
};
