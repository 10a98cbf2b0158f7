import { Agent, request } from 'node:http';

/** A lean HTTP client: what the load generator spends is taken from the contestant, for both share the machine. */

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly location: string | null;
}

export interface HttpClient {
  send(input: {
    method: 'GET' | 'POST';
    path: string;
    headers?: Readonly<Record<string, string>>;
    body?: object;
  }): Promise<Reply>;
  close(): void;
}

const TIMEOUT_MS = 60_000;

export const createHttpClient = (address: string): HttpClient => {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const { hostname, port } = new URL(address);
  const sendOnce = ({
    method,
    path,
    headers = {},
    body,
  }: Parameters<HttpClient['send']>[0]): Promise<Reply> =>
    new Promise((settle, fail) => {
      const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const sent = request(
        {
          agent,
          hostname,
          port,
          method,
          path,
          timeout: TIMEOUT_MS,
          headers: {
            ...headers,
            ...(bytes === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': bytes.length }),
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', fail);
          response.on('end', () => {
            const text = Buffer.concat(parts).toString();
            settle({
              status: response.statusCode ?? 0,
              body: text === '' ? null : (JSON.parse(text) as unknown),
              location: response.headers.location ?? null,
            });
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer in ${TIMEOUT_MS} ms`)));
      sent.on('error', (cause) => {
        fail(sent.reusedSocket && 'code' in cause && cause.code === 'ECONNRESET' ? new Idle() : cause);
      });
      sent.end(bytes);
    });
  return {
    send: async (input) => {
      try {
        return await sendOnce(input);
      } catch (cause) {
        if (!(cause instanceof Idle)) throw cause;
        return sendOnce(input);
      }
    },
    close: () => agent.destroy(),
  };
};

/** The server closed an idle connection in the moment in which it was used again; it has not seen the request. */
class Idle extends Error {}
