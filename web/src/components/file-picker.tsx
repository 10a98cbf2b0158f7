import { Table } from '@mantine/core';
import { useId, type ChangeEvent, type ReactNode } from 'react';

/** Chooses a text file. `onText` is given its text, and `done` to call when the same file may be chosen again. */
export function FilePicker(props: {
  label: string;
  onText: (file: { name: string; text: string }, done: () => void) => void;
}): ReactNode {
  const id = useId();
  const choose = (event: ChangeEvent<HTMLInputElement>): void => {
    const input = event.currentTarget;
    const file = input.files?.[0];
    if (file === undefined) return;
    const reader = new FileReader();
    reader.addEventListener('load', () =>
      props.onText({ name: file.name, text: typeof reader.result === 'string' ? reader.result : '' }, () => {
        input.value = '';
      }),
    );
    reader.readAsText(file);
  };
  return (
    <div>
      <label htmlFor={id} style={{ fontSize: 13, fontWeight: 500, display: 'block', marginBottom: 4 }}>
        {props.label}
      </label>
      <input
        id={id}
        type="file"
        accept=".csv,text/csv"
        onChange={choose}
        style={{ fontSize: 13, maxWidth: '100%' }}
      />
    </div>
  );
}

export interface FileFault {
  readonly row: number;
  readonly column: string;
  readonly reason: string;
}

/** What is wrong with a file, by row and column; nothing where nothing is. */
export function FileFaults({ errors }: { errors: readonly FileFault[] }): ReactNode {
  if (errors.length === 0) return null;
  return (
    <Table aria-label="Errors of the file">
      <Table.Thead>
        <Table.Tr>
          <Table.Th className="money">Row</Table.Th>
          <Table.Th>Column</Table.Th>
          <Table.Th>Reason</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {errors.map(({ row, column, reason }) => (
          <Table.Tr key={`${row} ${column} ${reason}`}>
            <Table.Td className="money">{row}</Table.Td>
            <Table.Td>{column}</Table.Td>
            <Table.Td>{reason}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
