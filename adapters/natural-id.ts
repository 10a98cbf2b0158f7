import { createHash } from 'node:crypto';
import { formatId } from '../domain/ids.ts';
import type { IdKind } from '../domain/ids.ts';

const BEGINNING = '2026-01-01T00:00:00.000Z';

/** The id of a record that is known by a key of its own (a partner's reference, a program's key): the same in every installation. */
export function naturalId(kind: IdKind, key: string): string {
  return formatId(kind, Date.parse(BEGINNING), createHash('sha256').update(`${kind}:${key}`).digest());
}
