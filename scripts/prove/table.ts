/** What the proofs print: tables as they go, and one closing line. */

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  /** What was seen, with its figures. */
  readonly seen: string;
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Prints a check and gives it back. */
export const told = (check: Check): Check => {
  say(`  ${check.passed ? '✓' : '✗'} ${check.name}${check.seen === '' ? '' : `: ${check.seen}`}`);
  return check;
};

/** Columns as wide as their widest cell. */
export const printTable = (head: readonly string[], rows: readonly (readonly string[])[]): void => {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  say('');
  say(line(head));
  say(line(widths.map((width) => '-'.repeat(width))));
  for (const row of rows) say(line(row));
  say('');
};

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
