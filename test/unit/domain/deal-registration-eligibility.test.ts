import type { EligibilityInput } from '../../../domain/deal-registration/eligibility.ts';
import { checkEligibility, isDirectEngaged } from '../../../domain/deal-registration/eligibility.ts';
import type { DealRegistrationPolicy } from '../../../domain/deal-registration/policy.ts';
import { historyOfRecords } from '../../../domain/deal-registration/facts.ts';
import { registrationStatuses } from '../../../domain/deal-registration/status.ts';
import type { EarlierCase } from '../../../domain/deal-registration/facts.ts';
import {
  at,
  calendar,
  customer,
  DAY_MS,
  exampleKeys,
  examplePolicy,
  partner,
  receivedAtMs,
  registration,
} from './deal-registration-examples.ts';

const lenient = examplePolicy('volume-bands').eligibility;

function check(
  rules: Partial<DealRegistrationPolicy['eligibility']>,
  changes: Partial<EligibilityInput> = {},
  quietPeriod: DealRegistrationPolicy['quietPeriod'] = null,
) {
  const policy = examplePolicy('volume-bands', {
    eligibility: { ...lenient, minimumUnitsPerSku: null, rfp: 'allowed', ...rules },
    quietPeriod,
  });
  return checkEligibility({
    policy,
    registration: registration(),
    partner: partner(),
    earlierCases: [],
    customer: customer(),
    calendar,
    nowMs: receivedAtMs,
    ...changes,
  });
}

const earlier = (changes: Partial<EarlierCase>): EarlierCase => ({
  registrationId: 'reg_old',
  status: 'approved',
  productFamilies: ['sensors'],
  endedAtMs: null,
  ...changes,
});

test('what meets every condition has no finding', () => {
  expect(check({})).toEqual([]);
});

test('type, source and currency have to be the program’s', () => {
  expect(
    check(
      { allowedTypes: ['new_solution'], allowedSources: ['vendor_assigned'] },
      { registration: registration({ currency: 'USD' }) },
    ),
  ).toEqual([
    { code: 'type_not_offered', weight: 'bars', pointer: '/type', type: 'new_customer' },
    { code: 'source_not_offered', weight: 'bars', pointer: '/source', source: 'partner_sourced' },
    { code: 'currency_differs', weight: 'bars', pointer: '/currency', currency: 'USD', expected: 'EUR' },
  ]);
});

test.each([
  ['allowed', 'none', true],
  ['allowed', 'expected', true],
  ['allowed', 'published', true],
  ['publishedIneligible', 'none', true],
  ['publishedIneligible', 'expected', true],
  ['publishedIneligible', 'published', false],
  ['ineligible', 'none', true],
  ['ineligible', 'expected', false],
  ['ineligible', 'published', false],
] as const)('where tenders are %s, one that is %s: eligible %s', (rule, rfp, eligible) => {
  const findings = check({ rfp: rule }, { registration: registration({ rfp }) });
  expect(findings.map((finding) => finding.code)).toEqual(eligible ? [] : ['rfp_not_eligible']);
});

test('the minimum value is inclusive', () => {
  expect(check({ minimumValueMinor: 1_000_000 })).toEqual([]);
  expect(check({ minimumValueMinor: 1_000_001 })).toEqual([
    {
      code: 'value_below_minimum',
      weight: 'bars',
      pointer: '/value',
      valueMinor: 1_000_000,
      minimumMinor: 1_000_001,
      currency: 'EUR',
    },
  ]);
});

test('minimum units are counted per product over all its lines', () => {
  const line = { productFamily: 'sensors', coreFamily: true, sku: 'SN-1', units: 50 };
  const lines = [line, { ...line, sku: 'SN-2', units: 99 }, line];
  expect(check({ minimumUnitsPerSku: 100 }, { registration: registration({ lines }) })).toEqual([
    {
      code: 'units_below_minimum',
      weight: 'bars',
      pointer: '/lines/1/quantity',
      sku: 'SN-2',
      units: 99,
      minimumUnits: 100,
    },
  ]);
});

test('lead time runs from the receipt, also when checked afresh much later', () => {
  const leadTimeBeforeClose = { amount: 14, unit: 'day' } as const;
  const earliestCloseMs = receivedAtMs + 14 * DAY_MS;
  const closing = (expectedCloseMs: number, nowMs = receivedAtMs) =>
    check({ leadTimeBeforeClose }, { registration: registration({ expectedCloseMs }), nowMs });
  expect(closing(earliestCloseMs)).toEqual([]);
  expect(closing(earliestCloseMs, earliestCloseMs)).toEqual([]);
  expect(closing(earliestCloseMs - 1)).toEqual([
    {
      code: 'lead_time_too_short',
      weight: 'bars',
      pointer: '/expectedClose',
      expectedCloseMs: earliestCloseMs - 1,
      earliestCloseMs,
    },
  ]);
});

test('evidence, standing, certification and training are asked for', () => {
  const rules = {
    minimumEvidence: 2,
    certifications: ['sales', 'technical'],
    trainings: ['program-foundations'],
  };
  const findings = check(rules, {
    partner: partner({
      inGoodStanding: false,
      trainings: [],
      certifications: [{ key: 'sales', validUntilMs: receivedAtMs }],
    }),
  });
  const bars = { weight: 'bars' };
  expect(findings).toEqual([
    { ...bars, pointer: '/evidenceIds', code: 'evidence_missing', given: 1, minimum: 2 },
    { ...bars, pointer: '/partner', code: 'not_in_good_standing' },
    {
      ...bars,
      pointer: '/partner',
      code: 'certification_lapsed',
      certification: 'sales',
      lapsedAtMs: receivedAtMs,
    },
    { ...bars, pointer: '/partner', code: 'certification_missing', certification: 'technical' },
    { ...bars, pointer: '/partner', code: 'training_missing', training: 'program-foundations' },
  ]);
  const renewed = [
    { key: 'sales', validUntilMs: receivedAtMs - 1 },
    { key: 'sales', validUntilMs: receivedAtMs + 1 },
  ];
  expect(check({ certifications: ['sales'] }, { partner: partner({ certifications: renewed }) })).toEqual([]);
  expect(check({ goodStanding: false }, { partner: partner({ inGoodStanding: false }) })).toEqual([]);
});

describe('net-new', () => {
  const netNew = { addOnByManagingPartnerOnly: true };

  test('nothing is said of a customer whose records were not looked at', () => {
    for (const type of ['new_customer', 'new_solution', 'add_on'] as const)
      expect(check({ netNew }, { registration: registration({ type }), customer: null })).toEqual([]);
  });

  test('several rows of one customer speak together; two that contradict each other say nothing', () => {
    const row = { hasBought: null, ownedFamilies: null, managingPartnerId: null, segment: null };
    expect(historyOfRecords([])).toEqual(row);
    expect(historyOfRecords([row, { ...row, hasBought: false }]).hasBought).toBe(false);
    expect(
      historyOfRecords([
        { ...row, hasBought: false },
        { ...row, hasBought: true },
      ]).hasBought,
    ).toBe(true);
    expect(
      historyOfRecords([
        { ...row, ownedFamilies: ['sensors'], managingPartnerId: 'prt_one', segment: 'enterprise' },
        {
          ...row,
          ownedFamilies: ['gateways', 'sensors'],
          managingPartnerId: 'prt_two',
          segment: 'enterprise',
        },
      ]),
    ).toEqual({
      hasBought: true,
      ownedFamilies: ['gateways', 'sensors'],
      managingPartnerId: null,
      segment: 'enterprise',
    });
  });

  test('a new customer has not bought before; unknown is for a person', () => {
    expect(check({ netNew }, { customer: customer({ hasBought: true }) })[0]?.code).toBe('customer_not_new');
    expect(check({ netNew }, { customer: customer({ hasBought: false }) })).toEqual([]);
    expect(check({ netNew }, { customer: customer({ hasBought: null }) })).toEqual([
      { code: 'customer_history_unknown', weight: 'judge', pointer: '/type' },
    ]);
    expect(check({ netNew: null }, { customer: customer({ hasBought: true }) })).toEqual([]);
  });

  test('a new solution is one the customer does not own', () => {
    const given = { registration: registration({ type: 'new_solution' }) };
    expect(check({ netNew }, { ...given, customer: customer({ ownedFamilies: ['gateways'] }) })).toEqual([]);
    expect(check({ netNew }, { ...given, customer: customer({ ownedFamilies: ['sensors'] }) })).toEqual([
      { code: 'solution_not_new', weight: 'bars', pointer: '/type', productFamily: 'sensors' },
    ]);
    expect(check({ netNew }, { ...given, customer: customer({ ownedFamilies: null }) })[0]?.weight).toBe(
      'judge',
    );
  });

  test('an add-on is the managing partner’s, and nobody learns who that is', () => {
    const given = { registration: registration({ type: 'add_on' }) };
    expect(check({ netNew }, { ...given, customer: customer({ managingPartnerId: 'prt_one' }) })).toEqual([]);
    const findings = check({ netNew }, { ...given, customer: customer({ managingPartnerId: 'prt_rival' }) });
    expect(findings).toEqual([{ code: 'not_managing_partner', weight: 'bars', pointer: '/type' }]);
    expect(JSON.stringify(findings)).not.toContain('prt_rival');
    expect(check({ netNew }, { ...given, customer: customer({ managingPartnerId: null }) })).toEqual([
      { code: 'customer_history_unknown', weight: 'judge', pointer: '/type' },
    ]);
    expect(
      check(
        { netNew: { addOnByManagingPartnerOnly: false } },
        { ...given, customer: customer({ managingPartnerId: 'prt_rival' }) },
      ),
    ).toEqual([]);
  });
});

describe('the partner’s own earlier cases', () => {
  test.each(registrationStatuses)(
    'one that is %s stands in the way only while open or protected',
    (status) => {
      const ended = ['rejected', 'won', 'lost', 'expired', 'withdrawn', 'revoked'].includes(status);
      const findings = check(
        { oneRegistrationPerCustomer: 'perProductFamily' },
        { earlierCases: [earlier({ status })] },
      );
      expect(findings.map((finding) => finding.code)).toEqual(ended ? [] : ['already_registered']);
    },
  );

  test('only for the same family, for a core family where the program says so, and never for itself', () => {
    const rule = { oneRegistrationPerCustomer: 'perProductFamily' } as const;
    const coreRule = { oneRegistrationPerCustomer: 'perCoreProductFamily' } as const;
    const line = { productFamily: 'sensors', coreFamily: false, sku: 'SN-1', units: 1 };
    const accessory = { registration: registration({ lines: [line] }) };
    expect(check(rule, { earlierCases: [earlier({ productFamilies: ['gateways'] })] })).toEqual([]);
    expect(check(rule, { earlierCases: [earlier({ registrationId: 'reg_new' })] })).toEqual([]);
    expect(check(coreRule, { earlierCases: [earlier({})] })).toHaveLength(1);
    expect(check(coreRule, { ...accessory, earlierCases: [earlier({})] })).toEqual([]);
    expect(check(rule, { ...accessory, earlierCases: [earlier({})] })).toHaveLength(1);
    expect(check({ oneRegistrationPerCustomer: 'none' }, { earlierCases: [earlier({})] })).toEqual([]);
  });

  test('after expiry there is a quiet period for the same opportunity, its end exclusive', () => {
    const quiet = { amount: 30, unit: 'day' } as const;
    const endedAtMs = receivedAtMs - 30 * DAY_MS;
    const after = (changes: Partial<EarlierCase>, nowMs = receivedAtMs) =>
      check({}, { earlierCases: [earlier({ status: 'expired', endedAtMs, ...changes })], nowMs }, quiet);
    expect(after({})).toEqual([]);
    expect(after({}, receivedAtMs - 1)).toEqual([
      {
        code: 'quiet_period',
        weight: 'bars',
        pointer: '/customer',
        registrationId: 'reg_old',
        untilMs: receivedAtMs,
      },
    ]);
    expect(after({ status: 'lost' }, receivedAtMs - 1)).toEqual([]);
    expect(after({ productFamilies: ['gateways'] }, receivedAtMs - 1)).toEqual([]);
    expect(
      check({}, { earlierCases: [earlier({ status: 'expired', endedAtMs })], nowMs: endedAtMs }),
    ).toEqual([]);
  });
});

test('a direct deal counts for the policy’s time, the last instant included', () => {
  const policy = examplePolicy('one-per-product');
  const lastEngagedAtMs = at('2026-03-02T10:00:00Z');
  const engaged = (nowMs: number) => isDirectEngaged({ policy, calendar, lastEngagedAtMs, nowMs });
  expect(engaged(lastEngagedAtMs - DAY_MS)).toBe(true);
  expect(engaged(lastEngagedAtMs + 60 * DAY_MS)).toBe(true);
  expect(engaged(lastEngagedAtMs + 60 * DAY_MS + 1)).toBe(false);
  expect(isDirectEngaged({ policy, calendar, lastEngagedAtMs: null, nowMs: 0 })).toBe(false);
});

describe('each example program judges one ordinary registration by its own terms', () => {
  const expected: Record<(typeof exampleKeys)[number], string[]> = {
    'volume-bands': ['rfp_not_eligible', 'units_below_minimum'],
    'activity-checked': ['type_not_offered', 'evidence_missing'],
    'one-per-product': [
      'rfp_not_eligible',
      'value_below_minimum',
      'lead_time_too_short',
      'certification_missing',
      'already_registered',
      'quiet_period',
    ],
    'cam-extended': ['source_not_offered', 'training_missing', 'already_registered'],
    demonstration: [],
  };

  test.each(exampleKeys)('%s', (key) => {
    const policy = examplePolicy(key);
    const ordinary = registration({
      type: 'renewal',
      source: 'vendor_assigned',
      valueMinor: 100_000,
      evidenceCount: 0,
      rfp: 'published',
      expectedCloseMs: receivedAtMs + DAY_MS,
      lines: [{ productFamily: 'sensors', coreFamily: true, sku: 'SN-1', units: 99 }],
    });
    const findings = checkEligibility({
      policy,
      registration: ordinary,
      partner: partner({ certifications: [], trainings: [] }),
      earlierCases: [
        earlier({}),
        earlier({ registrationId: 'reg_expired', status: 'expired', endedAtMs: receivedAtMs - DAY_MS }),
      ],
      customer: customer(),
      calendar,
      nowMs: receivedAtMs,
    });
    const quiet =
      policy.quietPeriod?.unit === 'day' && !expected[key].includes('quiet_period') ? ['quiet_period'] : [];
    expect(findings.map((finding) => finding.code)).toEqual([...expected[key], ...quiet]);
  });

  test.each(exampleKeys)('%s takes a registration that keeps its terms', (key) => {
    const findings = checkEligibility({
      policy: examplePolicy(key),
      registration: registration(),
      partner: partner(),
      earlierCases: [],
      customer: customer(),
      calendar,
      nowMs: receivedAtMs,
    });
    expect(findings).toEqual([]);
  });
});
