import { Button, NativeSelect, Textarea } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconCircleMinus, IconHourglass, type Icon } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useBlocker } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Decided, TaskDetail, TaskRow } from '../../../../api/contract/tasks.ts';
import { decisionNeeds, type TaskOutcome } from '../../../../domain/deal-registration/task-outcomes.ts';
import { outcomeDone, outcomeWords, taskKindWords } from '../../../../domain/words/en.ts';
import {
  countWords,
  formatInstant,
  formatMoney,
  listWords,
  type Reader,
} from '../../../../domain/words/reader.ts';
import { ToneBadge, type Tone } from '../../components/badges.tsx';
import { useFocusOnce } from '../../components/decision-panel.tsx';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { changedByDecisions, useUndo } from '../../components/undo-bar.tsx';
import { Money } from '../../components/values.tsx';
import { ApiProblem, call, isPassing, newIdempotencyKey } from '../../lib/api.ts';
import { useKeys } from '../../lib/keys.ts';
import { callAgain, forMany } from '../../lib/many.ts';
import { useRead } from '../../lib/queries.ts';
import { useReader, useSession } from '../../lib/session.ts';
import { plan, reasonsFor, sumsOf, type Motion, type Planned, type ReasonsByProgram } from './bulk.ts';

/** What became of one decision of the bulk. */
type Result =
  | { readonly kind: 'sending' }
  | { readonly kind: 'decided'; readonly decided: Decided }
  | { readonly kind: 'refused'; readonly words: string }
  /** No answer came: it may have been taken. Trying again uses the same key, so it cannot be taken twice. */
  | { readonly kind: 'unanswered'; readonly words: string };

const verbs: Readonly<Record<Motion, string>> = { approve: 'Approve', deny: 'Deny' };

/** Preview, one reason, and a result for each: what was not decided stays chosen, with why. */
export function BulkPanel(props: {
  rows: readonly TaskRow[];
  motion: Motion;
  onDecided: (taskId: string) => void;
  onClose: () => void;
}): ReactNode {
  const { rows, motion, onClose } = props;
  // What was chosen when the panel opened: decided ones leave the list, and stay in its table.
  const [ids] = useState(() => rows.map(({ id }) => id));
  const read = useFresh(ids);
  const programs = useRead('GET /api/programs', {});
  if (read.data === undefined || programs.data === undefined) {
    return (
      <>
        <ProblemNotice
          error={read.error ?? programs.error}
          onRetry={() => {
            void read.refetch();
            void programs.refetch();
          }}
        />
        {(read.isPending || programs.isPending) && <LoadingRows rows={8} height={28} />}
        <Button variant="default" onClick={onClose}>
          Not now
        </Button>
      </>
    );
  }
  const reasons: ReasonsByProgram = new Map(
    programs.data.items.map(({ id, registration }) => [id, registration?.reasons.rejection ?? []]),
  );
  return <Bulk {...props} key={motion} tasks={read.data} reasons={reasons} />;
}

/** Each task as it is now, read once when the panel opens: a decision names the facts that it was made on. */
function useFresh(ids: readonly string[]) {
  return useQuery({
    queryKey: ['bulk', ids],
    queryFn: async ({ signal }) => {
      const found = new Map<string, TaskDetail>();
      await forMany(ids, async (id) => {
        found.set(id, await call('GET /api/tasks/:id', { params: { id } }, { signal }));
      });
      return ids.flatMap((id) => found.get(id) ?? []);
    },
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
}

function Bulk(props: {
  tasks: readonly TaskDetail[];
  reasons: ReasonsByProgram;
  motion: Motion;
  onDecided: (taskId: string) => void;
  onClose: () => void;
}): ReactNode {
  const { tasks, reasons, motion, onClose } = props;
  const reader = useReader();
  const { person } = useSession();
  const [reasonKey, setReasonKey] = useState<string | null>(null);
  const [words, setWords] = useState('');
  const [missing, setMissing] = useState<string | null>(null);
  const planned = tasks.map((task) => plan({ task, motion, personId: person.id, reasonKey, reasons }));
  const taken = planned.filter((one) => one.outcome !== null);
  const needs = taken.map(({ outcome }) => decisionNeeds(outcome));
  const needsReason = needs.some(({ reason }) => reason);
  const run = useRun(props.onDecided);
  const begun = run.results.size > 0;
  const first = useFocusOnce();
  useStay(run.isRunning);
  useKeys({ Escape: onClose }, !run.isRunning);
  const submit = (): void => {
    const lacks =
      needsReason && reasonKey === null
        ? 'Choose a reason: the partners are told why.'
        : words.trim() === '' && needs.some((one) => one.words)
          ? 'Say why: the partners read your words.'
          : null;
    setMissing(lacks);
    if (lacks !== null || run.isRunning || taken.length === 0) return;
    run.start(taken, { reasonKey, words });
  };
  const sums = sumsOf(taken.map(({ task }) => task)).map((sum) => formatMoney(sum, reader));
  return (
    <form
      aria-label={`${verbs[motion]} several`}
      className="stack"
      noValidate
      ref={first}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <header className="case-head" style={{ marginBottom: 0 }}>
        <div className="case-title">
          <h2>
            {begun
              ? resultWords(run.results)
              : `${verbs[motion]} ${taken.length} of ${countWords(tasks.length, 'chosen case')}`}
          </h2>
          <span className="case-amount">{sums.join(' · ')}</span>
        </div>
        {!begun && planned.length > taken.length && (
          <span className="meta">
            {countWords(planned.length - taken.length, 'case')} left out; the table says why. They stay
            chosen.
          </span>
        )}
      </header>
      {!begun && (
        <Section title={motion === 'deny' ? 'Why they are denied' : 'What the partners are told'}>
          <div className="stack" style={{ maxWidth: 720 }}>
            {needsReason && (
              <NativeSelect
                label="Reason for all of them"
                required
                value={reasonKey ?? ''}
                onChange={({ currentTarget: { value } }) => setReasonKey(value === '' ? null : value)}
                data={[
                  { value: '', label: 'Choose a reason' },
                  ...reasonsFor(tasks, reasons).map(({ key, words: said }) => ({ value: key, label: said })),
                ]}
              />
            )}
            <Textarea
              label="Words for each partner"
              description={
                motion === 'approve'
                  ? 'The same for all of them. May stay empty.'
                  : 'The same for all of them: name no customer and no partner.'
              }
              value={words}
              maxLength={4000}
              onChange={({ currentTarget: { value } }) => setWords(value)}
            />
            {missing !== null && <Notice tone="dueSoon">{missing}</Notice>}
          </div>
        </Section>
      )}
      <div className="row">
        {!begun && (
          <Button type="submit" data-confirm disabled={taken.length === 0}>
            {verbs[motion]} {countWords(taken.length, 'case')}
          </Button>
        )}
        <Button variant={begun ? 'filled' : 'default'} disabled={run.isRunning} onClick={onClose}>
          {begun ? 'Done' : 'Not now'}
        </Button>
        {begun && <TakeAllBack results={run.results} />}
        {begun && !run.isRunning && hasUnanswered(run.results) && (
          <Button variant="default" onClick={run.again}>
            Try the unanswered again
          </Button>
        )}
      </div>
      <BulkTable planned={planned} results={run.results} />
    </form>
  );
}

interface Answer {
  readonly reasonKey: string | null;
  readonly words: string;
}

interface Sending extends Answer {
  readonly task: TaskDetail;
  readonly outcome: TaskOutcome;
  readonly idempotencyKey: string;
}

interface Run {
  readonly results: ReadonlyMap<string, Result>;
  readonly isRunning: boolean;
  readonly start: (taken: readonly Planned[], answer: Answer) => void;
  /** Sends those without an answer again, each with the key that it had. */
  readonly again: () => void;
}

/** Sends each decision as a write of its own, a few at a time, and keeps what became of it. */
function useRun(onDecided: (taskId: string) => void): Run {
  const client = useQueryClient();
  const undo = useUndo();
  const reader = useReader();
  const [results, setResults] = useState<ReadonlyMap<string, Result>>(new Map());
  const [isRunning, setRunning] = useState(false);
  const sendings = useRef<readonly Sending[]>([]);
  const batch = useRef(newIdempotencyKey());
  const put = (id: string, result: Result): void => setResults((before) => new Map(before).set(id, result));
  const send = async (sending: Sending): Promise<void> => {
    const { task, outcome, reasonKey, words, idempotencyKey } = sending;
    put(task.id, { kind: 'sending' });
    try {
      const decided = await callAgain(
        'POST /api/tasks/:id/decision',
        {
          params: { id: task.id },
          body: {
            outcome,
            reasonKey: decisionNeeds(outcome).reason ? reasonKey : null,
            words,
            privateNote: '',
            fields: [],
            winnerId: null,
            factsHash: task.factsHash,
          },
        },
        idempotencyKey,
      );
      put(task.id, { kind: 'decided', decided });
      undo.offer(decided, task.subject, batch.current);
      onDecided(task.id);
    } catch (error) {
      put(task.id, { kind: isPassing(error) ? 'unanswered' : 'refused', words: refusalWords(error, reader) });
    }
  };
  const sendAll = (all: readonly Sending[]): void => {
    setRunning(true);
    void forMany(all, send).then(() => {
      setRunning(false);
      for (const route of changedByDecisions) void client.invalidateQueries({ queryKey: [route] });
    });
  };
  return {
    results,
    isRunning,
    start: (taken, answer) => {
      sendings.current = taken.flatMap(({ task, outcome }) =>
        outcome === null ? [] : [{ task, outcome, ...answer, idempotencyKey: newIdempotencyKey() }],
      );
      sendAll(sendings.current);
    },
    again: () => sendAll(sendings.current.filter(({ task }) => results.get(task.id)?.kind === 'unanswered')),
  };
}

/** Who was first, when and what; or the reason that the API gave. */
function refusalWords(error: unknown, reader: Reader): string {
  if (!(error instanceof ApiProblem)) return error instanceof Error ? error.message : String(error);
  const { conflict, errors, detail } = error.problem;
  if (conflict !== undefined)
    return `${conflict.by ?? 'The system'} was first: ${outcomeDone(conflict.what).toLowerCase()}, ${formatInstant(conflict.at, reader)}.`;
  return errors === undefined || errors.length === 0 ? detail : errors.map(({ reason }) => reason).join(' ');
}

function hasUnanswered(results: ReadonlyMap<string, Result>): boolean {
  return [...results.values()].some(({ kind }) => kind === 'unanswered');
}

/** "10 decided, 2 refused". */
function resultWords(results: ReadonlyMap<string, Result>): string {
  const count = (kind: Result['kind']): number =>
    [...results.values()].filter((result) => result.kind === kind).length;
  const parts = [
    count('sending') > 0 ? `${count('sending')} being sent` : null,
    `${count('decided')} of ${results.size} decided`,
    count('refused') > 0 ? `${count('refused')} refused` : null,
    count('unanswered') > 0 ? `${count('unanswered')} without an answer` : null,
  ];
  return listWords(parts.filter((part) => part !== null));
}

/** Leaving while decisions are being sent would leave the rest unsent: the person is asked. */
function useStay(isRunning: boolean): void {
  useBlocker({
    shouldBlockFn: ({ current, next }) =>
      isRunning &&
      current.pathname !== next.pathname &&
      !window.confirm('Decisions are still being sent. Leave, and those not sent yet stay undecided?'),
    enableBeforeUnload: () => isRunning,
  });
}

function TakeAllBack({ results }: { results: ReadonlyMap<string, Result> }): ReactNode {
  const { undoable, takeBack } = useUndo();
  const open = [...results.values()].flatMap((result) =>
    result.kind === 'decided' && undoable.get(result.decided.decisionId)?.state === 'open'
      ? [result.decided.decisionId]
      : [],
  );
  if (open.length === 0) return null;
  return (
    <Button variant="default" onClick={() => takeBack(open)}>
      Take all {open.length} back
    </Button>
  );
}

function BulkTable(props: { planned: readonly Planned[]; results: ReadonlyMap<string, Result> }): ReactNode {
  const { planned, results } = props;
  const begun = results.size > 0;
  // What does not go through is what a person looks for.
  const order = useMemo(() => {
    const rank = (one: Planned): number => (one.outcome === null ? 0 : 1);
    return planned.toSorted((left, right) => rank(left) - rank(right));
  }, [planned]);
  const status = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (begun) status.current?.scrollIntoView({ block: 'nearest' });
  }, [begun]);
  return (
    <div className="table-frame" ref={status}>
      <ul className="bulk" aria-label={begun ? 'Results' : 'What will happen'}>
        {order.map((one) => (
          <li key={one.task.id}>
            <span className="clip">
              <Link
                className="cell-link"
                to="/deal-registrations/$id"
                params={{ id: one.task.caseId }}
                target="_blank"
              >
                {one.task.subject}
              </Link>{' '}
              <span className="quiet">
                {[one.task.partnerName, taskKindWords[one.task.kind], one.task.reference]
                  .filter((part) => part !== null)
                  .join(' · ')}
              </span>
            </span>
            <span className="money">{one.task.amount !== null && <Money amount={one.task.amount} />}</span>
            <Outcome planned={one} result={results.get(one.task.id)} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Outcome({ planned, result }: { planned: Planned; result: Result | undefined }): ReactNode {
  if (planned.outcome === null) {
    return (
      <span className="bulk-result">
        <Sign tone="off" icon={IconCircleMinus} label="Left out" /> {planned.why}
      </span>
    );
  }
  switch (result?.kind) {
    case undefined:
      return <span className="bulk-result">{outcomeWords[planned.outcome].verb}</span>;
    case 'sending':
      return (
        <span className="bulk-result">
          <Sign tone="waiting" icon={IconHourglass} label="Being sent" />
        </span>
      );
    case 'decided':
      return <DecidedResult decided={result.decided} />;
    case 'refused':
      return (
        <span className="bulk-result">
          <Sign tone="breached" icon={IconAlertTriangle} label="Refused" /> {result.words}
        </span>
      );
    case 'unanswered':
      return (
        <span className="bulk-result">
          <Sign tone="dueSoon" icon={IconAlertTriangle} label="No answer" /> {result.words}
        </span>
      );
    default:
      return result satisfies never;
  }
}

/** A decision that was made, with the way back while there is one. */
function DecidedResult({ decided }: { decided: Decided }): ReactNode {
  const { undoable, takeBack } = useUndo();
  const one = undoable.get(decided.decisionId);
  const done = outcomeDone(decided.outcome);
  return (
    <span className="bulk-result">
      {one?.state === 'taken' ? (
        <Sign tone="off" icon={IconCircleMinus} label="Taken back" />
      ) : (
        <Sign tone="good" icon={IconCheck} label={done} />
      )}
      {one?.state === 'refused' && <span>Not taken back: {one.problem}</span>}
      {one?.state === 'open' && (
        <Button
          variant="subtle"
          size="compact-xs"
          aria-label={`Take back: ${one.subject}`}
          onClick={() => takeBack([decided.decisionId])}
        >
          Take back
        </Button>
      )}
    </span>
  );
}

function Sign({ tone, icon, label }: { tone: Tone; icon: Icon; label: string }): ReactNode {
  return (
    <ToneBadge tone={tone} icon={icon}>
      {label}
    </ToneBadge>
  );
}
