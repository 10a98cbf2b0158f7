import { parseArgs } from 'node:util';
import { proveGuards } from './prove/guards.ts';
import { FULL, QUICK, proveKills } from './prove/kills.ts';
import { say, seconds, type Check } from './prove/table.ts';

/**
 * `npm run prove [-- --quick] [--only kills|guards]`: what no test inside one process can show. Real processes are killed
 * while registrations run, and each guard is removed once to see the tests turn red. The last line is `N passed, N failed`.
 * It starts an installation of its own and leaves nothing behind.
 */

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});

const parts: { name: string; title: string; run: () => Promise<Check[]> }[] = [
  {
    name: 'kills',
    title: 'kills of real processes under load',
    run: () => proveKills(values.quick ? QUICK : FULL),
  },
  { name: 'guards', title: 'each guard removed once', run: proveGuards },
];

const beganMs = Date.now();
const checks: Check[] = [];
const wanted = parts.filter(({ name }) => values.only === undefined || values.only === name);
if (wanted.length === 0) {
  say(`--only ${values.only}: there is no such part; there are ${parts.map(({ name }) => name).join(', ')}`);
  checks.push({ name: 'options', passed: false, seen: '' });
}
for (const { title, run } of wanted) {
  say(`\n${title}`);
  try {
    checks.push(...(await run()));
  } catch (cause) {
    say(`  ✗ ${title}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
    checks.push({ name: title, passed: false, seen: '' });
  }
}
const failed = checks.filter(({ passed }) => !passed).length;
say(`\nin ${seconds(Date.now() - beganMs)}`);
say(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && checks.length > 0 ? 0 : 1;
