import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { openRegistrationHouse, plainSubmission } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env, { relay: true });
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
}, 30_000);

async function withWindow(seconds: number, undoWindowSeconds = 0): Promise<void> {
  // Minutes are the shortest unit of a policy, so the window is moved instead: it closes `seconds` after it opened.
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds,
    reviewWindow: { amount: Math.ceil(seconds / 60), unit: 'minute' },
  }));
}

function rivalsFor(customer: string): {
  first: Parameters<RegistrationHouse['submit']>[0];
  second: Parameters<RegistrationHouse['submit']>[0];
} {
  const plain = plainSubmission();
  const named = (legalName: string) => ({
    ...plain.customer,
    legalName,
    webDomain: `${customer}-works.com`,
    contacts: [],
  });
  return {
    first: { as: 'sales@northwind', submission: { customer: named(`${customer} Works GmbH`) } },
    second: { as: 'sales@lakeside', submission: { customer: named(`${customer} Works AG`) } },
  };
}

async function statusOf(id: string, wanted: string): Promise<true> {
  await house.until(async () => (await house.registration(id)).status === wanted);
  return true;
}

describe('the review window', () => {
  test('an approval waits for it, is told nothing of before, and takes effect when it closes without a rival', async () => {
    await withWindow(60);
    const { id } = await house.submit();
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    expect(await house.registration(id)).toMatchObject({
      status: 'pending_approval',
      next_step: 'decided',
      protected_until: null,
    });
    const { rows: mails } = await house.pool.query(
      `select template from outbound where case_id = $1 and template = 'decided'`,
      [id],
    );
    expect(mails).toEqual([]);
    const { rows } = await house.pool.query<{ state: { pending: object | null; windowIds: string[] } }>(
      'select case_state as state from registration where id = $1',
      [id],
    );
    expect(rows[0]?.state.pending).not.toBeNull();
    expect(rows[0]?.state.windowIds).toHaveLength(1);
  });

  test('rivals become one joint task; its decision protects one and denies the other', async () => {
    await withWindow(60);
    const { first, second } = rivalsFor('larkfield');
    const a = await house.submit(first);
    await house.decide({ id: a.id, as: 'approver@', outcome: 'approve' });
    const b = await house.submit(second);
    // The first one's approval is superseded: one task waits for both.
    const task = await house.until(async () => {
      const { rows } = await house.pool.query<{
        id: string;
        case_id: string;
        facts_hash: string;
        facts: { rivals: object[]; ranking: object[] };
      }>(
        `select id, case_id, facts_hash, facts from task where kind = 'joint_review' and status = 'open' and facts::text like '%' || $1 || '%'`,
        [b.id],
      );
      return rows[0] ?? null;
    });
    expect(task.facts.rivals).toHaveLength(2);
    await house.until(async () => {
      const { rows } = await house.pool.query(
        `select 1 from task where case_id in ($1, $2) and status = 'open'`,
        [a.id, b.id],
      );
      return rows.length === 0;
    });
    // What the superseded approval had reserved is given back.
    await house.until(async () => {
      const { rows } = await house.pool.query('select 1 from protection where registration_id = $1', [a.id]);
      return rows.length === 0;
    });

    await house.actOn('review-window', 'decide', {
      id: task.case_id,
      as: 'approver@',
      facts: {
        taskId: task.id,
        outcome: 'protect_partner',
        reasonKey: null,
        fields: [],
        winnerId: b.id,
        factsHash: task.facts_hash,
      },
      body: { words: 'The second one met the decision maker.', privateNote: '' },
    });
    expect(await statusOf(b.id, 'approved')).toBe(true);
    expect(await statusOf(a.id, 'rejected')).toBe(true);
    expect(await house.registration(a.id)).toMatchObject({ closure_code: 'conflict_lost' });
    const { rows: kept } = await house.pool.query(
      'select registration_id from protection where registration_id in ($1, $2)',
      [a.id, b.id],
    );
    expect(kept).toEqual([{ registration_id: b.id }]);
  }, 30_000);

  test('a denial waits for no window', async () => {
    await withWindow(60);
    const { id } = await house.submit();
    const { rows } = await house.pool.query<{ key: string }>(
      `select body -> 'reasons' -> 'rejection' -> 0 ->> 'key' as key from policy_document where id = (select policy_id from registration where id = $1)`,
      [id],
    );
    await house.decide({
      id,
      as: 'approver@',
      outcome: 'deny',
      reasonKey: rows[0]?.key ?? '',
      words: 'Not in this region.',
    });
    expect((await house.registration(id)).status).toBe('rejected');
  });

  test('with a window of length zero there is none', async () => {
    await withWindow(0);
    const { id } = await house.submit();
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    expect((await house.registration(id)).status).toBe('approved');
    const { rows } = await house.pool.query('select 1 from review_window_member where registration_id = $1', [
      id,
    ]);
    expect(rows).toEqual([]);
  });
});
