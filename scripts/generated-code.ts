import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { whileHolding } from './held-file.ts';

/** What is made from sources and not committed: Prisma's client and the console's files. Made again only when stale. */

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache');

type Product = { sources: readonly string[]; stamp: string; make: () => Promise<void> };

/** Returns false when there was nothing to do. Two that find it stale at the same time make it one after the other. */
const makeWhenStale = async (product: Product): Promise<boolean> => {
  mkdirSync(CACHE, { recursive: true });
  return whileHolding(join(CACHE, 'generated-code.lock'), () => make(product));
};

const make = async (product: Product): Promise<boolean> => {
  const hash = createHash('sha256');
  for (const file of globSync([...product.sources], { cwd: ROOT }).toSorted()) {
    hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  const wanted = hash.digest('hex');
  const stamp = join(ROOT, product.stamp);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === wanted) return false;
  await product.make();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, `${wanted}\n`);
  return true;
};

/** Prisma's client in `adapters/store/generated`. */
export const generateClient = (): Promise<boolean> =>
  makeWhenStale({
    sources: ['prisma/schema/*.prisma', 'node_modules/prisma/package.json'],
    stamp: 'adapters/store/generated/.made-from',
    make: () => runPrisma(['generate', '--schema', 'prisma/schema']),
  });

/** Throws with Prisma's words when the schema is wrong. */
export const validateSchema = (): Promise<void> => runPrisma(['validate', '--schema', 'prisma/schema']);

/** The console's files in `web/dist`. */
export const buildConsole = (): Promise<boolean> =>
  makeWhenStale({
    sources: [
      'web/{src,public}/**/*.*',
      'web/{index.html,vite.config.ts}',
      'scripts/generated-code.ts',
      'domain/**/*.ts',
      'api/contract/**/*.ts',
      'package-lock.json',
    ],
    stamp: 'web/dist/.made-from',
    make: () =>
      run(
        'node_modules/vite/bin/vite.js',
        ['build', '--config', 'web/vite.config.ts', '--logLevel', 'warn'],
        // Whatever the variable says here (a test runner sets it): what is built is what ships.
        { NODE_ENV: 'production' },
      ),
  });

export const hasConsole = (): boolean => existsSync(join(ROOT, 'web', 'vite.config.ts'));

/**
 * Prisma's command line wants to download an engine that `generate` and `validate` never run; naming any executable keeps
 * it from trying. Its `migrate` would do nothing then, which is why adapters/store/migrate.ts exists.
 */
const runPrisma = (commandArguments: string[]): Promise<void> =>
  run('node_modules/prisma/build/index.js', commandArguments, {
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/unused',
  });

const run = (
  script: string,
  commandArguments: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<void> =>
  new Promise((settle, fail) => {
    const child = spawn(process.execPath, [join(ROOT, script), ...commandArguments], {
      cwd: ROOT,
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: Buffer[] = [];
    child.stdout.on('data', (text: Buffer) => said.push(text));
    child.stderr.on('data', (text: Buffer) => said.push(text));
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) settle();
      else
        fail(
          new Error(
            `${script} ${commandArguments.join(' ')} failed:\n${Buffer.concat(said).toString().trim()}`,
          ),
        );
    });
  });
