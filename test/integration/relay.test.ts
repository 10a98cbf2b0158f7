import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http2';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createPool, type Pool } from '../../adapters/store/pool.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import type { DueReceipt } from '../../adapters/store/relay-receipts.ts';
import {
  createEngineDelivery,
  type DeliveryOutcome,
  type EngineDelivery,
} from '../../workers/engine-delivery.ts';
import { createRelay, type Relay, type RelayLimits } from '../../workers/relay.ts';
import { addReceipt, addRegistration, AT_MS, openRecord, settle, type Record } from '../fixtures/record.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { attachToServer } from '../setup/temporal.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const noMail = { send: () => Promise.reject(new Error('no mail in this test')), close: () => undefined };

let database: TestDatabase;
let pool: Pool;
let record: Record;
let nowMs = AT_MS;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.workerUrl, max: 12, applicationName: 'test-worker' });
  record = await openRecord(database.superuserUrl);
  nowMs = AT_MS;
});

afterEach(async () => {
  await Promise.all([pool.end(), record.end()]);
  await database.drop();
});

const relayWith = (engine: EngineDelivery, limits: Partial<RelayLimits> = {}): Relay =>
  createRelay({
    pool,
    clock: () => nowMs,
    log: silent,
    engine,
    mail: noMail,
    publicUrl: 'https://fairlead.example',
    limits,
  });

/** An engine that says what it is told to, and remembers who came. */
const scripted = (answer: (receipt: DueReceipt) => DeliveryOutcome | Promise<DeliveryOutcome>) => {
  const seen: number[] = [];
  const engine: EngineDelivery = {
    deliverReceipt: async (receipt) => {
      seen.push(receipt.number);
      return answer(receipt);
    },
    deliverSignal: () => Promise.resolve({ kind: 'answered' }),
  };
  return { engine, seen };
};

const stored = async (number: number) => {
  const [row] = await record.query<{
    attempts: number;
    parked: boolean;
    status_code: number | null;
    answer: unknown;
    last_error: string | null;
    next_attempt_at: Date | null;
  }>(
    'select attempts, parked_at is not null as parked, status_code, answer, last_error, next_attempt_at from receipt where number = $1',
    [number],
  );
  if (row === undefined) throw new Error(`no receipt ${number}`);
  return row;
};

const answeredAndSettled = async (receipt: DueReceipt): Promise<DeliveryOutcome> => {
  await pool.query(`update receipt set settled_at = $2, status_code = 201, answer = '{}' where number = $1`, [
    receipt.number,
    new Date(AT_MS),
  ]);
  return { kind: 'answered' };
};

test('receipts of one case go in the order of their numbers, those of others side by side', async () => {
  const [a1, b1, a2] = [
    await addReceipt(record, { caseId: 'reg_a' }),
    await addReceipt(record, { caseId: 'reg_b' }),
    await addReceipt(record, { caseId: 'reg_a' }),
  ];
  const { engine, seen } = scripted(answeredAndSettled);
  const relay = relayWith(engine);
  expect((await relay.relayOnce()).receipts).toBe(2);
  expect(seen).toEqual([a1, b1]);
  expect((await relay.relayOnce()).receipts).toBe(1);
  expect(seen).toEqual([a1, b1, a2]);
  expect((await relay.relayOnce()).receipts).toBe(0);
});

test('a later receipt waits while an earlier one is tried again, and goes when that one is parked', async () => {
  const first = await addReceipt(record, { caseId: 'reg_a' });
  const second = await addReceipt(record, { caseId: 'reg_a' });
  const { engine, seen } = scripted((receipt) =>
    receipt.number === first ? { kind: 'failed', cause: 'broken' } : answeredAndSettled(receipt),
  );
  const relay = relayWith(engine, { parkAfter: 2, backoffMs: 1_000 });
  await relay.relayOnce();
  await relay.relayOnce();
  expect(seen).toEqual([first]);
  nowMs += 1_000;
  await relay.relayOnce();
  expect(await stored(first)).toMatchObject({
    attempts: 2,
    parked: true,
    last_error: 'broken',
    status_code: null,
  });
  await relay.relayOnce();
  expect(seen).toEqual([first, first, second]);
});

test('pauses double up to the longest, and what says nothing about the message never parks', async () => {
  const number = await addReceipt(record, { caseId: 'reg_a' });
  const { engine } = scripted(() => ({ kind: 'try_again', cause: 'engine away' }));
  const relay = relayWith(engine, { parkAfter: 2, backoffMs: 1_000, longestBackoffMs: 5_000 });
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 6; attempt += 1) {
    expect((await relay.relayOnce()).receipts).toBe(1);
    const { next_attempt_at: next } = await stored(number);
    pauses.push((next?.getTime() ?? 0) - nowMs);
    nowMs = (next?.getTime() ?? 0) - 1;
    expect((await relay.relayOnce()).receipts).toBe(0);
    nowMs += 1;
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
  expect(await stored(number)).toMatchObject({ attempts: 6, parked: false, last_error: 'engine away' });
});

test('a refusal is the final answer, as the problem that the API would have given', async () => {
  const number = await addReceipt(record, { caseId: 'reg_a', updateName: 'decide' });
  const conflict = { by: null, at: '2026-03-02T09:00:00.000Z', what: 'approve', status: 'approved' };
  const { engine } = scripted(() => ({
    kind: 'refused',
    type: 'conflict',
    refusal: { detail: 'Decided already.', conflict },
  }));
  await relayWith(engine).relayOnce();
  expect(await stored(number)).toMatchObject({
    status_code: 409,
    answer: { type: '/problems/conflict', status: 409, detail: 'Decided already.', conflict },
    last_error: null,
    next_attempt_at: null,
  });
});

test('an answer without a settled receipt is a fault of the process and is seen', async () => {
  const number = await addReceipt(record, { caseId: 'reg_a' });
  const { engine } = scripted(() => ({ kind: 'answered' }));
  await relayWith(engine, { parkAfter: 1 }).relayOnce();
  expect(await stored(number)).toMatchObject({ parked: true, status_code: null });
});

describe('no such workflow runs', () => {
  test('its case is over: too late, with who, when and what', async () => {
    const submit = await addReceipt(record, { caseId: 'reg_1' });
    await settle(record, submit);
    await addRegistration(record, {
      id: 'reg_1',
      receipt: submit,
      status: 'won',
      state: { last: { byId: 'psn_submitter', atMs: AT_MS, what: 'won' } },
    });
    const late = await addReceipt(record, { caseId: 'reg_1', updateName: 'withdraw' });
    const byVendor = await addReceipt(record, {
      caseId: 'reg_1',
      updateName: 'writeNote',
      personId: 'psn_approver',
    });
    const { engine } = scripted(() => ({ kind: 'gone' }));
    const relay = relayWith(engine);
    await relay.relayOnce();
    await relay.relayOnce();
    expect(await stored(late)).toMatchObject({
      status_code: 409,
      answer: {
        status: 409,
        conflict: { by: 'Sales (demo)', at: '2026-03-02T09:00:00.000Z', what: 'won', status: 'won' },
      },
    });
    expect((await stored(byVendor)).answer).toMatchObject({ conflict: { by: null } });
  });

  test('a review window that is over takes no decision, and needs no news; one that goes on waits for reconcile', async () => {
    const windowState = (closed: boolean) => ({
      closed,
      taskId: null,
      pending: null,
      decided: true,
      last: { byId: null, atMs: AT_MS, what: 'joint_decision_applied' },
    });
    await record.query(`set session_replication_role = replica`);
    await record.query(
      `insert into review_window (id, workflow_id, account_id, family, opened_at, closes_at, program_id, policy_id, case_state)
       values ('rvw_1', 'review-window:rvw_1', 'acc_test', 'sensors', $1, $1, 'prg_test', 'pol_test', $2)`,
      [new Date(AT_MS), windowState(false)],
    );
    const late = await addReceipt(record, {
      caseId: 'rvw_1',
      updateName: 'decide',
      personId: 'psn_approver',
    });
    await record.query(
      `insert into outbound (id, case_id, seq, n, channel, target, template, payload, not_before)
       values ('out_look', 'reg_2', 1, 0, 'signal', 'review-window:rvw_1', 'look', '{}', $1)`,
      [new Date(AT_MS)],
    );
    const gone = () => Promise.resolve({ kind: 'gone' } as const);
    const engine = { deliverReceipt: gone, deliverSignal: gone };
    await relayWith(engine).relayOnce();
    expect((await stored(late)).status_code).toBeNull();
    await record.query(`update review_window set case_state = $1`, [windowState(true)]);
    await record.query(`update receipt set next_attempt_at = received_at`);
    await record.query(`update outbound set next_attempt_at = not_before`);
    await relayWith(engine).relayOnce();
    expect(await stored(late)).toMatchObject({
      status_code: 409,
      answer: { conflict: { what: 'joint_decision_applied', status: 'decided' } },
    });
    const rows = await record.query(`select skip_reason from outbound where id = 'out_look'`);
    expect(rows).toEqual([{ skip_reason: 'receiver_ended' }]);
  });

  test('its case goes on: nothing is answered in its place, it is parked for reconcile', async () => {
    const submit = await addReceipt(record, { caseId: 'reg_1' });
    await settle(record, submit);
    await addRegistration(record, { id: 'reg_1', receipt: submit });
    const number = await addReceipt(record, { caseId: 'reg_1', updateName: 'withdraw' });
    const { engine } = scripted(() => ({ kind: 'gone' }));
    await relayWith(engine, { parkAfter: 1 }).relayOnce();
    const row = await stored(number);
    expect(row).toMatchObject({ status_code: null, parked: true });
    expect(row.last_error).toContain('reconcile');
  });
});

test('two relays never deliver one receipt at once, and a dead one’s claim is taken over when its lease ends', async () => {
  const numbers = [];
  for (let n = 0; n < 20; n += 1) numbers.push(await addReceipt(record, { caseId: `reg_${n}` }));
  const { engine, seen } = scripted(answeredAndSettled);
  const [one, other] = [relayWith(engine, { concurrency: 5 }), relayWith(engine, { concurrency: 5 })];
  for (let round = 0; round < 4; round += 1) await Promise.all([one.relayOnce(), other.relayOnce()]);
  expect(seen.toSorted((a, b) => a - b)).toEqual(numbers);

  const orphan = await addReceipt(record, { caseId: 'reg_orphan' });
  const dying = relayWith(scripted(() => Promise.reject(new Error('killed'))).engine, { leaseMs: 30_000 });
  await dying.relayOnce();
  expect((await one.relayOnce()).receipts).toBe(0);
  nowMs += 30_000;
  expect((await one.relayOnce()).receipts).toBe(1);
  expect(seen.at(-1)).toBe(orphan);
});

test('a slow receiver takes one place and holds nobody else up', async () => {
  await addReceipt(record, { caseId: 'reg_slow' });
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { engine, seen } = scripted(async (receipt) => {
    if (receipt.caseId === 'reg_slow') await held;
    return answeredAndSettled(receipt);
  });
  const relay = relayWith(engine, { concurrency: 4 });
  relay.start();
  const until = async (condition: () => boolean): Promise<void> => {
    const deadline = Date.now() + 10_000;
    while (!condition() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(condition()).toBe(true);
  };
  await until(() => seen.length === 1);
  for (let n = 0; n < 6; n += 1) await addReceipt(record, { caseId: `reg_${n}` });
  await until(() => seen.length === 7);
  release();
  await relay.stop();
});

describe('on the real engine', () => {
  let environment: TestWorkflowEnvironment;
  let worker: Worker;
  let running: Promise<void>;
  let taskQueue: string;

  beforeAll(async () => {
    environment = await attachToServer();
    taskQueue = `relay-test-${randomBytes(4).toString('hex')}`;
    worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue,
      workflowsPath: join(import.meta.dirname, '../fixtures/relay-workflow.ts'),
      activities: {
        settle: async (command: Command<object>) => {
          await settle(record, command.receipt);
          return { statusCode: 201, body: command };
        },
      },
    });
    running = worker.run();
  }, 60_000);

  afterAll(async () => {
    worker.shutdown();
    await running;
    await environment.teardown();
  }, 60_000);

  const delivery = (deadlineMs = 10_000): EngineDelivery =>
    createEngineDelivery({ client: environment.client, deadlineMs, queues: { relayTarget: taskQueue } });

  test('starts, updates, is refused, signals and comes too late', async () => {
    const workflowId = `relay-target:${taskQueue}`;
    const relay = relayWith(delivery());
    const submit = await addReceipt(record, { caseId: 'reg_1', starts: 'relayTarget', workflowId });
    await relay.relayOnce();
    expect(await stored(submit)).toMatchObject({ status_code: 201, attempts: 1 });
    // The same message again, as after a lost acknowledgement: the same answer, and one effect.
    await record.query(
      'update receipt set settled_at = null, status_code = null, answer = null, next_attempt_at = $2 where number = $1',
      [submit, new Date(AT_MS)],
    );
    await relay.relayOnce();
    await settle(record, submit);

    const decide = await addReceipt(record, { caseId: 'reg_1', updateName: 'decide', workflowId });
    await relay.relayOnce();
    expect(await stored(decide)).toMatchObject({
      status_code: 409,
      answer: { detail: 'It was decided already.', conflict: { what: 'approve' } },
    });

    await record.query(
      `insert into outbound (id, case_id, seq, n, channel, target, template, payload, not_before)
       values ('out_1', 'reg_2', 1, 0, 'signal', $1, 'rival_joined', $2, $3)`,
      [
        workflowId,
        JSON.stringify({
          workflowType: 'relayTarget',
          taskQueue,
          signal: 'told',
          args: ['reg_2/1'],
          startArgs: [],
        }),
        new Date(AT_MS),
      ],
    );
    expect((await relay.relayOnce()).outbound).toBe(1);

    const withdraw = await addReceipt(record, { caseId: 'reg_1', updateName: 'withdraw', workflowId });
    await relay.relayOnce();
    expect((await stored(withdraw)).status_code).toBe(201);
    const seen = (await environment.client.workflow.getHandle(workflowId).result()) as string[];
    expect(seen).toEqual([`submit ${submit}`, 'reg_2/1']);

    expect(await delivery().deliverReceipt(await claimed(workflowId, null))).toEqual({ kind: 'gone' });
    expect(await delivery().deliverReceipt(await claimed(workflowId, 'relayTarget'))).toEqual({
      kind: 'gone',
    });
  });

  test('a workflow that nobody works on is an answer within the deadline, to be tried again', async () => {
    const idle = createEngineDelivery({
      client: environment.client,
      deadlineMs: 1_000,
      queues: { relayTarget: `${taskQueue}-idle` },
    });
    const startedMs = Date.now();
    const outcome = await idle.deliverReceipt(await claimed(`relay-target:${taskQueue}-idle`, 'relayTarget'));
    expect(outcome.kind).toBe('try_again');
    expect(Date.now() - startedMs).toBeLessThan(5_000);
  });

  test('an engine that cannot take a message now says nothing about it, for a running workflow or a new one', async () => {
    // What the server says of a workflow whose task failed several times, as after workers that died: FAILED_PRECONDITION.
    const busy = createServer().on('stream', (stream, headers) => {
      const knows = headers[':path']?.endsWith('/GetSystemInfo') === true;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': knows ? '0' : '9', 'grpc-message': 'not now' }),
      );
      stream.end(knows ? Buffer.alloc(5) : undefined);
    });
    await new Promise<void>((settle) => {
      busy.listen(0, '127.0.0.1', () => settle());
    });
    const address = busy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
    try {
      const engine = createEngineDelivery({
        client: new Client({ connection }),
        deadlineMs: 2_000,
        queues: { relayTarget: taskQueue },
      });
      for (const starts of [null, 'relayTarget'])
        expect(
          await engine.deliverReceipt(await claimed(`relay-target:${starts ?? 'running'}`, starts)),
        ).toEqual({ kind: 'try_again', cause: 'the engine answered with gRPC code 9' });
    } finally {
      await connection.close();
      busy.close();
    }
  });

  test('an update that the workflow does not know is a fault that parks', async () => {
    const receipt = await claimed(`relay-target:${taskQueue}-unknown`, 'relayTarget');
    expect((await delivery().deliverReceipt({ ...receipt, updateName: 'nobodyKnows' })).kind).toBe('failed');
    expect((await delivery().deliverReceipt({ ...receipt, startsWorkflow: 'nobodyKnows' })).kind).toBe(
      'failed',
    );
  });

  const claimed = (workflowId: string, startsWorkflow: string | null): Promise<DueReceipt> =>
    Promise.resolve({
      number: 999,
      personId: 'psn_submitter',
      actingForId: null,
      partnerId: 'prt_test',
      caseKind: 'deal_registration',
      caseId: 'reg_9',
      workflowId,
      startsWorkflow,
      updateName: 'withdraw',
      updateId: randomBytes(8).toString('hex'),
      facts: {},
      receivedAtMs: AT_MS,
      attempts: 1,
    });
});
