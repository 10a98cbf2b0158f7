import { launchChromium, views, openPage, axeFaults } from '/work/main/test/browser/chromium.ts';
import { startFixtureConsole } from '/work/main/test/browser/fixture-console.ts';
const only = process.argv[2];
const fixture = await startFixtureConsole();
const browser = await launchChromium();
const screens: [string, any, string][] = [
  ['inbox', 'approver', '/inbox'],
  ['inbox-case', 'approver', '/inbox?task=tsk_1'],
  ['list', 'program_ops', '/deal-registrations'],
  ['case', 'approver', '/deal-registrations/reg_1'],
  ['case-approved', 'partner_sales', '/deal-registrations/reg_2'],
  ['case-asked', 'partner_sales', '/deal-registrations/reg_0'],
  ['mine', 'partner_admin', '/deal-registrations'],
  ['register', 'partner_sales', '/deal-registrations/new'],
  ['operations', 'program_ops', '/operations'],
  ['policies', 'program_ops', '/policies'],
  ['policy', 'program_ops', '/policies/pol_4?programId=prg_1'],
  ['audit', 'auditor', '/audit'],
  ['imports', 'program_ops', '/imports'],
  ['preferences', 'partner_sales', '/preferences'],
];
for (const [name, role, path] of screens) {
  if (only && !name.startsWith(only)) continue;
  fixture.as(role);
  for (const view of views) {
    const { page, faults, close } = await openPage(browser, view);
    const t = performance.now();
    await page.goto(fixture.url + path);
    await page.waitForSelector('h1', { timeout: 8000 }).catch(() => faults.push('no h1'));
    const ms = Math.round(performance.now() - t);
    await page.waitForLoadState('networkidle').catch(() => {});
    await page.waitForTimeout(300);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const axe = await axeFaults(page);
    await page.screenshot({
      path: `/tmp/web/shots/${name}-${view.name}.png`,
      fullPage: view.name !== 'phone' ? !name.startsWith('inbox') : false,
    });
    console.log(name, view.name, ms + 'ms', 'overflow', overflow, faults, axe);
    await close();
  }
}
await browser.close();
await fixture.close();
