import type { MatrixDryRun } from '../../../api/contract/policies.ts';
import type { SpecialPricingPolicy } from '../../../domain/special-pricing/policy.ts';
import { seededId } from '../../../prisma/seed.ts';
import { writePricedRequests } from '../../fixtures/priced-requests.ts';
import type { WrittenRequest } from '../../fixtures/priced-requests.ts';
import { answeringEngine, startApi } from './running-api.ts';
import type { Caller, Reply, RunningApi } from './running-api.ts';

/* What a draft of the matrix would have asked for the requests that came, over HTTP and the record. */

const PROGRAM = 'volume-bands';
const DAY_MS = 86_400_000;
const programId = seededId('program', PROGRAM);
let api: RunningApi;
let ops: Caller;
let written: WrittenRequest[];
let nowMs: number;
let inEffect: SpecialPricingPolicy;
let policyId: string;

beforeAll(async () => {
  api = await startApi({ processes: answeringEngine([]) });
  nowMs = Date.now();
  // More than one page of the read.
  written = await writePricedRequests(api.arrange, {
    program: PROGRAM,
    count: 130,
    days: 200,
    nowMs,
    seed: 7,
  });
  ops = await api.signIn('program-ops@halyard.example');
  const { rows } = await api.arrange.query<{ id: string; body: SpecialPricingPolicy }>(
    "select id, body from policy_document where program_id = $1 and kind = 'special-pricing' and status = 'published'",
    [programId],
  );
  policyId = rows[0]?.id ?? '';
  inEffect = rows[0]?.body as SpecialPricingPolicy;
}, 60_000);

afterAll(() => api.stop(), 30_000);

const tryOut = (who: Caller, body: unknown, days = 366, id = policyId): Promise<Reply> =>
  who.send('POST', `/api/policies/${id}/dry-run`, { days, body });

test('the version in effect against itself changes nothing, and counts every request of the days once', async () => {
  const { status, body } = await tryOut(ops, inEffect);
  const result = body as unknown as MatrixDryRun;
  expect(status).toBe(200);
  expect(result).toMatchObject({ compared: 130, changed: 0, complete: true, examples: [], version: 1 });
  const counts = new Map<string, number>();
  for (const { routing } of written) counts.set(routing.bandKey, (counts.get(routing.bandKey) ?? 0) + 1);
  expect(new Map(result.flows.map(({ from, count }) => [from, count]))).toEqual(counts);
  const recent = written.filter(({ submittedMs }) => submittedMs >= nowMs - 60 * DAY_MS).length;
  expect((await tryOut(ops, inEffect, 60)).body['compared']).toBe(recent);
});

test('a stricter first band: who would have been asked instead, with references, newest first', async () => {
  const draft = {
    ...inEffect,
    bands: inEffect.bands.map((band, place) =>
      place === 0 ? { ...band, toPpm: Math.floor((band.toPpm ?? 0) / 2) } : band,
    ),
  };
  const { body } = await tryOut(ops, draft);
  const result = body as unknown as MatrixDryRun;
  expect(result.changed).toBeGreaterThan(0);
  expect(result.clearsAtOnce.after).toBe(result.clearsAtOnce.before - result.changed);
  expect(result.clearsAtOnce.before).toBe(written.filter(({ routing }) => routing.steps.length === 0).length);
  const times = result.examples.map(({ submittedAt }) => submittedAt);
  expect(times).toEqual(times.toSorted().toReversed());
  expect(result.examples.length).toBe(Math.min(result.changed, 20));
  for (const { reference, before, after } of result.examples) {
    expect(written.find((one) => one.reference === reference)?.routing.steps).toEqual(before.steps);
    expect([before.steps, after.steps.length]).toEqual([[], 1]);
  }
  // Nothing was written: neither a document nor an audit row.
  const { rows } = await api.arrange.query("select 1 from audit_row where action like 'policy%'");
  expect(rows).toEqual([]);
});

test('a policy says how many requests are open under it', async () => {
  const open = written.filter(({ decidedMs }) => decidedMs === null).length;
  expect(open).toBeGreaterThan(0);
  expect((await ops.get(`/api/policies/${policyId}`)).body).toMatchObject({ openCases: open });
});

test('faults of the document lie at their fields', async () => {
  const [first, ...others] = inEffect.bands;
  const { status, body } = await tryOut(ops, {
    ...inEffect,
    bands: [{ ...first, toPpm: 1_000_001 }, ...others],
    quarterEnd: { lastBusinessDays: 0, lengthPpm: 500_000 },
  });
  expect(status).toBe(400);
  expect((body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual(
    expect.arrayContaining(['/body/bands/0/toPpm', '/body/quarterEnd/lastBusinessDays']),
  );
  expect((await tryOut(ops, inEffect, 367)).status).toBe(400);
});

test('only for whoever drafts policies, and only for special pricing', async () => {
  const [director, partner] = await Promise.all([
    api.signIn('director@halyard.example'),
    api.signIn('sales@northwind.example'),
  ]);
  expect((await tryOut(director, inEffect)).status).toBe(403);
  expect((await tryOut(partner, inEffect)).status).toBe(403);
  expect((await tryOut(ops, inEffect, 30, seededId('policy', PROGRAM))).status).toBe(404);
  expect((await tryOut(ops, inEffect, 30, 'pol_none')).status).toBe(404);
});
