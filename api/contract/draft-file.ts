import { z } from 'zod';
import { words } from './values.ts';

/* Configuration that one person brings as a file and another one publishes: prices, exchange rates. */

export const broughtFile = z.strictObject({
  fileName: words({ min: 1, max: 200, label: 'The name of the file' }),
  csv: z.string().max(20_000_000),
  note: words({ min: 3, max: 2_000, label: 'The reason' }),
});

/** What was found in a file; with errors nothing is kept of it. */
export const fileVerdict = z.strictObject({
  rowsTotal: z.int(),
  rowsBad: z.int(),
  /** The first 200. */
  errors: z.array(z.strictObject({ row: z.int(), column: z.string(), reason: z.string() })),
});
export type FileVerdict = z.infer<typeof fileVerdict>;

/** Why a reader cannot publish a draft; null: he can. */
export const whyNotPublish = z.enum(['author', 'role', 'not_a_draft']).nullable();
export type WhyNotPublish = z.infer<typeof whyNotPublish>;
