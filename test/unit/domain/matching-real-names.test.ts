import { createRequire } from 'node:module';
import type { AccountFacts, MatchingThresholds } from '../../../domain/matching/facts.ts';
import { matchKeys, nameParts } from '../../../domain/matching/keys.ts';
import { judgePair } from '../../../domain/matching/verdict.ts';
import { registrableDomain } from '../../../adapters/registrable-domain.ts';

interface Company {
  readonly company: string;
  readonly city: string;
  readonly Website: string;
}

const thresholds: MatchingThresholds = { similarNamePpm: 820_000 };

const { COMPANIES_BY_DOMAIN } = createRequire(import.meta.url)('email-enricher/dist/data.js') as {
  COMPANIES_BY_DOMAIN: Record<string, Company>;
};
const accounts = Object.values(COMPANIES_BY_DOMAIN).map((row, at): AccountFacts => ({
  accountId: `acc_${at}`,
  legalName: row.company,
  country: 'US',
  registrableDomain: registrableDomain(row.Website),
  contactDomains: [],
  addressLine1: null,
  city: row.city,
  postalCode: null,
  phone: null,
  taxIdHash: null,
  taxIdLast2: null,
  parentAccountId: null,
}));

/** Pairs with a common domain or two common parts of their names: the only ones that any rule could join. */
function* pairsWorthJudging(): Generator<readonly [AccountFacts, AccountFacts]> {
  const parts = accounts.map((account) => nameParts(matchKeys(account)));
  for (const [at, left] of accounts.entries()) {
    const known = new Set(parts[at]);
    for (let other = at + 1; other < accounts.length; other += 1) {
      const right = accounts[other];
      if (right === undefined) continue;
      const sameDomain =
        left.registrableDomain !== null && left.registrableDomain === right.registrableDomain;
      const shared = (parts[other] ?? []).filter((part) => known.has(part)).length;
      if (sameDomain || shared >= 2) yield [left, right];
    }
  }
}

test('among real companies, all different, none is a duplicate of another', () => {
  const pairs: Record<'probable' | 'possible' | 'duplicate', string[]> = {
    duplicate: [],
    probable: [],
    possible: [],
  };
  for (const [left, right] of pairsWorthJudging()) {
    const { verdict } = judgePair({ left, right, remembered: null, thresholds });
    if (verdict === 'different' || verdict === 'related') continue;
    pairs[verdict].push(`${left.legalName} ~ ${right.legalName}`);
  }
  expect(accounts.length).toBeGreaterThan(990);
  expect(pairs.duplicate).toEqual([]);
  // For a person to judge: few enough that judging them is a minute, not a job.
  expect(pairs.probable.length).toBeLessThanOrEqual(5);
  expect(pairs.possible.length).toBeLessThanOrEqual(25);
  process.stdout.write(
    `of ${accounts.length} real companies: ${pairs.probable.length} probable and ${pairs.possible.length} possible pairs\n`,
  );
});
