import { compileCalendar } from '../../../adapters/calendar/compile.ts';
import { isQuarterEnd, nextQuarterDay } from '../../../domain/fiscal-quarter.ts';

const DAY_MS = 86_400_000;
const hours = [{ from: '09:00', to: '17:00' }];
const calendar = compileCalendar(
  {
    name: 'office',
    zone: 'Europe/Berlin',
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
    ownDays: [{ date: '2026-03-30', hours: [], note: 'Closed' }],
  },
  Date.parse('2025-06-01T00:00:00Z'),
  Date.parse('2027-06-01T00:00:00Z'),
);

const atEnd = (at: string, yearStartsInMonth = 1, lastBusinessDays = 5): boolean =>
  isQuarterEnd({ calendar, atMs: Date.parse(at), lastBusinessDays, yearStartsInMonth });

describe('the end of a fiscal quarter', () => {
  test('is its last business days by the calendar, in its zone', () => {
    // 31 March 2026 is a Tuesday, the 30th is closed: the last five are 31, 27, 26, 25, 24.
    expect(atEnd('2026-03-24T08:00:00Z')).toBe(true);
    expect(atEnd('2026-03-23T15:00:00Z')).toBe(false);
    expect(atEnd('2026-03-31T21:59:00Z')).toBe(true);
    // Midnight in Berlin is 22:00 in UTC: the next quarter has begun.
    expect(atEnd('2026-03-31T22:00:00Z')).toBe(false);
  });

  test('a closed day among them belongs to them', () => {
    expect(atEnd('2026-03-28T12:00:00Z')).toBe(true);
    expect(atEnd('2026-03-30T12:00:00Z')).toBe(true);
  });

  test('follows the month in which the fiscal year begins', () => {
    expect(atEnd('2026-04-30T12:00:00Z', 2)).toBe(true);
    expect(atEnd('2026-03-31T12:00:00Z', 2)).toBe(false);
  });

  test('is never without days', () => {
    expect(atEnd('2026-03-31T12:00:00Z', 1, 0)).toBe(false);
  });

  test('the next quarter begins after every date of the one before, whatever the year begins in', () => {
    for (let month = 1; month <= 12; month += 1) {
      for (let day = 20_000; day < 20_800; day += 1) {
        const next = nextQuarterDay(day, month);
        expect(next).toBeGreaterThan(day);
        expect(next - day).toBeLessThanOrEqual(92);
        const date = new Date(next * DAY_MS);
        expect(date.getUTCDate()).toBe(1);
        expect((date.getUTCMonth() + 1 - month + 12) % 3).toBe(0);
      }
    }
  });
});
