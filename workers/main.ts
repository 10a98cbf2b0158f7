/**
 * The workers: workflows and their effects, the relay, the sealer, the probe, metrics. Any number of these
 * processes may run beside one another. SIGTERM and SIGINT stop them in order: no new work is taken, what is
 * under way ends, then the connections close.
 */
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createAnchorKey } from '../adapters/audit-signature.ts';
import { ConfigError, databaseUrl, readConfig } from '../adapters/config.ts';
import type { Config } from '../adapters/config.ts';
import { engineConnectionOptions } from '../adapters/gateways/engine.ts';
import { createMailGateway } from '../adapters/gateways/mail.ts';
import { createLog } from '../adapters/log.ts';
import { CANDIDATES } from '../adapters/store/account-matching.ts';
import { createPool } from '../adapters/store/pool.ts';
import { dealRegistrationQueue, dealRegistrationType } from '../workflows/contracts/deal-registration.ts';
import { specialPricingQueue, specialPricingType } from '../workflows/contracts/special-pricing.ts';
import { bundleWorkflows } from './bundle-workflows.ts';
import { createClaimJudge, createSupportAccruals } from './claims.ts';
import { createDealRegistrationWorker } from './deal-registration.ts';
import { createEngineDelivery } from './engine-delivery.ts';
import { createHoldTeller } from './holds.ts';
import { createImportStorer } from './imports.ts';
import type { Log } from './loop.ts';
import { createMetrics, startMetricsServer } from './metrics.ts';
import { createNameKeeper } from './names.ts';
import { createProbe } from './probe.ts';
import { createRelay } from './relay.ts';
import { createSealer } from './sealer.ts';
import { createSpecialPricingWorker } from './special-pricing.ts';
import { watchWorkflowThread } from './thread-watch.ts';

const DELIVERY_DEADLINE_MS = 10_000;
/** A call into workflow code takes some milliseconds; one that takes so long never ends. */
const STUCK_AFTER_MS = 10_000;

const log: Log = createLog({ name: 'workers', level: 'info' });

try {
  await run(readConfig(process.env));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function run(config: Config): Promise<void> {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => logEngine(level, message, meta)),
    shutdownSignals: [],
  });
  const pool = createPool({
    url: databaseUrl(config, 'worker'),
    max: config.poolSize,
    applicationName: 'fairlead-workers',
    planOnce: true,
  });
  const clock = (): number => Date.now();
  const engine = engineConnectionOptions(config.temporal);
  const connection = await NativeConnection.connect(engine);
  const client = new Client({
    connection: await Connection.connect(engine),
    namespace: config.temporal.namespace,
  });
  const caseDeps = { pool, candidateLimit: CANDIDATES, taskQueue: dealRegistrationQueue };
  const watch = watchWorkflowThread({
    stuckAfterMs: STUCK_AFTER_MS,
    onStuck: () => {
      log.error(
        { forMs: STUCK_AFTER_MS },
        'workflow code runs without end: these workers end and start again',
      );
      process.exit(1);
    },
  });
  const ofWorkers = {
    connection,
    namespace: config.temporal.namespace,
    bundle: await bundleWorkflows(),
    databaseSlots: config.poolSize,
  };
  const workers = [
    await createDealRegistrationWorker({ ...ofWorkers, deps: caseDeps }),
    await createSpecialPricingWorker({
      ...ofWorkers,
      deps: { ...caseDeps, taskQueue: specialPricingQueue },
    }),
  ];
  const queues = {
    [dealRegistrationType]: dealRegistrationQueue,
    [specialPricingType]: specialPricingQueue,
  };
  const relay = createRelay({
    pool,
    clock,
    log,
    engine: createEngineDelivery({ client, deadlineMs: DELIVERY_DEADLINE_MS, queues }),
    mail: createMailGateway({ smtpUrl: config.smtpUrl, from: config.mailFrom }),
    publicUrl: config.publicUrl,
  });
  const sealer = createSealer({ pool, clock, log, signAnchor: createAnchorKey(config.keys.audit).sign });
  const probe = createProbe({
    pool,
    clock,
    log,
    client,
    namespace: config.temporal.namespace,
    queues: Object.values(queues),
  });
  const metrics = await startMetricsServer({
    port: config.metricsPort,
    metrics: createMetrics({ pool, clock, log }),
    notReady: async () => {
      const down: string[] = [];
      await pool.query('select 1').catch(() => down.push('database'));
      if (workers.some((worker) => worker.getState() !== 'RUNNING')) down.push('worker');
      return down;
    },
    log,
  });

  const holds = createHoldTeller({ pool, clock, log, client });
  const imports = createImportStorer({ deps: caseDeps, clock, log, client });
  const claims = createClaimJudge({ pool, clock, log });
  const accruals = createSupportAccruals({ pool, clock, log });
  const names = createNameKeeper({ pool, log });
  const loops = [relay, sealer, probe, holds, imports, claims, accruals, names];

  for (const loop of loops) loop.start();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      for (const worker of workers) worker.shutdown();
    });
  log.info({ metricsPort: metrics.port, address: config.temporal.address }, 'workers ready');

  await Promise.all(workers.map((worker) => worker.run()));
  watch.stop();
  await Promise.all(loops.map((loop) => loop.stop()));
  await metrics.stop();
  await client.connection.close();
  await connection.close();
  await pool.end();
  log.info({}, 'workers stopped');
}

function logEngine(level: string, message: string, meta: object | undefined): void {
  if (level === 'ERROR') log.error(meta ?? {}, message);
  else log.warn(meta ?? {}, message);
}
