import type { WorseFact } from '../special-pricing/worse.ts';
import type { RoutingCause } from '../special-pricing/routing.ts';
import type {
  AgreementEndCode,
  AgreementVersionKind,
  PricingAgreementStatus,
  SpecialPriceClosureCode,
  SpecialPriceKind,
  SpecialPriceStatus,
} from '../special-pricing/status.ts';
import { inWords, lookUp, roleWords, sentence } from './en.ts';
import { dayWords, instantWords, numberOf, textOf, textsOf, when, type Facts } from './facts.ts';
import { listWords, neutralReader, type Reader } from './reader.ts';

/* The words of special pricing: states, reasons, and one sentence for each kind of event. */

export const specialPriceStatusWords: Readonly<Record<SpecialPriceStatus, string>> = {
  submitted: 'Submitted',
  pending_approval: 'Pending approval',
  info_requested: 'Waiting for your answer',
  counter_offered: 'Counter-offer',
  approved: 'Approved',
  rejected: 'Not approved',
  withdrawn: 'Withdrawn',
};

export const closureCodeWords: Readonly<Record<SpecialPriceClosureCode, string>> = {
  price_too_low: 'The price is too low',
  margin: 'The margin is too small',
  not_eligible: 'Not eligible',
  incomplete: 'Incomplete',
  counter_declined: 'The counter-offer was declined',
  counter_lapsed: 'The counter-offer lapsed',
  withdrawn_by_partner: 'Taken back by the partner',
  registration_ended: 'The registration has ended',
  other: 'Another reason',
};

export const specialPriceKindWords: Readonly<Record<SpecialPriceKind, string>> = {
  new: 'New agreement',
  new_version: 'New version of an agreement',
  new_period: 'New period of an agreement',
};

export const agreementStatusWords: Readonly<Record<PricingAgreementStatus, string>> = {
  active: 'Active',
  expired: 'Expired',
  ended: 'Ended early',
};

export const agreementEndWords: Readonly<Record<AgreementEndCode, string>> = {
  registration_ended: 'The registration has ended',
  registration_transferred: 'The registration went to another partner',
  ended_by_vendor: 'Ended by the vendor',
};

export const agreementVersionWords: Readonly<Record<AgreementVersionKind, string>> = {
  first: 'First version',
  new_version: 'New version, for all transactions',
  new_period: 'New period, from its first day on',
  extension: 'Extension',
};

export const routingCauseWords: Readonly<Record<RoutingCause['kind'], string>> = {
  discount_whole: 'Extra discount of the whole request',
  discount_line: 'Extra discount of its worst line',
  margin_whole: 'Margin of the whole request under the floor',
  margin_line: 'Margin of a line under its floor',
  cost_unknown: 'The cost of a product is not known',
  term_exception: 'A departure from the usual terms',
  value: 'The value of the deal',
};

export const worseWords: Readonly<Record<WorseFact['kind'], string>> = {
  line_added: 'A line was added',
  price_lower: 'A price is lower',
  quantity_higher: 'More units',
  exception_added: 'A further departure from the usual terms',
  valid_longer: 'Valid for longer',
  deal_larger: 'The deal is larger',
};

/** The kinds of event of requests and agreements, in the order in which they usually come; those that all processes share are in `events.ts`. */
export const pricingEventKinds = [
  'price_requested',
  'price_routed',
  'price_approval_given',
  'price_countered',
  'counter_accepted',
  'counter_declined',
  'counter_lapsed',
  'price_resubmitted',
  'price_recalled',
  'price_approved',
  'price_rejected',
  'agreement_begun',
  'agreement_revised',
  'agreement_extended',
  'agreement_moved',
  'agreement_ended',
  'agreement_expired',
] as const;
export type PricingEventKind = (typeof pricingEventKinds)[number];

/** One sentence about an event of special pricing; null for a kind that is none. `who` is who did it, in words. */
export function describePricingEvent(
  entry: { readonly kind: string; readonly facts: Facts },
  who: string | null,
  reader: Reader = neutralReader,
): string | null {
  const kind = pricingEventKinds.find((known) => known === entry.kind);
  if (kind === undefined) return null;
  const { facts } = entry;
  const by = when(who, ' by ');
  const person = who ?? 'The system';
  const said = when(textOf(facts, 'words'), ' “', '”');
  const until = when(dayWords(facts, 'validUntil', reader), ', valid until ');
  switch (kind) {
    case 'price_requested':
      return `A special price was asked for${by}.${said}`;
    case 'price_routed':
      return `Went to ${rolesOf(facts)}${when(instantWords(facts, 'answerBy', reader), '; an answer is expected by ')}.`;
    case 'price_approval_given':
      return `Agreed for the ${roleOf(facts)}${textsOf(facts, 'roles').length > 0 ? `; now it waits for ${rolesOf(facts)}` : ''}.`;
    case 'price_countered':
      return `A counter-offer was made${when(instantWords(facts, 'lapses', reader), '; it can be accepted until ')}.`;
    case 'counter_accepted':
      return `${person} accepted the counter-offer; it is now what is asked for.${said}`;
    case 'counter_declined':
      return `${person} declined the counter-offer.${said}`;
    case 'counter_lapsed':
      return 'The counter-offer lapsed.';
    case 'price_resubmitted':
      return `${person} answered with new terms; only what got worse is asked again.${said}`;
    case 'price_recalled':
      return `${person} took the request back.${said}`;
    case 'price_approved':
      return `Approved${facts['byMachine'] === true ? ': nobody needed to be asked' : ''}${until}.`;
    case 'price_rejected':
      return `Not approved${when(reasonOf(facts), ': ')}.`;
    case 'agreement_begun':
      return `The agreement began${until}.`;
    case 'agreement_revised':
      return `The agreement has a new version${when(numberOf(facts, 'version')?.toString() ?? null, ' (', ')')}${until}.`;
    case 'agreement_extended':
      return `${person} extended the agreement${until}.${said}`;
    case 'agreement_moved':
      return `The end of the agreement follows the protection of its registration${until}.`;
    case 'agreement_ended':
      return `The agreement ended early${by}${when(endOf(facts), ': ')}.${said}`;
    case 'agreement_expired':
      return 'The agreement expired.';
    default:
      return kind satisfies never;
  }
}

function roleOf(facts: Facts): string {
  const given = facts['given'];
  const role =
    textOf(facts, 'role') ??
    (typeof given === 'object' && given !== null ? textOf(given as Facts, 'role') : null) ??
    '';
  return (lookUp(roleWords, role) ?? inWords(role)).toLowerCase();
}

function rolesOf(facts: Facts): string {
  const roles = textsOf(facts, 'roles').map((role) =>
    (lookUp(roleWords, role) ?? inWords(role)).toLowerCase(),
  );
  return roles.length === 0 ? 'a person' : `the ${listWords(roles)}`;
}

function reasonOf(facts: Facts): string | null {
  const code = textOf(facts, 'closureCode');
  return code === null ? null : (lookUp(closureCodeWords, code) ?? sentence(inWords(code))).toLowerCase();
}

function endOf(facts: Facts): string | null {
  const code = textOf(facts, 'code');
  return code === null ? null : (lookUp(agreementEndWords, code) ?? inWords(code)).toLowerCase();
}
