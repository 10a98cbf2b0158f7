import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  isGrpcServiceError,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { CANDIDATES } from '../../adapters/store/account-matching.ts';
import { createDealRegistrationActivities } from '../../activities/deal-registration.ts';
import type { CaseDeps } from '../../activities/deal-registration/case-work.ts';
import { createReviewWindowActivities } from '../../activities/review-window.ts';
import type { Submission } from '../../api/contract/deal-registrations.ts';
import { fieldKeys, sealTaxId } from '../../adapters/tax-id.ts';
import { sealedBody } from '../../api/sealed-body.ts';
import type { SealTaxId } from '../../api/sealed-body.ts';
import { createPool } from '../../adapters/store/pool.ts';
import type { Pool } from '../../adapters/store/pool.ts';
import { formatId } from '../../domain/ids.ts';
import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import type { TaskOutcome } from '../../domain/deal-registration/task-outcomes.ts';
import { roleAccounts, seed, seededId } from '../../prisma/seed.ts';
import { createDealRegistrationWorker } from '../../workers/deal-registration.ts';
import type { Answer, Command, Refusal } from '../../workflows/contracts/command.ts';
import {
  dealRegistrationType,
  dealRegistrationWorkflowId,
} from '../../workflows/contracts/deal-registration.ts';
import type { DealRegistrationUpdate, UpdateFacts } from '../../workflows/contracts/deal-registration.ts';
import { createMailGateway } from '../../adapters/gateways/mail.ts';
import { createEngineDelivery } from '../../workers/engine-delivery.ts';
import { createRelay } from '../../workers/relay.ts';
import { SMTPServer } from 'smtp-server';
import { createTestDatabase } from './database.ts';
import { bundle } from './temporal.ts';

/**
 * A vendor's house for tests of deal registration: a seeded database of its own, a worker on a queue of its
 * own, and people who act through receipts as the API makes them. The engine's clock is the receipts' clock,
 * so that a test that skips time receives in the time it skipped to.
 */
export interface RegistrationHouse {
  readonly pool: Pool;
  /** Signs in as the owner of the tables, as the first data do. */
  readonly ownerUrl: string;
  readonly env: TestWorkflowEnvironment;
  nowMs(): Promise<number>;
  submit(input?: {
    as?: string;
    program?: string;
    registrationId?: string;
    submission?: Partial<Submission>;
    /** How long ago it was received, in milliseconds: what counts from the receipt is that much nearer. */
    agoMs?: number;
  }): Promise<{ id: string; answer: Answer }>;
  act<Name extends DealRegistrationUpdate>(
    name: Name,
    input: { id: string; as: string; actingFor?: string; facts: UpdateFacts[Name]; body?: object },
  ): Promise<Answer>;
  /** The same for another kind of case. */
  actOn(
    caseKind: string,
    name: string,
    input: { id: string; as: string; actingFor?: string; facts: object; body?: object },
  ): Promise<Answer>;
  /** A first message that starts its workflow, on a queue of the caller's. */
  begin(input: {
    as: string;
    caseKind: string;
    id: string;
    workflowType: string;
    taskQueue: string;
    facts: object;
    body: object;
    agoMs?: number;
  }): Promise<Answer>;
  /** Decides the newest open task of a case of the given kind. */
  decide(input: {
    id: string;
    as: string;
    /** The absent person in whose place it is decided. */
    actingFor?: string;
    outcome: TaskOutcome;
    kind?: string;
    words?: string;
    reasonKey?: string;
    fields?: string[];
  }): Promise<Answer>;
  registration(id: string): Promise<RegistrationView>;
  timeline(id: string): Promise<string[]>;
  /** Waits until the record says so: the engine moves it, the test only looks. */
  until<Result>(look: () => Promise<Result | null | false>): Promise<Result>;
  /** Puts a changed policy in force for a program, from `agoMs` ago on: later than the one before it began. */
  changePolicy(
    program: string,
    change: (policy: DealRegistrationPolicy) => DealRegistrationPolicy,
    agoMs?: number,
  ): Promise<void>;
  /** What a test arranges in the record itself, as its owner; never what it examines. */
  arrange(text: string, values?: readonly unknown[]): Promise<void>;
  close(): Promise<void>;
}

export interface RegistrationView {
  readonly status: string;
  readonly closure_code: string | null;
  readonly next_step: string | null;
  readonly protected_until: Date | null;
  readonly protected_from: Date | null;
  readonly seq: number;
  readonly partner_id: string;
  readonly extensions: number;
  readonly value_minor: number;
  readonly answer_by: Date | null;
}

export type HouseEffects = Record<string, (input: never) => Promise<unknown>>;

/** Every effect of deal registration and its review windows. */
export function effectsOf(deps: CaseDeps): HouseEffects {
  return { ...createDealRegistrationActivities(deps), ...createReviewWindowActivities(deps) };
}

/** A refusal of the workflow, as the API would turn it into a problem. */
export class WasRefused extends Error {
  readonly type: string;
  readonly refusal: Refusal;
  constructor(type: string, refusal: Refusal) {
    super(`${type}: ${refusal.detail}`);
    this.type = type;
    this.refusal = refusal;
  }
}

const LOOK_EVERY_MS = 20;
const LOOK_AT_MOST_MS = 15_000;

export function personOf(email: string): string {
  const account = roleAccounts.find((one) => one.email.startsWith(email));
  if (account === undefined) throw new RangeError(`No seeded person ${email}`);
  return seededId('person', account.email);
}

export function partnerOfPerson(email: string): string | null {
  const account = roleAccounts.find((one) => one.email.startsWith(email));
  return account === undefined || account.side === 'vendor'
    ? null
    : seededId('partner', account.email.split('@')[1]?.split('.')[0] ?? '');
}

/** A plain, eligible submission; each call names another customer unless told otherwise. */
export function plainSubmission(change: Partial<Submission> = {}): Submission {
  const tag = randomBytes(5).toString('hex');
  return {
    programId: '',
    type: 'new_customer',
    source: 'partner_sourced',
    customer: {
      legalName: `Meadow ${tag} Works GmbH`,
      webDomain: `meadow-${tag}.example`,
      country: 'DE',
      street: 'Harbour Street 1',
      postalCode: '10115',
      city: 'Berlin',
      industry: 'Manufacturing',
      taxId: null,
      phone: null,
      contacts: [{ name: 'Purchasing desk', email: `purchasing@meadow-${tag}.example`, role: 'Buyer' }],
    },
    opportunityName: `Campus renewal ${tag}`,
    lines: [{ sku: 'HSW-48', quantity: 200 }],
    value: { amountMinor: 5_000_000, currency: 'EUR' },
    expectedClose: '2027-09-30',
    stage: 'qualified',
    competitors: [],
    incumbentReseller: null,
    rfp: { status: 'none', date: null },
    salesActivities: ['customer_call', 'demo', 'intent_verified'],
    activitySummary: 'Site visit and a demonstration for the network team.',
    evidenceIds: [],
    distributor: null,
    requestedDiscountPpm: null,
    vendorRep: null,
    ...change,
  };
}

export async function openRegistrationHouse(
  env: TestWorkflowEnvironment,
  options: {
    deps?: (deps: CaseDeps) => CaseDeps;
    relay?: boolean;
    /** Puts something between the engine and the effects, by their names. */
    effects?: (effects: HouseEffects) => HouseEffects;
  } = {},
): Promise<RegistrationHouse> {
  const database = await createTestDatabase();
  await seed({ ownerUrl: database.ownerUrl, mode: 'development' });
  const pool = createPool({ url: database.workerUrl, max: 10, applicationName: 'test-house' });
  const owner = createPool({ url: database.superuserUrl, max: 4, applicationName: 'test-house-owner' });
  const taskQueue = `house-${randomUUID()}`;
  const keys = fieldKeys(randomBytes(32));
  const seal: SealTaxId = (entered) => sealTaxId({ ...entered, keys });
  const deps: CaseDeps = {
    pool,
    candidateLimit: CANDIDATES,
    taskQueue,
  };
  const worker: Worker = await createDealRegistrationWorker({
    connection: env.nativeConnection,
    namespace: 'default',
    bundle: bundle(),
    deps: options.deps?.(deps) ?? deps,
    databaseSlots: 10,
    options: {
      taskQueue,
      shutdownGraceTime: '1s',
      ...(options.effects === undefined ? {} : { activities: options.effects(effectsOf(deps)) }),
    },
  });
  const running = worker.run();
  const relay = options.relay === true ? await startRelay({ pool, env, taskQueue }) : null;
  const nowMs = (): Promise<number> => env.currentTimeMs();

  async function receive(input: {
    as: string;
    route: string;
    body: object;
    caseId: string;
    workflowId?: string;
    update: string;
    facts: object;
    /** The workflow type that it starts; false: none. */
    starts?: string | false;
    caseKind?: string;
    agoMs?: number;
  }): Promise<{ number: number; receivedAtMs: number; updateId: string }> {
    const receivedAtMs = (await nowMs()) - (input.agoMs ?? 0);
    const key = randomUUID();
    const updateId = createHash('sha256').update(key).digest('hex');
    const { rows } = await owner.query<{ number: number }>(
      `insert into receipt (person_id, partner_id, route, idempotency_key, body_hash, body, case_kind, case_id, workflow_id, starts_workflow, update_name, update_id, facts, received_at)
       values ($1, $2, $3, $4, $4, $5, $13, $6, $7, $8, $9, $10, $11, $12) returning number`,
      [
        personOf(input.as),
        partnerOfPerson(input.as),
        input.route,
        key,
        input.body,
        input.caseId,
        input.workflowId ?? dealRegistrationWorkflowId(input.caseId),
        input.starts === false ? null : (input.starts ?? dealRegistrationType),
        input.update,
        updateId,
        input.facts,
        new Date(receivedAtMs).toISOString(),
        input.caseKind ?? 'deal-registration',
      ],
    );
    return { number: rows[0]?.number ?? 0, receivedAtMs, updateId };
  }

  /** What a step settled the receipt with; null while none did. */
  async function recordedAnswer(number: number): Promise<Answer | null> {
    const { rows } = await owner.query<Answer & { statusCode: number | null }>(
      'select status_code as "statusCode", answer as body from receipt where number = $1',
      [number],
    );
    const [row] = rows;
    return row === undefined || row.statusCode === null ? null : row;
  }

  function command<Facts>(
    as: string,
    receipt: { number: number; receivedAtMs: number },
    facts: Facts,
    actingFor?: string,
  ): Command<Facts> {
    return {
      receipt: receipt.number,
      receivedAtMs: receipt.receivedAtMs,
      actorId: personOf(as),
      actorSide: partnerOfPerson(as) === null ? 'vendor' : 'partner',
      actingForId: actingFor === undefined ? null : personOf(actingFor),
      facts,
    };
  }

  const house: RegistrationHouse = {
    pool,
    ownerUrl: database.ownerUrl,
    env,
    nowMs,
    async submit(input = {}) {
      const as = input.as ?? 'sales@northwind';
      const id = input.registrationId ?? formatId('registration', await nowMs(), randomBytes(16));
      const programId = seededId('program', input.program ?? 'one-per-product');
      const body = {
        ...sealedBody(plainSubmission(input.submission), { registrationId: id, seal }),
        programId,
        draftId: null,
      };
      const facts: UpdateFacts['submit'] = {
        registrationId: id,
        partnerId: partnerOfPerson(as) ?? '',
        programId,
      };
      const receipt = await receive({
        as,
        route: 'POST /api/deal-registrations',
        body,
        caseId: id,
        update: 'submit',
        facts,
        agoMs: input.agoMs ?? 0,
      });
      const answer = await asAnswer(() =>
        env.client.workflow.executeUpdateWithStart<
          () => Promise<void>,
          Answer,
          [Command<UpdateFacts['submit']>]
        >('submit', {
          updateId: receipt.updateId,
          args: [command(as, receipt, facts)],
          startWorkflowOperation: new WithStartWorkflowOperation(dealRegistrationType, {
            workflowId: dealRegistrationWorkflowId(id),
            taskQueue,
            args: [{ caseId: id, state: null }],
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        }),
      );
      return { id, answer };
    },
    async begin({ as, caseKind, id, workflowType, taskQueue: queue, facts, body, agoMs }) {
      const workflowId = `${caseKind}:${id}`;
      const receipt = await receive({
        as,
        route: `POST ${caseKind}`,
        body,
        caseId: id,
        workflowId,
        update: 'submit',
        facts,
        starts: workflowType,
        caseKind,
        ...(agoMs === undefined ? {} : { agoMs }),
      });
      return asAnswer(() =>
        env.client.workflow.executeUpdateWithStart<() => Promise<void>, Answer, [Command<object>]>('submit', {
          updateId: receipt.updateId,
          args: [command(as, receipt, facts)],
          startWorkflowOperation: new WithStartWorkflowOperation(workflowType, {
            workflowId,
            taskQueue: queue,
            args: [{ caseId: id, state: null }],
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        }),
      );
    },
    act: (name, input) => house.actOn('deal-registration', name, input),
    async actOn(caseKind, name, { id, as, actingFor, facts, body }) {
      const workflowId = `${caseKind}:${id}`;
      const receipt = await receive({
        as,
        route: name,
        body: sealedBody(body ?? {}, { registrationId: id, seal }),
        caseId: id,
        workflowId,
        update: name,
        facts,
        starts: false,
        caseKind,
      });
      const handle = env.client.workflow.getHandle(workflowId);
      try {
        return await asAnswer(() =>
          handle.executeUpdate<Answer, [Command<unknown>]>(name, {
            updateId: receipt.updateId,
            args: [command(as, receipt, facts, actingFor)],
          }),
        );
      } catch (error) {
        // A message whose step ended the case may be dropped with the task that carried it, and find the case gone when it
        // is delivered again: its answer is the record's, for the API too.
        const answer = error instanceof WorkflowNotFoundError ? await recordedAnswer(receipt.number) : null;
        if (answer === null) throw error;
        return answer;
      }
    },
    async decide({ id, as, actingFor, outcome, kind, words, reasonKey, fields }) {
      const task = await house.until(async () => {
        const { rows } = await pool.query<{ id: string; facts_hash: string }>(
          `select id, facts_hash from task where case_id = $1 and status = 'open' and ($2::text is null or kind = $2) order by opened_at desc limit 1`,
          [id, kind ?? null],
        );
        return rows[0] ?? null;
      });
      return house.act('decide', {
        id,
        as,
        ...(actingFor === undefined ? {} : { actingFor }),
        facts: {
          taskId: task.id,
          outcome,
          reasonKey: reasonKey ?? null,
          fields: fields ?? [],
          winnerId: null,
          factsHash: task.facts_hash,
        },
        body: { words: words ?? 'Looks good.', privateNote: 'Checked against the account plan.' },
      });
    },
    async registration(id) {
      const { rows } = await pool.query<RegistrationView>(
        'select status, closure_code, next_step, protected_from, protected_until, seq, partner_id, extensions, value_minor, answer_by from registration where id = $1',
        [id],
      );
      const row = rows[0];
      if (row === undefined) throw new RangeError(`No registration ${id}`);
      return row;
    },
    async timeline(id) {
      const { rows } = await pool.query<{ kind: string }>(
        'select kind from process_event where case_id = $1 order by seq',
        [id],
      );
      return rows.map(({ kind }) => kind);
    },
    async until(look) {
      const deadline = Date.now() + LOOK_AT_MOST_MS;
      for (;;) {
        const seen = await look();
        if (seen !== null && seen !== false) return seen;
        if (Date.now() > deadline) throw new Error('The record did not come to say so in time.');
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    },
    async changePolicy(program, change, agoMs = 1_000) {
      const { rows } = await owner.query<{ body: DealRegistrationPolicy }>(
        'select body from policy_document where id = $1',
        [seededId('policy', program)],
      );
      const body = rows[0]?.body;
      if (body === undefined) throw new RangeError(`No policy of ${program}`);
      // The owner may not rewrite a published document either: the old one ends, another begins.
      const from = new Date((await nowMs()) - agoMs).toISOString();
      await owner.query(
        `update policy_document set effective_to = $2 where program_id = $1 and kind = 'deal-registration' and effective_to is null`,
        [seededId('program', program), from],
      );
      await owner.query(
        `insert into policy_document (id, program_id, kind, version, status, body, body_hash, effective_from, created_by, published_by, published_at)
         select $1, $2, 'deal-registration', max(version) + 1, 'published', $3, $1, $4, $5, $6, now() from policy_document where program_id = $2 and kind = 'deal-registration'`,
        [
          formatId('policy', Date.now(), randomBytes(16)),
          seededId('program', program),
          change(body),
          from,
          personOf('program-ops@'),
          personOf('admin@halyard'),
        ],
      );
    },
    async arrange(text, values = []) {
      await owner.query(text, [...values]);
    },
    async close() {
      await relay?.stop();
      worker.shutdown();
      await running;
      await pool.end();
      await owner.end();
      await database.drop();
    },
  };
  return house;
}

const FAILED_PRECONDITION = 9;
const DELIVERED_AT_MOST = 5;

/**
 * The answer of a message, or the refusal as `WasRefused`. A signal that arrives while the case ends makes the engine drop the
 * task with the message in it; it is delivered again under the same id, as the relay does.
 */
export async function asAnswer(send: () => Promise<Answer>, delivered = 1): Promise<Answer> {
  try {
    return await send();
  } catch (error) {
    const dropped =
      error instanceof ServiceError &&
      isGrpcServiceError(error.cause) &&
      Number(error.cause.code) === FAILED_PRECONDITION;
    if (dropped && delivered < DELIVERED_AT_MOST) return asAnswer(send, delivered + 1);
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure)
      throw new WasRefused(cause.type ?? '', (cause.details ?? [])[0] as Refusal);
    throw error;
  }
}

/** The product's relay, on this house's record and queue; its mail goes to a real SMTP server that keeps nothing. */
async function startRelay(input: {
  pool: Pool;
  env: TestWorkflowEnvironment;
  taskQueue: string;
}): Promise<{ stop(): Promise<void> }> {
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => void stream.resume().on('end', () => done()),
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const silent = {
    info: () => undefined,
    warn: () => undefined,
    error: (facts: object, message: string) => console.error(message, facts),
  };
  const address = smtp.server.address();
  const relay = createRelay({
    pool: input.pool,
    clock: () => Date.now(),
    log: silent,
    engine: createEngineDelivery({
      client: input.env.client,
      deadlineMs: 5_000,
      queues: { [dealRegistrationType]: input.taskQueue },
    }),
    mail: createMailGateway({
      smtpUrl: `smtp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
      from: 'Fairlead <fairlead@halyard.example>',
    }),
    publicUrl: 'http://127.0.0.1',
  });
  relay.start();
  return {
    stop: async () => {
      await relay.stop();
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
}
