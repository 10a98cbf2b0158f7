import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { storeImport } from '../activities/imports.ts';
import type { CaseDeps } from '../activities/deal-registration/case-work.ts';
import { readWaitingImport } from '../adapters/store/import-rows.ts';
import type { CaseState } from '../domain/deal-registration/case.ts';
import {
  dealRegistrationType,
  dealRegistrationWorkflowId,
} from '../workflows/contracts/deal-registration.ts';
import { createLoop } from './loop.ts';
import type { Clock, Log, Loop } from './loop.ts';

const LOOK_EVERY_MS = 1_000;
const DEADLINE_MS = 10_000;

/**
 * Stores imports that were committed, the oldest first. What waits is read from the record and every row is stored by
 * what it is called in its file, so that a crash in between loses nothing and storing again changes nothing.
 */
export function createImportStorer(input: { deps: CaseDeps; clock: Clock; log: Log; client: Client }): Loop {
  const { deps, clock, log, client } = input;
  return createLoop({
    name: 'imports',
    everyMs: LOOK_EVERY_MS,
    log,
    round: async () => {
      const waiting = await readWaitingImport(deps.pool);
      if (waiting === null) return 'idle';
      await storeImport(deps, {
        waiting,
        nowMs: clock,
        begin: (state) => beginCase(client, deps.taskQueue, state),
      });
      log.info(
        { importId: waiting.id, kind: waiting.kind, rows: waiting.rows.length },
        'an import is stored',
      );
      return 'more';
    },
  });
}

/** The case goes on from its state; one that runs, or ran, is left alone. */
async function beginCase(client: Client, taskQueue: string, state: CaseState): Promise<void> {
  const caseId = state.registrationId;
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflow.start(dealRegistrationType, {
        taskQueue,
        workflowId: dealRegistrationWorkflowId(caseId),
        args: [{ caseId, state }],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    );
  } catch (error) {
    // It was begun before a crash and has ended since.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
