import { setTimeout as pause } from 'node:timers/promises';
import type { Registration } from '../../api/contract/deal-registrations.ts';
import { importedId } from '../../adapters/store/import-own.ts';
import type { Program } from '../../api/contract/directory.ts';
import type { PolicyVersion } from '../../api/contract/policies.ts';
import type { Session } from '../../api/contract/session.ts';
import type { TaskDetail } from '../../api/contract/tasks.ts';
import { signIn, tag, type Caller, type Reply } from '../api-client.ts';
import { submissionFor } from '../submissions.ts';
import type { Promised } from './deals.ts';
import { IMPORT } from './points.ts';

/**
 * Journeys of registrations through the public API, short ones, that between them use every effect of the workers. Each is
 * walked to its end whatever breaks under it, and says by name which effects it uses.
 */

export interface Journey {
  readonly name: string;
  readonly uses: readonly string[];
  /** At most one of a kind at a time. */
  readonly alone: boolean;
  walk(): Promise<void>;
}

export interface Journeys {
  readonly all: readonly Journey[];
  readonly promised: readonly Promised[];
}

type Asked = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

const STEP_WITHIN_MS = 600_000;
const LOOK_EVERY_MS = 500;
/** No review window, three seconds to take a decision back; asks for sales activity. */
const QUICK_PROGRAM = 'volume-bands';
/** No review window, a minute to take a decision back: a process may die several times within it. */
const PATIENT_PROGRAM = 'one-per-product';
/**
 * Counts in minutes; its review window is long enough for two rivals whose submissions are answered late, and its tasks stay
 * with whoever has them, however late he gets to them.
 */
const WINDOW_PROGRAM = 'demonstration';

const CHANGES: Readonly<Record<string, (body: PolicyBody) => PolicyBody>> = {
  [QUICK_PROGRAM]: (body) => ({
    ...body,
    undoWindowSeconds: 3,
    activityCheck: {
      after: { amount: 30, unit: 'day' },
      activities: ['customer_call', 'demo'],
      reminders: [],
      revokeAfter: { amount: 10, unit: 'businessDay' },
      closureCode: 'no_activity',
    },
  }),
  [PATIENT_PROGRAM]: (body) => ({
    ...body,
    undoWindowSeconds: 60,
    reviewWindow: { amount: 0, unit: 'businessHour' },
  }),
  [WINDOW_PROGRAM]: (body) => ({
    ...body,
    undoWindowSeconds: 60,
    reviewWindow: { amount: 2, unit: 'minute' },
    firstResponse: { ...(body['firstResponse'] as object), escalation: [] },
    decision: { ...(body['decision'] as object), escalation: [], lastResort: null },
  }),
};
type PolicyBody = Record<string, unknown>;
const IN_EFFECT_AFTER_MS = 4_000;

export const openJourneys = async (input: { publicUrl: () => string; ask: Asked }): Promise<Journeys> => {
  const { publicUrl, ask } = input;
  const as = (email: string): Promise<Caller> => signIn({ publicUrl, email });
  const northwind = await as('sales@northwind.example');
  const lakeside = await as('sales@lakeside.example');
  const approver = await as('approver@halyard.example');
  const manager = await as('account-manager@halyard.example');
  const director = await as('director@halyard.example');
  const operations = await as('program-ops@halyard.example');
  const admin = await as('admin@halyard.example');
  const promised: Promised[] = [];
  const programs = new Map(
    answered<{ items: Program[] }>(await northwind.get('/api/programs')).items.map(({ key, id }) => [
      key,
      id,
    ]),
  );
  const idOf = (key: string): string => {
    const id = programs.get(key);
    if (id === undefined) throw new Error(`the program ${key} is not offered`);
    return id;
  };
  for (const [key, change] of Object.entries(CHANGES))
    await publish({ operations, admin, programId: idOf(key), change });
  await pause(IN_EFFECT_AFTER_MS);

  /** A write to a process, kept as a promise; null when it came too late. */
  const write = async (caller: Caller, path: string, body: unknown): Promise<unknown> => {
    const { key, attempts, accepted, ...reply } = await caller.write(path, body);
    if (reply.status === 409) return null;
    if (reply.status >= 300) throw new Error(`POST ${path} was refused: ${JSON.stringify(reply)}`);
    promised.push({ caller, path, body, key, attempts, accepted, reply });
    return reply.body;
  };
  const own = async <Body>(caller: Caller, path: string, body: unknown): Promise<Body> => {
    const reply = await caller.write(path, body);
    return answered<Body>(reply);
  };
  const submit = async (
    program: string,
    with_: { partner?: Caller; name?: string; domain?: string | null; country?: string } = {},
  ): Promise<string> => {
    const name = with_.name ?? `${tag()} ${tag()} GmbH`;
    const body = submissionFor({
      programId: idOf(program),
      customer: {
        legalName: name,
        webDomain: with_.domain === undefined ? `${tag()}-${tag()}.example` : with_.domain,
        country: with_.country ?? 'DE',
      },
      nowMs: Date.now(),
    });
    const written = await write(with_.partner ?? northwind, '/api/deal-registrations', body);
    return (written as { id: string }).id;
  };
  const act = (caller: Caller, id: string, verb: string, body: unknown): Promise<unknown> =>
    write(caller, `/api/deal-registrations/${id}/${verb}`, body);
  const until = async (
    id: string,
    holds: (registration: Registration) => boolean,
    waitedFor: string,
  ): Promise<Registration> => {
    const deadlineMs = Date.now() + STEP_WITHIN_MS;
    let seen: Reply | null = null;
    while (Date.now() < deadlineMs) {
      seen = await approver.get(`/api/deal-registrations/${id}`);
      if (seen?.status === 200 && holds(seen.body as Registration)) return seen.body as Registration;
      await pause(LOOK_EVERY_MS);
    }
    throw new Error(
      `${id} waited for ${waitedFor} for ${STEP_WITHIN_MS / 1000} s; last: ${JSON.stringify(seen).slice(0, 400)}`,
    );
  };
  const reaches = (id: string, wanted: Registration['status']): Promise<Registration> =>
    until(id, ({ status }) => status === wanted, wanted);
  const sees = async (look: () => Promise<boolean>, waitedFor: string): Promise<void> => {
    const deadlineMs = Date.now() + STEP_WITHIN_MS;
    while (!(await look())) {
      if (Date.now() > deadlineMs)
        throw new Error(`nothing came of ${waitedFor} within ${STEP_WITHIN_MS / 1000} s`);
      await pause(LOOK_EVERY_MS);
    }
  };
  const readTask = async (id: string): Promise<TaskDetail> => {
    let reply: Reply | null = null;
    await sees(async () => {
      reply = await approver.get(`/api/tasks/${id}`);
      return reply?.status === 200;
    }, `the task ${id}`);
    return answered<TaskDetail>(reply);
  };
  const openTask = async (id: string, kind: TaskDetail['kind']): Promise<TaskDetail> => {
    const deadlineMs = Date.now() + STEP_WITHIN_MS;
    for (;;) {
      const { openTaskId } = await until(id, (one) => one.openTaskId !== null, `an open task (${kind})`);
      const task = await readTask(openTaskId ?? '');
      if (task.kind === kind) return task;
      if (Date.now() > deadlineMs) throw new Error(`${id} opened no task of the kind ${kind}`);
      await pause(LOOK_EVERY_MS);
    }
  };
  const decide = (
    caller: Caller,
    task: Pick<TaskDetail, 'id' | 'factsHash'>,
    decision: { outcome: string; reasonKey?: string; fields?: string[]; winnerId?: string },
  ): Promise<unknown> =>
    write(caller, `/api/tasks/${task.id}/decision`, {
      outcome: decision.outcome,
      reasonKey: decision.reasonKey ?? null,
      words: 'Looked at with care.',
      privateNote: '',
      fields: decision.fields ?? [],
      winnerId: decision.winnerId ?? null,
      factsHash: task.factsHash,
    });
  /** Decides on the newest facts, whatever moved them meanwhile. */
  const decided = async (
    caller: Caller,
    look: () => Promise<TaskDetail>,
    decision: Parameters<typeof decide>[2],
  ): Promise<{ decisionId: string }> => {
    for (;;) {
      const answer = await decide(caller, await look(), decision);
      if (answer !== null) return answer as { decisionId: string };
      await pause(LOOK_EVERY_MS);
    }
  };
  const review = (
    caller: Caller,
    id: string,
    decision: Parameters<typeof decide>[2],
  ): Promise<{ decisionId: string }> => decided(caller, () => openTask(id, 'registration_review'), decision);
  const approved = async (program: string): Promise<string> => {
    const id = await submit(program);
    await review(approver, id, { outcome: 'approve' });
    await reaches(id, 'approved');
    return id;
  };
  const withdraw = async (caller: Caller, id: string): Promise<void> => {
    await act(caller, id, 'withdrawal', { reasonKey: 'no-longer-pursued', words: '' });
    await reaches(id, 'withdrawn');
  };
  const win = async (caller: Caller, id: string): Promise<void> => {
    await act(caller, id, 'outcome', { outcome: 'won', orderReference: `PO-${tag()}`, words: '' });
    await reaches(id, 'won');
  };
  const hasEvent = async (caseId: string, kind: string): Promise<boolean> =>
    (await ask('select from process_event where case_id = $1 and kind = $2', [caseId, kind])).length > 0;
  const eventsOf = async (caseId: string): Promise<number> =>
    (await ask('select from process_event where case_id = $1', [caseId])).length;

  /** Two partners for one customer, and how to wait for the task in which they are judged together. */
  const rivals = async (): Promise<{ first: string; second: string; joint: () => Promise<TaskDetail> }> => {
    const [name, domain] = [`${tag()} Foods`, `${tag()}-${tag()}.example`];
    const [first, second] = await Promise.all([
      submit(WINDOW_PROGRAM, { name: `${name} GmbH`, domain }),
      submit(WINDOW_PROGRAM, { partner: lakeside, name: `${name} AG`, domain }),
    ]);
    const joint = async (): Promise<TaskDetail> => {
      let found: string | undefined;
      await sees(async () => {
        const rows = await ask<{ id: string }>(
          `select t.id from task t join review_window_member m on m.window_id = t.case_id
              where m.registration_id = $1 and t.kind = 'joint_review' and t.status = 'open'`,
          [second],
        );
        found = rows[0]?.id;
        return found !== undefined;
      }, `a joint task of ${first} and ${second}`);
      return readTask(found ?? '');
    };
    return { first, second, joint };
  };

  const journeyOf = (
    name: string,
    uses: readonly string[],
    walk: () => Promise<void>,
    alone = false,
  ): Journey => ({ name, uses, alone, walk });

  const all: Journey[] = [
    journeyOf(
      'approved and won',
      [
        'recordSubmission',
        'matchRivals',
        'undeliveredReceipts',
        'recordDecision',
        'takeEffect',
        'reportOutcome',
      ],
      async () => win(northwind, await approved(QUICK_PROGRAM)),
    ),
    journeyOf('asked, answered, withdrawn', ['writeNote', 'answerInformation', 'withdraw'], async () => {
      const id = await submit(QUICK_PROGRAM);
      await until(id, ({ openTaskId }) => openTaskId !== null, 'a task');
      await act(approver, id, 'note', { audience: 'partner', words: 'We look at it.' });
      await review(approver, id, { outcome: 'request_information', fields: ['lines'] });
      await reaches(id, 'info_requested');
      await act(northwind, id, 'information', {
        words: 'More than we thought.',
        corrections: { lines: [{ sku: 'HSW-48', quantity: 300 }] },
      });
      await reaches(id, 'pending_approval');
      await withdraw(northwind, id);
    }),
    journeyOf(
      'assigned, taken back, denied, appealed',
      ['reassignTask', 'retractDecision', 'appeal'],
      async () => {
        const id = await submit(PATIENT_PROGRAM);
        const task = await openTask(id, 'registration_review');
        await write(operations, `/api/tasks/${task.id}/assignment`, {
          personId: null,
          words: 'Back to its queue.',
        });
        const { decisionId } = await review(approver, id, { outcome: 'approve' });
        const taken = await write(approver, `/api/decisions/${decisionId}/retraction`, {});
        if (taken === null) {
          await reaches(id, 'approved');
          return win(northwind, id);
        }
        await review(approver, id, { outcome: 'deny', reasonKey: 'other' });
        await reaches(id, 'rejected');
        await act(northwind, id, 'appeal', { words: 'The customer confirmed it.' });
        await decided(director, () => openTask(id, 'appeal'), { outcome: 'overturn' });
        await reaches(id, 'approved');
        await win(northwind, id);
      },
    ),
    journeyOf(
      'extended, amended, handed over',
      ['requestExtension', 'amend', 'reportActivity', 'transfer'],
      async () => {
        const id = await approved(QUICK_PROGRAM);
        await act(northwind, id, 'activity', {
          activities: ['demo'],
          words: 'Shown on site.',
          evidenceIds: [],
        });
        await act(northwind, id, 'extension', { words: 'The budget comes in spring.' });
        await decided(manager, () => openTask(id, 'extension'), { outcome: 'grant' });
        await sees(() => hasEvent(id, 'extension_decided'), `the extension of ${id}`);
        await act(northwind, id, 'amendment', {
          value: { amountMinor: 9_000_000, currency: 'EUR' },
          words: 'Larger than planned.',
        });
        await decided(approver, () => openTask(id, 'amendment'), { outcome: 'grant' });
        await sees(() => hasEvent(id, 'amendment_decided'), `the amendment of ${id}`);
        const partnerId = await partnerIdOf(lakeside);
        await act(director, id, 'transfer', { toPartnerId: partnerId, words: 'The partner was bought.' });
        await until(id, (one) => one.partnerId === partnerId, 'its new partner');
        await win(lakeside, id);
      },
    ),
    journeyOf('judged to be two companies', ['judgePair'], async () => {
      const name = `${tag()} Logistics GmbH`;
      const first = await submit(QUICK_PROGRAM, { name, domain: null });
      await until(first, ({ openTaskId }) => openTaskId !== null, 'a task');
      const second = await submit(QUICK_PROGRAM, { partner: lakeside, name, domain: null, country: 'AT' });
      const { matches } = await until(second, (one) => one.matches.length > 0, 'a match');
      await write(approver, '/api/account-pairs', {
        registrationId: second,
        otherAccountId: matches[0]?.otherAccountId ?? '',
        verdict: 'different',
        words: 'Two groups of the same name.',
      });
      await withdraw(northwind, first);
      await withdraw(lakeside, second);
    }),
    journeyOf(
      'rivals decided jointly',
      [
        'admitMember',
        'recordJointDecision',
        'applyJointDecision',
        'retractJointDecision',
        'assignJointTask',
        'followWindow',
      ],
      async () => {
        const { first, second, joint } = await rivals();
        const { id: taskId } = await joint();
        await write(operations, `/api/tasks/${taskId}/assignment`, {
          personId: null,
          words: 'Back to its queue.',
        });
        const decision = { outcome: 'protect_partner', winnerId: first };
        const { decisionId } = await decided(approver, joint, decision);
        const taken = await write(approver, `/api/decisions/${decisionId}/retraction`, {});
        if (taken !== null) await decided(approver, joint, decision);
        await reaches(first, 'approved');
        await reaches(second, 'rejected');
        await act(northwind, first, 'outcome', { outcome: 'lost', reasonKey: 'price', words: '' });
        await reaches(first, 'lost');
      },
    ),
    journeyOf('a rival who leaves', ['lookAgain'], async () => {
      const { first, second, joint } = await rivals();
      await joint();
      await withdraw(lakeside, second);
      await until(first, ({ openTaskId }) => openTaskId !== null, 'a task of its own');
      await withdraw(northwind, first);
    }),
    journeyOf('alone until its window closes', ['closeWindow', 'followWindow'], async () => {
      const id = await submit(WINDOW_PROGRAM);
      await review(approver, id, { outcome: 'approve' });
      await reaches(id, 'approved');
      await win(northwind, id);
    }),
    journeyOf('undecided until a clock fires', ['fireDueClock', 'undeliveredReceipts'], async () => {
      const id = await submit(WINDOW_PROGRAM);
      await sees(
        async () =>
          (await ask("select from sla_clock_event where case_id = $1 and kind = 'fired'", [id])).length > 0,
        `the clocks of ${id}`,
      );
      await withdraw(northwind, id);
    }),
    journeyOf(
      'held for an outage',
      ['followHolds'],
      async () => {
        const id = await submit(QUICK_PROGRAM);
        await until(id, ({ openTaskId }) => openTaskId !== null, 'a task');
        const events = await eventsOf(id);
        const hold = await own<{ id: string }>(admin, '/api/holds', { reason: 'An outage.', toAt: null });
        await sees(() => eventsOf(id).then((now) => now > events), `the hold of ${id}`);
        await own(admin, `/api/holds/${hold.id}/end`, {});
        await sees(() => eventsOf(id).then((now) => now > events + 1), `the end of the hold of ${id}`);
        await withdraw(northwind, id);
      },
      true,
    ),
    journeyOf('customers imported', [`${IMPORT}accounts`], async () => {
      await importRows('accounts', [accountRow(tag())]);
    }),
    journeyOf('direct deals imported', [`${IMPORT}direct_deals`], async () => {
      const account = tag();
      await importRows('accounts', [accountRow(account)]);
      await importRows('direct_deals', [
        {
          sourceRef: `deal-${tag()}`,
          accountRef: account,
          productFamily: 'storage',
          stage: 'qualified',
          lastEngagedAt: instant(-DAY_MS),
        },
      ]);
    }),
    journeyOf('registrations in flight imported', [`${IMPORT}registrations`], async () => {
      const ref = `old-${tag()}`;
      await importRows('registrations', [
        {
          sourceRef: ref,
          partnerId: await partnerIdOf(northwind),
          programKey: QUICK_PROGRAM,
          type: 'new_customer',
          source: 'partner_sourced',
          status: 'pending_approval',
          legalName: `${tag()} ${tag()} GmbH`,
          country: 'DE',
          webDomain: `${tag()}-${tag()}.example`,
          city: 'Berlin',
          opportunityName: `Brought along ${ref}`,
          sku: 'HSW-48',
          quantity: '200',
          valueMinor: '4800000',
          currency: 'EUR',
          expectedClose: instant(200 * DAY_MS).slice(0, 10),
          stage: 'qualified',
          submittedAt: instant(-2 * DAY_MS),
          protectedUntil: '',
        },
      ]);
      const id = importedId('reg', ref);
      await until(id, ({ openTaskId }) => openTaskId !== null, 'a task');
      await withdraw(northwind, id);
    }),
  ];
  return { all, promised };

  /** Previews, commits, and waits until the workers stored it. */
  async function importRows(kind: string, rows: readonly Readonly<Record<string, string>>[]): Promise<void> {
    const head = Object.keys(rows[0] ?? {});
    const csv = [head, ...rows.map((row) => head.map((column) => row[column] ?? ''))]
      .map((cells) => cells.join(','))
      .join('\n');
    const preview = await own<{ id: string; rowsBad: number; errors: unknown }>(operations, '/api/imports', {
      kind,
      fileName: `${kind}.csv`,
      csv,
    });
    if (preview.rowsBad > 0)
      throw new Error(`the import of ${kind} is bad: ${JSON.stringify(preview.errors)}`);
    await own(operations, `/api/imports/${preview.id}/commit`, {});
    await sees(
      async () =>
        (await ask('select from import_batch where id = $1 and stored_at is not null', [preview.id])).length >
        0,
      `the import of ${kind}`,
    );
  }
};

const DAY_MS = 86_400_000;
const instant = (fromNowMs: number): string => new Date(Date.now() + fromNowMs).toISOString();

const accountRow = (ref: string): Readonly<Record<string, string>> => ({
  accountRef: ref,
  legalName: `${tag()} ${tag()} GmbH`,
  country: 'DE',
  webDomain: `${tag()}-${tag()}.example`,
  industry: '',
  street: '',
  postalCode: '',
  city: 'Hamburg',
  phone: '',
  parentRef: '',
  engagement: 'channel',
  createdAt: '',
});

const partnerIdOf = async (caller: Caller): Promise<string> =>
  answered<Session>(await caller.get('/api/session')).partner?.id ?? '';

const answered = <Body>(reply: Reply | null): Body => {
  if (reply === null || reply.status >= 300)
    throw new Error(`a request was not answered as hoped: ${JSON.stringify(reply)}`);
  return reply.body as Body;
};

/** Puts a changed policy into force as people do: one drafts, another publishes. */
const publish = async (input: {
  operations: Caller;
  admin: Caller;
  programId: string;
  change: (body: PolicyBody) => PolicyBody;
}): Promise<void> => {
  const { operations, admin, programId, change } = input;
  const path = `/api/programs/${programId}/policies`;
  const { items } = answered<{ items: PolicyVersion[] }>(await operations.get(path));
  const current = items.find(({ inEffect }) => inEffect);
  if (current === undefined) throw new Error(`no policy of ${programId} is in effect`);
  const { body } = answered<{ body: PolicyBody }>(await operations.get(`/api/policies/${current.id}`));
  const { id } = answered<{ id: string }>(
    await operations.write(path, {
      kind: 'deal-registration',
      note: 'Times under which processes may die.',
      body: change(body),
    }),
  );
  answered(
    await admin.write(`/api/policies/${id}/publication`, {
      effectiveFrom: new Date(Date.now() + IN_EFFECT_AFTER_MS - 1_000).toISOString(),
    }),
  );
};
