import fc from 'fast-check';
import { readAmount, writeAmount } from '../../../domain/amount-text.ts';
import { compareBooks } from '../../../domain/price-book/price-book.ts';
import type { PriceEntry } from '../../../domain/price-book/price-book.ts';

describe('amounts in files', () => {
  test.each([
    ['1234.5', 2, 123_450],
    ['-0.01', 2, -1],
    ['7', 0, 7],
    ['7.000', 0, 7],
    ['0.125', 3, 125],
    [' 12.30 ', 2, 1_230],
    ['-0', 2, 0],
  ])('%s with %d decimals is %d', (text, decimals, amountMinor) => {
    expect(readAmount(text, decimals)).toEqual({ ok: true, amountMinor });
  });

  test.each([
    ['', 'empty'],
    ['=A1*2', 'formula'],
    ['+5', 'formula'],
    ['1,234', 'comma'],
    ['1.234,50', 'comma'],
    ['1.2.3', 'not_an_amount'],
    ['1e3', 'not_an_amount'],
    ['٣', 'not_an_amount'],
    ['1.005', 'too_many_decimals'],
    ['999999999999999', 'too_large'],
  ])('%s is refused: %s', (text, fault) => {
    expect(readAmount(text, 2)).toEqual({ ok: false, fault });
  });

  test('what is written is read again', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 4 }), (amountMinor, decimals) => {
        const text = writeAmount(amountMinor, decimals);
        fc.pre(text.replace(/[-.]/gu, '').length <= 15 + decimals);
        expect(readAmount(text, decimals)).toEqual({ ok: true, amountMinor: amountMinor + 0 });
      }),
    );
  });
});

describe('what a new version changes', () => {
  const entry = (sku: string, listMinor: number, costMinor: number | null = 1): PriceEntry => ({
    sku,
    listMinor,
    costMinor,
  });

  test('is counted by kind and shown with what matters first', () => {
    const seen = compareBooks(
      [entry('a', 100), entry('b', 100), entry('c', 100), entry('d', 100), entry('e', 0)],
      [entry('a', 100), entry('b', 110), entry('c', 50), entry('d', 100, 2), entry('f', 5), entry('e', 7)],
    );
    expect(seen).toMatchObject({ added: 1, removed: 0, dearer: 2, cheaper: 1, costOnly: 1, unchanged: 1 });
    expect(seen.changes.map(({ sku, listChangePpm }) => [sku, listChangePpm])).toEqual([
      ['c', -500_000],
      ['b', 100_000],
      ['d', 0],
      ['e', null],
      ['f', null],
    ]);
    expect(compareBooks([entry('a', 1)], []).changes[0]).toMatchObject({ sku: 'a', after: null });
  });

  const book = fc.uniqueArray(
    fc.record({
      sku: fc.string({ minLength: 1, maxLength: 2 }),
      listMinor: fc.nat(1_000),
      costMinor: fc.option(fc.nat(1_000)),
    }),
    { selector: ({ sku }) => sku, maxLength: 20 },
  );

  test('applied to the version before gives the new one', () => {
    fc.assert(
      fc.property(book, book, (before, after) => {
        const entries = new Map(before.map((one) => [one.sku, one]));
        const { changes, ...counts } = compareBooks(before, after);
        for (const change of changes) {
          if (change.after === null) entries.delete(change.sku);
          else entries.set(change.sku, change.after);
        }
        const bySku = (some: readonly PriceEntry[]) => some.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
        expect(bySku([...entries.values()])).toEqual(bySku(after));
        expect(changes.length + counts.unchanged).toBe(
          counts.added + counts.removed + counts.dearer + counts.cheaper + counts.costOnly + counts.unchanged,
        );
      }),
    );
  });
});
