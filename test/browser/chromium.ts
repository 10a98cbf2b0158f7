import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** Where Debian and others put it; a container without one brings its own inside an npm package. */
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The system's Chromium, else the one that comes with `@sparticuz/chromium`. */
export async function launchChromium(): Promise<Browser> {
  const found = installed.find((path) => existsSync(path));
  if (found !== undefined) return chromium.launch({ executablePath: found });
  const { default: packaged } = await import('@sparticuz/chromium');
  return chromium.launch({ executablePath: await packaged.executablePath() });
}

export interface View {
  readonly name: 'light' | 'dark' | 'phone';
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
}

/** Each screen is looked at in these. */
export const views: readonly View[] = [
  { name: 'light', colorScheme: 'light', width: 1360, height: 860 },
  { name: 'dark', colorScheme: 'dark', width: 1360, height: 860 },
  { name: 'phone', colorScheme: 'light', width: 320, height: 640 },
];

/**
 * A browser of its own for somebody: what one page loaded, the next finds there. With `nowMs` its clock stands there, so that
 * what fixed answers say of times reads the same on every day; timers run on.
 */
export async function openContext(
  browser: Browser,
  view: View,
  options: { nowMs?: number } = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    colorScheme: view.colorScheme,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
  if (options.nowMs !== undefined) await context.addInitScript(standingClock, options.nowMs);
  return context;
}

/** A page whose every error, and every breach of the content policy, is kept in `faults`. */
export async function openPageIn(context: BrowserContext): Promise<{ page: Page; faults: string[] }> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return { page, faults };
}

/** The same in a context of its own. */
export async function openPage(
  browser: Browser,
  view: View,
  options: { nowMs?: number } = {},
): Promise<{ page: Page; faults: string[]; close: () => Promise<void> }> {
  const context = await openContext(browser, view, options);
  return { ...(await openPageIn(context)), close: () => context.close() };
}

/** Runs in the page. */
function standingClock(nowMs: number): void {
  const Moving = Date;
  globalThis.Date = new Proxy(Moving, {
    construct: (target, parts: [], self) =>
      Reflect.construct(target, parts.length === 0 ? [nowMs] : parts, self) as Date,
    get: (target, name, self) =>
      name === 'now' ? () => nowMs : (Reflect.get(target, name, self) as unknown),
  });
}

/** What axe calls serious or critical, in words; nothing when the screen, or the part of it, is clean. */
export async function axeFaults(page: Page, part?: string): Promise<string[]> {
  const axe = new AxeBuilder({ page })
    // What is right need not be listed; and without frames the page itself can sum up, instead of a further one.
    .options({ resultTypes: ['violations'] })
    .setLegacyMode();
  if (part !== undefined) axe.include(part);
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary ?? ''}`)
          .join(' | ')
          .slice(0, 700)}`,
    );
}

/** Chooses in a field that is searched by typing: the first option that has the words. */
export async function pick(page: Page, label: string, words: string): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).fill(words);
  await page.getByRole('option', { name: words }).first().click();
}
