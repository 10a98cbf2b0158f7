import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readMigrationConfig } from '../adapters/config.ts';
import { applyDirectory } from '../adapters/store/directory-file.ts';
import { installationEnvironment } from './running-installation.ts';

/**
 * `npm run directory -- FILE [--data FOLDER] [--dry-run]`: brings calendars, products, programs, partners, people and the vendor's
 * name of an installation to what a file says (docs/operations.md), whole or not at all. A line for each record that changed, or
 * for each error by its JSON pointer; ends with 0 when the installation says what the file says, with 1 when the file is not valid,
 * with 2 when it could not look. Signs in as the migration job does.
 */

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const run = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    options: { data: { type: 'string' }, 'dry-run': { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1)
    throw new RangeError('name one file: npm run directory -- FILE [--data FOLDER] [--dry-run]');
  const dryRun = values['dry-run'];
  const result = await applyDirectory({
    ownerUrl: readMigrationConfig(installationEnvironment(values.data)).ownerUrl,
    text: readFileSync(path, 'utf8'),
    nowMs: Date.now(),
    dryRun,
  });
  switch (result.outcome) {
    case 'invalid':
      for (const { pointer, reason } of result.errors) say(`${pointer === '' ? '/' : pointer}: ${reason}`);
      say(`${result.errors.length} errors; nothing was changed`);
      return 1;
    case 'applied':
      for (const { what, key } of result.changes) say(`${what} ${key}`);
      say(`${result.changes.length} records ${dryRun ? 'would change' : 'changed'}`);
      return 0;
    default:
      return result satisfies never;
  }
};

try {
  process.exitCode = await run();
} catch (cause) {
  process.stderr.write(
    `the directory was not changed: ${cause instanceof Error ? cause.message : String(cause)}\n`,
  );
  process.exitCode = 2;
}
