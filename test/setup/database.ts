import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { TEMPLATE_DATABASE, testVariable } from './test-environment.ts';

export type TestDatabase = {
  name: string;
  /** Passes every policy; for what a test arranges or destroys, never for what it examines. */
  superuserUrl: string;
  ownerUrl: string;
  appUrl: string;
  workerUrl: string;
  /** Ends every session on it and removes it. */
  drop: () => Promise<void>;
};

/** A migrated database of this test file's own, copied from the template in about a tenth of a second. */
export const createTestDatabase = async (): Promise<TestDatabase> => {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = (role: string, database = name): string =>
    `postgres://${role}@127.0.0.1:${testVariable('postgresPort')}/${database}`;
  const asSuperuser = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url('postgres', 'postgres') });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await asSuperuser(`create database ${name} template ${TEMPLATE_DATABASE} owner fairlead_owner`);
  return {
    name,
    superuserUrl: url('postgres'),
    ownerUrl: url('fairlead_owner'),
    appUrl: url('fairlead_app'),
    workerUrl: url('fairlead_worker'),
    drop: () => asSuperuser(`drop database if exists ${name} with (force)`),
  };
};
