import type { TaskDetail } from '../../../api/contract/tasks.ts';
import { plan, rangeTo, reasonsFor, sumsOf } from '../../../web/src/features/inbox/bulk.ts';

const task = (part: Partial<TaskDetail> = {}): TaskDetail => ({
  id: 'tsk_1',
  caseId: 'reg_1',
  caseKind: 'deal-registration',
  kind: 'registration_review',
  subject: 'Aldermoor Logistics GmbH',
  partnerName: 'Northwind Harbour Systems',
  reference: 'DR-1',
  programId: 'prg_1',
  question: 'approve_registration',
  queue: 'approvals',
  role: 'approver',
  bandKey: null,
  outcomes: ['approve', 'deny', 'request_information', 'send_to_conflict'],
  amount: { amountMinor: 100, currency: 'EUR' },
  openedAt: '2026-03-02T08:00:00Z',
  due: null,
  claimedBy: null,
  mayDecide: true,
  whyNot: null,
  actingFor: null,
  unjudged: 0,
  news: null,
  version: 1,
  facts: {},
  factsHash: 'hash',
  nobodyDecides: null,
  similar: [],
  ...part,
});
const reasons = new Map([
  ['prg_1', [{ key: 'criteria', words: 'Not under the program.' }]],
  [
    'prg_2',
    [
      { key: 'criteria', words: 'Too small.' },
      { key: 'known', words: 'Known already.' },
    ],
  ],
]);
const planned = (one: TaskDetail, motion: 'approve' | 'deny' = 'approve', reasonKey: string | null = null) =>
  plan({ task: one, motion, personId: 'psn_me', reasonKey, reasons });

describe('several decided at once', () => {
  test.each([
    ['a registration', task(), 'approve', 'deny'],
    ['an extension', task({ kind: 'extension', outcomes: ['grant', 'refuse'] }), 'grant', 'refuse'],
    ['an amendment', task({ kind: 'amendment', outcomes: ['grant', 'refuse'] }), 'grant', 'refuse'],
  ] as const)('%s gets the answer of that meaning', (_, one, yes, no) => {
    expect([planned(one).outcome, planned(one, 'deny').outcome]).toEqual([yes, no]);
  });

  test.each([
    [
      'not his to decide',
      task({ mayDecide: false, whyNot: 'over_your_limit' }),
      /above your limit of authority/,
    ],
    ['decided meanwhile', task({ mayDecide: false, whyNot: 'task_closed' }), /decided already/],
    ['rivals', task({ kind: 'joint_review', outcomes: ['protect_partner', 'deny'] }), /one by one/],
    ['an appeal', task({ kind: 'appeal', outcomes: ['uphold', 'overturn'] }), /one by one/],
    [
      'held by another',
      task({ claimedBy: { id: 'psn_2', displayName: 'Second approver', until: '2026-03-02T09:00:00Z' } }),
      /Second approver is deciding/,
    ],
    ['a pair unjudged', task({ unjudged: 2 }), /2 pairs of customers/],
  ])('left out, with why: %s', (_, one, why) => {
    expect(planned(one)).toMatchObject({ outcome: null, why: expect.stringMatching(why) as string });
  });

  test('rivals are not denied together with others either', () => {
    expect(
      planned(task({ kind: 'joint_review', outcomes: ['protect_partner', 'deny'] }), 'deny').outcome,
    ).toBeNull();
  });

  test('a pair unjudged does not stop a denial, and his own hold stops nothing', () => {
    expect(planned(task({ unjudged: 1 }), 'deny').outcome).toBe('deny');
    const mine = { id: 'psn_me', displayName: 'Me', until: '2026-03-02T09:00:00Z' };
    expect(planned(task({ claimedBy: mine })).outcome).toBe('approve');
  });

  test('a case whose program has no such reason is left out of the denial', () => {
    expect(planned(task(), 'deny', 'known').outcome).toBeNull();
    expect(planned(task({ programId: 'prg_2' }), 'deny', 'known').outcome).toBe('deny');
    // A refusal names no reason of the program.
    const extension = task({ kind: 'extension', outcomes: ['grant', 'refuse'] });
    expect(planned(extension, 'deny', 'known').outcome).toBe('refuse');
  });

  test('each reason is offered once, with the words of every program that uses it', () => {
    expect(reasonsFor([task(), task({ programId: 'prg_2' }), task()], reasons)).toEqual([
      { key: 'criteria', words: 'Not under the program. / Too small.' },
      { key: 'known', words: 'Known already.' },
    ]);
  });

  test('sums are by currency, and leave out what has no amount', () => {
    const euro = { amountMinor: 100, currency: 'EUR' };
    expect(
      sumsOf([
        { amount: { amountMinor: 7, currency: 'USD' } },
        { amount: euro },
        { amount: null },
        { amount: euro },
      ]),
    ).toEqual([
      { amountMinor: 200, currency: 'EUR' },
      { amountMinor: 7, currency: 'USD' },
    ]);
  });

  test('a range runs both ways, and is the one alone when there is none', () => {
    const order = ['a', 'b', 'c', 'd'];
    expect([
      rangeTo(order, 'a', 'c'),
      rangeTo(order, 'd', 'b'),
      rangeTo(order, null, 'c'),
      rangeTo(order, 'gone', 'c'),
    ]).toEqual([['a', 'b', 'c'], ['b', 'c', 'd'], ['c'], ['c']]);
  });
});
