/** The figures as their address says them: the period and what of it. */
export interface AnalyticsSearch {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly programId?: string | undefined;
  readonly segment?: string | undefined;
  readonly family?: string | undefined;
  /** In which amounts given beyond policy are plotted. */
  readonly currency?: string | undefined;
}

/** Reads an address; what is not a filter, or not a value of one, is left out. */
export function readAnalyticsSearch(raw: Record<string, unknown>): AnalyticsSearch {
  return {
    from: dateOf(raw['from']),
    to: dateOf(raw['to']),
    programId: textOf(raw['programId'], 40),
    segment: textOf(raw['segment'], 60),
    family: textOf(raw['family'], 60),
    currency: textOf(raw['currency'], 3),
  };
}

function textOf(value: unknown, most: number): string | undefined {
  // The router reads a text of digits as a number.
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, most) : undefined;
}

function dateOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined;
}
