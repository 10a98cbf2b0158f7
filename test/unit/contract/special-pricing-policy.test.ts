import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readPolicyExamples } from '../../../adapters/policy-examples.ts';
import {
  checkSpecialPricingPolicy,
  specialPricingPolicyJsonSchema,
} from '../../../api/contract/special-pricing-policy.ts';
import type { specialPricingPolicy } from '../../../api/contract/special-pricing-policy.ts';
import type { Json } from '../../../domain/json.ts';
import { diffInWords, placesOf, refuseInProduction } from '../../../domain/policy-document.ts';
import type { ApprovalBand, SpecialPricingPolicy } from '../../../domain/special-pricing/policy.ts';
import { specialPricingPolicyLabels } from '../../../domain/special-pricing/policy-labels.ts';

/** Read-only all the way down: a parsed document and the plain type are then compared as what they hold. */
type Held<Value> = Value extends object ? { readonly [Key in keyof Value]: Held<Value[Key]> } : Value;
type Equal<Left, Right> = [Left, Right] extends [Right, Left] ? true : false;
/** Does not compile when the schema and the plain type are not the same, both ways. */
const schemaIsThePlainType: Equal<
  Held<z.infer<typeof specialPricingPolicy>>,
  Held<SpecialPricingPolicy>
> = true;

const schemaFile = new URL('../../../docs/policies/special-pricing.schema.json', import.meta.url);

const examples = new Map(
  readPolicyExamples().flatMap((file) =>
    file.kind === 'special-pricing' ? [[file.programKey, file.body] as const] : [],
  ),
);
const exampleKeys = [...examples.keys()].toSorted();

function example(key = 'volume-bands'): SpecialPricingPolicy {
  const body = examples.get(key);
  if (body === undefined) throw new RangeError(`no example ${key}`);
  return structuredClone(body);
}

function errorsOf(body: unknown): [pointer: string, reason: string][] {
  const checked = checkSpecialPricingPolicy(body);
  return checked.ok ? [] : checked.errors.map(({ pointer, reason }) => [pointer, reason]);
}

/** A copy of an example with the places given set to something else; undefined takes one away. */
function changed(edits: Record<string, unknown>): Json {
  const body = JSON.parse(JSON.stringify(example())) as Json;
  for (const [pointer, value] of Object.entries(edits)) {
    const steps = pointer.slice(1).split('/');
    const last = steps.pop() ?? '';
    const target = steps.reduce<object>(
      (parent, step) => Reflect.get(parent, step) as object,
      body as object,
    );
    if (value === undefined) Reflect.deleteProperty(target, last);
    else Reflect.set(target, last, value);
  }
  return body;
}

test('the schema and the plain type are one', () => {
  expect(schemaIsThePlainType).toBe(true);
});

describe('the example documents', () => {
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(specialPricingPolicyJsonSchema());

  test('there is one for each program that ships', () => {
    const programs = readPolicyExamples().filter(({ kind }) => kind === 'deal-registration');
    expect(exampleKeys).toEqual(programs.map(({ programKey }) => programKey).toSorted());
  });

  test.each(exampleKeys)(
    '%s is valid for the exported JSON Schema, and every place of it has words',
    (key) => {
      expect(validate(example(key)) || validate.errors).toBe(true);
      const unnamed = placesOf(example(key) as unknown as Json, specialPricingPolicyLabels).filter(
        (place) => !Object.hasOwn(specialPricingPolicyLabels.labels, place),
      );
      expect(unnamed).toEqual([]);
    },
  );

  test('only the demonstration is refused in production', () => {
    expect(exampleKeys.filter((key) => refuseInProduction(example(key)).length > 0)).toEqual([
      'demonstration',
    ]);
  });

  test('have the usual matrix: bounds, who is asked, for how long, and from which value on more', () => {
    const { bands } = example();
    const hours = (amount: number) => ({ amount, unit: 'businessHour' });
    const row = ({ toPpm, asks, answerWithin, valueBump }: ApprovalBand) => [
      toPpm,
      asks?.roles ?? null,
      answerWithin,
      valueBump?.aboveMinor ?? null,
    ];
    expect(bands.map(row)).toEqual([
      [100_000, null, null, 250_000_00],
      [200_000, ['channel_account_manager'], hours(8), 500_000_00],
      [300_000, ['director'], hours(8), 1_000_000_00],
      [400_000, ['cro'], hours(8), 2_000_000_00],
      [null, ['cfo', 'ceo'], hours(16), null],
    ]);
    expect(bands.map(({ valueBump }) => valueBump?.effect ?? null)).toEqual([
      'one_level_up',
      'one_level_up',
      'one_level_up',
      'add',
      null,
    ]);
  });

  test('differ in sentences a program manager reads', () => {
    const before = example() as unknown as Json;
    const after = changed({
      '/bands/1/toPpm': 250_000,
      '/bands/3/valueBump/aboveMinor': 150_000_000,
      '/bands/4/asks/quorum': 1,
      '/tierDiscounts/gold': 100_000,
      '/marginFloors/byFamily': { switching: 80_000, 'edge-security': 120_000, storage: 60_000 },
      '/approvalShape': 'chain',
      '/quarterEnd': null,
    });
    expect(diffInWords({ before, after, table: specialPricingPolicyLabels })).toEqual([
      'Band account-manager, discount up to: 20 % → 25 %',
      'Band revenue, larger values begin above: 2,000,000.00 → 1,500,000.00',
      'Band executives, how many have to agree: none → 1',
      "Who decides: the band's own people → everybody up to the band, one after the other",
      'Margin floor of care: 20 % → none',
      'Discount of tier gold: 12 % → 10 %',
      'End of a quarter: removed',
      'End of a quarter, last business days: 5 → none',
      'End of a quarter, clocks run on: 50 % → none',
    ]);
  });
});

test('the exported JSON Schema is current (node scripts/policy-schema.ts writes it)', () => {
  expect(JSON.parse(readFileSync(schemaFile, 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(specialPricingPolicyJsonSchema())),
  );
});

describe('a bad document', () => {
  test('is told everything at once, with pointers, what spans it included', () => {
    const body = changed({
      '/undoWindowSeconds': 61,
      '/disputeWithin': undefined,
      '/colour': 'blue',
      '/bands/1/toPpm': 50_000,
      '/termExceptions/0/bandKey': 'nowhere',
      '/counterOfferWithin': { amount: 5, unit: 'minute' },
      '/escalations/0/key': 'half-time',
      '/tierDiscounts/gold': 1_000_001,
    });
    expect(errorsOf(body).toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ['/bands/1/toPpm', 'Bands go upwards: this bound has to be higher than the one before.'],
      ['/colour', 'This field is not known here.'],
      ['/counterOfferWithin/unit', 'Only a demonstration program may count in minutes.'],
      ['/disputeWithin', 'This field is missing. Where there is no value, say null.'],
      ['/escalations/0/key', 'A reminder of this clock is called half-time.'],
      ['/termExceptions/0/bandKey', 'There is no band nowhere.'],
      ['/tierDiscounts/gold', 'May be at most 1000000.'],
      ['/undoWindowSeconds', 'May be at most 60.'],
    ]);
  });

  const { bands } = example();
  const [automatic, manager, , , executives] = bands;

  test.each<[string, Record<string, unknown>, string]>([
    ['no band', { '/bands': [], '/termExceptions': [] }, '/bands'],
    ['a band twice', { '/bands/1/key': 'automatic' }, '/bands/1'],
    ['a last band with a bound', { '/bands/4/toPpm': 500_000 }, '/bands/4/toPpm'],
    ['a band without a bound before the last', { '/bands/2/toPpm': null }, '/bands/2/toPpm'],
    ['bands that do not rise', { '/bands/2/toPpm': 200_000 }, '/bands/2/toPpm'],
    [
      'a larger discount that clears by itself',
      { '/bands': [manager, { ...automatic, toPpm: 250_000 }, executives], '/termExceptions': [] },
      '/bands/1/asks',
    ],
    [
      'a last band that asks nobody',
      { '/bands': [{ ...automatic, toPpm: null, valueBump: null }], '/termExceptions': [] },
      '/bands/0/asks',
    ],
    [
      'nobody asked within a time',
      { '/bands/0/answerWithin': { amount: 1, unit: 'day' } },
      '/bands/0/answerWithin',
    ],
    ['people asked without a time', { '/bands/1/answerWithin': null }, '/bands/1/answerWithin'],
    ['a quorum above the group', { '/bands/4/asks/quorum': 3 }, '/bands/4/asks/quorum'],
    ['a quorum of nobody', { '/bands/4/asks/quorum': 0 }, '/bands/4/asks/quorum'],
    ['a role twice', { '/bands/4/asks/roles': ['cfo', 'cfo'] }, '/bands/4/asks/roles/1'],
    ['a role that is never asked for prices', { '/bands/1/asks/roles': ['admin'] }, '/bands/1/asks/roles/0'],
    [
      'a level above the last',
      { '/bands/4/valueBump': { aboveMinor: 1, effect: 'one_level_up' } },
      '/bands/4/valueBump',
    ],
    [
      'somebody added who is asked anyway',
      { '/bands/3/valueBump/roles': ['cro'] },
      '/bands/3/valueBump/roles/0',
    ],
    [
      'somebody added where nobody is asked',
      { '/bands/0/valueBump': { aboveMinor: 1, effect: 'add', roles: ['cfo'] } },
      '/bands/0/valueBump',
    ],
    ['an exception twice', { '/termExceptions/1/key': 'payment-in-90-days' }, '/termExceptions/1'],
    [
      'an exception of a band that asks nobody',
      { '/termExceptions/0/bandKey': 'automatic' },
      '/termExceptions/0/bandKey',
    ],
    ['a validity that ends before it begins', { '/validity/mostDays': 29 }, '/validity/mostDays'],
    [
      'a quarter of its last days only',
      { '/quarterEnd/lastBusinessDays': 60 },
      '/quarterEnd/lastBusinessDays',
    ],
    ['a quarter without last days', { '/quarterEnd/lastBusinessDays': 0 }, '/quarterEnd/lastBusinessDays'],
    ['clocks of no length', { '/quarterEnd/lengthPpm': 0 }, '/quarterEnd/lengthPpm'],
    ['clocks of their whole length', { '/quarterEnd/lengthPpm': 1_000_000 }, '/quarterEnd/lengthPpm'],
    ['an escalation that does not rise', { '/escalations/1/levelsUp': 1 }, '/escalations/1/levelsUp'],
    [
      'a reminder after the expiry',
      { '/expiryReminders/0/at': { after: { amount: 1, unit: 'day' } } },
      '/expiryReminders/0/at',
    ],
    ['no justification to choose', { '/justifications': [] }, '/justifications'],
    ['no reason to choose', { '/reasons/denial': [] }, '/reasons/denial'],
    [
      'a reason with a code that no denial carries',
      { '/reasons/denial/0/closureCode': 'counter_lapsed' },
      '/reasons/denial/0/closureCode',
    ],
    ['claims without a day', { '/claimWindow/daysAfterMonthEnd': 0 }, '/claimWindow/daysAfterMonthEnd'],
    [
      'an amount that cannot be kept',
      { '/bands/0/valueBump/aboveMinor': 2 ** 53 },
      '/bands/0/valueBump/aboveMinor',
    ],
  ])('%s is told at its place', (_, edits, pointer) => {
    expect(errorsOf(changed(edits)).map(([place]) => place)).toEqual([pointer]);
  });

  test('of any shape is answered in our own words, never in the parser’s', () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown;
    const polluted = JSON.parse('{"__proto__": {"bands": []}, "termExceptions": [null]}') as unknown;
    for (const body of [null, undefined, 7, 'policy', [], {}, deep, polluted, { bands: deep }]) {
      const errors = errorsOf(body);
      expect(errors.length).toBeGreaterThan(0);
      for (const [, reason] of errors)
        expect(reason).not.toMatch(/Invalid|Unrecognized|Too (small|big)|received/);
    }
    for (const wrong of [null, 'x', -1, {}, [], Number.POSITIVE_INFINITY]) {
      const replaced = JSON.parse(JSON.stringify(example()), (_, value: unknown) =>
        typeof value === 'object' ? value : wrong,
      ) as unknown;
      for (const [, reason] of errorsOf(replaced))
        expect(reason).not.toMatch(/Invalid|Unrecognized|Too (small|big)|received/);
    }
  });
});
