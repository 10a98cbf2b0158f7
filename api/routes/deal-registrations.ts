import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Sql } from '../../adapters/store/app-database.ts';
import { findReceiptByUpdate } from '../../adapters/store/receipts.ts';
import {
  clocksOf,
  decisionsOf,
  eventsOf,
  findCase,
  findRegistration,
  listRegistrations,
  matchesOf,
} from '../../adapters/store/registration-reads.ts';
import type {
  DecisionRow,
  EventRow,
  RegistrationDetailRow,
  RegistrationFilter,
} from '../../adapters/store/registration-reads.ts';
import { keepLook, lastLook } from '../../adapters/store/seen-own.ts';
import { csvOf } from '../csv.ts';
import { formatId } from '../../domain/ids.ts';
import {
  dealRegistrationQueue,
  dealRegistrationType,
  dealRegistrationWorkflowId,
} from '../../workflows/contracts/deal-registration.ts';
import type { DealRegistrationUpdate, UpdateFacts } from '../../workflows/contracts/deal-registration.ts';
import type { BusinessClock } from '../business-clock.ts';
import { correctableFields } from '../contract/deal-registrations.ts';
import type { dealRegistrationRoutes, registration } from '../contract/deal-registrations.ts';
import { cursorOf, isInstantPlace, isNumberPlace, placeOf } from '../cursor.ts';
import { clocksCsv, evidencePackOf } from '../evidence-pack.ts';
import { ReceiptAnswer } from '../pipeline.ts';
import { acceptedReply } from '../process-write.ts';
import { notFound } from '../refused.ts';
import { timelineOf } from '../registration-timeline.ts';
import { clockFor, decisionFor, headOf, iso, newsOf, takenOf } from '../registration-view.ts';
import { verbsOf } from '../registration-verbs.ts';
import { sealedBody } from '../sealed-body.ts';
import type { SealTaxId } from '../sealed-body.ts';
import type { Handlers, ProcessRequest, SignedIn } from '../route-handler.ts';

const CASE_KIND = 'deal-registration';
const CSV_ROWS = 10_000;

type Detail = z.input<typeof registration>;

/** Registering a deal, everything that happens to a registration, and where to look for an answer. */
export function createDealRegistrationHandlers(deps: {
  businessClock: BusinessClock;
  sealTaxId: SealTaxId;
}): Handlers<typeof dealRegistrationRoutes> {
  return {
    // The id is made with the receipt, so that a repeat of the key finds the same case.
    'POST /api/deal-registrations': async ({ principal, body, atMs }) => {
      const id = formatId('registration', atMs, randomBytes(16));
      const facts: UpdateFacts['submit'] = {
        registrationId: id,
        partnerId: principal.partnerId ?? '',
        programId: body.programId,
      };
      return {
        caseKind: CASE_KIND,
        caseId: id,
        workflowId: dealRegistrationWorkflowId(id),
        starts: {
          workflowType: dealRegistrationType,
          taskQueue: dealRegistrationQueue,
          input: { caseId: id, state: null },
        },
        updateName: 'submit' satisfies DealRegistrationUpdate,
        facts,
        body: sealedBody(body, { registrationId: id, seal: deps.sealTaxId }),
        actingForId: null,
      };
    },
    'GET /api/deal-registrations': async ({ principal, query, atMs }, sql) => {
      const after = placeOf(query.cursor, query.sort === 'value' ? isNumberPlace : isInstantPlace);
      const rows = await listRegistrations(sql, {
        ...registrationFilterOf(query, principal),
        after,
        limit: query.limit + 1,
      });
      const now = await deps.businessClock.at(atMs);
      const shown = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? shown.at(-1) : undefined;
      return {
        items: shown.map((row) => ({ ...headOf(row, principal.side, now), news: newsOf(row) })),
        nextCursor: last === undefined ? null : cursorOf(last),
      };
    },
    'GET /api/deal-registrations.csv': async ({ principal, query, atMs }, sql) => {
      const now = await deps.businessClock.at(atMs);
      const rows = await listRegistrations(sql, {
        ...registrationFilterOf(query, principal),
        after: null,
        limit: CSV_ROWS,
      });
      const columns = [
        'reference',
        'program',
        'partner',
        'customer',
        'country',
        'opportunity',
        'type',
        'status',
        'closureCode',
        'valueMinor',
        'currency',
        'expectedClose',
        'submittedAt',
        'answerBy',
        'protectedUntil',
      ];
      return {
        name: 'deal-registrations.csv',
        mediaType: 'text/csv; charset=utf-8',
        content: csvOf(
          columns,
          rows.map((row) => {
            const head = headOf(row, principal.side, now);
            return [
              head.reference,
              head.programName,
              head.partnerName,
              head.customerName,
              head.customerCountry,
              head.opportunityName,
              head.type,
              head.status,
              head.closureCode,
              head.value.amountMinor,
              head.value.currency,
              head.expectedClose,
              head.submittedAt,
              head.answerBy,
              head.protectedUntil,
            ];
          }),
        ),
      };
    },
    'GET /api/deal-registrations/:id': async ({ principal, params, atMs }, sql) => {
      const row = await existing(sql, params.id);
      const now = await deps.businessClock.at(atMs);
      const [decisions, events, matches] = [
        await decisionsOf(sql, row.id),
        await eventsOf(sql, row.id),
        await matchesOf(sql, { registrationId: row.id, at: new Date(atMs).toISOString() }),
      ];
      const appealedAt = events.find(({ kind }) => kind === 'appealed')?.at ?? null;
      return {
        ...headOf(row, principal.side, now),
        details: detailsOf(row),
        policyVersion: row.policy_version,
        submittedByName: row.submitted_by_name,
        verbs: verbsOf({ row, principal, decisions, events, atMs }),
        informationRequest: informationRequestOf(row, decisions, events),
        decisions: decisions.flatMap((decision) =>
          decisionFor(decision, principal.side, { ...row, appealedAt }),
        ),
        why: events.flatMap((event) => whyOf(event)),
        matches: matches.map((match) => ({
          otherKind: match.other_kind,
          otherId: match.other_id,
          otherReference: match.other_reference,
          otherAccountId: match.other_account_id,
          otherName: match.other_name,
          otherCountry: match.other_country,
          otherPartnerName: match.other_partner_name,
          otherStatus: match.other_status,
          verdict: match.verdict,
          evidence: match.evidence.map((row_) => ({
            kind: row_.kind,
            supports: row_.agrees,
            left: row_.left ?? null,
            right: row_.right ?? null,
            similarityPpm: row_.similarityPpm ?? null,
          })),
          judged: match.judged,
          judgedBy: match.judged_by,
        })),
        extensions: row.extensions,
        benefitPpm: row.benefit_ppm,
        leftOut: [...row.left_out],
        taken: principal.side === 'vendor' ? takenOf(row, matches) : null,
        openTaskId: row.open_task_id,
        accountId: row.account_id,
      };
    },
    'GET /api/deal-registrations/:id/timeline': async ({ principal, params }, sql) => {
      const row = await existing(sql, params.id);
      const { items, steps } = await timelineOf(sql, row.id, principal.side);
      return {
        items,
        upTo: steps,
        lastLook: await lastLook(sql, { caseId: row.id, personId: principal.personId }),
      };
    },
    'PUT /api/deal-registrations/:id/look': async ({ principal, params, body, atMs }, transaction) => {
      const { personId, partnerId } = principal;
      const { upTo } = body;
      if (!(await keepLook(transaction, { caseId: params.id, personId, partnerId, upTo, atMs })))
        throw notFound('registration', params.id);
      return { body: { upTo }, audit: null };
    },
    'GET /api/deal-registrations/:id/clock': async ({ principal, params }, sql) => {
      const row = await existing(sql, params.id);
      return { items: (await clocksOf(sql, row.id)).flatMap((clock) => clockFor(clock, principal.side)) };
    },
    'GET /api/deal-registrations/:id/evidence-pack': async ({ principal, params, atMs }, sql) =>
      await evidencePackOf(sql, {
        row: await existing(sql, params.id),
        now: await deps.businessClock.at(atMs),
        madeBy: principal.displayName,
      }),
    'GET /api/deal-registrations/:id/clock.csv': async ({ principal, params }, sql) => {
      const row = await existing(sql, params.id);
      const clocks = (await clocksOf(sql, row.id)).flatMap((clock) => clockFor(clock, principal.side));
      return {
        name: `${row.reference}-clock.csv`,
        mediaType: 'text/csv; charset=utf-8',
        content: clocksCsv(row.reference, clocks),
      };
    },
    'POST /api/deal-registrations/:id/information': ({ params, body }, sql) =>
      verb(sql, {
        id: params.id,
        update: 'answerInformation',
        facts: { fields: Object.keys(body.corrections) },
        body: sealedBody(body, { registrationId: params.id, seal: deps.sealTaxId }),
      }),
    'POST /api/deal-registrations/:id/withdrawal': ({ params, body }, sql) =>
      verb(sql, { id: params.id, update: 'withdraw', facts: { reasonKey: body.reasonKey }, body }),
    'POST /api/deal-registrations/:id/extension': ({ params, body }, sql) =>
      verb(sql, { id: params.id, update: 'requestExtension', facts: {}, body }),
    'POST /api/deal-registrations/:id/activity': ({ params, body }, sql) =>
      verb(sql, { id: params.id, update: 'reportActivity', facts: { activities: body.activities }, body }),
    'POST /api/deal-registrations/:id/amendment': ({ params, body }, sql) =>
      verb(sql, {
        id: params.id,
        update: 'amend',
        facts: { fields: Object.keys(body).filter((field) => field !== 'words') },
        body,
      }),
    'POST /api/deal-registrations/:id/outcome': ({ params, body }, sql) =>
      verb(sql, {
        id: params.id,
        update: 'reportOutcome',
        facts: { outcome: body.outcome, reasonKey: body.outcome === 'lost' ? body.reasonKey : null },
        body,
      }),
    'POST /api/deal-registrations/:id/appeal': ({ params, body }, sql) =>
      verb(sql, { id: params.id, update: 'appeal', facts: {}, body }),
    'POST /api/deal-registrations/:id/transfer': ({ params, body }, sql) =>
      verb(sql, { id: params.id, update: 'transfer', facts: { toPartnerId: body.toPartnerId }, body }),
    'POST /api/deal-registrations/:id/note': ({ params, body }, sql) =>
      verb(sql, { id: params.id, update: 'writeNote', facts: { audience: body.audience }, body }),
    'GET /api/receipts/:id': async ({ principal, params }, sql) => {
      const receipt = /^[0-9a-f]{64}$/.test(params.id)
        ? await findReceiptByUpdate(sql, { personId: principal.personId, updateId: params.id })
        : null;
      if (receipt === null) throw notFound('receipt', params.id);
      return new ReceiptAnswer(
        receipt.answer === null ? acceptedReply(receipt) : { ...receipt.answer, location: null },
      );
    },
  };
}

/** A message to the workflow of a case that must be the caller's to see. */
async function verb<Update extends DealRegistrationUpdate>(
  sql: Sql,
  input: { id: string; update: Update; facts: UpdateFacts[Update]; body: object },
): Promise<ProcessRequest> {
  const found = await findCase(sql, input.id);
  if (found === null) throw notFound('registration', input.id);
  return {
    caseKind: CASE_KIND,
    caseId: found.id,
    workflowId: dealRegistrationWorkflowId(found.id),
    starts: null,
    updateName: input.update,
    facts: input.facts,
    body: input.body,
    actingForId: null,
  };
}

async function existing(sql: Sql, id: string): Promise<RegistrationDetailRow> {
  const row = await findRegistration(sql, id);
  if (row === null) throw notFound('registration', id);
  return row;
}

/** The filters of the list as a reader asks for them. */
export function registrationFilterOf(
  query: {
    status?: string | string[] | undefined;
    partnerId?: string | undefined;
    programId?: string | undefined;
    search?: string | undefined;
    needs?: 'me' | 'partner' | 'vendor' | undefined;
    changed?: 'since_i_looked' | undefined;
    submittedFrom?: string | undefined;
    submittedTo?: string | undefined;
    sort: RegistrationFilter['sort'];
  },
  principal: SignedIn,
): Omit<RegistrationFilter, 'after' | 'limit'> {
  return {
    shownTo: principal.side,
    personId: principal.personId,
    changed: query.changed !== undefined,
    statuses: query.status === undefined ? [] : [query.status].flat(),
    partnerId: query.partnerId ?? null,
    programId: query.programId ?? null,
    search: query.search ?? null,
    waitingFor: query.needs === undefined ? null : query.needs === 'me' ? principal.side : query.needs,
    submittedFrom: query.submittedFrom ?? null,
    submittedTo: query.submittedTo ?? null,
    sort: query.sort,
  };
}

function detailsOf(row: RegistrationDetailRow): Detail['details'] {
  // The record's own shape is that of the contract, which checks it; stage, source and lines have columns of their own.
  const details = row.details as unknown as Detail['details'];
  return {
    ...details,
    stage: row.stage as Detail['details']['stage'],
    source: row.source as Detail['details']['source'],
    lines: row.lines.map(({ sku, quantity }) => ({ sku, quantity })),
    customer: { ...details.customer, taxIdLast2: row.tax_id_last2 },
  };
}

/** What is still asked of the partner: the last request's words and fields, and the end of its clock. */
function informationRequestOf(
  row: RegistrationDetailRow,
  decisions: readonly DecisionRow[],
  events: readonly EventRow[],
): Detail['informationRequest'] {
  if (row.status !== 'info_requested') return null;
  const asked = events.findLast(({ kind }) => kind === 'information_requested');
  const decision = decisions.findLast(
    ({ outcome, retracted }) => outcome === 'request_information' && !retracted,
  );
  if (asked === undefined) return null;
  const fields = Array.isArray(asked.facts['fields']) ? asked.facts['fields'] : [];
  const answerBy =
    typeof asked.facts['answerBy'] === 'string'
      ? asked.facts['answerBy']
      : (iso(row.next_at) ?? asked.at.toISOString());
  const words = typeof asked.facts['words'] === 'string' ? asked.facts['words'] : (decision?.words ?? '');
  return {
    words,
    fields: correctableFields.filter((field) => fields.includes(field)),
    askedAt: asked.at.toISOString(),
    answerBy,
  };
}

/** Steps that follow a rule say so in their facts: findings of the program's conditions, and the version they were judged by. */
function whyOf(event: EventRow): Detail['why'] {
  const facts = { ...event.facts, ...event.private_facts };
  const findings = Array.isArray(facts['findings']) ? (facts['findings'] as unknown[]) : [];
  const ofFindings = findings.flatMap((finding) => {
    if (
      typeof finding !== 'object' ||
      finding === null ||
      !('code' in finding) ||
      typeof finding.code !== 'string'
    )
      return [];
    const inner =
      'facts' in finding && typeof finding.facts === 'object' && finding.facts !== null
        ? { ...finding.facts }
        : {};
    return [{ rule: finding.code, outcome: 'not_met', facts: inner as Record<string, unknown> }];
  });
  const explained = [
    'rejected',
    'approved',
    'auto_approved',
    'conflict_opened',
    'conflict_resolved',
    'expired',
    'revoked',
    'matched',
  ];
  return [
    ...ofFindings,
    ...(explained.includes(event.kind)
      ? [
          {
            rule: event.kind,
            outcome: typeof facts['status'] === 'string' ? facts['status'] : event.kind,
            facts,
          },
        ]
      : []),
  ];
}
