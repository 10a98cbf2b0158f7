import { randomBytes } from 'node:crypto';
import type { PriceRequest } from '../../api/contract/special-prices.ts';
import { saveAccount } from '../../adapters/store/accounts.ts';
import { runCaseStep } from '../../adapters/store/case-step.ts';
import { readReceipt } from '../../adapters/store/deal-registration.ts';
import { followCase } from '../../adapters/store/followers.ts';
import { readPricingBasis } from '../../adapters/store/pricing-basis-reads.ts';
import { loadCalendar } from '../../adapters/store/sla-clocks.ts';
import {
  contactOf,
  holdRegistration,
  insertRequest,
  keepEvidence,
  lockRequest,
  sqlOf,
} from '../../adapters/store/special-pricing.ts';
import type { RequestRow } from '../../adapters/store/special-pricing.ts';
import { oneRow } from '../../adapters/store/transaction.ts';
import type { Transaction } from '../../adapters/store/transaction.ts';
import { formatReference } from '../../domain/ids.ts';
import { customerAccountId } from '../../domain/sealed-tax-id.ts';
import { faultsOfRequest } from '../../domain/special-pricing/asked.ts';
import type { PricingBasis } from '../../domain/special-pricing/asked.ts';
import type { SpecialPriceState } from '../../domain/special-pricing/case.ts';
import type { Command } from '../../workflows/contracts/command.ts';
import { specialPricingWorkflowId } from '../../workflows/contracts/special-pricing.ts';
import type { SubmitPriceFacts } from '../../workflows/contracts/special-pricing.ts';
import { refusalOf, tellPartner } from '../case-work.ts';
import { policyOfNow, priceRound, refuseFaults, shownRound, writeRoundTerms } from './pricing.ts';
import { REQUEST_KIND, changeOf, effectOf, stateOf, workOf } from './request-work.ts';
import type { PriceStepOutcome, PriceWork, PricingDeps } from './request-work.ts';

/**
 * Records a request: what it stands on is asked, its terms are priced, and nothing is looked for that only another partner can have
 * caused, so that the reply tells nothing of one. Who is asked follows in the next step.
 */
export async function recordRequest(
  deps: PricingDeps,
  input: { command: Command<SubmitPriceFacts> },
): Promise<PriceStepOutcome> {
  const { command } = input;
  const { requestId } = command.facts;
  const atMs = command.receivedAtMs;
  try {
    const result = await runCaseStep<SpecialPriceState>(
      deps.pool,
      {
        caseKind: REQUEST_KIND,
        caseId: requestId,
        seq: 1,
        atMs,
        actorId: command.actorId,
        actingForId: command.actingForId,
        receipt: command.receipt,
        input,
      },
      async (tx) => (await lockRequest(tx, requestId))?.state ?? null,
      async (tx) => {
        const { work, body, basis } = await openRequest(tx, deps, command);
        const round = priceRound(basis, body, { requestId, round: 1, atMs });
        const shown = shownRound(basis, round);
        work.change = { ...shown, details: work.row.details };
        tellPartner(work, 'price_requested', {});
        const end = {
          kind: 'price_requested',
          audience: 'everyone',
          statusCode: 201,
          facts: { kind: body.kind, words: body.words },
        } as const;
        const state = stateOf(work, end);
        await insertRequest(
          tx,
          {
            ...work.row,
            receipt: command.receipt,
            competitor: body.competitor,
            submittedAtMs: atMs,
          },
          { ...changeOf(work, state), details: work.row.details },
          state,
        );
        const { partnerId } = work.row;
        await writeRoundTerms(
          tx,
          { requestId, round: 1, partnerId, origin: 'asked', atMs },
          { basis, round },
        );
        await tieEvidence(tx, { requestId, partnerId, evidenceIds: body.evidenceIds });
        if (work.row.registrationId !== null)
          await followCase(tx, {
            caseId: work.row.registrationId,
            followerWorkflowId: specialPricingWorkflowId(requestId),
            atMs,
          });
        return effectOf(work, state, end);
      },
    );
    return { kind: 'done', ...result };
  } catch (error) {
    return refusalOf(error);
  }
}

/** Ties files to the request; refuses those that are not the partner's, or belong elsewhere. */
export async function tieEvidence(
  tx: Transaction,
  of: { requestId: string; partnerId: string; evidenceIds: readonly string[] },
): Promise<void> {
  const foreign = await keepEvidence(tx, of);
  refuseFaults(
    foreign.map((id) => ({
      pointer: `/evidenceIds/${of.evidenceIds.indexOf(id)}`,
      reason: 'This file is not yours, or belongs to another request.',
    })),
  );
}

/** What was sent, held against what it stands on; the registration stays as it is until the step is committed. */
async function openRequest(
  tx: Transaction,
  deps: PricingDeps,
  command: Command<SubmitPriceFacts>,
): Promise<{ work: PriceWork; body: PriceRequest; basis: PricingBasis }> {
  const { requestId, partnerId, programId } = command.facts;
  const atMs = command.receivedAtMs;
  const receipt = await readReceipt(tx, command.receipt);
  const body = receipt.body as unknown as PriceRequest;
  const policy = await policyOfNow(tx, { programId, atMs });
  if (body.registrationId !== null) await holdRegistration(tx, body.registrationId);
  const basis = await readPricingBasis(sqlOf(tx), {
    partnerId,
    programId,
    policy,
    currency: body.currency,
    registrationId: body.registrationId,
    agreementId: body.agreementId,
    distributorId: body.distributorId,
    skus: body.lines.map(({ sku }) => sku),
    at: new Date(atMs).toISOString(),
  });
  refuseFaults(faultsOfRequest(basis, { ...body, customerNamed: body.customer !== null }));
  const accountId = await customerOf(tx, { requestId, partnerId, body, basis, atMs });
  const row = await freshRow(tx, { command, body, basis, accountId });
  const work: PriceWork = {
    ...workOf(row),
    tx,
    deps,
    policy: policy.body,
    calendar: await loadCalendar(tx, policy.body.calendarName, atMs),
    clocks: [],
    receipt,
    command,
    atMs,
    seq: 1,
  };
  return { work, body, basis };
}

/** The end customer: of the registration or the agreement, else as he was entered for this request. */
async function customerOf(
  tx: Transaction,
  of: { requestId: string; partnerId: string; body: PriceRequest; basis: PricingBasis; atMs: number },
): Promise<string> {
  const { basis, body } = of;
  const known = basis.registration?.accountId ?? basis.agreement?.accountId;
  if (known !== undefined || body.customer === null) return known ?? '';
  const accountId = customerAccountId(of.requestId);
  await saveAccount(tx, {
    accountId,
    enteredByPartnerId: of.partnerId,
    origin: 'registration',
    legalName: body.customer.legalName,
    country: body.customer.country,
    webDomain: body.customer.webDomain,
    industry: null,
    addressLine1: null,
    addressLine2: null,
    city: body.customer.city,
    region: null,
    postalCode: null,
    phone: null,
    contactEmails: [],
    taxId: null,
    parentAccountId: null,
    engagement: null,
    createdAt: new Date(of.atMs).toISOString(),
  });
  return accountId;
}

async function freshRow(
  tx: Transaction,
  of: {
    command: Command<SubmitPriceFacts>;
    body: PriceRequest;
    basis: PricingBasis;
    accountId: string;
  },
): Promise<RequestRow> {
  const { command, body, basis, accountId } = of;
  const { requestId, partnerId, programId } = command.facts;
  const names = await oneRow<{
    partnerName: string;
    programName: string;
    customerName: string;
    contactId: string;
  }>(
    tx,
    `partner ${partnerId}, program ${programId} and account ${accountId}`,
    `select p.name as "partnerName", g.name as "programName", a.legal_name as "customerName", ${contactOf('p.id', '$4')} as "contactId"
       from partner p, program g, account a where p.id = $1 and g.id = $2 and a.id = $3`,
    [partnerId, programId, accountId, command.actorId],
  );
  const { policyId, policyVersion } = basis;
  const state: SpecialPriceState = {
    requestId,
    partnerId,
    programId,
    policyId,
    registrationId: body.registrationId,
    status: 'submitted',
    seq: 0,
    round: 1,
    routing: true,
    stepNo: 0,
    tasks: [],
    pending: [],
    wakes: [],
    last: { byId: command.actorId, atMs: command.receivedAtMs, what: 'price_requested' },
  };
  return {
    id: requestId,
    reference: formatReference('SP', randomBytes(8)),
    kind: body.kind,
    partnerId,
    programId,
    policyId,
    policyVersion,
    registrationId: body.registrationId,
    accountId,
    ...names,
    agreementId: body.agreementId,
    agreementVersion: body.kind === 'new' ? null : (basis.agreement?.version ?? null),
    submittedBy: command.actorId,
    status: 'submitted',
    closureCode: null,
    round: 1,
    currency: basis.currency,
    netMinor: 0,
    distributorId: body.distributorId,
    justificationCode: body.justificationCode,
    details: { words: body.words, evidenceIds: body.evidenceIds },
    materialHash: '',
    answerBy: null,
    state,
  };
}
