/** Which accounts stand for one company, when people have said so pair by pair. */

/**
 * For each account the one that represents its company: the lowest id (the earliest, since ids sort by time)
 * of all that are tied to it by "same" verdicts, directly or through others.
 */
export function representatives(
  accountIds: readonly string[],
  samePairs: readonly (readonly [string, string])[],
): ReadonlyMap<string, string> {
  const representative = new Map(accountIds.map((id) => [id, id]));
  const find = (id: string): string => {
    const next = representative.get(id) ?? id;
    return next === id ? id : find(next);
  };
  for (const [left, right] of samePairs) {
    const [a, b] = [find(left), find(right)];
    const [first, second] = a < b ? [a, b] : [b, a];
    representative.set(second, first);
  }
  return new Map(accountIds.map((id) => [id, find(id)]));
}
