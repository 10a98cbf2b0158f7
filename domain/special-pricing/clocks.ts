import type { Duration } from '../business-time.ts';
import type { SlaThresholdSpec } from '../sla-clock.ts';
import type { ApprovalBand, PricingReminder, SpecialPricingPolicy } from './policy.ts';

/*
 * The clocks of a request and of an agreement as the policy gives them. The words of `action` are this process's own; the clock
 * hands them back when they are due.
 */

/** Of a request: how long the step that is asked has, the partner to answer, the partner to accept. Of an agreement: its validity. */
export const pricingClockKinds = ['approval', 'information', 'counter_offer', 'validity'] as const;
export type PricingClockKind = (typeof pricingClockKinds)[number];

export const pricingClockActions = [
  'remind_queue',
  'escalate',
  'remind_partner',
  'close_incomplete',
  'lapse_offer',
  'remind_expiry',
  'expire',
] as const;
export type PricingClockAction = (typeof pricingClockActions)[number];

export interface PricingClockSpec {
  readonly kind: PricingClockKind;
  readonly duration: Duration;
  readonly thresholds: readonly SlaThresholdSpec[];
}

const due: SlaThresholdSpec['at'] = { percent: 100 };

function reminders(list: readonly PricingReminder[], action: PricingClockAction): SlaThresholdSpec[] {
  // Prefixed, so that a program's word never meets one of ours.
  return list.map(({ key, at }) => ({ key: `reminder-${key}`, at, action }));
}

/** The time that a step of a band has. Throws `RangeError` for a band that asks nobody. */
export function approvalClock(policy: SpecialPricingPolicy, bandKey: string): PricingClockSpec {
  return {
    kind: 'approval',
    duration: answerWithin(policy, bandKey),
    thresholds: [
      ...reminders(policy.reminders, 'remind_queue'),
      ...policy.escalations.map(({ key, at, levelsUp }) => ({
        key: `escalate-${key}`,
        at,
        action: 'escalate' satisfies PricingClockAction,
        to: String(levelsUp),
      })),
    ],
  };
}

/**
 * How long the people of a band have. A band that asks nobody itself, and to which a value adds somebody, gives them as long as
 * the first band above that asks. Throws `RangeError` for a key that the policy does not have.
 */
export function answerWithin(policy: Pick<SpecialPricingPolicy, 'bands'>, bandKey: string): Duration {
  const place = policy.bands.findIndex(({ key }) => key === bandKey);
  const found = policy.bands
    .slice(Math.max(place, 0))
    .find((band): band is ApprovalBand & { answerWithin: Duration } => band.answerWithin !== null);
  if (place < 0 || found === undefined) throw new RangeError(`no time is set for the band ${bandKey}`);
  return found.answerWithin;
}

/** The time that the partner has to answer a question. */
export function informationClock(policy: SpecialPricingPolicy): PricingClockSpec {
  return {
    kind: 'information',
    duration: policy.information.answerWithin,
    thresholds: [
      ...reminders(policy.information.reminders, 'remind_partner'),
      { key: 'close', at: due, action: 'close_incomplete' satisfies PricingClockAction },
    ],
  };
}

/** The time that the partner has to accept a counter-offer. */
export function counterOfferClock(policy: SpecialPricingPolicy): PricingClockSpec {
  return {
    kind: 'counter_offer',
    duration: policy.counterOfferWithin,
    thresholds: [
      { key: 'remind', at: { percent: 50 }, action: 'remind_partner' satisfies PricingClockAction },
      { key: 'lapse', at: due, action: 'lapse_offer' satisfies PricingClockAction },
    ],
  };
}

const MINUTE_MS = 60_000;

/** What runs while an agreement holds, from its beginning; its end is moved by versions and by the registration. */
export function validityClock(
  policy: SpecialPricingPolicy,
  of: { readonly fromMs: number; readonly untilMs: number },
): PricingClockSpec {
  return {
    kind: 'validity',
    duration: { amount: Math.max(Math.ceil((of.untilMs - of.fromMs) / MINUTE_MS), 0), unit: 'minute' },
    thresholds: [
      ...reminders(policy.expiryReminders, 'remind_expiry'),
      { key: 'expire', at: due, action: 'expire' satisfies PricingClockAction },
    ],
  };
}

/** True for a clock whose breach is a broken promise of the vendor's. `kind` may come from a record. */
export function isPricingPromise(kind: string): boolean {
  return kind === 'approval';
}
