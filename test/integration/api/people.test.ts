import { randomBytes, randomUUID } from 'node:crypto';
import { createMailGateway } from '../../../adapters/gateways/mail.ts';
import type { Pool } from '../../../adapters/store/pool.ts';
import { seededId } from '../../../prisma/seed.ts';
import { createEngineDelivery } from '../../../workers/engine-delivery.ts';
import { createRelay } from '../../../workers/relay.ts';
import type { Relay } from '../../../workers/relay.ts';
import { dealRegistrationType } from '../../../workflows/contracts/deal-registration.ts';
import { submissionFor } from './running-api.ts';
import type { Caller, Reply, RunningApi } from './running-api.ts';
import { startHouse } from './running-house.ts';
import type { RunningHouse } from './running-house.ts';

/*
 * Who may do what, changed by two people over HTTP, with workflows and the relay running: what a confirmed change lets
 * somebody do at once, and what becomes of the work of one who lost a role.
 */

const PROGRAM = seededId('program', 'one-per-product');
const idOf = (email: string): string => seededId('person', `${email}.example`);
const [APPROVER, SECOND, DIRECTOR, ADMIN, FINANCE, MANAGER] = [
  idOf('approver@halyard'),
  idOf('approver-2@halyard'),
  idOf('director@halyard'),
  idOf('admin@halyard'),
  idOf('finance@halyard'),
  idOf('account-manager@halyard'),
];

let house: RunningHouse;
let api: RunningApi;
let pool: Pool;
let relay: Relay;
let admin: Caller;
/** Administrator as well: the seeded finance account, made one. */
let second: Caller;
let director: Caller;
let partner: Caller;

beforeAll(async () => {
  house = await startHouse();
  ({ api, pool } = house);
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  relay = createRelay({
    pool,
    clock: Date.now,
    log: silent,
    engine: createEngineDelivery({
      client: house.env.client,
      deadlineMs: 5_000,
      queues: { [dealRegistrationType]: house.deps.taskQueue },
    }),
    // Nobody takes mail here; rows stay and are tried again.
    mail: createMailGateway({ smtpUrl: 'smtp://127.0.0.1:1', from: 'Fairlead <fairlead@halyard.example>' }),
    publicUrl: api.url,
  });
  [admin, director, partner] = await Promise.all([
    api.signIn('admin@halyard.example'),
    api.signIn('director@halyard.example'),
    api.signIn('sales@northwind.example'),
  ]);
}, 60_000);

afterAll(async () => {
  await house.stop();
}, 30_000);

/** One administrator and the director, as seeded; then the rest of the tests have a second administrator. */
async function makeSecondAdministrator(): Promise<void> {
  await api.arrange.query("update person_role set role = 'admin' where person_id = $1", [FINANCE]);
  second = await api.signIn('finance@halyard.example');
}

const propose = (
  caller: Caller,
  personId: string,
  change: object,
  headers: Record<string, string> = {},
): Promise<Reply> =>
  caller.send('POST', '/api/role-changes', { personId, words: 'As agreed.', ...change }, headers);

const decide = (caller: Caller, id: string, verdict: 'confirm' | 'decline', headers = {}): Promise<Reply> =>
  caller.send('POST', `/api/role-changes/${id}/decision`, { verdict, words: 'Looked at.' }, headers);

async function proposed(personId: string, change: object, by: Caller = admin): Promise<string> {
  const reply = await propose(by, personId, change);
  if (reply.status !== 201) throw new Error(`${reply.status} ${reply.text}`);
  return reply.body['id'] as string;
}

/** Proposed by one administrator and confirmed by the director. */
async function changed(personId: string, change: object): Promise<Reply> {
  const reply = await decide(director, await proposed(personId, change), 'confirm');
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
  return reply;
}

const limit = (amountMinor: number, currency = 'EUR') => ({ amountMinor, currency });

async function until(look: () => Promise<boolean>, what: string): Promise<void> {
  const giveUpAtMs = Date.now() + 20_000;
  while (!(await look())) {
    if (Date.now() > giveUpAtMs) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

/** A registration with an open task for an approver, or above his limit for the director. */
async function pendingCase(amountMinor = 4_500_000): Promise<{ id: string; taskId: string }> {
  const tag = randomBytes(5).toString('hex');
  const plain = submissionFor(PROGRAM);
  const reply = await partner.send('POST', '/api/deal-registrations', {
    ...plain,
    salesActivities: ['customer_call', 'demo', 'intent_verified'],
    value: { amountMinor, currency: 'EUR' },
    customer: {
      ...(plain['customer'] as object),
      legalName: `Plover ${tag} Weaving`,
      webDomain: `plover-${tag}.example`,
    },
  });
  if (reply.status !== 201) throw new Error(`${reply.status} ${reply.text}`);
  const id = reply.body['id'] as string;
  return { id, taskId: await openTaskOf(id) };
}

async function openTaskOf(caseId: string, kind = 'registration_review'): Promise<string> {
  let found = '';
  await until(async () => {
    const { rows } = await pool.query<{ id: string }>(
      "select id from task where case_id = $1 and kind = $2 and status = 'open'",
      [caseId, kind],
    );
    found = rows[0]?.id ?? '';
    return found !== '';
  }, `a task of ${caseId}`);
  return found;
}

async function decideTask(caller: Caller, taskId: string, part: object): Promise<Reply> {
  const task = await caller.get(`/api/tasks/${taskId}`);
  return caller.send('POST', `/api/tasks/${taskId}/decision`, {
    outcome: 'approve',
    reasonKey: null,
    words: '',
    privateNote: '',
    fields: [],
    winnerId: null,
    factsHash: task.body['factsHash'],
    ...part,
  });
}

const namedTo = async (taskId: string): Promise<string | null> =>
  (await pool.query<{ named_id: string | null }>('select named_id from task where id = $1', [taskId])).rows[0]
    ?.named_id ?? null;

describe('in a house with one administrator', () => {
  test('neither he nor the only one who confirms what he proposes can be taken away', async () => {
    const lost = await propose(admin, DIRECTOR, { kind: 'take_role', role: 'director' });
    expect([lost.status, lost.body['type'], lost.body['errors']]).toMatchObject([
      422,
      '/problems/not_allowed_now',
      [
        {
          pointer: '/personId',
          reason: expect.stringContaining('Nobody would be left to confirm') as unknown,
        },
      ],
    ]);
    expect((await propose(admin, DIRECTOR, { kind: 'suspend' })).status).toBe(422);
    expect((await propose(admin, ADMIN, { kind: 'suspend' })).body['errors']).toMatchObject([
      { pointer: '/personId' },
      { pointer: '/personId', reason: expect.stringContaining('the last administrator') as unknown },
    ]);
  });

  test('what was proposed while there were two is refused once it would take the last', async () => {
    await makeSecondAdministrator();
    const ofTheFirst = await proposed(ADMIN, { kind: 'suspend' }, second);
    // Meanwhile the second one's role is made to end by itself: he is not left any more.
    await api.arrange.query(
      "update person_role set valid_to = now() + interval '1 hour' where person_id = $1",
      [FINANCE],
    );
    const refused = await decide(director, ofTheFirst, 'confirm');
    expect([refused.status, refused.body['errors']]).toMatchObject([422, [{ pointer: '/personId' }]]);
    expect((await admin.get('/api/session')).status).toBe(200);
    await api.arrange.query("update person_role set valid_to = 'infinity' where person_id = $1", [FINANCE]);
    expect((await decide(director, ofTheFirst, 'decline')).status).toBe(200);
  });
});

describe('a proposal', () => {
  test.each<[string, string, object, string]>([
    ['of one’s own roles', ADMIN, { kind: 'take_role', role: 'admin' }, '/personId'],
    ['of nobody', 'psn_nobody', { kind: 'suspend' }, '/personId'],
    ['of a partner’s role', SECOND, { kind: 'give_role', role: 'partner_sales', limit: null }, '/role'],
    ['of a role that is held', SECOND, { kind: 'give_role', role: 'approver', limit: null }, '/role'],
    ['to take what is not held', SECOND, { kind: 'take_role', role: 'director' }, '/role'],
    ['of duties kept apart', SECOND, { kind: 'give_role', role: 'admin', limit: null }, '/role'],
    [
      'of a limit where there is none',
      MANAGER,
      { kind: 'give_role', role: 'auditor', limit: limit(1) },
      '/role',
    ],
    [
      'of a limit in another currency',
      SECOND,
      { kind: 'give_role', role: 'director', limit: limit(1, 'USD') },
      '/limit/currency',
    ],
    ['without its role', SECOND, { kind: 'take_role' }, '/role'],
    ['without words', SECOND, { kind: 'suspend', words: ' ' }, '/words'],
    [
      'with half a limit',
      SECOND,
      { kind: 'change_limit', role: 'approver', limit: { amountMinor: 1 } },
      '/limit/currency',
    ],
    ['of no kind', SECOND, { kind: 'promote' }, '/kind'],
  ])('%s is refused and names the field', async (_name, personId, change, pointer) => {
    const reply = await propose(admin, personId, change);
    expect([400, 422]).toContain(reply.status);
    expect((reply.body['errors'] as { pointer: string }[]).map((one) => one.pointer)).toContain(pointer);
  });

  test('is an administrator’s; it waits, is seen, and changes nothing yet', async () => {
    const change = { kind: 'change_limit', role: 'approver', limit: limit(9_000_000) };
    for (const caller of [director, partner])
      expect((await propose(caller, SECOND, change)).status).toBe(403);
    const key = { 'idempotency-key': randomUUID() };
    const first = await propose(admin, SECOND, change, key);
    const again = await propose(admin, SECOND, change, key);
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    expect((await propose(admin, SECOND, { ...change, limit: null }, key)).status).toBe(422);
    const other = await propose(second, SECOND, { kind: 'take_role', role: 'approver' });
    expect([other.status, other.body['conflict']]).toMatchObject([
      409,
      { by: 'Administrator (demo)', what: 'proposed', status: 'open' },
    ]);
    const { rows } = await pool.query(
      'select limit_minor, limit_currency from person_role where person_id = $1',
      [SECOND],
    );
    expect(rows).toEqual([{ limit_minor: 25_000_000, limit_currency: null }]);
    const auditor = await api.signIn('auditor@halyard.example');
    const shown = async (caller: Caller): Promise<unknown> =>
      ((await caller.get('/api/role-changes')).body['items'] as { id: string }[]).find(
        ({ id }) => id === first.body['id'],
      );
    expect(await shown(admin)).toMatchObject({ whyNotConfirm: 'proposed_by_you', whyNotDecline: null });
    expect(await shown(auditor)).toMatchObject({ whyNotConfirm: 'not_your_role' });
    expect(await shown(director)).toMatchObject({ whyNotConfirm: null, status: 'open' });
    expect((await partner.get('/api/role-changes')).status).toBe(403);
    expect((await decide(auditor, first.body['id'] as string, 'confirm')).status).toBe(403);
    expect((await decide(director, first.body['id'] as string, 'decline')).status).toBe(200);
  });
});

describe('the second person', () => {
  test('is neither who proposed it, nor whom it is about, nor a deputy of one of them', async () => {
    const own = await proposed(SECOND, { kind: 'suspend' });
    const self = await decide(admin, own, 'confirm');
    expect([self.status, self.body['errors']]).toMatchObject([403, [{ pointer: '/verdict' }]]);
    const aboutDirector = await proposed(DIRECTOR, { kind: 'suspend' });
    const about = await decide(director, aboutDirector, 'decline');
    expect([about.status, about.body['errors']]).toMatchObject([403, [{ pointer: '/verdict' }]]);
    await api.arrange.query(
      `insert into absence (id, person_id, deputy_id, from_at, to_at) values ('abs_people', $1, $2, now() - interval '1 hour', now() + interval '1 hour')`,
      [SECOND, DIRECTOR],
    );
    const deputy = await decide(director, own, 'confirm');
    expect([deputy.status, deputy.body['errors']]).toMatchObject([403, [{ pointer: '/verdict' }]]);
    await api.arrange.query("delete from absence where id = 'abs_people'");
    // Nothing happened to either; the first one is taken back by whoever proposed it, the other declined.
    const { rows } = await pool.query('select active from person where id = any($1)', [[SECOND, DIRECTOR]]);
    expect(rows).toEqual([{ active: true }, { active: true }]);
    expect((await decide(admin, own, 'decline')).status).toBe(200);
    expect((await decide(second, aboutDirector, 'decline')).status).toBe(200);
  });

  test('is the first of several at once; the others hear who it was', async () => {
    const id = await proposed(MANAGER, { kind: 'give_role', role: 'program_ops', limit: null });
    const replies = await Promise.all(
      [director, second, director, second].map((caller) => decide(caller, id, 'confirm')),
    );
    const statuses = replies.map(({ status }) => status);
    expect(statuses.toSorted((left, right) => left - right)).toEqual([200, 409, 409, 409]);
    const late = replies.find(({ status }) => status === 409);
    expect(late?.body['conflict']).toMatchObject({ what: 'confirmed', status: 'confirmed' });
    const { rows } = await pool.query<{ action: string; n: number }>(
      `select action, count(*)::int as n from audit_row where subject = $1 and action like 'role_change%' group by action order by action`,
      [MANAGER],
    );
    expect(rows).toEqual([
      { action: 'role_change_confirmed', n: 1 },
      { action: 'role_change_proposed', n: 1 },
    ]);
    await changed(MANAGER, { kind: 'take_role', role: 'program_ops' });
  });

  test('cannot confirm what an administrator proposed who is none any more', async () => {
    const id = await proposed(SECOND, { kind: 'suspend' }, second);
    await changed(FINANCE, { kind: 'take_role', role: 'admin' });
    expect((await decide(director, id, 'confirm')).body['errors']).toMatchObject([{ pointer: '/verdict' }]);
    expect((await decide(director, id, 'decline')).status).toBe(200);
    await changed(FINANCE, { kind: 'give_role', role: 'admin', limit: null });
  });
});

describe('a confirmed change holds at once', () => {
  const readersOf = async (role: string): Promise<string[]> =>
    (
      await pool.query<{ person_id: string }>('select person_id from role_readers($1, now(), null, null)', [
        role,
      ])
    ).rows.map(({ person_id }) => person_id);

  test('for what the API allows, for mails to the role, and for what he may decide', async () => {
    const manager = await api.signIn('account-manager@halyard.example');
    expect((await manager.get('/api/operations/board')).status).toBe(403);
    // All limits of one person are in one currency: the old one first.
    await changed(MANAGER, {
      kind: 'change_limit',
      role: 'channel_account_manager',
      limit: limit(10_000_000),
    });
    await changed(MANAGER, { kind: 'give_role', role: 'director', limit: limit(70_000_000) });
    expect((await manager.get('/api/operations/board')).status).toBe(200);
    expect(await readersOf('director')).toContain(MANAGER);
    const { taskId } = await pendingCase(60_000_000);
    expect((await manager.get(`/api/tasks/${taskId}`)).body).toMatchObject({ mayDecide: true });

    // A limit in another currency says nothing of this value: neither on the screen nor in the step.
    await api.arrange.query(
      "update person_role set limit_currency = 'USD' where person_id = $1 and limit_minor is not null",
      [MANAGER],
    );
    expect((await manager.get(`/api/tasks/${taskId}`)).body).toMatchObject({
      mayDecide: false,
      whyNot: 'limit_in_another_currency',
    });
    const mine = (await manager.get('/api/tasks?show=mine&limit=200')).body['items'] as { id: string }[];
    expect(mine.some(({ id }) => id === taskId)).toBe(false);
    await api.arrange.query(
      "update person_role set limit_currency = 'EUR' where person_id = $1 and limit_minor is not null",
      [MANAGER],
    );

    await changed(MANAGER, { kind: 'change_limit', role: 'director', limit: limit(50_000_000) });
    expect((await decideTask(manager, taskId, {})).status).toBe(403);
    await changed(MANAGER, { kind: 'take_role', role: 'director' });
    expect((await manager.get('/api/operations/board')).status).toBe(403);
    expect(await readersOf('director')).not.toContain(MANAGER);
    expect((await decideTask(director, taskId, {})).status).toBe(201);
  }, 60_000);

  test('suspended: signed out everywhere, no way back in, nobody acts or is told in his place', async () => {
    const here = await api.signIn('approver-2@halyard.example');
    const there = await api.signIn('approver-2@halyard.example');
    const { taskId } = await pendingCase();
    expect((await here.send('POST', `/api/tasks/${taskId}/claim`, {})).status).toBe(200);
    await api.arrange.query(
      `insert into absence (id, person_id, deputy_id, from_at, to_at) values ('abs_susp', $1, $2, now() - interval '1 hour', now() + interval '1 hour')`,
      [SECOND, MANAGER],
    );
    expect(await readersOf('approver')).toEqual(expect.arrayContaining([SECOND, MANAGER]));
    const done = await changed(SECOND, { kind: 'suspend' });
    expect(done.body['sessionsEnded']).toBeGreaterThanOrEqual(2);
    for (const caller of [here, there]) expect((await caller.get('/api/session')).status).toBe(401);
    await expect(api.signIn('approver-2@halyard.example')).rejects.toThrow(/sign-in stopped/);
    expect(await readersOf('approver')).toEqual([APPROVER]);
    const { rows } = await pool.query('select claimed_by from task where id = $1', [taskId]);
    expect(rows).toEqual([{ claimed_by: null }]);
    await changed(SECOND, { kind: 'reinstate' });
    // Those sessions stay over; he signs in anew.
    expect((await here.get('/api/session')).status).toBe(401);
    const back = await api.signIn('approver-2@halyard.example');
    expect((await decideTask(back, taskId, {})).status).toBe(201);
    await api.arrange.query("delete from absence where id = 'abs_susp'");
  }, 60_000);
});

describe('a task that somebody was given by name', () => {
  const ops = (): Promise<Caller> => api.signIn('program-ops@halyard.example');
  const give = async (taskId: string, personId: string): Promise<void> => {
    const reply = await (
      await ops()
    ).send('POST', `/api/tasks/${taskId}/assignment`, {
      personId,
      words: 'Please look at this.',
    });
    expect([reply.status, reply.text]).toEqual([200, reply.text]);
  };

  test('goes back to its queue with his role, is not lost, and another decides it', async () => {
    const [small, large] = [await pendingCase(), await pendingCase(20_000_000)];
    for (const { taskId } of [small, large]) await give(taskId, SECOND);
    // A lower limit sends back only what is above it.
    const lower = await changed(SECOND, { kind: 'change_limit', role: 'approver', limit: limit(10_000_000) });
    expect(lower.body['tasksSentBack']).toBe(1);
    // The case does it: until the relay has told it, the record shows what is asked and for what.
    const { rows } = await pool.query(
      `select update_name, facts, settled_at from receipt where case_id = $1 and update_name = 'assign' and facts ->> 'personId' is null`,
      [large.id],
    );
    expect(rows).toEqual([
      { update_name: 'assign', facts: { taskId: large.taskId, personId: null }, settled_at: null },
    ]);
    await until(async () => {
      await relay.relayOnce();
      return (await namedTo(large.taskId)) === null;
    }, 'the task to be back in its queue');
    expect(await namedTo(small.taskId)).toBe(SECOND);
    const gone = await changed(SECOND, { kind: 'take_role', role: 'approver' });
    expect(gone.body['tasksSentBack']).toBe(1);
    await until(async () => {
      await relay.relayOnce();
      return (await namedTo(small.taskId)) === null;
    }, 'the other task to be back in its queue');
    const approver = await api.signIn('approver@halyard.example');
    for (const { id, taskId } of [small, large]) {
      const timeline = (await approver.get(`/api/deal-registrations/${id}/timeline`)).body['items'] as {
        kind: string;
      }[];
      expect(timeline.filter(({ kind }) => kind === 'task_reassigned')).toHaveLength(2);
      expect((await decideTask(approver, taskId, {})).status).toBe(201);
    }
    await changed(SECOND, { kind: 'give_role', role: 'approver', limit: limit(25_000_000) });
  }, 90_000);
});

describe('a house with one director, who took part', () => {
  // Whoever stands above the director could decide in his place.
  beforeAll(async () => {
    await api.arrange.query("delete from person_role where role in ('cro', 'cfo', 'ceo')");
  });

  test('says that nobody may decide the appeal; handed to one who took no part, it is decided', async () => {
    const { id, taskId } = await pendingCase();
    const denied = await decideTask(director, taskId, {
      outcome: 'deny',
      reasonKey: 'other',
      words: 'Not this time.',
    });
    expect([denied.status, denied.text]).toEqual([201, denied.text]);
    await until(
      async () => (await partner.get(`/api/deal-registrations/${id}`)).body['status'] === 'rejected',
      'the denial',
    );
    const appealed = await partner.send('POST', `/api/deal-registrations/${id}/appeal`, {
      words: 'The customer confirmed.',
    });
    expect([appealed.status, appealed.text]).toEqual([200, appealed.text]);
    const appeal = await openTaskOf(id, 'appeal');
    expect((await director.get(`/api/tasks/${appeal}`)).body).toMatchObject({
      mayDecide: false,
      whyNot: 'took_part',
      nobodyDecides: 'everybody_took_part',
    });
    const ops = await api.signIn('program-ops@halyard.example');
    const stuck = async (): Promise<unknown[]> =>
      ((await ops.get('/api/operations/stuck')).body['items'] as { kind: string; id: string }[]).filter(
        ({ kind, id: of }) => kind === 'task' && of === appeal,
      );
    expect(await stuck()).toMatchObject([
      {
        caseId: id,
        actions: ['reassign'],
        cause: expect.stringContaining('Everybody who has the role took part') as unknown,
      },
    ]);
    const board = (await ops.get('/api/operations/board')).body['stuck'] as { tasks: number };
    expect(board.tasks).toBeGreaterThanOrEqual(1);

    const handed = await ops.send('POST', `/api/tasks/${appeal}/assignment`, {
      personId: APPROVER,
      words: 'Took no part in it.',
    });
    expect([handed.status, handed.text]).toEqual([200, handed.text]);
    expect(await stuck()).toEqual([]);
    const approver = await api.signIn('approver@halyard.example');
    expect((await approver.get(`/api/tasks/${appeal}`)).body).toMatchObject({
      mayDecide: true,
      nobodyDecides: null,
    });
    const upheld = await decideTask(approver, appeal, { outcome: 'uphold', words: 'It stays as it is.' });
    expect([upheld.status, upheld.text]).toEqual([201, upheld.text]);
  }, 60_000);

  test('names each cause as the rule does', async () => {
    const { taskId } = await pendingCase();
    const causeOf = async (): Promise<string | undefined> =>
      ((await director.get('/api/operations/stuck')).body['items'] as { id: string; cause: string }[]).find(
        ({ id }) => id === taskId,
      )?.cause;
    expect(await causeOf()).toBeUndefined();
    const set = (column: string, value: unknown): Promise<unknown> =>
      api.arrange.query(`update task set ${column} = $2 where id = $1`, [taskId, value]);
    await set('named_id', FINANCE);
    expect(await causeOf()).toContain('handed to a person who may not decide it');
    await set('named_id', null);
    await set('excluded_ids', [DIRECTOR]);
    await set('amount_minor', 30_000_000);
    expect(await causeOf()).toContain('above the limit of everybody who took no part');
    await set('role', 'treasurer');
    expect(await causeOf()).toContain('Nobody has the role');
    await set('role', 'approver');
    await set('amount_minor', 30_000);
    expect(await causeOf()).toBeUndefined();
  }, 60_000);
});
