import fc from 'fast-check';
import { normaliseName } from '../../../domain/matching/normalise.ts';
import { nameSimilarityPpm, similarNames } from '../../../domain/matching/similarity.ts';

const name = fc
  .array(fc.stringMatching(/^[abeçß𝒳]{1,7}$/u), { minLength: 1, maxLength: 4 })
  .map((words) => normaliseName(words.join(' '), 'DE'));

test('passing over by letters never loses a similar name, at the very threshold either', () => {
  fc.assert(
    fc.property(name, fc.array(name, { maxLength: 6 }), fc.nat({ max: 6 }), (one, strangers, which) => {
      const turned = { coreName: one.coreName.split(' ').toReversed().join(' '), squashedKey: 'turned' };
      const shorter = { coreName: [...one.coreName].slice(1).join('').trim(), squashedKey: 'shorter' };
      const others = [turned, shorter, ...strangers];
      const threshold = Math.max(1, nameSimilarityPpm(one, others[which % others.length] ?? turned));
      expect(similarNames(one, others, threshold)).toEqual(
        others.filter((other) => nameSimilarityPpm(one, other) >= threshold),
      );
    }),
    { numRuns: 2_000 },
  );
});

test('a name that is spelt alike but for spaces is similar at any threshold', () => {
  const [one, other] = [normaliseName('Sys Co', 'US'), normaliseName('SysCo', 'US')];
  expect(similarNames(one, [other], 1_000_000)).toEqual([other]);
});
