import { Kbd, Modal, Table } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useKeys } from '../lib/keys.ts';

const keys: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['⌘K', 'Ctrl K'], 'Go to any page, or do what the page offers'],
  [['?'], 'This list'],
  [['j', 'k'], 'Next and previous task'],
  [['x'], 'Choose the task for a decision about several; with Shift all up to it'],
  [['Enter'], 'Open the task; in a form: confirm'],
  [['a'], 'Approve, grant: this one, or all that are chosen'],
  [['d', 'r'], 'Deny, refuse: this one, or all that are chosen'],
  [['i'], 'Ask the partner for information'],
  [['c'], 'Send to conflict'],
  [['Esc'], 'Leave the form; what you typed is kept'],
  [['z'], 'Take the last decision, or the last several, back while it can be'],
  [['/'], 'Search'],
];

/** `?` shows what each key does. */
export function KeyboardHelp(): ReactNode {
  const [open, setOpen] = useState(false);
  useKeys({ '?': () => setOpen(true) });
  return (
    <Modal opened={open} onClose={() => setOpen(false)} title="Keys">
      <Table aria-label="Keys">
        <Table.Tbody>
          {keys.map(([names, what]) => (
            <Table.Tr key={what}>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                {names.map((name) => (
                  <Kbd key={name} mr={4}>
                    {name}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
