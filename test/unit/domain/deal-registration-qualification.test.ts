import { isCustomersChoice, qualificationOf } from '../../../domain/deal-registration/qualification.ts';
import type { Qualifications } from '../../../domain/deal-registration/qualification.ts';

const held = (change: Partial<Qualifications> = {}): Qualifications => ({
  salesActivities: [],
  incumbentReseller: null,
  partner: { name: 'Northwind Harbour Systems GmbH', country: 'DE', certified: false },
  ...change,
});

test('what was done with the customer, who is incumbent, and certified staff', () => {
  expect(qualificationOf(held())).toEqual([]);
  expect(
    qualificationOf(held({ salesActivities: ['demo', 'proof_of_concept', 'decision_maker_met'] })),
  ).toEqual(['decision_maker_met', 'proof_of_concept']);
  expect(
    qualificationOf(held({ partner: { name: 'Northwind Harbour Systems', country: 'DE', certified: true } })),
  ).toEqual(['certified_staff']);
});

test.each([
  ['Northwind Harbour Systems GmbH', true],
  ['NORTHWIND HARBOUR SYSTEMS', true],
  ['The Northwind Harbour Systems G.m.b.H.', true],
  ['Lakeside Integration', false],
])('incumbent is who names himself: %s', (incumbentReseller, is) => {
  expect(qualificationOf(held({ incumbentReseller })).includes('incumbent')).toBe(is);
});

test('the customer chose in writing only when the writing is there', () => {
  expect(isCustomersChoice({ evidenceIds: ['evd_1'] })).toBe(false);
  expect(isCustomersChoice({ customersChoice: null, evidenceIds: ['evd_1'] })).toBe(false);
  expect(isCustomersChoice({ customersChoice: 'evd_1', evidenceIds: ['evd_1', 'evd_2'] })).toBe(true);
  expect(isCustomersChoice({ customersChoice: 'evd_3', evidenceIds: ['evd_1', 'evd_2'] })).toBe(false);
});
