import type { AppDatabase } from '../adapters/store/app-database.ts';
import { confirmReceipts } from '../adapters/store/receipts.ts';
import { gatherWrites } from './gathered-writes.ts';

/** Less than the second after which an unconfirmed receipt makes a refusal of its workflow doubtful (`isEngineBehind`). */
const FLUSH_AFTER_MS = 600;

/**
 * Marks the receipts that the engine answered for, many together. What is lost with this process is merely delivered once more
 * by the relay, and answered as before.
 */
export function createConfirmations(input: {
  database: AppDatabase;
  now: () => number;
  log: { warn(facts: object, words: string): void };
}): (receipt: number) => void {
  const { database, now, log } = input;
  return gatherWrites({
    afterMs: FLUSH_AFTER_MS,
    write: async (numbers) => {
      try {
        await database.transaction(
          { scope: { side: 'vendor' }, atMs: now(), readOnly: false },
          (_sql, last) => confirmReceipts(last, numbers),
        );
      } catch (error) {
        log.warn(
          { err: error, receipts: numbers.length },
          'receipts could not be confirmed; the relay delivers them again',
        );
      }
    },
  });
}
