import { loadFacts, matchAccount } from '../../adapters/store/account-matching.ts';
import type { AccountMatch } from '../../adapters/store/account-matching.ts';
import { directDealsEngagedSince } from '../../adapters/store/accounts.ts';
import { lockFamilies, readGrantedSince, readLastGrants } from '../../adapters/store/protections.ts';
import {
  readCanonicalIds,
  readClearedDirectDeals,
  readRivals,
} from '../../adapters/store/registration-rivals.ts';
import type { NewMatch, RivalRow } from '../../adapters/store/registration-rivals.ts';
import { together } from '../../adapters/store/transaction.ts';
import { addDuration } from '../../domain/business-time.ts';
import { judgePair } from '../../domain/matching/verdict.ts';
import type { CaseWork } from './case-work.ts';

/** What may be the same customer, and what of it stands in the way. */
export interface RivalFindings {
  readonly matches: readonly NewMatch[];
  /** Registrations of others for a customer that is the same by verdict `duplicate`. */
  readonly rivals: readonly RivalRow[];
  /** A direct deal at work of which nobody said yet that it is no conflict. */
  readonly directEngaged: boolean;
  /** Other accounts that are the same customer by verdict `duplicate`. */
  readonly sameAccountIds: readonly string[];
}

/**
 * Looks for rivals, direct deals and other accounts of the same customer. Evidence decides: names only find
 * candidates. It is a conflict only when product family and time overlap as well.
 */
export async function findRivals(
  work: CaseWork,
  families: readonly string[],
  shareGroup: string = work.row.id,
): Promise<RivalFindings> {
  const { tx, row, policy, deps } = work;
  const accountId = work.change.accountId ?? row.accountId;
  const [facts] = await loadFacts(tx, [accountId]);
  if (facts === undefined) return { matches: [], rivals: [], directEngaged: false, sameAccountIds: [] };
  const accounts = await matchAccount(tx, {
    facts,
    thresholds: policy.matching,
    candidateLimit: deps.candidateLimit,
  });
  const matched = accounts.map(({ account }) => account.accountId);
  const sure = accounts
    .filter(({ verdict }) => verdict === 'duplicate')
    .map(({ account }) => account.accountId);
  const sinceMs = addDuration(work.calendar, work.atMs, {
    ...policy.directEngagedWithin,
    amount: -policy.directEngagedWithin.amount,
  });
  const [rivals, direct] = await together([
    readRivals(tx, {
      registrationId: row.id,
      partnerId: work.partner.partnerId,
      accountIds: [accountId, ...matched],
      families,
      shareGroup,
      atMs: work.atMs,
    }),
    directDealsEngagedSince(tx, {
      accountIds: [accountId, ...matched],
      productFamilies: families,
      sinceAt: new Date(sinceMs).toISOString(),
    }),
  ]);
  // Most customers are nobody else's: nothing more is asked.
  if (rivals.length + direct.length === 0)
    return { matches: [], rivals: [], directEngaged: false, sameAccountIds: sure };
  const [cleared, canonical] = await together([
    readClearedDirectDeals(tx, row.id),
    readCanonicalIds(tx, [
      accountId,
      ...matched,
      ...rivals.map((rival) => rival.accountId),
      ...direct.map((deal) => deal.accountId),
    ]),
  ]);
  const on = (otherAccountId: string): Pick<NewMatch, 'verdict' | 'evidence'> =>
    verdictOn({ accountId, accounts, canonical }, otherAccountId);
  return {
    matches: [
      ...rivals.map((rival): NewMatch => ({
        otherKind: 'registration',
        otherId: rival.registrationId,
        otherAccountId: rival.accountId,
        ...on(rival.accountId),
      })),
      ...direct.map((deal): NewMatch => ({
        otherKind: 'direct_deal',
        otherId: deal.directDealId,
        otherAccountId: deal.accountId,
        ...on(deal.accountId),
      })),
    ],
    rivals: rivals.filter((rival) => on(rival.accountId).verdict === 'duplicate'),
    // One of a customer who only may be the same is a person's to judge; until then nobody approves.
    directEngaged: direct.some(
      (deal) => on(deal.accountId).verdict === 'duplicate' && !cleared.includes(deal.directDealId),
    ),
    sameAccountIds: sure,
  };
}

/**
 * The same for a step that grants protection: takes the lock of each family and makes sure that what was found holds under
 * it. The search is done before, so that approvals in one family wait for one another only while they write; what was
 * granted meanwhile is compared under the lock, and where that may be the same customer the search is repeated there.
 */
export async function findRivalsUnderLock(
  work: CaseWork,
  families: readonly string[],
  shareGroup: string = work.row.id,
): Promise<RivalFindings> {
  const { tx } = work;
  const before = await readLastGrants(tx, families);
  const found = await findRivals(work, families, shareGroup);
  // In this order: the second is asked under the lock.
  const [, granted] = await together([lockFamilies(tx, families), readGrantedSince(tx, before, families)]);
  return granted.length === 0 || (await noneMayBeSame(work, granted))
    ? found
    : findRivals(work, families, shareGroup);
}

/** Beyond this many the search is the cheaper way to compare. */
const COMPARED_ONE_BY_ONE = 100;

async function noneMayBeSame(work: CaseWork, otherIds: readonly string[]): Promise<boolean> {
  const { tx, row, policy } = work;
  const accountId = work.change.accountId ?? row.accountId;
  if (otherIds.length > COMPARED_ONE_BY_ONE || otherIds.includes(accountId)) return false;
  const [facts, canonical] = await together([
    loadFacts(tx, [accountId, ...otherIds]),
    readCanonicalIds(tx, [accountId, ...otherIds]),
  ]);
  const left = facts.find((one) => one.accountId === accountId);
  const others = facts.filter((one) => one.accountId !== accountId);
  if (left === undefined || others.length < otherIds.length) return false;
  const company = canonical.get(accountId);
  return others.every(
    (right) =>
      canonical.get(right.accountId) !== company &&
      judgePair({ left, right, remembered: null, thresholds: policy.matching }).verdict === 'different',
  );
}

/**
 * The verdict on another account: the same row, or one that a person called the same company, is a duplicate;
 * otherwise the strongest verdict on any row of its company (matches come strongest first).
 */
function verdictOn(
  known: { accountId: string; accounts: readonly AccountMatch[]; canonical: ReadonlyMap<string, string> },
  otherAccountId: string,
): Pick<NewMatch, 'verdict' | 'evidence'> {
  const company = (accountId: string): string => known.canonical.get(accountId) ?? accountId;
  const match =
    known.accounts.find(({ account }) => account.accountId === otherAccountId) ??
    known.accounts.find(({ account }) => company(account.accountId) === company(otherAccountId));
  if (company(otherAccountId) !== company(known.accountId) && match !== undefined)
    return { verdict: match.verdict, evidence: match.evidence };
  return {
    verdict: 'duplicate',
    evidence: match?.evidence ?? [
      { kind: 'remembered', agrees: true, left: null, right: null, similarityPpm: null },
    ],
  };
}
