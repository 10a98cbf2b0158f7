import { jsonPointer } from './json.ts';

/**
 * One text for one JSON value, whatever the order in which its keys were written: the form that is hashed.
 * It follows RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, no white space, numbers and
 * strings as ECMAScript writes them; the number −0 becomes 0.
 */

/** What has no canonical form: `pointer` (RFC 6901) names the place, `reason` says why. */
export class NotCanonicalError extends Error {
  readonly pointer: string;
  readonly reason: string;

  constructor(problem: { pointer: string; reason: string }) {
    super(`no canonical JSON: ${problem.pointer === '' ? 'the value' : problem.pointer} ${problem.reason}`);
    this.name = 'NotCanonicalError';
    this.pointer = problem.pointer;
    this.reason = problem.reason;
  }
}

/** Deeper than this is refused, so that a hostile document cannot exhaust the stack. */
export const MAX_CANONICAL_DEPTH = 500;

/**
 * The canonical text of plain JSON. Takes `unknown` because it is also the check that a value is plain JSON.
 * Throws `NotCanonicalError` on what JSON cannot say without loss: NaN and the infinities, undefined (also as the value
 * of a key or an item of a list), big integers, functions, symbols, dates, maps and other class instances, lone
 * surrogates in texts or keys, and nesting beyond `MAX_CANONICAL_DEPTH`.
 */
export function canonicalJson(value: unknown): string {
  return write(value, []);
}

type Path = (string | number)[];

function write(value: unknown, path: Path): string {
  switch (typeof value) {
    case 'string':
      return text(value, path);
    case 'number':
      if (!Number.isFinite(value)) return refuse(path, `is ${String(value)}, which JSON cannot say`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (path.length >= MAX_CANONICAL_DEPTH) return refuse(path.slice(0, 5), 'is nested too deeply');
      return Array.isArray(value) ? list(value, path) : object(value, path);
    case 'undefined':
    case 'bigint':
    case 'symbol':
    case 'function':
      return refuse(path, `is of type ${typeof value}, which JSON does not have`);
  }
}

function list(items: readonly unknown[], path: Path): string {
  const parts: string[] = [];
  // An index loop, because the holes of a sparse list are seen by it and skipped by `map`.
  for (let index = 0; index < items.length; index += 1) {
    path.push(index);
    parts.push(write(items[index], path));
    path.pop();
  }
  return `[${parts.join(',')}]`;
}

function object(value: object, path: Path): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm (a test runner's, a workflow's sandbox) has a prototype that itself has none.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return refuse(path, 'is an instance of a class, not a plain object');
  }
  const parts = Object.entries(value)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, item]: [string, unknown]) => {
      path.push(key);
      const part = `${text(key, path)}:${write(item, path)}`;
      path.pop();
      return part;
    });
  return `{${parts.join(',')}}`;
}

function text(value: string, path: Path): string {
  if (!value.isWellFormed()) return refuse(path, 'contains a lone surrogate');
  return JSON.stringify(value);
}

function refuse(path: Path, reason: string): never {
  throw new NotCanonicalError({ pointer: jsonPointer(path), reason });
}
