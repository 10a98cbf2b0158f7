import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Sql } from '../../adapters/store/app-database.ts';
import {
  pricingPolicyInForce,
  readPricingBasis,
  readRates,
  readSameDeal,
} from '../../adapters/store/pricing-basis-reads.ts';
import { clocksOf, decisionsOf, eventsOf } from '../../adapters/store/registration-reads.ts';
import type { DecisionRow, EventRow } from '../../adapters/store/registration-reads.ts';
import { correctionsOf, drawnUnder } from '../../adapters/store/sold-under-reads.ts';
import {
  approvalsOf,
  corridorPoints,
  findAgreement,
  findPricingCase,
  findSpecialPrice,
  linesOf,
  listAgreements,
  listSpecialPrices,
  openChangesOf,
  openTasksOf,
  roundsOf,
  routedOf,
  versionsOf,
} from '../../adapters/store/special-price-reads.ts';
import type { SpecialPriceDetailRow } from '../../adapters/store/special-price-reads.ts';
import { convert, NoExchangeRate } from '../../domain/exchange-rate.ts';
import { formatId } from '../../domain/ids.ts';
import {
  faultsOfRequest,
  faultsOfTerms,
  lastDayBefore,
  latestValidUntil,
  lineIdOf,
  priceTerms,
} from '../../domain/special-pricing/asked.ts';
import type { PricingBasis } from '../../domain/special-pricing/asked.ts';
import { dealWon } from '../../domain/special-pricing/outcome.ts';
import { routeRequest } from '../../domain/special-pricing/routing.ts';
import { priceFields } from '../../domain/special-pricing/status.ts';
import { discountPpm } from '../../domain/special-pricing/waterfall.ts';
import {
  pricingAgreementWorkflowId,
  specialPricingQueue,
  specialPricingType,
  specialPricingWorkflowId,
} from '../../workflows/contracts/special-pricing.ts';
import type {
  PricingAgreementUpdate,
  SpecialPricingUpdate,
} from '../../workflows/contracts/special-pricing.ts';
import type { BusinessClock, BusinessNow } from '../business-clock.ts';
import type {
  PriceRequest,
  specialPriceDetail,
  specialPricePreview,
  specialPriceRoutes,
} from '../contract/special-prices.ts';
import { cursorOf, isInstantPlace, placeOf } from '../cursor.ts';
import { effectOf } from '../effect-on-sold.ts';
import { notFound } from '../refused.ts';
import { timelineOf } from '../registration-timeline.ts';
import { clockFor } from '../registration-view.ts';
import type { Handlers, ProcessRequest, SignedIn } from '../route-handler.ts';
import {
  agreementHeadOf,
  agreementOf,
  causesOf,
  previewOf,
  priceHeadOf,
  priceVerbsOf,
  repriced,
  seesCost,
  stepsOf,
  vendorPartOf,
  waterfallOf,
} from '../special-price-view.ts';

type Detail = z.input<typeof specialPriceDetail>;
type Preview = z.input<typeof specialPricePreview>;

const DAY_MS = 24 * 3_600_000;
/** Nothing comes of a request that ended so. */
const EFFECTLESS: ReadonlySet<string> = new Set(['rejected', 'withdrawn']);
const CORRIDOR_DAYS = 730;
const CORRIDOR_POINTS = 500;

/** Asking for a special price, everything that happens to a request, and the agreements that come of it. */
export function createSpecialPriceHandlers(deps: {
  businessClock: BusinessClock;
}): Handlers<typeof specialPriceRoutes> {
  return {
    'GET /api/special-prices': async ({ query, atMs }, sql) => {
      const now = await deps.businessClock.at(atMs);
      const rows = await listSpecialPrices(sql, {
        statuses: query.status === undefined ? [] : [query.status].flat(),
        partnerId: query.partnerId ?? null,
        programId: query.programId ?? null,
        registrationId: query.registrationId ?? null,
        search: query.search ?? null,
        waitingFor: query.waitingFor ?? null,
        after: placeOf(query.cursor, isInstantPlace),
        limit: query.limit + 1,
      });
      const shown = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? shown.at(-1) : undefined;
      return {
        items: shown.map((row) => priceHeadOf(row, now)),
        nextCursor: last === undefined ? null : cursorOf(last),
      };
    },
    // The id is made with the receipt, so that a repeat of the key finds the same case.
    'POST /api/special-prices': async ({ principal, body, atMs }) => {
      const id = formatId('specialPriceRequest', atMs, randomBytes(16));
      return {
        caseKind: 'special-pricing',
        caseId: id,
        workflowId: specialPricingWorkflowId(id),
        starts: {
          workflowType: specialPricingType,
          taskQueue: specialPricingQueue,
          input: { caseId: id, state: null },
        },
        updateName: 'submit' satisfies SpecialPricingUpdate,
        facts: { requestId: id, partnerId: principal.partnerId ?? '', programId: body.programId },
        body,
        actingForId: null,
      };
    },
    'POST /api/special-prices/preview': async ({ principal, body, atMs }, sql) =>
      previewed(sql, { principal, body, now: await deps.businessClock.at(atMs) }),
    'GET /api/special-prices/:id': async ({ principal, params, atMs }, sql) =>
      detailOf(sql, {
        row: await existing(sql, params.id),
        principal,
        now: await deps.businessClock.at(atMs),
      }),
    'GET /api/special-prices/:id/events': async ({ principal, params }, sql) => {
      const { id } = await existing(sql, params.id);
      return { items: (await timelineOf(sql, id, principal.side)).items };
    },
    'GET /api/special-prices/:id/clock': async ({ principal, params }, sql) => {
      const { id } = await existing(sql, params.id);
      return { items: (await clocksOf(sql, id)).flatMap((clock) => clockFor(clock, principal.side)) };
    },
    'POST /api/special-prices/:id/recall': ({ params, body }, sql) =>
      toRequest(sql, { id: params.id, update: 'recall', facts: {}, body }),
    'POST /api/special-prices/:id/resubmission': ({ params, body }, sql) =>
      toRequest(sql, { id: params.id, update: 'resubmit', facts: {}, body }),
    'POST /api/special-prices/:id/counter-answer': ({ params, body }, sql) =>
      toRequest(sql, { id: params.id, update: 'answerCounter', facts: { answer: body.answer }, body }),
    'POST /api/special-prices/:id/notes': ({ params, body }, sql) =>
      toRequest(sql, { id: params.id, update: 'writeNote', facts: { audience: body.audience }, body }),
    'GET /api/special-price-corridor': async ({ query, atMs }, sql) => {
      const rows = await corridorPoints(sql, {
        sku: query.sku,
        segment: query.segment ?? null,
        since: new Date(atMs - CORRIDOR_DAYS * DAY_MS).toISOString(),
        limit: CORRIDOR_POINTS,
      });
      const points = rows.map((row) => ({
        requestId: row.request_id,
        reference: row.reference,
        at: row.at.toISOString(),
        quantity: row.quantity,
        discountPpm: discountPpm(row.list_unit_minor, row.net_unit_minor),
        netUnitMinor: row.net_unit_minor,
        currency: row.currency,
        won: dealWon(row.registration_status),
      }));
      const sorted = points.map((point) => point.discountPpm).toSorted((a, b) => a - b);
      return {
        sku: query.sku,
        segment: query.segment ?? null,
        p10Ppm: quantileOf(sorted, 10),
        p50Ppm: quantileOf(sorted, 50),
        p90Ppm: quantileOf(sorted, 90),
        points,
      };
    },
    'GET /api/pricing-agreements': async ({ query, atMs }, sql) => {
      const now = await deps.businessClock.at(atMs);
      const rows = await listAgreements(sql, {
        status: query.status ?? null,
        partnerId: query.partnerId ?? null,
        distributorId: query.distributorId ?? null,
        programId: query.programId ?? null,
        search: query.search ?? null,
        after: placeOf(query.cursor, isInstantPlace),
        limit: query.limit + 1,
      });
      const shown = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? shown.at(-1) : undefined;
      return {
        items: shown.map((row) => agreementHeadOf(row, now)),
        nextCursor: last === undefined ? null : cursorOf(last),
      };
    },
    'GET /api/pricing-agreements/:id': async ({ principal, params, atMs }, sql) => {
      const row = await findAgreement(sql, params.id);
      if (row === null) throw notFound('pricing agreement', params.id);
      return agreementOf({
        row,
        versions: await versionsOf(sql, row.id),
        openRequests: await openChangesOf(sql, row.id),
        drawn: await drawnUnder(sql, row.id),
        corrections: await correctionsOf(sql, row.id),
        principal,
        now: await deps.businessClock.at(atMs),
      });
    },
    'GET /api/pricing-agreements/:id/events': async ({ principal, params }, sql) => {
      const row = await findAgreement(sql, params.id);
      // The events tell of the reseller's request: his distributor reads the agreement alone.
      if (row === null || (principal.side === 'partner' && principal.partnerId !== row.partner_id))
        throw notFound('pricing agreement', params.id);
      return { items: (await timelineOf(sql, row.id, principal.side)).items };
    },
    'POST /api/pricing-agreements/:id/extension': ({ params, body }, sql) =>
      toAgreement(sql, { id: params.id, update: 'extend', facts: { validUntil: body.validUntil }, body }),
    'POST /api/pricing-agreements/:id/end': ({ params, body }, sql) =>
      toAgreement(sql, { id: params.id, update: 'end', facts: {}, body }),
  };
}

/** A message to the workflow of a request that must be the caller's to see. */
async function toRequest(
  sql: Sql,
  input: { id: string; update: SpecialPricingUpdate; facts: object; body: object },
): Promise<ProcessRequest> {
  const found = await findPricingCase(sql, { table: 'special_price_request', id: input.id });
  if (found === null) throw notFound('special price request', input.id);
  return {
    caseKind: 'special-pricing',
    caseId: found.id,
    workflowId: specialPricingWorkflowId(found.id),
    starts: null,
    updateName: input.update,
    facts: input.facts,
    body: input.body,
    actingForId: null,
  };
}

async function toAgreement(
  sql: Sql,
  input: { id: string; update: PricingAgreementUpdate; facts: object; body: object },
): Promise<ProcessRequest> {
  const found = await findPricingCase(sql, { table: 'pricing_agreement', id: input.id });
  if (found === null) throw notFound('pricing agreement', input.id);
  return {
    caseKind: 'pricing-agreement',
    caseId: found.id,
    workflowId: pricingAgreementWorkflowId(found.id),
    starts: null,
    updateName: input.update,
    facts: input.facts,
    body: input.body,
    actingForId: null,
  };
}

async function existing(sql: Sql, id: string): Promise<SpecialPriceDetailRow> {
  const row = await findSpecialPrice(sql, id);
  if (row === null) throw notFound('special price request', id);
  return row;
}

/** The value at a percentile of sorted ones, by nearest rank; null without any. */
function quantileOf(sorted: readonly number[], percent: number): number | null {
  return sorted[Math.max(Math.ceil((percent / 100) * sorted.length) - 1, 0)] ?? null;
}

async function detailOf(
  sql: Sql,
  of: { row: SpecialPriceDetailRow; principal: SignedIn; now: BusinessNow },
): Promise<Detail> {
  const { row, principal, now } = of;
  const { id, policy } = row;
  const rounds = await roundsOf(sql, id);
  const round = rounds.find((one) => one.round === row.round);
  if (round === undefined) throw notFound('special price request', id);
  const lines = await linesOf(sql, { id, round: row.round });
  const cost = seesCost(principal);
  const [decisions, events] = [await decisionsOf(sql, id), await eventsOf(sql, id)];
  const viewIn = { currency: row.currency, floors: policy.marginFloors, cost };
  const offered =
    row.status === 'counter_offered' ? rounds.find((one) => one.round === row.round + 1) : undefined;
  const vendor =
    principal.side === 'vendor'
      ? vendorPartOf({
          row,
          round,
          lines,
          waterfall: repriced(lines, round.lump_minor),
          routed: await routedOf(sql, { id, round: row.round }),
          approvals: await approvalsOf(sql, {
            id,
            changesAgreementId: row.kind === 'new' ? null : row.agreement_id,
          }),
          tasks: await openTasksOf(sql, id),
          now,
        })
      : null;
  const words = row.details['words'];
  return {
    ...priceHeadOf(row, now),
    submittedByName: row.submitted_by_name,
    policyVersion: row.policy_version,
    justificationCode: row.justification_code,
    justificationLabel:
      policy.justifications.find(({ key }) => key === row.justification_code)?.label ??
      row.justification_code,
    words: typeof words === 'string' ? words : '',
    competitor:
      row.competitor_name === null
        ? null
        : { name: row.competitor_name, priceMinor: row.competitor_price_minor },
    evidence: row.evidence.map((one) => ({ ...one })),
    exceptions: round.exception_keys.map((key) => ({
      key,
      label: policy.termExceptions.find((one) => one.key === key)?.label ?? key,
    })),
    waterfall: waterfallOf({ ...viewIn, lines, round }),
    rounds: rounds.map((one) => ({
      round: one.round,
      origin: one.origin,
      at: one.created_at.toISOString(),
      netMinor: one.net_minor,
      validUntil: one.valid_until,
    })),
    steps:
      vendor?.steps ??
      (row.asked_roles.length === 0
        ? []
        : [
            {
              stepNo: 1,
              bandKey: '',
              roles: row.asked_roles.map((role) => role as Detail['steps'][number]['roles'][number]),
              quorum: row.asked_roles.length,
              by: row.answer_by?.toISOString() ?? null,
            },
          ]),
    informationRequest: informationRequestOf(row, { decisions, events }),
    counterOffer:
      offered === undefined
        ? null
        : {
            words:
              decisions.findLast(({ outcome, retracted }) => outcome === 'counter_offer' && !retracted)
                ?.words ?? '',
            lapsesAt: row.next_at?.toISOString() ?? '',
            validUntil: offered.valid_until,
            waterfall: waterfallOf({
              ...viewIn,
              lines: await linesOf(sql, { id, round: offered.round }),
              round: offered,
            }),
          },
    decisions: decisions.flatMap((one) =>
      // Which of those who are asked agreed, and when, is the vendor's own affair until all of them did.
      principal.side === 'partner' && one.outcome === 'approve'
        ? []
        : [
            {
              id: one.id,
              taskId: principal.side === 'vendor' ? one.task_id : null,
              outcome: one.outcome,
              reasonCode: one.reason_code,
              words: one.words,
              privateNote: one.note,
              by: one.actor,
              actingFor: one.acting_for,
              decidedAt: one.decided_at.toISOString(),
              effectiveAt: one.effective_at.toISOString(),
              retracted: one.retracted,
            },
          ],
    ),
    verbs: priceVerbsOf(row, principal),
    effect:
      row.kind === 'new' || row.agreement_id === null || EFFECTLESS.has(row.status)
        ? null
        : await effectOf(sql, {
            requestId: id,
            agreementId: row.agreement_id,
            kind: row.kind,
            validFrom: round.valid_from,
            validUntil: round.valid_until,
            policy,
            lines,
            today: new Date(now.atMs).toISOString().slice(0, 10),
          }),
    vendor,
  };
}

/** What is still asked of the partner: the words and fields of the last question, and the end of its clock. */
function informationRequestOf(
  row: SpecialPriceDetailRow,
  of: { decisions: readonly DecisionRow[]; events: readonly EventRow[] },
): Detail['informationRequest'] {
  if (row.status !== 'info_requested') return null;
  const asked = of.events.findLast(({ kind }) => kind === 'information_requested');
  if (asked === undefined) return null;
  const decision = of.decisions.findLast(
    ({ outcome, retracted }) => outcome === 'request_information' && !retracted,
  );
  const fields: unknown = asked.facts['fields'];
  return {
    words: decision?.words ?? '',
    fields: priceFields.filter((field) => Array.isArray(fields) && fields.includes(field)),
    askedAt: asked.at.toISOString(),
    answerBy: row.next_at?.toISOString() ?? asked.at.toISOString(),
  };
}

/**
 * What a request would come to, and who would be asked. Row-level security makes it the reader's own view: a partner's prices carry no
 * cost, and the requests that add up to one deal are his own.
 */
async function previewed(
  sql: Sql,
  of: { principal: SignedIn; body: PriceRequest; now: BusinessNow },
): Promise<Preview> {
  const { principal, body, now } = of;
  const at = new Date(now.atMs).toISOString();
  const policy = await pricingPolicyInForce(sql, { programId: body.programId, at });
  if (policy === null)
    return {
      errors: [{ pointer: '/programId', reason: 'No special price can be asked for in this program.' }],
      waterfall: null,
      route: null,
      latestValidUntil: null,
    };
  const partnerId = principal.partnerId ?? (await partnerOf(sql, body)) ?? '';
  const basis = await readPricingBasis(sql, {
    partnerId,
    programId: body.programId,
    policy,
    currency: body.currency,
    registrationId: body.registrationId,
    agreementId: body.agreementId,
    distributorId: body.distributorId,
    skus: body.lines.map(({ sku }) => sku),
    at,
  });
  const ofTerms = faultsOfTerms(basis, body, now.atMs);
  const errors = [...faultsOfRequest(basis, { ...body, customerNamed: body.customer !== null }), ...ofTerms];
  const mostUntil = lastDayBefore(now.atMs + policy.body.validity.mostDays * DAY_MS);
  const limit = latestValidUntil(basis);
  const latest = limit === null || mostUntil < limit ? mostUntil : limit;
  // A day that does not fit says nothing of the price.
  if (ofTerms.some(({ pointer }) => !pointer.startsWith('/valid')))
    return { errors, waterfall: null, route: null, latestValidUntil: latest };
  const priced = priceTerms(basis, body, { requestId: '', round: 1 });
  const cost = seesCost(principal);
  const families = new Map(
    body.lines.map(({ sku }, place) => [lineIdOf(place), basis.entries.get(sku)?.family ?? '']),
  );
  const routing = routeRequest({
    // Whether a price lies under the floor says what the product costs: for whoever may not see costs it is looked at after submission.
    policy: cost ? policy.body : { ...policy.body, marginFloors: { byFamily: {}, otherPpm: null } },
    waterfall: priced.waterfall,
    familyOf: (lineId) => families.get(lineId) ?? '',
    exceptionKeys: body.exceptionKeys,
    dealMinor: await previewedDeal(sql, { basis, netMinor: priced.waterfall.netMinor, body, atMs: now.atMs }),
  });
  return {
    errors,
    waterfall: previewOf(priced, { basis, terms: body, cost }),
    route: {
      clearsAtOnce: routing.steps.length === 0,
      bandKey: routing.bandKey,
      steps: stepsOf(routing.steps, {
        policy: policy.body,
        calendar: now.calendar(policy.body.calendarName),
        fromMs: now.atMs,
        open: null,
      }),
      causes: causesOf(routing.causes),
      complete: principal.side === 'vendor',
    },
    latestValidUntil: latest,
  };
}

/** For whom one of the vendor's people looks: whose registration or agreement it is. */
async function partnerOf(sql: Sql, body: PriceRequest): Promise<string | null> {
  const rows = await sql.rows<{ partner_id: string }>(
    `select partner_id from registration where id = $1 union all select partner_id from pricing_agreement where id = $2 limit 1`,
    [body.registrationId, body.agreementId],
  );
  return rows[0]?.partner_id ?? null;
}

/** The deal as far as the reader may add it up: the same account, and by row-level security his own requests. */
async function previewedDeal(
  sql: Sql,
  of: { basis: PricingBasis; netMinor: number; body: PriceRequest; atMs: number },
): Promise<number> {
  const { basis, atMs } = of;
  const accountId = basis.registration?.accountId ?? basis.agreement?.accountId ?? null;
  const earlier =
    accountId === null
      ? []
      : await readSameDeal(sql, {
          accountIds: [accountId],
          since: new Date(atMs - basis.policy.sameDealWithinDays * DAY_MS).toISOString(),
          exceptRequestId: null,
          exceptAgreementId: of.body.agreementId,
        });
  const on = new Date(atMs).toISOString().slice(0, 10);
  const rates = await readRates(sql, {
    currencies: [...new Set([basis.currency, ...earlier.map(({ currency }) => currency)])],
    other: basis.policy.currency,
    on,
  });
  const inPolicy = (amountMinor: number, currency: string): number => {
    try {
      return convert({ amountMinor, currency }, basis.policy.currency, { rates, on }).amount.amountMinor;
    } catch (error) {
      if (error instanceof NoExchangeRate) return 0;
      throw error;
    }
  };
  return earlier.reduce(
    (sum, { netMinor, currency }) => sum + inPolicy(netMinor, currency),
    inPolicy(of.netMinor, basis.currency),
  );
}
