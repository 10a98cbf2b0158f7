/** One line a step: what, and how many seconds it took. On a terminal the line counts while the step runs. */

const live = process.stdout.isTTY === true && !process.env.CI;

/**
 * Runs one step. `run` gets `note`, which prints a line below the step at once. The seconds are printed whether it
 * succeeds or throws; the error is the caller's.
 */
export const step = async (title, run) => {
  const startedMs = Date.now();
  const seconds = () => `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
  const draw = () => process.stdout.write(`\r\u001b[K  … ${title}  ${seconds()}`);
  const clear = () => live && process.stdout.write('\r\u001b[K');
  const note = (line) => {
    clear();
    process.stdout.write(`      ${line}\n`);
  };
  if (live) draw();
  else process.stdout.write(`  … ${title}\n`);
  const timer = live ? setInterval(draw, 500) : undefined;
  try {
    const result = await run(note);
    clearInterval(timer);
    clear();
    process.stdout.write(`  ✓ ${title}  ${seconds()}\n`);
    return result;
  } catch (cause) {
    clearInterval(timer);
    clear();
    process.stdout.write(`  ✗ ${title}  ${seconds()}\n`);
    throw cause;
  }
};
