import { z } from 'zod';
import { pricingRoles } from '../../domain/special-pricing/policy.ts';
import {
  agreementEndCodes,
  agreementVersionKinds,
  priceFields,
  pricingAgreementStatuses,
  specialPriceClosureCodes,
  specialPriceKinds,
  specialPriceStatuses,
} from '../../domain/special-pricing/status.ts';
import { clockView, timelineEntry } from './deal-registrations.ts';
import { routeTable } from './route.ts';
import {
  amountMinor,
  calendarDate,
  countryCode,
  currencyCode,
  cursor,
  due,
  page,
  pageSize,
  words,
} from './values.ts';

/** What is asked for one line: the price of one unit, a rate off the standard net, or (null) the standard net. */
export const specialPrice = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('net'), unitMinor: amountMinor }),
  z.strictObject({
    kind: z.literal('discount'),
    ratePpm: z.int().min(0, 'A discount may not be negative.').max(1_000_000, 'At most the whole price.'),
  }),
]);

const units = z.int().min(1, 'At least one unit.').max(10_000_000, 'At most 10,000,000 units.');

const askedLine = z.strictObject({
  sku: words({ min: 1, max: 60, label: 'The product' }),
  quantity: units,
  /** Units that may be sold at the price under the agreement; null: the quantity. */
  capQuantity: units.nullable(),
  special: specialPrice.nullable(),
});

/** The terms that are asked for: what an answer to a question, or a counter-offer, changes. */
export const askedTerms = z.strictObject({
  lines: z.array(askedLine).min(1, 'Name at least one product.').max(1_000, 'At most 1,000 lines.'),
  /** A discount on the whole, in minor units; zero: none. */
  lumpMinor: amountMinor,
  validFrom: calendarDate,
  /** The last day. */
  validUntil: calendarDate,
  /** Departures from the usual terms, keys of the program's policy. */
  exceptionKeys: z.array(z.string().max(60)).max(20),
});
export type AskedTermsBody = z.infer<typeof askedTerms>;

const competitor = z.strictObject({
  name: words({ min: 1, max: 120, label: 'The competitor' }),
  /** Of the whole deal, in the request's currency; null: not known. */
  priceMinor: amountMinor.nullable(),
});

/** A request for a special price. Strict: a field that is not here is an error, so that nothing is silently dropped. */
export const priceRequest = askedTerms.extend({
  programId: z.string().max(40),
  kind: z.enum(specialPriceKinds),
  /** The approved registration that it belongs to; null where the program lets one ask without. */
  registrationId: z.string().max(40).nullable(),
  /** The agreement to be changed, for a new version or a new period of one. */
  agreementId: z.string().max(40).nullable(),
  /** The end customer, where no registration names him. */
  customer: z
    .strictObject({
      legalName: words({ min: 2, max: 200, label: 'The legal name of the customer' }),
      country: countryCode,
      city: words({ min: 1, max: 100, label: 'The city' }).nullable(),
      webDomain: words({ min: 3, max: 253, label: 'The web domain' }).nullable(),
    })
    .nullable(),
  /** Of the price book; null: that of the program. */
  currency: currencyCode.nullable(),
  distributorId: z.string().max(40).nullable(),
  justificationCode: z.string().max(60),
  words: words({ min: 0, max: 4000, label: 'The words' }),
  competitor: competitor.nullable(),
  evidenceIds: z.array(z.string().max(40)).max(20),
});
export type PriceRequest = z.infer<typeof priceRequest>;

// ---------------------------------------------------------------------------------------------------------

const bounds = z.enum(['price_book', 'policy', 'registration', 'request', 'agreement']);

/** Where a step of the waterfall has its figure from. */
const stepSource = z.strictObject({
  step: z.enum(['list', 'tier', 'registration', 'special', 'lump']),
  kind: bounds,
  id: z.string(),
  version: z.int(),
});

/** One line from list to net; amounts in minor units of the request's currency. */
export const pricedLine = z.strictObject({
  lineNo: z.int(),
  sku: z.string(),
  productName: z.string(),
  family: z.string(),
  quantity: z.int(),
  capQuantity: z.int(),
  special: specialPrice.nullable(),
  listUnitMinor: z.int(),
  tierPpm: z.int(),
  tierUnitMinor: z.int(),
  registrationPpm: z.int(),
  standardUnitMinor: z.int(),
  specialUnitMinor: z.int(),
  /** The line's part of the discount on the whole. */
  lumpMinor: z.int(),
  listMinor: z.int(),
  standardMinor: z.int(),
  netMinor: z.int(),
  /** Of the net off the standard net. */
  discountPpm: z.int(),
  /** Null for who may not see costs, and where the cost is not known. */
  costUnitMinor: z.int().nullable(),
  marginPpm: z.int().nullable(),
  /** Least margin of its family; null: none, or not the reader's to see. */
  floorPpm: z.int().nullable(),
});
export type PricedLineView = z.infer<typeof pricedLine>;

export const waterfallView = z.strictObject({
  currency: z.string(),
  lines: z.array(pricedLine),
  sources: z.array(stepSource),
  listMinor: z.int(),
  standardMinor: z.int(),
  /** After special prices, before the discount on the whole. */
  specialMinor: z.int(),
  lumpMinor: z.int(),
  netMinor: z.int(),
  discountPpm: z.int(),
  /** Null for who may not see costs, and where a line's cost is not known. */
  costMinor: z.int().nullable(),
  marginPpm: z.int().nullable(),
});
export type WaterfallView = z.infer<typeof waterfallView>;

/** Who is asked together, and by when if everybody before took the time that he has. */
export const askedStep = z.strictObject({
  stepNo: z.int(),
  bandKey: z.string(),
  roles: z.array(z.enum(pricingRoles)),
  quorum: z.int(),
  by: z.string().nullable(),
});
export type AskedStep = z.infer<typeof askedStep>;

/** Why a band is asked, as a key of the word catalogue with its facts. */
export const routingCause = z.strictObject({
  kind: z.enum([
    'discount_whole',
    'discount_line',
    'margin_whole',
    'margin_line',
    'cost_unknown',
    'term_exception',
    'value',
  ]),
  bandKey: z.string(),
  facts: z.record(z.string(), z.unknown()),
});

/** What is worse than what somebody approved, as a key of the word catalogue with its facts. */
export const worseFact = z.strictObject({
  kind: z.enum([
    'line_added',
    'price_lower',
    'quantity_higher',
    'exception_added',
    'valid_longer',
    'deal_larger',
  ]),
  facts: z.record(z.string(), z.unknown()),
});

const offeredLine = z.strictObject({ lineNo: z.int().min(1), unitMinor: amountMinor });

/** The vendor's own terms: prices of one unit by line (those not named stay as asked), discount on the whole, last day. */
export const counterTerms = z.strictObject({
  lines: z.array(offeredLine).max(1_000),
  lumpMinor: amountMinor,
  validUntil: calendarDate,
});
export type CounterTerms = z.infer<typeof counterTerms>;

// ---------------------------------------------------------------------------------------------------------

/** The head of every page of a request, and a row of every list. */
export const specialPriceHead = z.strictObject({
  id: z.string(),
  reference: z.string(),
  kind: z.enum(specialPriceKinds),
  programId: z.string(),
  programName: z.string(),
  partnerId: z.string(),
  partnerName: z.string(),
  registrationId: z.string().nullable(),
  registrationReference: z.string().nullable(),
  /** The agreement that it changes, or that came of it. */
  agreementId: z.string().nullable(),
  agreementReference: z.string().nullable(),
  customerName: z.string(),
  status: z.enum(specialPriceStatuses),
  closureCode: z.enum(specialPriceClosureCodes).nullable(),
  round: z.int(),
  currency: z.string(),
  listMinor: z.int(),
  standardMinor: z.int(),
  netMinor: z.int(),
  discountPpm: z.int(),
  validFrom: z.string(),
  validUntil: z.string(),
  distributorId: z.string().nullable(),
  distributorName: z.string().nullable(),
  submittedAt: z.string(),
  answerBy: z.string().nullable(),
  decidedAt: z.string().nullable(),
  waitingFor: z.enum(['vendor', 'partner', 'nobody']),
  /** Which roles are asked now; empty: nobody. */
  askedNow: z.array(z.enum(pricingRoles)),
  nextStep: z.string().nullable(),
  nextAt: z.string().nullable(),
  due,
});
export type SpecialPriceHead = z.infer<typeof specialPriceHead>;

/** A verb of the request: allowed, or why not, as a key of the word catalogue. */
export const priceVerb = z.strictObject({
  name: z.enum(['recall', 'resubmit', 'answer_counter', 'write_note']),
  allowed: z.boolean(),
  why: z.string().nullable(),
});

/** What somebody agreed to in a round, and whether it stands for what is asked now. */
const approvalView = z.strictObject({
  round: z.int(),
  stepNo: z.int(),
  role: z.enum(pricingRoles),
  by: z.string().nullable(),
  actingFor: z.string().nullable(),
  at: z.string(),
  /** Agreed to by the terms of his own counter-offer. */
  byCounterOffer: z.boolean(),
  /** Hash of the terms that he saw. */
  termsHash: z.string(),
  /** What is asked now, that is worse than what he agreed to; empty: it stands, and he is not asked again. */
  worse: z.array(worseFact),
});

/** A request of the same end customer that counts as one deal with this one. */
const earlierRequest = z.strictObject({
  requestId: z.string(),
  reference: z.string(),
  partnerName: z.string(),
  status: z.enum(specialPriceStatuses),
  netMinor: z.int(),
  currency: z.string(),
  /** In the currency of the policy, at the rate of the day; null where there is no rate. */
  inDealMinor: z.int().nullable(),
  submittedAt: z.string(),
});

export const corridor = z.strictObject({
  sku: z.string(),
  segment: z.string().nullable(),
  /** Of the net price off list, by approved lines of the last two years; null: there are none. */
  p10Ppm: z.int().nullable(),
  p50Ppm: z.int().nullable(),
  p90Ppm: z.int().nullable(),
  points: z.array(
    z.strictObject({
      requestId: z.string(),
      reference: z.string(),
      at: z.string(),
      quantity: z.int(),
      discountPpm: z.int(),
      netUnitMinor: z.int(),
      currency: z.string(),
      /** What became of the deal; null: not known yet. */
      won: z.boolean().nullable(),
    }),
  ),
});
export type Corridor = z.infer<typeof corridor>;

/** What only the vendor may see of a request. */
export const specialPriceVendorPart = z.strictObject({
  bandKey: z.string(),
  causes: z.array(routingCause),
  steps: z.array(askedStep),
  /** The value that it was routed by: this request and the earlier ones, in the currency of the policy. */
  dealMinor: z.int(),
  dealCurrency: z.string(),
  /** Of the end customer, a key of the program; null: not known. */
  segment: z.string().nullable(),
  earlier: z.array(earlierRequest),
  approvals: z.array(approvalView),
  /** By role of the open step: what is worse than that role agreed to before; a role that never agreed is not in it. */
  askedAgain: z.array(z.strictObject({ role: z.enum(pricingRoles), worse: z.array(worseFact) })),
  tasks: z.array(
    z.strictObject({ id: z.string(), role: z.string(), askedRole: z.enum(pricingRoles), stepNo: z.int() }),
  ),
});

export const specialPriceRound = z.strictObject({
  round: z.int(),
  /** Who brought these terms: the partner with the request or an answer, or the vendor's counter-offer. */
  origin: z.enum(['asked', 'answered', 'counter_offer']),
  at: z.string(),
  netMinor: z.int(),
  validUntil: z.string(),
});

/** What a change of the agreement means for what was sold under it so far. */
export const effectOnSold = z.strictObject({
  /** The change is in force and this was booked; else it is what would be booked today. */
  isBooked: z.boolean(),
  /** Sales of accepted claims that the change touches. */
  transactions: z.int(),
  units: z.int(),
  bySku: z.array(
    z.strictObject({
      sku: z.string(),
      units: z.int(),
      oldUnitMinor: z.int(),
      newUnitMinor: z.int(),
      /** New less old over these units. */
      differenceMinor: z.int(),
    }),
  ),
  /** What distributors are owed more for it (below zero: less); null for a partner, and where nothing was booked. */
  supportMinor: z.int().nullable(),
});

export const specialPriceDetail = specialPriceHead.extend({
  submittedByName: z.string(),
  policyVersion: z.int(),
  justificationCode: z.string(),
  justificationLabel: z.string(),
  words: z.string(),
  competitor: competitor.nullable(),
  evidence: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  exceptions: z.array(z.strictObject({ key: z.string(), label: z.string() })),
  waterfall: waterfallView,
  rounds: z.array(specialPriceRound),
  /** Asked now and after, as the partner may see it: roles and times. */
  steps: z.array(askedStep),
  informationRequest: z
    .strictObject({
      words: z.string(),
      fields: z.array(z.enum(priceFields)),
      askedAt: z.string(),
      answerBy: z.string(),
    })
    .nullable(),
  /** The vendor's own terms, while the partner may accept them. */
  counterOffer: z
    .strictObject({
      words: z.string(),
      lapsesAt: z.string(),
      validUntil: z.string(),
      waterfall: waterfallView,
    })
    .nullable(),
  decisions: z.array(
    z.strictObject({
      id: z.string(),
      taskId: z.string().nullable(),
      outcome: z.string(),
      reasonCode: z.string().nullable(),
      words: z.string(),
      privateNote: z.string().nullable(),
      by: z.string().nullable(),
      actingFor: z.string().nullable(),
      decidedAt: z.string(),
      effectiveAt: z.string(),
      retracted: z.boolean(),
    }),
  ),
  verbs: z.array(priceVerb),
  effect: effectOnSold.nullable(),
  vendor: specialPriceVendorPart.nullable(),
});
export type SpecialPriceDetail = z.infer<typeof specialPriceDetail>;

/** What a request would come to, and who would be asked. Nothing is written. */
export const specialPricePreview = z.strictObject({
  /** What a submission would be refused for; `waterfall` is null while it cannot be priced. */
  errors: z.array(z.strictObject({ pointer: z.string(), reason: z.string() })),
  waterfall: waterfallView.nullable(),
  /** Null while it cannot be priced. */
  route: z
    .strictObject({
      clearsAtOnce: z.boolean(),
      bandKey: z.string(),
      steps: z.array(askedStep),
      causes: z.array(routingCause),
      /**
       * Whether everything that counts was asked. For a partner it is not: a margin below the program's floor, and requests of
       * others for the same customer, are looked at after submission only.
       */
      complete: z.boolean(),
    })
    .nullable(),
  /** The latest day that validity may end, for the registration or agreement named; null: not known. */
  latestValidUntil: z.string().nullable(),
});
export type SpecialPricePreview = z.infer<typeof specialPricePreview>;

/** The answer to every write on a request: stored with the receipt, so that repeating the key gives the same bytes. */
export const specialPriceWritten = z.strictObject({
  id: z.string(),
  reference: z.string(),
  status: z.enum(specialPriceStatuses),
  closureCode: z.enum(specialPriceClosureCodes).nullable(),
  round: z.int(),
  answerBy: z.string().nullable(),
  nextStep: z.string().nullable(),
  nextAt: z.string().nullable(),
  agreementId: z.string().nullable(),
});
export type SpecialPriceWritten = z.infer<typeof specialPriceWritten>;

// ---------------------------------------------------------------------------------------------------------

export const pricingAgreementHead = z.strictObject({
  id: z.string(),
  reference: z.string(),
  requestId: z.string(),
  requestReference: z.string(),
  registrationId: z.string().nullable(),
  programId: z.string(),
  programName: z.string(),
  partnerId: z.string(),
  partnerName: z.string(),
  distributorId: z.string().nullable(),
  distributorName: z.string().nullable(),
  customerName: z.string(),
  currency: z.string(),
  status: z.enum(pricingAgreementStatuses),
  endedCode: z.enum(agreementEndCodes).nullable(),
  version: z.int(),
  validFrom: z.string(),
  validUntil: z.string(),
  createdAt: z.string(),
  due,
});
export type PricingAgreementHead = z.infer<typeof pricingAgreementHead>;

export const agreementLine = z.strictObject({
  lineNo: z.int(),
  sku: z.string(),
  productName: z.string(),
  family: z.string(),
  netUnitMinor: z.int(),
  /** What the distributor effectively pays; null for the reseller. */
  approvedCostMinor: z.int().nullable(),
  capQuantity: z.int(),
});

export const pricingAgreementDetail = pricingAgreementHead.extend({
  versions: z.array(
    z.strictObject({
      version: z.int(),
      kind: z.enum(agreementVersionKinds),
      requestId: z.string().nullable(),
      appliesFrom: z.string(),
      validUntil: z.string(),
      createdAt: z.string(),
      lines: z.array(agreementLine),
      /** What it changed of what was sold before it; null: nothing, or it is not booked yet. */
      corrected: z
        .strictObject({
          transactions: z.int(),
          units: z.int(),
          /** Owed to distributors more for it (below zero: less); null for a partner. */
          supportMinor: z.int().nullable(),
        })
        .nullable(),
    }),
  ),
  /** By product, over all versions: how many units may be sold, and how many were drawn by accepted claims. */
  caps: z.array(
    z.strictObject({ sku: z.string(), capQuantity: z.int(), drawnQuantity: z.int(), leftQuantity: z.int() }),
  ),
  /** Requests that would change it and are not decided. */
  openRequests: z.array(z.strictObject({ id: z.string(), reference: z.string() })),
  verbs: z.array(
    z.strictObject({ name: z.enum(['extend', 'end']), allowed: z.boolean(), why: z.string().nullable() }),
  ),
  /** The latest day that an extension may give it. */
  latestValidUntil: z.string().nullable(),
});
export type PricingAgreementDetail = z.infer<typeof pricingAgreementDetail>;

export const pricingAgreementWritten = z.strictObject({
  id: z.string(),
  reference: z.string(),
  status: z.enum(pricingAgreementStatuses),
  endedCode: z.enum(agreementEndCodes).nullable(),
  version: z.int(),
  validUntil: z.string(),
});
export type PricingAgreementWritten = z.infer<typeof pricingAgreementWritten>;

// ---------------------------------------------------------------------------------------------------------

const byId = z.strictObject({ id: z.string().max(40) });
const timeline = z.strictObject({ items: z.array(timelineEntry) });
const clocks = z.strictObject({ items: z.array(clockView) });

export const specialPriceRoutes = routeTable({
  'GET /api/special-prices': {
    summary: 'Requests for special prices by filter, newest first.',
    permission: 'special_price.read',
    query: z.strictObject({
      status: z.union([z.enum(specialPriceStatuses), z.array(z.enum(specialPriceStatuses))]).optional(),
      partnerId: z.string().max(40).optional(),
      programId: z.string().max(40).optional(),
      registrationId: z.string().max(40).optional(),
      /** Words of the customer's name or the reference. */
      search: z.string().trim().max(120).optional(),
      waitingFor: z.enum(['vendor', 'partner', 'nobody']).optional(),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(specialPriceHead),
  },
  'POST /api/special-prices': {
    summary: 'Ask for a special price. Who is asked, and by when, is on the request a moment later.',
    permission: 'special_price.request',
    body: priceRequest,
    response: specialPriceWritten,
    status: 201,
    writes: 'process',
  },
  'POST /api/special-prices/preview': {
    summary: 'What a request would come to, who would be asked and by when. Nothing is written.',
    permission: 'special_price.read',
    body: priceRequest,
    response: specialPricePreview,
  },
  'GET /api/special-prices/:id': {
    summary: 'One request; for the vendor with margin, routing, earlier requests and approvals.',
    permission: 'special_price.read',
    params: byId,
    response: specialPriceDetail,
  },
  'GET /api/special-prices/:id/events': {
    summary: 'Everything that happened, oldest first.',
    permission: 'special_price.read',
    params: byId,
    response: timeline,
  },
  'GET /api/special-prices/:id/clock': {
    summary: 'Every clock of the request.',
    permission: 'clock.read',
    params: byId,
    response: clocks,
  },
  'POST /api/special-prices/:id/recall': {
    summary: 'Take a request back; possible until it is decided.',
    permission: 'special_price.request',
    params: byId,
    body: z.strictObject({ words: words({ min: 0, max: 2000, label: 'The words' }) }),
    response: specialPriceWritten,
    writes: 'process',
  },
  'POST /api/special-prices/:id/resubmission': {
    summary: 'Answer what was asked, with the terms as they now are. Only what got worse is asked again.',
    permission: 'special_price.request',
    params: byId,
    body: askedTerms.extend({
      words: words({ min: 0, max: 4000, label: 'The answer' }),
      evidenceIds: z.array(z.string().max(40)).max(20),
    }),
    response: specialPriceWritten,
    writes: 'process',
  },
  'POST /api/special-prices/:id/counter-answer': {
    summary: "Accept the vendor's own terms, or decline them, which ends the request.",
    permission: 'special_price.request',
    params: byId,
    body: z.strictObject({
      answer: z.enum(['accept', 'decline']),
      words: words({ min: 0, max: 2000, label: 'The words' }),
    }),
    response: specialPriceWritten,
    writes: 'process',
  },
  'POST /api/special-prices/:id/notes': {
    summary: 'Write a note: to the partner, or private.',
    permission: 'special_price.act',
    params: byId,
    body: z.strictObject({
      audience: z.enum(['partner', 'vendor']),
      words: words({ min: 1, max: 4000, label: 'The note' }),
    }),
    response: specialPriceWritten,
    writes: 'process',
  },
  'GET /api/special-price-corridor': {
    summary: 'What others paid for a product: approved prices of the last two years.',
    permission: 'special_price.act',
    query: z.strictObject({ sku: z.string().max(60), segment: z.string().max(60).optional() }),
    response: corridor,
  },
  'GET /api/pricing-agreements': {
    summary: 'Agreements on special prices by filter, newest first.',
    permission: 'special_price.read',
    query: z.strictObject({
      status: z.enum(pricingAgreementStatuses).optional(),
      partnerId: z.string().max(40).optional(),
      distributorId: z.string().max(40).optional(),
      programId: z.string().max(40).optional(),
      search: z.string().trim().max(120).optional(),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(pricingAgreementHead),
  },
  'GET /api/pricing-agreements/:id': {
    summary: 'One agreement with its versions, prices and caps.',
    permission: 'special_price.read',
    params: byId,
    response: pricingAgreementDetail,
  },
  'GET /api/pricing-agreements/:id/events': {
    summary: 'Everything that happened to it, oldest first.',
    permission: 'special_price.read',
    params: byId,
    response: timeline,
  },
  'POST /api/pricing-agreements/:id/extension': {
    summary: 'Extend an agreement, within the policy and the protection of its registration.',
    permission: 'special_price.act',
    params: byId,
    body: z.strictObject({
      validUntil: calendarDate,
      words: words({ min: 1, max: 2000, label: 'The reason' }),
    }),
    response: pricingAgreementWritten,
    writes: 'process',
  },
  'POST /api/pricing-agreements/:id/end': {
    summary: 'End an agreement before its time.',
    permission: 'special_price.act',
    params: byId,
    body: z.strictObject({ words: words({ min: 1, max: 2000, label: 'The reason' }) }),
    response: pricingAgreementWritten,
    writes: 'process',
  },
});
