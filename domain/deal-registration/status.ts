import type { TransitionTable } from '../transition-table.ts';

/**
 * The states of a deal registration after it was submitted (a draft is the person's own and no case yet).
 * `under_review` waits for the verdict on match and completeness, `pending_approval` for somebody with the
 * authority. Extended, converted and at risk are facts with dates, not states.
 */
export const registrationStatuses = [
  'submitted',
  'under_review',
  'info_requested',
  'pending_approval',
  'in_conflict',
  'approved',
  'rejected',
  'appealed',
  'won',
  'lost',
  'expired',
  'withdrawn',
  'revoked',
] as const;

export type RegistrationStatus = (typeof registrationStatuses)[number];

/** Which state may follow which: the published life of a registration, and nothing beside it. */
export const registrationTransitions: TransitionTable<RegistrationStatus> = {
  submitted: ['under_review', 'withdrawn'],
  under_review: ['info_requested', 'in_conflict', 'pending_approval', 'approved', 'rejected', 'withdrawn'],
  info_requested: ['under_review', 'rejected', 'withdrawn'],
  pending_approval: ['approved', 'rejected', 'info_requested', 'in_conflict', 'withdrawn'],
  in_conflict: ['under_review', 'approved', 'rejected', 'withdrawn'],
  approved: ['won', 'lost', 'expired', 'withdrawn', 'revoked'],
  rejected: ['appealed'],
  // A rejection on appeal is final: the registration's `appealed` fact, not this table, closes that way.
  appealed: ['approved', 'in_conflict', 'rejected'],
  won: [],
  lost: [],
  // Reinstated, where policy allows.
  expired: ['approved'],
  withdrawn: [],
  revoked: [],
};

/** Why a registration ended, apart from the state it ended in. */
export const closureCodes = [
  'duplicate',
  'not_eligible',
  'incomplete',
  'conflict_lost',
  'no_activity',
  'customer_choice',
  'superseded',
  'price',
  'competitor',
  'no_decision',
  'won',
  'withdrawn_by_partner',
  'protection_ended',
  'other',
] as const;

export type ClosureCode = (typeof closureCodes)[number];

/** Which closure codes a rejection, a loss, a withdrawal … may carry. */
export const closureCodesFor: Readonly<
  Record<'rejected' | 'lost' | 'won' | 'expired' | 'withdrawn' | 'revoked', readonly ClosureCode[]>
> = {
  rejected: [
    'duplicate',
    'not_eligible',
    'incomplete',
    'conflict_lost',
    'customer_choice',
    'superseded',
    'other',
  ],
  lost: ['price', 'competitor', 'no_decision', 'customer_choice', 'other'],
  won: ['won'],
  expired: ['protection_ended'],
  withdrawn: ['withdrawn_by_partner', 'superseded'],
  revoked: ['no_activity', 'other'],
};

/** What a partner registers: decides eligibility and length of protection. */
export const registrationTypes = ['new_customer', 'new_solution', 'add_on', 'renewal'] as const;
export type RegistrationType = (typeof registrationTypes)[number];

/** Who found the opportunity. */
export const registrationSources = ['partner_sourced', 'vendor_assigned'] as const;
export type RegistrationSource = (typeof registrationSources)[number];

/** How far the opportunity has come, in the partner's own words. */
export const opportunityStages = ['identified', 'qualified', 'proposal', 'negotiation'] as const;
export type OpportunityStage = (typeof opportunityStages)[number];

/** Whether the customer buys by public tender. */
export const rfpStatuses = ['none', 'expected', 'published'] as const;
export type RfpStatus = (typeof rfpStatuses)[number];

/** Sales activities that prove that the partner works the opportunity. */
export const salesActivities = [
  'customer_call',
  'demo',
  'intent_verified',
  'decision_maker_met',
  'proof_of_concept',
] as const;
export type SalesActivity = (typeof salesActivities)[number];
