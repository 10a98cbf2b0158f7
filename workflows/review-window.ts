/**
 * A review window: the time in which rivals for one account and product family are gathered, so that they are
 * judged together and not by who was looked at first.
 *
 * It begins with the first registration that matches no open window and closes at a fixed time. Alone in it, a
 * registration is decided alone, and an approval takes effect when the window closes. With a second one there
 * is one joint task, whose decision answers all. Members and their news travel through the relay, at least
 * once; what was seen before changes nothing. The members' clocks go on: when one is late, the joint task goes up as
 * their own task would have gone. Every step is one transaction keyed (window, sequence).
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyLocalActivities,
  setHandler,
  defineSignal,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReviewWindowActivities } from '../activities/review-window.ts';
import { dueInWindow, isWindowOver, nextWindowWakeMs } from '../domain/deal-registration/review-window.ts';
import type { ReviewWindowState } from '../domain/deal-registration/review-window.ts';
import { takeCourse } from './case-course.ts';
import { onMessage, openDesk } from './case-desk.ts';
import type { Refusal, RefusalType } from './contracts/command.ts';
import type { AssignFacts, DecideFacts, RetractFacts } from './contracts/deal-registration.ts';
import type { JoinFacts, PressFacts } from './contracts/review-window.ts';

const steps = proxyLocalActivities<ReviewWindowActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

export async function reviewWindow(input: { state: ReviewWindowState }): Promise<void> {
  let { state } = input;
  const desk = openDesk();
  const { follow, answer } = takeCourse<ReviewWindowState>({
    current: () => state,
    goTo: (next) => {
      state = next;
    },
  });
  const joining: string[] = [];
  const pressing: PressFacts[] = [];
  let looking = false;
  takeMessages();

  while (!isWindowOver(state)) {
    const wakeMs = nextWindowWakeMs(state);
    const moved = (
      (seq) => () =>
        state.seq !== seq || hasNews()
    )(state.seq);
    const due =
      wakeMs === null
        ? (await condition(moved), false)
        : wakeMs <= Date.now() || !(await condition(moved, wakeMs - Date.now()));
    await desk.oneAtATime(async () => {
      const joined = joining[0];
      if (joined !== undefined) {
        if (await follow((request) => steps.admitMember({ ...request, registrationId: joined })))
          joining.shift();
      } else if (looking) {
        // Whoever asks while it looks is looked at once more.
        looking = false;
        looking = !(await follow((request) => steps.lookAgain(request))) || looking;
      } else if (pressing.length > 0) await followClock();
      else if (due) await actOnTime();
    });
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      // What was told and not acted on is not in the state: it goes first.
      if (!hasNews() && !isWindowOver(state)) await continueAsNew<typeof reviewWindow>({ state });
    }
  }
  await condition(allHandlersFinished);

  // -------------------------------------------------------------------------------------------------------

  function hasNews(): boolean {
    return joining.length > 0 || looking || pressing.length > 0;
  }

  /** A joint decision takes effect, or the window closes. */
  async function actOnTime(): Promise<void> {
    const due = dueInWindow(state, Date.now());
    if (due === 'close') await follow((request) => steps.closeWindow(request));
    else if (due === 'take_effect') await follow((request) => steps.applyJointDecision(request));
  }

  /** A clock of a member is late: the joint task goes up. Without an open one there is nothing to press. */
  async function followClock(): Promise<void> {
    const pressed = pressing.shift();
    if (pressed !== undefined && state.taskId !== null)
      await follow((request) => steps.pressJointTask({ ...request, pressed }));
  }

  function takeMessages(): void {
    setHandler(defineSignal<[JoinFacts]>('join'), ({ registrationId }) => {
      if (!state.members.includes(registrationId) && !joining.includes(registrationId))
        joining.push(registrationId);
    });
    setHandler(defineSignal('look'), () => {
      looking = true;
    });
    setHandler(defineSignal<[PressFacts]>('press'), (pressed) => {
      pressing.push(pressed);
    });
    onMessage<DecideFacts>(desk, 'decide', {
      whyNot: ({ facts }) => (facts.taskId === state.taskId ? null : tooLate('The task is closed.')),
      carryOut: (command) => answer((request) => steps.recordJointDecision(request), command),
    });
    onMessage<RetractFacts>(desk, 'retract', {
      whyNot: ({ facts }) =>
        facts.decisionId === state.pending?.decisionId
          ? null
          : tooLate('The decision is in effect and cannot be taken back.'),
      carryOut: (command) => answer((request) => steps.retractJointDecision(request), command),
    });
    onMessage<AssignFacts>(desk, 'assign', {
      whyNot: ({ facts }) => (facts.taskId === state.taskId ? null : tooLate('The task is closed.')),
      carryOut: (command) => answer((request) => steps.assignJointTask(request), command),
    });
  }

  function tooLate(detail: string): { type: RefusalType; refusal: Refusal } {
    return {
      type: 'conflict',
      refusal: {
        detail,
        conflict: {
          by: state.last.byId,
          at: new Date(state.last.atMs).toISOString(),
          what: state.last.what,
          status: 'pending_approval',
        },
      },
    };
  }
}
