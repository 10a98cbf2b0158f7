/** Where an effect can be made to die, and the ledger in which a dying process says where it did. */

/**
 * `before`: nothing was done. `uncommitted`: everything is written, the commit is not sent. `after`: it is committed, and
 * the result is not given back. `unacknowledged`: the workflow went on with the result, and the engine is not told. `twice`:
 * it runs a second time at once and must give the same result; nothing dies.
 */
export const POINTS = ['before', 'uncommitted', 'unacknowledged', 'after', 'twice'] as const;
export type Point = (typeof POINTS)[number];

/** Effects that are no activities: a loop of the workers stores committed imports; its acknowledgement is its last row. */
export const IMPORT = 'storeImport:';
/** Only reads, so that there is nothing to commit, and what it reads may move on. */
const READS = 'undeliveredReceipts';

/** The points that an effect has. Storing an import is repeated as a whole when it died unacknowledged. */
export const pointsOf = (effect: string): readonly Point[] => {
  if (effect.startsWith(IMPORT)) return POINTS.filter((point) => point !== 'twice');
  return effect === READS ? POINTS.filter((point) => point !== 'uncommitted') : POINTS;
};

/** Whether a run of it counts only when it wrote something: a repeat that finds its work done proves nothing anew. */
export const mustWrite = (effect: string): boolean => effect !== READS;

export interface LedgerEntry {
  readonly effect: string;
  readonly point: Point;
  /** For `twice`: whether both runs gave the same. */
  readonly same: boolean | null;
  readonly at: string;
}

export const readLedger = (text: string): LedgerEntry[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerEntry);

/** The name of the variable that says where the ledger lies. */
export const LEDGER = 'FAIRLEAD_PROVE_LEDGER';
/** The name of the variable that says which effects die, by commas; absent: all. */
export const DYING = 'FAIRLEAD_PROVE_DYING';
