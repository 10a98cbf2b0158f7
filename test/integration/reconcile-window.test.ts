import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createWorkflowCensus } from '../../adapters/gateways/workflow-census.ts';
import { createWorkflowRepair } from '../../adapters/gateways/workflow-repair.ts';
import { reconcile, reviewWindowCases } from '../../adapters/store/reconcile.ts';
import type { ReconcileResult } from '../../adapters/store/reconcile.ts';
import { reviewWindowType, reviewWindowWorkflowId } from '../../workflows/contracts/review-window.ts';
import { openRegistrationHouse, plainSubmission } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env, { relay: true });
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: { amount: 10, unit: 'minute' },
  }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
}, 30_000);

const submitFor = async (customer: string, as: string): Promise<string> => {
  const { customer: plain } = plainSubmission();
  const { id } = await house.submit({
    as,
    submission: {
      customer: {
        ...plain,
        legalName: `${customer} Works GmbH`,
        webDomain: `${customer}-works.com`,
        contacts: [],
      },
    },
  });
  return id;
};

const windowOf = (registrationId: string): Promise<string> =>
  house.until(async () => {
    const { rows } = await house.pool.query<{ id: string }>(
      'select window_id as id from review_window_member where registration_id = $1',
      [registrationId],
    );
    return rows[0]?.id ?? null;
  });

const census = () => createWorkflowCensus({ client: env.client, workflowTypes: [reviewWindowType] });

const rebuildWindows = async (windowId: string): Promise<ReconcileResult> => {
  const { taskQueue } = await env.client.workflow.getHandle(reviewWindowWorkflowId(windowId)).describe();
  return reconcile({
    pool: house.pool,
    engine: { ...census(), ...createWorkflowRepair(env.client), listRunning: async () => new Set() },
    kinds: [
      reviewWindowCases({ workflowType: reviewWindowType, taskQueue, workflowIdOf: reviewWindowWorkflowId }),
    ],
    clock: () => Date.now(),
    endOrphans: false,
    dryRun: false,
    recheckAfterMs: 50,
  });
};

test('a lost window is rebuilt, and a rival whose joining was lost with it joins once more', async () => {
  const first = await submitFor('larkspur', 'sales@northwind');
  const windowId = await windowOf(first);
  const handle = env.client.workflow.getHandle(reviewWindowWorkflowId(windowId));
  // The relay begins it.
  await house.until(() => census().isRunning(reviewWindowWorkflowId(windowId)));
  await handle.terminate('lost');
  const second = await submitFor('larkspur', 'sales@lakeside');
  expect(await windowOf(second)).toBe(windowId);
  // As if the engine had taken the signal and lost it with everything else, before the window acted on it.
  await house.pool.query(
    `update outbound set delivered_at = now() where case_id = $1 and channel = 'signal' and target = $2`,
    [second, reviewWindowWorkflowId(windowId)],
  );

  const result = await rebuildWindows(windowId);
  expect(result.findings).toContainEqual(expect.objectContaining({ kind: 'rebuilt', caseId: windowId }));
  const task = await house.until(async () => {
    const { rows } = await house.pool.query<{ facts: { rivals: object[] } }>(
      `select facts from task where kind = 'joint_review' and status = 'open' and case_id = $1`,
      [windowId],
    );
    return rows[0] ?? null;
  });
  expect(task.facts.rivals).toHaveLength(2);
  expect((await handle.describe()).status.name).toBe('RUNNING');
}, 30_000);
