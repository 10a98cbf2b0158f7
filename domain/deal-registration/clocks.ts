import { addDuration, countBusinessTime, isBusinessUnit } from '../business-time.ts';
import type { CompiledCalendar, Duration } from '../business-time.ts';
import type { SlaThresholdSpec } from '../sla-clock.ts';
import type { DealRegistrationPolicy, EscalationStep, Reminder } from './policy.ts';

/*
 * Every clock of a registration as the policy gives it: how long, and what is done when. The words of
 * `action` are this process's own; the clock hands them back when they are due.
 */

export const clockKinds = [
  'first_response',
  'decision',
  'information',
  'protection',
  'activity_check',
  'activity_grace',
  'extension',
  'late_extension',
  'appeal_window',
  'appeal',
  'conflict',
] as const;
export type ClockKind = (typeof clockKinds)[number];

/**
 * Clocks that are a promise of the vendor's: run out, his word is broken. The others are times that somebody has (protection, the
 * time to appeal or to answer); that one of them runs out is how it ends.
 */
export const promiseClocks = [
  'first_response',
  'decision',
  'extension',
  'appeal',
  'conflict',
] as const satisfies readonly ClockKind[];

/** True for a clock whose breach is a broken promise. `kind` may come from a record. */
export function isPromise(kind: string): boolean {
  return promiseClocks.some((promise) => promise === kind);
}

export const clockActions = [
  'remind_queue',
  'remind_partner',
  'escalate',
  'last_resort',
  'close_incomplete',
  'remind_expiry',
  'expire',
  'mark_at_risk',
  'revoke',
  'end_of_appeal',
  'end_of_late_extension',
] as const;
export type ClockAction = (typeof clockActions)[number];

export interface ClockSpec {
  readonly kind: ClockKind;
  readonly duration: Duration;
  readonly thresholds: readonly SlaThresholdSpec[];
}

const due: SlaThresholdSpec['at'] = { percent: 100 };
const LAST_RESORT = 'last-resort';

function reminders(list: readonly Reminder[], action: ClockAction): SlaThresholdSpec[] {
  // Prefixed, so that a program's word never meets one of ours.
  return list.map(({ key, at }) => ({ key: `reminder-${key}`, at, action }));
}

function escalations(list: readonly EscalationStep[]): SlaThresholdSpec[] {
  return list.map(({ to, at }, place) => ({
    key: `escalate-${place + 1}-${to}`,
    at,
    action: 'escalate' satisfies ClockAction,
    to,
  }));
}

/** The time within which the partner hears for the first time, by tier. */
export function firstResponseClock(policy: DealRegistrationPolicy, tier: string): ClockSpec {
  const rule = policy.firstResponse;
  return {
    kind: 'first_response',
    duration: rule.byTier.find((one) => one.tier === tier)?.within ?? rule.otherwise,
    thresholds: [...reminders(rule.reminders, 'remind_queue'), ...escalations(rule.escalation)],
  };
}

/** The time within which it is decided, and what happens when nobody decides at all. */
export function decisionClock(policy: DealRegistrationPolicy): ClockSpec {
  const rule = policy.decision;
  const lastResort: SlaThresholdSpec[] =
    rule.lastResort === null
      ? []
      : [
          {
            key: LAST_RESORT,
            at: { after: rule.lastResort.afterDue },
            action: 'last_resort' satisfies ClockAction,
          },
        ];
  return {
    kind: 'decision',
    duration: rule.within,
    thresholds: [
      ...reminders(rule.reminders, 'remind_queue'),
      ...escalations(rule.escalation),
      ...lastResort,
    ],
  };
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/**
 * The same for a registration that is imported at `importedAtMs` and counts from `countedFromMs`, its original date: what was
 * promised stays promised, and late is late. But nobody here has had the time to decide before, so the last resort comes no
 * sooner than for a registration that is received with the import, and is not left out as a thing of the past either.
 */
export function importedDecisionClock(input: {
  readonly policy: DealRegistrationPolicy;
  readonly calendar: CompiledCalendar;
  readonly countedFromMs: number;
  readonly importedAtMs: number;
}): ClockSpec {
  const { policy, calendar, countedFromMs, importedAtMs } = input;
  const { within, lastResort } = policy.decision;
  const spec = decisionClock(policy);
  if (lastResort === null) return spec;
  const dueMs = addDuration(calendar, countedFromMs, within);
  const soonestMs = addDuration(calendar, addDuration(calendar, importedAtMs, within), lastResort.afterDue);
  // Counted from the deadline, so that it moves with it when the clock stands still. Rounded up.
  const after: Duration = isBusinessUnit(lastResort.afterDue.unit)
    ? {
        amount: Math.ceil(countBusinessTime(calendar, dueMs, soonestMs) / HOUR_MS),
        unit: 'businessHour',
      }
    : { amount: Math.ceil((soonestMs - dueMs) / MINUTE_MS), unit: 'minute' };
  return {
    ...spec,
    thresholds: spec.thresholds.map((threshold) =>
      threshold.key === LAST_RESORT ? { ...threshold, at: { after } } : threshold,
    ),
  };
}

/** The time the partner has to answer a request for information. */
export function informationClock(policy: DealRegistrationPolicy): ClockSpec {
  return {
    kind: 'information',
    duration: policy.information.answerWithin,
    thresholds: [
      ...reminders(policy.information.reminders, 'remind_partner'),
      { key: 'close', at: due, action: 'close_incomplete' satisfies ClockAction },
    ],
  };
}

/** What runs while a registration is protected; its end is moved by an extension. */
export function protectionClock(policy: DealRegistrationPolicy, duration: Duration): ClockSpec {
  return {
    kind: 'protection',
    duration,
    thresholds: [
      ...reminders(policy.protection.reminders, 'remind_expiry'),
      { key: 'expire', at: due, action: 'expire' satisfies ClockAction },
    ],
  };
}

/** When activity after approval is checked; null when the program does not ask. */
export function activityCheckClock(policy: DealRegistrationPolicy): ClockSpec | null {
  const check = policy.activityCheck;
  if (check === null) return null;
  return {
    kind: 'activity_check',
    duration: check.after,
    thresholds: [
      ...reminders(check.reminders, 'remind_partner'),
      { key: 'at-risk', at: due, action: 'mark_at_risk' satisfies ClockAction },
    ],
  };
}

/** How long a registration may stay at risk; null when it is never revoked for that. */
export function activityGraceClock(policy: DealRegistrationPolicy): ClockSpec | null {
  const grace = policy.activityCheck?.revokeAfter ?? null;
  if (grace === null) return null;
  return {
    kind: 'activity_grace',
    duration: grace,
    thresholds: [{ key: 'revoke', at: due, action: 'revoke' satisfies ClockAction }],
  };
}

/** The time within which an extension is decided. */
export function extensionClock(policy: DealRegistrationPolicy): ClockSpec {
  return {
    kind: 'extension',
    duration: policy.extension.decideWithin,
    thresholds: [{ key: 'escalate', at: due, action: 'escalate' satisfies ClockAction }],
  };
}

/** How long after expiry an extension may still be asked; null when it may not. */
export function lateExtensionClock(policy: DealRegistrationPolicy): ClockSpec | null {
  const within = policy.extension.askWithinAfterExpiry;
  if (policy.extension.mustAskBeforeExpiry || within === null) return null;
  return {
    kind: 'late_extension',
    duration: within,
    thresholds: [{ key: 'end', at: due, action: 'end_of_late_extension' satisfies ClockAction }],
  };
}

/** How long a denial may be appealed; null when it is final. */
export function appealWindowClock(policy: DealRegistrationPolicy): ClockSpec | null {
  if (policy.appeal === null) return null;
  return {
    kind: 'appeal_window',
    duration: policy.appeal.within,
    thresholds: [{ key: 'end', at: due, action: 'end_of_appeal' satisfies ClockAction }],
  };
}

/** The time within which an appeal is decided. Throws when the program knows none. */
export function appealClock(policy: DealRegistrationPolicy): ClockSpec {
  if (policy.appeal === null) throw new RangeError('The policy knows no appeal.');
  return {
    kind: 'appeal',
    duration: policy.appeal.decideWithin,
    thresholds: [{ key: 'escalate', at: due, action: 'escalate' satisfies ClockAction }],
  };
}

/** The time within which a conflict is decided. */
export function conflictClock(policy: DealRegistrationPolicy): ClockSpec {
  return {
    kind: 'conflict',
    duration: policy.conflict.decideWithin,
    thresholds: [{ key: 'escalate', at: due, action: 'escalate' satisfies ClockAction }],
  };
}
