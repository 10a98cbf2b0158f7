import { createServer, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * A link between two processes that can be broken: a forwarder on the loopback address that hands bytes on, loses them, or
 * cuts the connection.
 */

/**
 * `cut`: every connection is reset, new ones too. `black hole`: connections hold and new ones are accepted, but nothing
 * arrives until it heals. `half open`: the far end is gone without a word; what is sent is lost, and the near end learns of
 * it only from its first bytes after it healed. `slow`: everything takes two seconds more each way.
 */
export const LINK_FAULTS = ['cut', 'black hole', 'half open', 'slow'] as const;
export type LinkFault = (typeof LINK_FAULTS)[number];

export interface Link {
  readonly port: number;
  /** Connections that the fault found open. */
  breaks(fault: LinkFault): number;
  heals(): void;
  stop(): Promise<void>;
}

const SLOW_MS = 2_000;

/** One connection through the link. */
interface Through {
  readonly near: Socket;
  readonly far: Socket;
  /** Its far end went away without a word. */
  orphaned: boolean;
}

/** Listens on a free port and forwards to `target` on this machine. */
export const openLink = async (target: number): Promise<Link> => {
  let fault: LinkFault | null = null;
  let healed = Promise.resolve();
  let heal: () => void = () => undefined;
  const open = new Set<Through>();

  const server = createServer((near) => {
    if (fault === 'cut') {
      near.on('error', () => undefined);
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: '127.0.0.1', port: target, noDelay: true });
    near.setNoDelay(true);
    const through: Through = { near, far, orphaned: false };
    open.add(through);
    if (fault === 'half open') orphan(through);
    join({ through, from: near, to: far });
    join({ through, from: far, to: near });
  });

  const join = (input: { through: Through; from: Socket; to: Socket }): void => {
    const { through, from, to } = input;
    // One after the other, each when its time has come: bytes keep their order whatever breaks meanwhile.
    let last = Promise.resolve();
    const later = (act: () => void): void => {
      const dueMs = fault === 'slow' ? Date.now() + SLOW_MS : 0;
      last = last.then(async () => {
        if (fault === 'black hole') await healed;
        const leftMs = dueMs - Date.now();
        if (leftMs > 0) await pause(leftMs);
        act();
      });
    };
    from.on('data', (bytes: Buffer) => {
      if (!through.orphaned) later(() => void to.write(bytes));
      else if (fault !== 'half open') through.near.resetAndDestroy();
    });
    from.on('end', () => {
      if (!through.orphaned) later(() => void to.end());
      else if (from === through.near) through.near.destroy();
    });
    // Both ends are told by `close`, which follows.
    from.on('error', () => undefined);
    from.on('close', () => {
      if (through.orphaned && from === through.far) return;
      open.delete(through);
      later(() => void to.destroy());
    });
  };
  const orphan = (through: Through): void => {
    through.orphaned = true;
    through.far.resetAndDestroy();
  };

  const port = await new Promise<number>((settle, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      settle(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const heals = (): void => {
    fault = null;
    heal();
  };
  return {
    port,
    breaks: (wanted) => {
      fault = wanted;
      healed = new Promise((settle) => {
        heal = settle;
      });
      const found = open.size;
      if (wanted === 'half open') for (const through of open) orphan(through);
      if (wanted === 'cut') {
        for (const { near, far } of open) {
          near.resetAndDestroy();
          far.resetAndDestroy();
        }
      }
      return found;
    },
    heals,
    stop: async () => {
      heals();
      for (const { near, far } of open) {
        near.destroy();
        far.destroy();
      }
      await new Promise((settle) => server.close(settle));
    },
  };
};
