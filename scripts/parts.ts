import { join } from 'node:path';

/** How each part of the product that is a process of its own is started with Node: everybody who starts one takes it from here. */
export interface Part {
  readonly name: 'api' | 'workers';
  /** Absolute path. */
  readonly script: string;
  /** Of Node, before the script. */
  readonly nodeArguments: readonly string[];
}

const ROOT = join(import.meta.dirname, '..');
const FLAGS = ['--enable-source-maps', '--disable-warning=ExperimentalWarning'];

export const API: Part = { name: 'api', script: join(ROOT, 'api', 'main.ts'), nodeArguments: FLAGS };

export const WORKERS: Part = {
  name: 'workers',
  script: join(ROOT, 'workers', 'main.ts'),
  nodeArguments: [...FLAGS, '--import', join(ROOT, 'workers', 'workflow-thread.ts')],
};
