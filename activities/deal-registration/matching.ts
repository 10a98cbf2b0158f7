import { rememberPair } from '../../adapters/store/account-matching.ts';
import {
  countUnjudged,
  judgeMatches,
  moveProtections,
  readLines,
  writeMatches,
} from '../../adapters/store/deal-registration.ts';
import type { RegistrationLine } from '../../adapters/store/deal-registration.ts';
import { protectedPart } from '../../domain/deal-registration/protection.ts';
import { mayDenyByMachine, routeTask } from '../../domain/deal-registration/routing.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import type { JudgePairFacts } from '../../workflows/contracts/deal-registration.ts';
import { Refused } from '../case-work.ts';
import { go, stepOnCase } from './case-work.ts';
import type { CaseDeps, CaseWork, StepOutcome, StepRequest } from './case-work.ts';
import { checkConditions, findingsOf } from './conditions.ts';
import { denyAtOnce, openConflict, openReview } from './outcomes.ts';
import { findRivals } from './rivals.ts';
import { factsOfFinding, familiesOf, registrationFacts, registrationType } from './submission.ts';
import { joinWindows } from './windows.ts';

/**
 * After the reply: looks for rivals and hands the registration to whoever decides. A direct deal at work
 * opens a conflict; where policy says so and the verdict is `duplicate`, the machine denies what a rival's protection leaves
 * nothing of; everything else is a person's.
 */
export async function matchRivals(deps: CaseDeps, request: StepRequest): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    work.matching = false;
    if (work.status === 'submitted') go(work, 'under_review');
    const lines = await readLines(work.tx, work.row.id);
    const families = familiesOf(lines);
    const found = await findRivals(work, families);
    await writeMatches(work.tx, work.row.id, work.atMs, found.matches);
    const audience = (await wasTold(work)) ? 'vendor' : 'everyone';
    const privateFacts = {
      findings: await newFindings(work, lines, found.sameAccountIds),
      matches: found.matches.map(({ otherKind, otherId, verdict }) => ({ otherKind, otherId, verdict })),
      directEngaged: found.directEngaged,
    };

    // A reservation whose decision is not in effect yet is no protection: that rival is judged together with this one.
    const taken = found.rivals.flatMap(({ status, protects }) => (status === 'approved' ? protects : []));
    const nothingFree = protectedPart(work.policy, { families, taken }) === null;
    if (found.directEngaged) {
      // The partner's timeline reads the same whether or not something stands against him.
      const conflict = await openConflict(work, { cause: 'direct_engaged', privateFacts });
      const { queue } = routeTask(work.policy, {
        type: registrationType(work),
        valueMinor: work.change.valueMinor ?? work.row.valueMinor,
      });
      work.change = { ...work.change, queue };
      return {
        ...conflict,
        kind: 'matched',
        audience,
        facts: { queue },
        privateFacts: { ...privateFacts, conflict: 'direct_engaged' },
      };
    }
    // What is decided after an appeal a person decides.
    if (nothingFree && !work.appealed && mayDenyByMachine(work.policy, 'duplicate')) {
      return denyAtOnce(work, { closureCode: 'conflict_lost', privateFacts });
    }
    const review = await openReview(work, privateFacts);
    await joinWindows(work, families, found.sameAccountIds);
    return { ...review, audience };
  });
}

/**
 * What stands against it now that the customer is known: for whoever decides, because the reply to a submission may not wait
 * for the match, and a correction may have changed what was asked then. Nothing is denied by it without a person.
 */
async function newFindings(
  work: CaseWork,
  lines: readonly RegistrationLine[],
  sameAccountIds: readonly string[],
): Promise<{ code: string; facts: Record<string, unknown> }[]> {
  const isFirstLook = work.state.last.what === 'submitted';
  // The submission itself was asked everything else a moment ago.
  if (isFirstLook && work.policy.eligibility.netNew === null) return [];
  const conditions = await checkConditions(work, {
    registration: registrationFacts(work, lines),
    sameAccountIds,
  });
  return findingsOf(conditions).map((finding) => ({ code: finding.code, facts: factsOfFinding(finding) }));
}

/**
 * Whether the partner was told already that this submission, or this answer of his, was looked at: a second time tells
 * him of a conflict that is over.
 */
async function wasTold(work: CaseWork): Promise<boolean> {
  const { rows } = await work.tx.query<{ told: boolean }>(
    `select exists (select 1 from process_event where case_id = $1 and kind = 'matched' and audience = 'everyone'
        and seq > coalesce((select max(seq) from process_event where case_id = $1 and kind = 'information_answered'), 0)) as told`,
    [work.row.id],
  );
  return rows[0]?.told ?? false;
}

/** A person says whether two customers are the same company; it is remembered for every later match. */
export async function judgePair(
  deps: CaseDeps,
  request: StepRequest & { command: Command<JudgePairFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const { otherAccountId, verdict } = request.command.facts;
    const reason = typeof work.receipt?.body['words'] === 'string' ? work.receipt.body['words'] : '';
    const answered = await judgeMatches(work.tx, {
      registrationId: work.row.id,
      otherAccountId,
      verdict,
      personId: request.command.actorId,
      atMs: work.atMs,
    });
    if (answered === 0)
      throw new Refused('not_found', { detail: 'This registration has no match with that customer.' });
    const remembered = await rememberPair(work.tx, {
      decisionKey: `${work.row.id}:${work.seq}`,
      accountIds: [work.row.accountId, otherAccountId],
      verdict,
      decidedByPersonId: request.command.actorId,
      reason,
      decidedAt: new Date(work.atMs).toISOString(),
    });
    if (remembered.outcome === 'contradicted') {
      throw new Refused('conflict', {
        detail: `This contradicts an earlier verdict on ${remembered.by.accountA} and ${remembered.by.accountB}. Change that one first.`,
      });
    }
    const overlapping = await moveProtections(work.tx, remembered.moved);
    const unjudged = await countUnjudged(work.tx, work.row.id);
    if (
      unjudged === 0 &&
      work.status === 'under_review' &&
      work.tasks.some(({ kind }) => kind === 'registration_review')
    )
      go(work, 'pending_approval');
    return {
      kind: 'pair_judged',
      audience: 'vendor',
      statusCode: 201,
      facts: { otherAccountId, verdict },
      privateFacts: { overlapping },
      answer: { verdict, unjudged },
    };
  });
}
