import { parseArgs } from 'node:util';
import { ALL_EFFECTS, QUICK_EFFECTS, proveEffects } from './prove/effects.ts';
import { proveGuards } from './prove/guards.ts';
import { FULL, QUICK, proveKills } from './prove/kills.ts';
import { proveOutages } from './prove/outages.ts';
import { say, seconds, type Check } from './prove/table.ts';
import { proveTiming } from './prove/timing.ts';

/**
 * `npm run prove [-- part …] [--quick]`: what no test inside one process can show. Real processes are killed while
 * registrations run, links are cut, times of answers are compared, and each guard is removed once to see the tests turn red.
 * Without a name all parts run, one after another; `--quick` leaves out the long ones and shortens the rest. The last line is
 * `N passed, N failed`. Each part starts an installation of its own and leaves nothing behind.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    /** How many pairs `timing` measures. */
    pairs: { type: 'string', default: '2000' },
    /** The effects that `effects` kills, by commas; absent: all. */
    effects: { type: 'string' },
  },
});

const parts: { name: string; title: string; quick: boolean; run: () => Promise<Check[]> }[] = [
  {
    name: 'kills',
    title: 'kills of real processes under load',
    quick: true,
    run: () => proveKills(values.quick ? QUICK : FULL),
  },
  {
    name: 'effects',
    title: 'every effect killed at every point',
    quick: true,
    run: () =>
      proveEffects(
        values.effects === undefined
          ? values.quick
            ? QUICK_EFFECTS
            : ALL_EFFECTS
          : { effects: values.effects.split(',') },
      ),
  },
  {
    name: 'outages',
    title: 'Postgres frozen, links cut',
    quick: false,
    run: proveOutages,
  },
  {
    name: 'timing',
    title: 'times of answers with and without a rival',
    quick: false,
    run: () => proveTiming({ pairs: Number(values.pairs) }),
  },
  { name: 'guards', title: 'each guard removed once', quick: true, run: proveGuards },
];

const beganMs = Date.now();
const checks: Check[] = [];
for (const unknown of positionals.filter((wanted) => parts.every(({ name }) => name !== wanted))) {
  say(`there is no part ${unknown}; there are ${parts.map(({ name }) => name).join(', ')}`);
  checks.push({ name: 'options', passed: false, seen: '' });
}
const wanted = parts.filter(({ name, quick }) =>
  positionals.length > 0 ? positionals.includes(name) : quick || !values.quick,
);
for (const { title, run } of checks.length > 0 ? [] : wanted) {
  const partBeganMs = Date.now();
  say(`\n${title}`);
  try {
    checks.push(...(await run()));
  } catch (cause) {
    say(`  ✗ ${title}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
    checks.push({ name: title, passed: false, seen: '' });
  }
  say(`  ${title}: ${seconds(Date.now() - partBeganMs)}`);
}
const failed = checks.filter(({ passed }) => !passed).length;
say(`\nin ${seconds(Date.now() - beganMs)}`);
say(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && checks.length > 0 ? 0 : 1;
