import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { findCaseForMail, findRecipient } from '../../adapters/store/outbound.ts';
import type { DueOutbound } from '../../adapters/store/outbound.ts';
import { wordsOf } from '../../workers/mail-words.ts';
import { customerOf, submitUntil } from '../fixtures/rivals.ts';
import { openRegistrationHouse, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

/* A program that lets a part of the product families be approved: what is free is protected, what is not is said. */

jest.setTimeout(60_000);

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;
const PROGRAM = 'cam-extended';
const [switching, security, storage] = ['HSW-48', 'HFW-200', 'HOS-10T'];

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  await inForce(true);
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

let versions = 0;
/** Without windows to wait for; the second registration of a partner and customer is not what is asked here. */
async function inForce(partialFamilies: boolean, undoWindowSeconds = 0): Promise<void> {
  versions += 1;
  await house.changePolicy(
    PROGRAM,
    (policy) => ({
      ...policy,
      undoWindowSeconds,
      reviewWindow: { amount: 0, unit: 'businessHour' },
      protection: { ...policy.protection, partialFamilies, countedFrom: 'approval' },
    }),
    60_000 - versions * 5_000,
  );
}

function submit(as: string, name: string, skus: readonly (string | undefined)[]): Promise<string> {
  const domain = `${name.toLowerCase().replaceAll(' ', '-')}.com`;
  return submitUntil(house, 'pending_approval', {
    as,
    program: PROGRAM,
    submission: {
      customer: customerOf(`${name} GmbH`, domain),
      lines: skus.map((sku) => ({ sku: sku ?? '', quantity: 10 })),
    },
  });
}

async function protectedFamilies(id: string): Promise<string[]> {
  const { rows } = await house.pool.query<{ family: string }>(
    'select family from protection where registration_id = $1 and not isempty(period) order by family',
    [id],
  );
  return rows.map(({ family }) => family);
}

async function factsOf(id: string, kind: string): Promise<Record<string, unknown>> {
  const { rows } = await house.pool.query<{ facts: Record<string, unknown> }>(
    'select facts from process_event where case_id = $1 and kind = $2 order by seq desc limit 1',
    [id, kind],
  );
  return rows[0]?.facts ?? {};
}

async function leftOut(id: string): Promise<unknown> {
  const { rows } = await house.pool.query<{ left: unknown }>(
    "select approved -> 'leftOut' as left from registration where id = $1",
    [id],
  );
  return rows[0]?.left ?? null;
}

async function mailTo(reader: string, id: string): Promise<string> {
  const { rows } = await house.pool.query<DueOutbound>(
    `select id, case_id as "caseId", seq, n, channel, target, template, payload, attempts from outbound
      where case_id = $1 and template = 'decided' order by seq desc, n desc limit 1`,
    [id],
  );
  const [row, recipient] = [rows[0], await findRecipient(house.pool, personOf(reader))];
  if (row === undefined || recipient === null) throw new RangeError(`${id} has no mail of a decision`);
  return wordsOf({
    row,
    recipient,
    ofCase: await findCaseForMail(house.pool, id),
    waiting: { waiting: [], total: 0 },
    publicUrl: 'https://fairlead.example',
    nowMs: await house.nowMs(),
  }).text;
}

const northwind = 'sales@northwind';
const lakeside = 'sales@lakeside';

test('what is free is protected; what is not is said in timeline, record and mail, and earns nothing', async () => {
  await inForce(true, 1);
  const first = await submit(northwind, 'Avocet Yard', [switching]);
  const second = await submit(lakeside, 'Avocet Yard', [switching, storage]);
  await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
  const { statusCode } = await house.decide({ id: second, as: 'approver@', outcome: 'approve' });
  expect(statusCode).toBe(201);
  // The decider reads it before it takes effect.
  expect(await factsOf(second, 'decided')).toMatchObject({ leftOut: ['switching'] });
  await house.until(async () => (await house.registration(second)).status === 'approved');

  expect(await protectedFamilies(second)).toEqual(['storage']);
  expect(await factsOf(second, 'approved')).toMatchObject({ leftOut: ['switching'] });
  expect(await leftOut(second)).toEqual(['switching']);
  expect(await mailTo(lakeside, second)).toContain(
    'Switching is not protected by this approval, because it is protected for another registration of this customer.',
  );
  // Nothing of the sort where all is free, and never whose the other one is.
  expect(await factsOf(first, 'approved')).not.toHaveProperty('leftOut');
  expect(await leftOut(first)).toBeNull();
  expect(await mailTo(northwind, first)).not.toContain('not protected');
  expect(await mailTo(lakeside, second)).not.toContain('Northwind');
});

test('with nothing free it is a conflict, and so is a part where the program approves all or nothing', async () => {
  await inForce(true);
  const first = await submit(northwind, 'Bittern Mill', [switching, storage]);
  await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
  const none = await submit(lakeside, 'Bittern Mill', [switching]);
  expect((await house.decide({ id: none, as: 'approver@', outcome: 'approve' })).statusCode).toBe(409);
  expect((await house.registration(none)).status).toBe('in_conflict');

  await inForce(false);
  const whole = await submit('sales@saffron', 'Bittern Mill', [switching, security]);
  expect((await house.decide({ id: whole, as: 'approver@', outcome: 'approve' })).statusCode).toBe(409);
  expect((await house.registration(whole)).status).toBe('in_conflict');
  expect(await protectedFamilies(whole)).toEqual([]);
});

test('a family that was left out may be registered anew, and comes in when an amendment asks for it and it is free', async () => {
  await inForce(true);
  const first = await submit(northwind, 'Curlew Press', [switching]);
  await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
  const second = await submit(lakeside, 'Curlew Press', [switching, storage]);
  await house.decide({ id: second, as: 'approver@', outcome: 'approve' });
  expect(await leftOut(second)).toEqual(['switching']);

  // One registration per family and customer: what protects nothing is not one.
  const anew = await submit(lakeside, 'Curlew Press', [switching]);
  await house.act('withdraw', {
    id: anew,
    as: lakeside,
    facts: { reasonKey: 'no-longer-pursued' },
    body: { words: '' },
  });
  await house.act('withdraw', {
    id: first,
    as: northwind,
    facts: { reasonKey: 'no-longer-pursued' },
    body: { words: '' },
  });

  const amend = (skus: readonly (string | undefined)[]): Promise<unknown> =>
    house.act('amend', {
      id: second,
      as: lakeside,
      facts: { fields: ['lines'] },
      body: {
        lines: skus.map((sku) => ({ sku: sku ?? '', quantity: 10 })),
        words: 'The customer changed his plans.',
      },
    });
  await amend([storage]);
  expect(await leftOut(second)).toEqual([]);
  await amend([storage, switching]);
  // It was never approved, so it is asked like any other family that an amendment adds.
  expect(await protectedFamilies(second)).toEqual(['storage']);
  await house.decide({ id: second, as: 'approver@', kind: 'amendment', outcome: 'grant' });
  expect(await protectedFamilies(second)).toEqual(['storage', 'switching']);
  expect((await leftOut(second)) ?? []).toEqual([]);
});
