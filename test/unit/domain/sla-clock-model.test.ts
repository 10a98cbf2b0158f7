import fc from 'fast-check';
import { compileCalendar } from '../../../adapters/calendar/compile.ts';
import type { CalendarDefinition } from '../../../api/contract/calendar.ts';
import type { Duration } from '../../../domain/business-time.ts';
import {
  applyHold,
  cancelClock,
  fireDue,
  meetClock,
  moveDeadline,
  nextWakeMs,
  pauseClock,
  resumeClock,
  startClock,
} from '../../../domain/sla-clock.ts';
import type { SlaClock, SlaClockRow, SlaClockStep, SlaThresholdSpec } from '../../../domain/sla-clock.ts';
import { openMinutes, windowOf } from './business-time-brute-force.ts';

/**
 * Random lives of a clock against a model that only ticks off minutes: which of them counted, and how many make the
 * promise. It knows no instants ahead; whatever the clock says is checked against what has passed.
 */

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const office = [
  { from: '09:00', to: '12:00' },
  { from: '13:00', to: '17:00' },
];
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
  ownDays: [{ date: '2027-03-25', hours: [{ from: '09:00', to: '11:00' }], note: 'Half a day (demo)' }],
};
const window = windowOf('Europe/Berlin', '2027-03-13', 45);
const calendar = compileCalendar(definition, window.fromMs - 200 * DAY_MINUTES * MINUTE_MS, window.toMs);
const officeMinutes = openMinutes(window, definition);
const everyMinute = officeMinutes.map(() => true);

const ms = (minute: number): number => window.fromMs + minute * MINUTE_MS;
const minuteOf = (atMs: number): number => (atMs - window.fromMs) / MINUTE_MS;

type Model = {
  now: number;
  started: number;
  /** The minutes in which the clock ran and no hold lay, one flag a minute of the window. */
  counted: boolean[];
  causes: Set<string>;
  isOver: boolean;
  counts: readonly boolean[];
  totalMinutes: number;
};
type Real = { clock: SlaClock; rows: SlaClockRow[] };

function elapsed(model: Model, until = model.now): number {
  return model.counted
    .slice(model.started, until)
    .filter((flag, index) => flag && model.counts[model.started + index] === true).length;
}

/** Lets time pass to a minute, ticking off what counts. */
function passTo(model: Model, minute: number): void {
  const isRunning = !model.isOver && model.causes.size === 0;
  for (let passing = model.now; passing < minute; passing += 1) model.counted[passing] = isRunning;
  model.now = minute;
}

function take(model: Model, real: Real, step: SlaClockStep): void {
  real.clock = step.clock;
  real.rows.push(...step.rows);
  agree(model, real);
}

/** What must hold after every step of every life. */
function agree(model: Model, real: Real): void {
  const { clock, rows } = real;
  expect(clock.phase === 'met' || clock.phase === 'cancelled').toBe(model.isOver);
  expect(new Set(clock.pausedFor)).toEqual(model.causes);

  for (const { key, state } of clock.thresholds) {
    const fired = rows.filter((row) => row.kind === 'fired' && row.facts.key === key).length;
    const collapsed = rows.filter((row) => row.kind === 'collapsed' && row.facts.key === key).length;
    expect(fired).toBe(state === 'fired' ? 1 : 0);
    expect(collapsed).toBe(state === 'collapsed' ? 1 : 0);
  }
  const breaches = rows.filter(({ kind }) => kind === 'breached').length;
  const withdrawn = rows.filter(
    (row) => 'withdrawnBreachAtMs' in row.facts && row.facts.withdrawnBreachAtMs !== null,
  ).length;
  expect(breaches - withdrawn).toBe(clock.breachedAtMs === null ? 0 : 1);
  if (model.isOver) return;

  const leftMinutes = model.totalMinutes - elapsed(model);
  if (clock.phase === 'paused') {
    expect(clock.remainingMs).toBe(leftMinutes * MINUTE_MS);
    expect(nextWakeMs(clock)).toBeNull();
    return;
  }
  const due = minuteOf(clock.dueAtMs);
  const ahead = model.counts.slice(Math.min(model.now, due), Math.max(model.now, due)).filter(Boolean).length;
  expect(due >= model.now ? ahead : 0 - ahead).toBe(leftMinutes);
}

type Step = fc.Command<Model, Real>;

function command(name: string, run: (model: Model, real: Real) => void): Step {
  return {
    check: (model) => model.now < window.minutes.length - 12 * DAY_MINUTES,
    run,
    toString: () => name,
  };
}

/** Sleeps until the clock's next wake: nothing is due a millisecond before, and nothing is left after. */
function sleep(model: Model, real: Real): void {
  const wakeMs = nextWakeMs(real.clock);
  if (wakeMs === null) return;
  if (wakeMs > ms(model.now)) {
    expect(fireDue(real.clock, wakeMs - 1).rows).toEqual([]);
    if (minuteOf(wakeMs) > window.minutes.length - 12 * DAY_MINUTES) return;
    passTo(model, Math.ceil(minuteOf(wakeMs)));
  }
  fire(model, real);
  expect(fireDue(real.clock, ms(model.now))).toEqual({ clock: real.clock, rows: [], fired: null });
}

/** Fires what is due now and checks it against what the model saw pass. */
function fire(model: Model, real: Real): void {
  const before = real.clock;
  const firing = fireDue(before, ms(model.now));
  const overdue = before.thresholds.filter(({ state, atMs }) => state === 'pending' && atMs <= ms(model.now));
  expect(firing.rows.filter(({ kind }) => kind === 'fired' || kind === 'collapsed').length).toBe(
    before.phase === 'running' ? overdue.length : 0,
  );
  expect(firing.rows.filter(({ kind }) => kind === 'fired').length).toBeLessThanOrEqual(1);
  if (firing.fired !== null) {
    const { at, atMs } = firing.fired;
    expect(atMs).toBe(Math.max(...overdue.map((threshold) => threshold.atMs)));
    // Never early by the model's own count, in which no calendar is walked.
    if ('percent' in at) {
      expect(elapsed(model)).toBeGreaterThanOrEqual((model.totalMinutes * at.percent) / 100);
    }
    if ('after' in at) expect(elapsed(model)).toBeGreaterThanOrEqual(model.totalMinutes);
  }
  if (before.phase === 'running' && before.breachedAtMs === null) {
    expect(firing.clock.breachedAtMs !== null).toBe(ms(model.now) >= before.dueAtMs);
  }
  take(model, real, firing);
}

const passing = fc.integer({ min: 1, max: 3 * DAY_MINUTES }).map((minutes) =>
  command(`pass ${minutes}`, (model, real) => {
    passTo(model, model.now + minutes);
    fire(model, real);
  }),
);

// Ends are rare, for they end the test as well; time passes often.
const steps = [
  passing,
  passing,
  passing,
  fc.constant(command('sleep', sleep)),
  fc.constantFrom('information', 'conflict').map((cause) =>
    command(`pause for ${cause}`, (model, real) => {
      if (!model.isOver) model.causes.add(cause);
      take(model, real, pauseClock({ clock: real.clock, calendar, atMs: ms(model.now), cause }));
    }),
  ),
  fc.constantFrom('information', 'conflict').map((cause) =>
    command(`resume from ${cause}`, (model, real) => {
      model.causes.delete(cause);
      take(model, real, resumeClock({ clock: real.clock, calendar, atMs: ms(model.now), cause }));
    }),
  ),
  fc.integer({ min: -3 * DAY_MINUTES, max: 5 * DAY_MINUTES }).map((minutes) =>
    command(`move by ${minutes}`, (model, real) => {
      const from = minuteOf(real.clock.dueAtMs);
      const to = Math.max(model.started + 1, from + minutes);
      if (to > window.minutes.length - 12 * DAY_MINUTES) return;
      if (!model.isOver) {
        const between = model.counts.slice(Math.min(from, to), Math.max(from, to)).filter(Boolean).length;
        model.totalMinutes += to >= from ? between : -between;
      }
      const { clock } = real;
      const input = { clock, calendar, atMs: ms(model.now), dueAtMs: ms(to), reason: 'random' };
      take(model, real, moveDeadline(input));
    }),
  ),
  fc
    .record({
      ago: fc.integer({ min: 1, max: 3 * DAY_MINUTES }),
      minutes: fc.integer({ min: 1, max: DAY_MINUTES }),
    })
    .map(({ ago, minutes }) =>
      command(`hold ${ago} ago for ${minutes}`, (model, real) => {
        const from = Math.max(0, model.now - ago);
        const to = Math.min(model.now, from + minutes);
        if (!model.isOver) model.counted.fill(false, from, to);
        const input = {
          clock: real.clock,
          calendar,
          holdFromMs: ms(from),
          holdToMs: ms(to),
          nowMs: ms(model.now),
        };
        take(model, real, applyHold({ ...input, reason: 'random' }));
      }),
    ),
  fc.constantFrom(
    command('meet', (model, real) => {
      model.isOver = true;
      model.causes.clear();
      take(model, real, meetClock(real.clock, ms(model.now)));
    }),
    command('cancel', (model, real) => {
      model.isOver = true;
      model.causes.clear();
      take(model, real, cancelClock(real.clock, ms(model.now)));
    }),
  ),
];

const durations = fc.oneof(
  fc.record({ amount: fc.integer({ min: 1, max: 40 }), unit: fc.constant('businessHour' as const) }),
  fc.record({ amount: fc.integer({ min: 1, max: 8 }), unit: fc.constant('businessDay' as const) }),
  fc.record({ amount: fc.integer({ min: 1, max: 10 }), unit: fc.constant('day' as const) }),
  fc.record({ amount: fc.integer({ min: 1, max: 3_000 }), unit: fc.constant('minute' as const) }),
);
const thresholds = fc
  .array(
    fc.oneof(
      fc.constantFrom(25, 50, 75, 100, 150, 200).map((percent) => ({ percent })),
      durations.map((before) => ({ before })),
      durations.map((after) => ({ after })),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) => list.map((at, index): SlaThresholdSpec => ({ key: `t${index}`, at, action: 'random' })));

test('no life of a clock breaks its promises', () => {
  let fired = 0;
  let collapsed = 0;
  fc.assert(
    fc.property(
      fc.record({ duration: durations, thresholds, started: fc.integer({ min: 0, max: 7 * DAY_MINUTES }) }),
      fc.commands(steps, { maxCommands: 25, size: '+1' }),
      (start, commands) => {
        const life = begin(start);
        fc.modelRun(() => life, commands);
        const { rows } = life.real;
        fired += rows.filter(({ kind }) => kind === 'fired').length;
        collapsed += rows.filter(({ kind }) => kind === 'collapsed').length;
      },
    ),
    { numRuns: 300 },
  );
  // A model in which nothing ever happens would agree with everything.
  expect(fired).toBeGreaterThan(30);
  expect(collapsed).toBeGreaterThan(5);
});

function begin(start: { duration: Duration; thresholds: SlaThresholdSpec[]; started: number }): {
  model: Model;
  real: Real;
} {
  const { duration, started } = start;
  const step = startClock({
    kind: 'random',
    calendar,
    startedAtMs: ms(started),
    duration,
    thresholds: start.thresholds,
  });
  const counts =
    duration.unit === 'businessHour' || duration.unit === 'businessDay' ? officeMinutes : everyMinute;
  const model: Model = {
    now: started,
    started,
    counted: everyMinute.map(() => false),
    causes: new Set(),
    isOver: false,
    counts,
    totalMinutes: counts.slice(started, minuteOf(step.clock.dueAtMs)).filter(Boolean).length,
  };
  return { model, real: { clock: step.clock, rows: [...step.rows] } };
}
