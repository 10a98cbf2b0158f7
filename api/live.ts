import type { RequestHandler, Response } from 'express';
import { may } from '../domain/access.ts';
import type { CaseNews, Told } from './case-news.ts';
import type { LiveEvent } from './contract/live.ts';
import type { Sessions } from './middleware/session.ts';
import { Refused } from './refused.ts';
import type { SignedIn } from './route-handler.ts';

/** Live updates for any number of browsers. */
export interface Live {
  readonly handler: RequestHandler;
  /** Streams open now. */
  open(): number;
  /** Ends every stream. */
  close(): void;
}

const HEARTBEAT_MS = 20_000;
const MAX_STREAMS_EACH = 12;
/** A reader this far behind is cut off; it comes back and asks anew. */
const MAX_BUFFERED_BYTES = 256 * 1024;
/** What happened while a reader, or the connection that hears of changes, was away is not kept: he asks for what he shows. */
const RESYNC = 'event: resync\ndata: {}\n\n';

interface Stream {
  readonly response: Response;
  readonly principal: SignedIn;
  /** How many changes it was told of. */
  told: number;
}

export function createLive(input: { sessions: Sessions; news: CaseNews; now: () => number }): Live {
  const { sessions, news, now } = input;
  const streams = new Set<Stream>();
  const send = (stream: Stream, text: string): void => {
    if (stream.response.writableLength > MAX_BUFFERED_BYTES) {
      streams.delete(stream);
      stream.response.destroy();
      return;
    }
    stream.response.write(text);
  };
  const unfollow = news.follow({
    heard: (told) => {
      for (const stream of streams) {
        if (!mayHear(stream.principal, told)) continue;
        stream.told += 1;
        send(stream, messageTo(stream, told));
      }
    },
    missed: () => {
      for (const stream of streams) send(stream, RESYNC);
    },
  });
  // The session is asked again with each beat, so that a stream ends with it.
  const heartbeat = setInterval(() => {
    for (const stream of streams) {
      void sessions.signedInOf(stream.response.req, now()).then(
        (principal) => {
          if (principal === null) stream.response.end();
          else send(stream, ': beat\n\n');
        },
        // While the database is away nobody can say that the session ended.
        () => send(stream, ': beat\n\n'),
      );
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();

  return {
    handler: async (request, response) => {
      const principal = await sessions.signedInOf(request, now());
      if (principal === null)
        throw new Refused('not_signed_in', { detail: 'There is no session, or it has ended.' });
      if (!may(principal, 'session.read'))
        throw new Refused('forbidden', { detail: 'None of your roles holds session.read.' });
      const mine = [...streams].filter((stream) => stream.principal.personId === principal.personId);
      if (mine.length >= MAX_STREAMS_EACH)
        throw new Refused('too_many_requests', {
          detail: 'Too many live streams are open.',
          retryAfterSeconds: 30,
        });
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      });
      const stream: Stream = { response, principal, told: 0 };
      streams.add(stream);
      response.on('close', () => streams.delete(stream));
      response.write(`retry: 3000\n\n${request.headers['last-event-id'] === undefined ? '' : RESYNC}`);
    },
    open: () => streams.size,
    close() {
      clearInterval(heartbeat);
      for (const stream of streams) stream.response.end();
      streams.clear();
      unfollow();
    },
  };
}

/** A partner hears of his own cases, and of those steps that everyone may know of. */
function mayHear(principal: SignedIn, told: Told): boolean {
  return (
    principal.partnerId === null || (told.partnerId === principal.partnerId && told.audience === 'everyone')
  );
}

/**
 * One message of the stream. A partner's are counted by the stream: the sequence of the case has gaps where the vendor
 * alone knows of a step, and a gap tells of a conflict.
 */
function messageTo(stream: Stream, told: Told): string {
  const seq = stream.principal.partnerId === null ? told.seq : stream.told;
  const event: LiveEvent = { caseId: told.caseId, seq, kind: told.kind };
  return `id: ${event.caseId}:${event.seq}\nevent: case\ndata: ${JSON.stringify(event)}\n\n`;
}
