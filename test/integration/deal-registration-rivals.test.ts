import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { customerOf, protectedIds, submitUntil } from '../fixtures/rivals.ts';
import { refusalOf } from '../fixtures/registration-time.ts';
import { openRegistrationHouse, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

jest.setTimeout(60_000);

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

const NO_WINDOW = { amount: 0, unit: 'businessHour' } as const;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  for (const [program, machineDenial] of [
    ['one-per-product', 'never'],
    ['volume-bands', 'onDuplicateOfProtected'],
  ] as const) {
    await house.changePolicy(program, (policy) => ({
      ...policy,
      undoWindowSeconds: 0,
      reviewWindow: NO_WINDOW,
      machineDenial,
    }));
  }
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

let place = 0;
/** A name that no other customer of this file is near to. */
function freshName(): { name: string; domain: string } {
  const words = [
    'Birchfield',
    'Orchard Quay',
    'Tamarind',
    'Copperline',
    'Windlass',
    'Juniper Vale',
    'Saltmarsh',
    'Ironbridge',

    'Larkspur',
    'Millrace',
    'Foxglove',
    'Greywater',
    'Hazelnut',
    'Kestrel',
    'Obelisk',
    'Paragon',
    'Quillon',
    'Rookwood',

    'Sundial',
    'Thistledown',
    'Umbral',
    'Verdigris',
    'Yarrow',
    'Zephyr',
    'Amberline',
    'Bulrush',
    'Cinnabar',
    'Dovetail',
  ];
  const name = words[place];
  if (name === undefined) throw new RangeError('Add names: each customer of this file needs one of his own.');
  place += 1;
  return { name, domain: `${name.toLowerCase().replaceAll(' ', '-')}.com` };
}

const northwind = 'sales@northwind';
const lakeside = 'sales@lakeside';

/** Two partners register one customer, each with rows of his own. */
async function twoPending(program = 'one-per-product'): Promise<[string, string]> {
  const { name, domain } = freshName();
  const first = await submitUntil(house, 'pending_approval', {
    as: northwind,
    program,
    submission: { customer: customerOf(`${name} GmbH`, domain) },
  });
  const second = await submitUntil(house, 'pending_approval', {
    as: lakeside,
    program,
    submission: { customer: customerOf(`${name} AG`, domain) },
  });
  return [first, second];
}

describe('two partners for one customer, entered as different rows', () => {
  test('both are looked at; approved at once, exactly one is protected and the other is in conflict', async () => {
    for (let round = 0; round < 3; round += 1) {
      const ids = await twoPending();
      const answers = await Promise.all(
        ids.map((id, n) =>
          house.decide({ id, as: n === 0 ? 'approver@' : 'approver-2@', outcome: 'approve' }),
        ),
      );
      expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([201, 409]);
      const statuses = await Promise.all(ids.map(async (id) => (await house.registration(id)).status));
      expect([...statuses].sort()).toEqual(['approved', 'in_conflict']);
      expect(await protectedIds(house, ids)).toEqual([ids[statuses.indexOf('approved')]]);
    }
  });

  test('the same tax id is enough, whatever the names', async () => {
    const [a, b] = [freshName(), freshName()];
    const taxId = 'DE811569869';
    const first = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: customerOf(`${a.name} GmbH`, a.domain, { taxId }) },
    });
    const second = await submitUntil(house, 'pending_approval', {
      as: lakeside,
      submission: { customer: customerOf(`${b.name} GmbH`, b.domain, { taxId }) },
    });
    const { rows } = await house.pool.query(
      'select other_id, verdict from registration_match where registration_id = $1',
      [second],
    );
    expect(rows).toEqual([{ other_id: first, verdict: 'duplicate' }]);
    await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
    expect((await house.decide({ id: second, as: 'approver@', outcome: 'approve' })).statusCode).toBe(409);
  });

  test('the slot is taken from the decision on, also while that decision can be taken back', async () => {
    await house.changePolicy('cam-extended', (policy) => ({
      ...policy,
      undoWindowSeconds: 60,
      reviewWindow: NO_WINDOW,
    }));
    const [first, second] = await twoPending('cam-extended');
    await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
    expect((await house.registration(first)).status).toBe('pending_approval');
    expect((await house.decide({ id: second, as: 'approver-2@', outcome: 'approve' })).statusCode).toBe(409);
    expect(await protectedIds(house, [first, second])).toEqual([first]);
  });

  test('another product family is no conflict', async () => {
    const { name, domain } = freshName();
    const first = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: customerOf(`${name} GmbH`, domain) },
    });
    const second = await submitUntil(house, 'pending_approval', {
      as: lakeside,
      submission: { customer: customerOf(`${name} GmbH`, domain), lines: [{ sku: 'HOS-10T', quantity: 2 }] },
    });
    for (const id of [first, second])
      expect((await house.decide({ id, as: 'approver@', outcome: 'approve' })).statusCode).toBe(201);
  });

  test('the database itself refuses a second protection of one account and family', async () => {
    const id = await submitUntil(house, 'pending_approval');
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    const other = await submitUntil(house, 'pending_approval');
    await expect(
      house.pool.query(
        `insert into protection (registration_id, partner_id, account_id, family, share_group, period)
         select $2, partner_id, account_id, family, $2, period from protection where registration_id = $1`,
        [id, other],
      ),
    ).rejects.toMatchObject({ code: '23P01' });
  });
});

describe('a pair that nobody judged', () => {
  async function possible(): Promise<{ first: string; second: string; otherAccountId: string }> {
    const { name } = freshName();
    const first = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: customerOf(`${name} Logistics GmbH`, null, { city: 'Hamburg' }) },
    });
    const second = await submitUntil(house, 'under_review', {
      as: lakeside,
      submission: { customer: customerOf(`${name} Logistics GmbH`, null, { country: 'AT', city: 'Wien' }) },
    });
    const { rows } = await house.pool.query<{ other_account_id: string; verdict: string }>(
      'select other_account_id, verdict from registration_match where registration_id = $1',
      [second],
    );
    expect(rows[0]?.verdict).toBe('possible');
    return { first, second, otherAccountId: rows[0]?.other_account_id ?? '' };
  }

  test('must be judged before anybody approves; "different" is remembered for the next registration', async () => {
    const { first, second, otherAccountId } = await possible();
    const refused = await refusalOf(
      house,
      second,
      house.decide({ id: second, as: 'approver@', outcome: 'approve' }),
    );
    expect(refused.type).toBe('not_allowed_now');
    await house.act('judgePair', {
      id: second,
      as: 'approver@',
      facts: { otherAccountId, verdict: 'different' },
      body: { words: 'Two groups.' },
    });
    expect((await house.registration(second)).status).toBe('pending_approval');
    for (const id of [first, second]) {
      if (id === first) await judgeAll(first, 'different');
      expect((await house.decide({ id, as: 'approver@', outcome: 'approve' })).statusCode).toBe(201);
    }
    expect((await protectedIds(house, [first, second])).sort()).toEqual([first, second].sort());
  });

  test('judged "different" once, is not asked about again for later registrations of the two customers', async () => {
    const { name } = freshName();
    const german = customerOf(`${name} Cranes GmbH`, `${name}-de.example`, { city: 'Hamburg' });
    const austrian = customerOf(`${name} Cranes GmbH`, `${name}-at.example`, { country: 'AT', city: 'Wien' });
    const first = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: german },
    });
    const second = await submitUntil(house, 'under_review', {
      as: lakeside,
      submission: { customer: austrian },
    });
    await judgeAll(second, 'different');
    const third = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: austrian },
    });
    const { rows } = await house.pool.query<{ other_id: string; verdict: string }>(
      'select other_id, verdict from registration_match where registration_id = $1',
      [third],
    );
    expect(rows).toEqual([{ other_id: second, verdict: 'duplicate' }]);
    expect(first).not.toBe(second);
  });

  test('the partner may be asked for information meanwhile', async () => {
    const { second } = await possible();
    await house.decide({
      id: second,
      as: 'approver@',
      outcome: 'request_information',
      words: 'Which site is it?',
      fields: ['customer'],
    });
    expect((await house.registration(second)).status).toBe('info_requested');
  });

  test('"same" makes them one customer, so that the second cannot be approved beside the first', async () => {
    const { first, second, otherAccountId } = await possible();
    await house.act('judgePair', {
      id: second,
      as: 'approver@',
      facts: { otherAccountId, verdict: 'same' },
      body: { words: 'One group.' },
    });
    const { rows } = await house.pool.query<{ n: number }>(
      `select count(distinct s.canonical_id)::int as n from account_standing s join registration r on r.account_id = s.account_id where r.id = any ($1)`,
      [[first, second]],
    );
    expect(rows).toEqual([{ n: 1 }]);
    await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
    expect((await house.decide({ id: second, as: 'approver@', outcome: 'approve' })).statusCode).toBe(409);
    expect(await protectedIds(house, [first, second])).toEqual([first]);
  });

  test('found only while approving, it stops the approval, in whatever state the case is', async () => {
    const { name } = freshName();
    const first = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: customerOf(`${name} Foods GmbH`, null) },
    });
    await submitUntil(house, 'under_review', {
      as: lakeside,
      submission: { customer: customerOf(`${name} Foods GmbH`, null, { country: 'AT' }) },
    });
    const answer = await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
    expect(answer).toMatchObject({ statusCode: 409, body: { conflict: { what: 'matched' } } });
    expect(await protectedIds(house, [first])).toEqual([]);

    // One that waits under review for another pair, when a third partner comes.
    const { second } = await possible();
    const { rows } = await house.pool.query<{ name: string }>(
      'select a.legal_name as name from account a join registration r on r.account_id = a.id where r.id = $1',
      [second],
    );
    await submitUntil(house, 'under_review', {
      as: 'sales@saffron',
      submission: { customer: customerOf(rows[0]?.name ?? '', null, { country: 'CH', city: 'Bern' }) },
    });
    expect(await house.decide({ id: second, as: 'approver@', outcome: 'approve' })).toMatchObject({
      statusCode: 409,
      body: { conflict: { what: 'matched', status: 'under_review' } },
    });
    expect(await protectedIds(house, [second])).toEqual([]);
  });

  test('parent and subsidiary go to review', async () => {
    const [a, b] = [freshName(), freshName()];
    const first = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: customerOf(`${a.name} Holding AG`, a.domain) },
    });
    // The vendor learns of the parent before he approves.
    const second = await submitUntil(house, 'pending_approval', {
      as: lakeside,
      submission: { customer: customerOf(`${b.name} Netz GmbH`, b.domain) },
    });
    await house.pool.query(
      `update account_standing s set parent_account_id = p.account_id from registration r, registration p where r.id = $1 and p.id = $2 and s.account_id = r.account_id`,
      [second, first],
    );
    const answer = await house.decide({ id: second, as: 'approver@', outcome: 'approve' });
    expect(answer.statusCode).toBe(409);
    const { rows } = await house.pool.query(
      'select verdict from registration_match where registration_id = $1',
      [second],
    );
    expect(rows).toEqual([{ verdict: 'related' }]);
  });

  async function judgeAll(id: string, verdict: 'same' | 'different'): Promise<void> {
    const { rows } = await house.pool.query<{ other: string }>(
      'select distinct other_account_id as other from registration_match where registration_id = $1 and judged is null',
      [id],
    );
    for (const { other } of rows)
      await house.act('judgePair', {
        id,
        as: 'approver@',
        facts: { otherAccountId: other, verdict },
        body: { words: 'Looked at.' },
      });
  }
});

describe('a direct deal at work', () => {
  async function withDirectDeal(): Promise<{ id: string; control: string }> {
    const { name, domain } = freshName();
    const seen = await submitUntil(house, 'pending_approval', {
      as: lakeside,
      submission: { customer: customerOf(`${name} SE`, domain), lines: [{ sku: 'HOS-10T', quantity: 1 }] },
    });
    await house.pool.query(
      `insert into direct_deal (id, account_id, product_family, stage, last_engaged_at, source_ref) select 'ddl_' || $1, account_id, 'switching', 'qualified', now() - interval '5 days', $1 from registration where id = $1`,
      [seen],
    );
    const id = await submitUntil(house, 'in_conflict', {
      as: northwind,
      submission: { customer: customerOf(`${name} SE`, domain) },
    });
    const control = await submitUntil(house, 'pending_approval', { as: northwind });
    return { id, control };
  }

  /** What the partner may read of a case: events for everyone, and the columns that a screen shows him. */
  async function partnersView(id: string): Promise<unknown> {
    const { rows: events } = await house.pool.query(
      `select kind, facts - 'partnerName' as facts from process_event where case_id = $1 and audience = 'everyone' order by seq`,
      [id],
    );
    const { rows: mails } = await house.pool.query(
      `select template, target, payload - 'registrationId' - 'reference' - 'customerName' as payload from outbound where case_id = $1 and target = $2 order by seq, n`,
      [id, personOf('sales@northwind')],
    );
    return { events, mails };
  }

  test('opens a conflict, and the partner reads the same as without one', async () => {
    const { id, control } = await withDirectDeal();
    expect(await partnersView(id)).toEqual(await partnersView(control));
    const queue = async (of: string): Promise<unknown> =>
      (await house.pool.query('select queue from registration where id = $1', [of])).rows[0];
    expect(await queue(id)).toEqual(await queue(control));
  });

  test('"no conflict" goes back to review, is not asked again, and can be approved', async () => {
    const { id } = await withDirectDeal();
    await house.decide({ id, as: 'director@', kind: 'conflict_resolution', outcome: 'no_conflict' });
    await house.until(async () => (await house.registration(id)).status === 'pending_approval');
    expect(
      (await house.decide({ id, as: 'approver@', kind: 'registration_review', outcome: 'approve' }))
        .statusCode,
    ).toBe(201);
    expect((await house.registration(id)).status).toBe('approved');
    const { rows } = await house.pool.query(
      `select kind, phase from sla_clock where case_id = $1 and kind in ('decision', 'first_response', 'conflict') order by kind`,
      [id],
    );
    expect(rows).toEqual([
      { kind: 'conflict', phase: 'met' },
      { kind: 'decision', phase: 'met' },
      { kind: 'first_response', phase: 'met' },
    ]);
  });

  test('the partner is protected, or the deal is awarded to the direct team; only the director says so', async () => {
    const { id } = await withDirectDeal();
    expect(
      (
        await refusalOf(
          house,
          id,
          house.decide({ id, as: 'approver@', kind: 'conflict_resolution', outcome: 'protect_partner' }),
        )
      ).type,
    ).toBe('forbidden');
    await house.decide({ id, as: 'director@', kind: 'conflict_resolution', outcome: 'protect_partner' });
    expect((await house.registration(id)).status).toBe('approved');
    const { id: lost } = await withDirectDeal();
    await house.decide({
      id: lost,
      as: 'director@',
      kind: 'conflict_resolution',
      outcome: 'award_other',
      reasonKey: 'other-award',
      words: 'Worked since spring.',
    });
    expect(await house.registration(lost)).toMatchObject({
      status: 'rejected',
      closure_code: 'conflict_lost',
    });
  });

  test('a conflict over a taken slot cannot protect a second partner', async () => {
    const [first, second] = await twoPending();
    await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
    await house.decide({ id: second, as: 'approver@', outcome: 'approve' });
    const refused = await refusalOf(
      house,
      second,
      house.decide({ id: second, as: 'director@', kind: 'conflict_resolution', outcome: 'protect_partner' }),
    );
    expect(refused.type).toBe('conflict');
    // The first gives up: now it is free.
    await house.act('withdraw', {
      id: first,
      as: northwind,
      facts: { reasonKey: 'no-longer-pursued' },
      body: { words: '' },
    });
    await house.decide({
      id: second,
      as: 'director@',
      kind: 'conflict_resolution',
      outcome: 'protect_partner',
    });
    expect((await house.registration(second)).status).toBe('approved');
  });
});

describe('what is answered without a person', () => {
  test("a partner's own open case is named at once", async () => {
    const { name, domain } = freshName();
    const first = await house.submit({ submission: { customer: customerOf(`${name} GmbH`, domain) } });
    const second = await house.submit({ submission: { customer: customerOf(`${name} GmbH`, domain) } });
    expect(second.answer).toMatchObject({
      statusCode: 201,
      body: { status: 'rejected', closureCode: 'duplicate', ownCase: { id: first.id } },
    });
  });

  test('a rival who is protected denies by machine only where the program says so', async () => {
    const [, second] = await twoPending();
    expect((await house.registration(second)).status).toBe('pending_approval');
    const { name, domain } = freshName();
    const first = await submitUntil(house, 'pending_approval', {
      as: northwind,
      program: 'volume-bands',
      submission: { customer: customerOf(`${name} GmbH`, domain) },
    });
    await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
    const denied = await submitUntil(house, 'rejected', {
      as: lakeside,
      program: 'volume-bands',
      submission: { customer: customerOf(`${name} AG`, domain) },
    });
    expect(await house.registration(denied)).toMatchObject({ closure_code: 'conflict_lost' });
    const { rows } = await house.pool.query('select actor_id, outcome from decision where case_id = $1', [
      denied,
    ]);
    expect(rows).toEqual([{ actor_id: null, outcome: 'deny' }]);
    // The reply was the same as any other: nothing in it knows of the rival.
    const { rows: answers } = await house.pool.query(
      `select answer ->> 'status' as status, answer -> 'ownCase' as own from receipt where case_id = $1`,
      [denied],
    );
    expect(answers).toEqual([{ status: 'submitted', own: null }]);
  });
});
