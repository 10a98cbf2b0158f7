import { causeOf, readHoldsSince } from '../adapters/store/holds.ts';
import type { Hold } from '../adapters/store/holds.ts';
import { applyHold, pauseClock, resumeClock } from '../domain/sla-clock.ts';
import type { SlaClockStep } from '../domain/sla-clock.ts';
import { setClock } from './case-work.ts';
import type { StepEnd, StepWork } from './case-work.ts';

/**
 * Pauses for holds in force, resumes from those that are over, and gives back what ran in one while nobody was told; null when
 * every clock stands as it should.
 */
export async function applyHolds(work: StepWork): Promise<StepEnd | null> {
  const oldestMs = Math.min(work.atMs, ...work.clocks.map(({ clock }) => clock.startedAtMs));
  const holds = await readHoldsSince(work.tx, oldestMs);
  const reasons = new Set<string>();
  let paused = false;
  for (const hold of holds) {
    for (const row of work.clocks) {
      const step = underHold(work, row.clock, hold);
      if (step === null || step.rows.length === 0) continue;
      setClock(work, row.id, step);
      reasons.add(hold.reason);
      paused ||= isInForce(hold, work.atMs);
    }
  }
  if (reasons.size === 0) return null;
  return {
    kind: paused ? 'clocks_held' : 'clocks_released',
    audience: 'everyone',
    facts: { reasons: [...reasons] },
  };
}

function isInForce(hold: Hold, atMs: number): boolean {
  return hold.fromMs <= atMs && (hold.toMs === null || hold.toMs > atMs);
}

function underHold(
  work: StepWork,
  clock: StepWork['clocks'][number]['clock'],
  hold: Hold,
): SlaClockStep | null {
  const { calendar, atMs } = work;
  const cause = causeOf(hold);
  const stands = clock.pausedFor.includes(cause);
  if (isInForce(hold, atMs)) {
    return stands
      ? null
      : pauseClock({ clock, calendar, atMs: Math.max(hold.fromMs, clock.startedAtMs), cause });
  }
  if (hold.toMs === null || hold.toMs > atMs) return null;
  const resumed = stands ? resumeClock({ clock, calendar, atMs: hold.toMs, cause }) : { clock, rows: [] };
  // What the clock ran within the hold, all of it or until the case was told: the stretches it ran remember what was given back.
  const given = applyHold({
    clock: resumed.clock,
    calendar,
    holdFromMs: hold.fromMs,
    holdToMs: hold.toMs,
    nowMs: atMs,
    reason: hold.reason,
  });
  return { clock: given.clock, rows: [...resumed.rows, ...given.rows] };
}
