import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../../adapters/store/migrate.ts';
import { testVariable } from '../../setup/test-environment.ts';

const base = () => `127.0.0.1:${testVariable('postgresPort')}`;
const DATABASE = `migrate_${process.pid}`;
const superuser = (database = DATABASE): string => `postgres://postgres@${base()}/${database}`;
const owner = (): string => `postgres://fairlead_owner@${base()}/${DATABASE}`;

let folder = '';

const onServer = async (url: string, sql: string): Promise<pg.QueryResult> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
};

const write = (name: string, sql: string): void => {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'migration.sql'), sql);
};

const run = (url = owner()) => migrate({ url, folder, log: () => undefined });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-migrations-'));
  await onServer(superuser('postgres'), `create database ${DATABASE} owner fairlead_owner`);
});

afterEach(async () => {
  await onServer(superuser('postgres'), `drop database ${DATABASE} with (force)`);
  rmSync(folder, { recursive: true });
});

test('applies in order of name, once', async () => {
  write('0002_second', 'insert into ship values (1);');
  write('0001_first', 'create table ship (id int);');
  expect(await run()).toEqual({ applied: ['0001_first', '0002_second'], alreadyThere: 0 });
  expect(await run()).toEqual({ applied: [], alreadyThere: 2 });
  expect((await onServer(owner(), 'select * from ship')).rows).toEqual([{ id: 1 }]);
});

test('a failing migration leaves nothing behind, names itself, and can be mended', async () => {
  write('0001_first', 'create table ship (id int); select 1/0;');
  await expect(run()).rejects.toMatchObject({ fault: 'failed', migration: '0001_first' });
  write('0001_first', 'create table ship (id int);');
  expect((await run()).applied).toEqual(['0001_first']);
});

test('a migration and the note that it ran are one transaction', async () => {
  write('0001_first', 'create table ship (id int); alter table _prisma_migrations drop column checksum;');
  await expect(run()).rejects.toMatchObject({ fault: 'failed', migration: '0001_first' });
  expect((await onServer(owner(), "select to_regclass('ship') as ship")).rows).toEqual([{ ship: null }]);
});

test('a file changed after it was applied is refused, and so is one that vanished', async () => {
  write('0001_first', 'create table ship (id int);');
  await run();
  write('0001_first', 'create table ship (id bigint);');
  await expect(run()).rejects.toMatchObject({ fault: 'changed-after-applied', migration: '0001_first' });
  rmSync(join(folder, '0001_first'), { recursive: true });
  write('0000_other', 'select 1;');
  await expect(run()).rejects.toMatchObject({ fault: 'missing-file', migration: '0001_first' });
});

test('eight at once apply each migration once', async () => {
  write('0001_first', 'create table ship (id int); insert into ship values (1);');
  write('0002_second', 'insert into ship values (2);');
  const results = await Promise.all(Array.from({ length: 8 }, () => run()));
  expect(results.flatMap(({ applied }) => applied)).toEqual(['0001_first', '0002_second']);
  expect((await onServer(owner(), 'select count(*)::int as ships from ship')).rows).toEqual([{ ships: 2 }]);
});

test('a file may opt out of its transaction', async () => {
  write('0001_first', 'create table ship (id int);');
  write('0002_index', '-- no-transaction\ncreate index concurrently if not exists ship_id on ship (id);\n');
  expect((await run()).applied).toHaveLength(2);
});

test('objects belong to the owner role whoever connects, and the serving roles can sign in', async () => {
  write('0001_first', 'create table ship (id int);');
  await run(superuser());
  const { rows } = await onServer(owner(), "select tableowner from pg_tables where tablename = 'ship'");
  expect(rows).toEqual([{ tableowner: 'fairlead_owner' }]);
  const roles = await onServer(
    owner(),
    "select rolname, rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname in ('fairlead_app', 'fairlead_worker') order by 1",
  );
  expect(roles.rows).toEqual(
    ['fairlead_app', 'fairlead_worker'].map((rolname) => ({
      rolname,
      rolcanlogin: true,
      rolsuper: false,
      rolbypassrls: false,
    })),
  );
});

test('a database that is not there is a quick, plain error', async () => {
  const startedMs = Date.now();
  await expect(run('postgres://fairlead_owner@127.0.0.1:1/none')).rejects.toMatchObject({
    fault: 'unreachable',
  });
  expect(Date.now() - startedMs).toBeLessThan(5_000);
});
