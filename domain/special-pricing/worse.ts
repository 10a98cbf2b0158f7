/*
 * What got worse for the vendor between what somebody approved and what is asked now. Whoever approved is asked again only
 * about that; where nothing got worse his approval stands, with the hash of what he saw.
 */

/** What an approver agreed to, or what is asked now. Amounts are minor units of one currency. */
export interface AskedTerms {
  /** By product: several lines of one product are told apart by their id. */
  readonly lines: readonly {
    readonly lineId: string;
    readonly sku: string;
    readonly unitMinor: number;
    readonly quantity: number;
  }[];
  readonly exceptionKeys: readonly string[];
  /** ISO date, the last day. */
  readonly validUntil: string;
  /** The value of the whole deal: this request and the earlier ones for the same end customer. */
  readonly dealMinor: number;
}

export type WorseFact =
  | { readonly kind: 'line_added'; readonly lineId: string; readonly sku: string }
  | {
      readonly kind: 'price_lower';
      readonly lineId: string;
      readonly fromMinor: number;
      readonly toMinor: number;
    }
  | { readonly kind: 'quantity_higher'; readonly lineId: string; readonly from: number; readonly to: number }
  | { readonly kind: 'exception_added'; readonly exceptionKey: string }
  | { readonly kind: 'valid_longer'; readonly from: string; readonly to: string }
  | { readonly kind: 'deal_larger'; readonly fromMinor: number; readonly toMinor: number };

/** What is worse in `now` than in `agreed`, in the order in which it is shown; empty: the approval stands. */
export function whatGotWorse(agreed: AskedTerms, now: AskedTerms): WorseFact[] {
  const before = new Map(agreed.lines.map((line) => [line.lineId, line]));
  const facts: WorseFact[] = now.lines.flatMap((line): WorseFact[] => {
    const { lineId, sku, unitMinor, quantity } = line;
    const old = before.get(lineId);
    // Another product under the same id is another line.
    if (old === undefined || old.sku !== sku) return [{ kind: 'line_added', lineId, sku }];
    return [
      ...(unitMinor < old.unitMinor
        ? [{ kind: 'price_lower' as const, lineId, fromMinor: old.unitMinor, toMinor: unitMinor }]
        : []),
      ...(quantity > old.quantity
        ? [{ kind: 'quantity_higher' as const, lineId, from: old.quantity, to: quantity }]
        : []),
    ];
  });
  for (const exceptionKey of now.exceptionKeys)
    if (!agreed.exceptionKeys.includes(exceptionKey)) facts.push({ kind: 'exception_added', exceptionKey });
  if (now.validUntil > agreed.validUntil)
    facts.push({ kind: 'valid_longer', from: agreed.validUntil, to: now.validUntil });
  if (now.dealMinor > agreed.dealMinor)
    facts.push({ kind: 'deal_larger', fromMinor: agreed.dealMinor, toMinor: now.dealMinor });
  return facts;
}
