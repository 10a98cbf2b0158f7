import { Textarea } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { FileVerdict, WhyNotPublish } from '../../../api/contract/draft-file.ts';
import { countWords } from '../../../domain/words/reader.ts';
import { FileFaults, FilePicker } from './file-picker.tsx';
import { Notice, ProblemNotice } from './notices.tsx';
import { Section } from './page.tsx';

/* What screens of configuration share that one person brings as a file and another one publishes. */

/** Takes a file with the reason for it; what was found in the last one is shown below, every fault by row and column. */
export function BringFile(props: {
  title: string;
  /** The columns of the file. */
  columns: string;
  error: unknown;
  verdict: FileVerdict | undefined;
  onFile: (file: { fileName: string; csv: string; note: string }, done: () => void) => void;
}): ReactNode {
  const { columns, verdict } = props;
  const [note, setNote] = useState('');
  return (
    <Section title={props.title}>
      <div className="form-grid" style={{ alignItems: 'end' }}>
        <Textarea
          label="Why"
          description="Whoever publishes reads it"
          autosize
          minRows={1}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {note.trim().length < 3 ? (
          <p className="quiet" style={{ margin: 0 }}>
            Say why, then choose the file: {columns}.
          </p>
        ) : (
          <FilePicker
            label={`CSV file: ${columns}`}
            onText={({ name, text }, done) => props.onFile({ fileName: name, csv: text, note }, done)}
          />
        )}
      </div>
      <ProblemNotice error={props.error} />
      {verdict !== undefined && verdict.errors.length > 0 && (
        <>
          <p style={{ margin: '8px 0', fontSize: 13 }}>
            {countWords(verdict.rowsBad, 'row')} of {verdict.rowsTotal} cannot be taken like this. Mend the
            file and choose it again; nothing is kept of it.
          </p>
          <FileFaults errors={verdict.errors} />
        </>
      )}
    </Section>
  );
}

/** Why the reader does not publish a draft; nothing where he does. `what` it holds is said. */
export function WhoPublishes({ why, what }: { why: WhyNotPublish; what: string }): ReactNode {
  if (why === 'author')
    return <Notice tone="waiting">You brought these {what}, so somebody else publishes them.</Notice>;
  if (why === 'role') return <Notice tone="waiting">Your role does not publish {what}.</Notice>;
  return null;
}
