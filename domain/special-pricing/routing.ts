import type { ApprovalBand, PricingRole, SpecialPricingPolicy } from './policy.ts';
import { discountExceeds, marginBelow } from './waterfall.ts';
import type { Waterfall } from './waterfall.ts';

/*
 * Who is asked for a special price. The highest of what the request as a whole, its worst line, a margin under the floor, a
 * departure from the usual terms and the value of the deal ask for; each cause is kept, so that everybody can see why.
 */

/** Why a band is asked, as a key of the word catalogue. */
export type RoutingCause =
  | { readonly kind: 'discount_whole'; readonly bandKey: string }
  | { readonly kind: 'discount_line'; readonly bandKey: string; readonly lineId: string }
  | { readonly kind: 'margin_whole'; readonly bandKey: string }
  | {
      readonly kind: 'margin_line';
      readonly bandKey: string;
      readonly lineId: string;
      readonly family: string;
    }
  | { readonly kind: 'cost_unknown'; readonly bandKey: string; readonly lineId: string }
  | { readonly kind: 'term_exception'; readonly bandKey: string; readonly exceptionKey: string }
  | {
      readonly kind: 'value';
      readonly bandKey: string;
      readonly aboveMinor: number;
      readonly added: readonly PricingRole[];
    };

/** People asked together. Steps come one after the other. */
export interface ApprovalStep {
  readonly bandKey: string;
  readonly roles: readonly PricingRole[];
  /** How many of them must agree. */
  readonly quorum: number;
}

export interface Routing {
  readonly bandKey: string;
  /** Empty: the request clears at once. */
  readonly steps: readonly ApprovalStep[];
  readonly causes: readonly RoutingCause[];
}

/**
 * Routes a priced request. `familyOf` says the family of each line; `dealMinor` is the value of the deal in the policy's currency:
 * this request and the earlier ones for the same end customer (`sameDealWithinDays`). Throws `RangeError` for a key that the
 * policy does not have.
 */
export function routeRequest(input: {
  readonly policy: Pick<SpecialPricingPolicy, 'bands' | 'approvalShape' | 'marginFloors' | 'termExceptions'>;
  readonly waterfall: Waterfall;
  readonly familyOf: (lineId: string) => string;
  readonly exceptionKeys: readonly string[];
  readonly dealMinor: number;
}): Routing {
  const { policy, waterfall } = input;
  const { bands } = policy;
  const last = bands.length - 1;
  const keyOf = (place: number): string => bandAt(bands, place).key;
  const causes: RoutingCause[] = [];
  let place = bandOfDiscount(bands, waterfall.standardMinor, waterfall.netMinor);
  causes.push({ kind: 'discount_whole', bandKey: keyOf(place) });
  const raise = (to: number, cause: RoutingCause): void => {
    if (to >= place) causes.push(cause);
    place = Math.max(place, to);
  };
  let worst: { place: number; lineId: string } | null = null;
  for (const line of waterfall.lines) {
    const at = bandOfDiscount(bands, line.standardMinor, line.netMinor);
    if (worst === null || at > worst.place) worst = { place: at, lineId: line.lineId };
  }
  if (worst !== null && worst.place > place)
    raise(worst.place, { kind: 'discount_line', bandKey: keyOf(worst.place), lineId: worst.lineId });
  for (const cause of marginCauses(input, keyOf(last))) raise(last, cause);
  for (const exceptionKey of input.exceptionKeys) {
    const exception = policy.termExceptions.find(({ key }) => key === exceptionKey);
    const at = bands.findIndex(({ key }) => key === exception?.bandKey);
    if (exception === undefined || at < 0) throw new RangeError(`no term exception ${exceptionKey}`);
    raise(at, { kind: 'term_exception', bandKey: exception.bandKey, exceptionKey });
  }
  const { bump, added } = bumpOf(bandAt(bands, place), input.dealMinor);
  if (bump !== null) {
    const at = bump.effect === 'one_level_up' ? Math.min(place + 1, last) : place;
    causes.push({ kind: 'value', bandKey: keyOf(at), aboveMinor: bump.aboveMinor, added });
    place = at;
  }
  return { bandKey: keyOf(place), steps: stepsOf(policy, place, added), causes };
}

const bandAt = (bands: readonly ApprovalBand[], place: number): ApprovalBand => {
  const band = bands[place];
  if (band === undefined) throw new RangeError(`the matrix has no band ${place}`);
  return band;
};

/** The first band whose upper bound is not exceeded: bounds are included, and nothing is compared as a rounded rate. */
function bandOfDiscount(bands: readonly ApprovalBand[], standardMinor: number, netMinor: number): number {
  const place = bands.findIndex(
    ({ toPpm }) => toPpm === null || !discountExceeds(standardMinor, netMinor, toPpm),
  );
  if (place < 0) throw new RangeError('the last band of the matrix has an upper bound');
  return place;
}

/** A value bump that the deal's value reaches, and who is added by it. Above, not at, the limit. */
function bumpOf(
  band: ApprovalBand,
  dealMinor: number,
): { bump: ApprovalBand['valueBump']; added: readonly PricingRole[] } {
  const bump = band.valueBump;
  if (bump === null || dealMinor <= bump.aboveMinor) return { bump: null, added: [] };
  return { bump, added: bump.effect === 'add' ? bump.roles : [] };
}

function* marginCauses(
  { policy, waterfall, familyOf }: Parameters<typeof routeRequest>[0],
  bandKey: string,
): Generator<RoutingCause> {
  const { byFamily, otherPpm } = policy.marginFloors;
  let floorOfAll: number | null = null;
  for (const { lineId, netMinor, costMinor, standardMinor } of waterfall.lines) {
    const family = familyOf(lineId);
    const floor = byFamily[family] ?? otherPpm;
    if (floor === null) continue;
    floorOfAll = floorOfAll === null ? floor : Math.min(floorOfAll, floor);
    // Nobody is asked about a margin that the standard price has as well: nothing is given away beyond it.
    if (netMinor === standardMinor) continue;
    if (costMinor === null) yield { kind: 'cost_unknown', bandKey, lineId };
    else if (marginBelow(netMinor, costMinor, floor)) yield { kind: 'margin_line', bandKey, lineId, family };
  }
  const { netMinor, costMinor, standardMinor } = waterfall;
  if (
    floorOfAll !== null &&
    costMinor !== null &&
    netMinor < standardMinor &&
    marginBelow(netMinor, costMinor, floorOfAll)
  )
    yield { kind: 'margin_whole', bandKey };
}

function stepsOf(
  policy: Pick<SpecialPricingPolicy, 'bands' | 'approvalShape'>,
  place: number,
  added: readonly PricingRole[],
): ApprovalStep[] {
  const asked =
    policy.approvalShape === 'chain' ? policy.bands.slice(0, place + 1) : [bandAt(policy.bands, place)];
  return asked.flatMap((band) => {
    const own = band === policy.bands[place];
    if (band.asks === null)
      return own && added.length > 0 ? [{ bandKey: band.key, roles: added, quorum: added.length }] : [];
    const more = own ? added.filter((role) => band.asks?.roles.includes(role) !== true) : [];
    const needed = band.asks.quorum ?? band.asks.roles.length;
    return [{ bandKey: band.key, roles: [...band.asks.roles, ...more], quorum: needed + more.length }];
  });
}
