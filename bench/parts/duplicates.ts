import { createHash } from 'node:crypto';
import pg from 'pg';
import { CANDIDATES, findCandidates, matchAccount } from '../../adapters/store/account-matching.ts';
import { createPool } from '../../adapters/store/pool.ts';
import { registrableDomain } from '../../adapters/registrable-domain.ts';
import type { AccountFacts } from '../../domain/matching/facts.ts';
import { seed as seedInstallation } from '../../prisma/seed.ts';
import { accountIdOf, loadAccounts } from '../house/accounts.ts';
import type { LoadedAccount } from '../house/accounts.ts';
import { migratedDatabase } from '../house/installation.ts';
import { coinedWord, companyNames, corruptions, pickFrom } from '../house/names.ts';
import { openGround } from '../house/servers.ts';
import type { Ground } from '../house/servers.ts';
import { table } from '../measure/results.ts';
import type { Goal } from '../measure/results.ts';
import { figure, generator, percentile } from '../measure/statistics.ts';
import type { PartOptions, PartOutcome } from './part.ts';

/**
 * The search for duplicates against plain pg_trgm at threshold 0.3 over the same names in the same database: how long it
 * takes, what it finds of planted duplicates, and how often `duplicate` is right.
 */

interface SearchRow {
  readonly kind: 'search';
  readonly round: number;
  readonly corruption: string;
  readonly checkMs: number;
  readonly searchMs: number;
  readonly plainMs: number;
  /** The planted account was among the candidates; it was not called different; plain pg_trgm had it. */
  readonly foundByUs: boolean;
  readonly matchedByUs: boolean;
  readonly foundByPlain: boolean;
}

interface VerdictRow {
  readonly kind: 'verdict';
  readonly planted: string;
  /** How many accounts were called `duplicate`, and how many of them are another company. */
  readonly duplicates: number;
  readonly wrong: number;
  /** The planted account itself was called `duplicate`. */
  readonly right: boolean;
}

/** As every example program has it (`prisma/seed/policies`). */
const THRESHOLDS = { similarNamePpm: 820_000 };
const PLAIN_THRESHOLD = 0.3;
const NAMES_SEED = 7;
/** Of a thousand accounts: sisters of another one, with its name, domain and country but in another trade. */
const SISTERS_PER_THOUSAND = 3;

/** The check among 100,000 names, which takes some minutes. */
export const measureDuplicates = (options: PartOptions): Promise<PartOutcome> =>
  measureAmong(options.quick ? 5_000 : 100_000, { ...options, perKind: options.quick ? 4 : 60 });

/** The same among 1,000,000, which takes half an hour: plain pg_trgm takes seconds there, so it is asked fewer questions. */
export const measureMillion = (options: PartOptions): Promise<PartOutcome> =>
  measureAmong(options.quick ? 10_000 : 1_000_000, { ...options, perKind: options.quick ? 4 : 20 });

const measureAmong = async (
  names: number,
  options: PartOptions & { perKind: number },
): Promise<PartOutcome> => {
  const { quick, rounds, seed, say, perKind } = options;
  const verdicts = quick ? 40 : 1_000;
  const ground = await openGround({});
  const rows: (SearchRow | VerdictRow)[] = [];
  try {
    say(`loading ${names} names`);
    const accounts = accountsWithFacts(names);
    const database = await loadedDatabase(ground, names, accounts);
    const random = generator(seed);
    for (let round = 1; round <= rounds; round += 1) {
      rows.push(...(await measureSearch({ database, round, accounts, perKind, random })));
      say(`${names} names, round ${round} done`);
    }
    rows.push(...(await measureVerdicts({ database, accounts, times: verdicts, random })));
    await database.close();
  } finally {
    await ground.close();
  }
  return {
    options: {
      names,
      perKind,
      verdicts,
      thresholds: THRESHOLDS,
      candidateLimit: CANDIDATES,
      rounds,
      seed,
      quick,
    },
    rows,
    ...report(rows, names, seed),
  };
};

type Filled = Required<LoadedAccount>;

const taxIdHashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What registers know beside a name: most have a web site, some a phone or a tax id. */
const accountsWithFacts = (names: number): Filled[] => {
  const random = generator(NAMES_SEED + 1);
  const pick = pickFrom(random);
  const cities = Array.from({ length: 400 }, () => coinedWord(random, 2));
  const accounts: Filled[] = [];
  for (const [place, company] of companyNames(names, NAMES_SEED).entries()) {
    const model = accounts[Math.floor(random() * accounts.length)];
    if (model !== undefined && random() * 1_000 < SISTERS_PER_THOUSAND) {
      accounts.push({
        ...model,
        legalName: `${model.legalName.split(' ').slice(0, 2).join(' ')} ${pick(['Leasing', 'Marine', 'Insurance', 'Media'])} ${model.legalName.split(' ').at(-1)}`,
        taxIdHash: taxIdHashOf(`sister ${place}`),
        phone: null,
      });
      continue;
    }
    const word = company.legalName
      .toLowerCase()
      .replaceAll(/[^a-z]+/gu, '-')
      .slice(0, 40);
    accounts.push({
      ...company,
      webDomain: random() < 0.7 ? registrableDomain(`${word}${place % 7 === 0 ? '' : place}.com`) : null,
      city: pick(cities),
      postalCode: String(10_000 + Math.floor(random() * 89_999)),
      phone: random() < 0.4 ? `+49 30 ${1_000_000 + place}` : null,
      taxIdHash: random() < 0.3 ? taxIdHashOf(`company ${place}`) : null,
    });
  }
  return accounts;
};

interface Database {
  /** As the product searches: a connection as the workers have it, which prepares each statement once. */
  readonly worker: pg.PoolClient;
  /** Plain pg_trgm, without row-level conditions; its one statement is prepared as well. */
  readonly plain: pg.Client;
  readonly close: () => Promise<void>;
}

const loadedDatabase = async (
  ground: Ground,
  names: number,
  accounts: readonly Filled[],
): Promise<Database> => {
  const name = `names_${names}`;
  await migratedDatabase(ground, name);
  const url = (role: string): string => ground.postgres.urlOf({ role, database: name });
  await seedInstallation({ ownerUrl: url('fairlead_owner'), mode: 'production' });
  await loadAccounts({ superuserUrl: url('postgres'), accounts });
  const plain = new pg.Client({ connectionString: url('postgres') });
  const pool = createPool({
    url: url('fairlead_worker'),
    max: 1,
    applicationName: 'bench-duplicates',
    planOnce: true,
  });
  const worker = await pool.connect();
  await plain.connect();
  await plain.query('create extension if not exists pg_trgm');
  await plain.query('create index bench_legal_name on account using gin (legal_name gin_trgm_ops)');
  await plain.query('vacuum analyze account');
  await plain.query(`set pg_trgm.similarity_threshold = ${PLAIN_THRESHOLD}`);
  return {
    worker,
    plain,
    close: async () => {
      worker.release();
      await pool.end();
      await plain.end();
    },
  };
};

const nothingButName = (legalName: string, country: string): AccountFacts => ({
  accountId: 'acc_asked',
  legalName,
  country,
  registrableDomain: null,
  contactDomains: [],
  addressLine1: null,
  city: null,
  postalCode: null,
  phone: null,
  taxIdHash: null,
  taxIdLast2: null,
  parentAccountId: null,
});

const measureSearch = async (input: {
  database: Database;
  round: number;
  accounts: readonly Filled[];
  perKind: number;
  random: () => number;
}): Promise<SearchRow[]> => {
  const { database, round, accounts, perKind, random } = input;
  const rows: SearchRow[] = [];
  const ask = async (corruption: string, counted: boolean): Promise<boolean> => {
    const place = Math.floor(random() * accounts.length);
    const planted = accounts[place];
    const corrupt = corruptions[corruption];
    if (planted === undefined || corrupt === undefined) throw new RangeError(`no corruption ${corruption}`);
    const asked = corrupt(planted.legalName, random);
    if (asked === planted.legalName) return false;
    const facts = nothingButName(asked, planted.country);
    const id = accountIdOf(place);
    const timed = async <Result>(work: () => Promise<Result>): Promise<[number, Result]> => {
      const beganMs = performance.now();
      const result = await work();
      return [performance.now() - beganMs, result];
    };
    const plainly = (): Promise<[number, pg.QueryResult<{ id: string }>]> =>
      timed(() =>
        database.plain.query<{ id: string }>({
          name: 'plain',
          text: 'select id from account where legal_name % $1',
          values: [asked],
        }),
      );
    const wholly = () =>
      timed(() =>
        matchAccount(database.worker, { facts, thresholds: THRESHOLDS, candidateLimit: CANDIDATES }),
      );
    // Either goes first as often as the other: the second finds pages that the first has read.
    const plainFirst = rows.length % 2 === 0;
    const early = plainFirst ? await plainly() : undefined;
    const [checkMs, matches] = await wholly();
    const [plainMs, plain] = early ?? (await plainly());
    const [searchMs, candidates] = await timed(() =>
      findCandidates(database.worker, { facts, limit: CANDIDATES }),
    );
    if (counted)
      rows.push({
        kind: 'search',
        round,
        corruption,
        checkMs,
        searchMs,
        plainMs,
        foundByUs: candidates.some(({ accountId }) => accountId === id),
        matchedByUs: matches.some(({ account }) => account.accountId === id),
        foundByPlain: plain.rows.some((row) => row.id === id),
      });
    return true;
  };
  const kinds = Object.keys(corruptions);
  for (const kind of kinds) await ask(kind, false);
  for (let time = 0; time < perKind; time += 1) {
    for (const kind of kinds) while (!(await ask(kind, true)));
  }
  return rows;
};

/** The same company written down by somebody else: another spelling, and some of its facts. */
const plantings: Readonly<Record<string, (one: Filled) => boolean>> = {
  'web domain': ({ webDomain }) => webDomain !== null,
  'tax id': ({ taxIdHash }) => taxIdHash !== null,
  'city and phone': ({ phone }) => phone !== null,
  'name alone': () => true,
};

const measureVerdicts = async (input: {
  database: Database;
  accounts: readonly Filled[];
  times: number;
  random: () => number;
}): Promise<VerdictRow[]> => {
  const { database, accounts, times, random } = input;
  const pick = pickFrom(random);
  const kinds = Object.keys(corruptions);
  const rows: VerdictRow[] = [];
  while (rows.length < times) {
    const planted = pick(Object.keys(plantings));
    const place = Math.floor(random() * accounts.length);
    const one = accounts[place];
    if (one === undefined || plantings[planted]?.(one) !== true) continue;
    const facts: AccountFacts = {
      ...nothingButName(corruptions[pick(kinds)]?.(one.legalName, random) ?? one.legalName, one.country),
      ...(planted === 'web domain' ? { registrableDomain: one.webDomain } : {}),
      ...(planted === 'tax id' ? { taxIdHash: one.taxIdHash } : {}),
      ...(planted === 'city and phone' ? { city: one.city, phone: one.phone } : {}),
    };
    const matches = await matchAccount(database.worker, {
      facts,
      thresholds: THRESHOLDS,
      candidateLimit: CANDIDATES,
    });
    const called = matches
      .filter(({ verdict }) => verdict === 'duplicate')
      .map(({ account }) => account.accountId);
    const id = accountIdOf(place);
    rows.push({
      kind: 'verdict',
      planted,
      duplicates: called.length,
      wrong: called.filter((other) => other !== id).length,
      right: called.includes(id),
    });
  }
  return rows;
};

const report = (
  rows: readonly (SearchRow | VerdictRow)[],
  names: number,
  seed: number,
): { goals: Goal[]; details: string } => {
  const goals: Goal[] = [];
  const details: string[] = [
    `Seed of what was planted: ${seed}. The check is \`matchAccount\` (search, judgement, memory, family), its time is the whole of it;`,
    `plain is \`legal_name % $1\` at ${PLAIN_THRESHOLD} with a GIN index (GiST takes twice as long), and does nothing with what it finds.`,
  ];
  const searches = rows.filter((row): row is SearchRow => row.kind === 'search');
  const verdicts = rows.filter((row): row is VerdictRow => row.kind === 'verdict');
  const p = (share: number, pick: (row: SearchRow) => number): number =>
    percentile(searches.map(pick), share);
  const times = p(0.99, (row) => row.plainMs) / p(0.99, (row) => row.checkMs);
  const label = names.toLocaleString('en');
  goals.push({
    what: `duplicate check p99 at ${label} names against plain pg_trgm`,
    measured: `1/${figure(times)}`,
    goal: 'at most 1/5',
    met: times >= 5,
  });
  const share = (some: readonly SearchRow[], pick: (row: SearchRow) => boolean): number =>
    some.filter(pick).length / some.length;
  const kinds = Object.keys(corruptions);
  const behind = kinds.filter((kind) => {
    const some = searches.filter(({ corruption }) => corruption === kind);
    return share(some, (row) => row.foundByUs) < share(some, (row) => row.foundByPlain);
  });
  goals.push({
    what: `recall at ${label} names, by kind of corruption`,
    measured: behind.length === 0 ? 'never below' : `below for ${behind.join(', ')}`,
    goal: "not below plain pg_trgm's",
    met: behind.length === 0,
  });
  const called = verdicts.reduce((sum, row) => sum + row.duplicates, 0);
  const wrong = verdicts.reduce((sum, row) => sum + row.wrong, 0);
  const precision = called === 0 ? 1 : 1 - wrong / called;
  goals.push({
    what: `precision of \`duplicate\` at ${label} names (${called} verdicts)`,
    measured: precision.toFixed(4),
    goal: 'at least 0.99',
    met: precision >= 0.99,
  });
  const time = (pick: (row: SearchRow) => number): string[] => [figure(p(0.5, pick)), figure(p(0.99, pick))];
  details.push(
    '',
    table(
      ['', 'p50 ms', 'p99 ms'],
      [
        ['duplicate check', ...time((row) => row.checkMs)],
        ['of it, the search', ...time((row) => row.searchMs)],
        ['plain pg_trgm', ...time((row) => row.plainMs)],
      ],
    ),
    '',
    table(
      ['corruption', 'planted', 'found', 'found by plain', 'not judged different on the name alone'],
      kinds.map((kind) => {
        const some = searches.filter(({ corruption }) => corruption === kind);
        const shown = (pick: (row: SearchRow) => boolean): string => share(some, pick).toFixed(3);
        return [
          kind,
          String(some.length),
          shown((row) => row.foundByUs),
          shown((row) => row.foundByPlain),
          shown((row) => row.matchedByUs),
        ];
      }),
    ),
    '',
    table(
      ['planted with', 'times', 'called `duplicate`', 'of them another company'],
      Object.keys(plantings).map((planted) => {
        const some = verdicts.filter((row) => row.planted === planted);
        return [
          planted,
          String(some.length),
          String(some.filter(({ right }) => right).length),
          String(some.reduce((sum, row) => sum + row.wrong, 0)),
        ];
      }),
    ),
  );
  details.push(
    '',
    `${SISTERS_PER_THOUSAND} of 1,000 accounts are sisters: another company of the same group, with a name's beginning, the web domain and the country in common.`,
    'What chance makes equal in every fact that is asked with cannot be told apart, and counts as wrong.',
  );
  return { goals, details: details.join('\n') };
};
