import type { Duration } from '../business-time.ts';
import type { SlaThresholdSpec } from '../sla-clock.ts';
import type { DealRegistrationPolicy, DecidingRole, EscalationStep, Reminder } from './policy.ts';
import { decidingRoles } from './policy.ts';

/** The clocks of a registration. */
export const registrationClocks = [
  'firstResponse',
  'decision',
  'information',
  'hearing',
  'conflict',
  'protection',
  'activityCheck',
  'revocation',
  'extension',
  'appeal',
] as const;
export type RegistrationClock = (typeof registrationClocks)[number];

/** What happens at a point of a clock; escalation and paging name whom. */
export type ClockAction =
  | { do: 'remind' }
  | { do: 'escalate'; to: DecidingRole }
  | { do: 'autoApprove'; otherwisePage: DecidingRole }
  | { do: 'page'; to: DecidingRole }
  | { do: 'due' };

/** How one clock is started: its calendar, its length and the points at which something happens. */
export interface ClockPlan {
  kind: RegistrationClock;
  calendarName: string;
  length: Duration;
  thresholds: SlaThresholdSpec[];
}

/** What the end of a clock means besides being due; for those where the end itself acts. */
const END: readonly SlaThresholdSpec[] = [{ key: 'due', at: { percent: 100 }, action: 'due' }];

/**
 * The plan of a clock under a policy; null where the program does not have it. Protection has no length of its
 * own here: that is `protectionPeriod`'s, and `length` is the program's default.
 */
export function planClock(
  policy: DealRegistrationPolicy,
  clock: { kind: RegistrationClock; tier: string },
): ClockPlan | null {
  const plan = (length: Duration, thresholds: SlaThresholdSpec[]): ClockPlan => ({
    kind: clock.kind,
    calendarName: policy.calendarName,
    length,
    thresholds,
  });
  switch (clock.kind) {
    case 'firstResponse': {
      const { byTier, otherwise, reminders, escalation } = policy.firstResponse;
      const within = byTier.find(({ tier }) => tier === clock.tier)?.within ?? otherwise;
      return plan(within, [...remind(reminders), ...escalate(escalation)]);
    }
    case 'decision': {
      const { within, reminders, escalation } = policy.decision;
      return plan(within, [...remind(reminders), ...escalate(escalation), ...lastResort(policy)]);
    }
    case 'information':
      return plan(policy.information.answerWithin, [...remind(policy.information.reminders), ...END]);
    case 'hearing':
      return plan(policy.conflict.hearWithin, [...END]);
    case 'conflict':
      return plan(policy.conflict.decideWithin, [...END]);
    case 'protection':
      return plan(policy.protection.otherwise, [...remind(policy.protection.reminders), ...END]);
    case 'activityCheck':
      return (
        policy.activityCheck &&
        plan(policy.activityCheck.after, [...remind(policy.activityCheck.reminders), ...END])
      );
    case 'revocation': {
      const revokeAfter = policy.activityCheck?.revokeAfter ?? null;
      return revokeAfter && plan(revokeAfter, [...END]);
    }
    case 'extension':
      return plan(policy.extension.decideWithin, [...END]);
    case 'appeal':
      return policy.appeal && plan(policy.appeal.decideWithin, [...END]);
    default:
      return clock.kind satisfies never;
  }
}

function remind(reminders: readonly Reminder[]): SlaThresholdSpec[] {
  return reminders.map(({ key, at }) => ({ key: `remind:${key}`, at, action: 'remind' }));
}

function escalate(steps: readonly EscalationStep[]): SlaThresholdSpec[] {
  return steps.map(({ to, at }, index) => ({ key: `escalate:${index + 1}`, at, action: `escalate:${to}` }));
}

function lastResort({ decision }: DealRegistrationPolicy): SlaThresholdSpec[] {
  if (decision.lastResort === null) return [];
  const { afterDue, autoApprove, page } = decision.lastResort;
  const action = autoApprove === null ? `page:${page}` : `autoApprove:${page}`;
  return [{ key: 'lastResort', at: { after: afterDue }, action }];
}

/** Reads the action of a fired threshold that `planClock` wrote. Throws for any other text. */
export function readAction(action: string): ClockAction {
  const [verb, role] = action.split(':');
  if (verb === 'remind') return { do: 'remind' };
  if (verb === 'due') return { do: 'due' };
  const to = asDecidingRole(role);
  if (to !== null) {
    if (verb === 'escalate') return { do: 'escalate', to };
    if (verb === 'page') return { do: 'page', to };
    if (verb === 'autoApprove') return { do: 'autoApprove', otherwisePage: to };
  }
  throw new RangeError(`"${action}" is no action of a registration's clock.`);
}

function asDecidingRole(role: string | undefined): DecidingRole | null {
  return decidingRoles.find((known) => known === role) ?? null;
}
