import type { Worker } from '@temporalio/worker';
import { createDealRegistrationActivities } from '../activities/deal-registration.ts';
import { createReviewWindowActivities } from '../activities/review-window.ts';
import type { CaseDeps } from '../activities/deal-registration/case-work.ts';
import { dealRegistrationQueue } from '../workflows/contracts/deal-registration.ts';
import { createCaseWorker } from './case-worker.ts';
import type { CaseWorkerInput } from './case-worker.ts';

/** The worker of deal registration and its review windows. */
export function createDealRegistrationWorker(input: CaseWorkerInput & { deps: CaseDeps }): Promise<Worker> {
  return createCaseWorker(input, {
    taskQueue: dealRegistrationQueue,
    activities: {
      ...createDealRegistrationActivities(input.deps),
      ...createReviewWindowActivities(input.deps),
    },
  });
}
