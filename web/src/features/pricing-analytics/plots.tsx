import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { use, type EChartsCoreOption } from 'echarts/core';
import { useCallback, useMemo, type ReactNode } from 'react';
import type { PricingAnalytics } from '../../../../api/contract/pricing-analytics.ts';
import { inWords } from '../../../../domain/words/en.ts';
import { decimalsOf, formatDay, formatMoney, formatPpm } from '../../../../domain/words/reader.ts';
import { Plot, figuresAxis, namesAxis, type Ink } from '../../components/plot.tsx';
import { useReader } from '../../lib/session.ts';
import { isNarrow } from '../../lib/width.ts';
import { className, timeWords } from './figures.ts';

use([BarChart, LineChart, ScatterChart]);

/** Height of a plot of horizontal bars. */
const heightOf = (rows: number, each = 34): number => 44 + Math.max(rows, 1) * each;
const grid = { left: 8, right: 70, top: 8, bottom: 8, containLabel: true };
const percent = (ppm: number): number => ppm / 10_000;
/** Names beside bars keep within a third of a phone. */
const shortNames = (): object => ({ width: isNarrow() ? 84 : 150, overflow: 'truncate' });

function useStableReader(): ReturnType<typeof useReader> {
  const { locale, timeZone } = useReader();
  return useMemo(() => ({ locale, timeZone }), [locale, timeZone]);
}

/** Median and third quartile beside each name; bars end where the figure is known. */
export function TimesPlot(props: {
  rows: readonly { name: string; medianSeconds: number | null; p75Seconds: number | null }[];
}): ReactNode {
  const { rows } = props;
  const optionOf = useCallback(
    (ink: Ink): EChartsCoreOption => ({
      grid: { ...grid, right: 96 },
      xAxis: figuresAxis(ink, 'h'),
      yAxis: {
        ...namesAxis(
          ink,
          rows.map(({ name }) => name),
        ),
        inverse: true,
        axisLabel: { color: ink.text, fontSize: 12, ...shortNames() },
      },
      series: (
        [
          ['median', 'medianSeconds', ink.strokes[0]],
          ['3 of 4', 'p75Seconds', ink.pale],
        ] as const
      ).map(([name, key, color]) => ({
        type: 'bar' as const,
        name,
        color,
        barMaxWidth: 11,
        label: {
          show: true,
          position: 'right' as const,
          color: ink.text,
          fontSize: 11,
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const seconds = rows[dataIndex]?.[key] ?? null;
            return `${name} ${timeWords(seconds)}`;
          },
        },
        data: rows.map((row) => {
          const seconds = row[key];
          return seconds === null ? 0 : Math.round(seconds / 360) / 10;
        }),
      })),
    }),
    [rows],
  );
  return <Plot optionOf={optionOf} height={heightOf(rows.length, 40)} />;
}

export function AtOncePlot({ weeks }: { weeks: PricingAnalytics['atOnce']['weeks'] }): ReactNode {
  const reader = useStableReader();
  const optionOf = useCallback(
    (ink: Ink): EChartsCoreOption => ({
      grid: { left: 44, right: 24, top: 16, bottom: 28 },
      tooltip: {
        trigger: 'axis',
        renderMode: 'richText',
        valueFormatter: (value: unknown) => (typeof value === 'number' ? `${value} %` : '–'),
      },
      xAxis: namesAxis(
        ink,
        weeks.map(({ weekStart }) => formatDay(weekStart, reader).replace(/ \d{4}$/, '')),
      ),
      yAxis: { ...figuresAxis(ink, '%'), max: 100, interval: 25 },
      series: [
        {
          type: 'line' as const,
          name: 'cleared at once',
          data: weeks.map(({ sharePpm }) =>
            sharePpm === null ? null : Math.round(percent(sharePpm) * 10) / 10,
          ),
          symbol: 'circle',
          symbolSize: 5,
          lineStyle: { width: 2 },
          color: ink.strokes[0],
        },
      ],
    }),
    [weeks, reader],
  );
  return <Plot optionOf={optionOf} height={200} />;
}

/** One bar a class of discount; a class without a known outcome has none, and says so. */
export function WinRatePlot({ rows }: { rows: PricingAnalytics['winRate'] }): ReactNode {
  const reader = useStableReader();
  const optionOf = useCallback(
    (ink: Ink): EChartsCoreOption => ({
      grid,
      xAxis: { ...figuresAxis(ink, '%'), max: 100, interval: 25 },
      yAxis: {
        ...namesAxis(
          ink,
          rows.map((row) => className(row, reader)),
        ),
        inverse: true,
      },
      series: [
        {
          type: 'bar' as const,
          color: ink.strokes[1],
          barMaxWidth: 16,
          label: {
            show: true,
            position: 'right' as const,
            color: ink.text,
            fontSize: 11,
            formatter: ({ dataIndex }: { dataIndex: number }) => {
              const row = rows[dataIndex];
              if (row === undefined || row.winPpm === null) return 'none known';
              return `${row.won} of ${row.won + row.notWon}`;
            },
          },
          data: rows.map(({ winPpm }) => (winPpm === null ? 0 : percent(winPpm))),
        },
      ],
    }),
    [rows, reader],
  );
  return <Plot optionOf={optionOf} height={heightOf(rows.length, 26)} />;
}

/** From the tenth to the ninetieth of a hundred lines, with the middle one as a dot: how far below list. */
export function CorridorPlot({ rows }: { rows: PricingAnalytics['corridor'] }): ReactNode {
  const reader = useStableReader();
  const optionOf = useCallback(
    (ink: Ink): EChartsCoreOption => ({
      grid,
      xAxis: figuresAxis(ink, '%'),
      yAxis: {
        ...namesAxis(
          ink,
          rows.map(({ productName, segment }) =>
            segment === null ? productName : `${productName}, ${inWords(segment)}`,
          ),
        ),
        inverse: true,
        axisLabel: { color: ink.text, fontSize: 12, ...shortNames() },
      },
      series: [
        // Carries the bars to where they begin.
        {
          type: 'bar' as const,
          stack: 'corridor',
          color: 'transparent',
          silent: true,
          data: rows.map(({ p10Ppm }) => percent(p10Ppm)),
        },
        {
          type: 'bar' as const,
          stack: 'corridor',
          color: ink.pale,
          barMaxWidth: 12,
          label: {
            show: true,
            position: 'right' as const,
            color: ink.text,
            fontSize: 11,
            formatter: ({ dataIndex }: { dataIndex: number }) =>
              formatPpm(rows[dataIndex]?.p50Ppm ?? 0, reader),
          },
          data: rows.map(({ p10Ppm, p90Ppm }) => percent(Math.max(p90Ppm - p10Ppm, 2_000))),
        },
        {
          type: 'scatter' as const,
          color: ink.strokes[0],
          symbolSize: 9,
          z: 3,
          data: rows.map(({ p50Ppm }, place) => [percent(p50Ppm), place]),
        },
      ],
    }),
    [rows, reader],
  );
  return <Plot optionOf={optionOf} height={heightOf(rows.length, 26)} />;
}

export function LeakagePlot(props: {
  rows: readonly { name: string; amountMinor: number }[];
  currency: string;
}): ReactNode {
  const { rows, currency } = props;
  const reader = useStableReader();
  const optionOf = useCallback(
    (ink: Ink): EChartsCoreOption => ({
      grid: { ...grid, right: 96 },
      xAxis: { ...figuresAxis(ink, ''), axisLabel: { show: false } },
      yAxis: {
        ...namesAxis(
          ink,
          rows.map(({ name }) => name),
        ),
        inverse: true,
        axisLabel: { color: ink.text, fontSize: 12, ...shortNames() },
      },
      series: [
        {
          type: 'bar' as const,
          color: ink.strokes[2],
          barMaxWidth: 16,
          label: {
            show: true,
            position: 'right' as const,
            color: ink.text,
            fontSize: 11,
            formatter: ({ dataIndex }: { dataIndex: number }) =>
              formatMoney({ amountMinor: rows[dataIndex]?.amountMinor ?? 0, currency }, reader),
          },
          data: rows.map(({ amountMinor }) => amountMinor / 10 ** decimalsOf(currency)),
        },
      ],
    }),
    [rows, currency, reader],
  );
  return <Plot optionOf={optionOf} height={heightOf(rows.length, 28)} />;
}
