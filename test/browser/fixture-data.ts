import type { Absence } from '../../api/contract/absences.ts';
import type {
  ClockView,
  Registration,
  RegistrationHead,
  RegistrationListRow,
  TimelineEntry,
} from '../../api/contract/deal-registrations.ts';
import type { PersonWithRoles, Product, Program } from '../../api/contract/directory.ts';
import type { MyPartners } from '../../api/contract/my-partners.ts';
import type { Board, StuckItem } from '../../api/contract/operations.ts';
import { particularDays } from '../../adapters/calendar/particular-days.ts';
import type { CalendarDefinition } from '../../api/contract/calendar.ts';
import type { CalendarDetail } from '../../api/contract/calendars.ts';
import type { PriceBookVersionView } from '../../api/contract/price-books.ts';
import type { DistributorRelation } from '../../api/contract/distributor-relations.ts';
import type { ExchangeRateFileView, ExchangeRateView } from '../../api/contract/exchange-rates.ts';
import { readPolicyExamples } from '../../adapters/policy-examples.ts';
import type { PolicyVersion } from '../../api/contract/policies.ts';
import type { RoleChangeView } from '../../api/contract/role-changes.ts';
import type { SavedView } from '../../api/contract/saved-views.ts';
import type { Session } from '../../api/contract/session.ts';
import type { TaskDetail } from '../../api/contract/tasks.ts';
import { rolePermissions, type Role } from '../../domain/access.ts';
import { nobodyDecidesWords } from '../../domain/words/en.ts';
import { caseVerbs, partnersVerbs, whyNotVerb } from '../../domain/deal-registration/case.ts';
import type { ClockKind } from '../../domain/deal-registration/clocks.ts';
import { outlookOf } from '../../domain/deal-registration/outlook.ts';
import type { RegistrationStatus } from '../../domain/deal-registration/status.ts';

/* Fictitious data in the shape of the contracts, for the states that a fresh installation shows rarely. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The present of every answer here: a Tuesday, 11:05 in Berlin. A page that shows them is opened at the same instant. */
export const fixtureNowMs = Date.parse('2026-03-03T10:05:00Z');
export const at = (offsetMs: number): string => new Date(fixtureNowMs + offsetMs).toISOString();
const day = (offsetDays: number): string => at(offsetDays * DAY_MS).slice(0, 10);

export function sessionOf(role: Role): Session {
  const partner = role.startsWith('partner');
  return {
    person: {
      id: `psn_${role}`,
      displayName: `${role.replaceAll('_', ' ')} (demo)`,
      email: `${role}@demo.invalid`,
    },
    side: partner ? 'partner' : 'vendor',
    partner: partner ? { id: 'prt_1', name: 'Northwind Harbour Systems' } : null,
    roles: [role],
    permissions: [...rolePermissions[role]],
    limitMinor: role === 'approver' ? 10_000_000 : null,
    locale: 'en-GB',
    timeZone: 'Europe/Berlin',
    vendorName: 'Meridian Instruments',
  };
}

const customers = [
  'Aldermoor Logistics GmbH',
  'Brightwater Foods SE',
  'Cobalt Ridge Mining Ltd',
  'Dunmere Paper Works',
  'Eastgate Medical Supplies GmbH & Co. KG',
  'Fenwick Rail Services',
  'Greyfriars Textile AG',
  'Hollowell Precision Castings Incorporated',
];
const partners = ['Northwind Harbour Systems', 'Quayside Networks', 'Larkspur IT Partners'];
const dues: readonly NonNullable<RegistrationHead['due']>[] = [
  due(-3 * HOUR_MS, -180, 'breached'),
  due(HOUR_MS, 70, 'dueSoon'),
  due(5 * HOUR_MS, 310, 'waiting'),
  { ...due(26 * HOUR_MS, 640, 'paused'), phase: 'paused' },
];

function due(offsetMs: number, leftMinutes: number, tone: 'breached' | 'dueSoon' | 'waiting' | 'paused') {
  return {
    at: at(offsetMs),
    clock: 'decision',
    calendar: 'berlin' as string | null,
    phase: 'running' as 'running' | 'paused',
    breachedAt: tone === 'breached' ? at(offsetMs) : null,
    leftMinutes,
    tone,
  };
}

const pick = <Item>(items: readonly Item[], index: number): Item => items[index % items.length] as Item;

/** One case in each state, by its place in `heads`. */
const statuses = [
  'info_requested',
  'under_review',
  'approved',
  'pending_approval',
  'in_conflict',
  'rejected',
  'won',
  'expired',
  'submitted',
  'appealed',
  'lost',
  'withdrawn',
  'revoked',
] as const satisfies readonly RegistrationStatus[];

/** How each state ended, who looks at it, and until when. */
const standing: Partial<
  Record<RegistrationStatus, Partial<Pick<RegistrationHead, 'closureCode' | 'queue' | 'nextAt' | 'due'>>>
> = {
  info_requested: {
    nextAt: at(4 * DAY_MS),
    due: { ...due(26 * HOUR_MS, 640, 'paused'), phase: 'paused' },
  },
  approved: {
    nextAt: at(35 * HOUR_MS),
    due: { ...due(40 * DAY_MS, 40 * 24 * 60, 'waiting'), clock: 'activity_check', calendar: null },
  },
  submitted: { nextAt: at(120_000), due: { ...due(5 * HOUR_MS, 310, 'waiting'), clock: 'first_response' } },
  pending_approval: { due: due(26 * HOUR_MS, 640, 'waiting') },
  in_conflict: {
    queue: 'channel-directors',
    nextAt: at(49 * HOUR_MS),
    due: { ...due(49 * HOUR_MS, 1_140, 'waiting'), clock: 'conflict' },
  },
  rejected: { closureCode: 'not_eligible', nextAt: at(5 * DAY_MS) },
  expired: { closureCode: 'protection_ended', nextAt: at(6 * DAY_MS) },
  appealed: {
    queue: 'channel-directors',
    nextAt: at(3 * DAY_MS),
    due: { ...due(3 * DAY_MS, 1_380, 'waiting'), clock: 'appeal' },
  },
  won: { closureCode: 'won' },
  lost: { closureCode: 'price' },
  withdrawn: { closureCode: 'withdrawn_by_partner' },
  revoked: { closureCode: 'no_activity' },
};

export function heads(side: 'vendor' | 'partner'): RegistrationHead[] {
  return statuses.map((status, index) => headOf({ status, index, side }));
}

function headOf(input: {
  status: RegistrationStatus;
  index: number;
  side: 'vendor' | 'partner';
}): RegistrationHead {
  const { index, side } = input;
  // A partner reads of a conflict what he reads of a review.
  const status = side === 'partner' && input.status === 'in_conflict' ? 'under_review' : input.status;
  const wakes = [{ clockId: 'clk_1', kind: 'decision', atMs: fixtureNowMs }];
  const outlook = outlookOf({ status, tasks: [], wakes, matching: status === 'submitted' }, false);
  const asked = outlook.waitingFor === 'vendor' && status !== 'appealed';
  const from = { approved: -20 * DAY_MS, expired: -90 * DAY_MS }[status as string];
  const until = { approved: 70 * DAY_MS, expired: -2 * HOUR_MS }[status as string];
  return {
    id: `reg_${index}`,
    reference: `DR-${7000 + index}-9QX${index % 10}`,
    programId: 'prg_1',
    programName: 'Harbour program',
    partnerId: 'prt_1',
    partnerName: side === 'partner' ? 'Northwind Harbour Systems' : pick(partners, index),
    status,
    closureCode: null,
    type: 'new_customer',
    customerName: pick(customers, index),
    customerCountry: 'DE',
    opportunityName: pick(['Warehouse sensors', 'Cold chain monitoring', 'Line upgrade 2027'], index),
    value: { amountMinor: 4_800_000 + index * 1_234_567, currency: 'EUR' },
    expectedClose: day(60 + index),
    submittedAt: at(-(index + 1) * 9 * HOUR_MS),
    answerBy: asked ? at(5 * HOUR_MS) : null,
    ...outlook,
    nextAt: outlook.nextStep === null ? null : at((index + 3) * 7 * HOUR_MS),
    protectedFrom: from === undefined ? null : at(from),
    protectedUntil: until === undefined ? null : at(until),
    atRiskSince: null,
    extensions: status === 'approved' ? 1 : 0,
    due: asked ? pick(dues, index) : null,
    ...standing[status],
    queue:
      side === 'vendor' && outlook.waitingFor === 'vendor'
        ? (standing[status]?.queue ?? 'channel-approvals')
        : null,
  };
}

const rivalNames = ['Ironbridge Freight Ltd', 'Ironbridge Freight Limited', 'Iron Bridge Freight Services'];

/** Three partners' registrations of one customer, who are decided together. */
function rivals(): RegistrationHead[] {
  return rivalNames.map((customerName, index) => ({
    ...headOf({ status: 'pending_approval', index: 20 + index, side: 'vendor' }),
    customerName,
    customerCountry: 'GB',
    opportunityName: 'Depot sensors',
    partnerName: pick(partners, index),
    due: pick(dues, 1),
  }));
}

export function registrationOf(id: string, side: 'vendor' | 'partner'): Registration {
  const all = [...heads(side), ...rivals()];
  const head = all.find((one) => one.id === id) ?? (all[1] as RegistrationHead);
  const asked = head.status === 'info_requested';
  return {
    ...head,
    benefitPpm: head.status === 'approved' ? 500_000 : null,
    leftOut: head.status === 'approved' ? ['edge-security'] : [],
    taken:
      side === 'vendor' && head.status !== 'approved'
        ? { families: ['edge-security'], protects: ['switching'] }
        : null,
    details: {
      source: 'partner_sourced',
      customer: {
        legalName: head.customerName,
        webDomain: 'aldermoor.example',
        country: 'DE',
        street: 'Hafenstraße 12',
        postalCode: '20457',
        city: 'Hamburg',
        industry: 'Logistics',
        phone: '+49 40 5550123',
        taxIdLast2: '42',
        contacts: [
          { name: 'Head of purchasing (demo)', email: 'purchasing@aldermoor.example', role: 'Purchasing' },
        ],
      },
      lines: [{ sku: 'SEN-100', quantity: 240 }],
      stage: 'proposal',
      competitors: ['Ostrava Controls'],
      incumbentReseller: null,
      rfp: { status: 'none', date: null },
      salesActivities: ['customer_call', 'demo'],
      activitySummary: 'Call held with operations; a demonstration is agreed.',
      evidenceIds: ['evd_1'],
      distributor: null,
      requestedDiscountPpm: 120_000,
      vendorRep: null,
    },
    policyVersion: 3,
    submittedByName: 'Partner sales (demo)',
    verbs: verbsIn(head.status, side),
    informationRequest: asked
      ? {
          words: 'Please correct the products and the tender, and say more of the customer.',
          fields: ['customer', 'lines', 'rfp', 'competitors', 'requestedDiscountPpm', 'evidenceIds'],
          askedAt: at(-6 * HOUR_MS),
          answerBy: at(4 * DAY_MS),
        }
      : null,
    decisions: decisionsIn(head.status),
    why:
      head.status === 'rejected' || head.status === 'under_review'
        ? [{ rule: 'evidence_missing', outcome: 'not_met', facts: { given: 0, minimum: 1 } }]
        : [],
    matches: side === 'partner' ? [] : matchesOf(head),
    extensions: id === 'reg_2' ? 1 : 0,
    openTaskId: side === 'vendor' && id === 'reg_1' ? 'tsk_1' : null,
    accountId: 'acc_1',
  };
}

/** As the rules allow them in a state in which nothing else is under way. */
function verbsIn(status: RegistrationStatus, side: 'vendor' | 'partner'): Registration['verbs'] {
  const state = { status, pending: null, extensionAsked: false, appealed: status === 'appealed', tasks: [] };
  return caseVerbs
    .filter((name) => partnersVerbs.includes(name) === (side === 'partner'))
    .map((name) => ({ name, allowed: whyNotVerb(state, name) === null, why: whyNotVerb(state, name) }));
}

function decisionsIn(status: RegistrationStatus): Registration['decisions'] {
  const outcome =
    status === 'approved' || status === 'won' ? 'approve' : status === 'rejected' ? 'deny' : null;
  if (outcome === null) return [];
  return [
    {
      id: 'dec_0',
      outcome,
      reasonCode: outcome === 'deny' ? 'not_eligible' : null,
      words: outcome === 'deny' ? 'Send the minutes of a call, and register again.' : '',
      privateNote: null,
      by: 'Approver (demo)',
      actingFor: null,
      decidedAt: at(-20 * DAY_MS),
      effectiveAt: at(-20 * DAY_MS + 10_000),
      policyVersion: 3,
      retracted: false,
    },
  ];
}

type Match = Registration['matches'][number];

const brightwater: Match = {
  otherKind: 'registration',
  otherId: 'reg_77',
  otherReference: 'DR-7077-1AAA',
  otherAccountId: 'acc_77',
  otherName: 'Brightwater Foods Europe SE',
  otherCountry: 'DE',
  otherPartnerName: 'Quayside Networks',
  otherStatus: 'approved',
  verdict: 'probable',
  evidence: [
    {
      kind: 'registrable_domain',
      supports: true,
      left: 'brightwater.example',
      right: 'brightwater.example',
      similarityPpm: null,
    },
    {
      kind: 'name_similar',
      supports: true,
      left: 'Brightwater Foods SE',
      right: 'Brightwater Foods Europe SE',
      similarityPpm: 914_000,
    },
    { kind: 'city', supports: false, left: 'Hamburg', right: 'Bremen', similarityPpm: null },
  ],
  judged: null,
  judgedBy: null,
};

/** Who is alike: the pair to judge of the second case, the direct deal of a conflict, the other rivals of a joint task. */
function matchesOf(head: RegistrationHead): Registration['matches'] {
  if (head.id === 'reg_1') return [brightwater];
  const domain = { kind: 'registrable_domain', supports: true, similarityPpm: null };
  if (head.status === 'in_conflict')
    return [
      {
        ...brightwater,
        otherKind: 'direct_deal',
        otherId: 'ddl_1',
        otherReference: null,
        otherName: head.customerName,
        otherPartnerName: null,
        otherStatus: 'proposal',
        verdict: 'duplicate',
        evidence: [
          { ...domain, left: 'eastgate.example', right: 'eastgate.example' },
          { kind: 'country', supports: true, left: 'DE', right: 'DE', similarityPpm: null },
        ],
      },
    ];
  const all = rivals();
  if (!all.some(({ id }) => id === head.id)) return [];
  return all
    .filter(({ id }) => id !== head.id)
    .map((other) => ({
      ...brightwater,
      otherId: other.id,
      otherReference: other.reference,
      otherName: other.customerName,
      otherCountry: other.customerCountry,
      otherPartnerName: other.partnerName,
      otherStatus: other.status,
      verdict: 'duplicate',
      evidence: [
        { ...domain, left: 'ironbridge.example', right: 'ironbridge.example' },
        {
          kind: 'name_similar',
          supports: true,
          left: head.customerName,
          right: other.customerName,
          similarityPpm: 931_000,
        },
      ],
    }));
}

function timelineOf(side: 'vendor' | 'partner', caseId: string): TimelineEntry[] {
  const all = [
    entry({
      kind: 'submitted',
      at: at(-30 * HOUR_MS),
      actor: 'Partner sales (demo)',
      facts: { queue: 'channel-approvals', answerBy: at(5 * HOUR_MS) },
    }),
    entry({
      kind: 'started',
      source: 'clock',
      at: at(-30 * HOUR_MS),
      facts: { clock: 'first_response', calendar: 'berlin', dueAtMs: fixtureNowMs + HOUR_MS },
      vendorOnly: true,
    }),
    entry({
      seq: 2,
      kind: 'matched',
      at: at(-29 * HOUR_MS),
      facts: { queue: 'channel-approvals', matches: [{ verdict: 'probable' }] },
    }),
    entry({
      seq: 3,
      kind: 'information_requested',
      at: at(-20 * HOUR_MS),
      actor: 'Approver (demo)',
      facts: {
        fields: ['customer', 'activitySummary'],
        answerBy: at(20 * HOUR_MS),
        words: 'Please send the minutes of the call.',
      },
    }),
    entry({
      seq: 4,
      kind: 'information_answered',
      at: at(-8 * HOUR_MS),
      actor: 'Partner sales (demo)',
      facts: { fields: ['customer'] },
    }),
    entry({
      seq: 4,
      source: 'mail',
      kind: 'received',
      at: at(-8 * HOUR_MS),
      facts: { to: 'Northwind sales (demo)', role: null, delivered: true, skipped: null },
      vendorOnly: true,
    }),
    ...(afterwards[statuses[Number(caseId.slice('reg_'.length))] ?? 'pending_approval'] ?? []),
  ];
  const told = caseId === 'reg_2' ? protectedLife() : all;
  return side === 'partner' ? told.filter(({ vendorOnly }) => !vendorOnly) : told;
}

const [approverName, salesName] = ['Approver (demo)', 'Partner sales (demo)'];

/** What came last, in some of the states. */
const afterwards: Partial<Record<RegistrationStatus, TimelineEntry[]>> = {
  in_conflict: [
    entry({
      seq: 5,
      kind: 'decided',
      source: 'decision',
      at: at(-2 * HOUR_MS),
      actor: approverName,
      facts: { outcome: 'send_to_conflict', effectiveAt: at(-2 * HOUR_MS + 10_000) },
      vendorOnly: true,
    }),
    entry({
      seq: 5,
      kind: 'conflict_opened',
      at: at(-2 * HOUR_MS + 10_000),
      facts: { cause: 'sent_by_reviewer' },
      vendorOnly: true,
    }),
  ],
  rejected: [
    entry({
      seq: 5,
      kind: 'rejected',
      at: at(-2 * HOUR_MS),
      actor: approverName,
      facts: { closureCode: 'not_eligible' },
    }),
  ],
  appealed: [
    entry({
      seq: 5,
      kind: 'rejected',
      at: at(-4 * HOUR_MS),
      actor: approverName,
      facts: { closureCode: 'not_eligible' },
    }),
    entry({
      seq: 6,
      kind: 'appealed',
      at: at(-HOUR_MS),
      actor: salesName,
      facts: { words: 'The minutes of the call are attached now.' },
    }),
  ],
};

/** From the registration to its protection, with the clocks and mails that the vendor sees. */
function protectedLife(): TimelineEntry[] {
  const [approver, begun, approved] = ['Approver (demo)', -21 * DAY_MS, -20 * DAY_MS];
  const clock = (kind: string, name: ClockKind, atMs: number, seq: number, dueMs: number): TimelineEntry =>
    entry({
      seq,
      kind,
      source: 'clock',
      at: at(atMs),
      facts: { clock: name, calendar: 'berlin', dueAtMs: fixtureNowMs + dueMs },
      vendorOnly: true,
    });
  return [
    entry({
      kind: 'submitted',
      at: at(begun),
      actor: 'Partner sales (demo)',
      facts: { queue: 'channel-approvals', answerBy: at(begun + 8 * HOUR_MS) },
    }),
    clock('started', 'first_response', begun, 1, begun + 8 * HOUR_MS),
    clock('started', 'decision', begun, 1, begun + 3 * DAY_MS),
    entry({
      seq: 2,
      kind: 'matched',
      at: at(begun + 2_000),
      facts: { queue: 'channel-approvals', matches: [] },
    }),
    entry({
      seq: 3,
      kind: 'decided',
      source: 'decision',
      at: at(approved),
      actor: approver,
      facts: { outcome: 'approve', effectiveAt: at(approved + 10_000) },
      vendorOnly: true,
    }),
    clock('met', 'first_response', approved, 4, begun + 8 * HOUR_MS),
    clock('met', 'decision', approved, 4, begun + 3 * DAY_MS),
    entry({
      seq: 4,
      kind: 'approved',
      at: at(approved + 10_000),
      actor: approver,
      facts: { protectedUntil: at(70 * DAY_MS) },
    }),
    clock('started', 'protection', approved + 10_000, 4, 70 * DAY_MS),
    clock('started', 'activity_check', approved + 10_000, 4, 10 * DAY_MS),
    entry({
      seq: 4,
      source: 'mail',
      kind: 'decided',
      at: at(approved + 11_000),
      actor: 'Partner sales (demo)',
      vendorOnly: true,
    }),
    entry({
      seq: 5,
      kind: 'activity_reported',
      at: at(-6 * DAY_MS),
      actor: 'Partner sales (demo)',
      facts: { activities: ['customer_call', 'demo'], words: 'Minutes of both are attached.' },
    }),
  ];
}

function entry(part: Partial<TimelineEntry> & Pick<TimelineEntry, 'kind' | 'at'>): TimelineEntry {
  return {
    seq: 1,
    source: 'event',
    actor: null,
    actingFor: null,
    facts: {},
    vendorOnly: false,
    ...part,
  };
}

/** Every clock there is, of one case that met them all: late, asked, denied, appealed, in conflict, protected, ended. */
export function clocks(): ClockView[] {
  return everyClock.map(({ kind, from, days, unit = 'day', ended, meanwhile }) => {
    const dueMs = (from + days) * DAY_MS;
    const event = (name: string, afterDays: number, facts: Record<string, unknown>) => ({
      kind: name,
      at: at((from + afterDays) * DAY_MS),
      recordedAt: at((from + afterDays) * DAY_MS),
      facts,
    });
    const dueAtMs = fixtureNowMs + dueMs;
    const events = [
      event('started', 0, { dueAtMs, calendarName: 'berlin', duration: { amount: days, unit } }),
      ...meanwhile.map(([name, afterDays, facts]) => event(name, afterDays, facts ?? {})),
      ...(ended === undefined ? [] : [event('met', ended, { dueAtMs })]),
    ];
    const when = (name: string): string | null => events.find((one) => one.kind === name)?.at ?? null;
    return {
      id: `clk_${kind}`,
      kind,
      phase: ended === undefined ? 'running' : 'met',
      calendar: 'berlin',
      startedAt: at(from * DAY_MS),
      dueAt: at(dueMs),
      breachedAt: when('breached'),
      ranOutAt: when('ran_out'),
      endedAt: ended === undefined ? null : at((from + ended) * DAY_MS),
      events: events.map((one, index) => ({ ...one, n: index + 1 })),
    };
  });
}

/** In days from now, and from the start on. */
const everyClock: readonly {
  kind: ClockKind;
  from: number;
  days: number;
  unit?: 'businessDay';
  ended?: number;
  meanwhile: readonly (readonly [kind: string, afterDays: number, facts?: Record<string, unknown>])[];
}[] = [
  {
    kind: 'first_response',
    from: -133,
    days: 1,
    unit: 'businessDay',
    ended: 1.1,
    meanwhile: [
      ['breached', 1],
      ['fired', 1, { key: 'escalate-1-channel_account_manager', action: 'escalate' }],
    ],
  },
  {
    kind: 'decision',
    from: -133,
    days: 10,
    unit: 'businessDay',
    ended: 9,
    meanwhile: [
      ['paused', 1.1, { cause: 'information' }],
      ['resumed', 7, { dueAtMs: fixtureNowMs - 123 * DAY_MS }],
    ],
  },
  {
    kind: 'information',
    from: -131.9,
    days: 7,
    unit: 'businessDay',
    ended: 5.9,
    meanwhile: [['fired', 3, { key: 'reminder-day-3', action: 'remind_partner' }]],
  },
  { kind: 'appeal_window', from: -124, days: 7, unit: 'businessDay', ended: 3, meanwhile: [] },
  {
    kind: 'appeal',
    from: -121,
    days: 9,
    unit: 'businessDay',
    ended: 8,
    meanwhile: [
      ['paused', 4, { cause: 'conflict' }],
      ['resumed', 7, { dueAtMs: fixtureNowMs - 112 * DAY_MS }],
    ],
  },
  { kind: 'conflict', from: -117, days: 3, unit: 'businessDay', ended: 3, meanwhile: [] },
  {
    kind: 'protection',
    from: -113,
    days: 106,
    ended: 106,
    meanwhile: [
      ['fired', 60, { key: 'reminder-30-days', action: 'remind_expiry' }],
      ['paused', 85, { cause: 'extension' }],
      ['moved', 87, { dueAtMs: fixtureNowMs - 7 * DAY_MS, reason: 'extension' }],
      ['ran_out', 106],
    ],
  },
  {
    kind: 'activity_check',
    from: -113,
    days: 30,
    ended: 30,
    meanwhile: [['fired', 30, { key: 'at-risk', action: 'mark_at_risk' }]],
  },
  { kind: 'activity_grace', from: -83, days: 14, unit: 'businessDay', ended: 6, meanwhile: [] },
  { kind: 'extension', from: -28, days: 3, unit: 'businessDay', ended: 2, meanwhile: [] },
  { kind: 'late_extension', from: -7, days: 30, meanwhile: [] },
];

/** The timeline as a route answers it: the reader looked before the last steps. */
export function timelineAnswer(side: 'vendor' | 'partner', caseId: string) {
  const items = timelineOf(side, caseId);
  return {
    items,
    upTo: Math.max(...items.map(({ seq }) => seq)),
    lastLook: caseId === 'reg_2' ? null : { upTo: 3, at: at(-18 * HOUR_MS) },
  };
}

export const savedViews: SavedView[] = [
  {
    id: 'viw_1',
    screen: 'inbox',
    name: 'Late first',
    query: { tone: 'breached' },
    sharedWith: null,
    isDefault: false,
    own: true,
    ownerName: 'approver (demo)',
  },
  {
    id: 'viw_2',
    screen: 'registrations',
    name: 'Protected, by value',
    query: { status: 'approved', sort: 'value' },
    sharedWith: 'program_ops',
    isDefault: false,
    own: false,
    ownerName: 'Second program operations (demo)',
  },
];

/** The reader, an approver, stands in for the director. */
export const absences: readonly Absence[] = [
  {
    id: 'abs_1',
    person: { id: 'psn_away', displayName: 'Director (demo)' },
    deputy: { id: 'psn_approver', displayName: 'approver (demo)' },
    fromAt: at(-HOUR_MS),
    untilAt: at(DAY_MS),
    capMinor: 10_000_000,
    mayEnd: false,
  },
];

export const people: PersonWithRoles[] = [
  {
    id: 'psn_1',
    displayName: 'Approver (demo)',
    email: 'approver@meridian.example',
    side: 'vendor',
    partnerName: null,
    active: true,
    roles: [
      {
        role: 'approver',
        limitMinor: 10_000_000,
        limitCurrency: 'EUR',
        validFrom: null,
        validTo: null,
        inForce: true,
      },
      {
        role: 'program_ops',
        limitMinor: null,
        limitCurrency: null,
        validFrom: null,
        validTo: at(-9 * DAY_MS),
        inForce: false,
      },
    ],
  },
  {
    id: 'psn_2',
    displayName: 'Partner sales (demo)',
    email: 'sales@northwind-harbour.example',
    side: 'partner',
    partnerName: 'Northwind Harbour Systems',
    active: false,
    roles: [
      {
        role: 'partner_sales',
        limitMinor: null,
        limitCurrency: null,
        validFrom: null,
        validTo: null,
        inForce: true,
      },
    ],
  },
];

export const roleChanges: RoleChangeView[] = [
  {
    id: 'rch_1',
    person: { id: 'psn_1', displayName: 'Approver (demo)', partnerName: null },
    kind: 'change_limit',
    role: 'approver',
    limit: { amountMinor: 25_000_000, currency: 'EUR' },
    words: 'Stands in for the director in March.',
    proposedBy: { id: 'psn_3', displayName: 'Second administrator (demo)' },
    proposedAt: at(-2 * HOUR_MS),
    status: 'open',
    decidedBy: null,
    decidedAt: null,
    decidedWords: null,
    whyNotConfirm: null,
    whyNotDecline: null,
  },
  {
    id: 'rch_2',
    person: { id: 'psn_2', displayName: 'Partner sales (demo)', partnerName: 'Northwind Harbour Systems' },
    kind: 'reinstate',
    role: null,
    limit: null,
    words: 'Back from leave.',
    proposedBy: { id: 'psn_admin', displayName: 'Administrator (demo)' },
    proposedAt: at(-HOUR_MS),
    status: 'open',
    decidedBy: null,
    decidedAt: null,
    decidedWords: null,
    whyNotConfirm: 'proposed_by_you',
    whyNotDecline: null,
  },
  {
    id: 'rch_3',
    person: { id: 'psn_1', displayName: 'Approver (demo)', partnerName: null },
    kind: 'take_role',
    role: 'program_ops',
    limit: null,
    words: 'Moved to the deal desk.',
    proposedBy: { id: 'psn_admin', displayName: 'Administrator (demo)' },
    proposedAt: at(-10 * DAY_MS),
    status: 'confirmed',
    decidedBy: 'Director (demo)',
    decidedAt: at(-9 * DAY_MS),
    decidedWords: 'Agreed.',
    whyNotConfirm: null,
    whyNotDecline: null,
  },
];

export const myPartners: MyPartners = {
  partners: partners.map((name, index) => ({
    id: `prt_${index + 1}`,
    name,
    tier: pick(['gold', 'silver'], index),
    standing: index === 2 ? 'suspended' : 'good',
    waitsForVendor: [4, 2, 0][index] ?? 0,
    waitsForPartner: [2, 0, 1][index] ?? 0,
    protected: [18, 7, 1][index] ?? 0,
    attention: [3, 1, 0][index] ?? 0,
    changed: [2, 0, 1][index] ?? 0,
  })),
  attention: (['promise_broken', 'at_risk', 'protection_ending', 'partner_owes_answer'] as const).map(
    (reason, index) => ({
      caseId: `reg_${index}`,
      reference: `DR-${7000 + index}-9QX${index}`,
      partnerId: 'prt_1',
      partnerName: pick(partners, index),
      customerName: pick(customers, index),
      opportunityName: 'Warehouse sensors',
      amount: { amountMinor: 4_800_000 + index * 1_234_567, currency: 'EUR' },
      reason,
      at: at((index * 2 - 1) * DAY_MS),
      news: index === 1 ? { count: 1, at: at(-HOUR_MS), kind: 'at_risk' } : null,
    }),
  ),
  protections: Array.from({ length: 22 }, (_, index) => ({
    caseId: `reg_${index}`,
    partnerName: pick(partners, index),
    customerName: pick(customers, index),
    until: at((3 + ((index * 7) % 110)) * DAY_MS),
  })).toSorted((left, right) => left.until.localeCompare(right.until)),
  cut: false,
};

/** What came since the reader looked: for some of the list. */
export function rows(side: 'vendor' | 'partner'): RegistrationListRow[] {
  return heads(side).map((head, index) => ({
    ...head,
    news:
      index === 1
        ? { count: 2, at: at(-2 * HOUR_MS), kind: 'information_answered' }
        : index === 2
          ? { count: 1, at: at(-3 * HOUR_MS), kind: 'approved' }
          : null,
  }));
}

/**
 * `count` open tasks, most urgent first; the second of them is the case with a pair to judge, and from the sixth on come
 * the other kinds: rivals, a conflict, an extension, an amendment, an appeal.
 */
export function tasks(count: number): TaskDetail[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `tsk_${index}`,
    caseId: `reg_${index % 8}`,
    caseKind: 'deal-registration',
    kind: 'registration_review',
    subject: pick(customers, index),
    partnerName: pick(partners, index),
    reference: `DR-${7000 + index}-9QX0`,
    programId: 'prg_1',
    question: 'approve_registration',
    queue: 'channel-approvals',
    role: 'approver',
    outcomes: ['approve', 'deny', 'request_information', 'send_to_conflict'],
    amount: { amountMinor: 4_800_000 + index * 1_234_567, currency: 'EUR' },
    openedAt: at(-index * HOUR_MS),
    due: pick(dues, index),
    claimedBy:
      index === 2 ? { id: 'psn_other', displayName: 'Second approver (demo)', until: at(HOUR_MS / 6) } : null,
    mayDecide: index !== 3,
    whyNot: index === 3 ? 'over_your_limit' : null,
    actingFor: index === 11 ? { id: 'psn_away', displayName: 'Director (demo)' } : null,
    unjudged: index === 1 ? 1 : 0,
    news: index === 4 ? { count: 1, at: at(-HOUR_MS), kind: 'information_answered' } : null,
    version: 1,
    facts: {},
    factsHash: `hash-${index}`,
    nobodyDecides: index === 3 ? 'everybody_took_part' : null,
    similar: [
      {
        caseId: 'reg_6',
        reference: 'DR-7006-9QX6',
        outcome: 'approve',
        reasonCode: null,
        decidedAt: at(-9 * DAY_MS),
      },
    ],
    ...otherKinds()[index],
  }));
}

/** What is different in a task of another kind, by its place. */
function otherKinds(): Readonly<Record<number, Partial<TaskDetail>>> {
  const joint = rivals();
  const [first] = joint;
  const of = (status: RegistrationStatus): Partial<TaskDetail> => {
    const head = heads('vendor').find((one) => one.status === status);
    return head === undefined
      ? {}
      : {
          caseId: head.id,
          subject: head.customerName,
          partnerName: head.partnerName,
          reference: head.reference,
          amount: head.value,
        };
  };
  return {
    5: {
      caseId: 'win_1',
      caseKind: 'review-window',
      kind: 'joint_review',
      question: 'choose_between_rivals',
      subject: first?.customerName ?? '',
      partnerName: null,
      reference: null,
      outcomes: ['protect_partner', 'share', 'deny'],
      similar: [],
      facts: {
        // As they came in; the ranking has its own order.
        rivals: joint
          .map(({ id, reference, customerName }) => ({ registrationId: id, reference, customerName }))
          .toReversed(),
        ranking: joint.map(({ id }, place) => ({
          registrationId: id,
          behindBy:
            place === 0
              ? null
              : place === 1
                ? { rule: 'sharedReduced' }
                : { rule: 'mostQualified', mine: 1, best: 3 },
        })),
      },
    },
    6: {
      ...of('in_conflict'),
      kind: 'conflict_resolution',
      question: 'resolve_conflict',
      outcomes: ['protect_partner', 'award_other', 'no_conflict'],
    },
    7: {
      ...of('approved'),
      kind: 'extension',
      question: 'grant_extension',
      outcomes: ['grant', 'refuse'],
    },
    8: {
      ...of('approved'),
      kind: 'amendment',
      question: 'approve_amendment',
      outcomes: ['grant', 'refuse'],
    },
    9: { ...of('appealed'), kind: 'appeal', question: 'decide_appeal', outcomes: ['uphold', 'overturn'] },
  };
}

export const programs: Program[] = [
  {
    id: 'prg_1',
    key: 'harbour',
    name: 'Harbour program',
    currency: 'EUR',
    registration: {
      policyVersion: 3,
      allowedTypes: ['new_customer', 'new_solution', 'add_on'],
      allowedSources: ['partner_sourced', 'vendor_assigned'],
      minimumValueMinor: 1_000_000,
      minimumUnitsPerSku: null,
      minimumEvidence: 0,
      rfp: 'allowed',
      undoWindowSeconds: 10,
      reasons: {
        rejection: [
          {
            key: 'criteria',
            closureCode: 'not_eligible',
            words: 'The deal does not meet the conditions of the program.',
          },
          { key: 'duplicate', closureCode: 'duplicate', words: 'You registered this opportunity before.' },
        ],
        loss: [{ key: 'price', closureCode: 'price', words: 'Lost on price.' }],
        withdrawal: [
          { key: 'mistake', closureCode: 'withdrawn_by_partner', words: 'Registered by mistake.' },
        ],
      },
    },
  },
];

programs.push({ id: 'prg_2', key: 'quay', name: 'Quay program', currency: 'USD', registration: null });

export const products: Product[] = [
  { sku: 'SEN-100', name: 'Sensor 100', family: 'sensors', familyName: 'Sensors', core: true },
  { sku: 'GTW-20', name: 'Gateway 20', family: 'gateways', familyName: 'Gateways', core: false },
];

export const board: Board = {
  asOf: at(0),
  teams: [
    {
      queue: 'channel-approvals',
      open: 42,
      dueToday: 9,
      breached: 3,
      paused: 4,
      oldestOpenedAt: at(-4 * DAY_MS),
    },
    {
      queue: 'channel-directors',
      open: 6,
      dueToday: 1,
      breached: 0,
      paused: 0,
      oldestOpenedAt: at(-1 * DAY_MS),
    },
  ],
  stages: [
    { status: 'under_review', count: 18, valueMinor: 812_000_00, currency: 'EUR' },
    { status: 'pending_approval', count: 30, valueMinor: 1_920_000_00, currency: 'EUR' },
    { status: 'approved', count: 211, valueMinor: 14_300_000_00, currency: 'EUR' },
  ],
  attainment: Array.from({ length: 8 }, (_, week) => [
    {
      weekStart: day(-7 * (8 - week)),
      kind: 'first_response',
      promises: 40 + week,
      inTime: 38 + week - (week % 3),
    },
    { weekStart: day(-7 * (8 - week)), kind: 'decision', promises: 30, inTime: 24 + (week % 5) },
  ]).flat(),
  attainmentTargets: [{ targetPpm: 950_000, programs: ['Harbour program'] }],
  due: [
    {
      caseId: 'reg_1',
      jointTaskId: null,
      reference: 'DR-7001-9QX1',
      subject: 'Brightwater Foods SE',
      queue: 'channel-approvals',
      dueAt: at(HOUR_MS),
      breachedAt: null,
      partnerName: 'Quayside Networks',
    },
  ],
  breached: [
    {
      caseId: 'reg_0',
      jointTaskId: null,
      reference: 'DR-7000-9QX0',
      subject: 'Aldermoor Logistics GmbH',
      queue: 'channel-approvals',
      dueAt: at(-3 * HOUR_MS),
      breachedAt: at(-3 * HOUR_MS),
      partnerName: 'Northwind Harbour Systems',
    },
  ],
  stuck: {
    receipts: 1,
    outbound: 1,
    imports: 0,
    unsealed: 0,
    workflows: 0,
    tasks: 1,
    oldestAt: at(-2 * HOUR_MS),
  },
  hold: null,
};

export const stuck: StuckItem[] = [
  {
    kind: 'mail',
    id: 'out_1',
    caseId: 'reg_2',
    reference: 'DR-7002-9QX2',
    since: at(-2 * HOUR_MS),
    attempts: 6,
    cause: 'The mail server refused the address: 550 no such mailbox.',
    parked: true,
    actions: ['retry', 'skip', 'reassign'],
    remedy: null,
  },
  {
    kind: 'receipt',
    id: '812',
    caseId: 'reg_3',
    reference: 'DR-7003-9QX3',
    since: at(-HOUR_MS),
    attempts: 2,
    cause: 'The process engine did not answer in time.',
    parked: false,
    actions: ['retry'],
    remedy: null,
  },
  {
    kind: 'task',
    id: 'tsk_3',
    caseId: 'reg_3',
    reference: 'DR-7003-9QX3',
    since: at(-4 * HOUR_MS),
    attempts: 0,
    cause: nobodyDecidesWords.everybody_took_part,
    parked: false,
    actions: ['reassign'],
    remedy: null,
  },
];

const version = (part: Partial<PolicyVersion> & Pick<PolicyVersion, 'id'>): PolicyVersion => ({
  kind: 'deal-registration',
  version: null,
  status: 'draft',
  effectiveFrom: null,
  effectiveTo: null,
  note: '',
  createdBy: 'program ops (demo)',
  createdById: 'psn_program_ops',
  createdAt: at(-3 * DAY_MS),
  publishedBy: null,
  publishedAt: null,
  revision: 1,
  inEffect: false,
  openCases: 0,
  ...part,
});

export const policies: PolicyVersion[] = [
  version({ id: 'pol_4', note: 'Quicker answers for the gold tier' }),
  version({
    id: 'pol_3',
    version: 3,
    status: 'published',
    effectiveFrom: at(-60 * DAY_MS),
    publishedBy: 'Administrator (demo)',
    publishedAt: at(-61 * DAY_MS),
    inEffect: true,
    openCases: 259,
  }),
  version({
    id: 'pol_2',
    version: 2,
    status: 'published',
    effectiveFrom: at(-200 * DAY_MS),
    effectiveTo: at(-60 * DAY_MS),
    publishedBy: 'Administrator (demo)',
    publishedAt: at(-201 * DAY_MS),
  }),
  version({
    id: 'pol_9',
    kind: 'special-pricing',
    version: 1,
    status: 'published',
    effectiveFrom: at(-90 * DAY_MS),
    note: 'The matrix as the board decided it',
    publishedBy: 'Administrator (demo)',
    publishedAt: at(-91 * DAY_MS),
    inEffect: true,
  }),
];

const nineToFive = [{ from: '09:00', to: '17:00' }];
const berlin: CalendarDefinition = {
  name: 'berlin',
  zone: 'Europe/Berlin',
  hours: {
    monday: nineToFive,
    tuesday: nineToFive,
    wednesday: nineToFive,
    thursday: nineToFive,
    friday: nineToFive,
    saturday: [],
    sunday: [],
  },
  holidays: [{ country: 'DE', state: 'BE', region: null, types: ['public'] }],
  ownDays: [{ date: '12-24', hours: [{ from: '09:00', to: '13:00' }], note: 'Half day' }],
};

const closed = { date: '12-31', hours: [], note: 'Stocktaking' };
const draftOfBerlin = { ...berlin, ownDays: [...berlin.ownDays, closed] };

/** A calendar with a draft of its next version, as another person wrote it. */
export function calendarOf(year: number): CalendarDetail {
  return {
    name: 'berlin',
    version: 3,
    updatedAt: at(-90 * DAY_MS),
    programs: ['Harbour program'],
    year,
    inForce: { definition: berlin, days: particularDays(berlin, year) },
    draft: {
      definition: draftOfBerlin,
      days: particularDays(draftOfBerlin, year),
      note: 'Stocktaking on the last day of the year',
      writtenBy: ['Administrator (demo)'],
      writtenAt: at(-DAY_MS),
      revision: 2,
      whyNotPublish: null,
    },
  };
}

const priceVersion: PriceBookVersionView = {
  id: 'pbv_2',
  status: 'published',
  version: 2,
  effectiveFrom: at(-60 * DAY_MS),
  inForce: true,
  note: 'Freight came down',
  fileName: 'prices-emea.csv',
  entries: 4,
  comparedWith: 1,
  changes: {
    added: 0,
    removed: 0,
    dearer: 0,
    cheaper: 1,
    costOnly: 1,
    unchanged: 2,
    largest: [
      { sku: 'HFW-200', listBeforeMinor: 410_000, listAfterMinor: 399_000, listChangePpm: -26_829 },
      { sku: 'HSW-48', listBeforeMinor: 640_000, listAfterMinor: 640_000, listChangePpm: 0 },
    ],
  },
  createdBy: 'Finance (demo)',
  createdAt: at(-62 * DAY_MS),
  publishedBy: 'Program operations (demo)',
  publishedAt: at(-61 * DAY_MS),
  whyNotPublish: 'not_a_draft',
};

export const priceBook = {
  id: 'pbk_1',
  name: 'Europe',
  currency: 'EUR',
  region: 'EMEA',
  version: 2,
  hasDraft: true,
};

/** A draft of the next prices, as another person brought it, and the version in force. */
export const priceVersions: PriceBookVersionView[] = [
  {
    ...priceVersion,
    id: 'pbv_3',
    status: 'draft',
    version: null,
    effectiveFrom: null,
    inForce: false,
    note: 'List prices of the new year',
    fileName: 'prices-emea-next.csv',
    comparedWith: 2,
    changes: {
      added: 1,
      removed: 1,
      dearer: 2,
      cheaper: 0,
      costOnly: 0,
      unchanged: 1,
      largest: [
        { sku: 'HOS-1T', listBeforeMinor: 95_000, listAfterMinor: null, listChangePpm: null },
        { sku: 'HSW-48', listBeforeMinor: 640_000, listAfterMinor: 672_000, listChangePpm: 50_000 },
        { sku: 'HFW-200', listBeforeMinor: 399_000, listAfterMinor: 411_000, listChangePpm: 30_075 },
        { sku: 'HOS-10T', listBeforeMinor: null, listAfterMinor: 880_000, listChangePpm: null },
      ],
    },
    createdAt: at(-DAY_MS),
    publishedBy: null,
    publishedAt: null,
    whyNotPublish: null,
  },
  priceVersion,
];

export const priceEntries = [
  {
    sku: 'HFW-200',
    product: 'Firewall, branch office',
    family: 'Security',
    listMinor: 399_000,
    costMinor: 180_000,
  },
  { sku: 'HOS-1T', product: 'Object storage, 1 TB', family: 'Storage', listMinor: 95_000, costMinor: null },
  { sku: 'HSW-48', product: 'Switch, 48 ports', family: 'Switching', listMinor: 640_000, costMinor: 301_500 },
];

export const policyBody: Record<string, unknown> = {
  calendarName: 'berlin',
  currency: 'EUR',
  firstResponse: { otherwise: { amount: 16, unit: 'businessHour' } },
  decision: { within: { amount: 3, unit: 'businessDay' } },
  information: { answerWithin: { amount: 5, unit: 'businessDay' } },
  reviewWindow: { amount: 1, unit: 'businessDay' },
  undoWindowSeconds: 10,
  protection: { otherwise: { amount: 90, unit: 'day' }, countedFrom: 'approval' },
  extension: { steps: [{ length: { amount: 30, unit: 'day' }, by: 'channel_account_manager' }] },
  activityCheck: null,
  quietPeriod: { amount: 30, unit: 'day' },
  appeal: { within: { amount: 5, unit: 'businessDay' } },
  whoWins: { criteria: [{ rule: 'firstCome' }] },
};

/** The document of a version: of a special pricing one as the product ships it. */
export function bodyOf(policyId: string): Record<string, unknown> {
  if (policies.find(({ id }) => id === policyId)?.kind !== 'special-pricing') return policyBody;
  return { ...readPolicyExamples().find(({ kind }) => kind === 'special-pricing')?.body };
}

const rateOf = (quote: string, rateE9: number): ExchangeRateView => ({
  base: 'EUR',
  quote,
  validFrom: day(-12),
  rateE9,
  source: 'Treasury desk (demo)',
});
export const exchangeRates: readonly ExchangeRateView[] = [
  rateOf('GBP', 861_250_000),
  rateOf('JPY', 164_900_000_000),
  rateOf('KWD', 336_100_000),
  rateOf('USD', 1_094_500_000),
];
export const ratesOfPair: readonly ExchangeRateView[] = [
  rateOf('USD', 1_094_500_000),
  { ...rateOf('USD', 1_087_000_000), validFrom: day(-43) },
];
export const exchangeRateFiles: readonly ExchangeRateFileView[] = [
  {
    id: 'xrf_2',
    status: 'draft',
    note: 'Rates of the month',
    fileName: 'rates-2026-03.csv',
    entries: 3,
    changes: {
      pairsAdded: 1,
      ratesAdded: 3,
      largest: [
        {
          base: 'EUR',
          quote: 'CHF',
          validFrom: day(1),
          beforeE9: null,
          afterE9: 931_200_000,
          changePpm: null,
        },
        {
          base: 'EUR',
          quote: 'JPY',
          validFrom: day(1),
          beforeE9: 164_900_000_000,
          afterE9: 16_490_000_000,
          changePpm: -900_000,
        },
        {
          base: 'EUR',
          quote: 'USD',
          validFrom: day(1),
          beforeE9: 1_094_500_000,
          afterE9: 1_101_200_000,
          changePpm: 6_121,
        },
      ],
    },
    createdBy: 'Finance (demo)',
    createdAt: at(-2 * HOUR_MS),
    publishedBy: null,
    publishedAt: null,
    whyNotPublish: null,
  },
  {
    id: 'xrf_1',
    status: 'published',
    note: 'The first rates',
    fileName: 'rates-2026-02.csv',
    entries: 4,
    changes: { pairsAdded: 4, ratesAdded: 4, largest: [] },
    createdBy: 'Finance (demo)',
    createdAt: at(-13 * DAY_MS),
    publishedBy: 'Program operations (demo)',
    publishedAt: at(-12 * DAY_MS),
    whyNotPublish: 'not_a_draft',
  },
];

/** Relations as the vendor's people see them; a partner those of his own. */
export function distributorRelations(side: 'vendor' | 'partner'): DistributorRelation[] {
  const relation = (
    id: string,
    reseller: string,
    distributor: string,
    days: Pick<DistributorRelation, 'fromDate' | 'toDate' | 'holds'>,
  ): DistributorRelation => ({
    id,
    reseller: { id: `prt_${reseller}`, name: reseller },
    distributor: { id: `prt_${distributor}`, name: distributor },
    ...days,
  });
  const all = [
    relation('drl_1', 'Larkspur IT Partners', 'Harbourgate Distribution', {
      fromDate: day(-400),
      toDate: day(-30),
      holds: false,
    }),
    relation('drl_2', 'Larkspur IT Partners', 'Palisade Supply', {
      fromDate: day(-29),
      toDate: null,
      holds: true,
    }),
    relation('drl_3', 'Northwind Harbour Systems', 'Harbourgate Distribution', {
      fromDate: day(-200),
      toDate: null,
      holds: true,
    }),
    relation('drl_4', 'Quayside Networks', 'Harbourgate Distribution', {
      fromDate: day(28),
      toDate: null,
      holds: false,
    }),
  ];
  return side === 'vendor' ? all : all.filter(({ id }) => id === 'drl_3');
}
