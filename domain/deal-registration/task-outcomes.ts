/** What a task can end in. Which of them one task allows is in its `outcomes`. */
export const taskOutcomes = [
  'approve',
  'deny',
  'request_information',
  'send_to_conflict',
  'protect_partner',
  'share',
  'award_other',
  'no_conflict',
  'grant',
  'refuse',
  'uphold',
  'overturn',
  'counter_offer',
] as const;
export type TaskOutcome = (typeof taskOutcomes)[number];

/** What a decider must give with an outcome, beside the outcome itself. */
export interface DecisionNeeds {
  /** A reason of the program, which stands for a closure code. */
  readonly reason: boolean;
  /** Words that the partner reads. */
  readonly words: boolean;
  /** The fields that are opened again for correction. */
  readonly fields: boolean;
}

const NOTHING: DecisionNeeds = { reason: false, words: false, fields: false };

/**
 * A decision that ends a registration needs a reason of the program and words; a refusal of something asked for needs
 * words; a request for information says what is asked. The step asks it of what came in, the console before it sends.
 */
export function decisionNeeds(outcome: TaskOutcome): DecisionNeeds {
  switch (outcome) {
    case 'deny':
    case 'award_other':
      return { reason: true, words: true, fields: false };
    case 'refuse':
    case 'uphold':
      return { ...NOTHING, words: true };
    case 'request_information':
      return { reason: false, words: true, fields: true };
    case 'approve':
    case 'send_to_conflict':
    case 'protect_partner':
    case 'share':
    case 'no_conflict':
    case 'grant':
    case 'overturn':
    case 'counter_offer':
      return NOTHING;
    default:
      return outcome satisfies never;
  }
}
