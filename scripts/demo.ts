import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { databaseUrl, readConfig } from '../adapters/config.ts';
import { createPool } from '../adapters/store/pool.ts';
import { signIn, type Caller } from './api-client.ts';
import { openCast } from './demo/cast.ts';
import { corrupt, corruptionKinds, type CorruptionKind, type Customer } from './demo/corruptions.ts';
import { openDeciders } from './demo/deciders.ts';
import { printSummary, type Played } from './demo/summary.ts';
import { installationEnvironment } from './running-installation.ts';
import { submissionFor } from './submissions.ts';

/**
 * `npm run demo [-- --companies N] [--data FOLDER]`, beside a running `npm start`: twenty fictitious partners register real
 * companies through the public API, others register some of them again under corrupted names and domains, and approvers
 * decide by rules. Then a summary: verdicts, evidence, SLA, and how many different companies the machine denied, which
 * must be none (exit code 1 otherwise). The partners and their program stay in the database.
 */

const RIVAL_EVERY = 3;
const PARALLEL = 8;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: { companies: { type: 'string', default: '1000' }, data: { type: 'string' } },
});
const wanted = Number(values.companies);

interface Company {
  readonly company: string;
  readonly city: string;
  readonly Website: string;
}

/** The rows come with a package of real companies and are in nobody's repository. */
const companies = (): Customer[] => {
  const { COMPANIES_BY_DOMAIN } = createRequire(import.meta.url)('email-enricher/dist/data.js') as {
    COMPANIES_BY_DOMAIN: Record<string, Company>;
  };
  return Object.values(COMPANIES_BY_DOMAIN)
    .slice(0, wanted)
    .map(({ company, city, Website }) => ({
      legalName: company,
      webDomain: Website,
      country: 'US',
      city: city.trim() === '' ? null : city,
      contacts: [],
    }));
};

interface Entry {
  readonly partner: Caller;
  /** The company that it truly is. */
  readonly truth: string;
  readonly corruption: CorruptionKind | null;
  readonly customer: Customer;
}

const run = async (): Promise<boolean> => {
  if (!Number.isSafeInteger(wanted) || wanted < 1) throw new Error('--companies takes a whole number from 1');
  const config = readConfig(installationEnvironment(values.data));
  const publicUrl = (): string => config.publicUrl;
  const nowMs = Date.now();
  const [approver, second, director] = await Promise.all(
    ['approver@halyard.example', 'approver-2@halyard.example', 'director@halyard.example'].map((email) =>
      signIn({ publicUrl, email }),
    ),
  );
  if (approver === undefined || second === undefined || director === undefined)
    throw new Error('somebody could not sign in');
  const cast = await openCast({ ownerUrl: databaseUrl(config, 'owner'), publicUrl, nowMs });
  say(
    `${cast.partners.length} partners, program and sessions are written as the seed writes its own; the rest goes through ${config.publicUrl}`,
  );
  const deciders = openDeciders({ approvers: [approver, second], director });
  const customers = companies();
  const played: Played[] = [];
  const play = async (entry: Entry): Promise<void> => {
    const beganMs = performance.now();
    const reply = await entry.partner.write('/api/deal-registrations', {
      ...submissionFor({ programId: cast.programId, customer: entry.customer, nowMs: Date.now() }),
      // Matching does not look at it, so it can say in the record which company this truly is.
      opportunityName: `Network renewal at ${entry.truth}`.slice(0, 160),
    });
    if (reply.status !== 201) throw new Error(`${entry.truth} was refused: ${JSON.stringify(reply.body)}`);
    const { id } = reply.body as { id: string };
    played.push({
      id,
      truth: entry.truth,
      corruption: entry.corruption,
      acknowledgedMs: performance.now() - beganMs,
    });
    await deciders.decide(id);
  };
  const partnerOf = (place: number): Caller => {
    const partner = cast.partners[place % cast.partners.length];
    if (partner === undefined) throw new Error('there are no partners');
    return partner;
  };
  const originals = customers.map((customer, place): Entry => ({
    partner: partnerOf(place),
    truth: customer.legalName,
    corruption: null,
    customer,
  }));
  const rivals = originals.flatMap((entry, place): Entry[] => {
    if (place % RIVAL_EVERY !== 0) return [];
    const kind = corruptionKinds[(place / RIVAL_EVERY) % corruptionKinds.length] ?? 'typo, nothing else';
    return [
      { ...entry, partner: partnerOf(place + 7), corruption: kind, customer: corrupt(kind, entry.customer) },
    ];
  });
  await inParallel('companies registered and decided', originals, play);
  await inParallel('rivals registered and decided', rivals, play);

  const pool = createPool({ url: databaseUrl(config, 'worker'), max: 1, applicationName: 'fairlead-demo' });
  try {
    return await printSummary({ pool, played, say });
  } finally {
    await pool.end();
  }
};

/** Some at a time, with a line of progress; the first failure ends it. */
const inParallel = async (
  what: string,
  entries: readonly Entry[],
  play: (entry: Entry) => Promise<void>,
): Promise<void> => {
  const beganMs = Date.now();
  const queue = [...entries];
  let done = 0;
  const tell = (): void =>
    say(`  ${done} of ${entries.length} ${what}, ${((Date.now() - beganMs) / 1_000).toFixed(0)} s`);
  const one = async (): Promise<void> => {
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      await play(entry);
      done += 1;
      if (done % 100 === 0) tell();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, one));
  tell();
};

try {
  if (!(await run())) process.exitCode = 1;
} catch (cause) {
  process.stderr.write(
    `the demonstration stopped: ${cause instanceof Error ? cause.message : String(cause)}\n`,
  );
  process.exitCode = 2;
}
