import type { QueryClient } from '@tanstack/react-query';
import type { ReadKey } from './api.ts';

/** That a case changed: which, how far it has come, and by what kind of event; never what it says. */
export interface CaseChanged {
  readonly caseId: string;
  readonly seq: number;
  readonly kind: string;
}

/** EventSource gives up on an answer that is no stream (signed out, a part is down); it is opened again after this. */
const REOPEN_MS = 5_000;
const CHANNEL = 'fairlead-live';

/** Stands for every case: what was missed is not known. */
const everything: CaseChanged = { caseId: '*', seq: 0, kind: 'resync' };

/** Lists in which any case may appear. Small enough to be read anew; rows are patched in place by their ids. */
const lists: readonly ReadKey[] = [
  'GET /api/deal-registrations',
  'GET /api/special-prices',
  'GET /api/pricing-agreements',
  'GET /api/tasks',
  'GET /api/operations/board',
  'GET /api/my-partners',
];
const ofOneCase: readonly ReadKey[] = [
  'GET /api/deal-registrations/:id',
  'GET /api/deal-registrations/:id/timeline',
  'GET /api/deal-registrations/:id/clock',
  'GET /api/special-prices/:id',
  'GET /api/special-prices/:id/events',
  'GET /api/special-prices/:id/clock',
  'GET /api/pricing-agreements/:id',
  'GET /api/pricing-agreements/:id/events',
];
/** Many changes at once make one reading. */
const GATHER_MS = 300;

/**
 * Keeps what is shown current. One tab holds the stream (a browser allows six connections to a host) and tells
 * the others; when it closes, the next one takes over. Returns how to stop.
 */
export function followLive(client: QueryClient): () => void {
  const stop = new AbortController();
  const channel = new BroadcastChannel(CHANNEL);
  const apply = gather(client, stop.signal);
  channel.addEventListener('message', (message: MessageEvent<CaseChanged>) => apply(message.data));
  lead(stop.signal, (change) => {
    apply(change);
    channel.postMessage(change);
  });
  stop.signal.addEventListener('abort', () => channel.close());
  return () => stop.abort();
}

function lead(stopped: AbortSignal, tell: (change: CaseChanged) => void): void {
  if (!('locks' in navigator)) {
    // Not a secure context: every tab has a stream of its own.
    openStream(stopped, tell);
    return;
  }
  leadOne({ locks: navigator.locks, name: CHANNEL, stopped, begin: () => openStream(stopped, tell) }).catch(
    (error: unknown) => console.warn('Live updates could not be started.', error),
  );
}

/**
 * Runs `begin` when this one is the only holder of `name`, and holds it until stopped. Rejects with what the lock manager
 * says, except that it was stopped while waiting.
 */
export async function leadOne(input: {
  locks: Pick<LockManager, 'request'>;
  name: string;
  stopped: AbortSignal;
  begin: () => void;
}): Promise<void> {
  const { locks, name, stopped, begin } = input;
  try {
    await locks.request(name, { signal: stopped }, async () => {
      // Stopped between the grant and this call: the signal tells nobody any more, and to wait for it would hold the
      // lock until the tab is closed, with every other tab deaf.
      if (stopped.aborted) return;
      begin();
      await new Promise<void>((resolve) => {
        stopped.addEventListener('abort', () => resolve(), { once: true });
      });
    });
  } catch (error) {
    if (!stopped.aborted) throw error;
  }
}

function openStream(stopped: AbortSignal, tell: (change: CaseChanged) => void, again = false): void {
  if (stopped.aborted) return;
  const stream = new EventSource('/api/live');
  const close = (): void => stream.close();
  stopped.addEventListener('abort', close);
  const heard = (message: MessageEvent<string>): void => {
    const change = parseChange(message.data);
    if (change !== null) tell(change);
  };
  stream.addEventListener('message', heard);
  stream.addEventListener('case', heard);
  // The stream was away for a while: nobody knows what changed meanwhile. A new one cannot say so by itself.
  stream.addEventListener('resync', () => tell(everything));
  // Opened again, by us or by the browser, which says so only once it has had an event with an id.
  let opened = again;
  stream.addEventListener('open', () => {
    if (opened) tell(everything);
    opened = true;
  });
  stream.addEventListener('error', () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    stopped.removeEventListener('abort', close);
    setTimeout(() => openStream(stopped, tell, true), REOPEN_MS);
  });
}

function parseChange(text: string): CaseChanged | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    console.warn('An event of the live stream could not be read.');
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { caseId, seq, kind } = value as Record<string, unknown>;
  return typeof caseId === 'string' && typeof seq === 'number' && typeof kind === 'string'
    ? { caseId, seq, kind }
    : null;
}

function gather(client: QueryClient, stopped: AbortSignal): (change: CaseChanged) => void {
  const changed = new Set<string>();
  let waiting = false;
  const read = (): void => {
    waiting = false;
    if (stopped.aborted) return;
    const ids = new Set(changed);
    changed.clear();
    void client.invalidateQueries({
      predicate: ({ queryKey: [route, input] }) => touches(route, input, ids),
    });
  };
  return (change) => {
    changed.add(change.caseId);
    if (waiting) return;
    waiting = true;
    setTimeout(read, GATHER_MS);
  };
}

function touches(route: unknown, input: unknown, ids: ReadonlySet<string>): boolean {
  if (lists.some((list) => list === route)) return true;
  if (route === 'GET /api/tasks/:id') return true;
  if (!ofOneCase.some((key) => key === route)) return false;
  const id = (input as { params?: { id?: string } } | undefined)?.params?.id;
  return id !== undefined && (ids.has(id) || ids.has(everything.caseId));
}
