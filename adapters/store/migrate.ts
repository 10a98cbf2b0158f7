import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/**
 * Brings a database to the newest schema: roles first, then each `prisma/migrations/<name>/migration.sql` in order of
 * name, once, in a transaction of its own, noted in `_prisma_migrations` with its sha256 as Prisma does.
 *
 * Safe to run by several processes at once (an advisory lock) and again after a crash (nothing half applied). A file
 * whose first line is `-- no-transaction` runs statement by statement as given, for what Postgres refuses inside a
 * transaction; it must be written so that it can be repeated. Everything created belongs to the role `fairlead_owner`,
 * whoever connects.
 */

export type MigrationFault =
  | 'changed-after-applied'
  | 'missing-file'
  | 'failed'
  | 'roles-refused'
  | 'unreachable'
  | 'no-migrations';

/** Why the schema was not brought up to date; `migration` names the file concerned, where there is one. */
export class MigrationError extends Error {
  readonly fault: MigrationFault;
  readonly migration: string | undefined;

  constructor(input: { fault: MigrationFault; migration?: string; reason: string; cause?: unknown }) {
    super(
      `${input.migration === undefined ? 'migrations' : `migration ${input.migration}`}: ${input.reason}`,
      {
        cause: input.cause,
      },
    );
    this.name = 'MigrationError';
    this.fault = input.fault;
    this.migration = input.migration;
  }
}

export type MigrateResult = { applied: string[]; alreadyThere: number };

/** Any number; the same for every process that migrates. */
const ADVISORY_LOCK = 4_716_001;
const NO_TRANSACTION = '-- no-transaction';

/**
 * `url`: the owner's or a superuser's connection string. `folder`: the migrations folder. `passwords`: what the two
 * serving roles sign in with; left out or empty where somebody else sets them or the
 * server trusts its address. Throws `MigrationError`.
 */
export const migrate = async (input: {
  url: string;
  folder: string;
  log: (line: string) => void;
  passwords?: { app: string; worker: string };
}): Promise<MigrateResult> => {
  const client = new pg.Client({
    connectionString: input.url,
    application_name: 'fairlead-migrate',
    connectionTimeoutMillis: 10_000,
  });
  try {
    await client.connect();
  } catch (cause) {
    throw new MigrationError({ fault: 'unreachable', reason: `no connection (${messageOf(cause)})`, cause });
  }
  try {
    await client.query('select pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await ensureRoles({ client, passwords: input.passwords, log: input.log });
    await client.query('set role fairlead_owner');
    await client.query(HISTORY_TABLE);
    const files = await readMigrations(input.folder);
    const done = await appliedMigrations(client);
    refuseDrift(files, done);
    const applied: string[] = [];
    for (const file of files) {
      if (done.has(file.name)) continue;
      await apply(client, file);
      applied.push(file.name);
      input.log(`applied ${file.name}`);
    }
    return { applied, alreadyThere: done.size };
  } finally {
    // Closing the session releases the lock as well, also after an error.
    await client.end();
  }
};

const HISTORY_TABLE = `create table if not exists _prisma_migrations (
  id varchar(36) primary key,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

type MigrationFile = { name: string; sql: string; checksum: string };

const readMigrations = async (folder: string): Promise<MigrationFile[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  if (names.length === 0) {
    throw new MigrationError({ fault: 'no-migrations', reason: `the folder ${folder} holds none` });
  }
  return Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
};

const appliedMigrations = async (client: pg.Client): Promise<Map<string, string>> => {
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    'select migration_name, checksum from _prisma_migrations where finished_at is not null and rolled_back_at is null',
  );
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
};

const refuseDrift = (files: readonly MigrationFile[], done: ReadonlyMap<string, string>): void => {
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const [name, checksum] of done) {
    const file = byName.get(name);
    if (file === undefined) {
      throw new MigrationError({
        fault: 'missing-file',
        migration: name,
        reason: 'was applied to this database, but its file is not here (an older checkout?)',
      });
    }
    if (file.checksum !== checksum) {
      throw new MigrationError({
        fault: 'changed-after-applied',
        migration: name,
        reason: 'its file was changed after it was applied; write a new migration instead',
      });
    }
  }
};

const apply = async (client: pg.Client, file: MigrationFile): Promise<void> => {
  const inTransaction = !file.sql.startsWith(NO_TRANSACTION);
  try {
    if (inTransaction) await client.query('begin');
    // Without a transaction each statement goes alone: several in one message would be one implicit transaction.
    for (const statement of inTransaction ? [file.sql] : splitStatements(file.sql))
      await client.query(statement);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       values ($1, $2, $3, now(), 1)`,
      [randomUUID(), file.checksum, file.name],
    );
    if (inTransaction) await client.query('commit');
  } catch (cause) {
    if (inTransaction) await client.query('rollback').catch(() => undefined);
    throw new MigrationError({ fault: 'failed', migration: file.name, reason: messageOf(cause), cause });
  }
};

/** Statements of a `-- no-transaction` file end with a semicolon at the end of a line; such files hold no `$$` bodies. */
const splitStatements = (sql: string): string[] =>
  sql
    .split(/;[ \t]*(?:\r?\n|$)/)
    .map((statement) => statement.replaceAll(/^\s*--.*$/gm, '').trim())
    .filter((statement) => statement !== '');

const SERVING_ROLES = ['fairlead_app', 'fairlead_worker'] as const;

/** Makes the three roles where they are missing, before any migration names them; idempotent. */
const ensureRoles = async (input: {
  client: pg.Client;
  passwords: { app: string; worker: string } | undefined;
  log: (line: string) => void;
}): Promise<void> => {
  const { client, passwords, log } = input;
  const secret = { fairlead_app: passwords?.app, fairlead_worker: passwords?.worker };
  try {
    const { rows } = await client.query<{ me: string; database: string }>(
      'select current_user as me, current_database() as database',
    );
    const { me, database } = rows[0]!;
    const { rows: existing } = await client.query<{ rolname: string }>(
      "select rolname from pg_roles where rolname like 'fairlead\\_%'",
    );
    const there = new Set(existing.map((row) => row.rolname));
    const on = pg.escapeIdentifier(database);
    if (!there.has('fairlead_owner')) await createRole(client, 'fairlead_owner nologin');
    if (me !== 'fairlead_owner') {
      const { rows: member } = await client.query<{ is: boolean }>(
        "select pg_has_role(current_user, 'fairlead_owner', 'SET') as is",
      );
      if (member[0]?.is !== true) await client.query(`grant fairlead_owner to ${pg.escapeIdentifier(me)}`);
      await client.query(`grant all on database ${on} to fairlead_owner`);
      await client.query('grant all on schema public to fairlead_owner');
    }
    for (const role of SERVING_ROLES) {
      if (!there.has(role)) await createRole(client, `${role} login nosuperuser nobypassrls`);
      const password = secret[role];
      if (password !== undefined && password !== '') await setPassword({ client, role, password, log });
      await client.query(`grant connect on database ${on} to ${role}`);
    }
  } catch (cause) {
    throw new MigrationError({
      fault: 'roles-refused',
      reason:
        `the roles fairlead_owner, fairlead_app and fairlead_worker could not be prepared (${messageOf(cause)}); ` +
        'connect as a user that owns the database and has CREATEROLE',
      cause,
    });
  }
};

/** Where an administrator made the roles, their passwords are his: being refused is then no fault, and is said. */
const setPassword = async (input: {
  client: pg.Client;
  role: string;
  password: string;
  log: (line: string) => void;
}): Promise<void> => {
  try {
    await input.client.query(`alter role ${input.role} password ${pg.escapeLiteral(input.password)}`);
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError && cause.code === '42501')) throw cause;
    input.log(`${input.role} keeps the password it has: this user may not change it`);
  }
};

/** Roles belong to the whole server: another database's migration may make the same one in the same instant. */
const createRole = async (client: pg.Client, definition: string): Promise<void> => {
  try {
    await client.query(`create role ${definition}`);
  } catch (cause) {
    const code = cause instanceof pg.DatabaseError ? cause.code : undefined;
    if (code !== '42710' && code !== '23505') throw cause;
  }
};

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
