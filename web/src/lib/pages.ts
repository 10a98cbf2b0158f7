import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call, type Answer, type Input } from './api.ts';

/** The routes that answer a list in pages. */
type PagedKey =
  | 'GET /api/deal-registrations'
  | 'GET /api/special-prices'
  | 'GET /api/deal-desk/ending'
  | 'GET /api/tasks'
  | 'GET /api/pricing-agreements'
  | 'GET /api/audit';
type Item<Key extends PagedKey> = Answer<Key>['items'][number];

export interface Pages<Row> {
  readonly items: readonly Row[];
  readonly isPending: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly more: () => void;
}

/** A list page by page, as one list. */
export function usePages<Key extends PagedKey>(
  key: Key,
  query: Omit<Input<Key>['query'], 'cursor' | 'limit'>,
): Pages<Item<Key>> {
  const read = useInfiniteQuery({
    queryKey: [key, query],
    queryFn: ({ pageParam, signal }) =>
      call(
        key,
        // The part of a generic input cannot be followed by the compiler; PagedKey names the routes it holds for.
        {
          query: { ...query, ...(pageParam === null ? {} : { cursor: pageParam }) },
        } as unknown as Input<Key>,
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last as { nextCursor: string | null }).nextCursor,
    placeholderData: (before) => before,
  });
  const items = useMemo(
    () => (read.data?.pages ?? []).flatMap((page) => page.items as readonly Item<Key>[]),
    [read.data],
  );
  return {
    items,
    isPending: read.isPending,
    error: read.error,
    retry: () => void read.refetch(),
    hasMore: read.hasNextPage,
    isLoadingMore: read.isFetchingNextPage,
    more: () => void read.fetchNextPage(),
  };
}
