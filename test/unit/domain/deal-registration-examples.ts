import { readFileSync } from 'node:fs';
import { compileCalendar } from '../../../adapters/calendar/compile.ts';
import { dealRegistrationPolicyFile } from '../../../api/contract/deal-registration-policy.ts';
import type { CompiledCalendar } from '../../../domain/business-time.ts';
import type {
  CustomerHistory,
  PartnerFacts,
  RegistrationFacts,
} from '../../../domain/deal-registration/facts.ts';
import type { DealRegistrationPolicy } from '../../../domain/deal-registration/policy.ts';

export const exampleKeys = [
  'volume-bands',
  'activity-checked',
  'one-per-product',
  'cam-extended',
  'demonstration',
] as const;
export type ExampleKey = (typeof exampleKeys)[number];

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;
export const at = (text: string): number => Date.parse(text);

/** The document as it lies in the repository. */
export function exampleFile(key: ExampleKey): unknown {
  const file = new URL(`../../../prisma/seed/policies/${key}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The body of an example document, with fields of the first level replaced. */
export function examplePolicy(
  key: ExampleKey,
  changes: Partial<DealRegistrationPolicy> = {},
): DealRegistrationPolicy {
  return { ...dealRegistrationPolicyFile.parse(exampleFile(key)).body, ...changes };
}

const weekday = [{ from: '09:00', to: '17:00' }];

/** Monday to Friday, nine to five, in UTC: so that a day's arithmetic can be read off. */
export const calendar: CompiledCalendar = compileCalendar(
  {
    name: 'vendor-office',
    zone: 'UTC',
    hours: {
      monday: weekday,
      tuesday: weekday,
      wednesday: weekday,
      thursday: weekday,
      friday: weekday,
      saturday: [],
      sunday: [],
    },
    holidays: [],
    ownDays: [],
  },
  at('2025-01-01T00:00:00Z'),
  at('2028-01-01T00:00:00Z'),
);

/** A Monday at ten. */
export const receivedAtMs = at('2026-03-02T10:00:00Z');

export function registration(changes: Partial<RegistrationFacts> = {}): RegistrationFacts {
  return {
    registrationId: 'reg_new',
    type: 'new_customer',
    source: 'partner_sourced',
    segment: 'commercial',
    valueMinor: 1_000_000,
    currency: 'EUR',
    lines: [{ productFamily: 'sensors', coreFamily: true, sku: 'SN-1', units: 100 }],
    expectedCloseMs: at('2026-06-01T00:00:00Z'),
    rfp: 'none',
    evidenceCount: 1,
    receivedAtMs,
    receiptNumber: 7,
    ...changes,
  };
}

export function partner(changes: Partial<PartnerFacts> = {}): PartnerFacts {
  return {
    partnerId: 'prt_one',
    kind: 'reseller',
    tier: 'gold',
    inGoodStanding: true,
    certifications: [{ key: 'sales', validUntilMs: null }],
    trainings: ['program-foundations'],
    ...changes,
  };
}

export function customer(changes: Partial<CustomerHistory> = {}): CustomerHistory {
  return { hasBought: false, ownedFamilies: [], managingPartnerId: null, ...changes };
}
