/**
 * Special pricing: from a partner's request for a price below his standard net to an agreement, a denial, or his taking it back.
 *
 * States and who may follow whom are in `domain/special-pricing/status.ts`, what each message needs in `domain/special-pricing/case.ts`;
 * who is asked, for how long and by when is policy. A round is the terms asked for at one time: the first with the request, further ones
 * with an answer or with a counter-offer that is accepted; each is priced and routed anew, after the reply to the partner. People's
 * messages are Updates; clocks are one durable timer, set to whatever is due next; the registration it stands on tells what becomes of it by
 * signal. Every effect is a step of one case in one database transaction, keyed (case, sequence), so running any of it again changes nothing.
 *
 * A deadline acts only after every message that was received before it: timeliness is judged by the receipt.
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SpecialPricingActivities } from '../activities/special-pricing.ts';
import { isPriceRequestClosed, nextPriceWakeMs, whyNotPriceVerb } from '../domain/special-pricing/case.ts';
import type { SpecialPriceState, SpecialPriceVerb } from '../domain/special-pricing/case.ts';
import { takeCourse } from './case-course.ts';
import { onMessage, openDesk, refuseWith } from './case-desk.ts';
import { keepWatch } from './case-watch.ts';
import type { Refusal, RefusalType } from './contracts/command.ts';
import type { AssignFacts, NoFacts, RetractFacts, WriteNoteFacts } from './contracts/deal-registration.ts';
import { followedCaseSignal } from './contracts/followed-case.ts';
import type { FollowedCaseNews } from './contracts/followed-case.ts';
import { holdsSignal } from './contracts/holds.ts';
import type {
  AnswerCounterFacts,
  DecidePriceFacts,
  StateView,
  SubmitPriceFacts,
} from './contracts/special-pricing.ts';

/** How a run begins: a new case waits for its request, an existing one goes on from its state. */
export interface SpecialPricingInput {
  readonly caseId: string;
  readonly state: SpecialPriceState | null;
}

// Short writes to the record. Each is repeatable; a refusal is an outcome, so a failure is a fault of the record, and is tried until it heals.
const steps = proxyLocalActivities<SpecialPricingActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

export async function specialPricing(input: SpecialPricingInput): Promise<void> {
  let state = input.state;
  /** A request was refused: nothing is in the record, and there is nothing to wait for. */
  let turnedAway = false;
  /** The sequence at which the record refused what the case would do by itself. */
  let refusedAtSeq = -1;
  const desk = openDesk();
  const { follow, answer } = takeCourse<SpecialPriceState>({
    current,
    goTo: (next) => {
      state = next;
    },
    refused: () => {
      refusedAtSeq = current().seq;
    },
  });
  const news: FollowedCaseNews[] = [];
  let holdsMoved = false;
  const { dueOrChanged, nothingCameBefore, untilMoved } = keepWatch({
    seq: () => current().seq,
    wakeMs: () => nextPriceWakeMs(current()),
    stirred: () => news.length > 0 || holdsMoved || current().routing || over(),
    refusedAtSeq: () => refusedAtSeq,
    undelivered: (untilMs) => steps.undeliveredMessages({ caseId: input.caseId, untilMs }),
  });

  takeMessages();
  setHandler(defineSignal<[FollowedCaseNews]>(followedCaseSignal), (told) => {
    news.push(told);
  });
  setHandler(defineSignal(holdsSignal), () => {
    holdsMoved = true;
  });
  setHandler(defineQuery<StateView>('state'), () => ({
    status: state?.status ?? 'new',
    seq: state?.seq ?? 0,
    waitingUntilMs: state === null ? null : nextPriceWakeMs(state),
  }));

  await condition(() => state !== null || turnedAway);
  while (state !== null && !over()) {
    if (current().routing) await route();
    else if (news.length > 0) await desk.oneAtATime(followNews);
    else if (holdsMoved) await desk.oneAtATime(followHolds);
    else if ((await dueOrChanged()) && (await nothingCameBefore())) await desk.oneAtATime(actOnTime);
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      // What was told and not acted on is not in the state: it goes first.
      if (news.length === 0 && !holdsMoved)
        await continueAsNew<typeof specialPricing>({ caseId: input.caseId, state });
    }
  }
  await condition(allHandlersFinished);

  // -------------------------------------------------------------------------------------------------------

  function current(): SpecialPriceState {
    if (state === null) throw new RangeError('The case has no request yet.');
    return state;
  }

  function over(): boolean {
    return state !== null && isPriceRequestClosed(state);
  }

  /** Prices a round against the whole deal and asks whoever must agree, in the same task of the engine as the message that began it. */
  async function route(): Promise<void> {
    await desk.oneAtATime(async () => {
      if (current().routing) await follow((request) => steps.routeRound(request));
    });
    await untilMoved();
  }

  /** Acts on what became of the registration. */
  async function followNews(): Promise<void> {
    const told = news[0];
    if (told === undefined) return;
    // Where the record was ahead, it may know nothing of these news yet: they are told again.
    if (await follow((request) => steps.followRegistration({ ...request, news: told }))) news.shift();
  }

  /** A hold of the installation began or ended: the clocks stand, or run again. */
  async function followHolds(): Promise<void> {
    holdsMoved = false;
    await follow((request) => steps.followPriceHolds(request));
  }

  /** A decision takes effect, or a clock fires. */
  async function actOnTime(): Promise<void> {
    const wakeMs = nextPriceWakeMs(current());
    // A message that was carried out meanwhile may have moved it.
    if (wakeMs === null || wakeMs > Date.now()) return;
    if (current().pending.length === 0) await follow((request) => steps.firePriceClock(request));
    else await follow((request) => steps.takePricingEffect(request));
  }

  function takeMessages(): void {
    onMessage<SubmitPriceFacts>(desk, 'submit', {
      whyNot: () => null,
      carryOut: async (command) => {
        const outcome = await steps.recordRequest({ command });
        if (outcome.kind === 'refused') {
          turnedAway = true;
          return refuseWith(outcome);
        }
        turnedAway = false;
        state = outcome.state;
        return outcome.answer;
      },
    });
    onMessage<DecidePriceFacts>(desk, 'decide', {
      whyNot: ({ facts }) => taskIsOpen(facts.taskId),
      carryOut: (command) => answer((request) => steps.recordPricingDecision(request), command),
    });
    onMessage<RetractFacts>(desk, 'retract', {
      whyNot: ({ facts }) =>
        state?.pending.some(({ decisionId }) => decisionId === facts.decisionId) === true
          ? null
          : tooLate('The decision is in effect and cannot be taken back.'),
      carryOut: (command) => answer((request) => steps.retractPricingDecision(request), command),
    });
    onMessage<AssignFacts>(desk, 'assign', {
      whyNot: ({ facts }) => taskIsOpen(facts.taskId),
      carryOut: (command) => answer((request) => steps.reassignPricingTask(request), command),
    });
    onMessage<NoFacts>(desk, 'recall', {
      whyNot: () => allowed('recall'),
      carryOut: (command) => answer((request) => steps.recallRequest(request), command),
    });
    onMessage<NoFacts>(desk, 'resubmit', {
      whyNot: () => allowed('resubmit'),
      carryOut: (command) => answer((request) => steps.resubmitRequest(request), command),
    });
    onMessage<AnswerCounterFacts>(desk, 'answerCounter', {
      whyNot: () => allowed('answer_counter'),
      carryOut: (command) => answer((request) => steps.answerCounterOffer(request), command),
    });
    onMessage<WriteNoteFacts>(desk, 'writeNote', {
      whyNot: () => allowed('write_note'),
      carryOut: (command) => answer((request) => steps.writePriceNote(request), command),
    });
  }

  function allowed(verb: SpecialPriceVerb): { type: RefusalType; refusal: Refusal } | null {
    if (state === null) return { type: 'not_found', refusal: { detail: 'The request is not recorded yet.' } };
    return whyNotPriceVerb(state, verb) === null
      ? null
      : tooLate(`The request is ${state.status.replaceAll('_', ' ')}; this is not possible now.`);
  }

  function taskIsOpen(taskId: string): { type: RefusalType; refusal: Refusal } | null {
    return state?.tasks.some(({ id }) => id === taskId) === true ? null : tooLate('The task is closed.');
  }

  function tooLate(detail: string): { type: RefusalType; refusal: Refusal } {
    if (state === null) return { type: 'not_found', refusal: { detail: 'The request is not recorded yet.' } };
    const { last, status } = state;
    return {
      type: 'conflict',
      refusal: {
        detail,
        conflict: { by: last.byId, at: new Date(last.atMs).toISOString(), what: last.what, status },
      },
    };
  }
}
