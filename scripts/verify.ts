import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { createAnchorKey } from '../adapters/audit-signature.ts';
import { databaseUrl, readConfig } from '../adapters/config.ts';
import { engineConnectionOptions } from '../adapters/gateways/engine.ts';
import { createWorkflowCensus } from '../adapters/gateways/workflow-census.ts';
import { createPool } from '../adapters/store/pool.ts';
import { verify, type VerifyResult } from '../adapters/store/verify.ts';
import type { Anchor } from '../domain/audit-chain.ts';
import {
  dealRegistrationType,
  dealRegistrationWorkflowId,
} from '../workflows/contracts/deal-registration.ts';
import { reviewWindowType } from '../workflows/contracts/review-window.ts';
import { pricingAgreementType, specialPricingType } from '../workflows/contracts/special-pricing.ts';
import { installationEnvironment } from './running-installation.ts';

/**
 * `npm run verify [-- --data FOLDER] [--anchors FILE]`: checks the invariants that are state on a running installation,
 * prints what it looked at and what failed, and ends with 1 when something did. It only reads. `--anchors` names a file
 * of anchors, one JSON object a line, as the workers' log holds them: with it a chain cut off together with its newest
 * anchors is found too.
 */

const MOST_SHOWN = 20;
/** A whole chain is read in one snapshot. */
const STATEMENT_TIMEOUT_MS = 10 * 60_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({ options: { data: { type: 'string' }, anchors: { type: 'string' } } });

const readAnchors = (path: string): Anchor[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const parsed = JSON.parse(line) as Anchor | { anchor: Anchor };
      return 'anchor' in parsed ? parsed.anchor : parsed;
    });

const show = (results: readonly VerifyResult[]): boolean => {
  for (const { invariant, name, lookedAt, failures } of results) {
    const outcome = failures.length === 0 ? 'ok' : `${failures.length} FAILED`;
    say(`${invariant.padEnd(10)} ${String(lookedAt).padStart(9)}  ${outcome.padEnd(12)} ${name}`);
    for (const failure of failures.slice(0, MOST_SHOWN)) say(`${' '.repeat(22)}${failure.detail}`);
    if (failures.length > MOST_SHOWN) say(`${' '.repeat(22)}and ${failures.length - MOST_SHOWN} more`);
  }
  const failed = results.filter((result) => result.failures.length > 0).length;
  say(
    failed === 0 ? `verified: ${results.length} checks hold` : `${failed} of ${results.length} checks failed`,
  );
  return failed === 0;
};

const PREFIX = dealRegistrationWorkflowId('');

const run = async (): Promise<boolean> => {
  const config = readConfig(installationEnvironment(values.data));
  const pool = createPool({
    url: databaseUrl(config, 'worker'),
    max: 2,
    applicationName: 'fairlead-verify',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const connection = await Connection.connect(engineConnectionOptions(config.temporal));
  try {
    const client = new Client({ connection, namespace: config.temporal.namespace });
    say(`${'invariant'.padEnd(10)} ${'looked at'.padStart(9)}  outcome`);
    const results = await verify({
      pool,
      census: createWorkflowCensus({
        client,
        workflowTypes: [dealRegistrationType, reviewWindowType, specialPricingType, pricingAgreementType],
      }),
      clock: () => Date.now(),
      isSigned: createAnchorKey(config.keys.audit).isSigned,
      knownAnchors: values.anchors === undefined ? [] : readAnchors(values.anchors),
      workflowIdOf: dealRegistrationWorkflowId,
      registrationIdOf: (workflowId) =>
        workflowId.startsWith(PREFIX) ? workflowId.slice(PREFIX.length) : null,
    });
    return show(results);
  } finally {
    await connection.close();
    await pool.end();
  }
};

try {
  if (!(await run())) process.exitCode = 1;
} catch (cause) {
  process.stderr.write(`verify could not look: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 2;
}
