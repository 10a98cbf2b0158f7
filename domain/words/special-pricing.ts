import type { SpecialPriceVerb } from '../special-pricing/case.ts';
import type { PricingRole } from '../special-pricing/policy.ts';
import type {
  AgreementEndCode,
  AgreementVersionKind,
  PriceField,
  PricingAgreementStatus,
  SpecialPriceClosureCode,
  SpecialPriceKind,
  SpecialPriceStatus,
} from '../special-pricing/status.ts';
import { inWords, lookUp, roleWords, sentence } from './en.ts';
import { dayWords, instantWords, moneyOf, numberOf, textOf, textsOf, when, type Facts } from './facts.ts';
import {
  formatDay,
  formatInstant,
  formatMoney,
  formatPpm,
  listWords,
  neutralReader,
  type Reader,
} from './reader.ts';

/* The words of special prices: of requests, of who is asked and why, and of agreements. */

export const priceStatusWords: Readonly<Record<SpecialPriceStatus, string>> = {
  submitted: 'Submitted',
  pending_approval: 'Waiting for approval',
  info_requested: 'Information wanted',
  counter_offered: 'Counter-offer made',
  approved: 'Approved',
  rejected: 'Denied',
  withdrawn: 'Withdrawn',
};

export const priceClosureWords: Readonly<Record<SpecialPriceClosureCode, string>> = {
  price_too_low: 'The price is too low',
  margin: 'The margin does not allow it',
  not_eligible: 'Not eligible under the program',
  incomplete: 'Information was not given in time',
  counter_declined: 'The counter-offer was declined',
  counter_lapsed: 'The counter-offer was not answered in time',
  withdrawn_by_partner: 'Taken back by the partner',
  registration_ended: 'The registration ended',
  other: 'Another reason',
};

export const priceKindWords: Readonly<Record<SpecialPriceKind, string>> = {
  new: 'Special price',
  new_version: 'New version of an agreement',
  new_period: 'New period of an agreement',
};

/** What a change means for what was sold so far: the difference between its two kinds. */
export const priceKindMeaning: Readonly<Record<SpecialPriceKind, string>> = {
  new: 'A price for a deal that has none yet.',
  new_version: 'Changes every sale under the agreement, also those already made.',
  new_period: 'Changes sales from a day on; what was sold before keeps its price.',
};

export const priceVerbWords: Readonly<Record<SpecialPriceVerb, string>> = {
  recall: 'Take back',
  resubmit: 'Answer',
  answer_counter: 'Answer the offer',
  write_note: 'Write a note',
};

export const agreementStatusWords: Readonly<Record<PricingAgreementStatus, string>> = {
  active: 'In force',
  expired: 'Expired',
  ended: 'Ended early',
};

export const agreementEndWords: Readonly<Record<AgreementEndCode, string>> = {
  registration_ended: 'Its registration ended',
  registration_transferred: 'Its registration went to another partner',
  ended_by_vendor: 'Ended by the vendor',
};

export const versionKindWords: Readonly<Record<AgreementVersionKind, string>> = {
  first: 'First version',
  new_version: 'New version, for every sale',
  new_period: 'New period',
  extension: 'Extension',
};

/** What a question can be about, in the order of the form. */
export const priceFieldWords: Readonly<Record<PriceField, string>> = {
  lines: 'Products and prices',
  validity: 'Validity',
  exceptions: 'Departures from the usual terms',
  evidence: 'Evidence',
  justification: 'The reason',
  competitor: 'The competitor',
  distributor: 'The distributor',
};

/** "The director", "The chief financial officer and the chief executive officer", "Any 1 of the director and the CRO". */
export function askedWords(asked: {
  readonly roles: readonly PricingRole[];
  readonly quorum: number;
}): string {
  const roles = listWords(asked.roles.map((role) => `the ${roleWords[role].toLowerCase()}`));
  return asked.quorum < asked.roles.length ? `Any ${asked.quorum} of ${roles}` : sentence(roles);
}

/** How many people are asked in all steps: "Nobody is asked", "1 person will be asked", "2 people will be asked". */
export function askedCountWords(
  steps: readonly { readonly roles: readonly PricingRole[]; readonly quorum: number }[],
): string {
  const count = steps.reduce((sum, { quorum }) => sum + quorum, 0);
  if (count === 0) return 'Nobody has to be asked: it clears at once.';
  return count === 1 ? '1 person will be asked.' : `${count} people will be asked.`;
}

/** What a sentence about a price needs besides its own facts. */
export interface PriceContext {
  readonly currency: string;
  /** In which the value of the deal counts. */
  readonly dealCurrency: string;
  /** The name of a line's product, by the id of the line. */
  readonly productOf: (lineId: string) => string;
  /** The words of a departure from the usual terms, by its key. */
  readonly exceptionOf: (key: string) => string;
}

/** As the terms that are compared name it. */
const LUMP_LINE = 'lump';

interface Keyed {
  readonly kind: string;
  readonly facts: Facts;
}

const lineOf = ({ facts }: Keyed, context: PriceContext): string => {
  const line = facts['lineId'] ?? facts['lineNo'];
  return typeof line === 'string' || typeof line === 'number' ? context.productOf(String(line)) : 'A line';
};

/** Why a band is asked, as a sentence. */
export function describeCause(cause: Keyed, context: PriceContext, reader: Reader = neutralReader): string {
  const { kind, facts } = cause;
  const discount = numberOf(facts, 'discountPpm');
  const below =
    discount === null
      ? 'below its standard price'
      : `${formatPpm(discount, reader)} below its standard price`;
  switch (kind) {
    case 'discount_whole':
      return `The request as a whole is ${below}.`;
    case 'discount_line':
      return `${lineOf(cause, context)} is ${below}: the worst line counts.`;
    case 'margin_whole':
      return 'The margin of the whole is below the least that is allowed.';
    case 'margin_line':
      return `The margin of ${lineOf(cause, context)} is below the floor of its family.`;
    case 'cost_unknown':
      return `The cost of ${lineOf(cause, context)} is not known, so its margin cannot be judged.`;
    case 'term_exception':
      return `It departs from the usual terms: ${context.exceptionOf(textOf(facts, 'exceptionKey') ?? '')}.`;
    case 'value':
      return valueSentence(facts, context, reader);
    default:
      return `${sentence(inWords(kind))}.`;
  }
}

function valueSentence(facts: Facts, context: PriceContext, reader: Reader): string {
  const above = moneyOf({ currency: context.dealCurrency, ...facts }, 'above', reader);
  const added = textsOf(facts, 'added').map(
    (role) => `the ${(lookUp(roleWords, role) ?? inWords(role)).toLowerCase()}`,
  );
  const then =
    added.length === 0
      ? 'it is asked one level up'
      : `${listWords(added)} ${added.length === 1 ? 'is' : 'are'} asked as well`;
  return `The deal is worth more than ${above ?? 'the limit'}: ${then}.`;
}

/** What is worse than what somebody agreed to, as a sentence. */
export function describeWorse(worse: Keyed, context: PriceContext, reader: Reader = neutralReader): string {
  const { kind, facts } = worse;
  const money = (name: string, currency: string): string => {
    const amountMinor = numberOf(facts, `${name}Minor`);
    return amountMinor === null ? '–' : formatMoney({ amountMinor, currency }, reader);
  };
  const day = (name: string): string => {
    const text = textOf(facts, name);
    return text === null ? '–' : formatDay(text, reader);
  };
  switch (kind) {
    case 'line_added':
      return `${lineOf(worse, context)} is new.`;
    case 'price_lower':
      if (facts['lineId'] === LUMP_LINE) return lumpSentence(facts, context, reader);
      return `${lineOf(worse, context)} costs ${money('to', context.currency)} a unit instead of ${money('from', context.currency)}.`;
    case 'quantity_higher':
      return `${lineOf(worse, context)}: ${unitsOf(facts, 'to')} instead of ${unitsOf(facts, 'from')}.`;
    case 'exception_added':
      return `It departs from the usual terms: ${context.exceptionOf(textOf(facts, 'exceptionKey') ?? '')}.`;
    case 'valid_longer':
      return `It is valid until ${day('to')} instead of ${day('from')}.`;
    case 'deal_larger':
      return `The whole deal is worth ${money('to', context.dealCurrency)} instead of ${money('from', context.dealCurrency)}.`;
    default:
      return `${sentence(inWords(kind))}.`;
  }
}

/** The discount on the whole is compared as a line of its own, below zero. */
function lumpSentence(facts: Facts, { currency }: PriceContext, reader: Reader): string {
  const discount = (name: string): string =>
    formatMoney({ amountMinor: Math.abs(numberOf(facts, `${name}Minor`) ?? 0), currency }, reader);
  return `The discount on the whole is ${discount('to')} instead of ${discount('from')}.`;
}

function unitsOf(facts: Facts, name: string): string {
  const units = numberOf(facts, name);
  return units === null ? '–' : `${units.toLocaleString('en-GB')} units`;
}

/** "The director, by Tue 3 Mar 2026, 14:05 CET": who is asked in one step, and by when. */
export function stepSentence(
  step: { readonly roles: readonly PricingRole[]; readonly quorum: number; readonly by: string | null },
  reader: Reader = neutralReader,
): string {
  return step.by === null
    ? `${askedWords(step)}.`
    : `${askedWords(step)}, by ${formatInstant(step.by, reader)}.`;
}

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
  return code === null ? null : (lookUp(priceClosureWords, code) ?? sentence(inWords(code))).toLowerCase();
}

function endOf(facts: Facts): string | null {
  const code = textOf(facts, 'code');
  return code === null ? null : (lookUp(agreementEndWords, code) ?? inWords(code)).toLowerCase();
}
