import type { z } from 'zod';
import { jsonPointer } from '../../domain/json.ts';

/** One field that is wrong: a JSON Pointer (RFC 6901) into what was sent, and a sentence for whoever sent it. */
export interface FieldError {
  pointer: string;
  reason: string;
}

/** What a schema says of an input: the value, or everything that is wrong with it at once. */
export type Checked<Value> = { ok: true; value: Value } | { ok: false; errors: FieldError[] };

/** Parses `input` and gives every error in words; a schema's own words go first, zod's never reach anybody. */
export function checkFields<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): Checked<z.output<Schema>> {
  const result = schema.safeParse(input, { error: wordsForIssue });
  return result.success ? { ok: true, value: result.data } : { ok: false, errors: fieldErrors(result.error) };
}

/** Every issue of a zod error as field errors, in document order of discovery; each unknown key has its own. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    if (issue.code !== 'unrecognized_keys') return [{ pointer: jsonPointer(path), reason: issue.message }];
    return issue.keys.map((key) => ({ pointer: jsonPointer([...path, key]), reason: issue.message }));
  });
}

/** Words for an issue whose schema brought none: give it to `safeParse` as `error`, or to `z.config`. */
export function wordsForIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'This field is missing. Where there is no value, say null.'
        : `Expected ${nameOf(issue.expected)}${issue.input === null ? ', not null' : ''}.`;
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    case 'invalid_value':
      return `Has to be ${listOf(textsOf(issue.values))}.`;
    case 'invalid_union':
      return issue.options
        ? `Has to be ${listOf(textsOf(issue.options))}.`
        : 'None of the allowed shapes fits.';
    case 'unrecognized_keys':
      return 'This field is not known here.';
    case 'invalid_format':
      return 'The text is not in the expected form.';
    case 'not_multiple_of':
      return `Has to be a multiple of ${issue.divisor}.`;
    case 'invalid_key':
      return 'This name is not allowed here.';
    case 'invalid_element':
      return 'This entry is not valid.';
    case 'custom':
      return 'This value is not valid.';
    default:
      return issue satisfies never;
  }
}

function tooSmall({ origin, minimum, inclusive }: z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall>): string {
  switch (origin) {
    case 'string':
      return minimum === 1 ? 'May not be empty.' : `Needs at least ${minimum} characters.`;
    case 'array':
    case 'set':
    case 'map':
    case 'file':
      return minimum === 1 ? 'Needs at least one entry.' : `Needs at least ${minimum} entries.`;
    default:
      return inclusive === false ? `Has to be more than ${minimum}.` : `Has to be at least ${minimum}.`;
  }
}

function tooBig({ origin, maximum, inclusive }: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig>): string {
  switch (origin) {
    case 'string':
      return `May have at most ${maximum} characters.`;
    case 'array':
    case 'set':
    case 'map':
    case 'file':
      return `May have at most ${maximum} entries.`;
    default:
      return inclusive === false ? `Has to be less than ${maximum}.` : `May be at most ${maximum}.`;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

function nameOf(expected: string): string {
  return TYPE_NAMES[expected] ?? 'another kind of value';
}

function textsOf(values: unknown): string[] {
  return Array.isArray(values) ? values.map(String) : [];
}

function listOf(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`;
}
