import { call, isPassing, newIdempotencyKey, type Answer, type Input, type WriteKey } from './api.ts';

/** How many writes of a bulk are under way at once: enough to be quick, few enough that other people's are not kept waiting. */
const AT_ONCE = 4;
const TRIES = 3;
const PAUSE_MS = 800;

/** Runs `work` for each item, a few at a time. `work` tells its own failures; what it throws ends the run. */
export async function forMany<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
}

/** One write, tried again with its own key when it failed for a reason that passes. Throws `ApiProblem` or `Unreachable`. */
export async function callAgain<Key extends WriteKey>(
  key: Key,
  input: Input<Key>,
  idempotencyKey: string = newIdempotencyKey(),
): Promise<Answer<Key>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call(key, input, { idempotencyKey });
    } catch (error) {
      if (!isPassing(error) || tries >= TRIES) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MS * tries);
    });
  }
}
