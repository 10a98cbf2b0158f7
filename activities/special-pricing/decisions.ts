import type { CounterTerms } from '../../api/contract/special-prices.ts';
import { readTerms, writeApproval, writeOffer } from '../../adapters/store/special-pricing.ts';
import { closeTask, readDecision, reopenTask } from '../../adapters/store/tasks.ts';
import type { PendingPricingDecision } from '../../domain/special-pricing/case.ts';
import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import { nextOpenStep } from '../../domain/special-pricing/standing.ts';
import type { SpecialPriceClosureCode } from '../../domain/special-pricing/status.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import type { AssignFacts, RetractFacts } from '../../workflows/contracts/deal-registration.ts';
import type { DecidePriceFacts } from '../../workflows/contracts/special-pricing.ts';
import { Refused, isoOrNull, meet, writeDecision } from '../case-work.ts';
import type { StepEnd } from '../case-work.ts';
import { assignTask, decidableTask, retractable, wordsOf } from '../task-desk.ts';
import { approveRequest, offerCounter, priceOffer, rejectRequest, requestInformation } from './outcomes.ts';
import { deskOf, dropTasks, lastOf, stepOnRequest, typedWords } from './request-work.ts';
import type { PriceStepOutcome, PriceStepRequest, PriceWork, PricingDeps } from './request-work.ts';
import { agreedRoles, askStep, excludeDeciders, routedRound } from './routing.ts';

const SECOND_MS = 1_000;

/**
 * A person decides a task. The decision is committed with the instant from which it holds, and nothing leaves before. A counter-offer
 * is priced at once, so that what cannot be offered is refused to whoever offers it.
 */
export async function recordPricingDecision(
  deps: PricingDeps,
  request: PriceStepRequest & { command: Command<DecidePriceFacts> },
): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, async (work) => {
    const { command } = request;
    const { facts } = command;
    const task = await decidableTask(deskOf(work), command);
    const open = work.tasks.find(({ id }) => id === task.id);
    if (open === undefined) throw new RangeError(`Task ${task.id} is none that ${work.row.id} waits for.`);
    const words = wordsOf(work.receipt);
    const reasonCode = reasonFor(work.policy, facts, words.words);
    const effectiveAtMs = work.atMs + work.policy.undoWindowSeconds * SECOND_MS;
    const offer = facts.outcome === 'counter_offer' ? await checkedOffer(work) : null;
    const decisionId = await writeDecision(work, task.id, {
      taskId: task.id,
      outcome: facts.outcome,
      reasonCode,
      ...words,
      actorId: command.actorId,
      actingForId: command.actingForId,
      factsHash: task.factsHash,
      effectiveAtMs,
    });
    if (offer !== null) await writeOffer(work.tx, { decisionId, requestId: work.row.id, terms: offer });
    await closeTask(work.tx, task.id, { decisionId, atMs: work.atMs });
    work.tasks = work.tasks.filter(({ id }) => id !== task.id);
    const pending: PendingPricingDecision = {
      decisionId,
      taskId: task.id,
      role: open.role,
      outcome: facts.outcome,
      fields: facts.fields,
      byId: command.actorId,
      actingForId: command.actingForId,
      decidedAtMs: work.atMs,
      effectiveAtMs,
    };
    work.pending = [...work.pending, pending];
    await excludeDeciders(work, await routedRound(work));
    const answer = (): unknown => ({
      decisionId,
      taskId: task.id,
      caseId: work.row.id,
      outcome: facts.outcome,
      decidedAt: isoOrNull(work.atMs),
      effectiveAt: isoOrNull(effectiveAtMs),
      status: work.status,
    });
    // Without an undo window the decision takes effect in its own step.
    if (effectiveAtMs === work.atMs) {
      const end = await applyPending(work, pending);
      return { ...end, statusCode: 201, answer: answer() };
    }
    return {
      kind: 'decided',
      audience: 'vendor',
      statusCode: 201,
      facts: { outcome: facts.outcome, reasonCode, role: open.role, effectiveAt: isoOrNull(effectiveAtMs) },
      answer: answer(),
    };
  });
}

/** The closure code that the reason stands for; null for an outcome that needs none. Refuses by field what is missing. */
function reasonFor(
  policy: Pick<SpecialPricingPolicy, 'reasons'>,
  facts: DecidePriceFacts,
  words: string,
): SpecialPriceClosureCode | null {
  const errors: { pointer: string; reason: string }[] = [];
  const reason = policy.reasons.denial.find(({ key }) => key === facts.reasonKey);
  if (facts.outcome === 'deny' && reason === undefined)
    errors.push({ pointer: '/reasonKey', reason: 'Choose one of the reasons of the program.' });
  if ((facts.outcome === 'deny' || facts.outcome === 'request_information') && words === '')
    errors.push({ pointer: '/words', reason: 'Say it in words that the partner will read.' });
  if (errors.length > 0)
    throw new Refused('invalid_request', { detail: 'The decision is not complete.', errors });
  return facts.outcome === 'deny' ? (reason?.closureCode ?? null) : null;
}

/** The offer that was sent with the decision, once it is known that it can be made. */
async function checkedOffer(work: PriceWork): Promise<CounterTerms> {
  const offer = work.receipt?.body['counter'] as CounterTerms | null | undefined;
  if (offer === null || offer === undefined)
    throw new Refused('invalid_request', {
      detail: 'The decision is not complete.',
      errors: [{ pointer: '/counter', reason: 'Give the terms that you offer.' }],
    });
  const asked = await readTerms(work.tx, { requestId: work.row.id, round: work.round });
  await priceOffer(work, offer, { asked, atMs: work.atMs });
  return offer;
}

/** The undo window of the earliest decision is over: it holds from now, and is told. */
export async function takePricingEffect(
  deps: PricingDeps,
  request: PriceStepRequest,
): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, async (work) => {
    const [first] = work.pending
      .filter(({ effectiveAtMs }) => effectiveAtMs <= work.atMs)
      .toSorted((left, right) => left.effectiveAtMs - right.effectiveAtMs);
    return first === undefined ? { kind: 'clock_looked_at', audience: 'vendor' } : applyPending(work, first);
  });
}

/** What a decision does once it holds. */
async function applyPending(work: PriceWork, pending: PendingPricingDecision): Promise<StepEnd> {
  work.pending = work.pending.filter(({ decisionId }) => decisionId !== pending.decisionId);
  switch (pending.outcome) {
    case 'approve':
      return giveApproval(work, pending);
    case 'deny': {
      const decision = await readDecision(work.tx, pending.decisionId);
      const code = (decision?.reasonCode ?? 'other') as SpecialPriceClosureCode;
      const end = await rejectRequest(work, code);
      return { ...end, facts: { ...end.facts, decisionId: pending.decisionId } };
    }
    case 'counter_offer':
      return offerCounter(work, pending);
    case 'request_information':
      return requestInformation(work, pending);
    default:
      return pending.outcome satisfies never;
  }
}

/** One of those who are asked agreed: the step goes on waiting, the next one opens, or the request is approved. */
async function giveApproval(work: PriceWork, pending: PendingPricingDecision): Promise<StepEnd> {
  const { row } = work;
  const before = await routedRound(work);
  await writeApproval(work.tx, {
    requestId: row.id,
    round: work.round,
    stepNo: work.stepNo,
    role: pending.role,
    taskId: pending.taskId,
    decisionId: pending.decisionId,
    actorId: pending.byId,
    actingFor: pending.actingForId,
    submittedBy: row.submittedBy,
    byCounter: false,
    terms: before.terms,
    termsHash: before.termsHash,
    atMs: work.atMs,
  });
  const routed = await routedRound(work);
  const open = nextOpenStep(routed.routing.steps, agreedRoles(routed));
  const given = {
    role: pending.role,
    termsHash: routed.termsHash,
    decisionId: pending.decisionId,
    stepNo: work.stepNo,
  };
  if (open === null) {
    const end = await approveRequest(work, { decisionId: pending.decisionId, byId: pending.byId });
    return { ...end, privateFacts: { ...end.privateFacts, given } };
  }
  if (open.stepNo === work.stepNo) return { kind: 'price_approval_given', audience: 'vendor', facts: given };
  // Whom the quorum did without is not asked any more.
  meet(work, ['approval'], pending.decidedAtMs);
  await dropTasks(work);
  const end = await askStep(work, routed, open);
  return { ...end, kind: 'price_approval_given', privateFacts: { ...end.privateFacts, given } };
}

/** The decider takes his decision back before it takes effect: a second row, never an edit. */
export async function retractPricingDecision(
  deps: PricingDeps,
  request: PriceStepRequest & { command: Command<RetractFacts> },
): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, async (work) => {
    const { command } = request;
    const { decisionId, taskId, role, outcome } = retractable(
      work.pending.find((one) => one.decisionId === command.facts.decisionId) ?? null,
      { command, last: lastOf(work) },
    );
    await writeDecision(work, 'retraction', {
      outcome: 'retracted',
      actorId: command.actorId,
      actingForId: command.actingForId,
      retracts: decisionId,
    });
    await reopenTask(work.tx, taskId);
    work.pending = work.pending.filter((one) => one.decisionId !== decisionId);
    work.tasks = [...work.tasks, { id: taskId, kind: 'pricing_approval', role }];
    await excludeDeciders(work, await routedRound(work));
    return {
      kind: 'decision_retracted',
      audience: 'vendor',
      facts: { outcome },
      answer: { decisionId, taskId, status: work.status },
    };
  });
}

/** A task goes to a person, or back to its queue. */
export async function reassignPricingTask(
  deps: PricingDeps,
  request: PriceStepRequest & { command: Command<AssignFacts> },
): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, async (work) => {
    const { taskId, personId } = request.command.facts;
    const task = await assignTask(deskOf(work), request.command.facts);
    return {
      kind: 'task_reassigned',
      audience: 'vendor',
      facts: { personId, taskKind: task.kind, words: typedWords(work) },
      answer: { taskId, assignedTo: personId },
    };
  });
}
