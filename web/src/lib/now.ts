import { useSyncExternalStore } from 'react';

/** Relative times are said anew this often: one timer for the whole page, not one for each time on it. */
const TICK_MS = 15_000;

let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  // Nobody looked for a while: the clock has stood still.
  if (listeners.size === 0) nowMs = Date.now();
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const told of listeners) told();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

/** The present in epoch ms, moving on every quarter of a minute. */
export function useNowMs(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}
