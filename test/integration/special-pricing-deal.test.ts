import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { dayAfter, openPricingHouse } from '../setup/pricing-house.ts';
import type { PricingHouse } from '../setup/pricing-house.ts';
import { attachToServer } from '../setup/temporal.ts';

// The undo window, one deal split into several, changes of an agreement: on the real engine, with a window of a second.
let env: TestWorkflowEnvironment;
let house: PricingHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openPricingHouse(env);
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: { amount: 0, unit: 'businessHour' },
  }));
  await house.changePricing('one-per-product', (policy) => ({ ...policy, undoWindowSeconds: 1 }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

const discount = (ratePpm: number, quantity = 10) => ({
  lines: [{ sku: 'HSW-48', quantity, capQuantity: null, special: { kind: 'discount' as const, ratePpm } }],
});

async function pending(id: string): Promise<void> {
  await house.untilStatus(id, 'pending_approval');
  await house.until(async () => (await house.openRoles(id)).length > 0);
}

async function decisionOf(id: string): Promise<string> {
  const { rows } = await house.pool.query<{ id: string }>(
    'select id from decision where case_id = $1 order by seq desc limit 1',
    [id],
  );
  return rows[0]?.id ?? '';
}

describe('the undo window of a special price', () => {
  test('nothing is told until it is over; taken back, the task is open again; twice is a conflict', async () => {
    const { id } = await house.ask({ registrationId: await house.approved(), price: discount(250_000) });
    await pending(id);
    const decided = await house.settle({ id, as: 'director@', outcome: 'approve' });
    expect(decided.body).toMatchObject({ status: 'pending_approval' });
    expect(await house.openRoles(id)).toEqual([]);
    const decisionId = await decisionOf(id);
    await house.tell('retract', { id, as: 'director@', facts: { decisionId } });
    expect(await house.openRoles(id)).toEqual(['director']);
    await house.settle({ id, as: 'director@', outcome: 'approve' });
    await house.untilStatus(id, 'approved');
    const late = house.tell('retract', { id, as: 'director@', facts: { decisionId: await decisionOf(id) } });
    await expect(late).rejects.toBeInstanceOf(Error);
  });

  test('two decide at once where both are asked, and each has his own window', async () => {
    const { id } = await house.ask({ registrationId: await house.approved(), price: discount(450_000) });
    await pending(id);
    await Promise.all([
      house.settle({ id, as: 'cfo@', role: 'cfo', outcome: 'approve' }),
      house.settle({ id, as: 'ceo@', role: 'ceo', outcome: 'approve' }),
    ]);
    await house.untilStatus(id, 'approved');
    const { rows } = await house.pool.query<{ n: number }>(
      'select count(*)::int as n from special_price_approval where request_id = $1',
      [id],
    );
    expect(rows).toEqual([{ n: 2 }]);
  });

  test('a recall in the window undoes what was decided, and no agreement comes of it', async () => {
    const { id } = await house.ask({ registrationId: await house.approved(), price: discount(250_000) });
    await pending(id);
    await house.settle({ id, as: 'director@', outcome: 'approve' });
    await house.tell('recall', { id, as: 'sales@northwind', body: { words: '' } });
    expect(await house.price(id)).toMatchObject({ status: 'withdrawn', agreement_id: null });
  });

  test('who lacks the role or took part does not decide, and a later click is told who was first', async () => {
    const { id } = await house.ask({ registrationId: await house.approved(), price: discount(250_000) });
    await pending(id);
    await expect(house.settle({ id, as: 'account-manager@', outcome: 'approve' })).rejects.toMatchObject({
      type: 'forbidden',
    });
    const { rows } = await house.pool.query<{ id: string; facts_hash: string }>(
      `select id, facts_hash from task where case_id = $1 and status = 'open'`,
      [id],
    );
    await house.settle({ id, as: 'director@', outcome: 'approve' });
    const again = house.tell('decide', {
      id,
      as: 'cro@',
      facts: {
        taskId: rows[0]?.id ?? '',
        outcome: 'approve',
        reasonKey: null,
        fields: [],
        factsHash: rows[0]?.facts_hash ?? '',
      },
      body: { words: '', privateNote: '', counter: null },
    });
    await expect(again).rejects.toMatchObject({
      type: 'conflict',
      refusal: { conflict: { what: 'decided' } },
    });
  });
});

describe('one deal split into several requests', () => {
  test('is added up over all partners for the routing, and shown to the vendor alone', async () => {
    // The same company, entered by two partners for two families: equal domain and name, one country.
    const company = { legalName: 'Quay Street Logistics GmbH', domain: 'quay-street.example' };
    const first = await house.approved(company);
    const one = await house.ask({ registrationId: first, price: discount(90_000, 30) });
    await house.untilStatus(one.id, 'approved');
    const second = await house.approved({ as: 'sales@lakeside', sku: 'HOS-10T', ...company });
    const { rows: sums } = await house.pool.query<{ net: number }>(
      'select net_minor as net from special_price_request where id = $1',
      [one.id],
    );
    expect(sums[0]?.net).toBeLessThan(25_000_000);
    const two = await house.ask({
      as: 'sales@lakeside',
      registrationId: second,
      price: {
        lines: [
          {
            sku: 'HOS-10T',
            quantity: 30,
            capQuantity: null,
            special: { kind: 'discount', ratePpm: 90_000 },
          },
        ],
      },
    });
    // Each alone clears at once; together they are over 250,000.00, and somebody is asked.
    await pending(two.id);
    const { rows } = await house.pool.query<{ earlier: { requestId: string }[]; causes: { kind: string }[] }>(
      `select earlier, routing -> 'causes' as causes from special_price_round where request_id = $1`,
      [two.id],
    );
    expect(rows[0]?.earlier.map(({ requestId }) => requestId)).toEqual([one.id]);
    expect(rows[0]?.causes.map(({ kind }) => kind)).toContain('value');
    // The partner's own events tell of nobody else.
    const { rows: told } = await house.pool.query<{ facts: string }>(
      `select facts::text as facts from process_event where case_id = $1 and audience = 'everyone'`,
      [two.id],
    );
    for (const { facts } of told) {
      expect(facts).not.toContain(one.id);
      expect(facts).not.toContain('dealMinor');
    }
  });
});

describe('changes of an agreement', () => {
  async function agreed(): Promise<{ registrationId: string; agreementId: string }> {
    const registrationId = await house.approved();
    const { id } = await house.ask({ registrationId });
    await house.untilStatus(id, 'approved');
    const { id: agreementId } = await house.agreementOf(id);
    await house.until(async () => (await house.agreementOf(id)).seq > 0);
    return { registrationId, agreementId };
  }

  async function versionsOf(id: string): Promise<{ kind: string; net: number }[]> {
    const { rows } = await house.pool.query<{ kind: string; net: number }>(
      `select v.kind, l.net_unit_minor as net from pricing_agreement_version v join pricing_agreement_line l using (agreement_id, version)
        where v.agreement_id = $1 order by v.version`,
      [id],
    );
    return rows;
  }

  test('a new version replaces the prices of all, a second one asked against the same is refused', async () => {
    const { registrationId, agreementId } = await agreed();
    const change = {
      kind: 'new_version' as const,
      agreementId,
      ...discount(80_000),
    };
    const better = await house.ask({ registrationId, price: change });
    await house.untilStatus(better.id, 'approved');
    await house.until(async () => (await house.timeline(agreementId)).includes('agreement_revised'));
    expect(await versionsOf(agreementId)).toEqual([
      { kind: 'first', net: 535_040 },
      { kind: 'new_version', net: 518_144 },
    ]);
    // Two are asked against the same version: the first that is approved holds.
    const [left, right] = [
      await house.ask({ registrationId, price: { ...change, ...discount(250_000) } }),
      await house.ask({ registrationId, price: { ...change, ...discount(260_000) } }),
    ];
    await pending(left.id);
    await pending(right.id);
    await house.settle({ id: left.id, as: 'director@', outcome: 'approve' });
    await house.untilStatus(left.id, 'approved');
    await house.settle({ id: right.id, as: 'director@', outcome: 'approve' });
    expect(await house.untilStatus(right.id, 'rejected')).toMatchObject({ closure_code: 'other' });
  });

  test('is extended by somebody with the authority, never beyond the protection, and ended by him', async () => {
    const { registrationId, agreementId } = await agreed();
    const nowMs = await house.nowMs();
    const extend = (as: string, validUntil: string) =>
      house.actOn('pricing-agreement', 'extend', {
        id: agreementId,
        as,
        facts: { validUntil },
        body: { words: 'The customer needs a month more.' },
      });
    await expect(extend('finance@halyard', dayAfter(nowMs, 70))).rejects.toMatchObject({ type: 'forbidden' });
    await expect(extend('director@', dayAfter(nowMs, 120))).rejects.toMatchObject({
      type: 'invalid_request',
    });
    const extended = await extend('director@', dayAfter(nowMs, 75));
    expect(extended.body).toMatchObject({ version: 2, status: 'active' });
    const { rows } = await house.pool.query<{ beyond: boolean }>(
      'select a.valid_until > r.protected_until as beyond from pricing_agreement a join registration r on r.id = a.registration_id where a.id = $1',
      [agreementId],
    );
    expect(rows).toEqual([{ beyond: false }]);
    await house.actOn('pricing-agreement', 'end', {
      id: agreementId,
      as: 'director@',
      facts: {},
      body: { words: 'It is not needed any more.' },
    });
    await expect(extend('director@', dayAfter(nowMs, 80))).rejects.toBeInstanceOf(Error);
    await expect(
      house.ask({ registrationId, price: { kind: 'new_version', agreementId } }),
    ).rejects.toMatchObject({
      refusal: { errors: [{ pointer: '/agreementId', reason: 'The agreement is over.' }] },
    });
  });

  test('a request that is pending ends with its registration', async () => {
    const registrationId = await house.approved();
    const { id } = await house.ask({ registrationId, price: discount(250_000) });
    await pending(id);
    await house.act('reportOutcome', {
      id: registrationId,
      as: 'sales@northwind',
      facts: { outcome: 'lost', reasonKey: 'price' },
      body: { words: '' },
    });
    expect(await house.untilStatus(id, 'rejected')).toMatchObject({ closure_code: 'registration_ended' });
  });
});
