import { fieldName, inWords, lookUp, outcomeDone, roleWords, sentence } from './en.ts';
import { describeEvent, type TimelineFacts } from './events.ts';
import { dayWords, instantWords, moneyOf, numberOf, textOf, textsOf, when, type Facts } from './facts.ts';
import { formatPpm, listWords, neutralReader, type Reader } from './reader.ts';
import { priceClosureWords, priceTermWords } from './special-pricing.ts';

/**
 * The kinds of event in the life of a request for a special price and of its agreement that mean something else than with a
 * registration, or nothing there. Beside each: the facts its sentence uses, all optional.
 */
export const priceEventKinds = [
  /** net: { amountMinor, currency }, discountPpm, reference */
  'submitted',
  /** roles, dueAt, clearsAtOnce */
  'routed',
  /** role, dueAt */
  'task_opened',
  /** outcome, reasonWords or closureCode, words, effectiveAt */
  'decided',
  /** role */
  'agreed',
  /** fields, words, answerByAt */
  'information_requested',
  /** round, words */
  'resubmitted',
  /** net, discountPpm, lapsesAt, words */
  'counter_offered',
  'counter_accepted',
  'counter_declined',
  'counter_lapsed',
  /** agreementReference, words */
  'approved',
  /** closureCode, words */
  'rejected',
  'recalled',
  'withdrawn',
  'registration_ended',
  /** reference, validUntilAt */
  'agreement_began',
  /** version, kind, appliesFromAt */
  'agreement_revised',
  /** validUntilAt, words */
  'agreement_extended',
  'expiry_reminded',
  'expired',
  /** endedCode, words */
  'ended',
] as const;
type PriceEventKind = (typeof priceEventKinds)[number];

/** One sentence about one event of a request or an agreement. What is the same with every case is said as everywhere. */
export function describePriceEvent(entry: TimelineFacts, reader: Reader = neutralReader): string {
  const kind = priceEventKinds.find((known) => known === entry.kind);
  return kind === undefined ? describeEvent(entry, reader) : describe({ ...entry, kind }, reader);
}

function describe(entry: TimelineFacts & { kind: PriceEventKind }, reader: Reader): string {
  const { kind, facts } = entry;
  const person =
    entry.actor === null ? null : `${entry.actor}${when(entry.actingFor ?? null, ', acting for ')}`;
  const by = when(person, ' by ');
  const who = person ?? 'The system';
  const said = when(textOf(facts, 'words'), ' “', '”');
  switch (kind) {
    case 'submitted':
      return `Asked for${by}${when(priceWords(facts, reader), ': ')}.${said}`;
    case 'routed':
      return facts['clearsAtOnce'] === true
        ? 'Nobody has to be asked: it clears at once.'
        : `It goes to ${rolesWords(facts) ?? 'whoever may decide it'}${when(instantWords(facts, 'due', reader), ', due ')}.`;
    case 'task_opened':
      return `Went to ${roleOf(facts) ?? 'whoever may decide it'}${when(instantWords(facts, 'due', reader), ', due ')}.`;
    case 'decided':
      return `${who}: ${outcomeDone(textOf(facts, 'outcome') ?? 'decided').toLowerCase()}${when(reasonOf(facts), ', ')}.${said}${when(instantWords(facts, 'effective', reader), ' Takes effect ', '.')}`;
    case 'agreed':
      return `Agreed${when(roleOf(facts), ' to by ')}${by}.${said}`;
    case 'information_requested':
      return `${who} asked for ${termsWords(facts) ?? 'information'}${when(instantWords(facts, 'answerBy', reader), ', to be answered by ')}.${said}`;
    case 'resubmitted':
      return `${who} answered with the terms as they now are${roundWords(facts)}${when(priceWords(facts, reader), ': ')}.${said}`;
    case 'counter_offered':
      return `${who} made a counter-offer${when(priceWords(facts, reader), ': ')}${when(instantWords(facts, 'lapses', reader), '; it lapses ')}.${said}`;
    case 'counter_accepted':
      return `${who} accepted the counter-offer${roundWords(facts)}.${said}`;
    case 'counter_declined':
      return `${who} declined the counter-offer.${said}`;
    case 'counter_lapsed':
      return 'The counter-offer was not answered in time and lapsed.';
    case 'approved':
      return `Approved${by}${when(textOf(facts, 'agreementReference'), ': agreement ')}.${said}`;
    case 'rejected':
      return `Denied${by}${when(reasonOf(facts), ': ')}.${said}`;
    case 'recalled':
    case 'withdrawn':
      return `Taken back${by}${kind === 'withdrawn' ? when(reasonOf(facts), ': ') : ''}.${said}`;
    case 'registration_ended':
      return 'The registration that it belongs to ended.';
    case 'agreement_began':
      return `The agreement holds${when(dayWords(facts, 'validUntil', reader), ' until ')}.`;
    case 'agreement_revised':
      return `Changed${when(dayWords(facts, 'appliesFrom', reader), ' for sales from ')}${versionOf(facts)}.`;
    case 'agreement_extended':
      return `${who} extended it${when(dayWords(facts, 'validUntil', reader), ' until ')}.${said}`;
    case 'expiry_reminded':
      return `A reminder was sent that it ends${when(dayWords(facts, 'validUntil', reader), ' on ')}.`;
    case 'expired':
      return `It ended${when(dayWords(facts, 'validUntil', reader), ' on ')}.`;
    case 'ended':
      return `Ended before its time${by}${when(endOf(facts), ': ')}.${said}`;
    default:
      return kind satisfies never;
  }
}

/** "€1,336,500.00, 34 % below the standard price". */
function priceWords(facts: Facts, reader: Reader): string | null {
  const net = moneyOf(facts, 'net', reader);
  const discount = numberOf(facts, 'discountPpm');
  const below = discount === null ? null : `${formatPpm(discount, reader)} below the standard price`;
  const parts = [net, below].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}

const roleName = (role: string): string => `the ${(lookUp(roleWords, role) ?? inWords(role)).toLowerCase()}`;

function roleOf(facts: Facts): string | null {
  const role = textOf(facts, 'role') ?? textOf(facts, 'askedRole');
  return role === null ? rolesWords(facts) : roleName(role);
}

function rolesWords(facts: Facts): string | null {
  const roles = textsOf(facts, 'roles');
  return roles.length === 0 ? null : listWords(roles.map(roleName));
}

function termsWords(facts: Facts): string | null {
  const fields = textsOf(facts, 'fields');
  const name = (field: string): string => lookUp(priceTermWords, field) ?? fieldName(field);
  return fields.length === 0 ? null : listWords(fields.map((field) => name(field).toLowerCase()));
}

function reasonOf(facts: Facts): string | null {
  const words = textOf(facts, 'reasonWords');
  if (words !== null) return words.toLowerCase().replace(/[.]$/, '');
  const code = textOf(facts, 'closureCode') ?? textOf(facts, 'reasonCode') ?? textOf(facts, 'reasonKey');
  return code === null ? null : (lookUp(priceClosureWords, code) ?? inWords(code)).toLowerCase();
}

function endOf(facts: Facts): string | null {
  const code = textOf(facts, 'endedCode') ?? textOf(facts, 'closureCode');
  return code === null ? null : inWords(code);
}

function roundWords(facts: Facts): string {
  const round = numberOf(facts, 'round');
  return round === null ? '' : `; round ${round} begins`;
}

function versionOf(facts: Facts): string {
  const version = numberOf(facts, 'version');
  const kind = textOf(facts, 'kind');
  return version === null
    ? ''
    : `: version ${version}${kind === null ? '' : ` (${sentence(inWords(kind)).toLowerCase()})`}`;
}
