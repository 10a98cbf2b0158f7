import type { TestWorkflowEnvironment } from '@temporalio/testing';
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
  const silent = {
    info: () => undefined,
    warn: () => undefined,
    error: (facts: object, message: string) => console.error(message, facts),
  };
  teller = createHoldTeller({ pool: house.pool, clock: () => Date.now(), log: silent, client: env.client });
  teller.start();
}, 60_000);

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
});
