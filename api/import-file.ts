import { z } from 'zod';
import {
  opportunityStages,
  registrationSources,
  registrationTypes,
} from '../domain/deal-registration/status.ts';
import { calendarDate, countryCode, currencyCode, instant, words } from './contract/values.ts';
import { readCsv } from './csv-file.ts';
import type { ReadFile } from './csv-file.ts';

/** What a row may refer to. */
export interface KnownNames {
  readonly families: ReadonlySet<string>;
  readonly skus: ReadonlySet<string>;
  readonly partners: ReadonlySet<string>;
  /** Programs with a policy in effect, and the partners enrolled in each. */
  readonly programs: ReadonlyMap<string, ReadonlySet<string>>;
}

/** In flight: what waits for the partner, an appeal or a conflict waits for a question that no file carries. */
export const importableStatuses = ['submitted', 'under_review', 'pending_approval', 'approved'] as const;

const optional = (label: string, max: number) => words({ min: 1, max, label }).nullable();
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'Give a whole number.')
  .transform(Number);

const account = {
  accountRef: words({ min: 1, max: 80, label: 'The account reference' }),
  legalName: words({ min: 2, max: 200, label: 'The legal name' }),
  country: countryCode,
  webDomain: optional('The web domain', 253),
  industry: optional('The industry', 100),
  street: optional('The street', 200),
  postalCode: optional('The postal code', 20),
  city: optional('The city', 100),
  phone: optional('The phone number', 30),
  parentRef: optional('The parent reference', 80),
  engagement: z.enum(['direct', 'channel', 'shared']).nullable(),
  createdAt: instant.nullable(),
};
/** Several values of one field, with spaces or bars between. */
const listOf = (what: string, holds: (value: string) => boolean) =>
  z
    .string()
    .transform((text) => text.split(/[\s|]+/u).filter((value) => value !== ''))
    .refine(
      (values) => values.every(holds),
      `There is no such ${what}. Separate several by a space or a bar.`,
    );
const trueOrFalse = z
  .enum(['true', 'false'], { error: 'Say true or false, or leave it empty where it is not known.' })
  .transform((text) => text === 'true');
const DOMAIN = /^(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/iu;

/** When the file is looked at, and how late a protection may end: epoch ms. */
export interface FileTimes {
  readonly nowMs: number;
  readonly latestEndMs: number;
}

const schemas = (known: KnownNames, times: FileTimes) => {
  const oneOf = (names: Pick<ReadonlySet<string>, 'has'>, what: string) =>
    z.string({ error: `Name a ${what}.` }).refine((name) => names.has(name), `There is no such ${what}.`);
  return {
    accounts: z.strictObject({
      ...account,
      // What the vendor's own records say of him. A file without these columns says nothing of it.
      hasBought: trueOrFalse.nullable().optional(),
      ownedFamilies: listOf('product family', (family) => known.families.has(family))
        .nullable()
        .optional(),
      managingPartnerId: oneOf(known.partners, 'partner').nullable().optional(),
      segment: optional('The segment', 60).optional(),
      taxId: optional('The tax id', 40).optional(),
      contactDomains: listOf('domain', (domain) => DOMAIN.test(domain))
        .nullable()
        .optional(),
    }),
    direct_deals: z.strictObject({
      sourceRef: words({ min: 1, max: 120, label: 'The reference of the deal' }),
      accountRef: account.accountRef,
      productFamily: oneOf(known.families, 'product family'),
      stage: words({ min: 1, max: 60, label: 'The stage' }),
      lastEngagedAt: instant,
    }),
    registrations: z
      .strictObject({
        sourceRef: words({ min: 1, max: 120, label: 'The reference of the registration' }),
        partnerId: oneOf(known.partners, 'partner'),
        programKey: oneOf(known.programs, 'program'),
        type: z.enum(registrationTypes),
        source: z.enum(registrationSources),
        status: z.enum(importableStatuses),
        legalName: account.legalName,
        country: countryCode,
        webDomain: account.webDomain,
        city: account.city,
        opportunityName: words({ min: 3, max: 160, label: 'The name of the opportunity' }),
        sku: oneOf(known.skus, 'product'),
        quantity: wholeNumber.refine((count) => count > 0, 'At least one unit.'),
        valueMinor: wholeNumber,
        currency: currencyCode,
        expectedClose: calendarDate,
        stage: z.enum(opportunityStages),
        submittedAt: instant.refine((at) => Date.parse(at) <= times.nowMs, 'A submission lies in the past.'),
        protectedUntil: instant
          .refine((at) => Date.parse(at) > times.nowMs, 'This protection is over: it is not in flight.')
          .refine(
            (at) => Date.parse(at) <= times.latestEndMs,
            `Protection may end by ${new Date(times.latestEndMs).toISOString()} at the latest. What is promised longer is extended here.`,
          )
          .nullable(),
      })
      .refine((row) => known.programs.get(row.programKey)?.has(row.partnerId) !== false, {
        path: ['partnerId'],
        message: 'This partner is not enrolled in the program.',
      })
      .refine((row) => (row.status === 'approved') === (row.protectedUntil !== null), {
        path: ['protectedUntil'],
        message: 'An approved registration has the day its protection ends; no other has one.',
      })
      .refine(
        (row) => row.protectedUntil === null || Date.parse(row.protectedUntil) > Date.parse(row.submittedAt),
        {
          path: ['protectedUntil'],
          message: 'Protection ends after the submission.',
        },
      ),
  };
};

/**
 * Reads a CSV file of this kind. Every bad field is named by row and column; a good file is as it will be stored. Nothing is
 * stored here.
 */
export const readImport = (input: {
  kind: 'accounts' | 'direct_deals' | 'registrations';
  csv: string;
  known: KnownNames;
  times: FileTimes;
}): ReadFile => readCsv({ csv: input.csv, schema: schemas(input.known, input.times)[input.kind] });
