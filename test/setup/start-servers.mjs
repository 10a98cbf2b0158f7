// Jest loads this file itself, without a transform: plain JavaScript that lets Node read the TypeScript beside it.
import { startServers } from './servers.ts';

export default async function start() {
  globalThis.fairleadTestServers = await startServers();
}
