import { renewKeys } from '../adapters/store/account-matching.ts';
import { namesWait, packNames } from '../adapters/store/name-index.ts';
import type { Pool } from '../adapters/store/pool.ts';
import { inTransaction } from '../adapters/store/transaction.ts';
import { createLoop } from './loop.ts';
import type { Log, Loop } from './loop.ts';

const LOOK_EVERY_MS = 60_000;
const RENEWED_AT_ONCE = 200;
/** Rows of the name index that may wait, about a hundred with an account: a search reads those of its rarest parts one by one. */
const ROWS_WAITING = 100_000;

/**
 * Keeps the index of names in order: makes keys anew that were made by older rules (after an upgrade, at once), and packs
 * what new accounts added when it has become much. Several workers may do it at once.
 */
export function createNameKeeper(input: { pool: Pool; log: Log }): Loop {
  const { pool, log } = input;
  return createLoop({
    name: 'names',
    everyMs: LOOK_EVERY_MS,
    log,
    round: async () => {
      const renewed = await inTransaction(pool, (tx) => renewKeys(tx, RENEWED_AT_ONCE));
      if (await namesWait(pool, ROWS_WAITING)) {
        await packNames(pool);
        log.info({ renewed }, 'new names are packed into the index');
      }
      return renewed > 0 ? 'more' : 'idle';
    },
  });
}
