import { jest } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Answer, Command } from '../../workflows/contracts/command.ts';
import { commitOnly, decisionOn, refusalOf } from '../fixtures/registration-time.ts';
import { submitUntil } from '../fixtures/rivals.ts';
import { WasRefused, openRegistrationHouse, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

jest.setTimeout(60_000);

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
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

/** Answers and refusals of what was sent at once, in the order it was sent. */
async function outcomesOf(sent: readonly Promise<Answer>[]): Promise<(Answer | WasRefused | 'gone')[]> {
  return (await Promise.allSettled(sent)).map((one) => {
    if (one.status === 'fulfilled') return one.value;
    if (one.reason instanceof WasRefused) return one.reason;
    // The case ended while the message was at its door; the API answers 409 from the record.
    if (one.reason instanceof WorkflowNotFoundError) return 'gone';
    throw one.reason;
  });
}

async function rowsOf(id: string): Promise<{ decisions: number; audit: number; events: number }> {
  const { rows } = await house.pool.query<{ decisions: number; audit: number; events: number }>(
    `select (select count(*)::int from decision where case_id = $1) as decisions,
            (select count(*)::int from audit_row where subject = $1) as audit,
            (select count(*)::int from process_event where case_id = $1) as events`,
    [id],
  );
  return rows[0] ?? { decisions: -1, audit: -1, events: -1 };
}

describe('at once', () => {
  test('two approvers: one decides, the other is told who, when and what', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await submitUntil(house, 'pending_approval');
      const facts = await decisionOn(house, { id, outcome: 'approve' });
      const people = ['approver@', 'approver-2@'];
      const outcomes = await outcomesOf(
        people.map((as) => house.act('decide', { id, as, facts, body: { words: 'Yes.', privateNote: '' } })),
      );
      const lost = outcomes.filter((one) => one instanceof WasRefused);
      expect(lost).toHaveLength(1);
      const winner = people[outcomes.findIndex((one) => !(one instanceof WasRefused))] ?? '';
      expect(lost[0]).toMatchObject({
        type: 'conflict',
        refusal: {
          conflict: { by: personOf(winner), what: 'approved', status: 'approved', at: expect.any(String) },
        },
      });
      expect(await rowsOf(id)).toEqual({ decisions: 1, audit: 3, events: 3 });
    }
  });

  test('approval and withdrawal: one wins, the record tells one story', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await submitUntil(house, 'pending_approval');
      const facts = await decisionOn(house, { id, outcome: 'deny', reasonKey: 'other' });
      const [denied, withdrawn] = await outcomesOf([
        house.act('decide', { id, as: 'approver@', facts, body: { words: 'No.', privateNote: '' } }),
        house.act('withdraw', {
          id,
          as: 'sales@northwind',
          facts: { reasonKey: 'no-longer-pursued' },
          body: { words: '' },
        }),
      ]);
      const { status } = await house.registration(id);
      if (withdrawn instanceof WasRefused) {
        expect(status).toBe('rejected');
        expect(withdrawn).toMatchObject({
          type: 'conflict',
          refusal: { conflict: { by: personOf('approver@'), what: 'rejected' } },
        });
      } else {
        expect(status).toBe('withdrawn');
        if (denied !== 'gone')
          expect(denied).toMatchObject({
            type: 'conflict',
            refusal: { conflict: { by: personOf('sales@northwind'), what: 'withdrawn' } },
          });
      }
      expect((await rowsOf(id)).events).toBe(3);
    }
  });

  test('twenty times the same message is one effect and one answer', async () => {
    const id = await submitUntil(house, 'pending_approval');
    const message = await commitOnly(house, 'decide', {
      id,
      as: 'approver@',
      facts: await decisionOn(house, { id, outcome: 'approve' }),
      body: { words: 'Yes.', privateNote: '' },
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => message.deliver()));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await rowsOf(id)).toEqual({ decisions: 1, audit: 3, events: 3 });
  });

  test('a message that was carried out answers the same although the engine forgot that it came', async () => {
    const id = await submitUntil(house, 'pending_approval');
    const facts = await decisionOn(house, { id, outcome: 'approve' });
    const message = await commitOnly(house, 'decide', {
      id,
      as: 'approver@',
      facts,
      body: { words: 'Yes.', privateNote: '' },
    });
    const first = await message.deliver();
    const { rows } = await house.pool.query<{ number: number; received_at: Date }>(
      `select number, received_at from receipt where case_id = $1 and update_name = 'decide'`,
      [id],
    );
    // Another update id: the engine cannot know it, the workflow says the task is closed, nothing is written twice.
    const command: Command<unknown> = {
      receipt: rows[0]?.number ?? 0,
      receivedAtMs: rows[0]?.received_at.getTime() ?? 0,
      actorId: personOf('approver@'),
      actorSide: 'vendor',
      actingForId: null,
      facts,
    };
    const again = env.client.workflow
      .getHandle(`deal-registration:${id}`)
      .executeUpdate<Answer, [Command<unknown>]>('decide', {
        updateId: createHash('sha256').update(randomUUID()).digest('hex'),
        args: [command],
      });
    await expect(again).rejects.toThrow('Update failed');
    expect(first.statusCode).toBe(201);
    expect(await rowsOf(id)).toEqual({ decisions: 1, audit: 3, events: 3 });
  });

  test('a second decision waits until the first one holds: none takes the place of another', async () => {
    await house.changePolicy('cam-extended', (policy) => ({
      ...policy,
      undoWindowSeconds: 0,
      reviewWindow: { amount: 0, unit: 'businessHour' },
    }));
    const id = await submitUntil(house, 'pending_approval', { program: 'cam-extended' });
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    await house.act('requestExtension', { id, as: 'sales@northwind', facts: {}, body: { words: '' } });
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['value'] },
      body: { value: { amountMinor: 9_000_000, currency: 'EUR' }, words: 'Larger.' },
    });
    const { rows } = await house.pool.query(
      `select kind from task where case_id = $1 and status = 'open' order by kind`,
      [id],
    );
    expect(rows).toEqual([{ kind: 'amendment' }, { kind: 'extension' }]);
    await house.decide({ id, as: 'account-manager@', kind: 'extension', outcome: 'grant' });
    await house.decide({ id, as: 'approver@', kind: 'amendment', outcome: 'grant' });
    expect(await house.registration(id)).toMatchObject({ extensions: 1, value_minor: 9_000_000 });
  });
});

describe('a refused message', () => {
  test('leaves nothing behind: no event, no audit row, no change', async () => {
    const id = await submitUntil(house, 'pending_approval');
    const before = await rowsOf(id);
    expect(
      (
        await refusalOf(
          house,
          id,
          house.act('amend', { id, as: 'sales@northwind', facts: { fields: [] }, body: {} }),
        )
      ).type,
    ).toBe('conflict');
    expect((await refusalOf(house, id, house.decide({ id, as: 'finance@', outcome: 'approve' }))).type).toBe(
      'forbidden',
    );
    expect(await rowsOf(id)).toEqual(before);
  });

  test('a submission that is refused leaves no workflow waiting', async () => {
    const registrationId = `reg_${createHash('sha256').update(randomUUID()).digest('hex').slice(0, 26)}`;
    const message = house.submit({
      registrationId,
      submission: { lines: [{ sku: 'NO-SUCH', quantity: 1 }] },
    });
    expect((await refusalOf(house, registrationId, message)).refusal.errors).toEqual([
      { pointer: '/lines/0/sku', reason: expect.any(String) },
    ]);
    await env.client.workflow.getHandle(`deal-registration:${registrationId}`).result();
    expect(await rowsOf(registrationId)).toEqual({ decisions: 0, audit: 0, events: 0 });
  });
});
