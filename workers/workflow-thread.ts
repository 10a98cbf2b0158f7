/**
 * Loaded into each thread before anything else (`node --import`). In the thread that runs workflow code it takes away two
 * costs of the engine's SDK that are larger than the workflows themselves (docs/decisions/0015): a watchdog thread for each call
 * into the sandbox, for which `thread-watch.ts` watches the whole thread, and a stack trace for every promise, so that the
 * engine's "stack trace" query answers that there are none; errors keep theirs. Elsewhere it does nothing.
 */
import { promiseHooks } from 'node:v8';
import { Script } from 'node:vm';
import type { Context, RunningScriptOptions } from 'node:vm';
import { getEnvironmentData, isMainThread } from 'node:worker_threads';
import { CALLS_KEY, callCounter } from './thread-watch.ts';

const calls = getEnvironmentData(CALLS_KEY);
if (!isMainThread && calls instanceof SharedArrayBuffer) {
  promiseHooks.createHook = () => {
    throw new Error('Stack traces of promises are not collected.');
  };
  const beginOrEnd = callCounter(calls);
  const runInContext = Reflect.get(Script.prototype, 'runInContext');
  Script.prototype.runInContext = function runWatched(
    this: Script,
    context: Context,
    options: RunningScriptOptions = {},
  ): unknown {
    const { timeout: _watchedOtherwise, ...rest } = options;
    beginOrEnd();
    try {
      return runInContext.call(this, context, rest) as unknown;
    } finally {
      beginOrEnd();
    }
  };
}
