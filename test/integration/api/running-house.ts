import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { CANDIDATES } from '../../../adapters/store/account-matching.ts';
import type { CaseDeps } from '../../../activities/deal-registration/case-work.ts';
import { createEngineMessages } from '../../../adapters/gateways/engine-messages.ts';
import { createPool } from '../../../adapters/store/pool.ts';
import type { Pool } from '../../../adapters/store/pool.ts';
import { createProcessClient } from '../../../api/process-client.ts';
import type { ProcessClient } from '../../../api/process-client.ts';
import { refusalIn } from '../../../workflows/contracts/command.ts';
import { createDealRegistrationWorker } from '../../../workers/deal-registration.ts';
import { createSpecialPricingWorker } from '../../../workers/special-pricing.ts';
import { specialPricingType } from '../../../workflows/contracts/special-pricing.ts';
import { attachToServer, bundle } from '../../setup/temporal.ts';
import { startApi } from './running-api.ts';
import type { RunningApi } from './running-api.ts';

/** The API over HTTP with workflows on the real engine, on a queue and a record of their own. */
export interface RunningHouse {
  readonly env: TestWorkflowEnvironment;
  readonly api: RunningApi;
  /** Signed in as the worker. */
  readonly pool: Pool;
  readonly deps: CaseDeps;
  stop(): Promise<void>;
}

export async function startHouse(): Promise<RunningHouse> {
  const env = await attachToServer();
  const taskQueue = `api-house-${randomUUID()}`;
  const api = await startApi({ processes: () => onQueue(env, taskQueue), engineDeadlineMs: 15_000 });
  const pool = createPool({ url: api.database.workerUrl, max: 8, applicationName: 'test-api-house' });
  const deps = { pool, candidateLimit: CANDIDATES, taskQueue };
  const worker = await createDealRegistrationWorker({
    connection: env.nativeConnection,
    namespace: 'default',
    bundle: bundle(),
    deps,
    databaseSlots: 8,
    options: { taskQueue, shutdownGraceTime: '1s' },
  });
  const pricing = await createSpecialPricingWorker({
    connection: env.nativeConnection,
    namespace: 'default',
    bundle: bundle(),
    deps: { ...deps, taskQueue: pricingQueueOf(taskQueue) },
    databaseSlots: 4,
    options: { taskQueue: pricingQueueOf(taskQueue), shutdownGraceTime: '1s' },
  });
  const running = Promise.all([worker.run(), pricing.run()]);
  return {
    env,
    api,
    pool,
    deps,
    stop: async () => {
      worker.shutdown();
      pricing.shutdown();
      await running;
      await pool.end();
      await api.stop();
      await env.teardown();
    },
  };
}

function pricingQueueOf(taskQueue: string): string {
  return `${taskQueue}-pricing`;
}

function onQueue(env: TestWorkflowEnvironment, taskQueue: string): ProcessClient {
  const client = createProcessClient(
    createEngineMessages({ client: env.client, namespace: 'default', deadlineMs: 15_000, refusalIn }),
  );
  return {
    isUp: () => client.isUp(),
    deliver: (call) =>
      client.deliver({
        ...call,
        starts:
          call.starts === null
            ? null
            : {
                ...call.starts,
                taskQueue:
                  call.starts.workflowType === specialPricingType ? pricingQueueOf(taskQueue) : taskQueue,
              },
      }),
  };
}
