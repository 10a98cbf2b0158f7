import fc from 'fast-check';
import { dryRun } from '../../../domain/special-pricing/dry-run.ts';
import type { DryRunResult, Matrix, PastRequest } from '../../../domain/special-pricing/dry-run.ts';
import type { ApprovalBand, PricingRole } from '../../../domain/special-pricing/policy.ts';

const band = (
  key: string,
  toPpm: number | null,
  roles: readonly PricingRole[],
  valueBump: ApprovalBand['valueBump'] = null,
): ApprovalBand => ({
  key,
  toPpm,
  asks: roles.length === 0 ? null : { roles, quorum: null },
  answerWithin: roles.length === 0 ? null : { unit: 'businessHour', amount: 8 },
  valueBump,
});
const matrix: Matrix = {
  currency: 'EUR',
  approvalShape: 'owner',
  marginFloors: { byFamily: {}, otherPpm: null },
  termExceptions: [{ key: 'net_90', label: 'Payment after 90 days', bandKey: 'director' }],
  bands: [
    band('automatic', 100_000, []),
    band('cam', 200_000, ['channel_account_manager']),
    band('director', 300_000, ['director']),
    band('top', null, ['cfo', 'ceo']),
  ],
};
const ask = (discountPpm: number, over: Partial<PastRequest> = {}): PastRequest => ({
  requestId: `spr_${discountPpm}`,
  reference: `SP-${discountPpm}`,
  partnerName: 'Northwind Harbour Systems',
  customerName: 'Contoso Shipyards',
  submittedAt: '2026-03-02T09:00:00.000Z',
  currency: 'EUR',
  lines: [
    {
      family: 'hardware',
      quantity: 10,
      listUnitMinor: 1_000_00,
      costUnitMinor: 400_00,
      tierPpm: 0,
      registrationPpm: 0,
      special: { kind: 'discount', ratePpm: discountPpm },
    },
  ],
  lumpMinor: 0,
  exceptionKeys: [],
  dealMinor: 10_000_00,
  dealCurrency: 'EUR',
  ...over,
});
const run = (
  after: Matrix,
  requests: readonly PastRequest[],
  more: { before?: Matrix; most?: number; rate?: number | null } = {},
): DryRunResult => {
  const one = dryRun({
    before: more.before ?? matrix,
    after,
    most: more.most ?? 5,
    inCurrency: ({ minor }) =>
      more.rate === undefined || more.rate === null ? null : Math.round(minor * more.rate),
  });
  for (const request of requests) one.add(request);
  return one.result();
};
/** The account manager may give up to 15 % only. */
const stricter: Matrix = {
  ...matrix,
  bands: matrix.bands.map((one) => (one.key === 'cam' ? { ...one, toPpm: 150_000 } : one)),
};

test('says from which band to which, who is asked more and less, and which requests they are', () => {
  const result = run(stricter, [ask(50_000), ask(150_000), ask(160_000), ask(200_000), ask(350_000)]);
  expect(result).toMatchObject({
    compared: 5,
    changed: 2,
    clearsAtOnce: { before: 1, after: 1 },
    flows: [
      { from: 'automatic', to: 'automatic', count: 1, changed: 0 },
      { from: 'cam', to: 'cam', count: 1, changed: 0 },
      { from: 'cam', to: 'director', count: 2, changed: 2 },
      { from: 'top', to: 'top', count: 1, changed: 0 },
    ],
    roles: [
      { role: 'channel_account_manager', before: 3, after: 1 },
      { role: 'director', before: 0, after: 2 },
      { role: 'cfo', before: 1, after: 1 },
      { role: 'ceo', before: 1, after: 1 },
    ],
    leftOut: { exception_unknown: 0, no_rate: 0 },
  });
  expect(result.examples.map(({ reference, after }) => [reference, after.steps[0]?.roles])).toEqual([
    ['SP-160000', ['director']],
    ['SP-200000', ['director']],
  ]);
  expect(result.examples[0]).toMatchObject({ discountPpm: 160_000, netMinor: 8_400_00 });
});

test('the same band whose people, number or order change counts as changed; another name of it does not', () => {
  const renamed = run(
    { ...matrix, bands: matrix.bands.map((one) => (one.key === 'cam' ? { ...one, key: 'account' } : one)) },
    [ask(150_000)],
  );
  expect(renamed).toMatchObject({ changed: 0, flows: [{ from: 'cam', to: 'account', count: 1 }] });
  const oneOfTwo = matrix.bands.map((one) =>
    one.key === 'top' ? { ...one, asks: { roles: ['cfo', 'ceo'] as const, quorum: 1 } } : one,
  );
  expect(run({ ...matrix, bands: oneOfTwo }, [ask(500_000)])).toMatchObject({
    changed: 1,
    flows: [{ from: 'top', to: 'top', count: 1, changed: 1 }],
  });
  expect(run({ ...matrix, approvalShape: 'chain' }, [ask(250_000)])).toMatchObject({
    changed: 1,
    roles: [
      { role: 'channel_account_manager', before: 0, after: 1 },
      { role: 'director', before: 1, after: 1 },
    ],
  });
});

test('what cannot be compared is left out and said why', () => {
  const without = { ...matrix, termExceptions: [] };
  expect(run(without, [ask(50_000, { exceptionKeys: ['net_90'] }), ask(50_000)])).toMatchObject({
    compared: 1,
    leftOut: { exception_unknown: 1, no_rate: 0 },
  });
  const inYen = { ...matrix, currency: 'JPY' };
  expect(run(inYen, [ask(50_000)]).leftOut).toEqual({ exception_unknown: 0, no_rate: 1 });
  expect(run(inYen, [ask(50_000)], { rate: 1.6 }).compared).toBe(1);
});

test('the value that it was routed by counts in the currency of each matrix', () => {
  const bumped = (aboveMinor: number, currency: string): Matrix => ({
    ...matrix,
    currency,
    bands: [band('automatic', 100_000, [], { aboveMinor, effect: 'one_level_up' }), ...matrix.bands.slice(1)],
  });
  const [request] = [ask(50_000, { dealMinor: 2_000_00 })];
  expect(run(bumped(1_999_99, 'EUR'), [request], { before: bumped(2_000_00, 'EUR') }).flows).toEqual([
    { from: 'automatic', to: 'cam', count: 1, changed: 1 },
  ]);
  expect(run(bumped(2_000_00, 'USD'), [request], { rate: 1.1 }).flows[0]).toMatchObject({ to: 'cam' });
});

const requests = fc.array(
  fc
    .record({
      discountPpm: fc.integer({ min: 0, max: 600_000 }),
      dealMinor: fc.integer({ min: 0, max: 10_000_000_00 }),
      exception: fc.boolean(),
    })
    .map(({ discountPpm, dealMinor, exception }) =>
      ask(discountPpm, { dealMinor, exceptionKeys: exception ? ['net_90'] : [] }),
    ),
  { maxLength: 40 },
);

test('against itself nothing changes, and every request is counted once', () => {
  fc.assert(
    fc.property(requests, (all) => {
      const result = run(matrix, all);
      expect([result.changed, result.examples, result.compared]).toEqual([0, [], all.length]);
      expect(result.flows.every(({ from, to, changed }) => from === to && changed === 0)).toBe(true);
      expect(result.clearsAtOnce.before).toBe(result.clearsAtOnce.after);
    }),
  );
});

test('counts add up, examples are bounded, and the way back is the mirror', () => {
  fc.assert(
    fc.property(requests, fc.integer({ min: 0, max: 6 }), (all, most) => {
      const there = run(stricter, all, { most });
      const back = run(matrix, all, { before: stricter, most });
      const sum = (key: 'count' | 'changed') => there.flows.reduce((total, flow) => total + flow[key], 0);
      expect([sum('count'), sum('changed')]).toEqual([there.compared, there.changed]);
      expect(there.examples).toHaveLength(Math.min(most, there.changed));
      expect(there.flows.map(({ from, to, count }) => `${to} ${from} ${count}`).toSorted()).toEqual(
        back.flows.map(({ from, to, count }) => `${from} ${to} ${count}`).toSorted(),
      );
      expect(there.roles.map(({ role, before, after }) => [role, after, before])).toEqual(
        back.roles.map(({ role, before, after }) => [role, before, after]),
      );
    }),
  );
});
