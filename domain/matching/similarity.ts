/** Measures of likeness between names: symmetric, from 0 to 1, and 1 for equal strings. */

/**
 * Jaro-Winkler similarity over code points: common characters near one another, with a bonus of 0.1 for each
 * of up to four equal leading ones (Winkler 1990).
 */
export function jaroWinkler(left: string, right: string): number {
  if (left === right) return 1;
  const jaro = jaroSimilarity([...left], [...right]);
  let prefix = 0;
  const [a, b] = [[...left], [...right]];
  while (prefix < 4 && prefix < a.length && a[prefix] === b[prefix]) prefix += 1;
  return jaro + prefix * 0.1 * (1 - jaro);
}

function jaroSimilarity(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 1 : 0;
  const reach = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1);
  const taken = new Array<boolean>(b.length).fill(false);
  const fromA: string[] = [];
  for (let at = 0; at < a.length; at += 1) {
    for (let other = Math.max(0, at - reach); other < Math.min(b.length, at + reach + 1); other += 1) {
      if (taken[other] === true || a[at] !== b[other]) continue;
      taken[other] = true;
      fromA.push(b[other] ?? '');
      break;
    }
  }
  const matches = fromA.length;
  if (matches === 0) return 0;
  const fromB = b.filter((_, at) => taken[at]);
  const transposed = fromA.filter((character, at) => character !== fromB[at]).length / 2;
  return (matches / a.length + matches / b.length + (matches - transposed) / matches) / 3;
}

/**
 * One minus the edits between two strings over the longer one's length; an edit is one code point added,
 * removed, replaced, or swapped with its neighbour (optimal string alignment).
 */
export function editSimilarity(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = cell(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let edits = Math.min(replaced, cell(last, column) + 1, cell(current, column - 1) + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, cell(beforeLast, column - 2) + 1);
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return 1 - cell(last, b.length) / longest;
}

function cell(row: readonly number[], at: number): number {
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
  const pairs = a.flatMap((one, at) => b.map((other, otherAt) => ({ at, otherAt, likeness: wordLikeness(one, other), one, other })));
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
  const likeness = editSimilarity(one, other);
  return likeness >= SAME_WORD_FROM ? likeness : 0;
}

function length(word: string): number {
  return [...word].length;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Likeness of two core names in parts per million: the better of pairing their words (order, a missing short
 * word) and of comparing them without spaces (a split or joined word, a slip of the finger).
 */
export function nameSimilarityPpm(left: string, right: string): number {
  const best = Math.max(
    wordSimilarity(left, right),
    editSimilarity(left.replaceAll(' ', ''), right.replaceAll(' ', '')),
  );
  return Math.round(best * 1_000_000);
}
