import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { DenialDisclosure } from '../../domain/deal-registration/policy.ts';
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

/** Long enough ago for every registration here to have been received under it. */
const IN_FORCE_SINCE_MS = 115_000;

async function withWindow(seconds: number, undoWindowSeconds = 0): Promise<void> {
  // Minutes are the shortest unit of a policy, so the window is moved instead: it closes `seconds` after it opened.
  await house.changePolicy(
    'one-per-product',
    (policy) => ({
      ...policy,
      undoWindowSeconds,
      reviewWindow: { amount: Math.ceil(seconds / 60), unit: 'minute' },
    }),
    IN_FORCE_SINCE_MS,
  );
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

/** Of a window of a minute twelve seconds are left. */
const NEARLY_CLOSED_MS = 48_000;

interface Joint {
  readonly id: string;
  readonly case_id: string;
  readonly facts_hash: string;
  readonly outcomes: string[];
}

/** The open joint task of just these registrations, once they are all at it. */
function jointOf(ids: readonly string[]): Promise<Joint> {
  return house.until(async () => {
    const { rows } = await house.pool.query<Joint>(
      `select t.id, t.case_id, t.facts_hash, t.outcomes from task t
        where t.kind = 'joint_review' and t.status = 'open'
          and (select array_agg(x ->> 'registrationId' order by x ->> 'registrationId') from jsonb_array_elements(t.facts -> 'rivals') x) = $1
          and not exists (select 1 from registration r where r.id = any ($1) and r.case_state ->> 'jointWindowId' is distinct from t.case_id)`,
      [ids.toSorted()],
    );
    return rows[0] ?? null;
  });
}

function decideJointly(
  task: Joint,
  facts: object,
  words = 'He met the decision maker.',
): Promise<{ statusCode: number; body: unknown }> {
  return house.actOn('review-window', 'decide', {
    id: task.case_id,
    as: 'approver@',
    facts: {
      taskId: task.id,
      outcome: 'protect_partner',
      reasonKey: null,
      fields: [],
      winnerId: null,
      factsHash: task.facts_hash,
      ...facts,
    },
    body: { words, privateNote: 'Heard both.' },
  });
}

/** Submits and waits until it is matched. */
async function pending(input: Parameters<RegistrationHouse['submit']>[0]): Promise<string> {
  const { id } = await house.submit(input);
  await statusOf(id, 'pending_approval');
  return id;
}

async function ownTasks(id: string): Promise<string[]> {
  const { rows } = await house.pool.query<{ kind: string }>(
    `select kind from task where case_id = $1 and status = 'open' order by kind`,
    [id],
  );
  return rows.map(({ kind }) => kind);
}

async function decisionsOf(id: string): Promise<object[]> {
  const { rows } = await house.pool.query<{ outcome: string }>(
    'select outcome, reason_code as reason, words, actor_id as by from decision where case_id = $1 order by seq',
    [id],
  );
  return rows;
}

async function referenceOf(id: string): Promise<string | undefined> {
  const { rows } = await house.pool.query<{ reference: string }>(
    'select reference from registration where id = $1',
    [id],
  );
  return rows[0]?.reference;
}

async function windowIdOf(id: string): Promise<string> {
  const { rows } = await house.pool.query<{ id: string }>(
    'select window_id as id from review_window_member where registration_id = $1',
    [id],
  );
  return rows[0]?.id ?? '';
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
    const a = await house.submit({ ...first, agoMs: NEARLY_CLOSED_MS });
    await house.decide({ id: a.id, as: 'approver@', outcome: 'approve' });
    const b = await house.submit(second);
    // The first one's approval is superseded: one task waits for both.
    const task = await jointOf([a.id, b.id]);
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

    await decideJointly(task, { winnerId: b.id });
    expect(await statusOf(b.id, 'approved')).toBe(true);
    expect(await statusOf(a.id, 'rejected')).toBe(true);
    expect(await house.registration(a.id)).toMatchObject({ closure_code: 'conflict_lost' });
    const { rows: kept } = await house.pool.query(
      'select registration_id from protection where registration_id in ($1, $2)',
      [a.id, b.id],
    );
    expect(kept).toEqual([{ registration_id: b.id }]);

    // It took effect only when nobody could join any more.
    const { rows: late } = await house.pool.query(
      `select 1 from process_event e, review_window w where w.id = $2 and e.case_id = $1 and e.kind = 'approved' and e.at >= w.closes_at`,
      [b.id, task.case_id],
    );
    expect(late).toHaveLength(1);

    // Each case says who decided, and in which words; whoever denied it takes no part in the appeal.
    const by = personOf('approver@');
    const words = 'He met the decision maker.';
    expect(await decisionsOf(b.id)).toEqual([{ outcome: 'approve', reason: null, words, by }]);
    expect(await decisionsOf(a.id)).toEqual([
      expect.objectContaining({ outcome: 'approve', by }),
      expect.objectContaining({ outcome: 'superseded', by: null }),
      { outcome: 'deny', reason: 'conflict_lost', words, by },
    ]);
    await house.act('appeal', { id: a.id, as: 'sales@northwind', facts: {}, body: { words: 'He was not.' } });
    const appeal = house.decide({ id: a.id, as: 'approver@', kind: 'appeal', outcome: 'overturn' });
    const refused = await refusalOf(house, a.id, appeal);
    expect(refused.refusal.errors).toEqual([{ pointer: '', reason: 'took_part' }]);
  }, 40_000);

  test('who protects must have no unjudged match, neither when it is decided nor when it takes effect', async () => {
    await withWindow(60, 2);
    const { first, second } = rivalsFor('wigeon');
    const a = await pending({ ...first, agoMs: NEARLY_CLOSED_MS });
    const b = await pending(second);
    const task = await jointOf([a, b]);
    const unjudged = (id: string): Promise<void> =>
      house.arrange(
        `insert into registration_match (registration_id, other_kind, other_id, other_account_id, verdict, evidence, found_at)
         select $1, 'account', account_id, account_id, 'possible', '[]', now() from registration where id = $2
         on conflict (registration_id, other_kind, other_id) do update set judged = null`,
        [id, other],
      );
    const { id: other } = await house.submit();
    const judge = (id: string): Promise<void> =>
      house.arrange(`update registration_match set judged = 'different' where registration_id = $1`, [id]);
    await unjudged(b);
    const refused = await refusalOf(house, task.case_id, decideJointly(task, { winnerId: b }));
    expect(refused).toMatchObject({
      type: 'not_allowed_now',
      refusal: { errors: [{ pointer: '/winnerId' }] },
    });
    expect(refused.refusal.detail).toContain((await referenceOf(b)) ?? '');

    // Found while it waits: nobody is denied for a winner who cannot be protected.
    await judge(b);
    await decideJointly(task, { winnerId: b });
    await unjudged(b);
    await house.until(async () => (await house.timeline(task.case_id)).includes('joint_decision_superseded'));
    expect((await jointOf([a, b])).id).toBe(task.id);
    await judge(b);
    await decideJointly(await jointOf([a, b]), { winnerId: b });
    await statusOf(b, 'approved');
    await statusOf(a, 'rejected');
  }, 60_000);

  test('a joint task goes to somebody who may decide it, or back to its queue; nobody else stops the window', async () => {
    await withWindow(60);
    const { first, second } = rivalsFor('avocet');
    const a = await pending(first);
    const b = await pending(second);
    const task = await jointOf([a, b]);
    const assign = (personId: string | null): Promise<{ statusCode: number }> =>
      house.actOn('review-window', 'assign', {
        id: task.case_id,
        as: 'program-ops@',
        facts: { taskId: task.id, personId },
      });
    for (const personId of ['per_nobody', personOf('sales@northwind')]) {
      const refused = await refusalOf(house, task.case_id, assign(personId));
      expect(refused.refusal.errors).toMatchObject([{ pointer: '/personId' }]);
    }
    expect((await assign(personOf('approver@'))).statusCode).toBe(200);
    expect((await assign(null)).statusCode).toBe(200);
    // Whoever has the role was told that it is there.
    const { rows } = await house.pool.query(
      `select target from outbound where case_id = $1 and channel = 'mail' and template = 'task_opened'`,
      [task.case_id],
    );
    expect(rows).toEqual([{ target: 'role:approver' }]);
  }, 30_000);

  test('who was asked for information, or is in conflict, joins when he is back', async () => {
    await withWindow(60);
    for (const customer of ['whimbrel', 'knot']) {
      const { first, second } = rivalsFor(customer);
      const a = await pending(first);
      if (customer === 'knot') await house.decide({ id: a, as: 'approver@', outcome: 'send_to_conflict' });
      else
        await house.decide({
          id: a,
          as: 'approver@',
          outcome: 'request_information',
          words: 'Which site is it?',
          fields: ['activitySummary'],
        });
      const b = await pending(second);
      await house.until(async () => (await house.timeline(await windowIdOf(b))).length >= 2);
      expect(await ownTasks(b)).toEqual(['registration_review']);
      if (customer === 'knot')
        await house.decide({ id: a, as: 'director@', kind: 'conflict_resolution', outcome: 'no_conflict' });
      else
        await house.act('answerInformation', {
          id: a,
          as: 'sales@northwind',
          facts: { fields: ['activitySummary'] },
          body: { corrections: { activitySummary: 'The site in the north.' }, words: 'The north.' },
        });
      const task = await jointOf([a, b]);
      expect([...(await ownTasks(a)), ...(await ownTasks(b))]).toEqual([]);
      // To deny all asks what any denial asks: a reason of the program, and words.
      const refused = await refusalOf(house, task.case_id, decideJointly(task, { outcome: 'deny' }, ''));
      expect(refused.refusal.errors).toEqual([
        expect.objectContaining({ pointer: '/reasonKey' }),
        expect.objectContaining({ pointer: '/words' }),
      ]);
      await decideJointly(task, { outcome: 'deny', reasonKey: 'not-eligible' });
      // A denial of all waits for no window, and is for the reason that was given, not for a rival.
      await statusOf(a, 'rejected');
      await statusOf(b, 'rejected');
      expect((await house.registration(b)).closure_code).toBe('not_eligible');
    }
  }, 60_000);

  test('a joint task ends with its members: who is left is decided alone, and a winner who leaves takes nobody with him', async () => {
    await withWindow(60, 60);
    const leave = (id: string, as: string): Promise<unknown> =>
      house.act('withdraw', { id, as, facts: { reasonKey: 'no-longer-pursued' }, body: { words: '' } });
    const { first, second } = rivalsFor('dunlin');
    const a = await pending(first);
    const b = await pending(second);
    const task = await jointOf([a, b]);
    await decideJointly(task, { winnerId: b });
    await leave(b, 'sales@lakeside');
    await house.until(async () => (await ownTasks(a)).includes('registration_review'));
    const { rows } = await house.pool.query('select status from task where id = $1', [task.id]);
    expect(rows).toEqual([{ status: 'cancelled' }]);
    expect((await house.registration(a)).status).toBe('pending_approval');

    // Somebody else joins, and all leave: the window has nothing left to decide.
    const c = await pending({ ...second, as: 'sales@saffron' });
    await jointOf([a, c]);
    await leave(a, 'sales@northwind');
    await leave(c, 'sales@saffron');
    await house.until(async () => {
      const { rows: open } = await house.pool.query(
        `select 1 from task where case_id = $1 and status = 'open'`,
        [task.case_id],
      );
      return open.length === 0;
    });
  }, 40_000);

  test('one who joins before it closes is decided with the others, also after they were decided', async () => {
    await withWindow(60);
    const { first, second } = rivalsFor('sanderling');
    const a = await pending(first);
    const b = await pending(second);
    const task = await jointOf([a, b]);
    await decideJointly(task, { winnerId: a });
    const c = await pending({ ...second, as: 'sales@saffron' });
    const again = await jointOf([a, b, c]);
    expect(again.id).toBe(task.id);
    expect(again.facts_hash).not.toBe(task.facts_hash);
    expect((await decisionsOf(task.case_id)).map((row) => (row as { outcome: string }).outcome)).toEqual([
      'protect_partner',
      'superseded',
    ]);
    for (const id of [a, b, c]) expect((await house.registration(id)).status).toBe('pending_approval');
  }, 40_000);

  test('of two families each is judged in its turn; protection waits for the last window', async () => {
    await withWindow(60);
    const { first, second } = rivalsFor('turnix');
    const only = (sku: string, input: typeof first) => ({
      ...input,
      submission: { ...input?.submission, lines: [{ sku, quantity: 10 }] },
    });
    const a = await pending({ ...only('HSW-48', first), agoMs: NEARLY_CLOSED_MS });
    const both = await pending({
      ...second,
      submission: {
        ...second?.submission,
        lines: [
          { sku: 'HSW-48', quantity: 10 },
          { sku: 'HOS-10T', quantity: 10 },
        ],
      },
    });
    await decideJointly(await jointOf([a, both]), { winnerId: both });
    await statusOf(a, 'rejected');
    expect(await house.registration(both)).toMatchObject({
      status: 'pending_approval',
      protected_until: null,
    });
    const c = await pending(only('HOS-10T', { ...second, as: 'sales@saffron' }));
    await decideJointly(await jointOf([both, c]), { outcome: 'deny', reasonKey: 'other' });
    await statusOf(both, 'rejected');
    await statusOf(c, 'rejected');
    const { rows } = await house.pool.query('select 1 from protection where registration_id = $1', [both]);
    expect(rows).toEqual([]);
  }, 60_000);

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
    const a = await house.submit({ ...first, agoMs: NEARLY_CLOSED_MS });
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
  }, 60_000);

  describe('shared with reduced benefit, where the program says so', () => {
    const PROGRAM = 'volume-bands';
    async function jointTask(
      program: string,
      customer: string,
      partners: readonly string[],
      denial?: DenialDisclosure,
    ): Promise<{ ids: string[]; task: Joint }> {
      await house.changePolicy(
        program,
        (policy) => ({
          ...policy,
          disclosure: { ...policy.disclosure, denial: denial ?? policy.disclosure.denial },
          undoWindowSeconds: 2,
          reviewWindow: { amount: 2, unit: 'minute' },
        }),
        IN_FORCE_SINCE_MS,
      );
      const { first } = rivalsFor(customer);
      const ids: string[] = [];
      for (const as of partners) {
        const { id } = await house.submit({ ...first, as, program, agoMs: 105_000 });
        await house.until(async () => (await house.registration(id)).status === 'pending_approval');
        ids.push(id);
      }
      const task = await jointOf(ids);
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
      // His mail tells him his part as well, and nothing of whom he shares with.
      const mailOf = async (id: string): Promise<Record<string, unknown> | undefined> =>
        (
          await house.pool.query<{ payload: Record<string, unknown> }>(
            `select payload from outbound where case_id = $1 and template = 'decided'`,
            [id],
          )
        ).rows[0]?.payload;
      expect((await mailOf(second))?.['benefitPpm']).toBe(500_000);
      expect(await mailOf(first)).not.toHaveProperty('benefitPpm');
      expect(JSON.stringify(await mailOf(second))).not.toContain(first);

      // A third one, who does not share, finds the slot taken.
      const { first: third } = rivalsFor('sandpiper');
      const { id } = await house.submit({ ...third, as: 'sales@saffron', program: PROGRAM });
      await house.until(async () => (await house.registration(id)).status === 'pending_approval');
      await house.decide({ id, as: 'approver@', outcome: 'approve' });
      await statusOf(id, 'in_conflict');
    }, 40_000);

    test('is told to nobody where the program does not disclose that another registration exists', async () => {
      const partners = ['sales@northwind', 'sales@lakeside'];
      const { ids, task } = await jointTask(PROGRAM, 'lapwing', partners, 'reasonOnly');
      await decide(task, { outcome: 'share', sharerIds: ids });
      for (const id of ids) await statusOf(id, 'approved');
      const { rows } = await house.pool.query(
        `select o.payload ? 'benefitPpm' as mailed, e.facts ? 'benefitPpm' as shown, x.facts -> 'benefitPpm' as kept
           from process_event e join process_event_private x using (case_id, seq) join outbound o on o.case_id = e.case_id and o.template = 'decided'
          where e.case_id = $1 and e.kind = 'approved'`,
        [ids[1]],
      );
      expect(rows).toEqual([{ mailed: false, shown: false, kept: 500_000 }]);
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
