/**
 * Deal registration: from a partner's submission to a protected, extended, won, lost, expired or denied
 * opportunity.
 *
 * States and who may follow whom are in `domain/deal-registration/status.ts`; what each message needs is in
 * `domain/deal-registration/case.ts`; every length of time is policy. People's messages are Updates; clocks
 * are one durable timer, always set to whatever is due next. Every effect is a step of one case in one
 * database transaction, keyed (case, sequence), so running any of it again changes nothing.
 *
 * A deadline acts only after every message that was received before it: timeliness is judged by the receipt.
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyLocalActivities,
  setHandler,
  defineQuery,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { StepOutcome } from '../activities/deal-registration/case-work.ts';
import type { DealRegistrationActivities } from '../activities/deal-registration.ts';
import { isOver, nextWakeMs, whyNotVerb } from '../domain/deal-registration/case.ts';
import type { CaseState, CaseVerb } from '../domain/deal-registration/case.ts';
import { onMessage, openDesk, refuseWith } from './case-desk.ts';
import type { Answer, Command, Refusal, RefusalType } from './contracts/command.ts';
import type { DealRegistrationView, UpdateFacts } from './contracts/deal-registration.ts';

/** How a run begins: a new case waits for its submission, an existing one goes on from its state. */
export interface DealRegistrationInput {
  readonly caseId: string;
  readonly state: CaseState | null;
}

// Short writes to the record. Each is repeatable; a refusal is an outcome, so a failure is a fault of the
// record, and is tried until it heals.
const steps = proxyLocalActivities<DealRegistrationActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

/** How long a due clock waits for a message that was received before it, until it asks again. */
const RECEIPTS_PATIENCE = '5s';

export async function dealRegistration(input: DealRegistrationInput): Promise<void> {
  let state = input.state;
  const desk = openDesk();

  takeMessages();
  setHandler(defineQuery<DealRegistrationView>('state'), () => viewOf(state));

  await condition(() => state !== null);
  while (!over()) {
    if (current().matching) await lookForRivals();
    else if ((await dueOrChanged()) && (await nothingCameBefore())) await desk.oneAtATime(actOnTime);
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof dealRegistration>({ caseId: input.caseId, state });
    }
  }
  await condition(allHandlersFinished);

  // -------------------------------------------------------------------------------------------------------

  function current(): CaseState {
    if (state === null) throw new RangeError('The case has no submission yet.');
    return state;
  }

  function over(): boolean {
    return state !== null && !state.matching && isOver(state);
  }

  /**
   * Looks for rivals after a submission or a correction, and hands the case to whoever decides. The reply
   * leaves first: it must not tell of rivals, not even by the time it takes.
   */
  async function lookForRivals(): Promise<void> {
    await sleep(1);
    await desk.oneAtATime(async () => {
      if (current().matching) await follow((request) => steps.matchRivals(request));
    });
  }

  /** Waits until something is due or the case moved on. True when something is due. */
  async function dueOrChanged(): Promise<boolean> {
    const seen = current().seq;
    const wakeMs = nextWakeMs(current());
    const moved = (): boolean => current().seq !== seen || over();
    if (wakeMs === null) {
      await condition(moved);
      return false;
    }
    const waitMs = wakeMs - Date.now();
    return waitMs <= 0 || !(await condition(moved, waitMs));
  }

  /** False while a message that was received before the deadline is still on its way: it goes first. */
  async function nothingCameBefore(): Promise<boolean> {
    const wakeMs = nextWakeMs(current());
    if (wakeMs === null) return false;
    const { seq } = current();
    const open = await steps.undeliveredReceipts({ registrationId: input.caseId, untilMs: wakeMs });
    if (open === 0) return true;
    await condition(() => current().seq !== seq, RECEIPTS_PATIENCE);
    return false;
  }

  /** A decision takes effect, or a clock fires. */
  async function actOnTime(): Promise<void> {
    const wakeMs = nextWakeMs(current());
    // A message that was carried out meanwhile may have moved it.
    if (wakeMs === null || wakeMs > Date.now()) return;
    if (current().pending === null) await follow((request) => steps.fireDueClock(request));
    else await follow((request) => steps.takeEffect(request));
  }

  /** Runs a step that no person asked for, and goes on from the state it leaves. */
  async function follow(
    step: (request: { state: CaseState; command: null; nowMs: number }) => Promise<StepOutcome>,
  ): Promise<void> {
    const outcome = await step({ state: current(), command: null, nowMs: Date.now() });
    if (outcome.kind === 'done') state = outcome.state;
  }

  /** Carries out a person's message; when the record turns out to be ahead of the engine, from the record's state. */
  async function answer<Facts>(
    step: (request: { state: CaseState; command: Command<Facts>; nowMs: number }) => Promise<StepOutcome>,
    command: Command<Facts>,
  ): Promise<Answer> {
    for (;;) {
      const outcome = await step({ state: current(), command, nowMs: Date.now() });
      if (outcome.kind === 'refused') {
        refuseWith(outcome);
        continue;
      }
      state = outcome.state;
      if (outcome.answer !== null) return outcome.answer;
    }
  }

  function takeMessages(): void {
    onMessage<UpdateFacts['submit']>(desk, 'submit', {
      whyNot: () => null,
      carryOut: async (command) => {
        const outcome = await steps.recordSubmission({ command });
        if (outcome.kind === 'refused') refuseWith(outcome);
        if (outcome.kind !== 'done' || outcome.answer === null)
          throw new RangeError('A submission without an answer.');
        state = outcome.state;
        return outcome.answer;
      },
    });
    onMessage<UpdateFacts['decide']>(desk, 'decide', {
      whyNot: ({ facts }) => taskIsOpen(facts.taskId),
      carryOut: (command) => answer((request) => steps.recordDecision(request), command),
    });
    onMessage<UpdateFacts['retract']>(desk, 'retract', {
      whyNot: ({ facts }) =>
        state?.pending?.decisionId === facts.decisionId
          ? null
          : tooLate('The decision is in effect and cannot be taken back.'),
      carryOut: (command) => answer((request) => steps.retractDecision(request), command),
    });
    onMessage<UpdateFacts['assign']>(desk, 'assign', {
      whyNot: ({ facts }) => taskIsOpen(facts.taskId),
      carryOut: (command) => answer((request) => steps.reassignTask(request), command),
    });
    onMessage<UpdateFacts['judgePair']>(desk, 'judgePair', {
      whyNot: () => allowed('write_note'),
      carryOut: (command) => answer((request) => steps.judgePair(request), command),
    });
    onMessage<UpdateFacts['answerInformation']>(desk, 'answerInformation', {
      whyNot: () => allowed('answer_information'),
      carryOut: (command) => answer((request) => steps.answerInformation(request), command),
    });
    onMessage<UpdateFacts['withdraw']>(desk, 'withdraw', {
      whyNot: () => allowed('withdraw'),
      carryOut: (command) => answer((request) => steps.withdraw(request), command),
    });
    onMessage<UpdateFacts['requestExtension']>(desk, 'requestExtension', {
      whyNot: () => allowed('request_extension'),
      carryOut: (command) => answer((request) => steps.requestExtension(request), command),
    });
    onMessage<UpdateFacts['reportActivity']>(desk, 'reportActivity', {
      whyNot: () => allowed('report_activity'),
      carryOut: (command) => answer((request) => steps.reportActivity(request), command),
    });
    onMessage<UpdateFacts['amend']>(desk, 'amend', {
      whyNot: () => allowed('amend'),
      carryOut: (command) => answer((request) => steps.amend(request), command),
    });
    onMessage<UpdateFacts['reportOutcome']>(desk, 'reportOutcome', {
      whyNot: ({ facts }) => allowed(facts.outcome === 'won' ? 'report_won' : 'report_lost'),
      carryOut: (command) => answer((request) => steps.reportOutcome(request), command),
    });
    onMessage<UpdateFacts['appeal']>(desk, 'appeal', {
      whyNot: () => allowed('appeal'),
      carryOut: (command) => answer((request) => steps.appeal(request), command),
    });
    onMessage<UpdateFacts['transfer']>(desk, 'transfer', {
      whyNot: () => allowed('transfer'),
      carryOut: (command) => answer((request) => steps.transfer(request), command),
    });
    onMessage<UpdateFacts['writeNote']>(desk, 'writeNote', {
      whyNot: () => allowed('write_note'),
      carryOut: (command) => answer((request) => steps.writeNote(request), command),
    });
  }

  /** Why a verb is not possible now: with who did what, and when, since the caller looked. */
  function allowed(verb: CaseVerb): { type: RefusalType; refusal: Refusal } | null {
    if (state === null) return tooEarly();
    const why = whyNotVerb(state, verb);
    return why === null
      ? null
      : tooLate(`The registration is ${state.status.replaceAll('_', ' ')} (${why}).`);
  }

  function taskIsOpen(taskId: string): { type: RefusalType; refusal: Refusal } | null {
    if (state === null) return tooEarly();
    return state.tasks.some(({ id }) => id === taskId) ? null : tooLate('The task is closed.');
  }

  function tooEarly(): { type: RefusalType; refusal: Refusal } {
    return { type: 'not_found', refusal: { detail: 'The registration is not recorded yet.' } };
  }

  function tooLate(detail: string): { type: RefusalType; refusal: Refusal } {
    const { last, status } = current();
    return {
      type: 'conflict',
      refusal: {
        detail,
        conflict: { by: last.byId, at: new Date(last.atMs).toISOString(), what: last.what, status },
      },
    };
  }
}

function viewOf(state: CaseState | null): DealRegistrationView {
  return {
    status: state?.status ?? 'new',
    seq: state?.seq ?? 0,
    waitingUntilMs: state === null ? null : nextWakeMs(state),
    openTaskIds: state?.tasks.map(({ id }) => id) ?? [],
  };
}
