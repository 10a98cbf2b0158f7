import { z } from 'zod';

/**
 * A business calendar as an administrator writes it: when somebody is at work. Wall-clock times of `zone`, plain
 * JSON. Which hours hold on a date, most particular first: an own day with its year, an own day of every year, the
 * weekday's hours less the holidays.
 */

const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const MAX_SPANS = 12;
const MAX_OWN_DAYS = 1_000;
const MAX_HOLIDAY_LISTS = 20;

export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;

const HOLIDAY_TYPES = ['public', 'bank', 'optional', 'school', 'observance'] as const;

const spanSchema = z
  .strictObject(
    {
      from: z.string('Say when the hours begin, as in 09:00.').regex(TIME, 'Write the time as in 09:00.'),
      to: z
        .string('Say when the hours end, as in 17:30.')
        .refine(
          (time) => TIME.test(time) || time === '24:00',
          'Write the time as in 17:30, or 24:00 for midnight.',
        ),
    },
    { error: (issue) => strictWords(issue, 'Hours are a pair of times, from and to.') },
  )
  // A time that is badly written has its own fault already.
  .refine((span) => !TIME.test(span.from) || !/^\d{2}:/.test(span.to) || span.from < span.to, {
    path: ['to'],
    error: 'Hours end after they begin; split those that pass midnight between the two days.',
  });

const hoursSchema = z
  .array(spanSchema, 'List the hours; an empty list means closed.')
  .max(MAX_SPANS, `At most ${MAX_SPANS} spans of hours a day.`)
  .superRefine((spans, context) => {
    spans.forEach((span, index) => {
      const before = spans[index - 1];
      if (before !== undefined && span.from < before.to) {
        context.addIssue({
          code: 'custom',
          path: [index, 'from'],
          message: 'These hours begin before the ones above them end.',
        });
      }
    });
  });

const weekSchema = z
  .strictObject(
    {
      monday: hoursSchema,
      tuesday: hoursSchema,
      wednesday: hoursSchema,
      thursday: hoursSchema,
      friday: hoursSchema,
      saturday: hoursSchema,
      sunday: hoursSchema,
    },
    { error: (issue) => strictWords(issue, 'Give the hours of each weekday, monday to sunday.') },
  )
  .refine(
    (week) => WEEKDAYS.some((weekday) => week[weekday].length > 0),
    'A calendar is open on at least one weekday.',
  );

const ownDaySchema = z.strictObject(
  {
    date: z
      .string('Say which date, as in 2026-12-24, or 12-24 for every year.')
      .refine(isDate, 'Write a date that exists, as in 2026-12-24, or 12-24 for every year.'),
    hours: hoursSchema,
    note: z
      .string('Say in a few words why this day is special.')
      .min(1, 'Say in a few words why this day is special.')
      .max(200, 'At most 200 characters.'),
  },
  { error: (issue) => strictWords(issue, 'A day of its own has a date, hours and a note.') },
);

/** The holidays of a country, state and region (ISO 3166 codes), of the given types. */
export const calendarHolidaysSchema = z.strictObject(
  {
    country: z
      .string('Say which country, by its two letters.')
      .regex(/^[A-Z]{2}$/, 'Write the country as two capital letters.'),
    state: z
      .string('Write the code of the state, or leave it empty.')
      .min(1, 'Write the code of the state.')
      .nullable(),
    region: z
      .string('Write the code of the region, or leave it empty.')
      .min(1, 'Write the code of the region.')
      .nullable(),
    types: z
      .array(
        z.enum(HOLIDAY_TYPES, `One of ${HOLIDAY_TYPES.join(', ')}.`),
        'List the kinds of holidays that close.',
      )
      .min(1, 'Name at least one kind of holidays, or remove this country.'),
  },
  { error: (issue) => strictWords(issue, 'Holidays have a country, a state, a region and types.') },
);
export type CalendarHolidays = z.infer<typeof calendarHolidaysSchema>;

/** See the head of this file. Every list may be empty; hours on no weekday at all are refused. */
export const calendarDefinitionSchema = z.strictObject(
  {
    name: z
      .string('Give the calendar a name.')
      .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'A name is made of small letters, digits and single hyphens.')
      .max(60, 'At most 60 characters.'),
    zone: z
      .string('Say which time zone, as in Europe/Berlin.')
      .refine(isZone, 'This time zone is not known; write it as in Europe/Berlin.'),
    hours: weekSchema,
    holidays: z
      .array(calendarHolidaysSchema, 'List the countries whose holidays close; an empty list for none.')
      .max(MAX_HOLIDAY_LISTS, `At most ${MAX_HOLIDAY_LISTS} countries.`),
    ownDays: z
      .array(ownDaySchema, 'List the days with hours of their own; an empty list for none.')
      .max(MAX_OWN_DAYS, `At most ${MAX_OWN_DAYS} days.`)
      .superRefine((days, context) => {
        const seen = new Set<string>();
        days.forEach((day, index) => {
          if (seen.has(day.date)) {
            context.addIssue({
              code: 'custom',
              path: [index, 'date'],
              message: 'This date is in the list already.',
            });
          }
          seen.add(day.date);
        });
      }),
  },
  {
    error: (issue) =>
      strictWords(issue, 'A calendar has a name, a zone, hours, holidays and days of its own.'),
  },
);
export type CalendarDefinition = z.infer<typeof calendarDefinitionSchema>;
export type CalendarSpan = z.infer<typeof spanSchema>;

function strictWords(issue: { code?: string | undefined; keys?: string[] }, otherwise: string): string {
  return issue.code === 'unrecognized_keys'
    ? `${otherwise} Not known here: ${(issue.keys ?? []).join(', ')}.`
    : otherwise;
}

function isDate(text: string): boolean {
  // A day of every year may be 29 February; it then counts in leap years only.
  const full = /^\d{2}-\d{2}$/.test(text) ? `2000-${text}` : text;
  if (!/^(?:19|20|21)\d{2}-\d{2}-\d{2}$/.test(full)) return false;
  const parsed = new Date(`${full}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(full);
}

function isZone(text: string): boolean {
  // Fixed offsets such as +02:00 are understood by some engines; a calendar names a place.
  if (!/^(?:UTC|[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+)$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).format(0) !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
