import fc from 'fast-check';
import { rankNames } from '../../../domain/matching/ranking.ts';

const list = fc
  .uniqueArray(fc.nat({ max: 60 }), { minLength: 1, maxLength: 20 })
  .chain((numbers) =>
    fc.record({ accounts: fc.integer({ min: numbers.length, max: 5_000 }), numbers: fc.constant(numbers) }),
  );

/** The same by the book: a map, and everything sorted. */
function byTheBook(
  lists: readonly { accounts: number; numbers: readonly number[] }[],
  limit: number,
  leastShare: number,
): number[] {
  const highest = Math.max(0, ...lists.flatMap(({ numbers }) => numbers));
  const scores = new Map<number, number>();
  for (const { accounts, numbers } of lists)
    for (const number of numbers)
      scores.set(number, Math.fround((scores.get(number) ?? 0) + Math.log(2 + highest / accounts)));
  const most = lists.reduce((sum, { accounts }) => sum + Math.log(2 + highest / accounts), 0);
  return [...scores]
    .filter(([, score]) => score >= most * leastShare)
    .sort(([a, left], [b, right]) => right - left || a - b)
    .slice(0, limit)
    .map(([number]) => number);
}

test('the best are those that a map and a sort find', () => {
  fc.assert(
    fc.property(
      fc.array(list, { maxLength: 12 }),
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom(0, 0.04, 0.3, 0.7),
      (lists, limit, leastShare) => {
        const packed = lists.map(({ accounts, numbers }) => ({
          accounts,
          numbers: Int32Array.from(numbers),
        }));
        expect(rankNames(packed, { limit, leastShare })).toEqual(byTheBook(lists, limit, leastShare));
      },
    ),
  );
});

test('one rare part outweighs a common one, and the highest number is kept', () => {
  const lists = [
    { accounts: 50_000, numbers: Int32Array.of(7, 2 ** 31 - 2) },
    { accounts: 2, numbers: Int32Array.of(9) },
  ];
  expect(rankNames(lists, { limit: 3, leastShare: 0 })).toEqual([9, 7, 2 ** 31 - 2]);
  expect(rankNames([], { limit: 3, leastShare: 0 })).toEqual([]);
});
