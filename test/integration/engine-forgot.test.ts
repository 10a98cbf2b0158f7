import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  dealRegistrationType,
  dealRegistrationWorkflowId,
} from '../../workflows/contracts/deal-registration.ts';
import type { DealRegistrationView } from '../../workflows/contracts/deal-registration.ts';
import { openRegistrationHouse } from '../setup/registration-house.ts';
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
    reviewWindow: { amount: 0, unit: 'minute' },
  }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
}, 30_000);

test('a message that took effect, and that the engine forgot, is delivered again and changes nothing but the workflow', async () => {
  const { id } = await house.submit();
  await house.until(async () => (await house.registration(id)).status === 'pending_approval');
  const { rows: before } = await house.pool.query<{ state: object; queue: string }>(
    'select case_state as state from registration where id = $1',
    [id],
  );
  await house.decide({ id, as: 'approver@', outcome: 'approve' });
  const timeline = await house.timeline(id);

  // The engine dies before its history holds the decision: its workflow stands where it was, the record is ahead.
  const handle = env.client.workflow.getHandle(dealRegistrationWorkflowId(id));
  const { taskQueue } = await handle.describe();
  await handle.terminate('forgotten on purpose');
  await env.client.workflow.start(dealRegistrationType, {
    workflowId: dealRegistrationWorkflowId(id),
    taskQueue,
    args: [{ caseId: id, state: before[0]?.state }],
  });
  expect(
    (await env.client.workflow.getHandle(dealRegistrationWorkflowId(id)).query<DealRegistrationView>('state'))
      .status,
  ).toBe('pending_approval');

  // Nobody answered for the receipt, so it is due.
  await house.pool.query(
    `update receipt set next_attempt_at = now() where case_id = $1 and update_name = 'decide'`,
    [id],
  );
  await house.until(async () => {
    const { rows } = await house.pool.query(
      `select 1 from receipt where case_id = $1 and next_attempt_at is not null`,
      [id],
    );
    return rows.length === 0;
  });
  expect(
    (await env.client.workflow.getHandle(dealRegistrationWorkflowId(id)).query<DealRegistrationView>('state'))
      .status,
  ).toBe('approved');
  expect(await house.timeline(id)).toEqual(timeline);
  const { rows: decisions } = await house.pool.query('select 1 from decision where case_id = $1', [id]);
  expect(decisions).toHaveLength(1);
}, 30_000);
