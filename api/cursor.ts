import { Refused } from './refused.ts';

/** Where a page ended: the value it is sorted by, as the database writes it, and the row's id. */
export interface Place {
  readonly place: string;
  readonly id: string;
}

/** An opaque cursor; it carries no rights, so it is not signed. */
export function cursorOf({ place, id }: Place): string {
  return Buffer.from(JSON.stringify([place, id])).toString('base64url');
}

/** Throws `Refused` for a text that is no cursor of this list. */
export function placeOf(cursor: string | undefined, valid: (place: string) => boolean): Place | null {
  if (cursor === undefined) return null;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    // Said below, together with cursors of another shape.
    value = null;
  }
  if (
    Array.isArray(value) &&
    value.length === 2 &&
    typeof value[0] === 'string' &&
    typeof value[1] === 'string' &&
    value[1].length <= 64 &&
    valid(value[0]) &&
    !value[1].includes('\u0000')
  ) {
    return { place: value[0], id: value[1] };
  }
  throw new Refused('invalid_request', {
    detail: 'The cursor is not one of this list.',
    errors: [{ pointer: '#query/cursor', reason: 'Take it from nextCursor of the page before.' }],
  });
}

/** A place that is an instant as Postgres writes it, or `infinity`. */
export function isInstantPlace(place: string): boolean {
  return (
    /^(?:infinity|-infinity|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d(?::\d\d)?)$/.test(place) &&
    (place.includes('infinity') ||
      !Number.isNaN(Date.parse(place.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))))
  );
}

/** A place that is a whole number. */
export function isNumberPlace(place: string): boolean {
  return /^-?\d{1,16}$/.test(place);
}

/** A place that is a name, as it stands in the record. */
function isNamePlace(place: string): boolean {
  return place.length <= 300 && !place.includes('\u0000');
}

/** What a list in the order of its names shows of `limit + 1` rows that were read, and where the next page begins. */
export function namedPage<Row>(
  rows: readonly Row[],
  limit: number,
  placeIn: (row: Row) => Place,
): { items: Row[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last === undefined ? null : cursorOf(placeIn(last)) };
}

/** What a query asks of a list in the order of its names. One row more than is shown tells whether there are more. */
export function behind(query: { search?: string | undefined; cursor?: string | undefined; limit: number }): {
  search: string | null;
  after: Place | null;
  limit: number;
} {
  return {
    search: query.search ?? null,
    after: placeOf(query.cursor, isNamePlace),
    limit: query.limit + 1,
  };
}
