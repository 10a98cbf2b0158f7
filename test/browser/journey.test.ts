import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, openPage, pick, views } from './chromium.ts';

/**
 * The shipped installation as a new user meets it: sign in as a partner, register, sign in as an approver, decide,
 * see protection. In the demonstration program, which counts in minutes.
 */

const root = join(import.meta.dirname, '../..');
let folder: string;
let installation: ChildProcess;
let url: string;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-journey-'));
  // As root, the database runs as another user, who must pass through here.
  chmodSync(folder, 0o755);
  installation = spawn(
    process.execPath,
    ['scripts/start.mjs', '--port', '3600', '--data', join(folder, 'data')],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  [url, browser] = await Promise.all([readyAddress(installation), launchChromium()]);
}, 150_000);

afterAll(async () => {
  await browser?.close();
  if (installation.exitCode === null) {
    const ended = new Promise((resolve) => {
      installation.once('exit', resolve);
    });
    installation.kill('SIGINT');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test('a partner registers, an approver decides, both see protection', async () => {
  const partner = await signIn('sales@northwind.example');
  await partner.getByRole('link', { name: 'Register a deal' }).first().click();
  await partner.getByRole('combobox', { name: 'Program' }).selectOption({ label: 'Demonstration' });
  await partner.getByLabel('Legal name').fill('Ironbridge Freight Ltd');
  await partner.getByRole('combobox', { name: 'Country' }).selectOption('GB');
  await partner.getByLabel('Name of the opportunity').fill('Depot sensors');
  await partner.getByLabel(/Estimated value/).fill('48000');
  await partner
    .getByLabel('Expected close')
    .fill(new Date(Date.now() + 120 * 86_400_000).toISOString().slice(0, 10));
  await pick(partner, 'Product, line 1', 'Switch, 48 ports');
  await partner.getByLabel('Quantity, line 1').fill('240');
  await partner.getByRole('button', { name: 'Register the deal' }).click();
  await partner.getByRole('heading', { name: 'Received' }).waitFor();
  await partner.getByRole('link', { name: 'Open the registration' }).click();
  await partner.getByText(/^Registered by Northwind/).waitFor();

  const approver = await signIn('approver@halyard.example');
  await approver.getByRole('heading', { name: /Ironbridge Freight Ltd: Depot sensors/ }).waitFor();
  await approver.keyboard.press('a');
  await approver.locator('[data-confirm]:focus').waitFor();
  await approver.keyboard.press('Enter');
  await approver.getByText('Approved: Ironbridge Freight Ltd').waitFor();

  // The undo window and the review window pass, and the partner's open page hears of it by itself.
  await partner.getByRole('heading', { name: 'Protection' }).waitFor({ timeout: 120_000 });
  await partner
    .getByText(/^Approved; protected until/)
    .first()
    .waitFor();
}, 240_000);

/** Signs in through the embedded provider, by its page of role accounts. */
async function signIn(email: string): Promise<Page> {
  const [view] = views;
  if (view === undefined) throw new Error('There is no view.');
  const { page } = await openPage(browser, view);
  await page.goto(url);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: email }).click();
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
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
