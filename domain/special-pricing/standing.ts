import type { PricingRole } from './policy.ts';
import type { ApprovalStep } from './routing.ts';
import { whatGotWorse } from './worse.ts';
import type { AskedTerms, WorseFact } from './worse.ts';

/*
 * Who is asked of those that a routing names: whoever agreed before to terms that are nowhere worse now has agreed to these. Only the
 * others are asked, step by step.
 */

/** What somebody agreed to for a role, in this request or for the version of the agreement that it changes. */
export interface GivenApproval {
  readonly role: PricingRole;
  readonly actorId: string;
  readonly decisionId: string;
  readonly terms: AskedTerms;
  readonly termsHash: string;
}

/** Of each role the approval that stands for the terms of now, else what got worse since its latest; the last given first. */
export function standingApprovals(
  given: readonly GivenApproval[],
  now: AskedTerms,
): ReadonlyMap<PricingRole, { readonly approval: GivenApproval; readonly worse: readonly WorseFact[] }> {
  const found = new Map<PricingRole, { approval: GivenApproval; worse: readonly WorseFact[] }>();
  for (const approval of given) {
    const known = found.get(approval.role);
    if (known?.worse.length === 0) continue;
    const worse = whatGotWorse(approval.terms, now);
    if (known === undefined || worse.length === 0) found.set(approval.role, { approval, worse });
  }
  return found;
}

/** A step that waits for somebody: which of its roles are asked, and how many of them must agree yet. */
export interface OpenStep {
  readonly stepNo: number;
  readonly bandKey: string;
  readonly roles: readonly PricingRole[];
  readonly needed: number;
}

/** The first step, from `fromNo` on, that is not answered by approvals that stand; null: none is left, and the request is approved. */
export function nextOpenStep(
  steps: readonly ApprovalStep[],
  agreed: readonly PricingRole[],
  fromNo = 1,
): OpenStep | null {
  for (const [place, { bandKey, roles, quorum }] of steps.entries()) {
    const stepNo = place + 1;
    if (stepNo < fromNo) continue;
    const has = roles.filter((role) => agreed.includes(role));
    if (has.length >= quorum) continue;
    return {
      stepNo,
      bandKey,
      roles: roles.filter((role) => !agreed.includes(role)),
      needed: quorum - has.length,
    };
  }
  return null;
}
