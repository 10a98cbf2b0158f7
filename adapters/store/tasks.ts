import type { AtTheTask, Decider } from '../../domain/task.ts';
import { AT_THE_TASK, atTheTaskOf } from './absences.ts';
import type { Transaction } from './transaction.ts';

/* Tasks and decisions of a case in the record; every process opens and closes them the same way. */

/** A wait for a person or a group, as it is opened. */
export interface NewTask {
  readonly id: string;
  readonly caseKind: string;
  readonly caseId: string;
  /** Null for a task about several partners at once. */
  readonly partnerId: string | null;
  readonly workflowId: string;
  readonly kind: string;
  /** What it is about, in business words. */
  readonly subject: string;
  /** Key of the word catalogue for what is asked. */
  readonly question: string;
  readonly role: string;
  readonly queue: string;
  readonly excludedIds: readonly string[];
  readonly outcomes: readonly string[];
  readonly amountMinor: number | null;
  readonly currency: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly factsHash: string;
  readonly programId: string;
  readonly openedAtMs: number;
  readonly dueAtMs: number | null;
}

/** A task as it stands. */
export interface TaskRow {
  readonly id: string;
  readonly caseId: string;
  readonly kind: string;
  readonly role: string;
  readonly queue: string;
  readonly namedId: string | null;
  readonly excludedIds: readonly string[];
  readonly outcomes: readonly string[];
  readonly amountMinor: number | null;
  readonly currency: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly factsHash: string;
  readonly status: 'open' | 'paused' | 'decided' | 'cancelled';
}

/** SQL for what a task `t` is about, in references: its registration's (`r`) or request's, of a joint task those of all its rivals. */
export const TASK_REFERENCE = `coalesce(r.reference, (select s.reference from special_price_request s where s.id = t.case_id), (select string_agg(x ->> 'reference', ', ') from jsonb_array_elements(t.facts -> 'rivals') x), t.case_id)`;

export async function openTask(tx: Transaction, task: NewTask): Promise<void> {
  await tx.query(
    `insert into task (id, case_id, case_kind, partner_id, kind, workflow_id, subject, question, role, queue, excluded_ids, outcomes,
       amount_minor, currency, facts, facts_hash, program_id, opened_at, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
    [
      task.id,
      task.caseId,
      task.caseKind,
      task.partnerId,
      task.kind,
      task.workflowId,
      task.subject,
      task.question,
      task.role,
      task.queue,
      task.excludedIds,
      task.outcomes,
      task.amountMinor,
      task.currency,
      task.facts,
      task.factsHash,
      task.programId,
      new Date(task.openedAtMs).toISOString(),
      task.dueAtMs === null ? null : new Date(task.dueAtMs).toISOString(),
    ],
  );
}

/** The task, locked until the transaction ends; null when there is none of that id. */
export async function lockTask(tx: Transaction, taskId: string): Promise<TaskRow | null> {
  const { rows } = await tx.query<TaskRow>(
    `select id, case_id as "caseId", kind, role, queue, named_id as "namedId", excluded_ids as "excludedIds", outcomes,
            amount_minor as "amountMinor", currency, facts, facts_hash as "factsHash", status
       from task where id = $1 for update`,
    [taskId],
  );
  return rows[0] ?? null;
}

/** What of a task changes while it is open; absent fields stay as they are. */
export interface TaskChange {
  readonly status?: 'open' | 'paused';
  readonly role?: string;
  readonly queue?: string;
  readonly namedId?: string | null;
  readonly excludedIds?: readonly string[];
  readonly outcomes?: readonly string[];
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly factsHash?: string;
  readonly amountMinor?: number;
  readonly dueAtMs?: number | null;
  readonly breachedAtMs?: number | null;
}

const columns = {
  status: 'status',
  role: 'role',
  queue: 'queue',
  namedId: 'named_id',
  excludedIds: 'excluded_ids',
  outcomes: 'outcomes',
  facts: 'facts',
  factsHash: 'facts_hash',
  amountMinor: 'amount_minor',
  dueAtMs: 'due_at',
  breachedAtMs: 'breached_at',
} as const satisfies Record<keyof TaskChange, string>;

/** Changes an open task; its claim is dropped when it goes to other people. */
export async function changeTask(tx: Transaction, taskId: string, change: TaskChange): Promise<void> {
  const set: string[] = ['version = version + 1'];
  const values: unknown[] = [taskId];
  for (const key of Object.keys(columns) as (keyof TaskChange)[]) {
    const value = change[key];
    if (value === undefined) continue;
    values.push(
      (key === 'dueAtMs' || key === 'breachedAtMs') && typeof value === 'number'
        ? new Date(value).toISOString()
        : value,
    );
    set.push(`${columns[key]} = $${values.length}`);
  }
  if (change.role !== undefined || change.namedId !== undefined)
    set.push('claimed_by = null', 'claimed_until = null');
  await tx.query(`update task set ${set.join(', ')} where id = $1 and status in ('open', 'paused')`, values);
}

/** Ends a task: decided by a decision, or cancelled because the case went another way. */
export async function closeTask(
  tx: Transaction,
  taskId: string,
  end: { decisionId: string | null; atMs: number },
): Promise<void> {
  await tx.query(
    `update task set status = $2, decision_id = $3, closed_at = $4, claimed_by = null, claimed_until = null, version = version + 1
      where id = $1 and status in ('open', 'paused')`,
    [
      taskId,
      end.decisionId === null ? 'cancelled' : 'decided',
      end.decisionId,
      new Date(end.atMs).toISOString(),
    ],
  );
}

/** Opens a decided task again, because the decision was taken back within its undo window. */
export async function reopenTask(tx: Transaction, taskId: string): Promise<void> {
  await tx.query(
    `update task set status = 'open', decision_id = null, closed_at = null, version = version + 1 where id = $1 and status = 'decided'`,
    [taskId],
  );
}

export interface NewDecision {
  readonly id: string;
  readonly taskId: string | null;
  readonly caseId: string;
  readonly seq: number;
  readonly partnerId: string | null;
  readonly outcome: string;
  readonly reasonCode: string | null;
  readonly words: string;
  readonly privateNote: string;
  readonly actorId: string | null;
  readonly actingForId: string | null;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly factsHash: string;
  readonly decidedAtMs: number;
  readonly effectiveAtMs: number;
  readonly retracts: string | null;
}

/** Writes a decision. Nothing edits one: taking it back is another that names it. */
export async function insertDecision(tx: Transaction, decision: NewDecision): Promise<void> {
  await tx.query(
    `with d as (
       insert into decision (id, task_id, case_id, seq, partner_id, outcome, reason_code, words, actor_id, acting_for,
         policy_id, policy_version, facts_hash, decided_at, effective_at, retracts)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) returning id)
     insert into decision_private (decision_id, note) select $1, $17 where $17 <> ''`,
    [
      decision.id,
      decision.taskId,
      decision.caseId,
      decision.seq,
      decision.partnerId,
      decision.outcome,
      decision.reasonCode,
      decision.words,
      decision.actorId,
      decision.actingForId,
      decision.policyId,
      decision.policyVersion,
      decision.factsHash,
      new Date(decision.decidedAtMs).toISOString(),
      new Date(decision.effectiveAtMs).toISOString(),
      decision.retracts,
      decision.privateNote,
    ],
  );
}

/** A decision as it was written. */
export interface DecisionRow {
  readonly id: string;
  readonly outcome: string;
  readonly reasonCode: string | null;
  readonly words: string;
  readonly privateNote: string;
  readonly taskId: string | null;
  readonly actorId: string | null;
  readonly actingForId: string | null;
}

export async function readDecision(tx: Transaction, decisionId: string): Promise<DecisionRow | null> {
  const { rows } = await tx.query<DecisionRow>(
    `select d.id, d.outcome, d.reason_code as "reasonCode", d.words, coalesce(n.note, '') as "privateNote", d.task_id as "taskId",
            d.actor_id as "actorId", d.acting_for as "actingForId"
       from decision d left join decision_private n on n.decision_id = d.id where d.id = $1`,
    [decisionId],
  );
  return rows[0] ?? null;
}

/** Everybody who decided about a case so far: who decides an appeal took no part before. */
export async function decidersOf(tx: Transaction, caseId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select actor_id as id from decision where case_id = $1 and actor_id is not null
     union select acting_for from decision where case_id = $1 and acting_for is not null`,
    [caseId],
  );
  return rows.map((row) => row.id);
}

/**
 * A person at a task at an instant: roles and limit as the record has them, and those he stands in for. Null when there is
 * no such person, or he is gone.
 */
export async function readAtTheTask(
  tx: Transaction,
  personId: string,
  atMs: number,
): Promise<AtTheTask | null> {
  const { rows } = await tx.query<Decider & { capMinor: number | null }>(AT_THE_TASK, [
    personId,
    new Date(atMs).toISOString(),
  ]);
  return atTheTaskOf(personId, rows);
}

/** Those of the roles that somebody of the vendor's holds at an instant, in the order given: nobody else can be told anything. */
export async function rolesHeld(
  tx: Transaction,
  of: { roles: readonly string[]; atMs: number },
): Promise<string[]> {
  const { rows } = await tx.query<{ role: string }>(
    `select w.role from unnest($1::text[]) with ordinality as w(role, place)
      where exists (select from role_readers(w.role, $2::timestamptz, null, true)) order by w.place`,
    [of.roles, new Date(of.atMs).toISOString()],
  );
  return rows.map(({ role }) => role);
}
