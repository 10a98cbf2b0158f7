import { setTimeout } from 'node:timers/promises';
import type { MailGateway } from '../adapters/gateways/mail.ts';
import {
  addDigest,
  claimOutbound,
  fanOutToRole,
  findCaseForMail,
  findPriceForMail,
  findDigestReaders,
  findRecipient,
  findWaiting,
  markDelivered,
  recordOutboundFault,
  type Delivered,
  type DigestReader,
  type DueOutbound,
} from '../adapters/store/outbound.ts';
import type { Pool } from '../adapters/store/pool.ts';
import {
  claimReceipts,
  findCaseEnd,
  confirmReceipt,
  isSettled,
  recordReceiptFault,
  settleRefused,
  type DueReceipt,
} from '../adapters/store/relay-receipts.ts';
import { problems, type Problem } from '../api/contract/problem.ts';
import type { Refusal, RefusalType } from '../workflows/contracts/command.ts';
import type { EngineDelivery } from './engine-delivery.ts';
import { createLoop, type Clock, type Log, type Loop } from './loop.ts';
import { roleChoiceOf, wantsMail } from '../domain/mail-choice.ts';
import { caseOf, knownZone, MailNotWritable, templateOf, wordsOf } from './mail-words.ts';

/**
 * The relay delivers what was committed and has not arrived: receipts to workflows, mails to people, signals to other
 * workflows. At least once, and in order for each case and receiver; receivers drop what they have seen (Updates and
 * signals by their id, mail readers by the Message-ID). Rows are marked and no position is remembered, because ids commit
 * out of order. A claim is a lease on the row in a transaction of its own, so any number of relays may run, and one that
 * dies loses nothing: its rows are due again when the lease ends. What cannot be delivered is parked with its cause, for a
 * person to try again or to skip. See docs/pieces/relay.md.
 */
export interface Relay extends Loop {
  /** One round of each duty, finished when all it began has ended; for tests. Answers how much was claimed. */
  relayOnce(): Promise<{ receipts: number; outbound: number; digests: number }>;
}

export interface RelayLimits {
  /** Deliveries under way at once, of receipts and of outbound rows each. */
  readonly concurrency: number;
  /** A claimed row is left alone for so long; longer than any delivery may take. */
  readonly leaseMs: number;
  /** First pause after a failed attempt; it doubles each time, up to `longestBackoffMs`. */
  readonly backoffMs: number;
  readonly longestBackoffMs: number;
  /** Attempts after which a fault that will hardly go away is parked. */
  readonly parkAfter: number;
}

export const DEFAULT_LIMITS: RelayLimits = {
  concurrency: 16,
  leaseMs: 30_000,
  backoffMs: 1_000,
  longestBackoffMs: 60_000,
  parkAfter: 8,
};

const POLL_MS = 200;
const IDLE_POLL_MS = 500;
const DIGEST_EVERY_MS = 60_000;
/** A refusal "for now" of one receiver (mailbox full, greylisted) is given this much more patience than one for good. */
const PATIENCE_FOR_NOW = 5;
/** Local hour of the day from which the digest goes out. */
const DIGEST_HOUR = 7;
const DIGEST_ROWS = 10;

/** `pool` signs in as the worker role. */
export const createRelay = (input: {
  pool: Pool;
  clock: Clock;
  log: Log;
  engine: EngineDelivery;
  mail: MailGateway;
  /** Where people's browsers find the console, without a trailing slash. */
  publicUrl: string;
  limits?: Partial<RelayLimits>;
}): Relay => {
  const { log } = input;
  const limits = { ...DEFAULT_LIMITS, ...input.limits };
  const parts: Parts = { ...input, limits, marks: gatherMarks(input.pool) };
  const receipts = createDuty({
    name: 'relay of receipts',
    parts,
    claim: claimReceipts,
    deliver: (receipt) => relayReceipt(parts, receipt),
  });
  const outbound = createDuty({
    name: 'relay of outbound',
    parts,
    claim: claimOutbound,
    deliver: (row) => relayOutbound(parts, row),
  });
  const digests = createLoop({
    name: 'digests',
    everyMs: DIGEST_EVERY_MS,
    log,
    round: async () => {
      await addDueDigests(parts);
      return 'idle';
    },
  });
  return {
    start: () => {
      for (const loop of [receipts, outbound, digests]) loop.start();
    },
    stop: async () => {
      await Promise.all([receipts.stop(), outbound.stop(), digests.stop()]);
    },
    relayOnce: async () => ({
      digests: await addDueDigests(parts),
      receipts: await receipts.once(),
      outbound: await outbound.once(),
    }),
  };
};

interface Parts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: EngineDelivery;
  readonly mail: MailGateway;
  readonly publicUrl: string;
  readonly limits: RelayLimits;
  readonly marks: Marks;
}

interface Marks {
  /** Resolves when the mark is in the record. */
  mark(delivered: Delivered): Promise<void>;
}

/** What ends while marks are being written is marked with the next writing: under load one transaction serves many. */
const gatherMarks = (pool: Pool): Marks => {
  let gathered: Delivered[] = [];
  let next: Promise<void> | null = null;
  let writing: Promise<unknown> = Promise.resolve();
  const write = async (): Promise<void> => {
    const rows = gathered;
    gathered = [];
    next = null;
    await markDelivered(pool, rows);
  };
  return {
    mark: (delivered) => {
      gathered.push(delivered);
      if (next === null) {
        next = writing.then(write);
        writing = next.catch(() => undefined);
      }
      return next;
    },
  };
};

interface Duty extends Loop {
  once(): Promise<number>;
}

/** Claims what is due and delivers it side by side: a slow receiver takes one place of `concurrency`, not the round. */
const createDuty = <Row>(input: {
  name: string;
  parts: Parts;
  claim: (claim: { pool: Pool; nowMs: number; leaseUntilMs: number; limit: number }) => Promise<Row[]>;
  deliver: (row: Row) => Promise<void>;
}): Duty => {
  const { name, claim, deliver } = input;
  const { pool, clock, log, limits } = input.parts;
  const underWay = new Set<Promise<void>>();
  const round = async (): Promise<number> => {
    if (underWay.size >= limits.concurrency) await Promise.race(underWay);
    const nowMs = clock();
    const rows = await claim({
      pool,
      nowMs,
      leaseUntilMs: nowMs + limits.leaseMs,
      limit: limits.concurrency - underWay.size,
    });
    for (const row of rows) {
      const delivery = deliver(row)
        // The lease brings the row back, so a fault in recording the outcome costs a repetition and no row.
        .catch((cause: unknown) =>
          log.error({ err: cause, loop: name }, `${name}: an outcome could not be recorded`),
        )
        .finally(() => underWay.delete(delivery));
      underWay.add(delivery);
    }
    return rows.length;
  };
  const loop = createLoop({
    name,
    everyMs: POLL_MS,
    idleMs: IDLE_POLL_MS,
    log,
    round: async () => {
      if ((await round()) === 0) return 'idle';
      // What comes next in the same case is due when one of these has ended; what is due in others waits for none.
      await Promise.race([...underWay, setTimeout(POLL_MS)]);
      return 'more';
    },
  });
  return {
    start: () => loop.start(),
    stop: async () => {
      await loop.stop();
      await Promise.all(underWay);
    },
    once: async () => {
      const claimed = await round();
      await Promise.all(underWay);
      return claimed;
    },
  };
};

const backoffMs = (limits: RelayLimits, attempts: number): number =>
  Math.min(limits.backoffMs * 2 ** Math.min(attempts - 1, 30), limits.longestBackoffMs);

const relayReceipt = async (parts: Parts, receipt: DueReceipt): Promise<void> => {
  const { pool, clock, log, engine } = parts;
  const outcome = await engine.deliverReceipt(receipt);
  switch (outcome.kind) {
    case 'answered':
      // The effect settles its receipt in its own transaction; an answer without it is a fault of the process.
      if (await isSettled(pool, receipt.number)) return confirmReceipt(pool, receipt.number);
      return receiptFault(parts, receipt, {
        cause: 'the workflow answered and did not settle the receipt',
        lasting: true,
      });
    case 'refused': {
      // Its effect is in the record already: the workflow is past it, or adopted the record's state.
      if (await isSettled(pool, receipt.number)) return confirmReceipt(pool, receipt.number);
      const answer = problemOf(outcome.type, outcome.refusal, receipt);
      await settleRefused({ pool, number: receipt.number, statusCode: answer.status, answer, atMs: clock() });
      log.info({ receipt: receipt.number, refusal: outcome.type }, `receipt ${receipt.number} was refused`);
      return;
    }
    case 'gone':
      return receiptWithoutWorkflow(parts, receipt);
    case 'try_again':
      return receiptFault(parts, receipt, { cause: outcome.cause, lasting: false });
    case 'failed':
      return receiptFault(parts, receipt, { cause: outcome.cause, lasting: true });
  }
};

/** Over in the record: too late, and said so. Open in the record: the workflow was lost, and the receipt waits for it. */
const receiptWithoutWorkflow = async (parts: Parts, receipt: DueReceipt): Promise<void> => {
  const { pool, clock } = parts;
  const end = await findCaseEnd({ pool, caseId: receipt.caseId, personId: receipt.personId });
  // The effect may have settled it in the very step that ended the case.
  if (end !== null && (await isSettled(pool, receipt.number))) return confirmReceipt(pool, receipt.number);
  if (end === null) {
    return receiptFault(parts, receipt, {
      cause: `workflow ${receipt.workflowId} does not run though its case is not over: rebuild it with reconcile`,
      lasting: true,
    });
  }
  const { reference, ...conflict } = end;
  const answer = problemOf(
    'conflict',
    { detail: `${reference} is over (${end.status}).`, conflict },
    receipt,
  );
  await settleRefused({ pool, number: receipt.number, statusCode: answer.status, answer, atMs: clock() });
};

const receiptFault = async (
  { pool, clock, log, limits }: Parts,
  receipt: DueReceipt,
  fault: { cause: string; lasting: boolean },
): Promise<void> => {
  const nowMs = clock();
  const parked = fault.lasting && receipt.attempts >= limits.parkAfter;
  await recordReceiptFault({
    pool,
    number: receipt.number,
    cause: fault.cause,
    nextAttemptAtMs: nowMs + backoffMs(limits, receipt.attempts),
    parkedAtMs: parked ? nowMs : null,
  });
  const facts = { receipt: receipt.number, attempts: receipt.attempts, cause: fault.cause };
  if (parked) log.error(facts, `receipt ${receipt.number} is parked`);
  else log.warn(facts, `receipt ${receipt.number} was not delivered and will be tried again`);
};

const problemOf = (type: RefusalType, refusal: Refusal, receipt: DueReceipt): Problem => ({
  type: `/problems/${type}`,
  title: problems[type].title,
  status: problems[type].status,
  detail: refusal.detail,
  instance: receipt.updateId,
  ...(refusal.errors === undefined ? {} : { errors: [...refusal.errors] }),
  ...(refusal.conflict === undefined ? {} : { conflict: { ...refusal.conflict } }),
});

const relayOutbound = async (parts: Parts, row: DueOutbound): Promise<void> => {
  switch (row.channel) {
    case 'signal':
      return relaySignal(parts, row);
    case 'mail':
      try {
        return await relayMail(parts, row);
      } catch (cause) {
        if (!(cause instanceof MailNotWritable)) throw cause;
        return outboundFault(parts, row, { cause: cause.message, parkAfter: 1 });
      }
  }
};

const relaySignal = async (parts: Parts, row: DueOutbound): Promise<void> => {
  const { pool, clock, engine, limits, marks } = parts;
  const outcome = await engine.deliverSignal(row);
  switch (outcome.kind) {
    case 'answered':
      return marks.mark({ id: row.id, atMs: clock(), reason: null });
    case 'gone': {
      // A receiver that ended needs no more signals; one that the record still has open waits for `reconcile`.
      const caseId = row.target.slice(row.target.indexOf(':') + 1);
      const end = await findCaseEnd({ pool, caseId, personId: '' });
      if (end !== null) return marks.mark({ id: row.id, atMs: clock(), reason: 'receiver_ended' });
      return outboundFault(parts, row, {
        cause: `workflow ${row.target} does not run`,
        parkAfter: limits.parkAfter,
      });
    }
    case 'refused':
      return outboundFault(parts, row, { cause: outcome.refusal.detail, parkAfter: limits.parkAfter });
    case 'failed':
      return outboundFault(parts, row, { cause: outcome.cause, parkAfter: limits.parkAfter });
    case 'try_again':
      return outboundFault(parts, row, { cause: outcome.cause, parkAfter: null });
  }
};

const relayMail = async (parts: Parts, row: DueOutbound): Promise<void> => {
  const { pool, clock, mail, publicUrl, limits, marks } = parts;
  const template = templateOf(row);
  if (row.target.startsWith('role:')) {
    const role = row.target.slice('role:'.length);
    const holders = await fanOutToRole({
      pool,
      row,
      role,
      choice: roleChoiceOf(template),
      atMs: clock(),
    });
    if (holders > 0) return;
    return outboundFault(parts, row, { cause: `nobody has the role ${role}`, parkAfter: limits.parkAfter });
  }
  const recipient = await findRecipient(pool, row.target);
  if (recipient === null) throw new MailNotWritable(`there is no person ${row.target}`);
  if (!recipient.active) return marks.mark({ id: row.id, atMs: clock(), reason: 'inactive' });
  if (!wantsMail(template, recipient.mail)) {
    return marks.mark({ id: row.id, atMs: clock(), reason: 'preference' });
  }
  const words = wordsOf({
    row,
    recipient,
    ofCase: await findCaseForMail(pool, caseOf(row)),
    ofPrice: await findPriceForMail(pool, row.caseId),
    waiting:
      template === 'digest'
        ? await findWaiting({ pool, personId: recipient.id, atMs: clock(), limit: DIGEST_ROWS })
        : { waiting: [], total: 0 },
    publicUrl,
    nowMs: clock(),
  });
  const to = { name: recipient.displayName, address: recipient.email };
  const outcome = await mail.send({ id: row.id, to, ...words });
  switch (outcome.kind) {
    case 'accepted':
      return marks.mark({ id: row.id, atMs: clock(), reason: null });
    case 'refused': {
      const parkAfter = outcome.permanent ? limits.parkAfter : limits.parkAfter * PATIENCE_FOR_NOW;
      return outboundFault(parts, row, { cause: outcome.cause, parkAfter });
    }
    case 'unreachable':
      return outboundFault(parts, row, { cause: outcome.cause, parkAfter: null });
  }
};

/** `parkAfter` null: never, because the fault says nothing about this row. */
const outboundFault = async (
  { pool, clock, log, limits }: Parts,
  row: DueOutbound,
  fault: { cause: string; parkAfter: number | null },
): Promise<void> => {
  const nowMs = clock();
  const parked = fault.parkAfter !== null && row.attempts >= fault.parkAfter;
  await recordOutboundFault({
    pool,
    id: row.id,
    cause: fault.cause,
    nextAttemptAtMs: nowMs + backoffMs(limits, row.attempts),
    parkedAtMs: parked ? nowMs : null,
  });
  const facts = { outbound: row.id, attempts: row.attempts, cause: fault.cause };
  if (parked) log.error(facts, `${row.channel} ${row.id} is parked`);
  else log.warn(facts, `${row.channel} ${row.id} was not delivered and will be tried again`);
};

const addDueDigests = async ({ pool, clock }: Parts): Promise<number> => {
  const atMs = clock();
  let added = 0;
  for (const reader of await findDigestReaders(pool, atMs)) {
    const due = digestDue(reader, atMs);
    if (due === null) continue;
    if (await addDigest({ pool, reader, localDay: due.localDay, period: due.period, atMs })) added += 1;
  }
  return added;
};

/** From seven in the morning where the person is, every day or on Mondays; null when none is due. */
export const digestDue = (
  reader: Pick<DigestReader, 'digest' | 'timeZone'>,
  atMs: number,
): { localDay: string; period: 'day' | 'week' } | null => {
  if (reader.digest === 'off') return null;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: knownZone(reader.timeZone),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
    weekday: 'short',
  });
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  if (Number(parts.get('hour')) < DIGEST_HOUR) return null;
  if (reader.digest === 'weekly' && parts.get('weekday') !== 'Mon') return null;
  return {
    localDay: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`,
    period: reader.digest === 'weekly' ? 'week' : 'day',
  };
};
