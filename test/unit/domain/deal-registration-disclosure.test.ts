import { caseVerbs, partnersVerbs, whyNotVerb } from '../../../domain/deal-registration/case.ts';
import {
  partnerProjection,
  shownNextStep,
  shownOutcome,
} from '../../../domain/deal-registration/disclosure.ts';
import { outlookOf } from '../../../domain/deal-registration/outlook.ts';
import {
  closureCodes,
  closureCodesFor,
  registrationStatuses,
} from '../../../domain/deal-registration/status.ts';
import { examplePolicy } from './deal-registration-examples.ts';

const silent = examplePolicy('activity-checked');
const open = examplePolicy('volume-bands');
const facts = { status: 'rejected', closureCode: null, appealed: false, ownRegistrationId: null } as const;
const OF_A_RIVAL = ['duplicate', 'conflict_lost', 'customer_choice', 'superseded'] as const;

test('a conflict shows as under review, and so does the approval it may come from', () => {
  const shown = (status: (typeof registrationStatuses)[number], appealed = false) =>
    partnerProjection(silent, { ...facts, status, appealed }).status;
  expect(shown('in_conflict')).toBe('under_review');
  expect(shown('pending_approval')).toBe('under_review');
  expect(shown('in_conflict', true)).toBe('appealed');
  const told = registrationStatuses.filter(
    (status) => status !== 'in_conflict' && status !== 'pending_approval',
  );
  expect(told.map((status) => shown(status))).toEqual(told);
});

test('a program may show a conflict as one', () => {
  const policy = { disclosure: { ...silent.disclosure, inConflictShownAs: 'in_conflict' as const } };
  expect(partnerProjection(policy, { ...facts, status: 'in_conflict', appealed: true }).status).toBe(
    'in_conflict',
  );
});

test.each(OF_A_RIVAL)('a denial for %s does not tell that a competitor exists', (closureCode) => {
  expect(partnerProjection(silent, { ...facts, closureCode })).toEqual({
    status: 'rejected',
    closureCode: 'other',
    anotherRegistrationExists: false,
    ownRegistrationId: null,
  });
});

test.each(OF_A_RIVAL)(
  'where the program discloses it, a denial for %s tells that another exists',
  (closureCode) => {
    expect(partnerProjection(open, { ...facts, closureCode })).toMatchObject({
      closureCode,
      anotherRegistrationExists: true,
    });
  },
);

test('what stands in for a rival’s code is a code that denials carry anyway', () => {
  const shown = partnerProjection(silent, { ...facts, closureCode: 'duplicate' }).closureCode;
  expect(closureCodesFor.rejected).toContain(shown);
  expect(partnerProjection(silent, { ...facts, closureCode: 'other' }).closureCode).toBe(shown);
});

test('the partner’s own earlier case is always told', () => {
  expect(
    partnerProjection(silent, { ...facts, closureCode: 'duplicate', ownRegistrationId: 'reg_own' }),
  ).toEqual({
    status: 'rejected',
    closureCode: 'duplicate',
    anotherRegistrationExists: false,
    ownRegistrationId: 'reg_own',
  });
});

test('other codes, and those the partner gave himself, are shown as they are', () => {
  const others = closureCodes.filter((code) => !OF_A_RIVAL.some((one) => one === code));
  for (const closureCode of others) {
    expect(partnerProjection(silent, { ...facts, closureCode }).closureCode).toBe(closureCode);
  }
  for (const status of ['lost', 'withdrawn'] as const) {
    expect(partnerProjection(silent, { ...facts, status, closureCode: 'customer_choice' })).toMatchObject({
      closureCode: 'customer_choice',
      anotherRegistrationExists: false,
    });
  }
});

describe('an appeal that met a conflict reads like an appeal under review', () => {
  const behind = ['in_conflict', 'under_review', 'pending_approval'] as const;
  const read = (status: (typeof registrationStatuses)[number], matching: boolean) => {
    const shown = partnerProjection(silent, { ...facts, status, appealed: true });
    const state = { status, tasks: [], wakes: [], matching };
    return {
      shown,
      waitingFor: outlookOf(state, false).waitingFor,
      nextStep: shownNextStep(shown.status, outlookOf(state, false).nextStep),
      verbs: partnersVerbs.map((verb) =>
        whyNotVerb({ status, pending: null, extensionAsked: false, appealed: true, tasks: [] }, verb),
      ),
    };
  };
  test.each(behind)('in %s', (status) => {
    for (const matching of [true, false]) expect(read(status, matching)).toEqual(read('appealed', false));
  });

  test('and so does what is decided then', () => {
    expect(shownOutcome('protect_partner', true)).toBe(shownOutcome('overturn', true));
    expect(shownOutcome('award_other', true)).toBe(shownOutcome('uphold', true));
    expect(shownOutcome('approve', true)).toBe(shownOutcome('overturn', true));
    expect(shownOutcome('deny', true)).toBe(shownOutcome('uphold', true));
    expect(shownOutcome('protect_partner', false)).toBe(shownOutcome('approve', false));
    expect(shownOutcome('award_other', false)).toBe(shownOutcome('deny', false));
    expect(shownOutcome('send_to_conflict', false)).toBeNull();
    expect(shownOutcome('no_conflict', true)).toBeNull();
  });
});

test('a conflict waits for the same as a review', () => {
  for (const status of ['under_review', 'pending_approval', 'in_conflict'] as const) {
    for (const matching of [true, false]) {
      const { waitingFor, nextStep } = outlookOf({ status, tasks: [], wakes: [], matching }, false);
      expect([waitingFor, shownNextStep('under_review', nextStep)]).toEqual(['vendor', 'decided']);
    }
  }
});

test('verbs are of one side each', () => {
  expect(caseVerbs.filter((verb) => !partnersVerbs.includes(verb))).toEqual(['transfer', 'write_note']);
});
