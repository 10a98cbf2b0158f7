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

/** True when no state may follow `status`. */
export function isFinal<Status extends string>(table: TransitionTable<Status>, status: Status): boolean {
  return table[status].length === 0;
}

/** Every state from which `to` may be reached in one step. */
export function statesBefore<Status extends string>(table: TransitionTable<Status>, to: Status): Status[] {
  return (Object.keys(table) as Status[]).filter((from) => mayGo(table, from, to));
}
