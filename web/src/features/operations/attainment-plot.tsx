import { Table, useComputedColorScheme } from '@mantine/core';
import { LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useMemo, useRef, type ReactNode } from 'react';
import type { Board } from '../../../../api/contract/operations.ts';
import { formatDay } from '../../../../domain/words/reader.ts';
import { useReader } from '../../lib/session.ts';
import { attainmentSeries, namesAtTheEnd } from './attainment.ts';

use([LineChart, GridComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

/** Distinguishable without colour by their labels at the end of each line. */
const strokes = {
  light: ['#1d4f91', '#14613a', '#7a4a00', '#6b3f8f', '#505a68'],
  dark: ['#9cc3f5', '#9fdcb8', '#f3cf8a', '#d3b3f0', '#bcc4cf'],
} as const;
const ink = {
  light: { text: '#3d4756', line: '#dde2e9', target: '#a11a12' },
  dark: { text: '#c3cad5', line: '#2f3743', target: '#ffb3ab' },
} as const;

/** The share of promises that were kept, week by week, with the target; the same as a table for screen readers. */
export function AttainmentPlot(props: {
  rows: Board['attainment'];
  targets: Board['attainmentTargets'];
}): ReactNode {
  const { rows, targets } = props;
  const frame = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const { locale, timeZone } = useReader();
  const reader = useMemo(() => ({ locale, timeZone }), [locale, timeZone]);
  const { weeks, series } = useMemo(() => attainmentSeries(rows), [rows]);
  useEffect(() => {
    const element = frame.current;
    if (element === null || weeks.length === 0) return undefined;
    const colours = ink[scheme];
    const plot = init(element);
    const endNames = namesAtTheEnd(series);
    plot.setOption({
      animation: false,
      textStyle: { fontFamily: 'inherit' },
      grid: { left: 44, right: 130, top: 16, bottom: 28 },
      // HTML tooltips would need inline styles, which the page's policy refuses.
      tooltip: {
        trigger: 'axis',
        renderMode: 'richText',
        valueFormatter: (value: unknown) => (typeof value === 'number' ? `${value} %` : '–'),
      },
      xAxis: {
        type: 'category',
        // The last point lies at the edge, so that its label does not run into the target line.
        boundaryGap: false,
        data: weeks.map((week) => formatDay(week, reader).replace(/ \d{4}$/, '')),
        axisLabel: { color: colours.text, fontSize: 12 },
        axisLine: { lineStyle: { color: colours.line } },
        axisTick: { show: false },
      },
      yAxis: {
        type: 'value',
        min: 0,
        max: 100,
        interval: 25,
        axisLabel: { color: colours.text, fontSize: 12, formatter: '{value} %' },
        splitLine: { lineStyle: { color: colours.line } },
      },
      series: series.map((one, index) => ({
        type: 'line' as const,
        name: one.name,
        data: [...one.percents],
        symbol: 'circle',
        symbolSize: 5,
        lineStyle: { width: 2 },
        color: strokes[scheme][index % strokes[scheme].length],
        endLabel: {
          show: true,
          formatter: endNames[index] ?? '',
          color: colours.text,
          fontSize: 12,
          lineHeight: 15,
        },
        labelLayout: { moveOverlap: 'shiftY' as const },
        ...(index === 0
          ? {
              markLine: {
                silent: true,
                symbol: 'none',
                lineStyle: { color: colours.target, type: 'dashed' as const },
                label: {
                  formatter: 'target {c} %',
                  color: colours.target,
                  position: 'insideStartBottom' as const,
                  fontSize: 12,
                },
                data: targets.map(({ targetPpm }) => ({ yAxis: targetPpm / 10_000 })),
              },
            }
          : {}),
      })),
    });
    const observer = new ResizeObserver(() => plot.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.dispose();
    };
  }, [weeks, series, targets, scheme, reader]);
  if (weeks.length === 0) return null;
  return (
    <>
      <div ref={frame} style={{ height: 220, width: '100%' }} aria-hidden="true" />
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
