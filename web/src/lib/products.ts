import type { Product } from '../../../api/contract/directory.ts';
import { useRead } from './queries.ts';

const SHOWN = 30;

interface FoundProducts {
  readonly options: readonly { value: string; label: string }[];
  readonly chosen: { value: string; label: string } | null;
  readonly isPending: boolean;
  readonly error: unknown;
}

/** The products that have the words in their names, and the one with this number. */
export function useFoundProducts(words: string, sku: string): FoundProducts {
  const found = useRead('GET /api/products', { query: { search: words, limit: SHOWN } }, { keepLast: true });
  const chosen = useRead('GET /api/products', { query: { sku } }, { enabled: sku !== '' });
  return {
    options: (found.data?.items ?? []).map(optionOf),
    chosen: chosen.data?.items.map(optionOf)[0] ?? null,
    isPending: found.isPending,
    error: found.error ?? chosen.error,
  };
}

function optionOf({ sku, name, familyName }: Product): { value: string; label: string } {
  return { value: sku, label: `${name} (${familyName})` };
}
