/*
 * Reads records of a CSV file (RFC 4180) from pieces of text as they come, holding no more than one record. What cannot be read
 * costs its own record and no other: a line that never ends is dropped up to its end, and after a quotation mark that nothing
 * closes reading goes on with the next line.
 */

export type CsvRecord =
  | { readonly row: number; readonly cells: readonly string[] }
  | { readonly row: number; readonly fault: CsvFault };
export type CsvFault = 'too_long' | 'quotation';

export interface CsvReader {
  /** The records that this piece completes. */
  push(text: string): CsvRecord[];
  /** The last record, where the file does not end with a line break. */
  end(): CsvRecord[];
}

/** A record may span so many lines, when a quoted field has line breaks. */
const MAX_LINES = 40;

/** Makes a reader. Records are counted from 1; empty lines count and give nothing. `maxCharacters` bounds one record. */
export function csvReader(of: { delimiter: string; maxCharacters: number }): CsvReader {
  let row = 0;
  /** What has come of the line under way. */
  let rest = '';
  /** The line under way is too long and is dropped up to its end. */
  let dropping = false;
  /** Lines of a record whose quoted field is not closed yet. */
  let open: string[] = [];

  const takeLine = (line: string, records: CsvRecord[]): void => {
    const text = open.length === 0 ? line : [...open, line].join('\n');
    if (text === '' && open.length === 0) {
      row += 1;
      return;
    }
    if (!text.includes('"')) {
      row += 1;
      records.push({ row, cells: text.split(of.delimiter) });
      return;
    }
    const cells = cellsOf(text, of.delimiter);
    if (cells === 'open' && open.length + 1 < MAX_LINES && text.length <= of.maxCharacters) {
      open.push(line);
      return;
    }
    if (cells === 'open' || cells === 'broken') {
      giveUp(line, records);
      return;
    }
    open = [];
    row += 1;
    records.push({ row, cells });
  };
  /** The first line of what is open is the faulty one; the lines after it are read for themselves. */
  const giveUp = (line: string, records: CsvRecord[]): void => {
    const lines = [...open, line];
    open = [];
    row += 1;
    records.push({ row, fault: 'quotation' });
    for (const one of lines.slice(1)) takeLine(one, records);
  };
  return {
    push(text) {
      const records: CsvRecord[] = [];
      let from = 0;
      for (;;) {
        const at = text.indexOf('\n', from);
        if (at === -1) break;
        if (dropping) dropping = false;
        else {
          const line = rest + text.slice(from, at);
          if (line.length > of.maxCharacters) tooLong(records);
          else takeLine(line.endsWith('\r') ? line.slice(0, -1) : line, records);
        }
        rest = '';
        from = at + 1;
      }
      if (!dropping) {
        rest += text.slice(from);
        if (rest.length > of.maxCharacters) {
          rest = '';
          dropping = true;
          tooLong(records);
        }
      }
      return records;
    },
    end() {
      const records: CsvRecord[] = [];
      if (!dropping && rest !== '') takeLine(rest.endsWith('\r') ? rest.slice(0, -1) : rest, records);
      rest = '';
      while (open.length > 0) {
        const last = open.pop() ?? '';
        giveUp(last, records);
      }
      return records;
    },
  };

  function tooLong(records: CsvRecord[]): void {
    // A quotation mark that was open before it is the fault of its own line.
    while (open.length > 0) giveUp(open.pop() ?? '', records);
    row += 1;
    records.push({ row, fault: 'too_long' });
  }
}

/** The cells of a record; `open`: a quoted field has not ended, `broken`: a quotation mark stands where none can. */
function cellsOf(text: string, delimiter: string): string[] | 'open' | 'broken' {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] !== '"') {
      const end = text.indexOf(delimiter, at);
      const cell = end === -1 ? text.slice(at) : text.slice(at, end);
      if (cell.includes('"')) return 'broken';
      cells.push(cell);
      if (end === -1) return cells;
      at = end + delimiter.length;
      continue;
    }
    let cell = '';
    at += 1;
    for (;;) {
      const quote = text.indexOf('"', at);
      if (quote === -1) return 'open';
      cell += text.slice(at, quote);
      at = quote + 1;
      if (text[at] !== '"') break;
      cell += '"';
      at += 1;
    }
    cells.push(cell);
    if (at === text.length) return cells;
    if (!text.startsWith(delimiter, at)) return 'broken';
    at += delimiter.length;
  }
}
