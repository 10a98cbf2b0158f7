import type { RegistrationWritten } from '../../api/contract/deal-registrations.ts';
import { runCaseStep } from '../../adapters/store/case-step.ts';
import type { StepEffect, StepOutbound } from '../../adapters/store/case-step.ts';
import { readPolicy } from '../../adapters/store/case-policies.ts';
import type { StoredPolicy } from '../../adapters/store/case-policies.ts';
import type { ReceiptRow } from '../../adapters/store/case-receipts.ts';
import { readPartner, readSurroundings } from '../../adapters/store/case-surroundings.ts';
import type { PartnerRow, Surroundings } from '../../adapters/store/case-surroundings.ts';
import { lockRegistration, updateRegistration } from '../../adapters/store/registrations.ts';
import type {
  RegistrationChange,
  RegistrationLine,
  RegistrationRow,
} from '../../adapters/store/registrations.ts';
import type { Pool } from '../../adapters/store/pool.ts';
import { calendarAround, loadCalendar, saveClocks } from '../../adapters/store/sla-clocks.ts';
import type { ChangedClock, ClockRow } from '../../adapters/store/sla-clocks.ts';
import { closeTask, insertDecision, openTask } from '../../adapters/store/tasks.ts';
import type { NewDecision } from '../../adapters/store/tasks.ts';
import { RowMissing, together } from '../../adapters/store/transaction.ts';
import type { Transaction } from '../../adapters/store/transaction.ts';
import { hashJson } from '../../adapters/sha256.ts';
import { BusinessTimeError } from '../../domain/business-time.ts';
import type { CompiledCalendar } from '../../domain/business-time.ts';
import type { CaseState, OpenTask, PendingDecision, TaskKind } from '../../domain/deal-registration/case.ts';
import type { ClockKind, ClockSpec } from '../../domain/deal-registration/clocks.ts';
import { partnerProjection } from '../../domain/deal-registration/disclosure.ts';
import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import { outlookOf } from '../../domain/deal-registration/outlook.ts';
import { registrationTransitions } from '../../domain/deal-registration/status.ts';
import type { ClosureCode, RegistrationStatus } from '../../domain/deal-registration/status.ts';
import type { TaskRoute } from '../../domain/deal-registration/routing.ts';
import {
  cancelClock,
  meetClock,
  nextWakeMs,
  pauseClock,
  resumeClock,
  startClock,
} from '../../domain/sla-clock.ts';
import type { SlaClockStep } from '../../domain/sla-clock.ts';
import { roleChoiceOf, type StepTemplate } from '../../domain/mail-choice.ts';
import { mayGo } from '../../domain/transition-table.ts';
import type { Command, Refusal, RefusalType } from '../../workflows/contracts/command.ts';

/*
 * One step of a registration at work: the rows it begins with, the changes it makes, and at the end one
 * state, one event, one answer. Every activity of this process opens a `CaseWork`, changes it in business
 * verbs, and closes it.
 */

export interface CaseDeps {
  readonly pool: Pool;
  /** How many accounts a match looks at, at most. */
  readonly candidateLimit: number;
  /** Where workflows of this process are started. */
  readonly taskQueue: string;
}

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

/** What an activity tells its workflow: the new state and the answer, or a refusal. */
export type StepOutcome =
  | {
      readonly kind: 'done';
      readonly state: CaseState;
      readonly answer: { statusCode: number; body: unknown } | null;
      readonly adopted: boolean;
    }
  | { readonly kind: 'refused'; readonly type: RefusalType; readonly refusal: Refusal };

/** Everything at hand while one step is made. */
export interface CaseWork {
  readonly tx: Transaction;
  readonly deps: CaseDeps;
  readonly row: RegistrationRow;
  /** The state that the step begins with. */
  readonly state: CaseState;
  readonly policy: DealRegistrationPolicy;
  readonly policyVersion: number;
  readonly calendar: CompiledCalendar;
  readonly partner: PartnerRow;
  readonly seq: number;
  readonly atMs: number;
  readonly command: Command<unknown> | null;
  readonly receipt: ReceiptRow | null;
  /** The products as this step leaves them. */
  lines: readonly RegistrationLine[];
  status: RegistrationStatus;
  closureCode: ClosureCode | null;
  clocks: ClockRow[];
  /** What was done to clocks; stored when the step ends. */
  clockChanges: ChangedClock[];
  tasks: OpenTask[];
  pending: PendingDecision | null;
  windowIds: readonly string[];
  jointWindowId: string | null;
  matching: boolean;
  extensionAsked: boolean;
  extensions: number;
  appealed: boolean;
  change: RegistrationChange;
  outbound: StepOutbound[];
  ownCase: { id: string; reference: string } | null;
  findings: { code: string; facts: Record<string, unknown> }[];
}

/** Who asks for a step, and in which state the workflow believes the case to be. */
export interface StepRequest {
  readonly state: CaseState;
  /** Null when a clock or the workflow itself acts. */
  readonly command: Command<unknown> | null;
  readonly nowMs: number;
}

/** How a step ends. */
export interface StepEnd {
  readonly kind: string;
  readonly audience: 'everyone' | 'vendor';
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly privateFacts?: Readonly<Record<string, unknown>>;
  readonly statusCode?: number;
  /** The answer, when it is not the registration as it now stands. */
  readonly answer?: unknown;
}

/**
 * Runs one step on an existing registration: locks it, lets `make` change it, and writes state, event, audit
 * row, outbound mails and answer together. What `make` refuses by throwing `Refused` writes nothing.
 */
export async function stepOnCase(
  deps: CaseDeps,
  request: StepRequest,
  make: (work: CaseWork) => Promise<StepEnd>,
): Promise<StepOutcome> {
  const { state, command } = request;
  const atMs = command?.receivedAtMs ?? request.nowMs;
  let row: RegistrationRow | null = null;
  let around: Surroundings | null = null;
  try {
    // Kept from an earlier step nearly always; a case keeps the policy that it began under.
    const policy = await readPolicy(deps.pool, state.policyId);
    const result = await runCaseStep<CaseState>(
      deps.pool,
      {
        caseKind: 'deal-registration',
        caseId: state.registrationId,
        seq: state.seq + 1,
        atMs,
        actorId: command?.actorId ?? null,
        actingForId: command?.actingForId ?? null,
        receipt: command?.receipt ?? null,
        input: { state, command, nowMs: command === null ? request.nowMs : null },
      },
      async (tx) => {
        const { registrationId } = state;
        [row, around] = await together([
          lockRegistration(tx, registrationId),
          readSurroundings(tx, { registrationId, calendarName: policy.body.calendarName }),
        ]);
        return row?.state ?? null;
      },
      async (tx, _recorded, receipt) => {
        if (row === null || around === null) throw new RowMissing(`registration ${state.registrationId}`);
        const work = openWork(tx, deps, { row, around, policy, command, receipt, atMs, seq: state.seq + 1 });
        return closeWork(work, await make(work));
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
export function refusalOf(error: unknown): StepOutcome & { kind: 'refused' } {
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

function openWork(
  tx: Transaction,
  deps: CaseDeps,
  input: {
    row: RegistrationRow;
    around: Surroundings;
    policy: StoredPolicy;
    command: Command<unknown> | null;
    receipt: ReceiptRow | null;
    atMs: number;
    seq: number;
  },
): CaseWork {
  const { row, around, policy, command, receipt, atMs, seq } = input;
  return {
    policy: policy.body,
    policyVersion: policy.version,
    calendar: calendarAround(atMs, around.calendar),
    partner: around.partner,
    lines: around.lines,
    receipt,
    tx,
    deps,
    row,
    state: row.state,
    seq,
    atMs,
    command,
    status: row.status,
    closureCode: row.closureCode,
    clocks: around.clocks,
    clockChanges: [],
    tasks: [...row.state.tasks],
    pending: row.state.pending,
    windowIds: row.state.windowIds,
    jointWindowId: row.state.jointWindowId,
    matching: row.state.matching,
    extensionAsked: row.state.extensionAsked,
    extensions: row.state.extensions,
    appealed: row.state.appealed,
    change: {},
    outbound: [],
    ownCase: null,
    findings: [],
  };
}

/** What surrounds a case that begins: its policy and calendar, and its partner. */
export async function surroundings(
  tx: Transaction,
  input: { partnerId: string; programId: string; policy: StoredPolicy; atMs: number },
): Promise<Pick<CaseWork, 'policy' | 'policyVersion' | 'calendar' | 'partner'>> {
  const { policy } = input;
  const [calendar, partner] = await together([
    loadCalendar(tx, policy.body.calendarName, input.atMs),
    readPartner(tx, input.partnerId, input.programId),
  ]);
  return { policy: policy.body, policyVersion: policy.version, calendar, partner };
}

async function closeWork(work: CaseWork, end: StepEnd): Promise<StepEffect<CaseState>> {
  const state = stateOf(work, end);
  await together([
    updateRegistration(work.tx, work.row.id, work.row.status, changeOf(work, state), state),
    writeClocks(work),
  ]);
  return effectOf(work, state, end);
}

/** Stores what the step did to clocks, in one statement; several changes to one clock are one change with several rows. */
export function writeClocks(work: CaseWork): Promise<void> {
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

/** The columns that follow from the state, together with what the step changed itself. */
export function changeOf(work: CaseWork, state: CaseState): RegistrationChange {
  const { waitingFor, nextStep } = outlookOf(state, isAtRisk(work));
  return {
    ...work.change,
    status: work.status,
    closureCode: work.closureCode,
    extensions: work.extensions,
    waitingFor,
    nextStep,
    nextAtMs: nextAtMs(work),
  };
}

function nextAtMs(work: CaseWork): number | null {
  const due = work.clocks.filter(({ clock }) => clock.phase === 'running').map(({ clock }) => clock.dueAtMs);
  return due.length === 0 ? null : Math.min(...due);
}

/** The state the workflow goes on with. */
export function stateOf(work: CaseWork, end: Pick<StepEnd, 'kind'>): CaseState {
  return {
    registrationId: work.row.id,
    partnerId: work.change.partnerId ?? work.row.partnerId,
    programId: work.row.programId,
    policyId: work.row.policyId,
    status: work.status,
    seq: work.seq,
    matching: work.matching,
    tasks: work.tasks,
    pending: work.pending,
    windowIds: work.windowIds,
    jointWindowId: work.jointWindowId,
    wakes: work.clocks.flatMap(({ id, clock }) => {
      const atMs = nextWakeMs(clock);
      return atMs === null ? [] : [{ clockId: id, kind: clock.kind, atMs }];
    }),
    extensionAsked: work.extensionAsked,
    extensions: work.extensions,
    appealed: work.appealed,
    last: { byId: work.command?.actorId ?? null, atMs: work.atMs, what: end.kind },
  };
}

/** What the step writes beside the registration's own row. */
export function effectOf(work: CaseWork, state: CaseState, end: StepEnd): StepEffect<CaseState> {
  const { command } = work;
  return {
    state,
    partnerId: state.partnerId,
    event: {
      kind: end.kind,
      audience: end.audience,
      facts: { ...end.facts, status: shownStatus(work) },
      privateFacts: { ...end.privateFacts, status: work.status, closureCode: work.closureCode },
    },
    audit: {
      status: work.status,
      closureCode: work.closureCode,
      policyVersion: work.policyVersion,
      ...end.facts,
    },
    answer:
      command === null
        ? null
        : {
            statusCode: end.statusCode ?? 200,
            body: end.answer ?? writtenAnswer(work, state, command.actorSide),
          },
    outbound: work.outbound,
  };
}

function isAtRisk({ change, row }: CaseWork): boolean {
  return (change.atRiskSinceMs === undefined ? row.atRiskSinceMs : change.atRiskSinceMs) !== null;
}

function shownStatus(work: CaseWork): RegistrationStatus {
  return partnerProjection(work.policy, {
    status: work.status,
    closureCode: work.closureCode,
    appealed: work.appealed,
    ownRegistrationId: work.ownCase?.id ?? null,
  }).status;
}

/** The answer to a write, as its reader may see it. */
function writtenAnswer(work: CaseWork, state: CaseState, side: 'vendor' | 'partner'): RegistrationWritten {
  const shown = partnerProjection(work.policy, {
    status: work.status,
    closureCode: work.closureCode,
    appealed: work.appealed,
    ownRegistrationId: work.ownCase?.id ?? null,
  });
  const { nextStep } = outlookOf(state, isAtRisk(work));
  const untilMs =
    work.change.protectedUntilMs === undefined ? work.row.protectedUntilMs : work.change.protectedUntilMs;
  const answerByMs = work.change.answerByMs;
  return {
    id: work.row.id,
    reference: work.row.reference,
    status: side === 'vendor' ? work.status : shown.status,
    closureCode: side === 'vendor' ? work.closureCode : shown.closureCode,
    queue: work.change.queue === undefined ? work.row.queue : work.change.queue,
    answerBy: answerByMs === undefined ? work.row.answerBy : isoOrNull(answerByMs),
    nextStep,
    nextAt: isoOrNull(nextAtMs(work)),
    protectedUntil: isoOrNull(untilMs),
    ownCase: work.ownCase,
    findings: work.findings,
  };
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

// ---------------------------------------------------------------------------------------------------------
// The verbs that steps are made of.

/** Goes to another state by the transition table; anything else is a fault of the step, never of the caller. */
export function go(work: CaseWork, to: RegistrationStatus): void {
  if (!mayGo(registrationTransitions, work.status, to)) {
    throw new RangeError(`Registration ${work.row.id} may not go from ${work.status} to ${to}.`);
  }
  work.status = to;
}

/** Starts a clock of the case; its id is made of the case, the step and the kind, so that a repeat makes the same. */
export function start(
  work: CaseWork,
  spec: ClockSpec,
  options: { countedFromMs?: number; vendorOnly?: boolean } = {},
): ClockRow {
  const id = stableId(work, 'clk', spec.kind);
  const step = startClock({
    kind: spec.kind,
    calendar: work.calendar,
    startedAtMs: work.atMs,
    duration: spec.duration,
    thresholds: spec.thresholds,
    ...(options.countedFromMs === undefined ? {} : { countedFromMs: options.countedFromMs }),
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
export function setClock(work: CaseWork, id: string, step: SlaClockStep): void {
  const row = work.clocks.find((one) => one.id === id);
  if (row === undefined) throw new RangeError(`Registration ${work.row.id} has no open clock ${id}.`);
  work.clockChanges.push({ owner: ownerOf(work), id, taskId: row.taskId, step });
  const open = step.clock.phase === 'running' || step.clock.phase === 'paused';
  work.clocks = open
    ? work.clocks.map((one) => (one.id === id ? { ...one, clock: step.clock } : one))
    : work.clocks.filter((one) => one.id !== id);
}

/** Does something to the open clocks of the given kinds, or to all. */
export function onClocks(
  work: CaseWork,
  kinds: readonly ClockKind[] | 'all',
  operate: (row: ClockRow) => SlaClockStep,
): void {
  for (const row of work.clocks) {
    if (kinds === 'all' || kinds.some((kind) => kind === row.clock.kind))
      setClock(work, row.id, operate(row));
  }
}

export function meet(work: CaseWork, kinds: readonly ClockKind[], atMs = work.atMs): void {
  onClocks(work, kinds, ({ clock }) => meetClock(clock, atMs));
}

export function cancelClocks(work: CaseWork, kinds: readonly ClockKind[] | 'all'): void {
  onClocks(work, kinds, ({ clock }) => cancelClock(clock, work.atMs));
}

export function pause(work: CaseWork, kinds: readonly ClockKind[], cause: string): void {
  onClocks(work, kinds, ({ clock }) =>
    pauseClock({ clock, calendar: work.calendar, atMs: work.atMs, cause }),
  );
}

export function resume(work: CaseWork, kinds: readonly ClockKind[], cause: string): void {
  onClocks(work, kinds, ({ clock }) =>
    resumeClock({ clock, calendar: work.calendar, atMs: work.atMs, cause }),
  );
}

export function ownerOf(work: CaseWork): {
  caseKind: string;
  caseId: string;
  partnerId: string;
  seq: number;
} {
  return {
    caseKind: 'deal-registration',
    caseId: work.row.id,
    partnerId: work.change.partnerId ?? work.row.partnerId,
    seq: work.seq,
  };
}

/** What is asked of whom. */
export interface TaskQuestion {
  readonly kind: TaskKind;
  readonly question: string;
  readonly route: TaskRoute;
  readonly outcomes: readonly string[];
  readonly facts: Readonly<Record<string, unknown>>;
  readonly excludedIds: readonly string[];
  readonly dueAtMs: number | null;
  readonly amountMinor?: number;
}

/** Opens a task that this case's workflow waits for, and tells its queue. */
export async function ask(work: CaseWork, asked: TaskQuestion): Promise<string> {
  const id = stableId(work, 'tsk', asked.kind);
  await openTask(work.tx, {
    id,
    caseKind: 'deal-registration',
    caseId: work.row.id,
    partnerId: work.row.partnerId,
    workflowId: `deal-registration:${work.row.id}`,
    kind: asked.kind,
    subject: work.row.customerName,
    question: asked.question,
    role: asked.route.role,
    queue: asked.route.queue,
    excludedIds: asked.excludedIds,
    outcomes: asked.outcomes,
    amountMinor: asked.amountMinor ?? work.change.valueMinor ?? work.row.valueMinor,
    currency: work.row.currency,
    facts: asked.facts,
    factsHash: hashJson(asked.facts),
    programId: work.row.programId,
    openedAtMs: work.atMs,
    dueAtMs: asked.dueAtMs,
  });
  work.tasks = [...work.tasks, { id, kind: asked.kind }];
  // Who resolves a conflict is not told: the partner must not learn that there is one.
  if (asked.kind !== 'conflict_resolution' && asked.kind !== 'joint_review')
    work.change = { ...work.change, queue: asked.route.queue };
  tellRole(work, asked.route.role, 'task_opened', { kind: asked.kind, queue: asked.route.queue });
  return id;
}

/** Ends the open tasks of the given kinds without a decision. */
export async function dropTasks(work: CaseWork, kinds: readonly TaskKind[] | 'all'): Promise<void> {
  for (const task of work.tasks) {
    if (kinds === 'all' || kinds.includes(task.kind))
      await closeTask(work.tx, task.id, { decisionId: null, atMs: work.atMs });
  }
  work.tasks = kinds === 'all' ? [] : work.tasks.filter((task) => !kinds.includes(task.kind));
}

/** A mail to the partner's contact for this case, once the step is in effect. Facts only; the words are the catalogue's. */
export function tellPartner(
  work: CaseWork,
  template: StepTemplate,
  payload: Readonly<Record<string, unknown>>,
  notBeforeMs = work.atMs,
): void {
  work.outbound.push({
    channel: 'mail',
    target: work.row.contactId,
    template,
    payload: {
      registrationId: work.row.id,
      reference: work.row.reference,
      customerName: work.row.customerName,
      programName: work.row.programName,
      ...payload,
    },
    notBeforeMs,
  });
}

/** A mail to those of the vendor's people who hold a role. */
export function tellRole(
  work: CaseWork,
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
  work: CaseWork,
  personId: string,
  template: StepTemplate,
  payload: Readonly<Record<string, unknown>>,
): void {
  work.outbound.push({ ...toVendor(work, template, payload), target: personId });
}

function toVendor(
  work: CaseWork,
  template: StepTemplate,
  payload: Readonly<Record<string, unknown>>,
): Omit<StepOutbound, 'target'> {
  return {
    channel: 'mail',
    template,
    payload: {
      registrationId: work.row.id,
      reference: work.row.reference,
      customerName: work.row.customerName,
      partnerName: work.partner.name,
      ...payload,
    },
    notBeforeMs: work.atMs,
  };
}

/**
 * Writes a decision of this step; `word` tells it from others of the same step. What is not named: nobody's, without words, in
 * effect at once. Gives its id.
 */
export async function writeDecision(
  work: CaseWork,
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
    factsHash: work.row.materialHash,
    effectiveAtMs: work.atMs,
    retracts: null,
    ...decision,
    id,
    caseId: work.row.id,
    seq: work.seq,
    partnerId: work.row.partnerId,
    policyId: work.row.policyId,
    policyVersion: work.policyVersion,
    decidedAtMs: work.atMs,
  });
  return id;
}

/** An id made of the case, the step and a word: running the step again makes the same one. */
export function stableId(work: Pick<CaseWork, 'row' | 'seq'>, prefix: string, word: string): string {
  return `${prefix}_${hashJson([work.row.id, work.seq, word]).slice(0, 26)}`;
}
