import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Decided } from '../../../api/contract/tasks.ts';
import { outcomeDone } from '../../../domain/words/en.ts';
import { countWords } from '../../../domain/words/reader.ts';
import type { ReadKey } from '../lib/api.ts';
import { useKeys } from '../lib/keys.ts';
import { callAgain, forMany } from '../lib/many.ts';

/** A decision that can still be taken back, as the person made it, and what became of taking it back. */
interface Undoable {
  readonly decided: Decided;
  /** What was decided about, in words. */
  readonly subject: string;
  /** On this browser's own clock, so that a wrong clock of the machine does not cut the time short. */
  readonly endsAtMs: number;
  readonly state: 'open' | 'taking' | 'taken' | 'refused' | 'in_effect';
  /** Why it was not taken back. */
  readonly problem: string | null;
}

interface Undo {
  /** Offers to take a decision back, above whatever page comes next. Those of one `batch` are taken back together. */
  readonly offer: (decided: Decided, subject: string, batch?: string) => void;
  /** Takes these decisions back. */
  readonly takeBack: (decisionIds: readonly string[]) => void;
  /** The decisions of the last batch by their ids. */
  readonly undoable: ReadonlyMap<string, Undoable>;
}

const UndoContext = createContext<Undo>({
  offer: () => undefined,
  takeBack: () => undefined,
  undoable: new Map(),
});

export function useUndo(): Undo {
  return use(UndoContext);
}

/** What a decision, or taking it back, changes on the screens. */
export const changedByDecisions: readonly ReadKey[] = [
  'GET /api/tasks',
  'GET /api/tasks/:id',
  'GET /api/deal-registrations',
  'GET /api/deal-registrations/:id',
  'GET /api/deal-registrations/:id/timeline',
  'GET /api/special-prices',
  'GET /api/special-prices/:id',
  'GET /api/special-prices/:id/events',
];

const TICK_MS = 250;

interface Batch {
  readonly name: string;
  readonly items: ReadonlyMap<string, Undoable>;
}

export function UndoProvider({ children }: { children: ReactNode }): ReactNode {
  const client = useQueryClient();
  const [batch, setBatch] = useState<Batch>({ name: '', items: new Map() });
  const [said, setSaid] = useState('');
  const change = useCallback((id: string, part: Partial<Undoable>): void => {
    setBatch((before) => {
      const item = before.items.get(id);
      return item === undefined
        ? before
        : { ...before, items: new Map(before.items).set(id, { ...item, ...part }) };
    });
  }, []);
  const offer = useCallback<Undo['offer']>((decided, subject, name = decided.decisionId) => {
    const lengthMs = Date.parse(decided.effectiveAt) - Date.parse(decided.decidedAt);
    const item: Undoable = {
      decided,
      subject,
      endsAtMs: performance.now() + lengthMs,
      state: lengthMs <= 0 ? 'in_effect' : 'open',
      problem: null,
    };
    setSaid('');
    setBatch((before) => ({
      name,
      items: new Map(before.name === name ? before.items : []).set(decided.decisionId, item),
    }));
  }, []);
  const takeBack = useCallback<Undo['takeBack']>(
    (decisionIds) => {
      for (const id of decisionIds) change(id, { state: 'taking' });
      const take = async (id: string): Promise<void> => {
        try {
          await callAgain('POST /api/decisions/:id/retraction', { params: { id }, body: {} });
          change(id, { state: 'taken' });
          setSaid(
            decisionIds.length === 1 ? 'The decision was taken back.' : 'The decisions were taken back.',
          );
        } catch (error) {
          change(id, { state: 'refused', problem: error instanceof Error ? error.message : String(error) });
        }
      };
      void forMany(decisionIds, take).then(() => {
        for (const route of changedByDecisions) void client.invalidateQueries({ queryKey: [route] });
      });
    },
    [change, client],
  );
  const close = useCallback((words: string): void => {
    setBatch({ name: '', items: new Map() });
    setSaid(words);
  }, []);
  const undo = useMemo(() => ({ offer, takeBack, undoable: batch.items }), [offer, takeBack, batch.items]);
  const shown = [...batch.items.values()].filter(({ state }) => state !== 'taken' && state !== 'in_effect');
  return (
    <UndoContext value={undo}>
      {children}
      {shown.length > 0 && (
        <UndoBar
          items={shown}
          onTake={takeBack}
          onClose={() => close('')}
          onOver={(ids) => {
            for (const id of ids) change(id, { state: 'in_effect' });
            setSaid(ids.length === 1 ? 'The decision is in effect.' : 'The decisions are in effect.');
          }}
        />
      )}
      <div className="visually-hidden" role="status">
        {said}
      </div>
    </UndoContext>
  );
}

function UndoBar(props: {
  items: readonly Undoable[];
  onTake: Undo['takeBack'];
  onClose: () => void;
  onOver: (ids: readonly string[]) => void;
}): ReactNode {
  const { items, onTake, onClose, onOver } = props;
  const open = items.filter(({ state }) => state === 'open');
  const refused = items.filter(({ state }) => state === 'refused');
  const taking = items.some(({ state }) => state === 'taking');
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    if (open.length === 0) return undefined;
    const timer = setInterval(() => {
      const now = performance.now();
      const over = open.filter(({ endsAtMs }) => endsAtMs <= now);
      setNowMs(now);
      if (over.length > 0) onOver(over.map(({ decided }) => decided.decisionId));
    }, TICK_MS);
    return () => clearInterval(timer);
  });
  const takeAll = (): void => onTake(open.map(({ decided }) => decided.decisionId));
  useKeys({ z: takeAll }, open.length > 0);
  // The time for all of them is that of the first that takes effect.
  const leftMs = Math.min(...open.map(({ endsAtMs }) => endsAtMs)) - nowMs;
  return (
    <div className="undo-bar" role="region" aria-label="Take the decision back">
      <span role="status">{refused.length > 0 ? notTaken(refused) : decidedWords(items)}</span>
      {open.length > 0 && (
        <span className="numbers" aria-hidden>
          {Math.max(Math.ceil(leftMs / 1000), 0)} s
        </span>
      )}
      {(open.length > 0 || taking) && (
        <button type="button" onClick={takeAll} disabled={open.length === 0} aria-keyshortcuts="z">
          {items.length === 1 ? 'Take back' : 'Take all back'}
        </button>
      )}
      {open.length === 0 && refused.length > 0 && (
        <button type="button" onClick={onClose}>
          Close
        </button>
      )}
    </div>
  );
}

function decidedWords(items: readonly Undoable[]): string {
  const [first] = items;
  if (first === undefined || items.length > 1) return `${countWords(items.length, 'decision')} made.`;
  return `${outcomeDone(first.decided.outcome)}: ${first.subject}.`;
}

function notTaken(refused: readonly Undoable[]): string {
  const reason = refused[0]?.problem ?? '';
  return refused.length === 1
    ? `Not taken back: ${reason}`
    : `${countWords(refused.length, 'decision')} not taken back: ${reason}`;
}
