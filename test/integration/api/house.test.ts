import { randomBytes, randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Pool } from '../../../adapters/store/pool.ts';
import { seededId } from '../../../prisma/seed.ts';
import { createImportStorer } from '../../../workers/imports.ts';
import type { Loop } from '../../../workers/loop.ts';
import { dealRegistrationWorkflowId } from '../../../workflows/contracts/deal-registration.ts';
import { submissionFor } from './running-api.ts';
import type { Caller, RunningApi } from './running-api.ts';
import { startHouse } from './running-house.ts';
import type { RunningHouse } from './running-house.ts';

/*
 * The whole house: requests over HTTP, workflows on the real engine, one record. What only shows when all of it runs:
 * where a tax id comes to lie, what an import sets going, and what a partner can read of a conflict.
 */

const PROGRAM = seededId('program', 'one-per-product');
const PROGRAM_KEY = 'one-per-product';
const NORTHWIND = seededId('partner', 'northwind');

let house: RunningHouse;
let env: TestWorkflowEnvironment;
let api: RunningApi;
let pool: Pool;
let imports: Loop;
let partner: Caller;
let ops: Caller;

beforeAll(async () => {
  house = await startHouse();
  ({ env, api, pool } = house);
  imports = createImportStorer({
    deps: house.deps,
    clock: Date.now,
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (facts: object, message: string) => console.error(message, facts),
    },
    client: env.client,
  });
  imports.start();
  [partner, ops] = await Promise.all([
    api.signIn('sales@northwind.example'),
    api.signIn('program-ops@halyard.example'),
  ]);
}, 60_000);

afterAll(async () => {
  await imports.stop();
  await house.stop();
}, 30_000);

/** A submission of a customer that nobody else registers. */
function submissionOf(change: { customer?: object } = {}): Record<string, unknown> {
  const tag = randomBytes(5).toString('hex');
  const plain = submissionFor(PROGRAM);
  return {
    ...plain,
    salesActivities: ['customer_call', 'demo', 'intent_verified'],
    customer: {
      ...(plain['customer'] as object),
      legalName: `Tern ${tag} Rope Works`,
      webDomain: `tern-${tag}.example`,
      ...change.customer,
    },
  };
}

async function submit(body: Record<string, unknown>): Promise<string> {
  const reply = await partner.send('POST', '/api/deal-registrations', body);
  if (reply.status !== 201) throw new Error(`${reply.status} ${reply.text}`);
  return reply.body['id'] as string;
}

async function reaches(id: string, status: string): Promise<void> {
  await until(async () => {
    const { rows } = await pool.query<{ status: string }>('select status from registration where id = $1', [
      id,
    ]);
    return rows[0]?.status === status;
  }, `registration ${id} to be ${status}`);
}

async function until(look: () => Promise<boolean>, what: string): Promise<void> {
  const giveUpAtMs = Date.now() + 30_000;
  while (!(await look())) {
    if (Date.now() > giveUpAtMs) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

async function importFile(kind: string, csv: string): Promise<void> {
  const preview = await ops.send('POST', '/api/imports', { kind, fileName: `${kind}.csv`, csv });
  if (preview.body['status'] !== 'previewed') throw new Error(preview.text);
  const id = preview.body['id'] as string;
  const committed = await ops.send('POST', `/api/imports/${id}/commit`, {});
  expect(committed.status).toBe(200);
  await until(async () => {
    const { rows } = await pool.query('select 1 from import_batch where id = $1 and stored_at is not null', [
      id,
    ]);
    return rows.length === 1;
  }, `import ${id} to be stored`);
}

const ACCOUNT_HEAD =
  'accountRef,legalName,country,webDomain,industry,street,postalCode,city,phone,parentRef,engagement,createdAt';
const DEAL_HEAD = 'sourceRef,accountRef,productFamily,stage,lastEngagedAt';
const REGISTRATION_HEAD =
  'sourceRef,partnerId,programKey,type,source,status,legalName,country,webDomain,city,opportunityName,sku,quantity,valueMinor,currency,expectedClose,stage,submittedAt,protectedUntil';

/** A customer that the vendor's own sales force works on, through the import of both files. */
async function workedDirectly(): Promise<{ legalName: string; webDomain: string }> {
  const tag = randomBytes(5).toString('hex');
  const customer = { legalName: `Gannet ${tag} Shipping`, webDomain: `gannet-${tag}.example` };
  await importFile(
    'accounts',
    [ACCOUNT_HEAD, `A-${tag},${customer.legalName},CZ,${customer.webDomain},,,,Ostrava,,,direct,`].join('\n'),
  );
  const lastEngagedAt = new Date(Date.now() - 3_600_000).toISOString();
  await importFile(
    'direct_deals',
    [DEAL_HEAD, `D-${tag},A-${tag},switching,proposal,${lastEngagedAt}`].join('\n'),
  );
  return customer;
}

describe('a tax id', () => {
  const taxId = 'CZ25123891';
  const traces = [taxId, '25123891'];

  /** Every text of every table: one line for each row. */
  async function wholeRecord(): Promise<string> {
    const { rows: tables } = await api.arrange.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public'",
    );
    const dumped: string[] = [];
    for (const { name } of tables) {
      const { rows } = await api.arrange.query<{ line: string }>(
        `select to_jsonb(t)::text as line from "${name}" t`,
      );
      dumped.push(...rows.map(({ line }) => `${name} ${line}`));
    }
    return dumped.join('\n');
  }

  test('lies nowhere in the record nor in the history, and is known again by its hash alone', async () => {
    const first = await submit(submissionOf({ customer: { taxId } }));
    await reaches(first, 'pending_approval');
    const record = await wholeRecord();
    expect(record).toContain(first);
    for (const trace of traces) expect(record).not.toContain(trace);
    const history = await env.client.workflow.getHandle(dealRegistrationWorkflowId(first)).fetchHistory();
    // Payloads are bytes: their text is what is looked through.
    const payloads = JSON.stringify(history, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
    );
    expect(payloads).toContain(first);
    for (const trace of traces) expect(payloads).not.toContain(trace);
    const { rows } = await pool.query<{ hash: string; sealed: string | null }>(
      `select encode(m.tax_id_hash, 'hex') as hash, t.key_id as sealed from registration r
         join account_match m on m.account_id = r.account_id join account_tax_id t on t.account_id = r.account_id where r.id = $1`,
      [first],
    );
    expect(rows).toEqual([{ hash: expect.stringMatching(/^[0-9a-f]{64}$/), sealed: 'field-1' }]);
  }, 30_000);

  test('makes another body of a repeat, and the same body the same answer', async () => {
    const body = submissionOf({ customer: { taxId } });
    const key = { 'idempotency-key': randomUUID() };
    const first = await partner.send('POST', '/api/deal-registrations', body, key);
    const again = await partner.send('POST', '/api/deal-registrations', body, key);
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    const customer = { ...(body['customer'] as object), taxId: 'CZ25123892' };
    const other = await partner.send('POST', '/api/deal-registrations', { ...body, customer }, key);
    expect(other.status).toBe(422);
  }, 30_000);

  test('that is none is refused by name', async () => {
    const reply = await partner.send(
      'POST',
      '/api/deal-registrations',
      submissionOf({ customer: { taxId: '----' } }),
    );
    expect(reply.body).toMatchObject({ status: 400, errors: [{ pointer: '/customer/taxId' }] });
  });

  test('stays when a corrected customer comes without one', async () => {
    const body = submissionOf({ customer: { taxId: 'CZ26185610' } });
    const id = await submit(body);
    await reaches(id, 'pending_approval');
    const approver = await api.signIn('approver@halyard.example');
    const page = await approver.get(`/api/deal-registrations/${id}`);
    const task = await approver.get(`/api/tasks/${page.body['openTaskId'] as string}`);
    const decided = await approver.send('POST', `/api/tasks/${page.body['openTaskId'] as string}/decision`, {
      outcome: 'request_information',
      reasonKey: null,
      words: 'Is the street right?',
      privateNote: '',
      fields: ['customer'],
      winnerId: null,
      factsHash: task.body['factsHash'],
    });
    expect([decided.status, decided.text]).toEqual([201, decided.text]);
    await reaches(id, 'info_requested');
    const corrected = await partner.send('POST', `/api/deal-registrations/${id}/information`, {
      words: 'It has moved.',
      corrections: { customer: { ...(body['customer'] as object), taxId: null, street: 'Quay Street 4' } },
    });
    expect([corrected.status, corrected.text]).toEqual([200, corrected.text]);
    const { rows } = await pool.query(
      `select a.address_line1 as street, a.tax_id_last2 as last2, m.tax_id_hash is not null as hashed, t.cipher is not null as sealed
         from registration r join account a on a.id = r.account_id join account_match m on m.account_id = a.id
         left join account_tax_id t on t.account_id = a.id where r.id = $1`,
      [id],
    );
    expect(rows).toEqual([{ street: 'Quay Street 4', last2: '10', hashed: true, sealed: true }]);
  }, 60_000);
});

describe('an import', () => {
  test('of customers brings what the vendor knows of them, and their tax ids sealed', async () => {
    const tag = randomBytes(5).toString('hex');
    const head = `${ACCOUNT_HEAD},hasBought,ownedFamilies,managingPartnerId,segment,taxId,contactDomains`;
    const row = (reference: string, rest: string): string =>
      `${reference},Gannet ${reference} Shipping,CZ,,,,,Ostrava,,,direct,,${rest}`;
    const preview = (rows: string[]): ReturnType<Caller['send']> =>
      ops.send('POST', '/api/imports', {
        kind: 'accounts',
        fileName: 'customers.csv',
        csv: [head, ...rows].join('\n'),
      });
    const bad = await preview([
      row(`B1-${tag}`, 'perhaps,,,,,'),
      row(`B2-${tag}`, ',nothing,,,,'),
      row(`B3-${tag}`, ',,nobody,,,'),
      row(`B4-${tag}`, ',,,,----,'),
      row(`B5-${tag}`, ',,,,,no domain'),
    ]);
    expect(bad.body).toMatchObject({
      status: 'refused',
      errors: [
        { row: 2, column: 'hasBought' },
        { row: 3, column: 'ownedFamilies' },
        { row: 4, column: 'managingPartnerId' },
        { row: 5, column: 'taxId' },
        { row: 6, column: 'contactDomains' },
      ],
    });
    const taxId = `CZ${String(BigInt(`0x${tag}`))
      .slice(0, 8)
      .padEnd(8, '1')}`;
    const rows = [
      row(`K-${tag}`, `true,switching|care,${NORTHWIND},enterprise,${taxId},mail.gannet-${tag}.example`),
      row(`U-${tag}`, ',,,,,'),
    ];
    const looked = await preview(rows);
    expect(looked.text).not.toContain(taxId.slice(2));
    expect(looked.body).toMatchObject({
      sample: [{ taxId: `…${taxId.slice(-2)}`, hasBought: true }, { taxId: null }],
    });
    await importFile('accounts', [head, ...rows].join('\n'));
    const { rows: known } = await pool.query(
      `select h.has_bought, h.owned_families, h.managing_partner_id, h.segment, a.tax_id_last2, m.tax_id_hash is not null as hashed,
              t.cipher is not null as sealed, m.contact_domains
         from account a join customer_history h on h.account_id = a.id join account_match m on m.account_id = a.id
         left join account_tax_id t on t.account_id = a.id where a.legal_name like '%' || $1 || '%' order by a.legal_name`,
      [tag],
    );
    expect(known).toEqual([
      {
        has_bought: true,
        owned_families: ['switching', 'care'],
        managing_partner_id: NORTHWIND,
        segment: 'enterprise',
        tax_id_last2: taxId.slice(-2),
        hashed: true,
        sealed: true,
        contact_domains: [`gannet-${tag}.example`],
      },
      {
        has_bought: null,
        owned_families: null,
        managing_partner_id: null,
        segment: null,
        tax_id_last2: null,
        hashed: false,
        sealed: false,
        contact_domains: [],
      },
    ]);
    const { rows: kept } = await api.arrange.query<{ text: string }>(
      'select to_jsonb(b)::text as text from import_batch b',
    );
    for (const { text } of kept) expect(text).not.toContain(taxId.slice(2));
    // The strongest evidence there is: a registration with the same tax id, under another name.
    const id = await submit(
      submissionOf({ customer: { legalName: `Wholly other ${tag}`, webDomain: null, country: 'CZ', taxId } }),
    );
    await reaches(id, 'pending_approval');
    const { rows: seen } = await pool.query<{ same: boolean }>(
      `select m.tax_id_hash = own.tax_id_hash as same from registration r join account_match own on own.account_id = r.account_id
         join account a on a.legal_name like '%K-' || $2 || '%' join account_match m on m.account_id = a.id where r.id = $1`,
      [id, tag],
    );
    expect(seen).toEqual([{ same: true }]);
  }, 60_000);

  test('of a direct deal makes a new submission a conflict, and names are counted anew', async () => {
    const customer = await workedDirectly();
    const { rows } = await pool.query<{ counted: boolean }>(
      'select (select sum(accounts) from account_name_posting) > 0 as counted',
    );
    expect(rows).toEqual([{ counted: true }]);
    await reaches(await submit(submissionOf({ customer })), 'in_conflict');
  }, 60_000);

  test('of registrations in flight keeps their dates: one expires on its original end, one is looked at for rivals', async () => {
    const tag = randomBytes(5).toString('hex');
    const submittedAt = new Date(Date.now() - 30 * 86_400_000).toISOString();
    const protectedUntil = new Date(Date.now() + 6_000).toISOString();
    const rowOf = (reference: string, status: string, until: string): string =>
      `${reference},${NORTHWIND},${PROGRAM_KEY},new_customer,partner_sourced,${status},Petrel ${reference} Foods,CZ,petrel-${reference}.example,Brno,Renewal of the campus,HSW-48,120,4500000,EUR,2030-09-30,qualified,${submittedAt},${until}`;
    await importFile(
      'registrations',
      [
        REGISTRATION_HEAD,
        rowOf(`R-${tag}`, 'approved', protectedUntil),
        rowOf(`P-${tag}`, 'pending_approval', ''),
      ].join('\n'),
    );
    const { rows } = await pool.query<{
      id: string;
      opportunity: string;
      status: string;
      submitted_at: Date;
      protected_until: Date | null;
      until: Date | null;
    }>(
      `select r.id, a.legal_name as opportunity, r.status, r.submitted_at, r.protected_until, upper(p.period) as until
         from registration r join account a on a.id = r.account_id left join protection p on p.registration_id = r.id
        where r.imported and a.legal_name like '%' || $1 || '%' order by a.legal_name desc`,
      [tag],
    );
    const [approved, waiting] = rows;
    expect(approved).toMatchObject({
      submitted_at: new Date(submittedAt),
      protected_until: new Date(protectedUntil),
      until: new Date(protectedUntil),
    });
    expect(waiting).toMatchObject({ submitted_at: new Date(submittedAt), protected_until: null });
    await reaches(waiting?.id ?? '', 'pending_approval');
    const { rows: clocks } = await pool.query<{ late: boolean }>(
      `select due_at < now() as late from sla_clock where case_id = $1 and kind = 'decision'`,
      [waiting?.id],
    );
    expect(clocks).toEqual([{ late: true }]);
    await reaches(approved?.id ?? '', 'expired');
    const { rows: ended } = await pool.query<{ after: boolean }>(
      `select closed_at >= protected_until as after from registration where id = $1`,
      [approved?.id],
    );
    expect(ended).toEqual([{ after: true }]);
    const page = await partner.get(`/api/deal-registrations/${approved?.id}`);
    expect([page.status, page.body['status']]).toEqual([200, 'expired']);
    // Stored again after a crash before the last row: nothing changes, nobody is begun twice.
    await api.arrange.query('update import_batch set stored_at = null');
    await until(async () => {
      const { rows: left } = await pool.query(
        'select 1 from import_batch where status = $1 and stored_at is null',
        ['committed'],
      );
      return left.length === 0;
    }, 'imports to be stored again');
    const { rows: cases } = await pool.query<{ n: number }>(
      `select count(*)::int as n from registration r join account a on a.id = r.account_id where a.legal_name like '%' || $1 || '%'`,
      [tag],
    );
    expect(cases).toEqual([{ n: 2 }]);
    const { rows: open } = await pool.query(
      'select 1 from receipt where update_name = $1 and settled_at is null',
      ['import'],
    );
    expect(open).toEqual([]);
  }, 90_000);
});

describe('a draft', () => {
  test('becomes the registration that it is sent as, and is a draft no longer', async () => {
    const body = submissionOf();
    const begun = await partner.send('POST', '/api/registration-drafts', {
      programId: PROGRAM,
      body: { customer: body['customer'], opportunityName: 'Cut in half' },
    });
    expect(begun.status).toBe(201);
    const draftId = begun.body['id'] as string;
    const held = async (): Promise<string[]> =>
      ((await partner.get('/api/registration-drafts')).body['items'] as { id: string }[]).map(({ id }) => id);
    expect(await held()).toContain(draftId);

    // What is refused stays a draft.
    const refused = await partner.send('POST', '/api/deal-registrations', { ...body, draftId, lines: [] });
    expect(refused.status).toBe(400);
    expect(await held()).toContain(draftId);

    const id = await submit({ ...body, draftId });
    expect(await held()).not.toContain(draftId);
    expect((await partner.get(`/api/registration-drafts/${draftId}`)).status).toBe(404);
    const { rows } = await pool.query(
      `select d.submitted_as as id, e.kind, e.seq from registration_draft d join process_event e on e.case_id = d.submitted_as where d.id = $1 and e.seq = 1`,
      [draftId],
    );
    expect(rows).toEqual([{ id, kind: 'submitted', seq: 1 }]);
  }, 30_000);

  test('of another partner is not taken away by naming it', async () => {
    const other = await api.signIn('sales@lakeside.example');
    const theirs = await other.send('POST', '/api/registration-drafts', { programId: PROGRAM, body: {} });
    const draftId = theirs.body['id'] as string;
    await submit({ ...submissionOf(), draftId });
    expect((await other.get(`/api/registration-drafts/${draftId}`)).status).toBe(200);
  }, 30_000);
});

describe('what two customers have in common', () => {
  test('is shown to the vendor row by row, what agrees and what contradicts, and to no partner', async () => {
    const tag = randomBytes(5).toString('hex');
    const other = await api.signIn('sales@lakeside.example');
    const customer = (change: object): object => ({
      legalName: `Oystercatcher ${tag} Energy`,
      webDomain: `oystercatcher-${tag}.example`,
      country: 'CZ',
      city: 'Ostrava',
      ...change,
    });
    const first = await submit(submissionOf({ customer: customer({}) }));
    await reaches(first, 'pending_approval');
    const sent = await other.send(
      'POST',
      '/api/deal-registrations',
      submissionOf({ customer: customer({ legalName: `Oystercatcher ${tag} Energie`, city: 'Brno' }) }),
    );
    const second = sent.body['id'] as string;
    const approver = await api.signIn('approver@halyard.example');
    const matches = async (reader: Caller): Promise<unknown> =>
      (await reader.get(`/api/deal-registrations/${second}`)).body['matches'];
    await until(async () => ((await matches(approver)) as unknown[]).length > 0, 'the rival to be found');
    expect(await matches(approver)).toMatchObject([
      {
        otherId: first,
        verdict: 'duplicate',
        evidence: [
          {
            kind: 'registrable_domain',
            supports: true,
            left: `oystercatcher-${tag}.example`,
            right: `oystercatcher-${tag}.example`,
            similarityPpm: null,
          },
          {
            kind: 'name_similar',
            supports: true,
            left: `Oystercatcher ${tag} Energie`,
            right: `Oystercatcher ${tag} Energy`,
            similarityPpm: expect.any(Number),
          },
          { kind: 'country', supports: true, left: 'CZ', right: 'CZ' },
          { kind: 'city', supports: false, left: 'Brno', right: 'Ostrava' },
        ],
      },
    ]);
    expect(await matches(other)).toEqual([]);
  }, 60_000);
});

describe('a partner', () => {
  /** Everything he can read of one case, without what differs from case to case: ids, references, names, times. */
  async function readable(id: string, customer: { legalName: string; webDomain: string }): Promise<string> {
    const paths = ['', '/timeline', '/clock', '/clock.csv'].map(
      (tail) => `/api/deal-registrations/${id}${tail}`,
    );
    const texts = [];
    for (const path of paths) {
      const reply = await partner.get(path);
      expect({ path, status: reply.status }).toEqual({ path, status: 200 });
      texts.push(reply.text);
    }
    for (const sort of ['submitted', 'due', 'value']) {
      const list = await partner.get(
        `/api/deal-registrations?sort=${sort}&search=${encodeURIComponent(customer.legalName)}`,
      );
      texts.push(`${sort} ${list.text}`);
    }
    for (const status of ['in_conflict', 'pending_approval', 'under_review', 'submitted']) {
      const list = await partner.get(
        `/api/deal-registrations?status=${status}&search=${encodeURIComponent(customer.legalName)}`,
      );
      texts.push(`${status} ${(list.body['items'] as unknown[]).length}`);
    }
    return texts
      .join('\n')
      .replaceAll(customer.legalName, 'CUSTOMER')
      .replaceAll(customer.webDomain, 'DOMAIN')
      .replaceAll(/[a-z]{3}_[0-9a-z]{26}/g, 'ID')
      .replaceAll(/DR-[0-9A-Z]{4}-[0-9A-Z]{4}/g, 'REF')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)/g, 'TIME')
      .replaceAll(/(Ms"+:)\d{13}/g, '$1TIME')
      .replaceAll(/("leftMinutes":)-?\d+/g, '$1N');
  }

  test('reads of a conflict byte for byte what he reads of a plain review, before and after it is over', async () => {
    const rival = await workedDirectly();
    const plain = { legalName: 'Shearwater Paper Mills', webDomain: 'shearwater-paper.example' };
    const inConflict = await submit(submissionOf({ customer: rival }));
    const underReview = await submit(submissionOf({ customer: plain }));
    await reaches(inConflict, 'in_conflict');
    await reaches(underReview, 'pending_approval');
    expect(await readable(inConflict, rival)).toBe(await readable(underReview, plain));

    const director = await api.signIn('director@halyard.example');
    const page = await director.get(`/api/deal-registrations/${inConflict}`);
    const taskId = page.body['openTaskId'] as string;
    const task = await director.get(`/api/tasks/${taskId}`);
    const decided = await director.send('POST', `/api/tasks/${taskId}/decision`, {
      outcome: 'no_conflict',
      reasonKey: null,
      words: '',
      privateNote: '',
      fields: [],
      winnerId: null,
      factsHash: task.body['factsHash'],
    });
    expect([decided.status, decided.text]).toEqual([201, decided.text]);
    await reaches(inConflict, 'pending_approval');
    expect(await readable(inConflict, rival)).toBe(await readable(underReview, plain));
  }, 60_000);

  test('is told by the check of a draft of his own case of the same customer, however it is spelled', async () => {
    const customer = { legalName: 'Cormorant Glazing Limited', webDomain: 'cormorant-glazing.example' };
    const id = await submit(submissionOf({ customer }));
    const check = async (caller: Caller, body: object): Promise<Record<string, unknown>> => {
      const draft = await caller.send('POST', '/api/registration-drafts', { programId: PROGRAM, body });
      expect(draft.status).toBe(201);
      const reply = await caller.send(
        'POST',
        `/api/registration-drafts/${draft.body['id'] as string}/check`,
        {},
      );
      expect([reply.status, reply.text]).toEqual([200, reply.text]);
      return reply.body;
    };
    const typed = {
      customer: {
        legalName: 'CORMORANT GLAZING Ltd.',
        country: 'CZ',
        webDomain: 'www.cormorant-glazing.example',
      },
      lines: [{ sku: 'HSW-48', quantity: 120 }],
    };
    const told = await check(partner, typed);
    expect(told['ownCases']).toMatchObject([{ id }]);
    expect(told['findings']).toMatchObject([{ code: 'already_registered', facts: { registrationId: id } }]);
    const sibling = await api.signIn('sales@lakeside.example');
    const other = await check(sibling, typed);
    expect([other['ownCases'], other['findings']]).toEqual([[], []]);
  }, 30_000);
});

describe('somebody who is away', () => {
  const HOUR_MS = 3_600_000;
  const at = (offsetMs: number): string => new Date(Date.now() + offsetMs).toISOString();
  const director = seededId('person', 'director@halyard.example');
  const approver = seededId('person', 'approver@halyard.example');
  const absence = (change: object = {}): Record<string, unknown> => ({
    personId: director,
    deputyId: approver,
    fromAt: at(-1_000),
    untilAt: at(HOUR_MS),
    capMinor: null,
    ...change,
  });

  test('is entered by himself or an administrator, and by nobody else', async () => {
    const [admin, deputy, other] = await Promise.all([
      api.signIn('admin@halyard.example'),
      api.signIn('approver@halyard.example'),
      api.signIn('director@halyard.example'),
    ]);
    expect((await partner.get('/api/absences')).status).toBe(403);
    expect((await deputy.send('POST', '/api/absences', absence())).status).toBe(403);
    const stranger = await admin.send(
      'POST',
      '/api/absences',
      absence({ deputyId: seededId('person', 'sales@northwind.example') }),
    );
    expect([stranger.status, stranger.body['errors']]).toMatchObject([400, [{ pointer: '/deputyId' }]]);
    const entered = await other.send('POST', '/api/absences', absence({ personId: null }));
    expect(entered.status).toBe(201);
    const twice = await admin.send('POST', '/api/absences', absence());
    expect([twice.status, twice.body['errors']]).toMatchObject([400, [{ pointer: '/fromAt' }]]);
    // The deputy sees it, and cannot end it.
    const id = entered.body['id'] as string;
    expect((await deputy.get('/api/absences')).body['items']).toMatchObject([{ id, mayEnd: false }]);
    expect((await deputy.send('DELETE', `/api/absences/${id}`)).status).toBe(404);
    expect((await other.send('DELETE', `/api/absences/${id}`)).status).toBe(204);
    expect((await deputy.get('/api/absences')).body['items']).toEqual([]);
    const { rows } = await pool.query(
      `select action, actor_id from audit_row where subject = $1 and action like 'absence%' order by id`,
      [director],
    );
    expect(rows).toEqual([
      { action: 'absence_entered', actor_id: director },
      { action: 'absence_ended', actor_id: director },
    ]);
  }, 30_000);

  test('has a deputy with his inbox, whose decision names both; back again, it is as before', async () => {
    const [admin, deputy, other] = await Promise.all([
      api.signIn('admin@halyard.example'),
      api.signIn('approver@halyard.example'),
      api.signIn('director@halyard.example'),
    ]);
    const id = await submit({
      ...submissionOf(),
      value: { amountMinor: 60_000_000, currency: 'EUR' },
    });
    await reaches(id, 'pending_approval');
    const inInbox = async (): Promise<Record<string, unknown> | undefined> =>
      ((await deputy.get('/api/tasks?show=mine')).body['items'] as Record<string, unknown>[]).find(
        ({ caseId }) => caseId === id,
      );
    expect(await inInbox()).toBeUndefined();
    const entered = await admin.send('POST', '/api/absences', absence());
    expect(entered.status).toBe(201);
    const row = await inInbox();
    expect(row).toMatchObject({ mayDecide: true, actingFor: { id: director } });
    expect(
      ((await other.get('/api/tasks?show=mine')).body['items'] as { caseId: string }[]).some(
        ({ caseId }) => caseId === id,
      ),
    ).toBe(true);
    const task = await deputy.get(`/api/tasks/${row?.['id'] as string}`);
    const decide = async (): Promise<{ status: number; body: Record<string, unknown> }> =>
      deputy.send('POST', `/api/tasks/${row?.['id'] as string}/decision`, {
        outcome: 'approve',
        reasonKey: null,
        words: '',
        privateNote: '',
        fields: [],
        winnerId: null,
        factsHash: task.body['factsHash'],
      });
    const first = await decide();
    expect(first.status).toBe(201);
    const named = { actor_id: approver, acting_for: director };
    const decisionId = first.body['decisionId'] as string;
    const { rows: kept } = await pool.query('select actor_id, acting_for from decision where id = $1', [
      decisionId,
    ]);
    expect(kept).toEqual([named]);
    const { rows: receipts } = await pool.query(
      `select person_id as actor_id, acting_for from receipt where case_id = $1 and update_name = 'decide'`,
      [id],
    );
    expect(receipts).toEqual([named]);
    const timeline = (await deputy.get(`/api/deal-registrations/${id}/timeline`)).body['items'] as Record<
      string,
      unknown
    >[];
    const entry = timeline.find(({ kind }) => kind === 'decided');
    expect(entry?.['actingFor']).toBe(
      (
        await pool.query<{ name: string }>('select display_name as name from person where id = $1', [
          director,
        ])
      ).rows[0]?.name,
    );
    expect((await partner.get(`/api/deal-registrations/${id}`)).text).not.toContain(
      String(entry?.['actingFor']),
    );

    // Taken back by whoever made it, in the same place; then the director is back.
    expect((await deputy.send('POST', `/api/decisions/${decisionId}/retraction`, {})).status).toBe(200);
    const { rows: back } = await pool.query('select actor_id, acting_for from decision where retracts = $1', [
      decisionId,
    ]);
    expect(back).toEqual([named]);
    expect((await admin.send('DELETE', `/api/absences/${entered.body['id'] as string}`)).status).toBe(204);
    expect(await inInbox()).toBeUndefined();
    expect((await decide()).status).toBe(403);
  }, 30_000);
});
