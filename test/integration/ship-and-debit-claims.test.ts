import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { createPool, type Pool } from '../../adapters/store/pool.ts';
import { readWaitingClaim, type WaitingClaim } from '../../adapters/store/ship-and-debit.ts';
import { verify } from '../../adapters/store/verify.ts';
import { accrueSupport, judgeClaim } from '../../activities/ship-and-debit.ts';
import type { ClaimOutcome } from '../../activities/ship-and-debit.ts';
import {
  addAgreement,
  addClaim,
  addVersion,
  CLAIM_HEAD,
  claimRow,
  DISTRIBUTOR,
  layTheGround,
  OTHER_DISTRIBUTOR,
  RESELLER,
} from '../fixtures/agreements.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

let database: TestDatabase;
let pool: Pool;
let db: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.workerUrl, max: 6, applicationName: 'test-worker', planOnce: true });
  db = new pg.Client({ connectionString: database.superuserUrl });
  db.on('error', () => undefined);
  await db.connect();
  await db.query('set session_replication_role = replica');
  await layTheGround(db, { skus: ['SEN-1', 'SEN-2', 'SEN-3'] });
});

afterAll(async () => {
  await Promise.all([pool.end(), db.end()]);
  await database.drop();
});

/** Everything that claims left is taken away, past all triggers; agreements and prices stay. */
beforeEach(async () => {
  await db.query(
    `delete from claim_settlement; delete from claim_verdict; delete from claim_fault; delete from claim_line; delete from claim_file; delete from claim;
     delete from agreement_draw; delete from agreement_accrual; delete from agreement_correction; delete from distributor_stock; delete from obligation_booking; delete from obligation; delete from ledger_posting;
     delete from ledger_transaction; delete from ledger_account; delete from pricing_agreement_line; delete from pricing_agreement_version;
     delete from pricing_agreement; delete from special_price_request; delete from distributor_relation; delete from audit_row where action like 'claim%'`,
  );
});

const AT_MS = Date.parse('2026-04-02T09:00:05Z');
const file = (...rows: string[]): string => [CLAIM_HEAD, ...rows, ''].join('\n');

const judge = async (): Promise<ClaimOutcome> => {
  const claim = await readWaitingClaim(pool, AT_MS);
  if (claim === null) throw new Error('no claim waits');
  return judgeClaim({ pool }, { claim, nowMs: AT_MS });
};
/** Hands in a file and has it judged; gives `row: units reason`. */
const claimed = async (
  content: string | Uint8Array,
  change: Partial<Parameters<typeof addClaim>[1]> = {},
): Promise<string[]> => {
  const id = await addClaim(db, { content, ...change });
  await judge();
  const { rows } = await db.query<{ told: string }>(
    `select row_no || ': ' || units || coalesce(' ' || reason, '') as told from claim_verdict where claim_id = $1 order by row_no, seq`,
    [id],
  );
  return rows.map(({ told }) => told);
};
const draws = async (): Promise<Record<string, string>> => {
  const { rows } = await db.query<{ place: string; drawn: string }>(
    `select agreement_id || ' ' || sku as place, drawn || '/' || cap_quantity as drawn from agreement_draw order by 1`,
  );
  return Object.fromEntries(rows.map(({ place, drawn }) => [place, drawn]));
};
const balances = async (): Promise<Record<string, number>> => {
  const { rows } = await db.query<{ kind: string; sum: string }>(
    `select a.kind || ' ' || a.subject_id as kind, sum(p.amount_minor) as sum from ledger_posting p join ledger_account a on a.id = p.account_id group by 1`,
  );
  return Object.fromEntries(rows.map(({ kind, sum }) => [kind, Number(sum)]));
};
const owed = async (): Promise<{ partner: string; amount: number }[]> => {
  const { rows } = await db.query<{ partner: string; amount: string }>(
    `select partner_id as partner, amount_minor as amount from obligation order by created_at, id`,
  );
  return rows.map(({ partner, amount }) => ({ partner, amount: Number(amount) }));
};

test('what is undisputed is payable at once: verdicts, draws, obligation and books in one transaction', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 12, 'SEN-2': 5 } });
  const told = await claimed(
    file(
      claimRow({ invoice: 'R-1' }),
      claimRow({ invoice: 'R-2', quantity: 5 }),
      claimRow({ invoice: 'R-3', sku: 'SEN-2', quantity: 5 }),
      claimRow({ invoice: 'R-4', sku: 'SEN-3' }),
    ),
  );
  expect(told).toEqual(['2: 10', '3: 2 cap_cut', '4: 5', '5: 0 product_not_covered']);
  expect(await draws()).toEqual({ 'spa_1 SEN-1': '12/12', 'spa_1 SEN-2': '5/5' });
  // List 100 less 10 % is 90, less the approved cost of 76 is 14; seventeen units.
  expect(await owed()).toEqual([{ partner: DISTRIBUTOR, amount: 17 * 14_00 }]);
  expect(await balances()).toEqual({
    [`partner_payable ${DISTRIBUTOR}`]: -17 * 14_00,
    'support_expense prg_claims': 17 * 14_00,
  });
  const { rows } = await db.query(
    `select status, lines_granted, lines_cut, lines_refused, lines_faulty from claim`,
  );
  expect(rows).toEqual([
    { status: 'judged', lines_granted: 2, lines_cut: 1, lines_refused: 1, lines_faulty: 0 },
  ]);
});

test('an invoice and line is claimed once, in one file and over several; what was refused may come again', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 100 } });
  expect(await claimed(file(claimRow({ invoice: 'R-1' }), claimRow({ invoice: 'R-1' })))).toEqual([
    '2: 10',
    '3: 0 claimed_before',
  ]);
  expect(
    await claimed(file(claimRow({ invoice: 'R-1' }), claimRow({ invoice: 'R-2', unitPrice: '80.01' }))),
  ).toEqual(['2: 0 claimed_before', '3: 0 price_above']);
  expect(await claimed(file(claimRow({ invoice: 'R-2' })))).toEqual(['2: 10']);
});

test('a reversal gives its units back, of this file or an earlier one; refused units are supported when they are sent again', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 6 } });
  expect(await claimed(file(claimRow({ invoice: 'R-1' })))).toEqual(['2: 6 cap_cut']);
  expect(
    await claimed(
      file(
        claimRow({ invoice: 'R-1', quantity: -5, action: 'reversal' }),
        claimRow({ invoice: 'R-1', quantity: 4, action: 'again' }),
        claimRow({ invoice: 'R-1', quantity: 1, action: 'again' }),
        claimRow({ invoice: 'R-2', quantity: 3 }),
        claimRow({ invoice: 'R-2', quantity: -3, action: 'reversal' }),
      ),
    ),
  ).toEqual(['2: -5', '3: 4', '4: 0 more_than_refused', '5: 1 cap_cut', '6: -1']);
  expect(await draws()).toEqual({ 'spa_1 SEN-1': '5/6' });
  expect((await owed()).reduce((sum, { amount }) => sum + amount, 0)).toBe(5 * 14_00);
  // Nothing is left to take back but what is still sold: ten less five.
  expect(await claimed(file(claimRow({ invoice: 'R-1', quantity: -6, action: 'reversal' })))).toEqual([
    '2: 0 more_than_sold',
  ]);
});

test('an agreement of others is not there; a reseller is claimed for while he is supplied', async () => {
  await addAgreement(db, {
    id: 'spa_1',
    reference: 'SA-1',
    caps: { 'SEN-1': 100 },
    distributorId: OTHER_DISTRIBUTOR,
  });
  await addAgreement(db, { id: 'spa_2', reference: 'SA-2', caps: { 'SEN-1': 100 }, distributorId: null });
  const both = file(claimRow({ invoice: 'R-1' }), claimRow({ invoice: 'R-2', agreement: 'SA-2' }));
  expect(await claimed(both)).toEqual(['2: 0 agreement_unknown', '3: 0 agreement_unknown']);
  await db.query(
    `insert into distributor_relation (id, distributor_id, reseller_id, from_date, to_date) values ('drl_1', $1, $2, '2026-03-01', '2026-03-15')`,
    [DISTRIBUTOR, RESELLER],
  );
  expect(
    await claimed(
      file(
        claimRow({ invoice: 'R-2', agreement: 'SA-2' }),
        claimRow({ invoice: 'R-3', agreement: 'SA-2', saleDate: '2026-03-16' }),
      ),
    ),
  ).toEqual(['2: 10', '3: 0 not_supplied_then']);
});

test('customers are compared by the matching piece, products by what is in stock', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 100 } });
  await db.query(
    `insert into distributor_stock (partner_id, sku, sell_in, updated_at) values ($1, 'SEN-1', 25, '2026-01-01')`,
    [DISTRIBUTOR],
  );
  expect(
    await claimed(
      file(
        claimRow({ invoice: 'R-1', customer: 'CONTOSO SHIPYARDS B.V.' }),
        claimRow({ invoice: 'R-2', customer: 'Contosso Shipyards' }),
        claimRow({ invoice: 'R-3', customer: 'Fabrikam Dredging' }),
        claimRow({ invoice: 'R-4' }),
        claimRow({ invoice: 'R-5' }),
        claimRow({ invoice: 'R-6', quantity: 5 }),
      ),
    ),
  ).toEqual([
    '2: 10',
    '3: 0 customer_unclear',
    '4: 0 customer_differs',
    '5: 10',
    '6: 0 stock_implausible',
    '7: 5',
  ]);
});

test('terms and prices are those of the day of the sale; a lowered cap takes nothing back', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 30 } });
  await addVersion(db, {
    id: 'spa_1',
    version: 2,
    kind: 'new_period',
    appliesFrom: '2026-03-20',
    caps: { 'SEN-1': 25 },
    costMinor: 70_00,
    netMinor: 75_00,
  });
  await claimed(
    file(
      claimRow({ invoice: 'R-1', saleDate: '2026-03-19' }),
      claimRow({ invoice: 'R-2', saleDate: '2026-03-20', unitPrice: '75.00' }),
      // The list price is twice as high from April on.
      claimRow({ invoice: 'R-3', saleDate: '2026-04-01', unitPrice: '75.00', quantity: 1 }),
    ),
  );
  expect(await owed()).toEqual([{ partner: DISTRIBUTOR, amount: 10 * 14_00 + 10 * 20_00 + 110_00 }]);
  await addVersion(db, {
    id: 'spa_1',
    version: 3,
    kind: 'new_version',
    appliesFrom: '2026-03-01',
    caps: { 'SEN-1': 5 },
  });
  expect(await claimed(file(claimRow({ invoice: 'R-9' })))).toEqual(['2: 0 cap_reached']);
  expect(await draws()).toEqual({ 'spa_1 SEN-1': '21/21' });
});

test('a faulty line is named and stops no other; a file that is not one is refused with nothing booked', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 100 } });
  expect(
    await claimed(
      file(
        claimRow({ invoice: 'R-1' }),
        claimRow({ invoice: '=1+1', quantity: 0 }),
        claimRow({ invoice: 'R-3' }),
      ),
    ),
  ).toEqual(['2: 10', '4: 10']);
  const { rows: faults } = await db.query(
    'select row_no, column_name, fault from claim_fault order by row_no, column_name',
  );
  expect(faults).toEqual([
    { row_no: 3, column_name: 'invoice', fault: 'formula' },
    { row_no: 3, column_name: 'quantity', fault: 'zero_quantity' },
  ]);
  expect(await claimed(`customer,sku\nContoso,SEN-1\n`)).toEqual([]);
  const { rows } = await db.query(`select fault from claim where status = 'refused'`);
  expect(rows).toEqual([{ fault: { fault: 'column_missing', row: 1, column: 'agreement' } }]);
});

test('a claim is judged once, whoever tries', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 100 } });
  await addClaim(db, { content: file(claimRow({ invoice: 'R-1' })) });
  const claim = await readWaitingClaim(pool, AT_MS);
  if (claim === null) throw new Error('no claim waits');
  const outcomes = await Promise.all([1, 2, 3].map(() => judgeClaim({ pool }, { claim, nowMs: AT_MS })));
  expect(outcomes.toSorted()).toEqual(['gone', 'gone', 'judged']);
  expect(await owed()).toEqual([{ partner: DISTRIBUTOR, amount: 140_00 }]);
});

test('the same file twice is refused by the record', async () => {
  const content = file(claimRow({ invoice: 'R-1' }));
  await addClaim(db, { content });
  await expect(addClaim(db, { content })).rejects.toMatchObject({ constraint: 'claim_file_once' });
});

test('claims at once on one cap are granted exactly the cap, whatever the interleaving', async () => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          mine: fc.boolean(),
          quantities: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
        }),
        { minLength: 2, maxLength: 5 },
      ),
      fc.integer({ min: 1, max: 40 }),
      async (claims, cap) => {
        round += 1;
        const id = `spa_r${round}`;
        await addAgreement(db, {
          id,
          reference: `SA-R${round}`,
          caps: { 'SEN-1': cap, 'SEN-2': cap },
          distributorId: null,
        });
        await db.query(
          `insert into distributor_relation (id, distributor_id, reseller_id, from_date) select 'drl_' || d, d, $2, '2026-01-01' from unnest($1::text[]) d on conflict do nothing`,
          [[DISTRIBUTOR, OTHER_DISTRIBUTOR], RESELLER],
        );
        for (const [place, { mine, quantities }] of claims.entries())
          await addClaim(db, {
            partnerId: mine ? DISTRIBUTOR : OTHER_DISTRIBUTOR,
            content: file(
              ...quantities.map((quantity, at) =>
                claimRow({
                  agreement: `SA-R${round}`,
                  invoice: `R-${round}-${place}-${at}`,
                  quantity,
                  sku: at % 2 === 0 ? 'SEN-1' : 'SEN-2',
                }),
              ),
            ),
          });
        const { rows: waiting } = await db.query<WaitingClaim>(
          `select id, partner_id as "partnerId", submitted_by as "submittedBy", reference, profile,
                  (extract(epoch from received_at) * 1000)::float8 as "receivedAtMs", attempts from claim where status = 'received'`,
        );
        await Promise.all(waiting.map((claim) => judgeClaim({ pool }, { claim, nowMs: AT_MS })));
        for (const [at, sku] of ['SEN-1', 'SEN-2'].entries()) {
          const asked = claims
            .flatMap(({ quantities }) => quantities.filter((_, place) => place % 2 === at))
            .reduce((sum, quantity) => sum + quantity, 0);
          const { rows } = await db.query<{ drawn: number; granted: string | null }>(
            `select d.drawn, (select sum(v.units) from claim_verdict v join claim_line l using (claim_id, row_no) where v.agreement_id = d.agreement_id and l.sku = d.sku) as granted
               from agreement_draw d where d.agreement_id = $1 and d.sku = $2`,
            [id, sku],
          );
          expect({ sku, drawn: rows[0]?.drawn, granted: Number(rows[0]?.granted ?? 0) }).toEqual({
            sku,
            drawn: Math.min(asked, cap),
            granted: Math.min(asked, cap),
          });
        }
      },
    ),
    { numRuns: 12 },
  );
});

test('support is expected with each version, released as claims settle, and taken back when nothing more can be claimed', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 100 } });
  const accrue = (at: string): Promise<number> => accrueSupport({ pool }, Date.parse(at));
  expect(await accrue('2026-03-02T00:00:00Z')).toBe(1);
  expect(await accrue('2026-03-02T00:00:00Z')).toBe(0);
  expect(await balances()).toEqual({
    'support_accrued spa_1': -140_000,
    'support_expense prg_claims': 140_000,
  });
  await claimed(file(claimRow({ invoice: 'R-1' })));
  expect(await balances()).toEqual({
    'support_accrued spa_1': -126_000,
    'support_expense prg_claims': 140_000,
    [`partner_payable ${DISTRIBUTOR}`]: -14_000,
  });
  // A new version halves the cap: forty units are left to be claimed.
  await addVersion(db, {
    id: 'spa_1',
    version: 2,
    kind: 'new_version',
    appliesFrom: '2026-03-01',
    caps: { 'SEN-1': 50 },
  });
  await db.query(`update pricing_agreement set version = 2 where id = 'spa_1'`);
  expect(await accrue('2026-03-20T00:00:00Z')).toBe(1);
  expect(await balances()).toEqual({
    'support_accrued spa_1': -56_000,
    'support_expense prg_claims': 70_000,
    [`partner_payable ${DISTRIBUTOR}`]: -14_000,
  });
  // Sales until the end of May are claimed until sixty days after it.
  expect(await accrue('2026-07-30T23:59:59Z')).toBe(0);
  expect(await accrue('2026-07-31T00:00:00Z')).toBe(1);
  expect(await accrue('2026-08-01T00:00:00Z')).toBe(0);
  expect(await balances()).toEqual({
    'support_accrued spa_1': 0,
    'support_expense prg_claims': 14_000,
    [`partner_payable ${DISTRIBUTOR}`]: -14_000,
  });
});

describe('the database has the last word', () => {
  beforeEach(async () => {
    await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 10 } });
    await claimed(file(claimRow({ invoice: 'R-1' })));
  });
  const asWorker = (text: string): Promise<unknown> => pool.query(text);

  test.each<[string, string]>([
    ['never_past_the_cap', `update agreement_draw set drawn = 11`],
    ['never_past_the_cap', `update agreement_draw set drawn = -1`],
    [
      'claim_line_once',
      `insert into claim_line select 'clm_x', row_no, partner_id, action, agreement_ref, customer, customer_country, sku, invoice, invoice_line, sale_date, quantity,
         unit_minor, currency, holds, of_claim_id, of_row_no from claim_line where holds`,
    ],
  ])('%s', async (constraint, text) => {
    await expect(asWorker(text)).rejects.toMatchObject({ constraint });
  });

  test.each([
    `update claim_line set quantity = 1`,
    `update claim_line set holds = false`,
    `update claim_verdict set units = 1`,
    `update ledger_posting set amount_minor = 1`,
    `update obligation set amount_minor = 1`,
    `delete from ledger_transaction`,
  ])('%s is refused', async (text) => {
    await expect(asWorker(text)).rejects.toMatchObject({ code: '42501' });
  });
});

/** What verify finds wrong with books and claims. */
const found = async (): Promise<string[]> => {
  const results = await verify({
    pool,
    census: null,
    clock: () => AT_MS,
    isSigned: () => true,
    knownAnchors: [],
    workflowIdOf: (id) => id,
    registrationIdOf: (id) => id,
    recheckAfterMs: 0,
  });
  return results
    .filter(({ invariant }) => invariant === 'ledger' || invariant === 'claims')
    .flatMap(({ invariant, failures }) => failures.map(({ subject }) => `${invariant} ${subject}`));
};

test('verify finds draws, settlements and debts that are not what lines were granted', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 100 } });
  await claimed(file(claimRow({ invoice: 'R-1' }), claimRow({ invoice: 'R-2', quantity: 3 })));
  expect(await found()).toEqual([]);
  await db.query(`update agreement_draw set drawn = drawn - 1`);
  await db.query(`update obligation set amount_minor = amount_minor + 1`);
  expect(await found()).toEqual([`ledger ${DISTRIBUTOR} EUR`, 'claims spa_1 SEN-1']);
  await db.query(`delete from claim_verdict where row_no = 3`);
  await db.query(`update ledger_posting set amount_minor = amount_minor + 1 where amount_minor > 0`);
  expect((await found()).map((one) => one.split('_')[0])).toEqual([
    'ledger ltx',
    'ledger prt',
    'claims spa',
    'claims clm',
  ]);
});

describe('who sees what', () => {
  const asPartner = async (partnerId: string, table: string): Promise<number> => {
    const app = new pg.Client({ connectionString: database.appUrl });
    await app.connect();
    try {
      await app.query('begin');
      await app.query(
        `select set_config('app.scope', 'partner', true), set_config('app.partner', $1, true)`,
        [partnerId],
      );
      const { rows } = await app.query<{ n: string }>(`select count(*) as n from ${table}`);
      return Number(rows[0]?.n);
    } finally {
      await app.end();
    }
  };

  test('a distributor sees his claims and what he is owed; caps and books are the vendor’s', async () => {
    await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 10 } });
    await claimed(file(claimRow({ invoice: 'R-1' }), claimRow({ invoice: 'R-2', quantity: 0 })));
    for (const table of [
      'claim',
      'claim_file',
      'claim_line',
      'claim_verdict',
      'claim_fault',
      'claim_settlement',
      'obligation',
    ]) {
      expect([table, await asPartner(DISTRIBUTOR, table)]).toEqual([table, 1]);
      expect([table, await asPartner(OTHER_DISTRIBUTOR, table)]).toEqual([table, 0]);
    }
    for (const table of ['ledger_account', 'ledger_transaction', 'ledger_posting', 'obligation_booking'])
      expect([table, await asPartner(DISTRIBUTOR, table)]).toEqual([table, 0]);
  });

  test('what was drawn and sold under an agreement is known to those it is made for; what was paid for it is the vendor’s', async () => {
    await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 10 } });
    await addAgreement(db, { id: 'spa_2', reference: 'SA-2', caps: { 'SEN-1': 10 }, distributorId: null });
    await db.query(
      `insert into distributor_relation (id, distributor_id, reseller_id, from_date) values ('drl_1', $1, $2, '2026-03-01')`,
      [DISTRIBUTOR, RESELLER],
    );
    await claimed(
      file(claimRow({ invoice: 'R-1', quantity: 4 }), claimRow({ invoice: 'R-2', agreement: 'SA-2' })),
    );
    const seen = async (partnerId: string, agreementId: string): Promise<number[]> => [
      await asPartner(partnerId, `agreement_draw where agreement_id = '${agreementId}'`),
      await asPartner(partnerId, `sold_under('${agreementId}') where units > 0`),
      await asPartner(
        partnerId,
        `sold_under('${agreementId}') where unit_minor is not null or support_unit_minor is not null`,
      ),
    ];
    expect(await seen(DISTRIBUTOR, 'spa_1')).toEqual([1, 1, 0]);
    expect(await seen(RESELLER, 'spa_1')).toEqual([1, 1, 0]);
    expect(await seen(OTHER_DISTRIBUTOR, 'spa_1')).toEqual([0, 0, 0]);
    // Others may draw on it as well, so one who does learns nothing of the rest.
    expect(await seen(DISTRIBUTOR, 'spa_2')).toEqual([0, 0, 0]);
    expect(await seen(RESELLER, 'spa_2')).toEqual([1, 1, 0]);
  });
});

test('a new version corrects what was sold before it, a new period what was sold from its day on: booked, owed, once', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 30 } });
  const accrue = (at: string): Promise<number> => accrueSupport({ pool }, Date.parse(at));
  await accrue('2026-03-02T00:00:00Z');
  await claimed(
    file(
      claimRow({ invoice: 'R-1', unitPrice: '74.00' }),
      claimRow({ invoice: 'R-2', unitPrice: '80.00', quantity: 5 }),
      claimRow({ invoice: 'R-3', unitPrice: '74.00', saleDate: '2026-03-25', quantity: 4 }),
      claimRow({ invoice: 'R-3', unitPrice: '74.00', quantity: -1, action: 'reversal' }),
    ),
  );
  const change = async (
    version: number,
    kind: 'new_version' | 'new_period',
    costMinor: number,
  ): Promise<void> => {
    await addVersion(db, {
      id: 'spa_1',
      version,
      kind,
      appliesFrom: '2026-03-20',
      caps: { 'SEN-1': 30 },
      netMinor: costMinor + 400,
      costMinor,
    });
    await db.query(`update pricing_agreement set version = $1 where id = 'spa_1'`, [version]);
    expect(await accrue(`2026-04-1${version}T00:00:00Z`)).toBe(1);
    expect(await accrue(`2026-04-1${version}T00:00:00Z`)).toBe(0);
  };
  const amounts = async (): Promise<number[]> => (await owed()).map(({ amount }) => amount);

  // From the twentieth on a unit is supported with 20 instead of 14: of the third sale, less what was taken back of it.
  await change(2, 'new_period', 70_00);
  expect(await amounts()).toEqual([18 * 14_00, 3 * 6_00]);
  // Then on all days: the first sale gets 20 as well; the second was sold above the price that is now agreed.
  await change(3, 'new_version', 70_00);
  expect(await amounts()).toEqual([18 * 14_00, 3 * 6_00, 10 * 6_00]);
  // A higher price takes back from all of them: 10 is left for one.
  await change(4, 'new_version', 80_00);
  expect(await amounts()).toEqual([18 * 14_00, 3 * 6_00, 10 * 6_00, -(13 * 10_00 + 5 * 4_00)]);

  // Units, caps and what may still be given back are as they were.
  expect(await draws()).toEqual({ 'spa_1 SEN-1': '18/30' });
  expect(await claimed(file(claimRow({ invoice: 'R-1', quantity: -2, action: 'reversal' })))).toEqual([
    '2: -2',
  ]);
  expect(await amounts()).toContain(-2 * 10_00);
  const { rows } = await db.query(
    `select version, transactions, units, by_sku from agreement_correction order by version`,
  );
  expect(rows).toEqual([
    { version: 2, transactions: '1', units: '3', by_sku: [{ sku: 'SEN-1', transactions: 1, units: 3 }] },
    { version: 3, transactions: '1', units: '10', by_sku: [{ sku: 'SEN-1', transactions: 1, units: 10 }] },
    { version: 4, transactions: '3', units: '18', by_sku: [{ sku: 'SEN-1', transactions: 3, units: 18 }] },
  ]);
  const { rows: corrected } = await db.query(
    `select version, corrected_minor from agreement_accrual order by version`,
  );
  expect(corrected.map((row) => Object.values(row as object).map(Number))).toEqual([
    [1, 0],
    [2, 3 * 6_00],
    [3, 10 * 6_00],
    [4, -(13 * 10_00 + 5 * 4_00)],
  ]);
  const books = await balances();
  expect(books[`partner_payable ${DISTRIBUTOR}`]).toBe(-16 * 10_00);
  expect(Object.values(books).reduce((sum, one) => sum + one, 0)).toBe(0);
  expect(await found()).toEqual([]);
});

/** Until a connection of this database waits for a lock; throws when none does within ten seconds. */
async function untilOneWaitsForALock(): Promise<void> {
  for (let look = 0; look < 200; look += 1) {
    const { rows } = await db.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
    await delay(50);
  }
  throw new Error('nothing waits for a lock');
}

test('a version that comes while a claim waits for its caps is the one its lines are judged by', async () => {
  await addAgreement(db, { id: 'spa_1', reference: 'SA-1', caps: { 'SEN-1': 30 } });
  await claimed(file(claimRow({ invoice: 'R-1', quantity: 1 })));
  const holder = new pg.Client({ connectionString: database.superuserUrl });
  await holder.connect();
  try {
    await holder.query('set session_replication_role = replica');
    await holder.query('begin');
    await holder.query(`select from agreement_draw where agreement_id = 'spa_1' for update`);
    const id = await addClaim(db, { content: file(claimRow({ invoice: 'R-2', unitPrice: '74.00' })) });
    const judged = judge();
    await untilOneWaitsForALock();
    await addVersion(holder, {
      id: 'spa_1',
      version: 2,
      kind: 'new_version',
      appliesFrom: '2026-03-01',
      caps: { 'SEN-1': 30 },
      netMinor: 74_00,
      costMinor: 70_00,
    });
    await holder.query('commit');
    await judged;
    const { rows } = await db.query(
      `select support_unit_minor as support from claim_verdict where claim_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ support: String(20_00) }]);
  } finally {
    await holder.end();
  }
});
