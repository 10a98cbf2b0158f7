import fc from 'fast-check';
import { whatGotWorse } from '../../../domain/special-pricing/worse.ts';
import type { AskedTerms } from '../../../domain/special-pricing/worse.ts';

const terms = (over: Partial<AskedTerms> = {}): AskedTerms => ({
  lines: [{ lineId: '1', sku: 'HSW-48', unitMinor: 500_00, quantity: 10 }],
  exceptionKeys: [],
  validUntil: '2027-03-31',
  dealMinor: 5_000_00,
  ...over,
});
const withLine = (over: Partial<AskedTerms['lines'][number]>): AskedTerms =>
  terms({ lines: [{ lineId: '1', sku: 'HSW-48', unitMinor: 500_00, quantity: 10, ...over }] });
const kinds = (now: AskedTerms, agreed = terms()): string[] => whatGotWorse(agreed, now).map(({ kind }) => kind);

test('each way in which a request gets worse is named', () => {
  expect(kinds(withLine({ unitMinor: 499_99 }))).toEqual(['price_lower']);
  expect(kinds(withLine({ quantity: 11 }))).toEqual(['quantity_higher']);
  expect(kinds(withLine({ sku: 'HSW-24P' }))).toEqual(['line_added']);
  expect(kinds(terms({ exceptionKeys: ['net_90'] }))).toEqual(['exception_added']);
  expect(kinds(terms({ validUntil: '2027-04-01' }))).toEqual(['valid_longer']);
  expect(kinds(terms({ dealMinor: 5_000_01 }))).toEqual(['deal_larger']);
});

test('what got better, or was left out, asks nobody again', () => {
  expect(kinds(withLine({ unitMinor: 510_00, quantity: 9 }))).toEqual([]);
  expect(kinds(terms({ lines: [], validUntil: '2027-01-01', dealMinor: 0 }))).toEqual([]);
  expect(kinds(terms(), terms({ exceptionKeys: ['net_90'] }))).toEqual([]);
});

test('nothing is worse than itself, and what is no worse in two steps is no worse in one', () => {
  const asked = fc.record({
    lines: fc.uniqueArray(
      fc.record({
        lineId: fc.constantFrom('1', '2', '3'),
        sku: fc.constantFrom('a', 'b'),
        unitMinor: fc.nat(3),
        quantity: fc.nat(3),
      }),
      { selector: ({ lineId }) => lineId },
    ),
    exceptionKeys: fc.uniqueArray(fc.constantFrom('x', 'y')),
    validUntil: fc.constantFrom('2027-01-01', '2027-02-01'),
    dealMinor: fc.nat(2),
  });
  fc.assert(
    fc.property(asked, asked, asked, (a, b, c) => {
      expect(whatGotWorse(a, a)).toEqual([]);
      fc.pre(whatGotWorse(a, b).length === 0 && whatGotWorse(b, c).length === 0);
      expect(whatGotWorse(a, c)).toEqual([]);
    }),
    { numRuns: 2_000, maxSkipsPerRun: 2_000 },
  );
});
