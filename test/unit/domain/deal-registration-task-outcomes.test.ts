import { decisionNeeds, taskOutcomes } from '../../../domain/deal-registration/task-outcomes.ts';

test('what ends a registration needs a reason and words, a refusal words, a request the fields and words', () => {
  const needing = (what: 'reason' | 'words' | 'fields') =>
    taskOutcomes.filter((outcome) => decisionNeeds(outcome)[what]);
  expect(needing('reason')).toEqual(['deny', 'award_other']);
  expect(needing('words')).toEqual(['deny', 'request_information', 'award_other', 'refuse', 'uphold']);
  expect(needing('fields')).toEqual(['request_information']);
});
