import * as restate from '@restatedev/restate-sdk';
import { answerQuestions } from '../house/helper-process.ts';

/** The same deal as a Restate workflow. Argument: the port to serve on. */

const HOUR_MS = 3_600_000;
const step = (context: restate.WorkflowContext, name: string, id: string): Promise<string> =>
  context.run(name, () => id);

const deal = restate.workflow({
  name: 'deal',
  handlers: {
    run: async (context: restate.WorkflowContext): Promise<string> => {
      await step(context, 'record', context.key);
      await step(context, 'announce', context.key);
      const outcome = await context.promise<string>('decision').get().orTimeout(HOUR_MS);
      await step(context, 'conclude', context.key);
      return outcome;
    },
    decide: async (context: restate.WorkflowSharedContext, outcome: string): Promise<void> => {
      await context.promise<string>('decision').resolve(outcome);
    },
  },
});
export type Deal = typeof deal;

await restate.serve({ services: [deal], port: Number(process.argv[2]), logger: () => undefined });
answerQuestions(
  async () => ({}),
  async () => undefined,
);
