import type { CompiledCalendar } from '../business-time.ts';
import { addDuration } from '../business-time.ts';
import { changePpm } from '../money.ts';
import type { EligibilityFinding } from './eligibility.ts';
import type { RegisteredLine, RegistrationFacts } from './facts.ts';
import { familiesOf } from './facts.ts';
import type { DealRegistrationPolicy } from './policy.ts';

/** Why a change has to be approved again. `changePpm` null: the value was zero before. */
export type AmendmentReason =
  | { code: 'value_increased'; changePpm: number | null; freePpm: number }
  | { code: 'currency_changed'; from: string; to: string }
  | { code: 'family_added'; productFamily: string }
  | { code: 'close_date_moved'; toMs: number; freeUntilMs: number }
  | { code: 'condition_missed'; condition: EligibilityFinding['code'] };

type AmendableFacts = Pick<RegistrationFacts, 'valueMinor' | 'currency' | 'expectedCloseMs'> & {
  lines: readonly Pick<RegisteredLine, 'productFamily'>[];
};

/**
 * What of an amendment needs approval again; empty when it may simply be recorded. `approved` is what was last
 * **approved**, not last recorded: otherwise a large change could pass in small steps. A lower value, fewer
 * families and an earlier close date are free by themselves; what the program's conditions say of the amended facts is
 * asked apart, by `conditionsMissed`.
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

/**
 * The conditions of the program that an amendment misses and the registration, as it stands, does not: each of them needs
 * approval again. One that was missed before, in the same way, was decided on then.
 */
export function conditionsMissed(input: {
  before: readonly EligibilityFinding[];
  after: readonly EligibilityFinding[];
}): (EligibilityFinding & { weight: 'bars' })[] {
  const known = input.before.map((finding) => JSON.stringify(finding));
  return input.after.filter(
    (finding): finding is EligibilityFinding & { weight: 'bars' } =>
      finding.weight === 'bars' && !known.includes(JSON.stringify(finding)),
  );
}
