import { z } from 'zod';
import { pricingRoles } from '../../domain/special-pricing/policy.ts';
import { routeTable } from './route.ts';
import { calendarDate } from './values.ts';

/** Days of `from` and `to` lie in the period, in UTC; at most 366 days. Without them: the last 90 days. */
const filters = {
  from: calendarDate.optional(),
  to: calendarDate.optional(),
  programId: z.string().max(40).optional(),
  /** Of the customer, as the registration holds it. */
  segment: z.string().max(60).optional(),
  family: z.string().max(60).optional(),
};

/**
 * How long it took, in seconds of calendar time. What is still open counts as at least so long as it has been open (Kaplan–Meier), and
 * so does what ended without a decision. Null: fewer than so many were decided, in any time seen so far.
 */
const timeToDecision = z.strictObject({
  cases: z.int(),
  decided: z.int(),
  /** Not decided yet, or ended without a decision. */
  censored: z.int(),
  medianSeconds: z.int().nullable(),
  p75Seconds: z.int().nullable(),
});

const amounts = z.array(z.strictObject({ amountMinor: z.int(), currency: z.string() }));

export const pricingAnalytics = z.strictObject({
  from: z.string(),
  to: z.string(),
  asOf: z.string(),
  /** What the filters can be set to. */
  choices: z.strictObject({
    segments: z.array(z.string()),
    families: z.array(z.strictObject({ key: z.string(), name: z.string() })),
  }),
  /** Requests that were submitted in the period, by the band that they were first routed to. */
  byBand: z.array(timeToDecision.extend({ bandKey: z.string() })),
  /** Questions put to a role in the period, from the opening of the task to its decision. */
  byTeam: z.array(timeToDecision.extend({ role: z.string() })),
  /** Requests that were submitted in the period and routed, and how many of them cleared without anybody being asked. */
  atOnce: z.strictObject({
    requests: z.int(),
    cleared: z.int(),
    sharePpm: z.int().nullable(),
    weeks: z.array(
      z.strictObject({
        weekStart: z.string(),
        requests: z.int(),
        cleared: z.int(),
        sharePpm: z.int().nullable(),
      }),
    ),
  }),
  /** Requests that were approved in the period, by their discount off the standard net, with what became of their deals. */
  winRate: z.array(
    z.strictObject({
      /** Above this, up to `toPpm`; the first class has no discount at all. */
      abovePpm: z.int().nullable(),
      /** Null: open. */
      toPpm: z.int().nullable(),
      approved: z.int(),
      won: z.int(),
      notWon: z.int(),
      /** Won, of those whose outcome is known; null: of none it is. */
      winPpm: z.int().nullable(),
    }),
  ),
  /** Lines of what was approved in the period: how far the net lies below list. The largest groups first; at most 200. */
  corridor: z.array(
    z.strictObject({
      sku: z.string(),
      productName: z.string(),
      segment: z.string().nullable(),
      lines: z.int(),
      lowPpm: z.int(),
      p10Ppm: z.int(),
      p50Ppm: z.int(),
      p90Ppm: z.int(),
      highPpm: z.int(),
    }),
  ),
  corridorComplete: z.boolean(),
  /** What was approved in the period beyond that which the policy gives without asking anybody. */
  leakage: z.strictObject({
    /** By whose last word it was given; null: by approvals of an earlier round or agreement that stood. */
    byPerson: z.array(
      z.strictObject({
        personId: z.string().nullable(),
        displayName: z.string().nullable(),
        role: z.enum(pricingRoles).nullable(),
        requests: z.int(),
        beyond: amounts,
      }),
    ),
    requests: z.int(),
    beyond: amounts,
    /** The most beyond for each currency, with what stood against it; at most 50. */
    exceptions: z.array(
      z.strictObject({
        requestId: z.string(),
        reference: z.string(),
        partnerName: z.string(),
        customerName: z.string(),
        decidedAt: z.string(),
        bandKey: z.string(),
        currency: z.string(),
        standardMinor: z.int(),
        netMinor: z.int(),
        discountPpm: z.int(),
        beyondMinor: z.int(),
        by: z.string().nullable(),
        role: z.enum(pricingRoles).nullable(),
        /** What beside the discount sent it there: a margin under its floor, an exception, the value. Keys of the word catalogue. */
        causes: z.array(z.string()),
      }),
    ),
  }),
});
export type PricingAnalytics = z.infer<typeof pricingAnalytics>;

export const analyticsParts = [
  'bands',
  'teams',
  'at-once',
  'win-rate',
  'corridor',
  'leakage',
  'exceptions',
] as const;
export type AnalyticsPart = (typeof analyticsParts)[number];

export const pricingAnalyticsRoutes = routeTable({
  'GET /api/pricing-analytics': {
    summary:
      'Special prices in a period: time to decision, what cleared at once, win rates, corridors and leakage.',
    permission: 'pricing_analytics.read',
    query: z.strictObject(filters),
    response: pricingAnalytics,
  },
  'GET /api/pricing-analytics.csv': {
    summary: 'One table of it as CSV.',
    permission: 'pricing_analytics.read',
    query: z.strictObject({ ...filters, part: z.enum(analyticsParts) }),
    response: z.string(),
    produces: 'text/csv',
  },
});
