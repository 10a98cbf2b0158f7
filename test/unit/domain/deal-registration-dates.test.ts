import fc from 'fast-check';
import { compileCalendar } from '../../../adapters/calendar/compile.ts';
import { calendarCover } from '../../../domain/calendar-cover.ts';
import { amendmentNeedsApproval } from '../../../domain/deal-registration/amendment.ts';
import {
  FARTHEST_CLOSE_YEARS,
  startOfDateMs,
  whyNotCloseOn,
} from '../../../domain/deal-registration/dates.ts';
import { checkEligibility } from '../../../domain/deal-registration/eligibility.ts';
import { protectionPeriod } from '../../../domain/deal-registration/protection.ts';
import {
  at,
  customer,
  DAY_MS,
  exampleKeys,
  examplePolicy,
  partner,
  receivedAtMs,
  registration,
} from './deal-registration-examples.ts';

const weekday = [{ from: '09:00', to: '17:00' }];
const cover = calendarCover(receivedAtMs);
const calendar = compileCalendar(
  {
    name: 'vendor-office',
    zone: 'Europe/Berlin',
    hours: {
      monday: weekday,
      tuesday: weekday,
      wednesday: weekday,
      thursday: weekday,
      friday: weekday,
      saturday: [],
      sunday: [],
    },
    holidays: [],
    ownDays: [],
  },
  cover.fromMs,
  cover.toMs,
);

const anyDate = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const nearDate = fc
  .integer({ min: -FARTHEST_CLOSE_YEARS * 370, max: FARTHEST_CLOSE_YEARS * 370 })
  .map((days) => new Date(receivedAtMs + days * DAY_MS).toISOString().slice(0, 10));
const date = fc.oneof(anyDate, nearDate);
const policy = fc.constantFrom(...exampleKeys).map((key) => examplePolicy(key));
const longest = fc.constantFrom(
  { amount: 3_660, unit: 'day' } as const,
  { amount: 2_600, unit: 'businessDay' } as const,
  { amount: 10_000, unit: 'businessHour' } as const,
);

test('every expected close is refused by name, or is answered by every rule that counts from it', () => {
  fc.assert(
    fc.property(policy, date, date, longest, (program, first, second, length) => {
      const closes = [first, second].filter((close) => whyNotCloseOn(close, receivedAtMs) === null);
      for (const close of closes) {
        const expectedCloseMs = startOfDateMs(close);
        const facts = registration({ expectedCloseMs });
        for (const countedFrom of ['submission', 'approval', 'forecastClose'] as const) {
          const protection = { ...program.protection, countedFrom, lengths: [], otherwise: length };
          const period = protectionPeriod({
            policy: { ...program, protection },
            registration: facts,
            partner: partner(),
            calendar,
            approvalEffectiveAtMs: receivedAtMs,
          });
          if (period !== null) expect(period.toMs).toBeGreaterThan(receivedAtMs);
        }
        for (const other of closes) {
          const reasons = amendmentNeedsApproval({
            policy: { amendment: { ...program.amendment, freeCloseDateMove: length } },
            calendar,
            approved: facts,
            amended: { ...facts, expectedCloseMs: startOfDateMs(other) },
          });
          expect(reasons.every(({ code }) => code === 'close_date_moved')).toBe(true);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('whenever an own registration ended, and however long the program asks, there is an answer', () => {
  fc.assert(
    fc.property(policy, anyDate, longest, (program, ended, length) => {
      const endedAtMs = Math.min(startOfDateMs(ended), receivedAtMs);
      const facts = registration();
      const findings = checkEligibility({
        policy: {
          ...program,
          quietPeriod: length,
          eligibility: { ...program.eligibility, leadTimeBeforeClose: length },
        },
        registration: { ...facts, receivedAtMs: endedAtMs },
        partner: partner(),
        earlierCases: [
          {
            registrationId: 'reg_old',
            status: 'expired',
            productFamilies: facts.lines.map(({ productFamily }) => productFamily),
            endedAtMs,
          },
        ],
        customer: customer(),
        calendar,
        nowMs: receivedAtMs,
      });
      const quiet = findings.some(({ code }) => code === 'quiet_period');
      // Eleven years are longer than any length of time that a program may name.
      if (endedAtMs < receivedAtMs - 11 * 366 * DAY_MS) expect(quiet).toBe(false);
      if (endedAtMs > receivedAtMs - 365 * DAY_MS) expect(quiet).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('a close date is taken up to five years ahead and five back', () => {
  const now = at('2026-03-02T10:00:00Z');
  expect(whyNotCloseOn('2031-03-01', now)).toBeNull();
  expect(whyNotCloseOn('2031-03-05', now)).toBe('Give a date within the next 5 years.');
  expect(whyNotCloseOn('2021-03-04', now)).toBeNull();
  expect(whyNotCloseOn('2021-02-27', now)).toBe('Give a date of the last 5 years.');
});
