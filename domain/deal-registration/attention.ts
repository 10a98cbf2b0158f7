import { isPromise } from './clocks.ts';
import type { RegistrationStatus } from './status.ts';

/**
 * Which open case needs the person who looks after its partner, why, and until when. How near is near is the policy's: the
 * first reminder of each clock says it.
 */

/** Why a case needs somebody, most pressing first. */
export const attentionReasons = [
  'promise_broken',
  'at_risk',
  'protection_ending',
  'partner_owes_answer',
  'activity_due',
  'promise_due',
] as const;
export type AttentionReason = (typeof attentionReasons)[number];

export interface AttentionClock {
  readonly kind: string;
  readonly phase: 'running' | 'paused';
  readonly dueAtMs: number;
  /** From when on the deadline is near. */
  readonly dueSoonAtMs: number;
}

export interface Attention {
  readonly reason: AttentionReason;
  readonly atMs: number;
}

/** The most pressing reason; null when the case needs nobody. Paused clocks press nobody. */
export function attentionOf(
  one: { status: RegistrationStatus; atRiskSinceMs: number | null; clocks: readonly AttentionClock[] },
  nowMs: number,
): Attention | null {
  const running = one.clocks
    .filter(({ phase }) => phase === 'running')
    .toSorted((left, right) => left.dueAtMs - right.dueAtMs);
  const near = running.filter(({ dueSoonAtMs }) => dueSoonAtMs <= nowMs);
  const nearOf = (kind: string): AttentionClock | undefined => near.find((clock) => clock.kind === kind);
  const grace = running.find(({ kind }) => kind === 'activity_grace');
  const found: Readonly<Record<AttentionReason, number | undefined>> = {
    promise_broken: running.find(({ kind, dueAtMs }) => isPromise(kind) && dueAtMs <= nowMs)?.dueAtMs,
    at_risk: one.atRiskSinceMs === null ? undefined : (grace?.dueAtMs ?? one.atRiskSinceMs),
    protection_ending: nearOf('protection')?.dueAtMs,
    partner_owes_answer: one.status === 'info_requested' ? nearOf('information')?.dueAtMs : undefined,
    activity_due: nearOf('activity_check')?.dueAtMs,
    promise_due: near.find(({ kind }) => isPromise(kind))?.dueAtMs,
  };
  for (const reason of attentionReasons) {
    const atMs = found[reason];
    if (atMs !== undefined) return { reason, atMs };
  }
  return null;
}
