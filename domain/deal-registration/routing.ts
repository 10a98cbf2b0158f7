import type { PairVerdict } from '../matching/verdict.ts';
import { disclosesRivals } from './disclosure.ts';
import { decidingRoles } from './policy.ts';
import type { Authority, AutoApproveRule, DealRegistrationPolicy, DecidingRole } from './policy.ts';
import type { RegistrationFacts } from './facts.ts';
import type { PartnerFacts } from './facts.ts';

/** Who is asked: the role and queue a task goes to, and up to what value (inclusive; null: any) it decides. */
export interface TaskRoute {
  role: DecidingRole;
  queue: string;
  limitMinor: number | null;
}

/**
 * Finds who decides about a registration: the first row of the approval matrix that fits its type and value,
 * then the first level of authority from that role upwards whose limit covers the value. Throws when the
 * document knows no such authority, which a valid one always does.
 */
export function routeTask(
  policy: Pick<DealRegistrationPolicy, 'routing'>,
  registration: Pick<RegistrationFacts, 'type' | 'valueMinor'>,
): TaskRoute {
  const { rows, authorities } = policy.routing;
  const row = rows.find(
    ({ types, upToMinor }) =>
      (types === null || types.includes(registration.type)) && covers(upToMinor, registration.valueMinor),
  );
  const from = row ? authorities.findIndex((authority) => authority.role === row.role) : -1;
  const found = authorities.find(
    (authority, level) => level >= from && from >= 0 && covers(authority.limitMinor, registration.valueMinor),
  );
  if (!found) {
    throw new RangeError(
      `The policy names nobody to decide about a ${registration.type} registration of ${registration.valueMinor} minor units.`,
    );
  }
  return routeOf(found);
}

/** The next level above `role`, for escalation; null at the top. */
export function nextAuthority(
  policy: Pick<DealRegistrationPolicy, 'routing'>,
  role: DecidingRole,
): TaskRoute | null {
  const level = policy.routing.authorities.findIndex((authority) => authority.role === role);
  const above = level === -1 ? undefined : policy.routing.authorities[level + 1];
  return above ? routeOf(above) : null;
}

/** Where tasks of `role` go under this policy. Throws when the document gives the role no authority. */
export function routeOfRole(policy: Pick<DealRegistrationPolicy, 'routing'>, role: DecidingRole): TaskRoute {
  const authority = policy.routing.authorities.find((one) => one.role === role);
  if (!authority) throw new RangeError(`The policy gives ${role} no authority.`);
  return routeOf(authority);
}

function routeOf({ role, queue, limitMinor }: Authority): TaskRoute {
  return { role, queue, limitMinor };
}

/**
 * Where an escalation takes a task: to the role named, or nowhere (null) when none is named or the one who has it has as
 * much authority. It never goes down.
 */
export function risesTo(
  policy: Pick<DealRegistrationPolicy, 'routing'>,
  move: { from: string | null; to: DecidingRole | null },
): TaskRoute | null {
  if (move.to === null) return null;
  const level = (role: string | null): number => decidingRoles.findIndex((one) => one === role);
  return level(move.to) > level(move.from) ? routeOfRole(policy, move.to) : null;
}

/** True when a limit (inclusive; null: none) covers a value. */
function covers(limitMinor: number | null, valueMinor: number): boolean {
  return limitMinor === null || valueMinor <= limitMinor;
}

export const autoApproveObstacles = [
  'switched_off',
  'match_not_clean',
  'verdict_unjudged',
  'not_eligible',
  'direct_engaged',
  'clock_paused',
  'review_window_open',
  'value_not_below_limit',
  'type_not_covered',
  'tier_not_covered',
] as const;
/** Why the machine may not approve. */
export type AutoApproveObstacle = (typeof autoApproveObstacles)[number];

/** What was found in the approving transaction itself, not before. */
export interface AutoApproveFacts {
  registration: Pick<RegistrationFacts, 'type' | 'valueMinor'>;
  partner: Pick<PartnerFacts, 'tier'>;
  /** No rival and no protection was met by the match repeated under the lock. */
  freshMatchClean: boolean;
  /** Pairs with a `probable` or `possible` (or related) verdict that nobody has judged. */
  unjudgedVerdicts: number;
  /** Eligibility findings of either weight. */
  eligibilityFindings: number;
  directEngaged: boolean;
  clockPaused: boolean;
  reviewWindowOpen: boolean;
}

export type AutoApproveVerdict =
  | { approve: true }
  | { approve: false; page: DecidingRole | null; obstacles: AutoApproveObstacle[] };

/**
 * Whether the machine approves what nobody decided in time, or pages somebody. Everything that stands against
 * it is named. A match, eligibility and direct-engagement check that is clean, no verdict left unjudged, a
 * running clock and a closed window are asked always; the value limit, types and tiers are the program's.
 */
export function autoApproveVerdict(
  policy: Pick<DealRegistrationPolicy, 'decision'>,
  facts: AutoApproveFacts,
): AutoApproveVerdict {
  const { lastResort } = policy.decision;
  const rule = lastResort?.autoApprove ?? null;
  const obstacles = [
    ...(rule === null ? (['switched_off'] as const) : limitsOf(rule, facts)),
    ...always(facts),
  ];
  if (obstacles.length === 0) return { approve: true };
  return { approve: false, page: lastResort?.page ?? null, obstacles };
}

function limitsOf(rule: AutoApproveRule, { registration, partner }: AutoApproveFacts): AutoApproveObstacle[] {
  const obstacles: AutoApproveObstacle[] = [];
  if (registration.valueMinor >= rule.valueBelowMinor) obstacles.push('value_not_below_limit');
  if (rule.types !== null && !rule.types.includes(registration.type)) obstacles.push('type_not_covered');
  if (rule.tiers !== null && !rule.tiers.includes(partner.tier)) obstacles.push('tier_not_covered');
  return obstacles;
}

function always(facts: AutoApproveFacts): AutoApproveObstacle[] {
  const obstacles: AutoApproveObstacle[] = [];
  if (!facts.freshMatchClean) obstacles.push('match_not_clean');
  if (facts.unjudgedVerdicts > 0) obstacles.push('verdict_unjudged');
  if (facts.eligibilityFindings > 0) obstacles.push('not_eligible');
  if (facts.directEngaged) obstacles.push('direct_engaged');
  if (facts.clockPaused) obstacles.push('clock_paused');
  if (facts.reviewWindowOpen) obstacles.push('review_window_open');
  return obstacles;
}

/**
 * Whether the machine may deny at once because of a rival's protection. Only for the verdict `duplicate`, and only where the
 * program says so: nothing is ever denied by machine on a similar name. Its speed tells of the rival, so a program that does
 * not disclose him cannot ask for it; a version from before that was forbidden leaves it to a person.
 */
export function mayDenyByMachine(
  policy: Pick<DealRegistrationPolicy, 'machineDenial' | 'disclosure'>,
  verdict: PairVerdict,
): boolean {
  switch (policy.machineDenial) {
    case 'never':
      return false;
    case 'onDuplicateOfProtected':
      return verdict === 'duplicate' && disclosesRivals(policy);
    default:
      return policy.machineDenial satisfies never;
  }
}
