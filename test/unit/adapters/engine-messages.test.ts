import {
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { outcomeOf } from '../../../adapters/gateways/engine-messages.ts';
import { createProcessClient } from '../../../api/process-client.ts';
import { refusalIn, refusalTypes } from '../../../workflows/contracts/command.ts';

const sorted = (cause: unknown) => outcomeOf(cause, refusalIn);
const failedWith = (cause: Error): WorkflowUpdateFailedError =>
  new WorkflowUpdateFailedError('Workflow Update failed', cause);
const grpc = (code: number): Error =>
  Object.assign(new Error(`${code}`), { code, details: 'not now', metadata: {} });

describe('what comes back from the engine', () => {
  test.each(refusalTypes)('a failure named %s is a refusal with its details', (type) => {
    const refusal = { detail: 'The task is closed.', errors: [] };
    const failure = ApplicationFailure.create({
      type,
      message: 'x',
      nonRetryable: true,
      details: [refusal],
    });
    expect(sorted(failedWith(failure))).toEqual({ kind: 'refused', type, refusal });
    // The SDK wraps some failures once more.
    expect(sorted(failedWith(new Error('activity failed', { cause: failure })))).toMatchObject({
      kind: 'refused',
    });
  });

  test('a refusal without details is told in the words of its failure', () => {
    const failure = ApplicationFailure.create({ type: 'conflict', message: 'Too late.' });
    expect(sorted(failedWith(failure))).toMatchObject({ refusal: { detail: 'Too late.' } });
  });

  test('a failure that nobody chose is a fault, and nothing of the message is lost', () => {
    expect(sorted(failedWith(ApplicationFailure.create({ type: 'TypeError', message: 'boom' })))).toEqual({
      kind: 'failed',
      cause: 'the workflow failed to answer: boom',
    });
    expect(sorted(new RangeError('x'.repeat(1_000)))).toMatchObject({ kind: 'failed' });
    expect(sorted('thrown text')).toEqual({ kind: 'failed', cause: 'unknown' });
  });

  test('a workflow that ended or never was is gone', () => {
    expect(sorted(new WorkflowNotFoundError('x', 'w', undefined)).kind).toBe('gone');
    expect(sorted(new WorkflowExecutionAlreadyStartedError('x', 'w', 't')).kind).toBe('gone');
  });

  test.each([
    [1, 'try_again'],
    [3, 'failed'],
    [4, 'try_again'],
    [7, 'failed'],
    [8, 'try_again'],
    [9, 'try_again'],
    [12, 'failed'],
    [14, 'try_again'],
  ])('gRPC code %s is %s, inside the error of an Update too', (code, kind) => {
    expect(sorted(grpc(code)).kind).toBe(kind);
    expect(sorted(new ServiceError('x', { cause: grpc(code) })).kind).toBe(kind);
  });

  test('no answer in time says nothing about the message', () => {
    expect(sorted(new WorkflowUpdateRPCTimeoutOrCancelledError('x', { cause: grpc(4) })).kind).toBe(
      'try_again',
    );
  });
});

test('to whoever asked over HTTP all that is neither an answer nor a refusal comes later', async () => {
  const call = {
    workflowId: 'w',
    starts: null,
    updateName: 'decide',
    updateId: 'u',
    command: {
      receipt: 1,
      receivedAtMs: 0,
      actorId: 'p',
      actorSide: 'vendor' as const,
      actingForId: null,
      facts: {},
    },
  };
  const sent: unknown[] = [];
  const client = (cause: unknown) =>
    createProcessClient({
      update: (message) => {
        sent.push(message);
        return Promise.resolve(sorted(cause));
      },
      signal: () => Promise.reject(new Error('not sent by the API')),
      isUp: () => Promise.resolve(true),
    });
  expect((await client(grpc(14)).deliver(call)).kind).toBe('later');
  expect((await client(new TypeError('boom')).deliver(call)).kind).toBe('later');
  expect((await client(new WorkflowNotFoundError('x', 'w', undefined)).deliver(call)).kind).toBe('gone');
  expect(sent[0]).toEqual({
    workflowId: 'w',
    starts: null,
    updateName: 'decide',
    updateId: 'u',
    argument: call.command,
  });
});
