import { randomBytes } from 'node:crypto';
import type { Submission } from '../../api/contract/deal-registrations.ts';
import { runCaseStep } from '../../adapters/store/case-step.ts';
import { saveAccount } from '../../adapters/store/accounts.ts';
import type { EnteredAccount, KeptTaxId } from '../../adapters/store/accounts.ts';
import {
  insertRegistration,
  lockRegistration,
  policyInForce,
  readPolicy,
  readProducts,
  settleDraft,
  writeLines,
} from '../../adapters/store/deal-registration.ts';
import type { RegistrationLine, RegistrationRow } from '../../adapters/store/deal-registration.ts';
import type { Transaction } from '../../adapters/store/transaction.ts';
import { hashJson } from '../../adapters/sha256.ts';
import type { CaseState } from '../../domain/deal-registration/case.ts';
import {
  appealWindowClock,
  decisionClock,
  firstResponseClock,
} from '../../domain/deal-registration/clocks.ts';
import { startOfDateMs, whyNotCloseOn } from '../../domain/deal-registration/dates.ts';
import { isCustomersChoice } from '../../domain/deal-registration/qualification.ts';
import type { EligibilityFinding } from '../../domain/deal-registration/eligibility.ts';
import type { RegistrationFacts } from '../../domain/deal-registration/facts.ts';
import { routeTask } from '../../domain/deal-registration/routing.ts';
import { formatReference } from '../../domain/ids.ts';
import { customerAccountId } from '../../domain/sealed-tax-id.ts';
import type { SealedTaxId } from '../../domain/sealed-tax-id.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import type { SubmitFacts } from '../../workflows/contracts/deal-registration.ts';
import { Refused, refusalOf, start, tellPartner, writeClocks } from '../case-work.ts';
import { changeOf, effectOf, go, identityOf, stateOf, surroundings } from './case-work.ts';
import type { StepEnd } from '../case-work.ts';
import type { CaseDeps, CaseWork, StepOutcome } from './case-work.ts';
import { checkConditions } from './conditions.ts';

/**
 * Records a submission: the customer as he entered it, the registration, its first clocks. What stands
 * against it by the program's conditions, or an own open case for the same customer and product family,
 * ends it at once; rivals are not looked for here, so that the reply tells nothing of them.
 */
export async function recordSubmission(
  deps: CaseDeps,
  input: { command: Command<SubmitFacts> },
): Promise<StepOutcome> {
  const { command } = input;
  const { registrationId, partnerId, programId } = command.facts;
  try {
    const result = await runCaseStep<CaseState>(
      deps.pool,
      {
        caseKind: 'deal-registration',
        caseId: registrationId,
        seq: 1,
        atMs: command.receivedAtMs,
        actorId: command.actorId,
        actingForId: command.actingForId,
        receipt: command.receipt,
        input,
      },
      async (tx) => (await lockRegistration(tx, registrationId))?.state ?? null,
      async (tx) => {
        const policyId = await policyInForce(tx, programId, command.receivedAtMs);
        if (policyId === null)
          throw new Refused('not_allowed_now', {
            detail: 'Nothing can be registered in this program: no policy is in effect.',
          });
        const policy = await readPolicy(tx, policyId);
        const around = await surroundings(tx, {
          partnerId,
          programId,
          policy,
          atMs: command.receivedAtMs,
          command,
        });
        if (!around.partner.enrolled)
          throw new Refused('not_allowed_now', {
            detail: 'Your company is not enrolled in this program.',
            errors: [{ pointer: '/programId', reason: 'Choose a program that your company is enrolled in.' }],
          });
        const submission = (around.receipt?.body ?? {}) as SealedSubmission & { draftId: string | null };
        checkCustomersChoice(submission, '/customersChoice');
        checkClose(submission.expectedClose, '/expectedClose', command.receivedAtMs);
        const lines = await linesOf(tx, submission);
        const entered = enteredAccount({
          registrationId,
          partnerId,
          submission,
          atMs: command.receivedAtMs,
          kept: null,
        });
        await saveAccount(tx, entered);
        const row = freshRow({
          command,
          policyId,
          policyVersion: policy.version,
          programName: policy.programName,
          submission,
          entered,
        });
        const work: CaseWork = {
          ...around,
          of: identityOf(row, around),
          tx,
          deps,
          seq: 1,
          atMs: command.receivedAtMs,
          command,
          row,
          state: row.state,
          status: 'submitted',
          closureCode: null,
          clocks: [],
          clockChanges: [],
          tasks: [],
          pending: null,
          windowIds: [],
          jointWindowId: null,
          matching: true,
          extensionAsked: false,
          extensions: 0,
          appealed: false,
          change: detailsOf(submission, lines, entered),
          outbound: [],
          ownCase: null,
          findings: [],
        };
        const end = await judgeOwn(work, lines);
        await startClocks(work);
        const state = stateOf(work, end);
        await insertRegistration(tx, { ...work.row, imported: false }, changeOf(work, state), state);
        await writeClocks(work);
        await writeLines(tx, { registrationId, partnerId, lines });
        await settleDraft(tx, {
          draftId: submission.draftId,
          registrationId,
          partnerId,
          evidenceIds: submission.evidenceIds,
        });
        return effectOf(work, state, end);
      },
    );
    return { kind: 'done', ...result };
  } catch (error) {
    return refusalOf(error);
  }
}

/** Judges by the partner's own cases and the program's conditions: all that the reply may depend on. */
async function judgeOwn(work: CaseWork, lines: readonly RegistrationLine[]): Promise<StepEnd> {
  const { row, policy } = work;
  const { findings, duplicate } = await checkConditions(work, {
    registration: registrationFacts(work, lines),
    sameAccountIds: null,
  });
  work.findings = findings.map((finding) => ({ code: finding.code, facts: factsOfFinding(finding) }));
  const route = routeTask(policy, { type: registrationType(work), valueMinor: row.valueMinor });
  work.change = { ...work.change, queue: route.queue };
  if (duplicate !== null) {
    work.ownCase = { id: duplicate.registrationId, reference: duplicate.reference };
    return reject(work, 'duplicate');
  }
  if (findings.some(({ weight }) => weight === 'bars')) return reject(work, 'not_eligible');
  tellPartner(work, 'registration_received', { queue: route.queue });
  return {
    kind: 'submitted',
    audience: 'everyone',
    statusCode: 201,
    facts: {
      queue: route.queue,
      partnerName: work.partner.name,
      findings: work.findings,
      policyVersion: work.policyVersion,
    },
  };
}

function reject(work: CaseWork, code: 'duplicate' | 'not_eligible'): StepEnd {
  go(work, 'under_review');
  go(work, 'rejected');
  work.closureCode = code;
  work.matching = false;
  work.change = { ...work.change, queue: null, closedAtMs: work.atMs };
  tellPartner(work, 'decided', {
    outcome: 'denied',
    closureCode: code,
    findings: work.findings,
    ownReference: work.ownCase?.reference ?? null,
  });
  return {
    kind: 'rejected',
    audience: 'everyone',
    statusCode: 201,
    facts: {
      closureCode: code,
      findings: work.findings,
      ownCase: work.ownCase,
      byMachine: true,
      policyVersion: work.policyVersion,
    },
  };
}

async function startClocks(work: CaseWork): Promise<void> {
  if (work.status === 'rejected') {
    const appeal = appealWindowClock(work.policy);
    if (appeal !== null) start(work, appeal);
    return;
  }
  const first = start(work, firstResponseClock(work.policy, work.partner.tier));
  const decision = start(work, decisionClock(work.policy));
  const answerBy = work.policy.acknowledgement.answerBy === 'firstResponse' ? first : decision;
  work.change = { ...work.change, answerByMs: answerBy.clock.dueAtMs };
}

export function familiesOf(lines: readonly Pick<RegistrationLine, 'family'>[]): string[] {
  return [...new Set(lines.map(({ family }) => family))];
}

/** The products of a submission with their families; an unknown one is named with its place. */
export async function linesOf(
  tx: Transaction,
  submission: Pick<Submission, 'lines'>,
): Promise<RegistrationLine[]> {
  const products = new Map(
    (
      await readProducts(
        tx,
        submission.lines.map(({ sku }) => sku),
      )
    ).map((product) => [product.sku, product]),
  );
  const errors = submission.lines.flatMap(({ sku }, place) =>
    products.has(sku)
      ? []
      : [{ pointer: `/lines/${place}/sku`, reason: 'There is no product of this name.' }],
  );
  if (errors.length > 0) throw new Refused('invalid_request', { detail: 'A product is not known.', errors });
  return submission.lines.map(({ sku, quantity }) => ({
    sku,
    family: products.get(sku)?.family ?? '',
    core: products.get(sku)?.core ?? false,
    quantity,
  }));
}

/** A submission as its receipt holds it: the tax id is sealed before anything is stored. */
export type SealedSubmission = Omit<Submission, 'customer'> & {
  readonly customer: Submission['customer'] & { readonly sealedTaxId?: SealedTaxId | null };
};

/**
 * The customer of a submission as an account; its id follows from the registration's, so that a repeat makes
 * the same. `kept` is the stored tax id, which stays unless the customer comes with another.
 */
export function enteredAccount(input: {
  registrationId: string;
  partnerId: string;
  submission: Pick<SealedSubmission, 'customer'>;
  atMs: number;
  kept: KeptTaxId | null;
}): EnteredAccount {
  const { customer } = input.submission;
  return {
    accountId: customerAccountId(input.registrationId),
    enteredByPartnerId: input.partnerId,
    origin: 'registration',
    legalName: customer.legalName,
    country: customer.country,
    webDomain: customer.webDomain,
    industry: customer.industry,
    addressLine1: customer.street,
    addressLine2: null,
    city: customer.city,
    region: null,
    postalCode: customer.postalCode,
    phone: customer.phone,
    contactEmails: customer.contacts.flatMap(({ email }) => (email === null ? [] : [email])),
    taxId: customer.sealedTaxId ?? input.kept,
    parentAccountId: null,
    engagement: null,
    createdAt: new Date(input.atMs).toISOString(),
  };
}

/** The customer's written choice is one of the files that the partner gives; anything else is refused by name. */
export function checkCustomersChoice(
  submission: Pick<SealedSubmission, 'customersChoice' | 'evidenceIds'>,
  pointer: string,
): void {
  const { customersChoice } = submission;
  if (customersChoice === null || customersChoice === undefined || isCustomersChoice(submission)) return;
  throw new Refused('invalid_request', {
    detail: 'One field is not valid.',
    errors: [{ pointer, reason: "Choose the customer's written choice among the evidence." }],
  });
}

/** A close date is one that a calendar reaches; anything else is refused by name. */
export function checkClose(expectedClose: string, pointer: string, givenAtMs: number): void {
  const reason = whyNotCloseOn(expectedClose, givenAtMs);
  if (reason !== null)
    throw new Refused('invalid_request', {
      detail: 'One field is not valid.',
      errors: [{ pointer, reason }],
    });
}

/** The columns of a submission: what was registered, without the tax id, which is stored encrypted elsewhere. */
export function detailsOf(
  submission: SealedSubmission,
  lines: readonly RegistrationLine[],
  entered: EnteredAccount,
): CaseWork['change'] & { details: Record<string, unknown> } {
  const { programId: _program, value, opportunityName, expectedClose, type, customer, ...rest } = submission;
  const { taxId: _taxId, sealedTaxId: _sealed, ...known } = customer;
  const details = {
    competitors: rest.competitors,
    incumbentReseller: rest.incumbentReseller,
    rfp: rest.rfp,
    salesActivities: rest.salesActivities,
    activitySummary: rest.activitySummary,
    evidenceIds: rest.evidenceIds,
    customersChoice: rest.customersChoice ?? null,
    distributor: rest.distributor,
    requestedDiscountPpm: rest.requestedDiscountPpm,
    vendorRep: rest.vendorRep,
    lines: rest.lines,
    stage: rest.stage,
    source: rest.source,
    customer: { ...known, taxIdLast2: entered.taxId?.last2 ?? null },
  };
  return {
    type,
    accountId: entered.accountId,
    opportunityName,
    valueMinor: value.amountMinor,
    currency: value.currency,
    expectedClose,
    stage: rest.stage,
    source: rest.source,
    details,
    materialHash: materialHashOf({ details, value, opportunityName, expectedClose, type, lines }),
  };
}

/** The hash of the material facts: what a decision names as what it was made on. */
export function materialHashOf(facts: {
  details: Readonly<Record<string, unknown>>;
  value: Submission['value'];
  opportunityName: string;
  expectedClose: string;
  type: string;
  lines: readonly Pick<RegistrationLine, 'sku' | 'quantity'>[];
}): string {
  const { details, value, opportunityName, expectedClose, type, lines } = facts;
  return hashJson({
    details,
    value,
    opportunityName,
    expectedClose,
    type,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
  });
}

/** What the rules look at, from the row as this step leaves it. */
export function registrationFacts(work: CaseWork, lines: readonly RegistrationLine[]): RegistrationFacts {
  const { row, change } = work;
  const details = (change.details ?? row.details) as {
    rfp?: { status: RegistrationFacts['rfp'] };
    evidenceIds?: readonly string[];
  };
  return {
    registrationId: row.id,
    type: registrationType(work),
    source: (change.source ?? row.source) as RegistrationFacts['source'],
    segment: change.segment === undefined ? row.segment : change.segment,
    valueMinor: change.valueMinor ?? row.valueMinor,
    currency: change.currency ?? row.currency,
    lines: lines.map(({ sku, family, core, quantity }) => ({
      productFamily: family,
      coreFamily: core,
      sku,
      units: quantity,
    })),
    expectedCloseMs: startOfDateMs(change.expectedClose ?? row.expectedClose),
    rfp: details.rfp?.status ?? 'none',
    evidenceCount: details.evidenceIds?.length ?? 0,
    receivedAtMs: row.submittedAtMs,
    receiptNumber: row.receipt,
  };
}

export function registrationType(work: CaseWork): RegistrationFacts['type'] {
  return (work.change.type ?? work.row.type) as RegistrationFacts['type'];
}

/** A finding's facts without what the catalogue looks it up by. */
export function factsOfFinding(finding: EligibilityFinding): Record<string, unknown> {
  const { code: _code, ...facts } = finding;
  return facts;
}

function freshRow(input: {
  command: Command<SubmitFacts>;
  policyId: string;
  policyVersion: number;
  programName: string;
  submission: SealedSubmission;
  entered: EnteredAccount;
}): RegistrationRow {
  const { command, submission, entered } = input;
  const { registrationId, partnerId, programId } = command.facts;
  return {
    id: registrationId,
    reference: formatReference('DR', randomBytes(8)),
    partnerId,
    programId,
    programName: input.programName,
    policyId: input.policyId,
    policyVersion: input.policyVersion,
    submittedBy: command.actorId,
    contactId: command.actorId,
    receipt: command.receipt,
    status: 'submitted',
    closureCode: null,
    type: submission.type,
    accountId: entered.accountId,
    customerName: submission.customer.legalName,
    opportunityName: submission.opportunityName,
    valueMinor: submission.value.amountMinor,
    currency: submission.value.currency,
    expectedClose: submission.expectedClose,
    stage: submission.stage,
    source: submission.source,
    details: {},
    materialHash: '',
    submittedAtMs: command.receivedAtMs,
    answerBy: null,
    queue: null,
    protectedFromMs: null,
    protectedUntilMs: null,
    atRiskSinceMs: null,
    extensions: 0,
    segment: null,
    approved: null,
    state: {
      registrationId,
      partnerId,
      programId,
      policyId: input.policyId,
      status: 'submitted',
      seq: 0,
      matching: true,
      tasks: [],
      pending: null,
      windowIds: [],
      jointWindowId: null,
      wakes: [],
      extensionAsked: false,
      extensions: 0,
      appealed: false,
      last: { byId: null, atMs: command.receivedAtMs, what: 'submitted' },
    },
  };
}
