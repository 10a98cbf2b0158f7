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
  const disclosed = policy.disclosure.denial === 'anotherRegistrationExists';
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
      // Under appeal the state before was `appealed`: going back to review would tell what came between.
      if (appealed && disclosure.inConflictShownAs !== 'in_conflict') return 'appealed';
      return disclosure.inConflictShownAs;
    case 'pending_approval':
      return disclosure.pendingApprovalShownAs;
    case 'submitted':
    case 'under_review':
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
