import type { DealDesk, EndingRow } from '../../../api/contract/deal-desk.ts';
import type { PricingAnalytics } from '../../../api/contract/pricing-analytics.ts';
import type { TaskRow } from '../../../api/contract/tasks.ts';
import type { SpecialPricingPolicy } from '../../../domain/special-pricing/policy.ts';
import { seededId } from '../../../prisma/seed.ts';
import { writePricedRequests } from '../../fixtures/priced-requests.ts';
import type { WrittenRequest } from '../../fixtures/priced-requests.ts';
import { answeringEngine, startApi } from './running-api.ts';
import type { Caller, RunningApi } from './running-api.ts';

/*
 * The deal desk and the figures of special pricing, over HTTP and the record. Each figure is worked out a second time here, plainly, from
 * what was written; the two have to be equal.
 */

// Its bands decide one after the other, so that the last word is not the only one.
const PROGRAM = 'activity-checked';
const DAY_MS = 86_400_000;
let api: RunningApi;
let director: Caller;
let written: WrittenRequest[];
let nowMs: number;
let policy: SpecialPricingPolicy;

beforeAll(async () => {
  api = await startApi({ processes: answeringEngine([]) });
  nowMs = Date.now();
  written = await writePricedRequests(api.arrange, {
    program: PROGRAM,
    count: 240,
    days: 150,
    nowMs,
    seed: 11,
  });
  director = await api.signIn('director@halyard.example');
  const { rows } = await api.arrange.query<{ body: SpecialPricingPolicy }>(
    "select body from policy_document where program_id = $1 and kind = 'special-pricing' and status = 'published'",
    [seededId('program', PROGRAM)],
  );
  policy = rows[0]?.body as SpecialPricingPolicy;
}, 90_000);

afterAll(() => api.stop(), 30_000);

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const period = () => ({ from: dayOf(nowMs - 100 * DAY_MS), to: dayOf(nowMs - 10 * DAY_MS) });
const inPeriod = (ms: number | null): boolean =>
  ms !== null && dayOf(ms) >= period().from && dayOf(ms) <= period().to;
const read = async (more = ''): Promise<PricingAnalytics> => {
  const { from, to } = period();
  const { status, body } = await director.get(`/api/pricing-analytics?from=${from}&to=${to}${more}`);
  expect(status).toBe(200);
  return body as unknown as PricingAnalytics;
};

/** Kaplan–Meier by hand: at each time, of those that are still open, so many are decided. */
function quartile(cases: readonly { seconds: number; decided: boolean }[], left: number): number | null {
  const times = [...new Set(cases.map(({ seconds }) => seconds))].toSorted((a, b) => a - b);
  let open = 1;
  for (const time of times) {
    const atRisk = cases.filter(({ seconds }) => seconds >= time).length;
    const decided = cases.filter((one) => one.decided && one.seconds === time).length;
    open *= 1 - decided / atRisk;
    if (decided > 0 && open <= left + 1e-9) return time;
  }
  return null;
}
const timesOf = (cases: readonly { seconds: number; decided: boolean }[]) => ({
  cases: cases.length,
  decided: cases.filter(({ decided }) => decided).length,
  censored: cases.filter(({ decided }) => !decided).length,
  median: quartile(cases, 0.5),
  p75: quartile(cases, 0.25),
});
/** Ages of what is open move on while the test runs. */
const SLACK_SECONDS = 30;
const expectTimes = (
  found: PricingAnalytics['byBand'][number] | PricingAnalytics['byTeam'][number] | undefined,
  expected: ReturnType<typeof timesOf>,
): void => {
  expect(found).toMatchObject({
    cases: expected.cases,
    decided: expected.decided,
    censored: expected.censored,
  });
  for (const [value, other] of [
    [found?.medianSeconds ?? null, expected.median],
    [found?.p75Seconds ?? null, expected.p75],
  ] as const) {
    if (other === null) expect(value).toBeNull();
    else expect(Math.abs((value ?? -1) - other)).toBeLessThanOrEqual(SLACK_SECONDS);
  }
};

test('time to decision by band, what is open counted as open so far', async () => {
  const { byBand } = await read();
  const asked = written.filter(({ submittedMs }) => inPeriod(submittedMs));
  const bands = [...new Set(asked.map(({ routing }) => routing.bandKey))];
  expect(byBand.map(({ bandKey }) => bandKey).toSorted()).toEqual(bands.toSorted());
  expect(asked.some(({ decidedMs }) => decidedMs === null)).toBe(true);
  for (const band of bands)
    expectTimes(
      byBand.find(({ bandKey }) => bandKey === band),
      timesOf(
        asked
          .filter(({ routing }) => routing.bandKey === band)
          .map(({ submittedMs, decidedMs, status }) => ({
            seconds: Math.round(((decidedMs ?? nowMs) - submittedMs) / 1000),
            decided: status === 'approved' || status === 'rejected',
          })),
      ),
    );
});

test('time to decision by team, from the question to its answer', async () => {
  const { byTeam } = await read();
  const tasks = written.flatMap((one) => one.tasks).filter(({ openedMs }) => inPeriod(openedMs));
  for (const role of new Set(tasks.map((task) => task.role)))
    expectTimes(
      byTeam.find((row) => row.role === role),
      timesOf(
        tasks
          .filter((task) => task.role === role)
          .map(({ openedMs, closedMs, status }) => ({
            seconds: Math.round(((closedMs ?? nowMs) - openedMs) / 1000),
            decided: status === 'decided',
          })),
      ),
    );
});

test('the share that cleared at once, also by week', async () => {
  const { atOnce } = await read();
  const asked = written.filter(({ submittedMs }) => inPeriod(submittedMs));
  const cleared = asked.filter(({ tasks }) => tasks.length === 0).length;
  expect(atOnce).toMatchObject({
    requests: asked.length,
    cleared,
    sharePpm: Math.round((cleared * 1_000_000) / asked.length),
  });
  expect(atOnce.weeks.reduce((sum, { requests }) => sum + requests, 0)).toBe(asked.length);
  expect(atOnce.weeks.every(({ weekStart }) => new Date(weekStart).getUTCDay() === 1)).toBe(true);
});

test('win rates by discount: bounds belong to the class below, and of no known outcome there is no rate', async () => {
  const { winRate } = await read();
  const approved = written.filter(({ status, decidedMs }) => status === 'approved' && inPeriod(decidedMs));
  for (const { abovePpm, toPpm, ...found } of winRate) {
    const own = approved.filter(({ waterfall: { standardMinor, netMinor } }) => {
      const given = BigInt(standardMinor - netMinor) * 1_000_000n;
      const over = (ppm: number): boolean => given > BigInt(standardMinor) * BigInt(ppm);
      return (abovePpm === null || over(abovePpm)) && (toPpm === null || !over(toPpm));
    });
    const won = own.filter(({ registrationStatus }) => registrationStatus === 'won').length;
    const notWon = own.filter(({ registrationStatus }) =>
      ['lost', 'expired'].includes(registrationStatus),
    ).length;
    expect(found).toEqual({
      approved: own.length,
      won,
      notWon,
      winPpm: won + notWon === 0 ? null : Math.round((won * 1_000_000) / (won + notWon)),
    });
  }
  expect(winRate.reduce((sum, one) => sum + one.approved, 0)).toBe(approved.length);
  const none = await director.get('/api/pricing-analytics?from=2020-01-01&to=2020-01-31');
  expect(none.body).toMatchObject({ atOnce: { requests: 0, sharePpm: null }, byBand: [], corridor: [] });
  expect((none.body['winRate'] as { winPpm: null }[]).map(({ winPpm }) => winPpm)).toEqual(
    winRate.map(() => null),
  );
});

test('the corridor by product and segment', async () => {
  const { corridor, corridorComplete } = await read();
  expect(corridorComplete).toBe(true);
  const lines = written
    .filter(({ status, decidedMs }) => status === 'approved' && inPeriod(decidedMs))
    .flatMap(({ segment, lines: all, waterfall }) =>
      all.map(({ sku, quantity, listUnitMinor }, place) => {
        const listMinor = listUnitMinor * quantity;
        return {
          group: `${sku} ${segment}`,
          off: Math.round(((listMinor - (waterfall.lines[place]?.netMinor ?? 0)) * 1_000_000) / listMinor),
        };
      }),
    );
  expect(corridor).toHaveLength(new Set(lines.map(({ group }) => group)).size);
  for (const row of corridor) {
    const off = lines
      .filter(({ group }) => group === `${row.sku} ${row.segment}`)
      .map((line) => line.off)
      .toSorted((a, b) => a - b);
    const rank = (share: number) => off[Math.ceil(share * off.length) - 1];
    expect(row).toMatchObject({
      lines: off.length,
      lowPpm: off[0],
      p10Ppm: rank(0.1),
      p50Ppm: rank(0.5),
      p90Ppm: rank(0.9),
      highPpm: off.at(-1),
    });
  }
});

/** What each approved request of the period was given beyond the highest band that asks nobody. */
const beyond = () => {
  const free = Math.max(0, ...policy.bands.map(({ asks, toPpm }) => (asks === null ? (toPpm ?? 0) : 0)));
  return written
    .filter(({ status, decidedMs }) => status === 'approved' && inPeriod(decidedMs))
    .map((request) => {
      const { standardMinor, netMinor } = request.waterfall;
      const allowed = Number((BigInt(standardMinor) * BigInt(free)) / 1_000_000n);
      const last = request.tasks.toSorted(
        (a, b) => b.closedMs! - a.closedMs! || (a.id.split('_')[2]! < b.id.split('_')[2]! ? 1 : -1),
      );
      const latest = last.filter(({ closedMs }) => closedMs === last[0]?.closedMs);
      return {
        ...request,
        beyondMinor: standardMinor - netMinor - allowed,
        by: latest.toSorted((a, b) => (a.role < b.role ? -1 : 1))[0] ?? null,
      };
    })
    .filter(({ beyondMinor }) => beyondMinor > 0);
};

test('leakage: what was given beyond policy, by whom, with sums for each currency', async () => {
  const { leakage } = await read();
  const given = beyond();
  const sums = (rows: readonly { currency: string; beyondMinor: number }[]) =>
    [...new Set(rows.map(({ currency }) => currency))].toSorted().map((currency) => ({
      currency,
      amountMinor: rows
        .filter((row) => row.currency === currency)
        .reduce((sum, row) => sum + row.beyondMinor, 0),
    }));
  expect(given.length).toBeGreaterThan(10);
  expect(leakage).toMatchObject({ requests: given.length, beyond: sums(given) });
  for (const row of leakage.byPerson) {
    const own = given.filter(
      ({ by }) => (by?.actorId ?? null) === row.personId && (by?.role ?? null) === row.role,
    );
    expect([row.requests, row.beyond]).toEqual([own.length, sums(own)]);
  }
  const euros = leakage.exceptions.filter(({ currency }) => currency === 'EUR');
  expect(euros.map(({ reference, beyondMinor }) => [reference, beyondMinor])).toEqual(
    given
      .filter(({ currency }) => currency === 'EUR')
      .toSorted((a, b) => b.beyondMinor - a.beyondMinor)
      .slice(0, euros.length)
      .map(({ reference, beyondMinor }) => [reference, beyondMinor]),
  );
  expect(leakage.exceptions.length).toBeLessThanOrEqual(50);
});

test('filters narrow, and each table leaves as CSV', async () => {
  const family = written[0]?.lines[0]?.family ?? '';
  const narrowed = await read(`&segment=enterprise&family=${family}`);
  const own = written.filter(
    ({ submittedMs, segment, lines }) =>
      inPeriod(submittedMs) && segment === 'enterprise' && lines.some((line) => line.family === family),
  );
  expect(narrowed.atOnce.requests).toBe(own.length);
  expect(narrowed.corridor.every(({ segment }) => segment === 'enterprise')).toBe(true);
  expect((await read('&programId=prg_none')).atOnce.requests).toBe(0);
  const { from, to } = period();
  for (const [part, rows] of [
    ['bands', (await read()).byBand.length],
    ['win-rate', 9],
    ['leakage', (await read()).leakage.byPerson.flatMap((row) => row.beyond).length],
    ['exceptions', (await read()).leakage.exceptions.length],
  ] as const) {
    const csv = await director.get(`/api/pricing-analytics.csv?part=${part}&from=${from}&to=${to}`);
    expect([csv.status, csv.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
    expect(csv.text.trimEnd().split('\r\n')).toHaveLength(rows + 1);
  }
});

test('a period is at most 366 days and does not end before it begins', async () => {
  for (const query of ['from=2025-01-01&to=2026-01-02', 'from=2026-01-02&to=2026-01-01', 'from=soon'])
    expect((await director.get(`/api/pricing-analytics?${query}`)).status).toBe(400);
  expect((await director.get('/api/pricing-analytics?from=2025-01-01&to=2026-01-01')).status).toBe(200);
});

test('the desk counts every open question once, by band and role', async () => {
  const desk = (await director.get('/api/deal-desk')).body as unknown as DealDesk;
  const tasks = written.flatMap((one) =>
    one.tasks
      .filter(({ status }) => status === 'open' || status === 'paused')
      .map((task) => ({ ...task, dealMinor: one.dealMinor, bandKey: one.routing.steps[0]?.bandKey })),
  );
  expect(desk.cells.length).toBe(new Set(tasks.map(({ bandKey, role }) => `${bandKey} ${role}`)).size);
  for (const cell of desk.cells) {
    const own = tasks.filter(({ bandKey, role }) => bandKey === cell.bandKey && role === cell.role);
    expect(cell).toMatchObject({
      open: own.filter(({ status }) => status === 'open').length,
      paused: own.filter(({ status }) => status === 'paused').length,
      late: own.filter(({ status, dueMs }) => status === 'open' && dueMs <= nowMs).length,
      oldestOpenedAt: new Date(Math.min(...own.map(({ openedMs }) => openedMs))).toISOString(),
      deals: [{ currency: 'EUR', amountMinor: own.reduce((sum, { dealMinor }) => sum + dealMinor, 0) }],
    });
  }
  const count = (status: string): number => written.filter((one) => one.status === status).length;
  expect(desk.partners).toEqual({
    counterOffered: count('counter_offered'),
    infoRequested: count('info_requested'),
  });
  const lately = (id: string, days: number): number =>
    written
      .flatMap((one) => one.tasks)
      .filter((task) => task.actorId === id && task.closedMs! > nowMs - days * DAY_MS).length;
  for (const email of ['director', 'cro', 'account-manager']) {
    const id = seededId('person', `${email}@halyard.example`);
    expect(desk.people.find((person) => person.id === id)).toMatchObject({
      holds: 0,
      decidedLast30Days: lately(id, 30),
      decidedLast7Days: lately(id, 7),
    });
  }
});

test('a question that somebody holds is in his workload', async () => {
  const manager = await api.signIn('account-manager@halyard.example');
  const [mine] = ((await manager.get('/api/tasks?kind=pricing_approval&show=mine&limit=1')).body['items'] ??
    []) as TaskRow[];
  expect((await manager.send('POST', `/api/tasks/${mine?.id ?? ''}/claim`, {})).status).toBe(200);
  const desk = (await director.get('/api/deal-desk')).body as unknown as DealDesk;
  expect(desk.people[0]).toMatchObject({
    id: seededId('person', 'account-manager@halyard.example'),
    roles: ['channel_account_manager'],
    holds: 1,
  });
});

test('the queue of a band, page by page, is the inbox', async () => {
  const queue: TaskRow[] = [];
  let cursor = '';
  do {
    const { body } = await director.get(
      `/api/tasks?kind=pricing_approval&show=all&band=account-manager&limit=10${cursor}`,
    );
    queue.push(...(body['items'] as TaskRow[]));
    cursor = typeof body['nextCursor'] === 'string' ? `&cursor=${body['nextCursor']}` : '';
  } while (cursor !== '');
  expect(queue.every(({ bandKey }) => bandKey === 'account-manager')).toBe(true);
  const open = written
    .filter(({ routing }) => routing.steps[0]?.bandKey === 'account-manager')
    .flatMap(({ tasks }) => tasks.filter(({ status }) => status === 'open' || status === 'paused'));
  expect(open.length).toBeGreaterThan(10);
  expect(new Set(queue.map(({ id }) => id))).toEqual(new Set(open.map(({ id }) => id)));
  expect(queue).toHaveLength(open.length);
});

test('what ends soon, the nearest first, page by page', async () => {
  const items: EndingRow[] = [];
  let cursor = '';
  do {
    const { body } = await director.get(`/api/deal-desk/ending?withinDays=60&limit=2${cursor}`);
    items.push(...(body['items'] as EndingRow[]));
    cursor = typeof body['nextCursor'] === 'string' ? `&cursor=${body['nextCursor']}` : '';
  } while (cursor !== '');
  const expected = written
    .filter(({ status }) => ['pending_approval', 'counter_offered', 'info_requested'].includes(status))
    .map(({ id, validUntil }) => ({ id, endsMs: Date.parse(`${validUntil}T00:00:00Z`) + DAY_MS }))
    .filter(({ endsMs }) => endsMs > nowMs && endsMs <= nowMs + 60 * DAY_MS)
    .toSorted((a, b) => a.endsMs - b.endsMs || (a.id < b.id ? -1 : 1));
  expect(expected.length).toBeGreaterThan(3);
  expect(items.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  expect(items.map(({ endsAt }) => Date.parse(endsAt))).toEqual(expected.map(({ endsMs }) => endsMs));
});

test('no partner reads any of it, and who may not is refused', async () => {
  const [partner, manager, finance] = await Promise.all([
    api.signIn('sales@northwind.example'),
    api.signIn('account-manager@halyard.example'),
    api.signIn('finance@halyard.example'),
  ]);
  for (const path of [
    '/api/deal-desk',
    '/api/deal-desk/ending',
    '/api/pricing-analytics',
    '/api/pricing-analytics.csv?part=leakage',
  ])
    expect((await partner.get(path)).status).toBe(403);
  expect((await manager.get('/api/deal-desk')).status).toBe(200);
  expect((await manager.get('/api/pricing-analytics')).status).toBe(403);
  expect((await finance.get('/api/pricing-analytics')).status).toBe(200);
  expect((await finance.get('/api/deal-desk')).status).toBe(403);
});
