import { join } from 'node:path';
import { readMigrationConfig } from '../adapters/config.ts';
import { migrate } from '../adapters/store/migrate.ts';
import { seed } from '../prisma/seed.ts';

/** The migration job of a deployment: roles, schema, first data. Ends with 0 when the database is ready for the API and workers. */

const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  const config = readMigrationConfig(process.env);
  const { applied, alreadyThere } = await migrate({
    url: config.ownerUrl,
    folder: join(import.meta.dirname, '..', 'prisma', 'migrations'),
    log: say,
    passwords: config.passwords,
  });
  await seed({ ownerUrl: config.ownerUrl, mode: config.mode });
  say(`${applied.length} migrations applied, ${alreadyThere} were there`);
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 1;
}
