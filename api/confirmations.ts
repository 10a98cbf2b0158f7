import type { AppDatabase } from '../adapters/store/app-database.ts';
import { confirmReceipts } from '../adapters/store/receipts.ts';

/** Less than the second after which an unconfirmed receipt makes a refusal of its workflow doubtful (`isEngineBehind`). */
const FLUSH_AFTER_MS = 600;

/**
 * Gathers the receipts that the engine answered for and marks them together: one transaction for many. What
 * is lost with this process is merely delivered once more by the relay, and answered as before.
 */
export function createConfirmations(input: {
  database: AppDatabase;
  now: () => number;
  log: { warn(facts: object, words: string): void };
}): (receipt: number) => void {
  let gathered: number[] = [];
  let timer: NodeJS.Timeout | null = null;

  async function flush(): Promise<void> {
    timer = null;
    const numbers = gathered;
    gathered = [];
    try {
      await input.database.transaction(
        { scope: { side: 'vendor' }, atMs: input.now(), readOnly: false },
        (_sql, last) => confirmReceipts(last, numbers),
      );
    } catch (error) {
      input.log.warn(
        { err: error, receipts: numbers.length },
        'receipts could not be confirmed; the relay delivers them again',
      );
    }
  }

  return (receipt) => {
    gathered.push(receipt);
    timer ??= setTimeout(() => void flush(), FLUSH_AFTER_MS).unref();
  };
}
