import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';
import { runClosedLoop } from '../house/closed-loop.ts';
import type { LoadAsked } from '../house/closed-loop.ts';
import { answerQuestions } from '../house/helper-process.ts';
import type { leanDeal, naiveDeal } from './temporal-workflows.ts';

/** The bare shapes' API, without HTTP: begins deals and decides on them. Arguments: address, task queue. */

const [address = '', taskQueue = ''] = process.argv.slice(2);
const client = new Client({ connection: await Connection.connect({ address }) });

export type Shape = 'naive' | 'lean';
export type Question =
  | { readonly kind: 'load'; readonly shape: Shape; readonly load: LoadAsked }
  | { readonly kind: 'costs'; readonly shape: Shape; readonly deals: number }
  | { readonly kind: 'decision' }
  | { readonly kind: 'submit' };

const begin = (shape: Shape, workflowId: string) =>
  client.workflow.start<typeof naiveDeal | typeof leanDeal>(shape === 'naive' ? 'naiveDeal' : 'leanDeal', {
    workflowId,
    taskQueue,
    args: [workflowId],
  });

/** The decision follows at once: the best that the shape can do. */
const deal = async (shape: Shape, workflowId: string): Promise<void> => {
  const handle = await begin(shape, workflowId);
  if (shape === 'naive') await handle.signal('decide', 'approved');
  else await handle.executeUpdate<string, [string]>('decide', { args: ['approved'] });
  await handle.result();
};

const costsOf = async (workflowId: string): Promise<object> => {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const info = raw.workflowExecutionInfo;
  return {
    transitions: Number(info?.stateTransitionCount ?? 0),
    events: Number(info?.historyLength ?? 0),
    historyBytes: Number(info?.historySizeBytes ?? 0),
  };
};

const answer = async (question: Question): Promise<object> => {
  switch (question.kind) {
    case 'load':
      return await runClosedLoop(question.load, () => deal(question.shape, randomUUID()));
    case 'costs': {
      const ids = Array.from({ length: question.deals }, () => randomUUID());
      for (const id of ids) await deal(question.shape, id);
      return { costs: await Promise.all(ids.map(costsOf)) };
    }
    case 'decision': {
      const handle = await begin('lean', randomUUID());
      // Parked at its timer, as a deal is when somebody decides on it.
      await pause(PARKED_AFTER_MS);
      const beganMs = performance.now();
      await handle.executeUpdate<string, [string]>('decide', { args: ['approved'] });
      return { ms: performance.now() - beganMs };
    }
    case 'submit': {
      const workflowId = randomUUID();
      const beganMs = performance.now();
      await client.workflow.executeUpdateWithStart<typeof leanDeal, string, []>('submit', {
        startWorkflowOperation: new WithStartWorkflowOperation('leanDeal', {
          workflowId,
          taskQueue,
          args: [workflowId],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      });
      const ms = performance.now() - beganMs;
      await client.workflow
        .getHandle(workflowId)
        .executeUpdate<string, [string]>('decide', { args: ['approved'] });
      return { ms };
    }
    default:
      return question satisfies never;
  }
};

const PARKED_AFTER_MS = 60;

answerQuestions(
  (question) => answer(question as Question),
  () => client.connection.close(),
);
