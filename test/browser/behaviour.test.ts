import type { Browser, Page } from 'playwright-core';
import { axeFaults, launchChromium, openPage, pick, views } from './chromium.ts';
import { problem, startFixtureConsole, type FixtureConsole } from './fixture-console.ts';
import { fixtureNowMs } from './fixture-data.ts';

/* How the console behaves in a person's hands: driven by keyboard, against fixed answers. */

const [wide, , phone] = views;
let browser: Browser;
let console_: FixtureConsole;
let page: Page;
let close: () => Promise<void>;

async function open(path: string, view = wide): Promise<void> {
  if (view === undefined) throw new Error('There is no such view.');
  ({ page, close } = await openPage(browser, view, { nowMs: fixtureNowMs }));
  await page.goto(console_.url + path);
}
const sentTo = (route: string): { body: unknown; key: string | string[] | undefined }[] =>
  console_.sent
    .filter((one) => one.route === route)
    .map(({ body, headers }) => ({ body, key: headers['idempotency-key'] }));
const heading = (text: string) => page.getByRole('heading', { name: text });

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

describe('the inbox', () => {
  test('j and k move, a and Enter approve, the next case opens, and z takes it back', async () => {
    await open('/inbox');
    await heading('Aldermoor Logistics GmbH').waitFor();
    await page.keyboard.press('j');
    await heading('Brightwater Foods SE').waitFor();
    await page.keyboard.press('k');
    await heading('Aldermoor Logistics GmbH').waitFor();
    await page.keyboard.press('a');
    await page.locator('[data-confirm]:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Approved: Aldermoor Logistics GmbH.').waitFor();
    await heading('Brightwater Foods SE').waitFor();
    const [decision] = sentTo('POST /api/tasks/tsk_0/decision');
    expect(decision).toMatchObject({ body: { outcome: 'approve', reasonKey: null, factsHash: 'hash-0' } });
    expect(decision?.key).toMatch(/^[0-9a-f]{32}$/);
    await page.keyboard.press('z');
    await page.getByRole('region', { name: 'Take the decision back' }).waitFor({ state: 'detached' });
    expect(sentTo('POST /api/decisions/dec_1/retraction')).toHaveLength(1);
  }, 90_000);

  test('a denial needs a reason, and sends it with the words', async () => {
    await open('/inbox?task=tsk_0');
    await heading('Aldermoor Logistics GmbH').waitFor();
    await page.keyboard.press('d');
    await page.locator('[data-confirm]').click();
    await page.getByText('Choose a reason: the partner is told why.').waitFor();
    expect(sentTo('POST /api/tasks/tsk_0/decision')).toHaveLength(0);
    await page.getByLabel('Reason').selectOption('criteria');
    await page.getByLabel('Words for the partner').fill('Too small for this program.');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Denied: Aldermoor Logistics GmbH.').waitFor();
    expect(sentTo('POST /api/tasks/tsk_0/decision')[0]?.body).toMatchObject({
      outcome: 'deny',
      reasonKey: 'criteria',
      words: 'Too small for this program.',
    });
  }, 90_000);

  test('whoever decides reads which product family is taken, and what an approval would protect', async () => {
    await open('/inbox?task=tsk_0');
    await page
      .getByText(
        'Edge security is protected for another registration of this customer: an approval protects switching only, and the partner is told so.',
      )
      .waitFor();
  }, 90_000);

  test('an approval is off while a pair is unjudged, and says why', async () => {
    await open('/inbox?task=tsk_1');
    const approve = page.locator('button[data-outcome="approve"]');
    await approve.waitFor();
    expect(await approve.getAttribute('aria-disabled')).toBe('true');
    expect(await approve.textContent()).toContain('1 pair below is not judged yet');
    await page.keyboard.press('a');
    // Forced: a person's mouse does not wait for it to be on.
    await approve.click({ force: true });
    expect(await page.locator('[data-confirm]').count()).toBe(0);
  }, 90_000);

  test('a conflict says who was first, and keeps what was typed', async () => {
    await open('/inbox?task=tsk_0');
    await heading('Aldermoor Logistics GmbH').waitFor();
    console_.next(
      'POST /api/tasks/tsk_0/decision',
      409,
      problem(409, 'conflict', 'Decided meanwhile.', {
        conflict: {
          by: 'Second approver (demo)',
          at: '2026-03-03T10:00:00Z',
          what: 'approved',
          status: 'approved',
        },
      }),
    );
    await page.keyboard.press('i');
    await page.getByRole('checkbox', { name: 'Customer', exact: true }).click();
    await page.getByLabel('What should the partner tell you?').fill('Which site is it?');
    await page.locator('[data-confirm]').click();
    await page.getByText('Second approver (demo): approved').waitFor();
    expect(await page.getByLabel('What should the partner tell you?').inputValue()).toBe('Which site is it?');
  }, 90_000);

  test('what comes in live waits above the list and moves nothing', async () => {
    console_.tasks(3);
    await open('/inbox?task=tsk_1');
    const rows = page.getByRole('grid').getByRole('row');
    await rows.nth(2).waitFor();
    const before = await rows.allTextContents();
    console_.reveal();
    await console_.tell({ caseId: 'reg_9', seq: 1, kind: 'task_opened' });
    await page.getByRole('button', { name: '1 new' }).waitFor();
    expect(await rows.allTextContents()).toEqual(before);
    await page.getByRole('button', { name: '1 new' }).click();
    await page.getByText('Ironbridge Freight Ltd').waitFor();
  }, 90_000);

  test('on a phone two buttons lie under the thumbs', async () => {
    await open('/inbox', phone);
    await page.getByText('Aldermoor Logistics GmbH').first().click();
    const thumbs = page.getByRole('group', { name: 'Decide' });
    await thumbs.waitFor();
    expect(await thumbs.getByRole('button').allTextContents()).toEqual(['Approve', 'Deny']);
    await thumbs.getByRole('button', { name: 'Approve' }).click();
    await page.locator('[data-confirm]').click();
    await page.getByText('Approved: Aldermoor Logistics GmbH.').waitFor();
  }, 90_000);
});

describe('several at once', () => {
  test('x chooses, a shows what will happen to each, Enter decides each by a write of its own, z takes all back', async () => {
    await open('/inbox');
    await heading('Aldermoor Logistics GmbH').waitFor();
    await page.keyboard.press('x');
    await page.getByText('1 chosen').waitFor();
    for (let row = 0; row < 4; row += 1) await page.keyboard.press('j');
    await page.keyboard.press('Shift+X');
    await page.getByText('5 chosen').waitFor();
    await page.keyboard.press('a');
    await heading('Approve 2 of 5 chosen cases').waitFor();
    // What is left out stands first, with why.
    const rows = page.getByRole('list', { name: 'What will happen' }).getByRole('listitem');
    await rows.filter({ hasText: '1 pair of customers not judged yet' }).waitFor();
    await rows.filter({ hasText: 'Second approver (demo) is deciding this one' }).waitFor();
    await rows.filter({ hasText: 'above your limit of authority' }).waitFor();
    await page.locator('[data-confirm]:focus').waitFor();
    await page.keyboard.press('Enter');
    await heading('2 of 2 decided').waitFor();
    const [first, second] = [
      sentTo('POST /api/tasks/tsk_0/decision'),
      sentTo('POST /api/tasks/tsk_4/decision'),
    ];
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(first[0]?.key).not.toBe(second[0]?.key);
    expect(first[0]?.body).toMatchObject({ outcome: 'approve', factsHash: 'hash-0' });
    expect(second[0]?.body).toMatchObject({ outcome: 'approve', factsHash: 'hash-4' });
    await page.keyboard.press('z');
    await page.getByText('Taken back').nth(1).waitFor();
    expect(sentTo('POST /api/decisions/dec_1/retraction')).toHaveLength(1);
    expect(sentTo('POST /api/decisions/dec_2/retraction')).toHaveLength(1);
    await page.getByRole('button', { name: 'Done' }).click();
    // Those left out are still chosen.
    await page.getByText('3 chosen').waitFor();
  }, 90_000);

  test('a denial needs one reason; who was first is said beside the case, which stays chosen', async () => {
    await open('/inbox');
    await heading('Aldermoor Logistics GmbH').waitFor();
    console_.next(
      'POST /api/tasks/tsk_4/decision',
      409,
      problem(409, 'conflict', 'Decided meanwhile.', {
        conflict: {
          by: 'Second approver (demo)',
          at: '2026-03-03T10:00:00Z',
          what: 'approve',
          status: 'approved',
        },
      }),
    );
    const boxes = page.getByRole('grid').getByRole('checkbox');
    await boxes.nth(0).click();
    await boxes.nth(4).click();
    await page.getByText('2 chosen').waitFor();
    // The focus is in a box, and the keys go on.
    await page.keyboard.press('d');
    await heading('Deny 2 of 2 chosen cases').waitFor();
    await page.locator('[data-confirm]').click();
    await page.getByText('Choose a reason: the partners are told why.').waitFor();
    expect(sentTo('POST /api/tasks/tsk_0/decision')).toHaveLength(0);
    await page.getByLabel('Reason for all of them').selectOption('criteria');
    await page.getByLabel('Words for each partner').fill('Below the size of the program.');
    await page.locator('[data-confirm]').click();
    await heading('1 of 2 decided and 1 refused').waitFor();
    await page.getByText('Second approver (demo) was first: approved').waitFor();
    expect(sentTo('POST /api/tasks/tsk_0/decision')[0]?.body).toMatchObject({
      outcome: 'deny',
      reasonKey: 'criteria',
      words: 'Below the size of the program.',
    });
    await page.getByRole('button', { name: 'Take back: Aldermoor Logistics GmbH' }).click();
    await page.getByText('Taken back', { exact: true }).waitFor();
    expect(sentTo('POST /api/decisions/dec_1/retraction')).toHaveLength(1);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('1 chosen').waitFor();
  }, 90_000);

  test('one without an answer is tried again with its own key', async () => {
    await open('/inbox');
    await heading('Aldermoor Logistics GmbH').waitFor();
    console_.next(
      'POST /api/tasks/tsk_0/decision',
      503,
      problem(503, 'unavailable', 'The database is down.'),
    );
    await page.keyboard.press('x');
    await page.keyboard.press('a');
    await heading('Approve 1 of 1 chosen case').waitFor();
    await page.locator('[data-confirm]:focus').waitFor();
    await page.keyboard.press('Enter');
    await heading('1 of 1 decided').waitFor();
    const keys = sentTo('POST /api/tasks/tsk_0/decision').map(({ key }) => key);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  }, 90_000);
});

describe('rivals who are decided together', () => {
  test('each can be looked at in the order of the ranking, and one of them gets protection', async () => {
    await open('/inbox?task=tsk_5');
    await heading('Ironbridge Freight Ltd: Depot sensors').waitFor();
    const each = page.getByRole('group', { name: 'The rivals' }).getByRole('button');
    expect(await each.allTextContents()).toEqual(['DR-7020-9QX0', 'DR-7021-9QX1', 'DR-7022-9QX2']);
    await each.nth(2).click();
    await heading('Iron Bridge Freight Services: Depot sensors').waitFor();
    await page.keyboard.press('a');
    const winner = page.getByLabel('Who gets protection?');
    expect(await winner.inputValue()).toBe('reg_22');
    await winner.selectOption('reg_21');
    await page.locator('[data-confirm]').click();
    await page.getByText('Protected this partner: Ironbridge Freight Ltd.').waitFor();
    expect(sentTo('POST /api/tasks/tsk_5/decision')[0]?.body).toMatchObject({
      outcome: 'protect_partner',
      winnerId: 'reg_21',
      sharerIds: [],
      factsHash: 'hash-5',
    });
  }, 90_000);

  test('those whom the rules find level may share: at least two, and nobody who is behind', async () => {
    await open('/inbox?task=tsk_5');
    await page.getByRole('button', { name: 'Let them share' }).click();
    const sharers = page.getByRole('group', { name: /^Who shares\?/ }).getByRole('checkbox');
    await sharers.first().waitFor();
    expect(
      await sharers.evaluateAll((boxes) => boxes.map((box) => (box as HTMLInputElement).checked)),
    ).toEqual([true, true]);
    await page.getByLabel('DR-7021-9QX1, Ironbridge Freight Limited').uncheck();
    await page.locator('[data-confirm]').click();
    await page.getByText('Choose at least two who share.').waitFor();
    expect(sentTo('POST /api/tasks/tsk_5/decision')).toHaveLength(0);
    await page.getByLabel('DR-7021-9QX1, Ironbridge Freight Limited').check();
    await page.getByLabel('Words for the partner').fill('Both work this customer.');
    await page.locator('[data-confirm]').click();
    await page.getByText('Shared among them: Ironbridge Freight Ltd.').waitFor();
    expect(sentTo('POST /api/tasks/tsk_5/decision')[0]?.body).toMatchObject({
      outcome: 'share',
      sharerIds: ['reg_20', 'reg_21'],
      winnerId: null,
      words: 'Both work this customer.',
    });
  }, 90_000);
});

describe('somebody who is away', () => {
  test('enters it with a deputy and a cap, is told what is missing or refused, and ends it', async () => {
    await open('/preferences');
    const away = page.getByRole('region', { name: 'Away, and who stands in' });
    await away.getByText('you stand in for Director (demo), up to 100,000.').waitFor();
    // What another person entered is his to end, and nobody but an administrator enters it for others.
    expect(await away.getByRole('button', { name: 'Back again' }).count()).toBe(0);
    expect(await away.getByLabel('Who is away').count()).toBe(0);
    const enter = away.getByRole('button', { name: 'Enter absence' });
    expect(await enter.isDisabled()).toBe(true);
    expect(await enter.getAttribute('title')).toBe(
      'Give the deputy, the first moment away and the moment of return first.',
    );
    await away.getByLabel('Deputy', { exact: true }).selectOption('psn_2');
    await away.getByLabel('Away from').fill('2026-03-09T08:00');
    await away.getByLabel('Back at').fill('2026-03-30T08:00');
    await away.getByLabel('The deputy decides up to').fill('much');
    expect(await enter.getAttribute('title')).toBe('Give an amount first.');
    await away.getByLabel('The deputy decides up to').fill('50,000');
    console_.next(
      'POST /api/absences',
      400,
      problem(400, 'invalid_request', 'The absence cannot be entered.', {
        errors: [{ pointer: '/deputyId', reason: 'The deputy is away in that time.' }],
      }),
    );
    await enter.click();
    await away.getByText('Deputy: The deputy is away in that time.').waitFor();
    await enter.click();
    await away.getByText('Entered.').waitFor();
    const [refused, entered] = sentTo('POST /api/absences');
    expect(entered?.key).not.toBe(refused?.key);
    // As the person reads the clock on the wall: before and after summer time begins.
    expect(entered?.body).toEqual({
      personId: 'psn_approver',
      deputyId: 'psn_2',
      fromAt: '2026-03-09T07:00:00.000Z',
      untilAt: '2026-03-30T06:00:00.000Z',
      capMinor: 5_000_000,
    });
    await away.getByText('Second approver (demo) stands in for you, up to 50,000.').waitFor();
    await away.getByRole('button', { name: 'Back again' }).click();
    await away.getByText('stands in for you').waitFor({ state: 'detached' });
    expect(sentTo('DELETE /api/absences/abs_2')).toHaveLength(1);
  }, 90_000);

  test('has a deputy who is told in whose place he decides', async () => {
    await open('/inbox?task=tsk_11');
    await page.getByRole('grid').getByText('for Director (demo)').first().waitFor();
    await page
      .getByText('Director (demo) is away: you decide in that place, and the record says so.')
      .waitFor();
  }, 90_000);
});

describe('saved views', () => {
  test('one is opened by its name, and what is shown is saved under another', async () => {
    await open('/inbox');
    await heading('Aldermoor Logistics GmbH').waitFor();
    await page.getByRole('button', { name: 'Views' }).click();
    // How many rows it shows stands beside it, counted up to 99.
    await page.getByRole('menuitem', { name: 'Late first' }).filter({ hasText: '99+' }).click();
    await page.waitForURL(/tone=breached/);
    await page.getByRole('button', { name: 'Late first' }).click();
    await page.getByRole('menuitem', { name: 'Save this view…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Mine, late');
    await dialog.getByLabel('Who sees it').selectOption('approver');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(sentTo('POST /api/saved-views')[0]?.body).toEqual({
      screen: 'inbox',
      name: 'Mine, late',
      query: { tone: 'breached' },
      sharedWith: 'approver',
      isDefault: false,
    });
  }, 90_000);
});

describe('people and what they may do', () => {
  const proposal = (text: string) =>
    page.getByRole('list', { name: 'Proposed changes' }).getByRole('listitem').filter({ hasText: text });

  test('a change is proposed for somebody, with a limit in minor units and its currency', async () => {
    console_.as('admin');
    await open('/people');
    const person = page.getByRole('list', { name: 'People' }).getByRole('listitem');
    await person.filter({ hasText: 'Approver (demo)' }).getByRole('button', { name: 'Change…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Change').selectOption('change_limit');
    await dialog.getByLabel('Role').selectOption('approver');
    const propose = dialog.getByRole('button', { name: 'Propose' });
    await dialog.getByLabel('Decides up to').fill('much');
    await dialog.getByLabel('Reason').fill('Larger deals in spring.');
    expect(await propose.isDisabled()).toBe(true);
    expect(await propose.getAttribute('title')).toBe('Give a limit as an amount first.');
    await dialog.getByLabel('Decides up to').fill('150,000');
    console_.next(
      'POST /api/role-changes',
      422,
      problem(422, 'not_allowed_now', 'The change cannot be made.', {
        errors: [{ pointer: '/limit', reason: 'That is the limit already.' }],
      }),
    );
    await propose.click();
    await dialog.locator('.mantine-TextInput-error', { hasText: 'That is the limit already.' }).waitFor();
    expect(await dialog.getByLabel('Reason').inputValue()).toBe('Larger deals in spring.');
    await propose.click();
    await dialog.waitFor({ state: 'detached' });
    const [refused, made] = sentTo('POST /api/role-changes');
    expect(made?.body).toEqual({
      personId: 'psn_1',
      kind: 'change_limit',
      role: 'approver',
      limit: { amountMinor: 15_000_000, currency: 'EUR' },
      words: 'Larger deals in spring.',
    });
    expect(made?.key).not.toBe(refused?.key);
  }, 90_000);

  test('the second person confirms with words; what one may not confirm is off and says why', async () => {
    console_.as('director');
    await open('/people');
    const own = proposal('reinstated').getByRole('button', { name: 'Confirm…' });
    await own.waitFor();
    expect(await own.getAttribute('aria-disabled')).toBe('true');
    expect(await own.textContent()).toContain('You proposed it; a second person confirms it.');
    const other = proposal('decides up to €250,000.00 as approver');
    await other.getByRole('button', { name: 'Confirm…' }).click();
    const confirm = other.getByRole('button', { name: 'Confirm', exact: true });
    expect(await confirm.isDisabled()).toBe(true);
    await other.getByLabel('Why it is right').fill('As agreed with sales.');
    await confirm.click();
    await other.getByLabel('Why it is right').waitFor({ state: 'detached' });
    expect(sentTo('POST /api/role-changes/rch_1/decision')[0]?.body).toEqual({
      verdict: 'confirm',
      words: 'As agreed with sales.',
    });
    // The director proposes nothing himself.
    expect(await page.getByRole('button', { name: 'Propose a change' }).count()).toBe(0);
  }, 90_000);
});

describe('a task that nobody may decide', () => {
  test('says so, and the board leads to whoever hands it on', async () => {
    console_.as('program_ops');
    await open('/operations');
    const item = page.getByRole('listitem').filter({ hasText: 'Nobody may decide' });
    await item.getByText('Everybody who has the role took part', { exact: false }).waitFor();
    await item.getByRole('link', { name: 'Hand it to somebody' }).click();
    await page.waitForURL(/task=tsk_3/);
    await page.getByText('Nobody may decide this now.').waitFor();
    await page.getByRole('button', { name: 'Hand to…' }).click();
    // Colleagues are looked for by name, never loaded all.
    const looked = page.waitForRequest((request) => request.url().includes('search=nobody'));
    await page.getByRole('combobox', { name: 'To', exact: true }).fill('nobody of this name');
    await looked;
    await pick(page, 'To', 'Second approver');
    await page.getByRole('textbox', { name: 'Why' }).fill('She took no part.');
    await page.getByRole('button', { name: 'Hand over' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(sentTo('POST /api/tasks/tsk_3/assignment')[0]?.body).toEqual({
      personId: 'psn_2',
      words: 'She took no part.',
    });
  }, 90_000);
});

test('a mail that was set aside is sent to a colleague of its receiver, with a reason', async () => {
  console_.as('program_ops');
  await open('/operations');
  const item = page.getByRole('listitem').filter({ hasText: 'Mail not sent' });
  await item.getByRole('button', { name: 'Send to somebody else…' }).click();
  const dialog = page.getByRole('dialog');
  const sending = dialog.getByRole('button', { name: 'Send', exact: true });
  await dialog.getByLabel('Reason').fill('He has left.');
  expect(await sending.isDisabled()).toBe(true);
  await pick(page, 'To', 'Partner admin');
  await sending.click();
  await dialog.waitFor({ state: 'detached' });
  expect(sentTo('POST /api/operations/stuck/mail/out_1/reassign')[0]?.body).toEqual({
    personId: 'psn_8',
    reason: 'He has left.',
  });
}, 90_000);

describe('what changed since the reader looked', () => {
  test('is said in the list, above the case and by a line in the timeline; staying keeps the look', async () => {
    await open('/inbox?task=tsk_4');
    // The answer, not the request: that one is told before anybody has received it.
    const kept = page.waitForResponse(
      (response) => response.request().method() === 'PUT' && response.url().endsWith('/reg_4/look'),
    );
    await page.getByRole('grid').getByText('New: information answered').waitFor();
    await page.getByText('Since you looked', { exact: false }).first().waitFor();
    const timeline = page.getByRole('region', { name: 'Timeline' }).getByRole('listitem');
    await timeline.filter({ hasText: 'You looked' }).waitFor();
    const texts = await timeline.allTextContents();
    const line = texts.findIndex((text) => text.startsWith('You looked'));
    expect(texts.slice(0, line).some((text) => /sent to conflict/i.test(text))).toBe(true);
    expect(texts.slice(line).some((text) => text.includes('Registered'))).toBe(true);
    await kept;
    // The line stays while the page is read.
    await timeline.filter({ hasText: 'You looked' }).waitFor();
    expect(sentTo('PUT /api/deal-registrations/reg_4/look')[0]?.body).toEqual({ upTo: 5 });
  }, 90_000);
});

describe('a partner', () => {
  test('registers a deal; the draft survives a reload', async () => {
    console_.as('partner_sales');
    await open('/deal-registrations/new');
    await page.getByLabel('Legal name').fill('Aldermoor Logistics GmbH');
    await page.getByLabel('Country').selectOption('DE');
    await page.getByLabel('Name of the opportunity').fill('Warehouse sensors');
    await page.getByLabel(/Estimated value/).fill('48,000.50');
    await page.getByText('Saved as a draft.').waitFor();
    await page.waitForURL(/draft=drf_1/);
    await page.reload();
    await page.getByLabel('Legal name').waitFor();
    expect(await page.getByLabel('Legal name').inputValue()).toBe('Aldermoor Logistics GmbH');
    expect(await page.getByLabel(/Estimated value/).inputValue()).toBe('48000.50');
    await page.getByRole('button', { name: 'Register the deal' }).click();
    await page.getByText('Say when you expect the deal to close.').waitFor();
    expect(sentTo('POST /api/deal-registrations')).toHaveLength(0);
    await page.getByLabel('Expected close').fill('2027-01-20');
    await pick(page, 'Product, line 1', 'Sensor 100');
    await page.getByLabel('Quantity, line 1').fill('240');
    await page.getByText('You have a registration for Aldermoor Logistics GmbH already').waitFor();
    await page.getByRole('button', { name: 'Register the deal' }).click();
    await page.getByText('DR-7K3M-9QX2').waitFor();
    expect(sentTo('POST /api/deal-registrations')[0]?.body).toMatchObject({
      draftId: 'drf_1',
      value: { amountMinor: 4_800_050, currency: 'EUR' },
      lines: [{ sku: 'SEN-100', quantity: 240 }],
      customer: { country: 'DE', webDomain: null },
    });
  }, 40_000);

  test("names the file that is the customer's own choice; it is kept with the draft, and goes with the file", async () => {
    console_.as('partner_sales');
    await open('/deal-registrations/new');
    await page.getByLabel('Legal name').fill('Aldermoor Logistics GmbH');
    const choice = page.getByLabel("The customer's written choice of you");
    expect(await choice.count()).toBe(0);
    /** The answer to the save of a draft with this choice. */
    const savedWith = (chosen: string | null): Promise<unknown> =>
      page.waitForResponse((response) => {
        const sent = response.request().postData() ?? '';
        return (
          response.url().includes('/registration-drafts') &&
          sent.includes(`"customersChoice":${JSON.stringify(chosen)}`)
        );
      });
    await page.getByLabel('Evidence').setInputFiles({
      name: 'letter-of-choice.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('We want to buy from Northwind.'),
    });
    const kept = savedWith('evd_9');
    await choice.selectOption({ label: 'letter-of-choice.txt' });
    await kept;
    await page.waitForURL(/draft=drf_1/);
    await page.reload();
    await choice.waitFor();
    expect(await choice.inputValue()).toBe('evd_9');
    const gone = savedWith(null);
    await page.getByRole('button', { name: 'Remove File 1' }).click();
    await choice.waitFor({ state: 'detached' });
    await gone;
  }, 90_000);

  test('is told at the field what the API does not accept', async () => {
    console_.as('partner_sales');
    await open('/deal-registrations/new');
    await page.getByLabel('Legal name').fill('Aldermoor Logistics GmbH');
    await page.getByLabel('Country').selectOption('DE');
    await page.getByLabel('Name of the opportunity').fill('Warehouse sensors');
    await page.getByLabel(/Estimated value/).fill('48000');
    await page.getByLabel('Expected close').fill('2027-01-20');
    await pick(page, 'Product, line 1', 'Sensor 100');
    console_.next(
      'POST /api/deal-registrations',
      400,
      problem(400, 'invalid_request', 'One field is wrong.', {
        errors: [{ pointer: '/opportunityName', reason: 'Another name is needed.' }],
      }),
    );
    await page.getByRole('button', { name: 'Register the deal' }).click();
    await page.locator('.mantine-TextInput-error', { hasText: 'Another name is needed.' }).waitFor();
    expect(await page.getByLabel('Name of the opportunity').inputValue()).toBe('Warehouse sensors');
  }, 40_000);
});

describe('an answer to a request for information', () => {
  test('offers every field that was asked for, and sends those that were changed', async () => {
    console_.as('partner_sales');
    await open('/deal-registrations/reg_0');
    await page.getByRole('button', { name: 'Answer' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Legal name').waitFor();
    const send = dialog.getByRole('button', { name: 'Send the answer' });
    expect(await send.isDisabled()).toBe(true);
    await dialog.getByLabel('Evidence').waitFor();
    await dialog.getByLabel('Quantity, line 1').fill('nothing');
    await send.click();
    await dialog.getByText('A whole number, at least 1.').waitFor();
    await dialog.getByLabel('Quantity, line 1').fill('300');
    await dialog.getByLabel('Public tender').selectOption('published');
    await dialog.getByLabel('Date of the tender').fill('2027-02-01');
    await dialog.getByLabel('Requested discount (%)').fill('14');
    await dialog.getByLabel('Competitors').fill('Ostrava Controls, Brno Sensors');
    await send.click();
    await dialog.waitFor({ state: 'detached' });
    expect(sentTo('POST /api/deal-registrations/reg_0/information')[0]?.body).toEqual({
      words: '',
      corrections: {
        lines: [{ sku: 'SEN-100', quantity: 300 }],
        rfp: { status: 'published', date: '2027-02-01' },
        competitors: ['Ostrava Controls', 'Brno Sensors'],
        requestedDiscountPpm: 140_000,
      },
    });
  }, 90_000);
});

describe('everywhere', () => {
  test('a passing failure is tried again with the same key, and then told', async () => {
    await open('/inbox?task=tsk_0');
    await heading('Aldermoor Logistics GmbH').waitFor();
    console_.next(
      'POST /api/tasks/tsk_0/decision',
      503,
      problem(503, 'unavailable', 'The database is down.'),
    );
    await page.keyboard.press('a');
    await page.locator('[data-confirm]:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Approved: Aldermoor Logistics GmbH.').waitFor();
    const keys = sentTo('POST /api/tasks/tsk_0/decision').map(({ key }) => key);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  }, 90_000);

  test('⌘K opens every page by its name, and is clean for axe', async () => {
    console_.as('program_ops');
    await open('/inbox');
    await heading('Inbox').waitFor();
    await page.keyboard.press('Control+k');
    const box = page.getByRole('textbox', { name: 'Go to a page or do something' });
    await box.waitFor();
    expect(await axeFaults(page, '[role="dialog"]')).toEqual([]);
    await box.fill('operations');
    await page.keyboard.press('Enter');
    await heading('Operations').waitFor();
  }, 90_000);

  test('signed out: a page that says so, and where it leads back to', async () => {
    console_.next('GET /api/session', 401, problem(401, 'not_signed_in', 'Sign in first.'));
    await open('/inbox?tone=breached');
    const link = page.getByRole('link', { name: 'Sign in' });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe('/sign-in?returnTo=%2Finbox%3Ftone%3Dbreached');
  }, 90_000);

  test('each role begins at its own question', async () => {
    await open('/');
    for (const [role, path] of [
      ['approver', '/inbox'],
      ['channel_account_manager', '/my-partners'],
      ['program_ops', '/operations'],
      ['auditor', '/audit'],
      ['partner_sales', '/deal-registrations'],
    ] as const) {
      console_.as(role);
      await page.goto(console_.url);
      await page.waitForURL(`${console_.url}${path}`);
    }
  }, 40_000);
});

describe('what a decision needs and what a case tells', () => {
  test('a conflict goes to the other side with a reason and words', async () => {
    console_.change('tsk_0', {
      kind: 'conflict_resolution',
      outcomes: ['protect_partner', 'award_other', 'no_conflict'],
    });
    await open('/inbox?task=tsk_0');
    await page.getByRole('button', { name: 'Award the other side' }).click();
    await page.locator('[data-confirm]').click();
    await page.getByText('Choose a reason: the partner is told why.').waitFor();
    await page.getByLabel('Reason').selectOption('criteria');
    await page.locator('[data-confirm]').click();
    await page.getByText('Say why: the partner reads your words.').waitFor();
    await page.getByLabel('Words for the partner').fill('Worked by our own team since spring.');
    await page.locator('[data-confirm]').click();
    await page.getByText('Awarded the other side: Aldermoor Logistics GmbH.').waitFor();
    expect(sentTo('POST /api/tasks/tsk_0/decision')[0]?.body).toMatchObject({
      outcome: 'award_other',
      reasonKey: 'criteria',
      words: 'Worked by our own team since spring.',
    });
  }, 90_000);

  test('a refusal needs words and no reason', async () => {
    console_.change('tsk_0', { kind: 'extension', outcomes: ['grant', 'refuse'] });
    await open('/inbox?task=tsk_0');
    await page.getByRole('button', { name: 'Refuse' }).click();
    await page.locator('[data-confirm]').click();
    await page.getByText('Say why: the partner reads your words.').waitFor();
    expect(await page.getByLabel('Reason').count()).toBe(0);
    expect(sentTo('POST /api/tasks/tsk_0/decision')).toHaveLength(0);
  }, 90_000);

  test('a case says to whom its mails went, and that its protection was extended', async () => {
    await open('/deal-registrations/reg_1');
    await page.getByText('Mail “received” to Northwind sales (demo).').waitFor();
    await open('/deal-registrations/reg_2');
    await page.getByText('extended once').waitFor();
  }, 90_000);
});
