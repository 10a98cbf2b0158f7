import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { circumstances } from './measure/machine.ts';
import { goalTable, sectionOf, writeResult, writeSection } from './measure/results.ts';
import { measureClaims } from './parts/claims.ts';
import { measureDeals } from './parts/deals.ts';
import { measureDuplicates, measureMillion } from './parts/duplicates.ts';
import { measureHttp } from './parts/http.ts';
import { measureInbox } from './parts/inbox.ts';
import { measureLatency } from './parts/latency.ts';
import type { PartOptions, PartOutcome } from './parts/part.ts';
import { measureProfile } from './parts/profile.ts';
import { measureWaterfall } from './parts/waterfall.ts';

/** Measures the parts named, or all of them; writes raw rows to `results/` and the page `docs/performance.md`. */

const PARTS: Readonly<Record<string, (options: PartOptions) => Promise<PartOutcome>>> = {
  deals: measureDeals,
  latency: measureLatency,
  http: measureHttp,
  inbox: measureInbox,
  duplicates: measureDuplicates,
  profile: measureProfile,
  million: measureMillion,
  waterfall: measureWaterfall,
  claims: measureClaims,
};

const HELP = `npm run bench -- [part …] [options]

parts: ${Object.keys(PARTS).join(', ')} (all, when none is named)
  --rounds N   how often each is measured (default 3; with --quick 1)
  --seed N     for everything drawn by chance (default: drawn by chance, and printed)
  --quick      tiny sizes: shows that everything works; writes neither results nor the page
`;

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seed: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const wanted = positionals.length === 0 ? Object.keys(PARTS) : positionals;
  const unknown = wanted.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}\n\n${HELP}`);
  const quick = values.quick;
  const rounds = whole('--rounds', values.rounds ?? (quick ? '1' : '3'));
  const seed = whole('--seed', values.seed ?? String(randomInt(2 ** 31)));
  say(`seed ${seed}`);
  const command = [
    'npm run bench --',
    ...wanted,
    '--rounds',
    rounds,
    '--seed',
    seed,
    ...(quick ? ['--quick'] : []),
  ].join(' ');
  for (const name of wanted) {
    const measure = PARTS[name];
    if (measure === undefined) continue;
    say(`\n${name}`);
    const around = circumstances(command);
    const beganMs = performance.now();
    const outcome = await measure({ quick, rounds, seed, say: (line) => say(`  ${line}`) });
    const body = [
      ...(outcome.goals.length === 0 ? [] : [goalTable(outcome.goals), '']),
      outcome.details,
    ].join('\n');
    say(`\n${body}\n\n${name} took ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
    if (quick) continue;
    const result = { part: name, circumstances: around, options: outcome.options, rows: outcome.rows };
    say(`rows: ${writeResult(join(import.meta.dirname, 'results'), result)}`);
    writeSection(name, sectionOf(result, body));
  }
};

const whole = (option: string, text: string): number => {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${option} ${text} is not a whole number`);
  return Number(text);
};

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

await main();
