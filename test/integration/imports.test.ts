import { randomBytes } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { importedId } from '../../adapters/store/import-own.ts';
import type { ImportKind } from '../../adapters/store/import-own.ts';
import type { CaseDeps } from '../../activities/deal-registration/case-work.ts';
import { seededId } from '../../prisma/seed.ts';
import { createImportStorer } from '../../workers/imports.ts';
import type { Loop } from '../../workers/loop.ts';
import { openRegistrationHouse, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

/*
 * What a committed import sets going, on the real engine. The preview checks a file before; rows here are as it would have let
 * them pass, and some as the world changed since.
 */

const NORTHWIND = seededId('partner', 'northwind');
const LAKESIDE = seededId('partner', 'lakeside');
const DAY_MS = 86_400_000;

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;
let imports: Loop;

beforeAll(async () => {
  env = await attachToServer();
  let deps: CaseDeps | undefined;
  house = await openRegistrationHouse(env, { deps: (given) => (deps = given) });
  if (deps === undefined) throw new RangeError('The house has no effects.');
  imports = createImportStorer({
    deps,
    clock: Date.now,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    client: env.client,
  });
  imports.start();
}, 60_000);

afterAll(async () => {
  await imports.stop();
  await house.close();
  await env.teardown();
}, 30_000);

/** Commits a file as the API leaves it. */
async function commit(kind: ImportKind, rows: readonly object[]): Promise<string> {
  const id = `imp_${randomBytes(8).toString('hex')}`;
  await house.arrange(
    `insert into import_batch (id, kind, file_name, file_sha256, status, rows_total, rows_bad, preview, rows, created_by, created_at, committed_by, committed_at)
     values ($1, $2, $2 || '.csv', $1, 'committed', $3, 0, '{}', $4, $5, now(), $5, now())`,
    [id, kind, rows.length, JSON.stringify(rows), personOf('program-ops@')],
  );
  return id;
}

async function stored(id: string): Promise<void> {
  await house.until(async () => {
    const { rows } = await house.pool.query(
      'select 1 from import_batch where id = $1 and stored_at is not null',
      [id],
    );
    return rows.length === 1;
  });
}

const accountRow = (ref: string, change: object = {}): object => ({
  accountRef: ref,
  legalName: `Dunlin ${ref} Mills`,
  country: 'DE',
  webDomain: `dunlin-${ref}.example`,
  industry: null,
  street: null,
  postalCode: null,
  city: 'Kiel',
  phone: null,
  parentRef: null,
  engagement: null,
  createdAt: null,
  ...change,
});

const registrationRow = (ref: string, customer: string, change: object = {}): object => ({
  sourceRef: ref,
  partnerId: NORTHWIND,
  programKey: 'one-per-product',
  type: 'new_customer',
  source: 'partner_sourced',
  status: 'approved',
  legalName: `Plover ${customer} Logistics GmbH`,
  country: 'DE',
  webDomain: `plover-${customer}.example`,
  city: 'Bremen',
  opportunityName: 'Renewal of the campus',
  sku: 'HSW-48',
  quantity: 120,
  valueMinor: 4_500_000,
  currency: 'EUR',
  expectedClose: '2027-09-30',
  stage: 'qualified',
  submittedAt: new Date(Date.now() - 30 * DAY_MS).toISOString(),
  protectedUntil: new Date(Date.now() + 60 * DAY_MS).toISOString(),
  ...change,
});

async function protectedFamilies(ids: readonly string[]): Promise<string[]> {
  const { rows } = await house.pool.query<{ id: string }>(
    'select registration_id as id from protection where registration_id = any ($1) order by 1',
    [ids],
  );
  return rows.map(({ id }) => id);
}

describe('an import that cannot be stored', () => {
  test('holds no other up, is set aside with its cause, and goes on when a person has it tried again', async () => {
    const ref = randomBytes(4).toString('hex');
    const bad = await commit('direct_deals', [
      {
        sourceRef: `D-${ref}`,
        accountRef: `A-${ref}`,
        productFamily: 'switching',
        stage: 'proposal',
        lastEngagedAt: new Date().toISOString(),
      },
    ]);
    const good = await commit('accounts', [accountRow(`other-${ref}`)]);
    await stored(good);
    const parked = await house.until(async () => {
      const { rows } = await house.pool.query<{ attempts: number; cause: string }>(
        'select attempts, last_error as cause from import_batch where id = $1 and parked_at is not null',
        [bad],
      );
      return rows[0] ?? null;
    });
    expect(parked).toEqual({ attempts: 4, cause: expect.stringContaining('direct_deal_account_id_fkey') });
    await stored(await commit('accounts', [accountRow(`A-${ref}`)]));
    await house.arrange(
      'update import_batch set parked_at = null, next_attempt_at = now(), attempts = 0 where id = $1',
      [bad],
    );
    await stored(bad);
  }, 60_000);
});

describe('an approved registration of an import', () => {
  test('for a customer whom a rival of the same file protects is a conflict; the older keeps its slot', async () => {
    const tag = randomBytes(4).toString('hex');
    const younger = importedId('reg', `Y-${tag}`);
    const older = importedId('reg', `O-${tag}`);
    await stored(
      await commit('registrations', [
        registrationRow(`Y-${tag}`, tag, {
          partnerId: LAKESIDE,
          submittedAt: new Date(Date.now() - 10 * DAY_MS).toISOString(),
        }),
        registrationRow(`O-${tag}`, tag),
      ]),
    );
    expect(await protectedFamilies([younger, older])).toEqual([older]);
    expect((await house.registration(older)).status).toBe('approved');
    expect((await house.registration(younger)).status).toBe('in_conflict');
    const { rows: tasks } = await house.pool.query(`select kind, status from task where case_id = $1`, [
      younger,
    ]);
    expect(tasks).toEqual([{ kind: 'conflict_resolution', status: 'open' }]);
    const { rows: matches } = await house.pool.query(
      'select other_id as other, verdict from registration_match where registration_id = $1',
      [younger],
    );
    expect(matches).toEqual([{ other: older, verdict: 'duplicate' }]);
    // There is a way out, and the partner's side of the case is that of any other.
    await house.decide({
      id: younger,
      as: 'director@',
      kind: 'conflict_resolution',
      outcome: 'award_other',
      reasonKey: await reasonOf('one-per-product'),
    });
    await house.until(async () => (await house.registration(younger)).status === 'rejected');
    expect(await protectedFamilies([younger, older])).toEqual([older]);
  }, 60_000);

  test('protects where nobody else does, also another family of the same customer', async () => {
    const tag = randomBytes(4).toString('hex');
    const first = importedId('reg', `F-${tag}`);
    const second = importedId('reg', `S-${tag}`);
    await stored(
      await commit('registrations', [
        registrationRow(`F-${tag}`, tag),
        registrationRow(`S-${tag}`, tag, { partnerId: LAKESIDE, sku: 'HOS-10T' }),
      ]),
    );
    expect((await house.registration(first)).status).toBe('approved');
    expect((await house.registration(second)).status).toBe('approved');
    expect((await protectedFamilies([first, second])).toSorted()).toEqual([first, second].toSorted());
  }, 60_000);
});

async function reasonOf(program: string): Promise<string> {
  const { rows } = await house.pool.query<{ key: string }>(
    `select body -> 'reasons' -> 'rejection' -> 0 ->> 'key' as key from policy_document where id = $1`,
    [seededId('policy', program)],
  );
  return rows[0]?.key ?? '';
}
