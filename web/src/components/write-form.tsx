import { Button, NativeSelect, Textarea } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Input, ReadKey, WriteKey } from '../lib/api.ts';
import { useWrite } from '../lib/queries.ts';
import { ProblemNotice } from './notices.tsx';

type CasePath = 'deal-registrations' | 'special-prices' | 'pricing-agreements';
/** The routes that write words, and what goes with them, on one case. */
type VerbRoute = Extract<WriteKey, `POST /api/${CasePath}/:id/${string}`>;

/** The form of every verb of a case: its fields, the words, what went wrong, and two buttons. */
export function WriteForm<Key extends VerbRoute>(props: {
  caseId: string;
  /** What is read anew afterwards. */
  refresh: readonly ReadKey[];
  onClose: () => void;
  route: Key;
  /** What is on the button. */
  action: string;
  /** What the words are asked for with. */
  words: string;
  optionalWords?: boolean;
  /** False while something else is missing. */
  ready?: boolean;
  body: (words: string) => Input<Key>['body'];
  /** Whether the other fields are as they should be; asked before sending. */
  check?: () => Promise<boolean>;
  onError?: (error: unknown) => void;
  children?: ReactNode;
}): ReactNode {
  const { caseId, onClose, optionalWords = false, ready = true, check } = props;
  const [words, setWords] = useState('');
  const write = useWrite(props.route, props.refresh);
  const complete = ready && (optionalWords || words.trim() !== '');
  const send = async (): Promise<void> => {
    if (!complete || (check !== undefined && !(await check()))) return;
    // The parts of a generic input cannot be followed by the compiler; VerbRoute names the routes it holds for.
    const input = { params: { id: caseId }, body: props.body(words) } as unknown as Input<Key>;
    write.mutate(input, {
      onSuccess: onClose,
      ...(props.onError === undefined ? {} : { onError: props.onError }),
    });
  };
  return (
    <form
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {props.children}
      <Textarea
        {...(props.children === undefined ? { 'data-autofocus': true } : {})}
        label={props.words}
        required={!optionalWords}
        maxLength={4000}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
      <ProblemNotice error={write.error} onFresh={onClose} />
      <div className="row">
        <Button type="submit" loading={write.isPending} disabled={!complete}>
          {props.action}
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

/** A reason that a program offers. */
export interface OfferedReason {
  readonly key: string;
  readonly words: string;
}

export function ReasonSelect(props: {
  reasons: readonly OfferedReason[];
  value: string;
  onChange: (value: string) => void;
}): ReactNode {
  return (
    <NativeSelect
      label="Reason"
      required
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      data={[
        { value: '', label: 'Choose a reason' },
        ...props.reasons.map(({ key, words }) => ({ value: key, label: words })),
      ]}
    />
  );
}
