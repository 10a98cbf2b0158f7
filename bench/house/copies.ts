import type pg from 'pg';

/**
 * Many cases of one: copies of a real registration with its task and its clocks, each with ids and dates of its own. Made
 * in SQL, because ten thousand submissions would take minutes that measure nothing.
 */
export const copyCase = async (
  arrange: pg.Client,
  input: { registrationId: string; copies: number },
): Promise<void> => {
  // A row with some of its columns replaced; whatever other columns there are come along.
  const copy = (table: string, replaced: string, where: string): string =>
    `insert into ${table} select (jsonb_populate_record(x, jsonb_build_object(${replaced}))).*
       from ${table} x cross join generate_series(1, $2) as n where ${where}`;
  const numbered = (column: string): string => `'${column}', left(x.${column}, 4) || lpad(n::text, 26, '0')`;
  const caseNumbered = `'case_id', left(x.case_id, 4) || lpad(n::text, 26, '0')`;
  await arrange.query('begin');
  await arrange.query('set local session_replication_role = replica');
  const values = [input.registrationId, input.copies];
  await arrange.query(
    copy(
      'registration',
      `${numbered('id')}, 'reference', 'DR-COPY-' || n, 'submitted_at', x.submitted_at - n * interval '7 minutes', 'value_minor', 1000000 + n * 300`,
      'x.id = $1',
    ),
    values,
  );
  await arrange.query(
    copy(
      'task',
      `'id', left(x.id, 4) || lpad(n::text, 26, '0'), ${caseNumbered}, 'due_at', x.due_at + (n % 4000 - 500) * interval '3 minutes', 'amount_minor', 1000000 + n * 300`,
      'x.case_id = $1',
    ),
    values,
  );
  await arrange.query(
    copy(
      'sla_clock',
      `'id', left(x.id, 4) || substr(md5(x.id || n), 1, 26), ${caseNumbered}, 'task_id', case when x.task_id is not null then left(x.task_id, 4) || lpad(n::text, 26, '0') end`,
      'x.case_id = $1',
    ),
    values,
  );
  await arrange.query('commit');
  await arrange.query('vacuum analyze registration, task, sla_clock');
};
