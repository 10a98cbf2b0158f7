import type { Corridor } from '../../../api/contract/special-prices.ts';

type Points = Corridor['points'];

const TEN_PERCENT = 100_000;
const DAY_MS = 86_400_000;

/** The axes of a corridor: the top in tens of percent, its ticks, and where an instant lies between the first point and now. */
export function corridorAxis(
  points: Points,
  { ownPpm, nowMs }: { ownPpm: number; nowMs: number },
): {
  topPpm: number;
  ticks: readonly number[];
  fromMs: number;
  placeOf: (at: string) => number;
} {
  const highest = Math.max(ownPpm, ...points.map(({ discountPpm }) => discountPpm), TEN_PERCENT);
  const topPpm = Math.min(Math.ceil((highest * 1.05) / TEN_PERCENT) * TEN_PERCENT, 1_000_000);
  const step = topPpm > 5 * TEN_PERCENT ? 2 * TEN_PERCENT : TEN_PERCENT;
  const ticks = Array.from({ length: Math.floor(topPpm / step) + 1 }, (_, place) => place * step);
  const fromMs = Math.min(nowMs - DAY_MS, ...points.map(({ at }) => Date.parse(at)));
  return {
    topPpm,
    ticks,
    fromMs,
    placeOf: (at) => Math.min(Math.max((Date.parse(at) - fromMs) / (nowMs - fromMs), 0), 1),
  };
}

/** How many of the points went at least as far. */
export function corridorRank(points: Points, ownPpm: number): number {
  return points.filter(({ discountPpm }) => discountPpm >= ownPpm).length;
}
