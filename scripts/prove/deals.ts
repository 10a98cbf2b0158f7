import { setTimeout as pause } from 'node:timers/promises';
import type { Registration } from '../../api/contract/deal-registrations.ts';
import type { Program } from '../../api/contract/directory.ts';
import type { TaskDetail } from '../../api/contract/tasks.ts';
import { tag, type Caller, type Reply } from '../api-client.ts';
import { submissionFor } from '../submissions.ts';

/** People who register, decide and win through the public API, whatever breaks under them, and keep every promise they got. */

/** A write that was promised: accepted or answered. */
export interface Promised {
  readonly caller: Caller;
  readonly path: string;
  readonly body: unknown;
  readonly key: string;
  /** The final answer. */
  readonly reply: Reply;
  readonly attempts: number;
  /** Whether it was first told "accepted". */
  readonly accepted: boolean;
}

export interface Crowd {
  /** Sends a registration through to its end: submitted, approved, and won. */
  deal(): Promise<void>;
  /** Registers in the demonstration program and lets nobody decide, so that its clocks run. */
  undecided(): Promise<void>;
  readonly promised: readonly Promised[];
  /** Deals that have begun and not ended. */
  underWay(): number;
}

const STEP_WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 400;
/** No review window, ten seconds to take a decision back. */
const DEALS_IN = 'volume-bands';
/** Counts in minutes. */
const CLOCKS_IN = 'demonstration';

export const openCrowd = async (people: {
  partners: readonly Caller[];
  approver: Caller;
}): Promise<Crowd> => {
  const { partners, approver } = people;
  const promised: Promised[] = [];
  let underWay = 0;
  let turn = 0;
  const programs = itemsOf<Program>(await first(partners).get('/api/programs'));
  const programId = (key: string): string => {
    const found = programs.find((program) => program.key === key);
    if (found === undefined) throw new Error(`the program ${key} is not offered`);
    return found.id;
  };

  const write = async (caller: Caller, path: string, body: unknown): Promise<Promised> => {
    const { key, attempts, accepted, ...reply } = await caller.write(path, body);
    const kept = { caller, path, body, key, attempts, accepted, reply };
    if (reply.status >= 300) throw new Error(`POST ${path} was refused: ${JSON.stringify(reply)}`);
    promised.push(kept);
    return kept;
  };
  const submit = async (program: string): Promise<{ partner: Caller; id: string }> => {
    turn += 1;
    const partner = partners[turn % partners.length] ?? first(partners);
    const name = `${tag()} ${tag()}`;
    const body = submissionFor({
      programId: programId(program),
      customer: { legalName: `${name} GmbH`, webDomain: `${name.replace(' ', '-')}.example`, country: 'DE' },
      nowMs: Date.now(),
    });
    const { reply } = await write(partner, '/api/deal-registrations', body);
    return { partner, id: (reply.body as { id: string }).id };
  };
  const until = async (id: string, holds: (registration: Registration) => boolean): Promise<Registration> => {
    const deadlineMs = Date.now() + STEP_WITHIN_MS;
    let seen: Reply | null = null;
    while (Date.now() < deadlineMs) {
      seen = await approver.get(`/api/deal-registrations/${id}`);
      if (seen?.status === 200 && holds(seen.body as Registration)) return seen.body as Registration;
      await pause(LOOK_EVERY_MS);
    }
    throw new Error(
      `${id} did not get on within ${STEP_WITHIN_MS / 1000} s; last: ${JSON.stringify(seen).slice(0, 400)}`,
    );
  };
  const task = async (id: string): Promise<TaskDetail> => {
    for (let attempt = 0; attempt < STEP_WITHIN_MS / LOOK_EVERY_MS; attempt += 1) {
      const reply = await approver.get(`/api/tasks/${id}`);
      if (reply?.status === 200) return reply.body as TaskDetail;
      await pause(LOOK_EVERY_MS);
    }
    throw new Error(`the task ${id} could not be read`);
  };

  return {
    promised,
    underWay: () => underWay,
    undecided: async () => {
      await submit(CLOCKS_IN);
    },
    deal: async () => {
      underWay += 1;
      try {
        const { partner, id } = await submit(DEALS_IN);
        const waiting = await until(
          id,
          ({ status, openTaskId }) => status === 'pending_approval' && openTaskId !== null,
        );
        const { id: taskId, factsHash } = await task(waiting.openTaskId ?? '');
        await write(approver, `/api/tasks/${taskId}/decision`, {
          outcome: 'approve',
          reasonKey: null,
          words: 'Approved.',
          privateNote: '',
          fields: [],
          winnerId: null,
          factsHash,
        });
        await until(id, ({ status }) => status === 'approved');
        await write(partner, `/api/deal-registrations/${id}/outcome`, {
          outcome: 'won',
          orderReference: `PO-${tag()}`,
          words: '',
        });
        await until(id, ({ status }) => status === 'won');
      } finally {
        underWay -= 1;
      }
    },
  };
};

const first = (callers: readonly Caller[]): Caller => {
  const [caller] = callers;
  if (caller === undefined) throw new Error('nobody is signed in');
  return caller;
};

const itemsOf = <Item>(reply: Reply | null): Item[] => {
  if (reply?.status !== 200) throw new Error(`a list could not be read: ${JSON.stringify(reply)}`);
  return (reply.body as { items: Item[] }).items;
};
