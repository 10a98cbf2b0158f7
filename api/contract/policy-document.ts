import { z } from 'zod';
import { DURATION_UNITS } from '../../domain/business-time.ts';
import type { PolicyKind } from '../../domain/policy-document.ts';
import { instant } from './values.ts';

/*
 * Pieces that policy documents of every kind are made of. Strict: a field that is not known is an error, and a
 * rule a program does not have is `null`, never left out.
 */

const LONGEST: Readonly<Record<(typeof DURATION_UNITS)[number], number>> = {
  minute: 525_600,
  businessHour: 10_000,
  businessDay: 2_600,
  day: 3_660,
};

/** A length of time of at least `least` (0 or 1), in the units of a calendar; ten years at most. */
function durationOf(least: 0 | 1) {
  return z
    .strictObject({ amount: z.int().min(least), unit: z.enum(DURATION_UNITS) })
    .refine(({ amount, unit }) => amount <= LONGEST[unit], {
      path: ['amount'],
      error: 'This is longer than ten years.',
    });
}

/** At least one of its unit. */
export const duration = durationOf(1).meta({ id: 'Duration' });
/** May be zero: no time at all. */
export const durationOrZero = durationOf(0).meta({ id: 'DurationOrZero' });

/** A place on a clock: per cent of its length, or so long before or after it is due. */
export const clockPoint = z
  .union(
    [
      z.strictObject({ percent: z.int().min(1).max(1_000) }),
      z.strictObject({ before: duration }),
      z.strictObject({ after: durationOrZero }),
    ],
    { error: 'Say one of {"percent": 50}, {"before": duration} or {"after": duration}.' },
  )
  .meta({ id: 'ClockPoint' });

/** A short machine name. */
export const key = z
  .string()
  .max(60)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, 'A key is made of letters, digits, dots, hyphens and underscores.');

/** Words a person will read. */
export const policyWords = z
  .string()
  .min(1)
  .max(400)
  .refine((text) => text.trim() === text, 'Words may not begin or end with a space.');

/** Parts per million, from nothing to the whole. */
export const ppm = z.int().min(0).max(1_000_000);

/** A list in which `nameOf` tells each entry apart; the later of two equal ones is reported. */
export function listWithout<Item extends z.ZodType>(
  repeats: { what: string; nameOf: (item: z.output<Item>) => string },
  item: Item,
) {
  return z
    .array(item)
    .max(200)
    .superRefine((items, context) => {
      const seen = new Set<string>();
      items.forEach((entry, index) => {
        const name = repeats.nameOf(entry);
        if (seen.has(name)) {
          context.addIssue({
            code: 'custom',
            path: [index],
            message: `The ${repeats.what} "${name}" is in the list already.`,
          });
        }
        seen.add(name);
      });
    });
}

/** A list of different texts of a kind. */
export function listOfDifferent<Item extends z.ZodType<string>>(what: string, item: Item) {
  return listWithout({ what, nameOf: (entry) => entry }, item);
}

/** A policy as it is kept in a file: a document of one kind and the program it is for. */
export function policyFileOf<const Kind extends PolicyKind, Body extends z.ZodType>(kind: Kind, body: Body) {
  return z.strictObject({
    kind: z.literal(kind),
    programKey: key,
    programName: policyWords,
    effectiveFrom: instant,
    note: policyWords,
    body,
  });
}

/** What is wrong with a document beyond the shape of a field, as zod takes it. */
export interface DocumentFault {
  path: (string | number)[];
  message: string;
}

/** Deeper than any valid document; what lies below is reported by the shape anyway. */
const DEEPEST = 8;

/** Lengths in minutes, which only a demonstration may name; of a document of any shape. */
export function minutesOutsideDemonstration(body: unknown): DocumentFault[] {
  if (fieldOf(body, 'demonstration') !== false) return [];
  return leavesOf(body)
    .filter(({ path, value }) => path.at(-1) === 'unit' && value === 'minute')
    .map(({ path }) => ({ path, message: 'Only a demonstration program may count in minutes.' }));
}

/** A field of a value of any shape; nothing inherited answers. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

/** Every plain value of a document of any shape, with its place. */
export function leavesOf(root: unknown): { path: (string | number)[]; value: unknown }[] {
  const leaves: { path: (string | number)[]; value: unknown }[] = [];
  const visit = (value: unknown, path: (string | number)[]): void => {
    if (typeof value !== 'object' || value === null) leaves.push({ path, value });
    else if (path.length < DEEPEST) {
      for (const [name, entry] of Object.entries(value)) {
        visit(entry, [...path, Array.isArray(value) ? Number(name) : name]);
      }
    }
  };
  visit(root, []);
  return leaves;
}
