import { ratesInForce } from '../../../adapters/store/exchange-rate-reads.ts';
import { convert } from '../../../domain/exchange-rate.ts';
import { seededId } from '../../../prisma/seed.ts';
import { answeringEngine, startApi } from './running-api.ts';
import type { Caller, Reply, RunningApi } from './running-api.ts';

/*
 * Exchange rates over HTTP: a file becomes a draft with what it adds, a second person publishes it, and nothing changes it
 * afterwards.
 */

let api: RunningApi;
let ops: Caller;
let finance: Caller;
let approver: Caller;
let partner: Caller;

beforeAll(async () => {
  api = await startApi({ processes: answeringEngine([]) });
  await api.arrange.query("insert into person_role (person_id, role) values ($1, 'finance_approver')", [
    seededId('person', 'finance@halyard.example'),
  ]);
  [ops, finance, approver, partner] = await Promise.all([
    api.signIn('program-ops@halyard.example'),
    api.signIn('finance@halyard.example'),
    api.signIn('cfo@halyard.example'),
    api.signIn('sales@northwind.example'),
  ]);
}, 60_000);

afterAll(() => api.stop(), 30_000);

const bring = (who: Caller, ...rows: readonly string[]): Promise<Reply> =>
  who.send('POST', '/api/exchange-rate-files', {
    fileName: 'rates.csv',
    csv: ['base,quote,validFrom,rate,source', ...rows].join('\n'),
    note: 'Rates of the day',
  });
const publish = (who: Caller, id: unknown): Promise<Reply> =>
  who.send('POST', `/api/exchange-rate-files/${String(id)}/publication`, undefined);
const dayIn = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

interface Shown {
  status: string;
  whyNotPublish: string | null;
}
const files = async (who: Caller): Promise<Shown[]> =>
  (await who.get('/api/exchange-rate-files')).body['items'] as Shown[];

test('a file with faults names row and column of each, and keeps nothing', async () => {
  const { status, body } = await bring(
    ops,
    `EUR,USD,${dayIn(0)},"1,09",Treasury`,
    `EUR,XYZ,${dayIn(0)},1.09,Treasury`,
    `EUR,USD,soon,1.09,Treasury`,
    `EUR,USD,2020-01-01,1.09,Treasury`,
    `USD,EUR,${dayIn(1)},0.91,Treasury`,
    `CHF,CHF,${dayIn(1)},1,Treasury`,
    `EUR,CHF,${dayIn(1)},0,Treasury`,
    `EUR,CHF,${dayIn(1)},=1/2,Treasury`,
    `EUR,CHF,${dayIn(2)},0.1234567891,Treasury`,
    `EUR,SEK,${dayIn(2)},11.2,`,
    `EUR,NOK,${dayIn(2)},11.2,Treasury`,
    `EUR,NOK,${dayIn(2)},11.3,Treasury`,
    `NOK,EUR,${dayIn(3)},0.1,Treasury`,
  );
  expect(status).toBe(200);
  expect(body).toMatchObject({ fileId: null, rowsTotal: 13, rowsBad: 12, changes: null });
  expect(
    (body['errors'] as { row: number; column: string }[]).map(({ row, column }) => [row, column]),
  ).toEqual([
    [2, 'rate'],
    [3, 'quote'],
    [4, 'validFrom'],
    [5, 'validFrom'],
    [6, 'base'],
    [7, 'quote'],
    [8, 'rate'],
    [9, 'rate'],
    // Rows 8 and 9 are of one pair and day.
    [9, 'base'],
    [10, 'rate'],
    [11, 'source'],
    [13, 'base'],
    [14, 'base'],
  ]);
  expect((await files(ops)).map(({ status: of }) => of)).toEqual(['published']);
});

test('a file of years is read whole', async () => {
  const source = 'x'.repeat(80);
  const days = Array.from({ length: 12_000 }, (_, place) =>
    new Date(Date.UTC(1990, 0, 1 + place)).toISOString().slice(0, 10),
  );
  const { status, body } = await bring(ops, ...days.map((day) => `EUR,SEK,${day},none,${source}`));
  expect([status, body['rowsTotal'], body['rowsBad']]).toEqual([200, 12_000, 12_000]);
  expect(body['errors']).toHaveLength(200);
});

test('brought by one, published by another, in force from their day, and unchangeable', async () => {
  const today = dayIn(0);
  const { body } = await bring(
    ops,
    `EUR,USD,${today},1.10,Treasury`,
    `EUR,CHF,2026-01-01,0.9312,Treasury`,
    `EUR,CHF,${dayIn(30)},0.94,Treasury`,
  );
  expect(body).toMatchObject({ rowsBad: 0, changes: { pairsAdded: 1, ratesAdded: 3 } });
  expect((body['changes'] as { largest: object[] }).largest[1]).toMatchObject({
    quote: 'CHF',
    beforeE9: 931_200_000,
    afterE9: 940_000_000,
    changePpm: 9_450,
  });
  const id = body['fileId'];
  expect([(await files(ops))[0]?.whyNotPublish, (await files(approver))[0]?.whyNotPublish]).toEqual([
    'author',
    'role',
  ]);
  // Until then nothing of it is a rate.
  expect((await ops.get('/api/exchange-rates/pair?base=EUR&quote=CHF')).body['items']).toEqual([]);
  expect((await publish(ops, id)).status).toBe(422);
  expect((await publish(approver, id)).status).toBe(403);
  expect((await publish(finance, id)).body).toMatchObject({ ratesAdded: 3 });
  expect((await publish(finance, id)).status).toBe(409);

  const inForce = (await approver.get('/api/exchange-rates')).body;
  expect(inForce['on']).toBe(today);
  const items = inForce['items'] as { quote: string; rateE9: number; validFrom: string; source: string }[];
  expect(items.map(({ quote }) => quote)).toEqual(['CHF', 'GBP', 'INR', 'JPY', 'KWD', 'USD']);
  expect(items.find(({ quote }) => quote === 'USD')).toMatchObject({
    rateE9: 1_100_000_000,
    validFrom: today,
    source: 'Treasury',
  });
  expect(items.find(({ quote }) => quote === 'CHF')?.rateE9).toBe(931_200_000);
  const later = (await approver.get(`/api/exchange-rates?on=${dayIn(31)}`)).body['items'] as typeof items;
  expect(later.find(({ quote }) => quote === 'CHF')?.rateE9).toBe(940_000_000);
  const history = (await approver.get('/api/exchange-rates/pair?base=EUR&quote=CHF')).body['items'];
  expect((history as typeof items).map(({ rateE9 }) => rateE9)).toEqual([940_000_000, 931_200_000]);

  for (const change of [
    'update exchange_rate set rate_e9 = 1 where file_id = $1',
    'delete from exchange_rate where file_id = $1',
    "update exchange_rate_file set note = 'other' where id = $1",
    'delete from exchange_rate_file where id = $1',
    "insert into exchange_rate (base, quote, valid_from, rate_e9, source, file_id) values ('CHF', 'EUR', '2026-01-01', 1, 'x', $1)",
  ])
    await expect(api.arrange.query(change, [id])).rejects.toThrow(
      /append-only|never change|exchange_rate_one_direction/,
    );
});

test('a later file begins after what is published; a draft that waited too long is not published', async () => {
  const again = await bring(ops, `EUR,USD,${dayIn(0)},1.2,Treasury`);
  expect((again.body['errors'] as { column: string }[])[0]).toMatchObject({ row: 2, column: 'validFrom' });
  const { body } = await bring(ops, `EUR,USD,${dayIn(1)},1.2,Treasury`);
  // Two days pass before anybody looks at it.
  await api.arrange.query('update exchange_rate_draft set valid_from = valid_from - 2 where file_id = $1', [
    body['fileId'],
  ]);
  const late = await publish(finance, body['fileId']);
  expect([late.status, (late.body['errors'] as { reason: string }[])[0]?.reason]).toEqual([
    422,
    expect.stringContaining('EUR/USD from'),
  ]);
  const gone = await ops.send('DELETE', `/api/exchange-rate-files/${String(body['fileId'])}`, undefined);
  expect(gone.status).toBe(204);
  expect((await files(ops)).map(({ status }) => status)).toEqual(['published', 'published']);
});

test('partners see no rates, and each step has its row in the audit chain', async () => {
  expect((await partner.get('/api/exchange-rates')).status).toBe(403);
  expect((await bring(partner)).status).toBe(403);
  const { rows } = await api.arrange.query<{ action: string }>(
    "select action from audit_row where action like '%rate%' order by id",
  );
  expect(rows.map(({ action }) => action)).toEqual([
    'rate_file_refused',
    'rate_file_refused',
    'exchange_rates_drafted',
    'exchange_rates_published',
    'rate_file_refused',
    'exchange_rates_drafted',
    'exchange_rates_draft_dropped',
  ]);
});

test('whoever works converts by what was published', async () => {
  const client = await api.arrange.connect();
  try {
    await client.query('set role fairlead_worker');
    const rates = await ratesInForce(
      {
        rows: async <Row>(text: string, values: readonly unknown[] = []) =>
          (await client.query(text, [...values])).rows as Row[],
      },
      '2026-02-01',
    );
    expect(
      convert({ amountMinor: 100_000, currency: 'EUR' }, 'KWD', { rates, on: '2026-02-01' }).amount,
    ).toEqual({ amountMinor: 334_600, currency: 'KWD' });
    await expect(client.query('delete from exchange_rate')).rejects.toThrow('permission denied');
  } finally {
    client.release(true);
  }
});
