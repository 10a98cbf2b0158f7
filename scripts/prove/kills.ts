import { setTimeout as pause } from 'node:timers/promises';
import { signIn, tag, type Caller } from '../api-client.ts';
import { submissionFor } from '../submissions.ts';
import { mailsRight, promisesKept, quiet, remindersRight, verified } from './after.ts';
import { openCrowd, type Crowd } from './deals.ts';
import { openInstallation, type Installation, type Part } from './installation.ts';
import { printTable } from '../printed-table.ts';
import { say, seconds, told, type Check } from './table.ts';

/**
 * Real processes are killed while people register, decide and win; the engine loses everything it knew. Afterwards every
 * promise is kept once, no reminder came early or twice, and `verify` finds nothing.
 */

export interface KillPlan {
  /** Deals altogether, spread over the breaks. */
  readonly deals: number;
  /** Registrations in the demonstration program whose clocks run through all of it. */
  readonly undecided: number;
  /** How often each single part is killed. */
  readonly rounds: number;
  /** How long the engine is frozen while people submit. */
  readonly frozenMs: number;
}

export const QUICK: KillPlan = { deals: 40, undecided: 6, rounds: 1, frozenMs: 12_000 };
export const FULL: KillPlan = { deals: 200, undecided: 20, rounds: 3, frozenMs: 60_000 };

interface Break {
  readonly name: string;
  readonly strike: () => Promise<void>;
}

/** Deals get so far before the strike that some are at every step. */
const HEAD_START_MS = 1_500;
const BETWEEN_DEALS_MS = 120;
const PARALLEL = 20;

export const proveKills = async (plan: KillPlan): Promise<Check[]> => {
  const checks: Check[] = [];
  const installation = await openInstallation();
  say(`  installed and ready at ${installation.publicUrl()}`);
  try {
    const publicUrl = (): string => installation.publicUrl();
    const [northwind, lakeside, saffron, approver] = await Promise.all(
      [
        'sales@northwind.example',
        'sales@lakeside.example',
        'sales@saffron.example',
        'approver@halyard.example',
      ].map((email) => signIn({ publicUrl, email })),
    );
    if (northwind === undefined || lakeside === undefined || saffron === undefined || approver === undefined)
      throw new Error('somebody could not sign in');
    const crowd = await openCrowd({ partners: [northwind, lakeside, saffron], approver });
    await breakEverything({ installation, crowd, plan, checks });
    checks.push(...(await parallelKeys(northwind, crowd, installation)));
    await quiet(installation);
    checks.push(await verified(installation, 'verify is clean at the end'));
    checks.push(...(await promisesKept(crowd.promised, installation)));
    checks.push(...(await remindersRight(installation)), await mailsRight(installation));
    return checks;
  } finally {
    await installation.stop();
  }
};

const breakEverything = async (input: {
  installation: Installation;
  crowd: Crowd;
  plan: KillPlan;
  checks: Check[];
}): Promise<void> => {
  const { installation, crowd, plan, checks } = input;
  for (let n = 0; n < plan.undecided; n += 1) await crowd.undecided();
  const breaks = breaksOf(installation, plan);
  const perBreak = Math.ceil(plan.deals / (breaks.length + 1));
  const outcomes: Promise<string | null>[] = [];
  const begin = async (wanted: number): Promise<void> => {
    for (let n = 0; n < wanted && outcomes.length < plan.deals; n += 1) {
      outcomes.push(
        crowd.deal().then(
          () => null,
          (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
        ),
      );
      await pause(BETWEEN_DEALS_MS);
    }
  };
  const failures: string[] = [];
  /** Waits for all deals that have begun: rebuilding workflows must not hide one that hangs. */
  const ended = async (after: string): Promise<void> => {
    const failed = (await Promise.all(outcomes)).filter((failure) => failure !== null);
    checks.push(
      told({
        name: `${after}: every deal reached its end`,
        passed: failed.length === failures.length,
        seen: `${outcomes.length - failed.length} of ${outcomes.length}`,
      }),
    );
    for (const failure of failed.slice(failures.length)) await showCase(installation, failure);
    failures.splice(0, failures.length, ...failed);
  };
  const rows: string[][] = [];
  for (const { name, strike } of breaks) {
    const deals = begin(perBreak);
    await pause(HEAD_START_MS);
    const underWay = crowd.underWay();
    const promisedBefore = crowd.promised.length;
    const struckMs = Date.now();
    await strike();
    await installation.whenReady();
    const recoveredMs = Date.now() - struckMs;
    await deals;
    rows.push([name, String(underWay), seconds(recoveredMs), String(crowd.promised.length - promisedBefore)]);
    say(`  ${name}: ${underWay} deals under way, answers again after ${seconds(recoveredMs)}`);
  }
  checks.push(
    told({
      name: 'while parts were away, writes were accepted and delivered later',
      passed: crowd.promised.some(({ accepted }) => accepted),
      seen: `${crowd.promised.filter(({ accepted }) => accepted).length} writes were first told 202`,
    }),
  );
  await ended('after the kills');
  checks.push(await verified(installation, 'verify is clean after the kills'));
  checks.push(...(await loseTheEngine({ installation, begin: () => begin(plan.deals), rows, crowd })));
  await ended("after the loss of the engine's state");
  printTable(['break', 'deals under way', 'ready again after', 'answers meanwhile'], rows);
};

const breaksOf = (installation: Installation, plan: KillPlan): Break[] => {
  const single = (part: Part): Break => ({
    name: `kill -9 ${part}`,
    strike: async () => {
      installation.kill(part);
      // It is gone, and nobody may take the old one's answer for the new one's.
      await pause(500);
    },
  });
  const rounds = Array.from({ length: plan.rounds }, () =>
    (['workers', 'api', 'postgres', 'temporal'] as const).map(single),
  ).flat();
  return [
    ...rounds,
    {
      name: `engine frozen for ${plan.frozenMs / 1000} s`,
      strike: () => installation.freeze('temporal', plan.frozenMs),
    },
    {
      name: 'kill -9 of everything at once',
      strike: async () => {
        await installation.killAll();
        await installation.start();
      },
    },
  ];
};

/** The engine's file is deleted between two runs: every workflow is lost, and rebuilt from its record. */
const loseTheEngine = async (input: {
  installation: Installation;
  begin: () => Promise<void>;
  rows: string[][];
  crowd: Crowd;
}): Promise<Check[]> => {
  const { installation, begin, rows, crowd } = input;
  const deals = begin();
  await pause(HEAD_START_MS);
  const underWay = crowd.underWay();
  await installation.killAll();
  installation.loseEngineState();
  const beganMs = Date.now();
  await installation.start();
  const readyMs = Date.now() - beganMs;
  rows.push(["engine's state lost", String(underWay), seconds(readyMs), '']);
  say(`  engine's state lost: ${underWay} deals under way`);
  const first = await installation.run('scripts/reconcile.ts', ['--data', installation.folder]);
  const rebuilt = first.said.split('\n').filter((line) => line.startsWith('rebuilt')).length;
  const second = await installation.run('scripts/reconcile.ts', ['--data', installation.folder]);
  const again = second.said.split('\n').filter((line) => line.startsWith('rebuilt')).length;
  await deals;
  const open = await installation.query<{ n: number }>(
    "select count(*) as n from registration where closed_at is null or jsonb_array_length(case_state -> 'wakes') > 0",
  );
  return [
    told({
      name: 'reconcile rebuilds what was lost',
      passed: first.code === 0 && rebuilt > 0,
      seen: `${rebuilt} rebuilt, exit ${first.code}, ${open[0]?.n ?? 0} cases open${first.code === 0 ? '' : `: ${first.said.slice(-600)}`}`,
    }),
    told({
      name: 'a second reconcile finds nothing to do',
      passed: second.code === 0 && again === 0,
      seen: `${again} rebuilt, exit ${second.code}${second.code === 0 ? '' : `: ${second.said.slice(-600)}`}`,
    }),
    await verified(installation, 'verify is clean after the loss'),
  ];
};

/** The failure, and what the record knows of the case that it names. */
const showCase = async (installation: Installation, failure: string): Promise<void> => {
  say(`      ${failure}`);
  const caseId = /reg_[0-9a-z]{26}/.exec(failure)?.[0];
  if (caseId === undefined) return;
  const events = await installation.query<{ line: string }>(
    `select e.seq || ' ' || e.kind || ' at ' || e.at || ', recorded ' || e.recorded_at || coalesce(', receipt ' || e.receipt, '') as line
       from process_event e where e.case_id = $1 order by e.seq`,
    [caseId],
  );
  const receipts = await installation.query<{ line: string }>(
    `select 'receipt ' || number || ' ' || update_name || ' received ' || received_at || coalesce(', settled ' || settled_at || ' with ' || status_code, ', open')
            || ', ' || attempts || ' attempts of the relay' || coalesce(': ' || last_error, '') as line from receipt where case_id = $1 order by number`,
    [caseId],
  );
  for (const { line } of [...events, ...receipts]) say(`      ${caseId} ${line}`);
};

/** The same submit twenty times at once with one key; and one without a key. */
const parallelKeys = async (partner: Caller, crowd: Crowd, installation: Installation): Promise<Check[]> => {
  const sample = crowd.promised.find(({ path }) => path === '/api/deal-registrations');
  const programId = (sample?.body as { programId: string } | undefined)?.programId ?? '';
  const name = `${tag()} ${tag()}`;
  const body = submissionFor({
    programId,
    customer: { legalName: `${name} GmbH`, webDomain: `${name.replace(' ', '-')}.example`, country: 'DE' },
    nowMs: Date.now(),
  });
  const key = `parallel-${tag()}`;
  const replies = await Promise.all(
    Array.from({ length: PARALLEL }, () => partner.write('/api/deal-registrations', body, key)),
  );
  const ids = new Set(replies.map((reply) => JSON.stringify([reply.status, reply.body])));
  const rows = await installation.query<{ n: number }>(
    'select count(*) as n from registration r join receipt c on c.number = r.receipt where c.idempotency_key = $1',
    [key],
  );
  const keyless = await partner.post('/api/deal-registrations', body, null);
  return [
    told({
      name: `the same submit ${PARALLEL} times at once with one key`,
      passed: ids.size === 1 && rows[0]?.n === 1 && replies[0]?.status === 201,
      seen: `${ids.size} answer, ${rows[0]?.n ?? 0} registration`,
    }),
    told({
      name: 'a submit without a key is refused',
      passed: keyless?.status === 400,
      seen: `${keyless?.status ?? 'no answer'}`,
    }),
  ];
};
