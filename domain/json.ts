/** What crosses every durable boundary: plain JSON, no dates, maps, sets or big integers. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** True for a JSON object: neither null nor a list. */
export function isJsonObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON Pointer (RFC 6901) to a place in a document; the empty text is the document itself. */
export function jsonPointer(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** True when both are the same JSON, whatever the order of an object's keys. */
export function sameJson(left: Json, right: Json): boolean {
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => sameJson(item, right[index] ?? null));
  }
  if (isJsonObject(left) && isJsonObject(right)) {
    const leftKeys = Object.keys(left);
    if (leftKeys.length !== Object.keys(right).length) return false;
    return leftKeys.every(
      (key) => Object.hasOwn(right, key) && sameJson(left[key] ?? null, right[key] ?? null),
    );
  }
  return left === right;
}
