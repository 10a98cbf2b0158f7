/**
 * A transition table says which state of a case may follow which. One table a status; the database's
 * compare-and-set and the workflow read the same one.
 */
export type TransitionTable<Status extends string> = Readonly<Record<Status, readonly Status[]>>;

/** True when `table` lets a case go from `from` to `to`. */
export function mayGo<Status extends string>(
  table: TransitionTable<Status>,
  from: Status,
  to: Status,
): boolean {
  return table[from].includes(to);
}
