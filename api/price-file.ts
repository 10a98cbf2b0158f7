import { z } from 'zod';
import { readAmount } from '../domain/amount-text.ts';
import type { AmountFault } from '../domain/amount-text.ts';
import type { PriceEntry } from '../domain/price-book/price-book.ts';
import { decimalsOf } from '../domain/words/reader.ts';
import { readCsv } from './csv-file.ts';
import type { ReadFile } from './csv-file.ts';
import { words } from './contract/values.ts';

const FAULTS: Readonly<Record<AmountFault, string>> = {
  empty: 'Give a price.',
  formula: 'This is a formula. Give the amount that it comes to.',
  comma: 'Write a point for decimals and nothing between thousands: a comma may mean either.',
  not_an_amount: 'This is not an amount.',
  too_many_decimals: 'The currency has fewer decimals.',
  too_large: 'The amount is too large.',
};

/** Reads a file of prices (sku, listPrice, standardCost) in the currency of its book. */
export function readPriceFile(input: { csv: string; currency: string }): ReadFile<PriceEntry> {
  const decimals = decimalsOf(input.currency);
  const amount = z.string({ error: FAULTS.empty }).transform((text, check) => {
    const read = readAmount(text, decimals);
    if (read.ok && read.amountMinor >= 0) return read.amountMinor;
    check.addIssue({ code: 'custom', message: read.ok ? 'A price is not below zero.' : FAULTS[read.fault] });
    return z.NEVER;
  });
  const { rows, ...file } = readCsv({
    csv: input.csv,
    schema: z.strictObject({
      sku: words({ min: 1, max: 80, label: 'The product' }),
      listPrice: amount,
      standardCost: amount.nullable().optional(),
    }),
  });
  return {
    ...file,
    rows: rows.map(({ sku, listPrice, standardCost }) => ({
      sku: String(sku),
      listMinor: Number(listPrice),
      costMinor: typeof standardCost === 'number' ? standardCost : null,
    })),
  };
}
