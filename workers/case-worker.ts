import { Worker } from '@temporalio/worker';
import type { NativeConnection, WorkerOptions, WorkflowBundle } from '@temporalio/worker';

/** Cached workflows cost some tens of kilobytes each; beyond this the engine replays them. */
const MAX_CACHED_WORKFLOWS = 2_000;
const SHUTDOWN_GRACE = '10s';

export interface CaseWorkerInput {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly bundle: WorkflowBundle;
  readonly databaseSlots: number;
  readonly options?: Partial<WorkerOptions>;
}

/**
 * The worker of a process. Its effects are local activities that each hold one database connection, so there are as many slots as the
 * pool has connections.
 */
export function createCaseWorker(
  input: CaseWorkerInput,
  of: { readonly taskQueue: string; readonly activities: object },
): Promise<Worker> {
  return Worker.create({
    connection: input.connection,
    namespace: input.namespace,
    taskQueue: of.taskQueue,
    workflowBundle: input.bundle,
    activities: of.activities,
    maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
    maxConcurrentLocalActivityExecutions: input.databaseSlots,
    shutdownGraceTime: SHUTDOWN_GRACE,
    workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 4, maximum: 16 },
    ...input.options,
  });
}
