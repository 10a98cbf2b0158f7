import { randomUUID } from 'node:crypto';
import { storeImport } from '../../activities/imports.ts';
import { CANDIDATES, matchAccount } from '../../adapters/store/account-matching.ts';
import { importedId } from '../../adapters/store/import-own.ts';
import { factsOf } from '../../adapters/store/accounts.ts';
import { readWaitingImport } from '../../adapters/store/import-rows.ts';
import type { WaitingImport } from '../../adapters/store/import-rows.ts';
import { createPool } from '../../adapters/store/pool.ts';
import type { Pool } from '../../adapters/store/pool.ts';
import type { CaseState } from '../../domain/deal-registration/case.ts';
import { roleAccounts, seed, seededId } from '../../prisma/seed.ts';
import { enteredAccount } from '../fixtures/entered-account.ts';
import type { TestDatabase } from '../setup/database.ts';
import { createTestDatabase } from '../setup/database.ts';

/* What a committed import leaves in the record: read as the worker reads it, stored by the activity itself. */

const DAY_MS = 86_400_000;
const nowMs = Date.now();
const at = (offsetMs: number): string => new Date(nowMs + offsetMs).toISOString();
const OPS = seededId(
  'person',
  roleAccounts.find(({ email }) => email.startsWith('program-ops@'))?.email ?? '',
);

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  await seed({ ownerUrl: database.ownerUrl, mode: 'development' });
  pool = createPool({ url: database.workerUrl, max: 4, applicationName: 'test-imports' });
  owner = createPool({ url: database.superuserUrl, max: 2, applicationName: 'test-imports-owner' });
}, 60_000);

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

/** Commits a file of rows as the API does after its preview; gives its id. */
async function committed(kind: string, rows: readonly object[]): Promise<string> {
  const id = `imp_${randomUUID().replaceAll('-', '').slice(0, 26)}`;
  await owner.query(
    `insert into import_batch (id, kind, file_name, file_sha256, status, rows_total, rows_bad, preview, rows, created_by, created_at, committed_by, committed_at)
     values ($1, $2, $2 || '.csv', $1, 'committed', $3, 0, '{"errors": [], "sample": []}', $4, $5, $6, $5, $6)`,
    [id, kind, rows.length, JSON.stringify(rows), OPS, at(0)],
  );
  return id;
}

async function waitingImport(): Promise<WaitingImport> {
  const waiting = await readWaitingImport(pool, Date.now());
  if (waiting === null) throw new Error('No import waits.');
  return waiting;
}

/** Stores what waits; gives the states that workflows were begun with. With `failAfter` the engine goes away after so many. */
async function store(input: { waiting?: WaitingImport; failAfter?: number } = {}): Promise<CaseState[]> {
  const { failAfter = Number.POSITIVE_INFINITY } = input;
  const waiting = input.waiting ?? (await waitingImport());
  const begun: CaseState[] = [];
  await storeImport(
    { pool, candidateLimit: CANDIDATES, taskQueue: 'unused' },
    {
      waiting,
      nowMs: () => nowMs,
      begin: (state) => {
        if (begun.length >= failAfter) return Promise.reject(new Error('The engine is away.'));
        begun.push(state);
        return Promise.resolve();
      },
    },
  );
  return begun;
}

async function said(id: string): Promise<unknown[]> {
  const { rows } = await pool.query(
    `select actor_id as by, content from audit_row where subject = $1 and action = 'import_stored'`,
    [id],
  );
  return rows;
}

const account = (change: object): object => ({
  accountRef: randomUUID(),
  legalName: 'Kittiwake Rope Works',
  country: 'CZ',
  webDomain: null,
  industry: null,
  street: null,
  postalCode: null,
  city: null,
  phone: null,
  parentRef: null,
  engagement: null,
  createdAt: null,
  ...change,
});

const registration = (change: object): object => ({
  sourceRef: randomUUID(),
  partnerId: seededId('partner', 'northwind'),
  programKey: 'one-per-product',
  type: 'new_customer',
  source: 'partner_sourced',
  status: 'pending_approval',
  legalName: 'Turnstone Mills',
  country: 'CZ',
  webDomain: null,
  city: 'Brno',
  opportunityName: 'Renewal of the campus',
  sku: 'HSW-48',
  quantity: 120,
  valueMinor: 4_500_000,
  currency: 'EUR',
  expectedClose: '2030-09-30',
  stage: 'qualified',
  submittedAt: at(-30 * DAY_MS),
  protectedUntil: null,
  ...change,
});

describe('an import of customers', () => {
  test('keeps what the file says, its parents wherever they stand in it, and is found by its name', async () => {
    const id = await committed('accounts', [
      account({
        accountRef: 'C-1',
        legalName: 'Fulmar Cold Stores a.s.',
        parentRef: 'C-2',
        createdAt: at(-900 * DAY_MS),
      }),
      account({
        accountRef: 'C-2',
        legalName: 'Fulmar Holding a.s.',
        webDomain: 'fulmar-holding.example',
        street: 'Quay Street 1',
        postalCode: '60200',
        city: 'Brno',
        industry: 'Food',
        engagement: 'direct',
      }),
    ]);
    expect(await store()).toEqual([]);
    const [child, parent] = [importedId('acc', 'C-1'), importedId('acc', 'C-2')];
    const { rows } = await pool.query(
      `select a.id, a.origin, a.legal_name as name, a.address_line1 as street, a.postal_code as code, a.city, a.industry,
              a.created_at as created, a.entered_by_partner_id as partner, s.parent_account_id as parent, s.engagement
         from account a join account_standing s on s.account_id = a.id where a.id in ($1, $2) order by a.legal_name`,
      [child, parent],
    );
    expect(rows).toMatchObject([
      { id: child, origin: 'import', created: new Date(at(-900 * DAY_MS)), parent, engagement: null },
      {
        id: parent,
        name: 'Fulmar Holding a.s.',
        street: 'Quay Street 1',
        code: '60200',
        city: 'Brno',
        industry: 'Food',
        // Without a date of its own it counts from the commit.
        created: new Date(at(0)),
        partner: null,
        parent: null,
        engagement: 'direct',
      },
    ]);
    expect(await said(id)).toEqual([{ by: OPS, content: { kind: 'accounts', rows: 2 } }]);
    expect(await readWaitingImport(pool, Date.now())).toBeNull();
    const found = await matchAccount(pool, {
      facts: factsOf(
        enteredAccount({
          accountId: 'acc_asked',
          enteredByPartnerId: seededId('partner', 'northwind'),
          origin: 'registration',
          legalName: 'Fulmar Cold Stores',
          country: 'CZ',
          createdAt: at(0),
        }),
      ),
      thresholds: { similarNamePpm: 820_000 },
      candidateLimit: CANDIDATES,
    });
    expect(found.map(({ account: one, verdict }) => [one.accountId, verdict])).toContainEqual([
      child,
      'probable',
    ]);
  });

  test('stored again changes nothing and is said once', async () => {
    const id = await committed('accounts', [
      account({ accountRef: 'S-1', parentRef: 'S-2' }),
      account({ accountRef: 'S-2' }),
    ]);
    const waiting = await waitingImport();
    await store({ waiting });
    const snapshot = async (): Promise<unknown[]> =>
      (
        await pool.query(
          `select to_jsonb(a) as account, to_jsonb(s) as standing, to_jsonb(m) as keys from account a
             join account_standing s on s.account_id = a.id join account_match m on m.account_id = a.id
            where a.id in ($1, $2) order by a.id`,
          [importedId('acc', 'S-1'), importedId('acc', 'S-2')],
        )
      ).rows;
    const before = await snapshot();
    expect(before).toHaveLength(2);
    await store({ waiting });
    expect(await snapshot()).toEqual(before);
    expect(await said(id)).toHaveLength(1);
  });
});

describe('an import of direct deals', () => {
  test('brings a known one up to date, whatever it was before', async () => {
    await committed('accounts', [account({ accountRef: 'D-1' }), account({ accountRef: 'D-2' })]);
    await store();
    const deal = { sourceRef: 'OPP-1', accountRef: 'D-1', productFamily: 'switching', stage: 'qualified' };
    await committed('direct_deals', [{ ...deal, lastEngagedAt: at(-70 * DAY_MS) }]);
    await store();
    const later = await committed('direct_deals', [
      { ...deal, accountRef: 'D-2', stage: 'proposal', lastEngagedAt: at(-DAY_MS) },
    ]);
    await store();
    const { rows } = await pool.query(
      `select account_id as account, stage, last_engaged_at as engaged, import_batch_id as batch from direct_deal where source_ref = 'OPP-1'`,
    );
    expect(rows).toEqual([
      { account: importedId('acc', 'D-2'), stage: 'proposal', engaged: new Date(at(-DAY_MS)), batch: later },
    ]);
  });
});

describe('an import of registrations in flight', () => {
  test('numbers them by their original dates, so that who was first stays first', async () => {
    const order = [5, 40, 12];
    await committed(
      'registrations',
      order.map((days) => registration({ sourceRef: `N-${days}`, submittedAt: at(-days * DAY_MS) })),
    );
    const begun = await store();
    // The oldest first, whatever the order of the file, each under the id of its reference.
    expect(begun.map(({ registrationId }) => registrationId)).toEqual(
      [40, 12, 5].map((days) => importedId('reg', `N-${days}`)),
    );
    const { rows } = await pool.query<{ id: string }>(
      'select id from registration where id = any ($1) order by receipt',
      [begun.map(({ registrationId }) => registrationId)],
    );
    expect(rows.map(({ id }) => id)).toEqual([40, 12, 5].map((days) => importedId('reg', `N-${days}`)));
  });

  test('one that waits goes to be matched; an approved one holds its slot from its original date to its original end', async () => {
    const protectedUntil = at(45 * DAY_MS);
    await committed('registrations', [
      registration({ sourceRef: 'W-1', status: 'submitted' }),
      registration({ sourceRef: 'A-1', status: 'approved', legalName: 'Sanderling Glass', protectedUntil }),
    ]);
    const [waiting, approved] = await store();
    expect(waiting).toMatchObject({ status: 'under_review', matching: true, seq: 1 });
    expect(approved).toMatchObject({ status: 'approved', matching: false });
    const { rows: slots } = await pool.query(
      `select registration_id as id, family, lower(period) as start, upper(period) as until from protection where registration_id = any ($1)`,
      [[waiting?.registrationId, approved?.registrationId]],
    );
    expect(slots).toEqual([
      {
        id: approved?.registrationId,
        family: 'switching',
        start: new Date(at(-30 * DAY_MS)),
        until: new Date(protectedUntil),
      },
    ]);
    const clocks = async (id: string | undefined): Promise<unknown[]> =>
      (
        await pool.query(
          'select kind, due_at < $2 as late, due_at = $3 as as_before from sla_clock where case_id = $1 order by kind',
          [id, at(0), protectedUntil],
        )
      ).rows;
    // What was promised counts from the original date, and the protection ends on its own, not on the policy's of today.
    expect(await clocks(waiting?.registrationId)).toEqual([
      { kind: 'decision', late: true, as_before: false },
      { kind: 'first_response', late: true, as_before: false },
    ]);
    // Late from the first minute, but the people here get the whole time before the last resort: three days and two more.
    const { rows: resort } = await pool.query<{ state: string; days: number }>(
      `select t ->> 'state' as state, ((t ->> 'atMs')::numeric - $2::numeric) / 86400000 as days
         from sla_clock c cross join jsonb_array_elements(c.state -> 'thresholds') t
        where c.case_id = $1 and c.kind = 'decision' and t ->> 'key' = 'last-resort'`,
      [waiting?.registrationId, nowMs],
    );
    expect(resort).toMatchObject([{ state: 'pending' }]);
    expect(Number(resort[0]?.days)).toBeGreaterThan(4);
    expect(await clocks(approved?.registrationId)).toContainEqual({
      kind: 'protection',
      late: false,
      as_before: true,
    });
    const { rows: events } = await pool.query(
      `select case_id as id, seq, kind from process_event where case_id = any ($1) order by case_id = $2`,
      [[waiting?.registrationId, approved?.registrationId], approved?.registrationId],
    );
    expect(events).toEqual([
      { id: waiting?.registrationId, seq: 1, kind: 'imported' },
      { id: approved?.registrationId, seq: 1, kind: 'imported' },
    ]);
  });

  test('goes on where the engine went away: each is there once, and nothing is said before all are', async () => {
    const refs = ['E-1', 'E-2', 'E-3'];
    const id = await committed(
      'registrations',
      refs.map((sourceRef) => registration({ sourceRef, legalName: `Whimbrel ${sourceRef}` })),
    );
    await expect(store({ failAfter: 1 })).rejects.toThrow('The engine is away.');
    expect(await said(id)).toEqual([]);
    expect((await readWaitingImport(pool, Date.now()))?.id).toBe(id);
    const ids = refs.map((ref) => importedId('reg', ref));
    const record = async (): Promise<unknown[]> =>
      (
        await pool.query(
          `select r.id, r.receipt, r.reference, r.seq, (select count(*)::int from process_event e where e.case_id = r.id) as events,
                  (select count(*)::int from sla_clock c where c.case_id = r.id) as clocks from registration r where r.id = any ($1) order by r.id`,
          [ids],
        )
      ).rows;
    const before = await record();
    // The second was written before its workflow could be begun.
    expect(before).toHaveLength(2);
    const begun = await store();
    expect(begun.map(({ registrationId }) => registrationId)).toEqual(ids);
    const after = await record();
    expect(after).toHaveLength(3);
    expect(after).toEqual(expect.arrayContaining(before));
    expect(await said(id)).toEqual([{ by: OPS, content: { kind: 'registrations', rows: 3 } }]);
    const { rows: open } = await pool.query(
      'select 1 from receipt where case_id = any ($1) and settled_at is null',
      [ids],
    );
    expect(open).toEqual([]);
  });

  test('of a program without a policy stays waiting, and says which', async () => {
    const id = await committed('registrations', [registration({ programKey: 'cam-extended' })]);
    await owner.query(
      `update policy_document set effective_to = $2 where program_id = $1 and effective_to is null`,
      [seededId('program', 'cam-extended'), at(-1_000)],
    );
    await expect(store()).rejects.toThrow(`Import ${id}: program cam-extended has no policy in effect.`);
    expect((await readWaitingImport(pool, Date.now()))?.id).toBe(id);
    expect(await said(id)).toEqual([]);
  });
});
