import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { CANDIDATES } from '../../adapters/store/account-matching.ts';
import { createDealRegistrationActivities } from '../../activities/deal-registration.ts';
import { createAppDatabase } from '../../adapters/store/app-database.ts';
import { createPool } from '../../adapters/store/pool.ts';
import { addReceipt } from '../../adapters/store/receipts.ts';
import { formatId } from '../../domain/ids.ts';
import { submissionFor } from '../../scripts/submissions.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import {
  dealRegistrationQueue,
  dealRegistrationType,
  dealRegistrationWorkflowId,
} from '../../workflows/contracts/deal-registration.ts';
import type { SubmitFacts } from '../../workflows/contracts/deal-registration.ts';
import type { Registration } from '../../api/contract/deal-registrations.ts';
import { openDealDesk } from '../house/deals.ts';
import { installFairlead } from '../house/installation.ts';
import type { Installation } from '../house/installation.ts';
import { coinedWord } from '../house/names.ts';
import { openGround } from '../house/servers.ts';
import { table } from '../measure/results.ts';
import type { Goal } from '../measure/results.ts';
import { figure, generator, percentile, withSpread } from '../measure/statistics.ts';
import { startTemporalRival } from '../rivals/contestants.ts';
import type { PartOptions, PartOutcome } from './part.ts';

/** How long one person waits, one at a time: for a submission's answer, for a decision to be seen by the partner. */

const measured = [
  'submit, whole',
  'submit: HTTP and session',
  'submit: receipt',
  'submit: bare update-with-start',
  'submit: record',
  'decision to visible effect',
  'of it, until acknowledged',
  'bare decision',
] as const;
type Measured = (typeof measured)[number];
const PARTS_OF_SUBMIT: readonly Measured[] = [
  'submit: HTTP and session',
  'submit: receipt',
  'submit: bare update-with-start',
  'submit: record',
];

interface Row {
  readonly round: number;
  readonly what: Measured;
  readonly ms: readonly number[];
}

export const measureLatency = async (options: PartOptions): Promise<PartOutcome> => {
  const { quick, rounds, seed, say } = options;
  const accounts = quick ? 2_000 : 100_000;
  const times = quick ? 12 : 200;
  const ground = await openGround({});
  const rows: Row[] = [];
  try {
    say(`loading ${accounts} accounts`);
    const fairlead = await installFairlead(ground, { accounts });
    const open = await fairlead.open();
    const rival = await startTemporalRival(ground, 'lean-latency');
    const random = generator(seed);
    const desk = openDealDesk({
      publicUrl: open.publicUrl,
      cast: fairlead.cast,
      arrange: fairlead.arrange,
      random,
    });
    const alone = partsAlone({ fairlead, random });
    const [seller] = fairlead.cast.sellers;
    if (seller === undefined) throw new RangeError('there are no sellers');

    /** One of each, in turn, so that whatever disturbs the machine disturbs all of them. */
    const once = async (): Promise<Record<Measured, number>> => {
      const timed = async <Result>(work: () => Promise<Result>): Promise<[number, Result]> => {
        const beganMs = performance.now();
        const result = await work();
        return [performance.now() - beganMs, result];
      };
      const [submitMs, submitted] = await timed(() => desk.submit());
      const opened = await desk.openTask(submitted);
      let acknowledgedMs = 0;
      const [decisionMs] = await timed(async () => {
        [acknowledgedMs] = await timed(() => desk.approveTask(opened));
        for (;;) {
          const { body } = await desk.get(submitted.seller, `/api/deal-registrations/${submitted.id}`);
          if ((body as Registration).status === 'approved') return;
        }
      });
      const [httpMs] = await timed(() => desk.get(seller, '/api/session'));
      const { receiptMs, recordMs } = await alone.receiptThenRecord();
      const { ms: bareSubmitMs } = await rival.ask<{ ms: number }>({ kind: 'submit' });
      const { ms: bareDecisionMs } = await rival.ask<{ ms: number }>({ kind: 'decision' });
      return {
        'submit, whole': submitMs,
        'submit: HTTP and session': httpMs,
        'submit: receipt': receiptMs,
        'submit: bare update-with-start': bareSubmitMs,
        'submit: record': recordMs,
        'decision to visible effect': decisionMs,
        'of it, until acknowledged': acknowledgedMs,
        'bare decision': bareDecisionMs,
      };
    };

    for (let warm = 0; warm < Math.min(10, times); warm += 1) await once();
    for (let round = 1; round <= rounds; round += 1) {
      const seen: Record<Measured, number>[] = [];
      for (let time = 0; time < times; time += 1) seen.push(await once());
      for (const what of measured)
        rows.push({ round, what, ms: seen.map((one) => Math.round(one[what] * 1000) / 1000) });
      say(`round ${round} done`);
    }
    desk.close();
    await alone.close();
    await rival.stop();
    await open.close();
  } finally {
    await ground.close();
  }
  return { options: { accounts, times, rounds, seed, quick }, rows, ...report(rows) };
};

/** The pieces that a submission is made of, called as the product calls them, without the rest. */
const partsAlone = (input: { fairlead: Installation; random: () => number }) => {
  const { fairlead, random } = input;
  const appPool = createPool({
    url: fairlead.databaseUrl('fairlead_app'),
    max: 2,
    applicationName: 'bench-receipt',
  });
  const workerPool = createPool({
    url: fairlead.databaseUrl('fairlead_worker'),
    max: 2,
    applicationName: 'bench-record',
  });
  const database = createAppDatabase(appPool);
  const activities = createDealRegistrationActivities({
    pool: workerPool,
    candidateLimit: CANDIDATES,
    taskQueue: dealRegistrationQueue,
  });
  return {
    receiptThenRecord: async (): Promise<{ receiptMs: number; recordMs: number }> => {
      const nowMs = Date.now();
      const registrationId = formatId('registration', nowMs, randomBytes(16));
      const seller = fairlead.cast.sellers[Math.floor(random() * fairlead.cast.sellers.length)];
      if (seller === undefined) throw new RangeError('there are no sellers');
      const { rows } = await fairlead.arrange.query<{ partner_id: string }>(
        'select partner_id from person where id = $1',
        [seller.personId],
      );
      const partnerId = rows[0]?.partner_id ?? '';
      const word = coinedWord(random, 4);
      const facts: SubmitFacts = { registrationId, partnerId, programId: fairlead.cast.plainProgramId };
      const receiptBeganMs = performance.now();
      const receipt = await database.transaction(
        { scope: { side: 'partner', partnerId }, atMs: nowMs, readOnly: false },
        (sql) =>
          addReceipt(sql, {
            personId: seller.personId,
            partnerId,
            actingForId: null,
            route: 'POST /api/deal-registrations',
            idempotencyKey: randomUUID(),
            bodyHash: '',
            body: submissionFor({
              programId: facts.programId,
              customer: {
                legalName: `${word} Marine GmbH`,
                webDomain: `${word.toLowerCase()}-${nowMs}.example`,
                country: 'DE',
              },
              nowMs,
            }),
            caseKind: 'deal-registration',
            caseId: registrationId,
            workflowId: dealRegistrationWorkflowId(registrationId),
            startsWorkflow: dealRegistrationType,
            updateName: 'submit',
            updateId: createHash('sha256').update(registrationId).digest('hex'),
            facts,
            receivedAtMs: null,
            // Nobody else delivers it meanwhile.
            relayAfterMs: 3_600_000,
          }),
      );
      const receiptMs = performance.now() - receiptBeganMs;
      if (receipt === null) throw new Error('a receipt was there already');
      const command: Command<SubmitFacts> = {
        receipt: receipt.number,
        receivedAtMs: receipt.receivedAtMs,
        actorId: seller.personId,
        actorSide: 'partner',
        actingForId: null,
        facts,
      };
      const recordBeganMs = performance.now();
      const outcome = await activities.recordSubmission({ command });
      const recordMs = performance.now() - recordBeganMs;
      if (outcome.kind !== 'done')
        throw new Error(`the record refused a submission: ${JSON.stringify(outcome)}`);
      return { receiptMs, recordMs };
    },
    close: async () => {
      await appPool.end();
      await workerPool.end();
    },
  };
};

const report = (rows: readonly Row[]): { goals: Goal[]; details: string } => {
  const each = (what: Measured, share: number): number[] =>
    rows.filter((row) => row.what === what).map((row) => percentile(row.ms, share));
  const middle = (what: Measured, share: number): number => percentile(each(what, share), 0.5);
  const sum = (share: number): number => PARTS_OF_SUBMIT.reduce((ms, what) => ms + middle(what, share), 0);
  const atMost = (what: string, measuredTimes: number, limit: number): Goal => ({
    what,
    measured: `${figure(measuredTimes)} ×`,
    goal: `at most ${limit} ×`,
    met: measuredTimes <= limit,
  });
  const against = (share: number): number =>
    middle('decision to visible effect', share) / middle('bare decision', share);
  return {
    goals: [
      atMost('decision to visible effect, p50, against the bare lean shape', against(0.5), 1.5),
      atMost('decision to visible effect, p99, against the bare lean shape', against(0.99), 1.5),
      atMost(
        'submit acknowledged, p50, against the sum of its parts alone',
        middle('submit, whole', 0.5) / sum(0.5),
        1.5,
      ),
      atMost(
        'submit acknowledged, p99, against the sum of its parts alone',
        middle('submit, whole', 0.99) / sum(0.99),
        2,
      ),
    ],
    details: [
      'One at a time, each in turn. Medians of the rounds, least and most in brackets.',
      '',
      table(
        ['', 'p50 ms', 'p99 ms'],
        measured.map((what) => [what, withSpread(each(what, 0.5)), withSpread(each(what, 0.99))]),
      ),
    ].join('\n'),
  };
};
