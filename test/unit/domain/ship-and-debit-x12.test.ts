import { X12Interchange, X12Parser } from 'node-x12';
import type { X12Transaction } from 'node-x12';
import { ClaimFileError, readClaimFile } from '../../../adapters/claim-file.ts';
import type { ClaimLine, LineVerdict } from '../../../domain/ship-and-debit/line.ts';
import { plainX12Profile } from '../../../domain/ship-and-debit/mapping.ts';
import type { FieldFault, X12Profile } from '../../../domain/ship-and-debit/mapping.ts';
import { writeInterchange } from '../../../domain/ship-and-debit/x12.ts';
import { writeAnswer } from '../../../domain/ship-and-debit/x12-claim.ts';

const parties = { senderId: 'HARBOURDIST', receiverId: 'LIGHTHOUSE' };
const AT_MS = Date.parse('2026-04-02T09:30:00Z');

/** A claim as a distributor sends it: two contracts, three lines, one of them a return. */
const ADJUSTMENT = [
  ['BAA', '00', 'PR', '20260402', 'CL', 'HD-2026-04'],
  ['CUR', 'VN', 'EUR'],
  ['CON', 'CT', 'SA-7K3M-9QX2'],
  ['N1', 'ST', 'Harbour Depot 4'],
  ['N4', 'Hamburg', null, '20457', 'DE'],
  ['N1', 'EN', 'Contoso Shipyards'],
  ['N4', 'Rotterdam', null, '3011', 'NL'],
  ['PAD', '1', 'SD'],
  ['LIN', null, 'BP', '4711', 'VP', 'SEN-1'],
  ['UIT', 'EA', '90.00', 'CT'],
  ['UIT', 'EA', '80.00', 'RS'],
  ['QTY', '17', '500'],
  ['QTY', '32', '10'],
  ['REF', 'IV', 'R-100'],
  ['REF', 'LI', '1'],
  ['DTM', '011', '20260316'],
  ['DTM', '003', '20260315'],
  ['PAD', '2', 'SD'],
  ['LIN', null, 'VP', 'SEN-1'],
  ['UIT', 'EA', '80.00', 'RS'],
  ['QTY', '76', '4'],
  ['REF', 'IV', 'R-90'],
  ['REF', 'LI', '7'],
  ['DTM', '003', '20260320'],
  ['CON', 'CT', 'SA-2222-3333'],
  ['N1', 'EN', 'Fabrikam Dredging'],
  ['PAD', '3', 'SD', 'CA'],
  ['LIN', null, 'VP', 'SEN-2'],
  ['UIT', 'EA', '12.5', 'RS'],
  ['QTY', '32', '3'],
  ['REF', 'IV', 'R-101'],
  ['REF', 'LI', '1'],
  ['DTM', '003', '20260318'],
  ['CTT', '2', '509'],
];
/** A report of sales: each quantity under a sale is a line. */
const REPORT = [
  ['BPT', '00', 'HD-POS-7', '20260402', '02'],
  ['CUR', 'VN', 'EUR'],
  ['N1', 'DS', 'Harbour Distribution'],
  ['PTD', 'SD', 'CT', 'SA-7K3M-9QX2'],
  ['DTM', '003', '20260315'],
  ['REF', 'IV', 'R-100'],
  ['N1', 'EN', 'Contoso Shipyards'],
  ['QTY', '32', '10'],
  ['LIN', '1', 'VP', 'SEN-1'],
  ['UIT', 'EA', '80.00', 'RS'],
  ['REF', 'LI', '1'],
  ['QTY', '32', '5'],
  ['LIN', '2', 'VP', 'SEN-2'],
  ['UIT', 'EA', '12.50', 'RS'],
  ['REF', 'LI', '2'],
  ['PTD', 'SD', 'CT', 'SA-2222-3333'],
  ['DTM', '003', '20260401'],
  ['REF', 'IV', 'R-102'],
  ['N1', 'EN', 'Fabrikam Dredging'],
  ['QTY', '32', '1'],
  ['LIN', '1', 'VP', 'SEN-1'],
  ['UIT', 'EA', '80.00', 'RS'],
  ['REF', 'LI', '1'],
  ['CTT', '2'],
];
const interchange = (set: '844' | '867', segments: (string | null)[][]): string =>
  writeInterchange({ parties, control: 17, atMs: AT_MS, group: set === '844' ? 'CF' : 'PT', set, segments });

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let from = 0; from < bytes.length; from += 33) yield bytes.subarray(from, from + 33);
}
const read = async (
  text: string,
  profile: X12Profile = plainX12Profile,
): Promise<{ lines: ClaimLine[]; faults: FieldFault[] }> => {
  const lines: ClaimLine[] = [];
  const faults: FieldFault[] = [];
  for await (const some of readClaimFile(piecesOf(text), profile))
    for (const one of some) {
      if ('line' in one) lines.push(one.line);
      else faults.push(...one.faults);
    }
  return { lines, faults };
};
const refusal = async (text: string): Promise<string> => {
  try {
    await read(text);
  } catch (error) {
    if (error instanceof ClaimFileError) return error.fault;
    throw error;
  }
  return 'read';
};

/** The segments of a file as another program reads it: its only transaction set, without ST and SE. */
const asOthersRead = (text: string): { set: string; segments: string[][] } => {
  const parsed = new X12Parser(true).parse(text);
  if (!(parsed instanceof X12Interchange)) throw new Error('more than one interchange');
  const [transaction, ...more] = parsed.functionalGroups.flatMap(
    (group): X12Transaction[] => group.transactions,
  );
  if (transaction === undefined || more.length > 0) throw new Error('not one transaction set');
  return {
    set: transaction.header.valueOf(1) ?? '',
    segments: transaction.segments.map(({ tag, elements }) => [tag, ...elements.map(({ value }) => value)]),
  };
};

test('what we write another program reads as we meant it', () => {
  const { set, segments } = asOthersRead(interchange('844', ADJUSTMENT));
  expect(set).toBe('844');
  expect(segments).toEqual(ADJUSTMENT.map((segment) => segment.map((element) => element ?? '')));
});

test('an 844 becomes lines: what a contract says holds for its lines', async () => {
  const { lines, faults } = await read(interchange('844', ADJUSTMENT));
  expect(faults).toEqual([]);
  expect(lines).toEqual([
    {
      row: 11,
      action: 'sale',
      agreement: 'SA-7K3M-9QX2',
      // The end customer, not where it was shipped to; our product number, not theirs; the invoice's date.
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
    expect.objectContaining({
      row: 21,
      action: 'reversal',
      quantity: 4,
      invoice: 'R-90',
      customer: 'Contoso Shipyards',
    }),
    expect.objectContaining({
      action: 'again',
      agreement: 'SA-2222-3333',
      customer: 'Fabrikam Dredging',
      customerCountry: null,
      unitMinor: 12_50,
    }),
  ]);
});

test('an 867 becomes a line for each quantity sold', async () => {
  const { lines, faults } = await read(interchange('867', REPORT));
  expect(faults).toEqual([]);
  expect(
    lines.map(({ agreement, invoice, invoiceLine, sku, quantity }) => [
      agreement,
      invoice,
      invoiceLine,
      sku,
      quantity,
    ]),
  ).toEqual([
    ['SA-7K3M-9QX2', 'R-100', '1', 'SEN-1', 10],
    ['SA-7K3M-9QX2', 'R-100', '2', 'SEN-2', 5],
    ['SA-2222-3333', 'R-102', '1', 'SEN-1', 1],
  ]);
});

test('a line that lacks something is named by its element, and stops no other', async () => {
  const without = ADJUSTMENT.map((segment) =>
    segment[0] === 'DTM' && segment[2] === '20260320' ? ['DTM', '003', '2026-03-20'] : segment,
  );
  const { lines, faults } = await read(interchange('844', without));
  expect(lines).toHaveLength(2);
  expect(faults).toEqual([{ row: 21, column: 'DTM02', fault: 'not_a_date' }]);
});

test.each<[string, string, (text: string) => string]>([
  ['not_x12', 'is no interchange', () => 'agreement,customer\n1,2\n'.repeat(20)],
  ['cut_off', 'breaks off', (text) => text.slice(0, text.indexOf('CTT'))],
  [
    'control_number',
    'ends with another number than it began with',
    (text) => text.replace('IEA*1*000000017', 'IEA*1*000000018'),
  ],
  [
    'control_number',
    'ends a set with another number than it began with',
    (text) => text.replace(/\n(SE\*\d+)\*0001/u, '\n$1*0002'),
  ],
  ['count', 'says another count of segments', (text) => text.replace(/\nSE\*\d+/u, '\nSE*9')],
  ['after_end', 'goes on after its end', (text) => `${text}QTY*32*1~`],
  ['not_a_claim', 'is a transaction set of another kind', (text) => text.replace('ST*844', 'ST*850')],
  ['segment_too_long', 'has a segment without end', (text) => `${text.slice(0, 300)}${'x'.repeat(30_000)}`],
])('%s: a file that %s is refused as a whole', async (fault, _, change) => {
  expect(await refusal(change(interchange('844', ADJUSTMENT)))).toBe(fault);
});

test('separators are those that the file names, and line breaks after segments mean nothing', async () => {
  const text = interchange('844', ADJUSTMENT).replaceAll('~\n', '\u0015').replaceAll('*', '|');
  expect((await read(text)).lines).toHaveLength(3);
});

test('an 849 answers line by line, and another program reads what each line got', async () => {
  const { lines } = await read(interchange('844', ADJUSTMENT));
  const verdicts: LineVerdict[] = [
    {
      outcome: 'cut',
      reason: 'cap_cut',
      agreementId: 'spa_1',
      units: 6,
      supportUnitMinor: 14_00,
      amountMinor: 84_00,
    },
    {
      outcome: 'granted',
      reason: null,
      agreementId: 'spa_1',
      units: -4,
      supportUnitMinor: 14_00,
      amountMinor: -56_00,
    },
    {
      outcome: 'refused',
      reason: 'claimed_before',
      agreementId: 'spa_2',
      units: 0,
      supportUnitMinor: null,
      amountMinor: 0,
    },
  ];
  const text = writeAnswer({
    reference: 'CL-1111-2222',
    control: 3,
    atMs: AT_MS,
    lines: lines.flatMap((line, place) => {
      const verdict = verdicts[place];
      return verdict === undefined ? [] : [{ line, verdict, decimals: 2 }];
    }),
    profile: plainX12Profile,
  });
  const { set, segments } = asOthersRead(text);
  expect(set).toBe('849');
  expect(segments).toEqual([
    ['BRC', '00', '20260402', 'CL', 'CL-1111-2222'],
    ['CON', 'CT', 'SA-7K3M-9QX2'],
    ['PAD', '11'],
    ['LIN', '', 'VP', 'SEN-1'],
    ['AAA', 'Y', 'ZZ', 'CC'],
    ['QTY', '32', '10'],
    ['QTY', '66', '6'],
    ['AMT', '1', '84.00'],
    ['REF', 'IV', 'R-100'],
    ['REF', 'LI', '1'],
    ['PAD', '21'],
    ['LIN', '', 'VP', 'SEN-1'],
    ['AAA', 'Y'],
    ['QTY', '32', '-4'],
    ['QTY', '66', '-4'],
    ['AMT', '1', '-56.00'],
    ['REF', 'IV', 'R-90'],
    ['REF', 'LI', '7'],
    ['CON', 'CT', 'SA-2222-3333'],
    ['PAD', '30'],
    ['LIN', '', 'VP', 'SEN-2'],
    ['AAA', 'N', 'ZZ', 'CB'],
    ['QTY', '32', '3'],
    ['QTY', '66', '0'],
    ['AMT', '1', '0.00'],
    ['REF', 'IV', 'R-101'],
    ['REF', 'LI', '1'],
    ['CTT', '2', '11'],
  ]);
});
