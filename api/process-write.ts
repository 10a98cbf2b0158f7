import { createHash } from 'node:crypto';
import { addReceipt, findReceipt, isEngineBehind, settleReceipt } from '../adapters/store/receipts.ts';
import type { StoredReceipt } from '../adapters/store/receipts.ts';
import type { AppDatabase, Scope, Sql } from '../adapters/store/app-database.ts';
import { caseEnd } from '../adapters/store/registration-reads.ts';
import type { CaseNews } from './case-news.ts';
import { problems } from './contract/problem.ts';
import type { ProcessClient, ProcessReply } from './process-client.ts';
import { problemOf, Refused } from './refused.ts';
import type { ProcessRequest, SignedIn } from './route-handler.ts';

/*
 * A write to a process (docs/pieces/receipts.md): the receipt is committed, then the workflow is asked. The answer is the
 * record's as soon as the step is committed there. When none comes in time the caller is told that it is accepted and where to
 * look; the relay delivers what is left open.
 */

/** What the caller is sent. `accepted` is the 202: `body` names the receipt. */
export interface WriteReply {
  readonly statusCode: number;
  readonly body: unknown;
  readonly replayed: boolean;
  readonly location: string | null;
}

export interface ProcessWrite {
  readonly database: AppDatabase;
  readonly processes: ProcessClient;
  readonly news: Pick<CaseNews, 'ofReceipt'>;
  /** The engine answered for this receipt: it need not be delivered again. */
  readonly confirm: (receipt: number) => void;
  readonly scope: Scope;
  readonly principal: SignedIn;
  readonly route: string;
  readonly idempotencyKey: string;
  readonly bodyHash: string;
  readonly atMs: number;
  /** Epoch ms in place of the database's clock; null outside of tests. */
  readonly receivedAtMs: number | null;
  readonly deadlineMs: number;
  readonly prepare: (sql: Sql) => Promise<ProcessRequest>;
}

const RELAY_MARGIN_MS = 2_000;
const POLL_MS = 40;

/** The id under which the workflow is asked: the same for every repeat of a key. */
export function updateIdOf(key: { personId: string; route: string; idempotencyKey: string }): string {
  return createHash('sha256').update([key.personId, key.route, key.idempotencyKey].join('\n')).digest('hex');
}

/** Does the write once, however often and however much in parallel it is asked for. Throws `Refused` and `Unavailable`. */
export async function writeToProcess(write: ProcessWrite): Promise<WriteReply> {
  const { database, scope, principal, route, idempotencyKey, atMs } = write;
  const key = { personId: principal.personId, route, idempotencyKey };
  const updateId = updateIdOf(key);
  const begun = await database.transaction({ scope, atMs, readOnly: false }, async (sql, last) => {
    const earlier = await findReceipt(sql, key);
    if (earlier !== null) return { earlier };
    const request = await write.prepare(sql);
    const added = await addReceipt(last, {
      ...key,
      partnerId: principal.partnerId,
      bodyHash: write.bodyHash,
      body: request.body,
      caseKind: request.caseKind,
      actingForId: request.actingForId,
      caseId: request.caseId,
      workflowId: request.workflowId,
      startsWorkflow: request.starts?.workflowType ?? null,
      updateName: request.updateName,
      updateId,
      facts: request.facts,
      receivedAtMs: write.receivedAtMs,
      relayAfterMs: write.deadlineMs + RELAY_MARGIN_MS,
    });
    return added === null ? { earlier: null } : { request, added };
  });
  if ('earlier' in begun) return await repeat({ write, key, earlier: begun.earlier });
  const { request, added } = begun;
  const awaited = write.news.ofReceipt(added.number);
  try {
    const delivery = write.processes.deliver({
      workflowId: request.workflowId,
      starts: request.starts,
      updateName: request.updateName,
      updateId,
      command: {
        receipt: added.number,
        receivedAtMs: added.receivedAtMs,
        actorId: principal.personId,
        actorSide: principal.side,
        actingForId: request.actingForId,
        facts: request.facts,
      },
    });
    // Whichever is first: what is committed is true whether or not the engine has told so, and the workflow may go on to what
    // this caller must not wait for, or learn of by waiting.
    const first = await Promise.race([delivery, awaited.told.then((): 'told' => 'told')]);
    if (first === 'told') {
      const receipt = await ask(write, (last) => findReceipt(last, key));
      if (receipt?.answer !== null && receipt?.answer !== undefined) {
        void delivery.then((reply) => {
          if (reply.kind === 'answered') write.confirm(added.number);
        });
        return { ...receipt.answer, replayed: false, location: null };
      }
    }
    return await answerTo({
      write,
      reply: await delivery,
      number: added.number,
      updateId,
      caseId: request.caseId,
      receivedAt: new Date(added.receivedAtMs).toISOString(),
    });
  } finally {
    awaited.forget();
  }
}

async function answerTo(input: {
  write: ProcessWrite;
  reply: ProcessReply;
  number: number;
  updateId: string;
  caseId: string;
  receivedAt: string;
}): Promise<WriteReply> {
  const { write, reply, number, updateId } = input;
  const settle = async (statusCode: number, answer: unknown): Promise<WriteReply> => {
    const { database, scope, atMs } = write;
    const settledAt = new Date(Math.max(atMs, Date.parse(input.receivedAt))).toISOString();
    const settled = await database.transaction({ scope, atMs, readOnly: false }, (_sql, last) =>
      settleReceipt(last, { number, statusCode, answer, settledAt }),
    );
    return { statusCode: settled.statusCode, body: settled.body, replayed: false, location: null };
  };
  switch (reply.kind) {
    case 'answered':
      write.confirm(number);
      return {
        statusCode: reply.answer.statusCode,
        body: reply.answer.body,
        replayed: false,
        location: null,
      };
    case 'refused':
      if (reply.type === 'conflict' && (await engineIsBehind(write, { number, caseId: input.caseId })))
        return acceptedReply(input);
      return await settle(
        problems[reply.type].status,
        problemOf(reply.type, reply.refusal, receiptAddress(updateId)),
      );
    case 'gone': {
      // The record says whether the case ended; if it did not, its workflow is lost and will be rebuilt.
      const end = await ask(write, (last) => caseEnd(last, input.caseId));
      if (end === null) return acceptedReply(input);
      return await settle(
        409,
        problemOf(
          'conflict',
          { detail: `The case ${input.caseId} ended: it is ${end.status}.`, conflict: end },
          receiptAddress(updateId),
        ),
      );
    }
    case 'later':
      return acceptedReply(input);
    default:
      return reply satisfies never;
  }
}

/** Asks the record one question, with the eyes of whoever writes. */
function ask<Answer>(
  { database, scope, atMs }: ProcessWrite,
  question: (last: Sql) => Promise<Answer>,
): Promise<Answer> {
  return database.transaction({ scope, atMs, readOnly: true }, (_sql, last) => question(last));
}

/** A workflow that lost a message refuses by what it knows; the relay brings it up to the record first. */
function engineIsBehind(write: ProcessWrite, receipt: { number: number; caseId: string }): Promise<boolean> {
  return ask(write, (last) => isEngineBehind(last, receipt));
}

/** The same key again: the first answer when there is one, after waiting for it as long as a delivery may take. */
async function repeat(input: {
  write: ProcessWrite;
  key: { personId: string; route: string; idempotencyKey: string };
  earlier: StoredReceipt | null;
}): Promise<WriteReply> {
  const { write, key } = input;
  const giveUpAtMs = Date.now() + write.deadlineMs;
  const look = (): Promise<StoredReceipt | null> => ask(write, (last) => findReceipt(last, key));
  let receipt = input.earlier ?? (await look());
  while (receipt !== null) {
    if (receipt.bodyHash !== write.bodyHash) {
      throw new Refused('key_reused', {
        detail: 'This Idempotency-Key came with another request before; take a new one for a new write.',
      });
    }
    if (receipt.answer !== null) return { ...receipt.answer, replayed: true, location: null };
    if (Date.now() >= giveUpAtMs) return acceptedReply(receipt);
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
    receipt = await look();
  }
  throw new Refused('internal', { detail: 'The receipt of the earlier request was not found again.' });
}

/** Accepted, and where to look. */
export function acceptedReply(receipt: { updateId: string; caseId: string; receivedAt: string }): WriteReply {
  const location = receiptAddress(receipt.updateId);
  return {
    statusCode: 202,
    body: { status: 'accepted', receipt: location, caseId: receipt.caseId, receivedAt: receipt.receivedAt },
    replayed: false,
    location,
  };
}

function receiptAddress(updateId: string): string {
  return `/api/receipts/${updateId}`;
}
