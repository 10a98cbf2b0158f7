import { Worker } from '@temporalio/worker';
import type { NativeConnection, WorkerOptions, WorkflowBundle } from '@temporalio/worker';
import { createDealRegistrationActivities } from '../activities/deal-registration.ts';
import { createReviewWindowActivities } from '../activities/review-window.ts';
import type { CaseDeps } from '../activities/deal-registration/case-work.ts';
import { dealRegistrationQueue } from '../workflows/contracts/deal-registration.ts';

/** Cached workflows cost some tens of kilobytes each; beyond this the engine replays them. */
const MAX_CACHED_WORKFLOWS = 2_000;
const SHUTDOWN_GRACE = '10s';

/**
 * The worker of deal registration. Its effects are local activities that each hold one database connection,
 * so there are as many slots as the pool has connections.
 */
export function createDealRegistrationWorker(input: {
  connection: NativeConnection;
  namespace: string;
  bundle: WorkflowBundle;
  deps: CaseDeps;
  databaseSlots: number;
  options?: Partial<WorkerOptions>;
}): Promise<Worker> {
  return Worker.create({
    connection: input.connection,
    namespace: input.namespace,
    taskQueue: dealRegistrationQueue,
    workflowBundle: input.bundle,
    activities: {
      ...createDealRegistrationActivities(input.deps),
      ...createReviewWindowActivities(input.deps),
    },
    maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
    maxConcurrentLocalActivityExecutions: input.databaseSlots,
    shutdownGraceTime: SHUTDOWN_GRACE,
    workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 4, maximum: 16 },
    ...input.options,
  });
}
