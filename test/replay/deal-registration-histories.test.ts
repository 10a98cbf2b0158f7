import { jest } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import * as workflows from '../../workflows/index.ts';
import { pricingLives } from '../fixtures/pricing-lives.ts';
import { lives } from '../fixtures/registration-lives.ts';
import { bundle } from '../setup/temporal.ts';

jest.setTimeout(120_000);

const FOLDER = join(import.meta.dirname, 'histories');

interface GoldenHistory {
  readonly file: string;
  readonly life: string;
  readonly type: string;
}

const files: GoldenHistory[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ file, life: file.split('.')[0] ?? '', type: file.split('.')[1] ?? '' }));

function recorded(file: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
}

describe('golden histories', () => {
  test('every one replays on the workflows of today', async () => {
    const faults: string[] = [];
    const histories = files.map(({ file }) => ({
      workflowId: file,
      history: historyFromJSON(recorded(file)),
    }));
    for await (const result of Worker.runReplayHistories({ workflowBundle: bundle() }, histories)) {
      if (result.error !== undefined) faults.push(`${result.workflowId}: ${result.error.message}`);
    }
    expect(faults).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });

  test('there is one of every workflow type and of every life', () => {
    expect([...new Set(files.map(({ type }) => type))].sort()).toEqual(Object.keys(workflows).sort());
    expect([...new Set(files.map(({ life }) => life))].sort()).toEqual(
      Object.keys({ ...lives, ...pricingLives }).sort(),
    );
  });

  test('one whose steps are in another order does not replay', async () => {
    const file =
      files.find(({ life, type }) => life === 'won-after-everything' && type === 'dealRegistration')?.file ??
      '';
    const history = historyFromJSON(recorded(file));
    const timer =
      history.events?.findIndex((event) => (event.timerStartedEventAttributes ?? null) !== null) ?? -1;
    const event = history.events?.[timer];
    if (event === undefined || (event.timerStartedEventAttributes ?? null) === null)
      throw new RangeError('The life has no timer.');
    // The same history as if the workflow had gone another way: a signal to another workflow in place of the timer.
    delete event.timerStartedEventAttributes;
    event.eventType = 37;
    event.signalExternalWorkflowExecutionInitiatedEventAttributes = {
      signalName: 'never',
      workflowExecution: { workflowId: 'other' },
    };
    await expect(Worker.runReplayHistory({ workflowBundle: bundle() }, history)).rejects.toThrow(
      'nondeterminism',
    );
  });

  test('no personal data, no words and no money are in any of them', () => {
    for (const { file } of files) {
      const payloads = payloadsOf(recorded(file));
      for (const secret of [
        'Quarrystone',
        'Tidewater',
        'Harbourgate',
        'Meadow',
        '@',
        'Which quantity',
        'Budget in spring',
        'PO-3',
        'Minor"',
      ])
        expect({ file, secret, found: payloads.some((text) => text.includes(secret)) }).toEqual({
          file,
          secret,
          found: false,
        });
    }
  });
});

/** Every payload of a history as text. */
function payloadsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('data' in value && typeof value.data === 'string')
    return [Buffer.from(value.data, 'base64').toString('utf8')];
  return Object.values(value).flatMap(payloadsOf);
}
