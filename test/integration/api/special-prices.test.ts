import { seededId } from '../../../prisma/seed.ts';
import { dayAfter } from '../../setup/pricing-house.ts';
import { startHouse } from './running-house.ts';
import type { RunningHouse } from './running-house.ts';
import type { Caller } from './running-api.ts';

// Requests over HTTP, workflows on the real engine: what each side reads of a special price.
const PROGRAM = seededId('program', 'one-per-product');

let house: RunningHouse;
let partner: Caller;
let rival: Caller;
let cfo: Caller;

beforeAll(async () => {
  house = await startHouse();
  [partner, rival, cfo] = await Promise.all([
    house.api.signIn('sales@northwind.example'),
    house.api.signIn('sales@lakeside.example'),
    house.api.signIn('cfo@halyard.example'),
  ]);
}, 60_000);

afterAll(async () => {
  await house.stop();
}, 30_000);

function request(ratePpm: number): Record<string, unknown> {
  const now = Date.now();
  return {
    programId: PROGRAM,
    kind: 'new',
    registrationId: null,
    agreementId: null,
    customer: {
      legalName: 'Plover Quay Chandlers',
      country: 'DE',
      city: null,
      webDomain: 'plover-quay.example',
    },
    currency: null,
    distributorId: seededId('partner', 'harbourgate'),
    justificationCode: 'competitive',
    words: 'A rival offers less.',
    competitor: { name: 'Another maker', priceMinor: 1_000_000 },
    evidenceIds: [],
    lines: [{ sku: 'HSW-48', quantity: 10, capQuantity: null, special: { kind: 'discount', ratePpm } }],
    lumpMinor: 0,
    validFrom: dayAfter(now, 0),
    validUntil: dayAfter(now, 59),
    exceptionKeys: [],
  };
}

async function settled(caller: Caller, id: string, status: string): Promise<Record<string, unknown>> {
  const giveUpAtMs = Date.now() + 20_000;
  for (;;) {
    const { body } = await caller.get(`/api/special-prices/${id}`);
    if (body['status'] === status) return body;
    if (Date.now() > giveUpAtMs) throw new Error(`it is ${String(body['status'])}, not ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a preview writes nothing, and tells a partner neither costs nor who guards them', async () => {
  const preview = await partner.send('POST', '/api/special-prices/preview', request(340_000));
  expect(preview.status).toBe(200);
  expect(preview.body).toMatchObject({
    errors: [],
    waterfall: { netMinor: 3_717_120, costMinor: null, marginPpm: null },
    route: { clearsAtOnce: false, steps: [{ roles: ['cro'], quorum: 1 }], complete: false },
  });
  expect(preview.text).not.toContain('margin_');
  const { rows } = await house.pool.query('select from special_price_request');
  expect(rows).toHaveLength(0);
  const faulty = await partner.send('POST', '/api/special-prices/preview', {
    ...request(340_000),
    justificationCode: 'because',
    distributorId: seededId('partner', 'palisade'),
  });
  expect((faulty.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual([
    '/distributorId',
    '/justificationCode',
  ]);
});

test('is asked, read by each side as it may, countered over the task, and accepted', async () => {
  const asked = await partner.send('POST', '/api/special-prices', request(450_000));
  expect(asked.status).toBe(201);
  const id = asked.body['id'] as string;
  const shown = await settled(partner, id, 'pending_approval');
  expect(shown).toMatchObject({
    vendor: null,
    askedNow: ['cfo', 'ceo'],
    distributorName: 'Harbourgate Distribution',
    waterfall: { costMinor: null, lines: [{ costUnitMinor: null, floorPpm: null }] },
  });
  const seen = await settled(cfo, id, 'pending_approval');
  expect(seen).toMatchObject({
    waterfall: { costMinor: 3_015_000, lines: [{ costUnitMinor: 301_500 }] },
    vendor: {
      bandKey: 'executives',
      dealCurrency: 'EUR',
      earlier: [],
      steps: [{ roles: ['cfo', 'ceo'], quorum: 2 }],
    },
  });
  expect((await rival.get(`/api/special-prices/${id}`)).status).toBe(404);
  expect((await rival.get('/api/special-prices')).body['items']).toEqual([]);
  const inbox = await cfo.get('/api/tasks?kind=pricing_approval');
  const tasks = inbox.body['items'] as { id: string; reference: string; mayDecide: boolean }[];
  expect(tasks[0]).toMatchObject({ reference: seen['reference'], mayDecide: true });
  const taskId = (seen['vendor'] as { tasks: { id: string; askedRole: string }[] }).tasks.find(
    ({ askedRole }) => askedRole === 'cfo',
  )?.id;
  const task = await cfo.get(`/api/tasks/${taskId}`);
  const decided = await cfo.send('POST', `/api/tasks/${taskId}/decision`, {
    outcome: 'counter_offer',
    reasonKey: null,
    words: 'This far.',
    privateNote: 'Not below.',
    fields: [],
    winnerId: null,
    factsHash: task.body['factsHash'],
    counter: {
      lines: [{ lineNo: 1, unitMinor: 510_000 }],
      lumpMinor: 0,
      validUntil: dayAfter(Date.now(), 45),
    },
  });
  expect(decided.status).toBe(201);
  // In its undo window the partner sees nothing of it.
  expect((await partner.get(`/api/special-prices/${id}`)).body).toMatchObject({
    status: 'pending_approval',
    counterOffer: null,
  });
  const offered = await settled(partner, id, 'counter_offered');
  expect(offered).toMatchObject({ counterOffer: { words: 'This far.', waterfall: { netMinor: 5_100_000 } } });
  const accepted = await partner.send('POST', `/api/special-prices/${id}/counter-answer`, {
    answer: 'accept',
    words: '',
  });
  expect(accepted.status).toBe(200);
  // 563,200 to 510,000 is under 10 %: nobody needs to be asked about it.
  const approved = await settled(partner, id, 'approved');
  const agreement = await partner.get(`/api/pricing-agreements/${String(approved['agreementId'])}`);
  expect(agreement.body).toMatchObject({
    status: 'active',
    versions: [
      { kind: 'first', lines: [{ netUnitMinor: 510_000, approvedCostMinor: null, capQuantity: 10 }] },
    ],
    caps: [{ sku: 'HSW-48', capQuantity: 10, leftQuantity: 10 }],
  });
  const distributor = await house.api.signIn('claims@harbourgate.example');
  const theirs = await distributor.get(`/api/pricing-agreements/${String(approved['agreementId'])}`);
  expect(theirs.body).toMatchObject({ versions: [{ lines: [{ approvedCostMinor: 484_500 }] }] });
  expect((await distributor.get(`/api/special-prices/${id}`)).status).toBe(404);
  expect((await rival.get(`/api/pricing-agreements/${String(approved['agreementId'])}`)).status).toBe(404);
  const events = await partner.get(`/api/special-prices/${id}/events`);
  expect((events.body['items'] as { kind: string }[]).map(({ kind }) => kind)).toEqual([
    'price_requested',
    'price_routed',
    'price_countered',
    'counter_accepted',
    'price_approved',
  ]);
  const corridor = await cfo.get('/api/special-price-corridor?sku=HSW-48');
  expect(corridor.body).toMatchObject({ points: [{ requestId: id, netUnitMinor: 510_000 }] });
  const ofSegment = await cfo.get('/api/special-price-corridor?sku=HSW-48&segment=enterprise');
  expect(ofSegment.body).toMatchObject({ points: [], p50Ppm: null });
  expect((await partner.get('/api/special-price-corridor?sku=HSW-48')).status).toBe(403);
}, 60_000);
