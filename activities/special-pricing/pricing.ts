import { loadFacts, matchAccount } from '../../adapters/store/account-matching.ts';
import {
  pricingPolicyInForce,
  readPricingBasis,
  readRates,
  readSameDeal,
} from '../../adapters/store/pricing-basis-reads.ts';
import type { SameDealRow } from '../../adapters/store/pricing-basis-reads.ts';
import {
  readMatchingThresholds,
  sameCompanies,
  sqlOf,
  writeTerms,
} from '../../adapters/store/special-pricing.ts';
import type { Transaction } from '../../adapters/store/transaction.ts';
import { hashJson } from '../../adapters/sha256.ts';
import { convert, NoExchangeRate } from '../../domain/exchange-rate.ts';
import type { ExchangeRate } from '../../domain/exchange-rate.ts';
import type { MatchingThresholds } from '../../domain/matching/facts.ts';
import { faultsOfTerms, priceTerms } from '../../domain/special-pricing/asked.ts';
import type {
  FieldFault,
  PriceTerms,
  PricedTerms,
  PricingBasis,
} from '../../domain/special-pricing/asked.ts';
import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import { Refused } from '../case-work.ts';
import type { PriceWork } from './request-work.ts';

/* Terms and what they come to: held against price book and policy, written as a round, and added up over one deal. */

const DAY_MS = 24 * 3_600_000;

/** The hash of terms: what an approval names as what it was given for. The value of the deal is no part of it. */
export function termsHashOf(terms: PriceTerms): string {
  const { lines, lumpMinor, validFrom, validUntil, exceptionKeys } = terms;
  return hashJson({ lines, lumpMinor, validFrom, validUntil, exceptionKeys });
}

/** What a request is held against at an instant. Its policy is the version that it began under. */
export function basisOf(
  work: PriceWork,
  skus: readonly string[],
  atMs: number = work.atMs,
): Promise<PricingBasis> {
  const { row, policy } = work;
  return readPricingBasis(sqlOf(work.tx), {
    partnerId: row.partnerId,
    programId: row.programId,
    policy: { id: row.policyId, version: row.policyVersion, body: policy },
    currency: row.currency,
    registrationId: row.registrationId,
    agreementId: row.kind === 'new' ? null : row.agreementId,
    distributorId: row.distributorId,
    skus,
    at: new Date(atMs).toISOString(),
  });
}

/** The policy in force, for a request that begins. Throws `Refused`. */
export async function policyOfNow(
  tx: Transaction,
  of: { programId: string; atMs: number },
): Promise<{ id: string; version: number; body: SpecialPricingPolicy }> {
  const policy = await pricingPolicyInForce(sqlOf(tx), {
    programId: of.programId,
    at: new Date(of.atMs).toISOString(),
  });
  if (policy === null)
    throw new Refused('not_allowed_now', {
      detail: 'No special price can be asked for in this program: no policy is in effect.',
    });
  return policy;
}

/** Refuses by field when there are faults; `under` is where the terms lie in what was sent. */
export function refuseFaults(faults: readonly FieldFault[], under = ''): void {
  if (faults.length === 0) return;
  throw new Refused('invalid_request', {
    detail: faults.length === 1 ? 'One field is not valid.' : `${faults.length} fields are not valid.`,
    errors: faults.map(({ pointer, reason }) => ({ pointer: `${under}${pointer}`, reason })),
  });
}

/** Terms with their price and their hash. */
export interface Round {
  readonly terms: PriceTerms;
  readonly priced: PricedTerms;
  readonly termsHash: string;
}

/** Prices terms that are sound. Throws `Refused` by field when they are not. */
export function priceRound(
  basis: PricingBasis,
  terms: PriceTerms,
  of: { requestId: string; round: number; atMs: number; under?: string },
): Round {
  refuseFaults(faultsOfTerms(basis, terms, of.atMs), of.under);
  return { terms, priced: priceTerms(basis, terms, of), termsHash: termsHashOf(terms) };
}

/** Writes a round's terms and lines. */
export function writeRoundTerms(
  tx: Transaction,
  of: {
    requestId: string;
    round: number;
    partnerId: string;
    origin: 'asked' | 'answered' | 'counter_offer';
    atMs: number;
  },
  { basis, round }: { basis: PricingBasis; round: Round },
): Promise<void> {
  const entries = round.terms.lines.map(({ sku }) => basis.entries.get(sku));
  return writeTerms(tx, { ...of, termsHash: round.termsHash }, round.terms, {
    ...round.priced,
    families: entries.map((entry) => entry?.family ?? ''),
    costs: entries.map((entry) => entry?.costMinor ?? null),
  });
}

/** The columns of the request that show the round that is asked. */
export function shownRound(basis: PricingBasis, { terms, priced, termsHash }: Round): PriceWork['change'] {
  const { listMinor, standardMinor, netMinor } = priced.waterfall;
  return {
    ...(basis.book === null ? {} : { priceBookVersionId: basis.book.versionId }),
    listMinor,
    standardMinor,
    netMinor,
    validFrom: terms.validFrom,
    validUntil: terms.validUntil,
    materialHash: termsHash,
  };
}

// ---------------------------------------------------------------------------------------------------------

/** An earlier request of the deal, with its value in the currency of the policy; null where no rate is in force. */
export type EarlierRequest = SameDealRow & { readonly inDealMinor: number | null };

/**
 * The value of the whole deal in the policy's currency at the rate of the day: this request, and what was asked for the same end
 * customer before, by whichever partner. What counts as the same customer is the matching piece's to say.
 */
export async function dealOf(
  work: PriceWork,
  netMinor: number,
): Promise<{ dealMinor: number; earlier: EarlierRequest[] }> {
  const { tx, row, policy, atMs } = work;
  const rows = await readSameDeal(sqlOf(tx), {
    accountIds: await sameCustomers(work),
    since: new Date(atMs - policy.sameDealWithinDays * DAY_MS).toISOString(),
    exceptRequestId: row.id,
    exceptAgreementId: row.kind === 'new' ? null : row.agreementId,
  });
  const inPolicy = await converterOf(work, [row.currency, ...rows.map(({ currency }) => currency)]);
  const own = inPolicy(netMinor, row.currency);
  if (own === null)
    throw new Refused('not_allowed_now', {
      detail: `There is no exchange rate between ${row.currency} and ${policy.currency}.`,
    });
  const earlier = rows.map((one) => ({ ...one, inDealMinor: inPolicy(one.netMinor, one.currency) }));
  return { dealMinor: own + earlier.reduce((sum, one) => sum + (one.inDealMinor ?? 0), 0), earlier };
}

/** Minor units of a currency in those of the policy at the rate of the step's day; null where no rate is in force. */
export async function converterOf(
  work: Pick<PriceWork, 'tx' | 'policy' | 'atMs'>,
  currencies: readonly string[],
): Promise<(minor: number, currency: string) => number | null> {
  const on = new Date(work.atMs).toISOString().slice(0, 10);
  const rates: readonly ExchangeRate[] = await readRates(sqlOf(work.tx), {
    currencies: [...new Set(currencies)],
    other: work.policy.currency,
    on,
  });
  return (amountMinor, currency) => {
    try {
      return convert({ amountMinor, currency }, work.policy.currency, { rates, on }).amount.amountMinor;
    } catch (error) {
      if (error instanceof NoExchangeRate) return null;
      throw error;
    }
  };
}

/** The accounts that are the request's customer: judged so by a person, or a duplicate by evidence. */
async function sameCustomers({ tx, deps, row, atMs }: PriceWork): Promise<string[]> {
  const [facts] = await loadFacts(tx, [row.accountId]);
  const thresholds = await readMatchingThresholds<MatchingThresholds>(tx, { programId: row.programId, atMs });
  const matched =
    facts === undefined || thresholds === null
      ? []
      : await matchAccount(tx, { facts, thresholds, candidateLimit: deps.candidateLimit });
  const sure = matched
    .filter(({ verdict }) => verdict === 'duplicate')
    .map(({ account }) => account.accountId);
  return [...new Set([row.accountId, ...sure, ...(await sameCompanies(tx, [row.accountId, ...sure]))])];
}
