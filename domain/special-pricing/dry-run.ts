import { lineIdOf } from './asked.ts';
import { pricingRoles } from './policy.ts';
import type { PricingRole, SpecialPricingPolicy } from './policy.ts';
import { routeRequest } from './routing.ts';
import type { ApprovalStep, Routing } from './routing.ts';
import { discountPpm, priceWaterfall } from './waterfall.ts';
import type { Waterfall, WaterfallLine } from './waterfall.ts';

/*
 * What another matrix would have asked for the requests that came. Each is routed twice, by the rules of the version in effect and by
 * those of the draft, from what is stored of it: its lines with their list prices, discounts and costs, and the value of its deal. These
 * are kept as they were, so that the only thing that differs is the matrix. Requests are added one by one and none is kept but a few
 * examples: the memory needed does not grow with their number.
 */

/** A request as it was first asked; amounts in minor units of `currency`. */
export interface PastRequest {
  readonly requestId: string;
  readonly reference: string;
  readonly partnerName: string;
  readonly customerName: string;
  readonly submittedAt: string;
  readonly currency: string;
  /** In their order; ids are given by place. */
  readonly lines: readonly (Omit<WaterfallLine, 'lineId'> & { readonly family: string })[];
  readonly lumpMinor: number;
  readonly exceptionKeys: readonly string[];
  /** The value of the deal that it was routed by. */
  readonly dealMinor: number;
  readonly dealCurrency: string;
}

/** The part of a policy that says who is asked. */
export type Matrix = Pick<
  SpecialPricingPolicy,
  'bands' | 'approvalShape' | 'marginFloors' | 'termExceptions' | 'currency'
>;

/** Why a request cannot be compared: one of the two has no such exception, or no rate into its currency is known. */
export const leftOutCauses = ['exception_unknown', 'no_rate'] as const;
export type LeftOutCause = (typeof leftOutCauses)[number];

/** Who is asked, as far as two routings are compared. */
export interface AskedBy {
  readonly bandKey: string;
  readonly steps: readonly ApprovalStep[];
}

export interface DryRunExample {
  readonly requestId: string;
  readonly reference: string;
  readonly partnerName: string;
  readonly customerName: string;
  readonly submittedAt: string;
  readonly currency: string;
  readonly netMinor: number;
  /** Of the net off the standard net. */
  readonly discountPpm: number;
  readonly before: AskedBy;
  readonly after: AskedBy;
}

export interface DryRunResult {
  /** Requests that were routed twice. */
  readonly compared: number;
  /** Of these, those for which somebody else is asked, or the same people in another way. */
  readonly changed: number;
  readonly clearsAtOnce: { readonly before: number; readonly after: number };
  /** From band to band, in the order of the matrices; pairs that no request has are left out. `changed` counts as above. */
  readonly flows: readonly {
    readonly from: string;
    readonly to: string;
    readonly count: number;
    readonly changed: number;
  }[];
  /** How many requests each role is asked about, in the order of authority; roles that neither asks are left out. */
  readonly roles: readonly { readonly role: PricingRole; readonly before: number; readonly after: number }[];
  readonly leftOut: Readonly<Record<LeftOutCause, number>>;
  /** The first ones added that change. */
  readonly examples: readonly DryRunExample[];
}

export interface DryRun {
  add(request: PastRequest): void;
  result(): DryRunResult;
}

/**
 * Begins a comparison. `inCurrency` gives minor units of one currency in those of another at the rate of a day; null where none is
 * known. `most` is how many examples are kept.
 */
export function dryRun(input: {
  readonly before: Matrix;
  readonly after: Matrix;
  readonly inCurrency: (amount: { minor: number; from: string; to: string; on: string }) => number | null;
  readonly most: number;
}): DryRun {
  const { before, after, most } = input;
  const flows = new Map<string, { from: string; to: string; count: number; changed: number }>();
  const asked = new Map(pricingRoles.map((role) => [role, { before: 0, after: 0 }]));
  const clearsAtOnce = { before: 0, after: 0 };
  const leftOut: Record<LeftOutCause, number> = { exception_unknown: 0, no_rate: 0 };
  const examples: DryRunExample[] = [];
  let compared = 0;
  let changed = 0;
  return {
    add(request) {
      const priced = priceAgain(request);
      const left = routeUnder(before, priced, input);
      if ('leftOut' in left) return void (leftOut[left.leftOut] += 1);
      const right = routeUnder(after, priced, input);
      if ('leftOut' in right) return void (leftOut[right.leftOut] += 1);
      compared += 1;
      const differs = !sameSteps(left.steps, right.steps);
      if (differs) changed += 1;
      const [from, to] = [left.bandKey, right.bandKey];
      const flow = flows.get(`${from}\n${to}`) ?? { from, to, count: 0, changed: 0 };
      flow.count += 1;
      if (differs) flow.changed += 1;
      flows.set(`${from}\n${to}`, flow);
      for (const [side, { steps }] of [
        ['before', left],
        ['after', right],
      ] as const) {
        if (steps.length === 0) clearsAtOnce[side] += 1;
        for (const role of new Set(steps.flatMap(({ roles }) => roles))) {
          const counts = asked.get(role);
          if (counts !== undefined) counts[side] += 1;
        }
      }
      if (differs && examples.length < most) {
        const { requestId, reference, partnerName, customerName, submittedAt, currency } = request;
        examples.push({
          requestId,
          reference,
          partnerName,
          customerName,
          submittedAt,
          currency,
          netMinor: priced.waterfall.netMinor,
          discountPpm: discountPpm(priced.waterfall.standardMinor, priced.waterfall.netMinor),
          before: { bandKey: from, steps: left.steps },
          after: { bandKey: to, steps: right.steps },
        });
      }
    },
    result: () => ({
      compared,
      changed,
      clearsAtOnce: { ...clearsAtOnce },
      flows: [...flows.values()].toSorted(
        (a, b) =>
          placeOf(before, a.from) - placeOf(before, b.from) || placeOf(after, a.to) - placeOf(after, b.to),
      ),
      roles: [...asked].flatMap(([role, counts]) =>
        counts.before + counts.after === 0 ? [] : [{ role, ...counts }],
      ),
      leftOut: { ...leftOut },
      examples,
    }),
  };
}

interface Priced {
  readonly request: PastRequest;
  readonly waterfall: Waterfall;
  readonly familyOf: (lineId: string) => string;
}

/** From what is stored of its lines; the rates are those that held when it was asked. */
function priceAgain(request: PastRequest): Priced {
  const families = new Map(request.lines.map(({ family }, place) => [lineIdOf(place), family]));
  return {
    request,
    familyOf: (lineId) => families.get(lineId) ?? '',
    waterfall: priceWaterfall({
      lumpMinor: request.lumpMinor,
      lines: request.lines.map((line, place) => ({ ...line, lineId: lineIdOf(place) })),
    }),
  };
}

function routeUnder(
  matrix: Matrix,
  { request, waterfall, familyOf }: Priced,
  { inCurrency }: Pick<Parameters<typeof dryRun>[0], 'inCurrency'>,
): Routing | { readonly leftOut: LeftOutCause } {
  const { exceptionKeys, dealCurrency, submittedAt } = request;
  if (!exceptionKeys.every((key) => matrix.termExceptions.some((one) => one.key === key)))
    return { leftOut: 'exception_unknown' };
  const dealMinor =
    dealCurrency === matrix.currency
      ? request.dealMinor
      : inCurrency({
          minor: request.dealMinor,
          from: dealCurrency,
          to: matrix.currency,
          on: submittedAt.slice(0, 10),
        });
  if (dealMinor === null) return { leftOut: 'no_rate' };
  return routeRequest({ policy: matrix, waterfall, familyOf, exceptionKeys, dealMinor });
}

/** The same people, in the same order, of whom the same number has to agree; what their band is called does not count. */
function sameSteps(left: readonly ApprovalStep[], right: readonly ApprovalStep[]): boolean {
  const said = (steps: readonly ApprovalStep[]): string =>
    JSON.stringify(steps.map(({ roles, quorum }) => [roles.toSorted(), quorum]));
  return said(left) === said(right);
}

const placeOf = ({ bands }: Matrix, bandKey: string): number => bands.findIndex(({ key }) => key === bandKey);
