import { PPM } from '../money.ts';
import type { Rival } from './facts.ts';
import type { DealRegistrationPolicy, WinCriterion } from './policy.ts';

/** What told a loser from the winner (or a winner from those who lost): a criterion, or the receipt number. */
export type WinReason =
  | { rule: WinCriterion['rule']; mine: number; best: number }
  | { rule: 'lowerReceiptNumber'; mine: number; best: number };

/** Where a rival ends up. Places are in order: the first is the winner. */
export interface RivalPlace {
  registrationId: string;
  receiptNumber: number;
  won: boolean;
  /** Part of the registration's benefit, in parts per million; the whole for one who need not share, 0 for a loser. */
  benefitPpm: number;
  /** Why behind the winner, with both scores; null for the winner himself. */
  behindBy: WinReason | null;
}

/**
 * Orders rivals for the same customer and product family by the program's rules of engagement. The criteria
 * are taken in the policy's order, each deciding only among those still level; what none tells apart goes to
 * the lower receipt number. So the outcome depends on the facts alone, never on the order they come in.
 * Throws when two rivals carry one receipt number: then they are not two registrations.
 */
export function whoWins(
  policy: Pick<DealRegistrationPolicy, 'whoWins'>,
  rivals: readonly Rival[],
): RivalPlace[] {
  if (new Set(rivals.map((rival) => rival.receiptNumber)).size !== rivals.length) {
    throw new RangeError('Two rivals carry the same receipt number.');
  }
  const { criteria } = policy.whoWins;
  const inOrder = rivals.toSorted((a, b) => {
    for (const criterion of criteria) {
      const difference = scoreOf(criterion, b) - scoreOf(criterion, a);
      if (difference !== 0) return difference;
    }
    return a.receiptNumber - b.receiptNumber;
  });
  const [winner] = inOrder;
  if (!winner) return [];
  const reasons = inOrder.map((rival) => (rival === winner ? null : reasonBehind(criteria, rival, winner)));
  // Only those level with the winner when sharing is reached have a part in it.
  const isLevel = (reason: WinReason | null) => reason === null || reason.rule === 'sharedReduced';
  const levelCount = reasons.filter(isLevel).length;
  const shared = criteria.find((criterion) => criterion.rule === 'sharedReduced');
  // One who is ahead of all others shares with nobody.
  const parts = shared && levelCount > 1 ? shared.benefitPpmByRank : [PPM];
  return inOrder.map((rival, rank) => {
    const behindBy = reasons[rank] ?? null;
    const benefitPpm = isLevel(behindBy) ? (parts[rank] ?? 0) : 0;
    return {
      registrationId: rival.registrationId,
      receiptNumber: rival.receiptNumber,
      won: benefitPpm > 0,
      benefitPpm,
      behindBy,
    };
  });
}

/** One who shares, and the part of the benefit that is his, in parts per million. */
export interface SharedPart {
  readonly registrationId: string;
  readonly benefitPpm: number;
}

/**
 * Who may share, in order: those level with the winner when the policy's sharing is reached. Fewer than two: the program
 * does not share, or one is ahead of all others.
 */
export function maySharePlaces(
  policy: Pick<DealRegistrationPolicy, 'whoWins'>,
  places: readonly RivalPlace[],
): RivalPlace[] {
  if (!policy.whoWins.criteria.some(({ rule }) => rule === 'sharedReduced')) return [];
  const level = places.filter(({ behindBy }) => behindBy === null || behindBy.rule === 'sharedReduced');
  return level.length > 1 ? level : [];
}

/**
 * The parts of those whom a decider chose to share, in the order of their places: the first gets the policy's first part,
 * and so on. Null when they cannot share: one alone, somebody who may not, somebody twice, or more than there are parts.
 */
export function partsOfSharers(
  policy: Pick<DealRegistrationPolicy, 'whoWins'>,
  places: readonly RivalPlace[],
  chosenIds: readonly string[],
): SharedPart[] | null {
  const may = maySharePlaces(policy, places).map(({ registrationId }) => registrationId);
  const shared = policy.whoWins.criteria.find(({ rule }) => rule === 'sharedReduced');
  const parts = shared?.rule === 'sharedReduced' ? shared.benefitPpmByRank : [];
  const inOrder = may.filter((id) => chosenIds.includes(id));
  if (inOrder.length !== chosenIds.length || inOrder.length < 2) return null;
  const given = inOrder.map((registrationId, rank) => ({ registrationId, benefitPpm: parts[rank] ?? 0 }));
  return given.every(({ benefitPpm }) => benefitPpm > 0) ? given : null;
}

/** A rival's score under one criterion; more is better. */
function scoreOf(criterion: WinCriterion, rival: Rival): number {
  switch (criterion.rule) {
    case 'firstCome':
      return -rival.receiptNumber;
    case 'mostQualified':
      return criterion.points.reduce(
        (sum, { signal, points }) => (rival.signals.includes(signal) ? sum + points : sum),
        0,
      );
    case 'incumbent':
      return rival.signals.includes('incumbent') ? 1 : 0;
    case 'customersChoice':
      return rival.customersChoice ? 1 : 0;
    case 'sharedReduced':
      return 0;
    default:
      return criterion satisfies never;
  }
}

function reasonBehind(criteria: readonly WinCriterion[], rival: Rival, winner: Rival): WinReason {
  for (const criterion of criteria) {
    if (criterion.rule === 'sharedReduced') {
      return { rule: 'sharedReduced', mine: rival.receiptNumber, best: winner.receiptNumber };
    }
    const mine = criterion.rule === 'firstCome' ? rival.receiptNumber : scoreOf(criterion, rival);
    const best = criterion.rule === 'firstCome' ? winner.receiptNumber : scoreOf(criterion, winner);
    if (mine !== best) return { rule: criterion.rule, mine, best };
  }
  return { rule: 'lowerReceiptNumber', mine: rival.receiptNumber, best: winner.receiptNumber };
}
