import { useComputedColorScheme } from '@mantine/core';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef, type ReactNode } from 'react';
import { isNarrow } from '../lib/width.ts';

use([GridComponent, TooltipComponent, CanvasRenderer]);

/** What a plot is drawn with; readable on the page in light and dark. */
export interface Ink {
  readonly text: string;
  readonly line: string;
  readonly target: string;
  /** What stays as it is, or is of less weight. */
  readonly pale: string;
  /** Distinguishable without colour by the labels beside them. */
  readonly strokes: readonly string[];
}

const inks: Readonly<Record<'light' | 'dark', Ink>> = {
  light: {
    text: '#3d4756',
    line: '#dde2e9',
    target: '#a11a12',
    pale: '#b6bfcc',
    strokes: ['#1d4f91', '#14613a', '#7a4a00', '#6b3f8f', '#505a68'],
  },
  dark: {
    text: '#c3cad5',
    line: '#2f3743',
    target: '#ffb3ab',
    pale: '#4c5666',
    strokes: ['#9cc3f5', '#9fdcb8', '#f3cf8a', '#d3b3f0', '#bcc4cf'],
  },
};

/** What every plot has: no motion, and tooltips without inline styles, which the page's policy refuses. */
const common = {
  animation: false,
  textStyle: { fontFamily: 'inherit' },
};

/**
 * A plot in the reader's colours, as wide as its place. Screen readers skip it: the same figures stand in a table beside it. `optionOf`
 * is kept by the caller (`useCallback`) while its figures are the same; kinds of series are registered by whoever draws them.
 */
export function Plot(props: { optionOf: (ink: Ink) => EChartsCoreOption; height: number }): ReactNode {
  const { optionOf, height } = props;
  const frame = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const plot = init(element);
    plot.setOption({ ...common, ...optionOf(inks[scheme]) });
    const observer = new ResizeObserver(() => plot.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.dispose();
    };
  }, [optionOf, scheme, height]);
  return <div ref={frame} style={{ height, width: '100%' }} aria-hidden="true" />;
}

/** The look of an axis of names or weeks. */
export function namesAxis(ink: Ink, names: readonly string[]): Record<string, unknown> {
  return {
    type: 'category',
    data: [...names],
    axisLabel: { color: ink.text, fontSize: 12 },
    axisLine: { lineStyle: { color: ink.line } },
    axisTick: { show: false },
  };
}

/** The look of an axis of figures, from nothing on. */
export function figuresAxis(ink: Ink, unit: string): Record<string, unknown> {
  return {
    type: 'value',
    min: 0,
    axisLabel: {
      color: ink.text,
      fontSize: 12,
      hideOverlap: true,
      formatter: unit === '' ? '{value}' : `{value} ${unit}`,
    },
    ...(isNarrow() ? { splitNumber: 3 } : {}),
    splitLine: { lineStyle: { color: ink.line } },
  };
}
