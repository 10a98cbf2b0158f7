export default async function stop() {
  await globalThis.fairleadTestServers?.stop();
}
