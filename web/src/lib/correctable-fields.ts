import type { CorrectableField } from '../../../api/contract/deal-registrations.ts';

export type CorrectableFieldKey = CorrectableField;

/** Every field that can be asked for again, in the order of the form; complete by its type. */
const inOrder: Readonly<Record<CorrectableField, number>> = {
  customer: 1,
  opportunityName: 2,
  lines: 3,
  value: 4,
  expectedClose: 5,
  stage: 6,
  salesActivities: 7,
  activitySummary: 8,
  evidenceIds: 9,
  customersChoice: 10,
  rfp: 11,
  competitors: 12,
  incumbentReseller: 13,
  distributor: 14,
  requestedDiscountPpm: 15,
};

export const correctableFieldKeys: readonly CorrectableFieldKey[] = (
  Object.keys(inOrder) as CorrectableFieldKey[]
).toSorted((left, right) => inOrder[left] - inOrder[right]);
