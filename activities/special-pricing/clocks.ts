import { countUnsettled } from '../../adapters/store/deal-registration.ts';
import type { ClockRow } from '../../adapters/store/sla-clocks.ts';
import { changeTask, lockTask } from '../../adapters/store/tasks.ts';
import { inTransaction } from '../../adapters/store/transaction.ts';
import type { SlaThreshold } from '../../domain/sla-clock.ts';
import { roleAbove } from '../../domain/special-pricing/authority.ts';
import type { PricingClockAction } from '../../domain/special-pricing/clocks.ts';
import { isPriceRequestClosed } from '../../domain/special-pricing/case.ts';
import type { FollowedCaseNews } from '../../workflows/contracts/followed-case.ts';
import { applyHolds } from '../case-holds.ts';
import { fireEarliest, isoOrNull, tellPartner, tellRole } from '../case-work.ts';
import type { StepEnd } from '../case-work.ts';
import { rejectRequest, withdrawRequest } from './outcomes.ts';
import { stepOnRequest } from './request-work.ts';
import type { PriceStepOutcome, PriceStepRequest, PriceWork, PricingDeps } from './request-work.ts';
import { queueOf } from './routing.ts';

/**
 * How many messages of people to this case came before an instant and are not carried out: a deadline acts only when there is none,
 * because timeliness is judged by the receipt.
 */
export async function undeliveredMessages(
  deps: PricingDeps,
  input: { caseId: string; untilMs: number },
): Promise<number> {
  return inTransaction(deps.pool, (tx) => countUnsettled(tx, input.caseId, input.untilMs));
}

/** Fires the earliest clock of a request that is due (`fireEarliest`). */
export async function firePriceClock(
  deps: PricingDeps,
  request: PriceStepRequest,
): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, async (work) => {
    // A hold that the case was not told of yet stops the clock all the same.
    const held = await applyHolds(work);
    if (held !== null) return held;
    return fireEarliest(work, work.state.wakes, {
      breached: (_kind, breachedAtMs) => markBreach(work, breachedAtMs),
      act: (row, fired) => act(work, row, fired),
    });
  });
}

/** Sets every clock of the request as the holds of the installation say. */
export async function followPriceHolds(
  deps: PricingDeps,
  request: PriceStepRequest,
): Promise<PriceStepOutcome> {
  return stepOnRequest(
    deps,
    request,
    async (work) => (await applyHolds(work)) ?? { kind: 'clock_looked_at', audience: 'vendor' },
  );
}

/** The registration ended or went to another partner: nothing can be agreed on it any more. */
export async function followRegistration(
  deps: PricingDeps,
  request: PriceStepRequest & { news: FollowedCaseNews },
): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, async (work) => {
    const { what } = request.news;
    if (what === 'moved' || isPriceRequestClosed(work))
      return { kind: 'clock_looked_at', audience: 'vendor' };
    return rejectRequest(work, 'registration_ended', { cause: what, registration: request.news.status });
  });
}

/** A breached clock shows on the tasks that it presses. */
async function markBreach(work: PriceWork, breachedAtMs: number): Promise<void> {
  for (const { id } of work.tasks) await changeTask(work.tx, id, { breachedAtMs });
}

async function act(work: PriceWork, row: ClockRow, fired: SlaThreshold): Promise<StepEnd> {
  const clock = row.clock.kind;
  const dueAt = isoOrNull(row.clock.dueAtMs);
  const action = fired.action as PricingClockAction;
  switch (action) {
    case 'remind_queue': {
      const told = await rolesAtWork(work);
      for (const role of told) tellRole(work, role, 'reminder', { clock, dueAt });
      return { kind: 'reminded', audience: 'vendor', facts: { clock, dueAt, told } };
    }
    case 'escalate':
      return escalate(work, row, fired);
    case 'remind_partner':
      tellPartner(work, 'reminder', { clock, dueAt });
      return { kind: 'reminded', audience: 'everyone', facts: { clock, dueAt } };
    case 'close_incomplete': {
      const end = await rejectRequest(work, work.policy.information.closureCode);
      return { ...end, facts: { ...end.facts, byClock: clock } };
    }
    case 'lapse_offer':
      tellPartner(work, 'price_decided', { outcome: 'lapsed', closureCode: 'counter_lapsed' });
      return withdrawRequest(work, {
        code: 'counter_lapsed',
        kind: 'counter_lapsed',
        facts: { byClock: clock },
      });
    case 'remind_expiry':
    case 'expire':
      throw new RangeError(`A request has no clock that is to ${action}.`);
    default:
      return action satisfies never;
  }
}

/** The roles that have the open tasks now: an escalation may have taken them up. */
async function rolesAtWork(work: PriceWork): Promise<string[]> {
  const roles = new Set<string>();
  for (const { id } of work.tasks) {
    const task = await lockTask(work.tx, id);
    if (task !== null) roles.add(task.role);
  }
  return [...roles];
}

/** Each open task goes to the manager of whoever was asked, further up with each threshold, and never down. */
async function escalate(work: PriceWork, row: ClockRow, fired: SlaThreshold): Promise<StepEnd> {
  const levelsUp = Number(fired.to ?? '1');
  const clock = row.clock.kind;
  const dueAt = isoOrNull(row.clock.dueAtMs);
  const told = new Set<string>();
  for (const { id, role } of work.tasks) {
    const up = roleAbove(role, levelsUp);
    await changeTask(work.tx, id, { role: up, queue: queueOf(up), namedId: null });
    told.add(up);
  }
  for (const role of told) tellRole(work, role, 'escalated', { clock, dueAt });
  const [first] = told;
  if (first !== undefined) work.change = { ...work.change, queue: queueOf(first) };
  return {
    kind: 'escalated',
    audience: 'vendor',
    facts: { clock, to: first ?? null, levelsUp, breachedAt: isoOrNull(row.clock.breachedAtMs) },
  };
}
