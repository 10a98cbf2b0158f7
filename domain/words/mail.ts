import type { ClosureCode } from '../deal-registration/status.ts';
import { closureWords, fieldName, leftOutSentence, shareSentence } from './en.ts';
import { priceMailWords, type PriceMailFacts } from './special-pricing-mail.ts';
import { countWords, formatDay, formatInstant, formatMoney, listWords, type Reader } from './reader.ts';

/*
 * The mails, as pure functions of facts: a subject and a text that reads well without HTML. A mail never decides
 * anything by being opened, and never names another partner.
 */

/** What every mail about one case says of it. Amount in minor units; `link` opens the case. */
export interface CaseInMail {
  readonly reference: string;
  readonly customerName: string;
  /** Null for a case that has none beside its customer. */
  readonly opportunityName: string | null;
  readonly value: { readonly amountMinor: number; readonly currency: string };
  readonly link: string;
}

/** The closed list of templates with the facts of each. Instants are ISO 8601 in UTC. */
export interface MailFacts {
  /** To the submitter, at once. */
  received: CaseInMail & { readonly queue: string | null; readonly answerByAt: string | null };
  /** To the submitter; `fields` are keys of a submission. `reminder`: it was asked before. */
  information_wanted: CaseInMail & {
    readonly words: string;
    readonly fields: readonly string[];
    readonly answerByAt: string;
    readonly reminder: boolean;
  };
  /** To the submitter, once the decision is in effect. */
  decided: CaseInMail & {
    readonly about: 'registration' | 'extension' | 'amendment' | 'appeal' | 'protection';
    readonly outcome: 'granted' | 'refused';
    /** As the partner may see it. */
    readonly closureCode: ClosureCode | 'not_awarded' | null;
    readonly words: string;
    readonly protectedUntilAt: string | null;
    /** The part of the benefit that is left to one who shares, in parts per million; null when there is nothing to tell. */
    readonly sharePpm: number | null;
    /** Product families that the approval left out. */
    readonly leftOut: readonly string[];
    /** Null when no appeal is possible. */
    readonly appealUntilAt: string | null;
  };
  /** To the submitter, before protection ends. */
  expiring: CaseInMail & {
    readonly protectedUntilAt: string;
    readonly daysLeft: number;
    readonly mayExtend: boolean;
  };
  expired: CaseInMail & { readonly protectedUntilAt: string; readonly registerAgainFromAt: string | null };
  /** To the submitter: activity is missing. `revokeAt` null: it is never revoked for it. */
  at_risk: CaseInMail & { readonly revokeAt: string | null };
  /** To the vendor's people: a deadline is near or over. */
  escalated: CaseInMail & {
    readonly partnerName: string;
    readonly clockName: string;
    readonly dueAt: string;
    readonly breached: boolean;
    /** How many other registrations are decided together with it. */
    readonly others: number;
  };
  /** Something about a case that is told in one sentence. `words`: somebody's own; `dueAt`: what it is due by. */
  notice: CaseInMail & {
    readonly about: NoticeKind;
    readonly partnerName: string;
    readonly words: string;
    readonly dueAt: string | null;
  };
  /** Something about a special price or its agreement. */
  price: CaseInMail & PriceMailFacts;
  /** To one person: what waits for him, what is due. */
  digest: {
    readonly periodWords: 'day' | 'week';
    readonly waiting: readonly (Pick<CaseInMail, 'reference' | 'customerName' | 'link'> & {
      readonly whatNext: string;
      readonly nextAt: string | null;
    })[];
    /** Beyond the rows given. */
    readonly moreCount: number;
    readonly link: string;
  };
}
export type MailTemplate = keyof MailFacts;

/** `task_opened`, `information_answered` and `task_reminder` go to the vendor's people, the others to the partner's. */
export type NoticeKind =
  | 'task_opened'
  | 'information_answered'
  | 'task_reminder'
  | 'reminder'
  | 'transferred'
  | 'note';

export const mailTemplates = [
  'received',
  'information_wanted',
  'decided',
  'expiring',
  'expired',
  'at_risk',
  'escalated',
  'notice',
  'price',
  'digest',
] as const satisfies readonly MailTemplate[];

/** A mail to be written: a template with its facts, as one closed union. */
export type MailOrder = {
  [Template in MailTemplate]: { readonly template: Template; readonly facts: MailFacts[Template] };
}[MailTemplate];

/** To whom, and in whose name. */
export interface MailReader extends Reader {
  readonly displayName: string;
  readonly vendorName: string;
  /** Where this person chooses his mails. */
  readonly preferencesLink: string;
}

export interface MailWords {
  readonly subject: string;
  /** Plain text, lines separated by `\n`. */
  readonly text: string;
}

/** Writes one mail in the words of this catalogue. */
export function writeMail(order: MailOrder, reader: MailReader): MailWords {
  const { subject, paragraphs } = compose(order, reader);
  return {
    // A subject is one line whatever a customer is called.
    subject: subject.replaceAll(/\s+/g, ' ').trim(),
    text: [
      `Hello ${reader.displayName},`,
      ...paragraphs.filter((paragraph) => paragraph !== ''),
      `${reader.vendorName}\nChoose your mails: ${reader.preferencesLink}`,
    ].join('\n\n'),
  };
}

interface Draft {
  readonly subject: string;
  readonly paragraphs: readonly string[];
}

function compose(order: MailOrder, reader: MailReader): Draft {
  switch (order.template) {
    case 'received':
      return received(order.facts, reader);
    case 'information_wanted':
      return informationWanted(order.facts, reader);
    case 'decided':
      return decided(order.facts, reader);
    case 'expiring':
      return expiring(order.facts, reader);
    case 'expired':
      return expired(order.facts, reader);
    case 'at_risk':
      return atRisk(order.facts, reader);
    case 'escalated':
      return escalated(order.facts, reader);
    case 'notice':
      return notice(order.facts, reader);
    case 'price':
      return price(order.facts, reader);
    case 'digest':
      return digest(order.facts, reader);
    default:
      return order satisfies never;
  }
}

function received(facts: MailFacts['received'], reader: MailReader): Draft {
  const answer =
    facts.answerByAt === null ? '' : `You have an answer by ${formatInstant(facts.answerByAt, reader)}.`;
  return {
    subject: `${facts.reference}: we have your registration for ${facts.customerName}`,
    paragraphs: [
      'We have received your registration.',
      caseBlock(facts, reader),
      answer,
      `See where it stands: ${facts.link}`,
    ],
  };
}

function informationWanted(facts: MailFacts['information_wanted'], reader: MailReader): Draft {
  const asked =
    facts.fields.length === 0
      ? ''
      : `You can correct: ${listWords(facts.fields.map((field) => fieldName(field).toLowerCase()))}.`;
  return {
    subject: `${facts.reference}: ${facts.reminder ? 'still waiting for your answer' : 'we need something from you'} (${facts.customerName})`,
    paragraphs: [
      facts.reminder
        ? 'We asked you for information and have no answer yet:'
        : 'To go on we need information from you:',
      quote(facts.words),
      asked,
      `Please answer by ${formatInstant(facts.answerByAt, reader)}. Our own clock stands still until then; without an answer the registration is closed as incomplete.`,
      caseBlock(facts, reader),
      `Answer here: ${facts.link}`,
    ],
  };
}

function decided(facts: MailFacts['decided'], reader: MailReader): Draft {
  const granted = facts.outcome === 'granted';
  const reason =
    facts.closureCode === null ? '' : `Reason: ${closureWords[facts.closureCode].toLowerCase()}.`;
  const protectedWords =
    facts.protectedUntilAt === null ? '' : `Protected until ${formatDay(facts.protectedUntilAt, reader)}.`;
  const appeal =
    facts.appealUntilAt === null
      ? ''
      : `If you think this is wrong you can appeal until ${formatInstant(facts.appealUntilAt, reader)}; somebody who took no part decides.`;
  return {
    subject: `${facts.reference}: ${decidedSubject(facts.about, granted)} (${facts.customerName})`,
    paragraphs: [
      `${decidedSentence(facts.about, granted)}`,
      quote(facts.words),
      granted ? protectedWords : reason,
      facts.sharePpm === null ? '' : shareSentence(facts.sharePpm, reader),
      facts.leftOut.length === 0 ? '' : leftOutSentence(facts.leftOut),
      granted ? '' : appeal,
      caseBlock(facts, reader),
      `See the details: ${facts.link}`,
    ],
  };
}

function decidedSubject(about: MailFacts['decided']['about'], granted: boolean): string {
  switch (about) {
    case 'registration':
      return granted ? 'approved' : 'not approved';
    case 'extension':
      return granted ? 'protection extended' : 'extension refused';
    case 'amendment':
      return granted ? 'amendment approved' : 'amendment refused';
    case 'appeal':
      return granted ? 'your appeal succeeded' : 'the denial stands';
    case 'protection':
      return granted ? 'protection stays' : 'protection revoked';
    default:
      return about satisfies never;
  }
}

function decidedSentence(about: MailFacts['decided']['about'], granted: boolean): string {
  switch (about) {
    case 'registration':
      return granted ? 'Your registration is approved.' : 'Your registration is not approved.';
    case 'extension':
      return granted
        ? 'The protection of your registration is extended.'
        : 'Your request for an extension is refused.';
    case 'amendment':
      return granted
        ? 'Your amendment is approved.'
        : 'Your amendment is refused; the registration stands as it was.';
    case 'appeal':
      return granted ? 'Your appeal succeeded.' : 'The denial stands after your appeal. This is final.';
    case 'protection':
      return granted ? 'Your protection stays.' : 'The protection of your registration is revoked.';
    default:
      return about satisfies never;
  }
}

function expiring(facts: MailFacts['expiring'], reader: MailReader): Draft {
  const days = countWords(facts.daysLeft, 'day');
  return {
    subject: `${facts.reference}: protection ends in ${days} (${facts.customerName})`,
    paragraphs: [
      `The protection of your registration ends on ${formatInstant(facts.protectedUntilAt, reader)}.`,
      facts.mayExtend
        ? 'You can ask for an extension until then, or report the deal as won or lost.'
        : 'No further extension is possible. Please report the deal as won or lost.',
      caseBlock(facts, reader),
      `Go to the registration: ${facts.link}`,
    ],
  };
}

function expired(facts: MailFacts['expired'], reader: MailReader): Draft {
  const again =
    facts.registerAgainFromAt === null
      ? ''
      : `You can register the same opportunity again from ${formatInstant(facts.registerAgainFromAt, reader)}.`;
  return {
    subject: `${facts.reference}: protection has ended (${facts.customerName})`,
    paragraphs: [
      `The protection of your registration ended on ${formatInstant(facts.protectedUntilAt, reader)}.`,
      again,
      caseBlock(facts, reader),
      `See the registration: ${facts.link}`,
    ],
  };
}

function atRisk(facts: MailFacts['at_risk'], reader: MailReader): Draft {
  const until =
    facts.revokeAt === null
      ? 'Please report what was done.'
      : `Please report what was done by ${formatInstant(facts.revokeAt, reader)}; otherwise the protection is revoked.`;
  return {
    subject: `${facts.reference}: please report your sales activity (${facts.customerName})`,
    paragraphs: [
      'The program asks for sales activity after an approval, and we have no report of it.',
      until,
      caseBlock(facts, reader),
      `Report it here: ${facts.link}`,
    ],
  };
}

function escalated(facts: MailFacts['escalated'], reader: MailReader): Draft {
  const clock = facts.clockName.toLowerCase();
  return {
    subject: `${facts.reference}: ${clock} ${facts.breached ? 'is late' : 'is due soon'} (${facts.partnerName})`,
    paragraphs: [
      `The ${clock} for ${facts.partnerName} ${facts.breached ? 'was due' : 'is due'} ${formatInstant(facts.dueAt, reader)}.`,
      facts.others === 0
        ? ''
        : `It is decided together with ${countWords(facts.others, 'other registration')} of the same opportunity.`,
      caseBlock(facts, reader),
      `Open the case: ${facts.link}`,
    ],
  };
}

function notice(facts: MailFacts['notice'], reader: Reader): Draft {
  const { subject, sentence } = noticeWords(facts);
  return {
    subject: `${facts.reference}: ${subject} (${facts.customerName})`,
    paragraphs: [
      sentence,
      quote(facts.words),
      facts.dueAt === null ? '' : `Due ${formatInstant(facts.dueAt, reader)}.`,
      caseBlock(facts, reader),
      `Open it: ${facts.link}`,
    ],
  };
}

function noticeWords({ about, partnerName }: MailFacts['notice']): { subject: string; sentence: string } {
  const partner = oneLine(partnerName);
  switch (about) {
    case 'task_opened':
      return {
        subject: 'waits for a decision',
        sentence: `A case of ${partner} waits for a decision in your queue.`,
      };
    case 'information_answered':
      return { subject: 'answer received', sentence: `${partner} has answered our request for information.` };
    case 'task_reminder':
      return {
        subject: 'still waits for a decision',
        sentence: `A case of ${partner} still waits for a decision.`,
      };
    case 'reminder':
      return { subject: 'a reminder', sentence: 'Something of your registration is due.' };
    case 'transferred':
      return {
        subject: 'transferred to you',
        sentence: 'This registration is now yours, with its protection.',
      };
    case 'note':
      return { subject: 'a note for you', sentence: 'There is a note on your registration:' };
    default:
      return about satisfies never;
  }
}

function price(facts: MailFacts['price'], reader: Reader): Draft {
  const { subject, sentences } = priceMailWords({ ...facts, partnerName: oneLine(facts.partnerName) }, reader);
  const [first = '', ...more] = sentences;
  return {
    subject: `${facts.reference}: ${subject} (${facts.customerName})`,
    paragraphs: [first, quote(facts.words), ...more, caseBlock(facts, reader), `Open it: ${facts.link}`],
  };
}

function digest(facts: MailFacts['digest'], reader: MailReader): Draft {
  const waiting = facts.waiting.map(
    (row) =>
      `- ${row.reference}, ${oneLine(row.customerName)}: ${row.whatNext}${row.nextAt === null ? '' : `, ${formatInstant(row.nextAt, reader)}`}\n  ${row.link}`,
  );
  const count = facts.waiting.length;
  return {
    subject:
      count === 0
        ? `Nothing waits for you this ${facts.periodWords}`
        : `${countWords(count, 'case waits', 'cases wait')} for you`,
    paragraphs: [
      count === 0 ? 'Nothing waits for you.' : ['Waiting for you:', ...waiting].join('\n'),
      facts.moreCount === 0 ? '' : `And ${countWords(facts.moreCount, 'more case', 'more cases')}.`,
      `See all: ${facts.link}`,
    ],
  };
}

function caseBlock(facts: CaseInMail, reader: Reader): string {
  return [
    `Reference:   ${facts.reference}`,
    `Customer:    ${oneLine(facts.customerName)}`,
    ...(facts.opportunityName === null ? [] : [`Opportunity: ${oneLine(facts.opportunityName)}`]),
    `Value:       ${formatMoney(facts.value, reader)}`,
  ].join('\n');
}

/** Somebody's own words, set off line by line so that they cannot pass for ours. */
function quote(words: string): string {
  const trimmed = words.trim();
  return trimmed === ''
    ? ''
    : trimmed
        .split(/\r?\n/)
        .map((line) => `> ${line}`)
        .join('\n');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
