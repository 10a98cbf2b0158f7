import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { step } from './steps.mjs';

/**
 * `npm run bench [-- part … --quick]`: installs the rivals into `bench/`, where nobody else needs them, and runs the
 * measurements. `npm run bench -- --help` names the parts.
 */

const BENCH = join(import.meta.dirname, '..', 'bench');
const STAMP = join(BENCH, 'node_modules', '.fairlead-install');

const run = (command: string, commandArguments: readonly string[]): Promise<number> =>
  new Promise((settle, fail) => {
    const child = spawn(command, commandArguments, { cwd: BENCH, stdio: 'inherit' });
    // Ctrl-C in a terminal reaches both; the child stops its servers, this one waits for it.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    child.once('error', fail);
    child.once('exit', (code) => settle(code ?? 1));
  });

const lockfile = createHash('sha256')
  .update(readFileSync(join(BENCH, 'package-lock.json')))
  .digest('hex');
if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== lockfile) {
  await step('rivals of the bench', async () => {
    const code = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
    if (code !== 0) throw new Error(`npm ci in bench/ ended with ${code}`);
  });
  // With the rivals there, their files can be checked as well, which `npm test` leaves out.
  await step('types of the bench', async () => {
    const code = await run(process.execPath, [
      join(BENCH, '..', 'node_modules', 'typescript', 'bin', 'tsc'),
      '--noEmit',
      '-p',
      '.',
    ]);
    if (code !== 0) throw new Error(`the bench's types do not hold: tsc ended with ${code}`);
  });
  writeFileSync(STAMP, lockfile);
}
process.exitCode = await run(process.execPath, [
  '--disable-warning=ExperimentalWarning',
  join(BENCH, 'run.ts'),
  ...process.argv.slice(2),
]);
