import fc from 'fast-check';
import type { AccountFacts } from '../../../domain/matching/facts.ts';
import { normaliseName } from '../../../domain/matching/normalise.ts';
import { representatives } from '../../../domain/matching/same-company.ts';
import { editSimilarity, nameSimilarityPpm, wordSimilarity } from '../../../domain/matching/similarity.ts';
import { judgePair } from '../../../domain/matching/verdict.ts';

const thresholds = { similarNamePpm: 820_000 };

let next = 0;
function account(known: Partial<AccountFacts>): AccountFacts {
  next += 1;
  return {
    accountId: `acc_${next}`,
    legalName: 'Northwind Harbour Systems Inc',
    country: 'US',
    registrableDomain: null,
    contactDomains: [],
    addressLine1: null,
    city: null,
    postalCode: null,
    phone: null,
    taxIdHash: null,
    taxIdLast2: null,
    parentAccountId: null,
    ...known,
  };
}

const SIMILAR = 'Northwind Harbor System';
const OTHER = 'Bluequay Dredging';

function verdict(
  left: Partial<AccountFacts>,
  right: Partial<AccountFacts>,
  remembered: 'same' | 'different' | null = null,
) {
  const [a, b] = [account(left), account(right)];
  const judged = judgePair({ left: a, right: b, remembered, thresholds });
  // Whoever was entered first, the verdict is the same.
  expect(judgePair({ left: b, right: a, remembered, thresholds }).verdict).toBe(judged.verdict);
  return judged;
}

describe('the rules', () => {
  test('equal tax id: duplicate, whatever the names', () => {
    expect(verdict({ taxIdHash: 'aa' }, { taxIdHash: 'aa', legalName: OTHER, country: 'DE' }).verdict).toBe(
      'duplicate',
    );
  });

  test('equal domain, similar name, same country: duplicate', () => {
    const domain = { registrableDomain: 'northwind.example' };
    expect(verdict(domain, { ...domain, legalName: SIMILAR }).verdict).toBe('duplicate');
  });

  test('equal domain, equal name, another country: probable', () => {
    const domain = { registrableDomain: 'northwind.example' };
    expect(verdict(domain, { ...domain, country: 'CA' }).verdict).toBe('probable');
  });

  test('domain alone: probable (groups, governments and hosted sites share them)', () => {
    const domain = { registrableDomain: 'gov.example' };
    expect(verdict(domain, { ...domain, legalName: OTHER }).verdict).toBe('probable');
  });

  test('no domain on either side is not an equal one', () => {
    expect(verdict({}, { legalName: OTHER }).verdict).toBe('different');
  });

  test('equal normalised name and country: probable', () => {
    expect(verdict({}, { legalName: 'The NORTHWIND Harbour Systems, LLC' }).verdict).toBe('probable');
  });

  test('equal normalised name in another country is a similar name: possible', () => {
    expect(verdict({}, { country: 'CA' }).verdict).toBe('possible');
  });

  test.each<[string, Partial<AccountFacts>, Partial<AccountFacts>]>([
    ['city', { city: 'Boston' }, { city: 'BOSTON' }],
    ['phone', { phone: '(617) 555-0100' }, { phone: '+1 617 555 0100' }],
    [
      "contact's mail domain",
      { contactDomains: ['northwind.example'] },
      { contactDomains: ['x.example', 'northwind.example'] },
    ],
    [
      "contact's mail domain against the other's web domain",
      { contactDomains: ['northwind.example'] },
      { registrableDomain: 'northwind.example' },
    ],
    [
      'address',
      { addressLine1: '1 Quay St', postalCode: '02110' },
      { addressLine1: '1 Quay Street', postalCode: '02110' },
    ],
  ])(
    'similar name with the same %s: probable; the same without a similar name: different',
    (_, left, right) => {
      expect(verdict(left, { ...right, legalName: SIMILAR }).verdict).toBe('probable');
      expect(verdict(left, { ...right, legalName: OTHER }).verdict).toBe('different');
    },
  );

  test('similar name and the same country alone: possible', () => {
    expect(verdict({}, { legalName: SIMILAR }).verdict).toBe('possible');
  });

  test('similar name with evidence that contradicts: possible', () => {
    expect(verdict({ city: 'Boston' }, { legalName: SIMILAR, city: 'Austin' }).verdict).toBe('possible');
  });

  test('parent and subsidiary: related, even with the same tax id', () => {
    expect(
      verdict({ accountId: 'acc_p', taxIdHash: 'aa' }, { parentAccountId: 'acc_p', taxIdHash: 'aa' }).verdict,
    ).toBe('related');
  });

  test("a person's word holds against all evidence", () => {
    expect(verdict({ taxIdHash: 'aa' }, { taxIdHash: 'aa' }, 'different').verdict).toBe('different');
    expect(verdict({}, { legalName: OTHER }, 'same').verdict).toBe('duplicate');
  });

  test('the threshold of similarity is the policy’s, inclusive', () => {
    const [left, right] = [account({}), account({ legalName: SIMILAR })];
    const similarity = nameSimilarityPpm(
      normaliseName(left.legalName, 'US'),
      normaliseName(right.legalName, 'US'),
    );
    const at = (similarNamePpm: number) =>
      judgePair({ left, right, remembered: null, thresholds: { similarNamePpm } }).verdict;
    expect([at(similarity), at(similarity + 1)]).toEqual(['possible', 'different']);
  });

  test('no name, however alike, is a duplicate by itself', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.option(fc.constantFrom('Boston', 'Austin')),
        (left, right, city) => {
          expect(verdict({ legalName: left, city }, { legalName: right, city }).verdict).not.toBe(
            'duplicate',
          );
          expect(verdict({ legalName: left, city }, { legalName: left, city }).verdict).not.toBe('duplicate');
        },
      ),
    );
  });
});

describe('the evidence', () => {
  test('names what agrees and what does not, in a fixed order', () => {
    const { evidence } = verdict(
      { registrableDomain: 'northwind.example', city: 'Boston', phone: '617 555 0100' },
      { registrableDomain: 'northwind.example', city: 'Austin', legalName: SIMILAR },
    );
    expect(evidence.map((row) => [row.kind, row.agrees])).toEqual([
      ['registrable_domain', true],
      ['name_similar', true],
      ['country', true],
      ['city', false],
    ]);
    expect(evidence[0]).toEqual({
      kind: 'registrable_domain',
      agrees: true,
      left: 'northwind.example',
      right: 'northwind.example',
      similarityPpm: null,
    });
  });

  test('shows of a tax id its last two characters and never the hash', () => {
    const { evidence } = verdict(
      { taxIdHash: 'cafe', taxIdLast2: '82' },
      { taxIdHash: 'cafe', taxIdLast2: '82' },
    );
    expect(evidence.find((row) => row.kind === 'tax_id')).toEqual({
      kind: 'tax_id',
      agrees: true,
      left: '82',
      right: '82',
      similarityPpm: null,
    });
    expect(JSON.stringify(evidence)).not.toContain('cafe');
  });
});

describe('measures', () => {
  const name = fc.stringMatching(/^[a-c]{1,5}( [a-c]{1,5}){0,3}$/);
  test.each([
    ['edit', editSimilarity],
    ['word', wordSimilarity],
  ])('%s similarity is symmetric, from 0 to 1, and 1 for equal names', (_, measure) => {
    fc.assert(
      fc.property(name, name, (left, right) => {
        expect(measure(left, right)).toBeCloseTo(measure(right, left), 12);
        expect(measure(left, right)).toBeGreaterThanOrEqual(0);
        expect(measure(left, right)).toBeLessThanOrEqual(1);
        expect(measure(left, left)).toBe(1);
      }),
    );
  });

  test('an edit is a character added, removed, replaced or swapped with its neighbour', () => {
    expect(
      ['harbor', 'harbours', 'harboux', 'harbuor'].map((other) =>
        Math.round(editSimilarity('harbour', other) * 100),
      ),
    ).toEqual([86, 88, 86, 86]);
    expect(editSimilarity('abc', 'xyz')).toBe(0);
    expect(editSimilarity('', '')).toBe(1);
  });

  test('order of words does not matter; half-alike words do not add up', () => {
    expect(wordSimilarity('harbour north', 'north harbour')).toBe(1);
    expect(wordSimilarity('first american', 'fresh americas')).toBeLessThan(0.7);
  });
});

describe('who stands for a company', () => {
  test('the lowest id of all that are tied together, whatever the order of the ties', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids))), (pairs) => {
        const found = representatives(ids, pairs);
        for (const [left, right] of pairs) expect(found.get(left)).toBe(found.get(right));
        for (const id of ids) expect((found.get(id) ?? '') <= id).toBe(true);
        expect(representatives(ids, pairs.toReversed())).toEqual(found);
        if (pairs.length === 0) expect([...found.values()]).toEqual(ids);
      }),
    );
  });
});
