import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import { customerOf, submitUntil } from '../fixtures/rivals.ts';
import { decisionOn, refusalOf } from '../fixtures/registration-time.ts';
import { openRegistrationHouse, partnerOfPerson, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

jest.setTimeout(60_000);

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  await house.changePolicy('volume-bands', (policy) => ({
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

const program = 'volume-bands';

async function approved(input: { as?: string; name?: string; sku?: string } = {}): Promise<string> {
  const id = await submitUntil(house, 'pending_approval', {
    program,
    as: input.as ?? 'sales@northwind',
    submission: {
      ...(input.name === undefined
        ? {}
        : { customer: customerOf(input.name, `${input.name.split(' ')[0]?.toLowerCase()}-group.com`) }),
      ...(input.sku === undefined ? {} : { lines: [{ sku: input.sku, quantity: 10 }] }),
    },
  });
  await house.decide({ id, as: 'approver@', outcome: 'approve' });
  return id;
}

async function families(id: string): Promise<Record<string, boolean>> {
  const { rows } = await house.pool.query<{ family: string; now: boolean }>(
    `select family, period @> now() as now from protection where registration_id = $1 order by family`,
    [id],
  );
  return Object.fromEntries(rows.map(({ family, now }) => [family, now]));
}

describe('an approved registration is amended', () => {
  test('within the free limits at once; small steps do not add up to a large one', async () => {
    const id = await approved();
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['value'] },
      body: { value: { amountMinor: 5_900_000, currency: 'EUR' }, words: 'More seats.' },
    });
    expect((await house.registration(id)).value_minor).toBe(5_900_000);
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['value'] },
      body: { value: { amountMinor: 6_900_000, currency: 'EUR' }, words: 'More again.' },
    });
    expect((await house.registration(id)).value_minor).toBe(5_900_000);
    await house.decide({ id, as: 'approver@', kind: 'amendment', outcome: 'grant' });
    expect((await house.registration(id)).value_minor).toBe(6_900_000);
  });

  test('whoever was asked before it decides on the registration as it is now, within his authority', async () => {
    const id = await approved();
    await house.act('requestExtension', {
      id,
      as: 'sales@northwind',
      facts: {},
      body: { words: 'The budget is late.' },
    });
    const seen = await decisionOn(house, { id, outcome: 'grant', kind: 'extension' });
    const hashes = async (): Promise<{ material_hash: string; facts_hash: string; amount_minor: number }[]> =>
      (
        await house.pool.query<{ material_hash: string; facts_hash: string; amount_minor: number }>(
          `select r.material_hash, t.facts_hash, t.amount_minor from registration r join task t on t.case_id = r.id and t.kind = 'extension' where r.id = $1`,
          [id],
        )
      ).rows;
    const [before] = await hashes();
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['value', 'lines'] },
      body: {
        value: { amountMinor: 5_500_000, currency: 'EUR' },
        lines: [{ sku: 'HSW-48', quantity: 600 }],
        words: 'More of them.',
      },
    });
    const [after] = await hashes();
    expect(after?.amount_minor).toBe(5_500_000);
    expect(after?.material_hash).not.toBe(before?.material_hash);
    const refused = await refusalOf(
      house,
      id,
      house.act('decide', {
        id,
        as: 'account-manager@',
        facts: seen,
        body: { words: 'Granted.', privateNote: '' },
      }),
    );
    expect(refused).toMatchObject({ type: 'conflict', refusal: { conflict: { what: 'amended' } } });
    const { rows } = await house.pool.query(
      `select facts -> 'discounts' -> 0 -> 'ratePpm' as rate from process_event where case_id = $1 and kind in ('approved', 'amended') order by seq`,
      [id],
    );
    expect(rows).toEqual([{ rate: 50_000 }, { rate: 80_000 }]);
  });

  test('an added product family is approved, and protected with it; one taken away is free again', async () => {
    const id = await approved();
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['lines'] },
      body: {
        lines: [
          { sku: 'HSW-48', quantity: 200 },
          { sku: 'HOS-10T', quantity: 5 },
        ],
        words: '',
      },
    });
    expect(await families(id)).toEqual({ switching: true });
    await house.decide({ id, as: 'approver@', kind: 'amendment', outcome: 'grant' });
    expect(await families(id)).toEqual({ storage: true, switching: true });
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['lines'] },
      body: { lines: [{ sku: 'HOS-10T', quantity: 5 }], words: '' },
    });
    expect(await families(id)).toEqual({ storage: true, switching: false });
  });

  test('a family that is protected for another partner is not granted, and nothing changes', async () => {
    await approved({ as: 'sales@lakeside', name: 'Palisade Group AG', sku: 'HOS-10T' });
    const id = await approved({ name: 'Palisade Group GmbH' });
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['lines'] },
      body: {
        lines: [
          { sku: 'HSW-48', quantity: 200 },
          { sku: 'HOS-10T', quantity: 5 },
        ],
        words: '',
      },
    });
    const refused = await refusalOf(
      house,
      id,
      house.decide({ id, as: 'approver@', kind: 'amendment', outcome: 'grant' }),
    );
    expect(refused.type).toBe('conflict');
    await house.decide({ id, as: 'approver@', kind: 'amendment', outcome: 'refuse', words: 'It is taken.' });
    expect(await families(id)).toEqual({ switching: true });
    expect((await house.registration(id)).status).toBe('approved');
  });

  test("a family of the partner's own other registration does not wedge the case", async () => {
    const other = await approved({ name: 'Bastion Group AG', sku: 'HOS-10T' });
    const id = await approved({ name: 'Bastion Group AG' });
    // One row of the customer for both, as an import makes it.
    await house.pool.query(
      `update account_standing set canonical_id = (select account_id from registration where id = $2) where account_id = (select account_id from registration where id = $1)`,
      [id, other],
    );
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['lines'] },
      body: {
        lines: [
          { sku: 'HSW-48', quantity: 200 },
          { sku: 'HOS-10T', quantity: 5 },
        ],
        words: '',
      },
    });
    expect(
      (await refusalOf(house, id, house.decide({ id, as: 'approver@', kind: 'amendment', outcome: 'grant' })))
        .type,
    ).toBe('conflict');
  });

  test('where adding is free, a partner is not told of a rival: a person looks first', async () => {
    await house.changePolicy('cam-extended', (policy) => ({
      ...policy,
      undoWindowSeconds: 0,
      reviewWindow: { amount: 0, unit: 'businessHour' },
      amendment: { ...policy.amendment, addedFamiliesNeedApproval: false },
    }));
    await approved({ as: 'sales@lakeside', name: 'Rampart Group AG', sku: 'HOS-10T' });
    const id = await submitUntil(house, 'pending_approval', {
      program: 'cam-extended',
      submission: { customer: customerOf('Rampart Group GmbH', 'rampart-group.com') },
    });
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    const answer = await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['lines'] },
      body: {
        lines: [
          { sku: 'HSW-48', quantity: 200 },
          { sku: 'HOS-10T', quantity: 5 },
        ],
        words: '',
      },
    });
    expect(answer).toMatchObject({ statusCode: 200, body: { status: 'approved' } });
    expect(JSON.stringify(answer.body)).not.toContain('another registration');
    const { rows } = await house.pool.query(`select kind from task where case_id = $1 and status = 'open'`, [
      id,
    ]);
    expect(rows).toEqual([{ kind: 'amendment' }]);
  });
});

describe('an approved registration goes to another partner', () => {
  test('what belongs to it goes along, and later mails reach him and nobody of the old one', async () => {
    const id = await approved();
    const toPartnerId = partnerOfPerson('sales@lakeside') ?? '';
    await house.act('transfer', {
      id,
      as: 'director@',
      facts: { toPartnerId },
      body: { words: 'Acquired.' },
    });
    expect((await house.registration(id)).partner_id).toBe(toPartnerId);
    await house.act('writeNote', {
      id,
      as: 'approver@',
      facts: { audience: 'partner' },
      body: { words: 'Welcome.' },
    });
    const { rows } = await house.pool.query<{ partner_id: string }>(
      `select p.partner_id from outbound o join person p on p.id = o.target
        where o.case_id = $1 and o.seq >= (select seq from process_event where case_id = $1 and kind = 'transferred')`,
      [id],
    );
    expect(rows.length).toBe(2);
    expect(new Set(rows.map(({ partner_id }) => partner_id))).toEqual(new Set([toPartnerId]));
    const { rows: owners } = await house.pool.query(
      `select distinct partner_id from (select partner_id from protection where registration_id = $1 union all select partner_id from registration_line where registration_id = $1
         union all select partner_id from sla_clock where case_id = $1 union all select partner_id from task where case_id = $1
         union all select a.entered_by_partner_id from account a join registration r on r.account_id = a.id where r.id = $1) x`,
      [id],
    );
    expect(owners).toEqual([{ partner_id: toPartnerId }]);
    // The new partner acts on it, and somebody who left is not written to.
    await house.act('reportOutcome', {
      id,
      as: 'sales@lakeside',
      facts: { outcome: 'won', reasonKey: null },
      body: { orderReference: 'PO-7', words: '' },
    });
    expect((await house.registration(id)).status).toBe('won');
  });

  test('by those with the authority that the program names, and nobody below them', async () => {
    const id = await approved();
    const toPartnerId = partnerOfPerson('sales@lakeside') ?? '';
    const refused = await refusalOf(
      house,
      id,
      house.act('transfer', { id, as: 'approver@', facts: { toPartnerId }, body: { words: '' } }),
    );
    expect(refused).toMatchObject({
      type: 'forbidden',
      refusal: {
        detail: 'In this program a registration is transferred by the role director.',
        errors: [{ pointer: '', reason: 'not_your_role' }],
      },
    });
    expect((await house.registration(id)).partner_id).toBe(partnerOfPerson('sales@northwind'));
  });

  test('to one who meets what the program asks of a partner; bad standing counts where it says so', async () => {
    const toPartnerId = partnerOfPerson('sales@saffron') ?? '';
    const change = (eligibility: Partial<DealRegistrationPolicy['eligibility']>): Promise<void> =>
      house.changePolicy('volume-bands', (policy) => ({
        ...policy,
        undoWindowSeconds: 0,
        reviewWindow: { amount: 0, unit: 'businessHour' },
        eligibility: { ...policy.eligibility, minimumUnitsPerSku: null, ...eligibility },
      }));
    const transfer = (id: string): Promise<unknown> =>
      house.act('transfer', { id, as: 'director@', facts: { toPartnerId }, body: { words: '' } });
    const [strict, lenient] = [
      await approved(),
      await change({ goodStanding: false }).then(() => approved()),
    ];
    await house.arrange(`update partner set standing = 'suspended' where id = $1`, [toPartnerId]);
    expect(await refusalOf(house, strict, transfer(strict))).toMatchObject({
      type: 'invalid_request',
      refusal: {
        errors: [{ pointer: '/toPartnerId', reason: 'The partner is not in good standing.' }],
      },
    });
    await transfer(lenient);
    expect((await house.registration(lenient)).partner_id).toBe(toPartnerId);

    await house.arrange(`update partner set standing = 'good' where id = $1`, [toPartnerId]);
    // Asked of who gets it, not only of who registered.
    await house.arrange('delete from partner_certification where partner_id = $1', [toPartnerId]);
    await house.arrange(
      `insert into partner_certification (partner_id, code) values ($1, 'tidal-routing') on conflict do nothing`,
      [partnerOfPerson('sales@northwind')],
    );
    await change({ certifications: ['tidal-routing'] });
    const certified = await approved();
    expect(await refusalOf(house, certified, transfer(certified))).toMatchObject({
      refusal: { errors: [{ pointer: '/toPartnerId' }] },
    });
    await change({});
  });

  test('not to one who is not enrolled, or has it already', async () => {
    const id = await approved();
    for (const toPartnerId of [partnerOfPerson('sales@northwind') ?? '', 'prt_00000000000000000000000000']) {
      const refused = await refusalOf(
        house,
        id,
        house.act('transfer', { id, as: 'director@', facts: { toPartnerId }, body: { words: '' } }),
      );
      expect(refused).toMatchObject({
        type: 'invalid_request',
        refusal: { errors: [{ pointer: '/toPartnerId' }] },
      });
    }
    expect(personOf('sales@northwind')).not.toBe('');
  });
});
