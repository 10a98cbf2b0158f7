import type { CaseState } from './case.ts';

/** Whom a registration waits for and what happens next, as keys of the word catalogue. */
export interface Outlook {
  readonly waitingFor: 'vendor' | 'partner' | 'customer' | 'nobody';
  readonly nextStep: NextStep | null;
}

export const nextSteps = [
  'checked_for_conflicts',
  'decided',
  'your_answer',
  'conflict_resolved',
  'extension_decided',
  'amendment_decided',
  'appeal_decided',
  'appeal_possible_until',
  'extension_possible_until',
  'report_activity',
  'protection_ends',
] as const;
export type NextStep = (typeof nextSteps)[number];

/**
 * What comes next in this state of a case. A decision that is not in effect yet changes nothing here: the
 * partner reads this, and nothing leaves before.
 */
export function outlookOf(
  state: Pick<CaseState, 'status' | 'tasks' | 'wakes' | 'matching'>,
  atRisk: boolean,
): Outlook {
  switch (state.status) {
    case 'submitted':
      return { waitingFor: 'vendor', nextStep: 'checked_for_conflicts' };
    case 'under_review':
    case 'pending_approval':
      return { waitingFor: 'vendor', nextStep: state.matching ? 'checked_for_conflicts' : 'decided' };
    case 'info_requested':
      return { waitingFor: 'partner', nextStep: 'your_answer' };
    case 'in_conflict':
      return { waitingFor: 'vendor', nextStep: 'conflict_resolved' };
    case 'appealed':
      return { waitingFor: 'vendor', nextStep: 'appeal_decided' };
    case 'approved':
      if (state.tasks.some((task) => task.kind === 'extension'))
        return { waitingFor: 'vendor', nextStep: 'extension_decided' };
      if (state.tasks.some((task) => task.kind === 'amendment'))
        return { waitingFor: 'vendor', nextStep: 'amendment_decided' };
      return atRisk
        ? { waitingFor: 'partner', nextStep: 'report_activity' }
        : { waitingFor: 'customer', nextStep: 'protection_ends' };
    case 'rejected':
      return { waitingFor: 'nobody', nextStep: state.wakes.length > 0 ? 'appeal_possible_until' : null };
    case 'expired':
      return { waitingFor: 'nobody', nextStep: state.wakes.length > 0 ? 'extension_possible_until' : null };
    case 'won':
    case 'lost':
    case 'withdrawn':
    case 'revoked':
      return { waitingFor: 'nobody', nextStep: null };
    default:
      return state.status satisfies never;
  }
}
