import fc from 'fast-check';
import { readListSearch } from '../../../web/src/features/deal-registration/list-search.ts';
import { correctableFields } from '../../../api/contract/deal-registrations.ts';
import {
  changesOf,
  emptyForm,
  fieldOf,
  fromDraft,
  toSubmission,
} from '../../../web/src/features/deal-registration/form-values.ts';
import { mergeOrder, nextAfter } from '../../../web/src/features/inbox/order.ts';
import { nextStep } from '../../../domain/words/en.ts';
import {
  attainmentSentence,
  attainmentSeries,
  namesAtTheEnd,
} from '../../../web/src/features/operations/attainment.ts';
import { summarise } from '../../../web/src/features/policies/summary.ts';
import { majorTextOf, minorOf } from '../../../web/src/lib/amounts.ts';

const ids = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { maxLength: 12 });

describe('the list of the inbox', () => {
  test('rows that are shown never move, whatever comes in', () => {
    fc.assert(
      fc.property(ids, ids, (shown, latest) => {
        fc.pre(shown.length > 0);
        expect(mergeOrder(shown, latest).order.slice(0, shown.length)).toEqual(shown);
      }),
    );
  });

  test('everything open is shown or waits to be let in', () => {
    fc.assert(
      fc.property(ids, ids, (shown, latest) => {
        const { order, waiting } = mergeOrder(shown, latest);
        expect([...new Set([...order, ...waiting, ...latest])].toSorted()).toEqual(
          [...new Set([...order, ...waiting])].toSorted(),
        );
        expect(new Set([...order, ...waiting]).size).toBe(order.length + waiting.length);
      }),
    );
  });

  test('what is more urgent waits; the next page is added', () => {
    expect(mergeOrder(['b', 'c'], ['a', 'b', 'c', 'd'])).toEqual({ order: ['b', 'c', 'd'], waiting: ['a'] });
  });

  test('after a decision the one below opens, at the end the one above', () => {
    expect([nextAfter(['a', 'b', 'c'], 'b'), nextAfter(['a', 'b'], 'b'), nextAfter(['a'], 'a')]).toEqual([
      'c',
      'a',
      undefined,
    ]);
  });
});

describe('amounts as people type them', () => {
  test.each([
    ['48000', 4_800_000],
    ['48,000.50', 4_800_050],
    ['48.000,50', 4_800_050],
    ["48'000", 4_800_000],
    ['48 000,5', 4_800_050],
    ['1.000', 100_000],
    ['abc', null],
    ['-5', null],
    ['', null],
  ])('%s', (text, minor) => {
    expect(minorOf(text, 'EUR')).toBe(minor);
  });

  test('what is shown reads back as the same amount', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.constantFrom('EUR', 'JPY', 'KWD'),
        (amountMinor, currency) => {
          expect(minorOf(majorTextOf({ amountMinor, currency }), currency)).toBe(amountMinor);
        },
      ),
    );
  });
});

describe('the form', () => {
  const filled = {
    ...emptyForm,
    programId: 'prg_1',
    customer: { ...emptyForm.customer, legalName: ' Aldermoor Logistics GmbH ', country: 'DE' },
    opportunityName: 'Warehouse',
    lines: [
      { sku: 'SEN-100', quantity: '240' },
      { sku: '', quantity: '1' },
    ],
    value: '48,000.50',
    expectedClose: '2027-01-20',
    discountPercent: '12,5',
  };

  test('sends what was typed, and null for what was not', () => {
    const submission = toSubmission(filled);
    expect(submission.customer).toMatchObject({
      legalName: 'Aldermoor Logistics GmbH',
      webDomain: null,
      contacts: [],
    });
    expect(submission.lines).toEqual([{ sku: 'SEN-100', quantity: 240 }]);
    expect(submission.value).toEqual({ amountMinor: 4_800_050, currency: 'EUR' });
    expect(submission.requestedDiscountPpm).toBe(125_000);
  });

  test('a saved draft comes back as it was sent', () => {
    const once = toSubmission(filled);
    expect(toSubmission(fromDraft({ ...once }, 'prg_1'))).toEqual(once);
  });

  test('a draft of another shape is an empty form, not a crash', () => {
    expect(fromDraft({ customer: 7, lines: 'x', value: null, competitors: [1] }, 'prg_1')).toMatchObject({
      ...emptyForm,
      programId: 'prg_1',
    });
  });

  const asRegistered = {
    ...toSubmission(filled),
    customer: {
      ...toSubmission(filled).customer,
      contacts: [
        { name: 'Purchasing (demo)', email: 'purchasing@aldermoor.example', role: null },
        { name: 'Operations (demo)', email: null, role: 'Operations' },
      ],
    },
  };
  const open = fromDraft({ ...asRegistered }, 'prg_1');

  test('a correction sends what was changed of what was asked for, and nothing else', () => {
    expect(changesOf(asRegistered, open, correctableFields)).toEqual({});
    const typed = { ...open, opportunityName: 'Another', lines: [{ sku: 'GTW-20', quantity: '3' }] };
    expect(changesOf(asRegistered, typed, ['lines', 'value'])).toEqual({
      lines: [{ sku: 'GTW-20', quantity: 3 }],
    });
    expect(changesOf(asRegistered, { ...open, rfpStatus: 'published' }, ['rfp'])).toEqual({
      rfp: { status: 'published', date: null },
    });
  });

  test('a corrected customer keeps the contacts that the form does not show', () => {
    const typed = { ...open, customer: { ...open.customer, city: 'Hamburg' } };
    const { customer } = changesOf(asRegistered, typed, ['customer']);
    expect(customer?.contacts).toEqual(asRegistered.customer.contacts);
    expect(customer).toMatchObject({ city: 'Hamburg', taxId: null });
  });

  test('a reason of the API stands at its field', () => {
    expect(
      [
        '/customer/legalName',
        '/body/lines/2/units',
        '/corrections/rfp',
        '/customer/contacts/0/email',
        '/nothing',
      ].map(fieldOf),
    ).toEqual(['customer.legalName', 'lines.2.quantity', 'rfpStatus', 'contact.email', null]);
  });
});

describe('what an address says', () => {
  test('is a view, or is left out', () => {
    expect(
      readListSearch({
        status: 'approved',
        sort: 'nonsense',
        search: 42,
        submittedFrom: '2026-13',
        needs: 'me',
      }),
    ).toMatchObject({
      status: 'approved',
      sort: undefined,
      search: '42',
      submittedFrom: undefined,
      needs: 'me',
    });
  });
});

describe('attainment', () => {
  const rows = [
    { weekStart: '2026-03-02', kind: 'decision', promises: 10, inTime: 9 },
    { weekStart: '2026-03-09', kind: 'decision', promises: 0, inTime: 0 },
    { weekStart: '2026-03-09', kind: 'first_response', promises: 3, inTime: 3 },
  ];

  test('a week without an end has no share', () => {
    expect(attainmentSeries(rows).series).toEqual([
      { name: 'Decision', percents: [90, null] },
      { name: 'First response', percents: [null, 100] },
    ]);
  });

  test('lines that end in one point have their names one below the other, not one over the other', () => {
    const line = (name: string, ...percents: (number | null)[]) => ({ name, percents });
    expect(
      namesAtTheEnd([
        line('First', 90, 0),
        line('Second', 100, 0),
        line('Third', 0, null),
        line('Fourth', 0, 40),
      ]),
    ).toEqual(['First,\nSecond', '', 'Third', 'Fourth']);
  });

  test('is a sentence that never rounds up', () => {
    expect(attainmentSentence(rows)).toBe('92 % in time: 12 of 13 promises kept over 2 weeks; 1 broken.');
    expect(attainmentSentence([])).toMatch(/^No promised time is over yet/);
  });
});

test('a step whose time is over was due, and is not due any more', () => {
  expect(nextStep('decided', 'partner')).toBe('An answer is due');
  expect(nextStep('decided', 'partner', true)).toBe('An answer was due');
  expect(nextStep('decided', 'vendor', true)).toBe('A decision was due');
  expect(nextStep('protection_ends', 'vendor', true)).toBe('Protection ends');
});

test('a policy is summed up in words, and what it lacks is left out', () => {
  const draft = { decision: { within: { amount: 3, unit: 'businessDay' } }, appeal: null };
  expect(summarise('deal-registration', draft)).toEqual([
    { label: 'Decision', value: '3 business days' },
    { label: 'Appeal', value: 'none' },
  ]);
});

test('a matrix of approval is summed up band by band', () => {
  const draft = {
    currency: 'JPY',
    bands: [
      { toPpm: 100_000, asks: null, valueBump: { aboveMinor: 25_000, effect: 'one_level_up' } },
      {
        toPpm: 400_000,
        asks: { roles: ['cro'], quorum: null },
        answerWithin: { amount: 8, unit: 'businessHour' },
        valueBump: { aboveMinor: 2_000_000, effect: 'add', roles: ['cfo'] },
      },
      { toPpm: null, asks: { roles: ['cfo', 'ceo'], quorum: 1 } },
    ],
    marginFloors: { byFamily: { switching: 80_000 }, otherPpm: 150_000 },
    quarterEnd: { lastBusinessDays: 5, lengthPpm: 500_000 },
  };
  expect(summarise('special-pricing', draft)).toEqual([
    { label: 'Currency', value: 'JPY' },
    { label: 'Discount up to 10%', value: 'clears at once; above JP¥25,000 one level up' },
    {
      label: 'Discount up to 40%',
      value:
        'chief revenue officer, within 8 business hours; above JP¥2,000,000 the chief financial officer as well',
    },
    {
      label: 'Any larger discount',
      value: '1 of chief financial officer and chief executive officer',
    },
    { label: 'Margin floors', value: 'switching 8%, other families 15%' },
    { label: 'End of a quarter', value: 'clocks of the last 5 business days run on 50%' },
  ]);
  expect(summarise('special-pricing', {})).toEqual([]);
});
