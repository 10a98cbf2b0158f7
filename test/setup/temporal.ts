import { readFileSync } from 'node:fs';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { testVariable } from './test-environment.ts';

// One process, one runtime; a worker's information lines would bury the results.
Runtime.install({
  logger: new DefaultLogger((process.env['FAIRLEAD_TEST_ENGINE_LOG'] ?? 'ERROR') as 'WARN'),
});

/** The run's real Temporal server, shared by all test files: take task queues and workflow ids nobody else has. */
export const attachToServer = (): Promise<TestWorkflowEnvironment> =>
  TestWorkflowEnvironment.createFromExistingServer({ address: testVariable('temporalAddress') });

/** A server of this test file's own, on which time skips to the next timer. It knows no schedules and no lists. */
export const startTimeSkipping = (): Promise<TestWorkflowEnvironment> =>
  TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: testVariable('testServer') } },
  });

/** The workflow bundle built once for the run; give it to `Worker.create` as `workflowBundle`. */
export const bundle = (): { code: string } => ({ code: readFileSync(testVariable('bundle'), 'utf8') });
