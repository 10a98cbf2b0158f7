/**
 * What the list shows after a reading: rows stay where they are, so that nothing moves under the cursor. What
 * comes after the last shown one (the next page) is added at the end; what belongs higher up waits to be let in.
 */
export function mergeOrder(
  shown: readonly string[],
  latest: readonly string[],
): { order: readonly string[]; waiting: readonly string[] } {
  if (shown.length === 0) return { order: latest, waiting: [] };
  const known = new Set(shown);
  const lastShown = latest.findLastIndex((id) => known.has(id));
  // None of the shown is open any more; somebody may still be reading one of them.
  if (lastShown === -1) return { order: shown, waiting: latest };
  const waiting = latest.filter((id, place) => !known.has(id) && place < lastShown);
  const added = latest.slice(lastShown + 1);
  return { order: [...shown, ...added], waiting };
}

/** Whom to open when `id` has been decided: the one below, else the one above. */
export function nextAfter(order: readonly string[], id: string): string | undefined {
  const place = order.indexOf(id);
  return order[place + 1] ?? order[place - 1];
}
