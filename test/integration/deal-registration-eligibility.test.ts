import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Submission } from '../../api/contract/deal-registrations.ts';
import { openRegistrationHouse, partnerOfPerson } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

/* Each condition of the shipped programs, barring one submission through the engine: denied at once, with its finding alone. */

const SAFFRON = 'sales@saffron';
const DAY_MS = 86_400_000;

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

async function refused(input: {
  program: string;
  as?: string;
  submission?: Partial<Submission>;
}): Promise<unknown> {
  const { id, answer } = await house.submit(input);
  expect(answer).toMatchObject({
    statusCode: 201,
    body: { status: 'rejected', closureCode: 'not_eligible' },
  });
  expect(await house.registration(id)).toMatchObject({ status: 'rejected', closure_code: 'not_eligible' });
  return (answer.body as { findings: { code: string }[] }).findings.map(({ code }) => code);
}

test.each<[condition: string, program: string, submission: () => Partial<Submission>, code: string]>([
  [
    'the minimum value',
    'one-per-product',
    () => ({ value: { amountMinor: 499_999, currency: 'EUR' } }),
    'value_below_minimum',
  ],
  [
    'units per product',
    'volume-bands',
    () => ({ lines: [{ sku: 'HSW-48', quantity: 99 }] }),
    'units_below_minimum',
  ],
  [
    'lead time',
    'one-per-product',
    () => ({ expectedClose: new Date(Date.now() + 7 * DAY_MS).toISOString().slice(0, 10) }),
    'lead_time_too_short',
  ],
  [
    'tenders',
    'one-per-product',
    () => ({ rfp: { status: 'published', date: '2027-01-01' } }),
    'rfp_not_eligible',
  ],
  ['the source', 'cam-extended', () => ({ source: 'vendor_assigned' }), 'source_not_offered'],
  [
    'the currency',
    'one-per-product',
    () => ({ value: { amountMinor: 5_000_000, currency: 'USD' } }),
    'currency_differs',
  ],
])('%s', async (_condition, program, submission, code) => {
  expect(await refused({ program, submission: submission() })).toEqual([code]);
});

describe('by what is known of the partner', () => {
  afterEach(async () => {
    await house.arrange(
      `update partner set standing = 'good', trainings = '{program-foundations}' where id = $1`,
      [partnerOfPerson(SAFFRON)],
    );
  });

  test('standing', async () => {
    await house.arrange(`update partner set standing = 'suspended' where id = $1`, [
      partnerOfPerson(SAFFRON),
    ]);
    expect(await refused({ program: 'one-per-product', as: SAFFRON })).toEqual(['not_in_good_standing']);
  });

  test('training', async () => {
    await house.arrange(`update partner set trainings = '{}' where id = $1`, [partnerOfPerson(SAFFRON)]);
    expect(await refused({ program: 'cam-extended', as: SAFFRON })).toEqual(['training_missing']);
  });

  test('certification, that it is missing and that it is over', async () => {
    await house.arrange(
      `update partner_certification set valid_until = now() - interval '1 day' where partner_id = $1`,
      [partnerOfPerson(SAFFRON)],
    );
    expect(await refused({ program: 'one-per-product', as: SAFFRON })).toEqual(['certification_lapsed']);
    await house.arrange('delete from partner_certification where partner_id = $1', [
      partnerOfPerson(SAFFRON),
    ]);
    expect(await refused({ program: 'one-per-product', as: SAFFRON })).toEqual(['certification_missing']);
  });
});

describe('by what was done', () => {
  const program = 'activity-checked';

  test('without evidence', async () => {
    expect(await refused({ program, submission: { evidenceIds: [] } })).toContain('evidence_missing');
  });
});
