import { calendarName } from '../../../../domain/words/clocks.ts';
import type { Role } from '../../../../domain/access.ts';
import { inWords, roleWords, sentence } from '../../../../domain/words/en.ts';
import type { PolicyKind } from '../../../../domain/policy-document.ts';
import { countWords, formatMoney, formatPpm, listWords } from '../../../../domain/words/reader.ts';

type Held = Readonly<Record<string, unknown>>;
type Line = readonly [label: string, value: string | null];
/** The value at a place of a body of any shape; undefined where there is none. */
type At = (...path: string[]) => unknown;

/**
 * The lines of a policy that people ask for first, in words. A draft may still be incomplete: what is missing or of
 * another shape is left out here, and named by the API when it is saved.
 */
export function summarise(kind: PolicyKind, body: Held): { label: string; value: string }[] {
  const at: At = (...path) => path.reduce<unknown>((value, key) => held(value)[key], body);
  const lines: readonly Line[] = [
    ['Calendar', textWords(at('calendarName'), calendarName)],
    ['Currency', textWords(at('currency'), (text) => text)],
    ...linesOf[kind](at),
    ['Demonstration', at('demonstration') === true ? 'yes: counts in minutes' : null],
  ];
  return lines.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}

const linesOf: Readonly<Record<PolicyKind, (at: At) => readonly Line[]>> = {
  'deal-registration': (at) => [
    ['First response', lengthWords(at('firstResponse', 'otherwise'))],
    ['Decision', lengthWords(at('decision', 'within'))],
    ["Partner's time to answer", lengthWords(at('information', 'answerWithin'))],
    ['Review window', lengthWords(at('reviewWindow'))],
    ['Undo window', secondsWords(at('undoWindowSeconds'))],
    ['Protection', lengthWords(at('protection', 'otherwise'))],
    ['Counted from', textWords(at('protection', 'countedFrom'), inWords)],
    ['Extensions', stepsWords(at('extension', 'steps'))],
    ['Activity check', at('activityCheck') === null ? 'none' : lengthWords(at('activityCheck', 'after'))],
    ['Quiet period', at('quietPeriod') === null ? 'none' : lengthWords(at('quietPeriod'))],
    ['Appeal', at('appeal') === null ? 'none' : lengthWords(at('appeal', 'within'))],
    ['Public tenders', textWords(at('eligibility', 'rfp'), inWords)],
    ['Who wins', criteriaWords(at('whoWins', 'criteria'))],
    ['Denial by rule', textWords(at('machineDenial'), inWords)],
    ['A denial tells', textWords(at('disclosure', 'denial'), inWords)],
  ],
  'special-pricing': (at) => [
    ...bandLines(at('bands'), at('currency')),
    ['Margin floors', floorWords(at('marginFloors', 'byFamily'), at('marginFloors', 'otherPpm'))],
    ['Tier discounts', ratesWords(at('tierDiscounts'))],
    ['Approved registration', switchWords(at('registrationNeeded'), ['needed', 'not needed'])],
    ['Counted as one deal', daysWords(at('sameDealWithinDays'))],
    ['Valid', rangeWords(at('validity', 'leastDays'), at('validity', 'mostDays'))],
    ['Undo window', secondsWords(at('undoWindowSeconds'))],
    ['End of a quarter', quarterWords(at('quarterEnd'))],
    ['Counter-offer', lengthWords(at('counterOfferWithin'))],
    ["Partner's time to answer", lengthWords(at('information', 'answerWithin'))],
    ['Distributor buys at list less', rateWords(at('distributorDiscountPpm'))],
    ['Distributor keeps', rateWords(at('distributorMarginPpm'))],
    ['Price list in force at', textWords(at('priceInForceAt'), inWords)],
    ['Claims after the end of the month', daysWords(at('claimWindow', 'daysAfterMonthEnd'))],
  ],
};

/** A line for each band of the matrix: up to which discount, who is asked, how long they have, from which value on more. */
function bandLines(value: unknown, currency: unknown): Line[] {
  if (!Array.isArray(value)) return [];
  return value.map((band: unknown): Line => {
    const { toPpm, asks, answerWithin, valueBump } = held(band);
    const { roles, quorum } = held(asks);
    const upTo = typeof toPpm === 'number' ? `Discount up to ${formatPpm(toPpm)}` : 'Any larger discount';
    if (!Array.isArray(roles)) return [upTo, withBump('clears at once', valueBump, currency)];
    const many = typeof quorum === 'number' && quorum < roles.length ? `${quorum} of ` : '';
    const within = lengthWords(answerWithin);
    return [
      upTo,
      withBump(
        `${many}${rolesWords(roles)}${within === null ? '' : `, within ${within}`}`,
        valueBump,
        currency,
      ),
    ];
  });
}

/** What a larger value changes, behind what holds for every one. */
function withBump(words: string, bump: unknown, currency: unknown): string {
  const { aboveMinor, effect, roles } = held(bump);
  if (typeof aboveMinor !== 'number' || typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency))
    return words;
  const above = formatMoney({ amountMinor: aboveMinor, currency });
  return `${words}; above ${above} ${effect === 'add' && Array.isArray(roles) ? `the ${rolesWords(roles)} as well` : 'one level up'}`;
}

function rolesWords(roles: readonly unknown[]): string {
  return listWords(roles.map((role) => roleWords[role as Role]?.toLowerCase() ?? String(role)));
}

function rateWords(value: unknown): string | null {
  return typeof value === 'number' ? formatPpm(value) : null;
}

function switchWords(value: unknown, [on, off]: readonly [string, string]): string | null {
  return typeof value === 'boolean' ? (value ? on : off) : null;
}

function ratesWords(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const rates = Object.entries(held(value)).map(([name, rate]) => `${name} ${rateWords(rate) ?? '?'}`);
  return rates.length === 0 ? 'none' : rates.join(', ');
}

function floorWords(byFamily: unknown, other: unknown): string | null {
  const others = rateWords(other);
  const parts = [ratesWords(byFamily), others === null ? null : `other families ${others}`];
  return parts.filter((part) => part !== null).join(', ') || null;
}

function daysWords(value: unknown): string | null {
  return typeof value === 'number' ? countWords(value, 'day') : null;
}

function rangeWords(least: unknown, most: unknown): string | null {
  return typeof least === 'number' && typeof most === 'number'
    ? `${least} to ${countWords(most, 'day')}`
    : null;
}

function quarterWords(value: unknown): string | null {
  if (value === null) return 'as at any other time';
  const { lastBusinessDays, lengthPpm } = held(value);
  return typeof lastBusinessDays === 'number' && typeof lengthPpm === 'number'
    ? `clocks of the last ${countWords(lastBusinessDays, 'business day')} run on ${formatPpm(lengthPpm)}`
    : null;
}

function held(value: unknown): Held {
  return typeof value === 'object' && value !== null ? (value as Held) : {};
}

function textWords(value: unknown, say: (text: string) => string): string | null {
  return typeof value === 'string' && value !== '' ? sentence(say(value)) : null;
}

function lengthWords(value: unknown): string | null {
  const { amount, unit } = held(value);
  return typeof amount === 'number' && typeof unit === 'string' ? countWords(amount, inWords(unit)) : null;
}

function secondsWords(value: unknown): string | null {
  return typeof value === 'number' ? countWords(value, 'second') : null;
}

function stepsWords(value: unknown): string | null {
  if (!Array.isArray(value)) return null;
  if (value.length === 0) return 'none';
  return value
    .map((step) => {
      const by = held(step)['by'];
      return `${lengthWords(held(step)['length']) ?? '?'}${typeof by === 'string' ? ` by the ${inWords(by)}` : ''}`;
    })
    .join(', then ');
}

function criteriaWords(value: unknown): string | null {
  if (!Array.isArray(value)) return null;
  const rules = value.map((criterion) => held(criterion)['rule']).filter((rule) => typeof rule === 'string');
  return rules.length === 0 ? null : sentence(rules.map(inWords).join(', then '));
}
