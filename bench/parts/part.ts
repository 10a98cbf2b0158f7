import type { Goal } from '../measure/results.ts';

/** What every part is told. */
export interface PartOptions {
  /** Tiny sizes: shows that it works, not how fast. */
  readonly quick: boolean;
  readonly rounds: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** What a part brings back: raw rows for the file, goals and words for the page. */
export interface PartOutcome {
  readonly options: Readonly<Record<string, unknown>>;
  readonly rows: readonly object[];
  readonly goals: readonly Goal[];
  /** Tables and sentences beside the goals, in Markdown. */
  readonly details: string;
}
