import { setEnvironmentData } from 'node:worker_threads';

/** Under this name a thread that is started later finds the numbers in which it counts its calls. */
export const CALLS_KEY = 'fairlead:calls-into-the-sandbox';

const LOOK_EVERY_MS = 500;

/**
 * For the thread that runs workflow code: tells the watch that a call into the sandbox begins or ends. The number that both
 * share is even while the thread waits, odd while it runs workflow code, another one for each call. Calls do not nest.
 */
export const callCounter = (shared: SharedArrayBuffer): (() => void) => {
  const numbers = new Int32Array(shared);
  return () => void Atomics.add(numbers, 0, 1);
};

/**
 * Watches the thread of workflow code that is started after this call: workflow code is some milliseconds of rules a
 * call, so one call that is seen running at every look for `stuckAfterMs` never ends. Looks are counted, not time, so that a machine
 * that stood still is not taken for it. `onStuck` is told once and must end the process: nothing else stops the thread, and
 * the engine gives its work to another worker.
 */
export const watchWorkflowThread = (input: {
  stuckAfterMs: number;
  onStuck: () => void;
}): { stop: () => void } => {
  const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  setEnvironmentData(CALLS_KEY, shared);
  const numbers = new Int32Array(shared);
  let seen = 0;
  let looks = 0;
  const timer = setInterval(() => {
    const now = Atomics.load(numbers, 0);
    looks = now % 2 !== 0 && now === seen ? looks + 1 : 0;
    seen = now;
    if (looks * LOOK_EVERY_MS < input.stuckAfterMs) return;
    clearInterval(timer);
    input.onStuck();
  }, LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
};
