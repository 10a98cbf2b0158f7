import { Button, NativeSelect, Table } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { ImportPreview } from '../../../../api/contract/imports.ts';
import { importKindWords, inWords, sentence } from '../../../../domain/words/en.ts';
import { countWords } from '../../../../domain/words/reader.ts';
import { FileFaults, FilePicker } from '../../components/file-picker.tsx';
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
  const choose = ({ name, text }: { name: string; text: string }, done: () => void): void => {
    commit.reset();
    preview.mutate({ body: { kind, fileName: name, csv: text } }, { onSettled: done });
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
          <FilePicker label="CSV file, with a head row" onText={choose} />
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
        <FileFaults errors={preview.errors} />
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
