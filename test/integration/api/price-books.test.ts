import { seededId } from '../../../prisma/seed.ts';
import { answeringEngine, startApi } from './running-api.ts';
import type { Caller, Reply, RunningApi } from './running-api.ts';

/*
 * Price books over HTTP: a file becomes a draft with what it changes, a second person puts it in force, and nothing changes it
 * afterwards.
 */

let api: RunningApi;
let ops: Caller;
let finance: Caller;
let partner: Caller;
let bookId: string;

beforeAll(async () => {
  api = await startApi({ processes: answeringEngine([]) });
  await api.arrange.query("insert into person_role (person_id, role) values ($1, 'finance_approver')", [
    seededId('person', 'finance@halyard.example'),
  ]);
  [ops, finance, partner] = await Promise.all([
    api.signIn('program-ops@halyard.example'),
    api.signIn('finance@halyard.example'),
    api.signIn('sales@northwind.example'),
  ]);
  const added = await ops.send('POST', '/api/price-books', {
    name: 'Iberia',
    currency: 'EUR',
    region: 'Iberia',
  });
  bookId = String(added.body['id']);
}, 60_000);

afterAll(() => api.stop(), 30_000);

const bring = (who: Caller, rows: readonly string[], note = 'List prices of the year'): Promise<Reply> =>
  who.send('POST', `/api/price-books/${bookId}/draft`, {
    fileName: 'prices.csv',
    csv: ['sku,listPrice,standardCost', ...rows].join('\n'),
    note,
  });
const publish = (who: Caller, id: unknown, effectiveFrom: string | null = null): Promise<Reply> =>
  who.send('POST', `/api/price-book-versions/${String(id)}/publication`, { effectiveFrom });

interface Shown {
  version: number | null;
  hasDraft: boolean;
  versions: { id: string; version: number | null; status: string; inForce: boolean; whyNotPublish: string }[];
}
const shown = async (who: Caller): Promise<Shown> =>
  (await who.get(`/api/price-books/${bookId}`)).body as unknown as Shown;

test('a file with faults names row and column of each, and keeps nothing', async () => {
  const { status, body } = await bring(ops, [
    'HSW-48,"1,200.00",800',
    'NO-SUCH,10,5',
    'HFW-200,=1+1,',
    'HOS-10T,10.005,',
    'HCR-1Y,-1,',
    'HCR-1Y,5,',
  ]);
  expect(status).toBe(200);
  expect(body).toMatchObject({ versionId: null, rowsTotal: 6, rowsBad: 6, changes: null });
  expect(
    (body['errors'] as { row: number; column: string }[]).map(({ row, column }) => [row, column]),
  ).toEqual([
    [2, 'listPrice'],
    [3, 'sku'],
    [4, 'listPrice'],
    [5, 'listPrice'],
    [6, 'listPrice'],
    [7, 'sku'],
  ]);
  expect((await shown(ops)).versions).toEqual([]);
});

test('the first version: brought by one, put in force by another, then unchangeable', async () => {
  const { body } = await bring(ops, ['HSW-48,1200.00,800.00', 'HFW-200,99.90,']);
  expect(body).toMatchObject({ rowsBad: 0, changes: { added: 2, removed: 0, unchanged: 0 } });
  const id = body['versionId'];
  expect((await shown(ops)).versions[0]).toMatchObject({ status: 'draft', whyNotPublish: 'author' });
  expect((await publish(ops, id)).status).toBe(422);
  const past = await publish(finance, id, '2020-01-01T00:00:00Z');
  expect([past.status, (past.body['errors'] as { pointer: string }[])[0]?.pointer]).toEqual([
    400,
    '/effectiveFrom',
  ]);
  expect((await publish(finance, id)).body).toMatchObject({ version: 1 });
  expect((await publish(finance, id)).status).toBe(409);
  expect(await shown(finance)).toMatchObject({ version: 1, hasDraft: false });

  const { body: entries } = await finance.get(`/api/price-book-versions/${String(id)}/entries`);
  expect(entries['items']).toEqual([
    expect.objectContaining({ sku: 'HFW-200', listMinor: 9_990, costMinor: null }),
    expect.objectContaining({ sku: 'HSW-48', listMinor: 120_000, costMinor: 80_000 }),
  ]);
  for (const change of [
    'update price_entry set list_minor = 1 where version_id = $1',
    'delete from price_cost where version_id = $1',
    "insert into price_entry (version_id, sku, list_minor) values ($1, 'HOS-10T', 1)",
    "update price_book_version set effective_from = now() + interval '1 year' where id = $1",
    'delete from price_book_version where id = $1',
  ])
    await expect(api.arrange.query(change, [id])).rejects.toThrow('published price books never change');
});

test('the next version says what it changes and begins later; until then the first is in force', async () => {
  const { body } = await bring(finance, ['HSW-48,1260.00,800.00', 'HOS-10T,500,250'], 'Five per cent dearer');
  expect(body['changes']).toMatchObject({ added: 1, removed: 1, dearer: 1, cheaper: 0, unchanged: 0 });
  expect((body['changes'] as { largest: object[] }).largest).toEqual([
    { sku: 'HFW-200', listBeforeMinor: 9_990, listAfterMinor: null, listChangePpm: null },
    { sku: 'HSW-48', listBeforeMinor: 120_000, listAfterMinor: 126_000, listChangePpm: 50_000 },
    { sku: 'HOS-10T', listBeforeMinor: null, listAfterMinor: 50_000, listChangePpm: null },
  ]);
  const inAYear = new Date(Date.now() + 365 * 86_400_000).toISOString();
  expect((await publish(ops, body['versionId'], inAYear)).body).toMatchObject({
    version: 2,
    effectiveFrom: inAYear,
  });
  const { versions, version } = await shown(ops);
  expect(version).toBe(1);
  expect(versions.map((one) => [one.version, one.inForce])).toEqual([
    [2, false],
    [1, true],
  ]);
  // A third one begins after the second, or would leave two in force from one day.
  const third = (await bring(finance, ['HSW-48,1300.00,'])).body['versionId'];
  expect((await publish(ops, third)).status).toBe(400);
  expect((await finance.send('DELETE', `/api/price-book-versions/${String(third)}`, undefined)).status).toBe(
    204,
  );
});

test('partners see no price book, and a region has one in a currency', async () => {
  expect((await partner.get('/api/price-books')).status).toBe(403);
  const twice = await ops.send('POST', '/api/price-books', {
    name: 'Iberia again',
    currency: 'EUR',
    region: 'Iberia',
  });
  expect(twice.status).toBe(400);
  const { rows } = await api.arrange.query<{ action: string }>(
    "select action from audit_row where action like 'price%' order by id",
  );
  expect(rows.map(({ action }) => action)).toEqual([
    'price_book_added',
    'price_file_refused',
    'price_book_drafted',
    'price_book_published',
    'price_book_drafted',
    'price_book_published',
    'price_book_drafted',
    'price_book_draft_dropped',
  ]);
});
