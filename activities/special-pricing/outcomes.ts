import {
  agreementLinesOf,
  insertAgreement,
  lockAgreement,
  reviseAgreement,
} from '../../adapters/store/pricing-agreements.ts';
import { followCase } from '../../adapters/store/followers.ts';
import {
  holdRegistration,
  readOffer,
  readPricedLines,
  readRound,
  readTerms,
  writeApproval,
} from '../../adapters/store/special-pricing.ts';
import { rolesHeld } from '../../adapters/store/tasks.ts';
import type { CounterTerms } from '../../api/contract/special-prices.ts';
import { formatReference } from '../../domain/ids.ts';
import { comparableTerms, endOfDayMs, lineIdOf, startOfDayMs } from '../../domain/special-pricing/asked.ts';
import type { PriceTerms, PricingBasis } from '../../domain/special-pricing/asked.ts';
import { rolesBelow } from '../../domain/special-pricing/authority.ts';
import type { PendingPricingDecision } from '../../domain/special-pricing/case.ts';
import { counterOfferClock, informationClock } from '../../domain/special-pricing/clocks.ts';
import type { PricingRole } from '../../domain/special-pricing/policy.ts';
import type { SpecialPriceClosureCode } from '../../domain/special-pricing/status.ts';
import { priceWaterfall } from '../../domain/special-pricing/waterfall.ts';
import {
  beginSignal,
  pricingAgreementType,
  pricingAgreementWorkflowId,
  revisedSignal,
} from '../../workflows/contracts/special-pricing.ts';
import {
  cancelClocks,
  isoOrNull,
  meet,
  pause,
  signal,
  stableId,
  start,
  tellPartner,
  tellRole,
} from '../case-work.ts';
import type { StepEnd } from '../case-work.ts';
import { basisOf, converterOf, priceRound, writeRoundTerms } from './pricing.ts';
import type { Round } from './pricing.ts';
import { dropTasks, go } from './request-work.ts';
import type { PriceWork } from './request-work.ts';

/* What becomes of a request, whoever brought it about: a person, a clock, the registration that it stands on, or the matrix itself. */

/**
 * Approved: the agreement begins, or the one that was to change has its new version, in this very step. What the request stands on is asked
 * once more, because it may have ended since.
 */
export async function approveRequest(
  work: PriceWork,
  by: { decisionId: string; byId: string | null },
): Promise<StepEnd> {
  const { row } = work;
  const registration =
    row.registrationId === null ? null : await holdRegistration(work.tx, row.registrationId);
  if (
    row.registrationId !== null &&
    (registration?.status !== 'approved' || registration.partnerId !== row.partnerId)
  )
    return rejectRequest(work, 'registration_ended', { cause: 'registration_ended' });
  const terms = await readTerms(work.tx, { requestId: row.id, round: work.round });
  const limitMs = registration?.protectedUntilMs ?? Number.POSITIVE_INFINITY;
  const untilMs = Math.min(endOfDayMs(terms.validUntil), limitMs);
  if (untilMs <= work.atMs) return rejectRequest(work, 'other', { cause: 'validity_over' });
  const agreementId =
    row.kind === 'new'
      ? await beginAgreement(work, { terms, untilMs, decisionId: by.decisionId })
      : await changeAgreement(work, { terms, untilMs, decisionId: by.decisionId });
  if (agreementId === null) return rejectRequest(work, 'other', { cause: 'agreement_moved' });
  await tellBelow(work);
  await close(work);
  go(work, 'approved');
  work.change = { ...work.change, agreementId };
  tellPartner(work, 'price_decided', { outcome: 'approved', validUntil: isoOrNull(untilMs) });
  return {
    kind: 'price_approved',
    audience: 'everyone',
    facts: { agreementId, validUntil: isoOrNull(untilMs), decisionId: by.decisionId },
  };
}

/** The band's people decided; those below them are told. */
async function tellBelow(work: PriceWork): Promise<void> {
  const { routing } = await readRound(work.tx, { requestId: work.row.id, round: work.round });
  const asked = new Set<PricingRole>(routing.steps.flatMap(({ roles }) => roles));
  for (const role of await rolesHeld(work.tx, { roles: rolesBelow([...asked]), atMs: work.atMs }))
    tellRole(work, role, 'price_decided_above', { outcome: 'approved' });
}

/** Nothing waits any more. */
async function close(work: PriceWork): Promise<void> {
  meet(work, ['approval']);
  cancelClocks(work, 'all');
  await dropTasks(work);
  work.stepNo = 0;
  work.routing = false;
  work.change = { ...work.change, queue: null, answerByMs: null, decidedAtMs: work.atMs };
}

/** The agreement exists from the approval on; its workflow is begun through the relay, and goes on from this state. */
async function beginAgreement(
  work: PriceWork,
  of: { terms: PriceTerms; untilMs: number; decisionId: string },
): Promise<string> {
  const { row, atMs } = work;
  const agreementId = stableId(work, 'spa', 'agreement');
  const fromMs = Math.max(
    startOfDayMs(of.terms.validFrom),
    startOfDayMs(new Date(atMs).toISOString().slice(0, 10)),
  );
  const state = await insertAgreement(work.tx, {
    id: agreementId,
    reference: formatReference('SA', chanceOf(work)),
    request: row,
    decisionId: of.decisionId,
    validFromMs: Math.min(fromMs, of.untilMs),
    validUntilMs: of.untilMs,
    agreedUntilMs: endOfDayMs(of.terms.validUntil),
    createdAtMs: atMs,
    lines: await agreedLines(work),
  });
  if (row.registrationId !== null)
    await followCase(work.tx, {
      caseId: row.registrationId,
      followerWorkflowId: pricingAgreementWorkflowId(agreementId),
      atMs,
    });
  signal(work, {
    workflowId: pricingAgreementWorkflowId(agreementId),
    signal: beginSignal,
    args: [],
    starts: {
      workflowType: pricingAgreementType,
      taskQueue: work.deps.taskQueue,
      input: { caseId: agreementId, state },
    },
  });
  return agreementId;
}

/** The reference is drawn from the step itself, so that a repeat draws the same. */
function chanceOf(work: PriceWork): number[] {
  const hex = stableId(work, 'spa', 'reference').slice(4);
  return Array.from({ length: hex.length / 2 }, (_, place) =>
    Number.parseInt(hex.slice(2 * place, 2 * place + 2), 16),
  );
}

/** A new version changes everything under the agreement, a new period what is sold from its first day on; null: it moved meanwhile. */
async function changeAgreement(
  work: PriceWork,
  of: { terms: PriceTerms; untilMs: number; decisionId: string },
): Promise<string | null> {
  const { row } = work;
  const agreement = row.agreementId === null ? null : await lockAgreement(work.tx, row.agreementId);
  if (agreement === null || agreement.status !== 'active') return null;
  if (agreement.revisedVersion > (row.agreementVersion ?? 0)) return null;
  await reviseAgreement(work.tx, {
    id: agreement.id,
    version: agreement.version + 1,
    kind: row.kind === 'new_period' ? 'new_period' : 'new_version',
    requestId: row.id,
    decisionId: of.decisionId,
    appliesFromMs:
      row.kind === 'new_period'
        ? Math.max(startOfDayMs(of.terms.validFrom), agreement.validFromMs)
        : agreement.validFromMs,
    agreedUntilMs: endOfDayMs(of.terms.validUntil),
    validUntilMs: of.untilMs,
    atMs: work.atMs,
    partnerId: row.partnerId,
    lines: await agreedLines(work),
  });
  signal(work, {
    workflowId: pricingAgreementWorkflowId(agreement.id),
    signal: revisedSignal,
    args: [],
    starts: null,
  });
  return agreement.id;
}

async function agreedLines(work: PriceWork): Promise<ReturnType<typeof agreementLinesOf>> {
  const of = { requestId: work.row.id, round: work.round };
  const [lines, { lumpMinor }] = [await readPricedLines(work.tx, of), await readTerms(work.tx, of)];
  const { lines: priced } = priceWaterfall({
    lumpMinor,
    lines: lines.map((line, place) => ({ ...line, lineId: lineIdOf(place) })),
  });
  return agreementLinesOf(lines, priced, work.policy.distributorMarginPpm);
}

/** A denial, or what else ends a request without an agreement. */
export async function rejectRequest(
  work: PriceWork,
  code: SpecialPriceClosureCode,
  privateFacts: Record<string, unknown> = {},
): Promise<StepEnd> {
  await close(work);
  go(work, 'rejected');
  work.closureCode = code;
  tellPartner(work, 'price_decided', { outcome: 'denied', closureCode: code });
  return { kind: 'price_rejected', audience: 'everyone', facts: { closureCode: code }, privateFacts };
}

/** Taken back by the partner, or the vendor's offer declined or lapsed. */
export async function withdrawRequest(
  work: PriceWork,
  of: { code: SpecialPriceClosureCode; kind: string; facts?: Record<string, unknown> },
): Promise<StepEnd> {
  await close(work);
  go(work, 'withdrawn');
  work.closureCode = of.code;
  return { kind: of.kind, audience: 'everyone', facts: { closureCode: of.code, ...of.facts } };
}

/** The partner is asked: the approvers' clock stands, and what they have not decided is asked again with his answer. */
export async function requestInformation(work: PriceWork, pending: PendingPricingDecision): Promise<StepEnd> {
  const { fields } = pending;
  pause(work, ['approval'], 'information');
  await dropTasks(work);
  go(work, 'info_requested');
  const clock = start(work, informationClock(work.policy));
  work.change = { ...work.change, queue: null, answerByMs: null };
  const answerBy = isoOrNull(clock.clock.dueAtMs);
  tellPartner(work, 'price_information_requested', { fields, answerBy });
  return {
    kind: 'information_requested',
    audience: 'everyone',
    facts: { fields, answerBy, decisionId: pending.decisionId },
  };
}

/** The terms of a counter-offer as they are priced: what was asked, with the vendor's prices, sum and last day. */
function offeredTerms(asked: PriceTerms, offer: CounterTerms, atMs: number): PriceTerms {
  const today = new Date(atMs).toISOString().slice(0, 10);
  const unit = new Map(offer.lines.map(({ lineNo, unitMinor }) => [lineNo, unitMinor]));
  return {
    ...asked,
    lines: asked.lines.map((line, place) => {
      const unitMinor = unit.get(place + 1);
      return unitMinor === undefined ? line : { ...line, special: { kind: 'net' as const, unitMinor } };
    }),
    lumpMinor: offer.lumpMinor,
    validFrom: asked.validFrom < today ? today : asked.validFrom,
    validUntil: offer.validUntil,
  };
}

/** Prices a counter-offer against what was asked. Throws `Refused` by field. */
export async function priceOffer(
  work: PriceWork,
  offer: CounterTerms,
  of: { asked: PriceTerms; atMs: number },
): Promise<{ basis: PricingBasis; round: Round }> {
  const terms = offeredTerms(of.asked, offer, of.atMs);
  const skus = terms.lines.map(({ sku }) => sku);
  const basis = await basisOf(work, skus, of.atMs);
  const round = priceRound(basis, terms, {
    requestId: work.row.id,
    round: work.round + 1,
    atMs: of.atMs,
    under: '/counter',
  });
  return { basis, round };
}

/** The vendor's own terms are the partner's to accept: they are the next round, to which whoever offered them has agreed. */
export async function offerCounter(work: PriceWork, pending: PendingPricingDecision): Promise<StepEnd> {
  const { row, atMs } = work;
  const offer = await readOffer<CounterTerms>(work.tx, pending.decisionId);
  const asked = await readTerms(work.tx, { requestId: row.id, round: work.round });
  const before = await readRound(work.tx, { requestId: row.id, round: work.round });
  const next = work.round + 1;
  // As it was when it was offered, so that what held then holds now.
  const { basis, round } = await priceOffer(work, offer, { asked, atMs: pending.decidedAtMs });
  const { terms } = round;
  await writeRoundTerms(
    work.tx,
    { requestId: row.id, round: next, partnerId: row.partnerId, origin: 'counter_offer', atMs },
    { basis, round },
  );
  const { waterfall } = round.priced;
  const inPolicy = await converterOf(work, [row.currency]);
  const dealMinor =
    before.dealMinor -
    (inPolicy(row.netMinor, row.currency) ?? 0) +
    (inPolicy(waterfall.netMinor, row.currency) ?? 0);
  await writeApproval(work.tx, {
    requestId: row.id,
    round: next,
    stepNo: work.stepNo,
    role: pending.role,
    taskId: pending.taskId,
    decisionId: pending.decisionId,
    actorId: pending.byId,
    actingFor: pending.actingForId,
    submittedBy: row.submittedBy,
    byCounter: true,
    terms: comparableTerms(terms, { waterfall, dealMinor: Math.max(dealMinor, 0) }),
    termsHash: round.termsHash,
    atMs,
  });
  meet(work, ['approval'], pending.decidedAtMs);
  await dropTasks(work);
  go(work, 'counter_offered');
  const clock = start(work, counterOfferClock(work.policy));
  work.change = { ...work.change, queue: null, answerByMs: null };
  const lapsesAt = isoOrNull(clock.clock.dueAtMs);
  tellPartner(work, 'price_counter_offered', { lapsesAt });
  return {
    kind: 'price_countered',
    audience: 'everyone',
    facts: {
      offeredRound: next,
      lapsesAt,
      netMinor: waterfall.netMinor,
      validUntil: terms.validUntil,
      decisionId: pending.decisionId,
    },
  };
}
