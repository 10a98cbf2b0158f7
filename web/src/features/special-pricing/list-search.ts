import {
  pricingAgreementStatuses,
  specialPriceStatuses,
  type PricingAgreementStatus,
  type SpecialPriceStatus,
} from '../../../../domain/special-pricing/status.ts';

const waiting = ['vendor', 'partner', 'nobody'] as const;

/** The list of requests as its address says it. */
export interface PriceSearch {
  readonly status?: SpecialPriceStatus | undefined;
  readonly partnerId?: string | undefined;
  readonly programId?: string | undefined;
  readonly registrationId?: string | undefined;
  readonly search?: string | undefined;
  readonly waitingFor?: (typeof waiting)[number] | undefined;
}

/** Reads an address; what is not a filter, or not a value of one, is left out. */
export function readPriceSearch(raw: Record<string, unknown>): PriceSearch {
  return {
    status: specialPriceStatuses.find((status) => status === raw['status']),
    partnerId: textOf(raw['partnerId']),
    programId: textOf(raw['programId']),
    registrationId: textOf(raw['registrationId']),
    search: textOf(raw['search']),
    waitingFor: waiting.find((side) => side === raw['waitingFor']),
  };
}

/** The list of agreements as its address says it. */
export interface AgreementSearch {
  readonly status?: PricingAgreementStatus | undefined;
  readonly partnerId?: string | undefined;
  readonly programId?: string | undefined;
  readonly search?: string | undefined;
}

export function readAgreementSearch(raw: Record<string, unknown>): AgreementSearch {
  return {
    status: pricingAgreementStatuses.find((status) => status === raw['status']),
    partnerId: textOf(raw['partnerId']),
    programId: textOf(raw['programId']),
    search: textOf(raw['search']),
  };
}

function textOf(value: unknown): string | undefined {
  // The router reads a search of digits as a number.
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 120) : undefined;
}
