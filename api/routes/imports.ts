import { createHash, randomBytes } from 'node:crypto';
import { commitImport, keepPreview, knownNames } from '../../adapters/store/import-own.ts';
import type { ImportBatch } from '../../adapters/store/import-own.ts';
import { formatId } from '../../domain/ids.ts';
import type { importRoutes } from '../contract/imports.ts';
import { readImport } from '../import-file.ts';
import { notFound, Refused } from '../refused.ts';
import type { Handlers } from '../route-handler.ts';

const SHOWN_ERRORS = 200;
const SHOWN_ROWS = 20;

/** Files are looked at first; what is committed is stored whole, or not at all. */
export function createImportHandlers(): Handlers<typeof importRoutes> {
  return {
    'POST /api/imports': async ({ principal, body, atMs }, transaction) => {
      const file = readImport({ kind: body.kind, csv: body.csv, known: await knownNames(transaction) });
      const batch: ImportBatch = {
        id: formatId('importBatch', atMs, randomBytes(16)),
        kind: body.kind,
        status: file.rowsBad > 0 ? 'refused' : 'previewed',
        rowsTotal: file.rowsTotal,
        rowsBad: file.rowsBad,
        errors: file.errors.slice(0, SHOWN_ERRORS),
        sample: file.rows.slice(0, SHOWN_ROWS),
      };
      const fileSha256 = createHash('sha256').update(body.csv).digest('hex');
      // Rows of a refused file are not kept: nothing can become of them.
      await keepPreview(transaction, {
        batch,
        fileName: body.fileName,
        fileSha256,
        rows: batch.status === 'refused' ? [] : file.rows,
        createdBy: principal.personId,
        atMs,
      });
      return {
        body: batch,
        audit: {
          action: 'import_previewed',
          subject: batch.id,
          content: { kind: batch.kind, fileSha256, rowsTotal: batch.rowsTotal, rowsBad: batch.rowsBad },
        },
      };
    },
    'POST /api/imports/:id/commit': async ({ principal, params, atMs }, transaction) => {
      const committed = await commitImport(transaction, {
        id: params.id,
        committedBy: principal.personId,
        atMs,
      });
      switch (committed.outcome) {
        case 'committed':
          return {
            body: committed.batch,
            audit: {
              action: 'import_committed',
              subject: params.id,
              content: { kind: committed.batch.kind, rowsTotal: committed.batch.rowsTotal },
            },
          };
        case 'absent':
          throw notFound('import', params.id);
        case 'bad':
          throw new Refused('not_allowed_now', {
            detail: `The import ${params.id} has bad rows: mend the file and look at it again.`,
          });
        case 'done':
          throw new Refused('conflict', { detail: `The import ${params.id} was committed before.` });
        case 'again':
          throw new Refused('conflict', { detail: 'The same file was imported before.' });
        default:
          return committed satisfies never;
      }
    },
  };
}
