import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { createMailGateway, type MailGateway } from '../../adapters/gateways/mail.ts';
import { createPool, type Pool } from '../../adapters/store/pool.ts';
import { createRelay, digestDue, type Relay, type RelayLimits } from '../../workers/relay.ts';
import { addMail, addReceipt, addRegistration, AT_MS, openRecord, type Record } from '../fixtures/record.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const noEngine = {
  deliverReceipt: () => Promise.reject(new Error('no engine in this test')),
  deliverSignal: () => Promise.reject(new Error('no engine in this test')),
};

/** A real SMTP server that keeps what it takes, and answers as it is told. */
const startSmtp = async () => {
  const mails: ParsedMail[] = [];
  const behaviour: { refuse: number | null; afterAccept: (() => void) | null } = {
    refuse: null,
    afterAccept: null,
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, callback) => {
      const { refuse } = behaviour;
      callback(
        refuse === null ? null : Object.assign(new Error('mailbox says no'), { responseCode: refuse }),
      );
    },
    onData: (stream, _session, callback) => {
      simpleParser(stream).then((mail) => {
        mails.push(mail);
        callback();
      }, callback);
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { mails, behaviour, port, stop: () => new Promise<void>((resolve) => server.close(resolve)) };
};

let database: TestDatabase;
let pool: Pool;
let record: Record;
let smtp: Awaited<ReturnType<typeof startSmtp>>;
let gateway: MailGateway;
let nowMs = AT_MS;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.workerUrl, max: 8, applicationName: 'test-worker' });
  record = await openRecord(database.superuserUrl);
  smtp = await startSmtp();
  gateway = createMailGateway({
    smtpUrl: `smtp://127.0.0.1:${smtp.port}`,
    from: 'Lighthouse Instruments <channel@lighthouse.example>',
    timeoutMs: 2_000,
  });
  nowMs = AT_MS;
  const receipt = await addReceipt(record, { caseId: 'reg_1' });
  await record.query('update receipt set next_attempt_at = null');
  await addRegistration(record, { id: 'reg_1', receipt });
});

afterEach(async () => {
  gateway.close();
  await smtp.stop();
  await Promise.all([pool.end(), record.end()]);
  await database.drop();
});

const relay = (limits: Partial<RelayLimits> = {}): Relay =>
  createRelay({
    pool,
    clock: () => nowMs,
    log: silent,
    engine: noEngine,
    mail: gateway,
    publicUrl: 'https://fairlead.example',
    limits,
  });

const stored = async (id: string) => {
  const [row] = await record.query<{
    delivered: boolean;
    parked: boolean;
    attempts: number;
    skip_reason: string | null;
    last_error: string | null;
  }>(
    'select delivered_at is not null as delivered, parked_at is not null as parked, attempts, skip_reason, last_error from outbound where id = $1',
    [id],
  );
  if (row === undefined) throw new Error(`no outbound row ${id}`);
  return row;
};

test('a mail reads well as text, comes from the vendor, and its Message-ID is the row’s', async () => {
  await addMail(record, {
    id: 'out_received',
    caseId: 'reg_1',
    template: 'registration_received',
    payload: { queue: 'approvals' },
  });
  await relay().relayOnce();
  const [mail] = smtp.mails;
  expect(mail?.messageId).toBe('<out_received@lighthouse.example>');
  expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
  expect(mail?.from?.text).toContain('channel@lighthouse.example');
  expect(mail?.to).toMatchObject({ text: '"Sales (demo)" <sales@northwind-harbour.example>' });
  expect(mail?.html).toBe(false);
  expect(mail?.subject).toBe('DR-REG_1: we have your registration for Contoso Shipyards');
  expect(mail?.text).toContain('€48,000.00');
  expect(mail?.text).toContain('https://fairlead.example/deal-registrations/reg_1');
  expect(mail?.text).toContain('Lighthouse Instruments');
  expect(mail?.text).not.toMatch(/undefined|null|NaN|\[object/);
  expect(await stored('out_received')).toMatchObject({ delivered: true, attempts: 1, skip_reason: null });
});

test('a crash between acceptance and record doubles the mail with the same Message-ID', async () => {
  await addMail(record, { id: 'out_1', caseId: 'reg_1', template: 'registration_received' });
  await relay().relayOnce();
  await record.query(`update outbound set delivered_at = null, next_attempt_at = not_before`);
  await relay().relayOnce();
  expect(smtp.mails.map((mail) => mail.messageId)).toEqual([
    '<out_1@lighthouse.example>',
    '<out_1@lighthouse.example>',
  ]);
});

test('nothing leaves before its time', async () => {
  await addMail(record, {
    id: 'out_1',
    caseId: 'reg_1',
    template: 'decided',
    payload: { outcome: 'denied', closureCode: 'not_eligible' },
    notBefore: new Date(AT_MS + 10_000).toISOString(),
  });
  nowMs = AT_MS + 9_999;
  expect((await relay().relayOnce()).outbound).toBe(0);
  expect(smtp.mails).toHaveLength(0);
  nowMs = AT_MS + 10_000;
  expect((await relay().relayOnce()).outbound).toBe(1);
  expect(smtp.mails).toHaveLength(1);
});

test('a receiver learns of a case in order, and one that cannot be reached holds no other up', async () => {
  await addMail(record, { id: 'out_1', caseId: 'reg_1', seq: 1, template: 'registration_received' });
  await addMail(record, {
    id: 'out_2',
    caseId: 'reg_1',
    seq: 2,
    template: 'decided',
    payload: { outcome: 'approved' },
  });
  await addMail(record, {
    id: 'out_3',
    caseId: 'reg_1',
    seq: 3,
    template: 'task_opened',
    target: 'psn_approver',
  });
  smtp.behaviour.refuse = 450;
  const one = relay();
  expect((await one.relayOnce()).outbound).toBe(2);
  smtp.behaviour.refuse = null;
  expect((await one.relayOnce()).outbound).toBe(0);
  nowMs += 60_000;
  await one.relayOnce();
  await one.relayOnce();
  const bySender = smtp.mails
    .filter((mail) => mail.text?.includes('Sales (demo)'))
    .map((mail) => mail.messageId);
  expect(bySender).toEqual(['<out_1@lighthouse.example>', '<out_2@lighthouse.example>']);
});

test('what a person switched off is marked and not sent; decisions are always sent', async () => {
  const mail = { received: false, reminders: false, digest: 'off' };
  await record.query(`update person set preferences = $1 where id = 'psn_submitter'`, [
    JSON.stringify({ mail, timeZone: 'Europe/Berlin', locale: 'de-DE' }),
  ]);
  await addMail(record, { id: 'out_1', caseId: 'reg_1', seq: 1, template: 'registration_received' });
  await addMail(record, {
    id: 'out_2',
    caseId: 'reg_1',
    seq: 2,
    template: 'expiring',
    payload: { protectedUntil: '2026-06-01T00:00:00.000Z' },
  });
  await addMail(record, {
    id: 'out_3',
    caseId: 'reg_1',
    seq: 3,
    template: 'decided',
    payload: { outcome: 'denied', closureCode: 'not_eligible' },
  });
  for (let round = 0; round < 3; round += 1) await relay().relayOnce();
  expect(await stored('out_1')).toMatchObject({ delivered: true, skip_reason: 'preference' });
  expect(await stored('out_2')).toMatchObject({ delivered: true, skip_reason: 'preference' });
  expect(smtp.mails.map((each) => each.messageId)).toEqual(['<out_3@lighthouse.example>']);
  await record.query(`update person set active = false where id = 'psn_submitter'`);
  await addMail(record, {
    id: 'out_4',
    caseId: 'reg_1',
    seq: 4,
    template: 'expired',
    payload: { protectedUntil: '2026-06-01T00:00:00.000Z' },
  });
  await relay().relayOnce();
  expect(await stored('out_4')).toMatchObject({ delivered: true, skip_reason: 'inactive' });
});

test('a denial tells of no rival where the program does not disclose one', async () => {
  await record.query(
    `update registration set status = 'rejected', closure_code = 'conflict_lost' where id = 'reg_1'`,
  );
  await addMail(record, {
    id: 'out_1',
    caseId: 'reg_1',
    template: 'decided',
    payload: { outcome: 'denied', closureCode: 'conflict_lost' },
  });
  await relay().relayOnce();
  expect(smtp.mails[0]?.text).toContain('Reason: another reason.');
  expect(smtp.mails[0]?.text).not.toMatch(/conflict|rival|another (partner|registration)/i);
});

test('an address that is refused for good is parked with its cause; a server that is away parks nothing', async () => {
  await addMail(record, { id: 'out_1', caseId: 'reg_1', template: 'registration_received' });
  smtp.behaviour.refuse = 550;
  const one = relay({ parkAfter: 2 });
  await one.relayOnce();
  expect(await stored('out_1')).toMatchObject({ parked: false, attempts: 1 });
  nowMs += 60_000;
  await one.relayOnce();
  const refused = await stored('out_1');
  expect(refused).toMatchObject({ parked: true, delivered: false, attempts: 2 });
  expect(refused.last_error).toContain('mailbox says no');
  expect(refused.last_error).not.toContain('northwind');

  await addMail(record, { id: 'out_2', caseId: 'reg_1', seq: 2, template: 'registration_received' });
  await smtp.stop();
  for (let attempt = 0; attempt < 4; attempt += 1) {
    nowMs += 60_000;
    await one.relayOnce();
  }
  expect(await stored('out_2')).toMatchObject({ parked: false, delivered: false, attempts: 4 });
});

test('a row of which no mail can be made is parked at once, naming fields and no values', async () => {
  await addMail(record, {
    id: 'out_1',
    caseId: 'reg_1',
    seq: 1,
    template: 'decided',
    payload: { outcome: 'perhaps' },
  });
  await addMail(record, {
    id: 'out_2',
    caseId: 'reg_1',
    seq: 2,
    target: 'psn_approver',
    template: 'no_such_template',
  });
  await addMail(record, { id: 'out_3', caseId: 'reg_1', seq: 3, target: 'psn_gone', template: 'decided' });
  await addMail(record, {
    id: 'out_4',
    caseId: 'reg_none',
    seq: 1,
    target: 'psn_director',
    template: 'note',
  });
  await relay().relayOnce();
  expect((await stored('out_1')).last_error).toBe('the mail decided lacks or has unusable: outcome');
  expect((await stored('out_2')).last_error).toBe('there is no mail template no_such_template');
  expect((await stored('out_3')).last_error).toBe('there is no person psn_gone');
  expect((await stored('out_4')).last_error).toBe('the record has no case reg_none');
  for (const id of ['out_1', 'out_2', 'out_3', 'out_4']) expect((await stored(id)).parked).toBe(true);
});

test('each new task comes by mail only to those of its role who chose that', async () => {
  await record.query(`insert into person_role (person_id, role) values ('psn_director', 'approver')`);
  const opened = { caseId: 'reg_1', target: 'role:approver', template: 'task_opened' };
  const payload = { kind: 'registration_review', queue: 'approvals' };
  await addMail(record, { id: 'out_1', seq: 1, ...opened, payload });
  for (let round = 0; round < 2; round += 1) await relay().relayOnce();
  expect(await stored('out_1')).toMatchObject({ delivered: true, skip_reason: 'preference' });
  expect(smtp.mails).toEqual([]);
  await record.query(`update person set preferences = '{"mail": {"tasks": true}}' where id = 'psn_director'`);
  await addMail(record, { id: 'out_2', seq: 2, ...opened, payload });
  for (let round = 0; round < 2; round += 1) await relay().relayOnce();
  expect(await stored('out_2')).toMatchObject({ delivered: true, skip_reason: 'fanned_out' });
  expect(smtp.mails.map(({ to }) => (Array.isArray(to) ? '' : to?.text))).toEqual([
    '"Director (demo)" <director@lighthouse.example>',
  ]);
});

test('one mail for rivals is about the registration whose clock caused it, and says how many are decided together', async () => {
  await addMail(record, {
    id: 'out_joint',
    caseId: 'rvw_1',
    target: 'role:director',
    template: 'escalated',
    payload: {
      registrationId: 'reg_1',
      clock: 'decision',
      dueAt: '2026-03-01T09:00:00.000Z',
      together: 3,
    },
  });
  for (let round = 0; round < 2; round += 1) await relay().relayOnce();
  expect(smtp.mails).toHaveLength(1);
  expect(smtp.mails[0]?.subject).toContain('DR-REG_1');
  expect(smtp.mails[0]?.text).toContain('together with 2 other registrations');
  expect(smtp.mails[0]?.text).toContain('https://fairlead.example/deal-registrations/reg_1');
});

test.each([
  ['anotherRegistrationExists', true],
  ['reasonOnly', false],
])(
  'a sharer reads his part where the program discloses that another exists (%s: %s)',
  async (denial, told) => {
    await record.query('alter table policy_document disable trigger keep_published_policy');
    await record.query(
      `update policy_document set body = jsonb_set(body, '{disclosure,denial}', to_jsonb($1::text))`,
      [denial],
    );
    await addMail(record, {
      id: 'out_shared',
      caseId: 'reg_1',
      template: 'decided',
      payload: {
        outcome: 'approved',
        protectedUntil: '2026-05-01T10:00:00.000Z',
        benefitPpm: 500_000,
      },
    });
    await relay().relayOnce();
    expect(smtp.mails).toHaveLength(1);
    expect(smtp.mails[0]?.text?.includes("50% of the program's benefit is yours")).toBe(told);
  },
);

test('a mail to a role goes to each of its holders once', async () => {
  await record.query(`insert into person_role (person_id, role) values ('psn_director', 'approver')`);
  await addMail(record, {
    id: 'out_role',
    caseId: 'reg_1',
    target: 'role:approver',
    template: 'escalated',
    payload: { clock: 'decision', dueAt: '2026-03-01T09:00:00.000Z' },
  });
  await relay().relayOnce();
  await relay().relayOnce();
  expect(await stored('out_role')).toMatchObject({ delivered: true, skip_reason: 'fanned_out' });
  expect(smtp.mails).toHaveLength(2);
  expect(new Set(smtp.mails.map((mail) => (Array.isArray(mail.to) ? '' : mail.to?.text)))).toEqual(
    new Set([
      '"Approver (demo)" <approver@lighthouse.example>',
      '"Director (demo)" <director@lighthouse.example>',
    ]),
  );
  expect(smtp.mails[0]?.text).toContain('Northwind Harbour Systems');
  await addMail(record, {
    id: 'out_none',
    caseId: 'reg_1',
    seq: 2,
    target: 'role:auditor',
    template: 'note',
  });
  await relay({ parkAfter: 1 }).relayOnce();
  expect(await stored('out_none')).toMatchObject({ parked: true, last_error: 'nobody has the role auditor' });
});

describe('the digest', () => {
  const openTask = (id: string, change: { excluded?: string[]; role?: string } = {}) =>
    record.query(
      `insert into task (id, case_id, case_kind, kind, workflow_id, subject, question, role, queue, excluded_ids, outcomes, facts_hash, opened_at, due_at)
       values ($1, 'reg_1', 'deal_registration', 'registration_review', 'deal-registration:reg_1', 'Contoso Shipyards', 'q', $2, 'approvals', $3, '{approve}', 'h', $4, $4)`,
      [id, change.role ?? 'approver', change.excluded ?? [], new Date(AT_MS)],
    );

  test('goes once a local day to those for whom something waits, with counts in the row and words in the mail', async () => {
    await record.query(`update person set time_zone = 'America/New_York' where id = 'psn_approver'`);
    await openTask('tsk_1');
    await openTask('tsk_2');
    await openTask('tsk_3', { excluded: ['psn_approver'] });
    await openTask('tsk_4', { role: 'finance_approver' });
    // 09:00 UTC is four in the morning in New York.
    expect((await relay().relayOnce()).digests).toBe(0);
    nowMs = Date.parse('2026-03-02T12:00:00.000Z');
    expect((await relay().relayOnce()).digests).toBe(1);
    expect((await relay().relayOnce()).digests).toBe(0);
    const [row] = await record.query<{ payload: object }>(
      `select payload from outbound where template = 'digest'`,
    );
    expect(row?.payload).toEqual({ periodWords: 'day', open: 2, breached: 0 });
    expect(smtp.mails).toHaveLength(1);
    expect(smtp.mails[0]?.subject).toBe('2 cases wait for you');
    expect(smtp.mails[0]?.text).toContain('Should this partner get protection for this deal?');
    nowMs += 24 * 3_600_000;
    expect((await relay().relayOnce()).digests).toBe(1);
  });

  test('names all registrations of a joint task, and leads to the task, which is no page of a case', async () => {
    await record.query(
      `insert into task (id, case_id, case_kind, kind, workflow_id, subject, question, role, queue, outcomes, facts, facts_hash, opened_at, due_at)
       values ('tsk_joint', 'rvw_1', 'review-window', 'joint_review', 'review-window:rvw_1', 'Contoso Shipyards', 'q', 'approver', 'approvals', '{deny}', $2, 'h', $1, $1)`,
      [new Date(AT_MS), { rivals: [{ reference: 'DR-REG_1' }, { reference: 'DR-REG_2' }] }],
    );
    await addMail(record, {
      id: 'out_opened',
      caseId: 'rvw_1',
      target: 'psn_approver',
      template: 'task_opened',
      payload: { taskId: 'tsk_joint', registrationId: 'reg_1', kind: 'joint_review' },
    });
    await record.query(`update person set preferences = $1 where id = 'psn_approver'`, [
      { mail: { tasks: true, digest: 'daily' } },
    ]);
    nowMs = Date.parse('2026-03-02T12:00:00.000Z');
    await relay().relayOnce();
    const texts = smtp.mails
      .map(({ text }) => text ?? '')
      .filter((text) => text.includes('/inbox?task=tsk_joint'));
    expect(texts).toHaveLength(2);
    expect(texts.some((text) => text.includes('DR-REG_1, DR-REG_2'))).toBe(true);
    for (const text of texts) expect(text).not.toContain('rvw_1');
  });

  test('by what the person chose, in his own time', () => {
    const monday = Date.parse('2026-03-02T12:00:00.000Z');
    const day = 86_400_000;
    expect(digestDue({ digest: 'off', timeZone: 'UTC' }, monday)).toBeNull();
    expect(digestDue({ digest: 'weekly', timeZone: 'UTC' }, monday)).toEqual({
      localDay: '2026-03-02',
      period: 'week',
    });
    expect(digestDue({ digest: 'weekly', timeZone: 'UTC' }, monday + day)).toBeNull();
    expect(digestDue({ digest: 'daily', timeZone: 'Pacific/Auckland' }, monday)).toBeNull();
    expect(digestDue({ digest: 'daily', timeZone: 'Pacific/Auckland' }, monday + day / 3)?.localDay).toBe(
      '2026-03-03',
    );
    expect(digestDue({ digest: 'daily', timeZone: 'No/Such_Zone' }, monday)?.localDay).toBe('2026-03-02');
  });
});
