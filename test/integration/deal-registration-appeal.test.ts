import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Sql } from '../../adapters/store/app-database.ts';
import {
  clocksOf,
  decisionsOf,
  eventsOf,
  findRegistration,
} from '../../adapters/store/registration-reads.ts';
import { clockFor, decisionFor, headOf } from '../../api/registration-view.ts';
import { verbsOf } from '../../api/registration-verbs.ts';
import { customerOf, submitUntil } from '../fixtures/rivals.ts';
import { refusalOf } from '../fixtures/registration-time.ts';
import { openRegistrationHouse, partnerOfPerson, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

jest.setTimeout(60_000);

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

const northwind = 'sales@northwind';
const NO_WINDOW = { amount: 0, unit: 'businessHour' } as const;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: NO_WINDOW,
  }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

/** A denial under appeal; with a rival, who is protected meanwhile. */
async function appealed(name: string, rival: boolean): Promise<string> {
  const customer = (form: string) => customerOf(`${name} ${form}`, `${name.toLowerCase()}-works.com`);
  const id = await submitUntil(house, 'pending_approval', {
    as: northwind,
    submission: { customer: customer('GmbH') },
  });
  await house.decide({ id, as: 'approver@', outcome: 'deny', reasonKey: 'other', words: 'Not this time.' });
  if (rival) {
    const other = await submitUntil(house, 'pending_approval', {
      as: 'sales@lakeside',
      submission: { customer: customer('AG') },
    });
    await house.decide({ id: other, as: 'approver@', outcome: 'approve' });
    expect((await house.registration(other)).status).toBe('approved');
  }
  await house.act('appeal', { id, as: northwind, facts: {}, body: { words: 'The customer confirmed.' } });
  return id;
}

/** Everything a partner is shown of a case; ids, names and instants are taken out, for they differ between any two cases. */
async function partnersView(id: string): Promise<unknown> {
  const sql: Sql = {
    rows: async (text, values = []) => (await house.pool.query(text, [...values])).rows as never,
  };
  const row = await findRegistration(sql, id);
  if (row === null) throw new RangeError(`No registration ${id}`);
  const atMs = await house.nowMs();
  const now = { atMs, nearUntilMs: () => atMs, calendar: () => null };
  const decisions = await decisionsOf(sql, id);
  const events = (await eventsOf(sql, id)).filter(({ audience }) => audience === 'everyone');
  const appealedAt = events.find(({ kind }) => kind === 'appealed')?.at ?? null;
  const principal = {
    personId: personOf(northwind),
    displayName: '',
    side: 'partner' as const,
    partnerId: partnerOfPerson(northwind),
    roles: ['partner_admin' as const],
    limitMinor: null,
    limitCurrency: null,
    sessionId: '',
    email: '',
    locale: 'en-GB',
    timeZone: 'UTC',
  };
  const head = headOf(row, 'partner', now);
  const { rows: mails } = await house.pool.query(
    'select template from outbound where case_id = $1 and target = $2 order by seq, n',
    [id, personOf(northwind)],
  );
  const whole = {
    ...head,
    promisedForNext: head.nextAt === head.answerBy,
    verbs: verbsOf({ row, principal: principal as never, decisions, events, atMs }),
    decisions: decisions.flatMap((one) => decisionFor(one, 'partner', { ...row, appealedAt })),
    events: events.map(({ kind, facts }) => ({ kind, facts })),
    clocks: (await clocksOf(sql, id)).flatMap((clock) => clockFor(clock, 'partner')),
    mails,
  };
  return JSON.parse(
    JSON.stringify(whole, (key, value: unknown) =>
      [
        'id',
        'reference',
        'customerName',
        'opportunityName',
        'words',
        'by',
        'effectiveAt',
        'leftMinutes',
      ].includes(key) ||
      (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) ||
      key.endsWith('Ms')
        ? '…'
        : value,
    ),
  );
}

async function withdrawal(id: string): Promise<unknown> {
  const { type, refusal } = await refusalOf(
    house,
    id,
    house.act('withdraw', {
      id,
      as: northwind,
      facts: { reasonKey: 'no-longer-pursued' },
      body: { words: '' },
    }),
  );
  return { type, refusal };
}

describe('an appeal whose slot is taken when the denial is overturned', () => {
  test('is a conflict, and its partner reads the same as of an appeal under review, until the end', async () => {
    const control = await appealed('Ashdown', false);
    const id = await appealed('Briarwood', true);
    expect(
      (await house.decide({ id, as: 'director@', kind: 'appeal', outcome: 'overturn' })).statusCode,
    ).toBe(409);
    expect((await house.registration(id)).status).toBe('in_conflict');
    expect(await partnersView(id)).toEqual(await partnersView(control));
    expect(await withdrawal(id)).toEqual(await withdrawal(control));

    await house.decide({
      id,
      as: 'director@',
      kind: 'conflict_resolution',
      outcome: 'award_other',
      reasonKey: 'other-award',
      words: 'Somebody else is protected.',
    });
    await house.decide({
      id: control,
      as: 'director@',
      kind: 'appeal',
      outcome: 'uphold',
      words: 'It stays as it is.',
    });
    expect((await house.registration(id)).status).toBe('rejected');
    expect(await partnersView(id)).toEqual(await partnersView(control));
  });

  test('found to be no conflict, it is decided like an appeal, by somebody who took no part', async () => {
    const control = await appealed('Cloverley', false);
    const id = await appealed('Dunmere', true);
    await house.decide({ id, as: 'director@', kind: 'appeal', outcome: 'overturn' });
    await house.decide({ id, as: 'director@', kind: 'conflict_resolution', outcome: 'no_conflict' });
    await house.until(async () => (await house.registration(id)).status === 'pending_approval');
    expect(await partnersView(id)).toEqual(await partnersView(control));
    expect(await withdrawal(id)).toEqual(await withdrawal(control));
    const refused = await refusalOf(
      house,
      id,
      house.decide({ id, as: 'approver@', kind: 'registration_review', outcome: 'approve' }),
    );
    expect(refused.refusal.errors).toEqual([{ pointer: '', reason: 'took_part' }]);
    await house.decide({
      id,
      as: 'approver-2@',
      kind: 'registration_review',
      outcome: 'deny',
      reasonKey: 'other',
      words: 'It stays as it is.',
    });
    await house.decide({
      id: control,
      as: 'director@',
      kind: 'appeal',
      outcome: 'uphold',
      words: 'It stays as it is.',
    });
    expect(await partnersView(id)).toEqual(await partnersView(control));
  });
});

describe('a partner whose click is refused while the vendor has the case', () => {
  test('reads the same whether it is under review or in conflict', async () => {
    const plain = await submitUntil(house, 'pending_approval', { as: northwind });
    const id = await submitUntil(house, 'pending_approval', { as: northwind });
    await house.decide({ id, as: 'approver@', outcome: 'send_to_conflict' });
    expect((await house.registration(id)).status).toBe('in_conflict');
    const refusal = async (of: string): Promise<unknown> => {
      const refused = await refusalOf(
        house,
        of,
        house.act('requestExtension', { id: of, as: northwind, facts: {}, body: { words: 'More time.' } }),
      );
      return { type: refused.type, refusal: refused.refusal };
    };
    expect(await refusal(id)).toEqual(await refusal(plain));
  });
});
