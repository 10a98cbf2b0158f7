import fc from 'fast-check';
import { DateTime } from 'luxon';
import { compileCalendar } from '../../../adapters/calendar/compile.ts';
import type { CalendarDefinition, CalendarSpan } from '../../../api/contract/calendar.ts';
import {
  addBusinessTime,
  addDuration,
  BusinessTimeError,
  countBusinessTime,
  DURATION_UNITS,
  isOpen,
} from '../../../domain/business-time.ts';
import type { CompiledCalendar, Duration } from '../../../domain/business-time.ts';
import { addBySteps, addMinutes, countMinutes, openMinutes, windowOf } from './business-time-brute-force.ts';
import type { Window } from './business-time-brute-force.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const office: CalendarSpan[] = [{ from: '09:00', to: '17:00' }];

function weekly(
  zone: string,
  hours: CalendarSpan[],
  ownDays: CalendarDefinition['ownDays'] = [],
): CalendarDefinition {
  return {
    name: 'harbour-office',
    zone,
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
    ownDays,
  };
}

function compiledFor(definition: CalendarDefinition, year: number): CompiledCalendar {
  return compileCalendar(definition, Date.UTC(year - 1, 11, 1), Date.UTC(year + 1, 1, 1));
}

function inZone(zone: string): { ms: (text: string) => number; text: (ms: number) => string } {
  return {
    ms: (text) => DateTime.fromISO(text, { zone }).toMillis(),
    text: (ms) => DateTime.fromMillis(ms, { zone }).toFormat("yyyy-MM-dd'T'HH:mm"),
  };
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof BusinessTimeError) return `${error.code} ${error.field}`;
    throw error;
  }
  return 'no error';
}

describe('a business day', () => {
  const halfDay = { date: '2026-12-24', hours: [{ from: '09:00', to: '13:00' }], note: 'half day' };
  const closed = { date: '2026-12-25', hours: [], note: 'closed' };
  const late = {
    date: '2026-12-29',
    hours: [
      { from: '10:00', to: '12:00' },
      { from: '14:00', to: '18:00' },
    ],
    note: 'two shifts',
  };
  const calendar = compiledFor(weekly('Europe/Berlin', office, [halfDay, closed, late]), 2026);
  const berlin = inZone('Europe/Berlin');
  const after = (from: string, amount: number): string =>
    berlin.text(addDuration(calendar, berlin.ms(from), { amount, unit: 'businessDay' }));

  test.each([
    ['the same local time on the next one', '2026-11-23T10:15', 1, '2026-11-24T10:15'],
    ['over the weekend', '2026-11-26T10:15', 3, '2026-12-01T10:15'],
    ['from an opening: the close of the Nth full day', '2026-11-23T09:00', 3, '2026-11-25T17:00'],
    ['from the evening: counted from the next opening', '2026-11-20T20:00', 3, '2026-11-25T17:00'],
    ['from a closing: as from the next opening', '2026-11-20T17:00', 1, '2026-11-23T17:00'],
    ['from a Sunday', '2026-11-22T12:00', 1, '2026-11-23T17:00'],
    ['a half day is one, and ends when it closes', '2026-12-23T16:00', 1, '2026-12-24T13:00'],
    ['a half day left at the same time', '2026-12-23T11:00', 1, '2026-12-24T11:00'],
    ['a closed day is none', '2026-12-24T11:00', 1, '2026-12-28T11:00'],
    ['before the opening of the Nth day: its opening', '2026-12-28T09:30', 1, '2026-12-29T10:00'],
    ['in a break of the Nth day: the end of the break', '2026-12-28T13:00', 1, '2026-12-29T14:00'],
    ['received in a break: from its end', '2026-12-29T12:30', 1, '2026-12-30T14:00'],
    ['none at all', '2026-11-22T12:00', 0, '2026-11-22T12:00'],
    ['back: the same local time', '2026-11-30T10:15', -1, '2026-11-27T10:15'],
    ['back from a closing: the opening of the Nth full day', '2026-11-25T17:00', -3, '2026-11-23T09:00'],
    ['back from an opening: as from the closing before', '2026-11-23T09:00', -1, '2026-11-20T09:00'],
    ['back into a break: its beginning', '2026-12-30T13:00', -1, '2026-12-29T12:00'],
    ['back past a closing: the closing', '2026-12-28T16:00', -1, '2026-12-24T13:00'],
    ['back before an opening: the opening', '2026-12-30T09:30', -1, '2026-12-29T10:00'],
  ])('%s', (_rule, from, amount, expected) => {
    expect(after(from, amount)).toBe(expected);
  });
});

test('a business day that closes at midnight is left and entered by its own end', () => {
  const night = compiledFor(weekly('Europe/Berlin', [{ from: '16:00', to: '24:00' }]), 2026);
  const berlin = inZone('Europe/Berlin');
  const midnight = berlin.ms('2026-11-24T00:00');
  const oneDay = (amount: number): string =>
    berlin.text(addDuration(night, midnight, { amount, unit: 'businessDay' }));
  expect(oneDay(-1)).toBe('2026-11-23T16:00');
  expect(oneDay(1)).toBe('2026-11-25T00:00');
  const lastOpening = addDuration(night, night.coversToMs, { amount: -1, unit: 'businessDay' });
  expect(berlin.text(lastOpening)).toBe('2027-12-31T16:00');
});

describe('a calendar day', () => {
  const berlin = inZone('Europe/Berlin');
  const calendar = compiledFor(weekly('Europe/Berlin', office), 2027);
  const after = (from: string, amount: number): string =>
    berlin.text(addDuration(calendar, berlin.ms(from), { amount, unit: 'day' }));

  test.each([
    ['keeps its local time over a clock change', '2027-03-27T16:30', 1, '2027-03-28T16:30'],
    ['a skipped local time is the instant of the change', '2027-03-27T02:30', 1, '2027-03-28T03:00'],
    ['ninety of them', '2027-01-15T10:00', 90, '2027-04-15T10:00'],
    ['back', '2027-04-15T10:00', -90, '2027-01-15T10:00'],
  ])('%s', (_rule, from, amount, expected) => {
    expect(after(from, amount)).toBe(expected);
  });

  test('a repeated local time is the first of the two', () => {
    const at = addDuration(calendar, berlin.ms('2027-10-30T02:30'), { amount: 1, unit: 'day' });
    expect(at).toBe(Date.UTC(2027, 9, 31, 0, 30));
  });

  test('a date that the clocks skipped altogether is the instant of the change', () => {
    const apia = compiledFor(weekly('Pacific/Apia', office), 2011);
    const from = DateTime.fromISO('2011-12-29T10:00', { zone: 'Pacific/Apia' }).toMillis();
    const at = addDuration(apia, from, { amount: 1, unit: 'day' });
    expect(at).toBe(Date.UTC(2011, 11, 30, 10, 0));
  });
});

describe('boundaries', () => {
  const calendar = compiledFor(weekly('Europe/Berlin', office), 2026);
  const berlin = inZone('Europe/Berlin');
  const monday = berlin.ms('2026-11-23T09:00');

  test('open time used up at a closing ends at that closing, and back at the opening', () => {
    expect(berlin.text(addBusinessTime(calendar, monday, 8 * HOUR_MS))).toBe('2026-11-23T17:00');
    expect(berlin.text(addBusinessTime(calendar, monday, 8 * HOUR_MS + 1))).toBe('2026-11-24T09:00');
    const tuesday = berlin.ms('2026-11-24T09:00');
    expect(berlin.text(addBusinessTime(calendar, tuesday, -8 * HOUR_MS))).toBe('2026-11-23T09:00');
  });

  test('hours are half-open', () => {
    expect(isOpen(calendar, monday)).toBe(true);
    expect(isOpen(calendar, monday - 1)).toBe(false);
    expect(isOpen(calendar, monday + 8 * HOUR_MS)).toBe(false);
    expect(isOpen(calendar, monday + 8 * HOUR_MS - 1)).toBe(true);
  });

  test('nothing is guessed outside the cover', () => {
    const { coversFromMs, coversToMs } = calendar;
    const days = (amount: number): Duration => ({ amount, unit: 'day' });
    const businessDays = (amount: number): Duration => ({ amount, unit: 'businessDay' });
    expect(codeOf(() => isOpen(calendar, coversFromMs - 1))).toBe('calendar_not_covered atMs');
    expect(codeOf(() => isOpen(calendar, coversToMs + 1))).toBe('calendar_not_covered atMs');
    expect(codeOf(() => isOpen(calendar, coversToMs))).toBe('no error');
    expect(codeOf(() => countBusinessTime(calendar, coversFromMs, coversToMs + 1))).toBe(
      'calendar_not_covered toMs',
    );
    const allMs = countBusinessTime(calendar, coversFromMs, coversToMs);
    expect(codeOf(() => addBusinessTime(calendar, coversFromMs, allMs))).toBe('no error');
    expect(codeOf(() => addBusinessTime(calendar, coversFromMs, allMs + 1))).toBe(
      'calendar_not_covered durationMs',
    );
    expect(codeOf(() => addBusinessTime(calendar, coversToMs, -allMs))).toBe('no error');
    expect(codeOf(() => addBusinessTime(calendar, coversToMs, -allMs - 1))).toBe(
      'calendar_not_covered durationMs',
    );
    expect(codeOf(() => addDuration(calendar, coversToMs, days(1)))).toBe(
      'calendar_not_covered duration.amount',
    );
    expect(codeOf(() => addDuration(calendar, coversFromMs, days(-1)))).toBe(
      'calendar_not_covered duration.amount',
    );
    expect(codeOf(() => addDuration(calendar, coversToMs + 1, days(-1)))).toBe('calendar_not_covered fromMs');
    expect(codeOf(() => addDuration(calendar, monday, businessDays(900)))).toBe(
      'calendar_not_covered duration.amount',
    );
    expect(codeOf(() => addDuration(calendar, monday, businessDays(-900)))).toBe(
      'calendar_not_covered duration.amount',
    );
    expect(codeOf(() => addDuration(calendar, coversToMs, businessDays(1)))).toBe(
      'calendar_not_covered fromMs',
    );
    expect(codeOf(() => addDuration(calendar, coversToMs + 1, { amount: 1, unit: 'minute' }))).toBe(
      'no error',
    );
  });

  test('amounts and instants are whole numbers', () => {
    const half: Duration = { amount: 0.5, unit: 'businessDay' };
    expect(codeOf(() => addDuration(calendar, monday, half))).toBe('duration_not_whole duration.amount');
    expect(codeOf(() => addBusinessTime(calendar, monday, Number.NaN))).toBe('duration_not_whole durationMs');
    expect(codeOf(() => addBusinessTime(calendar, monday + 0.5, 1))).toBe('instant_not_whole fromMs');
  });
});

// Around what makes clocks hard: changes of an hour, of half an hour, at midnight, of a day; leap days; year ends.
const windows = [
  windowOf('Europe/Berlin', '2027-03-20', 14),
  windowOf('Europe/Berlin', '2027-10-23', 14),
  windowOf('America/New_York', '2026-10-24', 14),
  windowOf('America/New_York', '2028-02-22', 20),
  windowOf('Asia/Kolkata', '2027-12-24', 14),
  windowOf('Australia/Lord_Howe', '2027-03-28', 14),
  windowOf('Australia/Lord_Howe', '2027-09-27', 14),
  windowOf('Pacific/Apia', '2011-12-23', 14),
  windowOf('America/Havana', '2027-03-07', 14),
  windowOf('America/Havana', '2027-10-31', 14),
  windowOf('Africa/Casablanca', '2026-02-09', 14),
];

function windowAt(index: number): Window {
  const window = windows[index];
  if (window === undefined) throw new RangeError(`there is no window ${index}`);
  return window;
}

const spans = fc
  .uniqueArray(fc.integer({ min: 0, max: 96 }), { minLength: 0, maxLength: 6 })
  .map((quarters): CalendarSpan[] => {
    const times = quarters
      .toSorted((left, right) => left - right)
      .map(
        (quarter) =>
          `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`,
      );
    return times.flatMap((from, index) => {
      const to = times[index + 1];
      return index % 2 === 0 && to !== undefined ? [{ from, to }] : [];
    });
  });

const cases = fc
  .record({
    window: fc.nat(windows.length - 1),
    week: fc.tuple(spans, spans, spans, spans, spans, spans, spans),
    own: fc.array(fc.record({ day: fc.nat(19), hours: spans, everyYear: fc.boolean() }), { maxLength: 4 }),
    from: fc.nat(9_999).map((part) => part / 10_000),
    to: fc.nat(9_999).map((part) => part / 10_000),
  })
  .map(({ window: windowIndex, week, own, from, to }) => {
    const window = windowAt(windowIndex);
    const [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = week;
    const dates = [...new Set(window.minutes.map(({ date }) => date))];
    const ownDays = new Map(
      own.map(({ day, hours, everyYear }) => {
        const date = dates[day % dates.length] ?? '';
        return [everyYear ? date.slice(5) : date, hours] as const;
      }),
    );
    const definition: CalendarDefinition = {
      name: 'random',
      zone: window.zone,
      hours: { monday, tuesday, wednesday, thursday, friday, saturday, sunday },
      holidays: [],
      ownDays: [...ownDays].map(([date, hours]) => ({ date, hours, note: 'random' })),
    };
    return {
      // The index, because a failure prints this.
      windowIndex,
      definition,
      from: Math.floor(from * window.minutes.length),
      to: Math.floor(to * window.minutes.length),
    };
  });

const durations = fc
  .constantFrom(...DURATION_UNITS)
  .chain((unit) =>
    fc
      .integer(unit === 'businessHour' ? { min: -60, max: 60 } : { min: -9, max: 9 })
      .map((amount): Duration => ({ amount, unit })),
  );

describe('against a walk minute by minute', () => {
  test('open, counted and added minutes agree', () => {
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: -3_000, max: 3_000 }),
        ({ windowIndex, definition, from, to }, amount) => {
          const window = windowAt(windowIndex);
          const calendar = compileCalendar(definition, window.fromMs, window.toMs);
          const open = openMinutes(window, definition);
          const ms = (minute: number): number => window.fromMs + minute * MINUTE_MS;
          for (const minute of [from, to]) expect(isOpen(calendar, ms(minute))).toBe(open[minute]);
          expect(countBusinessTime(calendar, ms(from), ms(to))).toBe(
            countMinutes(open, from, to) * MINUTE_MS,
          );
          const expected = addMinutes(open, from, amount);
          if (expected === null) return;
          expect(addBusinessTime(calendar, ms(from), amount * MINUTE_MS)).toBe(ms(expected));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('every minute of each window is open in both or in neither', () => {
    fc.assert(
      fc.property(cases, ({ windowIndex, definition }) => {
        const window = windowAt(windowIndex);
        const calendar = compileCalendar(definition, window.fromMs, window.toMs);
        const open = openMinutes(window, definition);
        const wrong = open.findIndex(
          (flag, minute) => flag !== isOpen(calendar, window.fromMs + minute * MINUTE_MS),
        );
        expect(wrong).toBe(-1);
      }),
      { numRuns: 20 },
    );
  });

  test('durations of every unit agree, both ways', () => {
    let compared = 0;
    fc.assert(
      fc.property(cases, durations, ({ windowIndex, definition, from }, duration) => {
        const window = windowAt(windowIndex);
        const calendar = compileCalendar(definition, window.fromMs, window.toMs);
        const open = openMinutes(window, definition);
        const expected = addBySteps({ window, open, from, duration });
        if (expected === null) return;
        compared += 1;
        const actual = addDuration(calendar, window.fromMs + from * MINUTE_MS, duration);
        expect((actual - window.fromMs) / MINUTE_MS).toBe(expected);
      }),
      { numRuns: 200 },
    );
    // Should the windows ever be too short for most cases, this test would say nothing.
    expect(compared).toBeGreaterThan(60);
  });
});

describe('laws', () => {
  const offices = windows.map(({ zone, fromMs, toMs }) => ({
    fromMs,
    calendar: compileCalendar(weekly(zone, office), fromMs, toMs),
  }));
  const officeAt = (index: number): (typeof offices)[number] => {
    const found = offices[index];
    if (found === undefined) throw new RangeError(`there is no office ${index}`);
    return found;
  };
  const places = fc.record({
    office: fc.nat(offices.length - 1),
    first: fc.nat({ max: 14 * 24 * HOUR_MS }),
    second: fc.nat({ max: 14 * 24 * HOUR_MS }),
  });

  test('what was added is what is counted, to the millisecond', () => {
    fc.assert(
      fc.property(
        places,
        fc.integer({ min: -40 * HOUR_MS, max: 40 * HOUR_MS }),
        ({ office: index, first }, amountMs) => {
          const place = officeAt(index);
          const fromMs = place.fromMs + first;
          const { calendar } = place;
          fc.pre(
            fromMs - 20 * 24 * HOUR_MS > calendar.coversFromMs &&
              fromMs + 20 * 24 * HOUR_MS < calendar.coversToMs,
          );
          expect(countBusinessTime(calendar, fromMs, addBusinessTime(calendar, fromMs, amountMs))).toBe(
            amountMs,
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test('counting adds up, and is the negative of itself the other way', () => {
    fc.assert(
      fc.property(places, fc.nat({ max: 14 * 24 * HOUR_MS }), ({ office: index, first, second }, third) => {
        const { fromMs, calendar } = officeAt(index);
        const [a, b, c] = [first, second, third].map((offsetMs) => fromMs + offsetMs) as [
          number,
          number,
          number,
        ];
        expect(countBusinessTime(calendar, a, b) + countBusinessTime(calendar, b, c)).toBe(
          countBusinessTime(calendar, a, c),
        );
        expect(countBusinessTime(calendar, b, a) + countBusinessTime(calendar, a, b)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test('who comes later is never due earlier, and more is never sooner', () => {
    const units = fc.constantFrom<Duration['unit']>('businessHour', 'businessDay', 'minute');
    fc.assert(
      fc.property(
        places,
        units,
        fc.integer({ min: -8, max: 8 }),
        ({ office: index, first, second }, unit, amount) => {
          const { fromMs, calendar } = officeAt(index);
          const [earlierMs, laterMs] = [Math.min(first, second), Math.max(first, second)].map(
            (offsetMs) => fromMs + offsetMs,
          ) as [number, number];
          fc.pre(
            earlierMs - 20 * 24 * HOUR_MS > calendar.coversFromMs &&
              laterMs + 20 * 24 * HOUR_MS < calendar.coversToMs,
          );
          const dueMs = addDuration(calendar, earlierMs, { amount, unit });
          expect(dueMs).toBeLessThanOrEqual(addDuration(calendar, laterMs, { amount, unit }));
          expect(dueMs).toBeLessThanOrEqual(addDuration(calendar, earlierMs, { amount: amount + 1, unit }));
          if (amount > 0) expect(dueMs).toBeGreaterThan(earlierMs);
          if (amount < 0) expect(dueMs).toBeLessThan(earlierMs);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

test('a walk finds its place without passing over the years before', () => {
  const calendar = compileCalendar(
    weekly('Europe/Berlin', office),
    Date.UTC(1990, 0, 2),
    Date.UTC(2035, 0, 2),
  );
  let reads = 0;
  const counted: CompiledCalendar = {
    ...calendar,
    openBeforeMs: new Proxy(calendar.openBeforeMs, {
      get: (target, key, receiver: unknown): unknown => {
        reads += 1;
        return Reflect.get(target, key, receiver) as unknown;
      },
    }),
  };
  addBusinessTime(counted, Date.UTC(2030, 5, 3, 10), 400 * HOUR_MS);
  expect(calendar.openIntervals.length).toBeGreaterThan(6_000);
  expect(reads).toBeLessThan(60);
});
