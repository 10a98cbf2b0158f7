import type { NormalisedName } from './normalise.ts';

/** Measures of likeness between names: symmetric, from 0 to 1, and 1 for equal strings. */

/**
 * One minus the edits between two strings over the longer one's length; an edit is one code point added,
 * removed, replaced, or swapped with its neighbour (optimal string alignment).
 */
export function editSimilarity(left: string, right: string): number {
  if (left === right) return 1;
  const [a, b] = [[...left], [...right]];
  const longest = Math.max(a.length, b.length);
  // Three rows of the table of edits: all that a cell looks back on.
  let beforeLast = new Uint32Array(b.length + 1);
  let last = Uint32Array.from({ length: b.length + 1 }, (_, at) => at);
  let current = new Uint32Array(b.length + 1);
  for (let row = 1; row <= a.length; row += 1) {
    current[0] = row;
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = cell(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let edits = Math.min(replaced, cell(last, column) + 1, cell(current, column - 1) + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, cell(beforeLast, column - 2) + 1);
      current[column] = edits;
    }
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return 1 - cell(last, b.length) / longest;
}

function cell(row: Uint32Array, at: number): number {
  return row[at] ?? Infinity;
}

/**
 * How much of two names' words can be paired one to one: each word with its likest of the other side, weighed
 * by length, as a share of all letters (a Dice coefficient that forgives typing). Order does not matter.
 */
export function wordSimilarity(left: string, right: string): number {
  if (left === right) return 1;
  const words = [left, right].map((name) => name.split(' ').filter((word) => word !== ''));
  const [a, b] = [words[0] ?? [], words[1] ?? []];
  const pairs = a.flatMap((one, at) =>
    b.map((other, otherAt) => ({ at, otherAt, likeness: wordLikeness(one, other), one, other })),
  );
  // Best pairs first; ties by what they are, never by side, so that the measure is symmetric.
  pairs.sort(
    (p, q) =>
      q.likeness - p.likeness ||
      q.one.length + q.other.length - p.one.length - p.other.length ||
      compareText([p.one, p.other].sort().join(' '), [q.one, q.other].sort().join(' ')),
  );
  const usedA = new Set<number>();
  const usedB = new Set<number>();
  let shared = 0;
  for (const pair of pairs) {
    if (pair.likeness === 0) break;
    if (usedA.has(pair.at) || usedB.has(pair.otherAt)) continue;
    usedA.add(pair.at);
    usedB.add(pair.otherAt);
    shared += pair.likeness * (length(pair.one) + length(pair.other));
  }
  const all = [...a, ...b].reduce((sum, word) => sum + length(word), 0);
  return all === 0 ? 0 : Math.min(1, shared / all);
}

// Below this two words are different words, not one mistyped: half-alike words must not add up to a like name.
const SAME_WORD_FROM = 0.75;

function wordLikeness(one: string, other: string): number {
  if (one === other) return 1;
  // Half a word's letters are at most half alike: code units are never fewer than letters, twice as many at most.
  if (Math.min(one.length, other.length) < (SAME_WORD_FROM / 2) * Math.max(one.length, other.length))
    return 0;
  const likeness = editSimilarity(one, other);
  return likeness >= SAME_WORD_FROM ? likeness : 0;
}

function length(word: string): number {
  return [...word].length;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** What of a normalised name its likeness to another is taken from. */
export type ComparedName = Pick<NormalisedName, 'coreName' | 'squashedKey'>;

/**
 * Likeness of two normalised names in parts per million: the better of pairing the words of their cores (order,
 * a missing short word) and of comparing the cores without spaces (a slip of the finger); all of it when the
 * whole names differ in spaces only. 0 when either has nothing to compare.
 */
export function nameSimilarityPpm(left: ComparedName, right: ComparedName): number {
  if (left.coreName === '' || right.coreName === '') return 0;
  if (left.squashedKey === right.squashedKey) return 1_000_000;
  const best = Math.max(
    wordSimilarity(left.coreName, right.coreName),
    editSimilarity(left.coreName.replaceAll(' ', ''), right.coreName.replaceAll(' ', '')),
  );
  return Math.round(best * 1_000_000);
}

/**
 * Names as like one another as `similarNamePpm` or more, out of many: the same answer as `nameSimilarityPpm` for each, but
 * those whose letters alone rule it out are not compared any further.
 */
export function similarNames<Name extends ComparedName>(
  name: ComparedName,
  others: readonly Name[],
  similarNamePpm: number,
): Name[] {
  const letters = lettersOf(name.coreName);
  return others.filter(
    (other) =>
      (other.squashedKey === name.squashedKey ||
        sharedLettersPpm(letters, lettersOf(other.coreName)) >= similarNamePpm) &&
      nameSimilarityPpm(name, other) >= similarNamePpm,
  );
}

interface Letters {
  readonly count: ReadonlyMap<string, number>;
  readonly all: number;
}

function lettersOf(coreName: string): Letters {
  const count = new Map<string, number>();
  let all = 0;
  for (const letter of coreName) {
    if (letter === ' ') continue;
    count.set(letter, (count.get(letter) ?? 0) + 1);
    all += 1;
  }
  return { count, all };
}

// Neither measure can pass the share of letters that two names have in common, wherever those stand: an edit that keeps a
// letter keeps it on both sides, and paired words weigh no more than what they share. Rounded up, as the measures are rounded.
function sharedLettersPpm(left: Letters, right: Letters): number {
  let shared = 0;
  for (const [letter, times] of left.count) shared += Math.min(times, right.count.get(letter) ?? 0);
  return Math.ceil((2_000_000 * shared) / (left.all + right.all));
}
