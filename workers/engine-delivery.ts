import {
  isGrpcServiceError,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Client, Workflow } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import type { DueOutbound } from '../adapters/store/outbound.ts';
import type { DueReceipt } from '../adapters/store/relay-receipts.ts';
import {
  refusalTypes,
  type Command,
  type Refusal,
  type RefusalType,
} from '../workflows/contracts/command.ts';

/** How the relay hands receipts and signals to workflows, and how it sorts what comes back. */

/**
 * `answered`: the workflow took it (the effect has settled the receipt itself). `refused`: final, by name. `gone`: no such
 * workflow runs. `try_again`: says nothing about the message (no answer in time, engine away). `failed`: it will hardly
 * go better next time, so after some attempts a person must look.
 */
export type DeliveryOutcome =
  | { readonly kind: 'answered' }
  | { readonly kind: 'refused'; readonly type: RefusalType; readonly refusal: Refusal }
  | { readonly kind: 'gone' }
  | { readonly kind: 'try_again'; readonly cause: string }
  | { readonly kind: 'failed'; readonly cause: string };

/** Neither throws for what the engine does; neither waits beyond the deadline. */
export interface EngineDelivery {
  deliverReceipt(receipt: DueReceipt): Promise<DeliveryOutcome>;
  deliverSignal(row: DueOutbound): Promise<DeliveryOutcome>;
}

/** `queues` names the task queue of each workflow type that a receipt may start. */
export const createEngineDelivery = (input: {
  client: Client;
  deadlineMs: number;
  queues: Readonly<Record<string, string>>;
}): EngineDelivery => {
  const { client, deadlineMs, queues } = input;
  const withinDeadline = async (send: () => Promise<unknown>): Promise<DeliveryOutcome> => {
    try {
      await client.withDeadline(Date.now() + deadlineMs, send);
      return { kind: 'answered' };
    } catch (cause) {
      return outcomeOf(cause);
    }
  };
  return {
    deliverReceipt: async (receipt) => {
      const { startsWorkflow, workflowId, updateId, updateName } = receipt;
      const update = { updateId, args: [commandOf(receipt)] as [Command<object>] };
      if (startsWorkflow === null) {
        return withinDeadline(() =>
          client.workflow.getHandle(workflowId).executeUpdate<unknown, [Command<object>]>(updateName, update),
        );
      }
      const taskQueue = queues[startsWorkflow];
      if (taskQueue === undefined)
        return { kind: 'failed', cause: `no task queue is known for ${startsWorkflow}` };
      return withinDeadline(() =>
        client.workflow.executeUpdateWithStart<Workflow, unknown, [Command<object>]>(updateName, {
          ...update,
          startWorkflowOperation: new WithStartWorkflowOperation(startsWorkflow, {
            workflowId,
            taskQueue,
            args: [{ caseId: receipt.caseId, state: null }],
            workflowIdConflictPolicy: 'USE_EXISTING',
            // A case that ended is never begun again by a message that was late.
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
          }),
        }),
      );
    },
    deliverSignal: async (row) => {
      const parsed = signalPayload.safeParse(row.payload);
      if (!parsed.success) {
        const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
        return { kind: 'failed', cause: `the signal lacks or has unusable: ${fields}` };
      }
      const { workflowType, taskQueue, signal, args, startArgs } = parsed.data;
      if (workflowType === null || taskQueue === null) {
        return withinDeadline(() => client.workflow.getHandle(row.target).signal(signal, ...args));
      }
      return withinDeadline(() =>
        client.workflow.signalWithStart(workflowType, {
          workflowId: row.target,
          taskQueue,
          args: startArgs,
          signal,
          signalArgs: args,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
        }),
      );
    },
  };
};

/** A signal's payload; `workflowType` and `taskQueue` null when the receiver must be there already. */
const signalPayload = z.object({
  workflowType: z.string().nullable(),
  taskQueue: z.string().nullable(),
  signal: z.string(),
  args: z.array(z.json()),
  startArgs: z.array(z.json()),
});

const commandOf = (receipt: DueReceipt): Command<object> => ({
  receipt: receipt.number,
  receivedAtMs: receipt.receivedAtMs,
  actorId: receipt.personId,
  // A receipt carries the partner of its person, and the vendor's people have none.
  actorSide: receipt.partnerId === null ? 'vendor' : 'partner',
  actingForId: receipt.actingForId,
  facts: receipt.facts,
});

/** gRPC codes that say that this message itself is wrong: INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED. */
const WRONG_MESSAGE: readonly number[] = [3, 7, 12];

const outcomeOf = (cause: unknown): DeliveryOutcome => {
  if (cause instanceof WorkflowUpdateFailedError) return updateFailure(cause);
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
    cause: cause instanceof Error ? `${cause.name}: ${cause.message}`.slice(0, 300) : 'unknown',
  };
};

const updateFailure = (failed: WorkflowUpdateFailedError): DeliveryOutcome => {
  for (let error: unknown = failed.cause; error instanceof Error; error = error.cause) {
    if (!(error instanceof ApplicationFailure)) continue;
    const type = refusalTypes.find((name) => name === error.type);
    if (type !== undefined) return { kind: 'refused', type, refusal: refusalOf(error) };
  }
  const { cause } = failed;
  return {
    kind: 'failed',
    cause: `the workflow failed to answer: ${cause?.message ?? 'unknown'}`.slice(0, 300),
  };
};

const refusalOf = (failure: ApplicationFailure): Refusal => {
  const detail: unknown = failure.details?.[0];
  const isRefusal =
    typeof detail === 'object' && detail !== null && 'detail' in detail && typeof detail.detail === 'string';
  return isRefusal ? (detail as Refusal) : { detail: failure.message };
};
