/** Work of the record that could not be done is tried again later, and left to a person when it fails again and again. */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;
/** Attempts after which a fault that will hardly go away is left to a person. */
const PARK_AFTER = 4;

export interface SetBack {
  /** How often it was tried, this time included. */
  readonly attempts: number;
  readonly cause: string;
  readonly nextAttemptAtMs: number;
  /** Null: it is tried again. */
  readonly parkedAtMs: number | null;
}

/** `before`: attempts in vain until now. `passes`: the fault says nothing of the work itself, so it is never given up for it. */
export function setBack(input: { before: number; cause: unknown; nowMs: number; passes: boolean }): SetBack {
  const { before, cause, nowMs, passes } = input;
  const attempts = before + 1;
  return {
    attempts,
    cause: cause instanceof Error ? `${cause.name}: ${cause.message}`.slice(0, 300) : 'unknown',
    nextAttemptAtMs: nowMs + Math.min(FIRST_WAIT_MS * 2 ** Math.min(before, 10), LONGEST_WAIT_MS),
    parkedAtMs: attempts >= PARK_AFTER && !passes ? nowMs : null,
  };
}
