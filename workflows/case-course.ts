import type { Answer, Command, Refusal, RefusalType } from './contracts/command.ts';
import { refuseWith } from './case-desk.ts';

/**
 * The course of a case: it goes from state to state by steps of the record, one at a time (docs/pieces/case-step.md). All processes
 * take their steps through it, so that a record that is ahead of the engine is met in one way.
 */

/** What a step asks with: the state it begins in, whose message it carries out (null: nobody's), and when. */
export interface StepAsk<State, Message> {
  readonly state: State;
  readonly command: Message;
  readonly nowMs: number;
}

/** What a step tells. `adopted`: the record was ahead of the engine, and only its state was taken. */
export type StepTold<State> =
  | {
      readonly kind: 'done';
      readonly state: State;
      readonly answer: Answer | null;
      readonly adopted: boolean;
    }
  | { readonly kind: 'refused'; readonly type: RefusalType; readonly refusal: Refusal };

export interface Course<State> {
  /**
   * Runs a step that no person asked for, and goes on from the state it leaves. False when the record was ahead of the
   * engine: nothing was done but to go on from its state.
   */
  readonly follow: (step: (ask: StepAsk<State, null>) => Promise<StepTold<State>>) => Promise<boolean>;
  /** Carries out a person's message. Null: the record is ahead of the engine, and the case goes on from its state. */
  readonly answer: <Facts>(
    step: (ask: StepAsk<State, Command<Facts>>) => Promise<StepTold<State>>,
    command: Command<Facts>,
  ) => Promise<Answer | null>;
}

/** `refused` is told of a step that no person asked for and that the record would not take. */
export function takeCourse<State>(of: {
  current: () => State;
  goTo: (state: State) => void;
  refused?: () => void;
}): Course<State> {
  return {
    async follow(step) {
      const told = await step({ state: of.current(), command: null, nowMs: Date.now() });
      if (told.kind === 'refused') {
        of.refused?.();
        return true;
      }
      of.goTo(told.state);
      return !told.adopted;
    },
    async answer(step, command) {
      const told = await step({ state: of.current(), command, nowMs: Date.now() });
      if (told.kind === 'refused') return refuseWith(told);
      of.goTo(told.state);
      return told.answer;
    },
  };
}
