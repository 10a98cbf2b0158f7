import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

/** The public API as a program of a partner or of the vendor uses it: signed in, every write under a key, retried with it. */

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  /** Where the final answer to a 202 will be. */
  readonly location: string | null;
}

/** One request as its caller lived through it. */
export interface Heard {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Null when nobody answered. */
  readonly status: number | null;
  readonly retryAfter: string | null;
  /** Until the whole answer was there. */
  readonly tookMs: number;
}

export interface Caller {
  /** The person's mail address. */
  readonly who: string;
  /** One request; null when nobody answered. */
  get(path: string): Promise<Reply | null>;
  /** One request; null when nobody answered. `key` null sends none. */
  post(path: string, body: unknown, key: string | null): Promise<Reply | null>;
  /** Asks again, with the same key, until there is a final answer; throws when there is none by the deadline. */
  write(
    path: string,
    body: unknown,
    key?: string,
  ): Promise<Reply & { key: string; attempts: number; accepted: boolean }>;
}

const REQUEST_TIMEOUT_MS = 15_000;
const WRITE_DEADLINE_MS = 240_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Cookies by name, as a browser keeps them for one site. */
type Jar = Map<string, string>;

const request = async (jar: Jar, url: string, init: RequestInit = {}): Promise<Response> => {
  const response = await fetch(url, {
    ...init,
    redirect: 'manual',
    headers: { ...init.headers, cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  for (const line of response.headers.getSetCookie()) {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    if (at > 0) jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return response;
};

const MOST_REDIRECTS = 12;

/** Signs in as a role account through the embedded provider. Throws with the page that refused. */
export const signIn = async (input: {
  publicUrl: () => string;
  email: string;
  /** Told of every request after the sign-in. */
  heard?: (heard: Heard) => void;
}): Promise<Caller> => {
  const { publicUrl, email } = input;
  const jar: Jar = new Map();
  let url = new URL('/sign-in', publicUrl());
  let response = await request(jar, url.href);
  for (let hops = 0; hops < MOST_REDIRECTS; hops += 1) {
    const location = response.headers.get('location');
    if (location !== null) {
      await response.body?.cancel();
      url = new URL(location, url);
      if (url.pathname === '/') return callerOf({ ...input, jar });
      response = await request(jar, url.href);
    } else if (response.ok && url.pathname.startsWith('/oidc-sign-in/')) {
      await response.body?.cancel();
      response = await request(jar, url.href, { method: 'POST', body: new URLSearchParams({ email }) });
    } else {
      break;
    }
  }
  throw new Error(
    `${email} could not sign in: ${url.pathname} answered ${response.status}: ${(await response.text()).slice(0, 300)}`,
  );
};

/** A caller with a session that exists already. */
export const withSession = (input: { publicUrl: () => string; email: string; token: string }): Caller =>
  callerOf({ ...input, jar: new Map([['fairlead', input.token]]) });

const callerOf = (input: {
  publicUrl: () => string;
  email: string;
  jar: Jar;
  heard?: (heard: Heard) => void;
}): Caller => {
  const { publicUrl, email, jar, heard } = input;
  const ask = async (path: string, init: RequestInit): Promise<Reply | null> => {
    const beganMs = performance.now();
    const tell = (status: number | null, retryAfter: string | null): void =>
      heard?.({
        method: init.method === 'POST' ? 'POST' : 'GET',
        path,
        status,
        retryAfter,
        tookMs: performance.now() - beganMs,
      });
    try {
      const response = await request(jar, new URL(path, publicUrl()).href, init);
      const text = await response.text();
      tell(response.status, response.headers.get('retry-after'));
      return {
        status: response.status,
        body: text === '' ? null : (JSON.parse(text) as unknown),
        location: response.headers.get('location'),
      };
    } catch {
      // Refused, cut off or too slow: nobody answered, and what became of it is not known. That is the answer.
      tell(null, null);
      return null;
    }
  };
  const get = (path: string): Promise<Reply | null> => ask(path, {});
  const post = (path: string, body: unknown, key: string | null): Promise<Reply | null> =>
    ask(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: {
        'content-type': 'application/json',
        'x-fairlead': '1',
        ...(key === null ? {} : { 'idempotency-key': key }),
      },
    });
  return {
    who: email,
    get,
    post,
    write: async (path, body, key = randomUUID()) => {
      const deadlineMs = Date.now() + WRITE_DEADLINE_MS;
      let pauseMs = FIRST_PAUSE_MS;
      let accepted = false;
      let last: Reply | null = null;
      for (let attempts = 1; Date.now() < deadlineMs; attempts += 1) {
        const reply = await post(path, body, key);
        accepted ||= reply?.status === 202;
        if (reply !== null && isFinal(reply.status)) return { ...reply, key, attempts, accepted };
        last = reply;
        await pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
      throw new Error(
        `${email}: POST ${path} has no final answer after ${WRITE_DEADLINE_MS / 1000} s; last: ${JSON.stringify(last)}`,
      );
    },
  };
};

/** Accepted, slow down, and a part that is down say nothing final. */
const isFinal = (status: number): boolean => status !== 202 && status !== 429 && status < 500;

/** A word by chance, for names that nobody else has. */
export const tag = (): string => randomBytes(5).toString('hex');
