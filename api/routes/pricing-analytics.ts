import type { z } from 'zod';
import type { Sql } from '../../adapters/store/app-database.ts';
import {
  analyticsChoices,
  clearedByWeek,
  corridors,
  largestBeyond,
  leakageByPerson,
  timeByBand,
  timeByTeam,
  winsByDiscount,
} from '../../adapters/store/special-price-analytics-reads.ts';
import type { AnalyticsFilter, TimeRow } from '../../adapters/store/special-price-analytics-reads.ts';
import { endOfDayMs, startOfDayMs } from '../../domain/special-pricing/asked.ts';
import { discountClassBounds } from '../../domain/special-pricing/outcome.ts';
import { discountPpm } from '../../domain/special-pricing/waterfall.ts';
import type {
  AnalyticsPart,
  pricingAnalytics,
  pricingAnalyticsRoutes,
} from '../contract/pricing-analytics.ts';
import { csvOf } from '../csv.ts';
import { Refused } from '../refused.ts';
import type { Handlers } from '../route-handler.ts';

type Analytics = z.input<typeof pricingAnalytics>;

const DAY_MS = 24 * 3_600_000;
const USUAL_DAYS = 90;
const MOST_DAYS = 366;
const MOST_CORRIDORS = 200;
const MOST_EXCEPTIONS = 50;

/** Special prices in a period: how fast, how many at once, what they won, where prices lie, and what was given beyond policy. */
export function createPricingAnalyticsHandlers(): Handlers<typeof pricingAnalyticsRoutes> {
  return {
    'GET /api/pricing-analytics': ({ query, atMs }, sql) => analyticsOf(sql, query, atMs),
    'GET /api/pricing-analytics.csv': async ({ query, atMs }, sql) => {
      const analytics = await analyticsOf(sql, query, atMs);
      const { columns, rows } = tables[query.part](analytics);
      return {
        name: `special-prices-${query.part}-${analytics.from}-${analytics.to}.csv`,
        mediaType: 'text/csv; charset=utf-8',
        content: csvOf(columns, rows),
      };
    },
  };
}

interface Query {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly programId?: string | undefined;
  readonly segment?: string | undefined;
  readonly family?: string | undefined;
}

async function analyticsOf(sql: Sql, query: Query, atMs: number): Promise<Analytics> {
  const { from, to } = periodOf(query, atMs);
  const filter: AnalyticsFilter = {
    since: new Date(startOfDayMs(from)).toISOString(),
    until: new Date(endOfDayMs(to)).toISOString(),
    at: new Date(atMs).toISOString(),
    programId: query.programId ?? null,
    segment: query.segment ?? null,
    family: query.family ?? null,
  };
  const weeks = await clearedByWeek(sql, filter);
  const [requests, cleared] = [sumOf(weeks, 'requests'), sumOf(weeks, 'cleared')];
  const found = await corridors(sql, filter, MOST_CORRIDORS + 1);
  return {
    from,
    to,
    asOf: filter.at,
    choices: await analyticsChoices(sql, filter),
    byBand: (await timeByBand(sql, filter)).map((row) => ({ bandKey: row.name, ...timeOf(row) })),
    byTeam: (await timeByTeam(sql, filter)).map((row) => ({ role: row.name, ...timeOf(row) })),
    atOnce: {
      requests,
      cleared,
      sharePpm: shareOf(cleared, requests),
      weeks: weeks.map((week) => ({ ...week, sharePpm: shareOf(week.cleared, week.requests) })),
    },
    winRate: winRateOf(await winsByDiscount(sql, filter)),
    corridor: found.slice(0, MOST_CORRIDORS),
    corridorComplete: found.length <= MOST_CORRIDORS,
    leakage: await leakageOf(sql, filter),
  };
}

/** The days asked for. Throws `Refused` where they are the wrong way round, or too many. */
function periodOf(query: Query, atMs: number): { from: string; to: string } {
  const to = query.to ?? new Date(atMs).toISOString().slice(0, 10);
  const from =
    query.from ?? new Date(startOfDayMs(to) - (USUAL_DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
  const days = (endOfDayMs(to) - startOfDayMs(from)) / DAY_MS;
  if (days >= 1 && days <= MOST_DAYS) return { from, to };
  throw new Refused('invalid_request', {
    detail: 'The period is not valid.',
    errors: [
      {
        pointer: '#query/from',
        reason: days < 1 ? 'The period ends before it begins.' : `Ask for at most ${MOST_DAYS} days.`,
      },
    ],
  });
}

function timeOf({ cases, decided, median, p75 }: TimeRow): Omit<Analytics['byBand'][number], 'bandKey'> {
  return { cases, decided, censored: cases - decided, medianSeconds: median, p75Seconds: p75 };
}

/** Every class, also those that no request is in: a gap in the plot would look like a class left out. */
function winRateOf(rows: Awaited<ReturnType<typeof winsByDiscount>>): Analytics['winRate'] {
  return [...discountClassBounds, null].map((toPpm, place) => {
    const { approved, won, notWon } = rows.find((row) => row.place === place) ?? {
      approved: 0,
      won: 0,
      notWon: 0,
    };
    const abovePpm = place === 0 ? null : (discountClassBounds[place - 1] ?? null);
    return { abovePpm, toPpm, approved, won, notWon, winPpm: shareOf(won, won + notWon) };
  });
}

async function leakageOf(sql: Sql, filter: AnalyticsFilter): Promise<Analytics['leakage']> {
  const rows = await leakageByPerson(sql, filter);
  const people = Map.groupBy(rows, ({ personId, role }) => `${personId ?? ''} ${role ?? ''}`);
  return {
    requests: sumOf(rows, 'requests'),
    beyond: amountsOf(rows),
    byPerson: [...people.values()].flatMap((own) => {
      const [first] = own;
      if (first === undefined) return [];
      const { personId, displayName, role } = first;
      return [{ personId, displayName, role, requests: sumOf(own, 'requests'), beyond: amountsOf(own) }];
    }),
    exceptions: (await largestBeyond(sql, filter, MOST_EXCEPTIONS)).map((row) => ({
      ...row,
      decidedAt: row.decidedAt.toISOString(),
      discountPpm: discountPpm(row.standardMinor, row.netMinor),
      causes: [...row.causes],
    })),
  };
}

function amountsOf(
  rows: readonly { currency: string; amountMinor: number }[],
): { amountMinor: number; currency: string }[] {
  return [...Map.groupBy(rows, ({ currency }) => currency)]
    .map(([currency, own]) => ({ currency, amountMinor: sumOf(own, 'amountMinor') }))
    .toSorted((a, b) => (a.currency < b.currency ? -1 : 1));
}

function sumOf<Key extends string>(rows: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return rows.reduce((total, row) => total + row[key], 0);
}

/** Rounded to a millionth; null of nothing. */
function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part * 1_000_000) / whole);
}

interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** Each table as a file: amounts in minor units with their currency, times in seconds, shares in parts per million. */
const tables: Readonly<Record<AnalyticsPart, (analytics: Analytics) => CsvTable>> = {
  bands: ({ byBand }) => ({
    columns: ['band', 'requests', 'decided', 'censored', 'medianSeconds', 'p75Seconds'],
    rows: byBand.map((row) => [
      row.bandKey,
      row.cases,
      row.decided,
      row.censored,
      row.medianSeconds,
      row.p75Seconds,
    ]),
  }),
  teams: ({ byTeam }) => ({
    columns: ['role', 'questions', 'decided', 'censored', 'medianSeconds', 'p75Seconds'],
    rows: byTeam.map((row) => [
      row.role,
      row.cases,
      row.decided,
      row.censored,
      row.medianSeconds,
      row.p75Seconds,
    ]),
  }),
  'at-once': ({ atOnce }) => ({
    columns: ['weekStart', 'requests', 'cleared', 'sharePpm'],
    rows: atOnce.weeks.map((row) => [row.weekStart, row.requests, row.cleared, row.sharePpm]),
  }),
  'win-rate': ({ winRate }) => ({
    columns: ['abovePpm', 'toPpm', 'approved', 'won', 'notWon', 'winPpm'],
    rows: winRate.map((row) => [row.abovePpm, row.toPpm, row.approved, row.won, row.notWon, row.winPpm]),
  }),
  corridor: ({ corridor }) => ({
    columns: ['sku', 'product', 'segment', 'lines', 'lowPpm', 'p10Ppm', 'p50Ppm', 'p90Ppm', 'highPpm'],
    rows: corridor.map((row) => [
      row.sku,
      row.productName,
      row.segment,
      row.lines,
      row.lowPpm,
      row.p10Ppm,
      row.p50Ppm,
      row.p90Ppm,
      row.highPpm,
    ]),
  }),
  leakage: ({ leakage }) => ({
    columns: ['person', 'role', 'requests', 'currency', 'beyondMinor'],
    rows: leakage.byPerson.flatMap(({ displayName, role, requests, beyond }) =>
      beyond.map(({ currency, amountMinor }) => [displayName, role, requests, currency, amountMinor]),
    ),
  }),
  exceptions: ({ leakage }) => ({
    columns: [
      'reference',
      'partner',
      'customer',
      'decidedAt',
      'band',
      'currency',
      'standardMinor',
      'netMinor',
      'discountPpm',
      'beyondMinor',
      'by',
      'role',
      'causes',
    ],
    rows: leakage.exceptions.map((row) => [
      row.reference,
      row.partnerName,
      row.customerName,
      row.decidedAt,
      row.bandKey,
      row.currency,
      row.standardMinor,
      row.netMinor,
      row.discountPpm,
      row.beyondMinor,
      row.by,
      row.role,
      row.causes.join(' '),
    ]),
  }),
};
