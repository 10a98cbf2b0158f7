import { randomUUID } from 'node:crypto';
import { connect } from '@restatedev/restate-sdk-clients';
import { runClosedLoop } from '../house/closed-loop.ts';
import type { LoadAsked } from '../house/closed-loop.ts';
import { answerQuestions } from '../house/helper-process.ts';
import type { Deal } from './restate-service.ts';

/** Begins Restate's deals and decides on them. Argument: the ingress' address. */

const ingress = connect({ url: process.argv[2] ?? '' });
answerQuestions(
  (question) =>
    runClosedLoop((question as { load: LoadAsked }).load, async () => {
      const client = ingress.workflowClient<Deal>({ name: 'deal' }, randomUUID());
      await client.workflowSubmit();
      await client.decide('approved');
      await client.workflowAttach();
    }),
  async () => undefined,
);
