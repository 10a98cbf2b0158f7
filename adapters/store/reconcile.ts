import { isOver, type CaseState } from '../../domain/deal-registration/case.ts';
import { isWindowOver, type ReviewWindowState } from '../../domain/deal-registration/review-window.ts';
import type { Pool } from './pool.ts';

/**
 * Brings the engine and the record into agreement (I9 of docs/pieces/verify.md): a case that is not over has its workflow running, and a
 * workflow that runs has a case that is not over. The record decides: a lost workflow is begun again from the state its
 * last step wrote, and what was received and never carried out is left to the relay, which is told to go at once.
 *
 * Safe while everything runs. Nothing is done on one look: what looks lost is looked at again some seconds later, its
 * state is read anew right before its workflow is begun, and the engine refuses a second workflow of the same id. Run
 * twice, or by two people at once, it does the work of one.
 */

/** The engine as `reconcile` needs it. */
export interface WorkflowEngine {
  /** Ids of all running workflows; a list may be some seconds behind. */
  listRunning(): Promise<ReadonlySet<string>>;
  /** Exact, for one. */
  isRunning(workflowId: string): Promise<boolean>;
  /** How far a running workflow has come, by its query `state`; null when it does not answer. */
  stepOf(workflowId: string): Promise<number | null>;
  /** Begins a workflow of an id that does not run; `already_runs` when another one was quicker. */
  begin(workflow: WorkflowToBegin): Promise<'begun' | 'already_runs'>;
  /** Ends a workflow without letting it act; one that ended by itself is no fault. */
  end(workflowId: string, reason: string): Promise<void>;
}

export interface WorkflowToBegin {
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly workflowId: string;
  readonly input: unknown;
}

/** A case of the record as its workflow would be begun from it. */
export interface OpenCase {
  readonly caseId: string;
  readonly workflow: WorkflowToBegin;
  /** The last step of the record. */
  readonly step: number;
  /** Where it stands, in words for the report. */
  readonly standing: string;
}

/** Some of the open cases, and where the next page begins; null behind the last. */
export interface OpenPage {
  readonly cases: readonly OpenCase[];
  readonly next: string | null;
}

/** One kind of case and its workflow. */
export interface CaseKind {
  /** A page of the cases that are not over: at most `limit`, by their ids, behind the id `after` ('' begins). */
  readOpen(pool: Pool, page: { after: string; limit: number }): Promise<OpenPage>;
  /** One of them as it stands now; null when it is over. */
  readOne(pool: Pool, caseId: string): Promise<OpenCase | null>;
  /** Whether its workflow answers the query `state`. */
  readonly answersState: boolean;
  /** The case of a workflow id; null for a workflow of another kind. */
  caseIdOf(workflowId: string): string | null;
}

export type ReconcileFinding =
  /** The case's workflow was lost and runs again, from the state it names. */
  | {
      readonly kind: 'rebuilt';
      readonly caseId: string;
      readonly workflowId: string;
      readonly standing: string;
    }
  /** The workflow ran behind its record and was begun anew from it. */
  | {
      readonly kind: 'renewed';
      readonly caseId: string;
      readonly workflowId: string;
      readonly standing: string;
    }
  /** Lost, or behind its record, and only found: nothing was changed. */
  | {
      readonly kind: 'lost' | 'behind';
      readonly caseId: string;
      readonly workflowId: string;
      readonly standing: string;
    }
  /** A workflow runs whose case is over, or which the record does not have. */
  | {
      readonly kind: 'orphan';
      readonly caseId: string;
      readonly workflowId: string;
      readonly standing: string;
    }
  | {
      readonly kind: 'orphan_ended';
      readonly caseId: string;
      readonly workflowId: string;
      readonly standing: string;
    }
  /** Receipts and signals that wait for a delivery and go at once now. */
  | { readonly kind: 'hastened'; readonly receipts: number; readonly signals: number };

export interface ReconcileResult {
  /** Cases that are not over, and workflows that run. */
  readonly lookedAt: { readonly cases: number; readonly workflows: number };
  readonly findings: readonly ReconcileFinding[];
}

export interface ReconcileInput {
  /** Signs in as the worker. */
  readonly pool: Pool;
  readonly engine: WorkflowEngine;
  readonly kinds: readonly CaseKind[];
  readonly clock: () => number;
  /** End workflows whose case is over or unknown; otherwise they are reported. */
  readonly endOrphans: boolean;
  /** Look and report, change nothing. */
  readonly dryRun: boolean;
  /** How long a candidate is left alone before it is looked at again. */
  readonly recheckAfterMs?: number;
  /** How many cases are held at a time. */
  readonly pageRows?: number;
  /** Told of each finding as soon as it is made. */
  readonly say?: (finding: ReconcileFinding) => void;
}

const RECHECK_AFTER_MS = 4_000;
/** Case states are some KB each, and of all cases only ids are kept from page to page. */
const PAGE_ROWS = 500;
/** Queries under way at once: each may make a worker replay a history. */
const ASKED_AT_ONCE = 8;
/** Receipts younger than this are still with the request that brought them. */
const IN_GOOD_HANDS_MS = 10_000;

/** Finds what does not agree, looks again, and puts it right. Throws when the record or the engine cannot be asked. */
export const reconcile = async (input: ReconcileInput): Promise<ReconcileResult> => {
  const { pool, engine, kinds } = input;
  const findings: ReconcileFinding[] = [];
  const found = (finding: ReconcileFinding): void => {
    findings.push(finding);
    input.say?.(finding);
  };
  const running = await engine.listRunning();
  const { cases, lost, behind, unclaimed } = await lookAtCases({ ...input, running });
  const orphans = withoutCase(unclaimed, kinds);
  if (lost.length + behind.length + orphans.length > 0) {
    await new Promise((resolve) => setTimeout(resolve, input.recheckAfterMs ?? RECHECK_AFTER_MS));
  }
  for (const { kind, caseId } of lost) {
    const finding = await rebuild(input, kind, caseId);
    if (finding !== null) found(finding);
  }
  for (const { kind, caseId, step } of behind) {
    const finding = await renew({ ...input, kind, caseId, step });
    if (finding !== null) found(finding);
  }
  for (const { kind, workflowId, caseId } of orphans) {
    const finding = await judgeOrphan({ ...input, kind, workflowId, caseId });
    if (finding !== null) found(finding);
  }
  if (!input.dryRun) {
    const rebuilt = findings.flatMap((finding) =>
      finding.kind === 'rebuilt' || finding.kind === 'renewed' ? [finding] : [],
    );
    const hastened = await hastenDeliveries({ pool, nowMs: input.clock(), rebuilt });
    if (hastened.receipts + hastened.signals > 0) found({ kind: 'hastened', ...hastened });
  }
  return { lookedAt: { cases, workflows: running.size }, findings };
};

/** True when nothing is left that does not agree. */
export const isReconciled = (result: ReconcileResult): boolean =>
  result.findings.every(({ kind }) => kind !== 'orphan' && kind !== 'lost' && kind !== 'behind');

interface Candidate {
  readonly kind: CaseKind;
  readonly caseId: string;
}

/** The first look at all open cases, a page at a time: what seems lost or behind, and the workflows that no case waits for. */
const lookAtCases = async (
  input: ReconcileInput & { running: ReadonlySet<string> },
): Promise<{
  cases: number;
  lost: Candidate[];
  behind: (Candidate & { step: number })[];
  unclaimed: ReadonlySet<string>;
}> => {
  const { pool, engine, kinds, running } = input;
  const lost: Candidate[] = [];
  const behind: (Candidate & { step: number })[] = [];
  const unclaimed = new Set(running);
  let cases = 0;
  for (const kind of kinds) {
    for (let after: string | null = ''; after !== null;) {
      const page: OpenPage = await kind.readOpen(pool, { after, limit: input.pageRows ?? PAGE_ROWS });
      cases += page.cases.length;
      for (const { caseId, workflow } of page.cases) {
        unclaimed.delete(workflow.workflowId);
        // The list may be behind: one that it lacks is asked for by name.
        if (!running.has(workflow.workflowId) && !(await engine.isRunning(workflow.workflowId)))
          lost.push({ kind, caseId });
      }
      if (kind.answersState) {
        const asked = page.cases.filter(({ workflow }) => running.has(workflow.workflowId));
        for (const one of await behindRecord(engine, asked)) behind.push({ kind, ...one });
      }
      after = page.next;
    }
  }
  return { cases, lost, behind, unclaimed };
};

/**
 * Workflows that know less than their record: the engine came back from an earlier time, or died between a step's commit and
 * its own note of it, while the message's receipt was settled with that step and nobody sends it again.
 */
const behindRecord = async (
  engine: WorkflowEngine,
  cases: readonly OpenCase[],
): Promise<{ caseId: string; step: number }[]> => {
  const queue = [...cases];
  const behind: { caseId: string; step: number }[] = [];
  const ask = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const step = await engine.stepOf(one.workflow.workflowId);
      if (step !== null && step < one.step) behind.push({ caseId: one.caseId, step });
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, ask));
  return behind;
};

const withoutCase = (
  unclaimed: ReadonlySet<string>,
  kinds: readonly CaseKind[],
): { kind: CaseKind; workflowId: string; caseId: string }[] =>
  [...unclaimed].flatMap((workflowId) => {
    for (const kind of kinds) {
      const caseId = kind.caseIdOf(workflowId);
      if (caseId !== null) return [{ kind, workflowId, caseId }];
    }
    return [];
  });

/** Begins a workflow from the record as it stands now; null when the case is over or its workflow runs after all. */
const rebuild = async (
  input: ReconcileInput,
  kind: CaseKind,
  caseId: string,
): Promise<ReconcileFinding | null> => {
  const now = await kind.readOne(input.pool, caseId);
  if (now === null) return null;
  const { workflow, standing } = now;
  const { workflowId } = workflow;
  if (await input.engine.isRunning(workflowId)) return null;
  if (input.dryRun) return { kind: 'lost', caseId, workflowId, standing };
  const outcome = await input.engine.begin(workflow);
  return outcome === 'begun' ? { kind: 'rebuilt', caseId, workflowId, standing } : null;
};

/**
 * Begins a workflow anew that stayed at `step`, behind its record; null when it got on by itself. Should it have been about
 * to, nothing is lost: its steps are keyed, and its messages are sent again under their ids.
 */
const renew = async (
  input: ReconcileInput & { kind: CaseKind; caseId: string; step: number },
): Promise<ReconcileFinding | null> => {
  const { pool, engine, kind, caseId, step } = input;
  const before = await kind.readOne(pool, caseId);
  if (before === null) return null;
  const { workflowId } = before.workflow;
  if ((await engine.stepOf(workflowId)) !== step) return null;
  const standing = `step ${step}; its record is ${before.standing}`;
  if (input.dryRun) return { kind: 'behind', caseId, workflowId, standing };
  await engine.end(workflowId, `reconcile: behind its record, at step ${step}`);
  // Until it ended it may have moved the case, so only now is the record its last word.
  const now = await kind.readOne(pool, caseId);
  if (now === null) return null;
  await engine.begin(now.workflow);
  return { kind: 'renewed', caseId, workflowId, standing };
};

/** A workflow without an open case: not one that is about to end, and not one whose submission is still on its way. */
const judgeOrphan = async (
  input: ReconcileInput & { kind: CaseKind; workflowId: string; caseId: string },
): Promise<ReconcileFinding | null> => {
  const { pool, engine, kind, workflowId, caseId } = input;
  if (!(await engine.isRunning(workflowId))) return null;
  if ((await kind.readOne(pool, caseId)) !== null) return null;
  if (await hasOpenReceipt(pool, workflowId)) return null;
  const standing = 'its case is over or was never recorded';
  if (!input.endOrphans || input.dryRun) return { kind: 'orphan', caseId, workflowId, standing };
  await engine.end(workflowId, `reconcile: ${standing}`);
  return { kind: 'orphan_ended', caseId, workflowId, standing };
};

const hasOpenReceipt = async (pool: Pool, workflowId: string): Promise<boolean> => {
  const { rows } = await pool.query(
    'select from receipt where workflow_id = $1 and settled_at is null limit 1',
    [workflowId],
  );
  return rows.length > 0;
};

/**
 * What waits for a delivery goes at once. What was parked stays parked, because a person is to look at it; where the cause
 * was the lost workflow, it is put right now. A signal that the lost workflow had been given may be lost with it before it
 * was acted on, so each one goes to the rebuilt workflow once more: receivers drop what they have seen.
 */
const hastenDeliveries = async (input: {
  pool: Pool;
  nowMs: number;
  rebuilt: readonly { caseId: string; workflowId: string }[];
}): Promise<{ receipts: number; signals: number }> => {
  const { pool, nowMs, rebuilt } = input;
  const now = new Date(nowMs).toISOString();
  const receipts = await pool.query(
    `update receipt set next_attempt_at = $1, attempts = 0, parked_at = null
      where settled_at is null and received_at < $2 and (parked_at is null or workflow_id = any ($3))`,
    [now, new Date(nowMs - IN_GOOD_HANDS_MS).toISOString(), rebuilt.map(({ workflowId }) => workflowId)],
  );
  const signals = await pool.query(
    `update outbound set next_attempt_at = $1, attempts = 0, parked_at = null, delivered_at = null
      where channel = 'signal' and skipped_by is null and not_before <= $1
        and ((delivered_at is null and parked_at is null) or target = any ($2))`,
    [now, rebuilt.map(({ workflowId }) => workflowId)],
  );
  return { receipts: receipts.rowCount ?? 0, signals: signals.rowCount ?? 0 };
};

/** A workflow's names, from its contract, which the store does not know. */
export interface WorkflowNames {
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly workflowIdOf: (caseId: string) => string;
}

/**
 * Registrations that may not be over, as SQL: of all that were ever made only these are read. Which of them are is said by
 * `isOver` alone.
 */
export const MAY_GO_ON = `(closed_at is null or case_state -> 'matching' = 'true' or case_state -> 'wakes' <> '[]'
  or case_state -> 'tasks' <> '[]' or case_state -> 'pending' <> 'null')`;

/** A short page is the last. */
const nextAfter = (rows: readonly { readonly id: string }[], limit: number): string | null =>
  rows.length < limit ? null : (rows.at(-1)?.id ?? null);

export const dealRegistrationCases = (contract: WorkflowNames): CaseKind => {
  const prefix = contract.workflowIdOf('');
  const openCase = (row: { id: string; state: CaseState }): OpenCase => ({
    caseId: row.id,
    workflow: {
      workflowType: contract.workflowType,
      taskQueue: contract.taskQueue,
      workflowId: contract.workflowIdOf(row.id),
      input: { caseId: row.id, state: row.state },
    },
    step: row.state.seq,
    standing: `${row.state.status} at step ${row.state.seq}`,
  });
  // As the workflow itself sees it: while rivals are looked for it has something to do, whatever the status.
  const goesOn = ({ state }: { state: CaseState }): boolean => state.matching || !isOver(state);
  return {
    answersState: true,
    readOpen: async (pool, { after, limit }) => {
      const { rows } = await pool.query<{ id: string; state: CaseState }>(
        `select id, case_state as state from registration where ${MAY_GO_ON} and id > $1 order by id limit $2`,
        [after, limit],
      );
      return { cases: rows.filter(goesOn).map(openCase), next: nextAfter(rows, limit) };
    },
    readOne: async (pool, caseId) => {
      const { rows } = await pool.query<{ id: string; state: CaseState }>(
        'select id, case_state as state from registration where id = $1',
        [caseId],
      );
      return rows.filter(goesOn).map(openCase)[0] ?? null;
    },
    caseIdOf: (workflowId) => (workflowId.startsWith(prefix) ? workflowId.slice(prefix.length) : null),
  };
};

export const reviewWindowCases = (contract: WorkflowNames): CaseKind => {
  const prefix = contract.workflowIdOf('');
  type Row = { id: string; workflowId: string; state: ReviewWindowState };
  const openWindow = ({ id, workflowId, state }: Row): OpenCase => ({
    caseId: id,
    workflow: {
      workflowType: contract.workflowType,
      taskQueue: contract.taskQueue,
      workflowId,
      input: { state },
    },
    step: state.seq,
    standing: `${state.closed ? 'closed, undecided' : 'open'} with ${state.members.length} members at step ${state.seq}`,
  });
  const goesOn = ({ state }: Row): boolean => !isWindowOver(state);
  return {
    answersState: false,
    readOpen: async (pool, { after, limit }) => {
      const { rows } = await pool.query<Row>(
        `select id, workflow_id as "workflowId", case_state as state from review_window
          where not (case_state -> 'closed' = 'true' and case_state -> 'taskId' = 'null' and case_state -> 'pending' = 'null')
            and id > $1 order by id limit $2`,
        [after, limit],
      );
      return { cases: rows.filter(goesOn).map(openWindow), next: nextAfter(rows, limit) };
    },
    readOne: async (pool, caseId) => {
      const { rows } = await pool.query<Row>(
        'select id, workflow_id as "workflowId", case_state as state from review_window where id = $1',
        [caseId],
      );
      return rows.filter(goesOn).map(openWindow)[0] ?? null;
    },
    caseIdOf: (workflowId) => (workflowId.startsWith(prefix) ? workflowId.slice(prefix.length) : null),
  };
};

/** Cases whose rows hold status, sequence and state, and whose workflow begins with `{ caseId, state }`. */
const casesOf = (
  contract: WorkflowNames,
  of: { table: 'special_price_request' | 'pricing_agreement'; goesOn: string },
): CaseKind => {
  const prefix = contract.workflowIdOf('');
  type Row = { id: string; status: string; seq: number; state: unknown };
  const openCase = ({ id, status, seq, state }: Row): OpenCase => ({
    caseId: id,
    workflow: {
      workflowType: contract.workflowType,
      taskQueue: contract.taskQueue,
      workflowId: contract.workflowIdOf(id),
      input: { caseId: id, state },
    },
    step: seq,
    standing: `${status} at step ${seq}`,
  });
  const select = `select id, status, seq, case_state as state from ${of.table} where ${of.goesOn}`;
  return {
    answersState: true,
    readOpen: async (pool, { after, limit }) => {
      const { rows } = await pool.query<Row>(`${select} and id > $1 order by id limit $2`, [after, limit]);
      return { cases: rows.map(openCase), next: nextAfter(rows, limit) };
    },
    readOne: async (pool, caseId) => {
      const { rows } = await pool.query<Row>(`${select} and id = $1`, [caseId]);
      return rows.map(openCase)[0] ?? null;
    },
    caseIdOf: (workflowId) => (workflowId.startsWith(prefix) ? workflowId.slice(prefix.length) : null),
  };
};

/** Requests that are not decided. */
export const specialPricingCases = (contract: WorkflowNames): CaseKind =>
  casesOf(contract, {
    table: 'special_price_request',
    goesOn: `status not in ('approved', 'rejected', 'withdrawn')`,
  });

/** Agreements that hold; one whose workflow was never begun is begun here as well as by the signal that is on its way. */
export const pricingAgreementCases = (contract: WorkflowNames): CaseKind =>
  casesOf(contract, { table: 'pricing_agreement', goesOn: `status = 'active'` });
