import fc from 'fast-check';
import {
  LedgerError,
  supportClaimed,
  supportExpected,
  supportReleased,
  transactionOf,
} from '../../../domain/ledger.ts';
import type { AccountKind, LedgerTransaction, Posting } from '../../../domain/ledger.ts';

const of = { programId: 'prg_1', agreementId: 'spa_1', currency: 'EUR' };
const posting = (kind: AccountKind, amountMinor: number, currency = 'EUR'): Posting => ({
  account: { kind, subjectId: 'x', currency },
  amountMinor,
});
const draft = (postings: Posting[], change: Partial<LedgerTransaction> = {}): LedgerTransaction => ({
  key: 'k',
  kind: 'support_claimed',
  reason: null,
  postings,
  ...change,
});
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof LedgerError ? error.code : String(error);
  }
  return 'nothing thrown';
};
/** What each kind of account stands at after the transactions. */
const balances = (transactions: readonly (LedgerTransaction | null)[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const one of transactions)
    for (const { account, amountMinor } of one?.postings ?? [])
      sums[account.kind] = (sums[account.kind] ?? 0) + amountMinor;
  return sums;
};

describe('a transaction', () => {
  test('balances in each currency by itself', () => {
    expect(
      codeOf(() => transactionOf(draft([posting('support_expense', 5), posting('partner_payable', -5)]))),
    ).toBe('nothing thrown');
    expect(
      codeOf(() => transactionOf(draft([posting('support_expense', 5), posting('partner_payable', -4)]))),
    ).toBe('unbalanced');
    // Five euros are not five dollars, whatever the sum of the numbers is.
    expect(
      codeOf(() =>
        transactionOf(draft([posting('support_expense', 5), posting('partner_payable', -5, 'USD')])),
      ),
    ).toBe('unbalanced');
  });

  test.each<[string, LedgerTransaction]>([
    ['no_postings', draft([])],
    ['zero_posting', draft([posting('support_expense', 0)])],
    ['account_twice', draft([posting('support_expense', 5), posting('support_expense', -5)])],
    [
      'reason_missing',
      draft([posting('support_expense', 5), posting('partner_payable', -5)], { kind: 'correction' }),
    ],
    [
      'reason_given',
      draft([posting('support_expense', 5), posting('partner_payable', -5)], { reason: 'dispute_upheld' }),
    ],
  ])('is refused: %s', (code, wrong) => {
    expect(codeOf(() => transactionOf(wrong))).toBe(code);
  });
});

describe('price support', () => {
  test('is an expense when it is expected, and owed when it is claimed', () => {
    const expected = supportExpected(of, { key: 'a', amountMinor: 1_000 });
    const claimed = supportClaimed(of, {
      key: 'b',
      partnerId: 'prt_1',
      amountMinor: 300,
      accruedMinor: 1_000,
      correction: null,
    });
    expect(balances([expected, claimed])).toEqual({
      support_expense: 1_000,
      support_accrued: -700,
      partner_payable: -300,
    });
    const released = supportReleased(of, { key: 'c', accruedMinor: 700 });
    expect(balances([expected, claimed, released])).toEqual({
      support_expense: 300,
      support_accrued: 0,
      partner_payable: -300,
    });
  });

  test('that nobody expected is an expense when it is claimed', () => {
    const claimed = supportClaimed(of, {
      key: 'b',
      partnerId: 'prt_1',
      amountMinor: 300,
      accruedMinor: 100,
      correction: null,
    });
    expect(balances([claimed])).toEqual({
      support_accrued: 100,
      support_expense: 200,
      partner_payable: -300,
    });
  });

  test('however much is expected, claimed and given back, the expense is what is owed when nothing is expected any more', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            what: fc.constantFrom('expect' as const, 'claim' as const),
            amountMinor: fc.integer({ min: -5_000, max: 5_000 }),
          }),
          { maxLength: 30 },
        ),
        (acts) => {
          const transactions: (LedgerTransaction | null)[] = [];
          let owed = 0;
          const accruedNow = (): number => -(balances(transactions)['support_accrued'] ?? 0);
          acts.forEach(({ what, amountMinor }, place) => {
            if (what === 'expect')
              transactions.push(supportExpected(of, { key: `${place}`, amountMinor: Math.abs(amountMinor) }));
            else {
              owed += amountMinor;
              transactions.push(
                supportClaimed(of, {
                  key: `${place}`,
                  partnerId: 'prt_1',
                  amountMinor,
                  accruedMinor: accruedNow(),
                  correction: null,
                }),
              );
            }
            expect(accruedNow()).toBeGreaterThanOrEqual(0);
          });
          transactions.push(supportReleased(of, { key: 'end', accruedMinor: accruedNow() }));
          const after = balances(transactions);
          expect(after['support_expense'] ?? 0).toBe(owed);
          expect(after['partner_payable'] ?? 0).toBe(owed === 0 ? 0 : -owed);
          expect(after['support_accrued'] ?? 0).toBe(0);
        },
      ),
    );
  });
});
