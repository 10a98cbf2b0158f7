import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { customerOf, protectedIds, submitUntil } from '../fixtures/rivals.ts';
import { refusalOf } from '../fixtures/registration-time.ts';
import { openRegistrationHouse } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

jest.setTimeout(60_000);

const NO_WINDOW = { amount: 0, unit: 'businessHour' } as const;

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 60,
    reviewWindow: NO_WINDOW,
  }));
  await house.changePolicy('volume-bands', (policy) => ({
    ...policy,
    undoWindowSeconds: 2,
    reviewWindow: NO_WINDOW,
  }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

async function decidedIdOf(id: string): Promise<string> {
  const { rows } = await house.pool.query<{ id: string }>(
    `select id from decision where case_id = $1 order by seq desc limit 1`,
    [id],
  );
  return rows[0]?.id ?? '';
}

async function mailsAfter(id: string): Promise<string[]> {
  const { rows } = await house.pool.query<{ template: string }>(
    `select template from outbound where case_id = $1 and template <> 'task_opened' order by seq, n`,
    [id],
  );
  return rows.map(({ template }) => template);
}

describe('within the undo window', () => {
  test('nothing is told, nothing is shown, and the slot is reserved; taken back, it is as before', async () => {
    const customer = customerOf('Undertow Marine GmbH', 'undertow-marine.com');
    const id = await submitUntil(house, 'pending_approval', { submission: { customer } });
    const answer = await house.decide({ id, as: 'approver@', outcome: 'approve' });
    const body = answer.body as { decidedAt: string; effectiveAt: string; status: string };
    expect(Date.parse(body.effectiveAt) - Date.parse(body.decidedAt)).toBe(60_000);
    expect(body.status).toBe('pending_approval');
    expect(await house.registration(id)).toMatchObject({ status: 'pending_approval', protected_until: null });
    expect(await mailsAfter(id)).toEqual(['registration_received']);
    expect(await protectedIds(house, [id])).toEqual([id]);

    const rival = await submitUntil(house, 'pending_approval', {
      as: 'sales@lakeside',
      submission: { customer: customerOf('Undertow Marine AG', 'undertow-marine.com') },
    });
    const decisionId = await decidedIdOf(id);
    const stranger = await refusalOf(
      house,
      id,
      house.act('retract', { id, as: 'approver-2@', facts: { decisionId } }),
    );
    expect(stranger.type).toBe('forbidden');
    expect((await house.act('retract', { id, as: 'approver@', facts: { decisionId } })).statusCode).toBe(200);

    expect(await protectedIds(house, [id])).toEqual([]);
    expect(await mailsAfter(id)).toEqual(['registration_received']);
    const { rows } = await house.pool.query(
      `select outcome, retracts from decision where case_id = $1 order by seq`,
      [id],
    );
    expect(rows).toEqual([
      { outcome: 'approve', retracts: null },
      { outcome: 'retracted', retracts: decisionId },
    ]);
    const { rows: tasks } = await house.pool.query(`select status from task where case_id = $1`, [id]);
    expect(tasks).toEqual([{ status: 'open' }]);
    // The slot is free again, and the task can be decided again, the other way.
    expect((await house.decide({ id: rival, as: 'approver-2@', outcome: 'approve' })).statusCode).toBe(201);
    expect(
      (await house.decide({ id, as: 'approver@', outcome: 'deny', reasonKey: 'other', words: 'No.' }))
        .statusCode,
    ).toBe(201);
    const twice = await refusalOf(
      house,
      id,
      house.act('retract', { id, as: 'approver@', facts: { decisionId } }),
    );
    expect(twice.type).toBe('conflict');
  });

  test('the partner may still withdraw, and the reservation is gone', async () => {
    const id = await submitUntil(house, 'pending_approval');
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    await house.act('withdraw', {
      id,
      as: 'sales@northwind',
      facts: { reasonKey: 'no-longer-pursued' },
      body: { words: '' },
    });
    expect(await protectedIds(house, [id])).toEqual([]);
    expect((await house.registration(id)).status).toBe('withdrawn');
    await env.client.workflow.getHandle(`deal-registration:${id}`).result();
  });

  test('other messages of the partner wait, and so does a decision on another task', async () => {
    const id = await submitUntil(house, 'pending_approval', { program: 'volume-bands' });
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    await house.until(async () => (await house.registration(id)).status === 'approved');
    await house.act('requestExtension', { id, as: 'sales@northwind', facts: {}, body: { words: '' } });
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['value'] },
      body: { value: { amountMinor: 9_000_000, currency: 'EUR' }, words: 'Larger.' },
    });
    await house.decide({ id, as: 'account-manager@', kind: 'extension', outcome: 'grant' });
    const second = await refusalOf(
      house,
      id,
      house.decide({ id, as: 'approver@', kind: 'amendment', outcome: 'grant' }),
    );
    expect(second.type).toBe('not_allowed_now');
    await house.until(async () => (await house.registration(id)).extensions === 1);
    await house.decide({ id, as: 'approver@', kind: 'amendment', outcome: 'grant' });
    await house.until(async () => (await house.registration(id)).value_minor === 9_000_000);
  });
});

describe('after the undo window', () => {
  test('the decision takes effect by itself, is told once, and cannot be taken back', async () => {
    const id = await submitUntil(house, 'pending_approval', { program: 'volume-bands' });
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    const decisionId = await decidedIdOf(id);
    await house.until(async () => (await house.registration(id)).status === 'approved');
    expect(await house.timeline(id)).toEqual(['submitted', 'matched', 'decided', 'approved']);
    expect(await mailsAfter(id)).toEqual(['registration_received', 'decided']);
    const { rows } = await house.pool.query(
      `select bool_and(o.not_before >= d.effective_at) as after from outbound o, decision d where o.case_id = $1 and o.template = 'decided' and d.id = $2`,
      [id, decisionId],
    );
    expect(rows).toEqual([{ after: true }]);
    expect(
      (await refusalOf(house, id, house.act('retract', { id, as: 'approver@', facts: { decisionId } }))).type,
    ).toBe('conflict');
  });
});
