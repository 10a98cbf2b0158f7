import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { customerOf, submitUntil } from '../fixtures/rivals.ts';
import { findCaseForMail, findRecipient } from '../../adapters/store/outbound.ts';
import type { DueOutbound } from '../../adapters/store/outbound.ts';
import { wordsOf } from '../../workers/mail-words.ts';
import { openRegistrationHouse, partnerOfPerson, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

/* What people say in a case reaches whom it is for, and nobody else; what a rule does tells a partner no more than a person's act. */

jest.setTimeout(60_000);

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;
const northwind = 'sales@northwind';
const lakeside = 'sales@lakeside';

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: { amount: 0, unit: 'businessHour' },
    machineDenial: 'onDuplicateOfProtected',
    disclosure: { ...policy.disclosure, denial: 'reasonOnly' },
  }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

let customers = 0;
async function approved(): Promise<string> {
  customers += 1;
  const name = ['Alder Yard', 'Bramble Works', 'Cobalt Mill', 'Drumlin Foods'][customers - 1] ?? '';
  const id = await submitUntil(house, 'pending_approval', {
    as: northwind,
    submission: { customer: customerOf(`${name} GmbH`, `${name.toLowerCase().replace(' ', '-')}.com`) },
  });
  await house.decide({ id, as: 'approver@', outcome: 'approve' });
  return id;
}

/** The facts that a step told: to everyone, and to the vendor alone. */
async function told(id: string, kind: string): Promise<{ everyone: unknown; vendor: unknown }> {
  const { rows } = await house.pool.query<{ everyone: unknown; vendor: unknown }>(
    `select e.facts as everyone, p.facts as vendor from process_event e
       left join process_event_private p on p.case_id = e.case_id and p.seq = e.seq
      where e.case_id = $1 and e.kind = $2 order by e.seq desc limit 1`,
    [id, kind],
  );
  const row = rows[0];
  if (row === undefined) throw new RangeError(`${id} has no event ${kind}`);
  return row;
}

/** The text of the newest mail of a template, as its receiver gets it. */
async function mailOf(id: string, template: string, reader: string): Promise<string> {
  const { rows } = await house.pool.query<DueOutbound>(
    `select id, case_id as "caseId", seq, n, channel, target, template, payload, attempts from outbound
      where case_id = $1 and template = $2 order by seq desc, n desc limit 1`,
    [id, template],
  );
  const [row, recipient] = [rows[0], await findRecipient(house.pool, personOf(reader))];
  if (row === undefined || recipient === null) throw new RangeError(`${id} has no mail ${template}`);
  return wordsOf({
    row,
    recipient,
    ofCase: await findCaseForMail(house.pool, id),
    waiting: { waiting: [], total: 0 },
    publicUrl: 'https://fairlead.example',
    nowMs: await house.nowMs(),
  }).text;
}

describe('what is said in words', () => {
  test("the partner's answer is in the step that the approver reads", async () => {
    const id = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: customerOf('Elmstead Press GmbH', 'elmstead-press.com') },
    });
    await house.decide({
      id,
      as: 'approver@',
      outcome: 'request_information',
      words: 'Which site is it?',
      fields: ['lines'],
    });
    await house.act('answerInformation', {
      id,
      as: northwind,
      facts: { fields: [] },
      body: { words: 'The one at the harbour.', corrections: {} },
    });
    expect((await told(id, 'information_answered')).everyone).toMatchObject({
      words: 'The one at the harbour.',
    });
    expect(await mailOf(id, 'information_answered', 'approver@')).toContain('> The one at the harbour.');
  });

  test('so is why a case is withdrawn, and what goes with won and lost', async () => {
    const withdrawn = await approved();
    const words = { words: 'The customer stopped the project.' };
    await house.act('withdraw', {
      id: withdrawn,
      as: northwind,
      facts: { reasonKey: 'no-longer-pursued' },
      body: words,
    });
    expect((await told(withdrawn, 'withdrawn')).everyone).toMatchObject(words);
    const won = await approved();
    await house.act('reportOutcome', {
      id: won,
      as: northwind,
      facts: { outcome: 'won', reasonKey: null },
      body: { orderReference: 'PO-1', ...words },
    });
    expect((await told(won, 'won')).everyone).toMatchObject({ orderReference: 'PO-1', ...words });
  });

  test('why it is transferred or handed over is for colleagues', async () => {
    const id = await approved();
    await house.act('transfer', {
      id,
      as: 'director@',
      facts: { toPartnerId: partnerOfPerson(lakeside) ?? '' },
      body: { words: 'The old partner was acquired.' },
    });
    const transfer = await told(id, 'transferred');
    expect(transfer.vendor).toMatchObject({ words: 'The old partner was acquired.' });
    expect(JSON.stringify(transfer.everyone)).not.toContain('acquired');
    const open = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: customerOf('Farrow Dyes GmbH', 'farrow-dyes.com') },
    });
    const { rows } = await house.pool.query<{ id: string }>('select id from task where case_id = $1', [open]);
    await house.act('assign', {
      id: open,
      as: 'program-ops@',
      facts: { taskId: rows[0]?.id ?? '', personId: null },
      body: { words: 'Back from leave.' },
    });
    expect((await told(open, 'task_reassigned')).everyone).toMatchObject({ words: 'Back from leave.' });
  });
});

describe('what a mail says of an appeal', () => {
  test('a denial says until when it can be appealed, and the end of the appeal that it is final', async () => {
    const id = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: customerOf('Inglenook Tiles GmbH', 'inglenook-tiles.com') },
    });
    await house.decide({ id, as: 'approver@', outcome: 'deny', reasonKey: 'other', words: 'Not this time.' });
    expect(await mailOf(id, 'decided', northwind)).toMatch(/you can appeal until [^;]*20\d\d/);
    await house.act('appeal', { id, as: northwind, facts: {}, body: { words: 'Look again.' } });
    await house.decide({ id, as: 'director@', outcome: 'uphold', kind: 'appeal', words: 'It stays.' });
    const upheld = await mailOf(id, 'appeal_decided', northwind);
    expect(upheld).toContain('The denial stands after your appeal. This is final.');
    expect(upheld).toContain('> It stays.');
  });

  test('an appeal that succeeds is told as one, with the protection', async () => {
    const id = await submitUntil(house, 'pending_approval', {
      as: northwind,
      submission: { customer: customerOf('Juniper Glass GmbH', 'juniper-glass.com') },
    });
    await house.decide({ id, as: 'approver@', outcome: 'deny', reasonKey: 'other', words: 'Not this time.' });
    await house.act('appeal', { id, as: northwind, facts: {}, body: { words: 'Look again.' } });
    await house.decide({ id, as: 'director@', outcome: 'overturn', kind: 'appeal', words: 'It is yours.' });
    const overturned = await mailOf(id, 'appeal_decided', northwind);
    expect(overturned).toContain('Your appeal succeeded.');
    expect(overturned).toMatch(/Protected until .*20\d\d/);
  });
});

test('a denial by rule tells the partner what a denial by a person tells', async () => {
  const customer = 'Gantry Foundry';
  const first = await submitUntil(house, 'pending_approval', {
    as: northwind,
    submission: { customer: customerOf(`${customer} GmbH`, 'gantry-foundry.com') },
  });
  await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
  const byRule = await submitUntil(house, 'rejected', {
    as: lakeside,
    submission: { customer: customerOf(`${customer} AG`, 'gantry-foundry.com') },
  });
  const byPerson = await submitUntil(house, 'pending_approval', {
    as: lakeside,
    submission: { customer: customerOf('Hollin Stores AG', 'hollin-stores.com') },
  });
  await house.decide({ id: byPerson, as: 'approver@', outcome: 'deny', reasonKey: 'other', words: 'No.' });
  const [rule, person] = [await told(byRule, 'rejected'), await told(byPerson, 'rejected')];
  expect(rule.everyone).toEqual(person.everyone);
  expect(rule.vendor).toMatchObject({ byMachine: true, closureCode: 'conflict_lost' });
  const { rows } = await house.pool.query<{ words: string }>(
    'select words from decision where case_id = $1',
    [byRule],
  );
  // A person's denial never comes without words.
  expect(rows).toEqual([{ words: expect.stringMatching(/\w/) as string }]);
});
