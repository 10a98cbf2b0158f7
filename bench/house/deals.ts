import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Registration, Submission } from '../../api/contract/deal-registrations.ts';
import type { Decided, TaskDetail } from '../../api/contract/tasks.ts';
import { submissionFor } from '../../scripts/submissions.ts';
import { createHttpClient } from './http.ts';
import type { Reply } from './http.ts';
import { coinedWord, pickFrom } from './names.ts';
import type { Cast, Somebody } from './people.ts';

/** One deal through the public API, as a seller and an approver make it: submitted, approved, won. */
export interface DealDesk {
  submit(options?: { programId?: string }): Promise<Submitted>;
  /** Waits for the task, opens it as a person would, and approves. */
  approve(submitted: Submitted): Promise<void>;
  /** The task of a registration, opened and ready to be approved by `approveTask`. */
  openTask(submitted: Submitted): Promise<OpenedTask>;
  approveTask(opened: OpenedTask): Promise<void>;
  /** Waits until the record says so. */
  untilStatus(submitted: Submitted, status: string): Promise<void>;
  win(submitted: Submitted): Promise<void>;
  get(who: Somebody, path: string): Promise<Reply>;
  close(): void;
}

export interface Submitted {
  readonly id: string;
  readonly seller: Somebody;
}

export interface OpenedTask {
  readonly task: TaskDetail;
  readonly approver: Somebody;
}

const LOOK_EVERY_MS = 10;
const ASK_AGAIN_AFTER_MS = 100;
const LOOK_AT_MOST_MS = 60_000;
/** One product of each of the seed's families, in turn: approvals of one family go one by one. */
const SKUS = ['HSW-48', 'HFW-200', 'HOS-10T', 'HCR-1Y'];
const FORMS = [
  { country: 'DE', form: 'GmbH' },
  { country: 'FR', form: 'SAS' },
  { country: 'US', form: 'Inc.' },
  { country: 'IT', form: 'S.p.A.' },
];

export const openDealDesk = (input: {
  publicUrl: string;
  cast: Cast;
  arrange: pg.Client;
  random: () => number;
}): DealDesk => {
  const { cast, random } = input;
  const http = createHttpClient(input.publicUrl);
  const eyes = openEyes(input.arrange);
  const pick = pickFrom(random);
  let turn = 0;
  const headersOf = (who: Somebody): Record<string, string> => ({ cookie: `fairlead=${who.token}` });
  const get = (who: Somebody, path: string): Promise<Reply> =>
    http.send({ method: 'GET', path, headers: headersOf(who) });

  /** One write to its final answer: an answer that is only "accepted" is asked for again, as a program would. */
  const write = async <Body>(who: Somebody, path: string, body: object): Promise<Body> => {
    let reply = await http.send({
      method: 'POST',
      path,
      body,
      headers: { ...headersOf(who), 'x-fairlead': '1', 'idempotency-key': randomUUID() },
    });
    while (reply.status === 202 && reply.location !== null) {
      await pause(ASK_AGAIN_AFTER_MS);
      reply = await get(who, reply.location);
    }
    if (reply.status >= 300) throw new Error(`POST ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body as Body;
  };

  /** A customer's name that shares parts with many accounts and is like none of them. */
  const customer = (): Pick<Submission['customer'], 'legalName' | 'webDomain' | 'country'> => {
    const { country, form } = pick(FORMS);
    const words = [coinedWord(random, 3), coinedWord(random, 2)];
    const trade = pick(['Logistics', 'Systems', 'Foods', 'Marine', 'Energy']);
    return {
      legalName: `${words.join(' ')} ${trade} ${form}`,
      webDomain: `${words.join('-').toLowerCase()}-${Math.floor(random() * 1e9).toString(36)}.example`,
      country,
    };
  };

  const readTask = async (approver: Somebody, taskId: string): Promise<TaskDetail> => {
    const reply = await get(approver, `/api/tasks/${taskId}`);
    if (reply.status !== 200) throw new Error(`GET task ${taskId}: ${reply.status}`);
    return reply.body as TaskDetail;
  };

  const openTask = async ({ id }: Submitted): Promise<OpenedTask> => {
    const taskId = await eyes.taskOf(id);
    const approver = pick(cast.approvers);
    const task = await readTask(approver, taskId);
    if (task.unjudged === 0) return { task, approver };
    // Now and then chance makes a name that is like another: a person says that they differ, and it goes on.
    const seen = (await get(approver, `/api/deal-registrations/${id}`)).body as Registration;
    for (const match of seen.matches.filter(({ judged }) => judged === null)) {
      await write(approver, '/api/account-pairs', {
        registrationId: id,
        otherAccountId: match.otherAccountId,
        verdict: 'different',
        words: 'Another company.',
      });
    }
    return { task: await readTask(approver, taskId), approver };
  };

  const approveTask = async ({ task, approver }: OpenedTask): Promise<void> => {
    await write<Decided>(approver, `/api/tasks/${task.id}/decision`, {
      outcome: 'approve',
      reasonKey: null,
      words: 'Good luck.',
      privateNote: 'Checked.',
      fields: [],
      winnerId: null,
      factsHash: task.factsHash,
    });
  };

  return {
    submit: async (options = {}) => {
      turn += 1;
      const seller = cast.sellers[turn % cast.sellers.length];
      const sku = SKUS[turn % SKUS.length];
      if (seller === undefined || sku === undefined) throw new RangeError('there are no sellers');
      const { id } = await write<{ id: string }>(
        seller,
        '/api/deal-registrations',
        submissionFor({
          programId: options.programId ?? cast.plainProgramId,
          customer: customer(),
          nowMs: Date.now(),
          sku,
        }),
      );
      return { id, seller };
    },
    openTask,
    approveTask,
    approve: async (submitted) => approveTask(await openTask(submitted)),
    untilStatus: ({ id }, status) => eyes.untilStatus(id, status),
    win: async ({ id, seller }) => {
      await write(seller, `/api/deal-registrations/${id}/outcome`, {
        outcome: 'won',
        orderReference: 'PO-1',
        words: '',
      });
    },
    get,
    close: () => {
      eyes.close();
      http.close();
    },
  };
};

/** A deal from submission to won. */
export const wholeDeal = async (desk: DealDesk, options?: { programId?: string }): Promise<string> => {
  const submitted = await desk.submit(options);
  await desk.approve(submitted);
  await desk.untilStatus(submitted, 'approved');
  await desk.win(submitted);
  return submitted.id;
};

/**
 * Looks at the record for everybody who waits, with one small query for all of them, so that waiting costs the contestant
 * next to nothing: people do not poll, they are told.
 */
const openEyes = (
  arrange: pg.Client,
): {
  taskOf(caseId: string): Promise<string>;
  untilStatus(caseId: string, status: string): Promise<void>;
  close(): void;
} => {
  type Waiting = {
    until: (row: Row) => string | null;
    settle: (found: string) => void;
    fail: (cause: Error) => void;
    sinceMs: number;
  };
  type Row = { id: string; status: string; task_id: string | null };
  const waiting = new Map<string, Waiting>();
  let looking = false;
  let closed = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    while (waiting.size > 0 && !closed) {
      // Prepared, so that looking costs the database as little as it can: its time is the contestant's.
      const { rows } = await arrange.query<Row>({
        name: 'eyes',
        text: `select r.id, r.status, (select t.id from task t where t.case_id = r.id and t.status = 'open' limit 1) as task_id
                 from registration r where r.id = any ($1)`,
        values: [[...waiting.keys()]],
      });
      for (const row of rows) {
        const one = waiting.get(row.id);
        const found = one?.until(row) ?? null;
        if (one !== undefined && found !== null) {
          waiting.delete(row.id);
          one.settle(found);
        } else if (one !== undefined && performance.now() - one.sinceMs > LOOK_AT_MOST_MS) {
          waiting.delete(row.id);
          one.fail(new Error(`${row.id} is still ${row.status} after ${LOOK_AT_MOST_MS / 1000} s`));
        }
      }
      await pause(LOOK_EVERY_MS);
    }
    looking = false;
  };
  const wait = (caseId: string, until: Waiting['until']): Promise<string> =>
    new Promise((settle, fail) => {
      waiting.set(caseId, { until, settle, fail, sinceMs: performance.now() });
      look().catch((cause: unknown) => {
        for (const one of waiting.values())
          one.fail(cause instanceof Error ? cause : new Error(String(cause)));
      });
    });
  return {
    taskOf: (caseId) => wait(caseId, (row) => row.task_id),
    untilStatus: async (caseId, status) => {
      await wait(caseId, (row) => (row.status === status ? row.id : null));
    },
    close: () => {
      closed = true;
    },
  };
};
