import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import {
  draftedRates,
  dropRateDraft,
  keepRateDraft,
  lockLatestRates,
  lockRateFile,
  publishRates,
  rateFiles,
} from '../../adapters/store/exchange-rate-config.ts';
import type { RateFileRow } from '../../adapters/store/exchange-rate-config.ts';
import { ratesInForce, ratesOfPair } from '../../adapters/store/exchange-rate-reads.ts';
import { compareRates, faultsOfRates } from '../../domain/exchange-rate.ts';
import type { ExchangeRate, RateFault } from '../../domain/exchange-rate.ts';
import { formatId } from '../../domain/ids.ts';
import type { ExchangeRateFileView, exchangeRateRoutes, RateChanges } from '../contract/exchange-rates.ts';
import { withFaults } from '../csv-file.ts';
import { refuseUnlessSecond, verdictOf, whyNotPublishOf } from '../draft-file.ts';
import { readRateFile } from '../rate-file.ts';
import { notFound, Refused } from '../refused.ts';
import { iso } from '../registration-view.ts';
import type { Handlers, SignedIn } from '../route-handler.ts';

const SHOWN_CHANGES = 200;

const FAULTS: Readonly<Record<RateFault, readonly [column: string, reason: string]>> = {
  same_currency: ['quote', 'A currency has no rate to itself.'],
  kept_inverted: ['base', 'This pair is kept the other way round: give the rate of the other currency.'],
  not_after_latest: ['validFrom', 'A rate of this pair begins on that day or later already.'],
  in_the_past: [
    'validFrom',
    'What was converted stays converted: only the first rates of a pair begin in the past.',
  ],
};

type FileAnswer = z.input<(typeof exchangeRateRoutes)['POST /api/exchange-rate-files']['response']>;

/** Exchange rates: brought as a file by one person, put in force by another, and read by whoever converts. */
export function createExchangeRateHandlers(): Handlers<typeof exchangeRateRoutes> {
  return {
    'GET /api/exchange-rates': async ({ query, atMs }, sql) => {
      const on = query.on ?? dayOf(atMs);
      return { on, items: await ratesInForce(sql, on) };
    },
    'GET /api/exchange-rates/pair': async ({ query }, sql) => ({ items: await ratesOfPair(sql, query) }),
    'GET /api/exchange-rate-files': async ({ principal }, sql) => ({
      items: (await rateFiles(sql)).map((row) => viewOf(row, principal)),
    }),
    'POST /api/exchange-rate-files': async ({ principal, body, atMs }, transaction) => {
      const latest = await lockLatestRates(transaction);
      const read = readRateFile(body.csv);
      const faults = faultsOfRates(read.rows, { latest, today: dayOf(atMs) });
      const file = withFaults(
        read,
        faults.flatMap((fault, place) =>
          fault === null
            ? []
            : [{ row: read.places[place] ?? 0, column: FAULTS[fault][0], reason: FAULTS[fault][1] }],
        ),
      );
      const { verdict, audited } = verdictOf(file, body.csv);
      const id = formatId('exchangeRateFile', atMs, randomBytes(16));
      if (file.errors.length > 0) {
        const answer: FileAnswer = { ...verdict, fileId: null, changes: null };
        return { body: answer, audit: { action: 'rate_file_refused', subject: id, content: audited } };
      }
      const changes = changesOf(latest, file.rows);
      await keepRateDraft(transaction, {
        id,
        note: body.note,
        fileName: body.fileName,
        fileSha256: audited.fileSha256,
        changes,
        rates: file.rows,
        createdBy: principal.personId,
        atMs,
      });
      const answer: FileAnswer = { ...verdict, fileId: id, changes };
      return {
        body: answer,
        audit: {
          action: 'exchange_rates_drafted',
          subject: id,
          content: { fileSha256: audited.fileSha256, entries: file.rows.length, note: body.note },
        },
      };
    },
    'DELETE /api/exchange-rate-files/:id': async ({ params }, transaction) => {
      const file = await lockRateFile(transaction, params.id);
      if (file?.status !== 'draft') throw notFound('draft of exchange rates', params.id);
      await dropRateDraft(transaction, params.id);
      return {
        body: undefined,
        audit: { action: 'exchange_rates_draft_dropped', subject: params.id, content: {} },
      };
    },
    'POST /api/exchange-rate-files/:id/publication': async ({ principal, params, atMs }, transaction) => {
      const latest = await lockLatestRates(transaction);
      const file = await lockRateFile(transaction, params.id);
      if (file === null) throw notFound('file of exchange rates', params.id);
      refuseUnlessSecond(file, principal, 'rates');
      const rates = await draftedRates(transaction, params.id);
      // The draft was in order when it was brought; days have passed since.
      refuseUnlessInOrder(rates, { latest, today: dayOf(atMs) });
      await publishRates(transaction, { id: params.id, publishedBy: principal.personId, atMs });
      return {
        body: { id: params.id, ratesAdded: rates.length },
        audit: {
          action: 'exchange_rates_published',
          subject: params.id,
          content: { entries: rates.length },
        },
      };
    },
  };
}

/** The day of an instant in UTC: rates begin with days of UTC everywhere. */
function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

function refuseUnlessInOrder(
  rates: readonly ExchangeRate[],
  to: { latest: readonly ExchangeRate[]; today: string },
): void {
  const errors = faultsOfRates(rates, to).flatMap((fault, place) => {
    const rate = rates[place];
    if (fault === null || rate === undefined) return [];
    return [
      { pointer: '', reason: `${rate.base}/${rate.quote} from ${rate.validFrom}: ${FAULTS[fault][1]}` },
    ];
  });
  if (errors.length > 0)
    throw new Refused('not_allowed_now', {
      detail: 'These rates cannot begin any more as they were brought: bring the file again with later days.',
      errors: errors.slice(0, SHOWN_CHANGES),
    });
}

function changesOf(latest: readonly ExchangeRate[], added: readonly ExchangeRate[]): RateChanges {
  const { changes, ...counts } = compareRates(latest, added);
  return { ...counts, largest: changes.slice(0, SHOWN_CHANGES).map((change) => ({ ...change })) };
}

function viewOf(row: RateFileRow, principal: SignedIn): ExchangeRateFileView {
  const { createdById, createdAt, publishedAt, ...shown } = row;
  return {
    ...shown,
    createdAt: createdAt.toISOString(),
    publishedAt: iso(publishedAt),
    whyNotPublish: whyNotPublishOf(
      { status: row.status, createdBy: createdById },
      principal,
      'exchange_rate.publish',
    ),
  };
}
