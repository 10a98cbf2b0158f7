import type { z } from 'zod';
import type {
  ClockRow,
  ClockViewRow,
  DecisionRow,
  MatchRow,
  RegistrationDetailRow,
  RegistrationRow,
} from '../adapters/store/registration-reads.ts';
import type { NewsRow } from '../adapters/store/seen-own.ts';
import { isBusinessUnit } from '../domain/business-time.ts';
import type { DurationUnit } from '../domain/business-time.ts';
import { describeClock } from '../domain/sla-clock.ts';
import type { SlaTone } from '../domain/sla-clock.ts';
import { isPromise as isRegistrationPromise } from '../domain/deal-registration/clocks.ts';
import { isPricingPromise } from '../domain/special-pricing/clocks.ts';
import { protectedPart } from '../domain/deal-registration/protection.ts';
import { partnerProjection, shownNextStep, shownOutcome } from '../domain/deal-registration/disclosure.ts';
import type { ClosureCode, RegistrationStatus } from '../domain/deal-registration/status.ts';
import type { BusinessNow } from './business-clock.ts';
import type { clockView, registration, registrationHead } from './contract/deal-registrations.ts';
import type { news as newsShape } from './contract/values.ts';
import type { SignedIn } from './route-handler.ts';

/*
 * A registration as one side may see it. Partners are competitors: what only a rival can have caused (a conflict, a
 * pause, a review window) looks to a partner like a case under review.
 */

type Head = z.input<typeof registrationHead>;
type Due = NonNullable<Head['due']>;

/** What a side sees of state and closure code. */
export function shownTo(
  side: SignedIn['side'],
  row: Pick<RegistrationRow, 'status' | 'closure_code' | 'appealed' | 'own_case_id' | 'disclosure'>,
): { status: RegistrationStatus; closureCode: ClosureCode | null } {
  if (side === 'vendor') return { status: row.status, closureCode: row.closure_code };
  const { status, closureCode } = partnerProjection(
    { disclosure: row.disclosure },
    {
      status: row.status,
      closureCode: row.closure_code,
      appealed: row.appealed,
      ownRegistrationId: row.own_case_id,
    },
  );
  return { status, closureCode };
}

/** The head of a case page and a row of a list. */
export function headOf(row: RegistrationRow, side: SignedIn['side'], now: BusinessNow): Head {
  const shown = shownTo(side, row);
  return {
    id: row.id,
    reference: row.reference,
    programId: row.program_id,
    programName: row.program_name,
    partnerId: row.partner_id,
    partnerName: row.partner_name,
    status: shown.status,
    closureCode: shown.closureCode,
    type: row.type as Head['type'],
    customerName: row.customer_name,
    customerCountry: row.customer_country,
    opportunityName: row.opportunity_name,
    value: { amountMinor: row.value_minor, currency: row.currency },
    expectedClose: row.expected_close,
    submittedAt: row.submitted_at.toISOString(),
    answerBy: iso(row.answer_by),
    waitingFor: waitingForOf(row.waiting_for),
    ...outlookFor(row, side, shown.status),
    protectedFrom: iso(row.protected_from),
    protectedUntil: iso(row.protected_until),
    atRiskSince: iso(row.at_risk_since),
    extensions: row.extensions,
    due:
      side === 'vendor' || row.waiting_for === 'partner' || row.status === 'approved'
        ? dueOf(row.clock, now)
        : promisedBy(row, now),
  };
}

/** What came since the reader looked, with its time as an instant. */
export function newsOf({ news }: NewsRow): z.input<typeof newsShape> {
  return news === null ? null : { ...news, at: new Date(news.at).toISOString() };
}

/** Queue, next step and its time; what the vendor decides is due to a partner at the promised time, whatever its clocks say. */
function outlookFor(
  row: RegistrationRow,
  side: SignedIn['side'],
  shown: RegistrationStatus,
): Pick<Head, 'queue' | 'nextStep' | 'nextAt'> {
  if (side === 'vendor') return { queue: row.queue, nextStep: row.next_step, nextAt: iso(row.next_at) };
  const nextStep = shownNextStep(shown, row.next_step);
  const promised = nextStep === 'decided' || nextStep === 'appeal_decided';
  return { queue: null, nextStep, nextAt: iso(promised ? row.answer_by : row.next_at) };
}

/** A clock as a badge; null without a deadline. */
export function dueOf(clock: ClockRow | null, now: BusinessNow): Due | null {
  if (clock === null || clock.dueAt === null) return null;
  const dueMs = Date.parse(clock.dueAt);
  return badgeOf(
    {
      kind: clock.kind,
      phase: clock.phase,
      // A row without a unit counts plain time.
      unit: (clock.unit as DurationUnit | null) ?? 'minute',
      calendar: clock.calendar,
      dueMs,
      dueSoonAtMs: clock.dueSoonAtMs ?? dueMs,
      breachedAtMs: clock.breachedAt === null ? null : Date.parse(clock.breachedAt),
      remainingMs: clock.phase === 'paused' ? clock.remainingMs : null,
    },
    now,
  );
}

/** A deadline in somebody's business time, by the shared rule of a clock (`describeClock`). */
export function badgeOf(
  clock: {
    readonly kind: string;
    readonly phase: Due['phase'];
    readonly unit: DurationUnit;
    readonly calendar: string;
    readonly dueMs: number;
    readonly dueSoonAtMs: number;
    readonly breachedAtMs: number | null;
    readonly remainingMs: number | null;
  },
  now: BusinessNow,
): Due {
  const { kind, calendar, unit, dueMs, breachedAtMs } = clock;
  const { tone, leftMs, overMs } = describeClock(
    { ...clock, dueAtMs: dueMs, endedAtMs: null, durationSpec: { unit } },
    now.atMs,
    now.calendar(calendar, dueMs) ?? undefined,
  );
  return {
    at: new Date(dueMs).toISOString(),
    clock: kind,
    calendar: isBusinessUnit(unit) ? calendar : null,
    phase: clock.phase,
    breachedAt: breachedAtMs === null ? null : new Date(breachedAtMs).toISOString(),
    leftMinutes: Math.trunc((leftMs - overMs) / 60_000),
    tone: liveTone(tone),
  };
}

/** A badge is of a clock that runs or stands; one that ended has none. */
function liveTone(tone: SlaTone): Due['tone'] {
  if (tone === 'met' || tone === 'off') throw new RangeError(`A clock that is ${tone} has no deadline.`);
  return tone;
}

/** From when a deadline is near where no clock says so: now, or not before it is over. */
export function nearSince(now: BusinessNow, calendar: string, dueMs: number): number {
  return dueMs <= now.nearUntilMs(calendar) ? now.atMs : dueMs;
}

/** What a partner was promised; the vendor's own clocks, and why they pause, are not his. */
function promisedBy(row: RegistrationRow, now: BusinessNow): Due | null {
  if (row.answer_by === null || row.waiting_for !== 'vendor') return null;
  const dueMs = row.answer_by.getTime();
  return badgeOf(
    {
      kind: 'answer',
      phase: 'running',
      unit: 'businessHour',
      calendar: row.policy_calendar,
      dueMs,
      dueSoonAtMs: nearSince(now, row.policy_calendar, dueMs),
      breachedAtMs: null,
      remainingMs: null,
    },
    now,
  );
}

type Decision = z.input<typeof registration>['decisions'][number];

/** A decision as a side may see it: a partner reads its outcome and its reason as he is shown the case. */
export function decisionFor(
  decision: DecisionRow,
  side: SignedIn['side'],
  row: Pick<RegistrationRow, 'disclosure' | 'own_case_id'> & { readonly appealedAt: Date | null },
): Decision[] {
  const whole: Decision = {
    id: decision.id,
    outcome: decision.outcome,
    reasonCode: decision.reason_code,
    words: decision.words,
    privateNote: decision.note,
    by: decision.actor,
    actingFor: decision.acting_for,
    decidedAt: decision.decided_at.toISOString(),
    effectiveAt: decision.effective_at.toISOString(),
    policyVersion: decision.policy_version,
    retracted: decision.retracted,
  };
  if (side === 'vendor') return [whole];
  const afterAppeal = row.appealedAt !== null && decision.decided_at >= row.appealedAt;
  const outcome = shownOutcome(decision.outcome, afterAppeal);
  if (outcome === null) return [];
  const { closureCode } = partnerProjection(
    { disclosure: row.disclosure },
    {
      status: 'rejected',
      closureCode: decision.reason_code as ClosureCode | null,
      appealed: false,
      ownRegistrationId: row.own_case_id,
    },
  );
  return [
    {
      ...whole,
      outcome,
      // A decision on an appeal carries no reason of its own: the denial's stands.
      reasonCode: afterAppeal ? null : closureCode,
      privateNote: null,
    },
  ];
}

/** States in which somebody may still decide to protect it. */
const UNDECIDED: readonly RegistrationStatus[] = [
  'under_review',
  'info_requested',
  'pending_approval',
  'in_conflict',
  'appealed',
];

/** Which families another registration of the same customer has now, and what an approval would then protect. */
export function takenOf(
  row: Pick<RegistrationDetailRow, 'status' | 'policy' | 'families'>,
  matches: readonly Pick<MatchRow, 'verdict' | 'judged' | 'holds'>[],
): z.input<typeof registration>['taken'] {
  const families = matches
    .filter(({ verdict, judged }) => judged === 'same' || (judged === null && verdict === 'duplicate'))
    .flatMap(({ holds }) => holds);
  if (families.length === 0 || !UNDECIDED.includes(row.status)) return null;
  const taken = [...new Set(families)].toSorted();
  return { families: taken, protects: protectedPart(row.policy, { families: row.families, taken }) ?? [] };
}

/** True for a clock of any process whose breach is a broken promise of the vendor's. */
function isPromise(kind: string): boolean {
  return isRegistrationPromise(kind) || isPricingPromise(kind);
}

type ClockView = z.input<typeof clockView>;

/** Clocks that press the vendor: rivals stop and move them. */
const vendorClocks = ['first_response', 'decision', 'appeal'];
/** What may be told of those to a partner: how they began and ended, and that they wait for his own answer. */
const toldOfVendorClocks = ['started', 'met', 'cancelled'];
const OWN_PAUSE = 'information';

/**
 * The clocks of a case as a side may see them. To a partner a clock of the vendor's is the promise it was started with:
 * that it stood still, moved or was breached would differ with a rival, and the clock of a conflict is not his at all.
 */
export function clockFor(clock: ClockViewRow, side: SignedIn['side']): ClockView[] {
  const whole: ClockView = {
    id: clock.id,
    kind: clock.kind,
    phase: clock.phase,
    calendar: clock.calendar,
    startedAt: clock.started_at.toISOString(),
    dueAt: iso(clock.due_at),
    breachedAt: isPromise(clock.kind) ? iso(clock.breached_at) : null,
    ranOutAt: isPromise(clock.kind) ? null : iso(clock.breached_at),
    endedAt: iso(clock.ended_at),
    events: clock.events.map(({ n, kind, at, recordedAt, facts }) => ({
      n,
      kind: clockEventKind(clock.kind, kind),
      at: new Date(at).toISOString(),
      recordedAt: new Date(recordedAt).toISOString(),
      facts: { ...facts },
    })),
  };
  if (side === 'vendor') return [whole];
  if (clock.kind.startsWith('conflict')) return [];
  if (!vendorClocks.includes(clock.kind)) return [whole];
  const promisedMs = clock.events.find(({ kind }) => kind === 'started')?.facts['dueAtMs'];
  const waits = clock.paused_for.includes(OWN_PAUSE);
  return [
    {
      ...whole,
      phase: clock.phase === 'paused' && !waits ? 'running' : clock.phase,
      dueAt: typeof promisedMs === 'number' ? new Date(promisedMs).toISOString() : whole.dueAt,
      breachedAt: null,
      events: whole.events
        .filter(({ kind, facts }) => toldOfVendorClocks.includes(kind) || facts['cause'] === OWN_PAUSE)
        .map((event, n) => ({
          ...event,
          n,
          facts: event.kind === 'started' ? event.facts : causeOf(event.facts),
        })),
    },
  ];
}

/** What a row of a clock is called: only a promise can be breached, another time runs out. */
export function clockEventKind(clockKind: string, kind: string): string {
  return kind === 'breached' && !isPromise(clockKind) ? 'ran_out' : kind;
}

function causeOf(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return facts['cause'] === undefined ? {} : { cause: facts['cause'] };
}

function waitingForOf(text: string | null): Head['waitingFor'] {
  return text === 'vendor' || text === 'partner' || text === 'customer' ? text : 'nobody';
}

export function iso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
