import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { findCasesOffHold } from '../adapters/store/holds.ts';
import type { Pool } from '../adapters/store/pool.ts';
import { holdsSignal } from '../workflows/contracts/holds.ts';
import { createLoop } from './loop.ts';
import type { Clock, Log, Loop } from './loop.ts';

const LOOK_EVERY_MS = 1_000;
const BATCH = 200;
const DEADLINE_MS = 5_000;

/**
 * Tells cases that a hold began or ended. What remains to be told is read from the clocks themselves, so that
 * a crash in between loses nothing and a case that was told twice changes nothing.
 */
export function createHoldTeller(input: { pool: Pool; clock: Clock; log: Log; client: Client }): Loop {
  const { pool, clock, log, client } = input;
  return createLoop({
    name: 'holds',
    everyMs: LOOK_EVERY_MS,
    log,
    round: async () => {
      const cases = await findCasesOffHold(pool, { atMs: clock(), limit: BATCH });
      for (const { caseKind, caseId } of cases) {
        try {
          await client.withDeadline(Date.now() + DEADLINE_MS, () =>
            client.workflow.getHandle(`${caseKind}:${caseId}`).signal(holdsSignal),
          );
        } catch (error) {
          // Its workflow is lost or over: reconcile finds the first, and the second has no clock that matters.
          if (!(error instanceof WorkflowNotFoundError)) throw error;
          log.warn({ caseId }, 'a hold could not be told to a case without a running workflow');
        }
      }
      return 'idle';
    },
  });
}
