import fc from 'fast-check';
import { ClaimFileError, readClaimFile } from '../../../adapters/claim-file.ts';
import { csvReader } from '../../../domain/ship-and-debit/csv-records.ts';
import type { CsvRecord } from '../../../domain/ship-and-debit/csv-records.ts';
import type { ClaimLine } from '../../../domain/ship-and-debit/line.ts';
import { plainCsvProfile, readDate } from '../../../domain/ship-and-debit/mapping.ts';
import type { FieldFault, MappingProfile } from '../../../domain/ship-and-debit/mapping.ts';

const HEAD =
  'agreement,customer,customerCountry,sku,invoice,invoiceLine,saleDate,quantity,unitPrice,currency,action';
const GOOD = 'SA-7K3M-9QX2,Contoso Shipyards,NL,SEN-1,R-100,1,2026-03-15,10,80.00,EUR,sale';
/** The good line with one cell changed; the columns are those of the head. */
const withCell = (column: string, value: string): string => {
  const cells = GOOD.split(',');
  cells[HEAD.split(',').indexOf(column)] = value;
  return cells.join(',');
};

async function* piecesOf(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}
const read = async (
  file: string | Uint8Array,
  profile: MappingProfile = plainCsvProfile,
): Promise<{ lines: ClaimLine[]; faults: FieldFault[] }> => {
  const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file;
  const lines: ClaimLine[] = [];
  const faults: FieldFault[] = [];
  for await (const some of readClaimFile(piecesOf(bytes), profile))
    for (const one of some) {
      if ('line' in one) lines.push(one.line);
      else faults.push(...one.faults);
    }
  return { lines, faults };
};
const refusal = async (
  file: string | Uint8Array,
  profile: MappingProfile = plainCsvProfile,
): Promise<string> => {
  try {
    await read(file, profile);
  } catch (error) {
    if (error instanceof ClaimFileError) return `${error.fault} ${error.row} ${error.column}`.trim();
    throw error;
  }
  return 'read';
};

describe('a CSV file', () => {
  test('becomes lines', async () => {
    const { lines, faults } = await read(`${HEAD}\r\n${GOOD}\r\n\r\n${withCell('quantity', '3')}`);
    expect(faults).toEqual([]);
    expect(lines).toEqual([
      {
        row: 2,
        action: 'sale',
        agreement: 'SA-7K3M-9QX2',
        customer: 'Contoso Shipyards',
        customerCountry: 'NL',
        sku: 'SEN-1',
        invoice: 'R-100',
        invoiceLine: '1',
        saleDate: '2026-03-15',
        quantity: 10,
        unitMinor: 80_00,
        currency: 'EUR',
      },
      // The empty record between them counts.
      expect.objectContaining({ row: 4, quantity: 3 }),
    ]);
  });

  test('is read by the profile of its distributor: heads, separator, decimal mark, dates, words', async () => {
    const profile: MappingProfile = {
      ...plainCsvProfile,
      encoding: 'windows-1252',
      delimiter: ';',
      decimalMark: ',',
      dateFormat: 'DD.MM.YYYY',
      currency: 'JOD',
      actions: { sale: ['Verkauf'], reversal: ['Storno'], again: [] },
      columns: {
        agreement: 'Vereinbarung',
        customer: 'Kunde',
        customerCountry: null,
        sku: 'Artikel',
        invoice: 'Rechnung',
        invoiceLine: 'Pos',
        saleDate: 'Datum',
        quantity: 'Menge',
        unitPrice: 'Preis',
        currency: null,
        action: 'Vorgang',
      },
    };
    const file = Buffer.from(
      'Pos;Vereinbarung;Kunde;Artikel;Rechnung;Datum;Menge;Preis;Vorgang;Bemerkung\n' +
        '1;sa-1;Werft Süd;SEN-1;R-1;15.3.2026;-2,0;80,125;storno;"eilig; bitte"\n',
      'latin1',
    );
    expect((await read(file, profile)).lines).toEqual([
      expect.objectContaining({
        agreement: 'SA-1',
        customer: 'Werft Süd',
        action: 'reversal',
        quantity: 2,
        // Three decimals.
        unitMinor: 80_125,
        currency: 'JOD',
        saleDate: '2026-03-15',
      }),
    ]);
  });

  test.each<[string, string, string, string]>([
    ['a formula', 'customer', '=HYPERLINK("x")', 'quotation'],
    ['a formula', 'customer', '=1+1', 'formula'],
    ['a formula', 'sku', '@SUM(A1)', 'formula'],
    ['a formula', 'quantity', '=5', 'formula'],
    ['mixed decimal marks', 'unitPrice', '"80,00"', 'decimal_mark'],
    ['thousands that may be decimals', 'quantity', '1.000', 'decimal_mark'],
    ['more decimals than the currency has', 'unitPrice', '80.005', 'too_many_decimals'],
    ['a price below zero', 'unitPrice', '-80.00', 'negative_price'],
    ['a negative quantity that is no reversal', 'quantity', '-10', 'negative_without_reversal'],
    ['no quantity', 'quantity', '0', 'zero_quantity'],
    ['half a unit', 'quantity', '1.5', 'not_a_whole_number'],
    ['too many units', 'quantity', '99999999999', 'too_large'],
    ['another format of dates', 'saleDate', '15.03.2026', 'not_a_date'],
    ['a day that is none', 'saleDate', '2026-02-29', 'not_a_date'],
    ['nothing', 'invoice', '', 'missing'],
    ['a word that is none of ours', 'action', 'refund', 'action_unknown'],
    ['a currency that is none', 'currency', 'Euro', 'not_a_currency'],
    ['a country that is none', 'customerCountry', 'NLD', 'not_a_country'],
    ['a control character', 'customer', 'Contoso\u0000', 'not_text'],
    ['a long text', 'customer', 'x'.repeat(201), 'too_long'],
  ])('%s in %s is named by row and column, and stops no other line', async (_, column, value, fault) => {
    const { lines, faults } = await read(`${HEAD}\n${GOOD}\n${withCell(column, value)}\n${GOOD}\n`);
    expect(lines.map(({ row }) => row)).toEqual([2, 4]);
    const named = fault === 'quotation' ? '' : column;
    expect(faults).toContainEqual({ row: 3, column: named, fault });
    expect(faults.every(({ row }) => row === 3)).toBe(true);
  });

  test('a reversal is below zero, and nothing else is', async () => {
    const reversal = `${withCell('quantity', '-4').slice(0, -'sale'.length)}reversal`;
    const positive = `${withCell('quantity', '4').slice(0, -'sale'.length)}reversal`;
    const { lines, faults } = await read(`${HEAD}\n${reversal}\n${positive}\n`);
    expect(lines).toEqual([expect.objectContaining({ action: 'reversal', quantity: 4 })]);
    expect(faults).toEqual([{ row: 3, column: 'quantity', fault: 'reversal_not_negative' }]);
  });

  test('a quotation mark that nothing closes costs its own line', async () => {
    const open = withCell('customer', '"Contoso Shipyards');
    const { lines, faults } = await read(`${HEAD}\n${GOOD}\n${open}\n${GOOD}\n${GOOD}\n`);
    expect(lines.map(({ row }) => row)).toEqual([2, 4, 5]);
    expect(faults).toEqual([{ row: 3, column: '', fault: 'quotation' }]);
  });

  test('a line of many megabytes costs its own line, and no memory', async () => {
    async function* huge(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${HEAD}\n${GOOD}\n`);
      const block = Buffer.alloc(1_000_000, 'x');
      for (let at = 0; at < 100; at += 1) yield block;
      yield Buffer.from(`\n${GOOD}\n`);
    }
    const before = process.memoryUsage().rss;
    const rows: number[] = [];
    const faults: FieldFault[] = [];
    for await (const some of readClaimFile(huge(), plainCsvProfile))
      for (const one of some) {
        if ('line' in one) rows.push(one.line.row);
        else faults.push(...one.faults);
      }
    expect(rows).toEqual([2, 4]);
    expect(faults).toEqual([{ row: 3, column: '', fault: 'line_too_long' }]);
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
  });

  test('bytes of another encoding are named where they stand', async () => {
    const { lines, faults } = await read(
      Buffer.concat([
        Buffer.from(`${HEAD}\n${GOOD}\n`),
        Buffer.from(withCell('customer', 'Werft Süd'), 'latin1'),
      ]),
    );
    expect(lines).toHaveLength(1);
    expect(faults).toEqual([{ row: 3, column: 'customer', fault: 'encoding' }]);
  });

  test('a mark of byte order is no part of the first head; one of another encoding refuses the file', async () => {
    expect((await read(`\uFEFF${HEAD}\n${GOOD}`)).lines).toHaveLength(1);
    const wide = Buffer.from(`\uFEFF${HEAD}\n${GOOD}`, 'utf16le');
    expect(await refusal(wide)).toBe('encoding 1');
    expect((await read(wide, { ...plainCsvProfile, encoding: 'utf-16le' })).lines).toHaveLength(1);
  });

  test.each<[string, string]>([
    ['', 'empty 1'],
    [`${HEAD}\n`, 'empty 1'],
    [`${HEAD.replace('sku', 'SKU')}\n${GOOD}`, 'column_missing 1 sku'],
    [`${HEAD},sku\n${GOOD},x`, 'column_twice 1 sku'],
    [`"${HEAD}\n${GOOD}`, 'head 1'],
  ])('%# without a head that can be used is refused as a whole', async (file, why) => {
    expect(await refusal(file)).toBe(why);
  });

  test('cells that do not fit the head are a fault of the line', async () => {
    expect((await read(`${HEAD}\n${GOOD},extra\n${GOOD}`)).faults).toEqual([
      { row: 2, column: '', fault: 'cells' },
    ]);
  });
});

test('records are the same however the file is cut into pieces, and every written cell is read back', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'b', ',', '"', '\n', ' ', 'ü'), maxLength: 6 });
  const quoted = (text: string): string => (/[",\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      (records, size) => {
        const text = records.map((cells) => cells.map(quoted).join(',')).join('\r\n');
        const reader = csvReader({ delimiter: ',', maxCharacters: 10_000 });
        const out: CsvRecord[] = [];
        for (let from = 0; from < text.length; from += size)
          out.push(...reader.push(text.slice(from, from + size)));
        out.push(...reader.end());
        expect(out.map((one) => ('cells' in one ? one.cells : one.fault))).toEqual(records);
      },
    ),
  );
});

test.each([
  ['YYYY-MM-DD', '2028-02-29', '2028-02-29'],
  ['YYYYMMDD', '20260315', '2026-03-15'],
  ['DD.MM.YYYY', '1.3.2026', '2026-03-01'],
  ['DD/MM/YYYY', '03/04/2026', '2026-04-03'],
  ['MM/DD/YYYY', '03/04/2026', '2026-03-04'],
  ['MM/DD/YYYY', '13/04/2026', null],
  ['YYYY-MM-DD', '1899-12-31', null],
] as const)('%s reads %s as %s', (format, text, date) => {
  expect(readDate(text, format)).toBe(date);
});
