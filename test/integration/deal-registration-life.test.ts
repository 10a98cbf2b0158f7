import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { dealRegistrationWorkflowId } from '../../workflows/contracts/deal-registration.ts';
import { WasRefused, openRegistrationHouse, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  // No undo window: each decision takes effect in its own step. Windows have tests of their own.
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: { amount: 0, unit: 'businessHour' },
  }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

async function submitted(): Promise<string> {
  const { id } = await house.submit();
  await house.until(async () => (await house.registration(id)).status === 'pending_approval');
  return id;
}

describe('the life of a registration', () => {
  test('is received, matched, approved, protected and won, and each step is told once', async () => {
    const { id, answer } = await house.submit();
    expect(answer.statusCode).toBe(201);
    expect(answer.body).toMatchObject({
      id,
      status: 'submitted',
      answerBy: expect.any(String),
      queue: expect.any(String),
      ownCase: null,
    });
    await house.until(async () => (await house.registration(id)).status === 'pending_approval');

    const decided = await house.decide({ id, as: 'approver@', outcome: 'approve' });
    expect(decided.statusCode).toBe(201);
    const approved = await house.registration(id);
    expect(approved.status).toBe('approved');
    expect(approved.protected_until?.getTime()).toBeGreaterThan((await house.nowMs()) + 80 * 86_400_000);

    await house.act('reportOutcome', {
      id,
      as: 'sales@northwind',
      facts: { outcome: 'won', reasonKey: null },
      body: { orderReference: 'PO-1', words: '' },
    });
    expect(await house.registration(id)).toMatchObject({ status: 'won', closure_code: 'won' });
    expect(await house.timeline(id)).toEqual(['submitted', 'matched', 'approved', 'won']);
    await env.client.workflow.getHandle(dealRegistrationWorkflowId(id)).result();
    const { rows } = await house.pool.query(
      'select upper(period) <= now() as over from protection where registration_id = $1',
      [id],
    );
    expect(rows).toEqual([{ over: true }]);
  });

  test('a deal costs few transitions, events and bytes of history', async () => {
    const id = await submitted();
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    await house.act('reportOutcome', {
      id,
      as: 'sales@northwind',
      facts: { outcome: 'won', reasonKey: null },
      body: { orderReference: 'PO-2', words: '' },
    });
    const handle = env.client.workflow.getHandle(dealRegistrationWorkflowId(id));
    await handle.result();
    const { raw } = await handle.describe();
    const info = raw.workflowExecutionInfo;
    console.log(
      `transitions ${Number(info?.stateTransitionCount)} events ${Number(info?.historyLength)} bytes ${Number(info?.historySizeBytes)}`,
    );
    expect(Number(info?.stateTransitionCount)).toBeLessThanOrEqual(10);
    expect(Number(info?.historyLength)).toBeLessThanOrEqual(40);
    expect(Number(info?.historySizeBytes)).toBeLessThanOrEqual(30_000);
  });

  test('a later click is told who was first, when and what', async () => {
    const id = await submitted();
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    const { rows } = await house.pool.query<{ id: string; facts_hash: string }>(
      'select id, facts_hash from task where case_id = $1',
      [id],
    );
    const late = house.act('decide', {
      id,
      as: 'approver-2@',
      facts: {
        taskId: rows[0]?.id ?? '',
        outcome: 'deny',
        reasonKey: null,
        fields: [],
        winnerId: null,
        factsHash: rows[0]?.facts_hash ?? '',
      },
    });
    await expect(late).rejects.toMatchObject({
      type: 'conflict',
      refusal: { conflict: { by: personOf('approver@'), what: 'approved', status: 'approved' } },
    });
  });

  test('nobody decides over his limit, for another role, or on his own submission', async () => {
    const { id } = await house.submit({ submission: { value: { amountMinor: 6_000_000, currency: 'EUR' } } });
    await house.until(async () => (await house.registration(id)).status === 'pending_approval');
    await expect(house.decide({ id, as: 'sales@northwind', outcome: 'approve' })).rejects.toMatchObject({
      type: 'forbidden',
    });
    await expect(house.decide({ id, as: 'auditor@', outcome: 'approve' })).rejects.toMatchObject({
      type: 'forbidden',
    });
    await house.pool.query(
      `update task set excluded_ids = array_append(excluded_ids, $2) where case_id = $1`,
      [id, personOf('approver@')],
    );
    await expect(house.decide({ id, as: 'approver@', outcome: 'approve' })).rejects.toMatchObject({
      refusal: { errors: [{ reason: 'took_part' }] },
    });
  });

  test('a denial needs a reason of the program and words, and can be appealed once, to somebody who took no part', async () => {
    const id = await submitted();
    await expect(house.decide({ id, as: 'approver@', outcome: 'deny', words: '' })).rejects.toBeInstanceOf(
      WasRefused,
    );
    const { rows } = await house.pool.query<{ key: string }>(
      `select d.body -> 'reasons' -> 'rejection' -> 0 ->> 'key' as key from registration r join policy_document d on d.id = r.policy_id where r.id = $1`,
      [id],
    );
    await house.decide({
      id,
      as: 'approver@',
      outcome: 'deny',
      reasonKey: rows[0]?.key ?? '',
      words: 'Not eligible in this region.',
    });
    expect((await house.registration(id)).status).toBe('rejected');
    await house.act('appeal', {
      id,
      as: 'sales@northwind',
      facts: {},
      body: { words: 'The customer confirmed.' },
    });
    expect((await house.registration(id)).status).toBe('appealed');
    await expect(
      house.decide({ id, as: 'approver@', outcome: 'overturn', kind: 'appeal' }),
    ).rejects.toMatchObject({ type: 'forbidden' });
    await house.decide({ id, as: 'director@', outcome: 'overturn', kind: 'appeal' });
    expect((await house.registration(id)).status).toBe('approved');
  });

  test('information requested pauses the decision, opens only what was asked, and goes on after the answer', async () => {
    const id = await submitted();
    await house.decide({
      id,
      as: 'approver@',
      outcome: 'request_information',
      words: 'Which quantity?',
      fields: ['lines'],
    });
    expect((await house.registration(id)).status).toBe('info_requested');
    const paused = await house.pool.query(
      `select phase from sla_clock where case_id = $1 and kind = 'decision'`,
      [id],
    );
    expect(paused.rows).toEqual([{ phase: 'paused' }]);
    await expect(
      house.act('answerInformation', {
        id,
        as: 'sales@northwind',
        facts: { fields: ['value'] },
        body: { words: '', corrections: { value: { amountMinor: 1, currency: 'EUR' } } },
      }),
    ).rejects.toMatchObject({
      type: 'invalid_request',
      refusal: { errors: [{ pointer: '/corrections/value' }] },
    });
    await house.act('answerInformation', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['lines'] },
      body: { words: 'More.', corrections: { lines: [{ sku: 'HSW-48', quantity: 300 }] } },
    });
    await house.until(async () => (await house.registration(id)).status === 'pending_approval');
    const running = await house.pool.query(
      `select phase from sla_clock where case_id = $1 and kind = 'decision'`,
      [id],
    );
    expect(running.rows).toEqual([{ phase: 'running' }]);
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    expect((await house.registration(id)).status).toBe('approved');
  });

  test('a withdrawn registration takes no further message', async () => {
    const id = await submitted();
    const { rows } = await house.pool.query<{ key: string }>(
      `select d.body -> 'reasons' -> 'withdrawal' -> 0 ->> 'key' as key from registration r join policy_document d on d.id = r.policy_id where r.id = $1`,
      [id],
    );
    await house.act('withdraw', {
      id,
      as: 'sales@northwind',
      facts: { reasonKey: rows[0]?.key ?? '' },
      body: { words: '' },
    });
    expect((await house.registration(id)).status).toBe('withdrawn');
    await env.client.workflow.getHandle(dealRegistrationWorkflowId(id)).result();
    const { rows: tasks } = await house.pool.query('select status from task where case_id = $1', [id]);
    expect(tasks).toEqual([{ status: 'cancelled' }]);
  });
});
