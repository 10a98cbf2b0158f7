import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  pricingAgreementWorkflowId,
  specialPricingWorkflowId,
} from '../../workflows/contracts/special-pricing.ts';
import { dayAfter, openPricingHouse } from '../setup/pricing-house.ts';
import type { PricingHouse } from '../setup/pricing-house.ts';
import { WasRefused } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

let env: TestWorkflowEnvironment;
let house: PricingHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openPricingHouse(env);
  // No undo window: each decision takes effect in its own step. The window has tests of its own.
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: { amount: 0, unit: 'businessHour' },
  }));
  await house.changePricing('one-per-product', (policy) => ({ ...policy, undoWindowSeconds: 0 }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

async function transitionsOf(id: string): Promise<number> {
  const handle = env.client.workflow.getHandle(specialPricingWorkflowId(id));
  await handle.result();
  const { raw } = await handle.describe();
  return Number(raw.workflowExecutionInfo?.stateTransitionCount);
}

const discount = (ratePpm: number, quantity = 10) => ({
  lines: [{ sku: 'HSW-48', quantity, capQuantity: null, special: { kind: 'discount' as const, ratePpm } }],
});

describe('the life of a special price request', () => {
  test('a small discount clears at once, and its agreement holds', async () => {
    const registrationId = await house.approved();
    const { id, answer } = await house.ask({ registrationId });
    expect(answer).toMatchObject({ statusCode: 201, body: { id, status: 'submitted', round: 1 } });
    const approved = await house.untilStatus(id, 'approved');
    // 6,400.00 less 12 % less nothing for the registration (its program gives none), less 5 %.
    expect(approved).toMatchObject({ standard_minor: 5_632_000, net_minor: 5_350_400, asked_roles: [] });
    expect(await house.timeline(id)).toEqual(['price_requested', 'price_approved']);
    const agreement = await house.agreementOf(id);
    expect(agreement).toMatchObject({ status: 'active', version: 1 });
    await house.until(async () => (await house.agreementOf(id)).seq === 1);
    expect(await house.timeline(agreement.id)).toEqual(['agreement_begun']);
    const transitions = await transitionsOf(id);
    console.log(`a request that clears at once: ${transitions} state transitions`);
    expect(transitions).toBeLessThanOrEqual(6);
  });

  test('a chain of three steps asks one after the other and is approved by the last', async () => {
    await house.changePricing('one-per-product', (policy) => ({ ...policy, approvalShape: 'chain' }));
    const registrationId = await house.approved();
    const { id } = await house.ask({ registrationId, price: discount(350_000) });
    await house.untilStatus(id, 'pending_approval');
    expect(await house.openRoles(id)).toEqual(['channel_account_manager']);
    await house.settle({ id, as: 'account-manager@', outcome: 'approve' });
    expect(await house.openRoles(id)).toEqual(['director']);
    await house.settle({ id, as: 'director@', outcome: 'approve' });
    expect(await house.openRoles(id)).toEqual(['cro']);
    await house.settle({ id, as: 'cro@', outcome: 'approve' });
    await house.untilStatus(id, 'approved');
    expect(await house.timeline(id)).toEqual([
      'price_requested',
      'price_routed',
      'price_approval_given',
      'price_approval_given',
      'price_approved',
    ]);
    const transitions = await transitionsOf(id);
    console.log(`an approval in three steps: ${transitions} state transitions`);
    expect(transitions).toBeLessThanOrEqual(16);
    await house.changePricing('one-per-product', (policy) => ({ ...policy, approvalShape: 'owner' }));
  });

  test('beyond the last band both are asked, and nobody answers for two', async () => {
    const registrationId = await house.approved();
    const { id } = await house.ask({ registrationId, price: discount(450_000) });
    await house.untilStatus(id, 'pending_approval');
    expect(await house.openRoles(id)).toEqual(['ceo', 'cfo']);
    // The chief executive has the authority for both, and gives it for one of them.
    await house.settle({ id, as: 'ceo@', role: 'cfo', outcome: 'approve' });
    await expect(house.settle({ id, as: 'ceo@', role: 'ceo', outcome: 'approve' })).rejects.toMatchObject({
      type: 'forbidden',
    });
    expect((await house.price(id)).status).toBe('pending_approval');
  });

  test('a counter-offer that is accepted asks those who have not decided, and is approved by them', async () => {
    const registrationId = await house.approved();
    const { id } = await house.ask({ registrationId, price: discount(450_000) });
    await house.untilStatus(id, 'pending_approval');
    await house.settle({
      id,
      as: 'cfo@',
      role: 'cfo',
      outcome: 'counter_offer',
      words: 'We can go as far as this.',
      counter: {
        lines: [{ lineNo: 1, unitMinor: 320_000 }],
        lumpMinor: 0,
        validUntil: dayAfter(await house.nowMs(), 40),
      },
    });
    expect(await house.price(id)).toMatchObject({
      status: 'counter_offered',
      round: 1,
      waiting_for: 'partner',
    });
    expect(await house.openRoles(id)).toEqual([]);
    const accepted = await house.tell('answerCounter', {
      id,
      as: 'sales@northwind',
      facts: { answer: 'accept' },
      body: { words: '' },
    });
    expect(accepted.body).toMatchObject({ status: 'pending_approval', round: 2 });
    await house.until(async () => (await house.openRoles(id)).length > 0);
    // 563,200 to 320,000 is still over 40 %: the other of the two is asked; whoever offered has agreed to his own terms.
    expect(await house.openRoles(id)).toEqual(['ceo']);
    await house.settle({ id, as: 'ceo@', role: 'ceo', outcome: 'approve' });
    expect(await house.untilStatus(id, 'approved')).toMatchObject({ round: 2, net_minor: 3_200_000 });
    const { rows } = await house.pool.query<{ role: string; by_counter: boolean; round: number }>(
      'select role, by_counter, round from special_price_approval where request_id = $1 order by role',
      [id],
    );
    expect(rows).toEqual([
      { role: 'ceo', by_counter: false, round: 2 },
      { role: 'cfo', by_counter: true, round: 2 },
    ]);
  });

  test('a question pauses the clock, and the answer is asked only of those for whom it got worse', async () => {
    const registrationId = await house.approved();
    const { id } = await house.ask({ registrationId, price: discount(450_000) });
    await house.untilStatus(id, 'pending_approval');
    await house.settle({ id, as: 'ceo@', role: 'ceo', outcome: 'approve' });
    await house.settle({
      id,
      as: 'cfo@',
      role: 'cfo',
      outcome: 'request_information',
      words: 'Which rival is it?',
      fields: ['competitor'],
    });
    expect((await house.price(id)).status).toBe('info_requested');
    const { rows: paused } = await house.pool.query(
      `select phase from sla_clock where case_id = $1 and kind = 'approval'`,
      [id],
    );
    expect(paused).toEqual([{ phase: 'paused' }]);
    const nowMs = await house.nowMs();
    await house.tell('resubmit', {
      id,
      as: 'sales@northwind',
      body: {
        ...discount(450_000),
        lumpMinor: 0,
        validFrom: dayAfter(nowMs, 0),
        validUntil: dayAfter(nowMs, 59),
        exceptionKeys: [],
        words: 'It is named in the attachment.',
        evidenceIds: [],
      },
    });
    await house.until(async () => (await house.openRoles(id)).length > 0);
    // The terms are the same: the approval given stands, and only the other is asked.
    expect(await house.openRoles(id)).toEqual(['cfo']);
    await house.settle({
      id,
      as: 'cfo@',
      role: 'cfo',
      outcome: 'request_information',
      words: 'And how many?',
      fields: ['lines'],
    });
    await house.tell('resubmit', {
      id,
      as: 'sales@northwind',
      body: {
        ...discount(450_000, 12),
        lumpMinor: 0,
        validFrom: dayAfter(nowMs, 0),
        validUntil: dayAfter(nowMs, 59),
        exceptionKeys: [],
        words: 'Two more.',
        evidenceIds: [],
      },
    });
    await house.until(async () => (await house.openRoles(id)).length > 0);
    expect(await house.openRoles(id)).toEqual(['ceo', 'cfo']);
    const { rows } = await house.pool.query<{ worse: { kind: string }[] }>(
      `select facts -> 'worse' as worse from task where case_id = $1 and status = 'open' and facts ->> 'askedRole' = 'ceo'`,
      [id],
    );
    expect(rows[0]?.worse.map(({ kind }) => kind)).toEqual(['quantity_higher', 'deal_larger']);
    await house.settle({ id, as: 'ceo@', role: 'ceo', outcome: 'approve' });
    await house.settle({ id, as: 'cfo@', role: 'cfo', outcome: 'approve' });
    await house.untilStatus(id, 'approved');
  });

  test('a denial ends the round for all, with its reason', async () => {
    const registrationId = await house.approved();
    const { id } = await house.ask({ registrationId, price: discount(450_000) });
    await house.untilStatus(id, 'pending_approval');
    await expect(
      house.settle({ id, as: 'cfo@', role: 'cfo', outcome: 'deny', words: '' }),
    ).rejects.toMatchObject({ type: 'invalid_request' });
    await house.settle({
      id,
      as: 'cfo@',
      role: 'cfo',
      outcome: 'deny',
      reasonKey: 'margin',
      words: 'Too little is left.',
    });
    expect(await house.price(id)).toMatchObject({ status: 'rejected', closure_code: 'margin' });
    expect(await house.openRoles(id)).toEqual([]);
    await expect(
      house.tell('recall', { id, as: 'sales@northwind', body: { words: '' } }),
    ).rejects.toBeInstanceOf(Error);
  });

  test('is taken back until it is decided; of a recall and an approval at once one is first', async () => {
    const registrationId = await house.approved();
    const { id } = await house.ask({ registrationId, price: discount(250_000) });
    await house.untilStatus(id, 'pending_approval');
    const outcomes = await Promise.allSettled([
      house.settle({ id, as: 'director@', outcome: 'approve' }),
      house.tell('recall', { id, as: 'sales@northwind', body: { words: 'Not needed any more.' } }),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [approval] = outcomes;
    const price = await house.price(id);
    expect(price.status).toBe(approval?.status === 'fulfilled' ? 'approved' : 'withdrawn');
  });

  test('what does not hold is refused by field, and nothing is written', async () => {
    const registrationId = await house.approved();
    const nowMs = await house.nowMs();
    const refused = house.ask({
      registrationId,
      price: {
        lines: [
          { sku: 'HSW-48', quantity: 10, capQuantity: 11, special: null },
          { sku: 'NO-SUCH', quantity: 1, capQuantity: null, special: null },
        ],
        validUntil: dayAfter(nowMs, 200),
        exceptionKeys: ['unheard-of'],
      },
    });
    await expect(refused).rejects.toBeInstanceOf(WasRefused);
    await expect(refused).rejects.toMatchObject({
      refusal: {
        errors: [
          { pointer: '/lines/0/capQuantity' },
          { pointer: '/lines/1/sku' },
          { pointer: '/validUntil' },
          { pointer: '/exceptionKeys/0' },
        ],
      },
    });
    await expect(house.ask({ as: 'sales@lakeside', registrationId })).rejects.toMatchObject({
      refusal: { errors: [{ pointer: '/registrationId' }] },
    });
  });

  test('the agreement ends when its registration is lost', async () => {
    const registrationId = await house.approved();
    const { id } = await house.ask({ registrationId });
    await house.untilStatus(id, 'approved');
    const { id: agreementId } = await house.agreementOf(id);
    await house.act('reportOutcome', {
      id: registrationId,
      as: 'sales@northwind',
      facts: { outcome: 'lost', reasonKey: 'price' },
      body: { words: 'A rival was cheaper.' },
    });
    await house.until(async () => (await house.agreementOf(id)).status === 'ended');
    expect(await house.agreementOf(id)).toMatchObject({ ended_code: 'registration_ended' });
    await env.client.workflow.getHandle(pricingAgreementWorkflowId(agreementId)).result();
  });
});
