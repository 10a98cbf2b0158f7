import type { RegistrationWritten } from '../../api/contract/deal-registrations.ts';
import type { StepEffect } from '../../adapters/store/case-step.ts';
import {
  lockRegistration,
  readPartner,
  readPolicy,
  readReceipt,
  updateRegistration,
} from '../../adapters/store/deal-registration.ts';
import type {
  PartnerRow,
  RegistrationChange,
  RegistrationRow,
  StoredPolicy,
} from '../../adapters/store/deal-registration.ts';
import type { Pool } from '../../adapters/store/pool.ts';
import { loadCalendar, loadOpenClocks } from '../../adapters/store/sla-clocks.ts';
import { closeTask } from '../../adapters/store/tasks.ts';
import { together } from '../../adapters/store/transaction.ts';
import type { Transaction } from '../../adapters/store/transaction.ts';
import type { CaseState, OpenTask, PendingDecision, TaskKind } from '../../domain/deal-registration/case.ts';
import type { ClockKind } from '../../domain/deal-registration/clocks.ts';
import { partnerProjection } from '../../domain/deal-registration/disclosure.ts';
import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import { outlookOf } from '../../domain/deal-registration/outlook.ts';
import { registrationTransitions } from '../../domain/deal-registration/status.ts';
import type { ClosureCode, RegistrationStatus } from '../../domain/deal-registration/status.ts';
import type { TaskRoute } from '../../domain/deal-registration/routing.ts';
import { mayGo } from '../../domain/transition-table.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import { dealRegistrationWorkflowId } from '../../workflows/contracts/deal-registration.ts';
import type { FollowedCaseNews } from '../../workflows/contracts/followed-case.ts';
import { tellFollowers } from '../followers.ts';
import { isoOrNull, nextDueMs, openTaskOf, stepOn, wakesOf, writeClocks } from '../case-work.ts';
import type { CaseIdentity, StepEnd, StepOutcomeOf, StepRequestOf, StepWork } from '../case-work.ts';

/*
 * One step of a registration at work: the rows it begins with, the changes it makes, and at the end one
 * state, one event, one answer. Every activity of this process opens a `CaseWork`, changes it in business
 * verbs, and closes it.
 */

const CASE_KIND = 'deal-registration';

export interface CaseDeps {
  readonly pool: Pool;
  /** How many accounts a match looks at, at most. */
  readonly candidateLimit: number;
  /** Where workflows of this process are started. */
  readonly taskQueue: string;
}

export type StepRequest = StepRequestOf<CaseState>;
export type StepOutcome = StepOutcomeOf<CaseState>;

/** Everything at hand while one step is made. */
export interface CaseWork extends StepWork<ClockKind> {
  readonly deps: CaseDeps;
  readonly row: RegistrationRow;
  /** The state that the step begins with. */
  readonly state: CaseState;
  readonly policy: DealRegistrationPolicy;
  readonly policyVersion: number;
  readonly partner: PartnerRow;
  status: RegistrationStatus;
  closureCode: ClosureCode | null;
  tasks: OpenTask[];
  pending: PendingDecision | null;
  windowIds: readonly string[];
  jointWindowId: string | null;
  matching: boolean;
  extensionAsked: boolean;
  extensions: number;
  appealed: boolean;
  change: RegistrationChange;
  ownCase: { id: string; reference: string } | null;
  findings: { code: string; facts: Record<string, unknown> }[];
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
  const { registrationId } = request.state;
  return stepOn(
    deps.pool,
    {
      caseKind: CASE_KIND,
      caseId: registrationId,
      request,
      lock: (tx) => lockRegistration(tx, registrationId),
    },
    async (tx, { row, atMs, seq }) => {
      const work = await openWork(tx, deps, { row, command: request.command, atMs, seq });
      return closeWork(work, await make(work));
    },
  );
}

async function openWork(
  tx: Transaction,
  deps: CaseDeps,
  input: { row: RegistrationRow; command: Command<unknown> | null; atMs: number; seq: number },
): Promise<CaseWork> {
  const { row, command, atMs, seq } = input;
  const policy = await readPolicy(tx, row.policyId);
  const [around, clocks] = await together([
    surroundings(tx, { partnerId: row.partnerId, programId: row.programId, policy, atMs, command }),
    loadOpenClocks(tx, row.id),
  ]);
  return {
    ...around,
    tx,
    deps,
    of: identityOf(row, { policyVersion: around.policyVersion, partner: around.partner }),
    row,
    state: row.state,
    seq,
    atMs,
    command,
    status: row.status,
    closureCode: row.closureCode,
    clocks,
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

/** What the shared verbs need to know of a registration. */
export function identityOf(
  row: RegistrationRow,
  around: Pick<CaseWork, 'policyVersion' | 'partner'>,
): CaseIdentity {
  const known = { registrationId: row.id, reference: row.reference, customerName: row.customerName };
  return {
    caseKind: CASE_KIND,
    caseId: row.id,
    workflowId: dealRegistrationWorkflowId(row.id),
    partnerId: row.partnerId,
    programId: row.programId,
    policyId: row.policyId,
    policyVersion: around.policyVersion,
    subject: row.customerName,
    materialHash: row.materialHash,
    contactId: row.contactId,
    mail: {
      toPartner: { ...known, programName: row.programName },
      toVendor: { ...known, partnerName: around.partner.name },
    },
  };
}

/** What surrounds a case at an instant: its policy and calendar, its partner, the words of the receipt. */
export async function surroundings(
  tx: Transaction,
  input: {
    partnerId: string;
    programId: string;
    policy: StoredPolicy;
    atMs: number;
    command: Command<unknown> | null;
  },
): Promise<Pick<CaseWork, 'policy' | 'policyVersion' | 'calendar' | 'partner' | 'receipt'>> {
  const { policy } = input;
  const [calendar, partner, receipt] = await together([
    loadCalendar(tx, policy.body.calendarName, input.atMs),
    readPartner(tx, input.partnerId, input.programId),
    input.command === null ? Promise.resolve(null) : readReceipt(tx, input.command.receipt),
  ]);
  return { policy: policy.body, policyVersion: policy.version, calendar, partner, receipt };
}

async function closeWork(work: CaseWork, end: StepEnd): Promise<StepEffect<CaseState>> {
  const state = stateOf(work, end);
  const news = newsForFollowers(work);
  if (news !== null) await tellFollowers(work, { what: news, status: work.status });
  await together([
    updateRegistration(work.tx, work.row.id, work.row.status, changeOf(work, state), state),
    writeClocks(work),
  ]);
  return effectOf(work, state, end);
}

/** What those who stand on an approved registration are told of this step; null: nothing that they would act on. */
function newsForFollowers({ row, status, change }: CaseWork): FollowedCaseNews['what'] | null {
  if (row.status !== 'approved') return null;
  if (status !== 'approved') return 'ended';
  if (change.partnerId !== undefined && change.partnerId !== row.partnerId) return 'handed_over';
  const { protectedUntilMs } = change;
  return protectedUntilMs !== undefined && protectedUntilMs !== row.protectedUntilMs ? 'moved' : null;
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
    nextAtMs: nextDueMs(work),
  };
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
    wakes: wakesOf(work),
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
    nextAt: isoOrNull(nextDueMs(work)),
    protectedUntil: isoOrNull(untilMs),
    ownCase: work.ownCase,
    findings: work.findings,
  };
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
  const { route, amountMinor, ...question } = asked;
  const id = await openTaskOf(work, {
    ...question,
    word: asked.kind,
    role: route.role,
    queue: route.queue,
    amountMinor: amountMinor ?? work.change.valueMinor ?? work.row.valueMinor,
    currency: work.row.currency,
  });
  work.tasks = [...work.tasks, { id, kind: asked.kind }];
  // Who resolves a conflict is not told: the partner must not learn that there is one.
  if (asked.kind !== 'conflict_resolution' && asked.kind !== 'joint_review')
    work.change = { ...work.change, queue: route.queue };
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
