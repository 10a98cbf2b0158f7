import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { customerOf, submitUntil } from '../fixtures/rivals.ts';
import { randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { createAnchorKey } from '../../adapters/audit-signature.ts';
import { evidencePackOf } from '../../api/evidence-pack.ts';
import { createBusinessClock } from '../../api/business-clock.ts';
import type { Sql } from '../../adapters/store/app-database.ts';
import type { SealedRow } from '../../adapters/store/audit-reads.ts';
import { findRegistration } from '../../adapters/store/registration-reads.ts';
import { sha256Hex } from '../../adapters/sha256.ts';
import { sealContent } from '../../domain/audit-chain.ts';
import { createSealer } from '../../workers/sealer.ts';
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

async function seal(): Promise<void> {
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const signAnchor = createAnchorKey(randomBytes(32)).sign;
  const sealer = createSealer({ pool: house.pool, clock: Date.now, log: quiet, signAnchor });
  await house.until(async () => !(await sealer.sealOnce()).more);
}

/** The files of an archive by name, in its order, read from their local headers. */
function unzipped(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  let at = 0;
  while (archive.readUInt32LE(at) === 0x04_03_4b_50) {
    const [packed, name] = [archive.readUInt32LE(at + 18), archive.readUInt16LE(at + 26)];
    const from = at + 30 + name;
    const content = inflateRawSync(archive.subarray(from, from + packed)).toString('utf8');
    files.set(archive.toString('utf8', at + 30, from), content);
    at = from + packed;
  }
  return files;
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

test('the evidence pack of a case holds what happened, who was told, and audit rows whose hashes can be made again', async () => {
  const id = await approved();
  await house.act('withdraw', {
    id,
    as: northwind,
    facts: { reasonKey: 'no-longer-pursued' },
    body: { words: 'The customer stopped the project.' },
  });
  await seal();
  const sql = {
    rows: async (text: string, values: unknown[]) => (await house.pool.query(text, values)).rows,
  } as unknown as Sql;
  const row = await findRegistration(sql, id);
  if (row === null) throw new RangeError(`No registration ${id}`);
  const now = await createBusinessClock(() => Promise.resolve(new Map())).at(await house.nowMs());
  const pack = await evidencePackOf(sql, { row, now, madeBy: 'Auditor (demo)' });
  expect(pack.name).toBe(`${row.reference}-evidence.zip`);
  const files = unzipped(pack.content as Buffer);
  expect([...files.keys()]).toEqual([
    'README.txt',
    'case.json',
    'timeline.csv',
    'decisions.csv',
    'clocks.csv',
    'mails.csv',
    'audit.csv',
  ]);
  const whole = JSON.parse(files.get('case.json') ?? '') as {
    timeline: { kind: string }[];
    decisions: { outcome: string }[];
    clocks: { kind: string }[];
    mails: { template: string }[];
    audit: SealedRow[];
    leftOut: object;
  };
  const story = whole.timeline.map(({ kind }) => kind);
  expect(story).toEqual(expect.arrayContaining(['submitted', 'approved', 'withdrawn']));
  expect(whole.decisions.map(({ outcome }) => outcome)).toEqual(['approve']);
  expect(whole.clocks.map(({ kind }) => kind)).toContain('protection');
  expect(whole.mails.map(({ template }) => template)).toContain('decided');
  expect(new Set(Object.values(whole.leftOut))).toEqual(new Set([0]));
  expect(whole.audit.length).toBeGreaterThanOrEqual(3);
  for (const { seal: made, ...one } of whole.audit) {
    if (made === null) throw new RangeError(`Audit row ${one.id} is not sealed.`);
    expect(sha256Hex(sealContent({ ...made, row: one }))).toBe(made.hash);
  }
  expect(files.get('timeline.csv')).toContain('The customer stopped the project.');
  // Bounded: what is beyond is counted, not forgotten.
  const short = await evidencePackOf(sql, { row, now, madeBy: 'Auditor (demo)', rows: 1 });
  const cut = JSON.parse(unzipped(short.content as Buffer).get('case.json') ?? '') as typeof whole & {
    leftOut: { timeline: number; audit: number };
  };
  expect([cut.timeline.length, cut.audit.length]).toEqual([1, 1]);
  expect(cut.leftOut).toMatchObject({ timeline: story.length - 1, audit: 1 });
});

test('nothing is denied by rule where its speed would tell of a rival that the program does not disclose', async () => {
  const customer = 'Gantry Foundry';
  const first = await submitUntil(house, 'pending_approval', {
    as: northwind,
    submission: { customer: customerOf(`${customer} GmbH`, 'gantry-foundry.com') },
  });
  await house.decide({ id: first, as: 'approver@', outcome: 'approve' });
  // The policy of this house is of before the combination was forbidden: a person decides.
  const second = await submitUntil(house, 'pending_approval', {
    as: lakeside,
    submission: { customer: customerOf(`${customer} AG`, 'gantry-foundry.com') },
  });
  await house.decide({ id: second, as: 'approver@', outcome: 'deny', reasonKey: 'other', words: 'No.' });
  const { everyone, vendor } = await told(second, 'rejected');
  expect(JSON.stringify([everyone, vendor])).not.toContain('byMachine');
});
