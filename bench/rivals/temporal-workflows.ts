import {
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type * as steps from './temporal-steps.ts';

/** A deal in bare Temporal: two steps, a person's decision against a timer, one more step. The steps do nothing. */

const HOUR = '1h';
const regular = proxyActivities<typeof steps>({ startToCloseTimeout: '10s' });
const local = proxyLocalActivities<typeof steps>({ startToCloseTimeout: '10s' });

/** As one writes it the first time: regular activities, a signal. */
export async function naiveDeal(id: string): Promise<string> {
  let outcome = '';
  setHandler(defineSignal<[string]>('decide'), (decided) => {
    outcome = decided;
  });
  await regular.record(id);
  await regular.announce(id);
  await condition(() => outcome !== '', HOUR);
  await regular.conclude(id);
  return outcome;
}

/** The cheapest with an API that is apart from its workers: local activities, a decision that is an Update. */
export async function leanDeal(id: string): Promise<string> {
  let outcome = '';
  let ready = false;
  let concluded = false;
  setHandler(defineUpdate<string, []>('submit'), async () => {
    await condition(() => ready);
    return id;
  });
  setHandler(defineUpdate<string, [string]>('decide'), async (decided) => {
    outcome = decided;
    await condition(() => concluded);
    return outcome;
  });
  await local.record(id);
  await local.announce(id);
  ready = true;
  await condition(() => outcome !== '', HOUR);
  await local.conclude(id);
  concluded = true;
  await condition(allHandlersFinished);
  return outcome;
}
