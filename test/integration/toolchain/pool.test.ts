import { setTimeout as pause } from 'node:timers/promises';
import { createPool } from '../../../adapters/store/pool.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

test('int8 is a number, also in arrays and counts, and never a wrong one', async () => {
  const pool = createPool({ url: database.appUrl, max: 1, applicationName: 'test' });
  try {
    const { rows } = await pool.query(
      'select 9007199254740991::int8 as most, count(*) as one, array[1, null, -5]::int8[] as several, array[]::int8[] as none',
    );
    expect(rows).toEqual([{ most: 9007199254740991, one: 1, several: [1, null, -5], none: [] }]);
    await expect(pool.query('select 9007199254740992::int8')).rejects.toThrow(RangeError);
  } finally {
    await pool.end();
  }
});

test('a statement that takes too long is ended by the server', async () => {
  const pool = createPool({ url: database.appUrl, max: 1, applicationName: 'test', statementTimeoutMs: 100 });
  try {
    await expect(pool.query('select pg_sleep(30)')).rejects.toMatchObject({ code: '57014' });
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  } finally {
    await pool.end();
  }
});

test('a full pool and a dead address are errors within the limit, not waits', async () => {
  const pool = createPool({ url: database.appUrl, max: 1, applicationName: 'test', connectTimeoutMs: 200 });
  const held = await pool.connect();
  try {
    await expect(pool.query('select 1')).rejects.toThrow(/timeout/i);
  } finally {
    held.release();
    await pool.end();
  }
  const dead = createPool({
    url: 'postgres://x@127.0.0.1:1/x',
    max: 1,
    applicationName: 'test',
    connectTimeoutMs: 500,
  });
  await expect(dead.query('select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await dead.end();
});

test('a connection cut while idle costs nobody a crash', async () => {
  const pool = createPool({ url: database.appUrl, max: 1, applicationName: 'idle-victim' });
  const killer = createPool({ url: database.superuserUrl, max: 1, applicationName: 'test' });
  try {
    const { rows } = await pool.query('select pg_backend_pid() as pid');
    await killer.query('select pg_terminate_backend($1)', [rows[0].pid]);
    // No listener of the test's own: without the pool's the broken connection would end the process.
    const deadlineMs = Date.now() + 5_000;
    while (pool.totalCount > 0 && Date.now() < deadlineMs) await pause(10);
    expect(pool.totalCount).toBe(0);
    expect((await pool.query('select 2 as two')).rows).toEqual([{ two: 2 }]);
  } finally {
    await Promise.all([pool.end(), killer.end()]);
  }
});

test('a connection cut while it is lent out is an error of the next query, and no crash', async () => {
  const pool = createPool({ url: database.appUrl, max: 1, applicationName: 'lent-victim' });
  const killer = createPool({ url: database.superuserUrl, max: 1, applicationName: 'test' });
  const held = await pool.connect();
  try {
    const ended = new Promise((settle) => {
      held.once('end', settle);
    });
    const { rows } = await held.query('select pg_backend_pid() as pid');
    await killer.query('select pg_terminate_backend($1)', [rows[0].pid]);
    await ended;
    await expect(held.query('select 1')).rejects.toThrow(/not queryable|terminat/i);
    held.release(true);
    expect((await pool.query('select 2 as two')).rows).toEqual([{ two: 2 }]);
  } finally {
    await Promise.all([pool.end(), killer.end()]);
  }
});
