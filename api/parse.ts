import type { z } from 'zod';
import { jsonPointer } from '../domain/json.ts';
import { Refused } from './refused.ts';

/** The parts of a request that a contract describes. */
export type RequestPart = 'params' | 'query' | 'body';

/**
 * Parses the parts together, so that a caller hears of every fault at once. Pointers into the body are plain; those into
 * path and query begin with `#params` and `#query`. Throws `Refused`.
 */
export function parseParts(parts: readonly { part: RequestPart; schema: z.ZodType | undefined; value: unknown }[]): Record<RequestPart, unknown> {
  const parsed: Record<RequestPart, unknown> = { params: {}, query: {}, body: {} };
  const errors: { pointer: string; reason: string }[] = [];
  for (const { part, schema, value } of parts) {
    if (schema === undefined) continue;
    const result = schema.safeParse(value);
    if (result.success) parsed[part] = result.data;
    else errors.push(...result.error.issues.flatMap((issue) => faultsOf(issue).map((fault) => ({ ...fault, pointer: prefix(part) + fault.pointer }))));
  }
  if (errors.length > 0) {
    throw new Refused('invalid_request', { detail: errors.length === 1 ? 'One field is not valid.' : `${errors.length} fields are not valid.`, errors });
  }
  return parsed;
}

function prefix(part: RequestPart): string {
  return part === 'body' ? '' : `#${part}`;
}

/** One issue as faults of fields: unknown names each get a pointer of their own. */
export function faultsOf(issue: z.core.$ZodIssue): { pointer: string; reason: string }[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: jsonPointer([...path, key]), reason: 'This field is not known here.' }));
  }
  return [{ pointer: jsonPointer(path), reason: wordsOf(issue) }];
}

/** Words for people. A schema's own words stay; the library's are replaced. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (!issue.message.startsWith('Invalid ') && !issue.message.startsWith('Too ')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && /received undefined/.test(issue.message) ? 'This field is missing.' : `Give ${kindOf(issue.expected)}.`;
    case 'invalid_value':
      return `Give one of: ${issue.values.map(String).join(', ')}.`;
    case 'too_big':
      return typeof issue.maximum === 'number' && issue.origin === 'string' ? `At most ${issue.maximum} characters.` : `At most ${String(issue.maximum)}.`;
    case 'too_small':
      return typeof issue.minimum === 'number' && issue.origin === 'string' ? `At least ${issue.minimum} characters.` : `At least ${String(issue.minimum)}.`;
    case 'invalid_union':
      return 'This is none of the forms that are allowed here.';
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
    case 'unrecognized_keys':
    case 'custom':
      return 'This value does not have the form that is asked for.';
    default:
      return issue satisfies never;
  }
}

function kindOf(expected: string): string {
  switch (expected) {
    case 'string':
      return 'a text';
    case 'number':
    case 'int':
      return 'a whole number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
    case 'record':
      return 'an object';
    default:
      return `a value of the kind ${expected}`;
  }
}
