import { attentionOf } from '../../../domain/deal-registration/attention.ts';
import type { AttentionClock } from '../../../domain/deal-registration/attention.ts';

const NOW = Date.parse('2026-03-02T09:00:00Z');
const DAY = 86_400_000;
const clock = (kind: string, dueInDays: number, nearDaysBefore = 5): AttentionClock => ({
  kind,
  phase: 'running',
  dueAtMs: NOW + dueInDays * DAY,
  dueSoonAtMs: NOW + (dueInDays - nearDaysBefore) * DAY,
});
const of = (
  clocks: AttentionClock[],
  part: { status?: 'approved' | 'info_requested' | 'under_review'; atRiskSinceMs?: number } = {},
) =>
  attentionOf({ status: part.status ?? 'approved', atRiskSinceMs: part.atRiskSinceMs ?? null, clocks }, NOW);

test.each([
  ['a broken promise', of([clock('decision', -1)]), 'promise_broken', -1],
  ['a promise that is near', of([clock('decision', 2)]), 'promise_due', 2],
  ['a protection that ends', of([clock('protection', 4)]), 'protection_ending', 4],
  ['activity to report', of([clock('activity_check', 3)]), 'activity_due', 3],
  ['an answer owed', of([clock('information', 1)], { status: 'info_requested' }), 'partner_owes_answer', 1],
  [
    'at risk, until it is revoked',
    of([clock('activity_grace', 9)], { atRiskSinceMs: NOW - DAY }),
    'at_risk',
    9,
  ],
  [
    'the most pressing of several',
    of([clock('protection', 4), clock('decision', -2)], { atRiskSinceMs: NOW }),
    'promise_broken',
    -2,
  ],
] as const)('%s', (_, found, reason, days) => {
  expect(found).toEqual({ reason, atMs: NOW + days * DAY });
});

test('what is far away, paused, or ran out without being a promise needs nobody', () => {
  expect(of([clock('protection', 60), clock('decision', 60)])).toBeNull();
  expect(of([{ ...clock('decision', -1), phase: 'paused' }])).toBeNull();
  expect(of([clock('appeal_window', -1)])).toBeNull();
  expect(of([clock('information', 1)], { status: 'under_review' })).toBeNull();
});
