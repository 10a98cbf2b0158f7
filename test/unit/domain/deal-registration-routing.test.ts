import { registrationDiscount } from '../../../domain/deal-registration/discount.ts';
import type { AutoApproveFacts } from '../../../domain/deal-registration/routing.ts';
import {
  autoApproveObstacles,
  autoApproveVerdict,
  mayDenyByMachine,
  nextAuthority,
  risesTo,
  routeOfRole,
  routeTask,
} from '../../../domain/deal-registration/routing.ts';
import { pairVerdicts } from '../../../domain/matching/verdict.ts';
import { exampleKeys, examplePolicy, registration } from './deal-registration-examples.ts';

describe('who decides', () => {
  const policy = examplePolicy('volume-bands');
  const roleFor = (changes: Parameters<typeof registration>[0]) =>
    routeTask(policy, registration(changes)).role;

  test('is the first row of the matrix that fits type and value, its bound included', () => {
    expect(routeTask(policy, registration())).toEqual({
      role: 'approver',
      queue: 'deal-desk',
      limitMinor: 50_000_000,
    });
    expect(roleFor({ valueMinor: 50_000_000 })).toBe('approver');
    expect(roleFor({ valueMinor: 50_000_001 })).toBe('director');
    expect(roleFor({ type: 'renewal', valueMinor: 5_000_000 })).toBe('channel_account_manager');
  });

  test('is somebody whose own limit covers the value, or the next above', () => {
    expect(roleFor({ type: 'renewal', valueMinor: 5_000_001 })).toBe('approver');
  });

  test('goes up level by level', () => {
    expect(nextAuthority(policy, 'approver')).toEqual({
      role: 'director',
      queue: 'channel-directors',
      limitMinor: null,
    });
    expect(nextAuthority(policy, 'director')).toBeNull();
    expect(nextAuthority(policy, 'program_ops')).toBeNull();
    expect(risesTo(policy, { from: 'approver', to: 'director' })?.role).toBe('director');
    expect(risesTo(policy, { from: 'director', to: 'approver' })).toBeNull();
    expect(risesTo(policy, { from: 'approver', to: 'approver' })).toBeNull();
    expect(risesTo(policy, { from: 'approver', to: null })).toBeNull();
    expect(routeOfRole(policy, 'approver').queue).toBe('deal-desk');
    expect(() => routeOfRole(policy, 'program_ops')).toThrow('program_ops');
  });

  test('somebody is always found, in every example', () => {
    for (const key of exampleKeys) {
      for (const valueMinor of [0, 1, 49_999_999, 50_000_001, Number.MAX_SAFE_INTEGER]) {
        const { limitMinor } = routeTask(examplePolicy(key), registration({ valueMinor }));
        expect(limitMinor === null || limitMinor >= valueMinor).toBe(true);
      }
    }
  });

  test('a document that names nobody is an error, not a guess', () => {
    const nobody = { routing: { ...policy.routing, rows: [] } };
    expect(() => routeTask(nobody, registration())).toThrow('names nobody');
  });
});

describe('approval by machine', () => {
  const policy = examplePolicy('activity-checked');
  const clean: AutoApproveFacts = {
    registration: { type: 'new_customer', valueMinor: 2_499_999 },
    partner: { tier: 'gold' },
    freshMatchClean: true,
    unjudgedVerdicts: 0,
    eligibilityFindings: 0,
    directEngaged: false,
    clockPaused: false,
    reviewWindowOpen: false,
  };
  const forGold = {
    decision: {
      ...policy.decision,
      lastResort: {
        afterDue: { amount: 2, unit: 'businessDay' as const },
        page: 'director' as const,
        autoApprove: { valueBelowMinor: 2_500_000, types: ['new_customer' as const], tiers: ['gold'] },
      },
    },
  };

  test('happens when nothing at all stands against it', () => {
    expect(autoApproveVerdict(policy, clean)).toEqual({ approve: true });
    expect(autoApproveVerdict(forGold, clean)).toEqual({ approve: true });
  });

  test.each<[(typeof autoApproveObstacles)[number], Partial<AutoApproveFacts>]>([
    ['match_not_clean', { freshMatchClean: false }],
    ['verdict_unjudged', { unjudgedVerdicts: 1 }],
    ['not_eligible', { eligibilityFindings: 1 }],
    ['direct_engaged', { directEngaged: true }],
    ['clock_paused', { clockPaused: true }],
    ['review_window_open', { reviewWindowOpen: true }],
    ['value_not_below_limit', { registration: { type: 'new_customer', valueMinor: 2_500_000 } }],
    ['type_not_covered', { registration: { type: 'add_on', valueMinor: 1 } }],
    ['tier_not_covered', { partner: { tier: 'silver' } }],
  ])('%s alone pages somebody instead', (obstacle, facts) => {
    expect(autoApproveVerdict(forGold, { ...clean, ...facts })).toEqual({
      approve: false,
      page: 'director',
      obstacles: [obstacle],
    });
  });

  test('a program that switched it off always pages, and everything is named at once', () => {
    expect(autoApproveVerdict(examplePolicy('volume-bands'), clean)).toEqual({
      approve: false,
      page: 'director',
      obstacles: ['switched_off'],
    });
    const verdict = autoApproveVerdict(forGold, {
      registration: { type: 'add_on', valueMinor: 9_000_000 },
      partner: { tier: 'silver' },
      freshMatchClean: false,
      unjudgedVerdicts: 2,
      eligibilityFindings: 1,
      directEngaged: true,
      clockPaused: true,
      reviewWindowOpen: true,
    });
    expect(verdict.approve ? [] : verdict.obstacles.toSorted()).toEqual(
      autoApproveObstacles.filter((one) => one !== 'switched_off').toSorted(),
    );
  });
});

test('the machine denies on the verdict duplicate alone, and only where the program says so', () => {
  const denied = (key: (typeof exampleKeys)[number]) =>
    pairVerdicts.filter((verdict) => mayDenyByMachine(examplePolicy(key), verdict));
  expect(denied('one-per-product')).toEqual(['duplicate']);
  expect(denied('volume-bands')).toEqual([]);
  // A version from before it was forbidden: its speed would tell of the rival that the program does not disclose.
  const { disclosure } = examplePolicy('activity-checked');
  const hidden = examplePolicy('one-per-product', { disclosure: { ...disclosure, denial: 'reasonOnly' } });
  expect(pairVerdicts.filter((verdict) => mayDenyByMachine(hidden, verdict))).toEqual([]);
});

describe('registration discount', () => {
  const discountFor = (units: number, benefitPpm = 1_000_000) =>
    registrationDiscount({ policy: examplePolicy('volume-bands'), units, benefitPpm });

  test.each([
    [99, 0],
    [100, 50_000],
    [499, 50_000],
    [500, 80_000],
    [1_499, 80_000],
    [1_500, 120_000],
    [4_999, 120_000],
  ])('%i units earn %i ppm', (units, ratePpm) => {
    expect(discountFor(units)).toEqual({ ratePpm, needs: null });
  });

  test('above the bands somebody sets it; a second partner gets his part', () => {
    expect(discountFor(5_000)).toEqual({ ratePpm: null, needs: 'director' });
    expect(discountFor(100, 500_000)).toEqual({ ratePpm: 25_000, needs: null });
  });

  test('a program without bands gives none', () => {
    const policy = examplePolicy('cam-extended');
    expect(registrationDiscount({ policy, units: 9_999, benefitPpm: 1_000_000 })).toEqual({
      ratePpm: 0,
      needs: null,
    });
  });
});
