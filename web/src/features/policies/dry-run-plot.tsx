import { SankeyChart } from 'echarts/charts';
import { use, type EChartsCoreOption } from 'echarts/core';
import { useCallback, type ReactNode } from 'react';
import type { MatrixDryRun } from '../../../../api/contract/policies.ts';
import { Plot, type Ink } from '../../components/plot.tsx';
import { isNarrow } from '../../lib/width.ts';
import { bandName } from './dry-run-words.ts';

use([SankeyChart]);

/** From band to band: what stays as it is is pale, what moves has colour. The same figures stand in the table below it. */
export function DryRunPlot({ run }: { run: MatrixDryRun }): ReactNode {
  const optionOf = useCallback(
    (ink: Ink): EChartsCoreOption => {
      const totals = (side: 'from' | 'to', key: string): number =>
        run.flows.filter((flow) => flow[side] === key).reduce((sum, { count }) => sum + count, 0);
      const nodes = (side: 'from' | 'to', keys: readonly string[]): object[] =>
        keys
          .filter((key) => totals(side, key) > 0)
          .map((key) => ({
            name: `${side} ${key}`,
            depth: side === 'from' ? 0 : 1,
            itemStyle: { color: ink.strokes[4], borderWidth: 0 },
            label: {
              position: side === 'from' ? 'right' : 'left',
              formatter: `${bandName(key)} ${totals(side, key)}`,
            },
          }));
      return {
        series: [
          {
            type: 'sankey' as const,
            left: 4,
            right: 4,
            top: 8,
            bottom: 8,
            nodeWidth: 8,
            nodeGap: 14,
            layoutIterations: 0,
            draggable: false,
            silent: true,
            label: { color: ink.text, fontSize: isNarrow() ? 11 : 12 },
            data: [...nodes('from', run.bands.before), ...nodes('to', run.bands.after)],
            links: run.flows.map(({ from, to, count, changed }) => ({
              source: `from ${from}`,
              target: `to ${to}`,
              value: count,
              lineStyle: {
                color: changed > 0 ? ink.strokes[2] : ink.pale,
                opacity: changed > 0 ? 0.55 : 0.35,
                curveness: 0.5,
              },
            })),
          },
        ],
      };
    },
    [run],
  );
  return (
    <Plot optionOf={optionOf} height={60 + Math.max(run.bands.before.length, run.bands.after.length) * 44} />
  );
}
