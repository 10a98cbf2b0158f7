import fc from 'fast-check';
import { canonicalJson, MAX_CANONICAL_DEPTH, NotCanonicalError } from '../../../domain/canonical-json.ts';
import { hashJson, sha256Hex } from '../../../adapters/sha256.ts';

const json = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** The same value with the keys of every object in another order. */
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, shuffled(item)]),
  );
};

const refusal = (value: unknown): { pointer: string; reason: string } => {
  try {
    canonicalJson(value);
  } catch (cause) {
    if (cause instanceof NotCanonicalError) return { pointer: cause.pointer, reason: cause.reason };
    throw cause;
  }
  throw new Error('was accepted');
};

describe('canonical JSON', () => {
  test('the published example of RFC 8785', () => {
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test('keys are sorted by UTF-16 code units, as RFC 8785 section 3.2.3 shows', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const sorted = JSON.parse(canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])))) as object;
    // A key that looks like a number comes first in any object, so the order is read from the text itself.
    expect(Object.keys(sorted).toSorted()).toEqual(keys.toSorted());
    expect(
      canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '\ud83d\ude00': 4, '\u0080': 5, '\u00f6': 6 }),
    ).toBe('{"\\r":2,"\u0080":5,"\u00f6":6,"\u20ac":1,"\ud83d\ude00":4,"\ufb33":3}');
  });

  test('is the same for the same value in another order of keys, and reads back as the value', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(shuffled(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(value);
        expect(hashJson(shuffled(value))).toBe(sha256Hex(text));
      }),
    );
  });

  test('differs for different values', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        const same = canonicalJson(one) === canonicalJson(other);
        // Jest's own equality knows nothing of canonical forms.
        const equal = (() => {
          try {
            expect(one).toStrictEqual(other);
            return true;
          } catch {
            return false;
          }
        })();
        expect(same).toBe(equal);
      }),
    );
  });

  test('minus zero is zero', () => {
    expect(canonicalJson([-0, 0])).toBe('[0,0]');
  });

  test.each([
    ['NaN', { a: [1, Number.NaN] }, '/a/1'],
    ['infinity', { a: Number.POSITIVE_INFINITY }, '/a'],
    ['undefined as a value', { a: { b: undefined } }, '/a/b'],
    ['undefined as the whole', undefined, ''],
    ['a hole in a list', Object.assign(Array(3), { 0: 1, 2: 3 }), '/1'],
    ['a big integer', { a: 1n }, '/a'],
    ['a date', { at: new Date(0) }, '/at'],
    ['a map', { m: new Map() }, '/m'],
    ['a function', { toJSON: () => 1 }, '/toJSON'],
    ['a lone high surrogate', { a: 'x\ud800' }, '/a'],
    ['a lone low surrogate', { a: '\udc00' }, '/a'],
    ['a lone surrogate in a key', { 'k\ud800': 1 }, '/k\ud800'],
  ])('refuses %s and names the place', (_name, value, pointer) => {
    expect(refusal(value).pointer).toBe(pointer);
  });

  test('refuses nesting that could exhaust the stack, and takes what is below', () => {
    const nested = (depth: number): unknown => {
      let value: unknown = 0;
      for (let level = 0; level < depth; level += 1) value = [value];
      return value;
    };
    expect(canonicalJson(nested(MAX_CANONICAL_DEPTH))).toHaveLength(2 * MAX_CANONICAL_DEPTH + 1);
    expect(refusal(nested(MAX_CANONICAL_DEPTH + 1)).reason).toBe('is nested too deeply');
    expect(refusal(nested(100_000)).reason).toBe('is nested too deeply');
  });

  test('a key called __proto__ is a key like any other', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1},"b":2}'))).toBe('{"__proto__":{"a":1},"b":2}');
    expect(canonicalJson(Object.create(null))).toBe('{}');
  });
});
