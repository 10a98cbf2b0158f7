import { decimalsOf } from '../../../domain/words/reader.ts';

/**
 * Minor units of an amount as people type it: "48000", "48,000.50", "48.000,50", "48 000". The last separator is
 * the decimal one when at most as many digits follow as the currency has decimals. Null when it is no amount.
 */
export function minorOf(text: string, currency: string): number | null {
  const compact = text.replaceAll(/[\s'\u00a0\u202f]/g, '');
  if (!/^\d[\d.,]*$/.test(compact)) return null;
  const decimals = decimalsOf(currency);
  const last = Math.max(compact.lastIndexOf('.'), compact.lastIndexOf(','));
  const after = last === -1 ? '' : compact.slice(last + 1);
  const hasFraction = last !== -1 && after.length > 0 && after.length <= decimals;
  const whole = (hasFraction ? compact.slice(0, last) : compact).replaceAll(/[.,]/g, '');
  const minor = Number(`${whole}${(hasFraction ? after : '').padEnd(decimals, '0')}`);
  return Number.isSafeInteger(minor) ? minor : null;
}

/** "48000.50" of an amount, for an input. */
export function majorTextOf(amount: { amountMinor: number; currency: string }): string {
  const decimals = decimalsOf(amount.currency);
  const digits = String(amount.amountMinor).padStart(decimals + 1, '0');
  if (decimals === 0) return digits;
  const [whole, fraction] = [digits.slice(0, -decimals), digits.slice(-decimals)];
  return /^0+$/.test(fraction) ? whole : `${whole}.${fraction}`;
}
