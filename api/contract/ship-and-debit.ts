import { z } from 'zod';
import { claimFields, dateFormats, fileEncodings } from '../../domain/ship-and-debit/mapping.ts';
import type { ClaimField, MappingProfile } from '../../domain/ship-and-debit/mapping.ts';
import { lineActions, lineOutcomes, verdictReasons } from '../../domain/ship-and-debit/line.ts';
import { routeTable } from './route.ts';
import { calendarDate, currencyCode, cursor, page, pageSize, search, words } from './values.ts';

export const claimStatuses = ['received', 'judged', 'refused'] as const;

const id = z.string().max(40);
const named = z.strictObject({ id: z.string(), name: z.string() });

/** What a claim comes to in one currency; below zero where more was taken back than sold. */
const total = z.strictObject({ currency: z.string(), units: z.int(), amountMinor: z.int() });

const claimRow = z.strictObject({
  id: z.string(),
  reference: z.string(),
  distributor: named,
  fileName: z.string(),
  format: z.enum(['csv', 'x12']),
  status: z.enum(claimStatuses),
  receivedAt: z.string(),
  judgedAt: z.string().nullable(),
  /** It could not be judged and waits for a person of the vendor's. */
  setAside: z.boolean(),
  lines: z.strictObject({ granted: z.int(), cut: z.int(), refused: z.int(), faulty: z.int() }),
  totals: z.array(total),
});
export type ClaimRowView = z.infer<typeof claimRow>;

const fault = z.strictObject({ row: z.int(), column: z.string(), code: z.string(), words: z.string() });

const line = z.strictObject({
  row: z.int(),
  action: z.enum(lineActions),
  agreement: z.string(),
  customer: z.string(),
  sku: z.string(),
  invoice: z.string(),
  invoiceLine: z.string(),
  saleDate: z.string(),
  /** Below zero of a reversal. */
  quantity: z.int(),
  unitMinor: z.int(),
  currency: z.string(),
  outcome: z.enum(lineOutcomes),
  reason: z.enum(verdictReasons).nullable(),
  /** Empty where nothing was cut. */
  words: z.string(),
  units: z.int(),
  supportUnitMinor: z.int().nullable(),
  amountMinor: z.int(),
});
export type ClaimLineView = z.infer<typeof line>;

const qualifiers = z.array(z.string().max(3)).max(10);
const words1 = z.array(z.string().trim().min(1).max(40)).max(20);
const values = {
  encoding: z.enum(fileEncodings),
  decimalMark: z.enum(['.', ',']),
  dateFormat: z.enum(dateFormats),
  currency: currencyCode.nullable(),
  actions: z.strictObject({ sale: words1, reversal: words1, again: words1 }),
};
const head = z.string().trim().min(1).max(80).nullable();
const envelopeId = z.string().regex(/^[A-Za-z0-9 ]{2,15}$/u, 'Between 2 and 15 letters, digits and blanks.');

/** How a distributor writes his files. */
export const mappingProfile: z.ZodType<MappingProfile> = z.discriminatedUnion('format', [
  z.strictObject({
    format: z.literal('csv'),
    ...values,
    delimiter: z.enum([',', ';', '\t', '|']),
    columns: z.strictObject(
      Object.fromEntries(claimFields.map((field) => [field, head])) as Record<ClaimField, typeof head>,
    ),
  }),
  z.strictObject({
    format: z.literal('x12'),
    ...values,
    product: qualifiers,
    agreement: qualifiers,
    invoice: qualifiers,
    invoiceLine: qualifiers,
    customer: qualifiers,
    saleDate: qualifiers,
    sold: qualifiers,
    returned: qualifiers,
    price: qualifiers,
    answer: z.strictObject({
      claimed: z.string().length(2),
      granted: z.string().length(2),
      ourId: envelopeId,
      theirId: envelopeId,
    }),
  }),
]);

const profile = z.strictObject({
  partner: named,
  format: z.enum(['csv', 'x12']),
  version: z.int(),
  profile: mappingProfile,
  createdAt: z.string(),
});

export const shipAndDebitRoutes = routeTable({
  'GET /api/claims': {
    summary: 'Claims, the newest first; a distributor sees his own.',
    permission: 'claim.read',
    query: z.strictObject({
      status: z.enum(claimStatuses).optional(),
      partnerId: id.optional(),
      search: search.optional(),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(claimRow),
  },
  'POST /api/claims': {
    summary:
      'Hand in a claim file (CSV, or X12 867 or 844), as bytes in base64. It is judged within seconds; what is undisputed is payable at once.',
    permission: 'claim.submit',
    body: z.strictObject({
      fileName: words({ min: 1, max: 200, label: 'The name of the file' }),
      format: z.enum(['csv', 'x12']),
      content: z.base64({ error: 'Give the bytes of the file in base64.' }).min(4).max(40_000_000),
    }),
    response: z.strictObject({ id: z.string(), reference: z.string(), status: z.enum(claimStatuses) }),
    status: 201,
    writes: 'own',
  },
  'GET /api/claims/:id': {
    summary: 'One claim: what became of its lines, what it comes to, and what could not be read.',
    permission: 'claim.read',
    params: z.strictObject({ id }),
    response: claimRow.extend({
      /** Why nothing of the file could be used. */
      fault: fault.nullable(),
      /** The first 200. */
      faults: z.array(fault),
      agreements: z.array(
        z.strictObject({
          reference: z.string().nullable(),
          currency: z.string(),
          units: z.int(),
          amountMinor: z.int(),
        }),
      ),
      /** How many lines have which reason, the most frequent first. */
      reasons: z.array(z.strictObject({ reason: z.enum(verdictReasons), words: z.string(), lines: z.int() })),
    }),
  },
  'GET /api/claims/:id/lines': {
    summary: 'The lines of a claim in the order of its file, each with its verdict and why.',
    permission: 'claim.read',
    params: z.strictObject({ id }),
    query: z.strictObject({
      outcome: z.enum(lineOutcomes).optional(),
      reason: z.enum(verdictReasons).optional(),
      cursor: cursor.optional(),
      limit: pageSize,
    }),
    response: page(line),
  },
  'GET /api/claims/:id/lines.csv': {
    summary: 'The lines of a claim with their verdicts as a CSV file.',
    permission: 'claim.read',
    params: z.strictObject({ id }),
    response: z.string(),
    produces: 'text/csv',
  },
  'GET /api/claims/:id/answer.edi': {
    summary: 'The answer to a claim as X12 849.',
    permission: 'claim.read',
    params: z.strictObject({ id }),
    response: z.string(),
    produces: 'application/octet-stream',
  },
  'GET /api/claim-profiles': {
    summary: 'How distributors write their files: the newest profile of each format.',
    permission: 'claim.read',
    query: z.strictObject({ partnerId: id.optional() }),
    response: z.strictObject({ items: z.array(profile) }),
  },
  'POST /api/claim-profiles': {
    summary: 'Say how a distributor writes his files from now on; claims handed in before keep theirs.',
    permission: 'claim.configure',
    body: z.strictObject({ partnerId: id, profile: mappingProfile }),
    response: z.strictObject({ version: z.int() }),
    status: 201,
    writes: 'own',
  },
  'PUT /api/distributor-stock': {
    summary:
      'Say how many units of products a distributor bought in all; products not named stay as they are.',
    permission: 'claim.configure',
    body: z.strictObject({
      partnerId: id,
      products: z
        .array(z.strictObject({ sku: z.string().max(80), sellIn: z.int().min(0).max(1_000_000_000_000) }))
        .min(1)
        .max(5_000),
    }),
    response: z.undefined(),
    status: 204,
    writes: 'own',
  },
  'GET /api/support-caps': {
    summary: 'Caps of agreements that are open: what is drawn, and what is expected to be claimed.',
    permission: 'ledger.read',
    query: z.strictObject({ search: search.optional(), cursor: cursor.optional(), limit: pageSize }),
    response: page(
      z.strictObject({
        agreementId: z.string(),
        reference: z.string(),
        customer: z.string(),
        sku: z.string(),
        cap: z.int(),
        drawn: z.int(),
        validUntil: z.string(),
        currency: z.string(),
        /** Of the whole agreement, still expected. */
        accruedMinor: z.int(),
      }),
    ),
  },
  'GET /api/obligations': {
    summary: 'What is owed to partners, the newest first; a partner sees what is owed to him.',
    permission: 'claim.read',
    query: z.strictObject({ partnerId: id.optional(), cursor: cursor.optional(), limit: pageSize }),
    response: page(
      z.strictObject({
        id: z.string(),
        partner: named,
        program: z.string(),
        period: z.string(),
        kind: z.string(),
        currency: z.string(),
        amountMinor: z.int(),
        createdAt: z.string(),
        /** The claim that it is owed for. */
        claim: z.strictObject({ id: z.string(), reference: z.string() }).nullable(),
      }),
    ),
  },
  'GET /api/ledger-balances': {
    summary: 'What each account of the ledger stands at, at the end of a day (UTC).',
    permission: 'ledger.read',
    query: z.strictObject({ on: calendarDate.optional() }),
    response: z.strictObject({
      items: z.array(
        z.strictObject({
          kind: z.string(),
          subjectId: z.string(),
          subject: z.string(),
          currency: z.string(),
          balanceMinor: z.int(),
        }),
      ),
    }),
  },
});
