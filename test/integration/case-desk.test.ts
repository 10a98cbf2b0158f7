import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { dealRegistrationWorkflowId } from '../../workflows/contracts/deal-registration.ts';
import { openRegistrationHouse } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
}, 30_000);

test('a message that cannot be done now is refused by name and leaves no trace in the history', async () => {
  const { id } = await house.submit();
  await house.until(async () => (await house.registration(id)).status === 'pending_approval');
  const handle = env.client.workflow.getHandle(dealRegistrationWorkflowId(id));
  const appeal = house.act('appeal', { id, as: 'sales@northwind', facts: {}, body: { words: 'Please.' } });
  await expect(appeal).rejects.toMatchObject({
    type: 'conflict',
    refusal: { detail: 'The registration is with those who decide; this is not possible now.' },
  });
  const { events } = await handle.fetchHistory();
  const accepted = (events ?? []).flatMap(({ workflowExecutionUpdateAcceptedEventAttributes: update }) =>
    update === null || update === undefined ? [] : [update.acceptedRequest?.input?.name],
  );
  expect(accepted).toEqual(['submit']);
  expect(await house.timeline(id)).toEqual(['submitted', 'matched']);
});
