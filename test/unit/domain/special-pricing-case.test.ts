import {
  isPriceRequestClosed,
  nextPriceWakeMs,
  priceOutlookOf,
  specialPriceVerbs,
  whyNotPriceVerb,
} from '../../../domain/special-pricing/case.ts';
import type { PendingPricingDecision } from '../../../domain/special-pricing/case.ts';
import {
  specialPriceClosureCodes,
  specialPriceClosureCodesFor,
  specialPriceStatuses,
  specialPriceTransitions,
} from '../../../domain/special-pricing/status.ts';
import { mayGo } from '../../../domain/transition-table.ts';

const pending = (effectiveAtMs: number): PendingPricingDecision => ({
  decisionId: `dec_${effectiveAtMs}`,
  taskId: 'tsk',
  role: 'cro',
  outcome: 'approve',
  fields: [],
  byId: 'psn',
  actingForId: null,
  decidedAtMs: 0,
  effectiveAtMs,
});

describe('a special price request', () => {
  test('ends in three states, and leaves none of them', () => {
    const ends = specialPriceStatuses.filter((status) => isPriceRequestClosed({ status }));
    expect(ends).toEqual(['approved', 'rejected', 'withdrawn']);
    for (const end of ends)
      for (const status of specialPriceStatuses)
        expect(mayGo(specialPriceTransitions, end, status)).toBe(false);
  });

  test('can always be taken back until it ends, and every end but approval has its codes', () => {
    for (const status of specialPriceStatuses) {
      const open = !isPriceRequestClosed({ status });
      expect(mayGo(specialPriceTransitions, status, 'withdrawn')).toBe(open);
      expect(whyNotPriceVerb({ status }, 'recall')).toBe(open ? null : 'case_is_closed');
    }
    expect(
      [...specialPriceClosureCodesFor.rejected, ...specialPriceClosureCodesFor.withdrawn].sort(),
    ).toEqual([...specialPriceClosureCodes].sort());
  });

  test('takes an answer only where it was asked, and a note always', () => {
    for (const status of specialPriceStatuses) {
      expect(whyNotPriceVerb({ status }, 'resubmit') === null).toBe(status === 'info_requested');
      expect(whyNotPriceVerb({ status }, 'answer_counter') === null).toBe(status === 'counter_offered');
      expect(whyNotPriceVerb({ status }, 'write_note')).toBeNull();
      for (const verb of specialPriceVerbs) expect(() => whyNotPriceVerb({ status }, verb)).not.toThrow();
    }
  });

  test('wakes for the earliest decision that waits, and for a clock only when none does', () => {
    const wakes = [{ clockId: 'clk', kind: 'approval', atMs: 50 }];
    expect(nextPriceWakeMs({ wakes, pending: [pending(90), pending(70)] })).toBe(70);
    expect(nextPriceWakeMs({ wakes, pending: [] })).toBe(50);
    expect(nextPriceWakeMs({ wakes: [], pending: [] })).toBeNull();
  });

  test('waits for whoever is to act', () => {
    expect(specialPriceStatuses.map((status) => priceOutlookOf({ status }).waitingFor)).toEqual([
      'vendor',
      'vendor',
      'partner',
      'partner',
      'nobody',
      'nobody',
      'nobody',
    ]);
  });
});
