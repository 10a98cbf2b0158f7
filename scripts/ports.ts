import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** A port on the loopback address that nobody listened on a moment ago. */
export const freePort = async (): Promise<number> => listenOnce(0).then((port) => port ?? freePort());

/**
 * `wanted`, or the next port above it that is free and that no other launcher has claimed; at most 100 are tried. Throws when
 * none is. Between looking and the server's listening seconds pass, in which another launcher would find the same port free: so
 * each is claimed, until this process ends, by its twin for datagrams, which the kernel gives to one process and takes back
 * however that ends.
 */
export const claimNextPort = async (wanted: number): Promise<number> => {
  for (let port = wanted; port < wanted + 100 && port <= 65_535; port += 1) {
    const giveBack = await claimTwin(port);
    if (giveBack === undefined) continue;
    if ((await listenOnce(port)) !== undefined) return port;
    giveBack();
  }
  throw new Error(`no free port from ${wanted} to ${wanted + 99}`);
};

const claimTwin = (port: number): Promise<(() => void) | undefined> =>
  new Promise((settle) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      settle(undefined);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      // It keeps nothing running, and nobody writes to it.
      socket.unref();
      settle(() => socket.close());
    });
  });

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
