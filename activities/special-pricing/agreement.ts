import type { PricingAgreementWritten } from '../../api/contract/special-prices.ts';
import { readReceipt } from '../../adapters/store/deal-registration.ts';
import {
  extendVersion,
  lockAgreement,
  readApprovingRoles,
  saveAgreement,
} from '../../adapters/store/pricing-agreements.ts';
import type { AgreementRow } from '../../adapters/store/pricing-agreements.ts';
import { loadCalendar, loadOpenClocks } from '../../adapters/store/sla-clocks.ts';
import type { ClockRow } from '../../adapters/store/sla-clocks.ts';
import { holdRegistration, readPricingPolicy } from '../../adapters/store/special-pricing.ts';
import { readAtTheTask } from '../../adapters/store/tasks.ts';
import { together } from '../../adapters/store/transaction.ts';
import { moveDeadline } from '../../domain/sla-clock.ts';
import type { SlaThreshold } from '../../domain/sla-clock.ts';
import { endOfDayMs, lastDayBefore, startOfDayMs } from '../../domain/special-pricing/asked.ts';
import type { PricingAgreementState } from '../../domain/special-pricing/case.ts';
import { validityClock } from '../../domain/special-pricing/clocks.ts';
import type { PricingClockKind } from '../../domain/special-pricing/clocks.ts';
import { pricingRoles } from '../../domain/special-pricing/policy.ts';
import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import { pricingAgreementTransitions } from '../../domain/special-pricing/status.ts';
import type { AgreementEndCode, PricingAgreementStatus } from '../../domain/special-pricing/status.ts';
import { whyNotDecideAs } from '../../domain/task.ts';
import { mayGo } from '../../domain/transition-table.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import type { NoFacts } from '../../workflows/contracts/deal-registration.ts';
import type { FollowedCaseNews } from '../../workflows/contracts/followed-case.ts';
import { pricingAgreementWorkflowId } from '../../workflows/contracts/special-pricing.ts';
import type { ExtendFacts } from '../../workflows/contracts/special-pricing.ts';
import { applyHolds } from '../case-holds.ts';
import {
  Refused,
  cancelClocks,
  fireEarliest,
  isoOrNull,
  meet,
  nextDueMs,
  onClocks,
  start,
  stepOn,
  tellPartner,
  wakesOf,
  writeClocks,
  writeDecision,
} from '../case-work.ts';
import type { StepEnd, StepOutcomeOf, StepRequestOf, StepWork } from '../case-work.ts';
import type { PricingDeps } from './request-work.ts';

/* The steps of an agreement: it holds until a day, is extended, ends early, and follows the registration that it stands on. */

export const AGREEMENT_KIND = 'pricing-agreement';

export type AgreementStepRequest = StepRequestOf<PricingAgreementState>;
export type AgreementStepOutcome = StepOutcomeOf<PricingAgreementState>;

interface AgreementWork extends StepWork<PricingClockKind> {
  readonly row: AgreementRow;
  readonly state: PricingAgreementState;
  readonly policy: SpecialPricingPolicy;
  status: PricingAgreementStatus;
  endedCode: AgreementEndCode | null;
  version: number;
  validUntilMs: number;
}

function stepOnAgreement(
  deps: PricingDeps,
  request: AgreementStepRequest,
  make: (work: AgreementWork) => Promise<StepEnd>,
): Promise<AgreementStepOutcome> {
  const { agreementId } = request.state;
  const { command } = request;
  return stepOn(
    deps.pool,
    {
      caseKind: AGREEMENT_KIND,
      caseId: agreementId,
      request,
      lock: (tx) => lockAgreement(tx, agreementId),
    },
    async (tx, { row, atMs, seq }) => {
      const policy = await readPricingPolicy(tx, row.policyId);
      const [calendar, clocks, receipt] = await together([
        loadCalendar(tx, policy.calendarName, atMs),
        loadOpenClocks(tx, row.id),
        command === null ? Promise.resolve(null) : readReceipt(tx, command.receipt),
      ]);
      const known = { agreementId: row.id, reference: row.reference, customerName: row.customerName };
      const work: AgreementWork = {
        tx,
        of: {
          caseKind: AGREEMENT_KIND,
          caseId: row.id,
          workflowId: pricingAgreementWorkflowId(row.id),
          partnerId: row.partnerId,
          programId: row.programId,
          policyId: row.policyId,
          policyVersion: row.policyVersion,
          subject: row.customerName,
          materialHash: row.requestId,
          contactId: row.contactId,
          mail: {
            toPartner: { ...known, programName: row.programName },
            toVendor: { ...known, partnerName: row.partnerName },
          },
        },
        row,
        state: row.state,
        policy,
        calendar,
        clocks,
        clockChanges: [],
        receipt,
        command,
        atMs,
        seq,
        outbound: [],
        status: row.status,
        endedCode: row.endedCode,
        version: row.version,
        validUntilMs: row.validUntilMs,
      };
      const end = await make(work);
      const state: PricingAgreementState = {
        ...row.state,
        status: work.status,
        seq,
        version: work.version,
        wakes: wakesOf(work),
        last: { byId: command?.actorId ?? null, atMs, what: end.kind },
      };
      await together([
        saveAgreement(
          tx,
          { id: row.id, from: row.status },
          {
            status: work.status,
            endedCode: work.endedCode,
            endedAtMs: work.status === 'active' ? null : atMs,
            version: work.version,
            validUntilMs: work.validUntilMs,
            nextAtMs: nextDueMs(work),
            state,
          },
        ),
        writeClocks(work),
      ]);
      const validUntil = new Date(work.validUntilMs).toISOString();
      const written: PricingAgreementWritten = {
        id: row.id,
        reference: row.reference,
        status: work.status,
        endedCode: work.endedCode,
        version: work.version,
        validUntil,
      };
      return {
        state,
        partnerId: row.partnerId,
        event: {
          kind: end.kind,
          audience: end.audience,
          facts: { validUntil, ...end.facts, status: work.status, version: work.version },
          privateFacts: { ...end.privateFacts },
        },
        audit: { status: work.status, version: work.version, validUntil, ...end.facts },
        answer: command === null ? null : { statusCode: end.statusCode ?? 200, body: end.answer ?? written },
        outbound: work.outbound,
      };
    },
  );
}

const NOTHING: StepEnd = { kind: 'clock_looked_at', audience: 'vendor' };

function go(work: AgreementWork, to: PricingAgreementStatus): void {
  if (!mayGo(pricingAgreementTransitions, work.status, to))
    throw new RangeError(`Pricing agreement ${work.row.id} may not go from ${work.status} to ${to}.`);
  work.status = to;
}

/** The agreement's own first step: its validity runs, with the reminders before its end. */
export async function beginAgreement(
  deps: PricingDeps,
  request: AgreementStepRequest,
): Promise<AgreementStepOutcome> {
  return stepOnAgreement(deps, request, async (work) => {
    if (work.state.seq > 0) return NOTHING;
    start(work, validityClock(work.policy, { fromMs: work.atMs, untilMs: work.validUntilMs }));
    settleClock(work, 'agreed');
    return { kind: 'agreement_begun', audience: 'everyone', facts: { requestId: work.row.requestId } };
  });
}

/** The clock of the validity ends when the agreement does, to the millisecond; a hold that pauses it does not lengthen what was agreed. */
function settleClock(work: AgreementWork, reason: string): void {
  onClocks(work, ['validity'], ({ clock }) =>
    moveDeadline({
      clock,
      calendar: work.calendar,
      atMs: work.atMs,
      dueAtMs: Math.max(work.validUntilMs, clock.startedAtMs),
      reason,
    }),
  );
}

/** A request gave it a version: its end may be another. */
export async function followRevision(
  deps: PricingDeps,
  request: AgreementStepRequest,
): Promise<AgreementStepOutcome> {
  return stepOnAgreement(deps, request, async (work) => {
    if (work.status !== 'active' || work.row.version === work.state.version) return NOTHING;
    settleClock(work, 'revised');
    return { kind: 'agreement_revised', audience: 'everyone' };
  });
}

/** A clock of the agreement is due: the partner is reminded of its end, or it is over. */
export async function fireAgreementClock(
  deps: PricingDeps,
  request: AgreementStepRequest,
): Promise<AgreementStepOutcome> {
  return stepOnAgreement(deps, request, async (work) => {
    const held = await holdClocks(work);
    if (held !== null) return held;
    return fireEarliest(work, work.state.wakes, {
      breached: () => Promise.resolve(),
      act: (row, fired) => Promise.resolve(act(work, row, fired)),
    });
  });
}

function act(work: AgreementWork, row: ClockRow, fired: SlaThreshold): StepEnd {
  const validUntil = isoOrNull(work.validUntilMs);
  if (fired.action !== 'expire') {
    tellPartner(work, 'price_expiring', { validUntil });
    return { kind: 'expiry_reminded', audience: 'everyone', facts: { validUntil } };
  }
  // A version that came meanwhile, or an extension, is told of on its way: until then the clock runs on to the new end.
  if (work.validUntilMs > work.atMs) {
    settleClock(work, 'revised');
    return NOTHING;
  }
  meet(work, ['validity'], row.clock.dueAtMs);
  go(work, 'expired');
  tellPartner(work, 'price_agreement_over', { outcome: 'expired', validUntil });
  return { kind: 'agreement_expired', audience: 'everyone', facts: { validUntil } };
}

/** Holds pause the clock that tells of the end; the end itself is a day that was agreed. */
async function holdClocks(work: AgreementWork): Promise<StepEnd | null> {
  const held = await applyHolds(work);
  if (held !== null) settleClock(work, 'agreed');
  return held;
}

export async function followAgreementHolds(
  deps: PricingDeps,
  request: AgreementStepRequest,
): Promise<AgreementStepOutcome> {
  return stepOnAgreement(deps, request, async (work) => (await holdClocks(work)) ?? NOTHING);
}

/**
 * What became of the registration: lost, revoked, withdrawn or expired it ends the agreement, and so does its going to another partner; won
 * it does not, because the deal is now bought at the agreed price. A protection that moved cuts the agreement, or gives it back what was cut.
 */
export async function followAgreedRegistration(
  deps: PricingDeps,
  request: AgreementStepRequest & { news: FollowedCaseNews },
): Promise<AgreementStepOutcome> {
  return stepOnAgreement(deps, request, async (work) => {
    const { news } = request;
    if (work.status !== 'active') return NOTHING;
    if (news.what === 'handed_over') return endNow(work, 'registration_transferred', {});
    if (news.what === 'ended') {
      if (news.status === 'won') return NOTHING;
      return endNow(work, 'registration_ended', { registration: news.status });
    }
    const before = work.validUntilMs;
    const limitMs = await protectionEndMs(work);
    work.validUntilMs = Math.max(Math.min(work.row.agreedUntilMs, limitMs), work.row.validFromMs);
    if (work.validUntilMs === before) return NOTHING;
    settleClock(work, 'protection_moved');
    return { kind: 'agreement_moved', audience: 'everyone', facts: { before: isoOrNull(before) } };
  });
}

/** The end of the protection it stands on as it is now, whatever the news said when it left. */
async function protectionEndMs(work: AgreementWork): Promise<number> {
  const { registrationId } = work.row;
  const registration = registrationId === null ? null : await holdRegistration(work.tx, registrationId);
  return registration?.protectedUntilMs ?? Number.POSITIVE_INFINITY;
}

function endNow(work: AgreementWork, code: AgreementEndCode, facts: Record<string, unknown>): StepEnd {
  cancelClocks(work, 'all');
  go(work, 'ended');
  work.endedCode = code;
  work.validUntilMs = Math.max(Math.min(work.validUntilMs, work.atMs), work.row.validFromMs);
  tellPartner(work, 'price_agreement_over', { outcome: 'ended', validUntil: isoOrNull(work.validUntilMs) });
  return { kind: 'agreement_ended', audience: 'everyone', facts: { code, ...facts } };
}

/** Somebody of the vendor with the authority ends it before its time. */
export async function endAgreement(
  deps: PricingDeps,
  request: AgreementStepRequest & { command: Command<NoFacts> },
): Promise<AgreementStepOutcome> {
  return stepOnAgreement(deps, request, async (work) => {
    await requireAuthority(work, request.command);
    await writeDecision(work, 'end', {
      outcome: 'end_agreement',
      actorId: request.command.actorId,
      actingForId: request.command.actingForId,
      words: typedWords(work),
    });
    return endNow(work, 'ended_by_vendor', { words: typedWords(work) });
  });
}

/** A further version with the same prices and another end, within the policy and the protection. */
export async function extendAgreement(
  deps: PricingDeps,
  request: AgreementStepRequest & { command: Command<ExtendFacts> },
): Promise<AgreementStepOutcome> {
  return stepOnAgreement(deps, request, async (work) => {
    const { validUntil } = request.command.facts;
    await requireAuthority(work, request.command);
    const limitMs = await protectionEndMs(work);
    const untilMs = Math.min(endOfDayMs(validUntil), limitMs);
    const fault = extensionFault(work, { validUntil, limitMs });
    if (fault !== null)
      throw new Refused('invalid_request', {
        detail: 'The agreement cannot be extended so.',
        errors: [{ pointer: '/validUntil', reason: fault }],
      });
    const decisionId = await writeDecision(work, 'extension', {
      outcome: 'extend_agreement',
      actorId: request.command.actorId,
      actingForId: request.command.actingForId,
      words: typedWords(work),
    });
    await extendVersion(work.tx, {
      agreement: work.row,
      decisionId,
      agreedUntilMs: endOfDayMs(validUntil),
      atMs: work.atMs,
    });
    work.version += 1;
    work.validUntilMs = untilMs;
    settleClock(work, 'extended');
    tellPartner(work, 'price_expiring', { validUntil: isoOrNull(untilMs), extended: true });
    return {
      kind: 'agreement_extended',
      audience: 'everyone',
      facts: { words: typedWords(work), decisionId },
    };
  });
}

const DAY_MS = 24 * 3_600_000;

function extensionFault(work: AgreementWork, of: { validUntil: string; limitMs: number }): string | null {
  const { mostDays } = work.policy.validity;
  const today = startOfDayMs(new Date(work.atMs).toISOString().slice(0, 10));
  if (endOfDayMs(of.validUntil) <= work.validUntilMs)
    return 'An extension ends later than the agreement does now.';
  if (Number.isFinite(of.limitMs) && of.validUntil > lastDayBefore(of.limitMs))
    return `The registration is protected until ${lastDayBefore(of.limitMs)}; validity cannot go beyond.`;
  if (endOfDayMs(of.validUntil) - today > mostDays * DAY_MS)
    return `A special price is valid for at most ${mostDays} days from now.`;
  return null;
}

/** Who extends or ends it has the authority of the highest who agreed to it; where nobody was asked, of the lowest who would be. */
async function requireAuthority(work: AgreementWork, command: Command<unknown>): Promise<void> {
  const approving = await readApprovingRoles(work.tx, work.row.id);
  const role = pricingRoles.findLast((one) => approving.includes(one)) ?? pricingRoles[0];
  const who = await readAtTheTask(work.tx, command.actorId, work.atMs);
  const asked = {
    role,
    namedId: null,
    excludedIds: [],
    amountMinor: work.row.valueMinor,
    currency: work.row.currency,
    status: 'open',
  } as const;
  const why = who === null ? 'not_the_vendor' : whyNotDecideAs(asked, who, command.actingForId);
  if (why !== null)
    throw new Refused('forbidden', {
      detail: `This needs the authority of the role ${role.replaceAll('_', ' ')} over the value of the agreement.`,
      errors: [{ pointer: '', reason: why }],
    });
}

function typedWords(work: AgreementWork): string {
  const words = work.receipt?.body['words'];
  return typeof words === 'string' ? words : '';
}
