import type { Board } from '../../../../api/contract/operations.ts';
import { clockName } from '../../../../domain/words/en.ts';
import { countWords } from '../../../../domain/words/reader.ts';

type Rows = Board['attainment'];

export interface AttainmentSeries {
  readonly name: string;
  /** In the order of `weeks`; null where no clock ended. */
  readonly percents: readonly (number | null)[];
}

/** Weeks and, for each kind of clock, the share that ended in time. */
export function attainmentSeries(rows: Rows): {
  weeks: readonly string[];
  series: readonly AttainmentSeries[];
} {
  const weeks = [...new Set(rows.map(({ weekStart }) => weekStart.slice(0, 10)))].toSorted();
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const series = kinds.map((kind) => ({
    name: clockName(kind),
    percents: weeks.map((week) => {
      const row = rows.find((one) => one.kind === kind && one.weekStart.slice(0, 10) === week);
      return row === undefined || row.ended === 0 ? null : Math.round((row.inTime / row.ended) * 1000) / 10;
    }),
  }));
  return { weeks, series };
}

/** "96 % in time: 240 of 250 clocks ended in time over 8 weeks; 10 did not." */
export function attainmentSentence(rows: Rows): string {
  const [ended, inTime] = [sum(rows.map((row) => row.ended)), sum(rows.map((row) => row.inTime))];
  if (ended === 0) return 'No clock has ended yet; the share that ended in time appears here week by week.';
  const weeks = new Set(rows.map(({ weekStart }) => weekStart)).size;
  const percent = Math.floor((inTime / ended) * 100);
  return `${percent} % in time: ${inTime} of ${countWords(ended, 'clock')} ended in time over ${countWords(weeks, 'week')}; ${ended - inTime} did not.`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
