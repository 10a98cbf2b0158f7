/** Structured log lines: facts first, then a sentence; a pino logger is one. No personal data in the facts. */
export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Epoch milliseconds. */
export type Clock = () => number;

export interface Loop {
  start(): void;
  /** Lets the round under way finish, then settles; no round begins afterwards. */
  stop(): Promise<void>;
}

const LONGEST_PAUSE_AFTER_FAULT_MS = 5_000;

/**
 * Runs `round` again and again: at once while it answers `more`, after `everyMs` when it was `idle`, and the longer it stays
 * idle the later, up to `idleMs` (default: `everyMs`). A round that throws
 * is logged with its cause and tried again after a pause that doubles up to five seconds, so that a database that is
 * away costs one line every few seconds and is noticed within seconds when it is back.
 */
export const createLoop = (input: {
  name: string;
  everyMs: number;
  idleMs?: number;
  log: Log;
  round: () => Promise<'more' | 'idle'>;
}): Loop => {
  const { name, everyMs, log, round } = input;
  let running: Promise<void> | null = null;
  let stopping = false;
  let wake: () => void = () => undefined;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    let faults = 0;
    let restMs = everyMs;
    while (!stopping) {
      try {
        const outcome = await round();
        faults = 0;
        if (outcome === 'more') restMs = everyMs;
        else if (!stopping) {
          await pause(restMs);
          restMs = Math.min(restMs * 2, input.idleMs ?? everyMs);
        }
      } catch (cause) {
        faults += 1;
        log.error({ err: cause, loop: name, faults }, `a round of ${name} failed and will be tried again`);
        if (!stopping)
          await pause(Math.min(everyMs * 2 ** Math.min(faults, 10), LONGEST_PAUSE_AFTER_FAULT_MS));
      }
    }
  };

  return {
    start: () => {
      running ??= run();
    },
    stop: async () => {
      stopping = true;
      wake();
      await running;
    },
  };
};
