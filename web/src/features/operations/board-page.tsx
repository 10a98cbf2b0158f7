import { Button, Table, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Suspense, lazy, useState, type ReactNode } from 'react';
import type { Board } from '../../../../api/contract/operations.ts';
import { inWords, lookUp, sentence, statusWords } from '../../../../domain/words/en.ts';
import { countWords, formatMoney } from '../../../../domain/words/reader.ts';
import { IconAlertTriangle, IconPlayerPause } from '@tabler/icons-react';
import { ToneBadge } from '../../components/badges.tsx';
import { DialogForm } from '../../components/dialog-form.tsx';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { ExactInstant, Instant } from '../../components/values.tsx';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay, useReader } from '../../lib/session.ts';
import { attainmentSentence } from './attainment.ts';
import { Stuck } from './stuck.tsx';

const AttainmentPlot = lazy(() =>
  import('./attainment-plot.tsx').then(({ AttainmentPlot: Plot }) => ({ default: Plot })),
);
const READ_AGAIN_MS = 30_000;

/** What is due, breached and stuck, by team, and whether the word was kept. */
export function BoardPage(): ReactNode {
  const board = useRead('GET /api/operations/board', {}, { everyMs: READ_AGAIN_MS });
  const data = board.data;
  return (
    <Page
      title="Operations"
      lead={
        data !== undefined && (
          <>
            as of <Instant at={data.asOf} />
          </>
        )
      }
      actions={data !== undefined && <HoldButton hold={data.hold} />}
    >
      <ProblemNotice error={board.error} onRetry={() => void board.refetch()} />
      {board.isPending && <LoadingRows rows={12} />}
      {data !== undefined && (
        <>
          <HoldNotice hold={data.hold} />
          <Teams board={data} />
          <DueList title="Late" rows={data.breached} empty="Nothing is late." late />
          <DueList title="Due next" rows={data.due} empty="Nothing is due." />
          <Stuck summary={data.stuck} />
          <Section title="Are we keeping our word?">
            <p style={{ margin: '0 0 8px', fontSize: 13 }}>{attainmentSentence(data.attainment)}</p>
            <Suspense fallback={<LoadingRows rows={4} />}>
              <AttainmentPlot rows={data.attainment} targets={data.attainmentTargets} />
            </Suspense>
          </Section>
          <Stages board={data} />
        </>
      )}
    </Page>
  );
}

function Teams({ board }: { board: Board }): ReactNode {
  return (
    <Section title="Teams">
      <div style={{ overflowX: 'auto' }} role="region" aria-label="Teams" tabIndex={0}>
        <Table aria-label="Open work by team">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Team</Table.Th>
              <Table.Th className="money">Open</Table.Th>
              <Table.Th className="money">Due today</Table.Th>
              <Table.Th className="money">Late</Table.Th>
              <Table.Th className="money only-wide">Paused</Table.Th>
              <Table.Th className="only-wide">Oldest</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {board.teams.map((team) => (
              <Table.Tr key={team.queue}>
                <Table.Td>
                  <Link className="cell-link" to="/inbox" search={{ queue: team.queue, show: 'all' }}>
                    {sentence(inWords(team.queue))}
                  </Link>
                </Table.Td>
                <Table.Td className="money">{team.open}</Table.Td>
                <Table.Td className="money">{team.dueToday}</Table.Td>
                <Table.Td className="money">
                  {team.breached === 0 ? (
                    0
                  ) : (
                    <ToneBadge tone="breached" icon={IconAlertTriangle}>
                      {team.breached} late
                    </ToneBadge>
                  )}
                </Table.Td>
                <Table.Td className="money only-wide">{team.paused}</Table.Td>
                <Table.Td className="only-wide">
                  {team.oldestOpenedAt !== null && <Instant at={team.oldestOpenedAt} />}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {board.teams.length === 0 && <p className="quiet">No team has open work.</p>}
    </Section>
  );
}

function DueList(props: { title: string; rows: Board['due']; empty: string; late?: boolean }): ReactNode {
  const { title, rows, empty, late = false } = props;
  return (
    <Section
      title={title}
      aside={<span className="quiet">{rows.length > 0 && countWords(rows.length, 'case')}</span>}
    >
      {rows.length === 0 ? (
        <p className="quiet" style={{ margin: 0 }}>
          {empty}
        </p>
      ) : (
        <ul className="cards" style={{ margin: '-4px 0' }}>
          {rows.map((row) => (
            <li key={row.caseId} className="between" style={{ padding: '5px 0' }}>
              <span style={{ minWidth: 0 }}>
                {row.jointTaskId === null ? (
                  <Link className="cell-link" to="/deal-registrations/$id" params={{ id: row.caseId }}>
                    {row.subject}
                  </Link>
                ) : (
                  <Link className="cell-link" to="/inbox" search={{ task: row.jointTaskId }}>
                    {row.subject}
                  </Link>
                )}{' '}
                <span className="quiet">
                  {row.partnerName === '' ? 'Several partners' : row.partnerName} · {inWords(row.queue)} ·{' '}
                  {row.reference}
                </span>
              </span>
              <span className={late ? 'strong' : ''}>
                {late ? 'due ' : ''}
                <Instant at={row.dueAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Stages({ board }: { board: Board }): ReactNode {
  const reader = useReader();
  const most = Math.max(...board.stages.map(({ count }) => count), 1);
  return (
    <Section title="Where cases are">
      <div style={{ overflowX: 'auto' }} role="region" aria-label="Where cases are" tabIndex={0}>
        <Table aria-label="Cases by state">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>State</Table.Th>
              <Table.Th className="money">Cases</Table.Th>
              <Table.Th className="only-wide" w="30%">
                <span className="visually-hidden">Share</span>
              </Table.Th>
              <Table.Th className="money">Value</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {board.stages.map((stage) => (
              <Table.Tr key={`${stage.status} ${stage.currency}`}>
                <Table.Td>{lookUp(statusWords, stage.status) ?? inWords(stage.status)}</Table.Td>
                <Table.Td className="money">{stage.count}</Table.Td>
                <Table.Td className="only-wide">
                  <div className="bar-cell" style={{ width: `${(stage.count / most) * 100}%` }} />
                </Table.Td>
                <Table.Td className="money">
                  {formatMoney({ amountMinor: stage.valueMinor, currency: stage.currency }, reader)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Section>
  );
}

function HoldNotice({ hold }: { hold: Board['hold'] }): ReactNode {
  if (hold === null) return null;
  return (
    <div style={{ marginBottom: 12 }}>
      <Notice tone="dueSoon">
        <strong>Every clock stands still</strong> since <ExactInstant at={hold.fromAt} />: {hold.reason}
        {hold.toAt !== null && (
          <>
            . Until <ExactInstant at={hold.toAt} />.
          </>
        )}
      </Notice>
    </div>
  );
}

function HoldButton({ hold }: { hold: Board['hold'] }): ReactNode {
  const may = useMay();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const begin = useWrite('POST /api/holds', ['GET /api/operations/board']);
  const end = useWrite('POST /api/holds/:id/end', ['GET /api/operations/board']);
  if (!may('clock.hold')) return null;
  if (hold !== null) {
    return (
      <>
        <ProblemNotice error={end.error} />
        <Button loading={end.isPending} onClick={() => end.mutate({ params: { id: hold.id }, body: {} })}>
          Let the clocks run again
        </Button>
      </>
    );
  }
  return (
    <>
      <Button variant="default" leftSection={<IconPlayerPause size={14} />} onClick={() => setOpen(true)}>
        Pause every clock
      </Button>
      <DialogForm
        title="Pause every clock"
        opened={open}
        onClose={() => setOpen(false)}
        onSubmit={() => begin.mutate({ body: { reason, toAt: null } }, { onSuccess: () => setOpen(false) })}
        action="Pause"
        busy={begin.isPending}
        ready={reason.trim().length >= 3}
        error={begin.error}
      >
        <p style={{ margin: 0 }}>
          For an outage or a declared holiday: no deadline of the installation moves on until you let the
          clocks run again.
        </p>
        <TextInput
          data-autofocus
          label="Reason"
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </DialogForm>
    </>
  );
}
