import { multiplyPpm, PPM } from '../money.ts';
import type { DealRegistrationPolicy, DecidingRole } from './policy.ts';

/** A registration discount in parts per million; `needs`: somebody has to set it, because no band reaches so far. */
export type RegistrationDiscount = { ratePpm: number; needs: null } | { ratePpm: null; needs: DecidingRole };

/**
 * The discount a registration earns for a number of units of one product. Both bounds of a band are
 * inclusive; below the first band there is none, above the last somebody with the authority sets it.
 * `benefitPpm` is the part left to a partner who shares (see `whoWins`), rounded half away from zero.
 */
export function registrationDiscount(input: {
  policy: Pick<DealRegistrationPolicy, 'discount'>;
  units: number;
  benefitPpm: number;
}): RegistrationDiscount {
  const { discount } = input.policy;
  const last = discount?.bands.at(-1);
  if (!discount || !last) return { ratePpm: 0, needs: null };
  if (input.units > last.toUnits) return { ratePpm: null, needs: discount.above };
  const band = discount.bands.find(
    ({ fromUnits, toUnits }) => input.units >= fromUnits && input.units <= toUnits,
  );
  if (!band) return { ratePpm: 0, needs: null };
  if (input.benefitPpm === PPM) return { ratePpm: band.ratePpm, needs: null };
  // A rate of a rate: the currency plays no part.
  return {
    ratePpm: multiplyPpm({ amountMinor: band.ratePpm, currency: '' }, input.benefitPpm).amountMinor,
    needs: null,
  };
}
