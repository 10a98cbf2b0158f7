import type { EngineMessages, WorkflowStart } from '../adapters/gateways/engine-messages.ts';
import type { Answer, Command, Refusal, RefusalType } from '../workflows/contracts/command.ts';

/** One message to one workflow. */
export interface ProcessCall {
  readonly workflowId: string;
  /** How the message starts its workflow, or null when there must be one. */
  readonly starts: WorkflowStart | null;
  readonly updateName: string;
  /** The same id is the same message: repeating it asks for the same answer. */
  readonly updateId: string;
  readonly command: Command<object>;
}

/**
 * What became of it. `later`: not known yet; the receipt is delivered again. `gone`: no such workflow runs. A refusal
 * is final.
 */
export type ProcessReply =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly type: RefusalType; readonly refusal: Refusal }
  | { readonly kind: 'later'; readonly cause: string }
  | { readonly kind: 'gone' };

/** The engine as the API knows it. */
export interface ProcessClient {
  /** Never throws for what the engine does; never waits beyond the deadline. */
  deliver(call: ProcessCall): Promise<ProcessReply>;
  /** True when the engine answers within a second. */
  isUp(): Promise<boolean>;
}

/** Asks workflows. Whatever is not a refusal by name the relay may deliver again, and so it is `later`. */
export function createProcessClient(
  messages: EngineMessages<{ readonly type: RefusalType; readonly refusal: Refusal }>,
): ProcessClient {
  return {
    async deliver({ command, ...message }) {
      const outcome = await messages.update({ ...message, argument: command });
      switch (outcome.kind) {
        case 'answered':
          // Every Update of a process answers so (workflows/case-desk.ts).
          return { kind: 'answered', answer: outcome.answer as Answer };
        case 'refused':
        case 'gone':
          return outcome;
        case 'try_again':
        case 'failed':
          return { kind: 'later', cause: outcome.cause };
        default:
          return outcome satisfies never;
      }
    },
    isUp: () => messages.isUp(),
  };
}
