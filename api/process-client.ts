import { ApplicationFailure } from '@temporalio/common';
import {
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Client, Workflow } from '@temporalio/client';
import { refusalTypes } from '../workflows/contracts/command.ts';
import type { Answer, Command, Refusal, RefusalType } from '../workflows/contracts/command.ts';

/** One message to one workflow. */
export interface ProcessCall {
  readonly workflowId: string;
  /** How the message starts its workflow, or null when there must be one. */
  readonly starts: {
    readonly workflowType: string;
    readonly taskQueue: string;
    readonly input: unknown;
  } | null;
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

/** Talks to the engine with one deadline for each message, because an Update never times out by itself. */
export function createProcessClient(input: {
  client: Client;
  namespace: string;
  deadlineMs: number;
}): ProcessClient {
  const { client, namespace, deadlineMs } = input;
  return {
    async deliver(call) {
      try {
        const answer = await client.withDeadline(Date.now() + deadlineMs, () => send(client, call));
        return { kind: 'answered', answer };
      } catch (cause) {
        return replyOf(cause);
      }
    },
    async isUp() {
      try {
        await client.withDeadline(Date.now() + 1_000, () =>
          client.workflowService.describeNamespace({ namespace }),
        );
        return true;
      } catch {
        // Readiness names the part; why it is down is in the engine's own log.
        return false;
      }
    },
  };
}

function send(client: Client, call: ProcessCall): Promise<Answer> {
  const update = { updateId: call.updateId, args: [call.command] as [Command<object>] };
  if (call.starts === null) {
    return client.workflow
      .getHandle(call.workflowId)
      .executeUpdate<Answer, [Command<object>]>(call.updateName, update);
  }
  return client.workflow.executeUpdateWithStart<Workflow, Answer, [Command<object>]>(call.updateName, {
    ...update,
    startWorkflowOperation: new WithStartWorkflowOperation(call.starts.workflowType, {
      workflowId: call.workflowId,
      taskQueue: call.starts.taskQueue,
      args: [call.starts.input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      // A case that ended is never begun again by a message that was late.
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    }),
  });
}

/** Sorts what was thrown; whatever is not a refusal by name is safe to deliver again, and so `later`. */
function replyOf(cause: unknown): ProcessReply {
  if (cause instanceof WorkflowUpdateFailedError) {
    for (let error: unknown = cause.cause; error instanceof Error; error = error.cause) {
      if (!(error instanceof ApplicationFailure)) continue;
      const type = refusalTypes.find((name) => name === error.type);
      if (type !== undefined) return { kind: 'refused', type, refusal: refusalOf(error) };
    }
    return { kind: 'later', cause: 'The workflow failed to answer.' };
  }
  if (cause instanceof WorkflowNotFoundError || cause instanceof WorkflowExecutionAlreadyStartedError)
    return { kind: 'gone' };
  if (cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
    return { kind: 'later', cause: 'The engine did not answer in time.' };
  if (isGrpcServiceError(cause)) return { kind: 'later', cause: `The engine answered ${cause.code}.` };
  return { kind: 'later', cause: cause instanceof Error ? cause.name : 'unknown' };
}

function refusalOf(failure: ApplicationFailure): Refusal {
  const detail: unknown = failure.details?.[0];
  if (
    typeof detail === 'object' &&
    detail !== null &&
    'detail' in detail &&
    typeof detail.detail === 'string'
  )
    return detail as Refusal;
  return { detail: failure.message };
}
