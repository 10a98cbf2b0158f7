import { inWords } from '../../../domain/words/en.ts';
import { listWords } from '../../../domain/words/reader.ts';
import { useRead } from './queries.ts';

const SHOWN = 30;

/** The vendor's people who have the words in their names, with what they may decide. */
export function useFoundColleagues(words: string): {
  options: { value: string; label: string }[];
  chosen: null;
  isPending: boolean;
  error: unknown;
} {
  const found = useRead('GET /api/people', { query: { search: words, limit: SHOWN } }, { keepLast: true });
  return {
    options: (found.data?.items ?? []).map((one) => ({
      value: one.id,
      label: `${one.displayName}: ${listWords(one.roles.map(inWords))}`,
    })),
    chosen: null,
    isPending: found.isPending,
    error: found.error,
  };
}
