import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  checkDealRegistrationPolicy,
  dealRegistrationPolicyFile,
  dealRegistrationPolicyJsonSchema,
} from '../../../api/contract/deal-registration-policy.ts';
import { checkFields } from '../../../api/contract/field-errors.ts';
import type { dealRegistrationPolicy } from '../../../api/contract/deal-registration-policy.ts';
import type { DealRegistrationPolicy } from '../../../domain/deal-registration/policy.ts';
import { dealRegistrationPolicyLabels } from '../../../domain/deal-registration/policy-labels.ts';
import type { Json } from '../../../domain/json.ts';
import { diffInWords, placesOf, refuseInProduction } from '../../../domain/policy-document.ts';
import { exampleFile, exampleKeys, examplePolicy } from '../domain/deal-registration-examples.ts';

type Parsed = z.infer<typeof dealRegistrationPolicy>;
type Equal<Left, Right> = [Left, Right] extends [Right, Left] ? true : false;
/** Does not compile when the schema and the plain type are not the same, both ways. */
const schemaIsThePlainType: Equal<Parsed, DealRegistrationPolicy> = true;

const schemaFile = new URL('../../../docs/policies/deal-registration.schema.json', import.meta.url);

function errorsOf(body: unknown): [pointer: string, reason: string][] {
  const checked = checkDealRegistrationPolicy(body);
  return checked.ok ? [] : checked.errors.map(({ pointer, reason }) => [pointer, reason]);
}

/** A copy of an example as plain JSON with the places given set to something else; undefined takes one away. */
function changed(
  edits: Record<string, unknown>,
  key: (typeof exampleKeys)[number] = 'activity-checked',
): Json {
  const body = JSON.parse(JSON.stringify(examplePolicy(key))) as Json;
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
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(dealRegistrationPolicyJsonSchema());

  test.each(exampleKeys)('%s is valid, for the schema and for its exported JSON Schema', (key) => {
    const checked = checkFields(dealRegistrationPolicyFile, exampleFile(key));
    expect(checked).toMatchObject({ ok: true, value: { programKey: key } });
    expect(validate(examplePolicy(key)) || validate.errors).toBe(true);
  });

  test('only the demonstration is refused in production', () => {
    const refused = exampleKeys.filter((key) => refuseInProduction(examplePolicy(key)).length > 0);
    expect(refused).toEqual(['demonstration']);
  });

  test.each(exampleKeys)('every place of %s has words', (key) => {
    const body = examplePolicy(key) as unknown as Json;
    const unnamed = placesOf(body, dealRegistrationPolicyLabels).filter(
      (place) => !Object.hasOwn(dealRegistrationPolicyLabels.labels, place),
    );
    expect(unnamed).toEqual([]);
  });

  test('differ in sentences a program manager reads', () => {
    const before = examplePolicy('one-per-product') as unknown as Json;
    const after = changed(
      {
        '/firstResponse/byTier/1/within/amount': 6,
        '/appeal': null,
        '/routing/authorities/1/limitMinor': 60_000_000,
        '/whoWins/criteria': [{ rule: 'firstCome' }],
      },
      'one-per-product',
    );
    expect(diffInWords({ before, after, table: dealRegistrationPolicyLabels })).toEqual([
      'First response for gold: 8 business hours → 6 business hours',
      'Appeal: removed',
      'Appeal, asked within: 5 business days → none',
      'Appeal, decided within: 5 business days → none',
      'Appeal, decided by: director → none',
      'Limit of approver: 500,000.00 → 600,000.00',
      'Who wins, rule "incumbent": removed',
      'Who wins, rule "incumbent": incumbent → none',
    ]);
  });
});

test('the exported JSON Schema is current (node scripts/policy-schema.ts writes it)', () => {
  expect(JSON.parse(readFileSync(schemaFile, 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(dealRegistrationPolicyJsonSchema())),
  );
});

describe('a bad document', () => {
  test('is told everything at once, with pointers, what spans it included', () => {
    const body = changed({
      '/undoWindowSeconds': 61,
      '/quietPeriod': undefined,
      '/colour': 'blue',
      '/firstResponse/otherwise': { amount: 5, unit: 'minute' },
      '/decision/escalation/0/to': 'program_ops',
      '/protection/countedFrom': 'someday',
      '/matching/similarNamePpm': '900000',
    });
    expect(errorsOf(body).toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ['/colour', 'This field is not known here.'],
      [
        '/decision/escalation/0/to',
        'The role program_ops has no authority in this program; name its queue and limit under routing.',
      ],
      ['/firstResponse/otherwise/unit', 'Only a demonstration program may count in minutes.'],
      ['/matching/similarNamePpm', 'Expected a number.'],
      ['/protection/countedFrom', 'Has to be one of submission, approval, forecastClose.'],
      ['/quietPeriod', 'This field is missing. Where there is no value, say null.'],
      ['/undoWindowSeconds', 'May be at most 60.'],
    ]);
  });

  test('a program that does not tell of rivals may do nothing that only a rival can cause', () => {
    const edits = {
      '/disclosure/denial': 'reasonOnly',
      '/machineDenial': 'onDuplicateOfProtected',
      '/protection/partialFamilies': true,
    };
    const errors = errorsOf(changed(edits));
    expect(errors.map(([pointer]) => pointer)).toEqual(['/machineDenial', '/protection/partialFamilies']);
    for (const [, reason] of errors) expect(reason).toContain('no other cause than a rival');
    expect(errorsOf(changed({ ...edits, '/disclosure/denial': 'anotherRegistrationExists' }))).toEqual([]);
  });

  const { routing, whoWins, protection } = examplePolicy('activity-checked');
  const band = (fromUnits: number, toUnits: number) => ({ fromUnits, toUnits, ratePpm: 1 });
  const gold = { tier: 'gold', within: { amount: 1, unit: 'day' } };

  test.each<[string, Record<string, unknown>, string]>([
    [
      'a limit that does not rise',
      { '/routing/authorities/1/limitMinor': 1 },
      '/routing/authorities/1/limitMinor',
    ],
    [
      'a highest level with a limit',
      { '/routing/authorities/2/limitMinor': 90_000_000 },
      '/routing/authorities/2/limitMinor',
    ],
    [
      'a role twice',
      { '/routing/authorities': [{ ...routing.authorities[0], limitMinor: 0 }, ...routing.authorities] },
      '/routing/authorities/1',
    ],
    ['a matrix that leaves somebody out', { '/routing/rows': routing.rows.slice(0, -1) }, '/routing/rows/1'],
    ['a row that is never reached', { '/routing/rows/1/upToMinor': null }, '/routing/rows/1'],
    ['a row for no type', { '/routing/rows/0/types': [] }, '/routing/rows/0/types'],
    [
      'a rule after one that always decides',
      { '/whoWins/criteria': whoWins.criteria.toReversed() },
      '/whoWins/criteria/0',
    ],
    [
      'a larger part for a later partner',
      { '/whoWins/criteria': [{ rule: 'sharedReduced', benefitPpmByRank: [1, 2] }] },
      '/whoWins/criteria/0/benefitPpmByRank/1',
    ],
    ['an unknown rule', { '/whoWins/criteria/0/rule': 'coinToss' }, '/whoWins/criteria/0/rule'],
    [
      'bands with a gap',
      { '/discount': { above: 'director', bands: [band(1, 9), band(11, 12)] } },
      '/discount/bands/1/fromUnits',
    ],
    [
      'a band that ends before it begins',
      { '/discount': { above: 'director', bands: [band(9, 1)] } },
      '/discount/bands/0/toUnits',
    ],
    [
      'a reminder twice',
      { '/protection/reminders': [...protection.reminders, protection.reminders[0]] },
      '/protection/reminders/4',
    ],
    ['a tier twice', { '/firstResponse/byTier': [gold, gold] }, '/firstResponse/byTier/1'],
    [
      'late extension without its time',
      { '/extension/mustAskBeforeExpiry': false },
      '/extension/askWithinAfterExpiry',
    ],
    [
      'a state that tells of a conflict',
      { '/disclosure/pendingApprovalShownAs': 'pending_approval' },
      '/disclosure/pendingApprovalShownAs',
    ],
    [
      'a reason with a code its end cannot carry',
      { '/reasons/loss/0/closureCode': 'duplicate' },
      '/reasons/loss/0/closureCode',
    ],
    ['no reason to choose', { '/reasons/rejection': [] }, '/reasons/rejection'],
    ['a length of nothing', { '/decision/within/amount': 0 }, '/decision/within/amount'],
    ['a length beyond ten years', { '/decision/within/amount': 2_601 }, '/decision/within/amount'],
    ['half a day', { '/decision/within/amount': 0.5 }, '/decision/within/amount'],
    [
      'an amount that cannot be kept',
      { '/eligibility/minimumValueMinor': 2 ** 53 },
      '/eligibility/minimumValueMinor',
    ],
    [
      'a point of no clock',
      { '/decision/reminders/0/at/before': { amount: 1, unit: 'day' } },
      '/decision/reminders/0/at',
    ],
    ['words with a space behind', { '/reasons/loss/0/words': 'Lost ' }, '/reasons/loss/0/words'],
    ['no currency', { '/currency': 'eur' }, '/currency'],
  ])('%s is told at its place', (_, edits, pointer) => {
    expect(errorsOf(changed(edits)).map(([place]) => place)).toEqual([pointer]);
  });

  test('zero is a length for the review window', () => {
    expect(errorsOf(changed({ '/reviewWindow/amount': 0 }))).toEqual([]);
  });

  test('of any shape is answered in our own words, never in the parser’s', () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown;
    const polluted = JSON.parse(
      '{"__proto__": {"demonstration": true}, "routing": {"authorities": [null]}}',
    ) as unknown;
    for (const body of [null, undefined, 7, 'policy', [], {}, deep, polluted, { routing: deep }]) {
      const errors = errorsOf(body);
      expect(errors.length).toBeGreaterThan(0);
      for (const [, reason] of errors)
        expect(reason).not.toMatch(/Invalid|Unrecognized|Too (small|big)|received/);
    }
    // Every leaf replaced by something else: whatever zod finds, it is said in words.
    for (const wrong of [null, 'x', -1, {}, [], Number.POSITIVE_INFINITY]) {
      const replaced = JSON.parse(JSON.stringify(examplePolicy('volume-bands')), (_, value: unknown) =>
        typeof value === 'object' ? value : wrong,
      ) as unknown;
      for (const [, reason] of errorsOf(replaced)) {
        expect(reason).not.toMatch(/Invalid|Unrecognized|Too (small|big)|received/);
      }
    }
  });
});
