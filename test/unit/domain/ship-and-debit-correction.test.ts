import fc from 'fast-check';
import { supportNow } from '../../../domain/ship-and-debit/correction.ts';
import type { ChangedAgreement, SupportedSale } from '../../../domain/ship-and-debit/correction.ts';
import { termsByDay } from '../../../domain/ship-and-debit/terms.ts';
import type { AgreedLine, StoredVersion } from '../../../domain/ship-and-debit/terms.ts';

const DAYS = { firstDay: '2026-03-01', lastDay: '2026-05-31' };
const line = (approvedCostMinor: number, netUnitMinor = 80): AgreedLine => ({
  sku: 'SEN-1',
  netUnitMinor,
  approvedCostMinor,
  capQuantity: 10,
});
const first: StoredVersion = {
  version: 1,
  kind: 'first',
  fromDay: '2026-03-01',
  agreedOn: '2026-02-20',
  lines: [line(76)],
};
const under = (...versions: StoredVersion[]): ChangedAgreement => ({
  terms: termsByDay([first, ...versions], DAYS),
  priceInForceAt: 'sale',
  distributorDiscountPpm: 100_000,
  listMinorOn: () => 100,
});
const version = (change: Partial<StoredVersion>): StoredVersion => ({
  version: 2,
  kind: 'new_version',
  fromDay: '2026-04-10',
  agreedOn: '2026-04-10',
  lines: [line(70, 74)],
  ...change,
});
const sale = (change: Partial<SupportedSale> = {}): SupportedSale => ({
  sku: 'SEN-1',
  saleDate: '2026-03-15',
  receivedOn: '2026-04-02',
  unitMinor: 74,
  supportUnitMinor: 14,
  ...change,
});

test('a new version supports what was sold before it as it says; a new period only what was sold from its first day on', () => {
  expect(supportNow(sale(), under(version({})))).toBe(20);
  const period = under(version({ kind: 'new_period' }));
  expect(supportNow(sale(), period)).toBe(14);
  expect(supportNow(sale({ saleDate: '2026-04-09' }), period)).toBe(14);
  expect(supportNow(sale({ saleDate: '2026-04-10' }), period)).toBe(20);
  expect(supportNow(sale(), under(version({ kind: 'extension', lines: [line(1)] })))).toBe(14);
});

test('more is given only where the lower price was passed on; less is taken back in any case', () => {
  expect(supportNow(sale({ unitMinor: 80 }), under(version({})))).toBe(14);
  expect(supportNow(sale({ unitMinor: 80 }), under(version({ lines: [line(86, 90)] })))).toBe(4);
  expect(supportNow(sale({ unitMinor: 90 }), under(version({ lines: [line(90, 85)] })))).toBe(0);
});

test('what the terms no longer speak of stays as it was', () => {
  expect(supportNow(sale({ sku: 'SEN-2' }), under(version({})))).toBe(14);
  expect(supportNow(sale({ saleDate: '2026-06-01' }), under(version({})))).toBe(14);
  expect(supportNow(sale(), { ...under(version({})), listMinorOn: () => null })).toBe(14);
});

test('support is never below nothing, and looking again changes nothing', () => {
  fc.assert(
    fc.property(
      fc.record({
        cost: fc.integer({ min: 0, max: 200 }),
        net: fc.integer({ min: 0, max: 200 }),
        unitMinor: fc.integer({ min: 0, max: 200 }),
        supportUnitMinor: fc.integer({ min: 0, max: 100 }),
        day: fc.constantFrom('2026-03-01', '2026-04-09', '2026-04-10', '2026-05-31', '2026-06-01'),
        kind: fc.constantFrom('new_version' as const, 'new_period' as const),
      }),
      ({ cost, net, unitMinor, supportUnitMinor, day, kind }) => {
        const agreement = under(version({ kind, lines: [line(cost, net)] }));
        const one = sale({ unitMinor, supportUnitMinor, saleDate: day });
        const now = supportNow(one, agreement);
        expect(now).toBeGreaterThanOrEqual(0);
        expect(supportNow({ ...one, supportUnitMinor: now }, agreement)).toBe(now);
      },
    ),
  );
});
