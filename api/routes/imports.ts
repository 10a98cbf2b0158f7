import { createHash, randomBytes } from 'node:crypto';
import {
  commitImport,
  importedId,
  keepPreview,
  knownIds,
  knownNames,
} from '../../adapters/store/import-own.ts';
import type { OwnTransaction } from '../../adapters/store/app-database.ts';
import type { ImportBatch, ImportKind } from '../../adapters/store/import-own.ts';
import { latestDeadlineMs } from '../../domain/calendar-cover.ts';
import { formatId } from '../../domain/ids.ts';
import type { SealedTaxId } from '../../domain/sealed-tax-id.ts';
import type { importRoutes } from '../contract/imports.ts';
import { withFaults } from '../csv-file.ts';
import type { FileError, ReadFile } from '../csv-file.ts';
import { readImport } from '../import-file.ts';
import { notFound, Refused } from '../refused.ts';
import type { Handlers } from '../route-handler.ts';
import type { SealTaxId } from '../sealed-body.ts';

const SHOWN_ERRORS = 200;
const SHOWN_ROWS = 20;

/** Files are looked at first; what is committed is stored whole, or not at all. */
export function createImportHandlers(deps: { sealTaxId: SealTaxId }): Handlers<typeof importRoutes> {
  return {
    'POST /api/imports': async ({ principal, body, atMs }, transaction) => {
      const read = sealed(
        readImport({
          kind: body.kind,
          csv: body.csv,
          known: await knownNames(transaction, atMs),
          times: { nowMs: atMs, latestEndMs: latestDeadlineMs(atMs) },
        }),
        deps.sealTaxId,
      );
      const file = withFaults(read, await referenceFaults(transaction, body.kind, read));
      const batch: ImportBatch = {
        id: formatId('importBatch', atMs, randomBytes(16)),
        kind: body.kind,
        status: file.rowsBad > 0 ? 'refused' : 'previewed',
        rowsTotal: file.rowsTotal,
        rowsBad: file.rowsBad,
        errors: file.errors.slice(0, SHOWN_ERRORS),
        sample: file.rows.slice(0, SHOWN_ROWS).map(shownRow),
      };
      const fileSha256 = fingerprintOf(file, body.csv);
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

/** Tax ids are sealed before anything is kept, each for the account that it will belong to. */
function sealed(file: ReadFile, seal: SealTaxId): ReadFile {
  const faults: FileError[] = [];
  const rows = file.rows.map((row, place) => {
    const { taxId, accountRef, country } = row;
    if (typeof taxId !== 'string' || typeof accountRef !== 'string' || typeof country !== 'string')
      return row;
    const sealedTaxId = seal({ taxId, country, accountId: importedId('acc', accountRef) });
    if (sealedTaxId === null)
      faults.push({
        row: file.places[place] ?? 0,
        column: 'taxId',
        reason: 'This is not a tax id. Check it, or leave it empty.',
      });
    return { ...row, taxId: null, sealedTaxId };
  });
  return withFaults({ ...file, rows }, faults);
}

/** A row as people see it: of a tax id its last characters. */
function shownRow(row: Record<string, unknown>): Record<string, unknown> {
  const { sealedTaxId, ...shown } = row;
  const last2 = (sealedTaxId as SealedTaxId | null | undefined)?.last2;
  return last2 === undefined ? shown : { ...shown, taxId: `…${last2}` };
}

/** Tells one file from another. Where it has tax ids their keyed hashes stand for them: a plain hash of one could be guessed. */
function fingerprintOf(file: ReadFile, csv: string): string {
  const hasTaxIds = file.rows.some((row) => row['sealedTaxId'] !== undefined);
  const rows = file.rows.map(({ sealedTaxId, ...row }) => ({
    ...row,
    taxId: (sealedTaxId as SealedTaxId | null | undefined)?.hash ?? null,
  }));
  return createHash('sha256')
    .update(hasTaxIds ? JSON.stringify(rows) : csv)
    .digest('hex');
}

/** References of the file to what must be stored before it, and those that were stored before and would be stored twice. */
async function referenceFaults(
  transaction: OwnTransaction,
  kind: ImportKind,
  file: ReadFile,
): Promise<FileError[]> {
  const textOf = (place: number, column: string): string | null => {
    const value = file.rows[place]?.[column];
    return typeof value === 'string' ? value : null;
  };
  const own = new Set(kind === 'accounts' ? file.rows.map((_, place) => textOf(place, 'accountRef')) : []);
  const faultsOf = async (
    column: string,
    ask: { of: 'account' | 'registration'; prefix: 'acc' | 'reg'; mustBeThere: boolean; reason: string },
  ): Promise<FileError[]> => {
    const asked = file.rows.flatMap((_, place) => {
      const reference = textOf(place, column);
      return reference === null || own.has(reference)
        ? []
        : [{ row: file.places[place] ?? 0, id: importedId(ask.prefix, reference) }];
    });
    if (asked.length === 0) return [];
    const known = await knownIds(transaction, ask.of, [...new Set(asked.map(({ id }) => id))]);
    return asked
      .filter(({ id }) => known.has(id) !== ask.mustBeThere)
      .map(({ row }) => ({ row, column, reason: ask.reason }));
  };
  const accountMustBeThere = {
    of: 'account',
    prefix: 'acc',
    mustBeThere: true,
    reason: 'No account of this reference was imported.',
  } as const;
  switch (kind) {
    case 'accounts':
      return faultsOf('parentRef', accountMustBeThere);
    case 'direct_deals':
      return faultsOf('accountRef', accountMustBeThere);
    case 'registrations':
      return faultsOf('sourceRef', {
        of: 'registration',
        prefix: 'reg',
        mustBeThere: false,
        reason: 'A registration of this reference was imported before.',
      });
    default:
      return kind satisfies never;
  }
}
