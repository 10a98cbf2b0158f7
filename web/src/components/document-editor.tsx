import { Button, Textarea, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { readDocument, type DocumentBody } from '../lib/document-text.ts';
import { Notice, ProblemNotice } from './notices.tsx';

/** A document as text (JSON), with why it is written. What is no object is said here; every other error comes with its place. */
export function DocumentEditor(props: {
  /** What it is, in a sentence: "calendar", "document". */
  noun: string;
  label: string;
  description?: string | undefined;
  rows: { least: number; most: number };
  /** The text is the caller's, so that he can show and change it otherwise as well. */
  text: string;
  onText: (text: string) => void;
  note: string;
  noteLabel: string;
  noteRequired?: boolean;
  onSave: (document: DocumentBody, note: string) => void;
  save: { readonly error: unknown; readonly isPending: boolean; readonly isSuccess: boolean };
  saved: string;
}): ReactNode {
  const { save, text } = props;
  const [note, setNote] = useState(props.note);
  const [unreadable, setUnreadable] = useState<string | null>(null);
  const send = (): void => {
    const read = readDocument(text, props.noun);
    setUnreadable(read.unreadable);
    if (read.document !== null) props.onSave(read.document, note);
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
        onChange={(event) => props.onText(event.currentTarget.value)}
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
