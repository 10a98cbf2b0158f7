import { createPool, type Pool } from '../../adapters/store/pool.ts';
import {
  addReceipt,
  addRegistration,
  AT_MS,
  caseState,
  openRecord,
  type Record,
} from '../fixtures/record.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

/* A partner reads a decision from when it holds, and one that never held not at all. */

let database: TestDatabase;
let app: Pool;
let record: Record;

beforeAll(async () => {
  database = await createTestDatabase();
  app = createPool({ url: database.appUrl, max: 1, applicationName: 'test-app' });
  record = await openRecord(database.superuserUrl);
  const receipt = await addReceipt(record, { caseId: 'reg_1' });
  await addRegistration(record, { id: 'reg_1', receipt });
  await record.query(
    `insert into decision (id, case_id, seq, partner_id, outcome, policy_id, policy_version, facts_hash, decided_at, effective_at)
     select 'dec_1', id, 1, partner_id, 'approve', policy_id, 1, 'h', $1, $1 from registration where id = 'reg_1'`,
    [new Date(AT_MS)],
  );
});

afterAll(async () => {
  await Promise.all([app.end(), record.end()]);
  await database.drop();
});

async function seenBy(side: 'partner' | 'vendor'): Promise<string[]> {
  const client = await app.connect();
  try {
    await client.query('begin');
    await client.query(
      `select set_config('app.scope', $1, true), set_config('app.partner', $2, true), set_config('app.now', $3, true)`,
      [side, side === 'partner' ? 'prt_test' : '', new Date(AT_MS + 3_600_000).toISOString()],
    );
    const { rows } = await client.query<{ id: string }>(`select id from decision where case_id = 'reg_1'`);
    return rows.map(({ id }) => id);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const stand = (pending: object | null) =>
  record.query(`update registration set case_state = $1 where id = 'reg_1'`, [
    JSON.stringify(caseState({ pending, windowIds: ['rvw_1'] } as Parameters<typeof caseState>[0])),
  ]);

test('an approval that waits for its review window is not told yet, though its undo window is over', async () => {
  await stand({ decisionId: 'dec_1', outcome: 'approve', effectiveAtMs: AT_MS });
  expect(await seenBy('vendor')).toEqual(['dec_1']);
  expect(await seenBy('partner')).toEqual([]);
  await stand(null);
  expect(await seenBy('partner')).toEqual(['dec_1']);
});
