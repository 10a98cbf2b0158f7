import fc from 'fast-check';
import { areaUnderCurve } from '../../../scripts/prove/timing.ts';

const times = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 });

test('the area is the share of pairs in which the first is longer, ties counting half', () => {
  fc.assert(
    fc.property(times, times, (longer, others) => {
      const score = longer
        .flatMap((one) => others.map((other) => (one > other ? 1 : one === other ? 0.5 : 0)))
        .reduce<number>((sum, part) => sum + part, 0);
      expect(areaUnderCurve(longer, others).area).toBeCloseTo(score / (longer.length * others.length), 9);
    }),
  );
});

test('a second of difference is far outside of what a coin allows, none is inside', () => {
  const base = Array.from({ length: 200 }, (_, n) => 40 + (n % 17));
  const leak = areaUnderCurve(
    base.map((ms) => ms + 1_000),
    base,
  );
  expect(leak.area).toBe(1);
  expect(leak.nullError).toBeCloseTo(0.0289, 4);
  expect(areaUnderCurve(base, base).area).toBe(0.5);
});
