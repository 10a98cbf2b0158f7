import { isGrpcServiceError, ServiceError, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { storeImport } from '../activities/imports.ts';
import type { CaseDeps } from '../activities/deal-registration/case-work.ts';
import { readWaitingImport, recordImportFault } from '../adapters/store/import-rows.ts';
import type { WaitingImport } from '../adapters/store/import-rows.ts';
import type { CaseState } from '../domain/deal-registration/case.ts';
import {
  dealRegistrationType,
  dealRegistrationWorkflowId,
} from '../workflows/contracts/deal-registration.ts';
import { createLoop } from './loop.ts';
import type { Clock, Log, Loop } from './loop.ts';
import { setBack } from './set-back.ts';

const LOOK_EVERY_MS = 1_000;
const DEADLINE_MS = 10_000;

/**
 * Stores imports that were committed, the oldest first. What waits is read from the record and every row is stored by
 * what it is called in its file, so that a crash in between loses nothing and storing again changes nothing. One that cannot be
 * stored holds no other up: it is tried again later, and set aside with its cause when it fails again and again.
 */
export function createImportStorer(input: { deps: CaseDeps; clock: Clock; log: Log; client: Client }): Loop {
  const { deps, clock, log, client } = input;
  return createLoop({
    name: 'imports',
    everyMs: LOOK_EVERY_MS,
    log,
    round: async () => {
      const waiting = await readWaitingImport(deps.pool, clock());
      if (waiting === null) return 'idle';
      try {
        await storeImport(deps, {
          waiting,
          nowMs: clock,
          begin: (state) => beginCase(client, deps.taskQueue, state),
        });
      } catch (cause) {
        await noteFault({ deps, clock, log, waiting, cause });
        return 'more';
      }
      log.info(
        { importId: waiting.id, kind: waiting.kind, rows: waiting.rows.length },
        'an import is stored',
      );
      return 'more';
    },
  });
}

/** Notes why an import could not be stored. Throws when the record is away: then nothing was wrong with the import. */
async function noteFault(input: {
  deps: CaseDeps;
  clock: Clock;
  log: Log;
  waiting: WaitingImport;
  cause: unknown;
}): Promise<void> {
  const { deps, clock, log, waiting, cause } = input;
  const { attempts, ...back } = setBack({
    before: waiting.attempts,
    cause,
    nowMs: clock(),
    passes: isEngineAway(cause),
  });
  await recordImportFault(deps.pool, { id: waiting.id, ...back });
  const facts = { err: cause, importId: waiting.id, kind: waiting.kind, attempts };
  if (back.parkedAtMs !== null) log.error(facts, `import ${waiting.id} is set aside`);
  else log.warn(facts, `import ${waiting.id} could not be stored and will be tried again`);
}

/** No answer of the engine says anything about an import. */
function isEngineAway(cause: unknown): boolean {
  return isGrpcServiceError(cause instanceof ServiceError ? cause.cause : cause);
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
