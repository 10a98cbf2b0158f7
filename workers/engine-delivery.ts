import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { createEngineMessages, type MessageOutcome } from '../adapters/gateways/engine-messages.ts';
import type { DueOutbound } from '../adapters/store/outbound.ts';
import type { DueReceipt } from '../adapters/store/relay-receipts.ts';
import { refusalIn, type Command, type Refusal, type RefusalType } from '../workflows/contracts/command.ts';

/** How the relay hands receipts and signals to workflows. */

/**
 * What became of one. `answered`: the workflow took it (the effect has settled the receipt itself). `failed`: after some
 * attempts a person must look. The others are as the engine's messages say.
 */
export type DeliveryOutcome =
  | { readonly kind: 'answered' }
  | Exclude<
      MessageOutcome<{ readonly type: RefusalType; readonly refusal: Refusal }>,
      { readonly kind: 'answered' }
    >;

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
  const messages = createEngineMessages({
    client,
    namespace: client.options.namespace,
    deadlineMs,
    refusalIn,
  });
  return {
    deliverReceipt: async (receipt) => {
      const { startsWorkflow, workflowId, updateId, updateName } = receipt;
      const message = { workflowId, updateId, updateName, argument: commandOf(receipt) };
      if (startsWorkflow === null) return messages.update({ ...message, starts: null });
      const taskQueue = queues[startsWorkflow];
      if (taskQueue === undefined)
        return { kind: 'failed', cause: `no task queue is known for ${startsWorkflow}` };
      const starts = {
        workflowType: startsWorkflow,
        taskQueue,
        input: { caseId: receipt.caseId, state: null },
      };
      return messages.update({ ...message, starts });
    },
    deliverSignal: async (row) => {
      const parsed = signalPayload.safeParse(row.payload);
      if (!parsed.success) {
        const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
        return { kind: 'failed', cause: `the signal lacks or has unusable: ${fields}` };
      }
      const { workflowType, taskQueue, signal, args, startArgs } = parsed.data;
      return messages.signal({
        workflowId: row.target,
        starts:
          workflowType === null || taskQueue === null ? null : { workflowType, taskQueue, args: startArgs },
        signal,
        args,
      });
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
