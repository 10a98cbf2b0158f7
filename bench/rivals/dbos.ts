import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { runClosedLoop } from '../house/closed-loop.ts';
import type { LoadAsked } from '../house/closed-loop.ts';
import { answerQuestions } from '../house/helper-process.ts';

/** The same deal in DBOS, client and worker in one process as it is meant to be run. Argument: the database's address. */

const [databaseUrl = ''] = process.argv.slice(2);
const HOUR_SECONDS = 3_600;
const TOPIC = 'decision';

const step = (name: string, id: string): Promise<string> => DBOS.runStep(async () => id, { name });
const deal = DBOS.registerWorkflow(
  async (id: string): Promise<string> => {
    await step('record', id);
    await step('announce', id);
    const outcome = await DBOS.recv<string>(TOPIC, HOUR_SECONDS);
    await step('conclude', id);
    return outcome ?? 'expired';
  },
  { name: 'deal' },
);

DBOS.setConfig({
  name: 'bench',
  systemDatabaseUrl: databaseUrl,
  systemDatabasePoolSize: 20,
  logLevel: 'error',
});
await DBOS.launch();

answerQuestions(
  (question) =>
    runClosedLoop((question as { load: LoadAsked }).load, async () => {
      const workflowID = randomUUID();
      const handle = await DBOS.startWorkflow(deal, { workflowID })(workflowID);
      await DBOS.send(workflowID, 'approved', TOPIC);
      await handle.getResult();
    }),
  () => DBOS.shutdown(),
);
