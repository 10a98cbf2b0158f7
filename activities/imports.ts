import { randomBytes } from 'node:crypto';
import { saveAccount } from '../adapters/store/accounts.ts';
import type { EnteredAccount } from '../adapters/store/accounts.ts';
import { runCaseStep } from '../adapters/store/case-step.ts';
import type { StepEffect } from '../adapters/store/case-step.ts';
import {
  insertRegistration,
  lockRegistration,
  policyInForce,
  readPolicy,
  reserveProtection,
  writeLines,
  writeMatches,
} from '../adapters/store/deal-registration.ts';
import type { RegistrationLine } from '../adapters/store/deal-registration.ts';
import { importedId } from '../adapters/store/import-own.ts';
import {
  addImportReceipts,
  saveCustomerHistory,
  saveDirectDeals,
  setParents,
  settleImport,
} from '../adapters/store/import-rows.ts';
import type { ImportedHistory, WaitingImport } from '../adapters/store/import-rows.ts';
import { namesWait, packNames } from '../adapters/store/name-index.ts';
import { inTransaction, oneRow } from '../adapters/store/transaction.ts';
import type { Transaction } from '../adapters/store/transaction.ts';
import type { Submission } from '../api/contract/deal-registrations.ts';
import type { CaseState } from '../domain/deal-registration/case.ts';
import {
  activityCheckClock,
  firstResponseClock,
  importedDecisionClock,
  protectionClock,
} from '../domain/deal-registration/clocks.ts';
import { protectionLength } from '../domain/deal-registration/protection.ts';
import { routeTask } from '../domain/deal-registration/routing.ts';
import { formatReference } from '../domain/ids.ts';
import type { SealedTaxId } from '../domain/sealed-tax-id.ts';
import { moveDeadline } from '../domain/sla-clock.ts';
import type { Command } from '../workflows/contracts/command.ts';
import { isoOrNull, onClocks, start, writeClocks } from './case-work.ts';
import { changeOf, effectOf, identityOf, stateOf, surroundings } from './deal-registration/case-work.ts';
import type { CaseDeps, CaseWork } from './deal-registration/case-work.ts';
import { missingActivities, openConflict } from './deal-registration/outcomes.ts';
import { findRivalsUnderLock } from './deal-registration/rivals.ts';
import {
  detailsOf,
  enteredAccount,
  familiesOf,
  linesOf,
  registrationFacts,
  registrationType,
} from './deal-registration/submission.ts';

/*
 * What a program brings along when it starts here: customers, the direct deals of the vendor's own sales force, and
 * registrations in flight with their original dates. Every row is stored under an id made of its reference, with
 * absolute values, so that storing an import again changes nothing.
 */

const ROWS_AT_ONCE = 500;
/** Rows of the index of names that wait at most, while customers are stored. */
const NAME_ROWS_WAITING = 1_000_000;
/** Calendars are compiled a year back: what was submitted earlier is late in any case. */
const OLDEST_COUNT_MS = 360 * 24 * 3_600_000;

/** Stores an import whole and says so in the record; `begin` starts the workflow of a registration from its state. */
export async function storeImport(
  deps: CaseDeps,
  input: { waiting: WaitingImport; nowMs: () => number; begin: (state: CaseState) => Promise<void> },
): Promise<void> {
  const { waiting } = input;
  switch (waiting.kind) {
    case 'accounts':
      await storeAccounts(deps, waiting);
      break;
    case 'direct_deals':
      await storeDirectDeals(deps, waiting);
      break;
    case 'registrations':
      await storeRegistrations(deps, waiting, input.begin);
      break;
    default:
      waiting.kind satisfies never;
  }
  await inTransaction(deps.pool, (tx) =>
    settleImport(tx, {
      id: waiting.id,
      kind: waiting.kind,
      rows: waiting.rows.length,
      storedBy: waiting.committedBy,
      atMs: input.nowMs(),
    }),
  );
}

interface AccountRow {
  readonly accountRef: string;
  readonly legalName: string;
  readonly country: string;
  readonly webDomain: string | null;
  readonly industry: string | null;
  readonly street: string | null;
  readonly postalCode: string | null;
  readonly city: string | null;
  readonly phone: string | null;
  readonly parentRef: string | null;
  readonly engagement: EnteredAccount['engagement'];
  readonly createdAt: string | null;
  /** Absent where the file had no such column. */
  readonly hasBought?: boolean | null;
  readonly ownedFamilies?: readonly string[] | null;
  readonly managingPartnerId?: string | null;
  readonly segment?: string | null;
  readonly sealedTaxId?: SealedTaxId | null;
  readonly contactDomains?: readonly string[] | null;
}

async function storeAccounts(deps: CaseDeps, waiting: WaitingImport): Promise<void> {
  // The preview checked every row against this very shape.
  const rows = waiting.rows as unknown as readonly AccountRow[];
  for (const some of chunksOf(rows)) {
    // A long file must not pile up what a search has to read number by number.
    if (await namesWait(deps.pool, NAME_ROWS_WAITING)) await packNames(deps.pool);
    await inTransaction(deps.pool, async (tx) => {
      for (const row of some) {
        await saveAccount(tx, {
          accountId: importedId('acc', row.accountRef),
          enteredByPartnerId: null,
          origin: 'import',
          legalName: row.legalName,
          country: row.country,
          webDomain: row.webDomain,
          industry: row.industry,
          addressLine1: row.street,
          addressLine2: null,
          city: row.city,
          region: null,
          postalCode: row.postalCode,
          phone: row.phone,
          contactEmails: row.contactDomains ?? [],
          taxId: row.sealedTaxId ?? null,
          // A parent may stand further down in the file.
          parentAccountId: null,
          engagement: row.engagement,
          createdAt: row.createdAt ?? new Date(waiting.committedAtMs).toISOString(),
        });
      }
      await saveCustomerHistory(tx, some.flatMap(historyOf));
    });
  }
  await inTransaction(deps.pool, async (tx) => {
    await setParents(
      tx,
      rows.flatMap(({ accountRef, parentRef }) =>
        parentRef === null
          ? []
          : [{ accountId: importedId('acc', accountRef), parentId: importedId('acc', parentRef) }],
      ),
    );
  });
  await packNames(deps.pool);
}

/** What the vendor's own records say of a customer; nothing where the file has no such column. */
function historyOf(row: AccountRow): ImportedHistory[] {
  const { hasBought, ownedFamilies, managingPartnerId, segment } = row;
  if ([hasBought, ownedFamilies, managingPartnerId, segment].every((one) => one === undefined)) return [];
  return [
    {
      accountId: importedId('acc', row.accountRef),
      hasBought: hasBought ?? null,
      ownedFamilies: ownedFamilies ?? null,
      managingPartnerId: managingPartnerId ?? null,
      segment: segment ?? null,
    },
  ];
}

interface DirectDealRow {
  readonly sourceRef: string;
  readonly accountRef: string;
  readonly productFamily: string;
  readonly stage: string;
  readonly lastEngagedAt: string;
}

async function storeDirectDeals(deps: CaseDeps, waiting: WaitingImport): Promise<void> {
  for (const some of chunksOf(waiting.rows as unknown as readonly DirectDealRow[])) {
    await inTransaction(deps.pool, (tx) =>
      saveDirectDeals(
        tx,
        waiting.id,
        some.map(({ sourceRef, accountRef, productFamily, stage, lastEngagedAt }) => ({
          directDealId: importedId('ddl', sourceRef),
          accountId: importedId('acc', accountRef),
          productFamily,
          stage,
          lastEngagedAt,
          sourceRef,
        })),
      ),
    );
  }
}

interface RegistrationImportRow {
  readonly sourceRef: string;
  readonly partnerId: string;
  readonly programKey: string;
  readonly type: Submission['type'];
  readonly source: Submission['source'];
  readonly status: 'submitted' | 'under_review' | 'pending_approval' | 'approved';
  readonly legalName: string;
  readonly country: string;
  readonly webDomain: string | null;
  readonly city: string | null;
  readonly opportunityName: string;
  readonly sku: string;
  readonly quantity: number;
  readonly valueMinor: number;
  readonly currency: string;
  readonly expectedClose: string;
  readonly stage: Submission['stage'];
  readonly submittedAt: string;
  readonly protectedUntil: string | null;
}

async function storeRegistrations(
  deps: CaseDeps,
  waiting: WaitingImport,
  begin: (state: CaseState) => Promise<void>,
): Promise<void> {
  // Of two that protect one customer the older keeps its slot, in whatever order the file names them.
  const rows = (waiting.rows as unknown as readonly RegistrationImportRow[]).toSorted(
    (left, right) => Date.parse(left.submittedAt) - Date.parse(right.submittedAt),
  );
  for (const some of chunksOf(rows)) {
    const receipts = await inTransaction(deps.pool, (tx) =>
      addImportReceipts(tx, {
        importId: waiting.id,
        personId: waiting.committedBy,
        receipts: some.map((row) => ({
          caseId: importedId('reg', row.sourceRef),
          sourceRef: row.sourceRef,
          row: { ...row },
          receivedAtMs: Date.parse(row.submittedAt),
        })),
      }),
    );
    for (const row of some) {
      const receipt = receipts.get(importedId('reg', row.sourceRef));
      if (receipt === undefined)
        throw new RangeError(`Import ${waiting.id} has no receipt for ${row.sourceRef}.`);
      await begin(await storeRegistration(deps, { waiting, row, receipt }));
    }
  }
}

/**
 * The first step of an imported registration. One that waits to be decided is looked at for rivals like any other;
 * an approved one has its slot until its original end, unless a rival holds that slot here already: then it is a conflict
 * from the beginning, which somebody resolves. What is promised from the submission on is counted from the
 * original date; activity, which could not be reported here before, from the import.
 */
async function storeRegistration(
  deps: CaseDeps,
  input: { waiting: WaitingImport; row: RegistrationImportRow; receipt: number },
): Promise<CaseState> {
  const { waiting, row, receipt } = input;
  const registrationId = importedId('reg', row.sourceRef);
  const command: Command<object> = {
    receipt,
    receivedAtMs: waiting.committedAtMs,
    actorId: waiting.committedBy,
    actorSide: 'vendor',
    actingForId: null,
    facts: {},
  };
  const { state } = await runCaseStep<CaseState>(
    deps.pool,
    {
      caseKind: 'deal-registration',
      caseId: registrationId,
      seq: 1,
      atMs: waiting.committedAtMs,
      actorId: waiting.committedBy,
      actingForId: null,
      receipt,
      input: { command, row },
    },
    async (tx) => (await lockRegistration(tx, registrationId))?.state ?? null,
    (tx) => firstStep(tx, deps, { ...input, registrationId, command }),
  );
  return state;
}

async function firstStep(
  tx: Transaction,
  deps: CaseDeps,
  input: {
    waiting: WaitingImport;
    row: RegistrationImportRow;
    receipt: number;
    registrationId: string;
    command: Command<object>;
  },
): Promise<StepEffect<CaseState>> {
  const { waiting, row, registrationId, command } = input;
  const atMs = waiting.committedAtMs;
  const { id: programId } = await oneRow<{ id: string }>(
    tx,
    `program ${row.programKey}`,
    'select id from program where key = $1',
    [row.programKey],
  );
  const policyId = await policyInForce(tx, programId, atMs);
  if (policyId === null)
    throw new RangeError(`Import ${waiting.id}: program ${row.programKey} has no policy in effect.`);
  const policy = await readPolicy(tx, policyId);
  const submission = submissionOf(row, programId);
  const lines = await linesOf(tx, submission);
  const submittedAtMs = Date.parse(row.submittedAt);
  const entered: EnteredAccount = {
    ...enteredAccount({
      registrationId,
      partnerId: row.partnerId,
      submission,
      atMs: submittedAtMs,
      kept: null,
    }),
    origin: 'import',
  };
  await saveAccount(tx, entered);
  const approved = row.status === 'approved';
  const families = familiesOf(lines);
  const around = await surroundings(tx, { partnerId: row.partnerId, programId, policy, atMs, command });
  const begun = beginning({
    ...input,
    policyId,
    policyVersion: policy.version,
    programName: policy.programName,
    programId,
    submission,
    entered,
  });
  const work: CaseWork = {
    ...around,
    ...begun,
    of: identityOf(begun.row, around),
    tx,
    deps,
    seq: 1,
    atMs,
    command,
    status: approved ? 'approved' : 'under_review',
    closureCode: null,
    clocks: [],
    clockChanges: [],
    tasks: [],
    pending: null,
    windowIds: [],
    jointWindowId: null,
    matching: !approved,
    extensionAsked: false,
    extensions: 0,
    appealed: false,
    change: detailsOf(submission, lines, entered),
    outbound: [],
    ownCase: null,
    findings: [],
  };
  const untilMs = row.protectedUntil === null ? null : Date.parse(row.protectedUntil);
  const found = untilMs === null ? null : await findRivalsUnderLock(work, families);
  const contested = found !== null && found.rivals.some(({ holds }) => holds.length > 0);
  if (untilMs === null) await promise(work, submittedAtMs);
  else if (contested) {
    work.status = 'under_review';
    await promise(work, submittedAtMs);
    await openConflict(work, { cause: 'slot_taken', privateFacts: {} });
  } else {
    const { valueMinor, expectedClose } = row;
    work.change = { ...work.change, approved: { valueMinor, expectedClose, families } };
    await protect(work, lines, { fromMs: submittedAtMs, untilMs });
  }
  const end = {
    kind: 'imported',
    audience: 'everyone',
    statusCode: 201,
    facts: { originalAt: isoOrNull(submittedAtMs), policyVersion: work.policyVersion },
    privateFacts: {
      fileName: waiting.fileName,
      sourceRef: row.sourceRef,
      ...(contested ? { conflict: 'slot_taken' } : {}),
    },
  } as const;
  const state = stateOf(work, end);
  await insertRegistration(tx, { ...work.row, imported: true }, changeOf(work, state), state);
  await writeClocks(work);
  await writeLines(tx, { registrationId, partnerId: row.partnerId, lines });
  // What was found, and the slot, refer to the registration, and so come after it.
  await writeMatches(tx, registrationId, atMs, found?.matches ?? []);
  if (untilMs !== null && !contested) {
    await reserveProtection(tx, {
      registrationId,
      partnerId: row.partnerId,
      accountId: entered.accountId,
      families,
      shareGroup: registrationId,
      fromMs: submittedAtMs,
      toMs: untilMs,
    });
  }
  return effectOf(work, state, end);
}

/** Answers were promised from the original submission on; what happens when nobody gives one is counted from the import. */
async function promise(work: CaseWork, submittedAtMs: number): Promise<void> {
  const countedFromMs = Math.max(submittedAtMs, work.atMs - OLDEST_COUNT_MS);
  const first = start(work, firstResponseClock(work.policy, work.partner.tier), { countedFromMs });
  const decision = start(
    work,
    importedDecisionClock({
      policy: work.policy,
      calendar: work.calendar,
      countedFromMs,
      importedAtMs: work.atMs,
    }),
    { countedFromMs },
  );
  const answerBy = work.policy.acknowledgement.answerBy === 'firstResponse' ? first : decision;
  const { queue } = routeTask(work.policy, {
    type: registrationType(work),
    valueMinor: work.row.valueMinor,
  });
  work.change = { ...work.change, queue, answerByMs: answerBy.clock.dueAtMs };
}

/** The protection's clock ends on the original day, whatever length the policy would give today. */
async function protect(
  work: CaseWork,
  lines: readonly RegistrationLine[],
  range: { fromMs: number; untilMs: number },
): Promise<void> {
  const length = protectionLength({
    policy: work.policy,
    registration: registrationFacts(work, lines),
    partner: work.partner,
  });
  start(work, protectionClock(work.policy, length));
  onClocks(work, ['protection'], ({ clock }) =>
    moveDeadline({
      clock,
      calendar: work.calendar,
      atMs: work.atMs,
      dueAtMs: range.untilMs,
      reason: 'imported',
    }),
  );
  const check = activityCheckClock(work.policy);
  if (check !== null && missingActivities(work).length > 0) start(work, check);
  work.change = { ...work.change, protectedFromMs: range.fromMs, protectedUntilMs: range.untilMs };
}

/** The registration's row and state before its first step. */
function beginning(input: {
  waiting: WaitingImport;
  row: RegistrationImportRow;
  receipt: number;
  registrationId: string;
  programId: string;
  programName: string;
  policyId: string;
  policyVersion: number;
  submission: Submission;
  entered: EnteredAccount;
}): Pick<CaseWork, 'row' | 'state'> {
  const { waiting, row, registrationId, programId, policyId } = input;
  const status = row.status === 'approved' ? 'approved' : 'under_review';
  const state: CaseState = {
    registrationId,
    partnerId: row.partnerId,
    programId,
    policyId,
    status,
    seq: 0,
    matching: status !== 'approved',
    tasks: [],
    pending: null,
    windowIds: [],
    jointWindowId: null,
    wakes: [],
    extensionAsked: false,
    extensions: 0,
    appealed: false,
    last: { byId: waiting.committedBy, atMs: waiting.committedAtMs, what: 'imported' },
  };
  return {
    state,
    row: {
      id: registrationId,
      reference: formatReference('DR', randomBytes(8)),
      partnerId: row.partnerId,
      programId,
      programName: input.programName,
      policyId,
      policyVersion: input.policyVersion,
      submittedBy: waiting.committedBy,
      contactId: waiting.committedBy,
      receipt: input.receipt,
      status,
      closureCode: null,
      type: row.type,
      accountId: input.entered.accountId,
      customerName: row.legalName,
      opportunityName: row.opportunityName,
      valueMinor: row.valueMinor,
      currency: row.currency,
      expectedClose: row.expectedClose,
      stage: row.stage,
      source: row.source,
      details: {},
      materialHash: '',
      submittedAtMs: Date.parse(row.submittedAt),
      answerBy: null,
      queue: null,
      protectedFromMs: null,
      protectedUntilMs: null,
      atRiskSinceMs: null,
      extensions: 0,
      segment: null,
      approved: null,
      state,
    },
  };
}

/** A row as a submission would have said it; what the file does not carry is unknown. */
function submissionOf(row: RegistrationImportRow, programId: string): Submission {
  return {
    programId,
    type: row.type,
    source: row.source,
    customer: {
      legalName: row.legalName,
      webDomain: row.webDomain,
      country: row.country,
      street: null,
      postalCode: null,
      city: row.city,
      industry: null,
      taxId: null,
      phone: null,
      contacts: [],
    },
    opportunityName: row.opportunityName,
    lines: [{ sku: row.sku, quantity: row.quantity }],
    value: { amountMinor: row.valueMinor, currency: row.currency },
    expectedClose: row.expectedClose,
    stage: row.stage,
    competitors: [],
    incumbentReseller: null,
    rfp: { status: 'none', date: null },
    salesActivities: [],
    activitySummary: '',
    evidenceIds: [],
    distributor: null,
    requestedDiscountPpm: null,
    vendorRep: null,
  };
}

function* chunksOf<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) yield rows.slice(from, from + ROWS_AT_ONCE);
}
