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
const kinds = (now: AskedTerms, agreed = terms()): string[] =>
  whatGotWorse(agreed, now).map(({ kind }) => kind);

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

const asked = fc.record({
  lines: fc.uniqueArray(
    fc.record({
      lineId: fc.constantFrom('1', '2', '3'),
      sku: fc.constantFrom('a', 'b'),
      unitMinor: fc.nat(1_000),
      quantity: fc.integer({ min: 1, max: 50 }),
    }),
    { selector: ({ lineId }) => lineId },
  ),
  exceptionKeys: fc.uniqueArray(fc.constantFrom('x', 'y')),
  validUntil: fc.constantFrom('2027-01-01', '2027-02-01'),
  dealMinor: fc.nat(2_000),
});

test('a request is no worse than itself, nor is one that costs more, is for less, or leaves out', () => {
  fc.assert(
    fc.property(asked, fc.nat(100), fc.nat(3), (before, dearer, places) => {
      expect(whatGotWorse(before, before)).toEqual([]);
      const better: AskedTerms = {
        lines: before.lines.slice(0, places).map((line) => ({
          ...line,
          unitMinor: line.unitMinor + dearer,
          quantity: Math.ceil(line.quantity / 2),
        })),
        exceptionKeys: before.exceptionKeys.slice(1),
        validUntil: '2027-01-01',
        dealMinor: Math.floor(before.dealMinor / 2),
      };
      expect(whatGotWorse(before, better)).toEqual([]);
    }),
  );
});

test('what is worse one way is not worse the other way, line by line', () => {
  fc.assert(
    fc.property(asked, asked, (a, b) => {
      const lowered = (facts: ReturnType<typeof whatGotWorse>): string[] =>
        facts.flatMap((fact) => (fact.kind === 'price_lower' ? [fact.lineId] : []));
      const back = new Set(lowered(whatGotWorse(b, a)));
      expect(lowered(whatGotWorse(a, b)).filter((lineId) => back.has(lineId))).toEqual([]);
    }),
  );
});
