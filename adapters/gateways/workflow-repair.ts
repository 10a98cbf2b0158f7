import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';

/** What `reconcile` does in the engine. */
export type WorkflowRepair = {
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

export const createWorkflowRepair = (client: Client): WorkflowRepair => ({
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
