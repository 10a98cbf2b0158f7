import type { z } from 'zod';
import { checkFields } from './contract/field-errors.ts';
import type { FieldError } from './contract/field-errors.ts';
import { Refused } from './refused.ts';

/** The parts of a request that a contract describes. */
export type RequestPart = 'params' | 'query' | 'body';

/**
 * Parses the parts together, so that a caller hears of every fault at once. Pointers into the body are plain; those into
 * path and query begin with `#params` and `#query`. Throws `Refused`.
 */
export function parseParts(
  parts: readonly { part: RequestPart; schema: z.ZodType | undefined; value: unknown }[],
): Record<RequestPart, unknown> {
  const parsed: Record<RequestPart, unknown> = { params: {}, query: {}, body: {} };
  const errors: FieldError[] = [];
  for (const { part, schema, value } of parts) {
    if (schema === undefined) continue;
    const checked = checkFields(schema, value);
    if (checked.ok) parsed[part] = checked.value;
    else
      errors.push(
        ...checked.errors.map((error) => ({
          ...error,
          pointer: `${part === 'body' ? '' : `#${part}`}${error.pointer}`,
        })),
      );
  }
  if (errors.length > 0) {
    throw new Refused('invalid_request', {
      detail: errors.length === 1 ? 'One field is not valid.' : `${errors.length} fields are not valid.`,
      errors,
    });
  }
  return parsed;
}
