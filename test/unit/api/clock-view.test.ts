import { compileCalendar } from '../../../adapters/calendar/compile.ts';
import type { ClockViewRow } from '../../../adapters/store/registration-reads.ts';
import { createBusinessClock } from '../../../api/business-clock.ts';
import { clockFor, dueOf } from '../../../api/registration-view.ts';
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

describe('a badge', () => {
  const ms = (text: string): number => Date.parse(`${text}:00Z`);
  const hours = [{ from: '09:00', to: '17:00' }];
  const office = compileCalendar(
    {
      name: 'office',
      zone: 'UTC',
      hours: {
        monday: hours,
        tuesday: hours,
        wednesday: hours,
        thursday: hours,
        friday: hours,
        saturday: [],
        sunday: [],
      },
      holidays: [],
      ownDays: [],
    },
    ms('2026-03-01T00:00'),
    ms('2026-04-01T00:00'),
  );
  const badge = async (now: string, change: object = {}, calendars = new Map([['office', office]])) =>
    dueOf(
      {
        kind: 'decision',
        phase: 'running',
        calendar: 'office',
        dueAt: '2026-03-03T10:00:00Z',
        breachedAt: null,
        unit: 'businessHour',
        remainingMs: null,
        dueSoonAtMs: ms('2026-03-02T16:00'),
        ...change,
      },
      await createBusinessClock(() => Promise.resolve(calendars)).at(ms(now)),
    );

  test.each([
    ['2026-03-02T15:00', {}, 'waiting', 180],
    ['2026-03-02T16:30', {}, 'dueSoon', 90],
    ['2026-03-03T10:30', {}, 'breached', -30],
    ['2026-03-02T15:00', { unit: 'minute' }, 'waiting', 19 * 60],
    ['2026-03-03T12:00', { phase: 'paused', remainingMs: 25 * 60_000 }, 'paused', 25],
    ['2026-03-03T12:00', { phase: 'paused', remainingMs: -5 * 60_000, breachedAt: at }, 'paused', -5],
    ['2026-03-02T15:00', { breachedAt: at }, 'breached', 180],
  ])('at %s with %j is %s, %i minutes left', async (now, change, tone, leftMinutes) => {
    expect(await badge(now, change)).toMatchObject({ tone, leftMinutes, clock: 'decision' });
  });

  test('of a calendar that is not known, or does not reach so far, counts plain time', async () => {
    expect(await badge('2026-03-02T15:00', {}, new Map())).toMatchObject({ leftMinutes: 19 * 60 });
    expect(await badge('2026-03-02T15:00', { dueAt: '2027-03-02T15:00:00Z' })).toMatchObject({
      leftMinutes: 365 * 24 * 60,
    });
    expect(await badge('2026-03-02T15:00', { dueAt: null })).toBeNull();
  });

  test('tells in whose time it counts', async () => {
    expect(await badge('2026-03-02T15:00')).toMatchObject({ calendar: 'office' });
    expect(await badge('2026-03-02T15:00', { unit: 'day' })).toMatchObject({ calendar: null });
  });
});
