import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openPage, views, type View } from './chromium.ts';

/** The shipped installation as a new user meets it, on a port and a folder of its own. */

const root = join(import.meta.dirname, '../..');

export interface Installation {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts it and waits until it is ready. Throws with what it said when it ends before. */
export async function startInstallation(port: number): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-journey-'));
  // As root, the database runs as another user, who must pass through here.
  chmodSync(folder, 0o755);
  const child = spawn(
    process.execPath,
    ['scripts/start.mjs', '--port', String(port), '--data', join(folder, 'data')],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return {
    url: await readyAddress(child),
    close: async () => {
      if (child.exitCode === null) {
        const ended = new Promise((resolve) => {
          child.once('exit', resolve);
        });
        child.kill('SIGINT');
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Signs in through the embedded provider, by its page of role accounts. */
export async function signIn(
  browser: Browser,
  { url }: Pick<Installation, 'url'>,
  { email, view = views[0] }: { email: string; view?: View | undefined },
): Promise<Page> {
  if (view === undefined) throw new Error('There is no view.');
  const { page } = await openPage(browser, view);
  await page.goto(url);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: email }).click();
  await page.locator('#main').waitFor();
  return page;
}

/** The address that the last lines of the start name; what it said, when it ends before. */
function readyAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const address = /ready: (http:\/\/\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) =>
      reject(new Error(`The installation ended with ${String(code)}:\n${said.slice(-3000)}`)),
    );
  });
}
