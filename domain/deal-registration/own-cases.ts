import type { AccountFacts, MatchingThresholds } from '../matching/facts.ts';
import { judgePair } from '../matching/verdict.ts';
import type { PairVerdict } from '../matching/verdict.ts';
import type { EarlierCase } from './facts.ts';
import type { RegistrationStatus } from './status.ts';

/** A registration of the same partner, with the customer as he entered him there. */
export interface OwnRegistration {
  readonly registrationId: string;
  readonly status: RegistrationStatus;
  readonly families: string[];
  readonly endedAtMs: number | null;
}

export interface OwnMatch<Own> {
  readonly own: Own;
  readonly verdict: Exclude<PairVerdict, 'different'>;
}

/**
 * Which of the partner's own registrations are, or may be, for this customer. One piece for the check of a draft and
 * for the submission, so that both say the same; no rival is looked at. An own one without facts is left out.
 */
export function ownCasesOfCustomer<Own>(input: {
  customer: AccountFacts;
  own: readonly { readonly one: Own; readonly customer: AccountFacts | undefined }[];
  thresholds: MatchingThresholds;
}): OwnMatch<Own>[] {
  const { customer, thresholds } = input;
  return input.own.flatMap(({ one, customer: other }) => {
    if (other === undefined) return [];
    const { verdict } = judgePair({ left: customer, right: other, remembered: null, thresholds });
    return verdict === 'different' ? [] : [{ own: one, verdict }];
  });
}

/** Those that are surely for the customer, as the program's conditions ask for them. */
export function earlierCasesOf(matches: readonly OwnMatch<OwnRegistration>[]): EarlierCase[] {
  return matches
    .filter(({ verdict }) => verdict === 'duplicate')
    .map(({ own }) => ({
      registrationId: own.registrationId,
      status: own.status,
      productFamilies: own.families,
      endedAtMs: own.endedAtMs,
    }));
}
