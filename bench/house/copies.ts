import type pg from 'pg';

/**
 * Many cases of one: copies of a real registration with its task and its clocks, each with ids and dates of its own. Made
 * in SQL, because ten thousand submissions would take minutes that measure nothing.
 */
export const copyCase = async (
  arrange: pg.Client,
  input: { registrationId: string; copies: number },
): Promise<void> => {
  const values = [input.registrationId, input.copies];
  // A row with some of its columns replaced; whatever other columns there are come along, but for those that are computed.
  const copy = async (table: string, replaced: string, where: string): Promise<void> => {
    const { rows } = await arrange.query<{ name: string }>(
      `select quote_ident(attname) as name from pg_attribute
        where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
      [table],
    );
    const columns = rows.map(({ name }) => name);
    await arrange.query(
      `insert into ${table} (${columns.join(', ')}) select ${columns.map((column) => `(made).${column}`).join(', ')}
         from (select jsonb_populate_record(x, jsonb_build_object(${replaced})) as made
                 from ${table} x cross join generate_series(1, $2) as n where ${where} offset 0) copied`,
      values,
    );
  };
  const numbered = (column: string): string => `'${column}', left(x.${column}, 4) || lpad(n::text, 26, '0')`;
  const caseNumbered = `'case_id', left(x.case_id, 4) || lpad(n::text, 26, '0')`;
  await arrange.query('begin');
  await arrange.query('set local session_replication_role = replica');
  await copy(
    'registration',
    `${numbered('id')}, 'reference', 'DR-COPY-' || n, 'submitted_at', x.submitted_at - n * interval '7 minutes', 'value_minor', 1000000 + n * 300`,
    'x.id = $1',
  );
  await copy(
    'task',
    `'id', left(x.id, 4) || lpad(n::text, 26, '0'), ${caseNumbered}, 'due_at', x.due_at + (n % 4000 - 500) * interval '3 minutes', 'amount_minor', 1000000 + n * 300`,
    'x.case_id = $1',
  );
  await copy(
    'sla_clock',
    `'id', left(x.id, 4) || substr(md5(x.id || n), 1, 26), ${caseNumbered}, 'task_id', case when x.task_id is not null then left(x.task_id, 4) || lpad(n::text, 26, '0') end`,
    'x.case_id = $1',
  );
  await arrange.query('commit');
  await arrange.query('vacuum analyze registration, task, sla_clock');
};
