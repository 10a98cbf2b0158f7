import {
  countUnjudged,
  countUnsettled,
  endProtection,
  readLines,
} from '../../adapters/store/deal-registration.ts';
import type { ClockRow } from '../../adapters/store/sla-clocks.ts';
import { changeTask } from '../../adapters/store/tasks.ts';
import { inTransaction } from '../../adapters/store/transaction.ts';
import type { TaskKind } from '../../domain/deal-registration/case.ts';
import { addDuration } from '../../domain/business-time.ts';
import { activityGraceClock, lateExtensionClock } from '../../domain/deal-registration/clocks.ts';
import type { ClockAction } from '../../domain/deal-registration/clocks.ts';
import {
  autoApproveVerdict,
  nextAuthority,
  risesTo,
  routeOfRole,
} from '../../domain/deal-registration/routing.ts';
import type { TaskRoute } from '../../domain/deal-registration/routing.ts';
import { decidingRoles } from '../../domain/deal-registration/policy.ts';
import type { DecidingRole } from '../../domain/deal-registration/policy.ts';
import type { SlaThreshold } from '../../domain/sla-clock.ts';
import {
  Refused,
  cancelClocks,
  isoOrNull,
  meet,
  writeDecision,
  start,
  tellPartner,
  tellRole,
  fireEarliest,
} from '../case-work.ts';
import { applyHolds } from '../case-holds.ts';
import { dropTasks, go, stepOnCase } from './case-work.ts';
import type { StepEnd } from '../case-work.ts';
import type { CaseDeps, CaseWork, StepOutcome, StepRequest } from './case-work.ts';
import { checkConditions, findingsOf } from './conditions.ts';
import { approve, end, reject, reserveSlot } from './outcomes.ts';
import { familiesOf, registrationFacts } from './submission.ts';
import { signalWindow } from './windows.ts';
import { pressSignal } from '../../workflows/contracts/review-window.ts';
import type { PressFacts } from '../../workflows/contracts/review-window.ts';
import { findRivals } from './rivals.ts';

/**
 * How many messages of people to this case came before an instant and are not carried out: a deadline acts
 * only when there is none, because timeliness is judged by the receipt.
 */
export async function undeliveredReceipts(
  deps: CaseDeps,
  input: { registrationId: string; untilMs: number },
): Promise<number> {
  return inTransaction(deps.pool, (tx) => countUnsettled(tx, input.registrationId, input.untilMs));
}

/** Fires the earliest clock that is due (`fireEarliest`). */
export async function fireDueClock(deps: CaseDeps, request: StepRequest): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    // A hold that the case was not told of yet stops the clock all the same.
    const held = await applyHolds(work);
    if (held !== null) return held;
    return fireEarliest(work, work.state.wakes, {
      breached: (clockKind, breachedAtMs) => markBreach(work, clockKind, breachedAtMs),
      act: (row, fired) => act(work, row, fired),
    });
  });
}

/** A breached clock shows on the task that it belongs to. */
async function markBreach(work: CaseWork, clockKind: string, breachedAtMs: number): Promise<void> {
  const task = work.tasks.find(({ kind }) => kind === taskOfClock(work, clockKind));
  if (task !== undefined) await changeTask(work.tx, task.id, { breachedAtMs });
  else pressJointTask(work, { role: null, breachedAtMs });
}

/** True while it is judged together with its rivals: then its clocks press the joint task. */
function jointly(work: CaseWork): boolean {
  return work.jointWindowId !== null && work.tasks.length === 0;
}

/** The joint task is the window's to change: it is told. */
function pressJointTask(work: CaseWork, pressed: Omit<PressFacts, 'registrationId'>): void {
  if (jointly(work) && work.jointWindowId !== null)
    signalWindow(work, work.jointWindowId, pressSignal, { registrationId: work.row.id, ...pressed });
}

/**
 * Tells a role of a threshold that a clock passed, and takes the joint task up to `rises`. Judged alone the case sends its own
 * mail; judged together with its rivals the window does, one for all of them.
 */
function tellOfClock(
  work: CaseWork,
  told: NonNullable<PressFacts['tell']> | null,
  input: { rises: DecidingRole | null; more?: Readonly<Record<string, unknown>> },
): void {
  if (jointly(work)) {
    if (told !== null || input.rises !== null)
      pressJointTask(work, {
        role: input.rises,
        breachedAtMs: null,
        ...(told === null ? {} : { tell: told }),
      });
    return;
  }
  if (told !== null)
    tellRole(work, told.role, told.template, { clock: told.clock, dueAt: told.dueAt, ...input.more });
}

/** Whose task a clock presses. */
function taskOfClock(work: CaseWork, clockKind: string): TaskKind {
  switch (clockKind) {
    case 'extension':
      return 'extension';
    case 'appeal':
      // After a conflict that was none, the appeal is decided in a review.
      return work.tasks.some(({ kind }) => kind === 'registration_review') ? 'registration_review' : 'appeal';
    case 'conflict':
      return 'conflict_resolution';
    default:
      return 'registration_review';
  }
}

async function act(work: CaseWork, row: ClockRow, fired: SlaThreshold): Promise<StepEnd> {
  const dueAt = isoOrNull(row.clock.dueAtMs);
  const action = fired.action as ClockAction;
  switch (action) {
    case 'remind_queue':
      return remindQueue(work, row, fired);
    case 'remind_partner':
      tellPartner(work, 'reminder', { clock: row.clock.kind, dueAt });
      return { kind: 'reminded', audience: 'everyone', facts: { clock: row.clock.kind, dueAt } };
    case 'remind_expiry':
      tellPartner(work, 'expiring', { protectedUntil: dueAt });
      return { kind: 'expiry_reminded', audience: 'everyone', facts: { protectedUntil: dueAt } };
    case 'escalate':
      return escalate(work, row, fired);
    case 'last_resort':
      return lastResort(work, fired);
    case 'close_incomplete': {
      const closed = await reject(work, work.policy.information.closureCode, work.atMs);
      return { ...closed, facts: { ...closed.facts, byClock: row.clock.kind } };
    }
    case 'expire':
      return expire(work);
    case 'mark_at_risk':
      return markAtRisk(work);
    case 'revoke':
      return revoke(work);
    case 'end_of_appeal':
    case 'end_of_late_extension':
      cancelClocks(work, ['appeal_window', 'late_extension']);
      return { kind: 'case_final', audience: 'everyone', facts: { clock: row.clock.kind } };
    default:
      return action satisfies never;
  }
}

async function remindQueue(work: CaseWork, row: ClockRow, fired: SlaThreshold): Promise<StepEnd> {
  const role = await roleOfTask(work, taskOfClock(work, row.clock.kind));
  tellOfClock(work, role === null ? null : tellingOf(row, fired, { role, template: 'reminder' }), {
    rises: null,
  });
  return {
    kind: 'reminded',
    audience: 'vendor',
    facts: { clock: row.clock.kind, dueAt: isoOrNull(row.clock.dueAtMs), told: role },
  };
}

function tellingOf(
  row: ClockRow,
  fired: SlaThreshold,
  to: Pick<NonNullable<PressFacts['tell']>, 'role' | 'template'>,
): NonNullable<PressFacts['tell']> {
  return { ...to, clock: row.clock.kind, threshold: fired.key, dueAt: isoOrNull(row.clock.dueAtMs) };
}

async function roleOfTask(work: CaseWork, kind: TaskKind): Promise<DecidingRole | null> {
  const task = work.tasks.find((one) => one.kind === kind);
  const { rows } = await work.tx.query<{ role: string }>(
    `select role from task where id = $1 or (case_id = $2 and status = 'open')`,
    [task?.id ?? null, jointly(work) ? work.jointWindowId : null],
  );
  return decidingRoles.find((role) => role === rows[0]?.role) ?? null;
}

/** The task goes to the role that the policy names, or to the next authority above the one that has it. */
async function escalate(work: CaseWork, row: ClockRow, fired: SlaThreshold): Promise<StepEnd> {
  const kind = taskOfClock(work, row.clock.kind);
  const task = work.tasks.find((one) => one.kind === kind);
  const current = await roleOfTask(work, kind);
  const named = decidingRoles.find((role) => role === fired.to);
  const to: TaskRoute | null =
    named === undefined
      ? current === null
        ? null
        : nextAuthority(work.policy, current)
      : routeOfRole(work.policy, named);
  const up = risesTo(work.policy, { from: current, to: to?.role ?? null });
  if (task !== undefined && up !== null)
    await changeTask(work.tx, task.id, { role: up.role, queue: up.queue, namedId: null });
  const told = to?.role ?? current;
  tellOfClock(work, told === null ? null : tellingOf(row, fired, { role: told, template: 'escalated' }), {
    rises: to?.role ?? null,
  });
  return {
    kind: 'escalated',
    audience: 'vendor',
    facts: { clock: row.clock.kind, to: told, breachedAt: isoOrNull(row.clock.breachedAtMs) },
  };
}

/** Nobody decided at all: the machine approves where policy and every check let it; else somebody is paged. */
async function lastResort(work: CaseWork, fired: SlaThreshold): Promise<StepEnd> {
  const lines = await readLines(work.tx, work.row.id);
  const families = familiesOf(lines);
  const found = await findRivals(work, families);
  const registration = registrationFacts(work, lines);
  const conditions = await checkConditions(work, {
    registration,
    sameAccountIds: found.sameAccountIds,
  });
  const verdict = autoApproveVerdict(work.policy, {
    registration,
    partner: work.partner,
    freshMatchClean: found.matches.length === 0,
    unjudgedVerdicts: Math.max(
      found.matches.filter(({ verdict: found_ }) => found_ !== 'duplicate').length,
      await countUnjudged(work.tx, work.row.id),
    ),
    eligibilityFindings: findingsOf(conditions).length,
    directEngaged: found.directEngaged,
    clockPaused: work.clocks.some(({ clock }) => clock.kind === 'decision' && clock.phase === 'paused'),
    reviewWindowOpen: work.windowIds.length > 0,
  });
  const reserved =
    verdict.approve && work.status === 'pending_approval' ? await reserveOrRefuse(work) : 'refused';
  if (reserved !== null && reserved !== 'refused') return reserved;
  if (reserved === null) {
    await writeDecision(work, 'machine', { outcome: 'approve' });
    await dropTasks(work, ['registration_review']);
    const approved = await approve(work, work.atMs);
    return { ...approved, facts: { ...approved.facts, byMachine: true } };
  }
  const page = verdict.approve ? (work.policy.decision.lastResort?.page ?? null) : verdict.page;
  tellOfClock(
    work,
    page === null
      ? null
      : { role: page, template: 'escalated', clock: 'decision', threshold: fired.key, dueAt: null },
    { rises: null, more: { obstacles: verdict.approve ? [] : verdict.obstacles } },
  );
  return {
    kind: 'escalated',
    audience: 'vendor',
    facts: { clock: 'decision', to: page, obstacles: verdict.approve ? ['not_pending'] : verdict.obstacles },
  };
}

/** What a person would be refused (a protection that is over before it begins) is no case for the machine. */
async function reserveOrRefuse(work: CaseWork): Promise<StepEnd | null | 'refused'> {
  try {
    return await reserveSlot(work, { kind: 'registration_review', byMachine: true });
  } catch (error) {
    if (error instanceof Refused) return 'refused';
    throw error;
  }
}

/** Protection is over; where the program lets it, an extension may still be asked for a while. */
async function expire(work: CaseWork): Promise<StepEnd> {
  meet(work, ['protection']);
  cancelClocks(work, ['activity_check', 'activity_grace', 'extension']);
  await dropTasks(work, 'all');
  await endProtection(work.tx, work.row.id, work.atMs);
  go(work, 'expired');
  work.closureCode = 'protection_ended';
  work.extensionAsked = false;
  const late = lateExtensionClock(work.policy);
  if (late !== null) start(work, late);
  work.change = { ...work.change, closedAtMs: work.atMs, queue: null };
  const { quietPeriod } = work.policy;
  tellPartner(work, 'expired', {
    protectedUntil: isoOrNull(work.row.protectedUntilMs),
    registerAgainFrom:
      quietPeriod === null ? null : isoOrNull(addDuration(work.calendar, work.atMs, quietPeriod)),
  });
  return {
    kind: 'expired',
    audience: 'everyone',
    facts: { protectedUntil: isoOrNull(work.row.protectedUntilMs) },
  };
}

async function markAtRisk(work: CaseWork): Promise<StepEnd> {
  meet(work, ['activity_check']);
  const grace = activityGraceClock(work.policy);
  const clock = grace === null ? null : start(work, grace);
  work.change = { ...work.change, atRiskSinceMs: work.atMs };
  const revokeAt = isoOrNull(clock?.clock.dueAtMs ?? null);
  tellPartner(work, 'at_risk', { revokeAt });
  return { kind: 'at_risk', audience: 'everyone', facts: { revokeAt } };
}

async function revoke(work: CaseWork): Promise<StepEnd> {
  go(work, 'revoked');
  work.closureCode = work.policy.activityCheck?.closureCode ?? 'no_activity';
  await end(work);
  tellPartner(work, 'decided', { outcome: 'revoked', closureCode: work.closureCode });
  return { kind: 'revoked', audience: 'everyone', facts: { closureCode: work.closureCode } };
}
