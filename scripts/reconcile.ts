import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { databaseUrl, readConfig } from '../adapters/config.ts';
import { engineConnectionOptions } from '../adapters/gateways/engine.ts';
import { createWorkflowCensus } from '../adapters/gateways/workflow-census.ts';
import { createWorkflowRepair } from '../adapters/gateways/workflow-repair.ts';
import { createPool } from '../adapters/store/pool.ts';
import {
  dealRegistrationCases,
  isReconciled,
  pricingAgreementCases,
  reconcile,
  reviewWindowCases,
  specialPricingCases,
  type ReconcileFinding,
} from '../adapters/store/reconcile.ts';
import {
  dealRegistrationQueue,
  dealRegistrationType,
  dealRegistrationWorkflowId,
} from '../workflows/contracts/deal-registration.ts';
import { reviewWindowType, reviewWindowWorkflowId } from '../workflows/contracts/review-window.ts';
import {
  pricingAgreementType,
  pricingAgreementWorkflowId,
  specialPricingQueue,
  specialPricingType,
  specialPricingWorkflowId,
} from '../workflows/contracts/special-pricing.ts';
import { installationEnvironment } from './running-installation.ts';

/**
 * `npm run reconcile [-- --data FOLDER] [--dry-run] [--end-orphans]`: begins every workflow that was lost, or that
 * is behind its record, again from the record of its case, tells the relay to deliver what was received and never carried out, and reports workflows whose case is over
 * (with `--end-orphans` they are terminated). It works while everything runs. A line for each thing done, then a summary;
 * ends with 0 when record and engine agree, with 1 when something is left, with 2 when it could not look.
 */

const STATEMENT_TIMEOUT_MS = 10 * 60_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    'end-orphans': { type: 'boolean', default: false },
  },
});

const wordsOf = (finding: ReconcileFinding): string => {
  switch (finding.kind) {
    case 'rebuilt':
      return `rebuilt   ${finding.workflowId}: was lost, goes on from ${finding.standing}`;
    case 'renewed':
      return `renewed   ${finding.workflowId}: was behind, at ${finding.standing}`;
    case 'behind':
      return `behind    ${finding.workflowId}: is at ${finding.standing}`;
    case 'lost':
      return `lost      ${finding.workflowId}: would go on from ${finding.standing}`;
    case 'orphan':
      return `orphan    ${finding.workflowId}: runs, and ${finding.standing}; --end-orphans terminates it`;
    case 'orphan_ended':
      return `ended     ${finding.workflowId}: ran, and ${finding.standing}`;
    case 'hastened':
      return `hastened  ${finding.receipts} receipts and ${finding.signals} signals that wait for delivery`;
    default:
      return finding satisfies never;
  }
};

const run = async (): Promise<boolean> => {
  const config = readConfig(installationEnvironment(values.data));
  const pool = createPool({
    url: databaseUrl(config, 'worker'),
    max: 4,
    applicationName: 'fairlead-reconcile',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const connection = await Connection.connect(engineConnectionOptions(config.temporal));
  try {
    const client = new Client({ connection, namespace: config.temporal.namespace });
    const result = await reconcile({
      pool,
      engine: {
        ...createWorkflowCensus({
          client,
          workflowTypes: [dealRegistrationType, reviewWindowType, specialPricingType, pricingAgreementType],
        }),
        ...createWorkflowRepair(client),
      },
      kinds: [
        dealRegistrationCases({
          workflowType: dealRegistrationType,
          taskQueue: dealRegistrationQueue,
          workflowIdOf: dealRegistrationWorkflowId,
        }),
        reviewWindowCases({
          workflowType: reviewWindowType,
          taskQueue: dealRegistrationQueue,
          workflowIdOf: reviewWindowWorkflowId,
        }),
        specialPricingCases({
          workflowType: specialPricingType,
          taskQueue: specialPricingQueue,
          workflowIdOf: specialPricingWorkflowId,
        }),
        pricingAgreementCases({
          workflowType: pricingAgreementType,
          taskQueue: specialPricingQueue,
          workflowIdOf: pricingAgreementWorkflowId,
        }),
      ],
      clock: () => Date.now(),
      endOrphans: values['end-orphans'],
      dryRun: values['dry-run'],
      say: (finding) => say(wordsOf(finding)),
    });
    const count = (kind: ReconcileFinding['kind']): number =>
      result.findings.filter((finding) => finding.kind === kind).length;
    const reconciled = isReconciled(result);
    say(
      `looked at ${result.lookedAt.cases} open cases and ${result.lookedAt.workflows} running workflows: ` +
        `${count('rebuilt')} rebuilt, ${count('renewed')} renewed, ${count('orphan_ended')} ended, ` +
        `${count('lost') + count('behind') + count('orphan')} left`,
    );
    say(reconciled ? 'reconciled' : 'not reconciled');
    return reconciled;
  } finally {
    await connection.close();
    await pool.end();
  }
};

try {
  if (!(await run())) process.exitCode = 1;
} catch (cause) {
  process.stderr.write(
    `reconcile could not look: ${cause instanceof Error ? cause.message : String(cause)}\n`,
  );
  process.exitCode = 2;
}
