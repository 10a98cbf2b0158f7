import type { Browser, Page } from 'playwright-core';
import { launchChromium, pick, type View } from './chromium.ts';
import { signIn, startInstallation, type Installation } from './installation.ts';

/**
 * The shipped installation as a new user meets it: on an approved registration a partner asks for a third less, sees who will be asked,
 * an officer makes a counter-offer on a phone, the partner accepts, both agree, and the agreement is there. In the demonstration
 * program, which counts in minutes.
 */

const handheld: View = { name: 'phone', colorScheme: 'light', width: 390, height: 844 };
const PASSES_MS = 150_000;
let installation: Installation;
let browser: Browser;

beforeAll(async () => {
  [installation, browser] = await Promise.all([startInstallation(3620), launchChromium()]);
}, 150_000);

afterAll(async () => {
  await browser?.close();
  await installation?.close();
}, 60_000);

test('34 % on a registration over 2,000,000: two are asked, one counters on a phone, the partner accepts, the agreement holds', async () => {
  const partner = await signIn(browser, installation, { email: 'sales@northwind.example' });
  await register(partner);
  const director = await signIn(browser, installation, { email: 'director@halyard.example' });
  await director.getByRole('heading', { name: /Ironbridge Freight Ltd: Depot network/ }).waitFor();
  await director.keyboard.press('a');
  await director.locator('[data-confirm]:focus').waitFor();
  await director.keyboard.press('Enter');
  await director.getByText('Approved: Ironbridge Freight Ltd').waitFor();

  // From the registration, once it is protected.
  await partner.getByRole('link', { name: 'Ask for a special price' }).click({ timeout: PASSES_MS });
  await partner.getByLabel('Extra discount, line 1').fill('34');
  await partner.getByText('2 people will be asked.').waitFor();
  await partner.getByText(/^The chief revenue officer and the chief financial officer, by /).waitFor();
  await partner.getByLabel('Reason').selectOption('competitive');
  await partner.getByLabel('Competitor', { exact: true }).fill('Ostrava Controls');
  await partner.getByRole('button', { name: 'Ask for this price' }).click();
  await partner.getByRole('link', { name: 'Open the request' }).click();
  await partner
    .getByText('Waits for the chief revenue officer and the chief financial officer')
    .waitFor({ timeout: PASSES_MS });

  const cro = await signIn(browser, installation, { email: 'cro@halyard.example', view: handheld });
  await cro.getByText('Ironbridge Freight Ltd').first().click();
  await cro.getByText('This one asks for').or(cro.getByText('Nothing was approved for')).first().waitFor();
  await cro.locator('button[data-outcome="counter_offer"]').click();
  await cro.getByLabel('The same discount on every line (%)').fill('31');
  await cro.getByText('31% below the standard price').waitFor();
  await cro.getByLabel('Words for the partner').fill('This is as far as we go.');
  await cro.locator('[data-confirm]').click();
  await cro.getByText('Made a counter-offer: Ironbridge Freight Ltd').waitFor();

  await partner.getByRole('heading', { name: 'The counter-offer' }).waitFor({ timeout: PASSES_MS });
  await partner.getByRole('button', { name: 'Accept the offer' }).click();
  await partner.getByRole('dialog').getByRole('button', { name: 'Accept' }).click();
  await partner.getByRole('dialog').waitFor({ state: 'detached' });
  // His counter-offer was the officer's own word: the other one is asked now.
  await partner.getByText('Waits for the chief financial officer').waitFor({ timeout: PASSES_MS });

  const cfo = await signIn(browser, installation, { email: 'cfo@halyard.example' });
  await cfo.getByRole('heading', { name: /Ironbridge Freight Ltd: special price/ }).waitFor();
  await cfo.getByText(/agreed in round \d by a counter-offer/).waitFor();
  await cfo.keyboard.press('a');
  await cfo.locator('[data-confirm]:focus').waitFor();
  await cfo.keyboard.press('Enter');
  await cfo.getByText('Approved: Ironbridge Freight Ltd').waitFor();

  await partner.getByRole('link', { name: /^SA-/ }).first().click({ timeout: PASSES_MS });
  await partner.getByRole('heading', { name: 'Ironbridge Freight Ltd: price agreement' }).waitFor();
  await partner.getByText('0 of 900 sold, 900 left').waitFor();
}, 600_000);

async function register(partner: Page): Promise<void> {
  await partner.getByRole('link', { name: 'Register a deal' }).first().click();
  await partner.getByRole('combobox', { name: 'Program' }).selectOption({ label: 'Demonstration' });
  await partner.getByLabel('Legal name').fill('Ironbridge Freight Ltd');
  await partner.getByRole('combobox', { name: 'Country' }).selectOption('GB');
  await partner.getByLabel('Name of the opportunity').fill('Depot network');
  await partner.getByLabel(/Estimated value/).fill('4000000');
  await partner
    .getByLabel('Expected close')
    .fill(new Date(Date.now() + 120 * 86_400_000).toISOString().slice(0, 10));
  await pick(partner, 'Product, line 1', 'Switch, 48 ports');
  await partner.getByLabel('Quantity, line 1').fill('900');
  await partner.getByRole('button', { name: 'Register the deal' }).click();
  await partner.getByRole('link', { name: 'Open the registration' }).click();
}
