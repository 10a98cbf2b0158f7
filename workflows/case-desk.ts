import { ApplicationFailure, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import type { Answer, Command, Refusal, RefusalType } from './contracts/command.ts';

/**
 * The desk of a case: one message at a time, each either refused with a reason or carried out to its end. All
 * processes take messages of people through it, so that "who was first" is decided the same way everywhere.
 */
export interface Desk {
  /** Runs one piece of work while nothing else of this case runs. */
  oneAtATime<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function openDesk(): Desk {
  let busy = false;
  return {
    async oneAtATime(work) {
      // Handlers wake in the order in which they began to wait, so messages keep their order.
      await condition(() => !busy);
      busy = true;
      try {
        return await work();
      } finally {
        busy = false;
      }
    },
  };
}

/** What a person's message does: why it cannot be done now, and how it is carried out. */
export interface Verb<Facts> {
  /** Pure and synchronous: asked when the message arrives, and again whenever its turn has come. */
  readonly whyNot: (command: Command<Facts>) => { type: RefusalType; refusal: Refusal } | null;
  /** Null when the record turned out to be ahead of the engine: it is asked again in the record's state. */
  readonly carryOut: (command: Command<Facts>) => Promise<Answer | null>;
}

/** Takes the messages of one name. A refusal leaves no trace in the history. */
export function onMessage<Facts>(desk: Desk, name: string, verb: Verb<Facts>): void {
  setHandler(
    defineUpdate<Answer, [Command<Facts>]>(name),
    (command) =>
      desk.oneAtATime(async () => {
        for (;;) {
          refuseWith(verb.whyNot(command));
          const answer = await verb.carryOut(command);
          if (answer !== null) return answer;
        }
      }),
    { validator: (command) => refuseWith(verb.whyNot(command)) },
  );
}

/** Throws a refusal in the one form that the API knows; anything else would retry the task forever. */
export function refuseWith(why: { type: RefusalType; refusal: Refusal }): never;
export function refuseWith(why: { type: RefusalType; refusal: Refusal } | null): void;
export function refuseWith(why: { type: RefusalType; refusal: Refusal } | null): void {
  if (why === null) return;
  throw ApplicationFailure.create({
    type: why.type,
    message: why.refusal.detail,
    nonRetryable: true,
    details: [why.refusal],
  });
}
