import type { TaskDetail, TaskRow } from '../../../../api/contract/tasks.ts';
import { decisionNeeds, type TaskOutcome } from '../../../../domain/deal-registration/task-outcomes.ts';
import type { Money } from '../../../../domain/money.ts';
import { whyNot } from '../../../../domain/words/en.ts';
import { countWords } from '../../../../domain/words/reader.ts';

/*
 * Many tasks decided in one motion. Each stays a decision of its own: its own facts, its own write with its own key, its own
 * undo window. Nothing here asks the API; it says what would be asked, and what is left out and why.
 */

/** How many one person decides in one motion. More than this nobody has looked at. */
export const BULK_LIMIT = 100;

/** What is done with all of them; the answer is the one of that meaning that each kind of task has. */
export type Motion = 'approve' | 'deny';

const answers: Readonly<Record<Motion, readonly TaskOutcome[]>> = {
  approve: ['approve', 'grant'],
  deny: ['deny', 'refuse'],
};

/** Kinds whose question is the same for each case. Rivals, conflicts and appeals are weighed one by one. */
const alike: readonly TaskRow['kind'][] = ['registration_review', 'extension', 'amendment'];

/** One task of a bulk: what would be answered, or why it is left out. */
export type Planned =
  | { readonly task: TaskDetail; readonly outcome: TaskOutcome }
  | { readonly task: TaskDetail; readonly outcome: null; readonly why: string };

/** What a program offers as reasons for a denial, by program. */
export type ReasonsByProgram = ReadonlyMap<string, readonly { key: string; words: string }[]>;

/** Says for one task what a bulk would do. `reasonKey` is null while none is chosen. */
export function plan(input: {
  task: TaskDetail;
  motion: Motion;
  personId: string;
  reasonKey: string | null;
  reasons: ReasonsByProgram;
}): Planned {
  const { task, motion, personId, reasonKey, reasons } = input;
  const leftOut = (why: string): Planned => ({ task, outcome: null, why });
  if (!task.mayDecide) return leftOut(whyNot(task.whyNot));
  const outcome = task.outcomes.find((one) => answers[motion].includes(one));
  if (outcome === undefined || !alike.includes(task.kind))
    return leftOut('This kind of question is decided one by one.');
  if (task.claimedBy !== null && task.claimedBy.id !== personId)
    return leftOut(`${task.claimedBy.displayName} is deciding this one.`);
  if (outcome === 'approve' && task.unjudged > 0)
    return leftOut(`${countWords(task.unjudged, 'pair')} of customers not judged yet.`);
  if (decisionNeeds(outcome).reason && reasonKey !== null && !offers(reasons, task.programId, reasonKey))
    return leftOut('Its program does not have this reason.');
  return { task, outcome };
}

function offers(reasons: ReasonsByProgram, programId: string | null, key: string): boolean {
  return programId !== null && (reasons.get(programId) ?? []).some((reason) => reason.key === key);
}

/** Every reason that the program of one of the tasks offers, once; the words of all programs that use the key. */
export function reasonsFor(
  tasks: readonly Pick<TaskRow, 'programId'>[],
  reasons: ReasonsByProgram,
): { key: string; words: string }[] {
  const words = new Map<string, Set<string>>();
  for (const programId of new Set(tasks.map((task) => task.programId))) {
    for (const reason of programId === null ? [] : (reasons.get(programId) ?? []))
      words.set(reason.key, (words.get(reason.key) ?? new Set()).add(reason.words));
  }
  return [...words].map(([key, said]) => ({ key, words: [...said].join(' / ') }));
}

/** The sums by currency, in the order of the currencies' names. */
export function sumsOf(rows: readonly Pick<TaskRow, 'amount'>[]): Money[] {
  const sums = new Map<string, number>();
  for (const { amount } of rows)
    if (amount !== null) sums.set(amount.currency, (sums.get(amount.currency) ?? 0) + amount.amountMinor);
  return [...sums]
    .map(([currency, amountMinor]) => ({ currency, amountMinor }))
    .toSorted((left, right) => left.currency.localeCompare(right.currency));
}

/** The ids from the one chosen last up to `id`, as they stand in the list; `id` alone when that one is not in it. */
export function rangeTo(order: readonly string[], from: string | null, id: string): readonly string[] {
  const [begin, end] = [from === null ? -1 : order.indexOf(from), order.indexOf(id)];
  if (begin === -1 || end === -1) return [id];
  return order.slice(Math.min(begin, end), Math.max(begin, end) + 1);
}
