import type { z } from 'zod';
import type { Sql } from '../adapters/store/app-database.ts';
import { ratesOfPair } from '../adapters/store/exchange-rate-reads.ts';
import { pastRequests } from '../adapters/store/past-request-reads.ts';
import type { PastRequestRow } from '../adapters/store/past-request-reads.ts';
import { convert, NoExchangeRate } from '../domain/exchange-rate.ts';
import type { ExchangeRate } from '../domain/exchange-rate.ts';
import { dryRun } from '../domain/special-pricing/dry-run.ts';
import type { AskedBy, DryRunResult, Matrix } from '../domain/special-pricing/dry-run.ts';
import type { matrixDryRun } from './contract/policies.ts';

type View = z.input<typeof matrixDryRun>;

const PAGE = 100;
const MOST_REQUESTS = 5_000;
const MOST_LINES = 100_000;
const MOST_EXAMPLES = 20;

/**
 * Routes past requests by two matrices, the newest first, page by page: at most 5,000 requests or 100,000 lines, and only one page of
 * them is in memory. The answer says how far it went.
 */
export async function dryRunOverPast(
  sql: Sql,
  of: { programId: string; since: string; before: Matrix; after: Matrix },
): Promise<Omit<View, 'version' | 'days' | 'bands'>> {
  const rates = new Map<string, readonly ExchangeRate[]>();
  const run = dryRun({
    before: of.before,
    after: of.after,
    most: MOST_EXAMPLES,
    inCurrency: ({ minor, from, to, on }) => {
      try {
        return convert({ amountMinor: minor, currency: from }, to, {
          rates: rates.get(pairOf(from, to)) ?? [],
          on,
        }).amount.amountMinor;
      } catch (error) {
        if (error instanceof NoExchangeRate) return null;
        throw error;
      }
    },
  });
  const seen = { requests: 0, lines: 0 };
  let last: PastRequestRow | undefined;
  for (;;) {
    const page = await pastRequests(sql, {
      programId: of.programId,
      since: of.since,
      after: last === undefined ? null : { place: last.place, id: last.requestId },
      limit: PAGE,
    });
    for (const currency of new Set(page.map(({ dealCurrency }) => dealCurrency)))
      for (const to of [of.before.currency, of.after.currency])
        if (currency !== to && !rates.has(pairOf(currency, to)))
          rates.set(pairOf(currency, to), [
            ...(await ratesOfPair(sql, { base: currency, quote: to })),
            ...(await ratesOfPair(sql, { base: to, quote: currency })),
          ]);
    for (const request of page) {
      if (seen.requests >= MOST_REQUESTS || seen.lines + request.lines.length > MOST_LINES)
        return viewOf(run.result(), { complete: false, oldestAt: last?.submittedAt ?? null });
      run.add(request);
      seen.requests += 1;
      seen.lines += request.lines.length;
      last = request;
    }
    if (page.length < PAGE)
      return viewOf(run.result(), { complete: true, oldestAt: last?.submittedAt ?? null });
  }
}

const pairOf = (from: string, to: string): string => `${from}/${to}`;

function viewOf(
  { flows, roles, examples, clearsAtOnce, leftOut, ...counts }: DryRunResult,
  seen: { complete: boolean; oldestAt: string | null },
): Omit<View, 'version' | 'days' | 'bands'> {
  return {
    ...seen,
    ...counts,
    clearsAtOnce: { ...clearsAtOnce },
    leftOut: { ...leftOut },
    flows: [...flows],
    roles: [...roles],
    examples: examples.map((one) => ({ ...one, before: askedOf(one.before), after: askedOf(one.after) })),
  };
}

function askedOf({ bandKey, steps }: AskedBy): View['examples'][number]['before'] {
  return { bandKey, steps: steps.map((step) => ({ ...step, roles: [...step.roles] })) };
}
