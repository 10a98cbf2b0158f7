import type { TimelineEntry } from '../../api/contract/deal-registrations.ts';
import type { Program } from '../../api/contract/directory.ts';
import type {
  Corridor,
  CounterTerms,
  PriceRequest,
  PricingAgreementDetail,
  PricingAgreementHead,
  SpecialPriceDetail,
  SpecialPriceHead,
  SpecialPricePreview,
  WaterfallView,
} from '../../api/contract/special-prices.ts';
import type { TaskDetail } from '../../api/contract/tasks.ts';
import { partnersPriceVerbs, specialPriceVerbs, whyNotPriceVerb } from '../../domain/special-pricing/case.ts';
import type { ApprovalBand, PricingRole } from '../../domain/special-pricing/policy.ts';
import { routeRequest } from '../../domain/special-pricing/routing.ts';
import type { SpecialPriceStatus } from '../../domain/special-pricing/status.ts';
import { discountPpm, marginPpm, NotPriced, priceWaterfall } from '../../domain/special-pricing/waterfall.ts';
import type { SpecialPrice } from '../../domain/special-pricing/waterfall.ts';

/* Special prices in the shape of the contract, priced and routed by the product's own rules, so that what is typed changes them. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const nowMs = Date.parse('2026-03-03T10:05:00Z');
const at = (offsetMs: number): string => new Date(nowMs + offsetMs).toISOString();
const day = (offsetDays: number): string => at(offsetDays * DAY_MS).slice(0, 10);

type Side = 'vendor' | 'partner';
type Terms = Pick<PriceRequest, 'lines' | 'lumpMinor'>;

const book: Readonly<Record<string, { name: string; family: string; listMinor: number; costMinor: number }>> =
  {
    'SEN-100': { name: 'Sensor 100', family: 'sensors', listMinor: 25_000, costMinor: 11_200 },
    'GTW-20': { name: 'Gateway 20', family: 'gateways', listMinor: 190_000, costMinor: 108_300 },
  };
const TIER_PPM = 100_000;
const REGISTRATION_PPM = 50_000;
const floors: Readonly<Record<string, number>> = { sensors: 250_000, gateways: 200_000 };

const band = (
  key: string,
  toPpm: number | null,
  roles: readonly PricingRole[],
  valueBump: ApprovalBand['valueBump'] = null,
): ApprovalBand => ({
  key,
  toPpm,
  asks: roles.length === 0 ? null : { roles, quorum: null },
  answerWithin: roles.length === 0 ? null : { amount: 8, unit: 'businessHour' },
  valueBump,
});
const bands = [
  band('to-10', 100_000, [], { aboveMinor: 25_000_000, effect: 'one_level_up' }),
  band('over-10-to-20', 200_000, ['channel_account_manager'], {
    aboveMinor: 50_000_000,
    effect: 'one_level_up',
  }),
  band('over-20-to-30', 300_000, ['director'], { aboveMinor: 100_000_000, effect: 'one_level_up' }),
  band('over-30-to-40', 400_000, ['cro'], { aboveMinor: 200_000_000, effect: 'add', roles: ['cfo'] }),
  band('over-40', null, ['cfo', 'ceo']),
];

/** What the program offers on its form. */
export const specialPricing: NonNullable<Program['specialPricing']> = {
  policyVersion: 2,
  registrationNeeded: true,
  validity: { leastDays: 30, mostDays: 90 },
  justifications: [
    { key: 'competitive', label: 'A competitor offers less' },
    { key: 'volume', label: 'Volume' },
    { key: 'strategic', label: 'A strategic customer' },
  ],
  termExceptions: [{ key: 'payment_90', label: 'Payment within 90 days' }],
  denialReasons: [
    { key: 'too_low', closureCode: 'price_too_low', words: 'The price is too low.' },
    { key: 'margin', closureCode: 'margin', words: 'The margin does not allow it.' },
  ],
};

function priced(terms: Terms) {
  return priceWaterfall({
    lumpMinor: terms.lumpMinor,
    lines: terms.lines.map(({ sku, quantity, special }, place) => ({
      lineId: String(place + 1),
      quantity,
      listUnitMinor: book[sku]?.listMinor ?? 0,
      costUnitMinor: book[sku]?.costMinor ?? null,
      tierPpm: TIER_PPM,
      registrationPpm: REGISTRATION_PPM,
      special,
    })),
  });
}

function waterfallOf(terms: Terms, side: Side): WaterfallView {
  const result = priced(terms);
  const sees = side === 'vendor';
  return {
    currency: 'EUR',
    lines: result.lines.map((line, place) => {
      const { sku = '', capQuantity = null, special = null } = terms.lines[place] ?? {};
      const product = book[sku];
      return {
        lineNo: place + 1,
        sku,
        productName: product?.name ?? sku,
        family: product?.family ?? '',
        quantity: line.quantity,
        capQuantity: capQuantity ?? line.quantity,
        special,
        listUnitMinor: line.listUnitMinor,
        tierPpm: TIER_PPM,
        tierUnitMinor: line.tierUnitMinor,
        registrationPpm: REGISTRATION_PPM,
        standardUnitMinor: line.standardUnitMinor,
        specialUnitMinor: line.specialUnitMinor,
        lumpMinor: line.lumpMinor,
        listMinor: line.listMinor,
        standardMinor: line.standardMinor,
        netMinor: line.netMinor,
        discountPpm: discountPpm(line.standardMinor, line.netMinor),
        costUnitMinor: sees ? (product?.costMinor ?? null) : null,
        marginPpm: sees && line.costMinor !== null ? marginPpm(line.netMinor, line.costMinor) : null,
        floorPpm: sees ? (floors[product?.family ?? ''] ?? null) : null,
      };
    }),
    sources: [
      { step: 'list', kind: 'price_book', id: 'pbv_2', version: 2 },
      { step: 'tier', kind: 'policy', id: 'pol_9', version: 2 },
      { step: 'registration', kind: 'registration', id: 'reg_2', version: 4 },
      { step: 'special', kind: 'request', id: 'spr_0', version: 1 },
    ],
    listMinor: result.listMinor,
    standardMinor: result.standardMinor,
    specialMinor: result.specialMinor,
    lumpMinor: terms.lumpMinor,
    netMinor: result.netMinor,
    discountPpm: discountPpm(result.standardMinor, result.netMinor),
    costMinor: sees ? result.costMinor : null,
    marginPpm: sees && result.costMinor !== null ? marginPpm(result.netMinor, result.costMinor) : null,
  };
}

function routed(terms: Terms, exceptionKeys: readonly string[], side: Side) {
  const waterfall = priced(terms);
  const { bandKey, steps, causes } = routeRequest({
    policy: {
      bands,
      approvalShape: 'owner',
      // A partner's preview knows nothing of margins.
      marginFloors:
        side === 'vendor' ? { byFamily: floors, otherPpm: null } : { byFamily: {}, otherPpm: null },
      termExceptions: [{ key: 'payment_90', label: 'Payment within 90 days', bandKey: 'over-30-to-40' }],
    },
    waterfall,
    familyOf: (lineId) => book[terms.lines[Number(lineId) - 1]?.sku ?? '']?.family ?? '',
    exceptionKeys,
    dealMinor: waterfall.netMinor,
  });
  return {
    bandKey,
    steps: steps.map((step, place) => ({
      stepNo: place + 1,
      bandKey: step.bandKey,
      roles: [...step.roles],
      quorum: step.quorum,
      by: at((place + 1) * 26 * HOUR_MS),
    })),
    causes: causes.map(({ kind, bandKey: of, ...facts }) => ({ kind, bandKey: of, facts: { ...facts } })),
  };
}

/** What a request of these terms would come to, for a partner. */
export function previewOf(request: PriceRequest): SpecialPricePreview {
  const errors = [
    ...(request.justificationCode === ''
      ? [{ pointer: '/justificationCode', reason: 'Choose one of the reasons of the program.' }]
      : []),
    ...(request.registrationId === null
      ? [{ pointer: '/registrationId', reason: 'Name the approved registration that it belongs to.' }]
      : []),
    ...(request.validUntil > day(70)
      ? [
          {
            pointer: '/validUntil',
            reason: `The registration is protected until ${day(70)}; validity cannot go beyond.`,
          },
        ]
      : []),
  ];
  try {
    const { bandKey, steps, causes } = routed(request, request.exceptionKeys, 'partner');
    return {
      errors,
      waterfall: waterfallOf(request, 'partner'),
      route: { clearsAtOnce: steps.length === 0, bandKey, steps, causes, complete: false },
      latestValidUntil: day(70),
    };
  } catch (error) {
    if (!(error instanceof NotPriced)) throw error;
    const pointer = error.lineId === null ? '/lumpMinor' : `/lines/${Number(error.lineId) - 1}/special`;
    return {
      errors: [...errors, { pointer, reason: 'The price asked for is above what you pay without asking.' }],
      waterfall: null,
      route: null,
      latestValidUntil: day(70),
    };
  }
}

const rate = (ratePpm: number): SpecialPrice => ({ kind: 'discount', ratePpm });
const terms = (ratePpm: number, gatewayPpm = ratePpm): Terms => ({
  lumpMinor: 0,
  lines: [
    { sku: 'SEN-100', quantity: 12_000, capQuantity: null, special: rate(ratePpm) },
    { sku: 'GTW-20', quantity: 900, capQuantity: 600, special: rate(gatewayPpm) },
  ],
});

interface Held {
  readonly terms: Terms;
  readonly status: SpecialPriceStatus;
  readonly round: number;
  readonly customerName: string;
  readonly counter: CounterTerms | null;
}

/** One request in each state that looks different; the second round of the last was asked after a counter-offer. */
export const held: Readonly<Record<string, Held>> = {
  spr_0: {
    terms: terms(340_000, 360_000),
    status: 'pending_approval',
    round: 1,
    customerName: 'Cobalt Ridge Mining Ltd',
    counter: null,
  },
  spr_1: {
    terms: { ...terms(340_000), lumpMinor: 1_500_000 },
    status: 'counter_offered',
    round: 1,
    customerName: 'Brightwater Foods SE',
    counter: { lines: [{ lineNo: 1, unitMinor: 15_000 }], lumpMinor: 0, validUntil: day(40) },
  },
  spr_2: {
    terms: terms(250_000),
    status: 'info_requested',
    round: 1,
    customerName: 'Dunmere Paper Works',
    counter: null,
  },
  spr_3: {
    terms: terms(180_000),
    status: 'approved',
    round: 1,
    customerName: 'Fenwick Rail Services',
    counter: null,
  },
  spr_4: {
    terms: terms(450_000),
    status: 'rejected',
    round: 1,
    customerName: 'Greyfriars Textile AG',
    counter: null,
  },
  spr_5: {
    terms: terms(355_000, 380_000),
    status: 'pending_approval',
    round: 2,
    customerName: 'Hollowell Precision Castings Incorporated',
    counter: null,
  },
};

const outlook = {
  submitted: { waitingFor: 'vendor', nextStep: 'priced' },
  pending_approval: { waitingFor: 'vendor', nextStep: 'decided' },
  info_requested: { waitingFor: 'partner', nextStep: 'your_answer' },
  counter_offered: { waitingFor: 'partner', nextStep: 'your_word_on_the_offer' },
  approved: { waitingFor: 'nobody', nextStep: null },
  rejected: { waitingFor: 'nobody', nextStep: null },
  withdrawn: { waitingFor: 'nobody', nextStep: null },
} as const;

function headOf(id: string, one: Held): SpecialPriceHead {
  const view = waterfallOf(one.terms, 'partner');
  const place = Number(id.slice('spr_'.length));
  const { waitingFor, nextStep } = outlook[one.status];
  const steps = routed(one.terms, [], 'vendor').steps;
  const isOpen = one.status === 'pending_approval';
  return {
    id,
    reference: `SP-${7100 + place}-4KM${place}`,
    kind: 'new',
    programId: 'prg_1',
    programName: 'Harbour program',
    partnerId: 'prt_1',
    partnerName: 'Northwind Harbour Systems',
    registrationId: 'reg_2',
    registrationReference: 'DR-7002-9QX2',
    agreementId: one.status === 'approved' ? 'spa_1' : null,
    agreementReference: one.status === 'approved' ? 'SA-8001-7TT1' : null,
    customerName: one.customerName,
    status: one.status,
    closureCode: one.status === 'rejected' ? 'price_too_low' : null,
    round: one.round,
    currency: 'EUR',
    listMinor: view.listMinor,
    standardMinor: view.standardMinor,
    netMinor: view.netMinor,
    discountPpm: view.discountPpm,
    validFrom: day(0),
    validUntil: day(60),
    distributorId: 'prt_Harbourgate Distribution',
    distributorName: 'Harbourgate Distribution',
    submittedAt: at(-(place + 1) * 7 * HOUR_MS),
    answerBy: isOpen ? at(20 * HOUR_MS) : null,
    decidedAt: waitingFor === 'nobody' ? at(-2 * HOUR_MS) : null,
    waitingFor,
    askedNow: isOpen ? (one.round === 2 ? ['cfo'] : [...(steps[0]?.roles ?? [])]) : [],
    nextStep,
    nextAt: nextStep === null ? null : at(20 * HOUR_MS),
    due: isOpen
      ? {
          at: at(20 * HOUR_MS),
          clock: 'approval',
          calendar: 'berlin',
          phase: 'running',
          breachedAt: null,
          leftMinutes: 250,
          tone: 'waiting',
        }
      : null,
  };
}

export function priceHeads(requests: Readonly<Record<string, Held>>): SpecialPriceHead[] {
  return Object.entries(requests).map(([id, one]) => headOf(id, one));
}

const HASH = '9f2c4ab7d1e8';

export function priceDetail(id: string, one: Held, side: Side): SpecialPriceDetail {
  const head = headOf(id, one);
  const route = routed(one.terms, [], 'vendor');
  const isSecond = one.round === 2;
  return {
    ...head,
    submittedByName: 'Partner sales (demo)',
    policyVersion: 2,
    justificationCode: 'competitive',
    justificationLabel: 'A competitor offers less',
    words:
      'Ostrava Controls offers the whole at a third below our standard price, and the customer decides this month.',
    competitor: { name: 'Ostrava Controls', priceMinor: 245_000_000 },
    evidence: [{ id: 'evd_1', name: 'offer.pdf' }],
    exceptions: [],
    waterfall: waterfallOf(one.terms, side),
    rounds: [
      ...(isSecond
        ? [
            {
              round: 1,
              origin: 'asked' as const,
              at: at(-60 * HOUR_MS),
              netMinor: head.netMinor - 4_000_000,
              validUntil: day(80),
            },
          ]
        : []),
      {
        round: one.round,
        origin: isSecond ? 'counter_offer' : 'asked',
        at: at(-9 * HOUR_MS),
        netMinor: head.netMinor,
        validUntil: day(60),
      },
    ],
    steps: head.waitingFor === 'vendor' ? route.steps : [],
    informationRequest:
      one.status === 'info_requested'
        ? {
            words: 'Send the offer of the competitor, and say for how many gateways it is.',
            fields: ['lines', 'validity', 'evidence'],
            askedAt: at(-5 * HOUR_MS),
            answerBy: at(4 * DAY_MS),
          }
        : null,
    counterOffer: one.counter === null ? null : counterView(one.terms, one.counter, side),
    decisions: decisionsOf(one),
    verbs: specialPriceVerbs
      .filter((name) => partnersPriceVerbs.includes(name) === (side === 'partner'))
      .map((name) => ({
        name,
        allowed: whyNotPriceVerb(one, name) === null,
        why: whyNotPriceVerb(one, name),
      })),
    effect: null,
    vendor: side === 'vendor' ? vendorPart(id, one, route) : null,
  };
}

function counterView(
  of: Terms,
  counter: CounterTerms,
  side: Side,
): NonNullable<SpecialPriceDetail['counterOffer']> {
  return {
    words: 'We can meet you half of the way on the sensors; the gateways stay as asked.',
    lapsesAt: at(3 * DAY_MS),
    validUntil: counter.validUntil,
    waterfall: waterfallOf(offeredTerms(of, counter), side),
  };
}

/** The terms of a counter-offer: prices by line, those not named as asked. */
export function offeredTerms(of: Terms, counter: CounterTerms): Terms {
  return {
    lumpMinor: counter.lumpMinor,
    lines: of.lines.map((line, place) => {
      const offered = counter.lines.find(({ lineNo }) => lineNo === place + 1);
      return offered === undefined
        ? line
        : { ...line, special: { kind: 'net', unitMinor: offered.unitMinor } };
    }),
  };
}

function decisionsOf(one: Held): SpecialPriceDetail['decisions'] {
  const outcome = {
    counter_offered: 'counter_offer',
    info_requested: 'request_information',
    approved: 'approve',
    rejected: 'deny',
  }[one.status as string];
  if (outcome === undefined) return [];
  return [
    {
      id: 'dec_9',
      taskId: null,
      outcome,
      reasonCode: outcome === 'deny' ? 'price_too_low' : null,
      words: outcome === 'deny' ? 'We lose on every gateway at this price.' : '',
      privateNote: null,
      by: 'Cro (demo)',
      actingFor: null,
      decidedAt: at(-2 * HOUR_MS),
      effectiveAt: at(-2 * HOUR_MS + 10_000),
      retracted: false,
    },
  ];
}

function vendorPart(
  id: string,
  one: Held,
  route: ReturnType<typeof routed>,
): NonNullable<SpecialPriceDetail['vendor']> {
  const view = waterfallOf(one.terms, 'vendor');
  const isSecond = one.round === 2;
  const worse = {
    kind: 'price_lower' as const,
    facts: { lineId: '2', fromMinor: 106_000, toMinor: view.lines[1]?.specialUnitMinor ?? 0 },
  };
  return {
    bandKey: route.bandKey,
    causes: route.causes,
    steps: route.steps,
    dealMinor: view.netMinor + 18_400_000,
    dealCurrency: 'EUR',
    segment: 'enterprise',
    earlier: [
      {
        requestId: 'spr_4',
        reference: 'SP-7104-4KM4',
        partnerName: 'Quayside Networks',
        status: 'rejected',
        netMinor: 18_400_000,
        currency: 'EUR',
        inDealMinor: 18_400_000,
        submittedAt: at(-40 * DAY_MS),
      },
    ],
    approvals: isSecond
      ? [
          {
            round: 1,
            stepNo: 1,
            role: 'cro',
            by: 'Cro (demo)',
            actingFor: null,
            at: at(-30 * HOUR_MS),
            byCounterOffer: true,
            termsHash: `${HASH}${HASH}`,
            worse: [],
          },
          {
            round: 1,
            stepNo: 1,
            role: 'cfo',
            by: 'Cfo (demo)',
            actingFor: null,
            at: at(-40 * HOUR_MS),
            byCounterOffer: false,
            termsHash: `${[...HASH].toReversed().join('')}${HASH}`,
            worse: [worse],
          },
        ]
      : [],
    askedAgain: isSecond ? [{ role: 'cfo', worse: [worse] }] : [],
    tasks:
      one.status !== 'pending_approval'
        ? []
        : isSecond
          ? [{ id: 'tsk_13', role: 'cfo', askedRole: 'cfo', stepNo: 1 }]
          : (route.steps[0]?.roles ?? []).map((role, place) => ({
              id: place === 0 ? 'tsk_12' : 'tsk_other',
              role,
              askedRole: role,
              stepNo: 1,
            })),
  };
}

/** Two tasks of special prices: a first round, and a second in which something got worse. By their places among the tasks. */
export function priceTasks(): Readonly<Record<number, Partial<TaskDetail>>> {
  const of = (id: string): Partial<TaskDetail> => {
    const one = held[id];
    if (one === undefined) return {};
    const head = headOf(id, one);
    return {
      caseId: id,
      caseKind: 'special-pricing',
      kind: 'pricing_approval',
      subject: head.customerName,
      partnerName: head.partnerName,
      reference: head.reference,
      question: 'give_special_price',
      queue: 'cro',
      role: 'cro',
      outcomes: ['approve', 'deny', 'counter_offer', 'request_information'],
      amount: { amountMinor: head.netMinor, currency: 'EUR' },
      due: head.due,
      similar: [],
    };
  };
  return { 12: of('spr_0'), 13: { ...of('spr_5'), queue: 'cfo', role: 'cfo' } };
}

export const corridor: Corridor = {
  sku: 'SEN-100',
  segment: 'enterprise',
  p10Ppm: 214_000,
  p50Ppm: 305_000,
  p90Ppm: 398_000,
  points: Array.from({ length: 24 }, (_, place) => {
    const discount = 190_000 + ((place * 37) % 24) * 9_700;
    return {
      requestId: `spr_old_${place}`,
      reference: `SP-${6000 + place}-1AA1`,
      at: at(-(720 - place * 29) * DAY_MS),
      quantity: 500 + place * 130,
      discountPpm: discount,
      netUnitMinor: Math.round(25_000 * (1 - discount / 1_000_000)),
      currency: 'EUR',
      won: place % 5 === 0 ? null : place % 3 !== 0,
    };
  }),
};

export function priceEvents(one: Held, side: Side): TimelineEntry[] {
  const entry = (part: Partial<TimelineEntry> & Pick<TimelineEntry, 'kind' | 'at'>): TimelineEntry => ({
    seq: 1,
    source: 'event',
    actor: null,
    actingFor: null,
    facts: {},
    vendorOnly: false,
    ...part,
  });
  const netMinor = waterfallOf(one.terms, 'partner').netMinor;
  const all = [
    entry({
      kind: 'price_requested',
      at: at(-30 * HOUR_MS),
      actor: 'Partner sales (demo)',
      facts: { net: { amountMinor: netMinor, currency: 'EUR' }, discountPpm: 340_000 },
    }),
    entry({
      seq: 2,
      kind: 'price_routed',
      at: at(-30 * HOUR_MS + 900),
      facts: { roles: ['cro', 'cfo'], answerByAt: at(20 * HOUR_MS) },
    }),
    entry({
      seq: 2,
      source: 'clock',
      kind: 'started',
      at: at(-30 * HOUR_MS + 900),
      facts: { clock: 'approval', calendar: 'berlin', dueAtMs: nowMs + 20 * HOUR_MS },
      vendorOnly: true,
    }),
    ...(one.status === 'counter_offered' || one.round === 2
      ? [
          entry({
            seq: 3,
            kind: 'price_countered',
            at: at(-20 * HOUR_MS),
            actor: 'Cro (demo)',
            facts: { lapsesAt: at(3 * DAY_MS), words: 'We can meet you half of the way.' },
          }),
        ]
      : []),
    ...(one.round === 2
      ? [
          entry({
            seq: 4,
            kind: 'counter_accepted',
            at: at(-9 * HOUR_MS),
            actor: 'Partner sales (demo)',
            facts: { round: 2 },
          }),
        ]
      : []),
  ];
  return side === 'partner' ? all.filter(({ vendorOnly }) => !vendorOnly) : all;
}

export const agreementHeads: PricingAgreementHead[] = [
  {
    id: 'spa_1',
    reference: 'SA-8001-7TT1',
    requestId: 'spr_3',
    requestReference: 'SP-7103-4KM3',
    registrationId: 'reg_2',
    programId: 'prg_1',
    programName: 'Harbour program',
    partnerId: 'prt_1',
    partnerName: 'Northwind Harbour Systems',
    distributorId: 'prt_Harbourgate Distribution',
    distributorName: 'Harbourgate Distribution',
    customerName: 'Fenwick Rail Services',
    currency: 'EUR',
    status: 'active',
    endedCode: null,
    version: 2,
    validFrom: at(-20 * DAY_MS),
    validUntil: at(50 * DAY_MS),
    createdAt: at(-20 * DAY_MS),
    due: {
      at: at(50 * DAY_MS),
      clock: 'validity',
      calendar: null,
      phase: 'running',
      breachedAt: null,
      leftMinutes: 50 * 24 * 60,
      tone: 'waiting',
    },
  },
];
const [firstAgreement] = agreementHeads;
if (firstAgreement !== undefined)
  agreementHeads.push({
    ...firstAgreement,
    id: 'spa_2',
    reference: 'SA-8002-7TT2',
    customerName: 'Aldermoor Logistics GmbH',
    status: 'ended',
    endedCode: 'registration_ended',
    version: 1,
    validUntil: at(-3 * DAY_MS),
    due: null,
  });

export function agreementDetail(id: string, side: Side): PricingAgreementDetail | undefined {
  const head = agreementHeads.find((one) => one.id === id);
  if (head === undefined) return undefined;
  const line = (lineNo: number, sku: string, netUnitMinor: number, capQuantity: number) => ({
    lineNo,
    sku,
    productName: book[sku]?.name ?? sku,
    family: book[sku]?.family ?? '',
    netUnitMinor,
    approvedCostMinor: side === 'vendor' ? Math.round(netUnitMinor * 0.95) : null,
    capQuantity,
  });
  const version = (number: number, sensor: number) => ({
    version: number,
    kind: number === 1 ? ('first' as const) : ('new_period' as const),
    requestId: 'spr_3',
    appliesFrom: at(-(number === 1 ? 20 : 5) * DAY_MS),
    validUntil: head.validUntil,
    createdAt: at(-(number === 1 ? 20 : 5) * DAY_MS),
    lines: [line(1, 'SEN-100', sensor, 12_000), line(2, 'GTW-20', 133_209, 600)],
    corrected:
      number === 1
        ? null
        : { transactions: 14, units: 2_350, supportMinor: side === 'vendor' ? 1_250_200 : null },
  });
  return {
    ...head,
    versions: head.version === 2 ? [version(1, 17_800), version(2, 17_240)] : [version(1, 17_800)],
    caps: [
      { sku: 'SEN-100', capQuantity: 12_000, drawnQuantity: 7_350, leftQuantity: 4_650 },
      { sku: 'GTW-20', capQuantity: 600, drawnQuantity: 600, leftQuantity: 0 },
    ],
    openRequests: head.status === 'active' ? [{ id: 'spr_2', reference: 'SP-7102-4KM2' }] : [],
    verbs:
      side === 'vendor'
        ? (['extend', 'end'] as const).map((name) => ({
            name,
            allowed: head.status === 'active',
            why: head.status === 'active' ? null : 'case_is_closed',
          }))
        : [],
    latestValidUntil: head.status === 'active' ? day(70) : null,
  };
}
