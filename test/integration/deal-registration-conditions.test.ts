import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { submitUntil } from '../fixtures/rivals.ts';
import { refusalOf } from '../fixtures/registration-time.ts';
import { openRegistrationHouse, plainSubmission } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

jest.setTimeout(60_000);

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  for (const program of ['volume-bands', 'one-per-product', 'activity-checked', 'cam-extended'])
    await house.changePolicy(program, (policy) => ({
      ...policy,
      undoWindowSeconds: 0,
      reviewWindow: { amount: 0, unit: 'businessHour' },
      eligibility: { ...policy.eligibility, minimumUnitsPerSku: null },
    }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

const inYears = (years: number): string =>
  new Date(Date.now() + years * 365.25 * 24 * 3_600_000).toISOString().slice(0, 10);

async function approved(
  program: string,
  submission: Parameters<typeof plainSubmission>[0] = {},
): Promise<string> {
  const id = await submitUntil(house, 'pending_approval', { program, submission });
  await house.decide({ id, as: 'director@', outcome: 'approve' });
  return id;
}

describe('no date wedges a case', () => {
  test.each(['0001-01-01', '1969-12-31', inYears(-2), inYears(6), '9999-12-31'])(
    'a close date of %s is refused by its name, in a submission and in an amendment',
    async (expectedClose) => {
      const id = await approved('volume-bands');
      const refused = await refusalOf(
        house,
        id,
        house.act('amend', {
          id,
          as: 'sales@northwind',
          facts: { fields: ['expectedClose'] },
          body: { expectedClose, words: 'Later.' },
        }),
      );
      expect(refused).toMatchObject({
        type: 'invalid_request',
        refusal: { errors: [{ pointer: '/expectedClose' }] },
      });
      const submitted = await house
        .submit({ program: 'volume-bands', submission: { expectedClose } })
        .catch((error: unknown) => error);
      expect(submitted).toMatchObject({
        type: 'invalid_request',
        refusal: { errors: [{ pointer: '/expectedClose' }] },
      });
      // The case is not held up: the next message is carried out.
      await house.act('writeNote', {
        id,
        as: 'approver@',
        facts: { audience: 'vendor' },
        body: { words: 'Fine.' },
      });
    },
  );

  test('the farthest close date is protected, and moved, where protection is counted from it', async () => {
    const id = await approved('cam-extended', { expectedClose: inYears(4.9) });
    expect((await house.registration(id)).status).toBe('approved');
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['expectedClose'] },
      body: { expectedClose: inYears(4.99), words: 'A little later.' },
    });
  });

  test('an own registration that expired decades ago is no quiet period', async () => {
    const { customer } = plainSubmission();
    const old = await approved('one-per-product', { customer });
    await house.arrange(
      `update registration set status = 'expired', closed_at = '1999-06-01T00:00:00Z', case_state = jsonb_set(case_state, '{status}', '"expired"') where id = $1`,
      [old],
    );
    await house.arrange('delete from protection where registration_id = $1', [old]);
    const { answer } = await house.submit({ program: 'one-per-product', submission: { customer } });
    expect(answer).toMatchObject({ statusCode: 201, body: { status: 'submitted', findings: [] } });
  });
});
