import { useCallback, useEffect, useRef, useState } from 'react';
import { call, newIdempotencyKey } from './api.ts';

/** A pause in typing this long saves. */
const PAUSE_MS = 700;

export type Saving = 'nothing' | 'saving' | 'saved' | 'failed';

/** Which drafts: the part of their routes behind `/api/`. */
export type DraftRoutes = 'registration-drafts' | 'special-price-drafts';

/** What a form holds; of the program, so that the draft is one of it. */
interface Draftable {
  readonly programId: string;
}

interface DraftSaving<Body extends Draftable> {
  readonly draftId: string | null;
  readonly saving: Saving;
  readonly error: unknown;
  /** Takes what the form holds now; saved after a pause. */
  readonly keep: (body: Body) => void;
  /** Saves at once what is not saved yet; answers the draft's id. */
  readonly flush: () => Promise<string | null>;
}

/** Saves a form by itself: the first time as a new draft, then over it, one save after the other. */
export function useDraftSaving<Body extends Draftable>(
  routes: DraftRoutes,
  { initialId, onBegun }: { initialId: string | null; onBegun: (id: string) => void },
): DraftSaving<Body> {
  const [saving, setSaving] = useState<Saving>(initialId === null ? 'nothing' : 'saved');
  const [error, setError] = useState<unknown>(null);
  const [draftId, setDraftId] = useState(initialId);
  const state = useRef<{ id: string | null; waiting: Body | null; chain: Promise<void>; key: string }>({
    id: initialId,
    waiting: null,
    chain: Promise.resolve(),
    key: newIdempotencyKey(),
  });
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  const save = useCallback(async (): Promise<void> => {
    const current = state.current;
    const typed = current.waiting;
    if (typed === null) return;
    current.waiting = null;
    setSaving('saving');
    try {
      const body = { ...typed } as Record<string, unknown>;
      if (current.id === null) {
        const begun = await call(
          `POST /api/${routes}`,
          { body: { programId: typed.programId, body } },
          { idempotencyKey: current.key },
        );
        current.id = begun.id;
        setDraftId(begun.id);
        onBegun(begun.id);
      } else {
        await call(`PUT /api/${routes}/:id`, { params: { id: current.id }, body: { body } });
      }
      setError(null);
      setSaving('saved');
    } catch (failure) {
      // Kept, so that the next save, or the next keystroke, tries again.
      current.waiting ??= typed;
      current.key = newIdempotencyKey();
      setError(failure);
      setSaving('failed');
    }
  }, [onBegun, routes]);

  const flush = useCallback(async (): Promise<string | null> => {
    if (timer.current !== null) clearTimeout(timer.current);
    const current = state.current;
    current.chain = current.chain.then(save);
    await current.chain;
    return current.id;
  }, [save]);

  const keep = useCallback(
    (body: Body): void => {
      state.current.waiting = body;
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = setTimeout(() => void flush(), PAUSE_MS);
    },
    [flush],
  );

  useEffect(() => {
    // Leaving the page, or hiding it, saves what a pause has not yet.
    const onHide = (): void => void flush();
    window.addEventListener('pagehide', onHide);
    return () => {
      window.removeEventListener('pagehide', onHide);
      void flush();
    };
  }, [flush]);

  return { draftId, saving, error, keep, flush };
}
