import type { Submission } from '../api/contract/deal-registrations.ts';

/** What scripts register through the public API. All customers are fictitious unless a caller names others. */

const CLOSES_IN_DAYS = 200;
const DAY_MS = 86_400_000;

/** An eligible submission for a customer in every one of the example programs. */
export const submissionFor = (input: {
  programId: string;
  customer: Pick<Submission['customer'], 'legalName' | 'webDomain' | 'country'> &
    Partial<Submission['customer']>;
  nowMs: number;
  sku?: string;
  valueMinor?: number;
}): Submission & { draftId: null } => ({
  programId: input.programId,
  type: 'new_customer',
  source: 'partner_sourced',
  customer: {
    street: null,
    postalCode: null,
    city: null,
    industry: null,
    taxId: null,
    phone: null,
    contacts: [],
    ...input.customer,
  },
  opportunityName: `Campus renewal for ${input.customer.legalName}`.slice(0, 160),
  lines: [{ sku: input.sku ?? 'HSW-48', quantity: 200 }],
  value: { amountMinor: input.valueMinor ?? 4_800_000, currency: 'EUR' },
  expectedClose: new Date(input.nowMs + CLOSES_IN_DAYS * DAY_MS).toISOString().slice(0, 10),
  stage: 'qualified',
  competitors: [],
  incumbentReseller: null,
  rfp: { status: 'none', date: null },
  salesActivities: ['customer_call', 'demo', 'intent_verified'],
  activitySummary: 'Site visit and a demonstration for the network team.',
  evidenceIds: [],
  distributor: null,
  requestedDiscountPpm: null,
  vendorRep: null,
  draftId: null,
});
