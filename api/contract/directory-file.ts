import { z } from 'zod';
import { roles } from '../../domain/access.ts';
import { partnerKinds } from '../../domain/deal-registration/policy.ts';
import { calendarDate, countryCode, currencyCode, instant, words } from './values.ts';
import { calendarDefinitionSchema } from './calendar.ts';

/**
 * What `npm run directory` brings into an installation: the vendor's name, calendars, products, programs, partners and people. A
 * record that the file names is brought to what the file says, its lists (roles, enrolments, certifications, trainings) included;
 * what it does not name stays. Validity is inclusive of `validFrom`, exclusive of `validTo`; null: from the beginning, without an
 * end. Limits of authority are minor units; null: no limit.
 */

const key = z
  .string({ error: 'Give a key.' })
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'A key is made of small letters, digits and single hyphens.')
  .max(60, 'At most 60 characters.');
const email = z
  .email({ error: 'Give an e-mail address.' })
  .max(254, 'At most 254 characters.')
  .transform((address) => address.toLowerCase());
const timeZone = z
  .string({ error: 'Say which time zone, as in Europe/Berlin.' })
  .refine(isZone, 'This time zone is not known; write it as in Europe/Berlin.');

const family = z.strictObject({
  key,
  name: words({ min: 1, max: 200, label: 'The name' }),
  core: z.boolean(),
});
const product = z.strictObject({
  sku: words({ min: 1, max: 80, label: 'The product number' }),
  name: words({ min: 1, max: 200, label: 'The name' }),
  family: key,
});
const program = z.strictObject({
  key,
  name: words({ min: 1, max: 200, label: 'The name' }),
  currency: currencyCode,
});
const partner = z.strictObject({
  /** By which the vendor's own systems know him; his id here is made of it. */
  ref: key,
  name: words({ min: 1, max: 200, label: 'The name' }),
  country: countryCode,
  kind: z.enum(partnerKinds),
  tier: key,
  standing: z.enum(['good', 'suspended']),
  trainings: z.array(key),
  certifications: z.array(z.strictObject({ code: key, validUntil: instant.nullable() })),
  /** Keys of the programs that he is enrolled in. */
  programs: z.array(key),
  /** Of the vendor's person who looks after him. */
  managerEmail: email.nullable(),
  /** Through whom he buys, both days included; left out: as it is. One that is named no longer ends on the day of the file. */
  distributors: z
    .array(
      z
        .strictObject({ ref: key, from: calendarDate, to: calendarDate.nullable() })
        .refine(({ from, to }) => to === null || from <= to, {
          path: ['to'],
          message: 'It ends on the day on which it begins, or later.',
        }),
    )
    .optional(),
});
const person = z.strictObject({
  /** He signs in with it: the identity provider must have verified it. */
  email,
  displayName: words({ min: 1, max: 200, label: 'The name' }),
  /** The reference of his partner; null for the vendor's people. */
  partner: key.nullable(),
  timeZone,
  active: z.boolean(),
  roles: z.array(
    z
      .strictObject({
        role: z.enum(roles),
        limitMinor: z.int('Give the limit as a whole number of minor units.').min(0).nullable(),
        validFrom: instant.nullable(),
        validTo: instant.nullable(),
      })
      .refine(
        ({ validFrom, validTo }) =>
          validFrom === null || validTo === null || Date.parse(validFrom) < Date.parse(validTo),
        { path: ['validTo'], message: 'The role ends after it begins.' },
      ),
  ),
});

export const directoryFile = z.strictObject({
  /** Null: as it is. */
  vendorName: words({ min: 1, max: 200, label: 'The name of the vendor' }).nullable(),
  calendars: z.array(calendarDefinitionSchema),
  families: z.array(family),
  products: z.array(product),
  programs: z.array(program),
  partners: z.array(partner),
  people: z.array(person),
});
export type DirectoryFile = z.infer<typeof directoryFile>;

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
