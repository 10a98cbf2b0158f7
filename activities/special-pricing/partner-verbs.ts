import type { AskedTermsBody } from '../../api/contract/special-prices.ts';
import { lastRound, readRoundShown } from '../../adapters/store/special-pricing.ts';
import type { PriceTerms } from '../../domain/special-pricing/asked.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import type { NoFacts, WriteNoteFacts } from '../../workflows/contracts/deal-registration.ts';
import type { AnswerCounterFacts } from '../../workflows/contracts/special-pricing.ts';
import { Refused, meet, tellPartner, tellPerson, tellRole } from '../case-work.ts';
import { withdrawRequest } from './outcomes.ts';
import { basisOf, priceRound, shownRound, writeRoundTerms } from './pricing.ts';
import { go, lastOf, stepOnRequest, typedWords } from './request-work.ts';
import type { PriceStepOutcome, PriceStepRequest, PriceWork, PricingDeps } from './request-work.ts';
import { tieEvidence } from './submission.ts';

/** The partner takes the request back: everything that waited stops, and what was decided and is not in effect does not come to be. */
export async function recallRequest(
  deps: PricingDeps,
  request: PriceStepRequest & { command: Command<NoFacts> },
): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, (work) =>
    withdrawRequest(work, {
      code: 'withdrawn_by_partner',
      kind: 'price_recalled',
      facts: { words: typedWords(work) },
    }),
  );
}

/** The partner answers with the terms as they now are: a new round, in which only what got worse is asked again. */
export async function resubmitRequest(
  deps: PricingDeps,
  request: PriceStepRequest & { command: Command<NoFacts> },
): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, async (work) => {
    const { row, atMs } = work;
    const body = (work.receipt?.body ?? {}) as unknown as AskedTermsBody & {
      words: string;
      evidenceIds: string[];
    };
    const next = (await lastRound(work.tx, row.id)) + 1;
    const basis = await basisOf(
      work,
      body.lines.map(({ sku }) => sku),
    );
    const terms: PriceTerms = {
      lines: body.lines,
      lumpMinor: body.lumpMinor,
      validFrom: body.validFrom,
      validUntil: body.validUntil,
      exceptionKeys: body.exceptionKeys,
    };
    const round = priceRound(basis, terms, { requestId: row.id, round: next, atMs });
    await writeRoundTerms(
      work.tx,
      { requestId: row.id, round: next, partnerId: row.partnerId, origin: 'answered', atMs },
      { basis, round },
    );
    await tieEvidence(work.tx, {
      requestId: row.id,
      partnerId: row.partnerId,
      evidenceIds: body.evidenceIds,
    });
    work.change = {
      ...work.change,
      ...shownRound(basis, round),
      details: {
        ...row.details,
        evidenceIds: [...new Set([...keptEvidence(row.details), ...body.evidenceIds])],
      },
    };
    meet(work, ['information']);
    toNextRound(work, next);
    await tellWhoAsked(work);
    return { kind: 'price_resubmitted', audience: 'everyone', facts: { words: body.words } };
  });
}

function keptEvidence(details: Readonly<Record<string, unknown>>): readonly string[] {
  const ids = details['evidenceIds'];
  return Array.isArray(ids) ? (ids as string[]) : [];
}

/** Other terms are asked from now on; who is asked about them follows in the next step. */
function toNextRound(work: PriceWork, round: number): void {
  go(work, 'pending_approval');
  work.round = round;
  work.routing = true;
}

/** Whoever asked hears of the answer; when he is not there any more, the role that he decided for. */
async function tellWhoAsked(work: PriceWork): Promise<void> {
  const { rows } = await work.tx.query<{ role: string; asker: string | null }>(
    `select t.role, (select p.id from person p where p.id = d.actor_id and p.active) as asker
       from process_event e join decision d on d.id = e.facts ->> 'decisionId' join task t on t.id = d.task_id
      where e.case_id = $1 and e.kind = 'information_requested' order by e.seq desc limit 1`,
    [work.row.id],
  );
  const asked = rows[0];
  if (asked === undefined) return;
  if (asked.asker === null) tellRole(work, asked.role, 'price_answered', {});
  else tellPerson(work, asked.asker, 'price_answered', {});
}

/** The partner takes the vendor's own terms, which are then asked as the next round, or declines them, which ends the request. */
export async function answerCounterOffer(
  deps: PricingDeps,
  request: PriceStepRequest & { command: Command<AnswerCounterFacts> },
): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, async (work) => {
    const clock = work.clocks.find((one) => one.clock.kind === 'counter_offer')?.clock;
    if (clock === undefined || request.command.receivedAtMs >= clock.dueAtMs)
      throw new Refused('conflict', { detail: 'The offer has lapsed.', conflict: lastOf(work) });
    const words = typedWords(work);
    if (request.command.facts.answer === 'decline')
      return withdrawRequest(work, { code: 'counter_declined', kind: 'counter_declined', facts: { words } });
    meet(work, ['counter_offer']);
    const next = await lastRound(work.tx, work.row.id);
    work.change = {
      ...work.change,
      ...(await readRoundShown(work.tx, { requestId: work.row.id, round: next })),
    };
    toNextRound(work, next);
    return { kind: 'counter_accepted', audience: 'everyone', facts: { words } };
  });
}

/** A note: to the partner, or the vendor's alone. */
export async function writePriceNote(
  deps: PricingDeps,
  request: PriceStepRequest & { command: Command<WriteNoteFacts> },
): Promise<PriceStepOutcome> {
  return stepOnRequest(deps, request, async (work) => {
    const words = typedWords(work);
    if (request.command.facts.audience === 'vendor')
      return { kind: 'note_written', audience: 'vendor', privateFacts: { words } };
    tellPartner(work, 'price_note', {});
    return { kind: 'note_written', audience: 'everyone', facts: { words } };
  });
}
