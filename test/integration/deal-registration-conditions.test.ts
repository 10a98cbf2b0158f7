import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { saveAccount } from '../../adapters/store/accounts.ts';
import type { Submission } from '../../api/contract/deal-registrations.ts';
import { enteredAccount } from '../fixtures/entered-account.ts';
import { submitUntil } from '../fixtures/rivals.ts';
import { refusalOf } from '../fixtures/registration-time.ts';
import {
  openRegistrationHouse,
  partnerOfPerson,
  personOf,
  plainSubmission,
} from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

jest.setTimeout(60_000);

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  for (const program of ['volume-bands', 'one-per-product', 'activity-checked', 'cam-extended'])
    await house.changePolicy(program, (policy) => ({
      ...policy,
      undoWindowSeconds: program === 'activity-checked' ? 1 : 0,
      reviewWindow: { amount: 0, unit: 'businessHour' },
      eligibility: { ...policy.eligibility, minimumUnitsPerSku: null, minimumEvidence: 0 },
    }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

const inYears = (years: number): string =>
  new Date(Date.now() + years * 365.25 * 24 * 3_600_000).toISOString().slice(0, 10);

async function approved(
  program: string,
  submission: Parameters<typeof plainSubmission>[0] = {},
): Promise<string> {
  const id = await submitUntil(house, 'pending_approval', { program, submission });
  await house.decide({ id, as: 'director@', outcome: 'approve' });
  return id;
}

describe('no date wedges a case', () => {
  test.each(['0001-01-01', '1969-12-31', inYears(-6), inYears(6), '9999-12-31'])(
    'a close date of %s is refused by its name, in a submission and in an amendment',
    async (expectedClose) => {
      const id = await approved('volume-bands');
      const refused = await refusalOf(
        house,
        id,
        house.act('amend', {
          id,
          as: 'sales@northwind',
          facts: { fields: ['expectedClose'] },
          body: { expectedClose, words: 'Later.' },
        }),
      );
      expect(refused).toMatchObject({
        type: 'invalid_request',
        refusal: { errors: [{ pointer: '/expectedClose' }] },
      });
      const submitted = await house
        .submit({ program: 'volume-bands', submission: { expectedClose } })
        .catch((error: unknown) => error);
      expect(submitted).toMatchObject({
        type: 'invalid_request',
        refusal: { errors: [{ pointer: '/expectedClose' }] },
      });
      // The case is not held up: the next message is carried out.
      await house.act('writeNote', {
        id,
        as: 'approver@',
        facts: { audience: 'vendor' },
        body: { words: 'Fine.' },
      });
    },
  );

  test('the farthest close date is protected, and moved, where protection is counted from it', async () => {
    const id = await approved('cam-extended', { expectedClose: inYears(4.9) });
    expect((await house.registration(id)).status).toBe('approved');
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['expectedClose'] },
      body: { expectedClose: inYears(4.99), words: 'A little later.' },
    });
  });

  test('an own registration that expired decades ago is no quiet period', async () => {
    const { customer } = plainSubmission();
    const old = await approved('one-per-product', { customer });
    await house.arrange(
      `update registration set status = 'expired', closed_at = '1999-06-01T00:00:00Z', case_state = jsonb_set(case_state, '{status}', '"expired"') where id = $1`,
      [old],
    );
    await house.arrange('delete from protection where registration_id = $1', [old]);
    const { answer } = await house.submit({ program: 'one-per-product', submission: { customer } });
    expect(answer).toMatchObject({ statusCode: 201, body: { status: 'submitted', findings: [] } });
  });
});

/** What the reviewer reads that stands against it. */
async function findings(id: string): Promise<string[]> {
  const { rows } = await house.pool.query<{ code: string }>(
    `select f ->> 'code' as code from process_event_private x join process_event e on e.case_id = x.case_id and e.seq = x.seq and e.kind = 'matched'
       cross join jsonb_array_elements(x.facts -> 'findings') f where x.case_id = $1 order by e.seq, 1`,
    [id],
  );
  return rows.map(({ code }) => code);
}

describe("what the vendor's records say of the customer", () => {
  /** A customer as an import made him, with what is known of him. */
  async function imported(
    customer: { legalName: string; webDomain: string | null },
    known: { hasBought?: boolean; families?: string[]; managing?: string; segment?: string },
  ): Promise<void> {
    const id = `acc_import_${customer.webDomain ?? ''}`;
    const tx = await house.pool.connect();
    try {
      await tx.query('begin');
      await saveAccount(
        tx,
        enteredAccount({
          accountId: id,
          legalName: customer.legalName,
          country: 'DE',
          webDomain: customer.webDomain,
        }),
      );
      await tx.query('commit');
    } finally {
      tx.release();
    }
    await house.arrange(
      `insert into customer_history (account_id, has_bought, owned_families, managing_partner_id, segment) values ($1, $2, $3, $4, $5)`,
      [id, known.hasBought ?? null, known.families ?? null, known.managing ?? null, known.segment ?? null],
    );
  }

  async function submitted(type: Submission['type'], customer: Submission['customer']): Promise<string> {
    const { id, answer } = await house.submit({
      program: 'activity-checked',
      submission: { type, customer },
    });
    // The reply tells nothing of the records: they are looked at after it.
    expect(answer).toMatchObject({ statusCode: 201, body: { status: 'submitted', findings: [] } });
    await house.until(async () => (await house.registration(id)).status === 'pending_approval');
    return id;
  }

  test('nothing known: a person looks, also at an add-on', async () => {
    const id = await submitted('add_on', plainSubmission().customer);
    expect(await findings(id)).toEqual(['customer_history_unknown']);
  });

  test('a customer who bought before is none that is new; the reviewer reads it, and no machine denies', async () => {
    const { customer } = plainSubmission();
    await imported(customer, { hasBought: true });
    const id = await submitted('new_customer', customer);
    expect(await findings(id)).toEqual(['customer_not_new']);
  });

  test('an add-on is for the partner who manages the customer', async () => {
    const [own, other] = [plainSubmission().customer, plainSubmission().customer];
    await imported(own, { managing: partnerOfPerson('sales@northwind') ?? '' });
    await imported(other, { managing: partnerOfPerson('sales@lakeside') ?? '' });
    expect(await findings(await submitted('add_on', own))).toEqual([]);
    expect(await findings(await submitted('add_on', other))).toEqual(['not_managing_partner']);
  });

  test('the segment decides how long it is protected, also when the approval takes effect later', async () => {
    const { customer } = plainSubmission();
    await imported(customer, { segment: 'enterprise', families: [] });
    const id = await submitted('new_customer', customer);
    await house.decide({ id, as: 'director@', outcome: 'approve' });
    await house.until(async () => (await house.registration(id)).status === 'approved');
    const { rows } = await house.pool.query<{ days: number; clock_days: number }>(
      `select round(extract(epoch from upper(p.period) - lower(p.period)) / 86400)::int as days,
              round(extract(epoch from c.due_at - lower(p.period)) / 86400)::int as clock_days
         from protection p join sla_clock c on c.case_id = p.registration_id and c.kind = 'protection' where p.registration_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ days: 180, clock_days: 180 }]);
  });
});

describe('conditions are asked again when something changes', () => {
  beforeAll(async () => {
    await house.changePolicy('volume-bands', (policy) => ({
      ...policy,
      undoWindowSeconds: 0,
      reviewWindow: { amount: 0, unit: 'businessHour' },
      eligibility: { ...policy.eligibility, minimumUnitsPerSku: 100, minimumEvidence: 0 },
    }));
  });

  test('an amendment below the program’s minimum, or of too few units, waits for a person', async () => {
    const id = await approved('volume-bands');
    const amend = (quantity: number): Promise<unknown> =>
      house.act('amend', {
        id,
        as: 'sales@northwind',
        facts: { fields: ['lines'] },
        body: { lines: [{ sku: 'HSW-48', quantity }], words: 'Fewer.' },
      });
    const quantities = async (): Promise<unknown> =>
      (
        await house.pool.query('select quantity from registration_line where registration_id = $1', [id])
      ).rows.map(({ quantity }) => quantity as number);
    await amend(100);
    expect(await quantities()).toEqual([100]);
    await amend(99);
    expect(await quantities()).toEqual([100]);
    const { rows } = await house.pool.query(
      `select facts -> 'reasons' as reasons from task where case_id = $1 and status = 'open' and kind = 'amendment'`,
      [id],
    );
    expect(rows).toEqual([{ reasons: [{ code: 'condition_missed', condition: 'units_below_minimum' }] }]);
    await house.decide({ id, as: 'director@', kind: 'amendment', outcome: 'grant' });
    expect(await quantities()).toEqual([99]);
    // What was decided on is not asked again: the close date may move while the units stay as they are.
    await house.act('amend', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['expectedClose'] },
      body: { expectedClose: '2027-10-05', words: 'Later.' },
    });
    expect(await house.timeline(id)).toEqual(expect.arrayContaining(['amendment_decided']));
    const { rows: open } = await house.pool.query(
      `select kind from task where case_id = $1 and status = 'open'`,
      [id],
    );
    expect(open).toEqual([]);
  });

  test('a correction that misses a condition is shown to whoever decides', async () => {
    const id = await submitUntil(house, 'pending_approval', { program: 'volume-bands' });
    await house.decide({
      id,
      as: 'director@',
      outcome: 'request_information',
      fields: ['rfp', 'lines'],
      words: 'Is there a tender?',
    });
    await house.act('answerInformation', {
      id,
      as: 'sales@northwind',
      facts: { fields: ['rfp', 'lines'] },
      body: {
        corrections: {
          rfp: { status: 'published', date: null },
          lines: [{ sku: 'HSW-48', quantity: 3 }],
        },
        words: 'There is.',
      },
    });
    await house.until(async () => (await house.registration(id)).status === 'pending_approval');
    expect(await findings(id)).toEqual(['rfp_not_eligible', 'units_below_minimum']);
    const { rows } = await house.pool.query(
      `select facts from process_event where case_id = $1 and kind = 'matched'`,
      [id],
    );
    expect(JSON.stringify(rows)).not.toContain('units_below_minimum');
    // Whoever asked hears of the answer.
    const { rows: mails } = await house.pool.query(
      `select target from outbound where case_id = $1 and template = 'information_answered'`,
      [id],
    );
    expect(mails).toEqual([{ target: personOf('director@') }]);
  });
});
