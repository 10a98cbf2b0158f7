import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import type { Role } from '../../domain/access.ts';
import { registrationStatuses } from '../../domain/deal-registration/status.ts';
import { statusWords } from '../../domain/words/en.ts';
import { launchChromium, openPage, views, type View } from './chromium.ts';
import { startFixtureConsole, type FixtureConsole } from './fixture-console.ts';
import { at, board, fixtureNowMs, heads } from './fixture-data.ts';
import { withPalette } from './small-png.ts';

/*
 * node test/browser/make-pictures.ts: makes the pictures of docs/images again, from the built console (scripts/build.ts) and
 * the fixed answers of the browser tests, at their fixed instant. The same console makes the same pictures.
 */

const folder = join(import.meta.dirname, '../../docs/images');

interface Studio {
  readonly browser: Browser;
  readonly console: FixtureConsole;
}

interface Part {
  readonly caption: string;
  readonly png: Buffer;
}

const pictures: Readonly<Record<string, (studio: Studio) => Promise<Buffer>>> = {
  inbox: (studio) =>
    visit(studio, { role: 'approver', path: '/inbox?task=tsk_1' }, async (page) => {
      await page.getByText('What decides it').waitFor();
      return page.screenshot();
    }),

  registration: (studio) =>
    visit(studio, { role: 'channel_account_manager', path: '/deal-registrations/reg_2' }, async (page) => {
      await page.getByText('days left').first().waitFor();
      return page.screenshot();
    }),

  portal: (studio) =>
    visit(studio, { role: 'partner_sales', path: '/deal-registrations', height: 620 }, async (page) => {
      await draftOf(page, 'Foxmoor Cold Stores GmbH');
      await page.reload();
      await page.getByRole('heading', { name: 'Drafts' }).waitFor();
      return page.screenshot({ fullPage: true });
    }),

  'special-price-form': (studio) =>
    visit(
      studio,
      { role: 'partner_sales', path: '/special-prices/new?registration=reg_2', height: 1010 },
      async (page) => {
        await page.getByLabel('Units, line 1').fill('24000');
        await page.getByLabel('Extra discount, line 1').fill('34');
        await page.getByText('2 people will be asked.').waitFor();
        await page.getByText('Saved as a draft.').waitFor();
        return page.screenshot();
      },
    ),

  'special-price-approver': (studio) =>
    visit(studio, { role: 'cfo', path: '/inbox?task=tsk_13', height: 1900 }, async (page) => {
      await page.getByText('This one asks for').waitFor();
      return page.screenshot();
    }),

  'special-price-offer': (studio) =>
    visit(studio, { role: 'partner_sales', path: '/special-prices/spr_1', height: 1000 }, async (page) => {
      await page.getByRole('heading', { name: 'The counter-offer' }).waitFor();
      return page.screenshot();
    }),

  'special-price-agreement': (studio) =>
    visit(
      studio,
      { role: 'partner_sales', path: '/special-prices/agreements/spa_1', height: 800 },
      async (page) => {
        await page.getByText('7,350 of 12,000 sold').waitFor();
        return page.screenshot();
      },
    ),

  register: (studio) =>
    visit(studio, { role: 'partner_sales', path: '/deal-registrations/new', height: 1500 }, async (page) => {
      studio.console.next('POST /api/registration-drafts/drf_1/check', 200, {
        errors: [],
        findings: [{ code: 'quiet_period', facts: { untilAt: at(21 * 86_400_000) } }],
        ownCases: [],
      });
      await page.getByLabel('Evidence').setInputFiles({
        name: 'letter-of-choice.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('We want to buy from Northwind.'),
      });
      await page.getByLabel("The customer's written choice of you").selectOption('evd_9');
      await page.getByLabel('Legal name').fill('Foxmoor Cold Stores GmbH');
      await page.getByLabel('Country').selectOption('DE');
      await page.getByLabel('Name of the opportunity').fill('Cold chain monitoring');
      await page.getByLabel(/Estimated value/).fill('48000');
      await page.getByText('So far this stands against it').waitFor();
      await page.getByText('Saved as a draft.').waitFor();
      await page.locator('h1').click();
      return part(page, page.locator('.page'));
    }),

  states: async (studio) => {
    const parts: Part[] = [];
    for (const status of registrationStatuses) {
      const id = heads('vendor').find((head) => head.status === status)?.id ?? '';
      const path = `/deal-registrations/${id}`;
      const png = await visit(studio, { role: 'channel_account_manager', path, width: 848 }, (page) =>
        part(page, page.locator('.case-head'), 8),
      );
      parts.push({ caption: statusWords[status], png });
    }
    return sheet(studio, parts, { columns: 2, width: 1340 });
  },

  'partner-verbs': async (studio) => {
    const verbs: readonly [caseId: string, verb: string, ready: string][] = [
      ['reg_0', 'Answer', 'Public tender'],
      ['reg_2', 'Amend', 'Product, line 1'],
      ['reg_2', 'Report activity', 'What was done?'],
      ['reg_1', 'Withdraw', 'Reason'],
      ['reg_2', 'Ask for an extension', 'Why is more time needed?'],
      ['reg_2', 'Report won', 'Order reference'],
      ['reg_2', 'Report lost', 'Reason'],
      ['reg_5', 'Appeal', 'Why should it be decided differently?'],
    ];
    const parts: Part[] = [];
    for (const [caseId, verb, ready] of verbs)
      parts.push({
        caption: '',
        png: await dialogOf(studio, {
          role: 'partner_sales',
          path: `/deal-registrations/${caseId}`,
          verb,
          ready,
        }),
      });
    return sheet(studio, parts, { columns: 2, width: 1320 });
  },

  'vendor-verbs': async (studio) => {
    const dialogs: readonly [role: Role, path: string, verb: string, ready: string][] = [
      ['channel_account_manager', '/deal-registrations/reg_2', 'Transfer', 'To which partner?'],
      ['channel_account_manager', '/deal-registrations/reg_2', 'Write a note', 'For whom?'],
      ['program_ops', '/inbox?task=tsk_0', 'Hand to…', 'To'],
    ];
    const parts: Part[] = [];
    for (const [outcome, caption] of [
      ['Deny', 'A denial: its reason'],
      ['Ask for information', 'Asking for information: what is opened again'],
    ] as const)
      parts.push({ caption, png: await answerForm(studio, { task: 'tsk_0', outcome }) });
    for (const [role, path, verb, ready] of dialogs)
      parts.push({ caption: '', png: await dialogOf(studio, { role, path, verb, ready }) });
    parts.push({ caption: 'The undo window', png: await undoBar(studio) });
    return sheet(studio, parts, { columns: 2, width: 1320 });
  },

  questions: async (studio) => {
    const kinds: readonly [task: string, outcome: string][] = [
      ['tsk_6', 'Award the other side'],
      ['tsk_7', 'Grant'],
      ['tsk_8', 'Refuse'],
      ['tsk_9', 'Overturn the denial'],
    ];
    const parts: Part[] = [];
    for (const [task, outcome] of kinds)
      parts.push({ caption: '', png: await answerForm(studio, { task, outcome, head: true }) });
    return sheet(studio, parts, { columns: 2, width: 1360 });
  },

  rivals: (studio) =>
    visit(studio, { role: 'approver', path: '/inbox?task=tsk_5' }, async (page) => {
      await page.getByRole('button', { name: 'Let them share' }).click();
      await page.getByText('Who shares?').waitFor();
      return page.screenshot();
    }),

  clocks: (studio) =>
    visit(
      studio,
      { role: 'channel_account_manager', path: '/deal-registrations/reg_7', height: 2400 },
      async (page) => {
        const fold = page.locator('details', { has: page.getByText('Clocks (11)') });
        await fold.locator('summary').click();
        return part(page, fold);
      },
    ),

  deputy: async (studio) => {
    const absences = await visit(studio, { role: 'approver', path: '/preferences', width: 860 }, (page) =>
      part(page, page.getByRole('region', { name: 'Away, and who stands in' })),
    );
    const task = await answerForm(studio, { task: 'tsk_11', outcome: 'Approve', head: true });
    return sheet(
      studio,
      [
        { caption: 'Who is away, and who stands in', png: absences },
        { caption: 'A task that waits for the absent person', png: task },
      ],
      { columns: 2, width: 1360 },
    );
  },

  operations: (studio) => {
    studio.console.next('GET /api/operations/board', 200, {
      ...board,
      hold: { id: 'hld_1', fromAt: at(-1_800_000), toAt: null, reason: 'The mail provider is down.' },
    });
    return visit(studio, { role: 'program_ops', path: '/operations' }, async (page) => {
      await page.getByText('The same as a table').waitFor();
      return page.screenshot();
    });
  },

  'programs-and-imports': async (studio) => {
    const policy = await visit(
      studio,
      { role: 'program_ops', path: '/policies/pol_4?programId=prg_1', width: 860, height: 720 },
      async (page) => {
        await page.getByText('First response for gold').first().waitFor();
        return part(page, page.locator('.page'));
      },
    );
    const imported = await visit(
      studio,
      { role: 'program_ops', path: '/imports', width: 860, height: 1400 },
      async (page) => {
        await page.locator('input[type="file"]').setInputFiles({
          name: 'customers.csv',
          mimeType: 'text/csv',
          buffer: Buffer.from('accountRef,legalName,country'),
        });
        await page.getByText('Give the country as two capital letters').waitFor();
        return part(page, page.locator('.page'));
      },
    );
    return sheet(
      studio,
      [
        { caption: 'A draft of a policy: what is different from the version in force', png: policy },
        { caption: 'An import: what is wrong, before anything is stored', png: imported },
      ],
      { columns: 2, width: 1384 },
    );
  },

  phone: async (studio) => {
    const phone = { width: 320, height: 640 };
    const shown: readonly [role: Role, path: string, text: string, view: View['name']][] = [
      ['approver', '/inbox', 'Brightwater Foods SE', 'light'],
      ['approver', '/inbox?task=tsk_19', 'What decides it', 'light'],
      ['partner_sales', '/deal-registrations', 'Needs you', 'dark'],
      ['partner_sales', '/deal-registrations/reg_2', 'days left', 'dark'],
    ];
    const parts: Part[] = [];
    for (const [role, path, text, view] of shown)
      parts.push({
        caption: '',
        png: await visit(studio, { role, path, view, ...phone }, async (page) => {
          await page.getByText(text).first().waitFor();
          return page.screenshot();
        }),
      });
    return sheet(studio, parts, { columns: 4, width: 1360 });
  },
};

const [wide] = views;

/** Opens a page as somebody, does what is to be done there, and gives the picture of it. */
async function visit(
  studio: Studio,
  place: { role: Role; path: string; view?: View['name']; width?: number; height?: number },
  draw: (page: Page) => Promise<Buffer>,
): Promise<Buffer> {
  const view = views.find(({ name }) => name === (place.view ?? 'light')) ?? wide;
  if (view === undefined) throw new RangeError('There is no view.');
  const size = { width: place.width ?? view.width, height: place.height ?? view.height };
  studio.console.as(place.role);
  const { page, faults, close } = await openPage(
    studio.browser,
    { ...view, ...size },
    { nowMs: fixtureNowMs },
  );
  await page.goto(studio.console.url + place.path);
  await page.getByRole('main').waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  const png = await draw(page);
  if (faults.length > 0) throw new Error(`${place.path} is not drawn without faults: ${faults.join('; ')}`);
  await close();
  return png;
}

/** One part of a page, with a margin around it, once nothing of it is being loaded. */
async function part(page: Page, which: Locator, margin = 0): Promise<Buffer> {
  await which.waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  const box = await which.boundingBox();
  if (box === null) throw new Error(`${page.url()} does not show what the picture is of.`);
  const { x, y, width, height } = box;
  return page.screenshot({
    clip: { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin },
  });
}

/** The form of a verb of the case page. */
function dialogOf(
  studio: Studio,
  input: { role: Role; path: string; verb: string; ready: string },
): Promise<Buffer> {
  return visit(studio, { ...input, height: 1400 }, async (page) => {
    await page.getByRole('button', { name: input.verb, exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(input.ready).first().waitFor();
    return part(page, dialog);
  });
}

/** The question of a task with the form of one answer, and with `head` the head of its case. */
function answerForm(
  studio: Studio,
  input: { task: string; outcome: string; head?: boolean },
): Promise<Buffer> {
  const path = `/inbox?task=${input.task}`;
  return visit(studio, { role: 'approver', path, width: 1232, height: 1400 }, async (page) => {
    await page.getByRole('article').getByRole('button', { name: input.outcome }).first().click();
    await page.locator('[data-confirm]').waitFor();
    const question = page.locator('section', { has: page.locator('[data-confirm]') });
    if (input.head !== true) return part(page, question);
    const [top, bottom] = [await page.locator('.case-head').boundingBox(), await question.boundingBox()];
    if (top === null || bottom === null) throw new Error(`${path} has no question.`);
    const [x, y] = [top.x - 8, top.y - 8];
    return page.screenshot({
      clip: { x, y, width: top.width + 16, height: bottom.y + bottom.height - y + 8 },
    });
  });
}

/** What a decision leaves at the foot of the page for some seconds. */
function undoBar(studio: Studio): Promise<Buffer> {
  return visit(studio, { role: 'approver', path: '/inbox?task=tsk_0' }, async (page) => {
    await page.getByRole('heading', { name: 'Aldermoor Logistics GmbH' }).waitFor();
    await page.keyboard.press('a');
    await page.locator('[data-confirm]:focus').waitFor();
    await page.keyboard.press('Enter');
    return part(page, page.getByRole('region', { name: 'Take the decision back' }));
  });
}

/** Keeps a draft as the form would. */
async function draftOf(page: Page, legalName: string): Promise<void> {
  await page.evaluate(async (name) => {
    await fetch('/api/registration-drafts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        programId: 'prg_1',
        body: { customer: { legalName: name }, opportunityName: 'Cold chain monitoring' },
      }),
    });
  }, legalName);
}

/** Several pictures on one sheet, each with what it is, in columns. */
async function sheet(
  studio: Studio,
  parts: readonly Part[],
  layout: { columns: number; width: number },
): Promise<Buffer> {
  const page = await studio.browser.newPage({ viewport: { width: layout.width, height: 400 } });
  await page.setContent(`<!doctype html><style>
    body { margin: 0; padding: 12px; background: #e9ecf1; font: 500 13px sans-serif; color: #3a4452; columns: ${layout.columns}; column-gap: 12px; }
    figure { margin: 0 0 12px; break-inside: avoid; }
    figcaption:not(:empty) { padding: 0 0 4px; }
    img { display: block; max-width: 100%; border-radius: 6px; box-shadow: 0 0 0 1px #c3cad5; }
  </style>${parts
    .map(
      ({ caption, png }) =>
        `<figure><figcaption>${caption}</figcaption><img src="data:image/png;base64,${png.toString('base64')}"></figure>`,
    )
    .join('')}`);
  const png = await page.screenshot({ fullPage: true });
  await page.close();
  return png;
}

const wanted = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launchChromium();
try {
  for (const [name, draw] of Object.entries(pictures)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    // A console of its own for each: what one picture did is not in the next.
    const fixture = await startFixtureConsole();
    const png = withPalette(await draw({ browser, console: fixture }));
    await fixture.close();
    writeFileSync(join(folder, `${name}.png`), png);
    process.stdout.write(`${name}.png ${Math.ceil(png.length / 1024)} KB\n`);
  }
  // What is not made here is shown nowhere.
  for (const file of readdirSync(folder))
    if (!Object.hasOwn(pictures, file.replace(/[.]png$/, ''))) rmSync(join(folder, file));
} finally {
  await browser.close();
}
