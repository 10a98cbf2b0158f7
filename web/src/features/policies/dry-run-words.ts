import type { MatrixDryRun } from '../../../../api/contract/policies.ts';
import { inWords, roleWords, sentence } from '../../../../domain/words/en.ts';
import { countWords } from '../../../../domain/words/reader.ts';

/* What another matrix would have asked for the requests that came, in sentences. */

export const bandName = (key: string): string => sentence(inWords(key));

/** "412 requests of the last 90 days against version 3: 37 would have been asked otherwise." */
export function dryRunSentence(run: MatrixDryRun): string {
  const of = `of the last ${countWords(run.days, 'day')} against version ${run.version}`;
  if (run.compared === 0) return `There is no request ${of} to compare.`;
  const changed =
    run.changed === 0
      ? 'every one would have been asked as it was'
      : `${run.changed} would have been asked otherwise`;
  return `${countWords(run.compared, 'request')} ${of}: ${changed}.`;
}

/** One sentence for each way that requests move, the most frequent first, then what it means for people. */
export function movesSentences(run: MatrixDryRun): string[] {
  const moves = run.flows
    .filter(({ changed }) => changed > 0)
    .toSorted((a, b) => b.changed - a.changed)
    .map(({ from, to, changed }) =>
      from === to
        ? `${changed} would stay in “${bandName(from)}”, but with other people.`
        : `${changed} would have gone to “${bandName(to)}” instead of “${bandName(from)}”.`,
    );
  const { before, after } = run.clearsAtOnce;
  return [
    ...moves,
    ...(before === after ? [] : [`${after} would have cleared at once instead of ${before}.`]),
    ...run.roles.flatMap(({ role, before: was, after: is }) =>
      was === is
        ? []
        : [
            `${roleWords[role]}: asked about ${is} instead of ${was}, ${Math.abs(is - was)} ${is > was ? 'more' : 'less'}.`,
          ],
    ),
  ];
}

/** What the figures do not cover. */
export function limitsSentences(run: MatrixDryRun): string[] {
  return [
    ...(run.complete ? [] : ['There were more requests than are looked at: these are the newest of them.']),
    ...((run.leftOut.exception_unknown ?? 0) === 0
      ? []
      : [
          `${countWords(run.leftOut.exception_unknown ?? 0, 'request')} left out: one of the two has no such departure from the usual terms.`,
        ]),
    ...((run.leftOut.no_rate ?? 0) === 0
      ? []
      : [
          `${countWords(run.leftOut.no_rate ?? 0, 'request')} left out: no exchange rate of that day is known.`,
        ]),
  ];
}

/** "Director", "Channel account manager, then director", "nobody". */
export function askedInWords(asked: MatrixDryRun['examples'][number]['before']): string {
  if (asked.steps.length === 0) return 'nobody';
  return asked.steps
    .map(({ roles, quorum }) => {
      const names = roles.map((role) => roleWords[role].toLowerCase()).join(' and ');
      return quorum < roles.length ? `${quorum} of ${names}` : names;
    })
    .join(', then ');
}
