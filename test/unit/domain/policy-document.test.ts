import fc from 'fast-check';
import type { Json } from '../../../domain/json.ts';
import { jsonPointer, sameJson } from '../../../domain/json.ts';
import type { LabelTable, PolicyDocument } from '../../../domain/policy-document.ts';
import {
  diffInWords,
  effectiveAt,
  placesOf,
  publishPolicy,
  refuseInProduction,
  timesInForce,
} from '../../../domain/policy-document.ts';

interface Body {
  demonstration: boolean;
}

const draft = (changes: Partial<PolicyDocument<Body>> = {}): PolicyDocument<Body> => ({
  policyId: 'pol_draft',
  kind: 'deal-registration',
  programKey: 'example',
  status: 'draft',
  version: null,
  effectiveFromMs: null,
  body: { demonstration: false },
  createdBy: 'psn_author',
  createdAtMs: 0,
  publishedBy: null,
  publishedAtMs: null,
  ...changes,
});

const version = (number: number, effectiveFromMs: number): PolicyDocument<Body> =>
  draft({
    policyId: `pol_${number}`,
    status: 'published',
    version: number,
    effectiveFromMs,
    publishedBy: 'psn_second',
    publishedAtMs: 0,
  });

const publish = (changes: Partial<Parameters<typeof publishPolicy<Body>>[0]> = {}) =>
  publishPolicy({
    draft: draft(),
    versions: [],
    effectiveFromMs: 1_000,
    publishedBy: 'psn_second',
    nowMs: 500,
    production: false,
    ...changes,
  });

const codesOf = (result: ReturnType<typeof publish>) =>
  result.ok ? [] : result.problems.map((problem) => problem.code);

describe('publishing', () => {
  test('gives the next number and says which version ends', () => {
    const result = publish({ versions: [version(1, 100), version(2, 400), draft()] });
    expect(result).toMatchObject({
      ok: true,
      policy: {
        status: 'published',
        version: 3,
        effectiveFromMs: 1_000,
        publishedBy: 'psn_second',
        publishedAtMs: 500,
      },
      ends: { policyId: 'pol_2', effectiveToMs: 1_000 },
    });
  });

  test('takes a second person', () => {
    expect(codesOf(publish({ publishedBy: 'psn_author' }))).toEqual(['same_person']);
  });

  test('happens once', () => {
    expect(codesOf(publish({ draft: version(1, 1_000) }))).toEqual(['not_a_draft']);
  });

  test('never lets two versions be in force at once', () => {
    expect(codesOf(publish({ versions: [version(1, 1_000)] }))).toEqual(['effective_from_not_after_latest']);
    expect(codesOf(publish({ versions: [version(1, 1_001)] }))).toEqual(['effective_from_not_after_latest']);
    expect(codesOf(publish({ versions: [version(1, 999)] }))).toEqual([]);
  });

  test('only the first version may begin in the past', () => {
    expect(codesOf(publish({ nowMs: 2_000 }))).toEqual([]);
    expect(codesOf(publish({ nowMs: 2_000, versions: [version(1, 100)] }))).toEqual([
      'effective_from_in_past',
    ]);
    expect(codesOf(publish({ nowMs: 1_000, versions: [version(1, 100)] }))).toEqual([]);
  });

  test('a demonstration program is refused in production', () => {
    const demonstration = draft({ body: { demonstration: true } });
    expect(codesOf(publish({ draft: demonstration, production: true }))).toEqual([
      'demonstration_in_production',
    ]);
    expect(codesOf(publish({ draft: demonstration }))).toEqual([]);
    expect(codesOf(publish({ production: true }))).toEqual([]);
    expect(refuseInProduction({ demonstration: false })).toEqual([]);
  });

  test('says everything that stands against it at once, each with its place', () => {
    const result = publish({
      draft: draft({ body: { demonstration: true } }),
      versions: [version(1, 1_000)],
      publishedBy: 'psn_author',
      nowMs: 2_000,
      production: true,
    });
    expect(result.ok ? [] : result.problems.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/publishedBy', 'same_person'],
      ['/effectiveFrom', 'effective_from_not_after_latest'],
      ['/effectiveFrom', 'effective_from_in_past'],
      ['/demonstration', 'demonstration_in_production'],
    ]);
    expect(codesOf(publish({ effectiveFromMs: Number.NaN }))).toEqual(['effective_from_invalid']);
  });
});

describe('the version in force', () => {
  test('begins with its instant and lasts until the next', () => {
    const versions = [version(2, 200), draft({ effectiveFromMs: 150 }), version(1, 100)];
    const numberAt = (atMs: number) => effectiveAt(versions, atMs)?.version ?? null;
    expect([99, 100, 199, 200, 1_000].map(numberAt)).toEqual([null, 1, 1, 2, 2]);
    expect(timesInForce(versions).map(({ policy, fromMs, toMs }) => [policy.version, fromMs, toMs])).toEqual([
      [1, 100, 200],
      [2, 200, null],
    ]);
  });

  test('is exactly one at every instant after the first, whatever was published', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ effectiveFromMs: fc.nat(1_000), nowMs: fc.nat(1_000) })),
        fc.nat(1_200),
        (attempts, atMs) => {
          const versions: PolicyDocument<Body>[] = [];
          for (const attempt of attempts) {
            const result = publish({ ...attempt, versions });
            if (result.ok) versions.push(result.policy);
          }
          const inForce = timesInForce(versions).filter(
            ({ fromMs, toMs }) => fromMs <= atMs && (toMs === null || atMs < toMs),
          );
          const began = versions.some((one) => (one.effectiveFromMs ?? Infinity) <= atMs);
          expect(inForce.map(({ policy }) => policy.version)).toEqual(
            began ? [effectiveAt(versions, atMs)?.version] : [],
          );
          expect(versions.map((one) => one.version)).toEqual(versions.map((_, index) => index + 1));
        },
      ),
    );
  });
});

const table: LabelTable = {
  labels: {
    'firstResponse.byTier.*.within': { label: 'First response for {}', form: 'plain' },
    'bands.*.ratePpm': { label: 'Discount band {}', form: 'ppm' },
    minimumMinor: { label: 'Minimum value', form: 'minor' },
    undoWindowSeconds: { label: 'Undo window', form: 'seconds' },
    appeal: { label: 'Appeal', form: 'plain' },
    'appeal.by': { label: 'Appeal, decided by', form: 'plain' },
    rule: { label: 'Who wins', form: 'plain' },
    'tierDiscounts.*': { label: 'Discount of tier {}', form: 'ppm' },
  },
  listKeys: { 'firstResponse.byTier': 'tier' },
  maps: ['tierDiscounts', 'a'],
  values: { firstCome: 'first come, first served' },
};
const diff = (before: Json, after: Json) => diffInWords({ before, after, table });
const tier = (name: string, amount: number): Json => ({
  tier: name,
  within: { amount, unit: 'businessHour' },
});

describe('a difference in words', () => {
  test('names the entry and says lengths of time as people do', () => {
    expect(
      diff(
        { firstResponse: { byTier: [tier('silver', 16), tier('gold', 8)] } },
        { firstResponse: { byTier: [tier('silver', 16), tier('gold', 6)] } },
      ),
    ).toEqual(['First response for gold: 8 business hours → 6 business hours']);
  });

  test('finds an entry by its key, and tells a changed order apart', () => {
    expect(
      diff(
        { firstResponse: { byTier: [tier('silver', 16), tier('gold', 8)] } },
        { firstResponse: { byTier: [tier('gold', 8), tier('silver', 1)] } },
      ),
    ).toEqual([
      'First response for silver: 16 business hours → 1 business hour',
      'first response, by tier, order: silver, gold → gold, silver',
    ]);
  });

  test.each<[string, Json, Json, string[]]>([
    [
      'rates',
      { bands: [{ ratePpm: 50_000 }] },
      { bands: [{ ratePpm: 62_500 }] },
      ['Discount band 1: 5 % → 6.25 %'],
    ],
    [
      'amounts',
      { minimumMinor: null },
      { minimumMinor: 250_000_050 },
      ['Minimum value: none → 2,500,000.50'],
    ],
    ['seconds', { undoWindowSeconds: 10 }, { undoWindowSeconds: 1 }, ['Undo window: 10 seconds → 1 second']],
    [
      'entries of a map',
      { tierDiscounts: { gold: 120_000, silver: 80_000 } },
      { tierDiscounts: { gold: 100_000, platinum: 150_000 } },
      [
        'Discount of tier gold: 12 % → 10 %',
        'Discount of tier silver: 8 % → none',
        'Discount of tier platinum: none → 15 %',
      ],
    ],
    ['keys', { rule: 'firstCome' }, { rule: 'other' }, ['Who wins: first come, first served → other']],
    ['switches', { flag: false }, { flag: true }, ['flag: no → yes']],
    ['lists', { types: [] }, { types: ['a', 'b'] }, ['types: none → a, b']],
    [
      'a part that comes',
      { appeal: null },
      { appeal: { by: 'director' } },
      ['Appeal: added', 'Appeal, decided by: none → director'],
    ],
    [
      'a part that goes',
      { appeal: { by: 'director' } },
      { appeal: null },
      ['Appeal: removed', 'Appeal, decided by: director → none'],
    ],
    [
      'points of a clock',
      { at: { percent: 50 } },
      { at: { before: { amount: 1, unit: 'day' } } },
      ['at: at 50 % → 1 day before'],
    ],
    [
      'a field without a label',
      { someField: { innerPart: 1 } },
      { someField: { innerPart: 2 } },
      ['some field, inner part: 1 → 2'],
    ],
    [
      'inherited names',
      { constructor: 'toString' },
      { constructor: 'valueOf' },
      ['constructor: toString → valueOf'],
    ],
  ])('says %s', (_, before, after, lines) => {
    expect(diff(before, after)).toEqual(lines);
  });

  const json = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Json>(null, true, false, '', 'a', 'b', 0, 1, 2),
      fc.constant<Json>({ amount: 1, unit: 'day' }),
      fc.constant<Json>({ percent: 50 }),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'tier', 'firstResponse', 'byTier', '__proto__'), tie('json')),
    ),
  })).json;

  test('is empty exactly when nothing changed', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        expect(diff(before, after).length === 0).toBe(sameJson(before, after));
        expect(diff(before, before)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('places of a document stop where one value is said', () => {
  const body = {
    a: { amount: 1, unit: 'day' },
    b: [{ c: 1 }, { c: 2 }],
    d: ['x'],
    e: null,
    f: { x: 1, y: 2 },
  };
  expect(placesOf(body, { maps: ['f'] })).toEqual(['a', 'b.*.c', 'd', 'e', 'f.*']);
  expect(placesOf(body, { maps: [] })).toEqual(['a', 'b.*.c', 'd', 'e', 'f.x', 'f.y']);
});

test('JSON pointers escape what RFC 6901 says', () => {
  expect(jsonPointer([])).toBe('');
  expect(jsonPointer(['a/b', 0, 'm~n'])).toBe('/a~1b/0/m~0n');
});
