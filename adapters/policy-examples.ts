import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { dealRegistrationPolicyFile } from '../api/contract/deal-registration-policy.ts';

/** A document that ships with the product, for a program that has none of its own yet. */
export type PolicyExample = z.infer<typeof dealRegistrationPolicyFile>;

const FOLDER = join(import.meta.dirname, '..', 'prisma', 'seed', 'policies');

/** The example documents by the names of their programs. Throws when one cannot be read: they ship with the product. */
export function readPolicyExamples(): PolicyExample[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => dealRegistrationPolicyFile.parse(JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))))
    .toSorted((left, right) => left.programName.localeCompare(right.programName));
}
