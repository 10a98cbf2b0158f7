import { loadFacts } from '../../adapters/store/account-matching.ts';
import { readCustomerHistory } from '../../adapters/store/accounts.ts';
import { readOwnCases } from '../../adapters/store/registrations.ts';
import type { OwnCase } from '../../adapters/store/registrations.ts';
import { isClosed } from '../../domain/deal-registration/case.ts';
import { checkEligibility } from '../../domain/deal-registration/eligibility.ts';
import type { EligibilityFinding } from '../../domain/deal-registration/eligibility.ts';
import { familiesOf } from '../../domain/deal-registration/facts.ts';
import type { RegistrationFacts } from '../../domain/deal-registration/facts.ts';
import { earlierCasesOf, ownCasesOfCustomer } from '../../domain/deal-registration/own-cases.ts';
import type { OwnMatch } from '../../domain/deal-registration/own-cases.ts';
import type { CaseWork } from './case-work.ts';

/** What stands against a registration by the conditions of its program and by the partner's own cases. */
export interface Conditions {
  readonly findings: readonly EligibilityFinding[];
  /** An own case that is open, or protected, for the same customer and family; null when there is none. */
  readonly duplicate: OwnCase | null;
}

/**
 * Asks the program's conditions of a registration as the facts say it is, in the step's transaction: one piece for the
 * submission, the look after it, an amendment and an approval by machine. `sameAccountIds` are the rows of the same customer
 * that the match found; null before anything is matched: then what the vendor's records say of him is not asked, because the
 * reply may tell of nothing but the partner's own cases.
 */
export async function checkConditions(
  work: CaseWork,
  input: { registration: RegistrationFacts; sameAccountIds: readonly string[] | null },
): Promise<Conditions> {
  const { registration, sameAccountIds } = input;
  const own = await ownCases(work, familiesOf(registration.lines));
  const findings = checkEligibility({
    policy: work.policy,
    registration,
    partner: work.partner,
    earlierCases: earlierCasesOf(own),
    customer: sameAccountIds === null ? null : await customerHistory(work, sameAccountIds),
    calendar: work.calendar,
    nowMs: work.atMs,
  });
  const duplicate = own.find(
    ({ verdict, own: one }) => verdict === 'duplicate' && !isClosed({ status: one.status }),
  );
  return { findings, duplicate: duplicate?.own ?? null };
}

/** Everything that stands against it, an open case of the partner's own as well where the program has no rule of its own for it. */
export function findingsOf({ findings, duplicate }: Conditions): readonly EligibilityFinding[] {
  if (duplicate === null || findings.some(({ code }) => code === 'already_registered')) return findings;
  const { registrationId } = duplicate;
  return [
    ...findings,
    ...duplicate.families.map((productFamily) => ({
      code: 'already_registered' as const,
      weight: 'bars' as const,
      pointer: '/customer',
      registrationId,
      productFamily,
    })),
  ];
}

/** What the vendor's records say of the customer: of the row that the partner entered, and of those that are the same. */
export function customerHistory(
  work: CaseWork,
  sameAccountIds: readonly string[],
): ReturnType<typeof readCustomerHistory> {
  return readCustomerHistory(work.tx, [work.change.accountId ?? work.row.accountId, ...sameAccountIds]);
}

/** The partner's own cases in these families whose customer is, or may be, this one. */
async function ownCases(work: CaseWork, families: readonly string[]): Promise<OwnMatch<OwnCase>[]> {
  const { tx, policy, row } = work;
  const own = await readOwnCases(tx, { partnerId: work.partner.partnerId, families, except: row.id });
  if (own.length === 0) return [];
  const accountId = work.change.accountId ?? row.accountId;
  const customers = new Map(
    (await loadFacts(tx, [accountId, ...own.map((one) => one.accountId)])).map((facts) => [
      facts.accountId,
      facts,
    ]),
  );
  const customer = customers.get(accountId);
  if (customer === undefined) return [];
  return ownCasesOfCustomer({
    customer,
    own: own.map((one) => ({ one, customer: customers.get(one.accountId) })),
    thresholds: policy.matching,
  });
}
