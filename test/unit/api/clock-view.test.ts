import type { ClockViewRow } from '../../../adapters/store/registration-reads.ts';
import { clockFor } from '../../../api/registration-view.ts';
import { clockKinds, isPromise } from '../../../domain/deal-registration/clocks.ts';

/* Only a promise can be broken: protection, or the time to appeal, runs out. */

const at = '2026-03-02T09:00:00.000Z';
const overdue = (kind: string): ClockViewRow => ({
  id: 'clk_1',
  kind,
  phase: 'met',
  calendar: 'berlin',
  started_at: new Date(at),
  due_at: new Date(at),
  breached_at: new Date(at),
  ended_at: new Date(at),
  paused_for: [],
  events: [{ n: 0, kind: 'breached', at, recordedAt: at, seq: 1, facts: {} }],
});

test.each(clockKinds)('the clock %s', (kind) => {
  const [clock] = clockFor(overdue(kind), 'vendor');
  expect([clock?.breachedAt, clock?.ranOutAt, clock?.events[0]?.kind]).toEqual(
    isPromise(kind) ? [at, null, 'breached'] : [null, at, 'ran_out'],
  );
});

test('protection and the times that a partner has are no promises of the vendor', () => {
  expect(clockKinds.filter((kind) => !isPromise(kind))).toEqual([
    'information',
    'protection',
    'activity_check',
    'activity_grace',
    'late_extension',
    'appeal_window',
  ]);
});
