// Jest loads this file itself, without a transform: plain JavaScript that lets Node read the TypeScript beside it.
import { startServers } from './servers.ts';
import { TEST_VARIABLES } from './test-environment.ts';

export default async function start() {
  // `npm test` starts them once for all its runs of Jest.
  if (process.env[TEST_VARIABLES.postgresPort] !== undefined) return;
  globalThis.fairleadTestServers = await startServers();
}
