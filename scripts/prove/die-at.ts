import { AsyncLocalStorage } from 'node:async_hooks';
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { Worker } from '@temporalio/worker';
import pg from 'pg';
import { DYING, IMPORT, LEDGER, mustWrite, pointsOf, readLedger, type Point } from './points.ts';

/*
 * Loaded into the workers' process before anything else (`node --import`): makes it kill itself with SIGKILL, once at each
 * point of each effect. Which points are done stands in a ledger file, written before dying, so that the next process goes on
 * with the next point. The shipped code is untouched: what it hands to the SDK, and the SDK's last call, are wrapped.
 */

const ofTheSdk = createRequire(import.meta.resolve('@temporalio/worker'));
const { activityInfo } = ofTheSdk('@temporalio/activity') as {
  activityInfo: () => { workflowExecution: { runId: string } };
};

type Effect = (...given: never[]) => Promise<unknown>;

interface Run {
  readonly effect: string;
  /** Where this run dies. */
  readonly point: Point;
  wrote: boolean;
}

const ledger = process.env[LEDGER] ?? '';
const dying = process.env[DYING]?.split(',');
const done = new Set(
  (existsSync(ledger) ? readLedger(readFileSync(ledger, 'utf8')) : []).map(
    ({ effect, point }) => `${effect} ${point}`,
  ),
);
const runs = new AsyncLocalStorage<Run>();
/** Runs of workflows that were given a result, after which they are to die before the engine is told. */
const unacknowledged = new Map<string, string>();

const write = (effect: string, point: Point, same: boolean | null): void => {
  done.add(`${effect} ${point}`);
  appendFileSync(ledger, `${JSON.stringify({ effect, point, same, at: new Date().toISOString() })}\n`);
};
const die = (effect: string, point: Point): never => {
  write(effect, point, null);
  process.kill(process.pid, 'SIGKILL');
  // The signal needs an instant; nothing may happen in it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error('the process outlived SIGKILL');
};

/** The first point of an effect that is still to be shown. */
const nextPoint = (effect: string): Point | undefined =>
  dying !== undefined && !dying.includes(effect)
    ? undefined
    : pointsOf(effect).find((point) => !done.has(`${effect} ${point}`));

const plain = (result: unknown): unknown => JSON.parse(JSON.stringify(result ?? null));

const wrapped =
  (effect: string, make: Effect): Effect =>
  async (...given) => {
    const point = nextPoint(effect);
    if (point === undefined) return make(...given);
    if (point === 'before') die(effect, point);
    const run: Run = { effect, point, wrote: false };
    const result = await runs.run(run, () => make(...given));
    const counts = run.wrote || !mustWrite(effect);
    if (!counts || done.has(`${effect} ${point}`)) return result;
    if (point === 'after') die(effect, point);
    if (point === 'unacknowledged') unacknowledged.set(activityInfo().workflowExecution.runId, effect);
    if (point === 'twice') {
      const again = await make(...given);
      write(effect, point, !mustWrite(effect) || isDeepStrictEqual(plain(result), plain(again)));
      return again;
    }
    return result;
  };

const WRITES = /^\s*(?:insert|update|delete|with[\s\S]*\b(?:insert into|update|delete from)\b)/i;
const SETTLES_IMPORT = /update import_batch set stored_at/;
const prototype: { query: (this: pg.Client, ...given: unknown[]) => unknown } = pg.Client.prototype;
const { query } = prototype;
prototype.query = function (this: pg.Client, ...given: unknown[]): unknown {
  const run = runs.getStore();
  if (run !== undefined) {
    const [first] = given;
    const text = typeof first === 'string' ? first : (first as { text?: string }).text;
    if (text !== undefined) {
      if (WRITES.test(text)) run.wrote = true;
      if (text === 'commit' && run.point === 'uncommitted' && run.wrote) die(run.effect, run.point);
      if (SETTLES_IMPORT.test(text) && run.point === 'unacknowledged') die(run.effect, run.point);
    }
  }
  return query.apply(this, given);
};

const create = Worker.create.bind(Worker);
Worker.create = (options) => {
  const activities = options.activities as Readonly<Record<string, Effect>>;
  return create({
    ...options,
    activities: Object.fromEntries(
      Object.entries(activities).map(([name, activity]) => [name, wrapped(name, activity)]),
    ),
  });
};

// The SDK's last call before the engine is told how a workflow went on; it is bound when the worker is made.
const { native } = ofTheSdk('@temporalio/core-bridge') as {
  native: { workerCompleteWorkflowActivation: (worker: unknown, completion: Buffer) => Promise<void> };
};
const complete = native.workerCompleteWorkflowActivation;
native.workerCompleteWorkflowActivation = (worker, completion) => {
  for (const [runId, effect] of unacknowledged)
    if (Buffer.from(completion).includes(runId)) die(effect, 'unacknowledged');
  return complete(worker, completion);
};

// Bundling the workflows takes seconds of every start; the code is the same each time.
const bundler = ofTheSdk('./workflow/bundler.js') as {
  WorkflowCodeBundler: { prototype: { createBundle: (this: object) => Promise<unknown> } };
};
const { createBundle } = bundler.WorkflowCodeBundler.prototype;
bundler.WorkflowCodeBundler.prototype.createBundle = async function (this: object): Promise<unknown> {
  const kept = `${ledger}.bundle`;
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as unknown;
  const made = await createBundle.call(this);
  // Renamed when whole: the process may die while it writes.
  writeFileSync(`${kept}.new`, JSON.stringify(made));
  renameSync(`${kept}.new`, kept);
  return made;
};

// The loop that stores imports calls its effect by name, so the module itself is changed as it is loaded.
const HOOK = 'fairlead.prove.import';
const SHIPPED = 'export async function storeImport(';
(globalThis as Record<symbol, unknown>)[Symbol.for(HOOK)] =
  (make: (deps: unknown, input: { waiting: { kind: string } }) => Promise<unknown>) =>
  (deps: unknown, input: { waiting: { kind: string } }): Promise<unknown> =>
    wrapped(`${IMPORT}${input.waiting.kind}`, make as Effect)(deps as never, input as never);
registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    if (!url.endsWith('/activities/imports.ts')) return loaded;
    const source =
      typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
    if (!source.includes(SHIPPED)) throw new Error(`${url} no longer has: ${SHIPPED}`);
    return {
      ...loaded,
      source: source.replace(
        SHIPPED,
        `export const storeImport = globalThis[Symbol.for('${HOOK}')](itself);\nasync function itself(`,
      ),
    };
  },
});
