import {
  QueryClient,
  keepPreviousData,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { useRef } from 'react';
import {
  ApiProblem,
  call,
  isPassing,
  newIdempotencyKey,
  type Answer,
  type Input,
  type ReadKey,
  type WriteKey,
} from './api.ts';

/** How often something that passed is tried again before a person is told. */
const TRIES = 2;

/** Holds what was read. A write that failed for a passing reason is tried again with its own key. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (count, error) => isPassing(error) && count < TRIES,
        refetchOnWindowFocus: true,
      },
      mutations: { retry: (count, error) => isPassing(error) && count < TRIES, retryDelay: 800 },
    },
  });
}

interface ReadOptions {
  readonly enabled?: boolean;
  readonly everyMs?: number;
  /** Keep showing the last page while the next one loads. */
  readonly keepLast?: boolean;
}

/** Reads one route; its key in the cache is the route and what was asked. */
export function useRead<Key extends ReadKey>(
  key: Key,
  input: Input<Key>,
  options: ReadOptions = {},
): UseQueryResult<Answer<Key>> {
  return useQuery<Answer<Key>>({
    queryKey: [key, input],
    queryFn: ({ signal }) => call(key, input, { signal }),
    enabled: options.enabled ?? true,
    ...(options.everyMs === undefined ? {} : { refetchInterval: options.everyMs }),
    ...(options.keepLast === true ? { placeholderData: keepPreviousData } : {}),
  });
}

/**
 * One kind of write. A key is made for each action and kept while the very same action is tried again; what it
 * changes is read anew by the routes named.
 */
export function useWrite<Key extends WriteKey>(
  key: Key,
  refresh: readonly ReadKey[] = [],
): UseMutationResult<Answer<Key>, Error, Input<Key>> {
  const client = useQueryClient();
  const action = useRef({ text: '', idempotencyKey: '' });
  return useMutation<Answer<Key>, Error, Input<Key>>({
    mutationFn: (input) => {
      const text = JSON.stringify(input);
      if (action.current.text !== text) action.current = { text, idempotencyKey: newIdempotencyKey() };
      return call(key, input, { idempotencyKey: action.current.idempotencyKey });
    },
    onSuccess: () => {
      action.current = { text: '', idempotencyKey: '' };
      // Not waited for: who asked for the write is told at once, before a new reading takes his screen away.
      for (const route of refresh) void client.invalidateQueries({ queryKey: [route] });
    },
    onError: (error) => {
      // A refusal ends the action: pressing again is a new one, not a repetition of the refused.
      if (!isPassing(error)) action.current = { text: '', idempotencyKey: '' };
    },
  });
}

/** True when the person is not, or no longer, signed in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiProblem && error.problem.status === 401;
}
