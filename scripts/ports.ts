import { createServer } from 'node:net';

/** A port on the loopback address that nobody listened on a moment ago. */
export const freePort = async (): Promise<number> => listenOnce(0).then((port) => port ?? freePort());

/** `wanted`, or the next port above it that is free; at most 100 are tried. Throws when none is. */
export const nextFreePort = async (wanted: number): Promise<number> => {
  for (let port = wanted; port < wanted + 100 && port <= 65_535; port += 1) {
    if ((await listenOnce(port)) !== undefined) return port;
  }
  throw new Error(`no free port from ${wanted} to ${wanted + 99}`);
};

const listenOnce = (port: number): Promise<number | undefined> =>
  new Promise((settle) => {
    const server = createServer();
    server.once('error', () => settle(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => settle(taken));
    });
  });
