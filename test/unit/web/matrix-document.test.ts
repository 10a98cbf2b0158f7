import fc from 'fast-check';
import { readPolicyExamples } from '../../../adapters/policy-examples.ts';
import { checkSpecialPricingPolicy } from '../../../api/contract/special-pricing-policy.ts';
import type { ApprovalBand } from '../../../domain/special-pricing/policy.ts';
import {
  faultAt,
  matrixOf,
  percentTextOf,
  ppmOf,
  standingFaults,
  withBand,
  withNewBand,
  withoutBand,
  withRole,
} from '../../../web/src/features/policies/matrix-document.ts';
import type { DocumentBody } from '../../../web/src/lib/document-text.ts';

/* The matrix of a document as a form changes it. */

const examples = readPolicyExamples().filter(({ kind }) => kind === 'special-pricing');
const example: DocumentBody = { ...examples[0]?.body };
const bandsOf = (document: DocumentBody): readonly ApprovalBand[] => matrixOf(document)?.bands ?? [];

test('every document that ships is shown as a form; one of another shape is not', () => {
  for (const { body } of examples) expect(matrixOf({ ...body })?.bands.length).toBeGreaterThan(1);
  for (const broken of [
    {},
    { ...example, bands: [{ key: 'a' }] },
    { ...example, marginFloors: { byFamily: { switching: 'much' }, otherPpm: null } },
    { ...example, quarterEnd: {} },
    { ...example, termExceptions: 'none' },
    { ...example, currency: 'euro' },
  ])
    expect(matrixOf(broken)).toBeNull();
});

test('what is added and removed leaves a document that the API takes', () => {
  const more = withNewBand(example);
  expect(bandsOf(more)).toHaveLength(bandsOf(example).length + 1);
  expect(checkSpecialPricingPolicy(more)).toMatchObject({ ok: true });
  // Back again, and without a band that nothing names.
  expect(bandsOf(withoutBand(more, bandsOf(more).length - 2))).toEqual(bandsOf(example));
  const one = bandsOf(example).reduce<DocumentBody>((document) => withoutBand(document, 0), example);
  expect(bandsOf(one)).toEqual([{ ...bandsOf(example).at(-1), toPpm: null }]);
});

test('a new name goes to the exceptions that name the band, and nothing else changes', () => {
  const named = matrixOf(example)?.termExceptions[0]?.bandKey;
  const place = bandsOf(example).findIndex(({ key }) => key === named);
  const renamed = withBand(example, place, { key: 'elsewhere' });
  expect(matrixOf(renamed)?.termExceptions[0]?.bandKey).toBe('elsewhere');
  expect(withBand(renamed, place, { key: named ?? '' })).toEqual(example);
  expect(checkSpecialPricingPolicy(renamed)).toMatchObject({ ok: true });
});

test('asking nobody leaves no time to answer, and a quorum never asks for more than there are', () => {
  const band = bandsOf(example).find(({ asks }) => asks?.roles.length === 2);
  const asks = band?.asks ?? null;
  if (band === undefined || asks === null) throw new Error('No example asks two.');
  const both = { ...band, asks: { ...asks, quorum: 2 } };
  const [first, second] = asks.roles;
  const oneLess = { ...both, ...withRole(both, first ?? 'ceo', false) };
  expect(oneLess.asks).toEqual({ roles: [second], quorum: null });
  expect(withRole(oneLess, second ?? 'ceo', false)).toEqual({ asks: null, answerWithin: null });
  const [automatic] = bandsOf(example);
  expect(withRole(automatic ?? band, 'director', true)).toMatchObject({
    asks: { roles: ['director'] },
    answerWithin: { unit: 'businessHour' },
  });
});

test('percentages read back as they are written, to a ten-thousandth', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (ppm) => {
      expect(ppmOf(percentTextOf(ppm))).toBe(ppm);
    }),
  );
  expect(['12,5', ' 7 %', '100'].map(ppmOf)).toEqual([125_000, 70_000, 1_000_000]);
  expect(['', 'ten', '-1', '1.23456', '1e3'].map(ppmOf)).toEqual([null, null, null, null, null]);
});

test('a fault stands beside its field until that field changes', () => {
  const faults = [
    { pointer: '/body/bands/0/toPpm', reason: 'Too low.' },
    { pointer: '/body/bands/1/asks/roles/0', reason: 'Unknown role.' },
    { pointer: '/body/marginFloors/byFamily/a~1b', reason: 'Too high.' },
  ];
  expect(faultAt(faults, 'bands', 0, 'toPpm')).toBe('Too low.');
  expect(faultAt(faults, 'bands', 1, 'asks')).toBe('Unknown role.');
  expect(faultAt(faults, 'bands', 10, 'toPpm')).toBeNull();
  const said = { ...example, marginFloors: { byFamily: { 'a/b': 2 }, otherPpm: null } };
  expect(standingFaults(faults, { said, now: structuredClone(said) })).toEqual(faults);
  const now = withBand({ ...said, marginFloors: { byFamily: { 'a/b': 1 }, otherPpm: null } }, 0, {
    toPpm: 1,
  });
  expect(standingFaults(faults, { said, now })).toEqual([faults[1]]);
});
