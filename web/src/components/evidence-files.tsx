import { Button, Input } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useId, type ChangeEvent, type ReactNode } from 'react';
import { ProblemNotice } from './notices.tsx';
import { useWrite } from '../lib/queries.ts';

interface EvidenceFile {
  readonly id: string;
  readonly name: string;
}

/** Files that prove what is claimed: uploaded when chosen, kept with the draft. */
export function EvidenceFiles(props: {
  files: readonly EvidenceFile[];
  error: string | undefined;
  onChange: (files: readonly EvidenceFile[]) => void;
}): ReactNode {
  const { files, error, onChange } = props;
  const inputId = useId();
  const upload = useWrite('POST /api/evidence');
  const choose = (event: ChangeEvent<HTMLInputElement>): void => {
    const file = event.currentTarget.files?.[0];
    const input = event.currentTarget;
    if (file === undefined) return;
    const reader = new FileReader();
    reader.addEventListener('load', () => {
      const contentBase64 = textOfReader(reader).split(',')[1] ?? '';
      upload.mutate(
        { body: { name: file.name, contentBase64 } },
        {
          onSuccess: ({ id, name }) => onChange([...files, { id, name }]),
          onSettled: () => (input.value = ''),
        },
      );
    });
    reader.readAsDataURL(file);
  };
  return (
    <Input.Wrapper
      label="Evidence"
      labelProps={{ htmlFor: inputId }}
      description="PDF, PNG, JPEG or plain text, at most 10 MB each"
      error={error}
    >
      <div className="stack" style={{ gap: 4, marginTop: 4 }}>
        {files.map((file) => (
          <div key={file.id} className="row">
            <span style={{ fontSize: 13 }}>{file.name}</span>
            <Button
              variant="subtle"
              color="gray"
              px={4}
              aria-label={`Remove ${file.name}`}
              onClick={() => onChange(files.filter(({ id }) => id !== file.id))}
            >
              <IconX size={14} aria-hidden />
            </Button>
          </div>
        ))}
        <input
          id={inputId}
          type="file"
          accept=".pdf,.png,.jpg,.jpeg,.txt"
          onChange={choose}
          disabled={upload.isPending}
          style={{ fontSize: 13, maxWidth: '100%' }}
        />
        <ProblemNotice error={upload.error} />
      </div>
    </Input.Wrapper>
  );
}

/** What was read: text, because it was asked for as text. */
function textOfReader(reader: FileReader): string {
  return typeof reader.result === 'string' ? reader.result : '';
}
