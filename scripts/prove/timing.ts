import { setTimeout as pause } from 'node:timers/promises';
import { signIn, tag, type Caller, type Heard } from '../api-client.ts';
import { printTable } from '../printed-table.ts';
import { submissionFor } from '../submissions.ts';
import type { Program } from '../../api/contract/directory.ts';
import { openInstallation } from './installation.ts';
import { quiet, verified } from './after.ts';
import { say, told, type Check } from './table.ts';

/**
 * Whether the time of an answer tells a partner that a rival exists. Pairs of submissions, one for a customer whom a
 * competitor has registered and one for a customer whom nobody knows, in random order; then reads of the partner's own new
 * case. How well a time tells the two apart is the area under its curve (Mann and Whitney): the chance that an answer with
 * a rival took longer than one without. 0.5 is a coin.
 */

export interface TimingPlan {
  /** Pairs measured; each is two submissions. */
  readonly pairs: number;
}

/** In standard errors of a coin: wider than this happens to one in a thousand, when nothing leaks. */
const DEVIATIONS = 3.29;
const SETTLES_MS = 100;
/** So many pairs later the match that follows a submission, and takes about a second, has come to its end. */
const LAG = 4;
const TOLD_EVERY = 50;
/** Pairs that warm the processes up and are not counted. */
const WARM_UP = 10;
/** Its review window stays open: the rival is really there, undecided, while the second one registers. */
const PROGRAM = 'one-per-product';

const MEASURES = ['submit', 'own case at once', 'own case later', 'own timeline'] as const;
type Measure = (typeof MEASURES)[number];

export const proveTiming = async (plan: TimingPlan): Promise<Check[]> => {
  const installation = await openInstallation();
  say(`  installed and ready at ${installation.publicUrl()}`);
  try {
    let last: Heard | undefined;
    const publicUrl = (): string => installation.publicUrl();
    const partner = await signIn({
      publicUrl,
      email: 'sales@northwind.example',
      heard: (heard) => {
        last = heard;
      },
    });
    const rival = await signIn({ publicUrl, email: 'sales@lakeside.example' });
    const programId = await programIdOf(partner);
    const took = (): number => {
      if (last === undefined || last.status === null) throw new Error('nobody answered');
      return last.tookMs;
    };
    const times = new Map<Measure, { rival: number[]; none: number[] }>(
      MEASURES.map((measure) => [measure, { rival: [], none: [] }]),
    );
    const prepared: Customer[] = [];
    /** The competitor registers one customer, and as much work is done for a customer whom nobody contests. */
    const prepare = async (): Promise<void> => {
      const contested = customer();
      for (const one of [contested, customer()]) await register({ caller: rival, programId, customer: one });
      prepared.push(contested);
    };
    for (let n = 0; n < LAG; n += 1) await prepare();
    const registered: { id: string; rivalled: boolean }[][] = [];
    let matched = 0;
    for (let pair = -WARM_UP; pair < plan.pairs; pair += 1) {
      await prepare();
      const keep = (measure: Measure, rivalled: boolean, tookMs: number): void => {
        if (pair >= 0) times.get(measure)?.[rivalled ? 'rival' : 'none'].push(tookMs);
      };
      const now: { id: string; rivalled: boolean }[] = [];
      for (const { rivalled, item } of shuffled(prepared.shift() ?? customer(), customer())) {
        await pause(SETTLES_MS);
        const id = await register({ caller: partner, programId, customer: item });
        keep('submit', rivalled, took());
        await partner.get(`/api/deal-registrations/${id}`);
        keep('own case at once', rivalled, took());
        now.push({ id, rivalled });
      }
      registered.push(now);
      // Those of some pairs ago have been matched by now.
      const then = registered.length > LAG ? (registered.shift() ?? []) : [];
      for (const { id, rivalled } of then) {
        await partner.get(`/api/deal-registrations/${id}`);
        keep('own case later', rivalled, took());
        await partner.get(`/api/deal-registrations/${id}/timeline`);
        keep('own timeline', rivalled, took());
      }
      // Asked after both reads: a question of ours between them would slow down the second one.
      for (const { id, rivalled } of then)
        if (pair >= 0 && rivalled) matched += await hasRival(installation, id);
      if (pair >= 0 && (pair + 1) % TOLD_EVERY === 0) say(`  ${pair + 1} of ${plan.pairs} pairs`);
    }
    await quiet(installation);
    const checks = [
      told({
        name: 'the rivals were there',
        passed: matched >= plan.pairs * 0.99,
        seen: `${matched} of ${plan.pairs} had met their rival when they were looked at again`,
      }),
    ];
    const rows: string[][] = [];
    for (const [measure, { rival: with_, none }] of times) {
      const found = areaUnderCurve(with_, none);
      const bound = DEVIATIONS * found.nullError;
      const within = Math.abs(found.area - 0.5) <= bound;
      rows.push([
        measure,
        `${with_.length} + ${none.length}`,
        `${median(with_).toFixed(1)} ms`,
        `${median(none).toFixed(1)} ms`,
        found.area.toFixed(3),
        `${(found.area - 1.96 * found.error).toFixed(3)} to ${(found.area + 1.96 * found.error).toFixed(3)}`,
        `0.5 ± ${bound.toFixed(3)}`,
      ]);
      checks.push(
        told({
          name: `${measure}: its time does not tell of a rival`,
          passed: within,
          seen: `AUC ${found.area.toFixed(3)}, allowed 0.5 ± ${bound.toFixed(3)}`,
        }),
      );
    }
    printTable(
      ['answer', 'measured', 'median with a rival', 'without', 'AUC', '95 % interval', 'allowed'],
      rows,
    );
    checks.push(await verified(installation, 'verify is clean at the end'));
    return checks;
  } finally {
    await installation.stop();
  }
};

interface Customer {
  readonly legalName: string;
  readonly webDomain: string;
  readonly country: string;
}

const customer = (): Customer => {
  const name = `${tag()} ${tag()}`;
  return { legalName: `${name} GmbH`, webDomain: `${name.replace(' ', '-')}.example`, country: 'DE' };
};

/** One submission, answered in one request; a slow-down is waited for and asked anew, so that it is never measured. */
const register = async (input: {
  caller: Caller;
  programId: string;
  customer: Customer;
}): Promise<string> => {
  const { caller, programId } = input;
  const body = submissionFor({ programId, customer: input.customer, nowMs: Date.now() });
  for (;;) {
    const reply = await caller.post('/api/deal-registrations', body, `timing-${tag()}`);
    if (reply?.status === 201) return (reply.body as { id: string }).id;
    if (reply?.status !== 429) throw new Error(`a submission was not answered: ${JSON.stringify(reply)}`);
    await pause(SETTLES_MS);
  }
};

/** In the order of a coin. */
const shuffled = (contested: Customer, fresh: Customer): { rivalled: boolean; item: Customer }[] => {
  const both = [
    { rivalled: true, item: contested },
    { rivalled: false, item: fresh },
  ];
  return Math.random() < 0.5 ? both : both.toReversed();
};

const programIdOf = async (caller: Caller): Promise<string> => {
  const reply = await caller.get('/api/programs');
  const found = (reply?.body as { items: Program[] } | undefined)?.items.find(({ key }) => key === PROGRAM);
  if (found === undefined) throw new Error(`the program ${PROGRAM} is not offered`);
  return found.id;
};

/** 1 when a rival waits in the same review window as this registration. */
const hasRival = async (
  installation: { query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> },
  id: string,
): Promise<number> =>
  (
    await installation.query(
      `select from review_window_member mine join review_window_member other using (window_id)
        where mine.registration_id = $1 and other.registration_id <> $1 limit 1`,
      [id],
    )
  ).length;

/**
 * The chance that one of `longer` is above one of `others`, ties counting half; its standard error (Hanley and McNeil), and
 * the one it would have if both were the same.
 */
export const areaUnderCurve = (
  longer: readonly number[],
  others: readonly number[],
): { area: number; error: number; nullError: number } => {
  const [m, n] = [longer.length, others.length];
  const all = [
    ...longer.map((value) => ({ value, mine: true })),
    ...others.map((value) => ({ value, mine: false })),
  ].toSorted((a, b) => a.value - b.value);
  let ranks = 0;
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const rank = (from + 1 + to) / 2;
    for (const { mine } of all.slice(from, to)) if (mine) ranks += rank;
    from = to;
  }
  const area = (ranks - (m * (m + 1)) / 2) / (m * n);
  const q1 = area / (2 - area);
  const q2 = (2 * area ** 2) / (1 + area);
  const variance = (area * (1 - area) + (m - 1) * (q1 - area ** 2) + (n - 1) * (q2 - area ** 2)) / (m * n);
  return { area, error: Math.sqrt(variance), nullError: Math.sqrt((m + n + 1) / (12 * m * n)) };
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
