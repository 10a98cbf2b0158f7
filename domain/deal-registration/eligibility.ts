import type { CompiledCalendar } from '../business-time.ts';
import { addDuration } from '../business-time.ts';
import type { CustomerHistory, EarlierCase, PartnerFacts, RegistrationFacts } from './facts.ts';
import { familiesOf } from './facts.ts';
import type { DealRegistrationPolicy } from './policy.ts';
import type { RegistrationSource, RegistrationStatus, RegistrationType, RfpStatus } from './status.ts';

/**
 * Why a registration does not meet the program's conditions, with the facts its sentence needs. No finding
 * names another partner or tells that there is one. Findings of `weight` `bars` stand against approval; those
 * that ask to `judge` are for a person, because the records do not say.
 */
export type EligibilityFinding = { weight: 'bars' | 'judge'; pointer: string } & (
  | { code: 'type_not_offered'; type: RegistrationType }
  | { code: 'source_not_offered'; source: RegistrationSource }
  | { code: 'currency_differs'; currency: string; expected: string }
  | { code: 'value_below_minimum'; valueMinor: number; minimumMinor: number; currency: string }
  | { code: 'units_below_minimum'; sku: string; units: number; minimumUnits: number }
  | { code: 'lead_time_too_short'; expectedCloseMs: number; earliestCloseMs: number }
  | { code: 'rfp_not_eligible'; rfp: RfpStatus }
  | { code: 'evidence_missing'; given: number; minimum: number }
  | { code: 'not_in_good_standing' }
  | { code: 'certification_missing'; certification: string }
  | { code: 'certification_lapsed'; certification: string; lapsedAtMs: number }
  | { code: 'training_missing'; training: string }
  | { code: 'customer_not_new' }
  | { code: 'solution_not_new'; productFamily: string }
  | { code: 'not_managing_partner' }
  | { code: 'customer_history_unknown' }
  | { code: 'already_registered'; registrationId: string; productFamily: string }
  | { code: 'quiet_period'; registrationId: string; untilMs: number }
);

export interface EligibilityInput {
  policy: DealRegistrationPolicy;
  registration: RegistrationFacts;
  partner: PartnerFacts;
  /** The same partner's other registrations for the same customer. */
  earlierCases: readonly EarlierCase[];
  /** Null: not asked, because nobody looked yet which customer of the vendor's it is. */
  customer: CustomerHistory | null;
  calendar: CompiledCalendar;
  /** The receipt's time for a submission; the approving instant for a fresh check. */
  nowMs: number;
}

/**
 * Checks a registration against the conditions of its program and returns everything that stands against it,
 * nothing when it is eligible. Conditions are the vendor's published terms: minimum value or units, lead
 * time, tenders, standing, certification, training, net-new, one per customer, quiet period.
 */
export function checkEligibility(input: EligibilityInput): EligibilityFinding[] {
  return [
    ...checkOffer(input),
    ...checkSize(input),
    ...checkTiming(input),
    ...checkPartner(input),
    ...checkHistory(input),
    ...checkEarlierCases(input),
  ];
}

function checkOffer({ policy, registration }: EligibilityInput): EligibilityFinding[] {
  const { type, source, currency, rfp, evidenceCount } = registration;
  const rules = policy.eligibility;
  const findings: EligibilityFinding[] = [];
  if (!rules.allowedTypes.includes(type)) {
    findings.push({ code: 'type_not_offered', weight: 'bars', pointer: '/type', type });
  }
  if (!rules.allowedSources.includes(source)) {
    findings.push({ code: 'source_not_offered', weight: 'bars', pointer: '/source', source });
  }
  if (currency !== policy.currency) {
    findings.push({
      code: 'currency_differs',
      weight: 'bars',
      pointer: '/currency',
      currency,
      expected: policy.currency,
    });
  }
  if (!takesTender(policy, rfp)) {
    findings.push({ code: 'rfp_not_eligible', weight: 'bars', pointer: '/rfp/status', rfp });
  }
  if (evidenceCount < rules.minimumEvidence) {
    findings.push({
      code: 'evidence_missing',
      weight: 'bars',
      pointer: '/evidenceIds',
      given: evidenceCount,
      minimum: rules.minimumEvidence,
    });
  }
  return findings;
}

function takesTender(policy: DealRegistrationPolicy, rfp: RfpStatus): boolean {
  switch (policy.eligibility.rfp) {
    case 'allowed':
      return true;
    case 'publishedIneligible':
      return rfp !== 'published';
    case 'ineligible':
      return rfp === 'none';
    default:
      return policy.eligibility.rfp satisfies never;
  }
}

function checkSize({ policy, registration }: EligibilityInput): EligibilityFinding[] {
  const { minimumValueMinor, minimumUnitsPerSku } = policy.eligibility;
  const findings: EligibilityFinding[] = [];
  if (minimumValueMinor !== null && registration.valueMinor < minimumValueMinor) {
    findings.push({
      code: 'value_below_minimum',
      weight: 'bars',
      pointer: '/value',
      valueMinor: registration.valueMinor,
      minimumMinor: minimumValueMinor,
      currency: policy.currency,
    });
  }
  if (minimumUnitsPerSku !== null) {
    // A product split over several lines is counted together.
    const unitsBySku = new Map<string, number>();
    for (const line of registration.lines) {
      unitsBySku.set(line.sku, (unitsBySku.get(line.sku) ?? 0) + line.units);
    }
    for (const [sku, units] of unitsBySku) {
      if (units >= minimumUnitsPerSku) continue;
      findings.push({
        code: 'units_below_minimum',
        weight: 'bars',
        pointer: `/lines/${registration.lines.findIndex((line) => line.sku === sku)}/quantity`,
        sku,
        units,
        minimumUnits: minimumUnitsPerSku,
      });
    }
  }
  return findings;
}

function checkTiming({ policy, registration, calendar }: EligibilityInput): EligibilityFinding[] {
  const { leadTimeBeforeClose } = policy.eligibility;
  // Received before all that the calendar knows: the time that was asked for is over.
  if (leadTimeBeforeClose === null || registration.receivedAtMs < calendar.coversFromMs) return [];
  // From the receipt, also in a fresh check: a deal does not become late by waiting for the vendor.
  const earliestCloseMs = addDuration(calendar, registration.receivedAtMs, leadTimeBeforeClose);
  if (registration.expectedCloseMs >= earliestCloseMs) return [];
  return [
    {
      code: 'lead_time_too_short',
      weight: 'bars',
      pointer: '/expectedClose',
      expectedCloseMs: registration.expectedCloseMs,
      earliestCloseMs,
    },
  ];
}

/** What the program asks of a partner himself: of who registers, and of who gets a registration from another. */
export function checkPartner({
  policy,
  partner,
  nowMs,
}: Pick<EligibilityInput, 'policy' | 'partner' | 'nowMs'>): EligibilityFinding[] {
  const rules = policy.eligibility;
  const findings: EligibilityFinding[] = [];
  if (rules.goodStanding && !partner.inGoodStanding) {
    findings.push({ code: 'not_in_good_standing', weight: 'bars', pointer: '/partner' });
  }
  for (const certification of rules.certifications) {
    const held = partner.certifications.filter((one) => one.key === certification);
    if (held.some((one) => one.validUntilMs === null || one.validUntilMs > nowMs)) continue;
    if (held.length === 0) {
      findings.push({ code: 'certification_missing', weight: 'bars', pointer: '/partner', certification });
    } else {
      const lapsedAtMs = Math.max(...held.map((one) => one.validUntilMs ?? nowMs));
      findings.push({
        code: 'certification_lapsed',
        weight: 'bars',
        pointer: '/partner',
        certification,
        lapsedAtMs,
      });
    }
  }
  for (const training of rules.trainings) {
    if (partner.trainings.includes(training)) continue;
    findings.push({ code: 'training_missing', weight: 'bars', pointer: '/partner', training });
  }
  return findings;
}

/** Net-new terms: a new customer, a solution new to him, or an add-on by the partner who manages him. */
function checkHistory({ policy, registration, partner, customer }: EligibilityInput): EligibilityFinding[] {
  const { netNew } = policy.eligibility;
  if (netNew === null || customer === null) return [];
  const pointer = '/type';
  switch (registration.type) {
    case 'new_customer':
      if (customer.hasBought === null)
        return [{ code: 'customer_history_unknown', weight: 'judge', pointer }];
      return customer.hasBought ? [{ code: 'customer_not_new', weight: 'bars', pointer }] : [];
    case 'new_solution': {
      const owned = customer.ownedFamilies;
      if (owned === null) return [{ code: 'customer_history_unknown', weight: 'judge', pointer }];
      return familiesOf(registration.lines)
        .filter((family) => owned.includes(family))
        .map((productFamily) => ({ code: 'solution_not_new', weight: 'bars', pointer, productFamily }));
    }
    case 'add_on':
      if (!netNew.addOnByManagingPartnerOnly || customer.managingPartnerId === partner.partnerId) return [];
      if (customer.managingPartnerId === null)
        return [{ code: 'customer_history_unknown', weight: 'judge', pointer }];
      return [{ code: 'not_managing_partner', weight: 'bars', pointer }];
    case 'renewal':
      // Whether renewals are registered at all is said by the allowed types.
      return [];
    default:
      return registration.type satisfies never;
  }
}

/** The partner's own cases only: what a rival registered is no matter of eligibility and is never told here. */
function checkEarlierCases(input: EligibilityInput): EligibilityFinding[] {
  const { policy, registration, earlierCases, calendar, nowMs } = input;
  const findings: EligibilityFinding[] = [];
  const families = familiesOf(registration.lines);
  for (const earlier of earlierCases) {
    if (earlier.registrationId === registration.registrationId) continue;
    const shared = families.filter((family) => earlier.productFamilies.includes(family));
    if (countsAsRegistered(earlier.status)) {
      for (const productFamily of shared.filter((family) => isSubjectToUniqueness(input, family))) {
        findings.push({
          code: 'already_registered',
          weight: 'bars',
          pointer: '/customer',
          registrationId: earlier.registrationId,
          productFamily,
        });
      }
    }
    if (
      policy.quietPeriod !== null &&
      earlier.status === 'expired' &&
      earlier.endedAtMs !== null &&
      // What ended before all that the calendar knows is over for long.
      earlier.endedAtMs >= calendar.coversFromMs &&
      shared.length > 0
    ) {
      const untilMs = addDuration(calendar, earlier.endedAtMs, policy.quietPeriod);
      if (nowMs < untilMs) {
        findings.push({
          code: 'quiet_period',
          weight: 'bars',
          pointer: '/customer',
          registrationId: earlier.registrationId,
          untilMs,
        });
      }
    }
  }
  return findings;
}

function isSubjectToUniqueness({ policy, registration }: EligibilityInput, family: string): boolean {
  switch (policy.eligibility.oneRegistrationPerCustomer) {
    case 'none':
      return false;
    case 'perProductFamily':
      return true;
    case 'perCoreProductFamily':
      return registration.lines.some((line) => line.productFamily === family && line.coreFamily);
    default:
      return policy.eligibility.oneRegistrationPerCustomer satisfies never;
  }
}

/** Open or protected: an ended registration, a won one too, does not keep the partner from a new opportunity. */
function countsAsRegistered(status: RegistrationStatus): boolean {
  switch (status) {
    case 'submitted':
    case 'under_review':
    case 'info_requested':
    case 'pending_approval':
    case 'in_conflict':
    case 'appealed':
    case 'approved':
      return true;
    case 'rejected':
    case 'won':
    case 'lost':
    case 'expired':
    case 'withdrawn':
    case 'revoked':
      return false;
    default:
      return status satisfies never;
  }
}

/**
 * True when a direct deal for the customer was worked on within the policy's time before `nowMs` (the instant
 * at its end included); `lastEngagedAtMs` null: there is none. A deal entered with a later date counts too.
 */
export function isDirectEngaged(input: {
  policy: DealRegistrationPolicy;
  calendar: CompiledCalendar;
  lastEngagedAtMs: number | null;
  nowMs: number;
}): boolean {
  if (input.lastEngagedAtMs === null) return false;
  return input.nowMs <= addDuration(input.calendar, input.lastEngagedAtMs, input.policy.directEngagedWithin);
}
