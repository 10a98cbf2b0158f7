import { Button, Skeleton } from '@mantine/core';
import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { fieldName, inWords, statusWords, lookUp } from '../../../domain/words/en.ts';
import { ApiProblem, Unreachable } from '../lib/api.ts';
import { ExactInstant } from './values.tsx';

export function Notice(props: {
  tone: 'breached' | 'dueSoon' | 'good' | 'waiting';
  children: ReactNode;
}): ReactNode {
  const Sign = props.tone === 'good' || props.tone === 'waiting' ? IconInfoCircle : IconAlertTriangle;
  return (
    <div className="notice" data-tone={props.tone} role={props.tone === 'breached' ? 'alert' : 'status'}>
      <Sign size={16} aria-hidden />
      <div style={{ minWidth: 0, flex: 1 }}>{props.children}</div>
    </div>
  );
}

/** What went wrong, that nothing was lost, and what to do. Nothing at all when there is no error. */
export function ProblemNotice(props: {
  error: unknown;
  onRetry?: () => void;
  onFresh?: () => void;
}): ReactNode {
  const { error, onRetry, onFresh } = props;
  if (error === null || error === undefined) return null;
  if (error instanceof ApiProblem && error.problem.conflict !== undefined) {
    return <ConflictNotice problem={error} {...(onFresh === undefined ? {} : { onFresh })} />;
  }
  return (
    <Notice tone="breached">
      <strong>{titleOf(error)}</strong> {detailOf(error)}
      {error instanceof ApiProblem && (error.problem.errors?.length ?? 0) > 0 && (
        <ul className="sentences">
          {error.problem.errors?.map(({ pointer, reason }) => (
            <li key={`${pointer} ${reason}`}>
              {fieldOfPointer(pointer)}: {reason}
            </li>
          ))}
        </ul>
      )}
      {onRetry !== undefined && (
        <Button variant="default" mt={6} onClick={onRetry}>
          Try again
        </Button>
      )}
    </Notice>
  );
}

/** Somebody was first: who, when and what. What was typed stays where it is. */
export function ConflictNotice(props: { problem: ApiProblem; onFresh?: () => void }): ReactNode {
  const { conflict, detail } = props.problem.problem;
  return (
    <Notice tone="dueSoon">
      <strong>Somebody or something was first.</strong>{' '}
      {conflict === undefined ? (
        detail
      ) : (
        <>
          {conflict.by ?? 'The system'}: {conflict.what}, <ExactInstant at={conflict.at} />. It is now “
          {lookUp(statusWords, conflict.status) ?? inWords(conflict.status)}”. What you typed is still here.
        </>
      )}
      {props.onFresh !== undefined && (
        <div>
          <Button variant="default" mt={6} onClick={props.onFresh}>
            Show the case as it is now
          </Button>
        </div>
      )}
    </Notice>
  );
}

function titleOf(error: unknown): string {
  if (error instanceof ApiProblem) return `${error.problem.title}.`;
  if (error instanceof Unreachable) return 'No answer.';
  return 'This page could not be shown.';
}

function detailOf(error: unknown): string {
  if (error instanceof ApiProblem) {
    const lost = error.problem.status >= 500 ? ' Nothing was lost.' : '';
    return `${error.problem.detail}${lost}`;
  }
  if (error instanceof Unreachable) return `${error.message} Nothing was lost; try again in a moment.`;
  return error instanceof Error ? error.message : String(error);
}

/** "/body/customer/legalName" → "Legal name". */
export function fieldOfPointer(pointer: string): string {
  const steps = pointer.split('/').filter((step) => step !== '' && step !== 'body');
  const place = steps.filter((step) => /^\d+$/.test(step)).map((step) => Number(step) + 1)[0];
  const names = steps.filter((step) => !/^\d+$/.test(step));
  const known =
    names.length > 1 ? fieldName(names.slice(0, 2).join('.')) : fieldName(names[0] ?? 'The request');
  return place === undefined ? known : `${fieldName(names[0] ?? '')}, line ${place}`;
}

/** Says what will appear here, and offers the first action. */
export function Empty(props: { title: string; children?: ReactNode; action?: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <div className="strong">{props.title}</div>
      {props.children !== undefined && <p className="quiet">{props.children}</p>}
      {props.action}
    </div>
  );
}

/** Keeps the layout while something loads. */
export function LoadingRows({ rows = 8, height = 22 }: { rows?: number; height?: number }): ReactNode {
  return (
    <div className="stack" style={{ padding: 12 }} aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={height} radius="sm" />
      ))}
    </div>
  );
}
