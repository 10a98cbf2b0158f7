import type {
  Registration,
  RegistrationHead,
  RegistrationListRow,
  TimelineEntry,
} from '../../api/contract/deal-registrations.ts';
import type { PersonWithRoles, Product, Program } from '../../api/contract/directory.ts';
import type { MyPartners } from '../../api/contract/my-partners.ts';
import type { Board, StuckItem } from '../../api/contract/operations.ts';
import type { PolicyVersion } from '../../api/contract/policies.ts';
import type { RoleChangeView } from '../../api/contract/role-changes.ts';
import type { SavedView } from '../../api/contract/saved-views.ts';
import type { Session } from '../../api/contract/session.ts';
import type { TaskDetail } from '../../api/contract/tasks.ts';
import { rolePermissions, type Role } from '../../domain/access.ts';
import { nobodyDecidesWords } from '../../domain/words/en.ts';

/* Fictitious data in the shape of the contracts, for the states that a fresh installation shows rarely. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const base = Date.now();
export const at = (offsetMs: number): string => new Date(base + offsetMs).toISOString();
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

export function heads(side: 'vendor' | 'partner'): RegistrationHead[] {
  const statuses = [
    'info_requested',
    'under_review',
    'approved',
    'pending_approval',
    'in_conflict',
    'rejected',
    'won',
    'expired',
  ] as const;
  return statuses.map((status, index) => ({
    id: `reg_${index}`,
    reference: `DR-${7000 + index}-9QX${index}`,
    programId: 'prg_1',
    programName: 'Harbour program',
    partnerId: 'prt_1',
    partnerName: side === 'partner' ? 'Northwind Harbour Systems' : pick(partners, index),
    status: side === 'partner' && status === 'in_conflict' ? 'under_review' : status,
    closureCode:
      status === 'rejected'
        ? 'not_eligible'
        : status === 'expired'
          ? 'protection_ended'
          : status === 'won'
            ? 'won'
            : null,
    type: 'new_customer',
    customerName: pick(customers, index),
    customerCountry: 'DE',
    opportunityName: pick(['Warehouse sensors', 'Cold chain monitoring', 'Line upgrade 2027'], index),
    value: { amountMinor: 4_800_000 + index * 1_234_567, currency: 'EUR' },
    expectedClose: day(60 + index),
    submittedAt: at(-(index + 1) * 9 * HOUR_MS),
    answerBy: index < 2 ? at(5 * HOUR_MS) : null,
    waitingFor:
      status === 'info_requested'
        ? 'partner'
        : status === 'approved'
          ? 'customer'
          : index < 5
            ? 'vendor'
            : 'nobody',
    queue: side === 'vendor' && index < 5 ? 'channel-approvals' : null,
    nextStep:
      status === 'info_requested'
        ? 'your_answer'
        : status === 'approved'
          ? 'protection_ends'
          : index < 5
            ? 'decided'
            : null,
    nextAt: index < 5 ? at((index + 3) * 7 * HOUR_MS) : null,
    protectedFrom: status === 'approved' ? at(-20 * DAY_MS) : null,
    protectedUntil: status === 'approved' ? at(70 * DAY_MS) : null,
    atRiskSince: null,
    extensions: status === 'approved' ? 1 : 0,
    due:
      status === 'approved'
        ? { ...due(40 * DAY_MS, 40 * 24 * 60, 'waiting'), clock: 'activity_check', calendar: null }
        : index < 5
          ? pick(dues, index)
          : null,
  }));
}

export function registrationOf(id: string, side: 'vendor' | 'partner'): Registration {
  const all = heads(side);
  const head = all.find((one) => one.id === id) ?? (all[1] as RegistrationHead);
  const asked = head.status === 'info_requested';
  return {
    ...head,
    benefitPpm: head.status === 'approved' ? 500_000 : null,
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
    verbs:
      side === 'partner'
        ? [
            { name: 'answer_information', allowed: asked, why: asked ? null : 'not_in_this_state' },
            { name: 'withdraw', allowed: true, why: null },
            { name: 'request_extension', allowed: false, why: 'no_extension_left' },
            {
              name: 'report_won',
              allowed: head.status === 'approved',
              why: head.status === 'approved' ? null : 'not_in_this_state',
            },
          ]
        : [
            { name: 'transfer', allowed: false, why: 'not_in_this_state' },
            { name: 'write_note', allowed: true, why: null },
          ],
    informationRequest: asked
      ? {
          words: 'Please correct the products and the tender, and say more of the customer.',
          fields: ['customer', 'lines', 'rfp', 'competitors', 'requestedDiscountPpm', 'evidenceIds'],
          askedAt: at(-6 * HOUR_MS),
          answerBy: at(4 * DAY_MS),
        }
      : null,
    decisions: [],
    why: [{ rule: 'evidence_missing', outcome: 'not_met', facts: { given: 0, minimum: 1 } }],
    matches: side === 'partner' ? [] : matches,
    extensions: id === 'reg_2' ? 1 : 0,
    openTaskId: side === 'vendor' && id === 'reg_1' ? 'tsk_1' : null,
    accountId: 'acc_1',
  };
}

const matches: Registration['matches'] = [
  {
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
  },
];

export function timelineOf(side: 'vendor' | 'partner'): TimelineEntry[] {
  const entry = (part: Partial<TimelineEntry> & Pick<TimelineEntry, 'kind' | 'at'>): TimelineEntry => ({
    seq: 1,
    source: 'event',
    actor: null,
    actingFor: null,
    facts: {},
    vendorOnly: false,
    ...part,
  });
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
      facts: { clock: 'first_response', calendar: 'berlin', dueAtMs: base + HOUR_MS },
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
    entry({
      seq: 5,
      kind: 'decided',
      source: 'decision',
      at: at(-2 * HOUR_MS),
      actor: 'Approver (demo)',
      facts: { outcome: 'deny', reasonCode: 'not_eligible', effectiveAt: at(-2 * HOUR_MS + 10_000) },
      vendorOnly: true,
    }),
  ];
  return side === 'partner' ? all.filter(({ vendorOnly }) => !vendorOnly) : all;
}

/** The timeline as a route answers it: the reader looked before the last steps. */
export function timelineAnswer(side: 'vendor' | 'partner') {
  const items = timelineOf(side);
  return {
    items,
    upTo: Math.max(...items.map(({ seq }) => seq)),
    lastLook: { upTo: 3, at: at(-18 * HOUR_MS) },
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

/** `count` open tasks, most urgent first; the second of them is the case with a pair to judge. */
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
    actingFor: index === 4 ? { id: 'psn_away', displayName: 'Director (demo)' } : null,
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
  }));
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
    actions: ['retry', 'skip'],
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
