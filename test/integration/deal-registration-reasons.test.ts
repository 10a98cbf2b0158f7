import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { closureCodesFor } from '../../domain/deal-registration/status.ts';
import type { ClosureCode } from '../../domain/deal-registration/status.ts';
import { submitUntil } from '../fixtures/rivals.ts';
import { openRegistrationHouse } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';
import { examplePolicy } from '../unit/domain/deal-registration-examples.ts';

/* The closure code is a field of its own: each reason that a program offers ends a case with its own code. */

const PROGRAM = 'one-per-product';
const { reasons } = examplePolicy(PROGRAM);
/** Given by no reason of a person: by the outcome, by a clock, or by the task of a missing activity. */
const byThemselves: readonly ClosureCode[] = ['won', 'protection_ended', 'no_activity'];

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  await house.changePolicy(PROGRAM, (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: { amount: 0, unit: 'businessHour' },
  }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

test('the program has a reason for every code that a person gives', () => {
  const offered = Object.values(reasons).flatMap((list) => list.map(({ closureCode }) => closureCode));
  expect(new Set([...offered, ...byThemselves])).toEqual(new Set(Object.values(closureCodesFor).flat()));
});

test.each(reasons.rejection)(
  'denied for $key: $closureCode, with words for the partner and a note that is not his',
  async ({ key, closureCode }) => {
    const id = await submitUntil(house, 'pending_approval');
    await house.decide({
      id,
      as: 'approver@',
      outcome: 'deny',
      reasonKey: key,
      words: 'Told to the partner.',
    });
    expect(await house.registration(id)).toMatchObject({ status: 'rejected', closure_code: closureCode });
    const { rows } = await house.pool.query(
      `select d.reason_code as code, d.words, n.note from decision d join decision_private n on n.decision_id = d.id where d.case_id = $1`,
      [id],
    );
    expect(rows).toEqual([
      { code: closureCode, words: 'Told to the partner.', note: 'Checked against the account plan.' },
    ]);
  },
);

test.each(reasons.loss)('lost for $key: $closureCode', async ({ key, closureCode }) => {
  const id = await submitUntil(house, 'pending_approval');
  await house.decide({ id, as: 'approver@', outcome: 'approve' });
  await house.act('reportOutcome', {
    id,
    as: 'sales@northwind',
    facts: { outcome: 'lost', reasonKey: key },
    body: { words: '' },
  });
  expect(await house.registration(id)).toMatchObject({ status: 'lost', closure_code: closureCode });
});

test.each(reasons.withdrawal)('withdrawn for $key: $closureCode', async ({ key, closureCode }) => {
  const id = await submitUntil(house, 'pending_approval');
  await house.act('withdraw', { id, as: 'sales@northwind', facts: { reasonKey: key }, body: { words: '' } });
  expect(await house.registration(id)).toMatchObject({ status: 'withdrawn', closure_code: closureCode });
});
