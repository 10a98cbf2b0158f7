import type { SpecialPriceWritten } from '../../api/contract/special-prices.ts';
import type { StepEffect } from '../../adapters/store/case-step.ts';
import { readReceipt } from '../../adapters/store/deal-registration.ts';
import type { Pool } from '../../adapters/store/pool.ts';
import { loadCalendar, loadOpenClocks } from '../../adapters/store/sla-clocks.ts';
import { lockRequest, readPricingPolicy, updateRequest } from '../../adapters/store/special-pricing.ts';
import type { RequestChange, RequestRow } from '../../adapters/store/special-pricing.ts';
import { closeTask } from '../../adapters/store/tasks.ts';
import { together } from '../../adapters/store/transaction.ts';
import type { Transaction } from '../../adapters/store/transaction.ts';
import { priceOutlookOf } from '../../domain/special-pricing/case.ts';
import type {
  PendingPricingDecision,
  PricingTask,
  SpecialPriceState,
} from '../../domain/special-pricing/case.ts';
import type { PricingClockKind } from '../../domain/special-pricing/clocks.ts';
import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import { specialPriceTransitions } from '../../domain/special-pricing/status.ts';
import type { SpecialPriceClosureCode, SpecialPriceStatus } from '../../domain/special-pricing/status.ts';
import { mayGo } from '../../domain/transition-table.ts';
import type { Command, Refusal } from '../../workflows/contracts/command.ts';
import { specialPricingWorkflowId } from '../../workflows/contracts/special-pricing.ts';
import { isoOrNull, nextDueMs, stepOn, wakesOf, writeClocks } from '../case-work.ts';
import type { CaseIdentity, StepEnd, StepOutcomeOf, StepRequestOf, StepWork } from '../case-work.ts';
import type { TaskDesk } from '../task-desk.ts';

/*
 * One step of a special price request at work: the row it begins with, the changes it makes, and at the end one state, one event, one
 * answer.
 */

export const REQUEST_KIND = 'special-pricing';

export interface PricingDeps {
  readonly pool: Pool;
  /** How many accounts a match looks at, at most. */
  readonly candidateLimit: number;
  /** Where workflows of this process are started. */
  readonly taskQueue: string;
}

export type PriceStepRequest = StepRequestOf<SpecialPriceState>;
export type PriceStepOutcome = StepOutcomeOf<SpecialPriceState>;

/** Everything at hand while one step is made. */
export interface PriceWork extends StepWork<PricingClockKind> {
  readonly deps: PricingDeps;
  readonly row: RequestRow;
  /** The state that the step begins with. */
  readonly state: SpecialPriceState;
  readonly policy: SpecialPricingPolicy;
  status: SpecialPriceStatus;
  closureCode: SpecialPriceClosureCode | null;
  round: number;
  routing: boolean;
  stepNo: number;
  tasks: PricingTask[];
  pending: PendingPricingDecision[];
  change: RequestChange;
}

/** Runs one step on an existing request (`stepOn`). */
export function stepOnRequest(
  deps: PricingDeps,
  request: PriceStepRequest,
  make: (work: PriceWork) => Promise<StepEnd>,
): Promise<PriceStepOutcome> {
  const { requestId } = request.state;
  return stepOn(
    deps.pool,
    { caseKind: REQUEST_KIND, caseId: requestId, request, lock: (tx) => lockRequest(tx, requestId) },
    async (tx, { row, atMs, seq }) => {
      const work = await openWork(tx, deps, { row, command: request.command, atMs, seq });
      const end = await make(work);
      const state = stateOf(work, end);
      await together([
        updateRequest(tx, { id: row.id, from: row.status }, changeOf(work, state), state),
        writeClocks(work),
      ]);
      return effectOf(work, state, end);
    },
  );
}

async function openWork(
  tx: Transaction,
  deps: PricingDeps,
  input: { row: RequestRow; command: Command<unknown> | null; atMs: number; seq: number },
): Promise<PriceWork> {
  const { row, command, atMs, seq } = input;
  const policy = await readPricingPolicy(tx, row.policyId);
  const [calendar, clocks, receipt] = await together([
    loadCalendar(tx, policy.calendarName, atMs),
    loadOpenClocks(tx, row.id),
    command === null ? Promise.resolve(null) : readReceipt(tx, command.receipt),
  ]);
  return {
    ...workOf(row),
    tx,
    deps,
    policy,
    calendar,
    clocks,
    receipt,
    command,
    atMs,
    seq,
  };
}

/** A row as the beginning of a step. */
export function workOf(
  row: RequestRow,
): Omit<
  PriceWork,
  'tx' | 'deps' | 'policy' | 'calendar' | 'clocks' | 'receipt' | 'command' | 'atMs' | 'seq'
> {
  return {
    of: identityOf(row),
    row,
    state: row.state,
    status: row.status,
    closureCode: row.closureCode,
    round: row.round,
    routing: row.state.routing,
    stepNo: row.state.stepNo,
    tasks: [...row.state.tasks],
    pending: [...row.state.pending],
    clockChanges: [],
    change: {},
    outbound: [],
  };
}

function identityOf(row: RequestRow): CaseIdentity {
  const known = { specialPriceId: row.id, reference: row.reference, customerName: row.customerName };
  return {
    caseKind: REQUEST_KIND,
    caseId: row.id,
    workflowId: specialPricingWorkflowId(row.id),
    partnerId: row.partnerId,
    programId: row.programId,
    policyId: row.policyId,
    policyVersion: row.policyVersion,
    subject: row.customerName,
    materialHash: row.materialHash,
    contactId: row.contactId,
    mail: {
      toPartner: { ...known, programName: row.programName },
      toVendor: { ...known, partnerName: row.partnerName },
    },
  };
}

/** The columns that follow from the state, together with what the step changed itself. */
export function changeOf(work: PriceWork, state: SpecialPriceState): RequestChange {
  const { waitingFor, nextStep } = priceOutlookOf(state);
  return {
    ...work.change,
    status: work.status,
    closureCode: work.closureCode,
    round: work.round,
    waitingFor,
    nextStep,
    nextAtMs: nextDueMs(work),
    askedRoles: work.tasks.map(({ role }) => role),
  };
}

/** The state the workflow goes on with. */
export function stateOf(work: PriceWork, end: Pick<StepEnd, 'kind'>): SpecialPriceState {
  const { row } = work;
  return {
    requestId: row.id,
    partnerId: row.partnerId,
    programId: row.programId,
    policyId: row.policyId,
    registrationId: row.registrationId,
    status: work.status,
    seq: work.seq,
    round: work.round,
    routing: work.routing,
    stepNo: work.stepNo,
    tasks: work.tasks,
    pending: work.pending,
    wakes: wakesOf(work),
    last: { byId: work.command?.actorId ?? null, atMs: work.atMs, what: end.kind },
  };
}

/** What the step writes beside the request's own rows. */
export function effectOf(
  work: PriceWork,
  state: SpecialPriceState,
  end: StepEnd,
): StepEffect<SpecialPriceState> {
  return {
    state,
    partnerId: work.row.partnerId,
    event: {
      kind: end.kind,
      audience: end.audience,
      facts: { ...end.facts, status: work.status, round: work.round },
      privateFacts: { ...end.privateFacts, closureCode: work.closureCode },
    },
    audit: {
      status: work.status,
      closureCode: work.closureCode,
      round: work.round,
      policyVersion: work.row.policyVersion,
      ...end.facts,
    },
    answer:
      work.command === null
        ? null
        : { statusCode: end.statusCode ?? 200, body: end.answer ?? writtenAnswer(work, state) },
    outbound: work.outbound,
  };
}

function writtenAnswer(work: PriceWork, state: SpecialPriceState): SpecialPriceWritten {
  const { answerByMs } = work.change;
  return {
    id: work.row.id,
    reference: work.row.reference,
    status: work.status,
    closureCode: work.closureCode,
    round: work.round,
    answerBy: answerByMs === undefined ? work.row.answerBy : isoOrNull(answerByMs),
    nextStep: priceOutlookOf(state).nextStep,
    nextAt: isoOrNull(nextDueMs(work)),
    agreementId: work.change.agreementId ?? work.row.agreementId,
  };
}

// ---------------------------------------------------------------------------------------------------------
// The verbs that steps are made of.

/** Goes to another state by the transition table; anything else is a fault of the step, never of the caller. */
export function go(work: PriceWork, to: SpecialPriceStatus): void {
  if (!mayGo(specialPriceTransitions, work.status, to))
    throw new RangeError(`Special price request ${work.row.id} may not go from ${work.status} to ${to}.`);
  work.status = to;
}

/** Ends every open task without a decision; what was decided and is not in effect is not any more either. */
export async function dropTasks(work: PriceWork): Promise<void> {
  for (const task of work.tasks) await closeTask(work.tx, task.id, { decisionId: null, atMs: work.atMs });
  work.tasks = [];
  work.pending = [];
}

/** Who did the last thing: what a click that came too late is told. */
export function lastOf(work: PriceWork): NonNullable<Refusal['conflict']> {
  const { last, status } = work.state;
  return { by: last.byId, at: new Date(last.atMs).toISOString(), what: last.what, status };
}

export function deskOf(work: PriceWork): TaskDesk {
  return { tx: work.tx, caseId: work.row.id, atMs: work.atMs, last: lastOf(work) };
}

/** What was typed with the message; empty when nothing was. */
export function typedWords(work: PriceWork): string {
  const words = work.receipt?.body['words'];
  return typeof words === 'string' ? words : '';
}
