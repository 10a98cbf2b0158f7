import type { Board } from '../../../../api/contract/operations.ts';
import { clockName } from '../../../../domain/words/en.ts';
import { countWords } from '../../../../domain/words/reader.ts';

type Rows = Board['attainment'];

export interface AttainmentSeries {
  readonly name: string;
  /** In the order of `weeks`; null where no promise was kept or broken. */
  readonly percents: readonly (number | null)[];
}

/** Weeks and, for each kind of clock, the share of promises that were kept. */
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
      return row === undefined || row.promises === 0
        ? null
        : Math.round((row.inTime / row.promises) * 1000) / 10;
    }),
  }));
  return { weeks, series };
}

/** What stands at the end of each line, in the order of `series`; lines that end in one point share the first one's place. */
export function namesAtTheEnd(series: readonly AttainmentSeries[]): readonly string[] {
  const ends = series.map(({ percents }) => {
    const week = percents.findLastIndex((percent) => percent !== null);
    return `${week} ${percents[week] ?? ''}`;
  });
  return series.map((_, place) =>
    ends.indexOf(ends[place] ?? '') < place
      ? ''
      : series
          .filter((_other, at) => ends[at] === ends[place])
          .map(({ name }) => name)
          .join(',\n'),
  );
}

/** "96 % in time: 240 of 250 promises kept over 8 weeks; 10 broken." */
export function attainmentSentence(rows: Rows): string {
  const [promises, inTime] = [sum(rows.map((row) => row.promises)), sum(rows.map((row) => row.inTime))];
  if (promises === 0)
    return 'No promised time is over yet; the share that was kept appears here week by week.';
  const weeks = new Set(rows.map(({ weekStart }) => weekStart)).size;
  const percent = Math.floor((inTime / promises) * 100);
  return `${percent} % in time: ${inTime} of ${countWords(promises, 'promise')} kept over ${countWords(weeks, 'week')}; ${promises - inTime} broken.`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
