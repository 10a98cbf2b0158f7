import type { Submission } from '../../api/contract/deal-registrations.ts';
import { keptTaxId, saveAccount } from '../../adapters/store/accounts.ts';
import {
  handOver,
  moveProtectionEnd,
  readLines,
  readPartner,
  settleDraft,
  writeLines,
} from '../../adapters/store/deal-registration.ts';
import type { RegistrationLine } from '../../adapters/store/deal-registration.ts';
import { decidersOf, readAtTheTask } from '../../adapters/store/tasks.ts';
import { addDuration } from '../../domain/business-time.ts';
import { amendmentNeedsApproval, conditionsMissed } from '../../domain/deal-registration/amendment.ts';
import type { AmendmentReason } from '../../domain/deal-registration/amendment.ts';
import { mayAppeal } from '../../domain/deal-registration/appeal.ts';
import type { AppealRefusal } from '../../domain/deal-registration/appeal.ts';
import { appealClock, extensionClock } from '../../domain/deal-registration/clocks.ts';
import { startOfDateMs } from '../../domain/deal-registration/dates.ts';
import { checkPartner } from '../../domain/deal-registration/eligibility.ts';
import type { EligibilityFinding } from '../../domain/deal-registration/eligibility.ts';
import { mayExtend } from '../../domain/deal-registration/protection.ts';
import { routeOfRole, routeTask } from '../../domain/deal-registration/routing.ts';
import type { SalesActivity } from '../../domain/deal-registration/status.ts';
import { whyNotDecideAs } from '../../domain/task.ts';
import { describeFinding } from '../../domain/words/findings.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import type {
  AmendFacts,
  AnswerInformationFacts,
  NoFacts,
  ReportActivityFacts,
  ReportOutcomeFacts,
  TransferFacts,
  WithdrawFacts,
  WriteNoteFacts,
} from '../../workflows/contracts/deal-registration.ts';
import {
  Refused,
  isoOrNull,
  meet,
  pause,
  resume,
  start,
  tellPartner,
  tellPerson,
  tellRole,
} from '../case-work.ts';
import { ask, go, stepOnCase } from './case-work.ts';
import type { CaseDeps, CaseWork, StepOutcome, StepRequest } from './case-work.ts';
import { checkConditions, findingsOf } from './conditions.ts';
import { amendNow, end, missingActivities, reserveAmendment } from './outcomes.ts';
import type { Amendment } from './outcomes.ts';
import {
  checkClose,
  checkCustomersChoice,
  detailsOf,
  enteredAccount,
  factsOfFinding,
  familiesOf,
  linesOf,
  registrationFacts,
  registrationType,
} from './submission.ts';
import type { SealedSubmission } from './submission.ts';
import { askToLook } from './windows.ts';
import { customerAccountId } from '../../domain/sealed-tax-id.ts';

/**
 * The partner answers what was asked. Only the fields that the request named may be corrected; the decision's
 * clock runs on from where it stood, and rivals are looked for again.
 */
export async function answerInformation(
  deps: CaseDeps,
  request: StepRequest & { command: Command<AnswerInformationFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const asked = await askedFields(work);
    const corrections = (work.receipt?.body['corrections'] ?? {}) as Partial<SealedSubmission>;
    const stray = Object.keys(corrections).filter((field) => !asked.includes(field));
    if (stray.length > 0) {
      throw new Refused('invalid_request', {
        detail: 'Only what was asked for can be corrected.',
        errors: stray.map((field) => ({
          pointer: `/corrections/${field}`,
          reason: `This was not asked for. Open for correction: ${asked.join(', ')}.`,
        })),
      });
    }
    await correct(work, corrections);
    meet(work, ['information']);
    resume(work, ['decision'], 'information');
    go(work, 'under_review');
    work.matching = true;
    await tellWhoAsked(work);
    return {
      kind: 'information_answered',
      audience: 'everyone',
      facts: { fields: Object.keys(corrections), words: work.receipt?.body['words'] ?? '' },
    };
  });
}

/** Whoever asked hears of the answer; when he is not there any more, the role that he decided for. */
async function tellWhoAsked(work: CaseWork): Promise<void> {
  const { rows } = await work.tx.query<{ role: string; asker: string | null }>(
    `select t.role, (select p.id from person p where p.id = d.actor_id and p.active) as asker
       from process_event e join decision d on d.id = e.facts ->> 'decisionId' join task t on t.id = d.task_id
      where e.case_id = $1 and e.kind = 'information_requested' order by e.seq desc limit 1`,
    [work.row.id],
  );
  const asked = rows[0];
  const asker = asked?.asker ?? null;
  if (asker !== null) return tellPerson(work, asker, 'information_answered', {});
  const route = routeTask(work.policy, { type: registrationType(work), valueMinor: work.row.valueMinor });
  tellRole(work, asked?.role ?? route.role, 'information_answered', {});
}

async function askedFields(work: CaseWork): Promise<string[]> {
  const { rows } = await work.tx.query<{ fields: string[] }>(
    `select facts -> 'fields' as fields from process_event where case_id = $1 and kind = 'information_requested' order by seq desc limit 1`,
    [work.row.id],
  );
  return rows[0]?.fields ?? [];
}

/** Writes corrected fields over the submission; the result is hashed anew, so that a decision names what it was made on. */
async function correct(work: CaseWork, corrections: Partial<SealedSubmission>): Promise<void> {
  const submission = { ...submissionOf(work, await readLines(work.tx, work.row.id)), ...corrections };
  if (corrections.customersChoice !== undefined)
    checkCustomersChoice(submission, '/corrections/customersChoice');
  if (corrections.expectedClose !== undefined)
    checkClose(corrections.expectedClose, '/corrections/expectedClose', work.atMs);
  const lines = await linesOf(work.tx, submission);
  const entered = enteredAccount({
    registrationId: work.row.id,
    partnerId: work.row.partnerId,
    submission,
    atMs: work.row.submittedAtMs,
    // Without a new tax id in a corrected customer the stored one stays: it is never read back to be written again.
    kept: await keptTaxId(work.tx, customerAccountId(work.row.id)),
  });
  if (corrections.customer !== undefined) await saveAccount(work.tx, entered);
  await writeLines(work.tx, { registrationId: work.row.id, partnerId: work.row.partnerId, lines });
  await settleDraft(work.tx, {
    draftId: null,
    registrationId: work.row.id,
    partnerId: work.row.partnerId,
    evidenceIds: submission.evidenceIds,
  });
  work.change = { ...work.change, ...detailsOf(submission, lines, entered) };
}

/** The submission as the record has it; the tax id is never read back. */
function submissionOf(work: CaseWork, lines: readonly RegistrationLine[]): Submission {
  const { row } = work;
  const details = row.details as unknown as Omit<Submission, 'customer'> & {
    customer: Omit<Submission['customer'], 'taxId'>;
  };
  return {
    ...details,
    customer: { ...details.customer, taxId: null },
    programId: row.programId,
    type: row.type as Submission['type'],
    source: row.source as Submission['source'],
    stage: row.stage as Submission['stage'],
    opportunityName: row.opportunityName,
    value: { amountMinor: row.valueMinor, currency: row.currency },
    expectedClose: row.expectedClose,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
  };
}

/** The partner withdraws: everything that waited stops, and what was protected is free again. */
export async function withdraw(
  deps: CaseDeps,
  request: StepRequest & { command: Command<WithdrawFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const reason = work.policy.reasons.withdrawal.find(({ key }) => key === request.command.facts.reasonKey);
    if (reason === undefined)
      throw new Refused('invalid_request', {
        detail: 'Choose a reason.',
        errors: [{ pointer: '/reasonKey', reason: 'Choose one of the reasons of the program.' }],
      });
    go(work, 'withdrawn');
    work.closureCode = reason.closureCode;
    await end(work);
    askToLook(work);
    return {
      kind: 'withdrawn',
      audience: 'everyone',
      facts: { closureCode: reason.closureCode, words: work.receipt?.body['words'] ?? '' },
    };
  });
}

/** An extension is asked; asked in time, the slot is held until it is decided. */
export async function requestExtension(
  deps: CaseDeps,
  request: StepRequest & { command: Command<NoFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const { row, policy } = work;
    const verdict = mayExtend({
      policy,
      status: work.status,
      protectionEndsAtMs: row.protectedUntilMs ?? work.atMs,
      extensionsGranted: work.extensions,
      askedAtMs: work.atMs,
      calendar: work.calendar,
    });
    if (!verdict.may)
      throw new Refused('not_allowed_now', {
        detail: extensionRefusals[verdict.reason],
        errors: [{ pointer: '', reason: verdict.reason }],
      });
    const clock = start(work, extensionClock(policy));
    if (verdict.beforeExpiry) {
      pause(work, ['protection'], 'extension');
      await moveProtectionEnd(work.tx, row.id, null);
    }
    work.extensionAsked = true;
    const route = routeOfRole(policy, verdict.by);
    await ask(work, {
      kind: 'extension',
      question: 'grant_extension',
      route,
      outcomes: ['grant', 'refuse'],
      facts: {
        materialHash: row.materialHash,
        policyVersion: work.policyVersion,
        step: verdict.step,
        length: verdict.length,
        words: work.receipt?.body['words'] ?? '',
      },
      excludedIds: [row.submittedBy, request.command.actorId],
      dueAtMs: clock.clock.dueAtMs,
    });
    return {
      kind: 'extension_requested',
      audience: 'everyone',
      facts: { step: verdict.step, queue: route.queue, words: work.receipt?.body['words'] ?? '' },
    };
  });
}

const extensionRefusals = {
  not_protected: 'Only an approved registration can be extended.',
  no_extension_left: 'The program allows no further extension.',
  asked_after_expiry: 'The protection is over; an extension must be asked for before.',
  asked_too_late: 'The time to ask for an extension after expiry is over.',
} as const;

/** Sales activity after approval; with all that the program asks for, the check is met and the risk is over. */
export async function reportActivity(
  deps: CaseDeps,
  request: StepRequest & { command: Command<ReportActivityFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const done = new Set<SalesActivity>([
      ...((work.row.details['salesActivities'] ?? []) as readonly SalesActivity[]),
      ...request.command.facts.activities,
    ]);
    const evidenceIds = (work.receipt?.body['evidenceIds'] ?? []) as readonly string[];
    await settleDraft(work.tx, {
      draftId: null,
      registrationId: work.row.id,
      partnerId: work.row.partnerId,
      evidenceIds,
    });
    work.change = { ...work.change, details: { ...work.row.details, salesActivities: [...done] } };
    const missing = missingActivities(work);
    if (missing.length === 0) {
      meet(work, ['activity_check', 'activity_grace']);
      work.change = { ...work.change, atRiskSinceMs: null };
    }
    return {
      kind: 'activity_reported',
      audience: 'everyone',
      facts: {
        activities: request.command.facts.activities,
        missing,
        words: work.receipt?.body['words'] ?? '',
      },
    };
  });
}

/** An approved registration is amended: at once where the policy lets it, otherwise after a decision. */
export async function amend(
  deps: CaseDeps,
  request: StepRequest & { command: Command<AmendFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const { row, policy } = work;
    const { words: reason, ...amendment } = (work.receipt?.body ?? {}) as unknown as Amendment & {
      words: string;
    };
    if (amendment.value !== undefined && amendment.value.currency !== row.currency) {
      throw new Refused('invalid_request', {
        detail: 'The currency cannot change.',
        errors: [{ pointer: '/value/currency', reason: `The registration is in ${row.currency}.` }],
      });
    }
    if (amendment.expectedClose !== undefined)
      checkClose(amendment.expectedClose, '/expectedClose', work.atMs);
    const lines = await readLines(work.tx, row.id);
    const basis = row.approved ?? {
      valueMinor: row.valueMinor,
      expectedClose: row.expectedClose,
      families: familiesOf(lines),
    };
    const amendedLines =
      amendment.lines === undefined ? lines : await linesOf(work.tx, { lines: amendment.lines });
    const missed = await missedBy(work, { lines, amendedLines, amendment });
    const changed = amendmentNeedsApproval({
      policy,
      calendar: work.calendar,
      approved: {
        valueMinor: basis.valueMinor,
        currency: row.currency,
        expectedCloseMs: startOfDateMs(basis.expectedClose),
        lines: basis.families.map((productFamily) => ({ productFamily })),
      },
      amended: {
        valueMinor: amendment.value?.amountMinor ?? row.valueMinor,
        currency: row.currency,
        expectedCloseMs: startOfDateMs(amendment.expectedClose ?? row.expectedClose),
        lines: amendedLines.map(({ family }) => ({ productFamily: family })),
      },
    });
    const reasons: AmendmentReason[] = [
      ...changed,
      ...missed.map(({ code }) => ({ code: 'condition_missed' as const, condition: code })),
    ];
    const findings = missed.map((finding) => ({ code: finding.code, facts: factsOfFinding(finding) }));
    if (reasons.length === 0 && (await reserves(work, amendment))) {
      const { discounts } = await amendNow(work, amendment);
      return {
        kind: 'amended',
        audience: 'everyone',
        facts: { fields: Object.keys(amendment), words: reason, discounts },
      };
    }
    const valueMinor = amendment.value?.amountMinor ?? row.valueMinor;
    const route = routeTask(policy, { type: registrationType(work), valueMinor });
    await ask(work, {
      kind: 'amendment',
      question: 'approve_amendment',
      route,
      outcomes: ['grant', 'refuse'],
      facts: {
        materialHash: row.materialHash,
        policyVersion: work.policyVersion,
        amendment,
        reasons,
        words: reason,
      },
      excludedIds: [row.submittedBy, request.command.actorId],
      dueAtMs: addDuration(work.calendar, work.atMs, policy.decision.within),
      amountMinor: valueMinor,
    });
    return {
      kind: 'amended',
      audience: 'everyone',
      facts: {
        fields: Object.keys(amendment),
        needsApproval: reasons,
        findings,
        queue: route.queue,
        words: reason,
      },
    };
  });
}

/** The program's conditions, and own cases, that the amended registration meets no more. */
async function missedBy(
  work: CaseWork,
  input: {
    lines: readonly RegistrationLine[];
    amendedLines: readonly RegistrationLine[];
    amendment: Amendment;
  },
): Promise<EligibilityFinding[]> {
  const { amendment } = input;
  const standing = registrationFacts(work, input.lines);
  const amended = {
    ...registrationFacts(work, input.amendedLines),
    valueMinor: amendment.value?.amountMinor ?? standing.valueMinor,
    expectedCloseMs:
      amendment.expectedClose === undefined
        ? standing.expectedCloseMs
        : startOfDateMs(amendment.expectedClose),
  };
  const before = await checkConditions(work, { registration: standing, sameAccountIds: null });
  const after = await checkConditions(work, { registration: amended, sameAccountIds: null });
  return conditionsMissed({ before: findingsOf(before), after: findingsOf(after) });
}

/** False when somebody must look first: the partner is told that a person decides, never what stands against it. */
async function reserves(work: CaseWork, amendment: Amendment): Promise<boolean> {
  try {
    return (await reserveAmendment(work, amendment)) === null;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

/** The deal is won or lost: protection ends, and so does the case. */
export async function reportOutcome(
  deps: CaseDeps,
  request: StepRequest & { command: Command<ReportOutcomeFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const { outcome, reasonKey } = request.command.facts;
    if (outcome === 'won') {
      go(work, 'won');
      work.closureCode = 'won';
    } else {
      const reason = work.policy.reasons.loss.find(({ key }) => key === reasonKey);
      if (reason === undefined)
        throw new Refused('invalid_request', {
          detail: 'Choose a reason.',
          errors: [{ pointer: '/reasonKey', reason: 'Choose one of the reasons of the program.' }],
        });
      go(work, 'lost');
      work.closureCode = reason.closureCode;
    }
    await end(work);
    return {
      kind: outcome,
      audience: 'everyone',
      facts: {
        closureCode: work.closureCode,
        orderReference: work.receipt?.body['orderReference'] ?? null,
        words: work.receipt?.body['words'] ?? '',
      },
    };
  });
}

/** The partner appeals; who decides took no part before, and his decision is final. */
export async function appeal(
  deps: CaseDeps,
  request: StepRequest & { command: Command<NoFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const { row, policy } = work;
    const window = work.clocks.find(({ clock }) => clock.kind === 'appeal_window');
    const verdict = mayAppeal({
      policy,
      status: work.status,
      alreadyAppealed: work.appealed,
      // Without a clock it ended before: the window is over.
      untilMs: window?.clock.dueAtMs ?? Number.NEGATIVE_INFINITY,
      appealedAtMs: work.atMs,
      calendar: work.calendar,
    });
    if (!verdict.may) {
      throw new Refused('not_allowed_now', {
        detail: appealRefusals[verdict.reason],
        errors: [{ pointer: '', reason: verdict.reason }],
      });
    }
    meet(work, ['appeal_window']);
    go(work, 'appealed');
    work.appealed = true;
    const clock = start(work, appealClock(policy));
    const route = routeOfRole(policy, verdict.by);
    await ask(work, {
      kind: 'appeal',
      question: 'decide_appeal',
      route,
      outcomes: ['uphold', 'overturn'],
      facts: {
        materialHash: row.materialHash,
        policyVersion: work.policyVersion,
        closureCode: row.closureCode,
        words: work.receipt?.body['words'] ?? '',
      },
      excludedIds: [row.submittedBy, request.command.actorId, ...(await decidersOf(work.tx, row.id))],
      dueAtMs: clock.clock.dueAtMs,
    });
    work.change = { ...work.change, closedAtMs: null, answerByMs: clock.clock.dueAtMs };
    return {
      kind: 'appealed',
      audience: 'everyone',
      facts: {
        queue: route.queue,
        answerBy: isoOrNull(clock.clock.dueAtMs),
        words: work.receipt?.body['words'] ?? '',
      },
    };
  });
}

const appealRefusals: Readonly<Record<AppealRefusal, string>> = {
  no_appeal_in_program: 'In this program a denial is final.',
  not_denied: 'Only a denial can be appealed.',
  already_appealed: 'A denial can be appealed once.',
  too_late: 'The time for an appeal is over.',
};

/** An approved registration goes to another partner of the program, who sees it from now on. */
export async function transfer(
  deps: CaseDeps,
  request: StepRequest & { command: Command<TransferFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const { toPartnerId } = request.command.facts;
    await mayTransfer(work, request.command);
    const to = await readReceivingPartner(work, toPartnerId);
    await handOver(work.tx, work.row.id, toPartnerId);
    work.change = { ...work.change, partnerId: toPartnerId };
    if (to.contact !== null)
      work.outbound.push({
        channel: 'mail',
        target: to.contact,
        template: 'transferred',
        payload: {
          registrationId: work.row.id,
          reference: work.row.reference,
          customerName: work.row.customerName,
          programName: work.row.programName,
        },
        notBeforeMs: work.atMs,
      });
    // Why is said among colleagues: neither partner is told the other's affairs.
    return {
      kind: 'transferred',
      audience: 'everyone',
      facts: { toPartnerName: to.name },
      privateFacts: { words: work.receipt?.body['words'] ?? '' },
    };
  });
}

/** The policy says with whose authority a registration changes hands; whoever stands in for him has it too. */
async function mayTransfer(work: CaseWork, by: Command<TransferFacts>): Promise<void> {
  const { by: role } = work.policy.transfer;
  const who = await readAtTheTask(work.tx, by.actorId, work.atMs);
  const asked = {
    role,
    namedId: null,
    excludedIds: [],
    amountMinor: null,
    currency: null,
    status: 'open',
  } as const;
  const why = who === null ? 'not_the_vendor' : whyNotDecideAs(asked, who, by.actingForId);
  if (why !== null)
    throw new Refused('forbidden', {
      detail: `In this program a registration is transferred by the role ${role.replaceAll('_', ' ')}.`,
      errors: [{ pointer: '', reason: why }],
    });
}

/** Who gets it: another partner of the program who meets what it asks of a partner. Refuses by name. */
async function readReceivingPartner(
  work: CaseWork,
  toPartnerId: string,
): Promise<{ name: string; contact: string | null }> {
  const { rows } = await work.tx.query<{ name: string; contact: string | null }>(
    `select p.name, (select s.id from person s where s.partner_id = p.id and s.active order by s.created_at, s.id limit 1) as contact
       from partner p join partner_program pp on pp.partner_id = p.id and pp.program_id = $2 where p.id = $1`,
    [toPartnerId, work.row.programId],
  );
  const to = rows[0];
  const refused = (reason: string): Refused =>
    new Refused('invalid_request', {
      detail: 'The registration cannot go to that partner.',
      errors: [{ pointer: '/toPartnerId', reason }],
    });
  if (to === undefined || toPartnerId === work.row.partnerId)
    throw refused('Choose another partner who is enrolled in the program.');
  const [missed] = checkPartner({
    policy: work.policy,
    partner: await readPartner(work.tx, toPartnerId, work.row.programId),
    nowMs: work.atMs,
  });
  if (missed !== undefined)
    throw refused(describeFinding({ code: missed.code, facts: factsOfFinding(missed) }));
  return to;
}

/** A note: one to the partner meets the first response, a private one is the vendor's alone. */
export async function writeNote(
  deps: CaseDeps,
  request: StepRequest & { command: Command<WriteNoteFacts> },
): Promise<StepOutcome> {
  return stepOnCase(deps, request, async (work) => {
    const words = work.receipt?.body['words'] ?? '';
    if (request.command.facts.audience === 'vendor')
      return { kind: 'note_written', audience: 'vendor', privateFacts: { words } };
    meet(work, ['first_response']);
    tellPartner(work, 'note', {});
    return { kind: 'note_written', audience: 'everyone', facts: { words } };
  });
}
