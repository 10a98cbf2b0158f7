import { Client, Connection } from '@temporalio/client';
import { openDealDesk, wholeDeal } from '../house/deals.ts';
import { installFairlead } from '../house/installation.ts';
import type { Installation } from '../house/installation.ts';
import { openGround } from '../house/servers.ts';
import type { Ground } from '../house/servers.ts';
import { processorMs, processorMsSince, total } from '../measure/processor-time.ts';
import { table } from '../measure/results.ts';
import type { Goal } from '../measure/results.ts';
import { figure, generator, percentile, spreadOf, withSpread } from '../measure/statistics.ts';
import { contestantNames, contestants, startTemporalRival } from '../rivals/contestants.ts';
import type { Contestant, ContestantName } from '../rivals/contestants.ts';
import { dealRegistrationWorkflowId } from '../../workflows/contracts/deal-registration.ts';
import type { PartOptions, PartOutcome } from './part.ts';

/** Deals per second and processor time per deal beside the rivals; what a deal costs the engine and the database. */

interface LoadRow {
  readonly kind: 'load';
  readonly round: number;
  readonly contestant: ContestantName;
  readonly deals: number;
  readonly dealsPerSecond: number;
  readonly dealP50Ms: number;
  readonly dealP99Ms: number;
  /** From the end of the last deal until nothing was left to do. */
  readonly settleMs: number;
  readonly cpuMsPerDeal: number;
  readonly cpuMsPerDealBy: Readonly<Record<string, number>>;
  /** Write transactions of the whole database server per deal; Fairlead alone. */
  readonly xidsPerDeal: number | null;
}

interface CostRow {
  readonly kind: 'cost';
  readonly what: CostName;
  readonly transitions: number;
  readonly events: number;
  readonly historyBytes: number;
  readonly xids: number | null;
}

type CostName = 'fairlead' | 'fairlead, undo window at its default' | 'temporal naive' | 'temporal lean';

export const measureDeals = async (options: PartOptions): Promise<PartOutcome> => {
  const { quick, rounds, seed, say } = options;
  const accounts = quick ? 2_000 : 100_000;
  const atOnce = quick ? 8 : 32;
  const warmUp = { forMs: quick ? 800 : 5_000, atOnce };
  const load = { forMs: quick ? 2_500 : 30_000, atOnce };
  const ground = await openGround({});
  const rows: (LoadRow | CostRow)[] = [];
  try {
    say(`loading ${accounts} accounts`);
    const fairlead = await installFairlead(ground, { accounts });
    const all = contestants({ ground, fairlead, random: generator(seed) });
    for (let round = 1; round <= rounds; round += 1) {
      // Another one begins each round, so that nobody always runs on a machine that somebody else has warmed.
      const order = all
        .map((_, place) => all[(place + round - 1) % all.length])
        .filter((one) => one !== undefined);
      for (const contestant of order) {
        const row = await measureLoad({ contestant, round, warmUp, load, fairlead });
        rows.push(row);
        say(
          `round ${round}, ${row.contestant}: ${figure(row.dealsPerSecond)} deals/s, ${figure(row.cpuMsPerDeal)} ms of processor each`,
        );
      }
    }
    say('what one deal costs, one at a time');
    rows.push(...(await measureCosts({ ground, fairlead, deals: quick ? 3 : 20, seed })));
  } finally {
    await ground.close();
  }
  return {
    options: { accounts, atOnce, warmUp, load, rounds, seed, quick },
    rows,
    ...report(rows, atOnce),
  };
};

const measureLoad = async (input: {
  contestant: Contestant;
  round: number;
  warmUp: { forMs: number; atOnce: number };
  load: { forMs: number; atOnce: number };
  fairlead: Installation;
}): Promise<LoadRow> => {
  const { contestant, round } = input;
  const running = await contestant.start();
  try {
    await running.load(input.warmUp);
    await running.settled();
    const xidBefore = await nextXid(input.fairlead);
    const before = processorMs(running.pids);
    const seen = await running.load(input.load);
    const endedMs = performance.now();
    await running.settled();
    const used = processorMsSince(before, processorMs(running.pids));
    const xidAfter = await nextXid(input.fairlead);
    const perDeal = (amount: number): number => amount / seen.deals;
    return {
      kind: 'load',
      round,
      contestant: contestant.name,
      deals: seen.deals,
      dealsPerSecond: (seen.deals * 1000) / seen.wallMs,
      dealP50Ms: percentile(seen.dealMs, 0.5),
      dealP99Ms: percentile(seen.dealMs, 0.99),
      settleMs: performance.now() - endedMs,
      cpuMsPerDeal: perDeal(total(used)),
      cpuMsPerDealBy: Object.fromEntries(Object.entries(used).map(([name, ms]) => [name, perDeal(ms)])),
      xidsPerDeal: contestant.name === 'fairlead' ? perDeal(xidAfter - xidBefore) : null,
    };
  } finally {
    await running.stop();
  }
};

/** The next transaction id to be given: asking takes none. */
const nextXid = async (fairlead: Installation): Promise<number> => {
  const { rows } = await fairlead.arrange.query<{ next: string }>(
    'select pg_snapshot_xmax(pg_current_snapshot())::text as next',
  );
  return Number(rows[0]?.next);
};

/** Deals one after the other, each left to settle, so that no batch is shared: the most that one costs. */
const measureCosts = async (input: {
  ground: Ground;
  fairlead: Installation;
  deals: number;
  seed: number;
}): Promise<CostRow[]> => {
  const { ground, fairlead, deals, seed } = input;
  const rows: CostRow[] = [];
  const open = await fairlead.open();
  const connection = await Connection.connect({ address: open.engineAddress });
  const engine = new Client({ connection });
  const desk = openDealDesk({
    publicUrl: open.publicUrl,
    cast: fairlead.cast,
    arrange: fairlead.arrange,
    random: generator(seed + 1),
  });
  const programs: readonly (readonly [CostName, string, number])[] = [
    ['fairlead', fairlead.cast.plainProgramId, deals],
    // Each of these takes the whole of the undo window.
    ['fairlead, undo window at its default', fairlead.cast.undoProgramId, Math.ceil(deals / 4)],
  ];
  await wholeDeal(desk);
  await open.settled();
  for (const [what, programId, count] of programs) {
    for (let one = 0; one < count; one += 1) {
      const before = await nextXid(fairlead);
      const id = await wholeDeal(desk, { programId });
      await open.settled();
      const xids = (await nextXid(fairlead)) - before;
      const { raw } = await engine.workflow.getHandle(dealRegistrationWorkflowId(id)).describe();
      const info = raw.workflowExecutionInfo;
      rows.push({
        kind: 'cost',
        what,
        transitions: Number(info?.stateTransitionCount ?? 0),
        events: Number(info?.historyLength ?? 0),
        historyBytes: Number(info?.historySizeBytes ?? 0),
        xids,
      });
    }
  }
  desk.close();
  await connection.close();
  await open.close();
  for (const shape of ['naive', 'lean'] as const) {
    const rival = await startTemporalRival(ground, shape);
    const { costs } = await rival.ask<{ costs: Omit<CostRow, 'kind' | 'what' | 'xids'>[] }>({
      kind: 'costs',
      shape,
      deals,
    });
    rows.push(
      ...costs.map((cost) => ({
        kind: 'cost' as const,
        what: `temporal ${shape}` as const,
        ...cost,
        xids: null,
      })),
    );
    await rival.stop();
  }
  return rows;
};

const report = (rows: readonly (LoadRow | CostRow)[], atOnce: number): { goals: Goal[]; details: string } => {
  const loads = (name: ContestantName): LoadRow[] =>
    rows.filter((row): row is LoadRow => row.kind === 'load' && row.contestant === name);
  const costs = (what: CostName): CostRow[] =>
    rows.filter((row): row is CostRow => row.kind === 'cost' && row.what === what);
  const rate = (name: ContestantName): number =>
    spreadOf(loads(name).map((row) => row.dealsPerSecond)).median;
  const cpu = (name: ContestantName): number => spreadOf(loads(name).map((row) => row.cpuMsPerDeal)).median;
  const most = (what: CostName, pick: (row: CostRow) => number | null): number =>
    Math.max(...costs(what).map((row) => pick(row) ?? 0));

  const atMost = (what: string, measured: number, limit: number, unit = ''): Goal => ({
    what,
    measured: `${figure(measured)}${unit}`,
    goal: `at most ${limit}${unit}`,
    met: measured <= limit,
  });
  const timesRate = (rival: ContestantName, factor: number, aim?: number): Goal => {
    const measured = rate('fairlead') / rate(rival);
    return {
      what: `deals per second against ${rival}`,
      measured: `${figure(measured)} ×`,
      goal: `at least ${factor} ×${aim === undefined ? '' : `, aim ${aim} ×`}`,
      met: measured >= factor,
    };
  };
  const goals: Goal[] = [
    atMost(
      'state transitions of a deal, the most seen',
      most('fairlead', (row) => row.transitions),
      10,
    ),
    atMost(
      'history events of a deal, the most seen',
      most('fairlead', (row) => row.events),
      40,
    ),
    atMost(
      'history of a deal in KB, the most seen',
      most('fairlead', (row) => row.historyBytes / 1024),
      30,
    ),
    atMost(
      'write transactions of a deal alone, median',
      spreadOf(costs('fairlead').map((row) => row.xids ?? 0)).median,
      12,
    ),
    timesRate('temporal naive', 1.1),
    timesRate('temporal lean', 0.5),
    timesRate('dbos', 0.15, 0.25),
    timesRate('restate', 0.13, 0.25),
    atMost('processor time per deal against temporal lean', cpu('fairlead') / cpu('temporal lean'), 2, ' ×'),
  ];
  const column = (name: ContestantName, pick: (row: LoadRow) => number): string =>
    withSpread(loads(name).map(pick));
  const loadTable = table(
    ['', 'deals/s', 'against ours', 'one deal under load, p50 ms', 'p99 ms', 'CPU ms per deal', 'of that'],
    contestantNames.map((name) => [
      name,
      column(name, (row) => row.dealsPerSecond),
      `${figure(rate(name) / rate('fairlead'))} ×`,
      column(name, (row) => row.dealP50Ms),
      column(name, (row) => row.dealP99Ms),
      column(name, (row) => row.cpuMsPerDeal),
      Object.keys(loads(name)[0]?.cpuMsPerDealBy ?? {})
        .map(
          (part) =>
            `${part} ${figure(spreadOf(loads(name).map((row) => row.cpuMsPerDealBy[part] ?? 0)).median)}`,
        )
        .join(', '),
    ]),
  );
  const costNames: readonly CostName[] = [
    'fairlead',
    'fairlead, undo window at its default',
    'temporal naive',
    'temporal lean',
  ];
  const costTable = table(
    ['one deal alone', 'state transitions', 'events', 'history bytes', 'write transactions'],
    costNames.map((what) => {
      const of = (pick: (row: CostRow) => number | null): string =>
        withSpread(costs(what).map((row) => pick(row) ?? 0));
      return [
        what,
        of((row) => row.transitions),
        of((row) => row.events),
        of((row) => row.historyBytes),
        costs(what)[0]?.xids === null ? '–' : of((row) => row.xids),
      ];
    }),
  );
  const ours = loads('fairlead');
  const details = [
    `Medians of ${ours.length} rounds, least and most in brackets; ${atOnce} deals at once.`,
    '',
    loadTable,
    '',
    costTable,
    '',
    `Under load a deal of ours takes ${withSpread(ours.map((row) => row.xidsPerDeal ?? 0))} write transactions, and after the last`,
    `one it takes ${withSpread(ours.map((row) => row.settleMs / 1000))} s until every mail is delivered and every row sealed; that work is in the processor time.`,
  ].join('\n');
  return { goals, details };
};
