import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { stringify } from 'csv-stringify/sync';
import { storeImport } from '../../activities/imports.ts';
import { readWaitingImport } from '../../adapters/store/import-rows.ts';
import { readImport } from '../../api/import-file.ts';
import { latestDeadlineMs } from '../../domain/calendar-cover.ts';
import type { CaseState } from '../../domain/deal-registration/case.ts';
import { demonstrationImports, seedDemonstrationHistory } from '../../prisma/demonstration-history.ts';
import { refusalOf } from '../fixtures/registration-time.ts';
import { customerOf, submitUntil } from '../fixtures/rivals.ts';
import { openRegistrationHouse, partnerOfPerson } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

/* What a new demonstration knows of its customers: the very registrations that the README proposes, and what each rule says. */

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;
let begun: CaseState[];

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  await house.changePolicy('activity-checked', (policy) => ({
    ...policy,
    eligibility: { ...policy.eligibility, minimumEvidence: 0 },
  }));
  const nowMs = Date.now();
  // Twice, as a second start does.
  await seedDemonstrationHistory({ ownerUrl: house.ownerUrl, nowMs });
  await seedDemonstrationHistory({ ownerUrl: house.ownerUrl, nowMs: nowMs + 5_000 });
  begun = [];
  for (
    let waiting = await readWaitingImport(house.pool, nowMs);
    waiting !== null;
    waiting = await readWaitingImport(house.pool, nowMs)
  )
    await storeImport(
      { pool: house.pool, candidateLimit: 200, taskQueue: 'unused' },
      {
        waiting,
        nowMs: () => nowMs,
        begin: (state) => {
          begun.push(state);
          return Promise.resolve();
        },
      },
    );
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

/** What stood against it, for whoever decides. */
async function findings(id: string): Promise<string[]> {
  const { rows } = await house.pool.query<{ code: string }>(
    `select f ->> 'code' as code from process_event_private x
       cross join jsonb_array_elements(x.facts -> 'findings') f where x.case_id = $1 order by 1`,
    [id],
  );
  return rows.map(({ code }) => code);
}

/** Registered in the program that asks for net-new business. */
const registered = (input: {
  type: 'new_customer' | 'new_solution' | 'add_on';
  name: string;
  domain: string | null;
  country: string;
  sku?: string;
  as?: string;
}): Promise<string> =>
  submitUntil(house, 'pending_approval', {
    as: input.as ?? 'sales@northwind',
    program: 'activity-checked',
    submission: {
      type: input.type,
      customer: customerOf(input.name, input.domain, { country: input.country }),
      lines: [{ sku: input.sku ?? 'HFW-200', quantity: 4 }],
    },
  });

test('the files are ones that a preview finds nothing wrong with', () => {
  const nowMs = Date.now();
  const files = demonstrationImports(nowMs);
  const known = {
    families: new Set(['switching', 'edge-security', 'storage', 'care']),
    skus: new Set(['HSW-48', 'HOS-100T']),
    partners: new Set(
      ['northwind', 'lakeside', 'saffron'].map((name) => partnerOfPerson(`sales@${name}`) ?? ''),
    ),
    programs: new Map([
      [
        'activity-checked',
        new Set(['lakeside', 'saffron'].map((name) => partnerOfPerson(`sales@${name}`) ?? '')),
      ],
    ]),
  };
  for (const [kind, rows] of [
    ['accounts', files.customers],
    ['direct_deals', files.directDeals],
    ['registrations', files.inFlight],
  ] as const) {
    const cells = rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([column, value]) => [
          column,
          Array.isArray(value) ? value.join('|') : typeof value === 'boolean' ? `${value}` : (value ?? ''),
        ]),
      ),
    );
    const read = readImport({
      kind,
      csv: stringify(cells, { header: true }),
      known,
      times: { nowMs, latestEndMs: latestDeadlineMs(nowMs) },
    });
    expect({ kind, errors: read.errors, rows: read.rows.length }).toEqual({
      kind,
      errors: [],
      rows: rows.length,
    });
  }
});

test('they are committed once, and the workers have something to begin', async () => {
  const { rows } = await house.pool.query(
    'select kind, stored_at is not null as stored from import_batch order by committed_at',
  );
  expect(rows).toEqual([
    { kind: 'accounts', stored: true },
    { kind: 'direct_deals', stored: true },
    { kind: 'registrations', stored: true },
  ]);
  expect(begun.map(({ status }) => status)).toEqual(['approved', 'under_review']);
});

test('net new: who bought before is no new customer, and what he owns is no new solution', async () => {
  const corran = { name: 'Corran Ferries Ltd', domain: 'corran-ferries.example', country: 'GB' };
  expect(await findings(await registered({ type: 'new_customer', ...corran }))).toEqual(['customer_not_new']);
  const owned = { type: 'new_solution', sku: 'HSW-48', as: 'sales@saffron' } as const;
  expect(await findings(await registered({ ...owned, ...corran }))).toContain('solution_not_new');
});

test('an add-on is for the partner who manages the customer', async () => {
  const addOn = { type: 'add_on', sku: 'HCR-1Y' } as const;
  const ravensholm = { name: 'Ravensholm Paper AB', domain: 'ravensholm-paper.example', country: 'SE' };
  expect(await findings(await registered({ ...addOn, ...ravensholm }))).toEqual(['not_managing_partner']);
  expect(await findings(await registered({ ...addOn, ...ravensholm, as: 'sales@lakeside' }))).toEqual([]);
});

test('the vendor’s own deal with a customer is a conflict, in the demonstration program as well', async () => {
  const tamarack = customerOf('Tamarack Rail Inc', 'tamarack-rail.example', { country: 'US' });
  const id = await submitUntil(house, 'in_conflict', {
    program: 'demonstration',
    submission: { customer: tamarack, lines: [{ sku: 'HSW-48', quantity: 4 }] },
  });
  const { rows } = await house.pool.query(
    `select facts ->> 'cause' as cause from task where case_id = $1 and kind = 'conflict_resolution'`,
    [id],
  );
  expect(rows).toEqual([{ cause: 'direct_engaged' }]);
});

test('named without his domain he may be another: somebody judges that first, and then it is the conflict', async () => {
  const tamarack = customerOf('Tamarack Rail Inc', null, { country: 'US' });
  const id = await submitUntil(house, 'under_review', {
    program: 'demonstration',
    submission: { customer: tamarack, lines: [{ sku: 'HSW-24P', quantity: 4 }] },
  });
  const { rows } = await house.pool.query<{ account: string }>(
    `select verdict, other_account_id as account from registration_match where registration_id = $1 and other_kind = 'direct_deal'`,
    [id],
  );
  expect(rows).toMatchObject([{ verdict: 'probable' }]);
  expect(await refusalOf(house, id, house.decide({ id, as: 'approver@', outcome: 'approve' }))).toMatchObject(
    { type: 'not_allowed_now' },
  );
  await house.act('judgePair', {
    id,
    as: 'approver@',
    facts: { otherAccountId: rows[0]?.account ?? '', verdict: 'same' },
    body: { words: 'The only railway of this name.' },
  });
  await house.decide({ id, as: 'approver@', outcome: 'approve' });
  await house.until(async () => (await house.registration(id)).status === 'in_conflict');
});

test('the segment of the customer is known when his slot is reserved', async () => {
  const osterfeld = { country: 'DE', city: 'Kassel' };
  const id = await submitUntil(house, 'pending_approval', {
    program: 'demonstration',
    submission: { customer: customerOf('Osterfeld Kliniken AG', 'osterfeld-kliniken.example', osterfeld) },
  });
  await house.decide({ id, as: 'director@', outcome: 'approve' });
  const { rows } = await house.pool.query<{ segment: string }>(
    'select segment from registration where id = $1',
    [id],
  );
  expect(rows).toEqual([{ segment: 'enterprise' }]);
});

test('a rival’s protection is found, and is a match for the reviewer to see', async () => {
  const id = await submitUntil(house, 'pending_approval', {
    program: 'demonstration',
    submission: {
      customer: customerOf('Ironbark Foundry GmbH', 'ironbark-foundry.example', { country: 'DE' }),
      lines: [{ sku: 'HSW-48', quantity: 4 }],
    },
  });
  const { rows } = await house.pool.query(
    `select m.verdict, r.status from registration_match m join registration r on r.id = m.other_id where m.registration_id = $1`,
    [id],
  );
  expect(rows).toEqual([{ verdict: 'duplicate', status: 'approved' }]);
});
