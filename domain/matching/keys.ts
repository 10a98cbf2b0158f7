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

/** Up to this many letters a slip of the finger leaves too few parts untouched, and names are found by their gaps. */
const SHORT_NAME_LETTERS = 10;

/**
 * The parts by which a similar core name is found, each as a 32-bit number (FNV-1a): every three letters of it
 * written without spaces, each word, each word's first two letters, and the first four of all. Parts across two
 * words survive a lost space, words and parts inside them another order, and a slip of the finger leaves the
 * other words, of which the rarest is nearly a key. A short name has, besides, itself with each one letter left
 * out: two short names one slip apart share one of those.
 */
export function nameParts(coreName: string): number[] {
  const words = coreName.split(' ').filter((word) => word !== '');
  const letters = [...words.join('')];
  const parts = new Set<number>();
  for (let at = 0; at + 3 <= letters.length; at += 1) parts.add(hash32(letters.slice(at, at + 3).join('')));
  for (const word of words) {
    parts.add(hash32(`=${word}`));
    parts.add(hash32(`^${[...word].slice(0, 2).join('')}`));
  }
  parts.add(hash32(`<${letters.slice(0, 4).join('')}`));
  if (letters.length <= SHORT_NAME_LETTERS) {
    parts.add(hash32(`~${letters.join('')}`));
    for (let at = 0; at < letters.length; at += 1) parts.add(hash32(`~${letters.toSpliced(at, 1).join('')}`));
  }
  return [...parts];
}

function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}
