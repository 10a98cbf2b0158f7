import { PPM } from '../money.ts';
import type { NextStep } from './outlook.ts';
import type { DealRegistrationPolicy } from './policy.ts';
import type { ClosureCode, RegistrationStatus } from './status.ts';

/**
 * What a partner sees in place of a code that would tell of a competitor. It is a code that is given for other
 * causes too: one kept for rivals alone would tell as much as the code it hides.
 */
const NEUTRAL_CODE: ClosureCode = 'other';

/** What a partner sees of a registration's state and of why it ended. */
export interface PartnerView {
  status: RegistrationStatus;
  closureCode: ClosureCode | null;
  /** Whether he is told that another registration exists; never whose. */
  anotherRegistrationExists: boolean;
  /** The partner's own earlier case, where that is what stood in the way. */
  ownRegistrationId: string | null;
}

/**
 * Whether a program tells that another registration exists. What only a rival can cause and what shows by itself (a denial at
 * once, a family left out of an approval) may be done in such a program only: words could not hide it.
 */
export function disclosesRivals({ disclosure }: Pick<DealRegistrationPolicy, 'disclosure'>): boolean {
  return disclosure.denial === 'anotherRegistrationExists';
}

export interface DisclosedFacts {
  status: RegistrationStatus;
  closureCode: ClosureCode | null;
  /** Whether a denial of it was appealed at any time. */
  appealed: boolean;
  /** Set when the registration ended because of this partner's own earlier case. */
  ownRegistrationId: string | null;
}

/**
 * What a partner sees of state and closure code, by the program's rule of disclosure. Partners are competitors
 * of one another, so a state or a code that only a rival could have caused is shown as one that says nothing,
 * unless the program discloses that another registration exists. A partner's own earlier case is always told.
 */
export function partnerProjection(
  policy: Pick<DealRegistrationPolicy, 'disclosure'>,
  facts: DisclosedFacts,
): PartnerView {
  const { closureCode, ownRegistrationId } = facts;
  const ofARival =
    closureCode !== null &&
    ownRegistrationId === null &&
    !isPartnersOwnWord(facts.status) &&
    tellsOfARival(closureCode);
  const disclosed = disclosesRivals(policy);
  return {
    status: shownStatus(policy, facts),
    closureCode: ofARival && !disclosed ? NEUTRAL_CODE : closureCode,
    anotherRegistrationExists: ofARival && disclosed,
    ownRegistrationId,
  };
}

function shownStatus(
  { disclosure }: Pick<DealRegistrationPolicy, 'disclosure'>,
  { status, appealed }: DisclosedFacts,
): RegistrationStatus {
  switch (status) {
    case 'in_conflict':
    case 'pending_approval':
    case 'under_review':
      // Only a conflict leads there from an appeal: going back to review would tell what came between.
      if (appealed && disclosure.inConflictShownAs !== 'in_conflict') return 'appealed';
      if (status === 'in_conflict') return disclosure.inConflictShownAs;
      return status === 'under_review' ? status : disclosure.pendingApprovalShownAs;
    case 'submitted':
    case 'info_requested':
    case 'approved':
    case 'rejected':
    case 'appealed':
    case 'won':
    case 'lost':
    case 'expired':
    case 'withdrawn':
    case 'revoked':
      return status;
    default:
      return status satisfies never;
  }
}

/**
 * The next step as a partner reads it beside the state he is shown. Checks for rivals and conflicts are "decided" to
 * him, and under appeal there is one step only, whatever stands behind it.
 */
export function shownNextStep(shown: RegistrationStatus, nextStep: NextStep | null): NextStep | null {
  if (shown === 'appealed') return 'appeal_decided';
  return nextStep === 'checked_for_conflicts' || nextStep === 'conflict_resolved' ? 'decided' : nextStep;
}

/**
 * The outcome of a decision as its partner reads it. How a conflict was resolved reads like any approval or denial, and
 * what followed an appeal like the decision on it. Null: it is the vendor's alone, since it tells that there was a conflict.
 */
export function shownOutcome(outcome: string, afterAppeal: boolean): string | null {
  switch (outcome) {
    case 'no_conflict':
    case 'send_to_conflict':
      return null;
    case 'protect_partner':
    case 'approve':
      return afterAppeal ? 'overturn' : 'approve';
    case 'award_other':
    case 'deny':
      return afterAppeal ? 'uphold' : 'deny';
    default:
      return outcome;
  }
}

/**
 * The part of the benefit that a partner who shares is told, in parts per million; null when he is not told: the whole is his,
 * or that it is shared would tell of a registration that the program does not disclose. With whom he shares is never told.
 */
export function toldShare(
  policy: Pick<DealRegistrationPolicy, 'disclosure'>,
  benefitPpm: number,
): number | null {
  return benefitPpm === PPM || !disclosesRivals(policy) ? null : benefitPpm;
}

/** States whose closure code the partner gave himself, so that there is nothing to hide from him. */
function isPartnersOwnWord(status: RegistrationStatus): boolean {
  return status === 'won' || status === 'lost' || status === 'withdrawn';
}

/** Whether a code can only come about because somebody else registered or works the same customer. */
function tellsOfARival(code: ClosureCode): boolean {
  switch (code) {
    case 'duplicate':
    case 'conflict_lost':
    case 'customer_choice':
    case 'superseded':
      return true;
    case 'not_eligible':
    case 'incomplete':
    case 'no_activity':
    case 'price':
    case 'competitor':
    case 'no_decision':
    case 'won':
    case 'withdrawn_by_partner':
    case 'protection_ended':
    case 'other':
      return false;
    default:
      return code satisfies never;
  }
}
