import type { AppDatabase } from '../adapters/store/app-database.ts';

/** What the record tells of a step once it is committed: that it happened, never what. */
export interface Told {
  readonly caseId: string;
  readonly seq: number;
  readonly kind: string;
  readonly partnerId: string | null;
  readonly audience: string;
  /** The message that the step carried out; null for what a case does by itself. */
  readonly receipt: number | null;
}

export interface Listener {
  readonly heard: (told: Told) => void;
  /** The connection was away: nobody knows what was said meanwhile. */
  readonly missed: () => void;
}

/** News of all cases, over one connection to the database, for as many listeners as there are. */
export interface CaseNews {
  /** Calls the listener until the answer is called. */
  follow(listener: Listener): () => void;
  /**
   * Settles when a step that carries out this receipt is committed, or may have been while nobody listened. Call `forget` in
   * any case: it ends the waiting.
   */
  ofReceipt(receipt: number): { readonly told: Promise<void>; readonly forget: () => void };
  stop(): Promise<void>;
}

export function createCaseNews(database: AppDatabase): CaseNews {
  const listeners = new Set<Listener>();
  const waiting = new Map<number, () => void>();
  const listener = database.listen({
    channel: 'fairlead_case',
    heard: (payload) => {
      const told = toldOf(payload);
      if (told === null) return;
      if (told.receipt !== null) waiting.get(told.receipt)?.();
      for (const one of listeners) one.heard(told);
    },
    missed: () => {
      for (const settle of waiting.values()) settle();
      for (const one of listeners) one.missed();
    },
  });
  return {
    follow(one) {
      listeners.add(one);
      return () => listeners.delete(one);
    },
    ofReceipt(receipt) {
      const told = new Promise<void>((settle) => waiting.set(receipt, settle));
      return { told, forget: () => waiting.delete(receipt) };
    },
    stop: () => listener.stop(),
  };
}

function toldOf(payload: string): Told | null {
  try {
    return JSON.parse(payload) as Told;
  } catch {
    // Only the database's trigger writes this channel; anything else is noise.
    return null;
  }
}
