import { z } from 'zod';

/** An instant: ISO 8601 in UTC. */
export const instant = z.iso.datetime({
  error: 'Give an instant as ISO 8601 in UTC, such as 2026-03-01T09:00:00Z.',
});
/** A calendar date. */
export const calendarDate = z.iso.date({ error: 'Give a date as YYYY-MM-DD.' });

const noControlCharacters = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ud800-\udfff]*$/u;

/** Words a person typed: trimmed, without control characters or broken surrogates. */
export function words(limits: { min: number; max: number; label: string }) {
  return z
    .string({ error: `${limits.label} is missing.` })
    .trim()
    .min(
      limits.min,
      limits.min <= 1
        ? `${limits.label} is missing.`
        : `${limits.label} needs at least ${limits.min} characters.`,
    )
    .max(limits.max, `${limits.label} may have at most ${limits.max} characters.`)
    .regex(noControlCharacters, `${limits.label} contains characters that cannot be stored.`);
}

/** Integer minor units. */
export const amountMinor = z
  .int({ error: 'Give the amount as a whole number of minor units.' })
  .min(0, 'The amount may not be negative.')
  .max(Number.MAX_SAFE_INTEGER, 'The amount is too large.');
export const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, 'Give the currency as three capital letters (ISO 4217).');
export const countryCode = z
  .string()
  .regex(/^[A-Z]{2}$/, 'Give the country as two capital letters (ISO 3166).');

/** An opaque place in a list; it may hold a name of any script. */
export const cursor = z.string().max(1_500);
/** Words that are looked for in a list. */
export const search = z.string().trim().max(120);
export const pageSize = z.coerce.number().int().min(1).max(200).default(50);

/** A page of a list, and where the next one begins. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** A deadline as a badge tells it; null without one. */
export const due = z
  .strictObject({
    at: z.string(),
    /** Which clock: a case has several, and the badge is that of the most urgent. */
    clock: z.string(),
    /** Whose business time it counts; null when it counts calendar days. */
    calendar: z.string().nullable(),
    phase: z.enum(['running', 'paused']),
    breachedAt: z.string().nullable(),
    /** Time left in the time that it counts, in minutes; negative when over. */
    leftMinutes: z.int(),
    tone: z.enum(['waiting', 'dueSoon', 'breached', 'paused']),
  })
  .nullable();

/** What came in a case since the reader looked at it; null when nothing did, or he never looked. */
export const news = z
  .strictObject({
    count: z.int(),
    at: z.string(),
    /** What happened last, as a key of the word catalogue. */
    kind: z.string(),
  })
  .nullable();

/** An empty answer. */
export const nothing = z.undefined();
