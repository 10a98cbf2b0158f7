/**
 * Writes `docs/policies/<kind>.schema.json`, the JSON Schema of the policies of each kind, from the schemas the API
 * parses with. Run it after a change of a contract: `node scripts/policy-schema.ts`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { policyJsonSchemas } from '../api/contract/policy-kinds.ts';

await mkdir(fileURLToPath(new URL('../docs/policies/', import.meta.url)), { recursive: true });
for (const [kind, schemaOf] of Object.entries(policyJsonSchemas)) {
  const target = fileURLToPath(new URL(`../docs/policies/${kind}.schema.json`, import.meta.url));
  await writeFile(target, `${JSON.stringify(schemaOf(), null, 2)}\n`);
}
