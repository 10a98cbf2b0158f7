import type { RegistrationStatus } from '../deal-registration/status.ts';

/** Ends of a registration after which nothing was bought under it. */
export const endsWithoutWin: readonly RegistrationStatus[] = ['lost', 'expired', 'withdrawn', 'revoked'];

/** Whether the deal behind a special price was won; null: not known yet, or there is no registration. */
export function dealWon(registrationStatus: string | null): boolean | null {
  if (registrationStatus === 'won') return true;
  return endsWithoutWin.some((status) => status === registrationStatus) ? false : null;
}

/**
 * Bounds of the classes of discount that win rates are compared by, in parts per million of the standard net: from none to the first
 * bound, above it to the next, and so on; the last class is open. A bound belongs to the class below it, as in the matrix.
 */
export const discountClassBounds = [0, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000, 400_000] as const;
