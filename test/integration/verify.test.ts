import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createAnchorKey } from '../../adapters/audit-signature.ts';
import { createPool, type Pool } from '../../adapters/store/pool.ts';
import { readBacklog, recordFindings } from '../../adapters/store/probe.ts';
import { verify, type VerifyResult, type WorkflowCensus } from '../../adapters/store/verify.ts';
import { createMetrics, startMetricsServer } from '../../workers/metrics.ts';
import { createProbe } from '../../workers/probe.ts';
import { createSealer } from '../../workers/sealer.ts';
import {
  addMail,
  addReceipt,
  addRegistration,
  AT,
  AT_MS,
  caseState,
  openRecord,
  settle,
  type Record,
} from '../fixtures/record.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { attachToServer } from '../setup/temporal.ts';

const key = createAnchorKey(randomBytes(32));
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const HOUR_MS = 3_600_000;

let database: TestDatabase;
let pool: Pool;
let record: Record;
let running: Set<string>;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.workerUrl, max: 6, applicationName: 'test-worker' });
  record = await openRecord(database.superuserUrl);
  await record.query(`set session_replication_role = replica`);
  // One open case and one that is over, as the processes leave them.
  const open = await addReceipt(record, { caseId: 'reg_1' });
  await settle(record, open);
  await addRegistration(record, {
    id: 'reg_1',
    receipt: open,
    state: { tasks: [{ id: 'tsk_1', kind: 'registration_review' }] },
  });
  await record.query(
    `insert into task (id, case_id, case_kind, kind, workflow_id, subject, question, role, queue, outcomes, facts_hash, opened_at, due_at)
     values ('tsk_1', 'reg_1', 'deal_registration', 'registration_review', 'deal-registration:reg_1', 's', 'q', 'approver', 'approvals', '{approve}', 'h', $1, $1)`,
    [AT],
  );
  await record.query(
    `insert into sla_clock (id, case_id, case_kind, task_id, kind, phase, calendar, started_at, due_at, state)
     values ('clk_1', 'reg_1', 'deal_registration', 'tsk_1', 'decision', 'running', 'berlin', $1, '2026-03-02T10:00:00Z', '{"thresholds":[{"state":"pending","atMs":1772445600000}]}')`,
    [AT],
  );
  const won = await addReceipt(record, { caseId: 'reg_2' });
  await settle(record, won);
  await addRegistration(record, { id: 'reg_2', receipt: won, status: 'won' });
  await protect('reg_1', 'prt_test', '[2026-03-02,2026-06-01)');
  await createSealer({ pool, clock: () => Date.now(), log: silent, signAnchor: key.sign }).sealOnce();
  running = new Set(['deal-registration:reg_1']);
});

afterEach(async () => {
  await Promise.all([pool.end(), record.end()]);
  await database.drop();
});

const protect = (id: string, group: string, period: string, account = 'acc_test') =>
  record
    .query(`insert into product_family (key, name) values ('sensors', 'Sensors') on conflict do nothing`)
    .then(() =>
      record.query(
        `insert into protection (registration_id, partner_id, account_id, family, share_group, period) values ($1, 'prt_test', $4, 'sensors', $2, $3)`,
        [id, group, period, account],
      ),
    );

const census = (): WorkflowCensus => ({
  listRunning: () => Promise.resolve(new Set(running)),
  isRunning: (id) => Promise.resolve(running.has(id)),
});

const PREFIX = 'deal-registration:';
const run = (
  change: {
    clock?: () => number;
    census?: WorkflowCensus;
    recheckAfterMs?: number;
    pageRows?: number;
  } = {},
): Promise<VerifyResult[]> =>
  verify({
    pool,
    ...(change.pageRows === undefined ? {} : { pageRows: change.pageRows }),
    census: change.census ?? census(),
    clock: change.clock ?? (() => AT_MS),
    isSigned: key.isSigned,
    knownAnchors: [],
    workflowIdOf: (id) => `${PREFIX}${id}`,
    registrationIdOf: (id) => (id.startsWith(PREFIX) ? id.slice(PREFIX.length) : null),
    recheckAfterMs: change.recheckAfterMs ?? 0,
  });

const failures = (results: readonly VerifyResult[]): string[] =>
  results.flatMap((result) => result.failures.map((failure) => `${result.invariant} ${failure.subject}`));

test('a sound record passes, and every check says how much it looked at', async () => {
  const results = await run();
  expect(failures(results)).toEqual([]);
  const looked = new Map(results.map((result) => [result.name, result.lookedAt]));
  expect(looked.get('every receipt answered with success has exactly one event')).toBe(2);
  expect(looked.get('sealed audit rows form one chain')).toBe(2);
  expect(looked.get('every open case and task has its workflow running')).toBe(1);
  expect(looked.get('open tasks are those that their cases wait for, both ways')).toBe(1);
});

test.each<[string, string, string]>([
  [
    'an answered receipt without event',
    'delete from process_event where case_id = $$reg_2$$; update registration set seq = 0 where false',
    'I1 2',
  ],
  [
    'two events of one receipt',
    `insert into process_event select 'reg_2', 2, case_kind, partner_id, kind, at, null, null, receipt, audience, facts, 'h' from process_event where case_id = 'reg_2'`,
    'I1 2',
  ],
  ['a refused receipt with an event', 'update receipt set status_code = 409 where number = 2', 'I1 2'],
  [
    'a parked receipt',
    `update receipt set settled_at = null, status_code = null, parked_at = now(), last_error = 'broken' where number = 2`,
    'I1 2',
  ],
  [
    'an event without audit row',
    `update audit_row set subject = 'elsewhere' where subject = 'reg_2'`,
    'I1 reg_2/1',
  ],
  ['events with a gap', `update process_event set seq = 2 where case_id = 'reg_2'`, 'I1 reg_2'],
  ['a registration behind its events', `update registration set seq = 7 where id = 'reg_2'`, 'I1 reg_2'],
  [
    'a status that is not the case state’s',
    `update registration set status = 'lost' where id = 'reg_2'`,
    'I1 reg_2',
  ],
  [
    'a decision without event',
    `insert into decision (id, case_id, seq, outcome, policy_id, policy_version, facts_hash, decided_at, effective_at) values ('dec_1', 'reg_2', 9, 'approve', 'pol_test', 1, 'h', now(), now())`,
    'I1 dec_1',
  ],
  [
    'a decided task without decision',
    `update task set status = 'decided', decision_id = 'dec_gone'`,
    'I1 tsk_1',
  ],
  ['an audit row edited', `update audit_row set action = 'forged' where id = 2`, 'I4 edited:2'],
  [
    'a task that its case does not wait for',
    `update registration set case_state = jsonb_set(case_state, '{tasks}', '[]') where id = 'reg_1'`,
    'I9 tsk_1',
  ],
  ['a case that waits for a task that is gone', `update task set status = 'cancelled'`, 'I9 tsk_1'],
  [
    'protection that outlives a withdrawal',
    `update registration set status = 'withdrawn', case_state = jsonb_set(case_state, '{status}', '"withdrawn"') where id = 'reg_1'`,
    'protection reg_1',
  ],
])('%s', async (_name, sql, expected) => {
  await record.query(sql.replaceAll('$$', "'"));
  expect(failures(await run())).toContain(expected);
});

test('what is due and not done, only after its grace', async () => {
  const open = await addReceipt(record, { caseId: 'reg_3' });
  await addMail(record, { id: 'out_1', caseId: 'reg_1', template: 'decided' });
  expect(failures(await run({ clock: () => AT_MS + 5 * 60_000 }))).toEqual([]);
  const late = failures(await run({ clock: () => AT_MS + 5 * 60_000 + 1 }));
  expect(late).toEqual([`I1 ${open}`, 'I8 out_1']);
  expect(failures(await run({ clock: () => AT_MS + HOUR_MS + 2 * 60_000 }))).not.toContain('I10 clk_1');
  expect(failures(await run({ clock: () => AT_MS + HOUR_MS + 2 * 60_000 + 1 }))).toContain('I10 clk_1');
  // Breached and recorded, but a threshold behind it never fired.
  await record.query(`update sla_clock set breached_at = due_at`);
  expect(failures(await run({ clock: () => AT_MS + 2 * HOUR_MS }))).toContain('I10 clk_1');
});

test('a case that waits for the vendor is asked for, in a task of its own or a joint one', async () => {
  const late = (): Promise<VerifyResult[]> => run({ clock: () => AT_MS + 10 * 60_000 });
  await record.query(
    `insert into review_window (id, workflow_id, account_id, family, opened_at, closes_at, closed_at, program_id, policy_id, case_state) values ('rvw_1', 'review-window:rvw_1', 'acc_test', 'sensors', $1, $1, $1, 'prg_test', 'pol_test', '{"pending":null}')`,
    [AT],
  );
  await record.query(
    `update task set case_id = 'rvw_1', case_kind = 'review-window', kind = 'joint_review', workflow_id = 'review-window:rvw_1'`,
  );
  running.add('review-window:rvw_1');
  await record.query(`update registration set case_state = $1 where id = 'reg_1'`, [
    JSON.stringify(caseState({ tasks: [], jointWindowId: 'rvw_1' })),
  ]);
  expect(failures(await late())).toEqual([]);
  await record.query(`update task set status = 'cancelled'`);
  expect(failures(await late())).toEqual(['I9 reg_1']);
  expect(failures(await run())).toEqual([]);
  // The window's decision waits to take effect.
  await record.query(`update review_window set case_state = '{"pending":{}}'`);
  expect(failures(await late())).toEqual([]);
  await record.query(`update review_window set case_state = '{"pending":null}'`);
  // What tells it is on its way.
  await addMail(record, { id: 'out_1', caseId: 'reg_2', template: 'window' });
  await record.query(
    `update outbound set channel = 'signal', target = 'deal-registration:reg_1', not_before = $1`,
    [new Date(AT_MS + HOUR_MS).toISOString()],
  );
  expect(failures(await late())).toEqual([]);
});

test('a decision that a rival overtook is no fault; one that was taken back leaves its task open', async () => {
  await record.query(
    `insert into decision (id, case_id, task_id, seq, outcome, retracts, policy_id, policy_version, facts_hash, decided_at, effective_at)
     values ('dec_1', 'reg_1', 'tsk_1', 1, 'approve', null, 'pol_test', 1, 'h', now(), now()), ('dec_2', 'reg_2', null, 1, 'superseded', 'dec_1', 'pol_test', 1, 'h', now(), now())`,
  );
  await record.query(`update task set status = 'decided', decision_id = 'dec_1'`);
  expect(failures(await run())).toEqual([]);
  await record.query(`update decision set outcome = 'retracted' where id = 'dec_2'`);
  expect(failures(await run())).toEqual(['I1 tsk_1']);
});

test('a decision that should be in effect', async () => {
  const pending = {
    decisionId: 'dec_1',
    taskId: 'tsk_1',
    taskKind: 'registration_review',
    outcome: 'approve',
    byId: null,
    decidedAtMs: AT_MS,
    effectiveAtMs: AT_MS + 10_000,
  };
  await record.query(`update registration set case_state = $1 where id = 'reg_1'`, [
    JSON.stringify(caseState({ pending, tasks: [{ id: 'tsk_1', kind: 'registration_review' }] })),
  ]);
  expect(failures(await run({ clock: () => AT_MS + 60_000 }))).toEqual([]);
  expect(failures(await run({ clock: () => AT_MS + 4 * 60_000 }))).toEqual(['I8 reg_1']);
});

test('rivals protected for one customer under two accounts', async () => {
  await record.query(
    `insert into account (id, origin, legal_name, country, created_at) values ('acc_twin', 'registration', 'Contoso Shipyard BV', 'NL', now())`,
  );
  await protect('reg_2', 'prt_rival', '[2026-04-01,2026-07-01)', 'acc_twin');
  expect(failures(await run())).toEqual([]);
  await record.query(
    `insert into account_standing (account_id, canonical_id) values ('acc_twin', 'acc_test')`,
  );
  expect(failures(await run())).toEqual(['protection reg_1/reg_2/sensors']);
  await record.query(`update protection set share_group = 'prt_test' where registration_id = 'reg_2'`);
  expect(failures(await run())).toEqual([]);
});

test('workflows and cases, both ways', async () => {
  running = new Set(['deal-registration:reg_2', 'deal-registration:reg_nowhere', 'review-window:rvw_1']);
  const results = await run();
  expect(failures(results)).toEqual([
    'I9 deal-registration:reg_1',
    'I9 deal-registration:reg_2',
    'I9 deal-registration:reg_nowhere',
  ]);
  expect(results.flatMap((result) => result.failures.map((failure) => failure.detail)).at(-1)).toContain(
    'does not have',
  );
});

test('a review window that is open has its workflow, and one that is closed needs none', async () => {
  await protect('reg_2', 'prt_test', 'empty');
  await record.query(
    `insert into review_window (id, workflow_id, account_id, family, opened_at, closes_at, program_id, policy_id, case_state) values ('rvw_1', 'review-window:rvw_1', 'acc_test', 'sensors', $1, $1, 'prg_test', 'pol_test', '{}')`,
    [AT],
  );
  expect(failures(await run())).toEqual(['I9 review-window:rvw_1']);
  await record.query(`update review_window set closed_at = closes_at`);
  expect(failures(await run())).toEqual([]);
});

test('page by page it finds the same, and holds one page', async () => {
  running = new Set(['deal-registration:reg_2', 'deal-registration:reg_nowhere', 'review-window:rvw_1']);
  const whole = await run();
  expect(failures(whole)).not.toEqual([]);
  const paged = await run({ pageRows: 1 });
  expect(paged).toEqual(whole);
  running = new Set(['deal-registration:reg_1']);
  expect(failures(await run({ pageRows: 1 }))).toEqual([]);
});

test('a list that is behind is not believed', async () => {
  const behind: WorkflowCensus = {
    ...census(),
    listRunning: () => Promise.resolve(new Set(['deal-registration:reg_2'])),
  };
  expect(failures(await run({ census: behind }))).toEqual([]);
});

test('what is only under way is not reported', async () => {
  running = new Set();
  const results = run({ recheckAfterMs: 300 });
  await new Promise((resolve) => setTimeout(resolve, 150));
  running = new Set(['deal-registration:reg_1']);
  expect(failures(await results)).toEqual([]);
});

describe('metrics and probe', () => {
  test('gauges tell what is stuck, and the alert rules ask for nothing that is not there', async () => {
    await addReceipt(record, { caseId: 'reg_3' });
    await addMail(record, { id: 'out_1', caseId: 'reg_1', template: 'decided' });
    await record.query(`update outbound set parked_at = now()`);
    await record.query(`insert into audit_row (at, action, subject, content) values ($1, 'a', 's', '{}')`, [
      AT,
    ]);
    await record.query(`update task set excluded_ids = array(select id from person)`);
    const nowMs = AT_MS + 2 * HOUR_MS;
    await recordFindings({
      pool,
      atMs: nowMs,
      findings: [{ kind: 'no_workers', subject: 'q', cause: 'c', facts: {} }],
    });
    expect(await readBacklog({ pool, atMs: nowMs, graceMs: 60_000 })).toMatchObject({
      receiptsOpen: 1,
      receiptsOldestSeconds: 7_200,
      receiptsParked: 0,
      outboundDue: 0,
      outboundParked: 1,
      unsealedRows: 1,
      // Everybody took part in the case of its one task.
      tasksUndecidable: 1,
      clocksLate: 1,
      workflowsFailing: 0,
      queuesWithoutWorkers: 1,
    });
    const metrics = createMetrics({ pool, clock: () => nowMs, log: silent });
    let down: string[] = [];
    const server = await startMetricsServer({
      port: 0,
      metrics,
      notReady: () => Promise.resolve(down),
      log: silent,
    });
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return { status: response.status, text: await response.text() };
    };
    const { text } = await get('/metrics');
    expect(text).toMatch(/^fairlead_receipts_oldest_age_seconds 7200$/m);
    expect(text).toMatch(/^fairlead_record_up 1$/m);
    const rules = parse(
      readFileSync(join(import.meta.dirname, '../../docs/alerts/fairlead.rules.yml'), 'utf8'),
    ) as {
      groups: {
        rules: { alert: string; expr: string; annotations: { summary: string; action: string } }[];
      }[];
    };
    const all = rules.groups.flatMap((group) => group.rules);
    const asked = new Set(all.flatMap(({ expr }) => expr.match(/[a-z_]+(?:_[a-z]+)+/g) ?? []));
    const exported = new Set(metrics.registry.getMetricsAsArray().map(({ name }) => name));
    expect([...asked].filter((name) => !exported.has(name))).toEqual([]);
    expect(all.length).toBeGreaterThan(8);
    for (const { annotations } of all) expect(annotations.action.length).toBeGreaterThan(10);
    expect(await get('/healthz')).toMatchObject({ status: 200 });
    expect(await get('/readyz')).toMatchObject({ status: 200 });
    down = ['engine'];
    expect(await get('/readyz')).toEqual({ status: 503, text: '{"status":"not ready","down":["engine"]}' });
    expect((await get('/elsewhere')).status).toBe(404);
    await server.stop();
  });

  test('without the database no stale number is told', async () => {
    const dead = createPool({
      url: 'postgres://nobody@127.0.0.1:1/none',
      max: 1,
      applicationName: 'test',
      connectTimeoutMs: 500,
    });
    const text = await createMetrics({ pool: dead, clock: () => AT_MS, log: silent }).scrape();
    expect(text).toMatch(/^fairlead_record_up 0$/m);
    expect(text).not.toMatch(/^fairlead_receipts_open \d/m);
    await dead.end();
  });

  test('the probe writes what the engine says of workflows the record waits for, and clears it', async () => {
    const environment = await attachToServer();
    const queue = `nobody-${randomBytes(4).toString('hex')}`;
    const lost = await addReceipt(record, { caseId: 'reg_lost', workflowId: `deal-registration:${queue}` });
    const probe = createProbe({
      pool,
      clock: () => AT_MS + HOUR_MS,
      log: silent,
      client: environment.client,
      namespace: 'default',
      queues: [queue],
    });
    const found = await probe.probeOnce();
    expect(found.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual(
      expect.arrayContaining([`lost_workflow deal-registration:${queue}`, `no_workers ${queue}`]),
    );
    const open = () =>
      record.query<{ kind: string }>(
        `select kind from probe_finding where cleared_at is null and subject like '%' || $1 order by kind`,
        [queue],
      );
    expect((await open()).map(({ kind }) => kind)).toEqual(['lost_workflow', 'no_workers']);
    await settle(record, lost);
    await probe.probeOnce();
    expect((await open()).map(({ kind }) => kind)).toEqual(['no_workers']);
    await environment.teardown();
  });
});
