import { checkDealRegistrationPolicy } from '../../../api/contract/deal-registration-policy.ts';
import { policyOfToday } from '../../../domain/deal-registration/policy-of-today.ts';
import { exampleKeys, examplePolicy } from './deal-registration-examples.ts';

describe('a version of before, as a document of today', () => {
  test.each(exampleKeys)('%s as it once was is valid again and says the same', (key) => {
    const today = examplePolicy(key);
    const before = {
      ...today,
      acknowledgement: { ...today.acknowledgement, wordsKey: 'registration.received' },
      conflict: { ...today.conflict, hearWithin: { amount: 2, unit: 'businessDay' } },
      rebateFiling: 'none',
    };
    expect(checkDealRegistrationPolicy(before).ok).toBe(false);
    expect(policyOfToday(before)).toEqual(today);
    expect(policyOfToday({ ...today })).toEqual(today);
  });

  test('what a program that hides rivals may not ask for is as it was acted upon', () => {
    const today = examplePolicy('activity-checked');
    const before = {
      ...today,
      machineDenial: 'onDuplicateOfProtected',
      protection: { ...today.protection, partialFamilies: true },
    };
    expect(policyOfToday(before)).toEqual(today);
    const open = { ...before, disclosure: { ...today.disclosure, denial: 'anotherRegistrationExists' } };
    expect(policyOfToday(open)).toEqual(open);
  });

  test('what else is wrong stays for the schema to say', () => {
    expect(policyOfToday({ undoWindowSeconds: 900, conflict: null })).toEqual({
      undoWindowSeconds: 900,
      conflict: null,
    });
  });
});
