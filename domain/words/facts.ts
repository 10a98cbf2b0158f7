import { formatDay, formatInstant, formatMoney, type Reader } from './reader.ts';

/*
 * Reading facts that were written with an event, perhaps by an older version: each answers null when the fact is
 * absent or of another shape, and the sentence then leaves that part out rather than printing "undefined".
 */

export type Facts = Readonly<Record<string, unknown>>;

export function textOf(facts: Facts, key: string): string | null {
  const value = facts[key];
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

export function numberOf(facts: Facts, key: string): number | null {
  const value = facts[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function textsOf(facts: Facts, key: string): string[] {
  const value = facts[key];
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === 'string' && item !== '')
    : [];
}

/** An instant fact: ISO text under `<name>At`, or epoch milliseconds under `<name>Ms` or `<name>AtMs`; as ISO text. */
export function instantOf(facts: Facts, name: string): string | null {
  const text = textOf(facts, `${name}At`) ?? textOf(facts, name);
  if (text !== null && !Number.isNaN(Date.parse(text))) return text;
  const epochMs = numberOf(facts, `${name}Ms`) ?? numberOf(facts, `${name}AtMs`);
  // The range of a Date; beyond it toISOString throws.
  return epochMs === null || Math.abs(epochMs) > 8.64e15 ? null : new Date(epochMs).toISOString();
}

/** An amount fact: `{ amountMinor, currency }` under `name`, or `<name>Minor` beside `currency`. */
export function moneyOf(facts: Facts, name: string, reader: Reader): string | null {
  const value = facts[name];
  if (typeof value === 'object' && value !== null) {
    const held = value as Facts;
    const [amountMinor, currency] = [numberOf(held, 'amountMinor'), textOf(held, 'currency')];
    return amountMinor === null || currency === null ? null : formatMoney({ amountMinor, currency }, reader);
  }
  const [amountMinor, currency] = [numberOf(facts, `${name}Minor`), textOf(facts, 'currency')];
  return amountMinor === null || currency === null ? null : formatMoney({ amountMinor, currency }, reader);
}

export function instantWords(facts: Facts, name: string, reader: Reader): string | null {
  const at = instantOf(facts, name);
  return at === null ? null : formatInstant(at, reader);
}

export function dayWords(facts: Facts, name: string, reader: Reader): string | null {
  const at = instantOf(facts, name);
  return at === null ? null : formatDay(at, reader);
}

/** `part` between `before` and `after`, or nothing when the part is not known. */
export function when(part: string | null, before: string, after = ''): string {
  return part === null || part === '' ? '' : `${before}${part}${after}`;
}
