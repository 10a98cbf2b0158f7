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

/** Raised with every change of what `matchKeys` or `nameParts` answer: stored keys of another version are made anew. */
export const KEYS_VERSION = 1;

/** Parts of names are numbers from 0 to below this: few enough for one row of an index each, and many enough to share a number seldom. */
export const PART_NUMBERS = 2 ** 19;

/** A name or a word up to this many letters is found by its gaps: a slip leaves too few parts of three letters. */
const GAPPED_NAME_LETTERS = 10;
const GAPPED_WORD_LETTERS = 16;
const SHORTEST_GAPPED_WORD = 3;
/** A word up to this many letters is found by its gaps beside each of the last words of the name as well. */
const ACCOMPANIED_WORD_LETTERS = 9;
/** So many last words accompany the others: mostly a trade and a legal form. */
const COMPANIONS = 3;
/** A word up to this many letters is found by its pairs of letters beside the other words of the name. */
const PAIRED_WORD_LETTERS = 14;

/**
 * The parts by which a similar name is found, each as a number below 2^19 (FNV-1a, folded). Every slip leaves some:
 *
 * - every three letters of the core name without spaces (a lost space), each word and its first two letters
 *   (another order), the first four letters of all;
 * - a short name, and each word that is not long, whole and with each one letter left out: two that are one slip
 *   apart share one of these;
 * - each word, a short one also with a letter left out, together with each of the last words of the name: many names
 *   have a word much like it, few beside that other one;
 * - each two letters of a word together with all other words of the name, legal form and all: a short word with
 *   two slips is found beside the rest of its name.
 */
export function nameParts(name: Pick<NormalisedName, 'coreName' | 'wholeName'>): number[] {
  const words = wordsOf(name.coreName);
  const letters = words.flatMap((word) => [...word]);
  const gapped = words.map((word) => [...word]).filter(isGapped);
  const whole = wordsOf(name.wholeName);
  const texts = [
    ...letters.slice(2).map((_, at) => letters.slice(at, at + 3).join('')),
    ...words.flatMap((word) => [`=${word}`, `^${[...word].slice(0, 2).join('')}`]),
    `<${letters.slice(0, 4).join('')}`,
    ...(letters.length <= GAPPED_NAME_LETTERS ? gapsOf(letters) : []),
    ...gapped.flatMap(gapsOf),
    ...words.flatMap((word) => accompanied(word, whole.slice(-COMPANIONS))),
    ...pairsBesideOthers(whole, new Set(words)),
  ];
  return [...new Set(texts.map(partNumber))];
}

function wordsOf(name: string): string[] {
  return name.split(' ').filter((word) => word !== '');
}

function isGapped(letters: readonly string[]): boolean {
  return letters.length >= SHORTEST_GAPPED_WORD && letters.length <= GAPPED_WORD_LETTERS;
}

function gapsOf(letters: readonly string[]): string[] {
  return [letters, ...letters.map((_, at) => letters.toSpliced(at, 1))].map((rest) => `~${rest.join('')}`);
}

function accompanied(word: string, companions: readonly string[]): string[] {
  const letters = [...word];
  const spellings = letters.length <= ACCOMPANIED_WORD_LETTERS ? gapsOf(letters) : [`~${word}`];
  return companions
    .filter((companion) => companion !== word)
    .flatMap((companion) => spellings.map((spelling) => companion + spelling));
}

function pairsBesideOthers(words: readonly string[], telling: ReadonlySet<string>): string[] {
  return words.flatMap((word, at) => {
    const letters = ['^', ...word, '$'];
    if (!telling.has(word) || letters.length > PAIRED_WORD_LETTERS + 2) return [];
    const others = words.toSpliced(at, 1).sort().join(' ');
    return letters.slice(1).map((letter, place) => `${others}|${letters[place]}${letter}`);
  });
}

function partNumber(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return ((hash ^ (hash >>> 19)) >>> 0) % PART_NUMBERS;
}
