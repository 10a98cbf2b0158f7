import type { Pool } from '../../adapters/store/pool.ts';
import { printTable } from '../printed-table.ts';
import type { CorruptionKind } from './corruptions.ts';

/** What became of a demonstration, read from the record. */

export interface Played {
  readonly id: string;
  /** The company that it truly is. */
  readonly truth: string;
  /** Null for a first registration. */
  readonly corruption: CorruptionKind | null;
  /** From sending the submit to its final answer. */
  readonly acknowledgedMs: number;
}

interface Outcome {
  readonly id: string;
  readonly status: string;
  readonly closure: string | null;
  readonly byMachine: boolean;
  /** The partner's own earlier case, when that is why it was denied. */
  readonly ownOpportunity: string | null;
}

interface MatchRow {
  readonly id: string;
  readonly otherOpportunity: string | null;
  readonly verdict: string;
  readonly judged: string | null;
  readonly evidence: readonly { kind: string; agrees: boolean }[];
}

/** Prints the tables; false when the machine denied a company because of a different one. */
export const printSummary = async (input: {
  pool: Pool;
  played: readonly Played[];
  say: (line: string) => void;
}): Promise<boolean> => {
  const { pool, played, say } = input;
  const ids = played.map(({ id }) => id);
  const { rows: outcomes } = await pool.query<Outcome>(
    `select r.id, r.status, r.closure_code as closure,
            exists (select from process_event e left join process_event_private p on p.case_id = e.case_id and p.seq = e.seq
                     where e.case_id = r.id and 'true' in (e.facts ->> 'byMachine', p.facts ->> 'byMachine')) as "byMachine",
            (select own.opportunity_name from process_event e join registration own on own.id = e.facts -> 'ownCase' ->> 'id'
              where e.case_id = r.id and e.seq = 1) as "ownOpportunity"
       from registration r where r.id = any ($1)`,
    [ids],
  );
  const { rows: matches } = await pool.query<MatchRow>(
    `select m.registration_id as id, o.opportunity_name as "otherOpportunity", m.verdict, m.judged, m.evidence
       from registration_match m left join registration o on o.id = m.other_id where m.registration_id = any ($1)`,
    [ids],
  );
  const of = new Map(outcomes.map((outcome) => [outcome.id, outcome]));

  printTable(['outcome', 'first registrations', 'rivals'], outcomeRows(played, of));
  printTable(
    [
      'rival is written with',
      'rivals',
      'duplicate',
      'probable',
      'possible',
      'not found',
      'denied or awarded away',
    ],
    corruptionRows(played, of, matches),
  );
  printTable(
    ['verdict', 'same company', 'different company', 'judged same', 'judged different'],
    verdictRows(played, matches),
  );
  printTable(['evidence that agrees', 'pairs'], evidenceRows(matches));
  const { rows: clocks } = await pool.query<{
    kind: string;
    met: number;
    late: number;
    open: number;
    median: number | null;
  }>(
    `select kind, count(*) filter (where phase = 'met') as met, count(*) filter (where breached_at is not null) as late,
            count(*) filter (where phase in ('running', 'paused')) as open,
            percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at)) filter (where phase = 'met') as median
       from sla_clock where case_id = any ($1) group by kind order by kind`,
    [ids],
  );
  printTable(
    ['clock', 'met', 'breached', 'still open', 'median until met'],
    clocks.map(({ kind, met, late, open, median }) => [
      kind,
      String(met),
      String(late),
      String(open),
      median === null ? '' : `${median.toFixed(1)} s`,
    ]),
  );
  const sorted = played.map(({ acknowledgedMs }) => acknowledgedMs).toSorted((left, right) => left - right);
  const quantile = (part: number): string =>
    `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(0)} ms`;
  say(`\nsubmit acknowledged: median ${quantile(0.5)}, 99 of 100 within ${quantile(0.99)}`);

  const wrong = played.filter(
    ({ id, truth }) => of.get(id)?.byMachine === true && !deniedForItself(id, truth, matches, of),
  );
  const byMachine = played.filter(({ id }) => of.get(id)?.byMachine === true).length;
  say(`denied by machine: ${byMachine}`);
  for (const { truth } of wrong) say(`  wrongly: ${truth}`);
  say(`different companies denied by machine: ${wrong.length}`);
  return wrong.length === 0;
};

/** True when a company of the same name stands behind a match that is a duplicate, or behind the partner's own earlier case. */
const deniedForItself = (
  id: string,
  truth: string,
  matches: readonly MatchRow[],
  of: ReadonlyMap<string, Outcome>,
): boolean =>
  companyOf(of.get(id)?.ownOpportunity ?? null) === truth ||
  matches.some(
    (match) =>
      match.id === id && match.verdict === 'duplicate' && companyOf(match.otherOpportunity) === truth,
  );

const PREFIX = 'Network renewal at ';
const companyOf = (opportunity: string | null): string | null =>
  opportunity?.startsWith(PREFIX) === true ? opportunity.slice(PREFIX.length) : null;

const outcomeRows = (played: readonly Played[], of: ReadonlyMap<string, Outcome>): string[][] => {
  const counts = new Map<string, [number, number]>();
  for (const { id, corruption } of played) {
    const outcome = of.get(id);
    const closure = outcome?.closure ?? null;
    const name = `${outcome?.status ?? 'unknown'}${closure === null ? '' : ` (${closure})`}${outcome?.byMachine === true ? ' by machine' : ''}`;
    const [firsts, rivals] = counts.get(name) ?? [0, 0];
    counts.set(name, corruption === null ? [firsts + 1, rivals] : [firsts, rivals + 1]);
  }
  return [...counts]
    .toSorted(([left], [right]) => left.localeCompare(right))
    .map(([name, [firsts, rivals]]) => [name, String(firsts), String(rivals)]);
};

const corruptionRows = (
  played: readonly Played[],
  of: ReadonlyMap<string, Outcome>,
  matches: readonly MatchRow[],
): string[][] => {
  const kinds = [...new Set(played.flatMap(({ corruption }) => (corruption === null ? [] : [corruption])))];
  return kinds.map((kind) => {
    const rivals = played.filter(({ corruption }) => corruption === kind);
    const verdicts = rivals.map(({ id, truth }) =>
      strongest(matches.filter((match) => match.id === id && companyOf(match.otherOpportunity) === truth)),
    );
    const count = (wanted: string | null): string =>
      String(verdicts.filter((verdict) => verdict === wanted).length);
    const denied = rivals.filter(({ id }) => of.get(id)?.status === 'rejected').length;
    return [
      kind,
      String(rivals.length),
      count('duplicate'),
      count('probable'),
      count('possible'),
      count(null),
      String(denied),
    ];
  });
};

const strongest = (matches: readonly MatchRow[]): string | null =>
  ['duplicate', 'related', 'probable', 'possible'].find((verdict) =>
    matches.some((match) => match.verdict === verdict),
  ) ?? null;

const verdictRows = (played: readonly Played[], matches: readonly MatchRow[]): string[][] => {
  const truths = new Map(played.map(({ id, truth }) => [id, truth]));
  return ['duplicate', 'probable', 'possible', 'related'].map((verdict) => {
    const these = matches.filter((match) => match.verdict === verdict);
    const same = these.filter((match) => companyOf(match.otherOpportunity) === truths.get(match.id)).length;
    const judged = (word: string): string => String(these.filter((match) => match.judged === word).length);
    return [verdict, String(same), String(these.length - same), judged('same'), judged('different')];
  });
};

const evidenceRows = (matches: readonly MatchRow[]): string[][] => {
  const counts = new Map<string, number>();
  for (const { evidence } of matches) {
    for (const { kind, agrees } of evidence) if (agrees) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts]
    .toSorted((left, right) => right[1] - left[1])
    .map(([kind, count]) => [kind, String(count)]);
};
