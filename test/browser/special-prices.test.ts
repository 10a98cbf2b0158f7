import type { Browser, Page } from 'playwright-core';
import { axeFaults, launchChromium, openPage, pick, views, type View } from './chromium.ts';
import { problem, startFixtureConsole, type FixtureConsole } from './fixture-console.ts';
import { fixtureNowMs } from './fixture-data.ts';

/* Special prices in a person's hands, against fixed answers that are priced and routed by the product's own rules. */

const [wide] = views;
const handheld: View = { name: 'phone', colorScheme: 'light', width: 390, height: 844 };
let browser: Browser;
let console_: FixtureConsole;
let page: Page;
let close: () => Promise<void>;

async function open(path: string, view = wide): Promise<void> {
  if (view === undefined) throw new Error('There is no such view.');
  ({ page, close } = await openPage(browser, view, { nowMs: fixtureNowMs }));
  await page.goto(console_.url + path);
}
const sentTo = (route: string): unknown[] =>
  console_.sent.filter((one) => one.route === route).map(({ body }) => body);
const heading = (text: string) => page.getByRole('heading', { name: text });
const section = (name: string) => page.getByRole('region', { name, exact: true });

beforeAll(async () => {
  browser = await launchChromium();
}, 90_000);
beforeEach(async () => {
  console_ = await startFixtureConsole();
});
afterEach(async () => {
  await close?.();
  await console_.close();
});
afterAll(async () => {
  await browser?.close();
});

describe('a partner asks for a special price', () => {
  test('begins from an approved registration, and sees what it comes to and that two will be asked', async () => {
    console_.as('partner_sales');
    await open('/deal-registrations/reg_2');
    await page.getByRole('link', { name: 'Ask for a special price' }).click();
    // What the registration says stands there already.
    const comesTo = section('What it comes to');
    await comesTo.getByText('Nobody has to be asked: it clears at once.').waitFor();
    await comesTo.getByText('240 × Sensor 100').waitFor();
    expect(await page.getByLabel('Units, line 1').inputValue()).toBe('240');
    await page.getByLabel('Units, line 1').fill('24000');
    await page.getByLabel('Extra discount, line 1').fill('34');
    await comesTo.getByText('2 people will be asked.').waitFor();
    await comesTo
      .getByText('The chief revenue officer and the chief financial officer, by Wed, 4 Mar 2026, 13:05 CET.')
      .waitFor();
    const steps = comesTo.getByRole('table', { name: 'From list price to net' }).getByRole('row');
    expect((await steps.allTextContents()).map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      expect.stringContaining('Step'),
      'List price€6,000,000.00100%',
      'Tier discount− €600,000.00− 10%',
      'Registration discount− €270,000.00− 4.5%',
      'Standard price€5,130,000.0085.5%',
      'Special price− €1,744,320.00− 29.1%',
      'Net€3,385,680.0056.4%',
    ]);
    // Costs are the vendor's.
    expect(await comesTo.textContent()).not.toMatch(/margin of/i);
    await page.getByLabel('Reason').selectOption('competitive');
    await page.getByLabel('Competitor', { exact: true }).fill('Ostrava Controls');
    await page.getByLabel('Its price of the whole deal (EUR)').fill('3,300,000');
    await page.getByLabel('Through which distributor').selectOption({ label: 'Harbourgate Distribution' });
    await page.getByText('Saved as a draft.').waitFor();
    await page.getByRole('button', { name: 'Ask for this price' }).click();
    await heading('Received').waitFor();
    expect(sentTo('POST /api/special-prices')).toEqual([
      {
        programId: 'prg_1',
        kind: 'new',
        registrationId: 'reg_2',
        agreementId: null,
        customer: null,
        currency: 'EUR',
        lines: [
          {
            sku: 'SEN-100',
            quantity: 24_000,
            capQuantity: null,
            special: { kind: 'discount', ratePpm: 340_000 },
          },
        ],
        lumpMinor: 0,
        validFrom: '2026-03-03',
        validUntil: '2026-05-12',
        exceptionKeys: [],
        distributorId: 'prt_Harbourgate Distribution',
        justificationCode: 'competitive',
        words: '',
        competitor: { name: 'Ostrava Controls', priceMinor: 330_000_000 },
        evidenceIds: [],
      },
    ]);
    // What was sent is no draft any more.
    await page.getByRole('link', { name: 'All requests' }).click();
    await heading('Needs you').waitFor();
    expect(await section('Drafts').count()).toBe(0);
    expect(sentTo('DELETE /api/special-price-drafts/drf_1')).toHaveLength(1);
  }, 90_000);

  test('the draft survives a reload, prices and discounts alike', async () => {
    console_.as('partner_sales');
    await open('/special-prices/new?registration=reg_2');
    await page.getByLabel('Extra discount, line 1').fill('12.5');
    await page.getByRole('button', { name: 'Add a product' }).click();
    await pick(page, 'Product, line 2', 'Gateway 20');
    await page.getByLabel('Units, line 2').fill('900');
    await page.getByLabel('Asked for, line 2').selectOption('net');
    await page.getByLabel('Price of one unit, line 2').fill('1,400');
    await page.getByLabel('Units at this price at most, line 2').fill('600');
    await page.getByText('Saved as a draft.').waitFor();
    await page.waitForURL(/draft=drf_1/);
    await page.reload();
    await page.getByLabel('Price of one unit, line 2').waitFor();
    expect(await page.getByLabel('Extra discount, line 1').inputValue()).toBe('12.5');
    expect(await page.getByLabel('Price of one unit, line 2').inputValue()).toBe('1,400');
    expect(await page.getByLabel('Units at this price at most, line 2').inputValue()).toBe('600');
    await section('What it comes to').getByText('900 × Gateway 20').waitFor();
  }, 90_000);

  test('what stands against it is said beside its field, and not before somebody came to it', async () => {
    console_.as('partner_sales');
    await open('/special-prices/new?registration=reg_2');
    await page.getByLabel('Asked for, line 1').selectOption('net');
    await page.getByLabel('Price of one unit, line 1').fill('400');
    await section('What it comes to').getByText('above what you pay without asking').waitFor();
    const error = page.locator('.mantine-TextInput-error');
    await page.getByLabel('Price of one unit, line 1').blur();
    await error.filter({ hasText: 'The price asked for is above what you pay without asking.' }).waitFor();
    expect(await page.locator('.mantine-NativeSelect-error').count()).toBe(0);
    await page.getByLabel('Price of one unit, line 1').fill('150');
    await error.waitFor({ state: 'detached' });
    console_.next(
      'POST /api/special-prices',
      400,
      problem(400, 'invalid_request', 'One field is not valid.', {
        errors: [{ pointer: '/body/validUntil', reason: 'A special price is valid for at least 30 days.' }],
      }),
    );
    await page.getByLabel('Reason').selectOption('volume');
    await page.getByRole('button', { name: 'Ask for this price' }).click();
    await error.filter({ hasText: 'A special price is valid for at least 30 days.' }).waitFor();
    expect(await page.getByLabel('Price of one unit, line 1').inputValue()).toBe('150');
  }, 90_000);

  test('answers a question with the terms that were opened again', async () => {
    console_.as('partner_sales');
    await open('/special-prices/spr_2');
    await page.getByRole('button', { name: 'Answer', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Extra discount, line 2').fill('22');
    await dialog.getByText('Net').first().waitFor();
    // The reason was not asked for again.
    expect(await dialog.getByLabel('Reason').count()).toBe(0);
    await dialog.getByLabel('Your answer').fill('For 900 gateways; the offer is attached.');
    await dialog.getByRole('button', { name: 'Send the answer' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(sentTo('POST /api/special-prices/spr_2/resubmission')[0]).toMatchObject({
      words: 'For 900 gateways; the offer is attached.',
      lines: [{ special: { ratePpm: 250_000 } }, { sku: 'GTW-20', special: { ratePpm: 220_000 } }],
      evidenceIds: ['evd_1'],
    });
  }, 90_000);
});

describe('an approver', () => {
  test('has everything on one page: price, margin and floor, who is asked, others like it, the customer before', async () => {
    console_.as('cro');
    await open('/inbox?task=tsk_12');
    await section('The price asked for').getByText('below the floor of').first().waitFor();
    await section('Who is asked').getByText('Chief financial officer').first().waitFor();
    await section('Others like this').getByText('This one asks for').waitFor();
    await section('This customer before').getByText('SP-7104-4KM4').waitFor();
    await page.keyboard.press('r');
    await page.locator('[data-confirm]').click();
    await page.getByText('Choose a reason: the partner is told why.').waitFor();
    await page.getByLabel('Reason').selectOption('margin');
    await page.getByLabel('Words for the partner').fill('Below what we can do.');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Denied: Cobalt Ridge Mining Ltd.').waitFor();
    expect(sentTo('POST /api/tasks/tsk_12/decision')[0]).toMatchObject({
      outcome: 'deny',
      reasonKey: 'margin',
      counter: null,
      factsHash: 'hash-12',
    });
  }, 90_000);

  test('is told what got worse since he agreed, and sees what stands with its hash', async () => {
    console_.as('cfo');
    await open('/inbox?task=tsk_13');
    await page.getByText('Agreed to before, and worse now:').waitFor();
    await page.getByText('Gateway 20 costs €1,007.19 a unit instead of €1,060.00.').first().waitFor();
    const agreed = page.getByRole('list', { name: 'Agreed so far' }).getByRole('listitem');
    expect(await agreed.first().textContent()).toMatch(
      /Cro \(demo\) agreed in round 1 by a counter-offer.*It stands.*9f2c4ab7d1e8/,
    );
  }, 90_000);

  test('makes a counter-offer on a phone-sized screen, sees what it comes to, and the partner accepts it', async () => {
    console_.as('cro');
    await open('/inbox', handheld);
    await page.getByPlaceholder('Customer, partner, reference  ( / )').waitFor();
    await page.goto(`${console_.url}/inbox?task=tsk_12`);
    const thumbs = page.getByRole('group', { name: 'Decide' });
    await thumbs.waitFor();
    expect(await thumbs.getByRole('button').allTextContents()).toEqual(['Approve', 'Deny']);
    await page.locator('button[data-outcome="counter_offer"]').click();
    const confirm = page.locator('[data-confirm]');
    await confirm.click();
    await page.getByText('Change at least one of the terms: as they are, approve them.').waitFor();
    await page.getByLabel('Price of one Sensor 100 (EUR)').fill('400');
    await page.getByText('not above what the partner pays without asking').waitFor();
    await page.getByLabel('The same discount on every line (%)').fill('30');
    expect(await page.getByLabel('Price of one Sensor 100 (EUR)').inputValue()).toBe('149.62');
    await page.getByText('asked: €2,628,552.00').waitFor();
    await page.getByText('30% below the standard price, at a margin of').waitFor();
    await page.getByLabel('Words for the partner').fill('This is as far as we go.');
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    ).toBeLessThanOrEqual(0);
    expect(await axeFaults(page)).toEqual([]);
    await confirm.click();
    await page.getByText('Made a counter-offer: Cobalt Ridge Mining Ltd.').waitFor();
    expect(sentTo('POST /api/tasks/tsk_12/decision')[0]).toMatchObject({
      outcome: 'counter_offer',
      reasonKey: null,
      counter: {
        lines: [
          { lineNo: 1, unitMinor: 14_962 },
          { lineNo: 2, unitMinor: 113_715 },
        ],
        lumpMinor: 0,
        validUntil: '2026-05-02',
      },
    });
    await close();
    console_.as('partner_sales');
    await open('/special-prices/spr_0');
    await section('The counter-offer').getByText('Sensor 100: €149.62 a unit instead of €141.07').waitFor();
    await page.getByRole('button', { name: 'Accept the offer' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Accept' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(sentTo('POST /api/special-prices/spr_0/counter-answer')).toEqual([
      { answer: 'accept', words: '' },
    ]);
    await section('The price asked for').getByText('Round 2').waitFor();
  }, 120_000);
});

describe('an agreement', () => {
  test('says what each price is and how much of its cap is left; a change is asked for from it', async () => {
    console_.as('partner_sales');
    await open('/special-prices/agreements');
    await page.getByRole('link', { name: 'Fenwick Rail Services' }).click();
    await page.getByText('7,350 of 12,000 sold, 4,650 left').waitFor();
    await page.getByText('600 of 600 sold, 0 left').waitFor();
    await page.getByRole('link', { name: 'Ask for a new period' }).click();
    expect(await page.getByLabel('What is changed').inputValue()).toBe('new_period');
    expect(await page.getByLabel('Price of one unit, line 1').inputValue()).toBe('172.40');
  }, 90_000);

  test('is extended by the vendor within the protection', async () => {
    console_.as('director');
    await open('/special-prices/agreements/spa_1');
    await page.getByRole('button', { name: 'Extend' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('Valid until').inputValue()).toBe('2026-05-12');
    await dialog.getByLabel('Why? The partner reads it.').fill('The project is late.');
    await dialog.getByRole('button', { name: 'Extend' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(sentTo('POST /api/pricing-agreements/spa_1/extension')).toEqual([
      { validUntil: '2026-05-12', words: 'The project is late.' },
    ]);
  }, 90_000);
});

describe('when something is amiss', () => {
  test('an empty list offers the first request, a failed one says that nothing was lost', async () => {
    console_.as('partner_sales');
    console_.next('GET /api/special-prices', 200, { items: [], nextCursor: null });
    await open('/special-prices');
    await page.getByText('No special price was asked for yet').waitFor();
    expect(await page.getByRole('link', { name: 'Ask for a special price' }).count()).toBe(2);
    for (let time = 0; time < 3; time += 1)
      console_.next(
        'GET /api/special-prices/spr_0',
        404,
        problem(404, 'not_found', 'There is no such request.'),
      );
    await page.goto(`${console_.url}/special-prices/spr_0`);
    await page.getByText('There is no such request.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await heading('Cobalt Ridge Mining Ltd: special price').waitFor();
  }, 90_000);
});
