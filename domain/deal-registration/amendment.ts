import type { CompiledCalendar } from '../business-time.ts';
import { addDuration } from '../business-time.ts';
import { changePpm } from '../money.ts';
import type { RegisteredLine, RegistrationFacts } from './facts.ts';
import { familiesOf } from './facts.ts';
import type { DealRegistrationPolicy } from './policy.ts';

/** Why a change has to be approved again. `changePpm` null: the value was zero before. */
export type AmendmentReason =
  | { code: 'value_increased'; changePpm: number | null; freePpm: number }
  | { code: 'currency_changed'; from: string; to: string }
  | { code: 'family_added'; productFamily: string }
  | { code: 'close_date_moved'; toMs: number; freeUntilMs: number };

type AmendableFacts = Pick<RegistrationFacts, 'valueMinor' | 'currency' | 'expectedCloseMs'> & {
  lines: readonly Pick<RegisteredLine, 'productFamily'>[];
};

/**
 * What of an amendment needs approval again; empty when it may simply be recorded. `approved` is what was last
 * **approved**, not last recorded: otherwise a large change could pass in small steps. A lower value, fewer
 * families and an earlier close date are always free; whether the registration is still eligible is asked
 * apart, by `checkEligibility` on the amended facts.
 */
export function amendmentNeedsApproval(input: {
  policy: Pick<DealRegistrationPolicy, 'amendment'>;
  approved: AmendableFacts;
  amended: AmendableFacts;
  calendar: CompiledCalendar;
}): AmendmentReason[] {
  const { approved, amended } = input;
  const rules = input.policy.amendment;
  const reasons: AmendmentReason[] = [];
  if (approved.currency !== amended.currency) {
    reasons.push({ code: 'currency_changed', from: approved.currency, to: amended.currency });
  } else if (amended.valueMinor > approved.valueMinor) {
    const change = changePpm(
      { amountMinor: approved.valueMinor, currency: approved.currency },
      { amountMinor: amended.valueMinor, currency: amended.currency },
    );
    if (change === null || change > rules.freeValueIncreasePpm) {
      reasons.push({ code: 'value_increased', changePpm: change, freePpm: rules.freeValueIncreasePpm });
    }
  }
  if (rules.addedFamiliesNeedApproval) {
    const before = familiesOf(approved.lines);
    for (const productFamily of familiesOf(amended.lines)) {
      if (!before.includes(productFamily)) reasons.push({ code: 'family_added', productFamily });
    }
  }
  if (amended.expectedCloseMs > approved.expectedCloseMs) {
    // From a date before all that the calendar knows nothing is free any more.
    const freeUntilMs =
      approved.expectedCloseMs < input.calendar.coversFromMs
        ? approved.expectedCloseMs
        : addDuration(input.calendar, approved.expectedCloseMs, rules.freeCloseDateMove);
    if (amended.expectedCloseMs > freeUntilMs) {
      reasons.push({ code: 'close_date_moved', toMs: amended.expectedCloseMs, freeUntilMs });
    }
  }
  return reasons;
}
