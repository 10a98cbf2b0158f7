import { fieldName, inWords, lookUp } from './en.ts';
import { closureCodeWords } from './special-pricing.ts';
import { formatDay, formatInstant, listWords, type Reader } from './reader.ts';

/* The mails of special pricing: one shape, a sentence for each thing that is told. */

/** What is told; those to the vendor's people name the partner. */
export const priceMailKinds = [
  'requested',
  'approved',
  'denied',
  'offer_lapsed',
  'countered',
  'information_wanted',
  'answered',
  'note',
  'approved_above',
  'expiring',
  'extended',
  'agreement_expired',
  'agreement_ended',
  'reminder',
] as const;
export type PriceMailKind = (typeof priceMailKinds)[number];

/** What a mail says beside the case itself. Instants are ISO 8601 in UTC. */
export interface PriceMailFacts {
  readonly about: PriceMailKind;
  readonly partnerName: string;
  /** Somebody's own words; empty when there are none. */
  readonly words: string;
  /** What it is due by, or valid until. */
  readonly at: string | null;
  readonly closureCode: string | null;
  /** What the partner may correct. */
  readonly fields: readonly string[];
}

/** Subject (without reference and customer) and sentences of a mail. */
export function priceMailWords(
  facts: PriceMailFacts,
  reader: Reader,
): { readonly subject: string; readonly sentences: readonly string[] } {
  const by = facts.at === null ? '' : formatInstant(facts.at, reader);
  const day = facts.at === null ? '' : formatDay(facts.at, reader);
  const until = facts.at === null ? '' : ` It is valid until ${day}.`;
  switch (facts.about) {
    case 'requested':
      return {
        subject: 'we have your request',
        sentences: ['We have received your request for a special price.'],
      };
    case 'approved':
      return { subject: 'special price approved', sentences: [`Your special price is approved.${until}`] };
    case 'denied':
      return {
        subject: 'special price not approved',
        sentences: ['Your special price is not approved.', reasonOf(facts.closureCode)],
      };
    case 'offer_lapsed':
      return {
        subject: 'the offer has lapsed',
        sentences: ['Our offer was not accepted in time; the request is closed.'],
      };
    case 'countered':
      return {
        subject: 'an offer for you',
        sentences: [
          'We cannot agree to the price that you asked for, and offer you another one.',
          facts.at === null ? '' : `You can accept it until ${by}.`,
        ],
      };
    case 'information_wanted':
      return {
        subject: 'we need something from you',
        sentences: [
          'To go on with your request for a special price we need an answer from you:',
          facts.fields.length === 0
            ? ''
            : `It is about: ${listWords(facts.fields.map((field) => fieldName(field).toLowerCase()))}.`,
          facts.at === null
            ? ''
            : `Please answer by ${by}. Our own clock stands still until then; without an answer the request is closed.`,
        ],
      };
    case 'answered':
      return {
        subject: 'answer received',
        sentences: [`${facts.partnerName} has answered our question about a special price.`],
      };
    case 'note':
      return { subject: 'a note for you', sentences: ['There is a note on your request:'] };
    case 'approved_above':
      return {
        subject: 'special price approved',
        sentences: [`A special price of ${facts.partnerName} was approved above your authority.`],
      };
    case 'expiring':
      return {
        subject: 'special price ends soon',
        sentences: [
          `Your special price ends on ${day}. Ask for a change of the agreement if you need longer.`,
        ],
      };
    case 'extended':
      return { subject: 'special price extended', sentences: [`Your special price is extended.${until}`] };
    case 'agreement_expired':
      return { subject: 'special price has ended', sentences: [`Your special price ended on ${day}.`] };
    case 'agreement_ended':
      return {
        subject: 'special price has ended',
        sentences: [`Your special price ended before its time, on ${day}.`],
      };
    case 'reminder':
      return {
        subject: 'a reminder',
        sentences: [`Something of your request is due${facts.at === null ? '' : ` by ${by}`}.`],
      };
    default:
      return facts.about satisfies never;
  }
}

function reasonOf(code: string | null): string {
  return code === null ? '' : `Reason: ${(lookUp(closureCodeWords, code) ?? inWords(code)).toLowerCase()}.`;
}
