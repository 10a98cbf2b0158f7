/**
 * Reads an amount as files and people write it, exactly: an optional minus, digits, a point and at most as many decimals as the
 * currency has. Anything that two readers would read as two amounts is refused: a comma may mean decimals or thousands.
 */
export const amountFaults = [
  'empty',
  'formula',
  'comma',
  'not_an_amount',
  'too_many_decimals',
  'too_large',
] as const;
export type AmountFault = (typeof amountFaults)[number];

export type ReadAmount =
  | { readonly ok: true; readonly amountMinor: number }
  | { readonly ok: false; readonly fault: AmountFault };

const AMOUNT = /^(-?)(\d{1,15})(?:\.(\d+))?$/u;

/** `decimals`: how many the currency has (0 to 4). Zeros beyond them are allowed, other digits are not. */
export function readAmount(text: string, decimals: number): ReadAmount {
  const written = text.trim();
  if (written === '') return { ok: false, fault: 'empty' };
  if (/^[=+@]/u.test(written)) return { ok: false, fault: 'formula' };
  if (written.includes(',')) return { ok: false, fault: 'comma' };
  const [whole, minus = '', digits = '', fraction = ''] = AMOUNT.exec(written) ?? [];
  if (whole === undefined) return { ok: false, fault: 'not_an_amount' };
  if (/[1-9]/u.test(fraction.slice(decimals))) return { ok: false, fault: 'too_many_decimals' };
  const minor = BigInt(`${digits}${fraction.slice(0, decimals).padEnd(decimals, '0')}`);
  const amountMinor = Number(minor);
  if (!Number.isSafeInteger(amountMinor)) return { ok: false, fault: 'too_large' };
  return { ok: true, amountMinor: minus === '' || amountMinor === 0 ? amountMinor : -amountMinor };
}

/** The amount as `readAmount` takes it: the exact digits, a point, all decimals of the currency. */
export function writeAmount(amountMinor: number, decimals: number): string {
  const digits = String(Math.abs(amountMinor)).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const sign = amountMinor < 0 ? '-' : '';
  return decimals === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(digits.length - decimals)}`;
}
