import fc from 'fast-check';
import type { PricingRole } from '../../../domain/special-pricing/policy.ts';
import { nextOpenStep, standingApprovals } from '../../../domain/special-pricing/standing.ts';
import type { GivenApproval } from '../../../domain/special-pricing/standing.ts';
import type { AskedTerms } from '../../../domain/special-pricing/worse.ts';

const terms = (unitMinor: number, dealMinor = 1_000): AskedTerms => ({
  lines: [{ lineId: '1', sku: 'A', unitMinor, quantity: 10 }],
  exceptionKeys: [],
  validUntil: '2027-01-31',
  dealMinor,
});

const given = (role: PricingRole, unitMinor: number): GivenApproval => ({
  role,
  actorId: `psn_${role}`,
  decisionId: `dec_${role}_${unitMinor}`,
  terms: terms(unitMinor),
  termsHash: String(unitMinor),
});

describe('approvals that stand', () => {
  test('for terms that are nowhere worse, and not for others', () => {
    const standing = standingApprovals([given('cfo', 100), given('ceo', 90)], terms(95));
    expect(standing.get('cfo')?.worse).toEqual([
      { kind: 'price_lower', lineId: '1', fromMinor: 100, toMinor: 95 },
    ]);
    expect(standing.get('ceo')?.worse).toEqual([]);
    expect(standing.has('cro')).toBe(false);
  });

  test('an earlier one that covers the terms stands, whatever came after it', () => {
    const standing = standingApprovals([given('cfo', 100), given('cfo', 80)], terms(95));
    expect(standing.get('cfo')?.approval.termsHash).toBe('80');
  });
});

describe('the step that is asked', () => {
  const steps = [
    { bandKey: 'a', roles: ['channel_account_manager'], quorum: 1 },
    { bandKey: 'b', roles: ['cfo', 'ceo', 'cro'], quorum: 2 },
  ] as const satisfies Parameters<typeof nextOpenStep>[0];

  test('comes one after the other, and asks only those who have not agreed', () => {
    expect(nextOpenStep(steps, [])).toMatchObject({ stepNo: 1, needed: 1 });
    expect(nextOpenStep(steps, ['channel_account_manager', 'ceo'])).toEqual({
      stepNo: 2,
      bandKey: 'b',
      roles: ['cfo', 'cro'],
      needed: 1,
    });
    expect(nextOpenStep(steps, ['channel_account_manager', 'ceo', 'cro'])).toBeNull();
    expect(nextOpenStep([], [])).toBeNull();
  });

  test('is none exactly when each has its quorum', () => {
    const roles = ['channel_account_manager', 'director', 'cro', 'cfo', 'ceo'] as const;
    fc.assert(
      fc.property(fc.subarray([...roles]), (agreed) => {
        const enough = steps.every(
          ({ roles: asked, quorum }) =>
            asked.filter((role) => agreed.some((one) => one === role)).length >= quorum,
        );
        expect(nextOpenStep(steps, agreed) === null).toBe(enough);
      }),
    );
  });
});
