import type { DealDesk, EndingRow } from '../../api/contract/deal-desk.ts';
import type { MatrixDryRun } from '../../api/contract/policies.ts';
import type { PricingAnalytics } from '../../api/contract/pricing-analytics.ts';
import type { TaskDetail } from '../../api/contract/tasks.ts';
import { discountClassBounds } from '../../domain/special-pricing/outcome.ts';
import type { PricingRole } from '../../domain/special-pricing/policy.ts';
import { at } from './fixture-data.ts';

/* What the deal desk, the figures of special pricing and a dry run answer, in the shape of the contracts. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const day = (offsetDays: number): string => at(offsetDays * DAY_MS).slice(0, 10);

export const desk: DealDesk = {
  asOf: at(0),
  cells: [
    cell('account-manager', 'channel_account_manager', [7, 1, 1]),
    cell('director', 'director', [4, 0, 2]),
    cell('revenue', 'cfo', [1, 0, 0]),
    cell('revenue', 'cro', [2, 1, 0]),
  ],
  people: [
    person('psn_1', 'Director (demo)', ['director'], [3, 9, 31]),
    person('psn_2', 'Channel account manager (demo)', ['channel_account_manager'], [1, 14, 52]),
    person('psn_3', 'Chief revenue officer (demo)', ['cro'], [0, 2, 6]),
    person('psn_4', 'Former director (demo)', [], [0, 0, 4]),
  ],
  partners: { counterOffered: 2, infoRequested: 1 },
  ending: { requests: 1, agreements: 2 },
};

function cell(
  bandKey: string,
  role: PricingRole,
  [open, paused, late]: readonly [number, number, number],
): DealDesk['cells'][number] {
  return {
    bandKey,
    role,
    queue: `pricing-${role.replaceAll('_', '-')}`,
    open,
    paused,
    late,
    oldestOpenedAt: at(-open * 7 * HOUR_MS),
    deals: [{ amountMinor: open * 41_700_000, currency: 'EUR' }],
  };
}

function person(
  id: string,
  displayName: string,
  roles: PricingRole[],
  [holds, decidedLast7Days, decidedLast30Days]: readonly [number, number, number],
): DealDesk['people'][number] {
  return { id, displayName, roles, holds, decidedLast7Days, decidedLast30Days };
}

const ends = [
  'Aldermoor Logistics GmbH',
  'Eastgate Medical Supplies GmbH & Co. KG',
  'Cobalt Ridge Mining Ltd',
];

export const ending: readonly EndingRow[] = ends.map((customerName, place) => ({
  what: place === 1 ? 'request' : 'agreement',
  id: place === 1 ? 'spr_0' : `spa_${place}`,
  reference: place === 1 ? 'SP-7K3M-0QX2' : `SA-4HH${place}-8CD1`,
  customerName,
  partnerName: 'Northwind Harbour Systems',
  status: place === 1 ? 'pending_approval' : 'active',
  endsAt: at((place + 2) * 3 * DAY_MS),
  waitingFor: place === 1 ? 'vendor' : 'nobody',
}));

/** A question about a price, as the queue shows it. */
export const questions = (tasks: readonly TaskDetail[]): TaskDetail[] =>
  tasks.slice(0, 9).map((task, place) => ({
    ...task,
    id: `tsk_${place}`,
    caseId: `spr_${place % 3}`,
    kind: 'pricing_approval',
    reference: `SP-7K3M-${place}QX2`,
    role: place % 2 === 0 ? 'director' : 'channel_account_manager',
    bandKey: place % 2 === 0 ? 'director' : 'account-manager',
  }));

const times = (cases: number, censored: number, hours: number | null, more: number | null) => ({
  cases,
  decided: cases - censored,
  censored,
  medianSeconds: hours === null ? null : hours * 3_600,
  p75Seconds: more === null ? null : more * 3_600,
});
const counts = [31, 44, 62, 38, 27, 22, 15, 12, 6];
const wins = [12, 19, 30, 20, 14, 12, 8, 6, 0];

export const analytics: PricingAnalytics = {
  from: day(-89),
  to: day(0),
  asOf: at(0),
  choices: {
    segments: ['enterprise', 'public'],
    families: [
      { key: 'switching', name: 'Switching' },
      { key: 'security', name: 'Security' },
    ],
  },
  byBand: [
    { bandKey: 'account-manager', ...times(88, 6, 9, 21) },
    { bandKey: 'automatic', ...times(137, 0, 0, 0) },
    { bandKey: 'director', ...times(61, 9, 19, 44) },
    { bandKey: 'executives', ...times(9, 6, 140, null) },
    { bandKey: 'revenue', ...times(27, 4, 31, 71) },
  ],
  byTeam: [
    { role: 'ceo', ...times(4, 3, null, null) },
    { role: 'channel_account_manager', ...times(91, 5, 7, 16) },
    { role: 'cro', ...times(30, 4, 26, 60) },
    { role: 'director', ...times(66, 8, 15, 33) },
  ],
  atOnce: {
    requests: 322,
    cleared: 137,
    sharePpm: 425_466,
    weeks: Array.from({ length: 12 }, (_, place) => ({
      weekStart: day(-88 + 7 * place),
      requests: 20 + place,
      cleared: 8 + ((place * 5) % 7),
      sharePpm: Math.round(((8 + ((place * 5) % 7)) * 1_000_000) / (20 + place)),
    })),
  },
  winRate: [...discountClassBounds, null].map((toPpm, place) => {
    const [approved, won] = [counts[place] ?? 0, wins[place] ?? 0];
    const notWon = place === 8 ? 0 : Math.round((approved - won) / 2);
    return {
      abovePpm: place === 0 ? null : (discountClassBounds[place - 1] ?? null),
      toPpm,
      approved,
      won,
      notWon,
      winPpm: won + notWon === 0 ? null : Math.round((won * 1_000_000) / (won + notWon)),
    };
  }),
  corridor: [
    'Switch, 48 ports',
    'Firewall, 200 Mbit/s',
    'Optical module, 10 Gbit/s',
    'Care, one year',
  ].flatMap((productName, place) =>
    ['enterprise', null].map((segment, at_) => ({
      sku: `SKU-${place}`,
      productName,
      segment,
      lines: 60 - place * 9 - at_ * 20,
      lowPpm: 50_000,
      p10Ppm: 110_000 + place * 20_000,
      p50Ppm: 210_000 + place * 25_000 + at_ * 30_000,
      p90Ppm: 330_000 + place * 40_000,
      highPpm: 480_000,
    })),
  ),
  corridorComplete: true,
  leakage: {
    requests: 96,
    beyond: [
      { currency: 'EUR', amountMinor: 184_220_500 },
      { currency: 'USD', amountMinor: 9_410_000 },
    ],
    byPerson: [
      given('psn_1', 'Director (demo)', 'director', 41, 92_300_000),
      given('psn_3', 'Chief revenue officer (demo)', 'cro', 18, 61_120_500),
      given('psn_2', 'Channel account manager (demo)', 'channel_account_manager', 35, 30_800_000),
      {
        ...given('', '', 'cro', 2, 0),
        personId: null,
        displayName: null,
        role: null,
        beyond: [{ currency: 'USD', amountMinor: 9_410_000 }],
      },
    ],
    exceptions: ends.map((customerName, place) => ({
      requestId: `spr_${place}`,
      reference: `SP-7K3M-${place}QX2`,
      partnerName: 'Northwind Harbour Systems',
      customerName,
      decidedAt: at(-(place + 2) * 5 * DAY_MS),
      bandKey: place === 0 ? 'executives' : 'director',
      currency: place === 2 ? 'USD' : 'EUR',
      standardMinor: 120_000_000 - place * 31_000_000,
      netMinor: 76_000_000 - place * 20_000_000,
      discountPpm: 366_667 - place * 11_000,
      beyondMinor: 32_000_000 - place * 9_000_000,
      by: 'Director (demo)',
      role: 'director',
      causes: place === 0 ? ['margin_line', 'value'] : [],
    })),
  },
};

function given(
  personId: string,
  displayName: string,
  role: PricingRole,
  requests: number,
  amountMinor: number,
): PricingAnalytics['leakage']['byPerson'][number] {
  return { personId, displayName, role, requests, beyond: [{ currency: 'EUR', amountMinor }] };
}

/** What a matrix whose account managers may give less would have asked. */
export const dryRun: MatrixDryRun = {
  version: 1,
  days: 90,
  complete: true,
  oldestAt: at(-88 * DAY_MS),
  compared: 318,
  changed: 37,
  clearsAtOnce: { before: 137, after: 137 },
  bands: {
    before: ['automatic', 'account-manager', 'director', 'revenue', 'executives'],
    after: ['automatic', 'account-manager', 'director', 'revenue', 'executives'],
  },
  flows: [
    { from: 'automatic', to: 'automatic', count: 137, changed: 0 },
    { from: 'account-manager', to: 'account-manager', count: 51, changed: 0 },
    { from: 'account-manager', to: 'director', count: 37, changed: 37 },
    { from: 'director', to: 'director', count: 61, changed: 0 },
    { from: 'revenue', to: 'revenue', count: 26, changed: 0 },
    { from: 'executives', to: 'executives', count: 6, changed: 0 },
  ],
  roles: [
    { role: 'channel_account_manager', before: 88, after: 51 },
    { role: 'director', before: 61, after: 98 },
    { role: 'cro', before: 26, after: 26 },
    { role: 'cfo', before: 8, after: 8 },
    { role: 'ceo', before: 6, after: 6 },
  ],
  leftOut: { exception_unknown: 2, no_rate: 0 },
  examples: ends.map((customerName, place) => ({
    requestId: `spr_${place}`,
    reference: `SP-7K3M-${place}QX2`,
    partnerName: 'Northwind Harbour Systems',
    customerName,
    submittedAt: at(-(place + 1) * 3 * DAY_MS),
    currency: 'EUR',
    netMinor: 21_450_000 + place * 1_770_000,
    discountPpm: 162_500 + place * 11_000,
    before: asked('account-manager', 'channel_account_manager'),
    after: asked('director', 'director'),
  })),
};

function asked(bandKey: string, role: PricingRole): MatrixDryRun['examples'][number]['before'] {
  return { bandKey, steps: [{ bandKey, roles: [role], quorum: 1 }] };
}
