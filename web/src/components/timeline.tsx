import { NativeSelect } from '@mantine/core';
import { IconClock, IconGavel, IconLock, IconMail, IconUser, type Icon } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import type { TimelineEntry } from '../../../api/contract/deal-registrations.ts';
import { describeClockEvent } from '../../../domain/words/clocks.ts';
import { inWords } from '../../../domain/words/en.ts';
import { describeEvent } from '../../../domain/words/events.ts';
import type { Reader } from '../../../domain/words/reader.ts';
import { useRead } from '../lib/queries.ts';
import { useReader } from '../lib/session.ts';
import { LoadingRows, ProblemNotice } from './notices.tsx';
import { Section } from './page.tsx';
import { Instant } from './values.tsx';

type Source = TimelineEntry['source'];
const filters: readonly { value: 'all' | Source; label: string }[] = [
  { value: 'all', label: 'Everything' },
  { value: 'event', label: 'People and steps' },
  { value: 'decision', label: 'Decisions' },
  { value: 'clock', label: 'Clocks' },
  { value: 'mail', label: 'Mails' },
];
/** A long case shows its latest; the rest on request. */
const SHOWN_FIRST = 12;

/** One stream in plain words, newest first; each entry opens to its data. */
export function CaseTimeline({ caseId }: { caseId: string }): ReactNode {
  const read = useRead('GET /api/deal-registrations/:id/timeline', { params: { id: caseId } });
  const [source, setSource] = useState<'all' | Source>('all');
  const [all, setAll] = useState(false);
  const items = (read.data?.items ?? [])
    .filter((entry) => source === 'all' || entry.source === source)
    .toReversed();
  const shown = all ? items : items.slice(0, SHOWN_FIRST);
  return (
    <Section
      title="Timeline"
      aside={
        <NativeSelect
          aria-label="Show in the timeline"
          size="xs"
          data={[...filters]}
          value={source}
          onChange={({ currentTarget }) => {
            const chosen = filters.find(({ value }) => value === currentTarget.value);
            if (chosen !== undefined) setSource(chosen.value);
          }}
        />
      }
    >
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.isPending && <LoadingRows rows={4} />}
      {read.data !== undefined && shown.length === 0 && (
        <p className="quiet">Nothing of this kind has happened yet.</p>
      )}
      <ol className="timeline">
        {shown.map((entry) => (
          <Entry key={`${entry.source} ${entry.seq} ${entry.kind} ${entry.at}`} entry={entry} />
        ))}
      </ol>
      {items.length > shown.length && (
        <button type="button" className="new-bar" onClick={() => setAll(true)}>
          Show {items.length - shown.length} earlier
        </button>
      )}
    </Section>
  );
}

function signOf(source: Source): { icon: Icon; label: string } {
  switch (source) {
    case 'event':
      return { icon: IconUser, label: 'Step' };
    case 'decision':
      return { icon: IconGavel, label: 'Decision' };
    case 'clock':
      return { icon: IconClock, label: 'Clock' };
    case 'mail':
      return { icon: IconMail, label: 'Mail' };
    default:
      return source satisfies never;
  }
}

function sentenceOf(entry: TimelineEntry, reader: Reader): string {
  switch (entry.source) {
    case 'event':
    case 'decision':
      return describeEvent(entry, reader);
    case 'clock':
      return describeClockEvent(entry, reader);
    case 'mail':
      return `Mail “${inWords(entry.kind)}”${entry.actor === null ? '' : ` to ${entry.actor}`}.`;
    default:
      return entry.source satisfies never;
  }
}

function Entry({ entry }: { entry: TimelineEntry }): ReactNode {
  const reader = useReader();
  const { icon: Sign, label } = signOf(entry.source);
  const words = (
    <>
      {sentenceOf(entry, reader)}{' '}
      {entry.vendorOnly && (
        <span className="quiet" title="Partners do not see this entry">
          <IconLock size={12} aria-hidden /> vendor only
        </span>
      )}
    </>
  );
  return (
    <li>
      <Sign size={15} aria-label={label} />
      {Object.keys(entry.facts).length === 0 ? (
        <span className="entry">{words}</span>
      ) : (
        <details className="entry">
          <summary title="Show the data">{words}</summary>
          <pre className="data">{JSON.stringify(entry.facts, null, 2)}</pre>
        </details>
      )}
      <span className="quiet">
        <Instant at={entry.at} />
      </span>
    </li>
  );
}
