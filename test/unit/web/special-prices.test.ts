import fc from 'fast-check';
import type {
  PricedLineView,
  SpecialPriceDetail,
  WaterfallView,
} from '../../../api/contract/special-prices.ts';
import {
  askedCountWords,
  askedWords,
  describeCause,
  describeWorse,
} from '../../../domain/words/special-pricing.ts';
import { corridorAxis, corridorRank } from '../../../web/src/lib/corridor.ts';
import {
  counterAsAsked,
  rateOf,
  readCounter,
  sameAsAsked,
  sameDiscount,
} from '../../../web/src/lib/counter-terms.ts';
import { isBelowFloor, priceSteps, worstLine } from '../../../web/src/lib/price-steps.ts';
import {
  canBePriced,
  emptyLine,
  emptyPriceForm,
  fromPriceDraft,
  priceFieldOf,
  toRequest,
  usualValidity,
} from '../../../web/src/features/special-pricing/price-form-values.ts';

function lineOf(
  part: Partial<PricedLineView> & { unit: number; quantity: number; lineNo: number },
): PricedLineView {
  const { unit, quantity, lineNo, ...rest } = part;
  const listMinor = 10_000 * quantity;
  const standardMinor = 9_000 * quantity;
  return {
    lineNo,
    sku: `P-${lineNo}`,
    productName: `Product ${lineNo}`,
    family: 'switching',
    quantity,
    capQuantity: quantity,
    special: { kind: 'net', unitMinor: unit },
    listUnitMinor: 10_000,
    tierPpm: 100_000,
    tierUnitMinor: 9_000,
    registrationPpm: 0,
    standardUnitMinor: 9_000,
    specialUnitMinor: unit,
    lumpMinor: 0,
    listMinor,
    standardMinor,
    netMinor: unit * quantity,
    discountPpm: Math.round(((9_000 - unit) / 9_000) * 1_000_000),
    costUnitMinor: 5_000,
    marginPpm: null,
    floorPpm: 200_000,
    ...rest,
  };
}

function viewOf(lines: PricedLineView[]): WaterfallView {
  const sum = (of: (line: PricedLineView) => number): number =>
    lines.reduce((total, line) => total + of(line), 0);
  const [standardMinor, netMinor] = [sum((line) => line.standardMinor), sum((line) => line.netMinor)];
  return {
    currency: 'EUR',
    lines,
    sources: [],
    listMinor: sum((line) => line.listMinor),
    standardMinor,
    specialMinor: netMinor,
    lumpMinor: 0,
    netMinor,
    discountPpm: 0,
    costMinor: null,
    marginPpm: null,
  };
}

const asked: Pick<SpecialPriceDetail, 'waterfall' | 'validUntil' | 'currency'> = {
  waterfall: viewOf([
    lineOf({ lineNo: 1, unit: 6_000, quantity: 10 }),
    lineOf({ lineNo: 2, unit: 7_000, quantity: 3 }),
  ]),
  validUntil: '2026-05-02',
  currency: 'EUR',
};

describe('a counter-offer', () => {
  test('begins as what was asked, which is none', () => {
    const read = readCounter(asked, counterAsAsked(asked));
    expect(read.problem).toBeNull();
    expect(sameAsAsked(asked, read)).toBe(true);
    expect(read.waterfall?.netMinor).toBe(asked.waterfall.netMinor);
  });

  test('names the lines that it changes and no others, and is priced as the API prices it', () => {
    const read = readCounter(asked, { ...counterAsAsked(asked), units: { '2': '80' }, lump: '5' });
    expect(read.terms).toEqual({
      lines: [{ lineNo: 2, unitMinor: 8_000 }],
      lumpMinor: 500,
      validUntil: '2026-05-02',
    });
    expect(sameAsAsked(asked, read)).toBe(false);
    expect(read.waterfall).toMatchObject({ netMinor: 60_000 + 24_000 - 500, lumpMinor: 500 });
    // (84,000 − 500 − 65,000) / 83,500.
    expect(read.waterfall?.marginPpm).toBe(221_557);
  });

  test.each([
    ['above the standard price', { units: { '1': '90.01' } }, [1]],
    ['no amount', { units: { '2': 'cheap' } }, [2]],
    ['a discount that is more than the whole', { lump: '1000' }, []],
    ['no day', { validUntil: '' }, []],
  ])('%s cannot be offered', (_name, part, wrong) => {
    const read = readCounter(asked, { ...counterAsAsked(asked), ...part });
    expect(read.problem).not.toBeNull();
    expect(read.waterfall).toBeNull();
    expect(read.wrongLines).toEqual(wrong);
  });

  test('the same discount on every line is of the standard price of each; half a number changes nothing', () => {
    const typed = counterAsAsked(asked);
    expect(sameDiscount(asked, typed, '30').units).toEqual({ '1': '63', '2': '63' });
    expect(sameDiscount(asked, typed, '30.')).toBe(typed);
    expect([rateOf('34'), rateOf('12,5'), rateOf('100'), rateOf('100.1'), rateOf('-1')]).toEqual([
      340_000,
      125_000,
      1_000_000,
      null,
      null,
    ]);
  });
});

describe('from list to net', () => {
  test('each step hangs where the one before ended, and what takes nothing away is left out', () => {
    const steps = priceSteps(asked.waterfall);
    expect(steps.map(({ key, amountMinor }) => [key, amountMinor])).toEqual([
      ['list', 130_000],
      ['tier', 13_000],
      ['standard', 117_000],
      ['special', 36_000],
      ['net', 81_000],
    ]);
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ unit: fc.integer({ min: 0, max: 9_000 }), quantity: fc.integer({ min: 1, max: 50 }) }),
          {
            minLength: 1,
            maxLength: 8,
          },
        ),
        (lines) => {
          const view = viewOf(lines.map((line, place) => lineOf({ ...line, lineNo: place + 1 })));
          const taken = priceSteps(view)
            .filter(({ isTotal }) => !isTotal)
            .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
          return (
            view.listMinor - taken === view.netMinor &&
            priceSteps(view).every(({ from, to }) => from >= 0 && to <= 1 && from <= to)
          );
        },
      ),
    );
  });

  test('the worst line is the one furthest below; a margin is below its floor only where both are known', () => {
    expect(worstLine(asked.waterfall.lines)?.lineNo).toBe(1);
    expect(worstLine([])).toBeNull();
    expect(isBelowFloor({ marginPpm: 199_999, floorPpm: 200_000 })).toBe(true);
    expect(isBelowFloor({ marginPpm: 200_000, floorPpm: 200_000 })).toBe(false);
    expect(isBelowFloor({ marginPpm: null, floorPpm: 200_000 })).toBe(false);
  });
});

describe('others like this', () => {
  const nowMs = Date.parse('2026-03-03T10:00:00Z');
  const point = (discountPpm: number, at: string) => ({
    requestId: 'spr_1',
    reference: 'SP-1',
    at,
    quantity: 1,
    discountPpm,
    netUnitMinor: 1,
    currency: 'EUR',
    won: null,
  });
  const points = [point(200_000, '2025-03-03T10:00:00Z'), point(410_000, '2025-09-03T10:00:00Z')];

  test('has the highest of them and this one in sight, and the first at the left', () => {
    const axis = corridorAxis(points, { ownPpm: 480_000, nowMs });
    expect(axis.topPpm).toBe(600_000);
    expect(axis.ticks).toEqual([0, 200_000, 400_000, 600_000]);
    expect(axis.placeOf('2025-03-03T10:00:00Z')).toBe(0);
    expect(axis.placeOf('2026-03-03T10:00:00Z')).toBe(1);
  });

  test('counts those that went as far', () => {
    expect([corridorRank(points, 410_000), corridorRank(points, 410_001)]).toEqual([1, 0]);
  });
});

describe('the form', () => {
  const values = {
    ...emptyPriceForm,
    programId: 'prg_1',
    validFrom: '2026-03-03',
    validUntil: '2026-05-02',
    lines: [
      emptyLine,
      { ...emptyLine, sku: 'A', quantity: '10', amount: '34' },
      { ...emptyLine, sku: 'B', quantity: '5', ask: 'net' as const, amount: '1,200.50', cap: '3' },
      { ...emptyLine, sku: 'C', quantity: '1', ask: 'standard' as const, amount: '50' },
    ],
  };

  test('makes the request; a line without a product is none, and an empty cap is the quantity', () => {
    const request = toRequest(values, 'EUR');
    expect(request.lines).toEqual([
      { sku: 'A', quantity: 10, capQuantity: null, special: { kind: 'discount', ratePpm: 340_000 } },
      { sku: 'B', quantity: 5, capQuantity: 3, special: { kind: 'net', unitMinor: 120_050 } },
      { sku: 'C', quantity: 1, capQuantity: null, special: null },
    ]);
    expect(canBePriced(request)).toBe(true);
    expect(canBePriced({ ...request, validUntil: '' })).toBe(false);
    expect(canBePriced({ ...request, lines: [] })).toBe(false);
  });

  test('a pointer of the API is the field of the line that it means, empty lines not counted', () => {
    expect(priceFieldOf('/lines/0/special', values.lines)).toBe('lines.1.amount');
    expect(priceFieldOf('/body/lines/1/capQuantity', values.lines)).toBe('lines.2.cap');
    expect(priceFieldOf('/lumpMinor', values.lines)).toBe('lump');
    expect(priceFieldOf('/body/competitor/priceMinor', values.lines)).toBe('competitorPrice');
    expect(priceFieldOf('/body/validUntil', values.lines)).toBe('validUntil');
    expect(priceFieldOf('/other', values.lines)).toBeNull();
  });

  test('a draft comes back as it was typed, whatever else it holds', () => {
    expect(fromPriceDraft({ ...values }, 'prg_1')).toEqual(values);
    expect(fromPriceDraft({ lines: 'none', kind: 'other', exceptionKeys: [1, 'a'] }, 'prg_1')).toEqual({
      ...emptyPriceForm,
      programId: 'prg_1',
      exceptionKeys: ['a'],
    });
  });

  test('the usual validity is as long as the program allows, never past the protection', () => {
    const program = {
      specialPricing: {
        policyVersion: 1,
        registrationNeeded: true,
        validity: { leastDays: 30, mostDays: 90 },
        justifications: [],
        termExceptions: [],
        denialReasons: [],
      },
    };
    expect(usualValidity('2026-03-03', program, null)).toEqual({
      validFrom: '2026-03-03',
      validUntil: '2026-05-31',
    });
    expect(usualValidity('2026-03-03', program, '2026-04-01').validUntil).toBe('2026-04-01');
  });
});

describe('words', () => {
  const context = {
    currency: 'EUR',
    dealCurrency: 'USD',
    productOf: (lineId: string) => `Product ${lineId}`,
    exceptionOf: () => 'Payment in 90 days',
  };

  test('who is asked, together or some of them, and how many people that are', () => {
    expect(askedWords({ roles: ['cro', 'cfo'], quorum: 2 })).toBe(
      'The chief revenue officer and the chief financial officer',
    );
    expect(askedWords({ roles: ['cro', 'cfo'], quorum: 1 })).toBe(
      'Any 1 of the chief revenue officer and the chief financial officer',
    );
    expect(askedCountWords([])).toMatch(/^Nobody/);
    expect(askedCountWords([{ roles: ['director'], quorum: 1 }])).toBe('1 person will be asked.');
  });

  test('why somebody is asked, and what got worse', () => {
    expect(
      describeCause({ kind: 'value', facts: { aboveMinor: 200_000_000, added: ['cfo'] } }, context),
    ).toBe('The deal is worth more than US$2,000,000.00: the chief financial officer is asked as well.');
    expect(describeCause({ kind: 'margin_line', facts: { lineId: '2', family: 'x' } }, context)).toBe(
      'The margin of Product 2 is below the floor of its family.',
    );
    expect(
      describeWorse({ kind: 'price_lower', facts: { lineId: '1', fromMinor: 1_000, toMinor: 900 } }, context),
    ).toBe('Product 1 costs €9.00 a unit instead of €10.00.');
    expect(
      describeWorse(
        { kind: 'price_lower', facts: { lineId: 'lump', fromMinor: 0, toMinor: -50_000 } },
        context,
      ),
    ).toBe('The discount on the whole is €500.00 instead of €0.00.');
    expect(describeWorse({ kind: 'something_new', facts: {} }, context)).toBe('Something new.');
  });
});
