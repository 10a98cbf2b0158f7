import { Button, NativeSelect, Table } from '@mantine/core';
import { useId, useState, type ChangeEvent, type ReactNode } from 'react';
import type { ImportPreview } from '../../../../api/contract/imports.ts';
import { importKindWords, inWords, sentence } from '../../../../domain/words/en.ts';
import { countWords } from '../../../../domain/words/reader.ts';
import { Notice, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { useWrite } from '../../lib/queries.ts';

type Kind = ImportPreview['kind'];
const kinds = Object.keys(importKindWords) as Kind[];

/** A file is looked at first, every error at once; then it is stored whole, or not at all. */
export function ImportsPage(): ReactNode {
  const [kind, setKind] = useState<Kind>('accounts');
  const preview = useWrite('POST /api/imports');
  const commit = useWrite('POST /api/imports/:id/commit', ['GET /api/deal-registrations']);
  const inputId = useId();
  const choose = (event: ChangeEvent<HTMLInputElement>): void => {
    const input = event.currentTarget;
    const file = input.files?.[0];
    if (file === undefined) return;
    commit.reset();
    const reader = new FileReader();
    reader.addEventListener('load', () =>
      preview.mutate(
        { body: { kind, fileName: file.name, csv: textOfReader(reader) } },
        { onSettled: () => (input.value = '') },
      ),
    );
    reader.readAsText(file);
  };
  const shown = commit.data ?? preview.data;
  return (
    <Page title="Imports" narrow>
      <Section title="1. Choose a file">
        <div className="form-grid" style={{ alignItems: 'end' }}>
          <NativeSelect
            label="What it holds"
            value={kind}
            onChange={({ currentTarget: { value } }) => {
              const chosen = kinds.find((one) => one === value);
              if (chosen !== undefined) setKind(chosen);
            }}
            data={kinds.map((value) => ({ value, label: importKindWords[value] }))}
          />
          <div>
            <label
              htmlFor={inputId}
              style={{ fontSize: 13, fontWeight: 500, display: 'block', marginBottom: 4 }}
            >
              CSV file, with a head row
            </label>
            <input
              id={inputId}
              type="file"
              accept=".csv,text/csv"
              onChange={choose}
              style={{ fontSize: 13, maxWidth: '100%' }}
            />
          </div>
        </div>
        <p className="quiet" style={{ margin: '8px 0 0' }}>
          Nothing is stored by looking. Customers, direct deals and registrations keep their original dates.
        </p>
      </Section>
      <ProblemNotice error={preview.error} />
      {shown !== undefined && (
        <Preview
          preview={shown}
          busy={commit.isPending}
          onCommit={() => commit.mutate({ params: { id: shown.id }, body: {} })}
        />
      )}
      <ProblemNotice error={commit.error} />
    </Page>
  );
}

function Preview(props: { preview: ImportPreview; busy: boolean; onCommit: () => void }): ReactNode {
  const { preview, busy, onCommit } = props;
  if (preview.status === 'committed') {
    return <Notice tone="good">Stored: {countWords(preview.rowsTotal, 'row')}.</Notice>;
  }
  return (
    <>
      <Section title="2. Look at it">
        <p style={{ margin: '0 0 8px', fontSize: 13 }}>
          {countWords(preview.rowsTotal, 'row')};{' '}
          {preview.rowsBad === 0
            ? 'all of them are good.'
            : `${countWords(preview.rowsBad, 'row')} cannot be stored like this.`}
        </p>
        {preview.errors.length > 0 && (
          <Table aria-label="Errors of the file">
            <Table.Thead>
              <Table.Tr>
                <Table.Th className="money">Row</Table.Th>
                <Table.Th>Column</Table.Th>
                <Table.Th>Reason</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {preview.errors.map(({ row, column, reason }) => (
                <Table.Tr key={`${row} ${column} ${reason}`}>
                  <Table.Td className="money">{row}</Table.Td>
                  <Table.Td>{column}</Table.Td>
                  <Table.Td>{reason}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
        <Sample rows={preview.sample} />
      </Section>
      <Section title="3. Store it">
        <div className="row">
          <Button
            disabled={preview.rowsBad > 0 || preview.status === 'refused'}
            loading={busy}
            onClick={onCommit}
          >
            Store {countWords(preview.rowsTotal, 'row')}
          </Button>
          {preview.rowsBad > 0 && (
            <span className="quiet">
              Mend the rows above and choose the file again: it is stored whole or not at all.
            </span>
          )}
        </div>
      </Section>
    </>
  );
}

function Sample({ rows }: { rows: ImportPreview['sample'] }): ReactNode {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) return null;
  return (
    <div style={{ overflowX: 'auto', marginTop: 8 }} role="region" aria-label="First rows" tabIndex={0}>
      <Table aria-label="The first rows as they would be stored">
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column} style={{ whiteSpace: 'nowrap' }}>
                {sentence(inWords(column))}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, index) => (
            <Table.Tr key={index}>
              {columns.map((column) => (
                <Table.Td key={column}>{cellText(row[column])}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What was read: text, because it was asked for as text. */
function textOfReader(reader: FileReader): string {
  return typeof reader.result === 'string' ? reader.result : '';
}
