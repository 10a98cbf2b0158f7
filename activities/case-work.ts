import { runCaseStep } from '../adapters/store/case-step.ts';
import type { StepAnswer, StepEffect, StepOutbound } from '../adapters/store/case-step.ts';
import type { ReceiptRow } from '../adapters/store/deal-registration.ts';
import type { Pool } from '../adapters/store/pool.ts';
import { saveClocks } from '../adapters/store/sla-clocks.ts';
import type { ChangedClock, ClockOwner, ClockRow } from '../adapters/store/sla-clocks.ts';
import { insertDecision, openTask } from '../adapters/store/tasks.ts';
import type { NewDecision, NewTask } from '../adapters/store/tasks.ts';
import { RowMissing } from '../adapters/store/transaction.ts';
import type { Transaction } from '../adapters/store/transaction.ts';
import { hashJson } from '../adapters/sha256.ts';
import { BusinessTimeError } from '../domain/business-time.ts';
import type { CompiledCalendar, Duration } from '../domain/business-time.ts';
import { roleChoiceOf, type StepTemplate } from '../domain/mail-choice.ts';
import {
  cancelClock,
  fireDue,
  meetClock,
  nextWakeMs,
  pauseClock,
  resumeClock,
  startClock,
} from '../domain/sla-clock.ts';
import type { SlaClockStep, SlaThreshold, SlaThresholdSpec } from '../domain/sla-clock.ts';
import type { Command, Refusal, RefusalType } from '../workflows/contracts/command.ts';

/*
 * What the steps of every process are made of: the frame that locks a case, and the verbs for its clocks, tasks, decisions and mails.
 * A process has a `CaseWork` of its own beside it, with its row, its state and its policy, and closes it by its own rules.
 */

/** A step that the rules refuse: nothing was written, the caller is told why. */
export class Refused extends Error {
  readonly refusalType: RefusalType;
  readonly refusal: Refusal;
  constructor(refusalType: RefusalType, refusal: Refusal) {
    super(refusal.detail);
    this.name = 'Refused';
    this.refusalType = refusalType;
    this.refusal = refusal;
  }
}

/** Who asks for a step, and in which state the workflow believes the case to be. */
export interface StepRequestOf<State> {
  readonly state: State;
  /** Null when a clock or the workflow itself acts. */
  readonly command: Command<unknown> | null;
  readonly nowMs: number;
}

/** What an activity tells its workflow: the new state and the answer, or a refusal. */
export type StepOutcomeOf<State> =
  | {
      readonly kind: 'done';
      readonly state: State;
      readonly answer: StepAnswer | null;
      readonly adopted: boolean;
    }
  | { readonly kind: 'refused'; readonly type: RefusalType; readonly refusal: Refusal };

/** How a step ends. */
export interface StepEnd {
  readonly kind: string;
  readonly audience: 'everyone' | 'vendor';
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly privateFacts?: Readonly<Record<string, unknown>>;
  readonly statusCode?: number;
  /** The answer, when it is not the case as it now stands. */
  readonly answer?: unknown;
}

/** What its tasks, clocks, decisions and mails need to know of a case, whichever process it is of. */
export interface CaseIdentity {
  readonly caseKind: string;
  readonly caseId: string;
  readonly workflowId: string;
  readonly partnerId: string;
  readonly programId: string;
  readonly policyId: string;
  readonly policyVersion: number;
  /** What it is about, in business words: the customer. */
  readonly subject: string;
  /** What a decision was made on, unless it says otherwise. */
  readonly materialHash: string;
  /** Whom of the partner mails about it reach. */
  readonly contactId: string;
  /** What every mail about it tells, by side. */
  readonly mail: {
    readonly toPartner: Readonly<Record<string, unknown>>;
    readonly toVendor: Readonly<Record<string, unknown>>;
  };
}

/** Everything that the verbs below need while one step is made. `ClockKind`: the kinds of clock of the process. */
export interface StepWork<ClockKind extends string = string> {
  readonly tx: Transaction;
  readonly of: CaseIdentity;
  readonly calendar: CompiledCalendar;
  readonly seq: number;
  readonly atMs: number;
  readonly command: Command<unknown> | null;
  readonly receipt: ReceiptRow | null;
  clocks: ClockRow[];
  /** What was done to clocks; stored when the step ends. */
  clockChanges: ChangedClock[];
  outbound: StepOutbound[];
  /** Never set: by it the compiler knows which clocks the process has. */
  readonly clockKind?: ClockKind;
}

/**
 * Runs one step on an existing case: locks its row, and writes what `make` makes of it together with event, audit row, outbound
 * mails and answer. What `make` refuses by throwing `Refused` writes nothing.
 */
export async function stepOn<State extends { readonly seq: number }, Row extends { readonly state: State }>(
  pool: Pool,
  of: {
    readonly caseKind: string;
    readonly caseId: string;
    readonly request: StepRequestOf<State>;
    readonly lock: (tx: Transaction) => Promise<Row | null>;
  },
  make: (tx: Transaction, step: { row: Row; atMs: number; seq: number }) => Promise<StepEffect<State>>,
): Promise<StepOutcomeOf<State>> {
  const { state, command, nowMs } = of.request;
  const atMs = command?.receivedAtMs ?? nowMs;
  let row: Row | null = null;
  try {
    const result = await runCaseStep<State>(
      pool,
      {
        caseKind: of.caseKind,
        caseId: of.caseId,
        seq: state.seq + 1,
        atMs,
        actorId: command?.actorId ?? null,
        actingForId: command?.actingForId ?? null,
        receipt: command?.receipt ?? null,
        input: { state, command, nowMs: command === null ? nowMs : null },
      },
      async (tx) => {
        row = await of.lock(tx);
        return row?.state ?? null;
      },
      async (tx) => {
        if (row === null) throw new RowMissing(`case ${of.caseId} of ${of.caseKind}`);
        return make(tx, { row, atMs, seq: state.seq + 1 });
      },
    );
    return { kind: 'done', ...result };
  } catch (error) {
    return refusalOf(error);
  }
}

/**
 * The refusal that ends a step. A length of time that leads out of what the calendar knows is one as well: it would stay one
 * however often the step were tried. Throws everything else, which is a fault of the record and is tried until it heals.
 */
export function refusalOf(error: unknown): StepOutcomeOf<never> & { kind: 'refused' } {
  if (error instanceof Refused) return { kind: 'refused', type: error.refusalType, refusal: error.refusal };
  if (error instanceof BusinessTimeError)
    return {
      kind: 'refused',
      type: 'not_allowed_now',
      refusal: {
        detail: 'A length of time of the program leads out of what its calendar knows.',
        errors: [{ pointer: '', reason: error.message }],
      },
    };
  throw error;
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** An id made of the case, the step and a word: running the step again makes the same one. */
export function stableId(work: Pick<StepWork, 'of' | 'seq'>, prefix: string, word: string): string {
  return `${prefix}_${hashJson([work.of.caseId, work.seq, word]).slice(0, 26)}`;
}

// ---------------------------------------------------------------------------------------------------------
// Clocks.

/** A clock as a policy gives it. */
export interface ClockSpecOf<Kind extends string> {
  readonly kind: Kind;
  readonly duration: Duration;
  readonly thresholds: readonly SlaThresholdSpec[];
}

/** Stores what the step did to clocks, in one statement; several changes to one clock are one change with several rows. */
export function writeClocks(work: StepWork): Promise<void> {
  const byId = new Map<string, ChangedClock>();
  for (const change of work.clockChanges) {
    const before = byId.get(change.id);
    byId.set(
      change.id,
      before === undefined
        ? change
        : { ...before, step: { ...change.step, rows: [...before.step.rows, ...change.step.rows] } },
    );
  }
  return saveClocks(work.tx, [...byId.values()]);
}

/** When the next of the case's running clocks ends; null without one. */
export function nextDueMs(work: Pick<StepWork, 'clocks'>): number | null {
  const due = work.clocks.filter(({ clock }) => clock.phase === 'running').map(({ clock }) => clock.dueAtMs);
  return due.length === 0 ? null : Math.min(...due);
}

/** When each of the case's clocks wants to be looked at again. */
export function wakesOf(work: Pick<StepWork, 'clocks'>): { clockId: string; kind: string; atMs: number }[] {
  return work.clocks.flatMap(({ id, clock }) => {
    const atMs = nextWakeMs(clock);
    return atMs === null ? [] : [{ clockId: id, kind: clock.kind, atMs }];
  });
}

/** Starts a clock of the case; its id is made of the case, the step and the kind, so that a repeat makes the same. */
export function start<Kind extends string>(
  work: StepWork<Kind>,
  spec: ClockSpecOf<NoInfer<Kind>>,
  options: { countedFromMs?: number; factorPpm?: number; vendorOnly?: boolean } = {},
): ClockRow {
  const id = stableId(work, 'clk', spec.kind);
  const step = startClock({
    kind: spec.kind,
    calendar: work.calendar,
    startedAtMs: work.atMs,
    duration: spec.duration,
    thresholds: spec.thresholds,
    ...(options.countedFromMs === undefined ? {} : { countedFromMs: options.countedFromMs }),
    ...(options.factorPpm === undefined ? {} : { factorPpm: options.factorPpm }),
  });
  const owner = ownerOf(work);
  work.clockChanges.push({
    owner: options.vendorOnly === true ? { ...owner, partnerId: null } : owner,
    id,
    taskId: null,
    step,
  });
  const row = { id, taskId: null, clock: step.clock };
  work.clocks = [...work.clocks, row];
  return row;
}

/** Sets one open clock of the case to what an operation made of it. */
export function setClock(work: StepWork, id: string, step: SlaClockStep): void {
  const row = work.clocks.find((one) => one.id === id);
  if (row === undefined) throw new RangeError(`The case ${work.of.caseId} has no open clock ${id}.`);
  work.clockChanges.push({ owner: ownerOf(work), id, taskId: row.taskId, step });
  const open = step.clock.phase === 'running' || step.clock.phase === 'paused';
  work.clocks = open
    ? work.clocks.map((one) => (one.id === id ? { ...one, clock: step.clock } : one))
    : work.clocks.filter((one) => one.id !== id);
}

/** Does something to the open clocks of the given kinds, or to all. */
export function onClocks<Kind extends string>(
  work: StepWork<Kind>,
  kinds: readonly NoInfer<Kind>[] | 'all',
  operate: (row: ClockRow) => SlaClockStep,
): void {
  for (const row of work.clocks) {
    if (kinds === 'all' || kinds.some((kind) => kind === row.clock.kind))
      setClock(work, row.id, operate(row));
  }
}

export function meet<Kind extends string>(
  work: StepWork<Kind>,
  kinds: readonly NoInfer<Kind>[],
  atMs = work.atMs,
): void {
  onClocks(work, kinds, ({ clock }) => meetClock(clock, atMs));
}

export function cancelClocks<Kind extends string>(
  work: StepWork<Kind>,
  kinds: readonly NoInfer<Kind>[] | 'all',
): void {
  onClocks(work, kinds, ({ clock }) => cancelClock(clock, work.atMs));
}

export function pause<Kind extends string>(
  work: StepWork<Kind>,
  kinds: readonly NoInfer<Kind>[],
  cause: string,
): void {
  onClocks(work, kinds, ({ clock }) =>
    pauseClock({ clock, calendar: work.calendar, atMs: work.atMs, cause }),
  );
}

export function resume<Kind extends string>(
  work: StepWork<Kind>,
  kinds: readonly NoInfer<Kind>[],
  cause: string,
): void {
  onClocks(work, kinds, ({ clock }) =>
    resumeClock({ clock, calendar: work.calendar, atMs: work.atMs, cause }),
  );
}

function ownerOf({ of, seq }: StepWork): ClockOwner {
  return { caseKind: of.caseKind, caseId: of.caseId, partnerId: of.partnerId, seq };
}

/**
 * Fires the earliest clock that is due: what happened to it is a row, what follows is the step's event. When none is due any
 * more (a hold or another step moved it) nothing happens but the new times to wake at.
 */
export async function fireEarliest(
  work: StepWork,
  wakes: readonly { readonly clockId: string; readonly atMs: number }[],
  then: {
    readonly breached: (clockKind: string, breachedAtMs: number) => Promise<void>;
    readonly act: (row: ClockRow, fired: SlaThreshold) => Promise<StepEnd>;
  },
): Promise<StepEnd> {
  const first = wakes
    .filter(({ atMs }) => atMs <= work.atMs)
    .toSorted((left, right) => left.atMs - right.atMs)[0];
  const due = work.clocks.find(({ id }) => id === first?.clockId);
  if (due === undefined) return { kind: 'clock_looked_at', audience: 'vendor' };
  const firing = fireDue(due.clock, work.atMs);
  setClock(work, due.id, firing);
  if (firing.clock.breachedAtMs !== null && due.clock.breachedAtMs === null)
    await then.breached(due.clock.kind, firing.clock.breachedAtMs);
  if (firing.fired === null)
    return { kind: 'clock_breached', audience: 'vendor', facts: { clock: due.clock.kind } };
  return then.act({ ...due, clock: firing.clock }, firing.fired);
}

// ---------------------------------------------------------------------------------------------------------
// Tasks and decisions.

/** What is asked of whom. `word` tells it from other tasks of the same step. */
export type AskedTask = Pick<
  NewTask,
  | 'kind'
  | 'question'
  | 'role'
  | 'queue'
  | 'outcomes'
  | 'facts'
  | 'excludedIds'
  | 'dueAtMs'
  | 'amountMinor'
  | 'currency'
> & { readonly word: string };

/** Opens a task that this case's workflow waits for, and tells its queue. Gives its id. */
export async function openTaskOf(work: StepWork, asked: AskedTask): Promise<string> {
  const { word, ...task } = asked;
  const id = stableId(work, 'tsk', word);
  await openTask(work.tx, {
    ...task,
    id,
    caseKind: work.of.caseKind,
    caseId: work.of.caseId,
    partnerId: work.of.partnerId,
    workflowId: work.of.workflowId,
    subject: work.of.subject,
    factsHash: hashJson(asked.facts),
    programId: work.of.programId,
    openedAtMs: work.atMs,
  });
  tellRole(work, asked.role, 'task_opened', { kind: asked.kind, queue: asked.queue });
  return id;
}

/**
 * Writes a decision of this step; `word` tells it from others of the same step. What is not named: nobody's, without words, in
 * effect at once. Gives its id.
 */
export async function writeDecision(
  work: StepWork,
  word: string,
  decision: Pick<NewDecision, 'outcome'> &
    Partial<
      Omit<NewDecision, 'id' | 'caseId' | 'seq' | 'partnerId' | 'policyId' | 'policyVersion' | 'decidedAtMs'>
    >,
): Promise<string> {
  const id = stableId(work, 'dec', word);
  await insertDecision(work.tx, {
    taskId: null,
    reasonCode: null,
    words: '',
    privateNote: '',
    actorId: null,
    actingForId: null,
    factsHash: work.of.materialHash,
    effectiveAtMs: work.atMs,
    retracts: null,
    ...decision,
    id,
    caseId: work.of.caseId,
    seq: work.seq,
    partnerId: work.of.partnerId,
    policyId: work.of.policyId,
    policyVersion: work.of.policyVersion,
    decidedAtMs: work.atMs,
  });
  return id;
}

// ---------------------------------------------------------------------------------------------------------
// Mails. Facts only; the words are the catalogue's.

/** A mail to the partner's contact for this case, once the step is in effect. */
export function tellPartner(
  work: StepWork,
  template: StepTemplate,
  payload: Readonly<Record<string, unknown>>,
  notBeforeMs = work.atMs,
): void {
  work.outbound.push({
    channel: 'mail',
    target: work.of.contactId,
    template,
    payload: { ...work.of.mail.toPartner, ...payload },
    notBeforeMs,
  });
}

/** A mail to those of the vendor's people who hold a role. */
export function tellRole(
  work: StepWork,
  role: string,
  template: StepTemplate,
  payload: Readonly<Record<string, unknown>>,
): void {
  work.outbound.push({
    ...toVendor(work, template, payload),
    target: `role:${role}`,
    choice: roleChoiceOf(template),
  });
}

/** A mail to one of the vendor's people. */
export function tellPerson(
  work: StepWork,
  personId: string,
  template: StepTemplate,
  payload: Readonly<Record<string, unknown>>,
): void {
  work.outbound.push({ ...toVendor(work, template, payload), target: personId });
}

function toVendor(
  work: StepWork,
  template: StepTemplate,
  payload: Readonly<Record<string, unknown>>,
): Omit<StepOutbound, 'target'> {
  return {
    channel: 'mail',
    template,
    payload: { ...work.of.mail.toVendor, ...payload },
    notBeforeMs: work.atMs,
  };
}

/** A signal to another process. With `starts` it is begun when it does not run yet. */
export function signal(
  work: StepWork,
  to: {
    readonly workflowId: string;
    readonly signal: string;
    readonly args: readonly unknown[];
    readonly starts: {
      readonly workflowType: string;
      readonly taskQueue: string;
      readonly input: unknown;
    } | null;
  },
): void {
  work.outbound.push({
    channel: 'signal',
    target: to.workflowId,
    template: to.signal,
    payload: {
      workflowType: to.starts?.workflowType ?? null,
      taskQueue: to.starts?.taskQueue ?? null,
      signal: to.signal,
      args: to.args,
      startArgs: to.starts === null ? [] : [to.starts.input],
    },
    notBeforeMs: work.atMs,
  });
}
