import { Button, Textarea, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Notice, ProblemNotice } from './notices.tsx';

/** A document as text (JSON), with why it is written. What is no object is said here; every other error comes with its place. */
export function DocumentEditor(props: {
  /** What it is, in a sentence: "calendar", "document". */
  noun: string;
  label: string;
  description?: string | undefined;
  rows: { least: number; most: number };
  document: object;
  note: string;
  noteLabel: string;
  noteRequired?: boolean;
  onSave: (document: Record<string, unknown>, note: string) => void;
  save: { readonly error: unknown; readonly isPending: boolean; readonly isSuccess: boolean };
  saved: string;
}): ReactNode {
  const { save } = props;
  const [text, setText] = useState(() => JSON.stringify(props.document, null, 2));
  const [note, setNote] = useState(props.note);
  const [unreadable, setUnreadable] = useState<string | null>(null);
  const send = (): void => {
    let typed: unknown;
    try {
      typed = JSON.parse(text);
    } catch (error) {
      setUnreadable(error instanceof Error ? error.message : 'This is not JSON.');
      return;
    }
    if (typeof typed !== 'object' || typed === null || Array.isArray(typed)) {
      setUnreadable(`The ${props.noun} is an object: it begins with { and ends with }.`);
      return;
    }
    setUnreadable(null);
    props.onSave(typed as Record<string, unknown>, note);
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <TextInput
        label={props.noteLabel}
        required={props.noteRequired ?? false}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Textarea
        label={props.label}
        description={props.description}
        value={text}
        autosize
        minRows={props.rows.least}
        maxRows={props.rows.most}
        spellCheck={false}
        styles={{ input: { fontFamily: 'ui-monospace, Menlo, monospace', fontSize: 12 } }}
        onChange={(event) => setText(event.currentTarget.value)}
        error={unreadable}
      />
      <ProblemNotice error={save.error} />
      {save.isSuccess && <Notice tone="good">{props.saved}</Notice>}
      <div className="row">
        <Button type="submit" loading={save.isPending}>
          Save the draft
        </Button>
      </div>
    </form>
  );
}
