import { readFollowers } from '../adapters/store/followers.ts';
import { followedCaseSignal } from '../workflows/contracts/followed-case.ts';
import type { FollowedCaseNews } from '../workflows/contracts/followed-case.ts';
import { signal } from './case-work.ts';
import type { StepWork } from './case-work.ts';

/** Tells every process that stands on this case what this step made of it. One that is over needs no telling: the relay drops it. */
export async function tellFollowers(
  work: StepWork,
  news: Pick<FollowedCaseNews, 'what' | 'status'>,
): Promise<void> {
  const { of, seq, atMs } = work;
  const told: FollowedCaseNews = { caseId: of.caseId, seq, atMs, ...news };
  for (const workflowId of await readFollowers(work.tx, of.caseId))
    signal(work, { workflowId, signal: followedCaseSignal, args: [told], starts: null });
}
