import type { Request } from 'express';
import { jsonPointer } from '../../domain/json.ts';
import { Refused } from '../refused.ts';

/*
 * Bodies are read here rather than by a ready-made parser, because what a parser lets through ends in a column: text
 * that Postgres cannot store, names that shadow an object's own, numbers that are not numbers, nesting without end.
 */

const MAX_DEPTH = 40;
const MAX_ERRORS = 50;

/** Reads the whole body, at most `limitBytes`. Throws `Refused` when it is longer or breaks off. */
export function readBody(request: Request, limitBytes: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limitBytes) {
    // The rest is drained rather than kept, so that the caller hears the answer instead of a reset.
    request.resume();
    return Promise.reject(tooLarge(limitBytes));
  }
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size > limitBytes) {
        parts.length = 0;
        reject(tooLarge(limitBytes));
      } else parts.push(part);
    });
    request.on('end', () =>
      resolve(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)),
    );
    request.on('error', () => reject(invalid([{ pointer: '', reason: 'The request broke off.' }])));
  });
}

/** Parses a body as strict JSON; no body counts as an empty object. Throws `Refused` naming every field that cannot be stored. */
export function parseJson(request: Request, bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new Refused('unsupported_media_type', { detail: 'The body must be application/json.' });
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    // The parser's own words quote the body; ours name the fault only.
    throw invalid([{ pointer: '', reason: 'The body is not JSON in UTF-8.' }]);
  }
  const errors = poisonIn(value);
  if (errors.length > 0) throw invalid(errors);
  return value;
}

/** Every place of a parsed JSON value that must not go further. Walks without recursion. */
export function poisonIn(root: unknown): { pointer: string; reason: string }[] {
  const errors: { pointer: string; reason: string }[] = [];
  const waiting: { value: unknown; path: readonly (string | number)[] }[] = [{ value: root, path: [] }];
  for (let place = waiting.pop(); place !== undefined && errors.length < MAX_ERRORS; place = waiting.pop()) {
    const { value, path } = place;
    const complain = (reason: string): number => errors.push({ pointer: jsonPointer(path), reason });
    if (typeof value === 'string') {
      const reason = textFault(value);
      if (reason !== null) complain(reason);
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value)) complain('This number is too large.');
    } else if (typeof value === 'object' && value !== null) {
      if (path.length >= MAX_DEPTH) {
        errors.push({
          pointer: jsonPointer(path.slice(0, MAX_DEPTH)),
          reason: `Nested deeper than ${MAX_DEPTH} levels.`,
        });
        return errors;
      }
      if (Array.isArray(value))
        value.forEach((item: unknown, index) => waiting.push({ value: item, path: [...path, index] }));
      else {
        for (const [key, item] of Object.entries(value)) {
          const inner = [...path, key];
          if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
            errors.push({ pointer: jsonPointer(inner), reason: 'This name is not allowed.' });
          } else if (textFault(key) !== null) {
            errors.push({
              pointer: jsonPointer(path),
              reason: 'A name in this object contains characters that cannot be stored.',
            });
          } else waiting.push({ value: item, path: inner });
        }
      }
    }
  }
  return errors;
}

/** Why a text cannot be stored; null when it can. */
export function textFault(text: string): string | null {
  if (text.includes('\u0000')) return 'Contains a NUL character.';
  if (!text.isWellFormed()) return 'Contains half of a character (a lone surrogate).';
  return null;
}

function tooLarge(limitBytes: number): Refused {
  return new Refused('too_large', {
    detail: `The body may have at most ${Math.floor(limitBytes / 1024)} KB.`,
  });
}

function invalid(errors: { pointer: string; reason: string }[]): Refused {
  return new Refused('invalid_request', { detail: 'The body cannot be read.', errors });
}
