import {
  comparableTerms,
  faultsOfTerms,
  latestValidUntil,
  priceTerms,
} from '../../../domain/special-pricing/asked.ts';
import type { PriceTerms, PricingBasis } from '../../../domain/special-pricing/asked.ts';
import { readPolicyExamples } from '../../../adapters/policy-examples.ts';
import { whatGotWorse } from '../../../domain/special-pricing/worse.ts';

const example = readPolicyExamples().find(
  ({ kind, programKey }) => kind === 'special-pricing' && programKey === 'one-per-product',
);
if (example?.kind !== 'special-pricing') throw new Error('The example document is not there.');

const NOW = Date.parse('2026-06-01T10:00:00Z');

const basis: PricingBasis = {
  programId: 'prg',
  policyId: 'pol',
  policyVersion: 3,
  policy: example.body,
  partner: { id: 'prt', tier: 'gold', enrolled: true, inGoodStanding: true },
  currency: 'EUR',
  book: { versionId: 'pbv', version: 7 },
  entries: new Map([['A', { name: 'A', family: 'switching', listMinor: 100_00, costMinor: 40_00 }]]),
  registration: {
    id: 'reg',
    partnerId: 'prt',
    approved: true,
    accountId: 'acc',
    protectedUntilMs: Date.parse('2026-07-10T09:30:00Z'),
    discounts: new Map([['A', 50_000]]),
    discountSeq: 3,
  },
  agreement: null,
  distributor: null,
};

const terms = (change: Partial<PriceTerms> = {}): PriceTerms => ({
  lines: [{ sku: 'A', quantity: 4, capQuantity: null, special: { kind: 'discount', ratePpm: 100_000 } }],
  lumpMinor: 0,
  validFrom: '2026-06-01',
  validUntil: '2026-07-05',
  exceptionKeys: [],
  ...change,
});

const pointers = (change: Partial<PriceTerms>): string[] =>
  faultsOfTerms(basis, terms(change), NOW).map(({ pointer }) => pointer);

describe('terms that are asked for', () => {
  test('are priced step by step, each with its source', () => {
    const { waterfall, sources } = priceTerms(basis, terms(), { requestId: 'spr', round: 2 });
    // 100.00 − 12 % = 88.00 − 5 % = 83.60 − 10 % = 75.24, four times.
    expect(waterfall).toMatchObject({ listMinor: 400_00, standardMinor: 334_40, netMinor: 300_96 });
    expect(sources.map(({ step, kind, version }) => [step, kind, version])).toEqual([
      ['list', 'price_book', 7],
      ['tier', 'policy', 3],
      ['registration', 'registration', 3],
      ['special', 'request', 2],
      ['lump', 'request', 2],
    ]);
  });

  test('end with the protection at the latest, on its last day', () => {
    expect(latestValidUntil(basis)).toBe('2026-07-10');
    expect(pointers({ validUntil: '2026-07-10' })).toEqual([]);
    expect(pointers({ validUntil: '2026-07-11' })).toEqual(['/validUntil']);
  });

  test('begin today or later, and run as long as the program says, or as the protection leaves', () => {
    expect(pointers({ validFrom: '2026-05-31' })).toEqual(['/validFrom']);
    expect(pointers({ validUntil: '2026-05-31' })).toEqual(['/validUntil']);
    expect(pointers({ validUntil: '2026-06-20' })).toEqual(['/validUntil']);
    expect(pointers({ validFrom: '2026-07-01', validUntil: '2026-07-10' })).toEqual([]);
  });

  test('name what the book, the cap or the program does not have', () => {
    const line = terms().lines[0];
    if (line === undefined) throw new Error('There is a line.');
    expect(pointers({ lines: [{ ...line, sku: 'B' }] })).toEqual(['/lines/0/sku']);
    expect(pointers({ lines: [{ ...line, capQuantity: 5 }] })).toEqual(['/lines/0/capQuantity']);
    expect(pointers({ lines: [{ ...line, special: { kind: 'net', unitMinor: 90_00 } }] })).toEqual([
      '/lines/0/special',
    ]);
    expect(pointers({ lumpMinor: 400_00 })).toEqual(['/lumpMinor']);
    expect(pointers({ exceptionKeys: ['payment-in-90-days', 'unheard-of'] })).toEqual(['/exceptionKeys/1']);
  });

  test('a discount on the whole is worse when it grows, however little of it falls on a unit', () => {
    const worse = (before: number, after: number): string[] => {
      const at = (lumpMinor: number) => {
        const asked = terms({ lumpMinor });
        const { waterfall } = priceTerms(basis, asked, { requestId: 'spr', round: 1 });
        return comparableTerms(asked, { waterfall, dealMinor: 0 });
      };
      return whatGotWorse(at(before), at(after)).map(({ kind }) => kind);
    };
    expect(worse(1, 2)).toContain('price_lower');
    expect(worse(2, 1)).toEqual([]);
    expect(worse(0, 0)).toEqual([]);
  });
});
