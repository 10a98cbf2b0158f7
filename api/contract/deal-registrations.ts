import { z } from 'zod';
import {
  closureCodes,
  opportunityStages,
  registrationSources,
  registrationStatuses,
  registrationTypes,
  rfpStatuses,
  salesActivities,
} from '../../domain/deal-registration/status.ts';
import { begunDraft, draft, savedDraft } from './drafts.ts';
import { routeTable } from './route.ts';
import {
  amountMinor,
  calendarDate,
  countryCode,
  currencyCode,
  cursor,
  due,
  news,
  nothing,
  page,
  pageSize,
  words,
} from './values.ts';

const emailAddress = z.email({ error: 'Give an e-mail address, such as purchasing@example.com.' }).max(254);

/** What a partner registers. Strict: a field that is not here is an error, so that nothing is silently dropped. */
export const submission = z.strictObject({
  programId: z.string(),
  type: z.enum(registrationTypes),
  source: z.enum(registrationSources),
  customer: z.strictObject({
    legalName: words({ min: 2, max: 200, label: 'The legal name of the customer' }),
    webDomain: words({ min: 3, max: 253, label: 'The web domain' }).nullable(),
    country: countryCode,
    street: words({ min: 1, max: 200, label: 'The street' }).nullable(),
    postalCode: words({ min: 1, max: 20, label: 'The postal code' }).nullable(),
    city: words({ min: 1, max: 100, label: 'The city' }).nullable(),
    industry: words({ min: 1, max: 100, label: 'The industry' }).nullable(),
    taxId: words({ min: 4, max: 30, label: 'The tax id' }).nullable(),
    phone: words({ min: 5, max: 30, label: 'The phone number' }).nullable(),
    contacts: z
      .array(
        z.strictObject({
          name: words({ min: 1, max: 120, label: 'The name of the contact' }),
          email: emailAddress.nullable(),
          role: words({ min: 1, max: 80, label: 'The role of the contact' }).nullable(),
        }),
      )
      .max(20, 'At most 20 contacts.'),
  }),
  opportunityName: words({ min: 3, max: 160, label: 'The name of the opportunity' }),
  lines: z
    .array(
      z.strictObject({
        sku: words({ min: 1, max: 60, label: 'The product' }),
        quantity: z.int().min(1, 'At least one unit.').max(10_000_000, 'At most 10,000,000 units.'),
      }),
    )
    .min(1, 'Name at least one product.')
    .max(200, 'At most 200 products.'),
  value: z.strictObject({ amountMinor, currency: currencyCode }),
  expectedClose: calendarDate,
  stage: z.enum(opportunityStages),
  competitors: z.array(words({ min: 1, max: 120, label: 'The competitor' })).max(20),
  incumbentReseller: words({ min: 1, max: 200, label: 'The incumbent reseller' }).nullable(),
  rfp: z.strictObject({ status: z.enum(rfpStatuses), date: calendarDate.nullable() }),
  salesActivities: z.array(z.enum(salesActivities)).max(salesActivities.length),
  activitySummary: words({ min: 0, max: 4000, label: 'The summary of the sales activity' }),
  evidenceIds: z.array(z.string()).max(20),
  /** Which of the evidence is the customer's written choice of this partner; null or absent: none. */
  customersChoice: z.string().max(40).nullable().optional(),
  distributor: words({ min: 1, max: 200, label: 'The distributor' }).nullable(),
  requestedDiscountPpm: z.int().min(0).max(1_000_000).nullable(),
  vendorRep: words({ min: 1, max: 120, label: 'The vendor representative' }).nullable(),
});
export type Submission = z.infer<typeof submission>;

/** The fields that a request for information can ask for again: what is not named stays closed. */
export const correctableFields = [
  'customer',
  'opportunityName',
  'lines',
  'value',
  'expectedClose',
  'stage',
  'competitors',
  'incumbentReseller',
  'rfp',
  'salesActivities',
  'activitySummary',
  'evidenceIds',
  'customersChoice',
  'distributor',
  'requestedDiscountPpm',
] as const;
export type CorrectableField = (typeof correctableFields)[number];

/** The head of every case page, and a row of every list. */
export const registrationHead = z.strictObject({
  id: z.string(),
  reference: z.string(),
  programId: z.string(),
  programName: z.string(),
  partnerId: z.string(),
  partnerName: z.string(),
  /** For a partner: as the policy shows it. */
  status: z.enum(registrationStatuses),
  closureCode: z.enum(closureCodes).nullable(),
  type: z.enum(registrationTypes),
  customerName: z.string(),
  customerCountry: z.string(),
  opportunityName: z.string(),
  value: z.strictObject({ amountMinor: z.int(), currency: z.string() }),
  expectedClose: z.string(),
  submittedAt: z.string(),
  /** By when the partner is promised an answer; null once there is one. */
  answerBy: z.string().nullable(),
  /** Whom it waits for in words: a queue's name, "the partner", or null when nobody. */
  waitingFor: z.enum(['vendor', 'partner', 'customer', 'nobody']),
  queue: z.string().nullable(),
  /** What happens next, as a key of the word catalogue, and when. */
  nextStep: z.string().nullable(),
  nextAt: z.string().nullable(),
  protectedFrom: z.string().nullable(),
  protectedUntil: z.string().nullable(),
  atRiskSince: z.string().nullable(),
  /** How many extensions of the protection were granted. */
  extensions: z.int(),
  due,
});
/** A row of the list: the head, and what came since the reader looked. */
export const registrationListRow = registrationHead.extend({ news });
export type RegistrationListRow = z.infer<typeof registrationListRow>;
export type RegistrationHead = z.infer<typeof registrationHead>;

export const evidenceRow = z.strictObject({
  kind: z.string(),
  supports: z.boolean(),
  left: z.string().nullable(),
  right: z.string().nullable(),
  similarityPpm: z.int().nullable(),
});

/** A verb of the case: allowed, or why not. */
export const verb = z.strictObject({
  name: z.enum([
    'answer_information',
    'withdraw',
    'request_extension',
    'report_activity',
    'amend',
    'report_won',
    'report_lost',
    'appeal',
    'transfer',
    'write_note',
  ]),
  allowed: z.boolean(),
  /** Why it is not allowed, as a key of the word catalogue. */
  why: z.string().nullable(),
});
export type Verb = z.infer<typeof verb>;

export const registration = registrationHead.extend({
  details: submission
    .omit({ programId: true, value: true, opportunityName: true, expectedClose: true, type: true })
    .extend({
      customer: submission.shape.customer.omit({ taxId: true }).extend({ taxIdLast2: z.string().nullable() }),
    }),
  policyVersion: z.int(),
  /** How often its protection was extended. */
  extensions: z.int(),
  submittedByName: z.string(),
  verbs: z.array(verb),
  /** What was asked of the partner and is still open. */
  informationRequest: z
    .strictObject({
      words: z.string(),
      fields: z.array(z.enum(correctableFields)),
      askedAt: z.string(),
      answerBy: z.string(),
    })
    .nullable(),
  /** Each decision in effect, oldest first. The private note is the vendor's. */
  decisions: z.array(
    z.strictObject({
      id: z.string(),
      outcome: z.string(),
      reasonCode: z.string().nullable(),
      words: z.string(),
      privateNote: z.string().nullable(),
      by: z.string().nullable(),
      actingFor: z.string().nullable(),
      decidedAt: z.string(),
      effectiveAt: z.string(),
      policyVersion: z.int(),
      retracted: z.boolean(),
    }),
  ),
  /** Why it stands as it does: the rule, its source in the policy, the inputs; partner's own only for partners. */
  why: z.array(
    z.strictObject({ rule: z.string(), outcome: z.string(), facts: z.record(z.string(), z.unknown()) }),
  ),
  /** Rivals and the evidence for each; empty for partners. */
  matches: z.array(
    z.strictObject({
      otherKind: z.enum(['registration', 'account', 'direct_deal']),
      otherId: z.string(),
      otherReference: z.string().nullable(),
      otherAccountId: z.string(),
      otherName: z.string(),
      otherCountry: z.string(),
      otherPartnerName: z.string().nullable(),
      otherStatus: z.string().nullable(),
      verdict: z.enum(['duplicate', 'probable', 'possible', 'related']),
      evidence: z.array(evidenceRow),
      judged: z.enum(['same', 'different']).nullable(),
      judgedBy: z.string().nullable(),
    }),
  ),
  /**
   * The part of the program's benefit that is left to one who shares, in parts per million. Null: the whole, or, for a partner,
   * that the program does not tell that another registration exists.
   */
  benefitPpm: z.int().nullable(),
  /** Product families that its approval left out, because another registration has them; empty: none, or not approved yet. */
  leftOut: z.array(z.string()),
  /**
   * For whoever decides, while it is not protected: product families that another registration has now, and what an approval would
   * protect (empty: it would open a conflict). Null: nothing is taken, or the reader is a partner.
   */
  taken: z.strictObject({ families: z.array(z.string()), protects: z.array(z.string()) }).nullable(),
  openTaskId: z.string().nullable(),
  accountId: z.string(),
});
export type Registration = z.infer<typeof registration>;

export const timelineEntry = z.strictObject({
  seq: z.int(),
  source: z.enum(['event', 'clock', 'mail', 'decision']),
  kind: z.string(),
  at: z.string(),
  actor: z.string().nullable(),
  /** In whose place a deputy did it. */
  actingFor: z.string().nullable(),
  /** Facts for the sentence of the word catalogue. */
  facts: z.record(z.string(), z.unknown()),
  vendorOnly: z.boolean(),
});
export type TimelineEntry = z.infer<typeof timelineEntry>;

export const clockView = z.strictObject({
  id: z.string(),
  kind: z.string(),
  phase: z.enum(['running', 'paused', 'met', 'cancelled']),
  calendar: z.string(),
  startedAt: z.string(),
  dueAt: z.string().nullable(),
  /** When a promise was broken. */
  breachedAt: z.string().nullable(),
  /** When a time that somebody had ran out: a protection, the time to appeal. Nobody's word was broken. */
  ranOutAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  events: z.array(
    z.strictObject({
      n: z.int(),
      kind: z.string(),
      at: z.string(),
      recordedAt: z.string(),
      facts: z.record(z.string(), z.unknown()),
    }),
  ),
});
export type ClockView = z.infer<typeof clockView>;

/**
 * The answer to every write on a registration: stored with the receipt, so that repeating the key gives the
 * same bytes. What changes later is read from the case.
 */
export const registrationWritten = z.strictObject({
  id: z.string(),
  reference: z.string(),
  /** For a partner: as the policy shows it. */
  status: z.enum(registrationStatuses),
  closureCode: z.enum(closureCodes).nullable(),
  /** Who looks at it: a queue's name, null when nobody has to. */
  queue: z.string().nullable(),
  answerBy: z.string().nullable(),
  nextStep: z.string().nullable(),
  nextAt: z.string().nullable(),
  protectedUntil: z.string().nullable(),
  /** The partner's own earlier case of the same opportunity, when that is why it ended. */
  ownCase: z.strictObject({ id: z.string(), reference: z.string() }).nullable(),
  /** Rules that the submission does not meet, as codes of the word catalogue with their facts. */
  findings: z.array(z.strictObject({ code: z.string(), facts: z.record(z.string(), z.unknown()) })),
});
export type RegistrationWritten = z.infer<typeof registrationWritten>;

const byId = z.strictObject({ id: z.string().max(40) });
const withWords = z.strictObject({ words: words({ min: 1, max: 4000, label: 'The words' }) });

const listQuery = z.strictObject({
  status: z.union([z.enum(registrationStatuses), z.array(z.enum(registrationStatuses))]).optional(),
  partnerId: z.string().max(40).optional(),
  programId: z.string().max(40).optional(),
  /** Words of the customer's name, the opportunity or the reference. */
  search: z.string().trim().max(120).optional(),
  needs: z.enum(['me', 'partner', 'vendor']).optional(),
  /** Those in which something came since the reader looked. */
  changed: z.enum(['since_i_looked']).optional(),
  submittedFrom: calendarDate.optional(),
  submittedTo: calendarDate.optional(),
  sort: z.enum(['submitted', 'due', 'value']).default('submitted'),
  cursor: cursor.optional(),
  limit: pageSize,
});

export const dealRegistrationRoutes = routeTable({
  'POST /api/deal-registrations': {
    summary: 'Register a deal. Answers with its reference, who looks at it, and by when there is an answer.',
    permission: 'registration.submit',
    body: submission.extend({ draftId: z.string().max(40).nullable() }),
    response: registrationWritten,
    status: 201,
    writes: 'process',
  },
  'GET /api/deal-registrations': {
    summary: 'Registrations by filter.',
    permission: 'registration.read',
    query: listQuery,
    response: page(registrationListRow),
  },
  'GET /api/deal-registrations.csv': {
    summary: 'The same list as a file (at most 10,000 rows).',
    permission: 'registration.export',
    query: listQuery.omit({ cursor: true, limit: true }),
    response: z.string(),
    produces: 'text/csv',
  },
  'GET /api/deal-registrations/:id': {
    summary: 'One registration.',
    permission: 'registration.read',
    params: byId,
    response: registration,
  },
  'GET /api/deal-registrations/:id/timeline': {
    summary: 'Everything that happened, oldest first.',
    permission: 'registration.read',
    params: byId,
    response: z.strictObject({
      items: z.array(timelineEntry),
      /** How many steps there are, as the reader may see them. */
      upTo: z.int(),
      /** How many of them the reader had seen, and when he looked last; null when he never did. */
      lastLook: z.strictObject({ upTo: z.int(), at: z.string() }).nullable(),
    }),
  },
  'PUT /api/deal-registrations/:id/look': {
    summary: 'Keep how far you have looked: the number of steps, as the timeline answered it.',
    permission: 'registration.read',
    params: byId,
    body: z.strictObject({ upTo: z.int().min(1).max(1_000_000) }),
    response: z.strictObject({ upTo: z.int() }),
    writes: 'own',
  },
  'GET /api/deal-registrations/:id/clock': {
    summary: 'Every clock of the case: what ran when, in whose calendar, why it stopped, who was told.',
    permission: 'clock.read',
    params: byId,
    response: z.strictObject({ items: z.array(clockView) }),
  },
  'GET /api/deal-registrations/:id/clock.csv': {
    summary: 'The same proof as a file.',
    permission: 'clock.read',
    params: byId,
    response: z.string(),
    produces: 'text/csv',
  },
  'GET /api/deal-registrations/:id/evidence-pack': {
    summary:
      'Everything the record knows of the case as one archive: timeline, decisions, clocks, mails, and audit rows with their seals.',
    permission: 'audit.read',
    params: byId,
    response: z.unknown(),
    produces: 'application/octet-stream',
  },
  'POST /api/deal-registrations/:id/information': {
    summary: 'Answer a request for information; only the fields that were asked for may be sent.',
    permission: 'registration.partner_act',
    params: byId,
    body: z.strictObject({
      words: words({ min: 0, max: 4000, label: 'The answer' }),
      corrections: submission.partial(),
    }),
    response: registrationWritten,
    writes: 'process',
  },
  'POST /api/deal-registrations/:id/withdrawal': {
    summary: 'Withdraw a registration.',
    permission: 'registration.partner_act',
    params: byId,
    body: z.strictObject({
      reasonKey: z.string().max(60),
      words: words({ min: 0, max: 2000, label: 'The words' }),
    }),
    response: registrationWritten,
    writes: 'process',
  },
  'POST /api/deal-registrations/:id/extension': {
    summary: 'Ask for an extension of protection.',
    permission: 'registration.partner_act',
    params: byId,
    body: withWords,
    response: registrationWritten,
    writes: 'process',
  },
  'POST /api/deal-registrations/:id/activity': {
    summary: 'Report sales activity that the program asks for after approval.',
    permission: 'registration.partner_act',
    params: byId,
    body: z.strictObject({
      activities: z.array(z.enum(salesActivities)).min(1),
      words: words({ min: 1, max: 4000, label: 'What was done' }),
      evidenceIds: z.array(z.string()).max(20),
    }),
    response: registrationWritten,
    writes: 'process',
  },
  'POST /api/deal-registrations/:id/amendment': {
    summary: 'Amend an approved registration; the policy says what is approved again.',
    permission: 'registration.partner_act',
    params: byId,
    body: z.strictObject({
      value: z.strictObject({ amountMinor, currency: currencyCode }).optional(),
      lines: submission.shape.lines.optional(),
      expectedClose: calendarDate.optional(),
      words: words({ min: 1, max: 4000, label: 'The reason' }),
    }),
    response: registrationWritten,
    writes: 'process',
  },
  'POST /api/deal-registrations/:id/outcome': {
    summary: 'Report the deal as won or lost.',
    permission: 'registration.partner_act',
    params: byId,
    body: z.discriminatedUnion('outcome', [
      z.strictObject({
        outcome: z.literal('won'),
        orderReference: words({ min: 1, max: 80, label: 'The order reference' }),
        words: words({ min: 0, max: 2000, label: 'The words' }),
      }),
      z.strictObject({
        outcome: z.literal('lost'),
        reasonKey: z.string().max(60),
        words: words({ min: 0, max: 2000, label: 'The words' }),
      }),
    ]),
    response: registrationWritten,
    writes: 'process',
  },
  'POST /api/deal-registrations/:id/appeal': {
    summary: 'Appeal against a denial; somebody who took no part decides.',
    permission: 'registration.partner_act',
    params: byId,
    body: withWords,
    response: registrationWritten,
    writes: 'process',
  },
  'POST /api/deal-registrations/:id/transfer': {
    summary: 'Transfer an approved registration to another partner.',
    permission: 'registration.vendor_act',
    params: byId,
    body: z.strictObject({
      toPartnerId: z.string().max(40),
      words: words({ min: 1, max: 2000, label: 'The reason' }),
    }),
    response: registrationWritten,
    writes: 'process',
  },
  'POST /api/deal-registrations/:id/note': {
    summary: 'Write a note: to the partner (meets the first response) or private.',
    permission: 'registration.vendor_act',
    params: byId,
    body: z.strictObject({
      audience: z.enum(['partner', 'vendor']),
      words: words({ min: 1, max: 4000, label: 'The note' }),
    }),
    response: registrationWritten,
    writes: 'process',
  },
  'GET /api/receipts/:id': {
    summary: 'The final answer to a write that was accepted with 202, or 202 again.',
    permission: 'session.read',
    params: z.strictObject({ id: z.string().max(80) }),
    response: z.unknown(),
  },
});

export const registrationDraftRoutes = routeTable({
  'GET /api/registration-drafts': {
    summary: 'Your drafts.',
    permission: 'registration.draft',
    response: z.strictObject({ items: z.array(draft) }),
  },
  'POST /api/registration-drafts': {
    summary: 'Begin a draft.',
    permission: 'registration.draft',
    body: begunDraft,
    response: draft,
    status: 201,
    writes: 'own',
    versioned: true,
  },
  'GET /api/registration-drafts/:id': {
    summary: 'One draft.',
    permission: 'registration.draft',
    params: byId,
    response: draft,
    versioned: true,
  },
  'PUT /api/registration-drafts/:id': {
    summary: 'Save a draft.',
    permission: 'registration.draft',
    params: byId,
    body: savedDraft,
    response: draft,
    writes: 'own',
    versioned: true,
  },
  'DELETE /api/registration-drafts/:id': {
    summary: 'Throw a draft away.',
    permission: 'registration.draft',
    params: byId,
    response: nothing,
    status: 204,
    writes: 'own',
  },
  'POST /api/registration-drafts/:id/check': {
    summary:
      'What would be wrong with it, and whether you already have such a case. Tells of your own cases only.',
    permission: 'registration.draft',
    params: byId,
    body: z.strictObject({}),
    response: z.strictObject({
      errors: z.array(z.strictObject({ pointer: z.string(), reason: z.string() })),
      findings: z.array(z.strictObject({ code: z.string(), facts: z.record(z.string(), z.unknown()) })),
      ownCases: z.array(
        z.strictObject({
          id: z.string(),
          reference: z.string(),
          status: z.string(),
          customerName: z.string(),
        }),
      ),
    }),
  },
  'POST /api/evidence': {
    summary: 'Upload a file of evidence (PDF, PNG, JPEG, plain text; at most 10 MB), base64.',
    permission: 'registration.draft',
    body: z.strictObject({
      name: words({ min: 1, max: 120, label: 'The name of the file' }),
      contentBase64: z.string().max(14_000_000),
    }),
    response: z.strictObject({ id: z.string(), name: z.string(), mediaType: z.string(), sizeBytes: z.int() }),
    status: 201,
    writes: 'own',
  },
  'GET /api/evidence/:id': {
    summary: 'One file of evidence, as an attachment.',
    permission: 'registration.read',
    params: byId,
    response: z.unknown(),
    produces: 'application/octet-stream',
  },
});
