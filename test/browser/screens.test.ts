import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Role } from '../../domain/access.ts';
import { axeFaults, launchChromium, openContext, openPageIn, views, type View } from './chromium.ts';
import { startFixtureConsole, type FixtureConsole } from './fixture-console.ts';
import { fixtureNowMs } from './fixture-data.ts';

/** Every screen, in light, dark and at 320 px: drawn without an error or a breach of the content policy, axe-clean, no scroll sideways. */

const pictures = join(import.meta.dirname, '../output/screens');

interface ScreenUnderTest {
  readonly name: string;
  readonly role: Role;
  readonly path: string;
  /** What stands on it once it is loaded. */
  readonly shows: string;
  /** What a person does before it is looked at. */
  readonly first?: (page: Page) => Promise<void>;
}

const screens: readonly ScreenUnderTest[] = [
  { name: 'inbox', role: 'approver', path: '/inbox', shows: 'text=Brightwater Foods SE' },
  { name: 'inbox-case', role: 'approver', path: '/inbox?task=tsk_1', shows: 'text=What decides it' },
  {
    name: 'inbox-several',
    role: 'approver',
    path: '/inbox',
    shows: 'text=Left out',
    first: async (page) => {
      const boxes = page.getByRole('grid').getByRole('checkbox');
      for (let row = 0; row < 5; row += 1) await boxes.nth(row).click();
      await page.getByRole('button', { name: 'Deny…' }).click();
    },
  },
  {
    name: 'inbox-rivals',
    role: 'approver',
    path: '/inbox?task=tsk_5',
    shows: 'text=Who shares?',
    first: (page) => page.getByRole('button', { name: 'Let them share' }).click(),
  },
  {
    name: 'registrations',
    role: 'program_ops',
    path: '/deal-registrations',
    shows: 'text=Cobalt Ridge Mining Ltd',
  },
  {
    name: 'registration',
    role: 'approver',
    path: '/deal-registrations/reg_1',
    shows: 'text=Checked for conflicts',
  },
  {
    name: 'registration-approved',
    role: 'partner_sales',
    path: '/deal-registrations/reg_2',
    shows: 'text=days left',
  },
  {
    name: 'registration-asked',
    role: 'partner_sales',
    path: '/deal-registrations/reg_0',
    shows: 'text=We need something from you',
  },
  {
    name: 'registration-answer',
    role: 'partner_sales',
    path: '/deal-registrations/reg_0',
    shows: 'text=Send the answer',
    first: (page) => page.getByRole('button', { name: 'Answer' }).click(),
  },
  { name: 'my-registrations', role: 'partner_admin', path: '/deal-registrations', shows: 'text=Needs you' },
  {
    name: 'register',
    role: 'partner_sales',
    path: '/deal-registrations/new',
    shows: 'text=Register the deal',
  },
  {
    name: 'my-partners',
    role: 'channel_account_manager',
    path: '/my-partners',
    shows: 'text=Protections that end',
  },
  { name: 'operations', role: 'program_ops', path: '/operations', shows: 'text=The same as a table' },
  { name: 'policies', role: 'program_ops', path: '/policies', shows: 'text=Version 3' },
  {
    name: 'policy',
    role: 'program_ops',
    path: '/policies/pol_4?programId=prg_1',
    shows: 'text=First response for gold',
  },
  {
    name: 'policies-first',
    role: 'program_ops',
    path: '/policies?program=prg_2',
    shows: 'text=Begin the first draft',
  },
  {
    name: 'policies-program',
    role: 'program_ops',
    path: '/policies',
    shows: 'text=Add the program',
    first: (page) => page.getByRole('button', { name: 'New program' }).click(),
  },
  { name: 'calendars', role: 'program_ops', path: '/calendars', shows: 'text=Half day' },
  {
    name: 'calendars-draft',
    role: 'admin',
    path: '/calendars?shown=draft',
    shows: 'text=Stocktaking, closed',
    first: (page) => page.getByText('Change the draft').click(),
  },
  { name: 'price-books', role: 'program_ops', path: '/price-books', shows: 'text=Switch, 48 ports' },
  {
    name: 'policies-of-prices',
    role: 'program_ops',
    path: '/policies?kind=special-pricing',
    shows: 'text=until further notice',
  },
  {
    name: 'policy-of-prices',
    role: 'program_ops',
    path: '/policies/pol_9?programId=prg_1',
    shows: 'text=clears at once',
  },
  {
    name: 'exchange-rates',
    role: 'program_ops',
    path: '/exchange-rates?pair=EUR-USD',
    shows: 'text=EUR/USD over time',
  },
  { name: 'distributors', role: 'program_ops', path: '/distributors', shows: 'text=until further notice' },
  {
    name: 'distributors-add',
    role: 'program_ops',
    path: '/distributors',
    shows: 'text=Buys through',
    first: (page) => page.getByRole('button', { name: 'New relation' }).click(),
  },
  {
    name: 'distributors-end',
    role: 'program_ops',
    path: '/distributors',
    shows: 'text=Sales of that day still count',
    first: (page) =>
      page
        .getByRole('button', { name: /^Change the last day/ })
        .first()
        .click(),
  },
  { name: 'distributors-own', role: 'partner_sales', path: '/distributors', shows: 'text=until further notice' },
  { name: 'people', role: 'admin', path: '/people', shows: 'text=not in force' },
  {
    name: 'people-propose',
    role: 'admin',
    path: '/people',
    shows: 'text=Somebody else confirms it',
    first: async (page) => {
      await page.getByRole('button', { name: 'Change…' }).first().click();
      await page.getByLabel('Role').last().selectOption('director');
    },
  },
  { name: 'audit', role: 'auditor', path: '/audit', shows: 'text=seal 812' },
  { name: 'imports', role: 'program_ops', path: '/imports', shows: 'text=Choose a file' },
  { name: 'preferences', role: 'partner_sales', path: '/preferences', shows: 'text=Where you are signed in' },
];

let browser: Browser;
let console_: FixtureConsole;
/** One for each view, so that the script is loaded and compiled once and not for every screen. */
const contexts = new Map<View['name'], BrowserContext>();

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  [browser, console_] = await Promise.all([launchChromium(), startFixtureConsole()]);
  for (const view of views)
    contexts.set(view.name, await openContext(browser, view, { nowMs: fixtureNowMs }));
}, 30_000);

afterAll(async () => {
  await browser?.close();
  await console_?.close();
});

describe.each(screens)('$name', ({ name, role, path, shows, first }) => {
  test.each(views)(
    '$name',
    async (view) => {
      console_.as(role);
      const context = contexts.get(view.name);
      if (context === undefined) throw new RangeError(`There is no view ${view.name}.`);
      const { page, faults } = await openPageIn(context);
      await page.goto(console_.url + path);
      await first?.(page);
      await page.locator(shows).first().waitFor();
      // No skeleton is left: what is looked at is the screen itself.
      await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
      await page.screenshot({ path: join(pictures, `${name}-${view.name}.png`), fullPage: true });
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
      ).toBeLessThanOrEqual(0);
      expect(await axeFaults(page)).toEqual([]);
      expect(faults).toEqual([]);
      await page.close();
    },
    120_000,
  );
});
