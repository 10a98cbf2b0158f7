import {
  activityWords,
  closureWords,
  fieldName,
  inWords,
  leftOutSentence,
  lookUp,
  outcomeDone,
  outcomeWords,
  roleWords,
  sentence,
  clockName,
} from './en.ts';
import { dayWords, instantWords, numberOf, textOf, textsOf, when, type Facts } from './facts.ts';
import { describePricingEvent } from './special-pricing.ts';
import { countWords, formatPpm, listWords, neutralReader, type Reader } from './reader.ts';

/**
 * The kinds of event in the life of a registration, in the order in which they usually come. Beside each: the
 * facts its sentence uses (all optional; instants as `…At` ISO text or `…Ms`).
 */
export const eventKinds = [
  /** queue, partnerName, findings */
  'submitted',
  /** queue; for the vendor matches: [{ verdict }] */
  'matched',
  /** taskKind, queue, role, dueAt */
  'task_opened',
  /** outcome, reasonCode, words, effectiveAt */
  'decided',
  /** outcome */
  'decision_retracted',
  /** fields, words, answerByAt */
  'information_requested',
  /** fields, words */
  'information_answered',
  /** words, audience */
  'note_written',
  /** closureCode, words */
  'withdrawn',
  /** words, leftOut: families not protected */
  'approved',
  /** closureCode, words, byMachine */
  'rejected',
  /** cause, otherReference */
  'conflict_opened',
  /** outcome, words */
  'conflict_resolved',
  /** fromAt, untilAt, families */
  'protection_started',
  /** words, protectedUntilAt */
  'extension_requested',
  /** granted, protectedUntil */
  'extension_decided',
  /** activities, words */
  'activity_reported',
  /** revokeAt, missing */
  'at_risk',
  /** closureCode, words */
  'revoked',
  /** protectedUntilAt */
  'expired',
  /** protectedUntilAt, daysLeft */
  'expiry_reminded',
  /** fields, words, needsApproval */
  'amended',
  /** outcome, words */
  'amendment_decided',
  /** fromPartnerName, toPartnerName, words */
  'transferred',
  /** orderReference, words */
  'won',
  /** closureCode, words */
  'lost',
  /** queue, answerBy, words */
  'appealed',
  /** outcome, words */
  'appeal_decided',
  /** verdict, otherName, words */
  'pair_judged',
  /** personId, taskKind, words */
  'task_reassigned',
  /** policyVersion */
  'auto_approved',
  /** clock, to: a role */
  'escalated',
  /** fileName, originalAt */
  'imported',
  /** reference */
  'rival_joined',
  'rivals_gone',
  /** members */
  'window_closed',
  /** clock, dueAt */
  'reminded',
  /** clock */
  'clock_breached',
  /** clock */
  'case_final',
  'clocks_held',
  'clocks_released',
  'window_looked_at',
  'clock_looked_at',
] as const;
export type EventKind = (typeof eventKinds)[number];

export interface TimelineFacts {
  readonly kind: string;
  /** The name of the person who did it; null when nobody did. */
  readonly actor: string | null;
  /** The name of the absent person in whose place a deputy did it. */
  readonly actingFor?: string | null;
  readonly facts: Facts;
}

/** One sentence about one event, for the timeline. A kind unknown to this catalogue is said by its own name. */
export function describeEvent(entry: TimelineFacts, reader: Reader = neutralReader): string {
  const kind = eventKinds.find((known) => known === entry.kind);
  if (kind === undefined)
    return (
      describePricingEvent(entry, actorWords(entry), reader) ?? `${sentence(inWords(entry.kind))}.`
    );
  return describe({ ...entry, kind }, reader);
}

/** "X", or of a deputy "X, acting for Y"; null when nobody did it. */
function actorWords({ actor, actingFor }: Pick<TimelineFacts, 'actor' | 'actingFor'>): string | null {
  return actor === null ? null : `${actor}${when(actingFor ?? null, ', acting for ')}`;
}

function describe(entry: TimelineFacts & { kind: EventKind }, reader: Reader): string {
  const { kind, facts } = entry;
  const by = when(actorWords(entry), ' by ');
  const deputys = entry.actingFor === null || entry.actingFor === undefined ? '' : ',';
  const who = when(actorWords(entry), '', deputys) || 'The system';
  const said = quoted(facts);
  switch (kind) {
    case 'submitted':
      return `Registered${by}${when(queueOrNull(facts), '; it went to ')}.${when(instantWords(facts, 'answerBy', reader), ' An answer is promised by ', '.')}`;
    case 'matched':
      return `Checked for conflicts${when(matchWords(facts), ': ')}${when(queueOrNull(facts), '; it waits for ')}.`;
    case 'task_opened':
      return `Went to ${queueWords(facts)}${when(instantWords(facts, 'due', reader), ', due ')}.`;
    case 'decided':
      return `${who} ${decidedWords(facts)}${when(reasonOf(facts), ': ')}.${said}${leftOutWords(facts)}${when(instantWords(facts, 'effective', reader), ' Takes effect ', '.')}`;
    case 'decision_retracted':
      return `${who} took the decision back${when(outcomeOf(facts), ' (', ')')} before it took effect.`;
    case 'information_requested':
      return `${who} asked for ${fieldsWords(facts) ?? 'information'}${when(instantWords(facts, 'answerBy', reader), ', to be answered by ')}.${said}`;
    case 'information_answered':
      return `${who} answered${when(fieldsWords(facts), ' and corrected ')}.${said}`;
    case 'note_written':
      return `${who} wrote a note${textOf(facts, 'audience') === 'vendor' ? ' for colleagues' : ''}.${said}`;
    case 'withdrawn':
      return `Withdrawn${by}${when(reasonOf(facts), ': ')}.${said}`;
    case 'approved':
      return `Approved${by}${when(instantWords(facts, 'protectedUntil', reader), '; protected until ')}${when(shareWords(facts, reader), '; ')}.${leftOutWords(facts)}${said}`;
    case 'rejected':
      return `Rejected${by || (facts['byMachine'] === true ? ' by rule' : '')}${when(reasonOf(facts), ': ')}.${said}`;
    case 'conflict_opened':
      return `A conflict was opened${by}${when(causeOf(facts), ': ')}. Deadlines and protection stand still until it is decided.`;
    case 'conflict_resolved':
      return `The conflict was decided${by}${when(outcomeOf(facts), ': ')}.${said}`;
    case 'protection_started':
      return `Protected${when(dayWords(facts, 'from', reader), ' from ')}${when(dayWords(facts, 'until', reader), ' until ')}${when(familiesWords(facts), ' for ')}.`;
    case 'extension_requested':
      return `${who} asked for an extension.${said}`;
    case 'extension_decided':
      return wasRefused(facts)
        ? `The extension was refused${by}.${said}`
        : `The extension was granted${by}${when(dayWords(facts, 'protectedUntil', reader), ': protected until ')}.${said}`;
    case 'activity_reported':
      return `${who} reported ${activitiesWords(facts) ?? 'sales activity'}.${said}`;
    case 'at_risk':
      return `At risk: the sales activity that the program asks for was not reported${when(dayWords(facts, 'revoke', reader), '. Protection is revoked on ', ' unless it is')}.`;
    case 'revoked':
      return `Protection was revoked${by}${when(reasonOf(facts), ': ')}.${said}`;
    case 'expired':
      return `Protection ended${when(dayWords(facts, 'protectedUntil', reader), ' on ')}.`;
    case 'expiry_reminded':
      return `The partner was reminded that protection ends${when(dayWords(facts, 'protectedUntil', reader), ' on ')}${when(daysWords(facts), ' (', ')')}.`;
    case 'amended':
      return `${who} amended ${fieldsWords(facts) ?? 'the registration'}${needsApproval(facts) ? '; this needs approval again' : ''}.${said}`;
    case 'amendment_decided':
      return `The amendment was ${wasRefused(facts) ? 'refused' : 'approved'}${by}.${said}`;
    case 'transferred':
      return `Transferred${by}${when(textOf(facts, 'fromPartnerName'), ' from ')}${when(textOf(facts, 'toPartnerName'), ' to ')}.${said}`;
    case 'won':
      return `Reported as won${by}${when(textOf(facts, 'orderReference'), ', order ')}.${said}`;
    case 'lost':
      return `Reported as lost${by}${when(reasonOf(facts), ': ')}.${said}`;
    case 'appealed':
      return `${who} appealed against the denial${when(instantWords(facts, 'answerBy', reader), '; to be decided by ')}.${said}`;
    case 'appeal_decided':
      return textOf(facts, 'outcome') === 'overturn'
        ? `The appeal succeeded${by}.${said}`
        : `The denial was upheld on appeal${by}; this is final.${said}`;
    case 'pair_judged':
      return `${who} judged ${textOf(facts, 'otherName') ?? 'the other customer'} to be ${textOf(facts, 'verdict') === 'same' ? 'the same company' : 'a different company'}.${said}`;
    case 'task_reassigned':
      return `${who} handed the task ${handedTo(facts)}.${said}`;
    case 'auto_approved':
      return 'Approved by rule: nobody decided in time, and nothing stood against it.';
    case 'escalated':
      return `Escalated${when(toRoleWords(facts), ' to ')}: ${clockOf(facts)} is late or about to be.`;
    case 'imported':
      return `Imported${by}${when(textOf(facts, 'fileName'), ' from ')}${when(dayWords(facts, 'original', reader), '; registered originally on ')}.`;
    case 'rival_joined':
      return 'Another registration of the same opportunity came in; both are decided together.';
    case 'rivals_gone':
      return 'The other registrations of the same opportunity are gone; this one is decided alone again.';
    case 'window_closed':
      return `The review window closed${membersWords(facts)}.`;
    case 'reminded':
      return `A reminder was sent: ${clockOf(facts)} is due${when(instantWords(facts, 'due', reader), ' ')}.`;
    case 'clock_breached':
      return `${sentence(clockOf(facts))} is late.`;
    case 'case_final':
      return `${sentence(clockOf(facts))} is over: what was decided is final.`;
    case 'clock_looked_at':
      return 'The clocks were looked at; nothing was due.';
    case 'clocks_held':
      return `Every clock stands still${when(textsOf(facts, 'reasons').join('; '), ': ')}.`;
    case 'clocks_released':
      return 'The hold is over: the clocks run on from where they stood.';
    case 'window_looked_at':
      return 'News of the review window came twice; nothing changed.';
    default:
      return kind satisfies never;
  }
}

/** One sentence about a mail of a case. `facts`: `to` (a name) or `role`, `delivered`, and `skipped`: why it did not have to leave. */
export function describeMailEntry({ kind, facts }: { kind: string; facts: Facts }): string {
  const role = textOf(facts, 'role');
  const to =
    textOf(facts, 'to') ??
    (role === null ? null : `everybody in the role “${lookUp(roleWords, role) ?? inWords(role)}”`);
  const mail = `Mail “${inWords(kind)}”${when(to, ' to ')}`;
  const skipped = textOf(facts, 'skipped');
  switch (skipped) {
    case null:
      return facts['delivered'] === false ? `${mail}, on its way.` : `${mail}.`;
    case 'preference':
      return `${mail} was not sent: the reader wants no mail of this kind.`;
    case 'inactive':
      return `${mail} was not sent: the account is closed.`;
    default:
      return `${mail} was not sent: ${inWords(skipped)}.`;
  }
}

/** That it is shared, and the part; null when it is not. */
function shareWords(facts: Facts, reader: Reader): string | null {
  const part = numberOf(facts, 'benefitPpm');
  return part === null ? null : `shared, with ${formatPpm(part, reader)} of the benefit`;
}

/** What the approval left out, as a sentence of its own; nothing when it is of all families. */
function leftOutWords(facts: Facts): string {
  const families = textsOf(facts, 'leftOut');
  return families.length === 0 ? '' : ` ${leftOutSentence(families)}`;
}

function quoted(facts: Facts): string {
  return when(textOf(facts, 'words'), ' “', '”');
}

function outcomeOf(facts: Facts): string | null {
  const outcome = textOf(facts, 'outcome');
  return outcome === null ? null : outcomeDone(outcome).toLowerCase();
}

function decidedWords(facts: Facts): string {
  const outcome = textOf(facts, 'outcome');
  return outcome === null
    ? 'decided'
    : (lookUp(outcomeWords, outcome)?.done ?? inWords(outcome)).toLowerCase();
}

/** The reason in words: those of the program first, else of its closure code, else of its key. */
function reasonOf(facts: Facts): string | null {
  const words = textOf(facts, 'reasonWords');
  if (words !== null) return words.toLowerCase().replace(/[.]$/, '');
  const code = textOf(facts, 'closureCode') ?? textOf(facts, 'reasonCode') ?? textOf(facts, 'reasonKey');
  return code === null ? null : (lookUp(closureWords, code) ?? inWords(code)).toLowerCase();
}

function causeOf(facts: Facts): string | null {
  const cause = textOf(facts, 'cause');
  switch (cause) {
    case null:
      return null;
    case 'sent_by_reviewer':
      return 'the reviewer sent it there';
    case 'direct_engaged':
      return "the vendor's own sales team works this customer";
    case 'slot_taken':
      return 'the customer and product were protected meanwhile';
    default:
      return inWords(cause);
  }
}

/** What the comparison found, for those who may know: null when the facts do not tell. */
function matchWords(facts: Facts): string | null {
  const matches = facts['matches'];
  if (!Array.isArray(matches)) return null;
  if (matches.length === 0) return 'nothing alike was found';
  const verdicts = matches.map((match: unknown) =>
    typeof match === 'object' && match !== null
      ? (textOf(match as Facts, 'verdict') ?? 'possible')
      : 'possible',
  );
  const parts = [...new Set(verdicts)].map((verdict) => {
    const count = verdicts.filter((one) => one === verdict).length;
    return countWords(count, `${inWords(verdict)} match`, `${inWords(verdict)} matches`);
  });
  return `found ${listWords(parts)}`;
}

function queueOrNull(facts: Facts): string | null {
  const queue = textOf(facts, 'queue');
  return queue === null ? null : inWords(queue);
}

function clockOf(facts: Facts): string {
  return `the ${clockName(textOf(facts, 'clock') ?? textOf(facts, 'clockKind') ?? 'decision').toLowerCase()}`;
}

function needsApproval(facts: Facts): boolean {
  const needs = facts['needsApproval'];
  return needs === true || (Array.isArray(needs) && needs.length > 0);
}

function wasRefused(facts: Facts): boolean {
  return facts['granted'] === false || textOf(facts, 'outcome') === 'refuse';
}

function handedTo(facts: Facts): string {
  const name = textOf(facts, 'toName');
  if (name !== null) return `to ${name}`;
  return textOf(facts, 'personId') === null ? 'back to its queue' : 'to another person';
}

function queueWords(facts: Facts): string {
  const queue = textOf(facts, 'queue') ?? textOf(facts, 'role');
  return queue === null ? 'a person' : sentence(inWords(queue));
}

function toRoleWords(facts: Facts): string | null {
  const role = textOf(facts, 'to') ?? textOf(facts, 'toRole');
  return role === null ? null : `the ${(lookUp(roleWords, role) ?? inWords(role)).toLowerCase()}`;
}

function fieldsWords(facts: Facts): string | null {
  const fields = textsOf(facts, 'fields');
  return fields.length === 0 ? null : listWords(fields.map((field) => fieldName(field).toLowerCase()));
}

function familiesWords(facts: Facts): string | null {
  const families = textsOf(facts, 'families');
  return families.length === 0 ? null : listWords(families.map(inWords));
}

function activitiesWords(facts: Facts): string | null {
  const activities = textsOf(facts, 'activities');
  if (activities.length === 0) return null;
  return listWords(
    activities.map((activity) => (lookUp(activityWords, activity) ?? inWords(activity)).toLowerCase()),
  );
}

function daysWords(facts: Facts): string | null {
  const days = numberOf(facts, 'daysLeft');
  return days === null ? null : `${countWords(days, 'day')} before`;
}

function membersWords(facts: Facts): string {
  const members = numberOf(facts, 'members');
  if (members === null) return '';
  return members <= 1 ? '; no other registration came in' : ` with ${countWords(members, 'registration')}`;
}
