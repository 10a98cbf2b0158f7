import {
  readApprovals,
  readPricedLines,
  readRound,
  readTerms,
  writeRound,
} from '../../adapters/store/special-pricing.ts';
import { changeTask } from '../../adapters/store/tasks.ts';
import { isQuarterEnd } from '../../domain/fiscal-quarter.ts';
import { PPM } from '../../domain/money.ts';
import { addDuration } from '../../domain/business-time.ts';
import { comparableTerms, lineIdOf } from '../../domain/special-pricing/asked.ts';
import { approvalClock, answerWithin } from '../../domain/special-pricing/clocks.ts';
import type { PricingRole } from '../../domain/special-pricing/policy.ts';
import { routeRequest } from '../../domain/special-pricing/routing.ts';
import type { ApprovalStep, Routing } from '../../domain/special-pricing/routing.ts';
import { nextOpenStep, standingApprovals } from '../../domain/special-pricing/standing.ts';
import type { GivenApproval, OpenStep } from '../../domain/special-pricing/standing.ts';
import { discountPpm, marginPpm, priceWaterfall } from '../../domain/special-pricing/waterfall.ts';
import type { Waterfall } from '../../domain/special-pricing/waterfall.ts';
import type { AskedTerms, WorseFact } from '../../domain/special-pricing/worse.ts';
import { cancelClocks, isoOrNull, openTaskOf, resume, start, writeDecision } from '../case-work.ts';
import type { StepEnd } from '../case-work.ts';
import { approveRequest } from './outcomes.ts';
import { dealOf } from './pricing.ts';
import { go, stepOnRequest } from './request-work.ts';
import type { PriceStepOutcome, PriceStepRequest, PriceWork, PricingDeps } from './request-work.ts';

/* Who is asked: the routing of a round, its steps one after the other, and what of earlier approvals stands. */

/** A fiscal year begins in January unless the calendar of a program says otherwise; no program's does yet. */
const FISCAL_YEAR_STARTS_IN = 1;

/** A round with everything that who is asked depends on. */
interface RoutedWork {
  readonly routing: Routing;
  readonly waterfall: Waterfall;
  readonly dealMinor: number;
  readonly terms: AskedTerms;
  readonly termsHash: string;
  /** Of each role what it agreed to, and what is worse now. */
  readonly standing: ReadonlyMap<PricingRole, { approval: GivenApproval; worse: readonly WorseFact[] }>;
}

/**
 * Prices the round against the whole deal and says who is asked: with nobody left to ask it is approved at once. What other partners
 * asked for the same customer counts here, after the reply to the partner.
 */
export async function routeRound(deps: PricingDeps, request: PriceStepRequest): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, async (work) => {
    if (!work.routing) return { kind: 'clock_looked_at', audience: 'vendor' };
    work.routing = false;
    const { waterfall, familyOf, terms } = await pricedRound(work);
    const { dealMinor, earlier } = await dealOf(work, waterfall.netMinor);
    const routing = routeRequest({
      policy: work.policy,
      waterfall,
      familyOf,
      exceptionKeys: terms.exceptionKeys,
      dealMinor,
    });
    await writeRound(
      work.tx,
      { requestId: work.row.id, round: work.round, atMs: work.atMs },
      {
        costMinor: waterfall.costMinor,
        dealMinor,
        dealCurrency: work.policy.currency,
        routing,
        earlier: earlier.map((one) => ({ ...one })),
      },
    );
    const routed = await routedOf(work, { routing, waterfall, dealMinor, terms, termsHash: terms.termsHash });
    const open = nextOpenStep(routing.steps, agreedRoles(routed));
    if (open !== null) return askStep(work, routed, open);
    // Nobody decided this round: what stood before is enough, or nobody needs to be asked.
    const decisionId = await writeDecision(work, 'machine', { outcome: 'approve' });
    const end = await approveRequest(work, { decisionId, byId: null });
    return { ...end, facts: { ...end.facts, byMachine: true } };
  });
}

/** The round as it was routed, for whoever decides in it. */
export async function routedRound(work: PriceWork): Promise<RoutedWork> {
  const { waterfall, terms } = await pricedRound(work);
  const { routing, dealMinor } = await readRound(work.tx, { requestId: work.row.id, round: work.round });
  return routedOf(work, { routing, waterfall, dealMinor, terms, termsHash: terms.termsHash });
}

async function pricedRound(work: PriceWork): Promise<{
  waterfall: Waterfall;
  familyOf: (lineId: string) => string;
  terms: Awaited<ReturnType<typeof readTerms>>;
}> {
  const of = { requestId: work.row.id, round: work.round };
  const terms = await readTerms(work.tx, of);
  const lines = await readPricedLines(work.tx, of);
  const families = new Map(lines.map(({ family }, place) => [lineIdOf(place), family]));
  return {
    terms,
    familyOf: (lineId) => families.get(lineId) ?? '',
    waterfall: priceWaterfall({
      lumpMinor: terms.lumpMinor,
      lines: lines.map((line, place) => ({ ...line, lineId: lineIdOf(place) })),
    }),
  };
}

async function routedOf(
  work: PriceWork,
  round: {
    routing: Routing;
    waterfall: Waterfall;
    dealMinor: number;
    terms: Parameters<typeof comparableTerms>[0];
    termsHash: string;
  },
): Promise<RoutedWork> {
  const terms = comparableTerms(round.terms, round);
  const given = await readApprovals(work.tx, {
    requestId: work.row.id,
    agreementId: work.row.kind === 'new' ? null : work.row.agreementId,
  });
  return { ...round, terms, standing: standingApprovals(given, terms) };
}

/** The roles whose approval stands for the terms of now. */
export function agreedRoles({ standing }: Pick<RoutedWork, 'standing'>): PricingRole[] {
  return [...standing].flatMap(([role, { worse }]) => (worse.length === 0 ? [role] : []));
}

/** Opens a step: one task for each role that is to agree, and one clock for all of them. */
export async function askStep(work: PriceWork, routed: RoutedWork, open: OpenStep): Promise<StepEnd> {
  const { row, policy } = work;
  if (work.status !== 'pending_approval') go(work, 'pending_approval');
  const clock = stepClock(work, open);
  work.stepNo = open.stepNo;
  const { listMinor, standardMinor, netMinor, costMinor } = routed.waterfall;
  for (const role of open.roles) {
    const facts = {
      round: work.round,
      stepNo: open.stepNo,
      steps: routed.routing.steps.length,
      bandKey: open.bandKey,
      askedRole: role,
      needed: open.needed,
      termsHash: routed.termsHash,
      causes: routed.routing.causes,
      currency: row.currency,
      listMinor,
      standardMinor,
      netMinor,
      discountPpm: discountPpm(standardMinor, netMinor),
      marginPpm: costMinor === null ? null : marginPpm(netMinor, costMinor),
      dealMinor: routed.dealMinor,
      worse: routed.standing.get(role)?.worse ?? [],
      validUntil: routed.terms.validUntil,
      policyVersion: row.policyVersion,
    };
    const id = await openTaskOf(work, {
      kind: 'pricing_approval',
      word: `pricing_approval:${role}`,
      question: 'approve_special_price',
      role,
      queue: queueOf(role),
      outcomes: ['approve', 'deny', 'counter_offer', 'request_information'],
      amountMinor: routed.dealMinor,
      currency: policy.currency,
      facts,
      excludedIds: excludedFor(work, routed, role),
      dueAtMs: clock.dueAtMs,
    });
    work.tasks = [...work.tasks, { id, kind: 'pricing_approval', role }];
  }
  work.change = {
    ...work.change,
    queue: queueOf(open.roles[0] ?? 'channel_account_manager'),
    answerByMs: answerByMs(work, { steps: routed.routing.steps, agreed: agreedRoles(routed), open, clock }),
  };
  return {
    kind: 'price_routed',
    audience: 'everyone',
    facts: { roles: open.roles, answerBy: isoOrNull(work.change.answerByMs ?? null) },
    privateFacts: {
      bandKey: routed.routing.bandKey,
      stepNo: open.stepNo,
      steps: routed.routing.steps.length,
      causes: routed.routing.causes,
      dealMinor: routed.dealMinor,
    },
  };
}

/** The queue of a role's pricing tasks. */
export function queueOf(role: string): string {
  return `pricing-${role.replaceAll('_', '-')}`;
}

/** The clock of a step. One that stood while the partner was asked runs on when the same step is asked again. */
function stepClock(work: PriceWork, open: OpenStep): { dueAtMs: number } {
  const paused = work.clocks.find(({ clock }) => clock.kind === 'approval');
  if (paused !== undefined && work.stepNo === open.stepNo) {
    resume(work, ['approval'], 'information');
    return work.clocks.find(({ clock }) => clock.kind === 'approval')?.clock ?? paused.clock;
  }
  cancelClocks(work, ['approval']);
  return start(work, approvalClock(work.policy, open.bandKey), { factorPpm: lengthPpm(work, work.atMs) })
    .clock;
}

/** In the last business days of a fiscal quarter a clock that opens has a part of its length. */
function lengthPpm(work: Pick<PriceWork, 'policy' | 'calendar'>, atMs: number): number {
  const { quarterEnd } = work.policy;
  if (quarterEnd === null) return PPM;
  return isQuarterEnd({
    calendar: work.calendar,
    atMs,
    lastBusinessDays: quarterEnd.lastBusinessDays,
    yearStartsInMonth: FISCAL_YEAR_STARTS_IN,
  })
    ? quarterEnd.lengthPpm
    : PPM;
}

/** By when the last of those who are to be asked answers, if everybody takes the time that he has. */
function answerByMs(
  work: PriceWork,
  of: {
    steps: readonly ApprovalStep[];
    agreed: readonly PricingRole[];
    open: OpenStep;
    clock: { dueAtMs: number };
  },
): number {
  let atMs = of.clock.dueAtMs;
  let step = nextOpenStep(of.steps, of.agreed, of.open.stepNo + 1);
  while (step !== null) {
    atMs = addDuration(work.calendar, atMs, answerWithin(work.policy, step.bandKey));
    step = nextOpenStep(of.steps, of.agreed, step.stepNo + 1);
  }
  return atMs;
}

/**
 * Who may not decide for a role: whoever asked, and everybody whose approval for another role stands or is about to take effect. People
 * are compared, so that nobody answers for two.
 */
function excludedFor(work: PriceWork, routed: RoutedWork, role: PricingRole): string[] {
  const others = [...routed.standing].flatMap(([of, { approval, worse }]) =>
    of !== role && worse.length === 0 ? [approval.actorId] : [],
  );
  const deciding = work.pending.flatMap(({ role: of, byId, actingForId }) =>
    of === role ? [] : actingForId === null ? [byId] : [byId, actingForId],
  );
  return [...new Set([work.row.submittedBy, ...others, ...deciding])];
}

/** Sets who may not decide the tasks that are open, after somebody decided or took it back. */
export async function excludeDeciders(work: PriceWork, routed: RoutedWork): Promise<void> {
  for (const { id, role } of work.tasks)
    await changeTask(work.tx, id, { excludedIds: excludedFor(work, routed, role) });
}
