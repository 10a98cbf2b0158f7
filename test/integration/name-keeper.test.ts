import type pg from 'pg';
import { factsOf, saveAccount } from '../../adapters/store/accounts.ts';
import { findCandidates } from '../../adapters/store/account-matching.ts';
import { packNames } from '../../adapters/store/name-index.ts';
import { createPool } from '../../adapters/store/pool.ts';
import { createNameKeeper } from '../../workers/names.ts';
import { enteredAccount } from '../fixtures/entered-account.ts';
import type { TestDatabase } from '../setup/database.ts';
import { createTestDatabase } from '../setup/database.ts';

let database: TestDatabase;
let pool: pg.Pool;

const account = enteredAccount({
  accountId: `acc_${'1'.padStart(26, '0')}`,
  legalName: 'Greenpier Dredging Inc',
  country: 'US',
});

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.workerUrl, max: 3, applicationName: 'name-keeper' });
}, 60_000);

afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function found(): Promise<string[]> {
  const facts = factsOf({ ...account, accountId: 'acc_asked', legalName: 'Grenpier Dredging LLC' });
  return (await findCandidates(pool, { facts, limit: 50 })).map(({ accountId }) => accountId);
}

test('the keeper makes keys of older rules anew as it starts; packing in many transactions keeps them', async () => {
  await saveAccount(pool, account);
  await pool.query('delete from account_name_part');
  await pool.query('update account_match set keys_version = 0');
  expect(await found()).toEqual([]);
  const faults: object[] = [];
  const keeper = createNameKeeper({
    pool,
    log: { info: () => undefined, warn: () => undefined, error: (facts) => faults.push(facts) },
  });
  keeper.start();
  // A round under way ends before the loop stops.
  await keeper.stop();
  expect(faults).toEqual([]);
  expect(await found()).toEqual([account.accountId]);
  await packNames(pool);
  const { rows } = await pool.query<{ waiting: number }>(
    'select count(*)::int as waiting from account_name_part',
  );
  expect(rows).toEqual([{ waiting: 0 }]);
  expect(await found()).toEqual([account.accountId]);
});
