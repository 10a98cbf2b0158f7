import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createTestDatabase } from '../../setup/database.ts';

/*
 * The Prisma schema is written beside the migrations; this says that it still tells of the same tables: names, columns,
 * kinds, whether they may be null, and keys. What Prisma has no words for (policies, exclusion, triggers) is the migrations'.
 */

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'prisma', 'schema');

interface Column {
  readonly kind: string;
  readonly required: boolean;
}
interface Table {
  readonly columns: Record<string, Column>;
  readonly key: string[];
}

const kinds: Readonly<Record<string, string>> = {
  text: 'String',
  character: 'String',
  integer: 'Int',
  smallint: 'Int',
  bigint: 'BigInt',
  boolean: 'Boolean',
  jsonb: 'Json',
  'timestamp with time zone': 'DateTime',
  date: 'DateTime',
  bytea: 'Bytes',
  tstzrange: 'Unsupported',
};

test('names the tables, columns and keys of the migrated database', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.superuserUrl });
  await client.connect();
  try {
    const written = tablesOfSchema();
    const migrated = await tablesOfDatabase(client);
    for (const [name, table] of Object.entries(written))
      expect({ name, ...table }).toEqual({ name, ...migrated[name] });
    expect(Object.keys(migrated).filter((name) => !Object.hasOwn(written, name))).toEqual(
      ['_prisma_migrations'].filter((name) => Object.hasOwn(migrated, name)),
    );
  } finally {
    await client.end();
    await database.drop();
  }
});

async function tablesOfDatabase(client: pg.Client): Promise<Record<string, Table>> {
  const { rows } = await client.query<{
    table: string;
    column: string;
    type: string;
    required: boolean;
    key: number | null;
  }>(
    `select c.relname::text as table, a.attname::text as column, format_type(a.atttypid, null) as type, a.attnotnull as required,
            array_position(k.conkey, a.attnum) as key
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1, 2`,
  );
  const tables: Record<string, { columns: Record<string, Column>; key: string[] }> = {};
  for (const row of rows) {
    const table = (tables[row.table] ??= { columns: {}, key: [] });
    const list = row.type.endsWith('[]');
    const kind = kinds[row.type.replace('[]', '')] ?? row.type;
    // A list in a Prisma schema cannot say whether it may be null.
    table.columns[row.column] = { kind: list ? `${kind}[]` : kind, required: list || row.required };
    if (row.key !== null) table.key[row.key - 1] = row.column;
  }
  return tables;
}

function tablesOfSchema(): Record<string, Table> {
  const tables: Record<string, Table> = {};
  const text = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.prisma'))
    .map((name) => readFileSync(join(FOLDER, name), 'utf8'))
    .join('\n');
  const models = [...text.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)];
  const names = new Set(models.map(([, name]) => name));
  for (const [, model = '', body = ''] of models) {
    const columns: Record<string, Column> = {};
    const columnOf = new Map<string, string>();
    let key: string[] = [];
    for (const line of body.split('\n')) {
      const field = /^\s+(\w+)\s+(Unsupported\([^)]*\)|\w+)(\[\]|\?)?(.*)$/.exec(line);
      if (field === null || names.has(field[2])) continue;
      const [, name = '', type = '', mark = '', rest = ''] = field;
      const column = /@map\("([^"]+)"\)/.exec(rest)?.[1] ?? name;
      columnOf.set(name, column);
      columns[column] = {
        kind: `${type.startsWith('Unsupported') ? 'Unsupported' : type}${mark === '[]' ? '[]' : ''}`,
        required: mark !== '?',
      };
      if (/@id\b/.test(rest)) key = [column];
    }
    const together = /@@id\(\[([^\]]+)\]/.exec(body)?.[1];
    if (together !== undefined)
      key = together.split(',').map((name) => columnOf.get(name.trim()) ?? name.trim());
    tables[/@@map\("([^"]+)"\)/.exec(body)?.[1] ?? model] = { columns, key };
  }
  return tables;
}
