import { changePpm } from '../money.ts';

/*
 * A price book holds the list prices and standard costs of products in one currency and region. It has versions, each in
 * force from an instant until the next one's; a version is published by a second person and never changes afterwards. What a
 * file would change is compared with the version before, so that whoever publishes sees it.
 */

export interface PriceEntry {
  readonly sku: string;
  /** Minor units of the book's currency, zero or more. */
  readonly listMinor: number;
  /** Null where it is not known. */
  readonly costMinor: number | null;
}

export interface PriceChange {
  readonly sku: string;
  readonly before: PriceEntry | null;
  readonly after: PriceEntry | null;
  /** Of the list price; null where there was none, or it was nothing. */
  readonly listChangePpm: number | null;
}

export interface BookComparison {
  readonly added: number;
  readonly removed: number;
  readonly dearer: number;
  readonly cheaper: number;
  /** The list price stays, the cost does not. */
  readonly costOnly: number;
  readonly unchanged: number;
  /** Everything but what is unchanged: removed first, then by how much the list price moves, then by product. */
  readonly changes: readonly PriceChange[];
}

/** What `after` changes against `before`. Products are compared by their sku, which is unique in each. */
export function compareBooks(before: readonly PriceEntry[], after: readonly PriceEntry[]): BookComparison {
  const known = new Map(before.map((entry) => [entry.sku, entry]));
  const counts = { added: 0, removed: 0, dearer: 0, cheaper: 0, costOnly: 0, unchanged: 0 };
  const changes: PriceChange[] = [];
  for (const entry of after) {
    const old = known.get(entry.sku) ?? null;
    known.delete(entry.sku);
    const kind = kindOf(old, entry);
    counts[kind] += 1;
    if (kind !== 'unchanged')
      changes.push({ sku: entry.sku, before: old, after: entry, listChangePpm: listChange(old, entry) });
  }
  for (const old of known.values()) {
    counts.removed += 1;
    changes.push({ sku: old.sku, before: old, after: null, listChangePpm: null });
  }
  return { ...counts, changes: changes.toSorted(byWeight) };
}

function kindOf(
  before: PriceEntry | null,
  after: PriceEntry,
): 'added' | 'dearer' | 'cheaper' | 'costOnly' | 'unchanged' {
  if (before === null) return 'added';
  if (after.listMinor !== before.listMinor) return after.listMinor > before.listMinor ? 'dearer' : 'cheaper';
  return after.costMinor === before.costMinor ? 'unchanged' : 'costOnly';
}

function listChange(before: PriceEntry | null, after: PriceEntry): number | null {
  if (before === null) return null;
  return changePpm(
    { amountMinor: before.listMinor, currency: '' },
    { amountMinor: after.listMinor, currency: '' },
  );
}

function byWeight(a: PriceChange, b: PriceChange): number {
  const removed = Number(b.after === null) - Number(a.after === null);
  if (removed !== 0) return removed;
  const size = Math.abs(b.listChangePpm ?? 0) - Math.abs(a.listChangePpm ?? 0);
  if (size !== 0) return size;
  return a.sku < b.sku ? -1 : Number(a.sku > b.sku);
}
