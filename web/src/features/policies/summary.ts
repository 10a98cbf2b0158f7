import { calendarName } from '../../../../domain/words/clocks.ts';
import { inWords, sentence } from '../../../../domain/words/en.ts';
import { countWords } from '../../../../domain/words/reader.ts';

type Held = Readonly<Record<string, unknown>>;

/**
 * The lines of a policy that people ask for first, in words. A draft may still be incomplete: what is missing or of
 * another shape is left out here, and named by the API when it is saved.
 */
export function summarise(body: Held): { label: string; value: string }[] {
  const at = (...path: string[]): unknown => path.reduce<unknown>((value, key) => held(value)[key], body);
  const lines: [label: string, value: string | null][] = [
    ['Calendar', textWords(at('calendarName'), calendarName)],
    ['Currency', textWords(at('currency'), (text) => text)],
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
    ['Demonstration', at('demonstration') === true ? 'yes: counts in minutes' : null],
  ];
  return lines.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
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
