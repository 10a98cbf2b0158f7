import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { findSuspects, recordFindings, type Finding } from '../adapters/store/probe.ts';
import type { Pool } from '../adapters/store/pool.ts';
import { createLoop, type Clock, type Log, type Loop } from './loop.ts';

/**
 * The probe looks at the engine, so that nothing else must: it writes what is wrong with workflows as rows and clears
 * them when it is over. It asks the engine's list for workflows with failing tasks (a list may be some seconds behind,
 * which is good enough here), looks at those for which the record has waited too long, and at who polls the queues.
 */
export interface Probe extends Loop {
  /** One look; answers what was found. */
  probeOnce(): Promise<readonly Finding[]>;
}

const PROBE_EVERY_MS = 15_000;
const DEADLINE_MS = 10_000;
/** A task that failed once may have met a restart; one that failed so often meets a fault. */
const FAILING_AFTER_ATTEMPTS = 3;
/** A task that waits longer than this finds no worker. */
const STUCK_AFTER_MS = 30_000;
const SUSPECT_AFTER_MS = 60_000;
/** Looks at one workflow each; what is wrong beyond that is wrong with more than workflows. */
const MOST_LOOKS = 50;

/** `queues`: the task queues that must have workers. `pool` signs in as the worker role. */
export const createProbe = (input: {
  pool: Pool;
  clock: Clock;
  log: Log;
  client: Client;
  namespace: string;
  queues: readonly string[];
  suspectAfterMs?: number;
}): Probe => {
  const { pool, clock, log, client } = input;
  const probeOnce = async (): Promise<readonly Finding[]> => {
    const suspects = await findSuspects({
      pool,
      atMs: clock(),
      graceMs: input.suspectAfterMs ?? SUSPECT_AFTER_MS,
      limit: MOST_LOOKS,
    });
    const waitedFor = new Map(suspects.map(({ workflowId, caseId }) => [workflowId, caseId]));
    const findings = await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
      const reported = await listFailing(client);
      const looks = [...new Set([...reported, ...waitedFor.keys()])].slice(0, 2 * MOST_LOOKS);
      const found: Finding[] = [];
      for (const workflowId of looks) {
        const caseId = waitedFor.get(workflowId) ?? null;
        const finding = await lookAt({ client, workflowId, caseId, nowMs: Date.now() });
        if (finding !== null) found.push(finding);
      }
      for (const queue of input.queues) {
        const finding = await lookAtQueue({ client, namespace: input.namespace, queue });
        if (finding !== null) found.push(finding);
      }
      return found;
    });
    await recordFindings({ pool, findings, atMs: clock() });
    for (const { kind, subject, cause } of findings)
      log.warn({ kind, subject, cause }, `${kind}: ${subject}`);
    return findings;
  };
  const loop = createLoop({
    name: 'probe',
    everyMs: PROBE_EVERY_MS,
    log,
    round: async () => {
      await probeOnce();
      return 'idle';
    },
  });
  return { ...loop, probeOnce };
};

/** Ids of workflows whose tasks the engine itself reports as failing or timing out again and again. */
const listFailing = async (client: Client): Promise<string[]> => {
  const query = `ExecutionStatus = 'Running' AND TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')`;
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) {
    ids.push(workflowId);
    if (ids.length >= MOST_LOOKS) break;
  }
  return ids;
};

const lookAt = async (input: {
  client: Client;
  workflowId: string;
  /** The case that waits for it; null when it was only listed. */
  caseId: string | null;
  nowMs: number;
}): Promise<Finding | null> => {
  const { client, workflowId, caseId, nowMs } = input;
  const lost = (state: string): Finding | null =>
    caseId === null
      ? null
      : {
          kind: 'lost_workflow',
          subject: workflowId,
          cause: `the record waits for it and it ${state}`,
          facts: { caseId },
        };
  try {
    const { raw, runId, status } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING') return lost(`is ${status.name.toLowerCase()}`);
    const task = raw.pendingWorkflowTask;
    if (task === null || task === undefined) return null;
    const attempt = task.attempt ?? 1;
    const facts = { caseId, runId, attempt };
    if (attempt >= FAILING_AFTER_ATTEMPTS) {
      return {
        kind: 'failing_workflow',
        subject: workflowId,
        cause: `its task failed ${attempt - 1} times`,
        facts,
      };
    }
    const scheduledMs = Number(task.scheduledTime?.seconds ?? nowMs / 1_000) * 1_000;
    const waitedMs = nowMs - scheduledMs;
    if ((task.startedTime?.seconds ?? null) === null && waitedMs > STUCK_AFTER_MS) {
      const cause = `its task has waited for a worker for ${Math.round(waitedMs / 1_000)} s`;
      return { kind: 'stuck_workflow', subject: workflowId, cause, facts };
    }
    return null;
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError) return lost('is not known to the engine');
    throw cause;
  }
};

/** TASK_QUEUE_TYPE_WORKFLOW of the engine's API. */
const WORKFLOW_QUEUE = 1;

const lookAtQueue = async (input: {
  client: Client;
  namespace: string;
  queue: string;
}): Promise<Finding | null> => {
  const { pollers } = await input.client.workflowService.describeTaskQueue({
    namespace: input.namespace,
    taskQueue: { name: input.queue },
    taskQueueType: WORKFLOW_QUEUE,
  });
  return (pollers?.length ?? 0) > 0
    ? null
    : {
        kind: 'no_workers',
        subject: input.queue,
        cause: 'nobody has polled this task queue for minutes',
        facts: {},
      };
};
