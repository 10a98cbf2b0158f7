import { Button, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { ProblemNotice } from './notices.tsx';

/** A question in a window of its own: its fields, what went wrong, and the two ways out of it. */
export function DialogForm(props: {
  title: string;
  /** False: mounted but not shown. */
  opened?: boolean;
  onClose: () => void;
  onSubmit: () => void;
  /** What the button that does it says. */
  action: string;
  busy: boolean;
  /** False while something is missing that it needs. */
  ready: boolean;
  /** What is missing, for whoever points at the button. */
  missing?: string | undefined;
  error: unknown;
  /** Stands beside the buttons. */
  beside?: ReactNode;
  children: ReactNode;
}): ReactNode {
  const { opened = true, onClose } = props;
  return (
    <Modal opened={opened} onClose={onClose} title={props.title}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          props.onSubmit();
        }}
      >
        {props.children}
        <ProblemNotice error={props.error} />
        <div className="row">
          <Button type="submit" loading={props.busy} disabled={!props.ready} title={props.missing}>
            {props.action}
          </Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          {props.beside}
        </div>
      </form>
    </Modal>
  );
}
