import type { Anchor } from '../domain/audit-chain.ts';
import { HORIZON_AT_START, sealNext, type SealRound } from '../adapters/store/audit-seal.ts';
import type { Pool } from '../adapters/store/pool.ts';
import { createLoop, type Clock, type Log, type Loop } from './loop.ts';

/**
 * The audit sealer: gives every audit row its place in the chain within a second of its commit. Order is the order of
 * sealing. Any number of sealers may run: each round takes a lock for its transaction, and whoever does not get it lets
 * the other work. Killed at any point it leaves a whole chain: seals and anchor are one transaction.
 */
export interface Sealer extends Loop {
  /** One round, for tests and for whoever wants the chain complete now. */
  sealOnce(): Promise<SealRound>;
}

const POLL_MS = 800;
const BATCH_SIZE = 1_000;
const ANCHOR_EVERY_SEALS = 1_000;
const ANCHOR_EVERY_MS = 60_000;

/** `pool` signs in as the worker role; `signAnchor` is `createAnchorKey(…).sign`. */
export const createSealer = (input: {
  pool: Pool;
  clock: Clock;
  log: Log;
  signAnchor: (anchor: Pick<Anchor, 'seq' | 'hash' | 'signedAt'>) => Anchor;
  batchSize?: number;
  anchorEverySeals?: number;
}): Sealer => {
  const { pool, clock, log, signAnchor } = input;
  let horizon = HORIZON_AT_START;
  const sealOnce = async (): Promise<SealRound> => {
    const round = await sealNext({
      pool,
      horizon,
      options: {
        nowMs: clock(),
        batchSize: input.batchSize ?? BATCH_SIZE,
        anchorEverySeals: input.anchorEverySeals ?? ANCHOR_EVERY_SEALS,
        anchorEveryMs: ANCHOR_EVERY_MS,
        signAnchor,
      },
    });
    horizon = round.horizon;
    // The log leaves the machine: a copy of the anchor there is what finds a chain cut off together with its anchors.
    if (round.anchor !== null)
      log.info({ anchor: round.anchor }, `audit chain anchored at seal ${round.anchor.seq}`);
    return round;
  };
  const loop = createLoop({
    name: 'audit sealer',
    everyMs: POLL_MS,
    log,
    round: async () => ((await sealOnce()).more ? 'more' : 'idle'),
  });
  return { ...loop, sealOnce };
};
