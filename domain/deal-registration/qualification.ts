import { normaliseName } from '../matching/normalise.ts';
import type { QualificationSignal } from './policy.ts';
import type { SalesActivity } from './status.ts';

/* What a registration holds that tells one rival from another (see `whoWins`). */

export interface Qualifications {
  readonly salesActivities: readonly SalesActivity[];
  /** As the partner entered it; he names himself when he is the one. */
  readonly incumbentReseller: string | null;
  readonly partner: {
    readonly name: string;
    readonly country: string;
    /** Whether anybody of his holds a certification that was valid when the registration came. */
    readonly certified: boolean;
  };
}

/**
 * The signals by which "most qualified" and "incumbent" are judged. What was done with the customer comes from the sales
 * activities; incumbent is who names himself, however he spells and abbreviates his name; certified staff is the vendor's
 * own record.
 */
export function qualificationOf({
  salesActivities,
  incumbentReseller,
  partner,
}: Qualifications): QualificationSignal[] {
  const nameOf = (name: string): string => normaliseName(name, partner.country).nameKey;
  return [
    ...(['decision_maker_met', 'proof_of_concept'] as const).filter((signal) =>
      salesActivities.includes(signal),
    ),
    ...(incumbentReseller !== null && nameOf(incumbentReseller) === nameOf(partner.name)
      ? (['incumbent'] as const)
      : []),
    ...(partner.certified ? (['certified_staff'] as const) : []),
  ];
}

/**
 * Whether the customer chose this partner in writing: one of the files that prove the registration is named as the
 * customer's own word. Named without the file it says nothing.
 */
export function isCustomersChoice(held: {
  /** The id of that file; null or absent: the customer wrote nothing. */
  readonly customersChoice?: string | null | undefined;
  readonly evidenceIds: readonly string[];
}): boolean {
  const { customersChoice } = held;
  return (
    customersChoice !== null && customersChoice !== undefined && held.evidenceIds.includes(customersChoice)
  );
}
