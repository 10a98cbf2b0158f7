import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  clockStory,
  dueMs,
  lawOfClocks,
  mailsOf,
  passSignals,
  skipTo,
  skipWithNews,
} from '../fixtures/registration-time.ts';
import { dayAfter, openPricingHouse } from '../setup/pricing-house.ts';
import type { PricingHouse } from '../setup/pricing-house.ts';
import { startTimeSkipping } from '../setup/temporal.ts';

jest.setTimeout(120_000);

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let env: TestWorkflowEnvironment;
let house: PricingHouse;

beforeAll(async () => {
  env = await startTimeSkipping();
  house = await openPricingHouse(env, { relay: false });
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: { amount: 0, unit: 'businessHour' },
  }));
  await house.changePricing('one-per-product', (policy) => ({ ...policy, undoWindowSeconds: 0 }));
}, 120_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

afterEach(() => lawOfClocks(house));

const discount = (ratePpm: number) => ({
  lines: [
    { sku: 'HSW-48', quantity: 10, capQuantity: null, special: { kind: 'discount' as const, ratePpm } },
  ],
});

/** Looks while time stands still, so that what is under way comes to its end. */
async function seen<Result>(look: () => Promise<Result | null | false>): Promise<Result> {
  return house.until(async () => {
    await env.sleep(10);
    return look();
  });
}

async function asked(ratePpm: number): Promise<string> {
  const { id } = await house.ask({ registrationId: await house.approved(), price: discount(ratePpm) });
  await seen(async () => (await house.price(id)).status !== 'submitted');
  return id;
}

test('nobody decides: a reminder at half the time, one up when it is over, two up after twice the time', async () => {
  const id = await asked(150_000);
  const start = await house.nowMs();
  const due = await dueMs(house, id, 'approval');
  const roleNow = async (): Promise<string> => {
    const { rows } = await house.pool.query<{ role: string }>(
      `select role from task where case_id = $1 and status = 'open'`,
      [id],
    );
    return rows[0]?.role ?? '';
  };
  expect(await roleNow()).toBe('channel_account_manager');
  await skipTo(house, due + MINUTE_MS);
  await seen(async () => (await roleNow()) === 'director');
  await skipTo(house, due + (due - start) + 3 * DAY_MS);
  await seen(async () => (await roleNow()) === 'cro');
  expect(await clockStory(house, id, 'approval')).toEqual([
    'started',
    'fired:reminder-half-time',
    'breached',
    'fired:escalate-late',
    'fired:escalate-twice-late',
  ]);
  expect((await mailsOf(house, id)).map(({ template, target }) => `${template} ${target}`)).toEqual(
    expect.arrayContaining([
      'task_opened role:channel_account_manager',
      'reminder role:channel_account_manager',
      'escalated role:director',
      'escalated role:cro',
    ]),
  );
  await house.settle({ id, as: 'cro@', outcome: 'approve' });
  expect((await house.price(id)).status).toBe('approved');
});

test('an offer that nobody answers lapses, and so does a question', async () => {
  const offered = await asked(250_000);
  await house.settle({
    id: offered,
    as: 'director@',
    outcome: 'counter_offer',
    counter: {
      lines: [{ lineNo: 1, unitMinor: 500_000 }],
      lumpMinor: 0,
      validUntil: dayAfter(await house.nowMs(), 40),
    },
  });
  await skipTo(house, (await dueMs(house, offered, 'counter_offer')) + MINUTE_MS);
  await seen(async () => (await house.price(offered)).status === 'withdrawn');
  expect(await house.price(offered)).toMatchObject({ closure_code: 'counter_lapsed' });
  const questioned = await asked(250_000);
  await house.settle({
    id: questioned,
    as: 'director@',
    outcome: 'request_information',
    words: 'Which rival?',
    fields: ['competitor'],
  });
  await skipTo(house, (await dueMs(house, questioned, 'information')) + MINUTE_MS);
  await seen(async () => (await house.price(questioned)).status === 'rejected');
  expect(await house.price(questioned)).toMatchObject({ closure_code: 'incomplete' });
});

test('an agreement reminds of its end, and ends on its last day', async () => {
  const id = await asked(50_000);
  await passSignals(house);
  const agreement = await seen(async () => {
    const one = await house.agreementOf(id);
    return one.seq > 0 ? one : null;
  });
  await skipWithNews(house, agreement.valid_until.getTime() + MINUTE_MS, 5 * DAY_MS);
  await seen(async () => (await house.agreementOf(id)).status === 'expired');
  expect(await clockStory(house, agreement.id, 'validity')).toEqual(
    expect.arrayContaining(['fired:reminder-two-weeks', 'fired:reminder-three-days', 'fired:expire']),
  );
  expect((await mailsOf(house, agreement.id)).map(({ template }) => template)).toEqual([
    'price_expiring',
    'price_expiring',
    'price_agreement_over',
  ]);
});

test('in the last business days of a quarter a clock that opens runs on half the hours', async () => {
  await house.changePricing('one-per-product', (policy) => ({
    ...policy,
    quarterEnd: { ...policy.quarterEnd, lastBusinessDays: 90, lengthPpm: 500_000 },
  }));
  const id = await asked(150_000);
  const { rows } = await house.pool.query<{ factor: number }>(
    `select (state -> 'factorPpm')::int as factor from sla_clock where case_id = $1 and kind = 'approval'`,
    [id],
  );
  expect(rows[0]?.factor).toBe(500_000);
});
