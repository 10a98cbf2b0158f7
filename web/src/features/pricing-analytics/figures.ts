import type { PricingAnalytics } from '../../../../api/contract/pricing-analytics.ts';
import { inWords, lookUp, roleWords, sentence } from '../../../../domain/words/en.ts';
import {
  countWords,
  formatMoney,
  formatPlainMinutes,
  formatPpm,
  listWords,
} from '../../../../domain/words/reader.ts';
import type { Reader } from '../../../../domain/words/reader.ts';

/* The figures of special pricing in sentences: what a plot shows, for whoever reads words first. */

export const bandName = (key: string): string => sentence(inWords(key));
export const roleName = (role: string): string => lookUp(roleWords, role) ?? sentence(inWords(role));

/** "3 h", "2 days"; "not yet" where fewer than so many were decided. */
export function timeWords(seconds: number | null): string {
  return seconds === null ? 'not yet' : formatPlainMinutes(Math.round(seconds / 60));
}

type Times = PricingAnalytics['byBand'] | PricingAnalytics['byTeam'];

/** "120 requests, 14 not decided: these count as open so far." */
export function timesSentence(rows: Times, what: string): string {
  const sum = (key: 'cases' | 'censored'): number => rows.reduce((total, row) => total + row[key], 0);
  if (sum('cases') === 0) return `No ${what} in this period.`;
  return sum('censored') === 0
    ? `${countWords(sum('cases'), what)}, all decided.`
    : `${countWords(sum('cases'), what)}; ${sum('censored')} without a decision count as open for as long as they were.`;
}

/** "62 % cleared at once: 31 of 50 requests; 19 asked somebody." */
export function atOnceSentence(
  { requests, cleared, sharePpm }: PricingAnalytics['atOnce'],
  reader: Reader,
): string {
  if (sharePpm === null) return 'No request was routed in this period.';
  return `${formatPpm(sharePpm, reader)} cleared at once: ${cleared} of ${countWords(requests, 'request')}; ${requests - cleared} asked somebody.`;
}

/** "Over 10 % to 15 %", "No discount", "Over 40 %". */
export function className(
  { abovePpm, toPpm }: Pick<PricingAnalytics['winRate'][number], 'abovePpm' | 'toPpm'>,
  reader: Reader,
): string {
  if (abovePpm === null) return 'None';
  if (toPpm === null) return `Over ${formatPpm(abovePpm, reader)}`;
  return `${formatPpm(abovePpm, reader)} to ${formatPpm(toPpm, reader)}`;
}

/** "Of 40 approved requests 18 were won and 9 were not; of 13 it is not known yet." */
export function winSentence(rows: PricingAnalytics['winRate']): string {
  const sum = (key: 'approved' | 'won' | 'notWon'): number =>
    rows.reduce((total, row) => total + row[key], 0);
  const [approved, won, notWon] = [sum('approved'), sum('won'), sum('notWon')];
  if (approved === 0) return 'Nothing was approved in this period.';
  return `Of ${countWords(approved, 'approved request')} ${won} ${won === 1 ? 'was' : 'were'} won and ${notWon} ${notWon === 1 ? 'was' : 'were'} not; of ${approved - won - notWon} it is not known yet.`;
}

/** "€120,000.00 and US$4,000.00 beyond policy, in 31 requests." */
export function leakageSentence({ requests, beyond }: PricingAnalytics['leakage'], reader: Reader): string {
  if (requests === 0) return 'Nothing was given beyond what the policy gives without asking.';
  return `${listWords(beyond.map((amount) => formatMoney(amount, reader)))} beyond what the policy gives without asking, in ${countWords(requests, 'request')}.`;
}

const causeWords: Readonly<Record<string, string>> = {
  margin_whole: 'margin of the whole',
  margin_line: 'margin of a line',
  cost_unknown: 'unknown cost',
  term_exception: 'terms',
  value: 'value of the deal',
};

/** What beside the discount sent a request up: "margin of a line, terms". */
export function causesWords(causes: readonly string[]): string {
  return causes.map((cause) => lookUp(causeWords, cause) ?? inWords(cause)).join(', ');
}
