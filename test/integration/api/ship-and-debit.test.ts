import pg from 'pg';
import { createPool, type Pool } from '../../../adapters/store/pool.ts';
import { createClaimJudge, createSupportAccruals } from '../../../workers/claims.ts';
import { plainCsvProfile } from '../../../domain/ship-and-debit/mapping.ts';
import { seededId } from '../../../prisma/seed.ts';
import { addAgreement, CLAIM_HEAD, claimRow, layTheGround } from '../../fixtures/agreements.ts';
import { answeringEngine, startApi } from './running-api.ts';
import type { Caller, Reply, RunningApi } from './running-api.ts';

/* A distributor's claim over HTTP: handed in, judged by the workers, looked at by both sides, answered. */

const DISTRIBUTOR = seededId('partner', 'harbourgate');
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let api: RunningApi;
let worker: Pool;
let distributor: Caller;
let rival: Caller;
let reseller: Caller;
let finance: Caller;
let ops: Caller;

beforeAll(async () => {
  api = await startApi({ processes: answeringEngine([]) });
  const db = new pg.Client({ connectionString: api.database.superuserUrl });
  await db.connect();
  await db.query('set session_replication_role = replica');
  await layTheGround(db, { skus: ['SEN-1', 'SEN-2'] });
  await addAgreement(db, {
    id: 'spa_1',
    reference: 'SA-1',
    caps: { 'SEN-1': 12 },
    distributorId: DISTRIBUTOR,
  });
  // The receipt of a claim is today's, so the agreement holds today.
  await db.query(
    `update pricing_agreement set valid_from = now() - interval '50 days', valid_until = now() + interval '50 days'`,
  );
  await db.end();
  worker = createPool({ url: api.database.workerUrl, max: 3, applicationName: 'test-worker' });
  [distributor, rival, reseller, finance, ops] = (await Promise.all(
    [
      'claims@harbourgate.example',
      'claims@palisade.example',
      'sales@northwind.example',
      'finance@halyard.example',
      'program-ops@halyard.example',
    ].map((email) => api.signIn(email)),
  )) as [Caller, Caller, Caller, Caller, Caller];
}, 60_000);

afterAll(async () => {
  await worker.end();
  await api.stop();
}, 30_000);

const DAY = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
const csv = (...rows: Parameters<typeof claimRow>[0][]): string =>
  [CLAIM_HEAD, ...rows.map((row) => claimRow({ saleDate: DAY, ...row })), ''].join('\n');
const handIn = (who: Caller, content: string, format: 'csv' | 'x12' = 'csv'): Promise<Reply> =>
  who.send('POST', '/api/claims', {
    fileName: 'april.csv',
    format,
    content: Buffer.from(content).toString('base64'),
  });
/** Lets the workers' loops run until no claim waits. */
const judged = async (): Promise<void> => {
  const loops = [
    createClaimJudge({ pool: worker, clock: Date.now, log: silent }),
    createSupportAccruals({ pool: worker, clock: Date.now, log: silent }),
  ];
  for (const loop of loops) loop.start();
  for (;;) {
    const { rows } = await worker.query<{ n: number }>(
      `select count(*) as n from claim where status = 'received' and parked_at is null`,
    );
    if (rows[0]?.n === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await Promise.all(loops.map((loop) => loop.stop()));
};

let claimId: string;

test('a distributor hands a file in once; nobody else hands any in', async () => {
  const content = csv(
    { invoice: 'R-1' },
    { invoice: 'R-2', quantity: 5 },
    { invoice: '=R-3' },
    { invoice: 'R-4', customer: '=cmd' },
  );
  const first = await handIn(distributor, content);
  expect(first.status).toBe(201);
  claimId = String(first.body['id']);
  expect(first.body).toMatchObject({ status: 'received', reference: expect.stringMatching(/^CL-/) });
  const again = await handIn(distributor, content);
  expect(again.status).toBe(409);
  expect(String(again.body['detail'])).toContain(String(first.body['reference']));
  // A reseller may by his role, and is no distributor; the vendor's people may not at all.
  expect((await handIn(reseller, csv({ invoice: 'R-9' }))).status).toBe(422);
  expect((await handIn(finance, content)).status).toBe(403);
});

test('its lines have verdicts in words, and what is undisputed is owed at once', async () => {
  await judged();
  const { body } = await distributor.get(`/api/claims/${claimId}`);
  expect(body).toMatchObject({
    status: 'judged',
    lines: { granted: 1, cut: 1, refused: 0, faulty: 2 },
    totals: [{ currency: 'EUR', units: 12 }],
    faults: [
      {
        row: 4,
        column: 'invoice',
        code: 'formula',
        words: 'This is a formula. Give the value that it comes to.',
      },
      { row: 5, column: 'customer', code: 'formula' },
    ],
    reasons: [{ reason: 'cap_cut', lines: 1 }],
    agreements: [{ reference: 'SA-1', units: 12 }],
  });
  const first = await distributor.get(`/api/claims/${claimId}/lines?limit=1`);
  expect(first.body['items']).toMatchObject([{ row: 2, outcome: 'granted', units: 10, words: '' }]);
  const next = await distributor.get(
    `/api/claims/${claimId}/lines?limit=1&cursor=${String(first.body['nextCursor'])}`,
  );
  expect(next.body).toMatchObject({
    items: [{ row: 3, outcome: 'cut', reason: 'cap_cut', units: 2 }],
    nextCursor: null,
  });
  const cut = await distributor.get(`/api/claims/${claimId}/lines?outcome=cut`);
  expect((cut.body['items'] as unknown[]).length).toBe(1);
  const owed = await distributor.get('/api/obligations');
  expect(owed.body['items']).toMatchObject([
    { partner: { id: DISTRIBUTOR }, kind: 'ship_and_debit', claim: { id: claimId } },
  ]);
});

test('the answer is a file that a spreadsheet can open, and an 849', async () => {
  const csvReply = await distributor.get(`/api/claims/${claimId}/lines.csv`);
  const rows = csvReply.text.split('\r\n');
  expect(rows[0]).toMatch(/^row,agreement,.*,outcome,supportedUnits,supportOfOne,amount,reason,words$/);
  expect(rows[2]).toMatch(/^3,SA-1,Contoso Shipyards,NL,SEN-1,R-2,1,.*,5,80.00,EUR,sale,cut,2,/);
  const edi = await distributor.get(`/api/claims/${claimId}/answer.edi`);
  expect(edi.text).toContain('ST*849*0001~');
  expect(edi.text).toContain('AAA*Y*ZZ*CC~');
});

test('rivals and resellers see nothing of it; the vendor sees all, finance the caps and the books', async () => {
  for (const who of [rival, reseller]) {
    expect((await who.get(`/api/claims/${claimId}`)).status).toBe(404);
    expect((await who.get(`/api/claims/${claimId}/lines`)).status).toBe(404);
    expect((await who.get('/api/claims')).body).toMatchObject({ items: [] });
    expect((await who.get('/api/obligations')).body).toMatchObject({ items: [] });
    expect((await who.get('/api/support-caps')).status).toBe(403);
  }
  expect((await finance.get('/api/claims?search=april')).body).toMatchObject({ items: [{ id: claimId }] });
  expect((await finance.get('/api/support-caps')).body['items']).toMatchObject([
    { reference: 'SA-1', sku: 'SEN-1', cap: 12, drawn: 12 },
  ]);
  const balances = (await finance.get('/api/ledger-balances')).body['items'] as {
    balanceMinor: number;
    kind: string;
  }[];
  expect(balances.reduce((sum, { balanceMinor }) => sum + balanceMinor, 0)).toBe(0);
  expect(balances.map(({ kind }) => kind)).toContain('partner_payable');
  expect((await distributor.get('/api/ledger-balances')).status).toBe(403);
});

test('a profile says how the next files are read; one that is no interchange is refused as a whole', async () => {
  const profile = {
    ...plainCsvProfile,
    delimiter: ';' as const,
    columns: { ...plainCsvProfile.columns, agreement: 'deal' },
  };
  expect((await ops.send('POST', '/api/claim-profiles', { partnerId: DISTRIBUTOR, profile })).body).toEqual({
    version: 1,
  });
  expect((await distributor.get('/api/claim-profiles')).body['items']).toMatchObject([
    { format: 'csv', version: 1 },
  ]);
  expect((await rival.get('/api/claim-profiles')).body['items']).toEqual([]);
  const written = await handIn(
    distributor,
    csv({ invoice: 'R-20' }).replaceAll(',', ';').replace('agreement', 'deal'),
  );
  const broken = await handIn(distributor, 'not an interchange at all', 'x12');
  await judged();
  expect((await distributor.get(`/api/claims/${String(written.body['id'])}`)).body).toMatchObject({
    lines: { refused: 1 },
    reasons: [{ reason: 'cap_reached' }],
  });
  expect((await distributor.get(`/api/claims/${String(broken.body['id'])}`)).body).toMatchObject({
    status: 'refused',
    fault: { code: 'not_x12', words: 'The file is no X12 interchange.' },
  });
});

test('what a distributor bought is set by the vendor, for products that there are', async () => {
  const set = (sku: string, who = ops): Promise<Reply> =>
    who.send('PUT', '/api/distributor-stock', { partnerId: DISTRIBUTOR, products: [{ sku, sellIn: 5 }] });
  expect((await set('NO-SUCH')).status).toBe(400);
  expect((await set('SEN-1', distributor)).status).toBe(403);
  expect((await set('SEN-1')).status).toBe(204);
  const { rows } = await api.arrange.query('select sell_in from distributor_stock where partner_id = $1', [
    DISTRIBUTOR,
  ]);
  expect(rows).toEqual([{ sell_in: '5' }]);
});
