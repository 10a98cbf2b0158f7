/**
 * A pricing agreement: the special prices that were approved, from the approval until their last day, or until the registration that they
 * stand on is over.
 *
 * It is begun by the step that approves the request, which writes the agreement's row; the first step of its own starts the clock of its
 * validity. Versions are granted by requests, and told by signal; extensions and an early end are messages of the vendor's people; what
 * becomes of the registration comes by signal, at least once. Every effect is one transaction keyed (agreement, sequence), so running any of
 * it again changes nothing, and news that are told twice change nothing either.
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
import { nextAgreementWakeMs, whyNotAgreementVerb } from '../domain/special-pricing/case.ts';
import type { AgreementVerb, PricingAgreementState } from '../domain/special-pricing/case.ts';
import { takeCourse } from './case-course.ts';
import { onMessage, openDesk } from './case-desk.ts';
import { keepWatch } from './case-watch.ts';
import type { Refusal, RefusalType } from './contracts/command.ts';
import type { NoFacts } from './contracts/deal-registration.ts';
import { followedCaseSignal } from './contracts/followed-case.ts';
import type { FollowedCaseNews } from './contracts/followed-case.ts';
import { holdsSignal } from './contracts/holds.ts';
import { beginSignal, revisedSignal } from './contracts/special-pricing.ts';
import type { ExtendFacts, StateView } from './contracts/special-pricing.ts';

export interface PricingAgreementInput {
  readonly caseId: string;
  readonly state: PricingAgreementState;
}

const steps = proxyLocalActivities<SpecialPricingActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

export async function pricingAgreement(input: PricingAgreementInput): Promise<void> {
  let { state } = input;
  let refusedAtSeq = -1;
  const desk = openDesk();
  const { follow, answer } = takeCourse<PricingAgreementState>({
    current: () => state,
    goTo: (next) => {
      state = next;
    },
    refused: () => {
      refusedAtSeq = state.seq;
    },
  });
  const news: FollowedCaseNews[] = [];
  let holdsMoved = false;
  let revised = false;
  const { dueOrChanged, nothingCameBefore, untilMoved } = keepWatch({
    seq: () => state.seq,
    wakeMs: () => nextAgreementWakeMs(state),
    stirred: () => hasNews() || over(),
    refusedAtSeq: () => refusedAtSeq,
    undelivered: (untilMs) => steps.undeliveredMessages({ caseId: input.caseId, untilMs }),
  });

  takeMessages();
  while (!over()) {
    if (state.seq === 0) await begin();
    else if (news.length > 0) await desk.oneAtATime(followNews);
    else if (revised) await desk.oneAtATime(followRevision);
    else if (holdsMoved) await desk.oneAtATime(followHolds);
    else if ((await dueOrChanged()) && (await nothingCameBefore())) await desk.oneAtATime(actOnTime);
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      // What was told and not acted on is not in the state: it goes first.
      if (!hasNews()) await continueAsNew<typeof pricingAgreement>({ caseId: input.caseId, state });
    }
  }
  await condition(allHandlersFinished);

  // -------------------------------------------------------------------------------------------------------

  function over(): boolean {
    return state.status !== 'active';
  }

  function hasNews(): boolean {
    return news.length > 0 || revised || holdsMoved;
  }

  /** The first step of its own: its validity runs. */
  async function begin(): Promise<void> {
    await desk.oneAtATime(async () => {
      if (state.seq === 0) await follow((request) => steps.beginAgreement(request));
    });
    await untilMoved();
  }

  /** Acts on what became of the registration. */
  async function followNews(): Promise<void> {
    const told = news[0];
    if (told === undefined) return;
    // Where the record was ahead, it may know nothing of these news yet: they are told again.
    if (await follow((request) => steps.followAgreedRegistration({ ...request, news: told }))) news.shift();
  }

  /** A request gave it a version: its end may be another. */
  async function followRevision(): Promise<void> {
    revised = false;
    // Whoever tells of another one meanwhile is looked at once more.
    revised = !(await follow((request) => steps.followRevision(request))) || revised;
  }

  /** A hold of the installation began or ended. */
  async function followHolds(): Promise<void> {
    holdsMoved = false;
    await follow((request) => steps.followAgreementHolds(request));
  }

  /** A reminder of its end, or the end. */
  async function actOnTime(): Promise<void> {
    const wakeMs = nextAgreementWakeMs(state);
    // A message that was carried out meanwhile may have moved it.
    if (wakeMs === null || wakeMs > Date.now()) return;
    await follow((request) => steps.fireAgreementClock(request));
  }

  function takeMessages(): void {
    setHandler(defineSignal(beginSignal), () => undefined);
    setHandler(defineSignal(revisedSignal), () => {
      revised = true;
    });
    setHandler(defineSignal<[FollowedCaseNews]>(followedCaseSignal), (told) => {
      news.push(told);
    });
    setHandler(defineSignal(holdsSignal), () => {
      holdsMoved = true;
    });
    setHandler(defineQuery<StateView>('state'), () => ({
      status: state.status,
      seq: state.seq,
      waitingUntilMs: nextAgreementWakeMs(state),
    }));
    onMessage<ExtendFacts>(desk, 'extend', {
      whyNot: () => allowed('extend'),
      carryOut: (command) => answer((request) => steps.extendAgreement(request), command),
    });
    onMessage<NoFacts>(desk, 'end', {
      whyNot: () => allowed('end'),
      carryOut: (command) => answer((request) => steps.endAgreement(request), command),
    });
  }

  function allowed(verb: AgreementVerb): { type: RefusalType; refusal: Refusal } | null {
    if (whyNotAgreementVerb(state, verb) === null) return null;
    return {
      type: 'conflict',
      refusal: {
        detail: `The agreement is ${state.status}; this is not possible any more.`,
        conflict: {
          by: state.last.byId,
          at: new Date(state.last.atMs).toISOString(),
          what: state.last.what,
          status: state.status,
        },
      },
    };
  }
}
