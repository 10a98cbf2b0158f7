import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createAnchorKey } from '../../adapters/audit-signature.ts';
import { advance, HORIZON_AT_START } from '../../adapters/store/audit-seal.ts';
import { createPool, type Pool } from '../../adapters/store/pool.ts';
import { verify, type VerifyResult } from '../../adapters/store/verify.ts';
import { createSealer, type Sealer } from '../../workers/sealer.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

const key = createAnchorKey(randomBytes(32));
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let database: TestDatabase;
let pool: Pool;
let app: Pool;
let nowMs = Date.now();

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.workerUrl, max: 12, applicationName: 'test-worker' });
  app = createPool({ url: database.appUrl, max: 12, applicationName: 'test-app' });
  nowMs = Date.now();
});

afterEach(async () => {
  await Promise.all([pool.end(), app.end()]);
  await database.drop();
});

const sealer = (options: { batchSize?: number; anchorEverySeals?: number } = {}): Sealer =>
  createSealer({ pool, clock: () => nowMs, log: silent, signAnchor: key.sign, ...options });

const write = (client: Pick<Pool, 'query'>, subject: string) =>
  client.query(
    `insert into audit_row (at, actor_id, action, subject, content) values (clock_timestamp(), 'psn_demo', 'test.done', $1, $2)`,
    [subject, { n: 1.5, words: 'Grüße \u{1f600}', list: [1, null, true] }],
  );

const sealedSubjects = async (): Promise<string[]> => {
  const { rows } = await pool.query<{ subject: string }>(
    'select r.subject from audit_seal s join audit_row r on r.id = s.audit_id order by s.seq',
  );
  return rows.map((row) => row.subject);
};

const chainChecks = async (): Promise<VerifyResult[]> => {
  const results = await verify({
    pool,
    census: null,
    clock: () => nowMs,
    isSigned: key.isSigned,
    knownAnchors: [],
    workflowIdOf: (id) => id,
    registrationIdOf: () => null,
    recheckAfterMs: 0,
  });
  return results.filter((result) => result.invariant === 'I4');
};

const faults = async (): Promise<string[]> =>
  (await chainChecks()).flatMap((result) => result.failures.map((failure) => failure.subject));

/** What only somebody with the database's own superuser could do. */
const tamper = async (sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: database.superuserUrl });
  await client.connect();
  try {
    await client.query(`set session_replication_role = replica; ${sql}`);
  } finally {
    await client.end();
  }
};

test('rows are sealed in one gapless chain, anchored, and an idle round writes nothing', async () => {
  const one = sealer({ batchSize: 4 });
  for (let n = 0; n < 10; n += 1) await write(app, `case_${n}`);
  const rounds = [await one.sealOnce(), await one.sealOnce(), await one.sealOnce()];
  expect(rounds.map((round) => [round.sealed, round.more])).toEqual([
    [4, true],
    [4, true],
    [2, false],
  ]);
  expect(await sealedSubjects()).toEqual(Array.from({ length: 10 }, (_, n) => `case_${n}`));
  nowMs += 61_000;
  expect((await one.sealOnce()).anchor?.seq).toBe(10);
  expect(await one.sealOnce()).toMatchObject({ outcome: 'idle', sealed: 0, anchor: null, more: false });
  const checks = await chainChecks();
  expect(checks.map((check) => check.lookedAt)).toEqual([10, 2, 0]);
  expect(await faults()).toEqual([]);
});

test('a low id that commits after a high one was sealed is sealed as well', async () => {
  const one = sealer();
  const late = await app.connect();
  await late.query('begin');
  await write(late, 'low');
  await write(app, 'high');
  await one.sealOnce();
  expect(await sealedSubjects()).toEqual(['high']);
  // Many rounds and rows later the transaction with the low id still has not ended.
  for (let n = 0; n < 5; n += 1) {
    await write(app, `later_${n}`);
    await one.sealOnce();
  }
  expect((await one.sealOnce()).horizon.safeId).toBe(0);
  await late.query('commit');
  late.release();
  await one.sealOnce();
  expect(await sealedSubjects()).toEqual([
    'high',
    'later_0',
    'later_1',
    'later_2',
    'later_3',
    'later_4',
    'low',
  ]);
  await one.sealOnce();
  expect((await one.sealOnce()).horizon).toMatchObject({ safeId: 7, pending: null });
});

test('a rolled back row leaves no gap in the chain and does not hold the horizon', async () => {
  const one = sealer();
  const gone = await app.connect();
  await gone.query('begin');
  await write(gone, 'gone');
  await write(app, 'stays');
  await one.sealOnce();
  await gone.query('rollback');
  gone.release();
  await one.sealOnce();
  await one.sealOnce();
  expect((await one.sealOnce()).horizon).toMatchObject({ safeId: 2, pending: null });
  expect(await faults()).toEqual([]);
});

test('the horizon waits for exactly those who could still bring in an id', () => {
  const start = HORIZON_AT_START;
  expect(advance({ horizon: start, newest: 9, writers: [], upTo: 100 })).toMatchObject({
    safeId: 9,
    pending: null,
  });
  const waiting = advance({ horizon: start, newest: 9, writers: ['3/1', '4/1'], upTo: 100 });
  expect(waiting).toMatchObject({ safeId: 0, pending: { id: 9, holders: ['3/1', '4/1'] } });
  const half = advance({ horizon: waiting, newest: 20, writers: ['4/1', '5/1'], upTo: 100 });
  expect(half).toMatchObject({ safeId: 0, pending: { id: 9, holders: ['4/1'] } });
  // Newer writers do not matter: their ids are higher.
  expect(advance({ horizon: half, newest: 30, writers: ['5/1', '6/1'], upTo: 100 })).toMatchObject({
    safeId: 9,
    pending: null,
  });
  // A sweep goes no further than it looked.
  expect(advance({ horizon: start, newest: 900, writers: [], upTo: 100 })).toMatchObject({
    safeId: 100,
    pending: { id: 900, holders: [] },
  });
});

test('two sealers under concurrent writers make one chain with every row once', async () => {
  const sealers = [
    sealer({ batchSize: 7, anchorEverySeals: 20 }),
    sealer({ batchSize: 5, anchorEverySeals: 20 }),
  ];
  for (const each of sealers) each.start();
  let committed = 0;
  await Promise.all(
    Array.from({ length: 10 }, async (_, writer) => {
      for (let n = 0; n < 25; n += 1) {
        const client = await app.connect();
        await client.query('begin');
        await write(client, `${writer}_${n}`);
        // Held open for a moment, so that ids commit out of order.
        await client.query('select pg_sleep($1)', [((writer * 7 + n * 3) % 5) / 1000]);
        const rollsBack = (writer + n) % 9 === 0;
        await client.query(rollsBack ? 'rollback' : 'commit');
        client.release();
        if (!rollsBack) committed += 1;
      }
    }),
  );
  const deadline = Date.now() + 20_000;
  while ((await sealedSubjects()).length < committed && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await Promise.all(sealers.map((each) => each.stop()));
  const subjects = await sealedSubjects();
  expect(subjects).toHaveLength(committed);
  expect(new Set(subjects).size).toBe(committed);
  expect(await faults()).toEqual([]);
});

test('a row is sealed within a second of its commit', async () => {
  const one = sealer();
  one.start();
  await new Promise((resolve) => setTimeout(resolve, 600));
  await write(app, 'now');
  const writtenMs = Date.now();
  while ((await sealedSubjects()).length === 0 && Date.now() - writtenMs < 5_000) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(Date.now() - writtenMs).toBeLessThan(1_000);
  await one.stop();
});

describe('what was tampered with is found and named', () => {
  beforeEach(async () => {
    for (let n = 1; n <= 8; n += 1) await write(app, `case_${n}`);
    await sealer().sealOnce();
    if ((await faults()).length > 0) throw new Error('the chain was unsound before it was tampered with');
  });

  test.each([
    ['content edited', `update audit_row set content = '{"n":2}' where id = 3`, 'edited:3'],
    [
      'an instant moved by a microsecond',
      `update audit_row set at = at + interval '1 microsecond' where id = 4`,
      'edited:4',
    ],
    ['a row removed', 'delete from audit_row where id = 5', 'row_missing:5'],
    [
      'row and seal removed',
      'delete from audit_row where id = 5; delete from audit_seal where seq = 5',
      'gap:6',
    ],
    [
      'two rows changed places',
      'delete from audit_anchor; update audit_seal set audit_id = -audit_id where seq in (3, 4); update audit_seal set audit_id = case seq when 3 then 4 else 3 end where seq in (3, 4)',
      'edited:3',
    ],
    ['cut off', 'delete from audit_seal where seq > 6; delete from audit_row where id > 6', 'truncated:8'],
    [
      'an anchor forged',
      `update audit_anchor set hash = (select hash from audit_seal where seq = 8), signature = 'AAAA'`,
      'anchor_forged:8',
    ],
  ])('%s', async (_name, sql, expected) => {
    await tamper(sql);
    expect((await faults())[0]).toBe(expected);
  });

  test('the whole chain made anew without the key', async () => {
    await tamper(`update audit_row set content = '{"n":2}' where id = 2; delete from audit_seal`);
    const forger = createSealer({
      pool,
      clock: () => nowMs,
      log: silent,
      signAnchor: createAnchorKey(randomBytes(32)).sign,
    });
    await forger.sealOnce();
    expect(await faults()).toEqual(['anchor_mismatch:8']);
  });

  test('cut off together with its anchor: found by an anchor kept elsewhere', async () => {
    const { rows } = await pool.query<{ hash: string }>('select hash from audit_seal where seq = 8');
    const kept = key.sign({ seq: 8, hash: rows[0]?.hash ?? '', signedAt: '2026-03-02T09:00:00.000000Z' });
    await tamper(
      'delete from audit_anchor; delete from audit_seal where seq > 6; delete from audit_row where id > 6',
    );
    const results = await verify({
      pool,
      census: null,
      clock: () => nowMs,
      isSigned: key.isSigned,
      knownAnchors: [kept],
      workflowIdOf: (id) => id,
      registrationIdOf: () => null,
      recheckAfterMs: 0,
    });
    expect(results.flatMap((result) => result.failures.map((failure) => failure.subject))).toEqual([
      'truncated:8',
    ]);
  });

  test('a row that nobody seals, and a tail that nobody anchors', async () => {
    await write(app, 'left');
    nowMs += 60_000;
    expect(await faults()).toEqual(['unsealed:9']);
    await tamper('delete from audit_anchor');
    nowMs += 10 * 60_000;
    expect(await faults()).toEqual(['unsealed:9', 'unanchored:1']);
  });

  test.each(['app', 'worker'])('the %s role can neither edit, remove nor truncate', async (role) => {
    const own = role === 'app' ? app : pool;
    for (const table of ['audit_row', 'audit_seal', 'audit_anchor']) {
      await expect(own.query(`delete from ${table}`)).rejects.toThrow(/permission denied|append-only/);
      await expect(own.query(`truncate ${table} cascade`)).rejects.toThrow(/permission denied|append-only/);
    }
    await expect(own.query(`update audit_row set subject = 'x'`)).rejects.toThrow(
      /permission denied|append-only/,
    );
  });
});
