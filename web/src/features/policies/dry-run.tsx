import { Button, NativeSelect, Table } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Suspense, lazy, useState, type ReactNode } from 'react';
import type { MatrixDryRun } from '../../../../api/contract/policies.ts';
import { formatPpm } from '../../../../domain/words/reader.ts';
import { LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { Day, Money } from '../../components/values.tsx';
import { useReader } from '../../lib/session.ts';
import { askedInWords, bandName, dryRunSentence, limitsSentences, movesSentences } from './dry-run-words.ts';

const DryRunPlot = lazy(async () => ({ default: (await import('./dry-run-plot.tsx')).DryRunPlot }));

const periods = [30, 90, 180, 366] as const;

/** Tries the document as it stands over the requests of the past days; what it says stands until it is tried again. */
export function DryRun(props: {
  onTry: (days: number) => void;
  pending: boolean;
  error: unknown;
  run: MatrixDryRun | undefined;
  /** The document was changed since. */
  stale: boolean;
}): ReactNode {
  const { onTry, pending, error, run, stale } = props;
  const [days, setDays] = useState<number>(90);
  return (
    <Section title="Try it over past requests">
      <div className="row" style={{ alignItems: 'flex-end', marginBottom: 8 }}>
        <NativeSelect
          label="Requests of the last"
          value={String(days)}
          onChange={({ currentTarget: { value } }) => setDays(Number(value))}
          data={periods.map((one) => ({ value: String(one), label: `${one} days` }))}
        />
        <Button size="sm" loading={pending} onClick={() => onTry(days)}>
          Try it
        </Button>
      </div>
      <p className="quiet" style={{ margin: '0 0 8px' }}>
        Each request is routed as it was first asked, by the version in effect and by this document. Prices,
        costs and deals stay as they were; nothing is written.
      </p>
      <ProblemNotice error={error} />
      {run !== undefined && <Result run={run} stale={stale} />}
    </Section>
  );
}

function Result({ run, stale }: { run: MatrixDryRun; stale: boolean }): ReactNode {
  return (
    <>
      <p style={{ margin: '0 0 6px' }} role="status">
        <strong>{dryRunSentence(run)}</strong>
        {stale && <span className="quiet"> The document was changed since.</span>}
      </p>
      <ul className="sentences">
        {[...movesSentences(run), ...limitsSentences(run)].map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      {run.flows.length > 0 && (
        <div className="plot-and-table">
          <div>
            <div className="between quiet" aria-hidden="true">
              <span>Version {run.version}</span>
              <span>This document</span>
            </div>
            <Suspense fallback={<LoadingRows rows={4} />}>
              <DryRunPlot run={run} />
            </Suspense>
          </div>
          <Flows run={run} />
        </div>
      )}
      {run.examples.length > 0 && <Examples run={run} />}
    </>
  );
}

function Flows({ run }: { run: MatrixDryRun }): ReactNode {
  return (
    <div className="scrolled-table" role="region" aria-label="From band to band" tabIndex={0}>
      <Table aria-label="Requests from band to band">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Version {run.version}</Table.Th>
            <Table.Th>This document</Table.Th>
            <Table.Th className="money">Requests</Table.Th>
            <Table.Th className="money">Changed</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {run.flows.map(({ from, to, count, changed }) => (
            <Table.Tr key={`${from} ${to}`}>
              <Table.Td>{bandName(from)}</Table.Td>
              <Table.Td>{bandName(to)}</Table.Td>
              <Table.Td className="money">{count}</Table.Td>
              <Table.Td className="money">{changed}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Examples({ run }: { run: MatrixDryRun }): ReactNode {
  const reader = useReader();
  return (
    <>
      <p className="quiet" style={{ margin: '10px 0 4px' }}>
        {run.examples.length < run.changed
          ? `The newest ${run.examples.length} of those ${run.changed}:`
          : 'Which ones:'}
      </p>
      <ul className="cards flush">
        {run.examples.map((one) => (
          <li key={one.requestId} className="between">
            <span style={{ minWidth: 0 }}>
              <Link className="cell-link" to="/special-prices/$id" params={{ id: one.requestId }}>
                {one.customerName}
              </Link>{' '}
              <span className="quiet">
                {one.partnerName} · {one.reference} · <Day at={one.submittedAt} /> ·{' '}
                {formatPpm(one.discountPpm, reader)} ·{' '}
                <Money amount={{ amountMinor: one.netMinor, currency: one.currency }} />
              </span>
            </span>
            <span>
              {askedInWords(one.after)} <span className="quiet">instead of {askedInWords(one.before)}</span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
