import { Button, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo, useState, type ReactNode } from 'react';
import type { Board, StuckItem, StuckKind } from '../../../../api/contract/operations.ts';
import { countWords, listWords } from '../../../../domain/words/reader.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { SearchPicker, type Found } from '../../components/search-picker.tsx';
import { Instant } from '../../components/values.tsx';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay } from '../../lib/session.ts';

/** What cannot go on by itself, why, and what may safely be done. */
export function Stuck({ summary }: { summary: Board['stuck'] }): ReactNode {
  const count =
    summary.receipts +
    summary.outbound +
    summary.imports +
    summary.unsealed +
    summary.workflows +
    summary.tasks;
  const stuck = useRead('GET /api/operations/stuck', {}, { enabled: count > 0 });
  const parts = [
    summary.receipts > 0 ? countWords(summary.receipts, 'receipt') : null,
    summary.outbound > 0 ? countWords(summary.outbound, 'delivery', 'deliveries') : null,
    summary.imports > 0 ? countWords(summary.imports, 'import') : null,
    summary.workflows > 0 ? countWords(summary.workflows, 'process', 'processes') : null,
    summary.tasks > 0 ? `${countWords(summary.tasks, 'task')} that nobody may decide` : null,
    summary.unsealed > 0 ? `${countWords(summary.unsealed, 'audit row')} not sealed` : null,
  ].filter((part) => part !== null);
  return (
    <Section
      title="Stuck"
      aside={
        summary.oldestAt !== null && (
          <span className="quiet">
            oldest <Instant at={summary.oldestAt} />
          </span>
        )
      }
    >
      <p style={{ margin: 0, fontSize: 13 }} className={count === 0 ? 'quiet' : ''}>
        {count === 0 ? 'Nothing is stuck.' : `${listWords(parts)}.`}
      </p>
      <ProblemNotice error={stuck.error} onRetry={() => void stuck.refetch()} />
      <ul className="cards">
        {(stuck.data?.items ?? []).map((item) => (
          <Item key={`${item.kind} ${item.id}`} item={item} />
        ))}
      </ul>
    </Section>
  );
}

function kindWords(kind: StuckItem['kind']): string {
  switch (kind) {
    case 'receipt':
      return 'Receipt not delivered';
    case 'mail':
      return 'Mail not sent';
    case 'signal':
      return 'Message to another process not delivered';
    case 'import':
      return 'Import not stored';
    case 'workflow':
      return 'Process does not go on';
    case 'unsealed':
      return 'Audit row not sealed';
    case 'task':
      return 'Nobody may decide';
    default:
      return kind satisfies never;
  }
}

function Item({ item }: { item: StuckItem }): ReactNode {
  const may = useMay();
  const [skipping, setSkipping] = useState(false);
  const [moving, setMoving] = useState(false);
  const retry = useWrite('POST /api/operations/stuck/:kind/:id/retry', stuckReads);
  const kind = item.kind;
  const deliverable = kind === 'workflow' || kind === 'unsealed' || kind === 'task' ? null : kind;
  return (
    <li style={{ padding: '8px 0' }}>
      <div className="between">
        <span>
          <strong>{kindWords(kind)}</strong>{' '}
          {item.caseId === null ? (
            item.reference
          ) : (
            <Link to="/deal-registrations/$id" params={{ id: item.caseId }}>
              {item.reference ?? item.caseId}
            </Link>
          )}{' '}
          <span className="quiet">
            since <Instant at={item.since} />
            {deliverable !== null && `, tried ${countWords(item.attempts, 'time')}`}
            {item.parked && ', set aside'}
          </span>
        </span>
        {kind === 'task' && may('task.route') && item.actions.includes('reassign') && (
          <Link to="/inbox" search={{ show: 'all', task: item.id }}>
            Hand it to somebody
          </Link>
        )}
        {may('operations.act') && deliverable !== null && (
          <span className="row">
            {item.actions.includes('retry') && (
              <Button
                variant="default"
                loading={retry.isPending}
                onClick={() => retry.mutate({ params: { kind: deliverable, id: item.id }, body: {} })}
              >
                Try again
              </Button>
            )}
            {kind === 'mail' && item.actions.includes('reassign') && (
              <Button variant="default" onClick={() => setMoving(true)}>
                Send to somebody else…
              </Button>
            )}
            {item.actions.includes('skip') && (
              <Button variant="default" onClick={() => setSkipping(true)}>
                Give up…
              </Button>
            )}
          </span>
        )}
      </div>
      <div className="quiet" style={{ overflowWrap: 'anywhere' }}>
        {item.cause}
      </div>
      {item.remedy !== null && <div>{item.remedy}</div>}
      <ProblemNotice error={retry.error} />
      {moving && <MoveDialog id={item.id} onClose={() => setMoving(false)} />}
      {skipping && deliverable !== null && (
        <SkipDialog kind={deliverable} id={item.id} onClose={() => setSkipping(false)} />
      )}
    </li>
  );
}

const stuckReads = ['GET /api/operations/stuck', 'GET /api/operations/board'] as const;

/** A mail that cannot reach its receiver goes to a colleague of his, who is looked for by name. */
function MoveDialog({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const [personId, setPersonId] = useState('');
  const [reason, setReason] = useState('');
  const move = useWrite('POST /api/operations/stuck/mail/:id/reassign', stuckReads);
  const useRecipients = useMemo(() => recipientsOf(id), [id]);
  return (
    <DialogForm
      title="Send the mail to somebody else"
      onClose={onClose}
      onSubmit={() => move.mutate({ params: { id }, body: { personId, reason } }, { onSuccess: onClose })}
      action="Send"
      busy={move.isPending}
      ready={personId !== '' && reason.trim().length >= 3}
      error={move.error}
    >
      <p style={{ margin: 0 }}>
        It leaves at once, to this one mail&apos;s new receiver only. Who else is told of the case stays as it
        is.
      </p>
      <SearchPicker
        label="To"
        placeholder="Type to find somebody of the same house"
        value={personId}
        onChange={setPersonId}
        useFound={useRecipients}
      />
      <TextInput
        label="Reason"
        required
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </DialogForm>
  );
}

function recipientsOf(id: string): (words: string) => Found {
  return function useRecipients(words) {
    const found = useRead(
      'GET /api/operations/stuck/mail/:id/recipients',
      { params: { id }, query: { search: words, limit: 30 } },
      { keepLast: true },
    );
    return {
      options: (found.data?.items ?? []).map((one) => ({ value: one.id, label: one.displayName })),
      chosen: null,
      isPending: found.isPending,
      error: found.error,
    };
  };
}

function SkipDialog(props: { kind: StuckKind; id: string; onClose: () => void }): ReactNode {
  const { kind, id, onClose } = props;
  const [reason, setReason] = useState('');
  const skip = useWrite('POST /api/operations/stuck/:kind/:id/skip', stuckReads);
  return (
    <DialogForm
      title={kind === 'import' ? 'Give the import up' : 'Give the delivery up'}
      onClose={onClose}
      onSubmit={() => skip.mutate({ params: { kind, id }, body: { reason } }, { onSuccess: onClose })}
      action="Give up"
      busy={skip.isPending}
      ready={reason.trim().length >= 3}
      error={skip.error}
    >
      <p style={{ margin: 0 }}>
        It will not be tried again. Your reason is kept with it.
        {kind === 'import' && ' Rows that were stored before the bad one stay.'}
      </p>
      <TextInput
        data-autofocus
        label="Reason"
        required
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </DialogForm>
  );
}
