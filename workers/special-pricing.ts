import type { Worker } from '@temporalio/worker';
import { createSpecialPricingActivities } from '../activities/special-pricing.ts';
import type { PricingDeps } from '../activities/special-pricing/request-work.ts';
import { specialPricingQueue } from '../workflows/contracts/special-pricing.ts';
import { createCaseWorker } from './case-worker.ts';
import type { CaseWorkerInput } from './case-worker.ts';

/** The worker of special pricing: requests and agreements. */
export function createSpecialPricingWorker(input: CaseWorkerInput & { deps: PricingDeps }): Promise<Worker> {
  return createCaseWorker(input, {
    taskQueue: specialPricingQueue,
    activities: createSpecialPricingActivities(input.deps),
  });
}
