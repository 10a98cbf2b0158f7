import { Button, Checkbox, Kbd, NativeSelect, TextInput } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Decided, TaskRow } from '../../../../api/contract/tasks.ts';
import { taskKindWords } from '../../../../domain/words/en.ts';
import { countWords, formatMoney } from '../../../../domain/words/reader.ts';
import { DueBadge } from '../../components/badges.tsx';
import { News } from '../../components/news.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { queryOf, SavedViews } from '../../components/saved-views.tsx';
import { useUndo } from '../../components/undo-bar.tsx';
import { Money } from '../../components/values.tsx';
import { call, type Input } from '../../lib/api.ts';
import { useKeys } from '../../lib/keys.ts';
import { useReader } from '../../lib/session.ts';
import { isNarrow } from '../../lib/width.ts';
import { BULK_LIMIT, rangeTo, sumsOf, type Motion } from './bulk.ts';
import { BulkPanel } from './bulk-panel.tsx';
import { InboxCase } from './inbox-case.tsx';
import { readInboxSearch, type InboxSearch } from './inbox-search.ts';
import { mergeOrder, nextAfter } from './order.ts';

const route = getRouteApi('/inbox');
const ROW_HEIGHT = 62;
const SEARCH_ID = 'inbox-search';
/** Deadlines come nearer without anything happening to the case. */
const READ_AGAIN_MS = 60_000;

/** The open tasks, most urgent first: list left, case right. */
export function InboxPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useMemo(
    () => ({
      show: search.show,
      kind: search.kind,
      tone: search.tone,
      queue: search.queue,
      search: search.search,
    }),
    [search.show, search.kind, search.tone, search.queue, search.search],
  );
  const tasks = useTasks(filter);
  const list = useSteadyList(JSON.stringify(filter), tasks.ids);
  const selectedId = search.task ?? (isNarrow() ? undefined : list.order[0]);
  const { offer: offerUndo } = useUndo();
  const open = (task: string | undefined, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, task }), replace });
  const step = (by: number): void => {
    const place = selectedId === undefined ? -1 : list.order.indexOf(selectedId);
    const next = list.order[Math.min(Math.max(place + by, 0), list.order.length - 1)];
    if (next !== undefined) open(next, true);
  };
  const choice = useChoice(JSON.stringify(filter), list.order, tasks.rows);
  const [motion, setMotion] = useState<Motion | null>(null);
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    '/': () => document.getElementById(SEARCH_ID)?.focus(),
    x: () => selectedId !== undefined && motion === null && choice.toggle(selectedId, false),
    X: () => selectedId !== undefined && motion === null && choice.toggle(selectedId, true),
  });
  const hasChoice = choice.rows.length > 0;
  useKeys(
    {
      a: () => setMotion('approve'),
      d: () => setMotion('deny'),
      r: () => setMotion('deny'),
      Escape: choice.clear,
    },
    hasChoice && motion === null,
  );
  const onDecided = (decided: Decided): void => {
    const row = tasks.rows.get(decided.taskId);
    offerUndo(decided, row?.subject ?? 'the case');
    list.remove(decided.taskId);
    open(isNarrow() ? undefined : nextAfter(list.order, decided.taskId), true);
  };
  useEffect(() => {
    document.title = `Inbox (${tasks.counts.open}) · Fairlead`;
  }, [tasks.counts.open]);
  return (
    <div className="inbox" data-open={search.task !== undefined || motion !== null}>
      <section className="inbox-list" aria-label="Open tasks">
        <InboxHead counts={tasks.counts} sums={tasks.sums} />
        <ProblemNotice error={tasks.error} onRetry={tasks.retry} />
        {list.waiting > 0 && (
          <button type="button" className="new-bar" onClick={list.letIn}>
            {list.waiting} new
          </button>
        )}
        {tasks.isPending ? (
          <LoadingRows rows={10} height={44} />
        ) : (
          <Rows
            order={list.order}
            rows={tasks.rows}
            selectedId={selectedId}
            chosen={choice.ids}
            onOpen={(id) => {
              if (motion === null) open(id);
            }}
            onChoose={(id, range) => {
              if (motion === null) choice.toggle(id, range);
            }}
            onEnd={tasks.more}
          />
        )}
        {hasChoice && motion === null && (
          <ChoiceBar choice={choice} listed={list.order.length} onMotion={setMotion} />
        )}
      </section>
      <div className="inbox-case" tabIndex={-1}>
        {search.task !== undefined && motion === null && (
          <Button
            className="only-phone"
            variant="default"
            mb={8}
            leftSection={<IconArrowLeft size={14} />}
            onClick={() => open(undefined)}
          >
            All tasks
          </Button>
        )}
        {motion !== null ? (
          <BulkPanel
            rows={choice.rows}
            motion={motion}
            onDecided={(id) => {
              list.remove(id);
              choice.drop(id);
            }}
            onClose={() => setMotion(null)}
          />
        ) : selectedId === undefined ? (
          !tasks.isPending && <Empty title="No case is open here">Choose one of the list.</Empty>
        ) : (
          <InboxCase key={selectedId} taskId={selectedId} keys={!hasChoice} onDecided={onDecided} />
        )}
      </div>
    </div>
  );
}

type Filter = Omit<Input<'GET /api/tasks'>['query'], 'cursor' | 'limit'>;
type Counts = { open: number; breached: number; dueSoon: number };

interface Tasks {
  readonly ids: readonly string[] | null;
  readonly rows: ReadonlyMap<string, TaskRow>;
  readonly counts: Counts;
  readonly sums: readonly { amountMinor: number; currency: string }[];
  readonly isPending: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  readonly more: () => void;
}

/** The pages read so far, as rows by id in the order of the server. */
function useTasks(filter: Filter): Tasks {
  const read = useInfiniteQuery({
    queryKey: ['GET /api/tasks', filter],
    queryFn: ({ pageParam, signal }) =>
      call(
        'GET /api/tasks',
        { query: { ...filter, limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    refetchInterval: READ_AGAIN_MS,
  });
  const pages = read.data?.pages;
  const { ids, rows } = useMemo(() => {
    const all = pages?.flatMap((page) => page.items) ?? [];
    return {
      ids: pages === undefined ? null : all.map(({ id }) => id),
      rows: new Map(all.map((row) => [row.id, row])),
    };
  }, [pages]);
  const first = pages?.[0];
  return {
    ids,
    rows,
    counts: first?.counts ?? { open: 0, breached: 0, dueSoon: 0 },
    sums: first?.sums ?? [],
    isPending: read.isPending,
    error: read.error,
    retry: () => void read.refetch(),
    more: () => {
      if (read.hasNextPage && !read.isFetchingNextPage) void read.fetchNextPage();
    },
  };
}

interface SteadyList {
  readonly order: readonly string[];
  readonly waiting: number;
  readonly letIn: () => void;
  readonly remove: (id: string) => void;
}

interface Steady {
  readonly filterKey: string;
  /** The reading that `order` was made from. */
  readonly latest: readonly string[] | null;
  readonly order: readonly string[];
  readonly waiting: readonly string[];
}

/** Keeps rows where they are while new ones come in, until the person lets them in or asks for another list. */
function useSteadyList(filterKey: string, latest: readonly string[] | null): SteadyList {
  const [steady, setSteady] = useState<Steady>({ filterKey, latest: null, order: [], waiting: [] });
  // Taken over while drawing, not after it: no frame shows the rows in the wrong place.
  if (steady.filterKey !== filterKey || steady.latest !== latest) {
    const kept = steady.filterKey === filterKey ? steady.order : [];
    const merged = latest === null ? { order: kept, waiting: [] } : mergeOrder(kept, latest);
    setSteady({ filterKey, latest, ...merged });
  }
  return {
    order: steady.order,
    waiting: steady.waiting.length,
    letIn: () => setSteady({ filterKey, latest, order: latest ?? [], waiting: [] }),
    remove: (id) => setSteady((before) => ({ ...before, order: before.order.filter((one) => one !== id) })),
  };
}

interface Choice {
  readonly ids: ReadonlySet<string>;
  /** As they were when they were chosen. */
  readonly rows: readonly TaskRow[];
  /** Chooses one or lets it go; with `range` chooses all from the last one up to it. */
  readonly toggle: (id: string, range: boolean) => void;
  readonly all: () => void;
  readonly drop: (id: string) => void;
  readonly clear: () => void;
}

interface Chosen {
  readonly filterKey: string;
  readonly rows: ReadonlyMap<string, TaskRow>;
  readonly last: string | null;
}

/** The tasks chosen for a bulk decision. Another list begins with none: nobody decides what he does not see. */
function useChoice(filterKey: string, order: readonly string[], rows: ReadonlyMap<string, TaskRow>): Choice {
  const none: Chosen = { filterKey, rows: new Map(), last: null };
  const [chosen, setChosen] = useState<Chosen>(none);
  if (chosen.filterKey !== filterKey) setChosen(none);
  const add = (ids: readonly string[], last: string): void =>
    setChosen((before) => {
      const after = new Map(before.rows);
      for (const id of ids) {
        const row = rows.get(id);
        if (row !== undefined && after.size < BULK_LIMIT) after.set(id, row);
      }
      return { ...before, rows: after, last };
    });
  const drop = (id: string): void =>
    setChosen((before) => ({
      ...before,
      rows: new Map([...before.rows].filter(([one]) => one !== id)),
    }));
  return {
    ids: new Set(chosen.rows.keys()),
    rows: [...chosen.rows.values()],
    toggle: (id, range) => {
      if (range) add(rangeTo(order, chosen.last, id), id);
      else if (chosen.rows.has(id)) drop(id);
      else add([id], id);
    },
    all: () => add(order, order.at(-1) ?? ''),
    drop,
    clear: () => setChosen(none),
  };
}

/** What is chosen, what it is worth, and what can be done with all of it. */
function ChoiceBar(props: { choice: Choice; listed: number; onMotion: (motion: Motion) => void }): ReactNode {
  const { choice, listed, onMotion } = props;
  const reader = useReader();
  const sums = sumsOf(choice.rows).map((sum) => formatMoney(sum, reader));
  const full = choice.rows.length >= BULK_LIMIT;
  return (
    <div className="choice-bar" role="region" aria-label="Chosen tasks">
      <div className="between">
        <span role="status">
          <strong>{choice.rows.length} chosen</strong>
          {sums.length > 0 && ` · ${sums.join(' · ')}`}
          {full && ` · ${BULK_LIMIT} at most`}
        </span>
        {!full && choice.rows.length < listed && (
          <button type="button" className="link-button" onClick={choice.all}>
            All {Math.min(listed, BULK_LIMIT)} listed
          </button>
        )}
      </div>
      <div className="row">
        <Button rightSection={<Kbd size="xs">a</Kbd>} onClick={() => onMotion('approve')}>
          Approve…
        </Button>
        <Button variant="default" rightSection={<Kbd size="xs">d</Kbd>} onClick={() => onMotion('deny')}>
          Deny…
        </Button>
        <Button variant="subtle" color="gray" className="push" onClick={choice.clear}>
          None
        </Button>
      </div>
    </div>
  );
}

function InboxHead(props: { counts: Counts; sums: Tasks['sums'] }): ReactNode {
  const { counts, sums } = props;
  const reader = useReader();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part, task: undefined }), replace: true });
  const risk = sums.map((sum) => formatMoney(sum, reader)).join(' and ');
  return (
    <div className="inbox-head">
      <div className="between">
        <h1>Inbox</h1>
        <span className="inbox-sums only-wide">
          <Kbd size="xs">j</Kbd> <Kbd size="xs">k</Kbd> move <Kbd size="xs">x</Kbd> choose
        </span>
      </div>
      <div className="inbox-sums">
        {countWords(counts.open, 'open task')}
        {counts.breached > 0 && `, ${counts.breached} late`}
        {counts.dueSoon > 0 && `, ${counts.dueSoon} due soon`}
        {risk !== '' && `; ${risk} at stake`}
      </div>
      <SavedViews
        screen="inbox"
        query={viewOf(search)}
        onOpen={(query) => void navigate({ search: readInboxSearch(query) })}
      />
      <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 6 }}>
        <NativeSelect
          size="xs"
          aria-label="Whose tasks"
          value={search.show ?? 'mine'}
          onChange={({ currentTarget: { value } }) =>
            change({ show: value === 'claimed' || value === 'all' ? value : undefined })
          }
          data={[
            { value: 'mine', label: 'I may decide' },
            { value: 'claimed', label: 'I hold' },
            { value: 'all', label: 'All' },
          ]}
        />
        <NativeSelect
          size="xs"
          aria-label="Urgency"
          value={search.tone ?? ''}
          onChange={({ currentTarget: { value } }) => change({ tone: tones.find((tone) => tone === value) })}
          data={[
            { value: '', label: 'Any urgency' },
            { value: 'breached', label: 'Late' },
            { value: 'dueSoon', label: 'Due soon' },
            { value: 'waiting', label: 'In time' },
            { value: 'paused', label: 'Paused' },
          ]}
        />
      </div>
      <TextInput
        size="xs"
        aria-label="Search the inbox"
        placeholder="Customer, partner, reference  ( / )"
        defaultValue={search.search ?? ''}
        id={SEARCH_ID}
        onChange={({ currentTarget: { value } }) => change({ search: value === '' ? undefined : value })}
      />
    </div>
  );
}

/** The open task is not part of a view. */
function viewOf({ task: _open, ...filters }: InboxSearch): Record<string, string> {
  return { ...queryOf(filters) };
}

const tones = ['breached', 'dueSoon', 'waiting', 'paused'] as const;

function Rows(props: {
  order: readonly string[];
  rows: ReadonlyMap<string, TaskRow>;
  selectedId: string | undefined;
  chosen: ReadonlySet<string>;
  onOpen: (id: string) => void;
  onChoose: (id: string, range: boolean) => void;
  onEnd: () => void;
}): ReactNode {
  const { order, rows, selectedId, chosen, onOpen, onChoose, onEnd } = props;
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: order.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (order.length > 0 && lastShown >= order.length - 8) onEnd();
  }, [lastShown, order.length, onEnd]);
  const place = selectedId === undefined ? -1 : order.indexOf(selectedId);
  useEffect(() => {
    if (place >= 0) virtual.scrollToIndex(place, { align: 'auto' });
  }, [place, virtual]);
  if (order.length === 0) {
    return (
      <div className="scroller">
        <Empty title="Nothing waits for you">
          New registrations appear here by themselves, the most urgent first.
        </Empty>
      </div>
    );
  }
  return (
    <div
      className="scroller"
      ref={frame}
      role="grid"
      aria-label="Open tasks, most urgent first"
      aria-rowcount={order.length}
      tabIndex={0}
      onClick={(event) => {
        const row = event.target instanceof Element ? event.target.closest('[data-id]') : null;
        const id = row?.getAttribute('data-id');
        if (typeof id !== 'string') return;
        const box = event.target instanceof Element && event.target.closest('.choose') !== null;
        if (box) onChoose(id, event.shiftKey);
        else onOpen(id);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || selectedId === undefined) return;
        event.preventDefault();
        onOpen(selectedId);
      }}
    >
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {items.map(({ key, index, start }) => {
          const id = order[index] ?? '';
          return (
            <Row
              key={key}
              id={id}
              row={rows.get(id)}
              index={index}
              start={start}
              selected={id === selectedId}
              chosen={chosen.has(id)}
            />
          );
        })}
      </div>
    </div>
  );
}

function Row(props: {
  id: string;
  row: TaskRow | undefined;
  index: number;
  start: number;
  selected: boolean;
  chosen: boolean;
}): ReactNode {
  const { id, row, index, start, selected, chosen } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 1}
      aria-selected={selected}
      className="inbox-row"
      data-gone={row === undefined}
      style={{ top: start, height: ROW_HEIGHT }}
      data-id={id}
    >
      <div role="gridcell">
        <span className="choose">
          {row !== undefined && (
            <Checkbox
              size="xs"
              tabIndex={-1}
              readOnly
              checked={chosen}
              aria-label={`Choose ${row.subject}`}
            />
          )}
        </span>
        <span className="clip strong">{row?.subject ?? 'Decided meanwhile'}</span>
        <span className="money">
          {row !== undefined && row.amount !== null && <Money amount={row.amount} />}
        </span>
        <span className="clip quiet">
          {row !== undefined && <News news={row.news} />}
          {row === undefined
            ? ''
            : [
                row.partnerName,
                taskKindWords[row.kind],
                row.actingFor === null ? null : `for ${row.actingFor.displayName}`,
                row.claimedBy === null ? null : `held by ${row.claimedBy.displayName}`,
              ]
                .filter((part) => part !== null)
                .join(' · ')}
        </span>
        <span style={{ justifySelf: 'end' }}>
          <DueBadge due={row?.due ?? null} />
        </span>
      </div>
    </div>
  );
}
