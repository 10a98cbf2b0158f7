import { createHash, randomBytes } from 'node:crypto';
import { beginDraft, draftsOf, dropDraft, findDraft, saveDraft } from '../../adapters/store/draft-own.ts';
import { findEvidence, keepEvidence } from '../../adapters/store/evidence-own.ts';
import { programsOf } from '../../adapters/store/directory-reads.ts';
import { ownCasesOf } from '../../adapters/store/registration-reads.ts';
import { formatId } from '../../domain/ids.ts';
import { submission } from '../contract/deal-registrations.ts';
import type { registrationDraftRoutes } from '../contract/deal-registrations.ts';
import { checkFields } from '../contract/field-errors.ts';
import { notFound, Refused } from '../refused.ts';
import { shownTo } from '../registration-view.ts';
import type { Handlers, SignedIn } from '../route-handler.ts';

const MAX_EVIDENCE_BYTES = 10 * 1024 * 1024;

/** Drafts that survive a reload, and the files that go with them. */
export function createRegistrationDraftHandlers(): Handlers<typeof registrationDraftRoutes> {
  return {
    'GET /api/registration-drafts': async ({ principal }, sql) => ({
      items: await draftsOf(sql, principal.personId),
    }),
    // Drafts save themselves while somebody types: they leave no row in the audit chain (the submission does).
    'POST /api/registration-drafts': async ({ principal, body, atMs }, transaction) => {
      const draft = await beginDraft(transaction, {
        id: formatId('draft', atMs, randomBytes(16)),
        personId: principal.personId,
        partnerId: partnerOf(principal),
        programId: body.programId,
        body: withoutTaxId(body.body),
        atMs,
      });
      if (draft === null) {
        throw new Refused('invalid_request', {
          detail: 'One field is not valid.',
          errors: [{ pointer: '/programId', reason: 'Choose a program that your company is enrolled in.' }],
        });
      }
      return { body: draft, audit: null };
    },
    'GET /api/registration-drafts/:id': async ({ principal, params }, sql) => {
      const draft = await findDraft(sql, { id: params.id, personId: principal.personId });
      if (draft === null) throw notFound('draft', params.id);
      return draft;
    },
    'PUT /api/registration-drafts/:id': async ({ principal, params, body, ifMatch, atMs }, transaction) => {
      const saved = await saveDraft(transaction, {
        id: params.id,
        personId: principal.personId,
        version: ifMatch ?? 0,
        body: withoutTaxId(body.body),
        atMs,
      });
      switch (saved.outcome) {
        case 'saved':
          return { body: saved.draft, audit: null };
        case 'absent':
          throw notFound('draft', params.id);
        case 'moved':
          throw new Refused('version_mismatch', {
            detail: `The draft is at version ${saved.version} by now; you loaded ${ifMatch}.`,
          });
        default:
          return saved satisfies never;
      }
    },
    'DELETE /api/registration-drafts/:id': async ({ principal, params }, transaction) => {
      if (!(await dropDraft(transaction, { id: params.id, personId: principal.personId })))
        throw notFound('draft', params.id);
      return { body: undefined, audit: { action: 'draft_dropped', subject: params.id, content: {} } };
    },
    'POST /api/registration-drafts/:id/check': async ({ principal, params, atMs }, sql) => {
      const draft = await findDraft(sql, { id: params.id, personId: principal.personId });
      if (draft === null) throw notFound('draft', params.id);
      const checked = checkFields(submission, { ...draft.body, programId: draft.programId });
      const errors = checked.ok ? [] : checked.errors;
      const customer = submission.shape.customer
        .pick({ legalName: true, country: true })
        .safeParse(pick(draft.body['customer']));
      const cases = customer.success
        ? await ownCasesOf(sql, { partnerId: partnerOf(principal), ...customer.data })
        : [];
      return {
        errors,
        findings: checked.ok ? await conditionsOf({ submission: checked.value, sql, principal, atMs }) : [],
        ownCases: cases.map((one) => ({
          id: one.id,
          reference: one.reference,
          status: shownTo('partner', one).status,
          customerName: one.customer_name,
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

function partnerOf(principal: SignedIn): string {
  if (principal.partnerId === null)
    throw new Refused('forbidden', { detail: 'Only people of a partner register deals.' });
  return principal.partnerId;
}

/** A tax id is typed at the end and kept encrypted only: a draft does not hold it. */
function withoutTaxId(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const customer = body['customer'];
  if (typeof customer !== 'object' || customer === null || !('taxId' in customer)) return { ...body };
  return { ...body, customer: { ...customer, taxId: null } };
}

function pick(customer: unknown): Record<string, unknown> {
  if (typeof customer !== 'object' || customer === null) return {};
  return {
    legalName: 'legalName' in customer ? customer.legalName : undefined,
    country: 'country' in customer ? customer.country : undefined,
  };
}

/** The program's conditions that a submission misses by what it says itself; all others are asked when it is submitted. */
async function conditionsOf(input: {
  submission: {
    programId: string;
    type: string;
    source: string;
    value: { amountMinor: number };
    lines: readonly { sku: string; quantity: number }[];
    rfp: { status: string };
    evidenceIds: readonly string[];
  };
  sql: Parameters<typeof programsOf>[0];
  principal: SignedIn;
  atMs: number;
}): Promise<{ code: string; facts: Record<string, unknown> }[]> {
  const { submission: asked, sql, principal, atMs } = input;
  const programs = await programsOf(sql, {
    partnerId: principal.partnerId,
    at: new Date(atMs).toISOString(),
  });
  const rules = programs.find(({ id }) => id === asked.programId)?.body?.eligibility;
  if (rules === undefined) return [{ code: 'no_policy_in_effect', facts: {} }];
  const findings: { code: string; facts: Record<string, unknown> }[] = [];
  if (!rules.allowedTypes.some((type) => type === asked.type))
    findings.push({ code: 'type_not_offered', facts: { type: asked.type } });
  if (!rules.allowedSources.some((source) => source === asked.source))
    findings.push({ code: 'source_not_offered', facts: { source: asked.source } });
  if (rules.minimumValueMinor !== null && asked.value.amountMinor < rules.minimumValueMinor) {
    findings.push({
      code: 'value_below_minimum',
      facts: { valueMinor: asked.value.amountMinor, minimumMinor: rules.minimumValueMinor },
    });
  }
  const { minimumUnitsPerSku } = rules;
  if (minimumUnitsPerSku !== null) {
    for (const line of asked.lines)
      if (line.quantity < minimumUnitsPerSku)
        findings.push({
          code: 'units_below_minimum',
          facts: { sku: line.sku, units: line.quantity, minimumUnits: minimumUnitsPerSku },
        });
  }
  if (asked.evidenceIds.length < rules.minimumEvidence)
    findings.push({
      code: 'evidence_missing',
      facts: { given: asked.evidenceIds.length, minimum: rules.minimumEvidence },
    });
  return findings;
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
