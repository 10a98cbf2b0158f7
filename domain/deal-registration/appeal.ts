import type { CompiledCalendar } from '../business-time.ts';
import { addDuration } from '../business-time.ts';
import type { DealRegistrationPolicy, DecidingRole } from './policy.ts';
import type { RegistrationStatus } from './status.ts';

export type AppealRefusal = 'no_appeal_in_program' | 'not_denied' | 'already_appealed' | 'too_late';

export type AppealVerdict =
  | { may: true; by: DecidingRole; decideByMs: number }
  | { may: false; reason: AppealRefusal; untilMs: number | null };

/**
 * Whether a denial may be appealed: once, within the policy's time after it was told (the end included), by
 * the time of the appeal's receipt. The decision on an appeal is final.
 */
export function mayAppeal(input: {
  policy: Pick<DealRegistrationPolicy, 'appeal'>;
  status: RegistrationStatus;
  alreadyAppealed: boolean;
  /** End of the appeal window as its clock stands: a hold may have moved it. */
  untilMs: number;
  appealedAtMs: number;
  calendar: CompiledCalendar;
}): AppealVerdict {
  const rule = input.policy.appeal;
  if (rule === null) return { may: false, reason: 'no_appeal_in_program', untilMs: null };
  if (input.status !== 'rejected') return { may: false, reason: 'not_denied', untilMs: null };
  const { untilMs } = input;
  if (input.alreadyAppealed) return { may: false, reason: 'already_appealed', untilMs };
  if (input.appealedAtMs > untilMs) return { may: false, reason: 'too_late', untilMs };
  return {
    may: true,
    by: rule.by,
    decideByMs: addDuration(input.calendar, input.appealedAtMs, rule.decideWithin),
  };
}
