import { applyHolds } from '../case-holds.ts';
import { stepOnCase } from './case-work.ts';
import type { CaseDeps, StepOutcome, StepRequest } from './case-work.ts';

/** Sets every clock of the case as the holds of the installation say. */
export async function followHolds(deps: CaseDeps, request: StepRequest): Promise<StepOutcome> {
  return stepOnCase(
    deps,
    request,
    async (work) => (await applyHolds(work)) ?? { kind: 'clock_looked_at', audience: 'vendor' },
  );
}
