import { z } from 'zod';
import { attentionReasons } from '../../domain/deal-registration/attention.ts';
import { routeTable } from './route.ts';
import { news } from './values.ts';

/** The first screen of somebody who looks after partners: who needs him, why, and what ends soon. */
export const myPartners = z.strictObject({
  partners: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      tier: z.string(),
      standing: z.string(),
      /** Open registrations by whom they wait for; protected ones are counted apart. */
      waitsForVendor: z.int(),
      waitsForPartner: z.int(),
      protected: z.int(),
      /** How many of them need somebody, and how many changed since the reader looked. */
      attention: z.int(),
      changed: z.int(),
    }),
  ),
  /** Cases that need somebody, most pressing first. */
  attention: z.array(
    z.strictObject({
      caseId: z.string(),
      reference: z.string(),
      partnerId: z.string(),
      partnerName: z.string(),
      customerName: z.string(),
      opportunityName: z.string(),
      amount: z.strictObject({ amountMinor: z.int(), currency: z.string() }),
      reason: z.enum(attentionReasons),
      at: z.string(),
      news,
    }),
  ),
  /** Protections by their ends. */
  protections: z.array(
    z.strictObject({
      caseId: z.string(),
      partnerName: z.string(),
      customerName: z.string(),
      until: z.string(),
    }),
  ),
  /** True when there are more open registrations than are looked at (2,000): the latest of them are. */
  cut: z.boolean(),
});
export type MyPartners = z.infer<typeof myPartners>;

export const myPartnersRoutes = routeTable({
  'GET /api/my-partners': {
    summary:
      'The partners you look after: what needs you and why, what waits for whom, which protections end.',
    permission: 'partner.look_after',
    response: myPartners,
  },
});
