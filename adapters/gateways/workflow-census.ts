import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/** Which workflows run, as `verify` and `reconcile` ask it. */
export type Census = {
  /** Ids of all running workflows of the given types; the engine's list may be some seconds behind. */
  listRunning: () => Promise<ReadonlySet<string>>;
  /** Exact, for one workflow. */
  isRunning: (workflowId: string) => Promise<boolean>;
};

export const createWorkflowCensus = (options: {
  client: Client;
  workflowTypes: readonly string[];
}): Census => {
  const { client, workflowTypes } = options;
  const types = workflowTypes.map((type) => `'${type}'`).join(', ');
  return {
    listRunning: async () => {
      const ids = new Set<string>();
      const query = `ExecutionStatus = 'Running' AND WorkflowType IN (${types})`;
      for await (const { workflowId } of client.workflow.list({ query, pageSize: 1_000 }))
        ids.add(workflowId);
      return ids;
    },
    isRunning: async (workflowId) => {
      try {
        const { status } = await client.workflow.getHandle(workflowId).describe();
        return status.name === 'RUNNING';
      } catch (cause) {
        if (cause instanceof WorkflowNotFoundError) return false;
        throw cause;
      }
    },
  };
};
