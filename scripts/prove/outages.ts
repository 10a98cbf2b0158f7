import { setTimeout as pause } from 'node:timers/promises';
import { signIn, type Caller, type Heard } from '../api-client.ts';
import { printTable } from '../printed-table.ts';
import { mailsRight, onceEach, promisesKept, quiet, remindersRight, verified } from './after.ts';
import { openCrowd, type Crowd } from './deals.ts';
import { LINK_FAULTS } from './link.ts';
import { LINKS, openLooseParts, type LooseParts } from './loose-parts.ts';
import { say, seconds, told, type Check } from './table.ts';

/**
 * Parts that do not die but hang: every process of Postgres is stopped for a time, and each link between API or workers and
 * Postgres or the engine is cut, swallows everything, loses its far end, or is slow, while people register, decide and win.
 * Every request is answered within its limit, by a result, by 202, or by 503 with a time to try again; afterwards all goes on.
 */

/** TRUST F5. */
const FROZEN_MS = 30_000;
const FAULT_MS = 12_000;
const DEALS_A_FAULT = 3;
const HEAD_START_MS = 800;
const BETWEEN_DEALS_MS = 150;
const UNDECIDED = 4;
const LOOK_EVERY_MS = 1_000;
/**
 * No request takes longer. The sum of what bounds one in the API: a wait for a connection (3 s), a statement that nobody
 * answers (7 s), the wait for the engine (5 s); on a slow link each of some ten trips takes 4 s more, but no statement more
 * than 7 s.
 */
const ANSWERED_WITHIN_MS = 15_000;

interface Outage {
  readonly name: string;
  readonly happen: () => Promise<void>;
}

export const proveOutages = async (): Promise<Check[]> => {
  const parts = await openLooseParts();
  say(`  installed and ready at ${parts.installation.publicUrl()}`);
  try {
    return await breakLinks(parts);
  } finally {
    await parts.stop();
  }
};

const outagesOf = (parts: LooseParts): Outage[] => [
  { name: `Postgres frozen for ${FROZEN_MS / 1000} s`, happen: () => parts.freezePostgres(FROZEN_MS) },
  ...LINKS.flatMap((link) =>
    LINK_FAULTS.map((fault) => ({
      name: `${link} ${fault}`,
      happen: async () => {
        parts.links[link].breaks(fault);
        await pause(FAULT_MS);
        parts.links[link].heals();
      },
    })),
  ),
];

const breakLinks = async (parts: LooseParts): Promise<Check[]> => {
  const { installation } = parts;
  const publicUrl = (): string => installation.publicUrl();
  const all: Heard[] = [];
  const as = (email: string): Promise<Caller> =>
    signIn({ publicUrl, email, heard: (heard) => void all.push(heard) });
  const northwind = await as('sales@northwind.example');
  const partners = [northwind, await as('sales@lakeside.example'), await as('sales@saffron.example')];
  const crowd = await openCrowd({ partners, approver: await as('approver@halyard.example') });
  for (let n = 0; n < UNDECIDED; n += 1) await crowd.undecided();
  const deals: Promise<string | null>[] = [];
  const rows: string[][] = [];
  const strange: string[] = [];
  for (const { name, happen } of outagesOf(parts)) {
    const begun = begin(crowd, deals);
    await pause(HEAD_START_MS);
    const from = all.length;
    const promisedBefore = crowd.promised.length;
    const reading = readMeanwhile(northwind);
    const struckMs = Date.now();
    await happen();
    const healedMs = Date.now();
    await reading.stop();
    await installation.whenReady();
    const readyMs = Date.now() - healedMs;
    await begun;
    const heard = all.slice(from);
    strange.push(...heard.flatMap((one) => wrongWith(one).map((what) => `${name}: ${what}`)));
    const of = (status: number): string => String(heard.filter((one) => one.status === status).length);
    const slowestMs = Math.max(...heard.map(({ tookMs }) => tookMs));
    rows.push([
      name,
      String(heard.length),
      of(202),
      of(503),
      seconds(slowestMs),
      String(crowd.promised.length - promisedBefore),
      seconds(readyMs),
    ]);
    say(
      `  ${name}: ${seconds(healedMs - struckMs)}, ${crowd.underWay()} deals under way, slowest answer ${seconds(slowestMs)}, ready ${seconds(readyMs)} after`,
    );
  }
  const failures = (await Promise.all(deals)).filter((failure) => failure !== null);
  printTable(['outage', 'answers', '202', '503', 'slowest', 'final meanwhile', 'ready after'], rows);
  const checks = [
    told({
      name: 'every deal reached its end',
      passed: failures.length === 0 && deals.length > 0,
      seen: `${deals.length - failures.length} of ${deals.length}`,
    }),
    told({
      name: `no request hung or failed otherwise than by 503 with a time to try again`,
      passed: strange.length === 0,
      seen: `${all.length} requests, ${strange.length} wrong; slowest ${seconds(Math.max(...all.map(({ tookMs }) => tookMs)))}`,
    }),
    told({
      name: 'while the database did not answer, people were told 503',
      passed: all.some(({ status }) => status === 503),
      seen: `${all.filter(({ status }) => status === 503).length} answers`,
    }),
    told({
      name: 'while the engine did not answer, writes were accepted and delivered later',
      passed: crowd.promised.some(({ accepted }) => accepted),
      seen: `${crowd.promised.filter(({ accepted }) => accepted).length} writes were first told 202`,
    }),
    told({
      name: 'no worker ended by itself',
      passed: parts.workersEnded().length === 0,
      seen: parts.workersEnded().join('; '),
    }),
  ];
  for (const line of [...failures, ...strange.slice(0, 20)]) say(`      ${line}`);
  await quiet(installation);
  checks.push(
    await verified(installation, 'verify is clean at the end'),
    await onceEach(installation),
    ...(await promisesKept(crowd.promised, installation)),
    ...(await remindersRight(installation)),
    await mailsRight(installation),
  );
  return checks;
};

/** Begins some deals, one after another, and keeps how they end. */
const begin = async (crowd: Crowd, deals: Promise<string | null>[]): Promise<void> => {
  for (let n = 0; n < DEALS_A_FAULT; n += 1) {
    deals.push(
      crowd.deal().then(
        () => null,
        (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
      ),
    );
    await pause(BETWEEN_DEALS_MS);
  }
};

/** Somebody looks at a list all the time. */
const readMeanwhile = (caller: Caller): { stop(): Promise<void> } => {
  let stopped = false;
  const read = async (): Promise<void> => {
    while (!stopped) {
      await caller.get('/api/deal-registrations?limit=20');
      await pause(LOOK_EVERY_MS);
    }
  };
  const reading = read();
  return {
    stop: async () => {
      stopped = true;
      await reading;
    },
  };
};

const wrongWith = ({ method, path, status, retryAfter, tookMs }: Heard): string[] => {
  const what = `${method} ${path} answered ${status ?? 'nothing'} after ${seconds(tookMs)}`;
  const wrong: string[] = [];
  if (status === null || (status >= 500 && status !== 503)) wrong.push(what);
  if (status === 503 && retryAfter === null) wrong.push(`${what}, without a time to try again`);
  if (tookMs > ANSWERED_WITHIN_MS) wrong.push(`${what}: too late`);
  return wrong;
};
