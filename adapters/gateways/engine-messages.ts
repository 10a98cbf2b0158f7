import {
  isGrpcServiceError,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
  type Workflow,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

/** How messages reach workflows, and how it is sorted what comes back: for the API that asks and for the relay that asks again. */

/** The workflow that a message begins when it does not run. */
export interface WorkflowStart {
  readonly workflowType: string;
  readonly taskQueue: string;
  /** Its one argument. */
  readonly input: unknown;
}

/** One Update. The same `updateId` is the same message: repeating it asks for the same answer. */
export interface UpdateMessage {
  readonly workflowId: string;
  /** Null when there must be a workflow. */
  readonly starts: WorkflowStart | null;
  readonly updateName: string;
  readonly updateId: string;
  readonly argument: unknown;
}

export interface SignalMessage {
  readonly workflowId: string;
  /** As of `UpdateMessage`, with all the arguments that the workflow is begun with. */
  readonly starts: {
    readonly workflowType: string;
    readonly taskQueue: string;
    readonly args: unknown[];
  } | null;
  readonly signal: string;
  readonly args: unknown[];
}

/**
 * `answered`: the workflow took it. `refused`: final, by name. `gone`: no such workflow runs. `try_again`: says nothing
 * about the message (no answer in time, engine away). `failed`: it will hardly go better next time. After the last two the
 * message may have been carried out or not: it is safe to send it again under its id.
 */
export type MessageOutcome<Refused> =
  | { readonly kind: 'answered'; readonly answer: unknown }
  | ({ readonly kind: 'refused' } & Refused)
  | { readonly kind: 'gone' }
  | { readonly kind: 'try_again'; readonly cause: string }
  | { readonly kind: 'failed'; readonly cause: string };

/** Neither message throws for what the engine does, nor waits beyond the deadline. */
export interface EngineMessages<Refused> {
  update(message: UpdateMessage): Promise<MessageOutcome<Refused>>;
  signal(message: SignalMessage): Promise<MessageOutcome<Refused>>;
  /** True when the engine answers within a second. */
  isUp(): Promise<boolean>;
}

const UP_WITHIN_MS = 1_000;

/**
 * One deadline for each message, because an Update never times out by itself. `refusalIn` reads a workflow's failure: the
 * refusal that it is, or null for a failure that nobody chose.
 */
export const createEngineMessages = <Refused extends object>(input: {
  client: Client;
  namespace: string;
  deadlineMs: number;
  refusalIn: (failure: WorkflowFailure) => Refused | null;
}): EngineMessages<Refused> => {
  const { client, namespace, deadlineMs, refusalIn } = input;
  const withinDeadline = async (send: () => Promise<unknown>): Promise<MessageOutcome<Refused>> => {
    try {
      return { kind: 'answered', answer: await client.withDeadline(Date.now() + deadlineMs, send) };
    } catch (cause) {
      return outcomeOf(cause, refusalIn);
    }
  };
  return {
    update: ({ workflowId, starts, updateName, updateId, argument }) => {
      const update = { updateId, args: [argument] as [unknown] };
      if (starts === null)
        return withinDeadline(() =>
          client.workflow.getHandle(workflowId).executeUpdate<unknown, [unknown]>(updateName, update),
        );
      return withinDeadline(() =>
        client.workflow.executeUpdateWithStart<Workflow, unknown, [unknown]>(updateName, {
          ...update,
          startWorkflowOperation: new WithStartWorkflowOperation(starts.workflowType, {
            workflowId,
            taskQueue: starts.taskQueue,
            args: [starts.input],
            workflowIdConflictPolicy: 'USE_EXISTING',
            // A case that ended is never begun again by a message that was late.
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
          }),
        }),
      );
    },
    signal: ({ workflowId, starts, signal, args }) =>
      starts === null
        ? withinDeadline(() => client.workflow.getHandle(workflowId).signal(signal, ...args))
        : withinDeadline(() =>
            client.workflow.signalWithStart(starts.workflowType, {
              workflowId,
              taskQueue: starts.taskQueue,
              args: starts.args,
              signal,
              signalArgs: args,
              workflowIdReusePolicy: 'REJECT_DUPLICATE',
            }),
          ),
    isUp: async () => {
      try {
        await client.withDeadline(Date.now() + UP_WITHIN_MS, () =>
          client.workflowService.describeNamespace({ namespace }),
        );
        return true;
      } catch {
        // Readiness names the part; why it is down is in the engine's own log.
        return false;
      }
    },
  };
};

/** A failure that a workflow threw: its type, its words and its details, as they came over the wire. */
export type WorkflowFailure = Pick<ApplicationFailure, 'type' | 'message' | 'details'>;

/** gRPC codes that say that this message itself is wrong: INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED. */
const WRONG_MESSAGE: readonly number[] = [3, 7, 12];
const LONGEST_CAUSE = 300;

/** Sorts what was thrown instead of an answer. */
export const outcomeOf = <Refused extends object>(
  cause: unknown,
  refusalIn: (failure: WorkflowFailure) => Refused | null,
): MessageOutcome<Refused> => {
  if (cause instanceof WorkflowUpdateFailedError) return updateFailure(cause, refusalIn);
  if (cause instanceof WorkflowNotFoundError || cause instanceof WorkflowExecutionAlreadyStartedError) {
    return { kind: 'gone' };
  }
  if (cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return { kind: 'try_again', cause: 'the workflow did not answer in time' };
  }
  // An Update of a running workflow fails with the engine's error inside one of the SDK's own.
  const answered = cause instanceof ServiceError ? cause.cause : cause;
  if (isGrpcServiceError(answered)) {
    const words = `the engine answered with gRPC code ${answered.code}`;
    return WRONG_MESSAGE.includes(answered.code)
      ? { kind: 'failed', cause: words }
      : { kind: 'try_again', cause: words };
  }
  return {
    kind: 'failed',
    cause: cause instanceof Error ? `${cause.name}: ${cause.message}`.slice(0, LONGEST_CAUSE) : 'unknown',
  };
};

const updateFailure = <Refused extends object>(
  failed: WorkflowUpdateFailedError,
  refusalIn: (failure: WorkflowFailure) => Refused | null,
): MessageOutcome<Refused> => {
  for (let error: unknown = failed.cause; error instanceof Error; error = error.cause) {
    const refused = error instanceof ApplicationFailure ? refusalIn(error) : null;
    if (refused !== null) return { kind: 'refused', ...refused };
  }
  return {
    kind: 'failed',
    cause: `the workflow failed to answer: ${failed.cause?.message ?? 'unknown'}`.slice(0, LONGEST_CAUSE),
  };
};
