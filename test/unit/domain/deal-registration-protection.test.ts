import fc from 'fast-check';
import { takenOf } from '../../../api/registration-view.ts';
import { amendmentNeedsApproval } from '../../../domain/deal-registration/amendment.ts';
import { mayAppeal } from '../../../domain/deal-registration/appeal.ts';
import type { ExtensionInput } from '../../../domain/deal-registration/protection.ts';
import {
  extendedEndMs,
  mayExtend,
  protectedPart,
  protectionLength,
  protectionPeriod,
} from '../../../domain/deal-registration/protection.ts';
import type { CountedFrom } from '../../../domain/deal-registration/policy.ts';
import {
  at,
  calendar,
  DAY_MS,
  exampleKeys,
  examplePolicy,
  MINUTE_MS,
  partner,
  receivedAtMs,
  registration,
} from './deal-registration-examples.ts';

const days = (amount: number) => ({ amount, unit: 'day' }) as const;
const approvalEffectiveAtMs = receivedAtMs + 2 * DAY_MS;

describe('families that are protected for another registration', () => {
  const some = fc.uniqueArray(fc.constantFrom('switching', 'edge-security', 'storage', 'care'));
  const programs = fc.constantFrom(...exampleKeys).map((key) => examplePolicy(key));

  test('an approval never protects what is taken, leaves out nothing that is free, and all or nothing without the policy', () => {
    fc.assert(
      fc.property(programs, some, some, (policy, families, taken) => {
        const part = protectedPart(policy, { families, taken });
        const free = families.filter((family) => !taken.includes(family));
        const clash = free.length < families.length;
        if (!clash) expect(part).toEqual(families);
        else if (policy.protection.partialFamilies && free.length > 0) expect(part).toEqual(free);
        else expect(part).toBeNull();
      }),
    );
    expect(protectedPart(examplePolicy('cam-extended'), { families: ['a', 'b'], taken: ['b'] })).toEqual([
      'a',
    ]);
  });

  test('a program that does not tell of rivals leaves none out, whatever an old version of it says', () => {
    const { disclosure, protection } = examplePolicy('activity-checked');
    const old = { disclosure, protection: { ...protection, partialFamilies: true } };
    expect(protectedPart(old, { families: ['a', 'b'], taken: ['b'] })).toBeNull();
  });

  test('whoever decides is told beforehand; pairs that are, or may be, another customer are not counted', () => {
    const policy = examplePolicy('cam-extended');
    const row = { status: 'pending_approval', policy, families: ['a', 'b'] } as const;
    const held = (verdict: 'duplicate' | 'probable', judged: 'same' | 'different' | null, holds: string[]) =>
      takenOf(row, [{ verdict, judged, holds }]);
    expect(held('duplicate', null, ['b'])).toEqual({ families: ['b'], protects: ['a'] });
    expect(held('probable', 'same', ['a', 'b'])).toEqual({ families: ['a', 'b'], protects: [] });
    expect(held('probable', null, ['b'])).toBeNull();
    expect(held('duplicate', 'different', ['b'])).toBeNull();
    expect(held('duplicate', null, [])).toBeNull();
    const approved = { ...row, status: 'approved' } as const;
    expect(takenOf(approved, [{ verdict: 'duplicate', judged: null, holds: ['b'] }])).toBeNull();
  });
});

describe('the length of protection', () => {
  const policy = examplePolicy('activity-checked');
  const lengthFor = (
    changes: Parameters<typeof registration>[0],
    kind: 'reseller' | 'referral' = 'reseller',
  ) => protectionLength({ policy, registration: registration(changes), partner: partner({ kind }) });

  test('is that of the first rule that fits, else the default', () => {
    expect(lengthFor({})).toEqual(days(90));
    expect(lengthFor({}, 'referral')).toEqual(days(60));
    expect(lengthFor({ segment: 'enterprise' })).toEqual(days(180));
    expect(lengthFor({ segment: null })).toEqual(days(90));
    expect(lengthFor({ segment: 'enterprise' }, 'referral')).toEqual(days(60));
    expect(lengthFor({ valueMinor: 25_000_000 })).toEqual(days(180));
    expect(lengthFor({ valueMinor: 24_999_999 })).toEqual(days(90));
  });

  test('asks every condition of a rule', () => {
    const rule = {
      when: {
        types: ['add_on' as const],
        sources: ['vendor_assigned' as const],
        partnerKinds: null,
        segments: null,
        valueAtLeastMinor: null,
      },
      length: days(10),
    };
    const strict = { ...policy, protection: { ...policy.protection, lengths: [rule] } };
    const length = (changes: Parameters<typeof registration>[0]) =>
      protectionLength({ policy: strict, registration: registration(changes), partner: partner() });
    expect(length({ type: 'add_on', source: 'vendor_assigned' })).toEqual(days(10));
    expect(length({ type: 'add_on' })).toEqual(days(90));
    expect(length({ source: 'vendor_assigned' })).toEqual(days(90));
  });
});

describe('the protected range', () => {
  const periodFrom = (countedFrom: CountedFrom, expectedCloseMs = at('2026-06-01T00:00:00Z')) => {
    const policy = examplePolicy('volume-bands');
    return protectionPeriod({
      policy: { ...policy, protection: { ...policy.protection, countedFrom } },
      registration: registration({ expectedCloseMs }),
      partner: partner(),
      calendar,
      approvalEffectiveAtMs,
    });
  };

  test('begins when approval takes effect, whatever its length is counted from', () => {
    expect(periodFrom('approval')).toEqual({
      fromMs: approvalEffectiveAtMs,
      toMs: approvalEffectiveAtMs + 90 * DAY_MS,
      countedFromMs: approvalEffectiveAtMs,
    });
    expect(periodFrom('submission')).toEqual({
      fromMs: approvalEffectiveAtMs,
      toMs: receivedAtMs + 90 * DAY_MS,
      countedFromMs: receivedAtMs,
    });
    expect(periodFrom('forecastClose')).toEqual({
      fromMs: approvalEffectiveAtMs,
      toMs: at('2026-06-01T00:00:00Z') + 90 * DAY_MS,
      countedFromMs: at('2026-06-01T00:00:00Z'),
    });
  });

  test('is none when it would be over before it begins', () => {
    expect(periodFrom('forecastClose', approvalEffectiveAtMs - 90 * DAY_MS)).toBeNull();
    expect(periodFrom('forecastClose', approvalEffectiveAtMs - 89 * DAY_MS)).not.toBeNull();
  });

  test.each(exampleKeys)('%s gives every ordinary registration some', (key) => {
    const period = protectionPeriod({
      policy: examplePolicy(key),
      registration: registration(),
      partner: partner(),
      calendar,
      approvalEffectiveAtMs,
    });
    expect(period?.toMs).toBeGreaterThan(approvalEffectiveAtMs);
  });
});

describe('extension', () => {
  const endsAtMs = at('2026-06-01T00:00:00Z');
  const ask = (key: (typeof exampleKeys)[number], changes: Partial<ExtensionInput>) =>
    mayExtend({
      policy: examplePolicy(key),
      status: 'approved',
      protectionEndsAtMs: endsAtMs,
      extensionsGranted: 0,
      askedAtMs: endsAtMs - 1,
      calendar,
      ...changes,
    });

  test('goes up by steps, each by its own role, until none is left', () => {
    expect(ask('one-per-product', {})).toEqual({
      may: true,
      step: 1,
      length: days(30),
      by: 'channel_account_manager',
      beforeExpiry: true,
    });
    expect(ask('one-per-product', { extensionsGranted: 1 })).toMatchObject({ step: 2, by: 'director' });
    expect(ask('one-per-product', { extensionsGranted: 2 })).toEqual({
      may: false,
      reason: 'no_extension_left',
    });
  });

  test('must be asked before expiry where the program says so; the end itself is too late', () => {
    expect(ask('one-per-product', { askedAtMs: endsAtMs })).toEqual({
      may: false,
      reason: 'asked_after_expiry',
    });
  });

  test('may be asked for a while after expiry where the program allows it', () => {
    expect(ask('cam-extended', { status: 'expired', askedAtMs: endsAtMs + 30 * DAY_MS })).toMatchObject({
      may: true,
      beforeExpiry: false,
    });
    expect(ask('cam-extended', { status: 'expired', askedAtMs: endsAtMs + 30 * DAY_MS + 1 })).toEqual({
      may: false,
      reason: 'asked_too_late',
    });
  });

  test('is for what is or was protected', () => {
    for (const status of ['under_review', 'rejected', 'won', 'revoked'] as const) {
      expect(ask('cam-extended', { status })).toEqual({ may: false, reason: 'not_protected' });
    }
  });

  test('adds to the old end when asked in time, else counts from its own effect', () => {
    const given = {
      calendar,
      length: days(30),
      protectionEndsAtMs: endsAtMs,
      effectiveAtMs: endsAtMs + 5 * DAY_MS,
    };
    expect(extendedEndMs({ ...given, beforeExpiry: true })).toBe(endsAtMs + 30 * DAY_MS);
    expect(extendedEndMs({ ...given, beforeExpiry: false })).toBe(endsAtMs + 35 * DAY_MS);
  });
});

describe('amendment', () => {
  const approved = registration();
  const changed = (changes: Parameters<typeof registration>[0]) =>
    amendmentNeedsApproval({
      policy: examplePolicy('volume-bands'),
      approved,
      amended: registration(changes),
      calendar,
    });

  test('a value within the free increase, or lower, is recorded; more is asked again', () => {
    expect(changed({ valueMinor: 1_200_000 })).toEqual([]);
    expect(changed({ valueMinor: 1 })).toEqual([]);
    expect(changed({ valueMinor: 1_200_001 })).toEqual([
      { code: 'value_increased', changePpm: 200_001, freePpm: 200_000 },
    ]);
    expect(changed({ currency: 'USD', valueMinor: 1 })).toEqual([
      { code: 'currency_changed', from: 'EUR', to: 'USD' },
    ]);
  });

  test('from nothing every value is an increase', () => {
    const reasons = amendmentNeedsApproval({
      policy: examplePolicy('volume-bands'),
      approved: registration({ valueMinor: 0 }),
      amended: registration({ valueMinor: 1 }),
      calendar,
    });
    expect(reasons).toMatchObject([{ code: 'value_increased', changePpm: null }]);
  });

  test('an added product family is asked again, a dropped one is not', () => {
    const line = { productFamily: 'gateways', coreFamily: false, sku: 'GW-1', units: 1 };
    expect(changed({ lines: [...approved.lines, line] })).toEqual([
      { code: 'family_added', productFamily: 'gateways' },
    ]);
    expect(changed({ lines: [] })).toEqual([]);
    const policy = examplePolicy('volume-bands');
    const free = { ...policy, amendment: { ...policy.amendment, addedFamiliesNeedApproval: false } };
    expect(
      amendmentNeedsApproval({ policy: free, approved, amended: registration({ lines: [line] }), calendar }),
    ).toEqual([]);
  });

  test('a close date may move on by the free time, and forward always', () => {
    const freeUntilMs = approved.expectedCloseMs + 30 * DAY_MS;
    expect(changed({ expectedCloseMs: freeUntilMs })).toEqual([]);
    expect(changed({ expectedCloseMs: approved.expectedCloseMs - 300 * DAY_MS })).toEqual([]);
    expect(changed({ expectedCloseMs: freeUntilMs + 1 })).toEqual([
      { code: 'close_date_moved', toMs: freeUntilMs + 1, freeUntilMs },
    ]);
  });
});

describe('appeal', () => {
  const untilMs = at('2026-03-09T10:00:00Z');
  const appeal = (changes: Partial<Parameters<typeof mayAppeal>[0]> = {}) =>
    mayAppeal({
      policy: examplePolicy('one-per-product'),
      status: 'rejected',
      alreadyAppealed: false,
      untilMs,
      appealedAtMs: untilMs,
      calendar,
      ...changes,
    });

  test('is open until the end of its time, once, for a denial', () => {
    expect(appeal()).toEqual({ may: true, by: 'director', decideByMs: at('2026-03-16T10:00:00Z') });
    expect(appeal({ appealedAtMs: untilMs + 1 })).toEqual({ may: false, reason: 'too_late', untilMs });
    expect(appeal({ alreadyAppealed: true })).toEqual({ may: false, reason: 'already_appealed', untilMs });
    expect(appeal({ status: 'withdrawn' })).toEqual({ may: false, reason: 'not_denied', untilMs: null });
    expect(appeal({ policy: examplePolicy('cam-extended') })).toEqual({
      may: false,
      reason: 'no_appeal_in_program',
      untilMs: null,
    });
  });
});

test('a whole life under the demonstration program takes an hour or less', () => {
  const policy = examplePolicy('demonstration');
  const lengths = [
    policy.reviewWindow,
    policy.decision.within,
    policy.decision.lastResort?.afterDue,
    policy.information.answerWithin,
    policy.protection.otherwise,
    ...policy.extension.steps.map((step) => step.length),
    policy.quietPeriod,
    policy.appeal?.within,
    policy.appeal?.decideWithin,
  ];
  expect(lengths.every((length) => length?.unit === 'minute')).toBe(true);
  const minutes = lengths.reduce((sum, length) => sum + (length?.amount ?? 0), 0);
  expect(minutes * MINUTE_MS).toBeLessThanOrEqual(60 * MINUTE_MS);
});
