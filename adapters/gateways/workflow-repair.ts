import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';

/** What `reconcile` does in the engine. */
export type WorkflowRepair = {
  /** The `seq` of the query `state`; null when the workflow does not answer in time, or not at all. */
  stepOf: (workflowId: string) => Promise<number | null>;
  /** `already_runs` when one of this id runs; one that ended, in whatever way, is no obstacle. */
  begin: (workflow: {
    workflowType: string;
    taskQueue: string;
    workflowId: string;
    input: unknown;
  }) => Promise<'begun' | 'already_runs'>;
  /** Terminates it; one that is gone already is no fault. */
  end: (workflowId: string, reason: string) => Promise<void>;
};

const QUERY_WITHIN_MS = 10_000;

export const createWorkflowRepair = (client: Client): WorkflowRepair => ({
  stepOf: async (workflowId) => {
    try {
      const state = await client.withDeadline(Date.now() + QUERY_WITHIN_MS, () =>
        client.workflow.getHandle(workflowId).query<{ seq: number }>('state'),
      );
      return state.seq;
    } catch (cause) {
      // No worker, or no such workflow any more: whether it is lost is asked in another way.
      if (cause instanceof WorkflowNotFoundError || cause instanceof QueryNotRegisteredError) return null;
      if (cause instanceof QueryRejectedError || isGrpcServiceError(cause)) return null;
      throw cause;
    }
  },
  begin: async ({ workflowType, taskQueue, workflowId, input }) => {
    try {
      await client.workflow.start(workflowType, {
        taskQueue,
        workflowId,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
      });
      return 'begun';
    } catch (cause) {
      if (cause instanceof WorkflowExecutionAlreadyStartedError) return 'already_runs';
      throw cause;
    }
  },
  end: async (workflowId, reason) => {
    try {
      await client.workflow.getHandle(workflowId).terminate(reason);
    } catch (cause) {
      if (!(cause instanceof WorkflowNotFoundError)) throw cause;
    }
  },
});
