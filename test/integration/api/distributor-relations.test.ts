import { seededId } from '../../../prisma/seed.ts';
import { answeringEngine, startApi } from './running-api.ts';
import type { Caller, RunningApi } from './running-api.ts';

/* Through whom resellers buy: kept by program operations, read by each partner for himself alone. */

let api: RunningApi;
let ops: Caller;
let northwind: Caller;
let saffron: Caller;
let harbourgate: Caller;

const partnerId = (key: string): string => seededId('partner', key);

beforeAll(async () => {
  api = await startApi({ processes: answeringEngine([]) });
  [ops, northwind, saffron, harbourgate] = await Promise.all([
    api.signIn('program-ops@halyard.example'),
    api.signIn('sales@northwind.example'),
    api.signIn('sales@saffron.example'),
    api.signIn('claims@harbourgate.example'),
  ]);
}, 60_000);

afterAll(() => api.stop(), 30_000);

interface Relation {
  id: string;
  distributor: { id: string; name: string };
  reseller: { id: string; name: string };
  fromDate: string;
  toDate: string | null;
  holds: boolean;
}
const relations = async (who: Caller, query = ''): Promise<Relation[]> =>
  (await who.get(`/api/distributor-relations${query}`)).body['items'] as Relation[];
const pairs = (items: readonly Relation[]): string[] =>
  items.map(({ reseller, distributor }) => `${reseller.name} < ${distributor.name}`);
const add = (body: object) =>
  ops.send('POST', '/api/distributor-relations', {
    distributorId: partnerId('palisade'),
    resellerId: partnerId('northwind'),
    fromDate: '2026-02-01',
    toDate: null,
    ...body,
  });
const pointersOf = (body: Record<string, unknown>): string[] =>
  ((body['errors'] ?? []) as { pointer: string }[]).map(({ pointer }) => pointer);

test('a partner reads his own distributors, and nothing of anybody else', async () => {
  expect(pairs(await relations(ops))).toEqual([
    'Lakeside Integration < Palisade Supply',
    'Northwind Harbour Systems < Harbourgate Distribution',
    'Saffron Bay Technologies < Harbourgate Distribution',
  ]);
  expect(pairs(await relations(northwind))).toEqual(['Northwind Harbour Systems < Harbourgate Distribution']);
  expect(pairs(await relations(saffron))).toEqual(['Saffron Bay Technologies < Harbourgate Distribution']);
  // Asked for another's distributor, or by a distributor who else buys: nothing, as if there were nobody.
  expect(await relations(northwind, `?distributorId=${partnerId('palisade')}`)).toEqual([]);
  expect(await relations(northwind, '?search=Palisade')).toEqual([]);
  expect(await relations(harbourgate)).toEqual([]);
  const { rows } = await api.arrange.query<{ id: string }>(
    'select id from distributor_relation where reseller_id = $1',
    [partnerId('lakeside')],
  );
  const change = await northwind.send('PUT', `/api/distributor-relations/${rows[0]?.id}`, { toDate: null });
  expect(change.status).toBe(403);
  expect(pairs(await relations(ops, '?search=lakeside'))).toHaveLength(1);
  expect(pairs(await relations(ops, '?search=harbourgate'))).toHaveLength(2);
});

test('a relation is added with its days, never twice on one day, and ended; each with its audit row', async () => {
  expect(pointersOf((await add({ distributorId: partnerId('saffron') })).body)).toEqual(['/distributorId']);
  expect(
    pointersOf((await add({ resellerId: partnerId('harbourgate'), distributorId: 'prt_none' })).body),
  ).toEqual(['/distributorId', '/resellerId']);
  expect(pointersOf((await add({ toDate: '2026-01-31' })).body)).toEqual(['/toDate']);
  const first = await add({ toDate: '2026-06-30' });
  expect(first.status).toBe(201);
  const twice = await add({ fromDate: '2026-06-30' });
  expect([twice.status, pointersOf(twice.body)]).toEqual([400, ['/fromDate']]);
  const next = await add({ fromDate: '2026-07-01' });
  expect(next.status).toBe(201);
  const put = (toDate: string | null) =>
    ops.send('PUT', `/api/distributor-relations/${String(first.body['id'])}`, { toDate });
  expect(pointersOf((await put(null)).body)).toEqual(['/toDate']);
  expect(pointersOf((await put('2026-01-01')).body)).toEqual(['/toDate']);
  expect((await put('2026-05-31')).body).toMatchObject({ toDate: '2026-05-31' });
  const shown = (await relations(northwind)).filter(({ distributor }) => distributor.name.startsWith('Pali'));
  expect(shown.map(({ fromDate, toDate }) => `${fromDate} ${toDate}`).toSorted()).toEqual([
    '2026-02-01 2026-05-31',
    '2026-07-01 null',
  ]);
  // Whatever the code does, the database keeps one relation a day.
  await expect(
    api.arrange.query(
      "insert into distributor_relation (id, distributor_id, reseller_id, from_date) values ('drl_x', $1, $2, '2026-03-01')",
      [partnerId('palisade'), partnerId('northwind')],
    ),
  ).rejects.toThrow('distributor_relations_do_not_overlap');
  const { rows } = await api.arrange.query<{ action: string; content: object }>(
    "select action, content from audit_row where action like 'distributor%' order by id",
  );
  expect(rows.map(({ action }) => action)).toEqual([
    'distributor_relation_added',
    'distributor_relation_added',
    'distributor_relation_changed',
  ]);
  expect(rows[2]?.content).toMatchObject({ before: '2026-06-30', after: '2026-05-31' });
});

test('only program operations change relations', async () => {
  const approver = await api.signIn('approver@halyard.example');
  const reply = await approver.send('POST', '/api/distributor-relations', {
    distributorId: partnerId('palisade'),
    resellerId: partnerId('saffron'),
    fromDate: '2026-02-01',
    toDate: null,
  });
  expect(reply.status).toBe(403);
  expect((await approver.get('/api/partners?kind=distributor')).body['items']).toHaveLength(2);
});
