import { pricingRoles } from './policy.ts';
import type { PricingRole } from './policy.ts';

/* Who stands above and below whom, for escalation and for who is told of a decision. */

/** The role that is `levelsUp` above one; the highest where there are not so many. A role that is none of these stays. */
export function roleAbove(role: string, levelsUp: number): string {
  const place = pricingRoles.findIndex((one) => one === role);
  return place < 0 ? role : (pricingRoles[Math.min(place + levelsUp, pricingRoles.length - 1)] ?? role);
}

/** The roles that lie below the lowest of those given, from the least authority; they are told what was decided above them. */
export function rolesBelow(roles: readonly PricingRole[]): PricingRole[] {
  if (roles.length === 0) return [];
  const lowest = Math.min(...roles.map((role) => pricingRoles.indexOf(role)));
  return pricingRoles.filter((_, place) => place < lowest);
}
