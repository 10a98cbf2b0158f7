import fc from 'fast-check';
import { registrationStatuses } from '../../../domain/deal-registration/status.ts';
import type { PendingDecision } from '../../../domain/deal-registration/case.ts';
import {
  canBeJudgedJointly,
  dueInWindow,
  isWindowOver,
  nextWindowWakeMs,
  placeOf,
  protectedBy,
  stillAnswersAll,
} from '../../../domain/deal-registration/review-window.ts';

const decision = (outcome: string, effectiveAtMs = 50): PendingDecision => ({
  decisionId: 'dec_1',
  taskId: 'tsk_1',
  taskKind: 'joint_review',
  outcome,
  fields: [],
  byId: 'per_1',
  decidedAtMs: 40,
  effectiveAtMs,
});

const member = { status: 'pending_approval', matching: false, pending: null, jointWindowId: null } as const;

describe('where a member stands', () => {
  test.each([
    ['waits for its call', {}, 'to_call'],
    ['is at the task', { jointWindowId: 'rvw_2' }, 'gathered'],
    ['is judged in an earlier window first', { jointWindowId: 'rvw_1' }, 'elsewhere'],
    ['comes from a later window', { jointWindowId: 'rvw_3' }, 'to_call'],
    ['has an approval that waits', { pending: decision('approve') }, 'to_call'],
    ['is about to be denied', { pending: decision('deny') }, 'away'],
    ['is about to be asked', { pending: decision('request_information') }, 'away'],
    ['was asked for information', { status: 'info_requested' }, 'away'],
    ['is in conflict', { status: 'in_conflict' }, 'away'],
    ['is matched again', { status: 'under_review', matching: true }, 'away'],
  ] as const)('%s', (_name, change, place) => {
    expect(placeOf('rvw_2', { ...member, ...change })).toBe(place);
  });

  test('nobody is gathered whom a joint decision cannot answer', () => {
    fc.assert(
      fc.property(
        fc.record({
          status: fc.constantFrom(...registrationStatuses),
          matching: fc.boolean(),
          pending: fc.constantFrom(null, decision('approve'), decision('deny'), decision('uphold')),
          jointWindowId: fc.constantFrom(null, 'rvw_1', 'rvw_2', 'rvw_3'),
        }),
        (state) => {
          expect(placeOf('rvw_2', state) === 'away').toBe(!canBeJudgedJointly(state));
        },
      ),
    );
  });

  test('of windows that wait for one another one always has all its members', () => {
    // Each member takes the first window in which it is called; whatever the order of the calls, it ends there.
    const windows = ['rvw_1', 'rvw_2', 'rvw_3'];
    const memberships = fc.array(fc.subarray(windows, { minLength: 1 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(memberships, fc.infiniteStream(fc.nat()), (members, random) => {
        const called = windows.filter((id) => members.filter((ids) => ids.includes(id)).length > 1);
        const joint = members.map((ids) =>
          ids
            .filter((id) => called.includes(id))
            .map((id) => ({ id, at: random.next().value ?? 0 }))
            .toSorted((left, right) => left.at - right.at)
            .reduce<string | null>(
              (jointWindowId, { id }) =>
                placeOf(id, { ...member, jointWindowId }) === 'to_call' ? id : jointWindowId,
              null,
            ),
        );
        const complete = called.filter((id) =>
          members.every((ids, n) => !ids.includes(id) || joint[n] === id),
        );
        expect(complete.length > 0).toBe(called.length > 0);
      }),
    );
  });
});

describe('a joint decision that waits', () => {
  const sharing = [
    { registrationId: 'reg_1', benefitPpm: 1_000_000 },
    { registrationId: 'reg_2', benefitPpm: 500_000 },
  ];

  test('protects its winner, those who share, or nobody', () => {
    expect(protectedBy({ pending: decision('reg_1') })).toEqual(['reg_1']);
    expect(protectedBy({ pending: decision('share'), sharing })).toEqual(['reg_1', 'reg_2']);
    expect(protectedBy({ pending: decision('deny'), sharing: [] })).toEqual([]);
    expect(protectedBy({ pending: null })).toEqual([]);
  });

  test.each([
    ['all are there', ['reg_1', 'reg_2'], ['reg_1', 'reg_2'], true],
    ['a loser left', ['reg_1'], ['reg_1'], true],
    ['the winner left', ['reg_2'], ['reg_2'], false],
    ['the winner was called away', ['reg_1', 'reg_2'], ['reg_2'], false],
    ['somebody joined', ['reg_1', 'reg_2', 'reg_3'], ['reg_1', 'reg_2'], false],
  ])('%s', (_name, waitingIds, gatheredIds, answers) => {
    const seenIds = ['reg_1', 'reg_2'];
    expect(stillAnswersAll({ pending: decision('reg_1') }, { seenIds, waitingIds, gatheredIds })).toBe(
      answers,
    );
  });

  test('takes effect when nobody can join any more; a denial of all has nothing to wait for', () => {
    const open = { closed: false, closesAtMs: 100 };
    const closed = { closed: true, closesAtMs: 100 };
    expect(nextWindowWakeMs({ ...open, pending: null })).toBe(100);
    expect(nextWindowWakeMs({ ...open, pending: decision('reg_1') })).toBe(100);
    expect(dueInWindow({ ...open, pending: decision('reg_1') }, 60)).toBeNull();
    expect(dueInWindow({ ...open, pending: decision('reg_1') }, 100)).toBe('close');
    expect(nextWindowWakeMs({ ...closed, pending: decision('reg_1', 120) })).toBe(120);
    expect(dueInWindow({ ...closed, pending: decision('reg_1', 120) }, 120)).toBe('take_effect');
    expect(nextWindowWakeMs({ ...open, pending: decision('deny') })).toBe(50);
    expect(dueInWindow({ ...open, pending: decision('deny') }, 60)).toBe('take_effect');
    expect(nextWindowWakeMs({ ...closed, pending: null })).toBeNull();
    expect(isWindowOver({ closed: true, taskId: null, pending: null })).toBe(true);
    expect(isWindowOver({ closed: true, taskId: null, pending: decision('reg_1') })).toBe(false);
  });
});
