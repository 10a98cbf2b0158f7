import { csvReader } from '../domain/ship-and-debit/csv-records.ts';
import type { CsvRecord } from '../domain/ship-and-debit/csv-records.ts';
import type { ClaimLine } from '../domain/ship-and-debit/line.ts';
import { claimFields, headFaults, readLine } from '../domain/ship-and-debit/mapping.ts';
import type { ClaimField, CsvProfile, FieldFault, MappingProfile } from '../domain/ship-and-debit/mapping.ts';
import { claimSegments, x12Columns } from '../domain/ship-and-debit/x12-claim.ts';
import { InterchangeError, segmentReader } from '../domain/ship-and-debit/x12.ts';
import type { WholeFileFault } from '../domain/words/claims.ts';

/*
 * Reads a claim file from its bytes, piece by piece, by the distributor's mapping profile. Memory is bounded by one piece and
 * one record, whatever the size of the file. A line that cannot be read is told with its faults and stops nothing; a file that
 * is not what it says (no head, no whole interchange, another encoding) is refused as a whole.
 */

/** One line of the file, or everything that is wrong with it. */
export type ReadClaimLine = { readonly line: ClaimLine } | { readonly faults: readonly FieldFault[] };

/** A file of which nothing can be used. `column` is empty where none is to blame. */
export class ClaimFileError extends Error {
  readonly fault: WholeFileFault;
  readonly row: number;
  readonly column: string;

  constructor(fault: WholeFileFault, place: { row: number; column?: string }) {
    super(`row ${place.row}: ${fault}`);
    this.name = 'ClaimFileError';
    this.fault = fault;
    this.row = place.row;
    this.column = place.column ?? '';
  }
}

/** A record longer than this is none: no line of a claim is a tenth of it. */
const MAX_RECORD_CHARACTERS = 64_000;

/** The lines of a file in its order, as many at a time as a piece completes. Throws `ClaimFileError`. */
export async function* readClaimFile(
  pieces: AsyncIterable<Uint8Array>,
  profile: MappingProfile,
): AsyncGenerator<ReadClaimLine[]> {
  const reader = profile.format === 'csv' ? readCsvLines(profile) : readX12Lines(profile);
  let lines = 0;
  for await (const text of textOf(pieces, profile)) {
    const read = reader.push(text);
    lines += read.length;
    if (read.length > 0) yield read;
  }
  const last = reader.end();
  if (lines + last.length === 0) throw new ClaimFileError('empty', { row: 1 });
  if (last.length > 0) yield last;
}

/** Bytes that are not of the encoding become U+FFFD, which the field that holds them complains about. */
async function* textOf(
  pieces: AsyncIterable<Uint8Array>,
  { encoding }: MappingProfile,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  let isFirst = true;
  for await (const piece of pieces) {
    if (isFirst && piece.length > 0) {
      isFirst = false;
      const mark = (piece[0] ?? 0) * 256 + (piece[1] ?? 0);
      // A mark of byte order says how the file is written, whatever was agreed.
      if (mark === 0xfeff || (mark === 0xfffe && encoding !== 'utf-16le'))
        throw new ClaimFileError('encoding', { row: 1 });
    }
    yield decoder.decode(piece, { stream: true });
  }
  yield decoder.decode();
}

interface LineReader {
  push(text: string): ReadClaimLine[];
  end(): ReadClaimLine[];
}

function readCsvLines(profile: CsvProfile): LineReader {
  const reader = csvReader({ delimiter: profile.delimiter, maxCharacters: MAX_RECORD_CHARACTERS });
  let head: { cells: number; places: readonly (readonly [ClaimField, number])[] } | null = null;
  const columnOf = (field: ClaimField): string => profile.columns[field] ?? field;
  const linesOf = (records: readonly CsvRecord[]): ReadClaimLine[] => {
    const lines: ReadClaimLine[] = [];
    for (const record of records) {
      if (head === null) {
        head = headOf(record, profile);
        continue;
      }
      if ('fault' in record) {
        const fault = record.fault === 'too_long' ? 'line_too_long' : record.fault;
        lines.push({ faults: [{ row: record.row, column: '', fault }] });
        continue;
      }
      const { row, cells } = record;
      if (cells.length !== head.cells) {
        lines.push({ faults: [{ row, column: '', fault: 'cells' }] });
        continue;
      }
      const texts: Partial<Record<ClaimField, string>> = {};
      for (const [field, place] of head.places) texts[field] = cells[place] ?? '';
      lines.push(readLine({ row, texts }, profile, columnOf));
    }
    return lines;
  };
  return { push: (text) => linesOf(reader.push(text)), end: () => linesOf(reader.end()) };
}

function headOf(
  record: CsvRecord,
  profile: CsvProfile,
): { cells: number; places: readonly (readonly [ClaimField, number])[] } {
  if ('fault' in record) throw new ClaimFileError('head', { row: record.row });
  const [fault] = headFaults(record.cells, profile);
  if (fault !== undefined)
    throw new ClaimFileError(fault.twice ? 'column_twice' : 'column_missing', {
      row: record.row,
      column: fault.column,
    });
  const heads = record.cells.map((cell) => cell.trim());
  const places = claimFields.flatMap((field) => {
    const place = heads.indexOf(profile.columns[field] ?? '');
    return profile.columns[field] === null || place === -1 ? [] : [[field, place] as const];
  });
  return { cells: heads.length, places };
}

function readX12Lines(profile: Extract<MappingProfile, { format: 'x12' }>): LineReader {
  const reader = segmentReader();
  const claims = claimSegments(profile);
  const told = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      if (error instanceof InterchangeError) throw new ClaimFileError(error.fault, { row: error.place });
      throw error;
    }
  };
  return {
    push: (text) =>
      told(() =>
        reader
          .push(text)
          .flatMap((segment) => claims.take(segment))
          .map((raw) => readLine(raw, profile, (field) => x12Columns[field])),
      ),
    end: () => {
      told(() => reader.end());
      return [];
    },
  };
}
