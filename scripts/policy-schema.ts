/**
 * Writes `docs/policies/deal-registration.schema.json`, the JSON Schema of a deal registration policy, from the
 * schema the API parses with. Run it after a change of the contract: `node scripts/policy-schema.ts`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { dealRegistrationPolicyJsonSchema } from '../api/contract/deal-registration-policy.ts';

const target = fileURLToPath(new URL('../docs/policies/deal-registration.schema.json', import.meta.url));
await mkdir(fileURLToPath(new URL('../docs/policies/', import.meta.url)), { recursive: true });
await writeFile(target, `${JSON.stringify(dealRegistrationPolicyJsonSchema(), null, 2)}\n`);
