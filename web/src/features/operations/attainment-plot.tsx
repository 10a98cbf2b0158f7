import { Table } from '@mantine/core';
import { LineChart } from 'echarts/charts';
import { MarkLineComponent } from 'echarts/components';
import { use, type EChartsCoreOption } from 'echarts/core';
import { useCallback, useMemo, type ReactNode } from 'react';
import type { Board } from '../../../../api/contract/operations.ts';
import { formatDay } from '../../../../domain/words/reader.ts';
import { Plot, figuresAxis, namesAxis, type Ink } from '../../components/plot.tsx';
import { useReader } from '../../lib/session.ts';
import { attainmentSeries, namesAtTheEnd } from './attainment.ts';

use([LineChart, MarkLineComponent]);

/** The share of promises that were kept, week by week, with the target; the same as a table for screen readers. */
export function AttainmentPlot(props: {
  rows: Board['attainment'];
  targets: Board['attainmentTargets'];
}): ReactNode {
  const { rows, targets } = props;
  const { locale, timeZone } = useReader();
  const reader = useMemo(() => ({ locale, timeZone }), [locale, timeZone]);
  const { weeks, series } = useMemo(() => attainmentSeries(rows), [rows]);
  const optionOf = useCallback(
    (ink: Ink): EChartsCoreOption => {
      const endNames = namesAtTheEnd(series);
      return {
        grid: { left: 44, right: 130, top: 16, bottom: 28 },
        tooltip: {
          trigger: 'axis',
          renderMode: 'richText',
          valueFormatter: (value: unknown) => (typeof value === 'number' ? `${value} %` : '–'),
        },
        xAxis: {
          ...namesAxis(
            ink,
            weeks.map((week) => formatDay(week, reader).replace(/ \d{4}$/, '')),
          ),
          // The last point lies at the edge, so that its label does not run into the target line.
          boundaryGap: false,
        },
        yAxis: { ...figuresAxis(ink, '%'), max: 100, interval: 25 },
        series: series.map((one, index) => ({
          type: 'line' as const,
          name: one.name,
          data: [...one.percents],
          symbol: 'circle',
          symbolSize: 5,
          lineStyle: { width: 2 },
          color: ink.strokes[index % ink.strokes.length],
          endLabel: {
            show: true,
            formatter: endNames[index] ?? '',
            color: ink.text,
            fontSize: 12,
            lineHeight: 15,
          },
          labelLayout: { moveOverlap: 'shiftY' as const },
          ...(index === 0
            ? {
                markLine: {
                  silent: true,
                  symbol: 'none',
                  lineStyle: { color: ink.target, type: 'dashed' as const },
                  label: {
                    formatter: 'target {c} %',
                    color: ink.target,
                    position: 'insideStartBottom' as const,
                    fontSize: 12,
                  },
                  data: targets.map(({ targetPpm }) => ({ yAxis: targetPpm / 10_000 })),
                },
              }
            : {}),
        })),
      };
    },
    [weeks, series, targets, reader],
  );
  if (weeks.length === 0) return null;
  return (
    <>
      <Plot optionOf={optionOf} height={220} />
      <details>
        <summary className="quiet" style={{ cursor: 'pointer' }}>
          The same as a table
        </summary>
        <div style={{ overflowX: 'auto' }} role="region" aria-label="Share in time by week" tabIndex={0}>
          <Table aria-label="Share of promises kept, by week">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Week of</Table.Th>
                {series.map(({ name }) => (
                  <Table.Th key={name} className="money">
                    {name}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {weeks.map((week, index) => (
                <Table.Tr key={week}>
                  <Table.Td>{formatDay(week, reader)}</Table.Td>
                  {series.map(({ name, percents }) => (
                    <Table.Td key={name} className="money">
                      {percents[index] === null || percents[index] === undefined
                        ? '–'
                        : `${percents[index]} %`}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      </details>
    </>
  );
}
