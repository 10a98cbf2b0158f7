import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { policyFile } from '../api/contract/policy-kinds.ts';
import type { PolicyFile } from '../api/contract/policy-kinds.ts';

const FOLDER = join(import.meta.dirname, '..', 'prisma', 'seed', 'policies');

/**
 * The documents that ship with the product, of all kinds, by the names of their programs: what a program's first draft begins from.
 * Throws when one cannot be read.
 */
export function readPolicyExamples(): PolicyFile[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => policyFile.parse(JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))))
    .toSorted((left, right) => left.programName.localeCompare(right.programName));
}
