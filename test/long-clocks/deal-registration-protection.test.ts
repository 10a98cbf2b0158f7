import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Submission } from '../../api/contract/deal-registrations.ts';
import {
  DAY_MS,
  MINUTE_MS,
  clockStory,
  commitOnly,
  dueMs,
  ended,
  lawOfClocks,
  mailsOf,
  refusalOf,
  skipTo,
} from '../fixtures/registration-time.ts';
import { openRegistrationHouse, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { startTimeSkipping } from '../setup/temporal.ts';

// Each test skips months; what the engine does in them is done for real.
jest.setTimeout(60_000);

const NO_WINDOW = { amount: 0, unit: 'businessHour' } as const;

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await startTimeSkipping();
  house = await openRegistrationHouse(env);
  for (const program of ['one-per-product', 'cam-extended']) {
    await house.changePolicy(program, (policy) => ({
      ...policy,
      undoWindowSeconds: 0,
      reviewWindow: NO_WINDOW,
      protection: { ...policy.protection, countedFrom: 'approval' },
      eligibility: { ...policy.eligibility, leadTimeBeforeClose: null },
    }));
  }
}, 120_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

afterEach(() => lawOfClocks(house));

async function approved(input: Parameters<RegistrationHouse['submit']>[0] = {}): Promise<string> {
  const { id } = await house.submit(input);
  await house.until(async () => {
    await env.sleep(10);
    return (await house.registration(id)).status === 'pending_approval';
  });
  await house.decide({ id, as: 'approver@', outcome: 'approve' });
  expect((await house.registration(id)).status).toBe('approved');
  return id;
}

async function protectedUntilMs(id: string): Promise<number> {
  return (await house.registration(id)).protected_until?.getTime() ?? 0;
}

/** The protected range's end as the constraint sees it; null: held open. */
async function rangeEndMs(id: string): Promise<number | null> {
  const { rows } = await house.pool.query<{ until: Date | null }>(
    'select upper(period) as until from protection where registration_id = $1',
    [id],
  );
  return rows[0]?.until?.getTime() ?? null;
}

function customerNamed(tag: string): Submission['customer'] {
  return {
    legalName: `${tag} Works GmbH`,
    webDomain: `${tag.toLowerCase()}-works.example`,
    country: 'DE',
    street: 'Kai 1',
    postalCode: '20457',
    city: 'Hamburg',
    industry: 'Logistics',
    taxId: null,
    phone: null,
    contacts: [],
  };
}

describe('protection', () => {
  test('is reminded of 30, 14, 7 and 1 day before its end, ends once, and frees the slot', async () => {
    const id = await approved();
    const end = await protectedUntilMs(id);
    expect(end - (await house.nowMs())).toBeGreaterThan(89 * DAY_MS);
    await skipTo(house, end - MINUTE_MS);
    expect((await house.registration(id)).status).toBe('approved');
    await skipTo(house, end + 1_000);
    await house.until(async () => (await house.registration(id)).status === 'expired');
    expect(await house.registration(id)).toMatchObject({ closure_code: 'protection_ended' });
    expect(await clockStory(house, id, 'protection')).toEqual([
      'started',
      'fired:reminder-30-days',
      'fired:reminder-14-days',
      'fired:reminder-7-days',
      'fired:reminder-last-day',
      'breached',
      'fired:expire',
      'met',
    ]);
    const { rows } = await house.pool.query<{ days: number }>(
      `select round(extract(epoch from $2::timestamptz - not_before) / 86400)::int as days from outbound where case_id = $1 and template = 'expiring' order by seq`,
      [id, new Date(end).toISOString()],
    );
    expect(rows.map(({ days }) => days)).toEqual([30, 14, 7, 1]);
    expect((await mailsOf(house, id)).slice(-1)).toMatchObject([
      { template: 'expired', target: personOf('sales@northwind') },
    ]);
    // From when the same opportunity may be registered again: after the quiet period of the program.
    const { rows: again } = await house.pool.query<{ days: number }>(
      `select round(extract(epoch from (payload ->> 'registerAgainFrom')::timestamptz - $2::timestamptz) / 86400)::int as days
         from outbound where case_id = $1 and template = 'expired'`,
      [id, new Date(end).toISOString()],
    );
    expect(again).toEqual([{ days: 30 }]);
    expect(await rangeEndMs(id)).toBeGreaterThanOrEqual(end);
    expect(await rangeEndMs(id)).toBeLessThanOrEqual(end + MINUTE_MS);
    await ended(house, id);
  });

  test('a win reported before the end wins over the expiry, however late it arrives', async () => {
    const id = await approved();
    const end = await protectedUntilMs(id);
    await skipTo(house, end - MINUTE_MS);
    const won = await commitOnly(house, 'reportOutcome', {
      id,
      as: 'sales@northwind',
      facts: { outcome: 'won', reasonKey: null },
      body: { orderReference: 'PO-9', words: '' },
    });
    await skipTo(house, end + MINUTE_MS);
    expect((await house.registration(id)).status).toBe('approved');
    await won.deliver();
    expect((await house.registration(id)).status).toBe('won');
    expect(await house.timeline(id)).not.toContain('expired');
  });

  test('after expiry the same partner waits out the quiet period; a rival does not', async () => {
    const customer = customerNamed('Quietwater');
    const first = await approved({ submission: { customer } });
    await skipTo(house, (await protectedUntilMs(first)) + 1_000);
    await house.until(async () => (await house.registration(first)).status === 'expired');

    const tooEarly = await house.submit({ submission: { customer } });
    expect(tooEarly.answer.body).toMatchObject({
      status: 'rejected',
      closureCode: 'not_eligible',
      findings: [{ code: 'quiet_period' }],
    });
    const rival = await house.submit({ as: 'sales@lakeside', submission: { customer } });
    expect(rival.answer.body).toMatchObject({ status: 'submitted', findings: [] });
    await house.act('withdraw', {
      id: rival.id,
      as: 'sales@lakeside',
      facts: { reasonKey: 'no-longer-pursued' },
      body: { words: '' },
    });

    await skipTo(house, (await protectedUntilMs(first)) + 30 * DAY_MS - MINUTE_MS);
    expect((await house.submit({ submission: { customer } })).answer.body).toMatchObject({
      closureCode: 'not_eligible',
    });
    await env.sleep(2 * MINUTE_MS);
    expect((await house.submit({ submission: { customer } })).answer.body).toMatchObject({
      status: 'submitted',
      findings: [],
    });
  });
});

describe('the check of activity', () => {
  test('without activity: at risk after 30 days, revoked after 10 business days, and the slot is free', async () => {
    const id = await approved({ submission: { salesActivities: [] } });
    await skipTo(house, (await dueMs(house, id, 'activity_check')) + 1_000);
    await house.until(async () => (await house.timeline(id)).includes('at_risk'));
    expect(await house.registration(id)).toMatchObject({ status: 'approved', next_step: 'report_activity' });
    await skipTo(house, (await dueMs(house, id, 'activity_grace')) + 1_000);
    await house.until(async () => (await house.registration(id)).status === 'revoked');
    expect((await house.registration(id)).closure_code).toBe('no_activity');
    expect(await clockStory(house, id, 'activity_check')).toEqual([
      'started',
      'breached',
      'fired:at-risk',
      'met',
    ]);
    expect(await clockStory(house, id, 'activity_grace')).toEqual([
      'started',
      'breached',
      'fired:revoke',
      'cancelled',
    ]);
    expect((await mailsOf(house, id)).map(({ template }) => template).slice(-2)).toEqual([
      'at_risk',
      'decided',
    ]);
    expect(await rangeEndMs(id)).toBeLessThanOrEqual(await house.nowMs());
    await ended(house, id);
  });

  test('reported in time the risk is over, and is seen to be over', async () => {
    const id = await approved({ submission: { salesActivities: [] } });
    await skipTo(house, (await dueMs(house, id, 'activity_check')) + 1_000);
    await house.until(async () => (await house.timeline(id)).includes('at_risk'));
    await house.act('reportActivity', {
      id,
      as: 'sales@northwind',
      facts: { activities: ['customer_call'] },
      body: { words: 'Called.', evidenceIds: [] },
    });
    expect(await house.registration(id)).toMatchObject({ status: 'approved', next_step: 'protection_ends' });
    await env.sleep(30 * DAY_MS);
    expect((await house.registration(id)).status).toBe('approved');
    expect(await clockStory(house, id, 'activity_grace')).toEqual(['started', 'met']);
  });

  test('what was reported with the submission is not asked for again', async () => {
    const id = await approved({ submission: { salesActivities: ['customer_call'] } });
    expect(await clockStory(house, id, 'activity_check')).toEqual([]);
  });
});

describe('an extension', () => {
  test('asked before expiry holds the slot past the old end; granted by the manager, then by the director, then never', async () => {
    const id = await approved();
    const firstEnd = await protectedUntilMs(id);
    await skipTo(house, firstEnd - DAY_MS / 2);
    await house.act('requestExtension', {
      id,
      as: 'sales@northwind',
      facts: {},
      body: { words: 'Budget in spring.' },
    });
    expect(await rangeEndMs(id)).toBeNull();
    await skipTo(house, firstEnd + DAY_MS / 2);
    expect(await house.registration(id)).toMatchObject({
      status: 'approved',
      next_step: 'extension_decided',
    });
    expect(await rangeEndMs(id)).toBeNull();

    await house.decide({ id, as: 'account-manager@', kind: 'extension', outcome: 'grant' });
    // Thirty days of the calendar, an hour more or less where summer time begins or ends.
    const secondEnd = await protectedUntilMs(id);
    expect(Math.abs(secondEnd - firstEnd - 30 * DAY_MS)).toBeLessThanOrEqual(60 * MINUTE_MS);
    expect(await rangeEndMs(id)).toBe(secondEnd);
    // The clock and the range end together: waiting for the answer neither costs nor gives a day.
    expect(await dueMs(house, id, 'protection')).toBe(secondEnd);

    await skipTo(house, secondEnd - 2 * DAY_MS);
    await house.act('requestExtension', {
      id,
      as: 'sales@northwind',
      facts: {},
      body: { words: 'Once more.' },
    });
    const refused = await refusalOf(
      house,
      id,
      house.decide({ id, as: 'account-manager@', kind: 'extension', outcome: 'grant' }),
    );
    expect(refused.refusal.errors).toEqual([{ pointer: '', reason: 'not_your_role' }]);
    await house.decide({ id, as: 'director@', kind: 'extension', outcome: 'grant' });
    const lastEnd = await protectedUntilMs(id);
    expect(Math.abs(lastEnd - secondEnd - 30 * DAY_MS)).toBeLessThanOrEqual(60 * MINUTE_MS);
    expect(await house.registration(id)).toMatchObject({ extensions: 2 });
    expect(await dueMs(house, id, 'protection')).toBe(lastEnd);

    await skipTo(house, lastEnd - DAY_MS);
    const third = await refusalOf(
      house,
      id,
      house.act('requestExtension', { id, as: 'sales@northwind', facts: {}, body: { words: '' } }),
    );
    expect(third.refusal.errors).toEqual([{ pointer: '', reason: 'no_extension_left' }]);
    await skipTo(house, lastEnd - MINUTE_MS);
    expect((await house.registration(id)).status).toBe('approved');
    await skipTo(house, lastEnd + 1_000);
    await house.until(async () => (await house.registration(id)).status === 'expired');
    const fired = (await clockStory(house, id, 'protection')).filter((story) => story === 'fired:expire');
    expect(fired).toHaveLength(1);
  });

  test('refused after the old end, the protection is over at once; refused before, at its old end', async () => {
    const late = await approved();
    const end = await protectedUntilMs(late);
    await skipTo(house, end - DAY_MS / 2);
    await house.act('requestExtension', { id: late, as: 'sales@northwind', facts: {}, body: { words: '' } });
    await skipTo(house, end + DAY_MS / 2);
    await house.decide({
      id: late,
      as: 'account-manager@',
      kind: 'extension',
      outcome: 'refuse',
      words: 'No progress.',
    });
    await env.sleep(1_000);
    await house.until(async () => (await house.registration(late)).status === 'expired');

    const early = await approved();
    const earlyEnd = await protectedUntilMs(early);
    await skipTo(house, earlyEnd - 20 * DAY_MS);
    await house.act('requestExtension', { id: early, as: 'sales@northwind', facts: {}, body: { words: '' } });
    await env.sleep(2 * DAY_MS);
    await house.decide({
      id: early,
      as: 'account-manager@',
      kind: 'extension',
      outcome: 'refuse',
      words: 'No progress.',
    });
    expect(await rangeEndMs(early)).toBe(earlyEnd);
    expect(await dueMs(house, early, 'protection')).toBe(earlyEnd);
  });

  test('asked in time by its receipt, it holds the slot even when the message comes after the end', async () => {
    const id = await approved();
    const end = await protectedUntilMs(id);
    await skipTo(house, end - MINUTE_MS);
    const asked = await commitOnly(house, 'requestExtension', {
      id,
      as: 'sales@northwind',
      facts: {},
      body: { words: '' },
    });
    await skipTo(house, end + MINUTE_MS);
    await asked.deliver();
    expect((await house.registration(id)).status).toBe('approved');
    expect(await rangeEndMs(id)).toBeNull();
  });

  test('where the program lets it be asked late: granted it protects again from now, unless a rival has the slot', async () => {
    const customer = customerNamed('Latewind');
    const id = await approved({ program: 'cam-extended', submission: { customer } });
    const end = await protectedUntilMs(id);
    await skipTo(house, end + 1_000);
    await house.until(async () => (await house.registration(id)).status === 'expired');
    await skipTo(house, end + 10 * DAY_MS);
    await house.act('requestExtension', { id, as: 'sales@northwind', facts: {}, body: { words: 'Late.' } });
    await house.decide({ id, as: 'account-manager@', kind: 'extension', outcome: 'grant' });
    expect(await house.registration(id)).toMatchObject({
      status: 'approved',
      closure_code: null,
      extensions: 1,
    });
    expect((await protectedUntilMs(id)) - (await house.nowMs())).toBeGreaterThan(29 * DAY_MS);
    expect(await dueMs(house, id, 'protection')).toBe(await rangeEndMs(id));

    const other = customerNamed('Secondwind');
    const slow = await approved({ program: 'cam-extended', submission: { customer: other } });
    await skipTo(house, (await protectedUntilMs(slow)) + 1_000);
    await house.until(async () => (await house.registration(slow)).status === 'expired');
    await house.act('requestExtension', { id: slow, as: 'sales@northwind', facts: {}, body: { words: '' } });
    const rival = await house.submit({
      as: 'sales@lakeside',
      program: 'cam-extended',
      submission: { customer: other },
    });
    await house.until(async () => {
      await env.sleep(10);
      return (await house.registration(rival.id)).status === 'pending_approval';
    });
    await house.decide({ id: rival.id, as: 'approver@', outcome: 'approve' });
    const refused = await refusalOf(
      house,
      slow,
      house.decide({ id: slow, as: 'account-manager@', kind: 'extension', outcome: 'grant' }),
    );
    expect(refused.type).toBe('conflict');
    await house.decide({
      id: slow,
      as: 'account-manager@',
      kind: 'extension',
      outcome: 'refuse',
      words: 'It is taken.',
    });
    expect((await house.registration(slow)).status).toBe('expired');
  });

  test('the time to ask late ends, and with it the case', async () => {
    const id = await approved({ program: 'cam-extended' });
    const end = await protectedUntilMs(id);
    await skipTo(house, end + 31 * DAY_MS);
    await house.until(async () => (await house.timeline(id)).includes('case_final'));
    expect(await clockStory(house, id, 'late_extension')).toEqual([
      'started',
      'breached',
      'fired:end',
      'cancelled',
    ]);
    await ended(house, id);
  });
});
