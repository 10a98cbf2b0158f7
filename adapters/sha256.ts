import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';

/** SHA-256 of a text (as UTF-8) or of bytes, in lower-case hex. */
export const sha256Hex = (input: string | Uint8Array): string =>
  createHash('sha256').update(input).digest('hex');

/**
 * SHA-256, in lower-case hex, of a value's canonical JSON: equal for equal JSON, whatever the order of keys.
 * Throws `NotCanonicalError` when the value is not plain JSON.
 */
export const hashJson = (value: unknown): string => sha256Hex(canonicalJson(value));
