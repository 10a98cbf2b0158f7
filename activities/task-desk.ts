import { changeTask, lockTask, readAtTheTask } from '../adapters/store/tasks.ts';
import type { ReceiptRow } from '../adapters/store/deal-registration.ts';
import type { TaskRow } from '../adapters/store/tasks.ts';
import type { Transaction } from '../adapters/store/transaction.ts';
import { whyNotDecideAs } from '../domain/task.ts';
import type { DecideRefusal } from '../domain/task.ts';
import type { Command, Refusal } from '../workflows/contracts/command.ts';
import type { AssignFacts, RetractFacts } from '../workflows/contracts/deal-registration.ts';
import { Refused } from './case-work.ts';

/* What a message about a task meets, whichever process the task is of. */

/** What the decider typed. */
export interface DecisionWords {
  readonly words: string;
  readonly privateNote: string;
}

/** A case at which a message about a task arrives, whichever kind of case it is. */
export interface TaskDesk {
  readonly tx: Transaction;
  readonly caseId: string;
  readonly atMs: number;
  /** Who did the last thing to it: what a click that came too late is told. */
  readonly last: NonNullable<Refusal['conflict']>;
}

async function openTaskOf(desk: TaskDesk, taskId: string): Promise<TaskRow> {
  const task = await lockTask(desk.tx, taskId);
  if (task === null || task.caseId !== desk.caseId)
    throw new Refused('not_found', { detail: 'There is no such task.' });
  if (task.status === 'decided' || task.status === 'cancelled')
    throw new Refused('conflict', { detail: 'The task is closed.', conflict: desk.last });
  return task;
}

/** Gives an open task to a person who may decide it, or (null) back to its queue. Refuses by field. */
export async function assignTask(desk: TaskDesk, { taskId, personId }: AssignFacts): Promise<TaskRow> {
  const task = await openTaskOf(desk, taskId);
  if (personId !== null) {
    const person = await readAtTheTask(desk.tx, personId, desk.atMs);
    const why =
      person === null ? 'not_the_vendor' : whyNotDecideAs({ ...task, namedId: personId }, person, null);
    if (why !== null)
      throw new Refused('not_allowed_now', {
        detail: `That person cannot decide this task (${why}).`,
        errors: [{ pointer: '/personId', reason: why }],
      });
  }
  await changeTask(desk.tx, taskId, { namedId: personId });
  return task;
}

/** The decision that a person may still take back: his own, within its undo window. */
export function retractable<
  Pending extends {
    readonly decisionId: string;
    readonly byId: string | null;
    readonly effectiveAtMs: number;
  },
>(
  pending: Pending | null,
  { command, last }: { command: Command<RetractFacts>; last: TaskDesk['last'] },
): Pending {
  if (
    pending === null ||
    pending.decisionId !== command.facts.decisionId ||
    command.receivedAtMs >= pending.effectiveAtMs
  ) {
    throw new Refused('conflict', {
      detail: 'The decision is in effect and cannot be taken back.',
      conflict: last,
    });
  }
  if (pending.byId !== command.actorId)
    throw new Refused('forbidden', { detail: 'Only the person who decided can take the decision back.' });
  return pending;
}

const refusalWords: Readonly<Record<DecideRefusal, string>> = {
  task_closed: 'The task is closed.',
  not_the_vendor: 'Only people of the vendor decide.',
  took_part: 'Somebody who took part in this case cannot decide it.',
  assigned_to_another: 'The task is assigned to somebody else.',
  not_your_role: 'The task is for another role.',
  over_your_limit: 'The value is over your limit of authority.',
  limit_in_another_currency: 'Your limit of authority is in another currency than the value.',
  stands_in_for_one_who_took_part: 'You stand in for somebody who took part in this case.',
  no_deputy_now: 'You do not stand in for that person now.',
  over_your_cap: 'The value is over what you may decide as a deputy.',
};

/** The task that a decision is about. Refuses when the person may not decide it so, or did not see it as it now is. */
export async function decidableTask(
  desk: TaskDesk,
  command: Command<{ readonly taskId: string; readonly outcome: string; readonly factsHash: string }>,
): Promise<TaskRow> {
  const { facts } = command;
  const task = await openTaskOf(desk, facts.taskId);
  const who = await readAtTheTask(desk.tx, command.actorId, desk.atMs);
  const why = who === null ? 'not_the_vendor' : whyNotDecideAs(task, who, command.actingForId);
  if (why !== null)
    throw new Refused('forbidden', { detail: refusalWords[why], errors: [{ pointer: '', reason: why }] });
  if (!task.outcomes.includes(facts.outcome)) {
    throw new Refused('invalid_request', {
      detail: 'The task does not allow this outcome.',
      errors: [{ pointer: '/outcome', reason: `Choose one of: ${task.outcomes.join(', ')}.` }],
    });
  }
  if (task.factsHash !== facts.factsHash) {
    throw new Refused('conflict', {
      detail: 'The case changed since you loaded it. Look at it again before you decide.',
      conflict: desk.last,
    });
  }
  return task;
}

/** What the decider typed: it stays in the receipt and is no part of the message. */
export function wordsOf(receipt: Pick<ReceiptRow, 'body'> | null): DecisionWords {
  const body = receipt?.body ?? {};
  return {
    words: typeof body['words'] === 'string' ? body['words'] : '',
    privateNote: typeof body['privateNote'] === 'string' ? body['privateNote'] : '',
  };
}
