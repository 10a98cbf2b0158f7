import pg from 'pg';
import { accruedOf, bookTransactions, oweObligations } from '../../adapters/store/ledger.ts';
import { createPool, type Pool } from '../../adapters/store/pool.ts';
import { inTransaction } from '../../adapters/store/transaction.ts';
import { supportClaimed, supportExpected } from '../../domain/ledger.ts';
import type { LedgerTransaction, Obligation } from '../../domain/ledger.ts';
import { DISTRIBUTOR, layTheGround } from '../fixtures/agreements.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.workerUrl, max: 3, applicationName: 'test-worker' });
  const db = new pg.Client({ connectionString: database.superuserUrl });
  await db.connect();
  await db.query('set session_replication_role = replica');
  await layTheGround(db, { skus: ['SEN-1'] });
  await db.end();
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const AT_MS = Date.parse('2026-04-02T09:00:00Z');
const of = { programId: 'prg_claims', agreementId: 'spa_1', currency: 'EUR' };
const book = (transactions: readonly (LedgerTransaction | null)[]): Promise<ReadonlySet<string>> =>
  inTransaction(pool, (tx) =>
    bookTransactions(tx, {
      caseId: 'clm_1',
      atMs: AT_MS,
      transactions: transactions.filter((one) => one !== null),
    }),
  );

test('what is booked is what was built, once for each key', async () => {
  const expected = supportExpected(of, { key: 'expected', amountMinor: 1_000 });
  expect([...(await book([expected]))]).toEqual(['expected']);
  // The same fact again, in whatever words, changes nothing.
  expect([...(await book([supportExpected(of, { key: 'expected', amountMinor: 5 })]))]).toEqual([]);
  const accrued = await inTransaction(pool, (tx) => accruedOf(tx, ['spa_1', 'spa_none']));
  expect([...accrued]).toEqual([['spa_1', 1_000]]);
  const claimed = supportClaimed(of, {
    key: 'claimed',
    partnerId: DISTRIBUTOR,
    amountMinor: 400,
    accruedMinor: 1_000,
    correction: null,
  });
  await book([claimed]);
  expect([...(await inTransaction(pool, (tx) => accruedOf(tx, ['spa_1'])))]).toEqual([['spa_1', 600]]);
});

describe('the database refuses', () => {
  beforeAll(async () => {
    await book([supportExpected(of, { key: 'standing', amountMinor: 70 })]);
  });
  const inOne = (...statements: string[]): Promise<void> =>
    inTransaction(pool, async (tx) => {
      for (const text of statements) await tx.query(text);
    });
  const accountOf = (kind: string): string =>
    `(select id from ledger_account where kind = '${kind}' limit 1)`;
  const transaction = (id: string): string =>
    `insert into ledger_transaction (id, key, kind, case_id, booked_at) values ('${id}', '${id}', 'support_expected', 'clm_1', '2026-04-02')`;
  const posting = (id: string, line: number, amount: number, kind: string, currency = 'EUR'): string =>
    `insert into ledger_posting (transaction_id, line_no, account_id, currency, amount_minor) values ('${id}', ${line}, ${accountOf(kind)}, '${currency}', ${amount})`;

  test('postings that do not sum to zero, when the transaction ends', async () => {
    await expect(
      inOne(
        transaction('ltx_a'),
        posting('ltx_a', 1, 5, 'support_expense'),
        posting('ltx_a', 2, -4, 'support_accrued'),
      ),
    ).rejects.toMatchObject({ constraint: 'postings_balance' });
    await inOne(
      transaction('ltx_b'),
      posting('ltx_b', 1, 5, 'support_expense'),
      posting('ltx_b', 2, -5, 'support_accrued'),
    );
  });

  test('a posting that comes later and unbalances what was booked', async () => {
    const later = posting('ltx_b', 3, 1, 'partner_payable');
    await expect(inOne(later)).rejects.toMatchObject({ constraint: 'postings_balance' });
  });

  test('a transaction without postings', async () => {
    await expect(inOne(transaction('ltx_c'))).rejects.toMatchObject({ code: '23514' });
  });

  test('a posting in another currency than its account', async () => {
    await expect(
      inOne(
        transaction('ltx_d'),
        posting('ltx_d', 1, 5, 'support_expense', 'USD'),
        posting('ltx_d', 2, -5, 'support_accrued', 'USD'),
      ),
    ).rejects.toMatchObject({ code: '23503' });
  });

  test('a correction without a reason, and a reason without a correction', async () => {
    const correction = transaction('ltx_e').replace(`'support_expected'`, `'correction'`);
    await expect(inOne(correction)).rejects.toMatchObject({ code: '23514' });
  });

  test.each(['ledger_account', 'ledger_transaction', 'ledger_posting', 'obligation', 'obligation_booking'])(
    'any change of %s',
    async (table) => {
      await expect(inOne(`delete from ${table}`)).rejects.toMatchObject({ code: '42501' });
      await expect(inOne(`truncate ${table} cascade`)).rejects.toMatchObject({ code: '42501' });
    },
  );

  test('the same obligation twice: program, payee, period, currency, kind and source', async () => {
    const obligation: Obligation = {
      programId: 'prg_claims',
      payeeId: DISTRIBUTOR,
      period: '2026-04',
      currency: 'EUR',
      kind: 'ship_and_debit',
      sourceId: 'clm_1:1',
      amountMinor: 400,
    };
    const owe = (change: Partial<Obligation>): Promise<void> =>
      inTransaction(pool, (tx) =>
        oweObligations(tx, {
          atMs: AT_MS,
          obligations: [{ obligation: { ...obligation, ...change }, transactionKeys: [] }],
        }),
      );
    await owe({});
    await expect(owe({ amountMinor: 1 })).rejects.toMatchObject({ code: '23505' });
    await owe({ period: '2026-05' });
    await owe({ sourceId: 'clm_1:2' });
  });
});
