import type { Submission } from '../../api/contract/deal-registrations.ts';
import {
  SlotTaken,
  countUnjudged,
  dropReservation,
  endProtection,
  keepProtectionOf,
  readLines,
  readProtectedFamilies,
  readProtection,
  readShareGroup,
  reserveProtection,
  writeLines,
  writeMatches,
} from '../../adapters/store/deal-registration.ts';
import type { RegistrationLine } from '../../adapters/store/deal-registration.ts';
import { hashJson } from '../../adapters/sha256.ts';
import { readLastClose } from '../../adapters/store/review-windows.ts';
import { changeTask, decidersOf, lockTask } from '../../adapters/store/tasks.ts';
import type { TaskRow } from '../../adapters/store/tasks.ts';
import {
  activityCheckClock,
  appealWindowClock,
  conflictClock,
  protectionClock,
} from '../../domain/deal-registration/clocks.ts';
import { toldShare } from '../../domain/deal-registration/disclosure.ts';
import { registrationDiscount } from '../../domain/deal-registration/discount.ts';
import type { RegistrationDiscount } from '../../domain/deal-registration/discount.ts';
import type { ApprovedFacts } from '../../domain/deal-registration/facts.ts';
import {
  extendedEndMs,
  protectedPart,
  protectionLength,
  protectionPeriod,
} from '../../domain/deal-registration/protection.ts';
import { routeOfRole, routeTask } from '../../domain/deal-registration/routing.ts';
import type { ClosureCode, SalesActivity } from '../../domain/deal-registration/status.ts';
import { PPM } from '../../domain/money.ts';
import {
  Refused,
  cancelClocks,
  isoOrNull,
  meet,
  pause,
  start,
  tellPartner,
  writeDecision,
} from '../case-work.ts';
import { ask, dropTasks, go } from './case-work.ts';
import type { StepEnd } from '../case-work.ts';
import type { CaseWork } from './case-work.ts';
import { customerHistory } from './conditions.ts';
import { findRivalsUnderLock } from './rivals.ts';
import { familiesOf, linesOf, materialHashOf, registrationFacts, registrationType } from './submission.ts';

/* What becomes of a case, whoever brought it about: a person, a clock, or the machine. */

const SECOND_MS = 1_000;

/**
 * Protection takes effect at approval: its clock, its reminders, and the check of activity begin. `benefitPpm` is the part
 * of the benefit, in parts per million, that is left to one who shares.
 */
export async function approve(
  work: CaseWork,
  decidedAtMs: number,
  benefitPpm: number = PPM,
): Promise<StepEnd> {
  meet(work, ['first_response', 'decision', 'conflict', 'appeal'], decidedAtMs);
  cancelClocks(work, ['appeal_window', 'late_extension']);
  go(work, 'approved');
  work.closureCode = null;
  // The range was reserved with the decision; the registration shows it from now on only.
  const { fromMs, untilMs } = await readProtection(work.tx, work.row.id);
  const lines = await readLines(work.tx, work.row.id);
  const leftOut = await leftOutOf(work, lines);
  const facts = registrationFacts(work, lines);
  const subject = { policy: work.policy, registration: facts, partner: work.partner };
  const period = protectionPeriod({ ...subject, calendar: work.calendar, approvalEffectiveAtMs: fromMs });
  start(work, protectionClock(work.policy, protectionLength(subject)), {
    countedFromMs: period?.countedFromMs ?? fromMs,
  });
  const check = activityCheckClock(work.policy);
  if (check !== null && missingActivities(work).length > 0) start(work, check);
  work.change = {
    ...work.change,
    queue: null,
    closedAtMs: null,
    answerByMs: null,
    approved: approvedFacts(work, lines, leftOut),
    protectedFromMs: fromMs,
    protectedUntilMs: untilMs,
  };
  const protectedUntil = isoOrNull(untilMs);
  const told = toldShare(work.policy, benefitPpm);
  const share = told === null ? {} : { benefitPpm: told };
  const part = leftOut.length === 0 ? {} : { leftOut };
  if (work.appealed) tellPartner(work, 'appeal_decided', { granted: true, protectedUntil, ...part });
  else tellPartner(work, 'decided', { outcome: 'approved', protectedUntil, ...share, ...part });
  return {
    kind: 'approved',
    audience: 'everyone',
    facts: {
      protectedFrom: isoOrNull(fromMs),
      protectedUntil: isoOrNull(untilMs),
      discounts: discountsOf(work, withoutLeftOut(lines, leftOut), benefitPpm),
      ...share,
      ...part,
      policyVersion: work.policyVersion,
    },
    ...(benefitPpm === PPM ? {} : { privateFacts: { benefitPpm } }),
  };
}

/** What the program asks for after approval and the partner has not reported yet, with the submission or since. */
export function missingActivities(work: CaseWork): SalesActivity[] {
  const details = work.change.details ?? work.row.details;
  const done = (details['salesActivities'] ?? []) as readonly SalesActivity[];
  return (work.policy.activityCheck?.activities ?? []).filter((activity) => !done.includes(activity));
}

/** The registration discount of each product, where the program gives one. */
function discountsOf(
  work: CaseWork,
  lines: readonly RegistrationLine[],
  benefitPpm: number,
): ({ sku: string } & RegistrationDiscount)[] {
  if (work.policy.discount === null) return [];
  return lines.map(({ sku, quantity }) => ({
    sku,
    ...registrationDiscount({ policy: work.policy, units: quantity, benefitPpm }),
  }));
}

/** Families that are registered and that an approval, in effect or to come, leaves out because another registration has them. */
export async function leftOutOf(work: CaseWork, lines: readonly RegistrationLine[]): Promise<string[]> {
  const kept = await readProtectedFamilies(work.tx, work.row.id);
  return familiesOf(lines).filter((family) => !kept.includes(family));
}

/** What is left out earns nothing. */
function withoutLeftOut(
  lines: readonly RegistrationLine[],
  leftOut: readonly string[] = [],
): readonly RegistrationLine[] {
  return lines.filter(({ family }) => !leftOut.includes(family));
}

/** What holds as approved from now on. */
export function approvedFacts(
  work: CaseWork,
  lines: readonly RegistrationLine[],
  leftOut: readonly string[] = [],
): ApprovedFacts {
  return {
    valueMinor: work.change.valueMinor ?? work.row.valueMinor,
    expectedClose: work.change.expectedClose ?? work.row.expectedClose,
    families: familiesOf(lines),
    ...(leftOut.length === 0 ? {} : { leftOut: [...leftOut] }),
  };
}

/** A denial, with its closure code; the time for an appeal begins unless this was one. */
export async function reject(work: CaseWork, code: ClosureCode, decidedAtMs: number): Promise<StepEnd> {
  meet(work, ['first_response', 'decision', 'conflict', 'appeal'], decidedAtMs);
  cancelClocks(work, ['information']);
  await dropTasks(work, 'all');
  go(work, 'rejected');
  // After an appeal the denial stands as it was told: another code would tell of a conflict on the way.
  work.closureCode = (work.appealed ? work.closureCode : null) ?? code;
  const appeal = work.appealed ? null : appealWindowClock(work.policy);
  if (appeal !== null) start(work, appeal);
  work.change = {
    ...work.change,
    queue: null,
    closedAtMs: work.atMs,
    answerByMs: null,
    protectedFromMs: null,
    protectedUntilMs: null,
  };
  if (work.appealed) tellPartner(work, 'appeal_decided', { granted: false });
  else tellPartner(work, 'decided', { outcome: 'denied', closureCode: work.closureCode });
  return {
    kind: 'rejected',
    audience: 'everyone',
    facts: { final: appeal === null, policyVersion: work.policyVersion },
    privateFacts: { closureCode: code },
  };
}

/** Gives back what an approval reserved that will not take effect, and says so by a second row. */
export async function releaseReservation(work: CaseWork, decisionId: string): Promise<void> {
  await dropReservation(work.tx, work.row.id);
  await writeDecision(work, 'superseded', { outcome: 'superseded', retracts: decisionId });
}

/**
 * A denial by machine, where policy allows one and the verdict is `duplicate`, in the program's words for its reason. Only a
 * program that tells of rivals asks for one, so the partner is told the reason; that it was a machine is the vendor's alone.
 */
export async function denyAtOnce(
  work: CaseWork,
  input: { closureCode: ClosureCode; privateFacts: Record<string, unknown> },
): Promise<StepEnd> {
  const { closureCode } = input;
  const reason = work.policy.reasons.rejection.find((one) => one.closureCode === closureCode);
  await writeDecision(work, 'machine', {
    outcome: 'deny',
    reasonCode: closureCode,
    words: reason?.words ?? '',
  });
  const end = await reject(work, closureCode, work.atMs);
  return { ...end, privateFacts: { ...input.privateFacts, byMachine: true } };
}

/** Opens the task of whoever has the authority; waits under review while a pair is unjudged. */
export async function openReview(work: CaseWork, privateFacts: Record<string, unknown>): Promise<StepEnd> {
  const { row, policy } = work;
  const unjudged = await countUnjudged(work.tx, row.id);
  if (unjudged === 0 && work.status === 'under_review') go(work, 'pending_approval');
  const route = routeTask(policy, {
    type: registrationType(work),
    valueMinor: work.change.valueMinor ?? row.valueMinor,
  });
  const decision = work.clocks.find(({ clock }) => clock.kind === (work.appealed ? 'appeal' : 'decision'));
  await ask(work, {
    kind: 'registration_review',
    question: 'approve_registration',
    route,
    outcomes: ['approve', 'deny', 'request_information', 'send_to_conflict'],
    facts: { materialHash: work.change.materialHash ?? row.materialHash, policyVersion: work.policyVersion },
    excludedIds: await tookPart(work),
    dueAtMs: decision?.clock.dueAtMs ?? null,
  });
  return {
    kind: 'matched',
    audience: 'everyone',
    facts: { queue: route.queue },
    privateFacts: { ...privateFacts, unjudged },
  };
}

/** Who may not decide: the submitter, and after an appeal whoever decided before. */
async function tookPart(work: CaseWork): Promise<string[]> {
  const { submittedBy } = work.row;
  return work.appealed ? [submittedBy, ...(await decidersOf(work.tx, work.row.id))] : [submittedBy];
}

/** A conflict: clocks of the decision stand still, and somebody with the authority resolves it. */
export async function openConflict(
  work: CaseWork,
  input: { cause: string; privateFacts: Record<string, unknown> },
): Promise<StepEnd> {
  const { row, policy } = work;
  go(work, 'in_conflict');
  // An appeal that ends in a conflict is decided with it.
  pause(work, ['decision', 'first_response', 'appeal'], 'conflict');
  const clock = start(work, conflictClock(policy), { vendorOnly: true });
  await ask(work, {
    kind: 'conflict_resolution',
    question: 'resolve_conflict',
    route: routeOfRole(policy, policy.conflict.resolvedBy),
    outcomes: ['protect_partner', 'award_other', 'no_conflict'],
    facts: {
      materialHash: work.change.materialHash ?? row.materialHash,
      policyVersion: work.policyVersion,
      cause: input.cause,
    },
    excludedIds: await tookPart(work),
    dueAtMs: clock.clock.dueAtMs,
  });
  return {
    kind: 'conflict_opened',
    audience: 'vendor',
    facts: { cause: input.cause },
    privateFacts: input.privateFacts,
  };
}

/**
 * Matches again under the lock of each product family and reserves the slots: all of them, or where the program lets a part be
 * approved those that are free (`leftOutOf` names the others). Gives null when they are reserved, or how the step ends instead:
 * back to review for a pair nobody judged, or into a conflict. Those of one share group do not stand in each other's way. The
 * machine approves no part: what is left out, a person looked at.
 */
export async function reserveSlot(
  work: CaseWork,
  asked: Pick<TaskRow, 'kind'> & { shareGroup?: string; byMachine?: boolean },
): Promise<StepEnd | null> {
  const { shareGroup = work.row.id } = asked;
  const lines = await readLines(work.tx, work.row.id);
  const families = familiesOf(lines);
  const found = await findRivalsUnderLock(work, families, shareGroup);
  const fresh = await writeMatches(work.tx, work.row.id, work.atMs, found.matches);
  const resolving = asked.kind === 'conflict_resolution';
  if ((await countUnjudged(work.tx, work.row.id)) > 0) {
    if (fresh === 0) throw unjudged();
    return {
      kind: 'matched',
      audience: 'vendor',
      statusCode: 409,
      facts: {},
      answer: newMatchProblem(work),
    };
  }
  if (!resolving && found.directEngaged) return conflictInstead(work, 'direct_engaged');
  const part = protectedPart(work.policy, { families, taken: found.rivals.flatMap(({ holds }) => holds) });
  if (part === null || (asked.byMachine === true && part.length < families.length))
    return conflictInstead(work, 'slot_taken');
  const { segment } = await customerHistory(work, found.sameAccountIds);
  work.change = { ...work.change, segment };
  const period = protectionPeriod({
    policy: work.policy,
    registration: registrationFacts(work, lines),
    partner: work.partner,
    calendar: work.calendar,
    approvalEffectiveAtMs: await effectiveAtMs(work),
  });
  if (period === null)
    throw new Refused('not_allowed_now', {
      detail: 'The protection would be over before the approval takes effect. Ask for a correction or deny.',
    });
  try {
    await reserveProtection(work.tx, {
      registrationId: work.row.id,
      partnerId: work.row.partnerId,
      accountId: work.row.accountId,
      families: part,
      shareGroup,
      fromMs: period.fromMs,
      toMs: period.toMs,
    });
  } catch (error) {
    if (error instanceof SlotTaken) return conflictInstead(work, 'slot_taken');
    throw error;
  }
  return null;
}

/** When an approval made now takes effect: after its undo window, and when the last review window closes. */
async function effectiveAtMs(work: CaseWork): Promise<number> {
  const undoneUntilMs = work.atMs + work.policy.undoWindowSeconds * SECOND_MS;
  return Math.max(undoneUntilMs, (await readLastClose(work.tx, work.windowIds)) ?? undoneUntilMs);
}

async function conflictInstead(work: CaseWork, cause: string): Promise<StepEnd> {
  if (work.status === 'in_conflict')
    throw new Refused('conflict', {
      detail:
        'The account and product family are protected for another registration. End that protection first, or award the other.',
      conflict: lastOf(work),
    });
  await dropTasks(work, ['registration_review', 'appeal']);
  const conflict = await openConflict(work, { cause, privateFacts: {} });
  return {
    ...conflict,
    statusCode: 409,
    answer: {
      type: '/problems/conflict',
      title: 'Somebody or something was first',
      status: 409,
      detail:
        cause === 'slot_taken'
          ? 'The account and product family were protected for another registration meanwhile; a conflict was opened.'
          : 'The direct sales team works this customer; a conflict was opened.',
      instance: work.row.id,
      conflict: {
        by: null,
        at: new Date(work.atMs).toISOString(),
        what: 'conflict_opened',
        status: 'in_conflict',
      },
    },
  };
}

function newMatchProblem(work: CaseWork): unknown {
  return {
    type: '/problems/conflict',
    title: 'Somebody or something was first',
    status: 409,
    detail: 'A new possible match was found while approving. Judge it, then approve.',
    instance: work.row.id,
    conflict: { by: null, at: new Date(work.atMs).toISOString(), what: 'matched', status: work.status },
  };
}

/**
 * A late extension takes a slot that was free meanwhile, from when it takes effect: it is reserved with the
 * decision, under the lock of each family. Refuses when somebody else has it by now.
 */
export async function reserveLateExtension(work: CaseWork, effectiveAtMs: number): Promise<void> {
  const step = work.policy.extension.steps[work.extensions];
  if (step === undefined) throw new RangeError('The policy has no further extension.');
  const lines = await readLines(work.tx, work.row.id);
  const families = familiesOf(withoutLeftOut(lines, work.row.approved?.leftOut));
  // Whoever shared before shares again.
  const shareGroup = (await readShareGroup(work.tx, work.row.id)) ?? work.row.id;
  const found = await findRivalsUnderLock(work, families, shareGroup);
  const taken = new Refused('conflict', {
    detail: 'The account and product family are protected for another registration meanwhile.',
    conflict: lastOf(work),
  });
  if (found.rivals.some(({ holds }) => holds.length > 0)) throw taken;
  try {
    await reserveProtection(work.tx, {
      registrationId: work.row.id,
      partnerId: work.row.partnerId,
      accountId: work.row.accountId,
      families,
      shareGroup,
      fromMs: effectiveAtMs,
      toMs: extendedEndMs({
        calendar: work.calendar,
        length: step.length,
        protectionEndsAtMs: work.row.protectedUntilMs ?? effectiveAtMs,
        beforeExpiry: false,
        effectiveAtMs,
      }),
    });
  } catch (error) {
    if (error instanceof SlotTaken) throw taken;
    throw error;
  }
}

/** Stops every clock, drops every task, gives the protection back: the case is over. */
export async function end(work: CaseWork): Promise<void> {
  cancelClocks(work, 'all');
  await dropTasks(work, 'all');
  await endProtection(work.tx, work.row.id, work.atMs);
  work.pending = null;
  work.matching = false;
  work.extensionAsked = false;
  const untilMs = work.row.protectedUntilMs;
  work.change = {
    ...work.change,
    queue: null,
    answerByMs: null,
    closedAtMs: work.atMs,
    ...(untilMs !== null && untilMs > work.atMs ? { protectedUntilMs: work.atMs } : {}),
  };
}

/** What an amendment changes; absent parts stay. */
export interface Amendment {
  readonly value?: { readonly amountMinor: number; readonly currency: string };
  readonly lines?: Submission['lines'];
  readonly expectedClose?: string;
}

/**
 * Reserves what an amendment adds (a family that an approval left out is added by taking it away and asking for it again), all or nothing, under the lock of each family; what is protected already
 * stays as it is. Gives null when it is reserved, or how the step ends when a pair was found that nobody
 * judged. Refuses when a family is protected for another registration.
 */
export async function reserveAmendment(work: CaseWork, amendment: Amendment): Promise<StepEnd | null> {
  if (amendment.lines === undefined) return null;
  const { row } = work;
  const known = familiesOf(await readLines(work.tx, row.id));
  const added = familiesOf(await linesOf(work.tx, { lines: amendment.lines })).filter(
    (family) => !known.includes(family),
  );
  if (added.length === 0) return null;
  const found = await findRivalsUnderLock(work, added);
  const fresh = await writeMatches(work.tx, row.id, work.atMs, found.matches);
  if ((await countUnjudged(work.tx, row.id)) > 0) {
    if (fresh === 0) throw unjudged();
    return { kind: 'matched', audience: 'vendor', statusCode: 409, facts: {}, answer: newMatchProblem(work) };
  }
  if (found.rivals.some(({ holds }) => holds.length > 0)) throw familyTaken(work);
  try {
    await reserveProtection(work.tx, {
      registrationId: row.id,
      partnerId: row.partnerId,
      accountId: row.accountId,
      families: added,
      shareGroup: row.id,
      fromMs: work.atMs,
      // While an extension is asked the slot is held until that is decided.
      toMs: work.extensionAsked ? null : row.protectedUntilMs,
    });
  } catch (error) {
    if (error instanceof SlotTaken) throw familyTaken(work);
    throw error;
  }
  return null;
}

function familyTaken(work: CaseWork): Refused {
  return new Refused('conflict', {
    detail: 'A product family of the amendment is protected for another registration.',
    conflict: lastOf(work),
  });
}

function unjudged(): Refused {
  return new Refused('not_allowed_now', {
    detail: 'A possible match is unjudged. Say whether it is the same company, then approve.',
  });
}

/**
 * Writes an amendment into the registration; what it adds was reserved before, what it takes away is free again. Whoever has
 * an open task is asked about the registration as it is now. Gives what the partner earns from now on.
 */
export async function amendNow(
  work: CaseWork,
  amendment: Amendment,
): Promise<{ discounts: ReturnType<typeof discountsOf> }> {
  const { row } = work;
  const value = { amountMinor: amendment.value?.amountMinor ?? row.valueMinor, currency: row.currency };
  const expectedClose = amendment.expectedClose ?? row.expectedClose;
  const lines =
    amendment.lines === undefined
      ? await readLines(work.tx, row.id)
      : await linesOf(work.tx, { lines: amendment.lines });
  const details = amendment.lines === undefined ? row.details : { ...row.details, lines: amendment.lines };
  const { type, opportunityName } = row;
  const materialHash = materialHashOf({ details, value, opportunityName, expectedClose, type, lines });
  work.change = { ...work.change, valueMinor: value.amountMinor, expectedClose, details, materialHash };
  if (amendment.lines !== undefined) {
    await writeLines(work.tx, { registrationId: row.id, partnerId: row.partnerId, lines });
    await keepProtectionOf(work.tx, { registrationId: row.id, families: familiesOf(lines), atMs: work.atMs });
  }
  for (const { id } of work.tasks) {
    const task = await lockTask(work.tx, id);
    if (task === null) continue;
    const facts = { ...task.facts, materialHash };
    await changeTask(work.tx, id, { facts, factsHash: hashJson(facts), amountMinor: value.amountMinor });
  }
  // A family stays left out for as long as it stays registered; asked for again it is one that was never approved.
  const leftBefore = row.approved?.leftOut ?? [];
  const leftOut = leftBefore.filter((family) => familiesOf(lines).includes(family));
  if (row.approved !== null && leftOut.length < leftBefore.length) {
    const families = row.approved.families.filter(
      (family) => leftOut.includes(family) || !leftBefore.includes(family),
    );
    work.change = { ...work.change, approved: { ...row.approved, families, leftOut } };
  }
  return { discounts: discountsOf(work, withoutLeftOut(lines, leftOut), await benefitOf(work)) };
}

/** The part of the benefit that was left to it when it was approved, in parts per million. */
async function benefitOf(work: CaseWork): Promise<number> {
  const { rows } = await work.tx.query<{ ppm: number | null }>(
    `select (x.facts ->> 'benefitPpm')::int as ppm from process_event e join process_event_private x on x.case_id = e.case_id and x.seq = e.seq
      where e.case_id = $1 and e.kind = 'approved' order by e.seq desc limit 1`,
    [work.row.id],
  );
  return rows[0]?.ppm ?? PPM;
}

/** Who did the last thing to the case: what a click that came too late is told. */
export function lastOf(work: CaseWork): { by: string | null; at: string; what: string; status: string } {
  const { last } = work.row.state;
  return { by: last.byId, at: new Date(last.atMs).toISOString(), what: last.what, status: work.row.status };
}
