import type { SpecialPricingPolicy } from './policy.ts';
import type { SpecialPriceKind } from './status.ts';
import { NotPriced, priceWaterfall } from './waterfall.ts';
import type { SpecialPrice, StepSource, Waterfall, WaterfallProblem } from './waterfall.ts';
import type { AskedTerms } from './worse.ts';

/*
 * What is asked for, held against everything that it stands on: the price book in force, the policy, the registration or the
 * agreement. One question for a submission, an answer, a counter-offer and the preview, so that all say the same of the same terms.
 */

/** The terms of one round. Dates are `YYYY-MM-DD`, both days included. */
export interface PriceTerms {
  readonly lines: readonly {
    readonly sku: string;
    readonly quantity: number;
    /** Null: the quantity. */
    readonly capQuantity: number | null;
    readonly special: SpecialPrice | null;
  }[];
  readonly lumpMinor: number;
  readonly validFrom: string;
  readonly validUntil: string;
  readonly exceptionKeys: readonly string[];
}

/** What a request is held against, as of an instant. */
export interface PricingBasis {
  readonly programId: string;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly policy: SpecialPricingPolicy;
  readonly partner: {
    readonly id: string;
    readonly tier: string;
    readonly enrolled: boolean;
    readonly inGoodStanding: boolean;
  };
  readonly currency: string;
  /** Null where there is none in force for the partner's region and the currency. */
  readonly book: { readonly versionId: string; readonly version: number } | null;
  /** Of the products asked for, those in the book; cost null where it is not known or not the reader's to see. */
  readonly entries: ReadonlyMap<string, BookEntry>;
  readonly registration: RegistrationBasis | null;
  readonly agreement: AgreementBasis | null;
  readonly distributor: { readonly id: string; readonly related: boolean } | null;
}

export interface BookEntry {
  readonly name: string;
  readonly family: string;
  readonly listMinor: number;
  readonly costMinor: number | null;
}

export interface RegistrationBasis {
  readonly id: string;
  readonly partnerId: string;
  readonly approved: boolean;
  readonly accountId: string;
  /** Exclusive; null: without end. */
  readonly protectedUntilMs: number | null;
  /** Rates off the price after the tier's, by product, as approved; a product without one has none. */
  readonly discounts: ReadonlyMap<string, number>;
  /** The step of the registration that they are from. */
  readonly discountSeq: number;
}

export interface AgreementBasis {
  readonly id: string;
  readonly partnerId: string;
  readonly active: boolean;
  readonly version: number;
  readonly accountId: string;
  readonly registrationId: string | null;
  readonly currency: string;
}

export interface FieldFault {
  readonly pointer: string;
  readonly reason: string;
}

export interface PricedTerms {
  readonly waterfall: Waterfall;
  readonly sources: readonly (StepSource & {
    readonly step: 'list' | 'tier' | 'registration' | 'special' | 'lump';
  })[];
}

const DAY_MS = 24 * 3_600_000;

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
/** The beginning of a day in UTC, epoch ms. */
export function startOfDayMs(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}
/** The end of a day in UTC, exclusive. */
export function endOfDayMs(date: string): number {
  return startOfDayMs(date) + DAY_MS;
}
/** The last day before an end that is exclusive. */
export function lastDayBefore(endMs: number): string {
  return dayOf(endMs - 1);
}

/** Line numbers count from 1; in the waterfall they are its ids. */
export function lineIdOf(place: number): string {
  return String(place + 1);
}

/**
 * Prices the terms. Throws `NotPriced`, and `RangeError` for a product that the book does not have: that is asked before
 * (`faultsOfTerms`).
 */
export function priceTerms(
  basis: PricingBasis,
  terms: Pick<PriceTerms, 'lines' | 'lumpMinor'>,
  of: {
    readonly requestId: string;
    readonly round: number;
  },
): PricedTerms {
  const { policy, book, registration } = basis;
  if (book === null) throw new RangeError('no price book is in force');
  const tierPpm = policy.tierDiscounts[basis.partner.tier] ?? 0;
  const waterfall = priceWaterfall({
    lumpMinor: terms.lumpMinor,
    lines: terms.lines.map(({ sku, quantity, special }, place) => {
      const entry = basis.entries.get(sku);
      if (entry === undefined) throw new RangeError(`the price book has no ${sku}`);
      return {
        lineId: lineIdOf(place),
        quantity,
        listUnitMinor: entry.listMinor,
        costUnitMinor: entry.costMinor,
        tierPpm,
        registrationPpm: registration?.discounts.get(sku) ?? 0,
        special,
      };
    }),
  });
  const request = { kind: 'request', id: of.requestId, version: of.round } as const;
  return {
    waterfall,
    sources: [
      { step: 'list', kind: 'price_book', id: book.versionId, version: book.version },
      { step: 'tier', kind: 'policy', id: basis.policyId, version: basis.policyVersion },
      ...(registration === null
        ? []
        : [
            {
              step: 'registration' as const,
              kind: 'registration' as const,
              id: registration.id,
              version: registration.discountSeq,
            },
          ]),
      { step: 'special', ...request },
      { step: 'lump', ...request },
    ],
  };
}

/** The latest day that validity may end: the last one of the protection; null: nothing limits it but the policy. */
export function latestValidUntil(basis: Pick<PricingBasis, 'registration'>): string | null {
  const endMs = basis.registration?.protectedUntilMs ?? null;
  return endMs === null ? null : lastDayBefore(endMs);
}

/** What stands against the terms themselves, by field; empty: they can be priced and asked for. */
export function faultsOfTerms(basis: PricingBasis, terms: PriceTerms, atMs: number): FieldFault[] {
  return [
    ...faultsOfLines(basis, terms),
    ...faultsOfValidity(basis, terms, atMs),
    ...terms.exceptionKeys.flatMap((key, place) =>
      basis.policy.termExceptions.some((one) => one.key === key)
        ? []
        : [{ pointer: `/exceptionKeys/${place}`, reason: 'The program has no such exception.' }],
    ),
  ];
}

function faultsOfLines(basis: PricingBasis, terms: PriceTerms): FieldFault[] {
  if (basis.book === null)
    return [
      {
        pointer: '/currency',
        reason: `There is no price book in ${basis.currency} for your region.`,
      },
    ];
  const faults = terms.lines.flatMap(({ sku, quantity, capQuantity }, place): FieldFault[] => [
    ...(basis.entries.has(sku)
      ? []
      : [{ pointer: `/lines/${place}/sku`, reason: 'The price book does not have this product.' }]),
    ...(capQuantity === null || capQuantity <= quantity
      ? []
      : [
          {
            pointer: `/lines/${place}/capQuantity`,
            reason: 'No more units can be sold at the price than are asked for.',
          },
        ]),
  ]);
  if (faults.length > 0) return faults;
  try {
    priceTerms(basis, terms, { requestId: '', round: 1 });
    return [];
  } catch (error) {
    if (!(error instanceof NotPriced)) throw error;
    const { code, lineId } = error;
    return [
      lineId === null
        ? { pointer: '/lumpMinor', reason: problemWords[code] }
        : { pointer: `/lines/${Number(lineId) - 1}/special`, reason: problemWords[code] },
    ];
  }
}

const problemWords: Readonly<Record<WaterfallProblem, string>> = {
  quantity_not_positive: 'Ask for at least one unit.',
  price_negative: 'A price may not be negative.',
  rate_out_of_range: 'A discount lies between nothing and the whole price.',
  above_standard: 'The price asked for is above what you pay without asking.',
  lump_above_total: 'The discount is more than the whole comes to.',
  line_twice: 'The line is there twice.',
  too_large: 'The amount is too large.',
};

function faultsOfValidity(basis: PricingBasis, terms: PriceTerms, atMs: number): FieldFault[] {
  const { leastDays, mostDays } = basis.policy.validity;
  const fromMs = startOfDayMs(terms.validFrom);
  const days = (endOfDayMs(terms.validUntil) - fromMs) / DAY_MS;
  const latest = latestValidUntil(basis);
  if (terms.validFrom < dayOf(atMs))
    return [{ pointer: '/validFrom', reason: 'Validity begins today or later.' }];
  if (days < 1) return [{ pointer: '/validUntil', reason: 'Validity ends after it begins.' }];
  if (latest !== null && terms.validUntil > latest)
    return [
      {
        pointer: '/validUntil',
        reason: `The registration is protected until ${latest}; validity cannot go beyond.`,
      },
    ];
  if (days > mostDays)
    return [{ pointer: '/validUntil', reason: `A special price is valid for at most ${mostDays} days.` }];
  // Where the protection ends sooner, the whole of what is left is enough.
  if (days < leastDays && terms.validUntil !== latest)
    return [{ pointer: '/validUntil', reason: `A special price is valid for at least ${leastDays} days.` }];
  return [];
}

/** What stands against the request beside its terms: who asks, what it belongs to, why. */
export function faultsOfRequest(
  basis: PricingBasis,
  request: {
    readonly kind: SpecialPriceKind;
    readonly registrationId: string | null;
    readonly agreementId: string | null;
    readonly customerNamed: boolean;
    readonly distributorId: string | null;
    readonly justificationCode: string;
  },
): FieldFault[] {
  const { policy, partner, registration, agreement } = basis;
  const faults: FieldFault[] = [];
  const fault = (pointer: string, reason: string): void => {
    faults.push({ pointer, reason });
  };
  if (!partner.enrolled) fault('/programId', 'Choose a program that your company is enrolled in.');
  if (!partner.inGoodStanding) fault('/programId', 'Your company is suspended in this program.');
  if (request.kind === 'new') {
    if (request.agreementId !== null) fault('/agreementId', 'A first agreement changes none.');
  } else if (agreement === null || agreement.partnerId !== partner.id)
    fault('/agreementId', 'Name the agreement that is to be changed.');
  else {
    if (!agreement.active) fault('/agreementId', 'The agreement is over.');
    if (agreement.registrationId !== request.registrationId)
      fault('/registrationId', 'Name the registration that the agreement belongs to.');
    if (agreement.currency !== basis.currency)
      fault('/currency', `The agreement is in ${agreement.currency}.`);
  }
  if (request.registrationId === null) {
    if (policy.registrationNeeded)
      fault('/registrationId', 'Name the approved registration that it belongs to.');
    else if (!request.customerNamed && agreement === null) fault('/customer', 'Name the end customer.');
  } else if (registration === null || registration.partnerId !== partner.id)
    fault('/registrationId', 'You have no such registration.');
  else if (!registration.approved)
    fault('/registrationId', 'The registration is not approved, or its protection is over.');
  if (request.distributorId !== null && basis.distributor?.related !== true)
    fault('/distributorId', 'Choose a distributor that you buy through.');
  if (!policy.justifications.some(({ key }) => key === request.justificationCode))
    fault('/justificationCode', 'Choose one of the reasons of the program.');
  return faults;
}

/**
 * The terms as they are compared with what somebody approved: the price of a unit with the line's part of the discount on the whole,
 * rounded down, and that discount as a line of its own, so that none of it grows unseen.
 */
export function comparableTerms(
  terms: Pick<PriceTerms, 'lines' | 'lumpMinor' | 'exceptionKeys' | 'validUntil'>,
  { waterfall, dealMinor }: { readonly waterfall: Waterfall; readonly dealMinor: number },
): AskedTerms {
  return {
    lines: [
      ...waterfall.lines.map(({ lineId, quantity, netMinor }, place) => ({
        lineId,
        sku: terms.lines[place]?.sku ?? '',
        unitMinor: Math.floor(netMinor / quantity),
        quantity,
      })),
      { lineId: LUMP_LINE, sku: '', unitMinor: terms.lumpMinor === 0 ? 0 : -terms.lumpMinor, quantity: 1 },
    ],
    exceptionKeys: terms.exceptionKeys,
    validUntil: terms.validUntil,
    dealMinor,
  };
}

/** The discount on the whole, as a line of the terms that are compared. */
export const LUMP_LINE = 'lump';
