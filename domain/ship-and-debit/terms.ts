import { timesPpm } from '../money.ts';
import type { AgreementVersionKind } from '../special-pricing/status.ts';
import type { PriceMoment } from '../special-pricing/policy.ts';

/*
 * What an agreement says about a sale, by the day of the sale. A new version changes all transactions, those already made as
 * well; a new period changes those from its first day on; an extension moves the end and nothing else. Days are ISO dates in UTC:
 * a version that begins within a day holds for the whole of it.
 */

/** What an agreement says about one product. Amounts are minor units of its currency. */
export interface AgreedLine {
  readonly sku: string;
  readonly netUnitMinor: number;
  /** What the distributor effectively pays. */
  readonly approvedCostMinor: number;
  /** Null: no cap. */
  readonly capQuantity: number | null;
}

export interface StoredVersion {
  readonly version: number;
  readonly kind: AgreementVersionKind;
  /** The day from which it applies. */
  readonly fromDay: string;
  /** The day it was agreed on. */
  readonly agreedOn: string;
  readonly lines: readonly AgreedLine[];
}

/** Terms that hold from one day to another, both included. */
export interface TermsPeriod {
  readonly version: number;
  readonly fromDay: string;
  readonly lastDay: string;
  readonly agreedOn: string;
  readonly lines: ReadonlyMap<string, AgreedLine>;
}

/**
 * The terms of an agreement over its days, in order and without gaps from its first day to its last. Versions are in the order of
 * their numbers. A period that would begin after the last day has no terms.
 */
export function termsByDay(
  versions: readonly StoredVersion[],
  agreement: { readonly firstDay: string; readonly lastDay: string },
): TermsPeriod[] {
  let begun: { version: StoredVersion; fromDay: string }[] = [];
  for (const version of versions) {
    switch (version.kind) {
      case 'first':
      case 'new_version':
        begun = [{ version, fromDay: agreement.firstDay }];
        break;
      case 'new_period': {
        const fromDay = version.fromDay < agreement.firstDay ? agreement.firstDay : version.fromDay;
        begun = [...begun.filter((one) => one.fromDay < fromDay), { version, fromDay }];
        break;
      }
      case 'extension':
        break;
      default:
        version.kind satisfies never;
    }
  }
  return begun
    .map(({ version, fromDay }, place) => ({
      version: version.version,
      fromDay,
      lastDay: earlier(dayBefore(begun[place + 1]?.fromDay ?? null), agreement.lastDay),
      agreedOn: version.agreedOn,
      lines: new Map(version.lines.map((line) => [line.sku, line])),
    }))
    .filter(({ fromDay, lastDay }) => fromDay <= lastDay);
}

/** The terms that hold on a day; undefined outside the agreement's days. */
export function termsOn(terms: readonly TermsPeriod[], day: string): TermsPeriod | undefined {
  return terms.find(({ fromDay, lastDay }) => fromDay <= day && day <= lastDay);
}

/** The units that may be supported of each product: as the newest terms say, over all versions. Null: no cap. */
export function capsOf(versions: readonly StoredVersion[]): ReadonlyMap<string, number | null> {
  const caps = new Map<string, number | null>();
  for (const { lines } of versions) for (const { sku, capQuantity } of lines) caps.set(sku, capQuantity);
  return caps;
}

/** The day whose list price counts. */
export function priceDay(
  moment: PriceMoment,
  days: { readonly saleDate: string; readonly agreedOn: string; readonly receivedOn: string },
): string {
  switch (moment) {
    case 'sale':
      return days.saleDate;
    case 'approval':
      return days.agreedOn;
    case 'claim':
      return days.receivedOn;
    default:
      return moment satisfies never;
  }
}

/** Support for one unit: what the distributor paid into stock less what he effectively pays, never below nothing. */
export function supportOfOne(input: {
  readonly listMinor: number;
  readonly distributorDiscountPpm: number;
  readonly approvedCostMinor: number;
}): number {
  const intoStock = input.listMinor - timesPpm(input.listMinor, input.distributorDiscountPpm);
  return Math.max(0, intoStock - input.approvedCostMinor);
}

/** The last day on which a sale may be claimed: so many days after the end of its month. */
export function lastClaimDay(saleDate: string, daysAfterMonthEnd: number): string {
  const [year = 0, month = 0] = saleDate.split('-').map(Number);
  return new Date(Date.UTC(year, month, daysAfterMonthEnd)).toISOString().slice(0, 10);
}

function dayBefore(day: string | null): string | null {
  if (day === null) return null;
  return new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

function earlier(day: string | null, other: string): string {
  return day === null || other < day ? other : day;
}
