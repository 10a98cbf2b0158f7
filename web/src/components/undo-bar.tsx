import { createContext, use, useCallback, useEffect, useState, type ReactNode } from 'react';
import type { Decided } from '../../../api/contract/tasks.ts';
import { outcomeDone } from '../../../domain/words/en.ts';
import { useKeys } from '../lib/keys.ts';
import { useWrite } from '../lib/queries.ts';

/** A decision that can still be taken back, as the person made it. */
interface Undoable {
  readonly decided: Decided;
  /** What was decided about, in words. */
  readonly subject: string;
  /** On this browser's own clock, so that a wrong clock of the machine does not cut the time short. */
  readonly endsAtMs: number;
}

type Offer = (decided: Decided, subject: string) => void;
const UndoContext = createContext<Offer>(() => undefined);

/** Offers to take a decision back, above whatever page comes next. */
export function useOfferUndo(): Offer {
  return use(UndoContext);
}

const TICK_MS = 250;

export function UndoProvider({ children }: { children: ReactNode }): ReactNode {
  const [last, setLast] = useState<Undoable | null>(null);
  const [said, setSaid] = useState('');
  const offer = useCallback<Offer>((decided, subject) => {
    const lengthMs = Date.parse(decided.effectiveAt) - Date.parse(decided.decidedAt);
    setSaid('');
    setLast(lengthMs <= 0 ? null : { decided, subject, endsAtMs: performance.now() + lengthMs });
  }, []);
  const end = useCallback((words: string) => {
    setLast(null);
    setSaid(words);
  }, []);
  return (
    <UndoContext value={offer}>
      {children}
      {last !== null && <UndoBar key={last.decided.decisionId} undoable={last} onEnd={end} />}
      <div className="visually-hidden" role="status">
        {said}
      </div>
    </UndoContext>
  );
}

function UndoBar({ undoable, onEnd }: { undoable: Undoable; onEnd: (words: string) => void }): ReactNode {
  const { decided, subject, endsAtMs } = undoable;
  const [leftMs, setLeftMs] = useState(() => endsAtMs - performance.now());
  const take = useWrite('POST /api/decisions/:id/retraction', [
    'GET /api/tasks',
    'GET /api/tasks/:id',
    'GET /api/deal-registrations',
    'GET /api/deal-registrations/:id',
    'GET /api/deal-registrations/:id/timeline',
  ]);
  const busy = take.isPending || take.isError;
  useEffect(() => {
    if (busy) return undefined;
    const timer = setInterval(() => {
      const left = endsAtMs - performance.now();
      if (left <= 0) onEnd('The decision is in effect.');
      else setLeftMs(left);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [endsAtMs, onEnd, busy]);
  const takeBack = (): void =>
    take.mutate(
      { params: { id: decided.decisionId }, body: {} },
      { onSuccess: () => onEnd('The decision was taken back.') },
    );
  useKeys({ z: takeBack });
  return (
    <div className="undo-bar" role="region" aria-label="Take the decision back">
      <span role="status">
        {take.isError
          ? `Not taken back: ${take.error.message}`
          : `${outcomeDone(decided.outcome)}: ${subject}.`}
      </span>
      {take.isError ? (
        <button type="button" onClick={() => onEnd('')}>
          Close
        </button>
      ) : (
        <>
          <span className="numbers" aria-hidden>
            {Math.max(Math.ceil(leftMs / 1000), 0)} s
          </span>
          <button type="button" onClick={takeBack} disabled={take.isPending} aria-keyshortcuts="z">
            Take back
          </button>
        </>
      )}
    </div>
  );
}
