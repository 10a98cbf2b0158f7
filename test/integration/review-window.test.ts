import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { refusalOf } from '../fixtures/registration-time.ts';
import {
  openRegistrationHouse,
  partnerOfPerson,
  personOf,
  plainSubmission,
} from '../setup/registration-house.ts';
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

  test('one that still waited under review for a word on a pair is approved by the joint decision', async () => {
    await withWindow(60);
    const plain = plainSubmission();
    const { first, second } = rivalsFor('corncrake');
    // A third partner's customer of a similar name in another country: alike with nobody's word on it yet.
    const { id: third } = await house.submit({
      as: 'sales@saffron',
      submission: {
        customer: {
          ...plain.customer,
          legalName: 'corncrake Works GmbH',
          country: 'AT',
          city: 'Wien',
          webDomain: null,
          contacts: [],
        },
      },
    });
    await statusOf(third, 'pending_approval');
    const a = await house.submit(first);
    const b = await house.submit(second);
    const task = await house.until(async () => {
      const { rows } = await house.pool.query<{ id: string; case_id: string; facts_hash: string }>(
        `select id, case_id, facts_hash from task where kind = 'joint_review' and status = 'open'
            and facts::text like '%' || $1 || '%' and facts::text like '%' || $2 || '%'`,
        [a.id, b.id],
      );
      return rows[0] ?? null;
    });
    // The tasks of their own are gone: a word on a pair does not hand a case to anybody now.
    await house.until(async () => {
      const { rows } = await house.pool.query(
        `select 1 from task where case_id in ($1, $2) and status = 'open'`,
        [a.id, b.id],
      );
      return rows.length === 0;
    });
    expect((await house.registration(a.id)).status).toBe('under_review');
    for (const { id } of [a, b]) {
      const { rows } = await house.pool.query<{ other: string }>(
        'select distinct other_account_id as other from registration_match where registration_id = $1 and judged is null and verdict <> $2',
        [id, 'duplicate'],
      );
      for (const { other } of rows)
        await house.act('judgePair', {
          id,
          as: 'approver@',
          facts: { otherAccountId: other, verdict: 'different' },
          body: { words: 'Another group.' },
        });
    }
    expect((await house.registration(a.id)).status).toBe('under_review');
    await house.actOn('review-window', 'decide', {
      id: task.case_id,
      as: 'approver@',
      facts: {
        taskId: task.id,
        outcome: 'protect_partner',
        reasonKey: null,
        fields: [],
        winnerId: a.id,
        factsHash: task.facts_hash,
      },
      body: { words: 'First come.', privateNote: '' },
    });
    expect(await statusOf(a.id, 'approved')).toBe(true);
    expect(await statusOf(b.id, 'rejected')).toBe(true);
  });

  describe('shared with reduced benefit, where the program says so', () => {
    const PROGRAM = 'volume-bands';
    interface Joint {
      id: string;
      case_id: string;
      facts_hash: string;
      outcomes: string[];
    }

    async function jointTask(
      program: string,
      customer: string,
      partners: readonly string[],
    ): Promise<{ ids: string[]; task: Joint }> {
      await house.changePolicy(program, (policy) => ({
        ...policy,
        undoWindowSeconds: 2,
        reviewWindow: { amount: 2, unit: 'minute' },
      }));
      const { first } = rivalsFor(customer);
      const ids: string[] = [];
      for (const as of partners) {
        const { id } = await house.submit({ ...first, as, program });
        await house.until(async () => (await house.registration(id)).status === 'pending_approval');
        ids.push(id);
      }
      const task = await house.until(async () => {
        const { rows } = await house.pool.query<Joint>(
          `select id, case_id, facts_hash, outcomes from task where kind = 'joint_review' and status = 'open' and jsonb_array_length(facts -> 'rivals') = $2 and facts::text like '%' || $1 || '%'`,
          [ids.at(-1), partners.length],
        );
        return rows[0] ?? null;
      });
      return { ids, task };
    }

    const decide = (task: Joint, facts: object): Promise<{ statusCode: number; body: unknown }> =>
      house.actOn('review-window', 'decide', {
        id: task.case_id,
        as: 'approver@',
        facts: {
          taskId: task.id,
          reasonKey: null,
          fields: [],
          winnerId: null,
          factsHash: task.facts_hash,
          ...facts,
        },
        body: { words: 'Both work this customer.', privateNote: '' },
      });

    test('both are protected in one group, the second with half the discount; nobody else gets in', async () => {
      const { ids, task } = await jointTask(PROGRAM, 'sandpiper', ['sales@northwind', 'sales@lakeside']);
      expect(task.outcomes).toEqual(['protect_partner', 'share', 'deny']);
      const [first = '', second = ''] = ids;
      const refused = await refusalOf(
        house,
        task.case_id,
        decide(task, { outcome: 'share', sharerIds: [first] }),
      );
      expect(refused.refusal.errors?.[0]?.pointer).toBe('/sharerIds');

      // Taken back within its undo window, nothing is left of it.
      const taken = await decide(task, { outcome: 'share', sharerIds: [first, second] });
      await house.actOn('review-window', 'retract', {
        id: task.case_id,
        as: 'approver@',
        facts: { decisionId: (taken.body as { decisionId: string }).decisionId },
      });
      expect((await house.registration(first)).status).toBe('pending_approval');

      await decide(task, { outcome: 'share', sharerIds: [second, first] });
      for (const id of ids) await statusOf(id, 'approved');
      const { rows: kept } = await house.pool.query<{ id: string; group: string }>(
        'select registration_id as id, share_group as group from protection where registration_id = any ($1)',
        [ids],
      );
      expect(kept.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      expect(new Set(kept.map(({ group }) => group)).size).toBe(1);
      const approvedOf = async (
        id: string,
      ): Promise<{ benefitPpm?: number; discounts: { ratePpm: number }[] }> => {
        const { rows } = await house.pool.query<{ facts: never }>(
          `select facts from process_event where case_id = $1 and kind = 'approved'`,
          [id],
        );
        return rows[0]?.facts ?? { discounts: [] };
      };
      const [one, other] = [await approvedOf(first), await approvedOf(second)];
      expect([one.benefitPpm, other.benefitPpm]).toEqual([undefined, 500_000]);
      expect(one.discounts[0]?.ratePpm).toBeGreaterThan(0);
      expect(other.discounts[0]?.ratePpm).toBe((one.discounts[0]?.ratePpm ?? 0) / 2);

      // A third one, who does not share, finds the slot taken.
      const { first: third } = rivalsFor('sandpiper');
      const { id } = await house.submit({ ...third, as: 'sales@saffron', program: PROGRAM });
      await house.until(async () => (await house.registration(id)).status === 'pending_approval');
      await house.decide({ id, as: 'approver@', outcome: 'approve' });
      await statusOf(id, 'in_conflict');
    }, 40_000);

    test('is not offered where the program does not share', async () => {
      const { task } = await jointTask('one-per-product', 'turnstone', ['sales@northwind', 'sales@lakeside']);
      expect(task.outcomes).toEqual(['protect_partner', 'deny']);
      const refused = await refusalOf(house, task.case_id, decide(task, { outcome: 'share', sharerIds: [] }));
      expect(refused.refusal.errors?.[0]?.pointer).toBe('/outcome');
    }, 30_000);
  });

  test('is ranked by what the registrations hold: the customer’s written choice, what was done, who is incumbent', async () => {
    await house.changePolicy('cam-extended', (policy) => ({
      ...policy,
      undoWindowSeconds: 0,
      reviewWindow: { amount: 2, unit: 'minute' },
      whoWins: { criteria: [{ rule: 'customersChoice' }, { rule: 'incumbent' }] },
    }));
    const evidence = async (partner: string): Promise<string> => {
      const id = `evd_${randomUUID().slice(0, 20)}`;
      await house.arrange(
        `insert into evidence_file (id, partner_id, name, media_type, size_bytes, sha256, content, uploaded_by, uploaded_at)
         values ($1, $2, 'letter.pdf', 'application/pdf', 1, '', 'x'::bytea, $3, now())`,
        [id, partnerOfPerson(partner), personOf(partner)],
      );
      return id;
    };
    const letter = await evidence('sales@lakeside');
    const refused = house.submit({
      as: 'sales@lakeside',
      program: 'cam-extended',
      submission: { evidenceIds: [], customersChoice: letter },
    });
    await expect(refused).rejects.toMatchObject({ refusal: { errors: [{ pointer: '/customersChoice' }] } });

    const { first, second } = rivalsFor('dotterel');
    const a = await house.submit({
      ...first,
      program: 'cam-extended',
      submission: {
        ...first?.submission,
        salesActivities: ['customer_call', 'demo', 'intent_verified', 'decision_maker_met'],
        incumbentReseller: 'northwind harbour systems',
      },
    });
    await house.until(async () => (await house.registration(a.id)).status === 'pending_approval');
    const b = await house.submit({
      ...second,
      program: 'cam-extended',
      submission: { ...second?.submission, evidenceIds: [letter], customersChoice: letter },
    });
    const facts = await house.until(async () => {
      const { rows } = await house.pool.query<{ facts: { rivals: object[]; ranking: object[] } }>(
        `select facts from task where kind = 'joint_review' and facts::text like '%' || $1 || '%'`,
        [b.id],
      );
      return rows[0]?.facts ?? null;
    });
    expect(facts.rivals).toMatchObject([
      { registrationId: a.id, customersChoice: false },
      { registrationId: b.id, customersChoice: true },
    ]);
    expect((facts.rivals[0] as { signals: string[] }).signals).toEqual(
      expect.arrayContaining(['decision_maker_met', 'incumbent']),
    );
    expect(facts.ranking).toMatchObject([
      { registrationId: b.id, won: true },
      { registrationId: a.id, won: false, behindBy: { rule: 'customersChoice', mine: 0, best: 1 } },
    ]);
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
