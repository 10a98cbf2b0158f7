import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';

export interface PickerOption {
  readonly value: string;
  readonly label: string;
}

/** What was found for some words: the first of them, and the one that is chosen where only its value is known. */
export interface Found {
  readonly options: readonly PickerOption[];
  readonly chosen: PickerOption | null;
  readonly isPending: boolean;
  readonly error: unknown;
}

const TYPING_MS = 200;

/**
 * Chooses one of many by typing: asks for what has the words that were typed, and never loads the list. The value is empty
 * while nothing is chosen.
 */
export function SearchPicker(props: {
  label?: string;
  'aria-label'?: string;
  placeholder: string;
  required?: boolean;
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  error?: string | undefined;
  /** A hook: what is found for the words, and the option of the chosen value. */
  useFound: (words: string, chosen: string) => Found;
  /** Stands before all that is found. */
  first?: PickerOption;
  /** A value that is not offered. */
  without?: string;
}): ReactNode {
  const { useFound, first, without, value, onChange, onBlur, ...shown } = props;
  const [words, setWords] = useState('');
  const [picked, setPicked] = useState<PickerOption | null>(null);
  const [asked] = useDebouncedValue(words, TYPING_MS);
  const found = useFound(asked, value);
  const chosen = picked?.value === value ? picked : found.chosen;
  const options = [...(first === undefined ? [] : [first]), ...found.options].filter(
    (option) => option.value !== without,
  );
  const known = chosen === null || options.some((option) => option.value === chosen.value);
  return (
    <Select
      {...shown}
      searchable
      data={known ? options : [chosen, ...options]}
      // The API has looked for the words, in more than the label.
      filter={({ options: all }) => all}
      value={value === '' && first === undefined ? null : value}
      onChange={(next, option) => {
        setPicked(option === null ? null : { value: option.value, label: option.label });
        setWords('');
        onChange(next ?? '');
      }}
      // Only what a person types: the field also shows the name of what is chosen.
      onInput={({ currentTarget }) => setWords(currentTarget.value)}
      onDropdownClose={() => setWords('')}
      nothingFoundMessage={nothingWords(found)}
      comboboxProps={{ withinPortal: true }}
      {...(onBlur === undefined ? {} : { onBlur })}
    />
  );
}

function nothingWords({ isPending, error }: Found): string {
  if (error !== null) return 'The list could not be read. Type again in a moment.';
  return isPending ? 'Looking…' : 'Nothing has these words.';
}
