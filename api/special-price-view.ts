import type { z } from 'zod';
import type { CorrectionRow } from '../adapters/store/sold-under-reads.ts';
import type {
  AgreementRow,
  ApprovalRow,
  LineRow,
  RoundRow,
  RoutedRow,
  SpecialPriceDetailRow,
  SpecialPriceRow,
  VersionRow,
} from '../adapters/store/special-price-reads.ts';
import { may } from '../domain/access.ts';
import { addDuration } from '../domain/business-time.ts';
import type { CompiledCalendar } from '../domain/business-time.ts';
import { comparableTerms, lastDayBefore, lineIdOf } from '../domain/special-pricing/asked.ts';
import type { PricedTerms, PricingBasis } from '../domain/special-pricing/asked.ts';
import {
  agreementVerbs,
  partnersPriceVerbs,
  specialPriceVerbs,
  whyNotAgreementVerb,
  whyNotPriceVerb,
} from '../domain/special-pricing/case.ts';
import { answerWithin } from '../domain/special-pricing/clocks.ts';
import type { PricingRole, SpecialPricingPolicy } from '../domain/special-pricing/policy.ts';
import type { ApprovalStep, RoutingCause } from '../domain/special-pricing/routing.ts';
import { standingApprovals } from '../domain/special-pricing/standing.ts';
import { discountPpm, marginPpm, priceWaterfall } from '../domain/special-pricing/waterfall.ts';
import type { Waterfall } from '../domain/special-pricing/waterfall.ts';
import { whatGotWorse } from '../domain/special-pricing/worse.ts';
import type { WorseFact } from '../domain/special-pricing/worse.ts';
import type { BusinessNow } from './business-clock.ts';
import type {
  askedStep,
  pricingAgreementDetail,
  pricingAgreementHead,
  routingCause,
  specialPriceDetail,
  specialPriceHead,
  waterfallView,
  worseFact,
} from './contract/special-prices.ts';
import { dueOf, iso } from './registration-view.ts';
import type { SignedIn } from './route-handler.ts';

/* Requests and agreements as one side may see them: costs, margins, routing and what others asked are the vendor's. */

type Head = z.input<typeof specialPriceHead>;
type Detail = z.input<typeof specialPriceDetail>;
type View = z.input<typeof waterfallView>;
type Asked = z.input<typeof askedStep>;

/** What of money a reader may see: only the vendor's people with the permission see what things cost. */
export function seesCost(principal: SignedIn): boolean {
  return principal.side === 'vendor' && may(principal, 'cost.read');
}

export function priceHeadOf(row: SpecialPriceRow, now: BusinessNow): Head {
  return {
    id: row.id,
    reference: row.reference,
    kind: row.kind,
    programId: row.program_id,
    programName: row.program_name,
    partnerId: row.partner_id,
    partnerName: row.partner_name,
    registrationId: row.registration_id,
    registrationReference: row.registration_reference,
    agreementId: row.agreement_id,
    agreementReference: row.agreement_reference,
    customerName: row.customer_name,
    status: row.status,
    closureCode: row.closure_code,
    round: row.round,
    currency: row.currency,
    listMinor: row.list_minor,
    standardMinor: row.standard_minor,
    netMinor: row.net_minor,
    discountPpm: discountPpm(row.standard_minor, row.net_minor),
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    distributorId: row.distributor_id,
    distributorName: row.distributor_name,
    submittedAt: row.submitted_at.toISOString(),
    answerBy: iso(row.answer_by),
    decidedAt: iso(row.decided_at),
    waitingFor: row.waiting_for,
    askedNow: row.asked_roles.map((role) => role as PricingRole),
    nextStep: row.next_step,
    nextAt: iso(row.next_at),
    due: dueOf(row.clock, now),
  };
}

/** A round from list to net. `cost`: whether the reader may see it. */
export function waterfallOf(of: {
  currency: string;
  lines: readonly LineRow[];
  round: Pick<RoundRow, 'lump_minor' | 'sources'>;
  floors: SpecialPricingPolicy['marginFloors'];
  cost: boolean;
}): View {
  const { lines, round, cost } = of;
  const waterfall = repriced(lines, round.lump_minor);
  return viewOf(waterfall, {
    ...of,
    lumpMinor: round.lump_minor,
    sources: round.sources,
    lines: lines.map((line) => ({
      sku: line.sku,
      productName: line.product_name,
      family: line.family,
      capQuantity: line.cap_quantity,
      special: line.special,
      costUnitMinor: cost ? line.cost_unit_minor : null,
    })),
  });
}

/** The stored lines as the waterfall that they came from: the same pure function, on the same figures. */
export function repriced(lines: readonly LineRow[], lumpMinor: number): Waterfall {
  return priceWaterfall({
    lumpMinor,
    lines: lines.map((line, place) => ({
      lineId: lineIdOf(place),
      quantity: line.quantity,
      listUnitMinor: line.list_unit_minor,
      costUnitMinor: line.cost_unit_minor,
      tierPpm: line.tier_ppm,
      registrationPpm: line.registration_ppm,
      special: line.special,
    })),
  });
}

/** Terms that were only typed so far, priced. */
export function previewOf(
  priced: PricedTerms,
  of: {
    basis: PricingBasis;
    terms: {
      lines: readonly {
        sku: string;
        quantity: number;
        capQuantity: number | null;
        special: View['lines'][number]['special'];
      }[];
      lumpMinor: number;
    };
    cost: boolean;
  },
): View {
  const { basis, terms, cost } = of;
  return viewOf(priced.waterfall, {
    currency: basis.currency,
    lumpMinor: terms.lumpMinor,
    sources: priced.sources,
    floors: basis.policy.marginFloors,
    cost,
    lines: terms.lines.map(({ sku, quantity, capQuantity, special }) => {
      const entry = basis.entries.get(sku);
      return {
        sku,
        productName: entry?.name ?? sku,
        family: entry?.family ?? '',
        capQuantity: capQuantity ?? quantity,
        special,
        costUnitMinor: cost ? (entry?.costMinor ?? null) : null,
      };
    }),
  });
}

function viewOf(
  waterfall: Waterfall,
  of: {
    currency: string;
    lumpMinor: number;
    sources: PricedTerms['sources'];
    floors: SpecialPricingPolicy['marginFloors'];
    cost: boolean;
    lines: readonly Pick<
      View['lines'][number],
      'sku' | 'productName' | 'family' | 'capQuantity' | 'special' | 'costUnitMinor'
    >[];
  },
): View {
  const { cost, floors } = of;
  const { listMinor, standardMinor, specialMinor, netMinor, costMinor } = waterfall;
  return {
    currency: of.currency,
    sources: [...of.sources],
    listMinor,
    standardMinor,
    specialMinor,
    lumpMinor: of.lumpMinor,
    netMinor,
    discountPpm: discountPpm(standardMinor, netMinor),
    costMinor: cost ? costMinor : null,
    marginPpm: cost && costMinor !== null ? marginPpm(netMinor, costMinor) : null,
    lines: waterfall.lines.flatMap((line, place) => {
      const known = of.lines[place];
      if (known === undefined) return [];
      return [
        {
          lineNo: place + 1,
          ...known,
          quantity: line.quantity,
          listUnitMinor: line.listUnitMinor,
          tierPpm: line.tierPpm,
          tierUnitMinor: line.tierUnitMinor,
          registrationPpm: line.registrationPpm,
          standardUnitMinor: line.standardUnitMinor,
          specialUnitMinor: line.specialUnitMinor,
          lumpMinor: line.lumpMinor,
          listMinor: line.listMinor,
          standardMinor: line.standardMinor,
          netMinor: line.netMinor,
          discountPpm: discountPpm(line.standardMinor, line.netMinor),
          marginPpm: cost && line.costMinor !== null ? marginPpm(line.netMinor, line.costMinor) : null,
          floorPpm: cost ? (floors.byFamily[known.family] ?? floors.otherPpm) : null,
        },
      ];
    }),
  };
}

/** The steps with the time by which each answers if everybody before takes the time that he has; no times without a calendar. */
export function stepsOf(
  steps: readonly ApprovalStep[],
  of: {
    policy: SpecialPricingPolicy;
    calendar: CompiledCalendar | null;
    fromMs: number;
    /** Steps before it are answered; its own clock says when it is due. */
    open: { stepNo: number; dueAtMs: number } | null;
  },
): Asked[] {
  let atMs = of.fromMs;
  return steps.map(({ bandKey, roles, quorum }, place) => {
    const stepNo = place + 1;
    const past = of.open !== null && stepNo < of.open.stepNo;
    if (of.open?.stepNo === stepNo) atMs = of.open.dueAtMs;
    else if (!past && of.calendar !== null)
      atMs = addDuration(of.calendar, atMs, answerWithin(of.policy, bandKey));
    return {
      stepNo,
      bandKey,
      roles: [...roles],
      quorum,
      by: past || of.calendar === null ? null : new Date(atMs).toISOString(),
    };
  });
}

export function causesOf(causes: readonly RoutingCause[]): z.input<typeof routingCause>[] {
  return causes.map(({ kind, bandKey, ...facts }) => ({ kind, bandKey, facts }));
}

function worseOf(facts: readonly WorseFact[]): z.input<typeof worseFact>[] {
  return facts.map(({ kind, ...rest }) => ({ kind, facts: rest }));
}

/** What only the vendor sees of a request; null before it was routed. */
export function vendorPartOf(of: {
  row: SpecialPriceDetailRow;
  round: RoundRow;
  waterfall: Waterfall;
  lines: readonly LineRow[];
  routed: RoutedRow | null;
  approvals: readonly ApprovalRow[];
  tasks: readonly { id: string; role: string; asked_role: string; step_no: number }[];
  now: BusinessNow;
}): Detail['vendor'] {
  const { row, round, routed, tasks, now } = of;
  if (routed === null) return null;
  const terms = comparableTerms(
    {
      lines: of.lines.map(({ sku, quantity, cap_quantity, special }) => ({
        sku,
        quantity,
        capQuantity: cap_quantity,
        special,
      })),
      lumpMinor: round.lump_minor,
      exceptionKeys: round.exception_keys,
      validUntil: round.valid_until,
    },
    { waterfall: of.waterfall, dealMinor: routed.deal_minor },
  );
  const standing = standingApprovals(of.approvals, terms);
  const openStep = tasks[0]?.step_no ?? null;
  const dueAt = row.clock?.kind === 'approval' ? row.clock.dueAt : null;
  return {
    bandKey: routed.routing.bandKey,
    causes: causesOf(routed.routing.causes),
    steps: stepsOf(routed.routing.steps, {
      policy: row.policy,
      calendar: now.calendar(row.policy.calendarName),
      fromMs: now.atMs,
      open: openStep === null || dueAt === null ? null : { stepNo: openStep, dueAtMs: Date.parse(dueAt) },
    }),
    dealMinor: routed.deal_minor,
    dealCurrency: routed.deal_currency,
    segment: row.segment,
    earlier: routed.earlier.map((one) => ({ ...one })),
    approvals: of.approvals.map((one) => ({
      round: one.round,
      stepNo: one.stepNo,
      role: one.role,
      by: one.actor,
      actingFor: one.actingFor,
      at: one.at.toISOString(),
      byCounterOffer: one.byCounter,
      termsHash: one.termsHash,
      worse: worseOf(whatGotWorse(one.terms, terms)),
    })),
    askedAgain: tasks.flatMap(({ asked_role }) => {
      const role = asked_role as PricingRole;
      const known = standing.get(role);
      return known === undefined ? [] : [{ role, worse: worseOf(known.worse) }];
    }),
    tasks: tasks.map(({ id, role, asked_role, step_no }) => ({
      id,
      role,
      askedRole: asked_role as PricingRole,
      stepNo: step_no,
    })),
  };
}

/** The verbs of a request for its reader, each allowed or saying why not. A courtesy: the workflow decides. */
export function priceVerbsOf(row: SpecialPriceRow, principal: SignedIn): Detail['verbs'] {
  const state = { status: row.status };
  return specialPriceVerbs
    .filter((name) => partnersPriceVerbs.includes(name) === (principal.side === 'partner'))
    .map((name) => {
      const holder = partnersPriceVerbs.includes(name) ? 'special_price.request' : 'special_price.act';
      const why = may(principal, holder) ? whyNotPriceVerb(state, name) : 'not_your_role';
      return { name, allowed: why === null, why };
    });
}

export function agreementHeadOf(row: AgreementRow, now: BusinessNow): z.input<typeof pricingAgreementHead> {
  return {
    id: row.id,
    reference: row.reference,
    requestId: row.request_id,
    requestReference: row.request_reference ?? '',
    registrationId: row.registration_id,
    programId: row.program_id,
    programName: row.program_name,
    partnerId: row.partner_id,
    partnerName: row.partner_name,
    distributorId: row.distributor_id,
    distributorName: row.distributor_name,
    customerName: row.customer_name,
    currency: row.currency,
    status: row.status,
    endedCode: row.ended_code,
    version: row.version,
    validFrom: row.valid_from.toISOString(),
    validUntil: row.valid_until.toISOString(),
    createdAt: row.created_at.toISOString(),
    due: dueOf(row.clock, now),
  };
}

const DAY_MS = 24 * 3_600_000;

/** An agreement for its reader: what the distributor effectively pays is not the reseller's to know. */
export function agreementOf(of: {
  row: AgreementRow;
  versions: readonly VersionRow[];
  openRequests: readonly { id: string; reference: string }[];
  drawn: ReadonlyMap<string, number>;
  corrections: readonly CorrectionRow[];
  principal: SignedIn;
  now: BusinessNow;
}): z.input<typeof pricingAgreementDetail> {
  const { row, versions, drawn, corrections, principal, now } = of;
  const seesApprovedCost = principal.side === 'vendor' || principal.partnerId === row.distributor_id;
  const caps = new Map<string, number>();
  for (const { sku, capQuantity } of versions.at(-1)?.lines ?? [])
    caps.set(sku, (caps.get(sku) ?? 0) + capQuantity);
  const latest = now.atMs + row.policy.validity.mostDays * DAY_MS;
  return {
    ...agreementHeadOf(row, now),
    versions: versions.map((version) => ({
      version: version.version,
      kind: version.kind,
      requestId: version.request_id,
      appliesFrom: version.applies_from.toISOString(),
      validUntil: version.valid_until.toISOString(),
      createdAt: version.created_at.toISOString(),
      lines: version.lines.map((line) => ({
        ...line,
        approvedCostMinor: seesApprovedCost ? line.approvedCostMinor : null,
      })),
      corrected: correctedBy(corrections.find((one) => one.version === version.version)),
    })),
    caps: [...caps].map(([sku, capQuantity]) => {
      const drawnQuantity = drawn.get(sku) ?? 0;
      // A cap may have been lowered under what was drawn before.
      return { sku, capQuantity, drawnQuantity, leftQuantity: Math.max(0, capQuantity - drawnQuantity) };
    }),
    openRequests: [...of.openRequests],
    verbs:
      principal.side === 'partner'
        ? []
        : agreementVerbs.map((name) => {
            const why = may(principal, 'special_price.act')
              ? whyNotAgreementVerb(row, name)
              : 'not_your_role';
            return { name, allowed: why === null, why };
          }),
    latestValidUntil:
      row.status === 'active'
        ? lastDayBefore(Math.min(latest, row.protected_until?.getTime() ?? latest))
        : null,
  };
}

function correctedBy(
  correction: CorrectionRow | undefined,
): { transactions: number; units: number; supportMinor: number | null } | null {
  if (correction === undefined) return null;
  const { transactions, units, correctedMinor } = correction;
  return { transactions, units, supportMinor: correctedMinor };
}
