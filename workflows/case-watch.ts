import { condition } from '@temporalio/workflow';

/**
 * How a case waits: for whatever is due first, for news, and, before a deadline acts, for the messages that were received before
 * it. All processes that keep clocks wait so.
 */

/** How long a due clock waits for a message that was received before it, until it asks again. */
const RECEIPTS_PATIENCE = '5s';
/** How long a case waits before it tries again what the record refused it, unless somebody moves it. */
const REFUSED_PATIENCE = '1m';

export interface Watch {
  /** Waits until something is due or the case moved on. True when something is due. */
  readonly dueOrChanged: () => Promise<boolean>;
  /** False while a message that was received before the deadline is still on its way: it goes first. */
  readonly nothingCameBefore: () => Promise<boolean>;
  /** Waits when the record refused what the case would do by itself in this state, until somebody moves it. */
  readonly untilMoved: () => Promise<void>;
}

export function keepWatch(of: {
  /** The last step that was written. */
  readonly seq: () => number;
  /** When the case has something to do by itself. */
  readonly wakeMs: () => number | null;
  /** Something came that is acted on before any clock, or the case is over. */
  readonly stirred: () => boolean;
  /** The sequence at which the record refused what the case would do by itself. */
  readonly refusedAtSeq: () => number;
  readonly undelivered: (untilMs: number) => Promise<number>;
}): Watch {
  return {
    async dueOrChanged() {
      const seen = of.seq();
      const wakeMs = of.wakeMs();
      const moved = (): boolean => of.seq() !== seen || of.stirred();
      if (wakeMs === null) {
        await condition(moved);
        return false;
      }
      if (of.refusedAtSeq() === seen) await condition(moved, REFUSED_PATIENCE);
      const waitMs = wakeMs - Date.now();
      return waitMs <= 0 || !(await condition(moved, waitMs));
    },
    async nothingCameBefore() {
      const wakeMs = of.wakeMs();
      if (wakeMs === null) return false;
      const seq = of.seq();
      const open = await of.undelivered(wakeMs);
      if (open === 0) return true;
      await condition(() => of.seq() !== seq, RECEIPTS_PATIENCE);
      return false;
    },
    async untilMoved() {
      const seq = of.seq();
      if (of.refusedAtSeq() === seq) await condition(() => of.seq() !== seq, REFUSED_PATIENCE);
    },
  };
}
