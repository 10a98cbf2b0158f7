import { z } from 'zod';
import { readAmount } from '../domain/amount-text.ts';
import type { AmountFault } from '../domain/amount-text.ts';
import type { ExchangeRate } from '../domain/exchange-rate.ts';
import { readCsv } from './csv-file.ts';
import type { ReadFile } from './csv-file.ts';
import { calendarDate, words } from './contract/values.ts';

/** Of the thousand millionths in which rates are kept. */
const DECIMALS = 9;

const FAULTS: Readonly<Record<AmountFault, string>> = {
  empty: 'Give a rate.',
  formula: 'This is a formula. Give the rate that it comes to.',
  comma: 'Write a point for decimals and nothing between thousands: a comma may mean either.',
  not_an_amount: 'This is not a rate.',
  too_many_decimals: `A rate has at most ${DECIMALS} decimals.`,
  too_large: 'The rate is too large; keep the pair the other way round.',
};

const currencies = new Set(Intl.supportedValuesOf('currency'));
const currency = z
  .string({ error: 'Give a currency.' })
  .refine((code) => currencies.has(code), 'This is no currency: three capital letters (ISO 4217).');
const rate = z.string({ error: FAULTS.empty }).transform((text, check) => {
  const read = readAmount(text, DECIMALS);
  if (read.ok && read.amountMinor > 0) return read.amountMinor;
  check.addIssue({ code: 'custom', message: read.ok ? 'A rate is above zero.' : FAULTS[read.fault] });
  return z.NEVER;
});

/** Reads a file of exchange rates (base, quote, validFrom, rate, source): `rate` of the quote is paid for one of the base. */
export function readRateFile(csv: string): ReadFile<ExchangeRate> {
  const { rows, ...file } = readCsv({
    csv,
    schema: z.strictObject({
      base: currency,
      quote: currency,
      validFrom: calendarDate,
      rate,
      source: words({ min: 1, max: 80, label: 'The source' }),
    }),
    keyColumns: 3,
  });
  return {
    ...file,
    rows: rows.map((row) => ({
      base: String(row['base']),
      quote: String(row['quote']),
      validFrom: String(row['validFrom']),
      rateE9: Number(row['rate']),
      source: String(row['source']),
    })),
  };
}
