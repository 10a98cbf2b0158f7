import { DateTime } from 'luxon';
import { compileCalendar } from '../../../adapters/calendar/compile.ts';
import type { CalendarDefinition } from '../../../api/contract/calendar.ts';
import type { Duration, DurationUnit } from '../../../domain/business-time.ts';
import {
  applyHold,
  cancelClock,
  describeClock,
  fireDue,
  meetClock,
  moveDeadline,
  nextWakeMs,
  pauseClock,
  resumeClock,
  SlaClockError,
  startClock,
} from '../../../domain/sla-clock.ts';
import type { SlaClock, SlaClockRow, SlaThresholdSpec } from '../../../domain/sla-clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const office = [{ from: '09:00', to: '17:00' }];
const definition: CalendarDefinition = {
  name: 'harbour-office',
  zone: 'Europe/Berlin',
  hours: {
    monday: office,
    tuesday: office,
    wednesday: office,
    thursday: office,
    friday: office,
    saturday: [],
    sunday: [],
  },
  holidays: [],
  ownDays: [],
};
const calendar = compileCalendar(definition, Date.UTC(2025, 6, 1), Date.UTC(2028, 6, 1));

const at = (text: string): number => DateTime.fromISO(text, { zone: 'Europe/Berlin' }).toMillis();
const text = (ms: number | null): string | null =>
  ms === null ? null : DateTime.fromMillis(ms, { zone: 'Europe/Berlin' }).toFormat("yyyy-MM-dd'T'HH:mm");
const of = (amount: number, unit: DurationUnit): Duration => ({ amount, unit });
const kinds = (rows: readonly SlaClockRow[]): string[] => rows.map(({ kind }) => kind);

const decisionThresholds: SlaThresholdSpec[] = [
  { key: 'half', at: { percent: 50 }, action: 'remind' },
  { key: 'due', at: { percent: 100 }, action: 'escalate' },
  { key: 'twice', at: { percent: 200 }, action: 'escalateFurther' },
];
const protectionThresholds: SlaThresholdSpec[] = [
  { key: 'm30', at: { before: of(30, 'day') }, action: 'remind' },
  { key: 'm14', at: { before: of(14, 'day') }, action: 'remind' },
  { key: 'm7', at: { before: of(7, 'day') }, action: 'remind' },
  { key: 'm1', at: { before: of(1, 'day') }, action: 'remind' },
  { key: 'end', at: { percent: 100 }, action: 'expire' },
];

/** A decision clock of 16 business hours from Monday 23 November 2026, 10:00: due on Wednesday at 10:00. */
function decisionClock(thresholds = decisionThresholds): SlaClock {
  return startClock({
    kind: 'decision',
    calendar,
    startedAtMs: at('2026-11-23T10:00'),
    duration: of(16, 'businessHour'),
    thresholds,
  }).clock;
}

function protectionClock(days = 90): SlaClock {
  return startClock({
    kind: 'protection',
    calendar,
    startedAtMs: at('2027-01-15T10:00'),
    duration: of(days, 'day'),
    thresholds: protectionThresholds,
  }).clock;
}

const places = (clock: SlaClock): Record<string, string | null> =>
  Object.fromEntries(clock.thresholds.map((threshold) => [threshold.key, text(threshold.atMs)]));
const states = (clock: SlaClock): Record<string, string> =>
  Object.fromEntries(clock.thresholds.map((threshold) => [threshold.key, threshold.state]));
const pause = (clock: SlaClock, when: string, cause = 'information') =>
  pauseClock({ clock, calendar, atMs: at(when), cause });
const resume = (clock: SlaClock, when: string, cause = 'information') =>
  resumeClock({ clock, calendar, atMs: at(when), cause });
const move = (clock: SlaClock, when: string, due: string) =>
  moveDeadline({ clock, calendar, atMs: at(when), dueAtMs: at(due), reason: 'extension' });
const hold = (clock: SlaClock, input: { from: string; to: string; now: string }) =>
  applyHold({
    clock,
    calendar,
    holdFromMs: at(input.from),
    holdToMs: at(input.to),
    nowMs: at(input.now),
    reason: 'outage',
  });

describe('start', () => {
  test('shares of business time, also past the deadline', () => {
    const clock = decisionClock();
    expect(text(clock.dueAtMs)).toBe('2026-11-25T10:00');
    expect(places(clock)).toEqual({
      half: '2026-11-24T10:00',
      due: '2026-11-25T10:00',
      twice: '2026-11-27T10:00',
    });
    expect(clock.totalMs).toBe(16 * HOUR_MS);
  });

  test('a calendar clock counts dates and keeps the local time', () => {
    expect(places(protectionClock())).toEqual({
      m30: '2027-03-16T10:00',
      m14: '2027-04-01T10:00',
      m7: '2027-04-08T10:00',
      m1: '2027-04-14T10:00',
      end: '2027-04-15T10:00',
    });
  });

  test('business days, and a threshold after the deadline', () => {
    const { clock } = startClock({
      kind: 'appeal',
      calendar,
      startedAtMs: at('2026-11-23T10:00'),
      duration: of(5, 'businessDay'),
      thresholds: [
        { key: 'day3', at: { before: of(2, 'businessDay') }, action: 'remind' },
        { key: 'later', at: { after: of(8, 'businessHour') }, action: 'escalate' },
      ],
    });
    expect(text(clock.dueAtMs)).toBe('2026-11-30T10:00');
    expect(places(clock)).toEqual({ day3: '2026-11-26T10:00', later: '2026-12-01T10:00' });
  });

  test('a reminder that would lie before the start is skipped, and that is a row', () => {
    const { clock, rows } = startClock({
      kind: 'protection',
      calendar,
      startedAtMs: at('2027-01-15T10:00'),
      duration: of(14, 'day'),
      thresholds: protectionThresholds,
    });
    expect(states(clock)).toEqual({
      m30: 'skipped',
      m14: 'pending',
      m7: 'pending',
      m1: 'pending',
      end: 'pending',
    });
    expect(kinds(rows)).toEqual(['started', 'skipped']);
  });

  test('counted from another instant than the start', () => {
    const { clock } = startClock({
      kind: 'protection',
      calendar,
      startedAtMs: at('2027-01-20T12:00'),
      countedFromMs: at('2027-01-15T10:00'),
      duration: of(10, 'day'),
      thresholds: [
        { key: 'half', at: { percent: 50 }, action: 'remind' },
        { key: 'most', at: { percent: 80 }, action: 'remind' },
      ],
    });
    expect(text(clock.dueAtMs)).toBe('2027-01-25T10:00');
    expect(places(clock)).toEqual({ half: '2027-01-20T10:00', most: '2027-01-23T10:00' });
    expect(states(clock)).toEqual({ half: 'skipped', most: 'pending' });
  });

  test('on half the hours', () => {
    const { clock } = startClock({
      kind: 'decision',
      calendar,
      startedAtMs: at('2026-11-23T10:00'),
      duration: of(3, 'businessDay'),
      thresholds: decisionThresholds,
      factorPpm: 500_000,
    });
    expect(clock.totalMs).toBe(12 * HOUR_MS);
    expect(text(clock.dueAtMs)).toBe('2026-11-24T14:00');
  });

  test('a share that is no whole millisecond is rounded up', () => {
    const startedAtMs = at('2026-11-23T10:00');
    const third = { key: 'third', at: { percent: 33.333 }, action: 'remind' };
    const input = { kind: 'decision', calendar, startedAtMs, duration: of(1, 'minute') };
    const { clock } = startClock({ ...input, thresholds: [third] });
    expect(clock.thresholds[0]?.atMs).toBe(startedAtMs + 20_000);
  });

  test('minutes of calendar time for demonstrations', () => {
    const { clock } = startClock({
      kind: 'decision',
      calendar,
      startedAtMs: at('2026-11-22T23:00'),
      duration: of(6, 'minute'),
      thresholds: decisionThresholds,
    });
    expect(places(clock)).toEqual({
      half: '2026-11-22T23:03',
      due: '2026-11-22T23:06',
      twice: '2026-11-22T23:12',
    });
  });

  test('refuses a repeated key and a factor of nothing', () => {
    const repeated = [...decisionThresholds, ...decisionThresholds];
    expect(() => decisionClock(repeated)).toThrow(
      expect.objectContaining({ code: 'threshold_key_repeated' }),
    );
    for (const factorPpm of [0, -1, 0.5]) {
      const input = {
        kind: 'decision',
        calendar,
        startedAtMs: 0,
        duration: of(1, 'minute'),
        thresholds: [],
        factorPpm,
      };
      expect(() => startClock(input)).toThrow(SlaClockError);
    }
  });

  test('is plain JSON', () => {
    const clock = decisionClock();
    expect(JSON.parse(JSON.stringify(clock))).toEqual(clock);
  });
});

describe('firing', () => {
  test('never a millisecond early, then once', () => {
    const clock = decisionClock();
    const dueMs = at('2026-11-24T10:00');
    expect(fireDue(clock, dueMs - 1)).toEqual({ clock, rows: [], fired: null });
    const fired = fireDue(clock, dueMs);
    expect(fired.fired).toMatchObject({ key: 'half', action: 'remind', firedAtMs: dueMs });
    expect(fired.rows).toEqual([
      { kind: 'fired', atMs: dueMs, facts: { key: 'half', action: 'remind', plannedAtMs: dueMs } },
    ]);
    expect(fireDue(fired.clock, dueMs)).toEqual({ clock: fired.clock, rows: [], fired: null });
  });

  test('the next wake is the earliest of thresholds and deadline', () => {
    const clock = decisionClock([{ key: 'twice', at: { percent: 200 }, action: 'page' }]);
    expect(text(nextWakeMs(clock))).toBe('2026-11-25T10:00');
    const breached = fireDue(clock, at('2026-11-25T10:00'));
    expect(kinds(breached.rows)).toEqual(['breached']);
    expect(text(nextWakeMs(breached.clock))).toBe('2026-11-27T10:00');
    const fired = fireDue(breached.clock, at('2026-11-27T10:00'));
    expect(kinds(fired.rows)).toEqual(['fired']);
    expect(nextWakeMs(fired.clock)).toBeNull();
  });

  test('several overdue ones collapse into the highest', () => {
    const { clock, rows, fired } = fireDue(decisionClock(), at('2026-11-28T12:00'));
    expect(kinds(rows)).toEqual(['breached', 'collapsed', 'collapsed', 'fired']);
    expect(rows[1]).toMatchObject({ facts: { key: 'half', intoKey: 'twice' } });
    expect(fired?.key).toBe('twice');
    expect(states(clock)).toEqual({ half: 'collapsed', due: 'collapsed', twice: 'fired' });
  });

  test('of two at the same instant the later line of the policy is the higher', () => {
    const clock = decisionClock([
      { key: 'first', at: { percent: 50 }, action: 'remind' },
      { key: 'second', at: { before: of(8, 'businessHour') }, action: 'escalate' },
    ]);
    expect(fireDue(clock, at('2026-11-24T10:00')).fired?.key).toBe('second');
  });

  test('the breach is dated at the deadline, whenever it is noticed', () => {
    const { clock, rows } = fireDue(decisionClock([]), at('2026-11-26T12:00'));
    expect(text(clock.breachedAtMs)).toBe('2026-11-25T10:00');
    expect(rows).toEqual([
      { kind: 'breached', atMs: at('2026-11-25T10:00'), facts: { dueAtMs: at('2026-11-25T10:00') } },
    ]);
    expect(fireDue(clock, at('2026-11-27T12:00')).rows).toEqual([]);
  });
});

describe('pause and resume', () => {
  test('what was left is left: deadline and thresholds move', () => {
    const paused = pause(decisionClock(), '2026-11-23T12:00').clock;
    expect(paused).toMatchObject({ phase: 'paused', remainingMs: 14 * HOUR_MS });
    const resumed = resume(paused, '2026-11-26T12:00');
    expect(places(resumed.clock)).toEqual({
      half: '2026-11-27T10:00',
      due: '2026-11-30T10:00',
      twice: '2026-12-02T10:00',
    });
    expect(resumed.rows).toMatchObject([
      {
        kind: 'resumed',
        facts: { dueAtMs: at('2026-11-30T10:00'), previousDueAtMs: at('2026-11-25T10:00') },
      },
    ]);
    expect(resumed.clock.runs.map((run) => [text(run.fromMs), text(run.toMs)])).toEqual([
      ['2026-11-23T10:00', '2026-11-23T12:00'],
      ['2026-11-26T12:00', null],
    ]);
  });

  test('nothing fires and nothing wakes while paused', () => {
    const paused = pause(decisionClock(), '2026-11-23T12:00').clock;
    expect(fireDue(paused, at('2026-12-24T12:00'))).toEqual({ clock: paused, rows: [], fired: null });
    expect(nextWakeMs(paused)).toBeNull();
  });

  test('a pause that took no business time changes no deadline', () => {
    const clock = decisionClock();
    const paused = pause(clock, '2026-11-23T18:00').clock;
    expect(places(resume(paused, '2026-11-24T08:00').clock)).toEqual(places(clock));
  });

  test('it runs again when the last cause is gone', () => {
    const once = pause(decisionClock(), '2026-11-23T12:00', 'information').clock;
    const twice = pause(once, '2026-11-23T14:00', 'conflict').clock;
    expect(pause(twice, '2026-11-23T15:00', 'conflict')).toEqual({ clock: twice, rows: [] });
    const half = resume(twice, '2026-11-24T12:00', 'information');
    expect(half.clock.phase).toBe('paused');
    expect(half.rows).toMatchObject([{ kind: 'resumed', facts: { stillPausedFor: ['conflict'] } }]);
    const whole = resume(half.clock, '2026-11-24T14:00', 'conflict').clock;
    expect(whole.phase).toBe('running');
    expect(text(whole.dueAtMs)).toBe('2026-11-26T12:00');
    expect(resume(whole, '2026-11-24T15:00', 'conflict')).toEqual({ clock: whole, rows: [] });
  });

  test('it stands from the earliest of its causes', () => {
    const later = pause(decisionClock(), '2026-11-23T14:00', 'information').clock;
    const earlier = pause(later, '2026-11-23T12:00', 'conflict').clock;
    expect(earlier.remainingMs).toBe(14 * HOUR_MS);
  });

  test('past the deadline the time over is kept, and the breach', () => {
    const paused = pause(decisionClock(), '2026-11-25T12:00');
    expect(kinds(paused.rows)).toEqual(['breached', 'paused']);
    expect(paused.clock.remainingMs).toBe(-2 * HOUR_MS);
    const resumed = resume(paused.clock, '2026-11-27T12:00').clock;
    expect(text(resumed.breachedAtMs)).toBe('2026-11-25T10:00');
    expect(describeClock(resumed, at('2026-11-27T13:00'), calendar)).toMatchObject({
      tone: 'breached',
      overMs: 3 * HOUR_MS,
    });
  });
});

describe('a moved deadline', () => {
  test('never refires what fired; the rest follows it', () => {
    const reminded = fireDue(protectionClock(), at('2027-03-16T10:00')).clock;
    const moved = move(reminded, '2027-03-20T10:00', '2027-05-15T10:00').clock;
    expect(states(moved)).toEqual({
      m30: 'fired',
      m14: 'pending',
      m7: 'pending',
      m1: 'pending',
      end: 'pending',
    });
    expect(places(moved)).toMatchObject({ m14: '2027-05-01T10:00', end: '2027-05-15T10:00' });
    expect(fireDue(moved, at('2027-04-16T10:00')).rows).toEqual([]);
  });

  test('what was skipped comes back when it lies ahead', () => {
    const short = protectionClock(20);
    expect(states(short)['m30']).toBe('skipped');
    expect(states(move(short, '2027-01-16T10:00', '2027-03-15T10:00').clock)['m30']).toBe('pending');
    expect(states(move(short, '2027-01-20T10:00', '2027-02-16T10:00').clock)['m30']).toBe('skipped');
  });

  test('what collapsed does not come back', () => {
    const clock = fireDue(decisionClock(), at('2026-11-25T10:00')).clock;
    expect(states(clock)).toMatchObject({ half: 'collapsed', due: 'fired' });
    expect(states(move(clock, '2026-11-25T11:00', '2026-12-24T10:00').clock)).toMatchObject({
      half: 'collapsed',
      due: 'fired',
    });
  });

  test('brought forward, the overdue ones collapse', () => {
    const moved = move(protectionClock(), '2027-01-20T10:00', '2027-01-25T10:00').clock;
    expect(states(moved)).toMatchObject({ m30: 'skipped', m14: 'skipped', m7: 'pending', m1: 'pending' });
    const fired = fireDue(moved, at('2027-01-25T09:00'));
    expect(kinds(fired.rows)).toEqual(['collapsed', 'fired']);
    expect(fired.fired?.key).toBe('m1');
  });

  test('shares are of the new whole', () => {
    const moved = move(decisionClock(), '2026-11-23T12:00', '2026-11-27T10:00').clock;
    expect(moved.totalMs).toBe(32 * HOUR_MS);
    expect(places(moved)['half']).toBe('2026-11-25T10:00');
  });

  test('while paused it only adds to what is left', () => {
    const paused = pause(decisionClock(), '2026-11-23T12:00').clock;
    const moved = move(paused, '2026-11-24T12:00', '2026-11-26T10:00').clock;
    expect(moved).toMatchObject({ phase: 'paused', remainingMs: 22 * HOUR_MS });
    expect(text(resume(moved, '2026-11-24T12:00').clock.dueAtMs)).toBe('2026-11-27T10:00');
  });

  test('a breach stays one, and comes no second time', () => {
    const late = fireDue(decisionClock([]), at('2026-11-25T10:00')).clock;
    const moved = move(late, '2026-11-25T12:00', '2026-11-30T10:00').clock;
    expect(text(moved.breachedAtMs)).toBe('2026-11-25T10:00');
    expect(fireDue(moved, at('2026-12-01T10:00')).rows).toEqual([]);
  });

  test('to where it is changes nothing', () => {
    const clock = decisionClock();
    expect(move(clock, '2026-11-23T12:00', '2026-11-25T10:00')).toEqual({ clock, rows: [] });
  });
});

describe('the end', () => {
  test('met before the deadline', () => {
    const { clock, rows } = meetClock(decisionClock(), at('2026-11-25T10:00') - 1);
    expect(clock).toMatchObject({ phase: 'met', breachedAtMs: null });
    expect(kinds(rows)).toEqual(['met']);
  });

  test('at the deadline is late: breached and met', () => {
    const { clock, rows } = meetClock(decisionClock(), at('2026-11-25T10:00'));
    expect(clock.phase).toBe('met');
    expect(text(clock.breachedAtMs)).toBe('2026-11-25T10:00');
    expect(kinds(rows)).toEqual(['breached', 'met']);
  });

  test('a receipt from before a recorded breach takes it back, and the row says so', () => {
    const late = fireDue(decisionClock([]), at('2026-11-25T10:05')).clock;
    const { clock, rows } = meetClock(late, at('2026-11-25T09:59'));
    expect(clock.breachedAtMs).toBeNull();
    expect(rows).toMatchObject([{ kind: 'met', facts: { withdrawnBreachAtMs: at('2026-11-25T10:00') } }]);
  });

  test('a finished clock is changed by nothing', () => {
    for (const { clock } of [
      meetClock(decisionClock(), at('2026-11-24T12:00')),
      cancelClock(decisionClock(), at('2026-11-24T12:00')),
    ]) {
      const later = '2026-12-01T12:00';
      const steps = [
        pause(clock, later),
        resume(clock, later),
        move(clock, later, '2026-12-24T12:00'),
        meetClock(clock, at(later)),
        cancelClock(clock, at(later)),
        hold(clock, { from: '2026-11-23T11:00', to: '2026-11-23T12:00', now: later }),
      ];
      for (const step of steps) expect(step).toEqual({ clock, rows: [] });
      expect(fireDue(clock, at(later)).rows).toEqual([]);
      expect(nextWakeMs(clock)).toBeNull();
    }
  });
});

describe('a hold', () => {
  const outage = { from: '2026-11-24T09:00', to: '2026-11-24T13:00', now: '2026-11-24T14:00' };

  test('gives back the business time of it in which the clock ran', () => {
    const { clock, rows } = hold(decisionClock(), outage);
    expect(places(clock)).toEqual({
      half: '2026-11-24T14:00',
      due: '2026-11-25T14:00',
      twice: '2026-11-27T14:00',
    });
    expect(rows).toMatchObject([
      { kind: 'held', facts: { returnedMs: 4 * HOUR_MS, previousDueAtMs: at('2026-11-25T10:00') } },
    ]);
  });

  test('once, however often it is applied, and where two overlap', () => {
    const held = hold(decisionClock(), outage).clock;
    expect(hold(held, outage)).toEqual({ clock: held, rows: [] });
    const both = hold(held, { ...outage, from: '2026-11-24T12:00', to: '2026-11-24T14:00' }).clock;
    expect(text(both.dueAtMs)).toBe('2026-11-25T15:00');
  });

  test('once, where the second begins when a clock that is late was due, and ends within the first', () => {
    const late = startClock({
      kind: 'decision',
      calendar,
      startedAtMs: at('2026-11-24T09:00'),
      duration: of(60, 'minute'),
      thresholds: [],
    }).clock;
    const now = '2026-11-24T16:00';
    const first = hold(late, { from: '2026-11-24T12:00', to: '2026-11-24T13:00', now }).clock;
    expect(text(first.dueAtMs)).toBe('2026-11-24T11:00');
    const second = hold(first, { from: '2026-11-24T11:00', to: '2026-11-24T12:01', now }).clock;
    expect(text(second.dueAtMs)).toBe('2026-11-24T12:00');
  });

  test('only for the time in which it ran', () => {
    const paused = pause(decisionClock(), '2026-11-24T10:00').clock;
    const resumed = resume(paused, '2026-11-24T12:00').clock;
    expect(text(resumed.dueAtMs)).toBe('2026-11-25T12:00');
    expect(text(hold(resumed, outage).clock.dueAtMs)).toBe('2026-11-25T14:00');
  });

  test('a paused clock gets it too', () => {
    const paused = pause(decisionClock(), '2026-11-24T11:00').clock;
    const held = hold(paused, outage).clock;
    expect(held.remainingMs).toBe(7 * HOUR_MS + 2 * HOUR_MS);
    expect(text(resume(held, '2026-11-24T14:00').clock.dueAtMs)).toBe('2026-11-25T15:00');
  });

  test('takes back a breach that only it caused; another stays', () => {
    const late = fireDue(decisionClock([]), at('2026-11-25T12:00')).clock;
    const caused = hold(late, { ...outage, now: '2026-11-25T12:00' });
    expect(caused.clock.breachedAtMs).toBeNull();
    expect(text(nextWakeMs(caused.clock))).toBe('2026-11-25T14:00');
    const after = hold(late, { from: '2026-11-25T11:00', to: '2026-11-25T12:00', now: '2026-11-25T12:00' });
    expect(text(after.clock.breachedAtMs)).toBe('2026-11-25T10:00');
  });

  test('that ends outside hours leaves no deadline inside of it', () => {
    const { clock } = startClock({
      kind: 'decision',
      calendar,
      startedAtMs: at('2026-11-23T10:00'),
      duration: of(7, 'businessHour'),
      thresholds: [],
    });
    const night = { from: '2026-11-23T17:00', to: '2026-11-24T20:00', now: '2026-11-24T20:00' };
    expect(text(hold(clock, night).clock.dueAtMs)).toBe('2026-11-24T20:00');
  });

  test('that took no business time takes no breach back', () => {
    const clock = move(decisionClock([]), '2026-11-23T12:00', '2026-11-23T17:00').clock;
    const late = fireDue(clock, at('2026-11-23T17:00')).clock;
    const night = { from: '2026-11-23T17:00', to: '2026-11-23T20:00', now: '2026-11-23T20:00' };
    expect(text(hold(late, night).clock.breachedAtMs)).toBe('2026-11-23T17:00');
  });

  test('what fired stays fired', () => {
    const fired = fireDue(decisionClock(), at('2026-11-24T10:00')).clock;
    expect(fireDue(hold(fired, outage).clock, at('2026-11-24T15:00')).rows).toEqual([]);
  });

  test('must be over, and must run forward', () => {
    expect(() => hold(decisionClock(), { ...outage, now: outage.from })).toThrow(
      expect.objectContaining({ code: 'hold_not_over' }),
    );
    expect(() => hold(decisionClock(), { ...outage, to: '2026-11-23T09:00' })).toThrow(
      expect.objectContaining({ code: 'hold_backwards' }),
    );
  });
});

describe('what a screen says', () => {
  const clock = decisionClock([]);

  test.each([
    ['waiting', '2026-11-24T12:00', 6 * HOUR_MS, 0],
    ['dueSoon', '2026-11-24T14:00', 4 * HOUR_MS, 0],
    ['dueSoon', '2026-11-24T20:00', 1 * HOUR_MS, 0],
    ['breached', '2026-11-25T10:00', 0, 0],
    ['breached', '2026-11-26T11:00', 0, 9 * HOUR_MS],
  ])('%s at %s', (tone, when, leftMs, overMs) => {
    expect(describeClock(clock, at(when), calendar)).toMatchObject({
      tone,
      leftMs,
      overMs,
      counts: 'business',
    });
    expect(describeClock(clock, at(when)).tone).toBe(tone);
  });

  test('without a calendar, plain time', () => {
    expect(describeClock(clock, at('2026-11-24T10:00'))).toMatchObject({
      leftMs: DAY_MS,
      counts: 'calendar',
    });
  });

  test('paused, met, off', () => {
    expect(describeClock(pause(clock, '2026-11-24T12:00').clock, at('2026-12-24T12:00'))).toMatchObject({
      tone: 'paused',
      leftMs: 6 * HOUR_MS,
      counts: 'business',
    });
    const met = meetClock(clock, at('2026-11-25T12:00')).clock;
    expect(describeClock(met, at('2026-12-24T12:00'), calendar)).toMatchObject({
      tone: 'met',
      overMs: 2 * HOUR_MS,
      breached: true,
    });
    expect(describeClock(cancelClock(clock, at('2026-11-24T12:00')).clock, at('2026-12-24T12:00')).tone).toBe(
      'off',
    );
  });
});
