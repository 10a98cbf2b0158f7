import { NativeSelect } from '@mantine/core';
import { IconClock, IconGavel, IconLock, IconMail, IconUser, type Icon } from '@tabler/icons-react';
import { useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { Fragment, useEffect, useState, type ReactNode } from 'react';
import type { TimelineEntry } from '../../../api/contract/deal-registrations.ts';
import { describeClockEvent } from '../../../domain/words/clocks.ts';
import { describeEvent, describeMailEntry } from '../../../domain/words/events.ts';
import { countWords, type Reader } from '../../../domain/words/reader.ts';
import { call, type Answer } from '../lib/api.ts';
import { useRead } from '../lib/queries.ts';
import { useReader } from '../lib/session.ts';
import { LoadingRows, Notice, ProblemNotice } from './notices.tsx';
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

/** What happened to a registration, with a line at what the reader has seen. */
export function CaseTimeline({ caseId }: { caseId: string }): ReactNode {
  const { read, look } = useLook(caseId);
  useKeepLook({ caseId, read });
  return <Stream read={read} look={look} />;
}

/** What happened to a request for a special price, or to an agreement. */
export function EventTimeline(props: {
  route: 'GET /api/special-prices/:id/events' | 'GET /api/pricing-agreements/:id/events';
  id: string;
}): ReactNode {
  const read = useRead(props.route, { params: { id: props.id } });
  return <Stream read={read} look={null} />;
}

/** One stream in plain words, newest first; each entry opens to its data. */
function Stream(props: {
  read: UseQueryResult<{ items: TimelineEntry[] }>;
  look: Timeline['lastLook'];
}): ReactNode {
  const { read, look } = props;
  const [source, setSource] = useState<'all' | Source>('all');
  const [all, setAll] = useState(false);
  const items = (read.data?.items ?? [])
    .filter((entry) => source === 'all' || entry.source === source)
    .toReversed();
  const shown = all ? items : items.slice(0, SHOWN_FIRST);
  // Newest first: above the line is what came since. A line above or below everything would divide nothing.
  const lineAt = look === null ? -1 : shown.findIndex(({ seq }) => seq <= look.upTo);
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
        {withKeys(shown).map(({ key, entry }, place) => (
          <Fragment key={key}>
            {place === lineAt && place > 0 && look !== null && (
              <li className="looked">
                You looked <Instant at={look.at} />
              </li>
            )}
            <Entry entry={entry} />
          </Fragment>
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

/** One step can fire two clocks alike: what is the same in everything else is told apart by its place among those. */
function withKeys(entries: readonly TimelineEntry[]): { key: string; entry: TimelineEntry }[] {
  const seen = new Map<string, number>();
  return entries.map((entry) => {
    const clock = entry.facts['clock'];
    const name = [entry.source, entry.seq, entry.kind, entry.at, typeof clock === 'string' ? clock : ''].join(
      ' ',
    );
    const place = seen.get(name) ?? 0;
    seen.set(name, place + 1);
    return { key: `${name} ${place}`, entry };
  });
}

type Timeline = Answer<'GET /api/deal-registrations/:id/timeline'>;

/** The timeline, and how far the reader had looked when he opened the page: looking at it now does not move the line. */
function useLook(caseId: string): { read: UseQueryResult<Timeline>; look: Timeline['lastLook'] } {
  const read = useRead('GET /api/deal-registrations/:id/timeline', { params: { id: caseId } });
  const [opened, setOpened] = useState<{ caseId: string; look: Timeline['lastLook'] } | null>(null);
  if (read.data !== undefined && opened?.caseId !== caseId) setOpened({ caseId, look: read.data.lastLook });
  return { read, look: opened?.caseId === caseId ? opened.look : null };
}

/** A case that is passed on the way down the list has not been looked at. */
const A_LOOK_MS = 1_500;

/** Keeps on the server that the reader has seen what stands here, once he has stayed. */
function useKeepLook({ caseId, read }: { caseId: string; read: UseQueryResult<Timeline> }): void {
  const client = useQueryClient();
  const upTo = read.data?.upTo ?? 0;
  const before = read.data?.lastLook?.upTo ?? 0;
  useEffect(() => {
    if (upTo <= before) return undefined;
    const keep = (): void => {
      if (document.visibilityState !== 'visible') return;
      call('PUT /api/deal-registrations/:id/look', { params: { id: caseId }, body: { upTo } }).then(
        () => {
          for (const list of ['GET /api/deal-registrations', 'GET /api/tasks'] as const)
            void client.invalidateQueries({ queryKey: [list] });
        },
        // Only a mark in a list; it is kept with the next look.
        (error: unknown) => console.info('That the case was looked at could not be kept.', error),
      );
    };
    const timer = setTimeout(keep, A_LOOK_MS);
    return () => clearTimeout(timer);
  }, [caseId, upTo, before, client]);
}

const NEWS_SHOWN = 3;

/** What came since the reader looked last, in sentences, latest first; nothing on a first look. */
export function SinceYouLooked({ caseId }: { caseId: string }): ReactNode {
  const { read, look } = useLook(caseId);
  const reader = useReader();
  if (look === null) return null;
  const news = (read.data?.items ?? [])
    .filter(({ seq, source }) => seq > look.upTo && (source === 'event' || source === 'decision'))
    .toReversed();
  if (news.length === 0) return null;
  const more = news.length - NEWS_SHOWN;
  return (
    <div style={{ marginBottom: 12 }}>
      <Notice tone="waiting">
        <strong>Since you looked</strong> (<Instant at={look.at} />
        ):
        <ul className="sentences" style={{ marginTop: 2 }}>
          {withKeys(news.slice(0, NEWS_SHOWN)).map(({ key, entry }) => (
            <li key={key}>{sentenceOf(entry, reader)}</li>
          ))}
        </ul>
        {more > 0 && <span className="quiet">and {countWords(more, 'earlier change')}, in the timeline</span>}
      </Notice>
    </div>
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
      return describeMailEntry(entry);
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
