import { PPM } from '../../domain/money.ts';
import { priceWaterfall } from '../../domain/special-pricing/waterfall.ts';
import type { WaterfallLine } from '../../domain/special-pricing/waterfall.ts';
import { figure, generator, percentile, withSpread } from '../measure/statistics.ts';
import { table } from '../measure/results.ts';
import type { PartOptions, PartOutcome } from './part.ts';

/** The price waterfall of a large request against the same sums in a bare loop over plain numbers, in one run. */

const LINES = 1_000;

interface Row {
  readonly round: number;
  readonly what: 'waterfall' | 'bare loop';
  readonly microseconds: readonly number[];
}

export const measureWaterfall = (options: PartOptions): Promise<PartOutcome> => {
  const { quick, rounds, seed, say } = options;
  const times = quick ? 200 : 3_000;
  const lines = someLines(seed);
  const lumpMinor = 12_345;
  const priced = priceWaterfall({ lines, lumpMinor });
  const bare = bareSums(lines, lumpMinor);
  for (const [what, ours, theirs] of [
    ['list', priced.listMinor, bare.list],
    ['standard', priced.standardMinor, bare.standard],
    ['net', priced.netMinor, bare.net],
    ['cost', priced.costMinor, bare.cost],
    ['lines', priced.lines.reduce((sum, { netMinor }) => sum + netMinor, 0), bare.net],
  ] as const)
    if (ours !== theirs) throw new Error(`${what}: the waterfall says ${ours}, the bare loop ${theirs}`);
  const rows: Row[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const taken: Record<Row['what'], number[]> = { waterfall: [], 'bare loop': [] };
    for (let time = -times / 4; time < times; time += 1) {
      // Either goes first as often as the other.
      const order: Row['what'][] = time % 2 === 0 ? ['waterfall', 'bare loop'] : ['bare loop', 'waterfall'];
      for (const what of order) {
        const beganMs = performance.now();
        if (what === 'waterfall') priceWaterfall({ lines, lumpMinor });
        else bareSums(lines, lumpMinor);
        if (time >= 0) taken[what].push(Math.round((performance.now() - beganMs) * 1e6) / 1e3);
      }
    }
    rows.push({ round, what: 'waterfall', microseconds: taken.waterfall });
    rows.push({ round, what: 'bare loop', microseconds: taken['bare loop'] });
    say(`round ${round} done`);
  }
  const each = (what: Row['what'], share: number): number[] =>
    rows.filter((row) => row.what === what).map((row) => percentile(row.microseconds, share));
  const ratio = percentile(each('waterfall', 0.5), 0.5) / percentile(each('bare loop', 0.5), 0.5);
  return Promise.resolve({
    options: { lines: LINES, times, rounds, seed, quick },
    rows,
    goals: [
      {
        what: `price waterfall of ${LINES} lines with a lump discount, p50, against a bare loop over plain numbers`,
        measured: `${figure(ratio)} ×`,
        goal: 'at most 5 ×',
        met: ratio <= 5,
      },
    ],
    details: [
      'The bare loop works out the same unit prices, lines and totals and splits the lump by largest remainder, with floats where they',
      'happen to be exact and without a check; its sums are compared with the waterfall’s before the first round.',
      '',
      table(
        ['', 'p50 µs', 'p99 µs'],
        (['waterfall', 'bare loop'] as const).map((what) => [
          what,
          withSpread(each(what, 0.5)),
          withSpread(each(what, 0.99)),
        ]),
      ),
    ].join('\n'),
  });
};

const someLines = (seed: number): WaterfallLine[] => {
  const random = generator(seed);
  const upTo = (most: number): number => Math.floor(random() * most);
  return Array.from({ length: LINES }, (_, place) => ({
    lineId: String(place).padStart(4, '0'),
    quantity: 1 + upTo(500),
    listUnitMinor: 1_00 + upTo(5_000_00),
    costUnitMinor: upTo(2_000_00),
    tierPpm: upTo(4) * 50_000,
    registrationPpm: upTo(3) * 25_000,
    special: place % 3 === 0 ? null : { kind: 'discount', ratePpm: upTo(400_000) },
  }));
};

/** What a program without money in mind would write. */
const bareSums = (
  lines: readonly WaterfallLine[],
  lumpMinor: number,
): { list: number; standard: number; net: number; cost: number; nets: number[] } => {
  let list = 0;
  let standard = 0;
  let special = 0;
  let cost = 0;
  const lineTotals = new Array<number>(lines.length);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!;
    const tier = line.listUnitMinor - Math.round((line.listUnitMinor * line.tierPpm) / PPM);
    const unit = tier - Math.round((tier * line.registrationPpm) / PPM);
    const ratePpm = line.special !== null && line.special.kind === 'discount' ? line.special.ratePpm : 0;
    const total = (unit - Math.round((unit * ratePpm) / PPM)) * line.quantity;
    list += line.listUnitMinor * line.quantity;
    standard += unit * line.quantity;
    cost += (line.costUnitMinor ?? 0) * line.quantity;
    special += total;
    lineTotals[at] = total;
  }
  const rests: { at: number; rest: number }[] = [];
  let left = lumpMinor;
  const nets = lineTotals.map((total, at) => {
    const exact = (lumpMinor * total) / special;
    const part = Math.floor(exact);
    left -= part;
    rests.push({ at, rest: exact - part });
    return total - part;
  });
  rests.sort((a, b) => b.rest - a.rest);
  for (let at = 0; at < left; at += 1) nets[rests[at]!.at]! -= 1;
  return { list, standard, net: special - lumpMinor, cost, nets };
};
