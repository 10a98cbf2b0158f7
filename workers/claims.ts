import { accrueSupport, judgeClaim } from '../activities/ship-and-debit.ts';
import type { Pool } from '../adapters/store/pool.ts';
import { readWaitingClaim, setClaimBack } from '../adapters/store/ship-and-debit.ts';
import { createLoop } from './loop.ts';
import type { Clock, Log, Loop } from './loop.ts';
import { setBack } from './set-back.ts';

const LOOK_EVERY_MS = 1_000;
const ACCRUE_EVERY_MS = 10_000;

/**
 * Judges claims that were handed in, the oldest first. What waits is read from the record and a claim is judged whole or not at
 * all, so that a crash in between loses nothing. One that cannot be judged holds no other up.
 */
export function createClaimJudge(input: { pool: Pool; clock: Clock; log: Log }): Loop {
  const { pool, clock, log } = input;
  return createLoop({
    name: 'claims',
    everyMs: LOOK_EVERY_MS,
    log,
    round: async () => {
      const claim = await readWaitingClaim(pool, clock());
      if (claim === null) return 'idle';
      try {
        const outcome = await judgeClaim({ pool }, { claim, nowMs: clock() });
        log.info({ claimId: claim.id, outcome }, 'a claim is judged');
      } catch (cause) {
        const { attempts, ...back } = setBack({
          before: claim.attempts,
          cause,
          nowMs: clock(),
          passes: false,
        });
        // Where the record itself is away this throws as well, and nothing was wrong with the claim.
        await setClaimBack(pool, { id: claim.id, ...back });
        const facts = { err: cause, claimId: claim.id, attempts };
        if (back.parkedAtMs !== null) log.error(facts, `claim ${claim.id} is set aside`);
        else log.warn(facts, `claim ${claim.id} could not be judged and will be tried again`);
      }
      return 'more';
    },
  });
}

/** Keeps the books up to date with what agreements are expected to cost. */
export function createSupportAccruals(input: { pool: Pool; clock: Clock; log: Log }): Loop {
  const { pool, clock, log } = input;
  return createLoop({
    name: 'accruals',
    everyMs: ACCRUE_EVERY_MS,
    log,
    round: async () => ((await accrueSupport({ pool }, clock())) === 0 ? 'idle' : 'more'),
  });
}
