/** The numbers of the accounts that have one part of a name. */
export interface PartList {
  /** How many accounts have the part, whether or not all of their numbers are here: the fewer, the more it says. */
  readonly accounts: number;
  /** From 0 to 2^31 − 2, in any order. */
  readonly numbers: Int32Array;
}

/**
 * The accounts that share most parts with a name, rare parts weighing more (the logarithm of how many accounts there are for
 * one that has the part), at most `limit`: the best first, of two that are alike the one with the lower number. None that shares
 * less than `leastShare` (0 to 1) of what a name with all the parts would score.
 */
export function rankNames(
  lists: readonly PartList[],
  wanted: { readonly limit: number; readonly leastShare: number },
): number[] {
  const found = addUp(lists);
  const least = found.most * wanted.leastShare;
  const enough = amongBest(found, wanted.limit);
  const best: { readonly number: number; readonly score: number }[] = [];
  for (let at = 0; at < found.count; at += 1) {
    const slot = found.taken[at] ?? 0;
    const score = found.scores[slot] ?? 0;
    if (score >= least && enough(score)) best.push({ number: (found.numbers[slot] ?? 0) - 1, score });
  }
  return best
    .sort((a, b) => b.score - a.score || a.number - b.number)
    .slice(0, wanted.limit)
    .map(({ number }) => number);
}

/**
 * A hash table in two arrays, open addressing: slots stay as few as numbers were read, where an array over all accounts
 * would be mostly holes. A slot holds the number plus one; zero is empty. The first `count` of `taken` are the slots in use.
 */
interface Scores {
  readonly numbers: Int32Array;
  readonly scores: Float32Array;
  readonly taken: Int32Array;
  readonly count: number;
  /** The score of a name with all parts. */
  readonly most: number;
}

// Loops count instead of iterating, here and below: they run over every number read, and iterators cost ten times as much.
function addUp(lists: readonly PartList[]): Scores {
  let read = 0;
  let highest = 0;
  for (const list of lists) {
    read += list.numbers.length;
    for (let at = 0; at < list.numbers.length; at += 1) {
      const number = list.numbers[at] ?? 0;
      if (number > highest) highest = number;
    }
  }
  const bits = Math.ceil(Math.log2(2 * read + 2));
  const mask = 2 ** bits - 1;
  const numbers = new Int32Array(2 ** bits);
  const scores = new Float32Array(2 ** bits);
  const taken = new Int32Array(read);
  let count = 0;
  let most = 0;
  for (const list of lists) {
    const weight = Math.log(2 + highest / list.accounts);
    most += weight;
    for (let at = 0; at < list.numbers.length; at += 1) {
      const number = list.numbers[at] ?? 0;
      // The golden ratio's bits spread neighbouring numbers over the table.
      let slot = Math.imul(number, 0x9e3779b1) >>> (32 - bits);
      while (numbers[slot] !== 0 && numbers[slot] !== number + 1) slot = (slot + 1) & mask;
      if (numbers[slot] === 0) {
        numbers[slot] = number + 1;
        taken[count] = slot;
        count += 1;
      }
      scores[slot] = (scores[slot] ?? 0) + weight;
    }
  }
  return { numbers, scores, taken, count, most };
}

/** Shares of the highest score by which scores are counted, so that only the best are sorted. */
const STEPS = 1_024;

/** Tells the scores that may be among the `limit` best from the many that cannot. */
function amongBest({ scores, taken, count }: Scores, limit: number): (score: number) => boolean {
  let highest = 0;
  for (let at = 0; at < count; at += 1) highest = Math.max(highest, scores[taken[at] ?? 0] ?? 0);
  const stepOf = (score: number): number => Math.floor((score / highest) * STEPS);
  const counts = new Uint32Array(STEPS + 1);
  for (let at = 0; at < count; at += 1) {
    const step = stepOf(scores[taken[at] ?? 0] ?? 0);
    counts[step] = (counts[step] ?? 0) + 1;
  }
  let least = STEPS;
  for (let enough = counts[STEPS] ?? 0; enough < limit && least > 0; enough += counts[least] ?? 0) least -= 1;
  return (score) => stepOf(score) >= least;
}
