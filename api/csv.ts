import { stringify } from 'csv-stringify/sync';

/** A CSV file (RFC 4180). Cells that a spreadsheet would run as a formula are made text by an apostrophe (OWASP, CSV injection). */
export function csvOf(
  columns: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  return stringify([columns, ...rows.map((row) => row.map(harmless))], { record_delimiter: '\r\n' });
}

function harmless(cell: string | number | null): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}
