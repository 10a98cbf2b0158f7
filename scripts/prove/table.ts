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

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
