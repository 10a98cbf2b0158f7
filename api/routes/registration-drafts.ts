import { createHash, randomBytes } from 'node:crypto';
import { findEvidence, keepEvidence } from '../../adapters/store/evidence-own.ts';
import type { Sql } from '../../adapters/store/app-database.ts';
import { productsNamed, programsOf } from '../../adapters/store/directory-reads.ts';
import { ownCasesOf, partnerFactsOf, typedFacts } from '../../adapters/store/registration-reads.ts';
import type { OwnCaseRow, TypedCustomer } from '../../adapters/store/registration-reads.ts';
import { checkEligibility } from '../../domain/deal-registration/eligibility.ts';
import type { EligibilityFinding } from '../../domain/deal-registration/eligibility.ts';
import { startOfDateMs, whyNotCloseOn } from '../../domain/deal-registration/dates.ts';
import { earlierCasesOf, ownCasesOfCustomer } from '../../domain/deal-registration/own-cases.ts';
import type { OwnMatch } from '../../domain/deal-registration/own-cases.ts';
import { formatId } from '../../domain/ids.ts';
import type { BusinessClock, BusinessNow } from '../business-clock.ts';
import { submission } from '../contract/deal-registrations.ts';
import type { Submission, registrationDraftRoutes } from '../contract/deal-registrations.ts';
import { checkFields } from '../contract/field-errors.ts';
import { draftVerbs, partnerOf } from '../draft-verbs.ts';
import { notFound, Refused } from '../refused.ts';
import { shownTo } from '../registration-view.ts';
import type { Handlers } from '../route-handler.ts';

const MAX_EVIDENCE_BYTES = 10 * 1024 * 1024;

/** Drafts that survive a reload, and the files that go with them. */
export function createRegistrationDraftHandlers(deps: {
  businessClock: BusinessClock;
}): Handlers<typeof registrationDraftRoutes> {
  const { list, begin, find, save, drop } = draftVerbs('deal-registration', withoutTaxId);
  return {
    'GET /api/registration-drafts': list,
    'POST /api/registration-drafts': begin,
    'GET /api/registration-drafts/:id': find,
    'PUT /api/registration-drafts/:id': save,
    'DELETE /api/registration-drafts/:id': drop,
    'POST /api/registration-drafts/:id/check': async ({ principal, params, atMs }, sql) => {
      const draft = await find({ principal, params }, sql);
      const checked = checkFields(submission, { ...draft.body, programId: draft.programId });
      const { findings, ownCases } = await lookedAt({
        body: draft.body,
        programId: draft.programId,
        partnerId: partnerOf(principal),
        sql,
        now: await deps.businessClock.at(atMs),
      });
      const close = submission.shape.expectedClose.safeParse(draft.body['expectedClose']).data;
      const reason = close === undefined ? null : whyNotCloseOn(close, atMs);
      return {
        errors: [
          ...(checked.ok ? [] : checked.errors),
          ...(reason === null ? [] : [{ pointer: '/expectedClose', reason }]),
        ],
        findings,
        ownCases: ownCases.map(({ own }) => ({
          id: own.registrationId,
          reference: own.reference,
          status: shownTo('partner', own).status,
          customerName: own.customerName,
        })),
      };
    },
    'POST /api/evidence': async ({ principal, body, atMs }, transaction) => {
      const content = Buffer.from(body.contentBase64, 'base64');
      const fault = (reason: string): Refused =>
        new Refused('invalid_request', {
          detail: 'The file cannot be taken.',
          errors: [{ pointer: '/contentBase64', reason }],
        });
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(body.contentBase64) || content.length === 0)
        throw fault('Send the file as base64.');
      if (content.length > MAX_EVIDENCE_BYTES) throw fault('A file may have at most 10 MB.');
      const mediaType = mediaTypeOf(content);
      if (mediaType === null)
        throw fault('Only PDF, PNG, JPEG and plain text are taken, judged by what is in the file.');
      const id = formatId('evidence', atMs, randomBytes(16));
      const sha256 = createHash('sha256').update(content).digest('hex');
      await keepEvidence(transaction, {
        id,
        partnerId: partnerOf(principal),
        name: body.name,
        mediaType,
        sha256,
        content,
        uploadedBy: principal.personId,
        atMs,
      });
      return {
        body: { id, name: body.name, mediaType, sizeBytes: content.length },
        audit: {
          action: 'evidence_uploaded',
          subject: id,
          content: { sha256, sizeBytes: content.length, mediaType },
        },
      };
    },
    'GET /api/evidence/:id': async ({ params }, sql) => {
      const file = await findEvidence(sql, params.id);
      if (file === null) throw notFound('file', params.id);
      return file;
    },
  };
}

/** A tax id is typed at the end and kept encrypted only: a draft does not hold it. */
function withoutTaxId(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const customer = body['customer'];
  if (typeof customer !== 'object' || customer === null || !('taxId' in customer)) return { ...body };
  return { ...body, customer: { ...customer, taxId: null } };
}

type Typed = Partial<Submission>;

/** The fields of a draft that a submission would take as they are. */
function completeFields(body: Readonly<Record<string, unknown>>): Typed {
  const complete: Record<string, unknown> = {};
  for (const [field, schema] of Object.entries(submission.shape)) {
    const read = schema.safeParse(body[field]);
    if (read.success) complete[field] = read.data;
  }
  return complete;
}

/** The customer of a draft, once name and country are there. */
function typedCustomer(customer: unknown): TypedCustomer | null {
  const fields = typeof customer === 'object' && customer !== null ? Object.entries(customer) : [];
  const { shape } = submission.shape.customer;
  const read = <Value>(
    schema: { safeParse(value: unknown): { data?: Value } },
    field: string,
  ): Value | null => schema.safeParse(fields.find(([name]) => name === field)?.[1]).data ?? null;
  const [legalName, country] = [read(shape.legalName, 'legalName'), read(shape.country, 'country')];
  if (legalName === null || country === null) return null;
  return {
    legalName,
    country,
    webDomain: read(shape.webDomain, 'webDomain'),
    street: read(shape.street, 'street'),
    city: read(shape.city, 'city'),
    postalCode: read(shape.postalCode, 'postalCode'),
    phone: read(shape.phone, 'phone'),
    contactEmails: (read(shape.contacts, 'contacts') ?? []).flatMap(({ email }) =>
      email === null ? [] : [email],
    ),
  };
}

/**
 * What stands against a draft by the program's conditions, as far as it is typed, and the partner's own cases of its
 * customer. What the vendor's records say of the customer is asked when it is submitted.
 */
async function lookedAt(input: {
  body: Readonly<Record<string, unknown>>;
  programId: string;
  partnerId: string;
  sql: Sql;
  now: BusinessNow;
}): Promise<{
  findings: { code: string; facts: Record<string, unknown> }[];
  ownCases: OwnMatch<OwnCaseRow>[];
}> {
  const { sql, partnerId, now } = input;
  const typed = completeFields(input.body);
  const programs = await programsOf(sql, { partnerId, at: new Date(now.atMs).toISOString() });
  const policy = programs.find(({ id }) => id === input.programId)?.body ?? null;
  const partner = await partnerFactsOf(sql, partnerId);
  const calendar = policy === null ? null : now.calendar(policy.calendarName);
  if (policy === null || partner === null || calendar === null)
    return { findings: [{ code: 'no_policy_in_effect', facts: {} }], ownCases: [] };
  const skus = (typed.lines ?? []).map(({ sku }) => sku);
  const named = skus.length === 0 ? [] : await productsNamed(sql, skus);
  const products = new Map(named.map((product) => [product.sku, product]));
  const lines = (typed.lines ?? []).map(({ sku, quantity }) => ({
    productFamily: products.get(sku)?.family ?? '',
    coreFamily: products.get(sku)?.core ?? false,
    sku,
    units: quantity,
  }));
  const customer = typedCustomer(input.body['customer']);
  const families = lines.map(({ productFamily }) => productFamily);
  const own = customer === null ? [] : await ownCasesOf(sql, partnerId);
  const ownCases =
    customer === null
      ? []
      : ownCasesOfCustomer({
          customer: typedFacts('', customer),
          own: own.map((one) => ({ one, customer: one.customer })),
          thresholds: policy.matching,
        }).filter(
          ({ own: one }) => families.length === 0 || one.families.some((family) => families.includes(family)),
        );
  const findings = checkEligibility({
    policy,
    registration: {
      registrationId: '',
      type: typed.type ?? 'new_customer',
      source: typed.source ?? 'partner_sourced',
      segment: null,
      valueMinor: typed.value?.amountMinor ?? 0,
      currency: typed.value?.currency ?? policy.currency,
      lines,
      expectedCloseMs: typed.expectedClose === undefined ? now.atMs : startOfDateMs(typed.expectedClose),
      rfp: typed.rfp?.status ?? 'none',
      evidenceCount: typed.evidenceIds?.length ?? 0,
      receivedAtMs: now.atMs,
      receiptNumber: 0,
    },
    partner,
    earlierCases: earlierCasesOf(ownCases),
    // The vendor's records are asked after the submission: a draft tells of the partner's own cases only.
    customer: null,
    calendar,
    nowMs: now.atMs,
  });
  // What is not typed yet is an error of its field, not a condition missed.
  const isTyped = ({ pointer }: EligibilityFinding): boolean => {
    const field = pointer.split('/')[1] ?? '';
    if (field === 'partner' || field === 'customer') return true;
    return Object.hasOwn(typed, field === 'currency' ? 'value' : field);
  };
  return {
    findings: findings.filter(isTyped).map((finding) => {
      const { code, weight: _weight, pointer: _pointer, ...facts } = finding;
      return { code, facts };
    }),
    ownCases,
  };
}

/** What a file is by its first bytes; its name and what the browser said are not asked. */
function mediaTypeOf(content: Buffer): string | null {
  if (content.subarray(0, 5).toString('latin1') === '%PDF-') return 'application/pdf';
  if (content.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])))
    return 'image/png';
  if (content[0] === 0xff && content[1] === 0xd8 && content[2] === 0xff) return 'image/jpeg';
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text) ||
      /^\s*<(?:!doctype|html|svg|script|\?xml)/i.test(text)
      ? null
      : 'text/plain; charset=utf-8';
  } catch {
    // Not text either.
    return null;
  }
}
