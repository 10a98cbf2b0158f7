import { IconPoint } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { RegistrationListRow } from '../../../api/contract/deal-registrations.ts';
import { inWords } from '../../../domain/words/en.ts';
import { countWords } from '../../../domain/words/reader.ts';

/** What came in a case since the reader looked, in words; nothing when nothing did. */
export function News({ news }: { news: RegistrationListRow['news'] }): ReactNode {
  if (news === null) return null;
  const last = inWords(news.kind);
  return (
    <span className="news" title={`Since you looked at it last; latest: ${last}`}>
      <IconPoint size={12} fill="currentColor" aria-hidden />
      {news.count === 1 ? `New: ${last}` : countWords(news.count, 'change')}
    </span>
  );
}
