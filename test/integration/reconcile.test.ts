import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createWorkflowCensus } from '../../adapters/gateways/workflow-census.ts';
import { createWorkflowRepair } from '../../adapters/gateways/workflow-repair.ts';
import { dealRegistrationCases, isReconciled, reconcile } from '../../adapters/store/reconcile.ts';
import type { ReconcileFinding, ReconcileInput, WorkflowEngine } from '../../adapters/store/reconcile.ts';
import {
  dealRegistrationType,
  dealRegistrationWorkflowId,
} from '../../workflows/contracts/deal-registration.ts';
import { openRegistrationHouse } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;
let taskQueue = '';

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env);
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: { amount: 0, unit: 'businessHour' },
  }));
  const { id } = await house.submit();
  ({ taskQueue } = await env.client.workflow.getHandle(dealRegistrationWorkflowId(id)).describe());
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

const handleOf = (id: string) => env.client.workflow.getHandle(dealRegistrationWorkflowId(id));

/** The shared server runs other files' workflows too: this house knows only its own. */
const engineOf = (ids: readonly string[]): WorkflowEngine => {
  const census = createWorkflowCensus({ client: env.client, workflowTypes: [dealRegistrationType] });
  const own = new Set(ids.map(dealRegistrationWorkflowId));
  return {
    ...census,
    ...createWorkflowRepair(env.client),
    listRunning: async () => {
      const running = new Set<string>();
      for (const workflowId of own) if (await census.isRunning(workflowId)) running.add(workflowId);
      return running;
    },
  };
};

const run = async (ids: readonly string[], change: Partial<ReconcileInput> = {}) => {
  const result = await reconcile({
    pool: house.pool,
    engine: engineOf(ids),
    kinds: [
      dealRegistrationCases({
        workflowType: dealRegistrationType,
        taskQueue,
        workflowIdOf: dealRegistrationWorkflowId,
      }),
    ],
    clock: () => Date.now(),
    endOrphans: false,
    dryRun: false,
    recheckAfterMs: 50,
    ...change,
  });
  return { ...result, of: (id: string) => kindsOf(result.findings, id) };
};

const kindsOf = (findings: readonly ReconcileFinding[], id: string): string[] =>
  findings.flatMap((finding) => ('caseId' in finding && finding.caseId === id ? [finding.kind] : []));

const submitted = async (): Promise<string> => {
  const { id } = await house.submit();
  await house.until(async () => (await house.registration(id)).status === 'pending_approval');
  return id;
};

test('a lost workflow goes on from its record: the case is decided afterwards, and each step is there once', async () => {
  const id = await submitted();
  await handleOf(id).terminate('lost');
  expect((await run([id])).of(id)).toEqual(['rebuilt']);
  expect((await handleOf(id).query('state')) as object).toMatchObject({ status: 'pending_approval', seq: 2 });
  await house.decide({ id, as: 'approver@', outcome: 'approve' });
  expect(await house.timeline(id)).toEqual(['submitted', 'matched', 'approved']);
  const again = await run([id]);
  expect(again.of(id)).toEqual([]);
  expect(isReconciled(again)).toBe(true);
});

test('a workflow lost before rivals were looked for looks for them', async () => {
  const { id } = await house.submit();
  await handleOf(id).terminate('lost');
  await run([id]);
  await house.until(async () => (await house.registration(id)).status === 'pending_approval');
  expect(await house.timeline(id)).toEqual(['submitted', 'matched']);
});

test('a dry run names what is lost and begins nothing', async () => {
  const id = await submitted();
  await handleOf(id).terminate('lost');
  const dry = await run([id], { dryRun: true });
  expect(dry.of(id)).toEqual(['lost']);
  expect(isReconciled(dry)).toBe(false);
  expect((await handleOf(id).describe()).status.name).toBe('TERMINATED');
  expect((await run([id])).of(id)).toEqual(['rebuilt']);
});

test('open cases are read a page at a time, and none is passed over', async () => {
  const ids = [await submitted(), await submitted(), await submitted()];
  for (const id of ids) await handleOf(id).terminate('lost');
  const kind = dealRegistrationCases({
    workflowType: dealRegistrationType,
    taskQueue,
    workflowIdOf: dealRegistrationWorkflowId,
  });
  const held: number[] = [];
  const result = await run(ids, {
    pageRows: 2,
    kinds: [
      {
        ...kind,
        readOpen: async (pool, page) => {
          const read = await kind.readOpen(pool, page);
          held.push(read.cases.length);
          return read;
        },
      },
    ],
  });
  for (const id of ids) expect(result.of(id)).toEqual(['rebuilt']);
  expect(Math.max(...held)).toBeLessThanOrEqual(2);
  expect(held.reduce((sum, one) => sum + one, 0)).toBe(result.lookedAt.cases);
});

test('a case that is over, or that became so in the meantime, is not begun again', async () => {
  const over = await submitted();
  await house.decide({ id: over, as: 'approver@', outcome: 'approve' });
  await house.act('reportOutcome', {
    id: over,
    as: 'sales@northwind',
    facts: { outcome: 'won', reasonKey: null },
    body: { orderReference: 'PO-7', words: '' },
  });
  await handleOf(over).result();
  const ending = await submitted();
  const engine = engineOf([over, ending]);
  let looks = 0;
  const result = await run([over, ending], {
    engine: {
      ...engine,
      listRunning: async () => new Set(),
      // At the first look the engine is behind; until the second the case is withdrawn.
      isRunning: async (workflowId) => {
        if (workflowId !== dealRegistrationWorkflowId(ending)) return engine.isRunning(workflowId);
        looks += 1;
        if (looks > 1) return engine.isRunning(workflowId);
        await withdraw(ending);
        return false;
      },
    },
  });
  expect(result.of(over)).toEqual([]);
  expect(result.of(ending)).toEqual([]);
  await expect(handleOf(over).describe()).resolves.toMatchObject({ status: { name: 'COMPLETED' } });
  expect((await handleOf(ending).describe()).status.name).toBe('COMPLETED');
});

test('a workflow that an engine brought back from an earlier time goes on from its record', async () => {
  const id = await submitted();
  const { rows } = await house.pool.query<{ earlier: object }>(
    'select case_state as earlier from registration where id = $1',
    [id],
  );
  await house.decide({ id, as: 'approver@', outcome: 'approve' });
  await handleOf(id).terminate('lost');
  await env.client.workflow.start(dealRegistrationType, {
    taskQueue,
    workflowId: dealRegistrationWorkflowId(id),
    args: [{ caseId: id, state: rows[0]?.earlier }],
  });
  expect((await run([id], { dryRun: true })).of(id)).toEqual(['behind']);
  expect((await run([id])).of(id)).toEqual(['renewed']);
  expect((await run([id])).of(id)).toEqual([]);
  await house.act('reportOutcome', {
    id,
    as: 'sales@northwind',
    facts: { outcome: 'won', reasonKey: null },
    body: { orderReference: 'PO-8', words: '' },
  });
  expect(await house.timeline(id)).toEqual(['submitted', 'matched', 'approved', 'won']);
});

test('a workflow that catches up by itself is left alone', async () => {
  const id = await submitted();
  const engine = engineOf([id]);
  let looks = 0;
  const result = await run([id], {
    engine: {
      ...engine,
      stepOf: async (workflowId) => {
        looks += 1;
        return looks === 1 ? 1 : engine.stepOf(workflowId);
      },
    },
  });
  expect(looks).toBe(2);
  expect(result.of(id)).toEqual([]);
});

test('two at once begin one workflow', async () => {
  const id = await submitted();
  await handleOf(id).terminate('lost');
  const [left, right] = await Promise.all([run([id]), run([id])]);
  expect([...left.of(id), ...right.of(id)]).toEqual(['rebuilt']);
  const again = createWorkflowRepair(env.client).begin({
    workflowType: dealRegistrationType,
    taskQueue,
    workflowId: dealRegistrationWorkflowId(id),
    input: { caseId: id, state: null },
  });
  await expect(again).resolves.toBe('already_runs');
});

test('a workflow whose case the record does not have is reported, and ended only on demand', async () => {
  const id = 'reg_0000000000000000000000none';
  await env.client.workflow.start(dealRegistrationType, {
    taskQueue,
    workflowId: dealRegistrationWorkflowId(id),
    args: [{ caseId: id, state: null }],
  });
  const reported = await run([id]);
  expect(reported.of(id)).toEqual(['orphan']);
  expect(isReconciled(reported)).toBe(false);
  expect((await handleOf(id).describe()).status.name).toBe('RUNNING');
  expect((await run([id], { endOrphans: true })).of(id)).toEqual(['orphan_ended']);
  expect((await handleOf(id).describe()).status.name).toBe('TERMINATED');
});

test('what was received and never carried out goes at once, also when it was parked because its workflow was lost', async () => {
  const lost = await submitted();
  const other = await submitted();
  await handleOf(lost).terminate('lost');
  const parked = await receive(lost, { parked: true });
  const waiting = await receive(other, { parked: false });
  const aside = await receive(other, { parked: true });
  const result = await run([lost, other]);
  expect(result.findings.at(-1)).toMatchObject({ kind: 'hastened', receipts: 2 });
  const { rows } = await house.pool.query<{ number: number; due: boolean; parked: boolean }>(
    `select number, next_attempt_at <= now() as due, parked_at is not null as parked from receipt where number = any ($1) order by number`,
    [[parked, waiting, aside]],
  );
  expect(rows).toEqual([
    { number: parked, due: true, parked: false },
    { number: waiting, due: true, parked: false },
    { number: aside, due: false, parked: true },
  ]);
});

async function withdraw(id: string): Promise<void> {
  const { rows } = await house.pool.query<{ key: string }>(
    `select d.body -> 'reasons' -> 'withdrawal' -> 0 ->> 'key' as key from registration r join policy_document d on d.id = r.policy_id where r.id = $1`,
    [id],
  );
  await house.act('withdraw', {
    id,
    as: 'sales@northwind',
    facts: { reasonKey: rows[0]?.key ?? '' },
    body: { words: '' },
  });
  await handleOf(id).result();
}

/** A receipt of a minute ago that no request waits for any more; its next attempt lies in an hour. */
async function receive(id: string, input: { parked: boolean }): Promise<number> {
  const { rows } = await house.pool.query<{ number: number }>(
    `insert into receipt (person_id, partner_id, route, idempotency_key, body_hash, body, case_kind, case_id, workflow_id, update_name, update_id,
       facts, received_at, next_attempt_at, parked_at, attempts)
     select submitted_by, partner_id, 'POST /note', gen_random_uuid()::text, 'hash', '{}', 'deal-registration', id, $2, 'writeNote',
       gen_random_uuid()::text, '{}', now() - interval '1 minute', now() + interval '1 hour', case when $3 then now() end, 8
       from registration where id = $1 returning number`,
    [id, dealRegistrationWorkflowId(id), input.parked],
  );
  return rows[0]?.number ?? 0;
}
