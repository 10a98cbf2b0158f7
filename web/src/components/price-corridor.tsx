import { Checkbox, NativeSelect, Table } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Corridor, SpecialPriceDetail } from '../../../api/contract/special-prices.ts';
import { inWords } from '../../../domain/words/en.ts';
import { countWords, formatDay, formatMoney, formatPpm } from '../../../domain/words/reader.ts';
import { corridorAxis, corridorRank } from '../lib/corridor.ts';
import { useNowMs } from '../lib/now.ts';
import { offListPpm, worstLine } from '../lib/price-steps.ts';
import { useRead } from '../lib/queries.ts';
import { useReader } from '../lib/session.ts';
import { LoadingRows, ProblemNotice } from './notices.tsx';
import { Section } from './page.tsx';

/** What others got for a product, with this request among them: by product, and by segment where it is known. */
export function PriceCorridor({ request }: { request: SpecialPriceDetail }): ReactNode {
  const { lines } = request.waterfall;
  const segment = request.vendor?.segment ?? null;
  const [sku, setSku] = useState(() => worstLine(lines)?.sku ?? '');
  const [sameSegment, setSameSegment] = useState(segment !== null);
  const line = lines.find((one) => one.sku === sku);
  const read = useRead(
    'GET /api/special-price-corridor',
    { query: { sku, ...(sameSegment && segment !== null ? { segment } : {}) } },
    { enabled: sku !== '', keepLast: true },
  );
  const products = [...new Map(lines.map((one) => [one.sku, one.productName]))];
  return (
    <Section
      title="Others like this"
      aside={
        <span className="row">
          {segment !== null && (
            <Checkbox
              size="xs"
              label={`Only ${inWords(segment)}`}
              checked={sameSegment}
              onChange={({ currentTarget }) => setSameSegment(currentTarget.checked)}
            />
          )}
          {products.length > 1 && (
            <NativeSelect
              size="xs"
              aria-label="Product"
              value={sku}
              onChange={({ currentTarget }) => setSku(currentTarget.value)}
              data={products.map(([value, label]) => ({ value, label }))}
              maw={220}
            />
          )}
        </span>
      }
    >
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.data === undefined ? (
        read.isPending && <LoadingRows rows={3} height={40} />
      ) : line === undefined ? null : (
        <Plot corridor={read.data} ownPpm={offListPpm(line)} productName={line.productName} />
      )}
    </Section>
  );
}

function Plot(props: { corridor: Corridor; ownPpm: number; productName: string }): ReactNode {
  const { corridor, ownPpm, productName } = props;
  const reader = useReader();
  const nowMs = useNowMs();
  const { points, p10Ppm, p50Ppm, p90Ppm } = corridor;
  const own = formatPpm(ownPpm, reader);
  if (points.length === 0)
    return (
      <p className="quiet" style={{ margin: 0 }}>
        Nothing was approved for {productName} in the last two years; this one asks for {own} off list.
      </p>
    );
  const axis = corridorAxis(points, { ownPpm, nowMs });
  const up = (ppm: number): string => `${(ppm / axis.topPpm) * 100}%`;
  const deeper = corridorRank(points, ownPpm);
  return (
    <>
      <p style={{ margin: '0 0 8px' }}>
        {p10Ppm !== null && p90Ppm !== null && p50Ppm !== null && (
          <>
            Of {countWords(points.length, 'approved line')} of {productName}, 8 in 10 lie between{' '}
            {formatPpm(p10Ppm, reader)} and {formatPpm(p90Ppm, reader)} off list, half of them below{' '}
            {formatPpm(p50Ppm, reader)}.{' '}
          </>
        )}
        <strong>
          This one asks for {own}: {deeper === 0 ? 'more than any of them' : `${deeper} went as far`}.
        </strong>
      </p>
      <div className="corridor" aria-hidden="true">
        <div className="corridor-field">
          {axis.ticks.map((ppm) => (
            <span key={ppm} className="corridor-line" style={{ bottom: up(ppm) }}>
              <span>{formatPpm(ppm, reader)}</span>
            </span>
          ))}
          {p10Ppm !== null && p90Ppm !== null && (
            <span
              className="corridor-band"
              style={{ bottom: up(p10Ppm), height: up(Math.max(p90Ppm - p10Ppm, 1)) }}
            />
          )}
          {p50Ppm !== null && (
            <span className="corridor-median" style={{ bottom: up(p50Ppm) }}>
              <span>median</span>
            </span>
          )}
          {points.map((point) => (
            <span
              key={`${point.requestId} ${point.at} ${point.discountPpm}`}
              className="corridor-point"
              data-won={point.won === null ? 'open' : point.won}
              style={{ left: `${axis.placeOf(point.at) * 100}%`, bottom: up(point.discountPpm) }}
            />
          ))}
          <span className="corridor-own" style={{ bottom: up(ownPpm) }}>
            <span>this one</span>
          </span>
        </div>
      </div>
      <div className="between quiet" aria-hidden="true">
        <span>{formatDay(new Date(axis.fromMs).toISOString(), reader)}</span>
        <span>filled: won, ring: lost, pale: not known yet</span>
        <span>today</span>
      </div>
      <details>
        <summary className="quiet" style={{ cursor: 'pointer' }}>
          The same as a table
        </summary>
        <div style={{ overflowX: 'auto' }} role="region" aria-label="Approved lines" tabIndex={0}>
          <Table aria-label={`Approved lines of ${productName}`}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Approved</Table.Th>
                <Table.Th className="money">Off list</Table.Th>
                <Table.Th className="money">Units</Table.Th>
                <Table.Th className="money">Price</Table.Th>
                <Table.Th>The deal</Table.Th>
                <Table.Th>Reference</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {points.map((point) => (
                <Table.Tr key={`${point.requestId} ${point.at} ${point.discountPpm}`}>
                  <Table.Td>{formatDay(point.at, reader)}</Table.Td>
                  <Table.Td className="money">{formatPpm(point.discountPpm, reader)}</Table.Td>
                  <Table.Td className="money">{point.quantity.toLocaleString(reader.locale)}</Table.Td>
                  <Table.Td className="money">
                    {formatMoney({ amountMinor: point.netUnitMinor, currency: point.currency }, reader)}
                  </Table.Td>
                  <Table.Td>{point.won === null ? 'not known yet' : point.won ? 'won' : 'lost'}</Table.Td>
                  <Table.Td className="numbers">{point.reference}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      </details>
    </>
  );
}
