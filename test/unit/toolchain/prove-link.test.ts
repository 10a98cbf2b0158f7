import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { openLink, type Link } from '../../../scripts/prove/link.ts';

let echo: Server;
let link: Link;
let sockets: Socket[];

beforeEach(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const address = echo.address();
  link = await openLink(typeof address === 'object' && address !== null ? address.port : 0);
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await link.stop();
  await new Promise((settle) => echo.close(settle));
});

interface Talk {
  readonly socket: Socket;
  readonly heard: () => string;
  /** How it ended, when it did. */
  readonly ended: Promise<string>;
}

const talk = async (): Promise<Talk> => {
  const socket = connect({ host: '127.0.0.1', port: link.port, noDelay: true });
  sockets.push(socket);
  let heard = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  let how = 'closed';
  socket.on('error', (cause) => {
    how = 'code' in cause ? String(cause.code) : cause.message;
  });
  const ended = new Promise<string>((settle) => {
    socket.once('close', () => settle(how));
  });
  await Promise.race([new Promise((settle) => socket.once('connect', settle)), ended]);
  return { socket, heard: () => heard, ended };
};

const hears = async (one: Talk, text: string): Promise<void> => {
  while (one.heard() !== text) await once(one.socket, 'data');
};

test('whole, it hands everything on', async () => {
  const one = await talk();
  one.socket.write('hello');
  await hears(one, 'hello');
});

test('cut, connections are reset, and so are new ones until it heals', async () => {
  const one = await talk();
  one.socket.write('a');
  await hears(one, 'a');
  expect(link.breaks('cut')).toBe(1);
  expect(await one.ended).toBe('ECONNRESET');
  const refused = await talk();
  expect(await refused.ended).toBe('ECONNRESET');
  link.heals();
  const again = await talk();
  again.socket.write('b');
  await hears(again, 'b');
});

test('a black hole keeps what is sent, in order, until it heals', async () => {
  const one = await talk();
  link.breaks('black hole');
  one.socket.write('a');
  const late = await talk();
  late.socket.write('x');
  await pause(100);
  expect([one.heard(), late.heard()]).toEqual(['', '']);
  one.socket.write('b');
  link.heals();
  await hears(one, 'ab');
  await hears(late, 'x');
});

test('half open, nothing is told until the first bytes after it healed', async () => {
  const one = await talk();
  one.socket.write('a');
  await hears(one, 'a');
  link.breaks('half open');
  one.socket.write('lost');
  await pause(100);
  expect(one.heard()).toBe('a');
  link.heals();
  await pause(50);
  expect(one.socket.destroyed).toBe(false);
  one.socket.write('b');
  expect(await one.ended).toBe('ECONNRESET');
});

test('slow, everything arrives late and in order', async () => {
  const one = await talk();
  link.breaks('slow');
  const beganMs = performance.now();
  one.socket.write('a');
  await pause(20);
  link.heals();
  one.socket.write('b');
  await hears(one, 'ab');
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(1_990);
});
