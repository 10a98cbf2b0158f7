import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  DAY_MS,
  MINUTE_MS,
  clockStory,
  commitOnly,
  decisionOn,
  dueMs,
  ended,
  lawOfClocks,
  mailsOf,
  passSignals,
  plannedMs,
  refusalOf,
  skipTo,
  skipWithNews,
} from '../fixtures/registration-time.ts';
import { customerOf } from '../fixtures/rivals.ts';
import { openRegistrationHouse, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { startTimeSkipping } from '../setup/temporal.ts';

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

// Each test skips weeks; what the engine does in them is done for real.
jest.setTimeout(60_000);

const NO_WINDOW = { amount: 0, unit: 'businessHour' } as const;

beforeAll(async () => {
  env = await startTimeSkipping();
  house = await openRegistrationHouse(env);
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: NO_WINDOW,
  }));
  await house.changePolicy('activity-checked', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: NO_WINDOW,
    eligibility: { ...policy.eligibility, minimumEvidence: 0, netNew: null },
  }));
}, 120_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

afterEach(() => lawOfClocks(house));

async function pending(input: Parameters<RegistrationHouse['submit']>[0] = {}): Promise<string> {
  const { id } = await house.submit(input);
  await house.until(async () => {
    await env.sleep(10);
    return (await house.registration(id)).status === 'pending_approval';
  });
  return id;
}

async function taskRole(id: string): Promise<string | undefined> {
  const { rows } = await house.pool.query<{ role: string }>(
    `select role from task where case_id = $1 and status = 'open'`,
    [id],
  );
  return rows[0]?.role;
}

describe('nobody looks at a registration', () => {
  test('reminders, escalation to the manager and the director, at last the page; each once', async () => {
    const id = await pending();
    expect(await taskRole(id)).toBe('approver');
    await skipTo(house, (await dueMs(house, id, 'first_response')) + 1_000);
    await house.until(async () =>
      (await clockStory(house, id, 'first_response')).includes('fired:escalate-1-channel_account_manager'),
    );
    expect(await clockStory(house, id, 'first_response')).toEqual([
      'started',
      'fired:reminder-half-time',
      'breached',
      'fired:escalate-1-channel_account_manager',
    ]);
    // The manager is told; the task stays with the approver, who has more authority.
    expect(await taskRole(id)).toBe('approver');

    await skipTo(house, (await dueMs(house, id, 'decision')) + 10 * DAY_MS);
    await house.until(async () => (await clockStory(house, id, 'decision')).includes('fired:last-resort'));
    expect(await taskRole(id)).toBe('director');
    expect(await clockStory(house, id, 'decision')).toEqual([
      'started',
      'fired:reminder-half-time',
      'breached',
      'fired:escalate-1-director',
      'fired:last-resort',
    ]);
    expect((await house.registration(id)).status).toBe('pending_approval');
    const mails = await mailsOf(house, id);
    expect(mails.map(({ template, target }) => `${template} ${target}`)).toEqual([
      `registration_received ${personOf('sales@northwind')}`,
      'task_opened role:approver',
      'reminder role:approver',
      'escalated role:channel_account_manager',
      'reminder role:approver',
      'escalated role:director',
      'escalated role:director',
      'escalated role:director',
    ]);
    const { rows } = await house.pool.query(
      `select breached_at is not null as breached from task where case_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ breached: true }]);
    await house.decide({ id, as: 'director@', outcome: 'approve' });
    expect((await house.registration(id)).status).toBe('approved');
  });

  test('the machine approves at last what is clean, and says that it did', async () => {
    const id = await pending({
      program: 'activity-checked',
      submission: { value: { amountMinor: 2_000_000, currency: 'EUR' } },
    });
    await skipTo(house, (await plannedMs(house, id, 'decision', 'last-resort')) + 1_000);
    await house.until(async () => (await house.registration(id)).status === 'approved');
    const { rows } = await house.pool.query(`select actor_id, outcome from decision where case_id = $1`, [
      id,
    ]);
    expect(rows).toEqual([{ actor_id: null, outcome: 'approve' }]);
    const { rows: protection } = await house.pool.query(
      'select family from protection where registration_id = $1',
      [id],
    );
    expect(protection).toEqual([{ family: 'switching' }]);
  });

  test('the machine does not approve over an own registration whose quiet period runs by now', async () => {
    const small = {
      program: 'activity-checked',
      submission: { value: { amountMinor: 2_000_000, currency: 'EUR' } },
    };
    const earlier = await pending(small);
    await house.act('withdraw', {
      id: earlier,
      as: 'sales@northwind',
      facts: { reasonKey: 'no-longer-pursued' },
      body: { words: '' },
    });
    const id = await pending(small);
    // The same customer, entered twice; the earlier registration ran out since.
    await house.arrange(
      `update registration set status = 'expired', closed_at = $3, account_id = (select account_id from registration where id = $2) where id = $1`,
      [earlier, id, new Date(await house.nowMs()).toISOString()],
    );
    await skipTo(house, (await plannedMs(house, id, 'decision', 'last-resort')) + 1_000);
    await house.until(async () => (await clockStory(house, id, 'decision')).includes('fired:last-resort'));
    expect((await house.registration(id)).status).toBe('pending_approval');
    const { rows } = await house.pool.query(
      `select facts -> 'obstacles' as obstacles from process_event where case_id = $1 and kind = 'escalated' order by seq desc limit 1`,
      [id],
    );
    expect(rows).toEqual([{ obstacles: ['not_eligible'] }]);
  });

  test.each([
    [
      'the value is not below the limit',
      async () =>
        pending({
          program: 'activity-checked',
          submission: { value: { amountMinor: 2_500_000, currency: 'EUR' } },
        }),
      'value_not_below_limit',
    ],
    [
      'the type is not covered',
      async () =>
        pending({
          program: 'activity-checked',
          submission: { type: 'add_on', value: { amountMinor: 2_000_000, currency: 'EUR' } },
        }),
      'type_not_covered',
    ],
    ['the direct team began to work the customer', directLater, 'direct_engaged'],
    ['a rival came and nobody said whether it is the same', rivalLater, 'verdict_unjudged'],
  ])('the director is paged instead when %s', async (_, prepare, obstacle) => {
    const id = await prepare();
    await skipTo(house, (await plannedMs(house, id, 'decision', 'last-resort')) + 1_000);
    await house.until(async () => (await clockStory(house, id, 'decision')).includes('fired:last-resort'));
    expect((await house.registration(id)).status).toBe('pending_approval');
    const page = (await mailsOf(house, id)).findLast(({ template }) => template === 'escalated');
    expect(page?.target).toBe('role:director');
    expect(page?.payload['obstacles']).toContain(obstacle);
    expect(
      await house.pool
        .query('select 1 from decision where case_id = $1', [id])
        .then(({ rowCount }) => rowCount),
    ).toBe(0);
  });

  async function directLater(): Promise<string> {
    const id = await pending({
      program: 'activity-checked',
      submission: { value: { amountMinor: 2_000_000, currency: 'EUR' } },
    });
    await house.pool.query(
      `insert into direct_deal (id, account_id, product_family, stage, last_engaged_at, source_ref)
       select 'ddl_' || $1, account_id, 'switching', 'qualified', submitted_at, $1 from registration where id = $1`,
      [id],
    );
    return id;
  }

  async function rivalLater(): Promise<string> {
    const customer = {
      legalName: 'Quarry Bank Logistics GmbH',
      webDomain: 'quarry-bank.example',
      country: 'DE',
      street: 'Kai 4',
      postalCode: '20457',
      city: 'Hamburg',
      industry: 'Logistics',
      taxId: null,
      phone: null,
      contacts: [],
    };
    const id = await pending({
      program: 'activity-checked',
      submission: { customer, value: { amountMinor: 2_000_000, currency: 'EUR' } },
    });
    await house.submit({
      as: 'sales@lakeside',
      program: 'activity-checked',
      submission: {
        customer: { ...customer, webDomain: null, city: 'Bremen', street: 'Hof 1', postalCode: '28195' },
      },
    });
    return id;
  }
});

describe('information is asked', () => {
  async function asked(): Promise<string> {
    const id = await pending();
    await house.decide({
      id,
      as: 'approver@',
      outcome: 'request_information',
      words: 'Which quantity?',
      fields: ['lines'],
    });
    return id;
  }

  test('the decision stands still; a reminder, then it is closed as incomplete', async () => {
    const id = await asked();
    await skipTo(house, (await dueMs(house, id, 'information')) - MINUTE_MS);
    expect((await house.registration(id)).status).toBe('info_requested');
    await skipTo(house, (await dueMs(house, id, 'information')) + 1_000);
    await house.until(async () => (await house.registration(id)).status === 'rejected');
    expect((await house.registration(id)).closure_code).toBe('incomplete');
    expect(await clockStory(house, id, 'information')).toEqual([
      'started',
      'fired:reminder-third-day',
      'breached',
      'fired:close',
      'cancelled',
    ]);
    expect(await clockStory(house, id, 'decision')).toEqual(['started', 'paused', 'met']);
    expect((await mailsOf(house, id)).map(({ template }) => template)).toEqual([
      'registration_received',
      'task_opened',
      'information_requested',
      'reminder',
      'decided',
    ]);
  });

  test('an answer received in time wins over the deadline, however late it arrives', async () => {
    const id = await asked();
    const due = await dueMs(house, id, 'information');
    await skipTo(house, due - MINUTE_MS);
    const late = await commitOnly(house, 'answerInformation', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['lines'] },
      body: { words: 'More.', corrections: { lines: [{ sku: 'HSW-48', quantity: 300 }] } },
    });
    await skipTo(house, due + MINUTE_MS);
    expect((await house.registration(id)).status).toBe('info_requested');
    expect((await late.deliver()).statusCode).toBe(200);
    await house.until(async () => {
      await env.sleep(10);
      return (await house.registration(id)).status === 'pending_approval';
    });
    // Judged by its receipt it was in time: no breach stays.
    expect(await clockStory(house, id, 'information')).toEqual([
      'started',
      'fired:reminder-third-day',
      'met',
    ]);
  });

  test('a message received after the deadline does not hold it up', async () => {
    const id = await asked();
    const due = await dueMs(house, id, 'information');
    const late = await commitOnly(house, 'answerInformation', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['lines'] },
      receivedAtMs: due,
      body: { words: '', corrections: {} },
    });
    await skipTo(house, due + 1_000);
    await house.until(async () => (await house.registration(id)).status === 'rejected');
    expect((await refusalOf(house, id, late.deliver())).type).toBe('conflict');
  });
});

describe('the last minute', () => {
  test('a decision received before the clock came due wins over it', async () => {
    const id = await pending();
    const due = await dueMs(house, id, 'first_response');
    await skipTo(house, due - MINUTE_MS);
    const late = await commitOnly(house, 'decide', {
      id,
      as: 'approver@',
      facts: await decisionOn(house, { id, outcome: 'approve' }),
      body: { words: 'In time.', privateNote: '' },
    });
    await skipTo(house, due + MINUTE_MS);
    expect(await clockStory(house, id, 'first_response')).toEqual(['started', 'fired:reminder-half-time']);
    expect((await late.deliver()).statusCode).toBe(201);
    expect((await house.registration(id)).status).toBe('approved');
    expect(await clockStory(house, id, 'first_response')).toEqual([
      'started',
      'fired:reminder-half-time',
      'met',
    ]);
    expect(await house.timeline(id)).toEqual(['submitted', 'matched', 'reminded', 'approved']);
  });
});

describe('rivals who are judged together', () => {
  test('their task goes up by their clocks as a single one does, is late when they are, and is decided above', async () => {
    await house.changePolicy('cam-extended', (policy) => ({
      ...policy,
      undoWindowSeconds: 0,
      reviewWindow: { amount: 10, unit: 'minute' },
    }));
    const customer = (form: string) => customerOf(`Quayle ${form}`, 'quayle-works.com');
    const [first, second] = [
      await pending({ program: 'cam-extended', submission: { customer: customer('GmbH') } }),
      await pending({
        as: 'sales@lakeside',
        program: 'cam-extended',
        submission: { customer: customer('AG') },
      }),
    ];
    await skipWithNews(house, (await house.nowMs()) + MINUTE_MS, 10_000);
    const joint = async () => {
      const { rows } = await house.pool.query<{
        id: string;
        case_id: string;
        facts_hash: string;
        role: string;
        late: boolean;
        due_at: Date;
      }>(
        `select id, case_id, facts_hash, role, breached_at is not null as late, due_at from task where kind = 'joint_review' and status = 'open'`,
      );
      const task = rows[0];
      if (task === undefined) throw new RangeError('There is no joint task.');
      return task;
    };
    const opened = await joint();
    expect(opened).toMatchObject({ late: false });
    expect(opened.due_at.getTime()).toBe(
      Math.min(await dueMs(house, first, 'decision'), await dueMs(house, second, 'decision')),
    );
    const firstResponse = await dueMs(house, first, 'first_response');
    await skipWithNews(house, firstResponse + MINUTE_MS, 30 * MINUTE_MS);
    const storyOf = (id: string) => clockStory(house, id, 'first_response');
    await house.until(async () =>
      (await storyOf(first)).includes('fired:escalate-1-channel_account_manager'),
    );
    await passSignals(house);
    await house.until(async () => (await joint()).late);
    expect((await joint()).role).toBe(opened.role);

    const toDirector = await plannedMs(house, first, 'first_response', 'escalate-2-director');
    await skipWithNews(house, toDirector + MINUTE_MS, 60 * MINUTE_MS);
    await house.until(async () => (await storyOf(first)).includes('fired:escalate-2-director'));
    await passSignals(house);
    await house.until(async () => (await joint()).role === 'director');
    // The clocks of the other one pass the same thresholds: one question, one mail for each of them.
    const ofTheSecond = await plannedMs(house, second, 'first_response', 'escalate-2-director');
    await skipWithNews(house, ofTheSecond + MINUTE_MS, 60 * MINUTE_MS);
    await house.until(async () => (await storyOf(second)).includes('fired:escalate-2-director'));
    await passSignals(house);
    const task = await joint();
    const told = (of: string) =>
      mailsOf(house, of).then((mails) =>
        mails.filter(({ template }) => template === 'escalated' || template === 'reminder'),
      );
    for (const id of [first, second]) expect(await told(id)).toEqual([]);
    const mails = (await told(task.case_id)).filter(
      ({ template, payload }) => template === 'escalated' && payload['clock'] === 'first_response',
    );
    expect(mails.map(({ target }) => target)).toEqual(['role:channel_account_manager', 'role:director']);
    expect(mails[0]?.payload).toMatchObject({ together: 2 });
    const reminders = (await told(task.case_id)).filter(({ template }) => template === 'reminder');
    expect(new Set(reminders.map(({ payload }) => payload['clock'])).size).toBe(reminders.length);
    const facts = {
      taskId: task.id,
      outcome: 'protect_partner',
      reasonKey: null,
      fields: [],
      winnerId: first,
      factsHash: task.facts_hash,
    };
    const decide = (as: string) =>
      house.actOn('review-window', 'decide', {
        id: task.case_id,
        as,
        facts,
        body: { words: 'He was first.', privateNote: '' },
      });
    const refused = await refusalOf(house, task.case_id, decide('approver@'));
    expect(refused.refusal.errors).toEqual([{ pointer: '', reason: 'not_your_role' }]);
    await decide('director@');
    await skipWithNews(house, (await house.nowMs()) + MINUTE_MS, 10_000);
    expect((await house.registration(first)).status).toBe('approved');
    expect((await house.registration(second)).status).toBe('rejected');
  });
});

describe('a conflict and an extension that nobody decides', () => {
  test('each goes up to the next authority when it is late', async () => {
    const id = await pending();
    await house.decide({ id, as: 'approver@', outcome: 'send_to_conflict' });
    await skipTo(house, (await dueMs(house, id, 'conflict')) + 1_000);
    await house.until(async () => (await clockStory(house, id, 'conflict')).includes('fired:escalate'));
    expect(await clockStory(house, id, 'conflict')).toEqual(['started', 'breached', 'fired:escalate']);
    expect(await clockStory(house, id, 'decision')).toEqual(['started', 'paused']);

    const extended = await pending();
    await house.decide({ id: extended, as: 'approver@', outcome: 'approve' });
    await house.act('requestExtension', {
      id: extended,
      as: 'sales@northwind',
      facts: {},
      body: { words: 'The budget was moved.' },
    });
    const before = await taskRole(extended);
    await skipTo(house, (await dueMs(house, extended, 'extension')) + 1_000);
    await house.until(async () =>
      (await clockStory(house, extended, 'extension')).includes('fired:escalate'),
    );
    expect(await clockStory(house, extended, 'extension')).toEqual(['started', 'breached', 'fired:escalate']);
    const told = (await mailsOf(house, extended)).findLast(({ template }) => template === 'escalated');
    expect([before, told?.target]).toEqual(['channel_account_manager', 'role:approver']);
    expect(await taskRole(extended)).toBe('approver');
  });
});

describe('a partner who withdraws', () => {
  test('in submitted, while the match cannot be made', async () => {
    const noMatch = { kind: 'refused', type: 'not_allowed_now', refusal: { detail: 'Not now.' } };
    const other = await openRegistrationHouse(env, {
      effects: (effects) => ({ ...effects, matchRivals: () => Promise.resolve(noMatch) }),
    });
    try {
      const { id } = await other.submit();
      expect((await other.registration(id)).status).toBe('submitted');
      await other.act('withdraw', {
        id,
        as: 'sales@northwind',
        facts: { reasonKey: 'no-longer-pursued' },
        body: { words: '' },
      });
      expect((await other.registration(id)).status).toBe('withdrawn');
    } finally {
      await other.close();
    }
  });

  test('in under_review, while nobody has judged a pair', async () => {
    const alike = (country: string) => customerOf('Fulmar Bearings GmbH', null, { country });
    await pending({ submission: { customer: alike('DE') } });
    const { id } = await house.submit({ as: 'sales@lakeside', submission: { customer: alike('AT') } });
    await house.until(async () => (await house.timeline(id)).includes('matched'));
    expect((await house.registration(id)).status).toBe('under_review');
    await house.act('withdraw', {
      id,
      as: 'sales@lakeside',
      facts: { reasonKey: 'no-longer-pursued' },
      body: { words: '' },
    });
    expect((await house.registration(id)).status).toBe('withdrawn');
    await ended(house, id);
  });

  test.each(['info_requested', 'in_conflict'])('in %s', async (status) => {
    const id = await pending();
    if (status === 'info_requested')
      await house.decide({
        id,
        as: 'approver@',
        outcome: 'request_information',
        words: 'Which quantity?',
        fields: ['lines'],
      });
    if (status === 'in_conflict') await house.decide({ id, as: 'approver@', outcome: 'send_to_conflict' });
    expect((await house.registration(id)).status).toBe(status);
    await house.act('withdraw', {
      id,
      as: 'sales@northwind',
      facts: { reasonKey: 'no-longer-pursued' },
      body: { words: '' },
    });
    expect((await house.registration(id)).status).toBe('withdrawn');
    await ended(house, id);
    const { rows } = await house.pool.query(
      `select 1 from task where case_id = $1 and status = 'open' union all select 1 from sla_clock where case_id = $1 and phase in ('running', 'paused')`,
      [id],
    );
    expect(rows).toEqual([]);
  });
});

describe('a denial', () => {
  async function denied(): Promise<string> {
    const id = await pending();
    await house.decide({ id, as: 'approver@', outcome: 'deny', reasonKey: 'other', words: 'Not this time.' });
    return id;
  }

  test('can be appealed until the window ends; then it is final and the workflow is over', async () => {
    const id = await denied();
    const due = await dueMs(house, id, 'appeal_window');
    await skipTo(house, due + 1_000);
    await house.until(async () => (await house.timeline(id)).includes('case_final'));
    expect(await clockStory(house, id, 'appeal_window')).toEqual([
      'started',
      'breached',
      'fired:end',
      'cancelled',
    ]);
    await ended(house, id);
  });

  test('appealed within the window, it is decided by somebody else, and that is final', async () => {
    const id = await denied();
    await skipTo(house, (await dueMs(house, id, 'appeal_window')) - MINUTE_MS);
    await house.act('appeal', {
      id,
      as: 'sales@northwind',
      facts: {},
      body: { words: 'The customer confirmed.' },
    });
    const refused = await refusalOf(
      house,
      id,
      house.decide({ id, as: 'approver@', outcome: 'uphold', kind: 'appeal' }),
    );
    expect(refused.type).toBe('forbidden');
    await skipTo(house, (await dueMs(house, id, 'appeal')) + 1_000);
    await house.until(async () => (await clockStory(house, id, 'appeal')).includes('fired:escalate'));
    await house.decide({ id, as: 'director@', outcome: 'uphold', kind: 'appeal', words: 'It stays.' });
    expect(await house.registration(id)).toMatchObject({ status: 'rejected', closure_code: 'other' });
    await ended(house, id);
    expect(await clockStory(house, id, 'appeal')).toEqual(['started', 'breached', 'fired:escalate', 'met']);
  });
});
