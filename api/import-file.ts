import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import {
  opportunityStages,
  registrationSources,
  registrationTypes,
} from '../domain/deal-registration/status.ts';
import { checkFields } from './contract/field-errors.ts';
import { calendarDate, countryCode, currencyCode, instant, words } from './contract/values.ts';

/** What a row may refer to. */
export interface KnownNames {
  readonly families: ReadonlySet<string>;
  readonly skus: ReadonlySet<string>;
  readonly partners: ReadonlySet<string>;
  /** Programs with a policy in effect, and the partners enrolled in each. */
  readonly programs: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface FileError {
  /** Row of the file; the head is row 1. */
  readonly row: number;
  readonly column: string;
  readonly reason: string;
}

export interface ReadFile {
  readonly rowsTotal: number;
  readonly rowsBad: number;
  readonly errors: FileError[];
  readonly rows: Record<string, unknown>[];
  /** The place in the file of each of `rows`. */
  readonly places: number[];
}

/** In flight: what waits for the partner, an appeal or a conflict waits for a question that no file carries. */
export const importableStatuses = ['submitted', 'under_review', 'pending_approval', 'approved'] as const;

const MAX_ROWS = 200_000;
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
 * Reads a CSV file with a head (RFC 4180; comma or semicolon). Every bad field is named by row and column; a good file is as
 * it will be stored. Nothing is stored here.
 */
export function readImport(input: {
  kind: 'accounts' | 'direct_deals' | 'registrations';
  csv: string;
  known: KnownNames;
  times: FileTimes;
}): ReadFile {
  const schema: z.ZodObject = schemas(input.known, input.times)[input.kind];
  const columns = Object.keys(schema.shape);
  let lines: string[][];
  try {
    lines = parse(input.csv, {
      bom: true,
      delimiter: [',', ';'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      to: MAX_ROWS + 2,
    });
  } catch (cause) {
    const line =
      typeof cause === 'object' && cause !== null && 'lines' in cause && typeof cause.lines === 'number'
        ? cause.lines
        : 1;
    return refused({
      row: line,
      column: '',
      reason:
        'The file is not CSV from this row on: a quotation mark is not closed or stands in the middle of a field.',
    });
  }
  const [head = [], ...body] = lines;
  const headErrors = [
    ...columns
      .filter((column) => !head.includes(column) && !isOptional(schema, column))
      .map((column) => ({ row: 1, column, reason: 'This column is missing.' })),
    ...head
      .filter((column, place) => !columns.includes(column) || head.indexOf(column) !== place)
      .map((column) => ({ row: 1, column, reason: 'This column is not known, or there twice.' })),
  ];
  if (headErrors.length > 0)
    return { rowsTotal: body.length, rowsBad: body.length, errors: headErrors, rows: [], places: [] };
  if (body.length > MAX_ROWS)
    return refused({ row: MAX_ROWS + 2, column: '', reason: `A file may have at most ${MAX_ROWS} rows.` });
  if (body.length === 0) return refused({ row: 1, column: '', reason: 'The file has no rows.' });
  const errors: FileError[] = [];
  const rows: Record<string, unknown>[] = [];
  const places: number[] = [];
  const seen = new Map<string, number>();
  let rowsBad = 0;
  body.forEach((cells, place) => {
    const row = place + 2;
    const faults: FileError[] =
      cells.length === head.length
        ? []
        : [{ row, column: '', reason: `This row has ${cells.length} fields; the head has ${head.length}.` }];
    const record = Object.fromEntries(
      head.map((column, at) => [column, (cells[at] ?? '') === '' ? null : cells[at]]),
    );
    const checked = faults.length > 0 ? null : checkFields(schema, record);
    if (checked !== null && !checked.ok)
      faults.push(
        ...checked.errors.map(({ pointer, reason }) => ({ row, column: pointer.slice(1), reason })),
      );
    const keyColumn = columns[0] ?? '';
    const key = record[keyColumn];
    const before = typeof key === 'string' ? seen.get(key) : undefined;
    if (before !== undefined)
      faults.push({ row, column: keyColumn, reason: `Row ${before} has the same reference.` });
    if (typeof key === 'string' && before === undefined) seen.set(key, row);
    if (faults.length > 0) {
      rowsBad += 1;
      errors.push(...faults);
    } else if (checked !== null && checked.ok) {
      rows.push(checked.value);
      places.push(row);
    }
  });
  return { rowsTotal: body.length, rowsBad, errors, rows, places };
}

function isOptional(schema: z.ZodObject, column: string): boolean {
  return schema.shape[column] instanceof z.ZodOptional;
}

function refused(error: FileError): ReadFile {
  return { rowsTotal: 0, rowsBad: 1, errors: [error], rows: [], places: [] };
}
