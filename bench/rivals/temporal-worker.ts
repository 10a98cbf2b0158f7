import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { answerQuestions } from '../house/helper-process.ts';
import * as steps from './temporal-steps.ts';

/** The worker of the bare shapes, with the settings of Fairlead's own. Arguments: address, task queue. */

const [address = '', taskQueue = ''] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('temporal-workflows.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  }),
  activities: steps,
  maxCachedWorkflows: 2_000,
  workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 4, maximum: 16 },
});
const running = worker.run();
answerQuestions(
  async () => ({}),
  async () => {
    worker.shutdown();
    await running;
    await connection.close();
  },
);
