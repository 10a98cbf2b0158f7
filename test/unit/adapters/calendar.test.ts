import { DateTime } from 'luxon';
import { calendarHash, CalendarCompileError, compileCalendar } from '../../../adapters/calendar/compile.ts';
import { parseCalendarDefinition } from '../../../adapters/calendar/definition.ts';
import { calendarDefinitionSchema } from '../../../api/contract/calendar.ts';
import type { CalendarDefinition } from '../../../api/contract/calendar.ts';
import type { CompiledCalendar } from '../../../domain/business-time.ts';

const office = [{ from: '09:00', to: '17:00' }];
const hamburg: CalendarDefinition = {
  name: 'hamburg-office',
  zone: 'Europe/Berlin',
  hours: {
    monday: office,
    tuesday: office,
    wednesday: office,
    thursday: office,
    friday: [
      { from: '08:00', to: '12:00' },
      { from: '12:30', to: '15:00' },
    ],
    saturday: [],
    sunday: [],
  },
  holidays: [{ country: 'DE', state: 'HH', region: null, types: ['public', 'bank'] }],
  ownDays: [
    { date: '12-23', hours: [], note: 'Closed before the feast (demo)' },
    { date: '2027-12-23', hours: [{ from: '10:00', to: '12:00' }], note: 'Stocktaking (demo)' },
    { date: '2027-05-06', hours: [{ from: '10:00', to: '11:00' }], note: 'Open on a holiday (demo)' },
  ],
};

function compile(definition: CalendarDefinition, from: string, to: string): CompiledCalendar {
  return compileCalendar(definition, Date.parse(`${from}T00:00Z`), Date.parse(`${to}T00:00Z`));
}

function hoursOn(calendar: CompiledCalendar, date: string): string[] {
  const { zone } = calendar;
  return calendar.openIntervals.flatMap(({ fromMs, toMs }) => {
    const [from, to] = [fromMs, toMs].map((ms) => DateTime.fromMillis(ms, { zone }));
    return from?.toISODate() === date ? [`${from.toFormat('HH:mm')}–${to?.toFormat('HH:mm')}`] : [];
  });
}

describe('which hours hold on a date', () => {
  const calendar = compile(hamburg, '2026-06-01', '2028-06-01');

  test.each([
    ['weekday hours', '2026-11-23', ['09:00–17:00']],
    ['several spans a day', '2026-11-27', ['08:00–12:00', '12:30–15:00']],
    ['a closed weekday', '2026-11-28', []],
    ['a holiday of the state', '2028-10-31', []],
    ['a movable holiday', '2028-06-05', []],
    ['a holiday that begins in the afternoon', '2026-12-24', ['09:00–14:00']],
    ['a holiday early in the first year', '2026-01-01', []],
    ['an own day of every year', '2026-12-23', []],
    ['an own day of one year is more particular', '2027-12-23', ['10:00–12:00']],
    ['an own day is more particular than a holiday', '2027-05-06', ['10:00–11:00']],
  ])('%s', (_rule, date, hours) => {
    expect(hoursOn(calendar, date)).toEqual(hours);
  });

  test('a holiday of a type that is not listed does not close', () => {
    const publicOnly: CalendarDefinition = {
      ...hamburg,
      holidays: [{ country: 'DE', state: 'HH', region: null, types: ['public'] }],
    };
    expect(hoursOn(compile(publicOnly, '2026-06-01', '2026-06-02'), '2026-12-24')).toEqual(['09:00–17:00']);
  });

  test('a holiday of several days closes each, from the year before too', () => {
    const eswatini: CalendarDefinition = {
      ...hamburg,
      zone: 'Africa/Mbabane',
      holidays: [{ country: 'SZ', state: null, region: null, types: ['public'] }],
      ownDays: [],
    };
    const swazi = compile(eswatini, '2026-06-01', '2027-06-01');
    expect(hoursOn(swazi, '2026-12-31')).toEqual([]);
    expect(hoursOn(swazi, '2026-01-02')).toEqual([]);
    expect(hoursOn(swazi, '2026-12-22')).toEqual(['09:00–17:00']);
  });

  test('two countries close on the holidays of both', () => {
    const both: CalendarDefinition = {
      ...hamburg,
      holidays: [
        { country: 'DE', state: null, region: null, types: ['public'] },
        { country: 'US', state: null, region: null, types: ['public'] },
      ],
    };
    const calendarOfBoth = compile(both, '2026-06-01', '2026-06-02');
    expect(hoursOn(calendarOfBoth, '2026-11-26')).toEqual([]);
    expect(hoursOn(calendarOfBoth, '2026-05-01')).toEqual([]);
  });

  test('29 February of every year counts in leap years', () => {
    const leap = compile(
      { ...hamburg, ownDays: [{ date: '02-29', hours: [], note: 'Closed (demo)' }] },
      '2027-01-02',
      '2028-12-01',
    );
    expect(hoursOn(leap, '2028-02-29')).toEqual([]);
    expect(hoursOn(leap, '2027-03-01')).toEqual(['09:00–17:00']);
  });
});

describe('what is compiled', () => {
  test('covers whole local years around what was asked for, sorted, disjoint, and counted', () => {
    const calendar = compile(hamburg, '2026-11-23', '2027-02-01');
    expect(new Date(calendar.coversFromMs).toISOString()).toBe('2025-12-31T23:00:00.000Z');
    expect(new Date(calendar.coversToMs).toISOString()).toBe('2027-12-31T23:00:00.000Z');
    let openMs = 0;
    let beforeMs = calendar.coversFromMs - 1;
    calendar.openIntervals.forEach(({ fromMs, toMs }, index) => {
      expect(beforeMs).toBeLessThan(fromMs);
      expect(fromMs).toBeLessThan(toMs);
      expect(calendar.openBeforeMs[index]).toBe(openMs);
      openMs += toMs - fromMs;
      beforeMs = toMs;
    });
    expect(beforeMs).toBeLessThanOrEqual(calendar.coversToMs);
  });

  test('is plain JSON', () => {
    const calendar = compile(hamburg, '2026-11-23', '2026-11-24');
    expect(JSON.parse(JSON.stringify(calendar))).toEqual(calendar);
  });

  test('knows each change of the clocks to the millisecond', () => {
    const { offsets, coversFromMs } = compile(hamburg, '2027-01-02', '2027-01-03');
    expect(offsets[0]?.fromMs).toBeLessThanOrEqual(coversFromMs);
    expect(
      offsets.slice(1).map(({ fromMs, offsetMs }) => [new Date(fromMs).toISOString(), offsetMs]),
    ).toEqual([
      ['2027-03-28T01:00:00.000Z', 7_200_000],
      ['2027-10-31T01:00:00.000Z', 3_600_000],
    ]);
  });

  test('is shared between calls, and belongs to nobody', () => {
    const first = compile(hamburg, '2026-11-23', '2026-11-24');
    const reordered = Object.fromEntries(Object.entries(hamburg).toReversed()) as CalendarDefinition;
    expect(compile(reordered, '2026-03-01', '2026-12-24')).toBe(first);
    expect(Object.isFrozen(first.openIntervals)).toBe(true);
    expect(Object.isFrozen(first.openIntervals[0])).toBe(true);
  });

  test('a changed definition has another hash', () => {
    expect(calendarHash({ ...hamburg, zone: 'Europe/Vienna' })).not.toBe(calendarHash(hamburg));
    expect(calendarHash(structuredClone(hamburg))).toBe(calendarHash(hamburg));
  });

  test.each([
    ['cover_backwards', hamburg, 1, 0],
    ['cover_out_of_range', hamburg, Date.UTC(1969, 1, 1), Date.UTC(1971, 1, 1)],
    ['cover_too_long', hamburg, Date.UTC(1971, 1, 1), Date.UTC(2031, 1, 1)],
    ['zone_unknown', { ...hamburg, zone: 'Harbour/Nowhere' }, 0, 1],
  ])('refuses: %s', (code, definition, fromMs, toMs) => {
    expect(() => compileCalendar(definition, fromMs, toMs)).toThrow(CalendarCompileError);
    expect(() => compileCalendar(definition, fromMs, toMs)).toThrow(expect.objectContaining({ code }));
  });
});

describe('reading a definition', () => {
  function faultsOf(input: unknown): string[] {
    const read = parseCalendarDefinition(input);
    return 'faults' in read ? read.faults.map(({ pointer }) => pointer).toSorted() : [];
  }

  test('a good one is given back as it is', () => {
    expect(parseCalendarDefinition(hamburg)).toEqual({ definition: hamburg });
  });

  test('a bad one gives every fault at once, each with its place', () => {
    const bad = {
      name: 'Hamburg Office',
      zone: 'Europe/Hamburgh',
      hours: {
        ...hamburg.hours,
        monday: [{ from: '9:00', to: '17:00' }],
        tuesday: [{ from: '17:00', to: '09:00' }],
        wednesday: [
          { from: '09:00', to: '13:00' },
          { from: '12:00', to: '17:00' },
        ],
        thursday: 'all day',
      },
      holidays: [
        { country: 'ZZ', state: null, region: null, types: ['public'] },
        { country: 'DE', state: 'XX', region: null, types: ['public'] },
        { country: 'DE', state: 'BY', region: 'XX', types: ['public'] },
        { country: 'DE', state: null, region: 'A', types: ['public'] },
        { country: 'DE', state: null, region: null, types: [] },
      ],
      ownDays: [
        { date: '2026-02-30', hours: [], note: 'no such day' },
        { date: '12-24', hours: [], note: 'closed' },
        { date: '12-24', hours: [], note: 'again' },
      ],
      colour: 'blue',
    };
    expect(faultsOf(bad)).toEqual([
      '',
      '/holidays/0/country',
      '/holidays/1/state',
      '/holidays/2/region',
      '/holidays/3/region',
      '/holidays/4/types',
      '/hours/monday/0/from',
      '/hours/thursday',
      '/hours/tuesday/0/to',
      '/hours/wednesday/1/from',
      '/name',
      '/ownDays/0/date',
      '/ownDays/2/date',
      '/zone',
    ]);
  });

  test('a calendar that never opens is refused', () => {
    const never = Object.fromEntries(Object.keys(hamburg.hours).map((weekday) => [weekday, []]));
    expect(faultsOf({ ...hamburg, hours: never })).toEqual(['/hours']);
  });

  test.each([[null], ['text'], [{}], [[]], [{ ...hamburg, holidays: 'none' }]])(
    'nonsense is refused: %j',
    (input) => {
      expect(faultsOf(input).length).toBeGreaterThan(0);
    },
  );

  test('what people read is ours: no fault speaks of types or of expected input', () => {
    const broken = [
      null,
      {},
      { ...hamburg, hours: { monday: [{}] } },
      { ...hamburg, ownDays: [{}], holidays: [{}] },
    ];
    const reasons = broken.flatMap((input) => {
      const read = parseCalendarDefinition(input);
      return 'faults' in read ? read.faults.map(({ reason }) => reason) : [];
    });
    expect(reasons.length).toBeGreaterThan(15);
    for (const reason of reasons) expect(reason).not.toMatch(/invalid|expected|received|undefined|zod/i);
  });

  test.each([
    ['UTC', true],
    ['Asia/Kolkata', true],
    ['America/Argentina/Buenos_Aires', true],
    ['+02:00', false],
    ['CET ', false],
    ['Mars/Base', false],
  ])('zone %s: %s', (zone, isGood) => {
    expect(calendarDefinitionSchema.safeParse({ ...hamburg, zone }).success).toBe(isGood);
  });
});
