import type { Browser } from 'playwright-core';
import { launchChromium, pick } from './chromium.ts';
import { signIn, startInstallation, type Installation } from './installation.ts';

/**
 * The shipped installation as a new user meets it: sign in as a partner, register, sign in as an approver, decide,
 * see protection. In the demonstration program, which counts in minutes.
 */

let installation: Installation;
let browser: Browser;

beforeAll(async () => {
  [installation, browser] = await Promise.all([startInstallation(3600), launchChromium()]);
}, 150_000);

afterAll(async () => {
  await browser?.close();
  await installation?.close();
}, 60_000);

test('a partner registers, an approver decides, both see protection', async () => {
  const partner = await signIn(browser, installation, { email: 'sales@northwind.example' });
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

  const approver = await signIn(browser, installation, { email: 'approver@halyard.example' });
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
