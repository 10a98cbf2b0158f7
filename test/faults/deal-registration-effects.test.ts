import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { hashJson } from '../../adapters/sha256.ts';
import { lives } from '../fixtures/registration-lives.ts';
import { MINUTE_MS, clockFaults, decisionOn, ended, skipWithNews } from '../fixtures/registration-time.ts';
import { effectsOf, openRegistrationHouse } from '../setup/registration-house.ts';
import type { HouseEffects, RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer, startTimeSkipping } from '../setup/temporal.ts';

// Each test plays every life of a registration.
jest.setTimeout(300_000);

type Effect = (input: never) => Promise<unknown>;

/** Wraps every effect; `wrap` gets its name and itself. */
function each(wrap: (name: string, effect: Effect) => Effect): (effects: HouseEffects) => HouseEffects {
  return (effects) =>
    Object.fromEntries(Object.entries(effects).map(([name, effect]) => [name, wrap(name, effect)]));
}

async function playAll(effects?: (effects: HouseEffects) => HouseEffects): Promise<Story> {
  const env = await startTimeSkipping();
  const house = await openRegistrationHouse(env, effects === undefined ? {} : { effects });
  try {
    for (const play of Object.values(lives)) await play(house);
    await skipWithNews(house, (await house.nowMs()) + 2 * MINUTE_MS, MINUTE_MS);
    return await storyOf(house);
  } finally {
    await house.close();
    await env.teardown();
  }
}

/** What became of all cases, and how much was written about it. */
interface Story {
  readonly cases: readonly {
    readonly kind: string;
    readonly status: string;
    readonly events: readonly string[];
  }[];
  readonly mails: readonly string[];
  readonly decisions: readonly string[];
  readonly protections: number;
  readonly clockFaults: readonly string[];
  readonly rowsAgree: boolean;
}

// Clocks that only remind or escalate fire or not as the seconds fall; what they do is looked at in test/long-clocks.
const CLOCK_EVENTS = [
  'reminded',
  'escalated',
  'expiry_reminded',
  'clock_breached',
  'clock_looked_at',
  'window_looked_at',
  'holds_looked_at',
];
const CLOCK_MAILS = ['reminder', 'escalated', 'expiring'];

async function storyOf(house: RegistrationHouse): Promise<Story> {
  const { rows: cases } = await house.pool.query<{ kind: string; status: string; events: string[] }>(
    `select e.case_kind as kind, coalesce(r.status, '') as status, array_agg(e.kind order by e.seq) filter (where not e.kind = any ($1)) as events
       from process_event e left join registration r on r.id = e.case_id group by e.case_id, e.case_kind, r.status order by min(e.recorded_at), e.case_id`,
    [CLOCK_EVENTS],
  );
  const { rows: mails } = await house.pool.query<{ line: string }>(
    `select template || ' ' || count(*) as line from outbound where channel = 'mail' and not template = any ($1) group by template order by template`,
    [CLOCK_MAILS],
  );
  const { rows: decisions } = await house.pool.query<{ line: string }>(
    `select outcome || ' ' || count(*) as line from decision group by outcome order by outcome`,
  );
  const { rows: counts } = await house.pool.query<{ protections: number; agree: boolean }>(
    `select (select count(*)::int from protection) as protections,
            (select count(*) from process_event) = (select count(*) from audit_row)
        and (select count(*) from process_event) = (select count(*) from process_event_private)
        and not exists (select 1 from registration r where r.seq <> (select max(seq) from process_event e where e.case_id = r.id) or r.seq <> (select count(*) from process_event e where e.case_id = r.id))
        and not exists (select 1 from receipt where settled_at is null and update_name <> 'submit') as agree`,
  );
  return {
    cases: cases.toSorted((left, right) => hashJson(left).localeCompare(hashJson(right))),
    mails: mails.map(({ line }) => line),
    decisions: decisions.map(({ line }) => line),
    protections: counts[0]?.protections ?? -1,
    clockFaults: await clockFaults(house, 5 * MINUTE_MS),
    rowsAgree: counts[0]?.agree ?? false,
  };
}

describe('the law of effects: running one again changes nothing', () => {
  let plain: Story;
  const seen = new Set<string>();

  beforeAll(async () => {
    plain = await playAll(
      each((name, effect) => (input) => {
        seen.add(name);
        return effect(input);
      }),
    );
  });

  test('the lives use every effect there is, and leave the record agreeing with itself', () => {
    expect([...seen].sort()).toEqual(Object.keys(effectsOf({} as Parameters<typeof effectsOf>[0])).sort());
    expect(plain).toMatchObject({ clockFaults: [], rowsAgree: true });
  });

  test('every effect twice: the same result and one effect', async () => {
    const differing: string[] = [];
    const story = await playAll(
      each((name, effect) => async (input) => {
        const first = await effect(input);
        const again = await effect(input);
        // What it reads may move on meanwhile; what it did may not.
        if (name !== 'undeliveredReceipts' && hashJson(first) !== hashJson(again)) differing.push(name);
        return again;
      }),
    );
    expect(differing).toEqual([]);
    expect(story).toEqual(plain);
  });
});

// On the real server: while an effect is tried again, the time-skipping one lets the task's own time run out.
describe('an effect that dies is tried again by the engine', () => {
  async function playOnServer(effects?: (effects: HouseEffects) => HouseEffects): Promise<Story> {
    const env = await attachToServer();
    const house = await openRegistrationHouse(env, effects === undefined ? {} : { effects });
    try {
      await house.changePolicy('volume-bands', (policy) => ({
        ...policy,
        undoWindowSeconds: 3,
        reviewWindow: { amount: 0, unit: 'businessHour' },
      }));
      await play(house);
      return await storyOf(house);
    } finally {
      await house.close();
      await env.teardown();
    }
  }

  async function play(house: RegistrationHouse): Promise<void> {
    const as = 'sales@northwind';
    const reaches = (id: string, status: string): Promise<unknown> =>
      house.until(async () => (await house.registration(id)).status === status);
    const { id } = await house.submit({ program: 'volume-bands' });
    await reaches(id, 'pending_approval');
    await house.act('writeNote', {
      id,
      as: 'approver@',
      facts: { audience: 'partner' },
      body: { words: 'Hello.' },
    });
    await house.decide({
      id,
      as: 'approver@',
      outcome: 'request_information',
      fields: ['lines'],
      words: 'How many?',
    });
    await reaches(id, 'info_requested');
    await house.act('answerInformation', {
      id,
      as,
      facts: { fields: ['lines'] },
      body: { words: 'More.', corrections: { lines: [{ sku: 'HSW-48', quantity: 300 }] } },
    });
    await reaches(id, 'pending_approval');
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    await reaches(id, 'approved');
    await house.act('requestExtension', { id, as, facts: {}, body: { words: '' } });
    await house.decide({ id, as: 'account-manager@', kind: 'extension', outcome: 'grant' });
    await house.until(async () => (await house.registration(id)).extensions === 1);
    const value = { amountMinor: 9_000_000, currency: 'EUR' };
    await house.act('amend', { id, as, facts: { fields: ['value'] }, body: { value, words: 'Larger.' } });
    await house.decide({ id, as: 'approver@', kind: 'amendment', outcome: 'grant' });
    await house.until(async () => (await house.registration(id)).value_minor === value.amountMinor);
    await house.act('reportOutcome', {
      id,
      as,
      facts: { outcome: 'won', reasonKey: null },
      body: { orderReference: 'PO-5', words: '' },
    });
    const denied = await house.submit({ program: 'volume-bands' });
    await reaches(denied.id, 'pending_approval');
    await house.decide({ id: denied.id, as: 'approver@', outcome: 'deny', reasonKey: 'other', words: 'No.' });
    await reaches(denied.id, 'rejected');
    await house.act('appeal', { id: denied.id, as, facts: {}, body: { words: 'Please.' } });
    await house.decide({ id: denied.id, as: 'director@', kind: 'appeal', outcome: 'overturn' });
    await reaches(denied.id, 'approved');
    await house.act('withdraw', {
      id: denied.id,
      as,
      facts: { reasonKey: 'no-longer-pursued' },
      body: { words: '' },
    });
  }

  test('once before it was committed and once after: the same story, and nothing twice', async () => {
    const plain = await playOnServer();
    const crashed = new Map<string, number>();
    const story = await playOnServer(
      each((name, effect) => async (input) => {
        const key = `${name} ${hashJson(input)}`;
        const times = crashed.get(key) ?? 0;
        crashed.set(key, times + 1);
        if (times === 0) throw new Error('It died before the effect.');
        const result = await effect(input);
        if (times === 1) throw new Error('It died after the effect, before anybody knew.');
        return result;
      }),
    );
    expect(story).toEqual(plain);
    expect(plain.rowsAgree).toBe(true);
    expect([...crashed.values()].filter((times) => times >= 3).length).toBeGreaterThan(10);
  });
});

describe('the engine is behind the record', () => {
  let env: TestWorkflowEnvironment;
  let house: RegistrationHouse;

  beforeAll(async () => {
    env = await startTimeSkipping();
    house = await openRegistrationHouse(env);
    await house.changePolicy('one-per-product', (policy) => ({
      ...policy,
      undoWindowSeconds: 0,
      reviewWindow: { amount: 0, unit: 'businessHour' },
    }));
  });

  afterAll(async () => {
    await house.close();
    await env.teardown();
  });

  /** Puts an older state into the engine, as a restored copy of it has it. */
  async function restoreEngine(id: string, seq: number): Promise<void> {
    const { rows } = await house.pool.query<{ state: unknown }>(
      `select result -> 'state' as state from process_event_private where case_id = $1 and seq = $2`,
      [id, seq],
    );
    const workflowId = `deal-registration:${id}`;
    const handle = env.client.workflow.getHandle(workflowId);
    const { taskQueue } = await handle.describe();
    await handle.terminate('restored from an older copy').catch((error: unknown) => {
      // It may have ended by itself; then there is nothing to stop.
      if (!(error instanceof Error) || error.name !== 'WorkflowNotFoundError') throw error;
    });
    await env.client.workflow.start('dealRegistration', {
      workflowId,
      taskQueue,
      args: [{ caseId: id, state: rows[0]?.state ?? null }],
    });
  }

  async function eventsOf(id: string): Promise<number> {
    const { rows } = await house.pool.query<{ n: number }>(
      'select count(*)::int as n from process_event where case_id = $1',
      [id],
    );
    return rows[0]?.n ?? -1;
  }

  async function pending(): Promise<string> {
    const { id } = await house.submit();
    await house.until(async () => {
      await env.sleep(10);
      return (await house.registration(id)).status === 'pending_approval';
    });
    return id;
  }

  test('a message in an older state is judged by the record: nothing is written over it', async () => {
    const id = await pending();
    const facts = await decisionOn(house, { id, outcome: 'approve' });
    await house.decide({ id, as: 'approver@', outcome: 'approve' });
    await restoreEngine(id, 2);
    const before = await eventsOf(id);
    await expect(
      house.act('decide', {
        id,
        as: 'approver-2@',
        facts: { ...facts, outcome: 'deny', reasonKey: 'other' },
        body: { words: 'No.', privateNote: '' },
      }),
    ).rejects.toMatchObject({ type: 'conflict' });
    expect(await eventsOf(id)).toBe(before);
    expect((await house.registration(id)).status).toBe('approved');
    // It goes on from the record's state: the partner's next message is taken.
    await house.act('reportOutcome', {
      id,
      as: 'sales@northwind',
      facts: { outcome: 'won', reasonKey: null },
      body: { orderReference: 'PO-4', words: '' },
    });
    expect((await house.registration(id)).status).toBe('won');
  });

  test('a message that no longer fits the record is refused, not tried for ever', async () => {
    const id = await pending();
    await house.act('withdraw', {
      id,
      as: 'sales@northwind',
      facts: { reasonKey: 'no-longer-pursued' },
      body: { words: '' },
    });
    await restoreEngine(id, 2);
    await expect(
      house.act('withdraw', {
        id,
        as: 'admin@northwind',
        facts: { reasonKey: 'no-longer-pursued' },
        body: { words: '' },
      }),
    ).rejects.toMatchObject({ type: 'conflict' });
    await ended(house, id);
    expect((await house.timeline(id)).filter((kind) => kind === 'withdrawn')).toHaveLength(1);
  });

  test('what a case does by itself is adopted: the match is not made twice', async () => {
    const id = await pending();
    await restoreEngine(id, 1);
    await env.sleep(1_000);
    await house.act('writeNote', {
      id,
      as: 'approver@',
      facts: { audience: 'vendor' },
      body: { words: 'Back again.' },
    });
    expect(await house.timeline(id)).toEqual(['submitted', 'matched', 'note_written']);
  });
});
