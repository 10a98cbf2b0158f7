import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { pricingLives } from '../test/fixtures/pricing-lives.ts';
import { lives } from '../test/fixtures/registration-lives.ts';
import { startServers } from '../test/setup/servers.ts';

/**
 * Records the golden histories: plays every life of a registration and of a special price and writes one file for each workflow that took
 * part, `<life>.<workflow type>.<n>.json`. Run it when a life is added; a history that no longer replays says that
 * running cases would break, and is mended in the workflow (`patched`), not recorded anew.
 */

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'test', 'replay', 'histories');

const servers = await startServers();
// They read the servers' addresses when they are loaded.
const { openPricingHouse } = await import('../test/setup/pricing-house.ts');
const { MINUTE_MS, skipWithNews } = await import('../test/fixtures/registration-time.ts');
const { startTimeSkipping } = await import('../test/setup/temporal.ts');
mkdirSync(FOLDER, { recursive: true });
const wanted = process.argv.slice(2);
try {
  for (const [life, play] of Object.entries({ ...lives, ...pricingLives })) {
    if (wanted.length > 0 && !wanted.includes(life)) continue;
    const env = await startTimeSkipping();
    const house = await openPricingHouse(env, { relay: false });
    try {
      await play(house);
      // Windows that nobody waited for close, and their news arrives.
      await skipWithNews(house, (await house.nowMs()) + 2 * MINUTE_MS, MINUTE_MS);
      await record(life, house);
    } finally {
      await house.close();
      await env.teardown();
    }
  }
} finally {
  await servers.stop();
}

async function record(life: string, house: Awaited<ReturnType<typeof openPricingHouse>>): Promise<void> {
  // A refused submission has no row; its receipt names its workflow.
  const { rows } = await house.pool.query<{ workflow: string }>(
    `select distinct workflow_id as workflow from receipt union select workflow_id from review_window
     union select 'pricing-agreement:' || id from pricing_agreement order by 1`,
  );
  const counts = new Map<string, number>();
  for (const { workflow } of rows) {
    const history = await house.env.client.workflow.getHandle(workflow).fetchHistory();
    const type =
      history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? 'unknown';
    const place = (counts.get(type) ?? 0) + 1;
    counts.set(type, place);
    // Stack traces name the folder that it was recorded in; nobody replays those.
    const json = historyToJSON(history).replaceAll(`${ROOT}/`, '');
    writeFileSync(join(FOLDER, `${life}.${type}.${place}.json`), `${json}\n`);
    console.log(`${life}: ${type} ${place}, ${history.events?.length ?? 0} events`);
  }
}
