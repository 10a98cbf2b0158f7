import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Pool } from '../adapters/store/pool.ts';
import { readBacklog, type Backlog } from '../adapters/store/probe.ts';
import type { Clock, Log } from './loop.ts';

/** What operations watches, read from the record at each scrape; docs/alerts/fairlead.rules.yml is written against it. */

/** How long a clock may be past due before it counts as late. */
const CLOCK_GRACE_MS = 60_000;

const gauges = {
  receiptsOpen: {
    name: 'fairlead_receipts_open',
    help: 'Receipts that have no answer yet and are not parked.',
  },
  receiptsOldestSeconds: { name: 'fairlead_receipts_oldest_age_seconds', help: 'Age of the oldest of them.' },
  receiptsParked: { name: 'fairlead_receipts_parked', help: 'Receipts that wait for a person.' },
  outboundDue: { name: 'fairlead_outbound_due', help: 'Mails and signals that are due and have not left.' },
  outboundOldestSeconds: {
    name: 'fairlead_outbound_oldest_age_seconds',
    help: 'How long the oldest of them is due.',
  },
  outboundParked: { name: 'fairlead_outbound_parked', help: 'Mails and signals that wait for a person.' },
  importsParked: { name: 'fairlead_imports_parked', help: 'Committed imports that wait for a person.' },
  unsealedRows: { name: 'fairlead_audit_unsealed_rows', help: 'Audit rows without a seal.' },
  unsealedOldestSeconds: {
    name: 'fairlead_audit_oldest_unsealed_age_seconds',
    help: 'Age of the oldest of them.',
  },
  tasksUndecidable: {
    name: 'fairlead_tasks_undecidable',
    help: 'Open tasks that nobody of the house may decide.',
  },
  clocksLate: {
    name: 'fairlead_sla_clocks_late',
    help: 'Running clocks past due for over a minute that did not fire.',
  },
  workflowsFailing: {
    name: 'fairlead_workflows_failing',
    help: 'Workflows that fail, hang or are lost, as the probe sees it.',
  },
  queuesWithoutWorkers: {
    name: 'fairlead_task_queues_without_workers',
    help: 'Task queues that nobody polls.',
  },
} as const satisfies Record<keyof Backlog, { name: string; help: string }>;

export interface Metrics {
  /** For counters and histograms of the process's own. */
  readonly registry: Registry;
  /** The exposition text, with the gauges read from the record just now. */
  scrape(): Promise<string>;
}

/** Without the database the gauges are absent and `fairlead_record_up` is 0: a stale number must not pass for a fresh one. */
export const createMetrics = (input: { pool: Pool; clock: Clock; log: Log }): Metrics => {
  const { pool, clock, log } = input;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const keys = Object.keys(gauges) as (keyof Backlog)[];
  const made = new Map(keys.map((key) => [key, new Gauge({ ...gauges[key], registers: [registry] })]));
  const recordUp = new Gauge({
    name: 'fairlead_record_up',
    help: 'Whether the database answered the last scrape; without it the other gauges of the record are absent.',
    registers: [registry],
  });
  // Read before the registry is asked: it collects its metrics side by side, so one cannot fill in the others.
  const readGauges = async (): Promise<void> => {
    try {
      const backlog = await readBacklog({ pool, atMs: clock(), graceMs: CLOCK_GRACE_MS });
      for (const [key, gauge] of made) gauge.set(backlog[key]);
      recordUp.set(1);
    } catch (cause) {
      log.warn({ err: cause }, 'the record could not be read for a scrape');
      for (const gauge of made.values()) gauge.remove();
      recordUp.set(0);
    }
  };
  return {
    registry,
    scrape: async () => {
      await readGauges();
      return registry.metrics();
    },
  };
};

export interface MetricsServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Which part of this process is down; an empty list means ready. */
export type Readiness = () => Promise<readonly string[]>;

/**
 * Answers `/healthz` (the process lives), `/readyz` (503 with the names of the parts that are down) and `/metrics`.
 * Port 0 takes any free one. Rejects when the port is taken.
 */
export const startMetricsServer = async (input: {
  port: number;
  metrics: Metrics;
  notReady: Readiness;
  log: Log;
}): Promise<MetricsServer> => {
  const { metrics, notReady, log } = input;
  const answer = async (path: string): Promise<{ status: number; type: string; body: string }> => {
    const json = (status: number, value: object) => ({
      status,
      type: 'application/json',
      body: JSON.stringify(value),
    });
    switch (path) {
      case '/healthz':
        return json(200, { status: 'ok' });
      case '/readyz': {
        const down = await notReady();
        return down.length === 0 ? json(200, { status: 'ready' }) : json(503, { status: 'not ready', down });
      }
      case '/metrics':
        return { status: 200, type: metrics.registry.contentType, body: await metrics.scrape() };
      default:
        return json(404, { status: 'not found' });
    }
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    answer(path)
      .catch((cause: unknown) => {
        log.error({ err: cause, path }, `${path} could not be answered`);
        return { status: 500, type: 'application/json', body: '{"status":"error"}' };
      })
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body))
      .catch((cause: unknown) => log.error({ err: cause, path }, `the answer to ${path} could not be sent`));
  });
  await listening(server, input.port);
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.off('error', reject);
      resolve();
    });
  });
