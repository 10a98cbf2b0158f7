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
  defineSignal,
  workflowInfo,
} from '@temporalio/workflow';
import type { DealRegistrationActivities } from '../activities/deal-registration.ts';
import {
  isOver,
  isWithVendor,
  nextWakeMs,
  partnersVerbs,
  whyNotVerb,
} from '../domain/deal-registration/case.ts';
import type { CaseState, CaseVerb } from '../domain/deal-registration/case.ts';
import { takeCourse } from './case-course.ts';
import { onMessage, openDesk, refuseWith } from './case-desk.ts';
import { keepWatch } from './case-watch.ts';
import type { Refusal, RefusalType } from './contracts/command.ts';
import type { DealRegistrationView, UpdateFacts } from './contracts/deal-registration.ts';
import { holdsSignal } from './contracts/holds.ts';
import { windowSignal } from './contracts/review-window.ts';
import type { WindowNews } from './contracts/review-window.ts';

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

export async function dealRegistration(input: DealRegistrationInput): Promise<void> {
  let state = input.state;
  /** A submission was refused: nothing is in the record, and there is nothing to wait for. */
  let turnedAway = false;
  /** The sequence at which the record refused what the case would do by itself. */
  let refusedAtSeq = -1;
  const desk = openDesk();
  const { follow, answer } = takeCourse<CaseState>({
    current,
    goTo: (next) => {
      state = next;
    },
    refused: () => {
      refusedAtSeq = current().seq;
    },
  });

  const news: WindowNews[] = [];
  let holdsMoved = false;
  const { dueOrChanged, nothingCameBefore, untilMoved } = keepWatch({
    seq: () => current().seq,
    wakeMs: () => nextWakeMs(current()),
    stirred: () => news.length > 0 || holdsMoved || over(),
    refusedAtSeq: () => refusedAtSeq,
    undelivered: (untilMs) => steps.undeliveredReceipts({ registrationId: input.caseId, untilMs }),
  });

  takeMessages();
  setHandler(defineSignal<[WindowNews]>(windowSignal), (told) => {
    news.push(told);
  });
  setHandler(defineSignal(holdsSignal), () => {
    holdsMoved = true;
  });
  setHandler(defineQuery<DealRegistrationView>('state'), () => viewOf(state));

  await condition(() => state !== null || turnedAway);
  while (state !== null && !over()) {
    if (current().matching) await lookForRivals();
    else if (news.length > 0) await desk.oneAtATime(followNews);
    else if (holdsMoved) await desk.oneAtATime(followHolds);
    else if ((await dueOrChanged()) && (await nothingCameBefore())) await desk.oneAtATime(actOnTime);
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      // What was told and not acted on is not in the state: it goes first.
      if (news.length === 0 && !holdsMoved)
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
   * Looks for rivals after a submission or a correction, and hands the case to whoever decides, in the same task of the
   * engine. The reply does not wait for it: the API takes it from the record, so that it cannot tell of rivals by its time.
   */
  async function lookForRivals(): Promise<void> {
    await desk.oneAtATime(async () => {
      if (current().matching) await follow((request) => steps.matchRivals(request));
    });
    await untilMoved();
  }

  /** Acts on what a review window told: a rival joined, it closed, or it was decided for all. */
  async function followNews(): Promise<void> {
    const told = news[0];
    if (told === undefined) return;
    // Where the record was ahead, it may know nothing of these news yet: they are told again.
    if (await follow((request) => steps.followWindow({ ...request, news: told }))) news.shift();
  }

  /** A hold of the installation began or ended: the clocks stand, or run again. */
  async function followHolds(): Promise<void> {
    holdsMoved = false;
    await follow((request) => steps.followHolds(request));
  }

  /** A decision takes effect, or a clock fires. */
  async function actOnTime(): Promise<void> {
    const wakeMs = nextWakeMs(current());
    // A message that was carried out meanwhile may have moved it.
    if (wakeMs === null || wakeMs > Date.now()) return;
    if (current().pending === null) await follow((request) => steps.fireDueClock(request));
    else await follow((request) => steps.takeEffect(request));
  }

  function takeMessages(): void {
    onMessage<UpdateFacts['submit']>(desk, 'submit', {
      whyNot: () => null,
      carryOut: async (command) => {
        const outcome = await steps.recordSubmission({ command });
        if (outcome.kind === 'refused') {
          turnedAway = true;
          return refuseWith(outcome);
        }
        turnedAway = false;
        state = outcome.state;
        return outcome.answer;
      },
    });
    onMessage<UpdateFacts['decide']>(desk, 'decide', {
      whyNot: ({ facts }) => taskIsOpen(facts.taskId) ?? nothingTakesEffect(),
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
    if (why !== null && partnersVerbs.includes(verb) && isWithVendor(state)) return notNow();
    return why === null
      ? null
      : tooLate(`The registration is ${state.status.replaceAll('_', ' ')} (${why}).`);
  }

  function taskIsOpen(taskId: string): { type: RefusalType; refusal: Refusal } | null {
    if (state === null) return tooEarly();
    return state.tasks.some(({ id }) => id === taskId) ? null : tooLate('The task is closed.');
  }

  /** One decision at a time: a second one would take the place of the first before that holds. */
  function nothingTakesEffect(): { type: RefusalType; refusal: Refusal } | null {
    return state?.pending === null
      ? null
      : {
          type: 'not_allowed_now',
          refusal: {
            detail: 'Another decision on this registration is about to take effect. Try again then.',
          },
        };
  }

  function tooEarly(): { type: RefusalType; refusal: Refusal } {
    return { type: 'not_found', refusal: { detail: 'The registration is not recorded yet.' } };
  }

  /** What a partner is told while the vendor has the case: neither the state nor when it began. */
  function notNow(): { type: RefusalType; refusal: Refusal } {
    return {
      type: 'conflict',
      refusal: { detail: 'The registration is with those who decide; this is not possible now.' },
    };
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
