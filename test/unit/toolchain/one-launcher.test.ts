import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimDataFolder, openDataFolder, releaseDataFolder } from '../../../scripts/data-folder.ts';
import { holdFile, whileHolding } from '../../../scripts/held-file.ts';
import { claimNextPort, freePort } from '../../../scripts/ports.ts';

/* Two `npm start` at the same instant: no port for both, and a data folder for one. */

const scripts = join(import.meta.dirname, '..', '..', '..', 'scripts');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-launcher-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Another process that runs `code` and stays; gives it with the first line that it printed. */
async function other(code: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', `${code}; setInterval(() => undefined, 60_000);`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').once('data', resolve);
    child.once('exit', (status) => reject(new Error(`It ended with ${String(status)}.`)));
  });
  return { child, said: said.trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGKILL');
  await gone;
}

const claiming = (port: number): string =>
  `const { claimNextPort } = await import(${JSON.stringify(join(scripts, 'ports.ts'))}); console.log(await claimNextPort(${port}))`;

test('a port that another launcher claimed is not given again, though nobody listens yet, until that one ends', async () => {
  const wanted = await freePort();
  const { child, said } = await other(claiming(wanted));
  expect(Number(said)).toBe(wanted);
  expect(await claimNextPort(wanted)).toBeGreaterThan(wanted);
  await kill(child);
  expect(await claimNextPort(wanted)).toBe(wanted);
});

test('several that ask at the same instant get a port each', async () => {
  const wanted = await freePort();
  const all = await Promise.all([1, 2, 3].map(() => other(claiming(wanted))));
  try {
    expect(new Set(all.map(({ said }) => said)).size).toBe(3);
  } finally {
    await Promise.all(all.map(({ child }) => kill(child)));
  }
});

test('a file is held by one process, and free when that one is killed', async () => {
  const path = join(folder, 'lock');
  const { child, said } = await other(
    `const { holdFile } = await import(${JSON.stringify(join(scripts, 'held-file.ts'))}); console.log(holdFile(${JSON.stringify(path)}) !== undefined)`,
  );
  expect(said).toBe('true');
  expect(holdFile(path)).toBeUndefined();
  await kill(child);
  const letGo = holdFile(path);
  expect(letGo).toBeDefined();
  letGo?.();
  expect(await whileHolding(path, () => Promise.resolve('done'))).toBe('done');
});

test('a second launcher on a data folder is told which one runs there, and a killed one is no obstacle', async () => {
  const data = join(folder, 'data');
  const { child } = await other(
    `const { claimDataFolder, openDataFolder } = await import(${JSON.stringify(join(scripts, 'data-folder.ts'))}); claimDataFolder(openDataFolder(${JSON.stringify(data)})); console.log('claimed')`,
  );
  const opened = openDataFolder(data);
  expect(() => claimDataFolder(opened)).toThrow(
    `Fairlead already runs on ${data} (process ${child.pid}, still starting): stop it, or choose another folder with --data`,
  );
  await kill(child);
  claimDataFolder(opened);
  releaseDataFolder(opened);
});
