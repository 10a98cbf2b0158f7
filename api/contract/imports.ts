import { z } from 'zod';
import { routeTable } from './route.ts';
import { words } from './values.ts';

export const importPreview = z.strictObject({
  id: z.string(),
  kind: z.enum(['accounts', 'direct_deals', 'registrations']),
  status: z.enum(['previewed', 'committed', 'refused']),
  rowsTotal: z.int(),
  rowsBad: z.int(),
  /** The first 200 errors: row of the file (the head is row 1), column, reason. */
  errors: z.array(z.strictObject({ row: z.int(), column: z.string(), reason: z.string() })),
  /** The first rows as they would be stored. */
  sample: z.array(z.record(z.string(), z.unknown())),
});
export type ImportPreview = z.infer<typeof importPreview>;

export const importRoutes = routeTable({
  'POST /api/imports': {
    summary:
      'Look at a CSV file of accounts, direct deals or registrations in flight; stores nothing of it yet.',
    permission: 'import.run',
    body: z.strictObject({
      kind: z.enum(['accounts', 'direct_deals', 'registrations']),
      fileName: words({ min: 1, max: 200, label: 'The name of the file' }),
      csv: z.string().max(20_000_000),
    }),
    response: importPreview,
    status: 201,
    writes: 'own',
  },
  'POST /api/imports/:id/commit': {
    summary: 'Store a previewed file whole; refused while a row is bad.',
    permission: 'import.run',
    params: z.strictObject({ id: z.string().max(40) }),
    body: z.strictObject({}),
    response: importPreview,
    writes: 'own',
  },
});
