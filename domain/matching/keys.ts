import type { AccountFacts } from './facts.ts';
import type { NormalisedName } from './normalise.ts';
import { cityKey, normaliseName, normalisePhone } from './normalise.ts';

/** The keys by which an account is found among others. Derived: rebuilt whenever a rule of normalisation changes. */
export interface MatchKeys extends NormalisedName {
  readonly phoneE164: string | null;
  readonly cityKey: string | null;
}

/** Keys of an account's facts. */
export function matchKeys(facts: Pick<AccountFacts, 'legalName' | 'country' | 'phone' | 'city'>): MatchKeys {
  return {
    ...normaliseName(facts.legalName, facts.country),
    phoneE164: facts.phone === null ? null : normalisePhone(facts.phone, facts.country),
    cityKey: facts.city === null ? null : cityKey(facts.city, facts.country),
  };
}
