import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { checkFields } from './contract/field-errors.ts';

export interface FileError {
  /** Row of the file; the head is row 1. */
  readonly row: number;
  readonly column: string;
  readonly reason: string;
}

export interface ReadFile<Row = Record<string, unknown>> {
  readonly rowsTotal: number;
  readonly rowsBad: number;
  readonly errors: FileError[];
  readonly rows: Row[];
  /** The place in the file of each of `rows`. */
  readonly places: number[];
}

const MAX_ROWS = 200_000;

/**
 * Reads a CSV file with a head (RFC 4180; comma or semicolon) whose rows are as `schema` says; its first `keyColumns` columns (one,
 * unless said otherwise) are a row's own reference, there once. Every bad field is named by row and column.
 */
export function readCsv(input: { csv: string; schema: z.ZodObject; keyColumns?: number }): ReadFile {
  const { schema, keyColumns = 1 } = input;
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
    const parts = columns.slice(0, keyColumns).map((column) => record[column]);
    const key = parts.every((part) => typeof part === 'string') ? parts.join('\n') : undefined;
    const before = key === undefined ? undefined : seen.get(key);
    if (before !== undefined)
      faults.push({ row, column: columns[0] ?? '', reason: `Row ${before} has the same reference.` });
    if (key !== undefined && before === undefined) seen.set(key, row);
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

/** The file with faults that only the record knows of: each is of a row without a fault of its own. */
export function withFaults<File extends ReadFile<unknown>>(file: File, faults: readonly FileError[]): File {
  if (faults.length === 0) return file;
  return {
    ...file,
    rowsBad: file.rowsBad + new Set(faults.map(({ row }) => row)).size,
    errors: [...file.errors, ...faults].toSorted((left, right) => left.row - right.row),
  };
}

function isOptional(schema: z.ZodObject, column: string): boolean {
  return schema.shape[column] instanceof z.ZodOptional;
}

function refused(error: FileError): ReadFile {
  return { rowsTotal: 0, rowsBad: 1, errors: [error], rows: [], places: [] };
}
