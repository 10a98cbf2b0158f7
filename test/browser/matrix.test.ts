import type { Browser, Page } from 'playwright-core';
import { launchChromium, openPage, views } from './chromium.ts';
import { problem, startFixtureConsole, type FixtureConsole } from './fixture-console.ts';
import { fixtureNowMs } from './fixture-data.ts';

/* The matrix as a form over the document, the text beside it, and trying it over past requests. */

const [wide] = views;
const DRAFT = '/policies/pol_10?programId=prg_1';
let browser: Browser;
let console_: FixtureConsole;
let page: Page;
let close: () => Promise<void>;

beforeAll(async () => {
  browser = await launchChromium();
}, 90_000);
beforeEach(async () => {
  console_ = await startFixtureConsole();
  console_.as('program_ops');
  if (wide === undefined) throw new Error('There is no wide view.');
  ({ page, close } = await openPage(browser, wide, { nowMs: fixtureNowMs }));
  await page.goto(console_.url + DRAFT);
  await page.getByRole('heading', { name: 'The matrix' }).waitFor();
});
afterEach(async () => {
  await close?.();
  await console_.close();
});
afterAll(async () => {
  await browser?.close();
});

interface Written {
  bands: {
    key: string;
    toPpm: number | null;
    asks: { roles: string[]; quorum: number | null } | null;
    answerWithin: { amount: number; unit: string } | null;
    valueBump: { aboveMinor: number } | null;
  }[];
  termExceptions: { bandKey: string }[];
  quarterEnd: { lastBusinessDays: number } | null;
  marginFloors: { byFamily: Record<string, number>; otherPpm: number | null };
}
const text = () => page.getByLabel('Document (JSON)');
const written = async (): Promise<Written> => JSON.parse(await text().inputValue()) as Written;
const limit = (band: number) => page.getByLabel(`Discount up to, per cent, band ${band}`);

test('what is typed in the form is in the text, and the text is what is saved', async () => {
  await limit(2).fill('15');
  await page.getByLabel('Above, in EUR, band 2').fill('600,000');
  await page.getByRole('group', { name: 'Who is asked in band 2' }).getByLabel('Director').check();
  await page.getByLabel('How many have to agree in band 2').selectOption('1');
  await page.getByLabel('Length of the answer, band 2').fill('4');
  await page.getByLabel('Last business days').fill('3');
  await page.getByLabel('Floor of switching, per cent').fill('9.5');
  await page.getByLabel('Name of band 3').fill('regional-director');
  const document = await written();
  expect(document.bands[1]).toMatchObject({
    toPpm: 150_000,
    asks: { roles: ['channel_account_manager', 'director'], quorum: 1 },
    answerWithin: { amount: 4, unit: 'businessHour' },
    valueBump: { aboveMinor: 60_000_000 },
  });
  expect([document.quarterEnd?.lastBusinessDays, document.marginFloors.byFamily['switching']]).toEqual([
    3, 95_000,
  ]);
  // What names a band goes with its name.
  expect(document.bands[2]?.key).toBe('regional-director');
  expect(document.termExceptions.map(({ bandKey }) => bandKey)).toContain('regional-director');
  await page.getByRole('button', { name: 'Save the draft' }).click();
  await page.getByText('Saved.').waitFor();
  const sent = console_.sent.find(({ route }) => route === 'PUT /api/policies/pol_10');
  expect(sent?.body).toMatchObject({ body: document });
}, 90_000);

test('what is changed in the text is in the form; a text that cannot be read says so', async () => {
  const document = await written();
  await text().fill(JSON.stringify({ ...document, bands: document.bands.slice(1) }));
  expect(await page.getByLabel('Name of band 1').inputValue()).toBe('account-manager');
  await text().fill('{ "bands": ');
  await page.getByText('The text below cannot be read').waitFor();
  await page.getByRole('button', { name: 'Try it' }).click();
  expect(console_.sent.filter(({ route }) => route.endsWith('/dry-run'))).toEqual([]);
  await text().fill('{ "bands": 3 }');
  await page.getByText('cannot be shown as a form').waitFor();
}, 90_000);

test('bands are added and removed, and nobody asked has no time to answer', async () => {
  const before = (await written()).bands;
  await page.getByRole('button', { name: 'Add a band' }).click();
  const more = (await written()).bands;
  expect(more.map(({ key }) => key)).toEqual([
    ...before.slice(0, -1).map(({ key }) => key),
    `band-${before.length + 1}`,
    before.at(-1)?.key,
  ]);
  expect(more.at(-1)?.toPpm).toBeNull();
  await page.getByRole('button', { name: `Remove the band ${before.at(-1)?.key ?? ''}` }).click();
  expect((await written()).bands.at(-1)).toMatchObject({ key: `band-${before.length + 1}`, toPpm: null });
  await page
    .getByRole('group', { name: 'Who is asked in band 2' })
    .getByLabel('Channel account manager')
    .uncheck();
  expect((await written()).bands[1]).toMatchObject({ asks: null, answerWithin: null });
}, 90_000);

test('what is no value stays typed and says so; what the API refuses stands beside its field until it is changed', async () => {
  await limit(1).fill('ten');
  await page.getByText('A percentage, such as 12.5.').waitFor();
  expect((await written()).bands[0]?.toPpm).toBe(100_000);
  await limit(1).fill('25');
  const higher = 'Bands go upwards: this bound has to be higher than the one before.';
  console_.next(
    'POST /api/policies/pol_10/dry-run',
    400,
    problem(400, 'invalid_request', 'The document has 2 errors.', {
      errors: [
        { pointer: '/body/bands/1/toPpm', reason: higher },
        { pointer: '/body/quarterEnd/lengthPpm', reason: 'Has to be at least 1.' },
      ],
    }),
  );
  await page.getByRole('button', { name: 'Try it' }).click();
  const described = async (field: ReturnType<typeof limit>): Promise<string> =>
    (await field.getAttribute('aria-invalid')) === 'true'
      ? page
          .locator(`#${((await field.getAttribute('aria-describedby')) ?? '').split(' ')[0] ?? ''}`)
          .innerText()
      : '';
  await page.locator('[aria-invalid="true"]').first().waitFor();
  expect(await described(limit(2))).toBe(higher);
  expect(await described(page.getByLabel('Length, %'))).toBe('Has to be at least 1.');
  await limit(2).fill('28');
  expect(await described(limit(2))).toBe('');
  expect(await described(page.getByLabel('Length, %'))).toBe('Has to be at least 1.');
}, 90_000);

test('a dry run sends the document as it stands, and says which requests would have gone elsewhere', async () => {
  await limit(2).fill('15');
  await page.getByLabel('Requests of the last').selectOption('180');
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByText('37 would have gone to “Director” instead of “Account manager”.').waitFor();
  const sent = console_.sent.find(({ route }) => route === 'POST /api/policies/pol_10/dry-run');
  expect(sent?.body).toEqual({ days: 180, body: await written() });
  expect(
    await page.getByRole('table', { name: 'Requests from band to band' }).locator('tbody tr').count(),
  ).toBe(6);
  await limit(2).fill('16');
  await page.getByText('The document was changed since.').waitFor();
  await page.getByRole('link', { name: 'Aldermoor Logistics GmbH' }).click();
  await page.waitForURL('**/special-prices/spr_0');
}, 90_000);
