import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { findCasesOffHold } from '../../adapters/store/holds.ts';
import { createHoldTeller } from '../../workers/holds.ts';
import type { Loop } from '../../workers/loop.ts';
import { openRegistrationHouse, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;
let teller: Loop;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  teller = tellerOf();
  teller.start();
}, 60_000);

function tellerOf(): Loop {
  const silent = {
    info: () => undefined,
    warn: () => undefined,
    error: (facts: object, message: string) => console.error(message, facts),
  };
  return createHoldTeller({ pool: house.pool, clock: () => Date.now(), log: silent, client: env.client });
}

afterAll(async () => {
  await teller.stop();
  await house.close();
  await env.teardown();
}, 30_000);

async function decisionClock(id: string): Promise<{ phase: string; due_at: Date; kinds: string[] }> {
  const { rows } = await house.pool.query<{ phase: string; due_at: Date; kinds: string[] }>(
    `select c.phase, c.due_at, array(select e.kind from sla_clock_event e where e.clock_id = c.id order by e.n) as kinds
       from sla_clock c where c.case_id = $1 and c.kind = 'decision'`,
    [id],
  );
  const row = rows[0];
  if (row === undefined) throw new RangeError(`No decision clock of ${id}`);
  return row;
}

describe('an installation-wide hold', () => {
  test('pauses every clock of every open case, and each runs on from where it stood when it ends', async () => {
    const first = await house.submit();
    const second = await house.submit({ as: 'sales@lakeside' });
    for (const { id } of [first, second])
      await house.until(async () => (await house.registration(id)).status === 'pending_approval');
    const before = await decisionClock(first.id);

    await house.pool.query(
      `insert into sla_hold (id, from_at, reason, set_by) values ('hld_test', now(), 'Outage', $1)`,
      [personOf('program-ops@')],
    );
    for (const { id } of [first, second])
      await house.until(async () => (await decisionClock(id)).phase === 'paused');

    await house.pool.query(`update sla_hold set to_at = now(), ended_by = $1 where id = 'hld_test'`, [
      personOf('program-ops@'),
    ]);
    for (const { id } of [first, second])
      await house.until(async () => (await decisionClock(id)).phase === 'running');
    const after = await decisionClock(first.id);
    expect(after.kinds.slice(-2)).toEqual(['paused', 'resumed']);
    expect(after.due_at.getTime()).toBeGreaterThanOrEqual(before.due_at.getTime());
    expect(await house.timeline(first.id)).toEqual([
      'submitted',
      'matched',
      'clocks_held',
      'clocks_released',
    ]);
  }, 30_000);

  test('that began and ended while nobody could be told is given back, once', async () => {
    // Its calendar is always open.
    const { id } = await house.submit({ program: 'demonstration' });
    await house.until(async () => (await house.registration(id)).status === 'pending_approval');
    const before = await decisionClock(id);
    await teller.stop();
    // Over as soon as it is there: no round of a teller lies within.
    await house.pool.query(
      `insert into sla_hold (id, from_at, to_at, reason, set_by, ended_by)
       select 'hld_unseen', started_at + interval '1 millisecond', clock_timestamp(), 'Outage', $2, $2
         from sla_clock where case_id = $1 and kind = 'decision'`,
      [id, personOf('program-ops@')],
    );
    teller = tellerOf();
    teller.start();
    const after = await house.until(async () => {
      const now = await decisionClock(id);
      return now.kinds.at(-1) === 'held' && now;
    });
    expect(after.phase).toBe('running');
    expect(after.due_at.getTime()).toBeGreaterThan(before.due_at.getTime());
    const seq = (await house.registration(id)).seq;
    const { rows: off } = await house.pool.query<{ n: number }>(
      `select count(*)::int as n from sla_clock_event where case_id = $1 and kind = 'held'`,
      [id],
    );
    // Nothing is left to give back: whoever reads the clocks sees none that is off.
    expect(await findCasesOffHold(house.pool, { atMs: Date.now(), limit: 10 })).toEqual([]);
    expect((await house.registration(id)).seq).toBe(seq);
    expect(off[0]?.n).toBeGreaterThan(0);
  }, 30_000);
});
